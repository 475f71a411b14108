// A steady load of queries from inside the cluster, so that restarts of what is asked cut no forwarded port.
import { execFile } from 'node:child_process';
import type { Endpoint } from '../../charts/kit/wiring';
import type { Kubectl } from '../../scripts/lib/kubectl';

export interface Question {
  /** With a query string already. */
  readonly url: string;
  /** What every whole answer contains. */
  readonly contains: readonly string[];
}

export interface Answers {
  readonly asked: number;
  /** What was not answered, or not with what it must contain. */
  readonly failed: readonly string[];
  /** What contained everything, and a warning. */
  readonly warned: readonly string[];
  /** Seconds. */
  readonly slowest: number;
}

export interface Load {
  readonly stop: () => Promise<Answers>;
}

/** An instant query of the query-frontend, or of the querier. @param host in place of its Service */
export const questionUrl = ({ server, port }: Endpoint, parameters: Record<string, string>, host?: string): string =>
  `http://${host ?? `${server.name}.${server.namespace}.svc.cluster.local`}:${port.number}/api/v1/query?${new URLSearchParams(parameters)}`;

/** Longest wait for an answer, in seconds. */
const patience = 90;

const script = (questions: readonly Question[], file: string): string => `
ask() {
  url=$1; shift; n=0
  while [ ! -e ${file} ]; do
    n=$((n+1)); read before _ </proc/uptime
    a=$(timeout ${patience} wget -q -O - "$url&n=$n" 2>&1) || a="wget ended with $? $a"
    read after _ </proc/uptime
    verdict=ok
    for word in "$@"; do case "$a" in *"$word"*) ;; *) verdict=failed;; esac; done
    [ $verdict = ok ] && case "$a" in *'"warnings"'*) verdict=warned;; *) a=;; esac
    printf '%s\\n' "$(printf '%s %s %s %s' "$before" "$after" $verdict "$a" | tr '\\n' ' ' | cut -c1-600)"
    sleep 0.3
  done
}
${questions.map(({ url, contains }) => `ask ${[url, ...contains].map((word) => `'${word}'`).join(' ')} &`).join('\n')}
wait; rm -f ${file}`;

let loads = 0;

/** Asks every question over and over, each one after its last answer. @param from a container with busybox' or any other sh and wget */
export const startLoad = (
  kubectl: Kubectl,
  from: { readonly namespace: string; readonly pod: string; readonly container: string },
  questions: readonly Question[],
): Load => {
  const file = `/tmp/stop-load-${process.pid}-${loads++}`;
  const exec = ['exec', '-n', from.namespace, from.pod, '-c', from.container, '--', 'sh', '-c'];
  const all = new Promise<string>((done) => {
    execFile(
      'kubectl',
      ['--context', kubectl.context, ...exec, script(questions, file)],
      { maxBuffer: 2 ** 26 },
      (error, stdout) => done(error ? `${stdout}0 0 failed the load itself ended: ${error.message.slice(0, 200)}\n` : stdout),
    );
  });
  return {
    stop: async () => {
      await kubectl.run([...exec, `touch ${file}`]);
      const lines = (await all)
        .split('\n')
        .map((line) => /^(\S+) (\S+) (ok|warned|failed) ?(.*)$/.exec(line))
        .filter((found) => found !== null)
        .map(([, before, after, verdict, said]) => ({ took: Number(after) - Number(before), verdict, said: said as string }));
      const said = (verdict: string) =>
        lines.filter((l) => l.verdict === verdict).map((l) => `${l.said} (${l.took.toFixed(1)} s)`);
      return {
        asked: lines.length,
        failed: said('failed'),
        warned: said('warned'),
        slowest: Math.max(0, ...lines.map((l) => l.took)),
      };
    },
  };
};
