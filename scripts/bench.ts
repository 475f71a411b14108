// npm run bench: how long synthesis takes, how it grows, and what a running demo needs.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type Fleet, loadFleet, type Manifest, synthesize } from '../charts/fleet';
import { sectionOf, withSection } from './lib/benchmarks';
import { components } from './lib/components';
import { refuse, unreachable } from './lib/contexts';
import { type Forward, instantQuery, Kubectl, sleep, ToolError } from './lib/kubectl';
import { main, parseArgs, progress, sayHelp, table } from './lib/terminal';

const help = `npm run bench [-- --cluster] [--write [--note TEXT]]

Measures synthesis on this machine. Each figure is the median of several runs, the first (which fills caches) left out.

  --cluster  also deploys the demo (fleet.yaml) to its context, which must not have it yet, measures the time to the first
             answer and what every pod uses at rest (after 5 minutes), and leaves it running
  --write    writes docs/benchmarks.md
  --note     what is to be known of the demo that was measured, for that page`;

const page = 'docs/benchmarks.md';

interface Row {
  readonly what: string;
  readonly figure: string;
  readonly bound: string;
  readonly ok: boolean;
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Reports the process' peak memory when it ends: ru_maxrss is in kibibytes (getrusage(2), node's process.resourceUsage). */
const peak =
  "process.on('exit', () => require('node:fs').writeFileSync(process.env.BENCH_PEAK, String(process.resourceUsage().maxRSS)))";

interface Measured {
  readonly seconds: number;
  readonly mebibytes: number;
}

const measure = (command: readonly string[], environment: Record<string, string>): Measured => {
  const directory = mkdtempSync(join(tmpdir(), 'bench-'));
  const hook = join(directory, 'peak.cjs');
  writeFileSync(hook, peak);
  const started = performance.now();
  const child = spawnSync(command[0] as string, command.slice(1), {
    env: {
      ...process.env,
      NODE_OPTIONS: `--require ${hook}`,
      BENCH_PEAK: join(directory, 'peak'),
      CDK8S_CHECK_UPGRADE: 'false',
      ...environment,
    },
    encoding: 'utf8',
  });
  const seconds = (performance.now() - started) / 1000;
  if (child.status !== 0) throw new ToolError(`${command.join(' ')}\n${child.stderr}`);
  const mebibytes = Number(readFileSync(join(directory, 'peak'), 'utf8')) / 1024;
  rmSync(directory, { recursive: true });
  return { seconds, mebibytes };
};

const several = (runs: number, command: readonly string[], environment: Record<string, string> = {}): Measured => {
  measure(command, environment);
  const all = Array.from({ length: runs }, () => measure(command, environment));
  return { seconds: median(all.map((m) => m.seconds)), mebibytes: median(all.map((m) => m.mebibytes)) };
};

const app = ['node', 'scripts/run.cjs', 'main.ts'];

/** A fleet of `n` clusters on one Kubernetes cluster. */
const fleetOf = (n: number): Fleet => ({
  name: 'bench',
  kubernetes: { kind: { platform: 'kind' } },
  objectStore: { type: 'embedded' },
  observer: { in: 'kind' },
  clusters: Object.fromEntries(Array.from({ length: n }, (_, i) => [`cluster-${String(i).padStart(4, '0')}`, { in: 'kind' }])),
});

/** A fleet of `n` clusters, each in a Kubernetes cluster of its own, joined by mutual TLS. */
const wideFleetOf = (n: number): Fleet => {
  const names = Array.from({ length: n }, (_, i) => `cluster-${String(i).padStart(4, '0')}`);
  const expose = { nodePort: {}, allowFrom: ['10.0.0.0/8'] };
  const eachOf = <T>(what: (name: string) => T) => Object.fromEntries(names.map((name) => [name, what(name)]));
  return {
    name: 'bench',
    kubernetes: { observer: { platform: 'kind' }, ...eachOf(() => ({ platform: 'kind' as const })) },
    objectStore: { type: 'embedded', expose },
    observer: { in: 'observer', expose },
    clusters: { central: { in: 'observer' }, ...eachOf((name) => ({ in: name, expose })) },
  };
};

const synthesis = (): Row[] => {
  const rows: Row[] = [];
  const add = (what: string, value: number, bound: number, unit: string, digits = 2) => {
    rows.push({ what, figure: `${value.toFixed(digits)} ${unit}`, bound: `≤ ${bound} ${unit}`, ok: value <= bound });
    progress.done(`  ${what}: ${value.toFixed(digits)} ${unit}`);
  };
  progress.show('Synthesizing the demo …');
  add('demo, the app alone', several(7, app).seconds, 0.8, 's');
  add('demo, through cdk8s synth', several(5, ['node', 'node_modules/cdk8s-cli/bin/cdk8s', 'synth']).seconds, 2.5, 's');
  const directory = mkdtempSync(join(tmpdir(), 'bench-'));
  const times = new Map<number, Measured>();
  for (const [n, runs] of [
    [10, 5],
    [100, 3],
    [1000, 1],
  ] as const) {
    progress.show(`Synthesizing ${n} clusters …`);
    const file = join(directory, `${n}.yaml`);
    writeFileSync(file, stringify(fleetOf(n)));
    times.set(n, several(runs, app, { FLEET: file, CDK8S_OUTDIR: join(directory, 'out') }));
  }
  progress.show('Synthesizing 200 Kubernetes clusters …');
  const wide = join(directory, 'wide.yaml');
  writeFileSync(wide, stringify(wideFleetOf(200), { aliasDuplicateObjects: false }));
  add('200 Kubernetes clusters', several(3, app, { FLEET: wide, CDK8S_OUTDIR: join(directory, 'wide') }).seconds, 10, 's');
  rmSync(directory, { recursive: true });
  const at = (n: number) => times.get(n) as Measured;
  rows.push({ what: '10 clusters', figure: `${at(10).seconds.toFixed(2)} s`, bound: '', ok: true });
  add('100 clusters', at(100).seconds, 4, 's');
  rows.push({ what: '1,000 clusters', figure: `${at(1000).seconds.toFixed(2)} s`, bound: '', ok: true });
  add('1,000 clusters, peak memory', at(1000).mebibytes, 1536, 'MiB', 0);
  add('1,000 clusters against 100, time', at(1000).seconds / at(100).seconds, 11, '×', 1);
  return rows;
};

interface PodUse {
  readonly pod: string;
  readonly anonymous: number;
  readonly cores: number;
}

/** What rules cost: the time to evaluate all of a Prometheus, or of the ruler, once; and the series that they record. */
const ruleRows = async (url: string, objects: readonly Manifest[]): Promise<Row[]> => {
  const recorded = new Set(objects.flatMap((o) => recordsIn(o)));
  const value = async (expr: string): Promise<number> => {
    const [sample] = await instantQuery(url, expr);
    if (!sample) throw new ToolError(`${expr} has no result`);
    return Number(sample.value[1]);
  };
  const row = (what: string, number: number, bound: number, unit: string, detail = ''): Row => ({
    what,
    figure: `${number.toFixed(unit === 'ms' ? 0 : 1)} ${unit}${detail}`,
    bound: `≤ ${bound} ${unit}`,
    ok: number <= bound,
  });
  // not of the whole time at rest: until a group's next round, a minute later, its last one is of the start, when it waited for others
  const rounds = (selector: string) =>
    value(`max(sum by (cluster, pod) (avg_over_time(prometheus_rule_group_last_duration_seconds{${selector}}[3m]))) * 1000`);
  const rules = (selector: string) => value(`max(sum by (cluster, pod) (prometheus_rule_group_rules{${selector}}))`);
  const [prometheus, ruler] = ['job="prometheus"', 'job="thanos-rule"'];
  const added = await value(`count({__name__=~"${[...recorded].join('|')}"})`);
  const all = await value('sum(max by (cluster) (prometheus_tsdb_head_series{job="prometheus"}))');
  return [
    row(`all ${await rules(prometheus)} rules of a Prometheus evaluated once`, await rounds(prometheus), 500, 'ms'),
    row(`all ${await rules(ruler)} rules of the ruler evaluated once`, await rounds(ruler), 500, 'ms'),
    row(`series that ${recorded.size} recorded metrics add`, (added / all) * 100, 2, '%', `: ${added} to ${all}`),
  ];
};

/** Names of metrics that rule files in a ConfigMap record. */
const recordsIn = ({ kind, data }: Manifest): string[] =>
  kind !== 'ConfigMap'
    ? []
    : Object.entries(data as Record<string, string>)
        .filter(([name]) => /\.ya?ml$/.test(name))
        .flatMap(([, text]) => [...text.matchAll(/^ *(?:- )?record: (\S+)$/gm)].map(([, name]) => name as string));

const running = async (): Promise<{ rows: Row[]; pods: PodUse[] }> => {
  const { topology, files } = synthesize(loadFleet('fleet.yaml'));
  const { kubernetes, query } = topology.observer;
  const kubectl = new Kubectl(kubernetes.context);
  const namespaces = files
    .flatMap((f) => f.objects)
    .filter((o) => o.kind === 'Namespace')
    .map((o) => o.metadata.name);
  const there = (await kubectl.get(['namespaces'])).map((n) => n.metadata.name).filter((n) => namespaces.includes(n));
  if (there.length > 0)
    throw new ToolError(`${there.join(', ')} exist in ${kubernetes.context} already: npm run down -- --volumes first.`);
  const started = Date.now();
  await kubectl.run(['apply', '--server-side', '-R', '-f', `dist/${kubernetes.name}`]);
  let forward: Forward | undefined;
  for (;;) {
    const seconds = Math.round((Date.now() - started) / 1000);
    progress.show(`${seconds} s: waiting for a query that sees every cluster …`);
    if (seconds > 600) throw new ToolError('No query saw every cluster in 10 minutes: npm run doctor.');
    try {
      forward ??= await kubectl.forward(query.workload.namespace, `svc/${query.workload.name}`, query.http.port.number);
      const seen = await instantQuery(forward.url, 'count by (cluster) (up{job="prometheus"} == 1)');
      if (
        topology.clusters.every(({ cluster }) =>
          seen.some((s) => s.metric.cluster === cluster.name && Number(s.value[1]) === cluster.replicas),
        )
      )
        break;
    } catch {
      forward?.close();
      forward = undefined; // the pod is not there yet
    }
    await sleep(500);
  }
  const first = (Date.now() - started) / 1000;
  progress.done(`  kubectl apply to the first answer with every cluster: ${first.toFixed(0)} s`);
  while ((await components(kubectl, topology.fleet.name)).some((c) => !c.done)) await sleep(1000);
  const rest = 300;
  for (let s = 0; s < rest; s += 10) {
    progress.show(`At rest for ${s} of ${rest} s …`);
    await sleep(10_000);
  }
  forward.close();
  forward = await kubectl.forward(query.workload.namespace, `svc/${query.workload.name}`, query.http.port.number);
  const selector = `namespace=~"${namespaces.join('|')}", container!=""`;
  const memory = await instantQuery(forward.url, `sum by (namespace, pod) (container_memory_rss{${selector}})`);
  const cpu = await instantQuery(
    forward.url,
    `sum by (namespace, pod) (rate(container_cpu_usage_seconds_total{${selector}}[5m]))`,
  );
  const rules = await ruleRows(
    forward.url,
    files.flatMap((f) => f.objects),
  );
  forward.close();
  const pods = memory
    .map((m) => ({
      pod: `${m.metric.namespace}/${m.metric.pod}`,
      anonymous: Number(m.value[1]) / 2 ** 20,
      cores: Number(cpu.find((c) => c.metric.namespace === m.metric.namespace && c.metric.pod === m.metric.pod)?.value[1] ?? 0),
    }))
    .sort((a, b) => (a.pod < b.pod ? -1 : 1));
  const total = pods.reduce((sum, p) => sum + p.anonymous, 0);
  return {
    rows: [
      {
        what: 'kubectl apply to the first answer with every cluster',
        figure: `${first.toFixed(0)} s`,
        bound: '≤ 50 s',
        ok: first <= 50,
      },
      {
        what: `anonymous memory of the demo, ${rest / 60} min at rest`,
        figure: `${total.toFixed(0)} MiB`,
        bound: '≤ 700 MiB',
        ok: total <= 700,
      },
      {
        what: 'CPU of the demo at rest',
        figure: `${pods.reduce((sum, p) => sum + p.cores, 0).toFixed(2)} cores`,
        bound: '',
        ok: true,
      },
      ...rules,
    ],
    pods,
  };
};

const markdown = (rows: readonly Row[], pods: readonly PodUse[], note?: string): string => {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    '# Benchmarks',
    '',
    '`npm run bench -- --cluster --write` makes this page (without `--cluster`: only what needs no cluster). Figures are medians; the first run of each, which fills caches, is left out.',
    '',
    `Measured on ${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}.`,
    '',
    line(['What', 'Measured', 'Bound']),
    line(['---', '---', '---']),
    ...rows.map((r) => line([r.what, r.figure, r.bound])),
    ...(pods.length > 0
      ? [
          '',
          '## The demo at rest',
          '',
          ...(note ? [note, ''] : []),
          line(['Pod', 'Anonymous memory', 'CPU']),
          line(['---', '--:', '--:']),
          ...pods.map((p) => line([p.pod, `${p.anonymous.toFixed(0)} MiB`, `${(p.cores * 1000).toFixed(0)} m`])),
        ]
      : []),
    '',
  ].join('\n');
};

main(async () => {
  const { values } = parseArgs({
    options: {
      cluster: { type: 'boolean' },
      write: { type: 'boolean' },
      note: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    sayHelp(help);
    return 0;
  }
  if (!existsSync('node_modules/cdk8s-cli'))
    throw new ToolError('cdk8s-cli is not installed: npm ci (with development dependencies).');
  if (values.cluster) refuse(await unreachable(loadFleet('fleet.yaml').kubernetes)); // not after minutes of synthesis
  const rows = synthesis();
  const cluster = values.cluster ? await running() : { rows: [], pods: [] };
  const all = [...rows, ...cluster.rows];
  console.log(
    table(
      ['What', 'Measured', 'Bound', ''],
      all.map((r) => [r.what, r.figure, r.bound, r.ok ? 'ok' : 'OVER']),
    ),
  );
  if (cluster.pods.length > 0)
    console.log(
      table(
        ['Pod', 'Anonymous memory', 'CPU'],
        cluster.pods.map((p) => [p.pod, `${p.anonymous.toFixed(0)} MiB`, `${(p.cores * 1000).toFixed(0)} m`]),
      ),
    );
  if (values.write) {
    const fuzzing = sectionOf(readFileSync(page, 'utf8'), '## Fuzzing'); // npm run fuzz writes it
    const text = markdown(all, cluster.pods, values.note);
    writeFileSync(page, fuzzing ? withSection(text, fuzzing) : text);
  }
  return all.every((r) => r.ok) ? 0 : 1;
});
