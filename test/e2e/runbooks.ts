// The commands of the runbooks: what a page says under "How to look" runs on the demo, which the pages are about.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { images, reference } from '../../charts/images';
import { run } from '../../scripts/lib/kubectl';
import { root } from '../support/fleets';
import type { Running } from './fleet';
import { receiverNamespace } from './receiver';
import { assert, type Runner } from './runner';

/** Commands on other fleets than this one, each with the reason. */
const elsewhere: readonly { readonly command: RegExp; readonly why: string }[] = [
  { command: /\bha-(observer|east)\b/, why: 'the demo keeps its caches in memory, without memcached' },
  { command: /^kubectl .*thanos-replicate/, why: 'the demo has no second bucket' },
  { command: /\bacme-|^npm run certs/, why: 'the demo has no TLS between its parts' },
];

interface Command {
  readonly pages: string[];
  /** Functions that the page defines before. */
  readonly before: string;
  readonly line: string;
}

/** Every line of every block of commands, once. */
const commands = (): Command[] => {
  const found = new Map<string, Command>();
  for (const name of readdirSync(join(root, 'docs/runbooks'))) {
    const text = readFileSync(join(root, 'docs/runbooks', name), 'utf8');
    const all = [...text.matchAll(/^```\n(.*?)^```$/gms)].flatMap(([, block = '']) => block.split('\n').filter(Boolean));
    const functions = all.filter((line) => /^\w+\(\) /.test(line));
    for (const line of all.filter((l) => !functions.includes(l))) {
      const before = functions.filter((f) => line.startsWith(`${f.split('(')[0]} `)).join('\n');
      const command = found.get(`${before}\n${line}`) ?? { pages: [], before, line };
      command.pages.push(name);
      found.set(`${before}\n${line}`, command);
    }
  }
  return [...found.values()];
};

/** `kubectl … -n demo-observer port-forward svc/thanos-query 10902:10902 &` */
const forwarding = /-n (?<namespace>\S+) port-forward (?<target>\S+) (?<local>\d+):(?<port>\d+) &/;

export const runbookChecks = async (runner: Runner, running: Running): Promise<void> => {
  const { kubectl, observer } = running;
  await runner.check('Runbooks', 'every command of every page works', async () => {
    const all = commands().filter(({ line }) => !elsewhere.some((e) => e.command.test(line)));
    const [node] = await kubectl.get(['nodes']);
    const [store] = await kubectl.get(['pods', '-n', observer, '-l', 'app.kubernetes.io/component=store']);
    const urls = new Map<string, string>();
    for (const { line } of all) {
      const { namespace, target, local, port } = forwarding.exec(line)?.groups ?? {};
      if (namespace && target && local && !urls.has(local)) urls.set(local, await running.url(namespace, target, Number(port)));
    }
    /** What somebody would write who reads the page for this fleet; nothing has been restarted, and there is no terminal. */
    const written = (text: string) =>
      text
        .replaceAll('<node>', node.metadata.name)
        .replaceAll('thanos-store-<id>', store.metadata.name)
        .replaceAll('<namespace>', observer)
        .replaceAll('<pod>', 'thanos-rule-0')
        .replaceAll('<container>', 'thanos-rule')
        .replaceAll(/ --previous\b/g, '')
        .replaceAll(' debug node/', ` -n ${receiverNamespace} debug node/`) // its pod stays, and goes with the namespace
        .replaceAll('-it --image=busybox', `-i --image=${reference(images.busybox)}`)
        .replaceAll(/http:\/\/localhost:(\d+)/g, (url, local) => urls.get(local) ?? url);
    const wrong: string[] = [];
    const attempt = async ({ pages, before, line }: Command): Promise<void> => {
      // what is behind a pipe may find nothing (grep), or stop reading (head): then kubectl and curl say 141 or 23
      const script = `${written(before)}\n${written(line)}\ncode=\${PIPESTATUS[0]}; case $code in 141|23) ;; *) exit $code;; esac`;
      const answer = await run('bash', ['-c', script], { timeout: 60_000 }).catch((e: Error) => e);
      if (answer instanceof Error) wrong.push(`${pages[0]}: ${answer.message}`);
      else if (line.startsWith('ask ') && !answer.includes('"status":"success"')) wrong.push(`${pages[0]}: ${line}: ${answer}`);
    };
    const rest = all.filter(({ line }) => !forwarding.test(line)).values();
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        for (const command of rest) await attempt(command);
      }),
    );
    assert(wrong.length === 0, `${wrong.length} do not:\n${wrong.join('\n')}`);
    return `${all.length} commands`;
  });
};
