// What a running fleet really uses, beside what the model says for the same series.
import { clusterLabel } from '../../charts/fleet/resolve';
import {
  type ClusterLoad,
  coefficients,
  compactorNeeds,
  type Needs,
  prometheusNeeds,
  queryNeeds,
  sidecarNeeds,
  storeNeeds,
} from '../../charts/fleet/sizing';
import type { Topology } from '../../charts/topology';
import { unreachable } from '../lib/contexts';
import { instantQuery, Kubectl, type Sample, ToolError } from '../lib/kubectl';
import { dim, table } from '../lib/terminal';
import { short, size } from './tables';

/** What each Prometheus of a cluster has, the largest of its replicas; absent where it has not been seen yet. */
export interface Measured {
  readonly cluster: string;
  readonly load: ClusterLoad;
  readonly samplesPerSecond?: number;
  readonly memory?: number;
  readonly cores?: number;
  readonly blocks?: number;
  readonly wal?: number;
  readonly chunkBytesPerSample?: number;
}

/** What a pod of each part uses, the one that uses most; absent where it has not been seen yet. */
export interface MeasuredPart {
  readonly part: string;
  readonly memory?: number;
  readonly cores?: number;
  /** What the model says for a pod, for the loads that were measured. */
  readonly needs: Needs;
}

export interface Live {
  readonly clusters: readonly Measured[];
  readonly parts: readonly MeasuredPart[];
}

const job = 'job="prometheus"';
/** What memory there was at one time within an hour: it grows and is given back. */
const peak = (selector: string): string => `max_over_time(process_resident_memory_bytes{${selector}}[1h])`;
const busy = (selector: string): string => `rate(process_cpu_seconds_total{${selector}}[15m])`;
const ofTheObserver = 'job=~"thanos-.+"';
const most = (expr: string): string => `max by (${clusterLabel}) (${expr})`;

const questions = {
  series: most(`prometheus_tsdb_head_series{${job}}`),
  created: most(`rate(prometheus_tsdb_head_series_created_total{${job}}[1h])`),
  uptime: `min by (${clusterLabel}) (time() - process_start_time_seconds{${job}})`,
  samplesPerSecond: most(`rate(prometheus_tsdb_head_samples_appended_total{${job}, type="float"}[5m])`),
  memory: most(peak(job)),
  cores: most(busy(job)),
  blocks: most(`prometheus_tsdb_storage_blocks_bytes{${job}}`),
  wal: most(`prometheus_tsdb_wal_storage_size_bytes{${job}} + prometheus_tsdb_head_chunks_storage_size_bytes`),
  chunkBytesPerSample: most(
    `prometheus_tsdb_compaction_chunk_size_bytes_sum{${job}} / (prometheus_tsdb_compaction_chunk_samples_sum > 0)`,
  ),
  partMemory: `max by (job) (${peak(ofTheObserver)})`,
  partCores: `max by (job) (${busy(ofTheObserver)})`,
  queries: 'sum(rate(http_requests_total{job="thanos-query-frontend", handler=~"query.*"}[15m]))',
} as const;

type Question = keyof typeof questions;

/** What to say instead of how a request failed. */
const unanswered = (what: string, { message }: Error): never => {
  throw new ToolError(
    `${what}: ${message.trim()}\n  Without it, what the fleet uses cannot be compared with the model; nothing was written.\n  npm run doctor says what is wrong; then run this again.`,
  );
};

/** @param url of the querier @throws ToolError that names the question which was not answered */
export const askAll = async (url: string): Promise<ReadonlyMap<Question, readonly Sample[]>> => {
  const answers = new Map<Question, readonly Sample[]>();
  for (const key of Object.keys(questions) as Question[])
    answers.set(
      key,
      await instantQuery(url, questions[key]).catch((error) =>
        unanswered(`The querier does not answer ${questions[key]}`, error),
      ),
    );
  return answers;
};

/** Asks the querier. @param say shows what is going on @throws ToolError when it cannot be reached or does not answer */
export const measure = async (topology: Topology, say: (text: string) => void): Promise<Live> => {
  const { observer, fleet } = topology;
  const { query, kubernetes } = observer;
  const { namespace, name } = query.workload;
  say(`Opening a way to the querier in ${kubernetes.context} …`);
  const [silent] = await unreachable([kubernetes]);
  if (silent)
    throw new ToolError(
      `${silent.reason}\n  Its querier knows what the fleet uses: without it there is nothing to compare, and nothing was written.`,
    );
  const forward = await new Kubectl(kubernetes.context)
    .forward(namespace, `svc/${name}`, query.http.port.number)
    .catch((error) => unanswered(`There is no way to the querier in ${kubernetes.context}`, error));
  try {
    say('Asking what Prometheus has …');
    const answers = await askAll(forward.url);
    const number = (key: Question, labels: Readonly<Record<string, string>> = {}): number | undefined => {
      const found = answers
        .get(key)
        ?.find(({ metric }) => Object.entries(labels).every(([name, value]) => metric[name] === value));
      const value = Number(found?.value[1]);
      return Number.isFinite(value) ? value : undefined;
    };
    const of = (key: Question, cluster: string) => number(key, { [clusterLabel]: cluster });
    const clusters = fleet.clusters.map((c): Measured => {
      const series = of('series', c.name) ?? 0;
      const aged = (of('uptime', c.name) ?? 0) > 2 * 3600; // before that all series are new
      const { replicas, scrapeInterval, blockDuration, retention } = c;
      return {
        cluster: c.name,
        load: {
          series,
          churn: aged && series > 0 ? Math.min((3600 * (of('created', c.name) ?? 0)) / series, 0.99) : (c.load?.churn ?? 0.02),
          queries: number('queries') ?? 0,
          replicas,
          scrapeInterval,
          blockDuration,
          retention,
        },
        samplesPerSecond: of('samplesPerSecond', c.name),
        memory: of('memory', c.name),
        cores: of('cores', c.name),
        blocks: of('blocks', c.name),
        wal: of('wal', c.name),
        chunkBytesPerSample: of('chunkBytesPerSample', c.name),
      };
    });
    const parts = partNeeds(
      topology,
      clusters.map((c) => c.load),
    ).map(({ name, needs }) => ({
      part: name,
      memory: number('partMemory', { job: name }),
      cores: number('partCores', { job: name }),
      needs,
    }));
    return { clusters, parts };
  } finally {
    forward.close();
  }
};

const share = (needs: Needs, pods: number): Needs => ({ cores: needs.cores / pods, memory: needs.memory / pods });

/** What the model says for a pod of each part, by the name of the part's scrape job. */
const partNeeds = (
  { fleet: { observer, retention } }: Topology,
  loads: readonly ClusterLoad[],
): { name: string; needs: Needs }[] => {
  const query = queryNeeds(loads);
  const sidecars = loads.map(sidecarNeeds);
  return [
    { name: 'thanos-query', needs: share(query, observer.query.replicas) },
    { name: 'thanos-query-frontend', needs: share(share(query, 2), observer.queryFrontend.replicas) },
    { name: 'thanos-store', needs: storeNeeds(loads, retention, observer.store.shards) },
    { name: 'thanos-compact', needs: compactorNeeds(loads, retention, observer.compactor.concurrency) },
    {
      name: 'thanos-sidecar',
      needs: { cores: Math.max(...sidecars.map((s) => s.cores)), memory: Math.max(...sidecars.map((s) => s.memory)) },
    },
  ];
};

const twoDigits = (n: number): string => n.toFixed(2);
const beside = (seen: string | undefined, model: string): string => `${seen ?? 'not yet'} ${dim(`(model ${model})`)}`;
const shown = (value: number | undefined, as: (n: number) => string): string | undefined =>
  value === undefined ? undefined : as(value);

const row = (m: Measured): string[] => {
  const n = prometheusNeeds(m.load);
  return [
    m.cluster,
    short(m.load.series),
    beside(shown(m.samplesPerSecond, short), short(n.samplesPerSecond)),
    beside(shown(m.memory, size), size(n.memory)),
    beside(shown(m.cores, twoDigits), twoDigits(n.cores)),
    beside(shown(m.blocks, size), size(n.blocks)),
    beside(shown(m.wal, size), size(n.wal)),
    beside(shown(m.chunkBytesPerSample, twoDigits), twoDigits(coefficients.sampleBytes)),
  ];
};

/** Series with a fifth to grow, as the fleet file says them. */
const told = ({ cluster, load }: Measured): string =>
  `  ${cluster}: {series: ${short(Math.max(load.series * 1.2, 1000))}, churn: ${Math.max(load.churn * 100, 0.1).toFixed(1)}%, queries: ${Math.max(load.queries, 0.1).toFixed(1)}/s}`;

/** The comparison, and what to write into the fleet file. */
export const liveText = ({ clusters, parts }: Live): string =>
  [
    'What each Prometheus uses (memory: the most within an hour), beside what the model has room for:',
    table(['Cluster', 'Series', 'Samples/s', 'Memory', 'CPU', 'Blocks', 'WAL and head', 'Bytes per sample'], clusters.map(row)),
    'What a pod of the other parts uses:',
    table(
      ['Part', 'Memory', 'CPU'],
      parts.map(({ part, memory, cores, needs }) => [
        part,
        beside(shown(memory, size), size(needs.memory)),
        beside(shown(cores, twoDigits), twoDigits(needs.cores)),
      ]),
    ),
    `For the fleet file, with a fifth to grow:\n\nclusters:\n${clusters.map(told).join('\n')}`,
  ].join('\n\n');

interface Compared {
  readonly what: string;
  readonly used?: number;
  readonly model: number;
  readonly as: (n: number) => string;
}

const compared = ({ clusters, parts }: Live): Compared[] => [
  ...clusters.flatMap(({ cluster, load, memory, cores, blocks, wal, samplesPerSecond }): Compared[] => {
    const n = prometheusNeeds(load);
    const what = `Prometheus of ${cluster}, ${short(load.series)} series`;
    return [
      { what: `${what}: samples/s`, used: samplesPerSecond, model: n.samplesPerSecond, as: short },
      { what: `${what}: memory`, used: memory, model: n.memory, as: size },
      { what: `${what}: CPU`, used: cores, model: n.cores, as: twoDigits },
      { what: `${what}: blocks`, used: blocks, model: n.blocks, as: size },
      { what: `${what}: write-ahead log and head`, used: wal, model: n.wal, as: size },
    ];
  }),
  ...parts.flatMap(({ part, memory, cores, needs }): Compared[] => [
    { what: `${part}: memory`, used: memory, model: needs.memory, as: size },
    { what: `${part}: CPU`, used: cores, model: needs.cores, as: twoDigits },
  ]),
];

/** What the model says less of than is used, beyond what a measurement differs by itself. */
export const underestimated = (live: Live): string[] =>
  compared(live)
    .filter(({ used, model }) => used !== undefined && used > 1.1 * model)
    .map(({ what, used, model, as }) => `${what}: ${as(used as number)} used, the model says ${as(model)}`);

/** A section of docs/sizing.md. */
export const liveSection = (name: string, live: Live): string => {
  const queries = live.clusters[0]?.load.queries ?? 0;
  return [
    `## Running: ${name}`,
    '',
    `By \`npm run size -- --live --write\`, at ${queries.toFixed(1)} queries per second; memory is the most within an hour, of the pod that uses most.`,
    '',
    '| what | model | used |',
    '|---|--:|--:|',
    ...compared(live).flatMap(({ what, used, model, as }) =>
      used === undefined ? [] : [`| ${what} | ${as(model)} | ${as(used)} |`],
    ),
  ].join('\n');
};
