// npm run distributed: what `thanos query --query.mode=distributed` answers and saves, beside the mode that the fleet uses.
//
// Two clusters with a leaf querier each, blocks of one of them in a bucket behind a leaf querier of its own, and the same
// queries to two queriers: one asks every StoreAPI itself, the other hands queries on to the leaves.
import { once } from 'node:events';
import { cpSync, createWriteStream, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { images } from '../charts/images';
import { yaml } from '../charts/kit/kubernetes';
import { fetchJson, sleep, ToolError } from '../scripts/lib/kubectl';
import { onPath, run, serve } from '../scripts/lib/run';
import { main, parseArgs, progress, sayHelp, table } from '../scripts/lib/terminal';
import { freePort } from '../scripts/verify/pods';

const scrapeInterval = 15;
const hour = 3600;
const seriesOfCluster = 200;

interface Cluster {
  readonly name: string;
  readonly replicas: number;
  /** Seconds of data that it has. */
  readonly age: number;
}
const chicago: Cluster = { name: 'chicago', replicas: 2, age: 6 * hour };
/** Added to the fleet 40 minutes ago. */
const seattle: Cluster = { name: 'seattle', replicas: 1, age: 40 * 60 };

/** A counter of many pods, its rate as a recording rule writes it, and a queue that was full until a moment and is empty since. */
const writeSamples = async (file: string, { age }: Cluster, now: number, fullUntil: number): Promise<void> => {
  const out = createWriteStream(file);
  const times = Array.from({ length: Math.floor(age / scrapeInterval) }, (_, i) => now - age + i * scrapeInterval);
  const write = async (text: string) => out.write(text) || (await once(out, 'drain'));
  await write('# TYPE http_requests counter\n');
  for (let pod = 0; pod < seriesOfCluster; pod++)
    await write(
      times
        .map((t) => `http_requests_total{job="web",pod="web-${pod}"} ${(t - now + 7 * hour) * ((pod % 7) + 1)} ${t}\n`)
        .join(''),
    );
  await write('# TYPE cluster:http_requests:rate5m gauge\n');
  await write(times.map((t) => `cluster:http_requests:rate5m ${(t % 600) + 1} ${t}\n`).join(''));
  await write('# TYPE queue gauge\n');
  await write(times.map((t) => `queue{job="web"} ${t < fullUntil ? 9 : 0} ${t}\n`).join(''));
  out.end('# EOF\n');
  await finished(out);
};

const local = (port: number): string => `127.0.0.1:${port}`;

const must = async (program: string, args: readonly string[]): Promise<void> => {
  const { code, output } = await run(program, args);
  if (code !== 0) throw new ToolError(`${program} ${args.join(' ')}\n${output}`);
};

const start = async (program: string, args: readonly string[], http: number, ready: string): Promise<void> => {
  const { problem, output } = await serve(program, args, {}, `http://${local(http)}${ready}`);
  if (problem) throw new ToolError(`${program} ${args.join(' ')}\n${problem}\n${output()}`);
};

/** Starts a part of Thanos. @returns its gRPC and HTTP ports */
const thanos = async (...args: string[]) => {
  const [grpc, http] = [await freePort(), await freePort()];
  await start('thanos', [...args, `--grpc-address=${local(grpc)}`, `--http-address=${local(http)}`], http, '/-/ready');
  return { grpc, http };
};

/** A querier of these StoreAPIs, with the flags of the fleet's own. */
const querier = (ports: readonly number[], ...args: string[]) =>
  thanos(
    'query',
    `--endpoint.sd-config=${yaml({ endpoints: ports.map((port) => ({ address: local(port), strict: true })) })}`,
    '--query.replica-label=replica',
    '--query.partial-response',
    ...args,
  );

let crossed = 0;
/** A link between Kubernetes clusters, which counts what crosses it. @returns the port of its other end */
const link = async (to: number): Promise<number> => {
  const port = await freePort();
  createServer((near) => {
    const far = connect(to, '127.0.0.1');
    for (const [a, b] of [
      [near, far],
      [far, near],
    ] as const) {
      a.on('data', (chunk) => {
        crossed += chunk.length;
        b.write(chunk);
      });
      a.on('close', () => b.destroy());
      a.on('error', () => b.destroy());
    }
  })
    .listen(port, '127.0.0.1')
    .unref();
  return port;
};

interface Question {
  readonly about: string;
  readonly query: string;
  /** Seconds before now; absent: an instant query. */
  readonly from?: number;
  readonly parameters?: Readonly<Record<string, string>>;
}
const questions: readonly Question[] = [
  { about: 'now', query: 'sum by (cluster) (rate(http_requests_total[5m]))' },
  { about: '3 h', query: 'sum by (cluster) (rate(http_requests_total{cluster="chicago"}[5m]))', from: 3 * hour },
  { about: '3 h, recorded', query: 'cluster:http_requests:rate5m{cluster="chicago"}', from: 3 * hour },
  { about: '3 h, by what both have', query: 'sum by (pod) (rate(http_requests_total{cluster="chicago"}[5m]))', from: 3 * hour },
  { about: '3 h, past a threshold', query: 'avg_over_time(queue[30m]) > 5', from: 3 * hour },
  { about: 'now, of a young cluster', query: 'sum by (cluster) (increase(http_requests_total[1h]))' },
  { about: '30 min, of a young cluster', query: 'sum by (cluster) (increase(http_requests_total[1h]))', from: hour / 2 },
  { about: 'now, each replica', query: 'count by (cluster, replica) (queue)', parameters: { dedup: 'false' } },
];
const withoutOne: Question = {
  about: 'now, a cluster cut off since the querier has started',
  query: 'count by (cluster) (queue)',
};

interface Answer {
  readonly result: readonly {
    readonly metric: Record<string, string>;
    readonly values: readonly (readonly [number, string])[];
  }[];
  readonly warnings: readonly string[];
  readonly kib: number;
}

const ask = async (port: number, { query, from, parameters }: Question, now: number): Promise<Answer> => {
  const range: Record<string, string> = from ? { start: `${now - from}`, end: `${now}`, step: '60' } : { time: `${now}` };
  const before = crossed;
  const url = `http://${local(port)}/api/v1/query${from ? '_range' : ''}?${new URLSearchParams({ query, ...range, ...parameters })}`;
  const { data, warnings = [] } = await fetchJson(url);
  const result = data.result
    // biome-ignore lint/suspicious/noExplicitAny: JSON of the querier
    .map((s: any) => ({
      metric: s.metric,
      values: (s.values ?? [s.value]).map(([t, v]: [number, string]) => [t, Number(v).toPrecision(9)]),
    }))
    .sort((a: Answer['result'][number], b: Answer['result'][number]) =>
      JSON.stringify(a.metric) < JSON.stringify(b.metric) ? -1 : 1,
    );
  return { result, warnings, kib: (crossed - before) / 1024 };
};

const summary = ({ result, warnings }: Answer): string =>
  [
    ...result
      .slice(0, 3)
      .map(
        (s) =>
          `${[s.metric.cluster, s.metric.replica].filter(Boolean).join(' ')}: ${s.values.length} × …${Number(s.values.at(-1)?.[1])}`,
      ),
    ...(result.length > 3 ? [`… ${result.length} series`] : []),
    ...(result.length === 0 ? ['nothing'] : []),
    ...(warnings.length > 0 ? ['and a warning'] : []),
  ].join('\n');

const help = `npm run distributed

Asks the same of a querier that asks every StoreAPI itself and of one with --query.mode=distributed, and
shows where their answers differ, and what each costs. Needs prometheus, promtool and thanos on PATH.

Exit code: 0 they differ, as docs/decisions/0018 says; 1 they no longer do; 2 it could not be tried.`;

main(async () => {
  if (parseArgs({ options: { help: { type: 'boolean', short: 'h' } } }).values.help) {
    sayHelp(help);
    return 0;
  }
  for (const program of ['prometheus', 'promtool', 'thanos'])
    if (!onPath(program)) throw new ToolError(`There is no ${program} on PATH. npm run verify says where to get it.`);
  const folder = mkdtempSync(join(tmpdir(), 'distributed-mode-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const now = Math.floor(Date.now() / 1000);
  // the newest end of a two-hour block that is old enough to be in the bucket
  const uploaded = Math.floor((now - 45 * 60) / (2 * hour)) * 2 * hour;
  const objstore = `--objstore.config=${yaml({ type: 'FILESYSTEM', config: { directory: join(folder, 'bucket') } })}`;
  mkdirSync(join(folder, 'bucket'));
  const leaves: number[] = [];
  const stores: number[] = [];
  for (const cluster of [chicago, seattle]) {
    progress.show(`Writing the data of ${cluster.name} …`);
    const [samples, blocks] = [join(folder, `${cluster.name}.txt`), join(folder, cluster.name)];
    await writeSamples(samples, cluster, now, uploaded);
    await must('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', '-q', samples, blocks]);
    const sidecars: number[] = [];
    for (let i = 0; i < cluster.replicas; i++) {
      const own = `${blocks}-${i}`;
      cpSync(blocks, own, { recursive: true });
      const labels = { cluster: cluster.name, replica: `prometheus-${i}` };
      writeFileSync(`${own}.yml`, yaml({ global: { external_labels: labels } }));
      const http = await freePort();
      const args = [`--config.file=${own}.yml`, `--storage.tsdb.path=${own}`, `--web.listen-address=${local(http)}`];
      await start('prometheus', args, http, '/-/ready');
      sidecars.push((await thanos('sidecar', `--prometheus.url=http://${local(http)}`)).grpc);
      if (i > 0) continue;
      const old = join(folder, `${cluster.name}-old`);
      for (const block of readdirSync(blocks).filter((name) => name.length === 26)) {
        const { maxTime } = JSON.parse(readFileSync(join(blocks, block, 'meta.json'), 'utf8'));
        if (maxTime <= uploaded * 1000) cpSync(join(blocks, block), join(old, block), { recursive: true });
      }
      mkdirSync(old, { recursive: true });
      const external = Object.entries(labels).flatMap(([name, value]) => ['--label', `${name}="${value}"`]);
      await must('thanos', [
        'tools',
        'bucket',
        'upload-blocks',
        '--path',
        old,
        objstore,
        '--shipper.upload-compacted',
        ...external,
      ]);
    }
    leaves.push(await link((await querier(sidecars)).grpc));
    for (const sidecar of sidecars) stores.push(await link(sidecar));
  }
  const store = (await thanos('store', objstore, `--data-dir=${join(folder, 'store')}`)).grpc;
  const direct = (await querier([...stores, store])).http;
  const distributed = (await querier([...leaves, (await querier([store])).grpc], '--query.mode=distributed')).http;
  const away = await freePort(); // nobody listens there
  const directWithout = (await querier([...stores.slice(0, -1), away, store])).http;
  const bucket = (await querier([store])).grpc;
  const distributedWithout = (await querier([leaves[0] as number, away, bucket], '--query.mode=distributed')).http;
  const settled: [number, number][] = [
    [direct, 4],
    [distributed, 3],
    [directWithout, 3],
    [distributedWithout, 2],
  ];
  for (const [port, wanted] of settled)
    for (let known = 0; known < wanted; await sleep(1000)) {
      const { data } = await fetchJson(`http://${local(port)}/api/v1/stores`);
      known = (Object.values(data).flat() as { labelSets: unknown[] }[]).filter((s) => s.labelSets.length > 0).length;
    }
  const rows: string[][] = [];
  let wrong = 0;
  const compare = async (question: Question, one: number, other: number): Promise<void> => {
    const [a, b] = [await ask(one, question, now), await ask(other, question, now)];
    const equal = JSON.stringify(a.result) === JSON.stringify(b.result) && a.warnings.length > 0 === b.warnings.length > 0;
    if (!equal) wrong++;
    rows.push([
      `${question.about}\n${question.query}`,
      `${summary(a)}\n${a.kib.toFixed(0)} KiB`,
      `${summary(b)}\n${b.kib.toFixed(0)} KiB`,
      equal ? 'equal' : 'DIFFERENT',
    ]);
  };
  for (const question of questions) await compare(question, direct, distributed);
  await compare(withoutOne, directWithout, distributedWithout);
  progress.done(table(['Asked of', 'by itself', 'distributed', ''], rows));
  console.log(`Thanos ${images.thanos.tag}: ${wrong} of ${rows.length} answers differ.`);
  if (wrong === 0) console.log('What docs/decisions/0012 was decided for is gone: decide anew.');
  process.exit(wrong === 0 ? 1 : 0); // whatever still runs is ended
});
