// npm run fuzz: looks for fleets that nobody wrote and that the project gets wrong.
import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { durationPattern, seconds } from '../../charts/kit/units';
import { withSection } from '../../scripts/lib/benchmarks';
import { ToolError } from '../../scripts/lib/kubectl';
import { main, parseArgs, progress, sayHelp, table } from '../../scripts/lib/terminal';
import { patience, place } from './judge';
import { options } from './options';
import type { PairStats } from './pairs';
import { randomFrom } from './random';
import type { Message } from './worker';

const help = `npm run fuzz [-- --for 10m] [--seed N] [--search S] [--path P] [--verify [--fleets N]] [--write]

Two searches at once: fleets that have every pair of values of all options between them, in as many processes as there are
cores, and random changes of fleets and of their texts, in one more. Each fleet must be refused with a place, a code and a remedy, or be accepted with
objects that Kubernetes and the pinned programs take, the same bytes whatever the order of its keys, within ${patience / 1000} seconds of
processor time.

  --for D      how long; default 10m. The search for pairs ends when all are done
  --seed N     where to begin; printed at every start, so that a run can be had again: the same changes, and pairs that begin the
               same and go on as the processes hear of each other
  --search S   only pairs, or only changes
  --path P     with --seed: only the one change that a finding names
  --verify     has npm run verify try some of the accepted fleets; the programs must be on PATH
  --fleets N   how many; default 5
  --write      writes how many cases there were to docs/benchmarks.md`;

const root = dirname(dirname(__dirname));
/** What takes this long, in milliseconds, hangs, however busy the machine is: the worker itself says what takes more work than it may. */
const hang = 6 * patience;
const searches = ['pairs', 'changes'] as const;
type Search = (typeof searches)[number];

interface Tally {
  accepted: number;
  refused: number;
  pairs?: PairStats;
}

interface Failure {
  readonly search: Search;
  readonly finding: string;
  readonly fleet: string;
  readonly replay: string;
}

/** Children that search for pairs: what one finds the others need not. */
const siblings = new Set<ChildProcess>();

const done = ({ accepted, refused }: PairStats): number => accepted + refused;

/** Runs one process of a search; gives its failure, if it has one. */
const run = (
  search: Search,
  args: readonly string[],
  tally: Tally,
  sample: (text: string) => void,
): Promise<Failure | undefined> =>
  new Promise((end) => {
    const child: ChildProcess = fork(join(root, 'scripts/run.cjs'), [join(root, 'test/fuzz/worker.ts'), search, ...args], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    if (search === 'pairs') siblings.add(child);
    let current: { readonly text: string; readonly since: number } | undefined;
    let failure: Failure | undefined;
    let finished = false;
    const [seed] = args;
    const watchdog = setInterval(() => {
      if (!current || Date.now() - current.since < hang) return;
      failure = {
        search,
        finding: `it hung for ${hang / 1000} seconds`,
        fleet: current.text,
        replay: `--seed ${seed}`,
      };
      child.kill('SIGKILL');
    }, 1000);
    child.on('message', (message: Message) => {
      if ('begins' in message) current = { text: message.begins, since: Date.now() };
      else if ('ends' in message) {
        tally[message.ends]++;
        if (message.ends === 'accepted' && current) sample(current.text);
        current = undefined;
      } else if ('news' in message) {
        for (const other of siblings) if (other !== child && other.connected) other.send(message.news);
        // each knows what the others told it: the one that has done most knows most
        if (!tally.pairs || done(message.pairs) > done(tally.pairs)) tally.pairs = message.pairs;
      } else if ('finding' in message) failure = { search, ...message };
      else finished = true;
    });
    child.on('exit', (code, signal) => {
      clearInterval(watchdog);
      siblings.delete(child);
      if (!failure && !finished)
        failure = { search, finding: `it ended by ${signal ?? code}`, fleet: current?.text ?? '', replay: `--seed ${seed}` };
      end(failure);
    });
    process.once('exit', () => child.kill('SIGKILL'));
  });

/** Has the real programs try fleets; gives whether they take them. */
const verify = (texts: readonly string[]): boolean => {
  const folder = mkdtempSync(join(tmpdir(), 'thanos-fleet-fuzz-'));
  try {
    const files = texts.map((text, i) => {
      const own = join(folder, `fuzzed-${i}`);
      mkdirSync(own);
      cpSync(join(root, dirname(place), 'rules'), join(own, 'rules'), { recursive: true });
      writeFileSync(join(own, 'fleet.yaml'), text);
      return join(own, 'fleet.yaml');
    });
    const { status } = spawnSync(process.execPath, ['scripts/run.cjs', 'scripts/verify.ts', ...files], {
      cwd: root,
      stdio: 'inherit',
    });
    if (status !== 0) for (const [i, text] of texts.entries()) console.error(`\nfuzzed-${i}:\n${text}`);
    return status === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const number = (n: number): string => n.toLocaleString('en');

const record = (command: string, tallies: ReadonlyMap<Search, Tally>, verified: number | undefined, took: number): string => {
  const rows = [...tallies].map(([search, t]) => `| ${titles[search]} | ${number(t.accepted)} | ${number(t.refused)} |`);
  const p = tallies.get('pairs')?.pairs;
  return `## Fuzzing

\`${command}\` makes this section. It took ${(took / 1000).toFixed(0)} s on ${cpus().length} cores; no finding. A longer \`--for\` tries more.

| Fleets that nobody wrote | accepted and well | refused as they should be |
| --- | --: | --: |
${rows.join('\n')}
${p ? `\n${pairsText(p)}` : ''}${verified ? `\nOf the accepted fleets ${verified} went through \`npm run verify\` with the real programs.\n` : ''}`;
};

const titles: Readonly<Record<Search, string>> = {
  pairs: 'every pair of values of options',
  changes: 'changes of fleets and of their texts',
};

const pairsText = (p: PairStats): string => {
  const values = options.reduce((n, o) => n + o.choices.length, 0);
  const open = p.pairs - p.accepted - p.refused;
  return `${number(values)} values of ${number(options.length)} options make ${number(p.pairs)} pairs: ${number(p.accepted)} are in accepted fleets, ${number(p.refused)} go together in none, ${open === 0 ? 'none is' : `${number(open)} are`} left to try.\n`;
};

main(async () => {
  const { values } = parseArgs({
    options: {
      for: { type: 'string' },
      seed: { type: 'string' },
      search: { type: 'string' },
      path: { type: 'string' },
      verify: { type: 'boolean' },
      fleets: { type: 'string' },
      write: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    sayHelp(help);
    return 0;
  }
  const time = values.for ?? '10m';
  if (!durationPattern.test(time)) throw new ToolError(`--for ${time}: write a duration such as 90s or 1h.`);
  const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
  const fleets = Number(values.fleets ?? 5);
  if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(fleets))
    throw new ToolError('--seed and --fleets take whole numbers.');
  if (values.path !== undefined && values.seed === undefined)
    throw new ToolError('--path goes with the --seed that was printed with it.');
  const only = values.path === undefined ? values.search : 'changes';
  const chosen = searches.filter((search) => only === undefined || search === only);
  if (chosen.length === 0) throw new ToolError(`--search ${values.search}: write ${searches.join(' or ')}.`);
  console.log(`Seed ${seed}. The same changes again: npm run fuzz -- --for ${time} --seed ${seed}`);

  const started = Date.now();
  const until = started + seconds(time) * 1000;
  const tallies = new Map<Search, Tally>();
  const samples: string[] = [];
  const random = randomFrom(seed);
  let seen = 0;
  // a sample of all, each as likely as any other
  const sample = (text: string) => {
    seen++;
    if (samples.length < fleets) samples.push(text);
    else if (random() < fleets / seen) samples[Math.floor(random() * fleets)] = text;
  };
  const line = () =>
    `${[...tallies].map(([search, t]) => `${search}: ${number(t.accepted)} accepted, ${number(t.refused)} refused${t.pairs ? `, ${number(t.pairs.pairs - done(t.pairs))} pairs left` : ''}`).join('; ')}; ${Math.max(0, (until - Date.now()) / 1000).toFixed(0)} s left`;
  // a log gets a line now and then, a terminal one that is rewritten
  const ticker = process.stdout.isTTY
    ? setInterval(() => progress.show(line()), 1000)
    : setInterval(() => progress.done(line()), 30_000);
  const failures = await Promise.all(
    chosen.flatMap((search) => {
      const tally: Tally = { accepted: 0, refused: 0 };
      tallies.set(search, tally);
      return Array.from({ length: search === 'pairs' ? cpus().length : 1 }, (_, share) =>
        run(search, [seed, share, until, ...(values.path === undefined ? [] : [values.path])].map(String), tally, sample),
      );
    }),
  );
  clearInterval(ticker);
  const took = Date.now() - started;
  if (process.stdout.isTTY) progress.show('');

  console.log(
    table(
      ['fleets that nobody wrote', 'accepted and well', 'refused as they should be'],
      [...tallies].map(([search, t]) => [titles[search], number(t.accepted), number(t.refused)]),
    ),
  );
  const stats = tallies.get('pairs')?.pairs;
  if (stats) console.log(pairsText(stats));
  const found = failures.filter((f) => f !== undefined);
  for (const { search, finding, fleet, replay } of found)
    console.error(`\nFINDING (${titles[search]}):\n${finding}\n\nThe fleet:\n${fleet}\nAgain: npm run fuzz -- ${replay}`);
  if (found.length > 0) return 1;
  if (values.verify && !verify(samples)) return 1;
  if (values.write) {
    const page = join(root, 'docs/benchmarks.md');
    const search = values.search === undefined ? '' : ` --search ${values.search}`;
    const command = `npm run fuzz -- --for ${time} --seed ${seed}${search}${values.verify ? ` --verify --fleets ${fleets}` : ''} --write`;
    writeFileSync(
      page,
      withSection(readFileSync(page, 'utf8'), record(command, tallies, values.verify ? samples.length : undefined, took)),
    );
  }
  console.log(`No finding in ${(took / 1000).toFixed(0)} s.`);
  return 0;
});
