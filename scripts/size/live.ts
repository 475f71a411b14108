// What a running fleet really has, beside what the model says for the same series.
import { clusterLabel } from '../../charts/fleet/resolve';
import { type ClusterLoad, coefficients, prometheusNeeds } from '../../charts/fleet/sizing';
import type { Topology } from '../../charts/topology';
import { fetchJson, instantQuery, Kubectl, type Sample } from '../lib/kubectl';
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

const job = 'job="prometheus"';
const most = (expr: string): string => `max by (${clusterLabel}) (${expr})`;

const questions = {
  series: most(`prometheus_tsdb_head_series{${job}}`),
  created: most(`rate(prometheus_tsdb_head_series_created_total{${job}}[1h])`),
  uptime: `min by (${clusterLabel}) (time() - process_start_time_seconds{${job}})`,
  samplesPerSecond: most(`rate(prometheus_tsdb_head_samples_appended_total{${job}, type="float"}[5m])`),
  memory: most(`process_resident_memory_bytes{${job}}`),
  cores: most(`rate(process_cpu_seconds_total{${job}}[15m])`),
  blocks: most(`prometheus_tsdb_storage_blocks_bytes{${job}}`),
  wal: most(`prometheus_tsdb_wal_storage_size_bytes{${job}} + prometheus_tsdb_head_chunks_storage_size_bytes`),
  chunkBytesPerSample: most(
    `prometheus_tsdb_compaction_chunk_size_bytes_sum{${job}} / (prometheus_tsdb_compaction_chunk_samples_sum > 0)`,
  ),
  queries: 'sum(rate(http_requests_total{job="thanos-query-frontend", handler=~"query.*"}[15m]))',
} as const;

/** Asks the querier. @param say shows what is going on @throws ToolError when the fleet cannot be reached */
export const measure = async (topology: Topology, say: (text: string) => void): Promise<Measured[]> => {
  const { observer, fleet } = topology;
  const { query, kubernetes } = observer;
  const kubectl = new Kubectl(kubernetes.context);
  say(`Opening a way to the querier in ${kubernetes.context} …`);
  const forward = await kubectl.forward(query.workload.namespace, `svc/${query.workload.name}`, query.http.port.number);
  try {
    say('Asking what Prometheus has …');
    await fetchJson(`${forward.url}/api/v1/status/buildinfo`); // it answers, or says why not
    const keys = Object.keys(questions) as (keyof typeof questions)[];
    const answers = new Map<string, readonly Sample[]>();
    for (const key of keys) answers.set(key, await instantQuery(forward.url, questions[key]));
    const of = (key: keyof typeof questions, cluster: string): number | undefined => {
      const sample = answers.get(key)?.find((s) => s.metric[clusterLabel] === cluster);
      return sample === undefined || !Number.isFinite(Number(sample.value[1])) ? undefined : Number(sample.value[1]);
    };
    return fleet.clusters.map((c): Measured => {
      const series = of('series', c.name) ?? 0;
      const aged = (of('uptime', c.name) ?? 0) > 2 * 3600; // before that all series are new
      const { replicas, scrapeInterval, blockDuration, retention } = c;
      return {
        cluster: c.name,
        load: {
          series,
          churn: aged && series > 0 ? Math.min((3600 * (of('created', c.name) ?? 0)) / series, 0.99) : (c.load?.churn ?? 0.02),
          queries: Number(answers.get('queries')?.[0]?.value[1] ?? 0),
          replicas,
          scrapeInterval,
          blockDuration,
          retention,
        },
        ...Object.fromEntries(
          (['samplesPerSecond', 'memory', 'cores', 'blocks', 'wal', 'chunkBytesPerSample'] as const).flatMap((key) => {
            const seen = of(key, c.name);
            return seen === undefined ? [] : [[key, seen]];
          }),
        ),
      };
    });
  } finally {
    forward.close();
  }
};

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
    beside(
      shown(m.cores, (v) => v.toFixed(2)),
      n.cores.toFixed(2),
    ),
    beside(shown(m.blocks, size), size(n.blocks)),
    beside(shown(m.wal, size), size(n.wal)),
    beside(
      shown(m.chunkBytesPerSample, (v) => v.toFixed(2)),
      coefficients.sampleBytes.toFixed(2),
    ),
  ];
};

/** Series with a fifth to grow, as the fleet file says them. */
const told = ({ cluster, load }: Measured): string =>
  `  ${cluster}: {series: ${short(Math.max(load.series * 1.2, 1000))}, churn: ${Math.max(load.churn * 100, 0.1).toFixed(1)}%, queries: ${Math.max(load.queries, 0.1).toFixed(1)}/s}`;

/** The comparison, and what to write into the fleet file. */
export const liveText = (all: readonly Measured[]): string =>
  [
    'What each Prometheus has now, beside what the model has room for:',
    table(['Cluster', 'Series', 'Samples/s', 'Memory', 'CPU', 'Blocks', 'WAL and head', 'Bytes per sample'], all.map(row)),
    `For the fleet file, with a fifth to grow:\n\nclusters:\n${all.map(told).join('\n')}`,
  ].join('\n\n');
