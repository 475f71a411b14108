// The sizing model's answers for a fleet, as tables for people.
import { exporterResources, memcachedCpu } from '../../charts/components/memcached';
import type { ResolvedCluster, ResolvedFleet } from '../../charts/fleet/resolve';
import { shards } from '../../charts/fleet/shards';
import {
  asBytes,
  asCores,
  bucketNeeds,
  type ClusterLoad,
  compactorNeeds,
  type Needs,
  prometheusNeeds,
  queryNeeds,
  storeNeeds,
} from '../../charts/fleet/sizing';
import { bytes, cores } from '../../charts/kit/units';
import { dim, table } from '../lib/terminal';
import { prices } from './prices';

const GB = 1e9;

/** Numbers as people say them: 1.2k, 4M. */
export const short = (n: number): string => {
  const [divisor, unit] = n >= 1e6 ? [1e6, 'M'] : n >= 1e3 ? [1e3, 'k'] : [1, ''];
  return `${Number((n / divisor).toPrecision(3))}${unit}`;
};

/** Bytes as people say them. */
export const size = (n: number): string => {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  const power = n < 1 ? 0 : Math.min(Math.floor(Math.log2(n) / 10), units.length - 1);
  return `${Number((n / 2 ** (10 * power)).toPrecision(3))} ${units[power]}`;
};

const dollars = (n: number): string => (n < 10 ? n.toFixed(2) : Math.round(n).toLocaleString('en-US'));
const needed = (has: string, needs: string): string => (has === needs ? has : `${has} ${dim(`(needs ${needs})`)}`);

type Loaded = ResolvedCluster & { readonly load: ClusterLoad };
const isLoaded = (c: ResolvedCluster): c is Loaded => c.load !== undefined;

const clusterRow = (c: Loaded): string[] => {
  const n = prometheusNeeds(c.load);
  return [
    `${c.name} ×${c.replicas}`,
    `${short(c.load.series)}, ${Number((c.load.churn * 100).toFixed(1))}%/h`,
    short(n.samplesPerSecond),
    short(n.headSeries),
    needed(c.resources.memory, asBytes(n.memory)),
    needed(c.resources.cpu, asCores(n.cores)),
    needed(c.volume, asBytes(n.volume)),
    `${size(n.blocks)} + ${size(n.wal)}`,
  ];
};

const unknownRow = (c: ResolvedCluster): string[] => [
  `${c.name} ×${c.replicas}`,
  'not told',
  '',
  '',
  c.resources.memory,
  c.resources.cpu,
  c.volume,
  '',
];

/** What each cluster brings, and what each replica of its Prometheus has for it. */
export const clustersTable = (fleet: ResolvedFleet): string =>
  table(
    ['Prometheus', 'Series, churn', 'Samples/s', 'In memory', 'Memory', 'CPU', 'Volume', 'Blocks + WAL'],
    fleet.clusters.map((c) => (isLoaded(c) ? clusterRow(c) : unknownRow(c))),
  );

/** Pods of all shards, of all their replicas. */
const gateways = ({ store }: ResolvedFleet['observer']): number => shards(store).length * store.replicas;

/** What each of several pods needs, as what all of them need. */
const ofEach = (pods: number, needs?: Needs): Needs | undefined =>
  needs && { cores: needs.cores * pods, memory: needs.memory * pods };

/** What the observer's parts have; what they need where every cluster says its series. */
export const observerTable = (fleet: ResolvedFleet): string => {
  const { observer: o, retention } = fleet;
  const loads = fleet.clusters.filter(isLoaded).map((c) => c.load);
  const told = loads.length === fleet.clusters.length;
  const query = queryNeeds(loads);
  const [store, compactor] = told
    ? [storeNeeds(loads, retention, o.store.shards), compactorNeeds(loads, retention, o.compactor.concurrency)]
    : [];
  const row = (
    title: string,
    pods: number,
    has: { cpu: string; memory: string },
    needs?: { cores: number; memory: number },
    disk?: string,
    needsDisk?: number,
  ): string[] => [
    `${title} ×${pods}`,
    told && needs ? needed(has.memory, asBytes(needs.memory / pods)) : has.memory,
    told && needs ? needed(has.cpu, asCores(needs.cores / pods)) : has.cpu,
    disk ? (needsDisk === undefined ? disk : needed(disk, asBytes(needsDisk))) : '',
  ];
  const half = { cores: query.cores / 2, memory: query.memory / 2 };
  return table(
    ['Observer', 'Memory', 'CPU', 'Disk'],
    [
      row('query', o.query.replicas, o.query.resources, query),
      row('query-frontend', o.queryFrontend.replicas, o.queryFrontend.resources, half),
      row('store gateway', gateways(o), o.store.resources, ofEach(gateways(o), store), o.store.disk, store?.disk),
      row('compactor', 1, o.compactor.resources, compactor, o.compactor.volume, compactor?.volume),
      row('ruler', o.ruler.replicas, o.ruler.resources, undefined, o.ruler.volume),
      row('Alertmanager', o.alertmanager.replicas, o.alertmanager.resources),
      ...(o.cache.type === 'memcached'
        ? [row('memcached', o.cache.replicas, { cpu: memcachedCpu, memory: o.cache.memory })]
        : []),
      row('Grafana', 1, o.grafana.resources),
    ],
  );
};

/** What the bucket holds once it is full, by cluster and resolution. */
export const bucketTable = (fleet: ResolvedFleet): string => {
  const { retention } = fleet;
  const title = (r: keyof typeof retention) => `${r}, ${Number.parseInt(retention[r], 10) === 0 ? 'after a year' : retention[r]}`;
  const rows = fleet.clusters.filter(isLoaded).map((c) => ({ name: c.name, needs: bucketNeeds(c.load, retention) }));
  const sum = (key: 'raw' | '5m' | '1h' | 'total') => rows.reduce((total, { needs }) => total + needs[key], 0);
  const columns = ['raw', '5m', '1h', 'total'] as const;
  return table(
    ['Bucket', title('raw'), title('5m'), title('1h'), 'together'],
    [
      ...rows.map(({ name, needs }) => [name, ...columns.map((key) => size(needs[key]))]),
      ...(rows.length > 1 ? [['all', ...columns.map((key) => size(sum(key)))]] : []),
    ],
  );
};

interface Pod {
  readonly pods: number;
  readonly cpu: string;
  readonly memory: string;
  readonly volume?: string;
}

/** Everything that a fleet asks of its Kubernetes clusters, the node agents aside. */
const pods = (fleet: ResolvedFleet): Pod[] => {
  const { observer: o } = fleet;
  return [
    ...fleet.clusters.flatMap((c) => [
      { pods: c.replicas, ...c.resources, volume: c.volume },
      { pods: c.replicas, ...c.sidecar },
    ]),
    { pods: o.query.replicas, ...o.query.resources },
    { pods: o.queryFrontend.replicas, ...o.queryFrontend.resources },
    { pods: gateways(o), ...o.store.resources },
    ...(o.cache.type === 'memcached' ? [{ pods: o.cache.replicas, cpu: memcachedCpu, memory: o.cache.memory }] : []),
    ...(o.cache.type === 'memcached' && o.cache.exporter ? [{ pods: o.cache.replicas, ...exporterResources }] : []),
    { pods: 1, ...o.compactor.resources, volume: o.compactor.volume },
    { pods: o.ruler.replicas, ...o.ruler.resources, volume: o.ruler.volume },
    { pods: o.alertmanager.replicas, ...o.alertmanager.resources },
    { pods: 1, ...o.grafana.resources },
    { pods: 1, ...o.bucketWeb.resources },
    ...(fleet.objectStore.replicate ? [{ pods: 1, ...fleet.objectStore.replicate.resources }] : []),
  ];
};

/** Reads of the bucket that one query causes: ranges of chunks and index that no cache has. */
const readsPerQuery = 20;
const secondsOfMonth = 730 * 3600;

export interface Costs {
  readonly item: string;
  readonly amount: string;
  /** US dollars in a month. */
  readonly monthly: number;
}

/** What a fleet costs in a month. */
export const costs = (fleet: ResolvedFleet): Costs[] => {
  const loads = fleet.clusters.filter(isLoaded).map((c) => c.load);
  const bucket = loads.reduce((sum, load) => sum + bucketNeeds(load, fleet.retention).total, 0);
  const reads = loads.reduce((sum, load) => sum + load.queries, 0) * readsPerQuery * secondsOfMonth;
  const all = pods(fleet);
  const sum = (of: (pod: Pod) => number) => all.reduce((total, pod) => total + pod.pods * of(pod), 0);
  const [volume, cpu, memory] = [sum((p) => bytes(p.volume ?? '0')), sum((p) => cores(p.cpu)), sum((p) => bytes(p.memory))];
  const hasBucket = fleet.objectStore.type !== 'embedded';
  return [
    ...(hasBucket
      ? [
          { item: 'bucket, full', amount: size(bucket), monthly: (bucket / GB) * prices.bucketGigabyte },
          { item: 'bucket, reads', amount: short(reads), monthly: reads * prices.bucketRead },
        ]
      : []),
    { item: 'volumes', amount: size(volume), monthly: (volume / GB) * prices.volumeGigabyte },
    { item: 'CPU requested', amount: `${Number(cpu.toFixed(1))}`, monthly: cpu * prices.core },
    { item: 'memory requested', amount: size(memory), monthly: (memory / GB) * prices.memoryGigabyte },
  ];
};

export const costsTable = (all: readonly Costs[]): string =>
  table(
    ['A month', 'How much', 'US dollars, about'],
    [
      ...all.map(({ item, amount, monthly }) => [item, amount, dollars(monthly)]),
      ['together', '', dollars(all.reduce((sum, { monthly }) => sum + monthly, 0))],
    ],
  );
