// How much a fleet needs: one model. docs/sizing.md says where each number comes from, and what was measured against it.
import type { Resources } from '../kit/kubernetes';
import { seconds } from '../kit/units';
import type { ResolvedParts } from './availability';

/** What a monitored cluster brings. */
export interface ClusterLoad {
  /** Series that are scraped at one time. */
  readonly series: number;
  /** Share of the series that are replaced by others within an hour, from 0 to 1. */
  readonly churn: number;
  /** Queries per second that look at this cluster. */
  readonly queries: number;
  readonly scrapeInterval: string;
  readonly blockDuration: string;
  readonly retention: string;
  readonly replicas: number;
}

export interface BucketRetention {
  readonly raw: string;
  readonly '5m': string;
  readonly '1h': string;
}

/** Bytes and cores, not rounded. */
export interface Needs {
  readonly cores: number;
  readonly memory: number;
}

const KiB = 2 ** 10;
const MiB = 2 ** 20;
const GiB = 2 ** 30;
const hour = 3600;

/** The numbers of the model; each has its source in docs/sizing.md, under its name. */
export const coefficients = {
  sampleBytes: 1.5,
  chunkSamples: 120,
  chunkIndexBytes: 7,
  seriesIndexBytes: 150,
  walSampleBytes: 10,
  /** Of the block's duration: how long the head holds what is not in a block yet. */
  headBlocks: 1.5,
  prometheusBytes: 256 * MiB,
  headSeriesBytes: 4 * KiB,
  headSeriesBytesAtLeast: 2.5 * KiB,
  secondsPerSample: 10e-6,
  fiveMinuteBytes: 13,
  oneHourBytes: 15,
  /** Prometheus and the disk's file system are full before the disk is. */
  usableVolume: 0.8,
  /** Of the largest block that the compactor makes. */
  compactorBlocks: 4,
  compactorBytes: 512 * MiB,
  compactorSeriesBytes: 256,
  compactorSecondsPerSample: 2e-6,
  compactorSecondsPerSampleAtLeast: 0.6e-6,
  storeBytes: 512 * MiB,
  storeSeriesBytes: 256,
  indexHeaderSeriesBytes: 20,
  queryBytes: 256 * MiB,
  /** What one query holds while it runs, and for how long, in each program that works on it. */
  runningQueryBytes: 64 * MiB,
  runningQuerySeconds: 2,
  queryCoreSeconds: 0.25,
} as const;
const c = coefficients;

const samplesPerSecond = (load: ClusterLoad): number => load.series / seconds(load.scrapeInterval);

/** Different series within a time: those of the moment, and those that replaced them. */
const seriesWithin = (load: ClusterLoad, time: number): number => load.series * (1 + (load.churn * time) / hour);

/** Bytes of the blocks of a time, each of a length, as one Prometheus writes them. */
const blocks = (load: ClusterLoad, time: number, length: number): number => {
  const samples = samplesPerSecond(load) * time;
  const series = seriesWithin(load, length) * (time / length);
  const chunks = Math.max(series, samples / c.chunkSamples);
  return samples * c.sampleBytes + series * c.seriesIndexBytes + chunks * c.chunkIndexBytes;
};

const concurrentQueries = (queries: number): number => Math.ceil(queries * c.runningQuerySeconds);

export interface PrometheusNeeds extends Needs {
  readonly samplesPerSecond: number;
  /** Series in memory: those of the moment and those that left since the last block was cut. */
  readonly headSeries: number;
  /** Below this it is killed sooner or later. */
  readonly memoryAtLeast: number;
  readonly blocks: number;
  readonly wal: number;
  /** Bytes of volume that hold blocks and write-ahead log, and leave free what must be free. */
  readonly volume: number;
}

/** What each replica of a cluster's Prometheus needs. */
export const prometheusNeeds = (load: ClusterLoad): PrometheusNeeds => {
  const block = seconds(load.blockDuration);
  const head = block * c.headBlocks;
  const headSeries = seriesWithin(load, head);
  const queries = concurrentQueries(load.queries) * c.runningQueryBytes;
  const kept = blocks(load, seconds(load.retention), block);
  const wal = samplesPerSecond(load) * head * c.walSampleBytes;
  return {
    samplesPerSecond: samplesPerSecond(load),
    headSeries,
    cores: 0.1 + samplesPerSecond(load) * c.secondsPerSample + load.queries * c.queryCoreSeconds,
    memory: c.prometheusBytes + headSeries * c.headSeriesBytes + queries,
    memoryAtLeast: c.prometheusBytes / 2 + headSeries * c.headSeriesBytesAtLeast,
    blocks: kept,
    wal,
    volume: (kept + wal) / c.usableVolume,
  };
};

/** What each sidecar needs: it holds what queries take out of Prometheus. */
export const sidecarNeeds = (load: ClusterLoad): Needs => ({
  cores: 0.05 + load.queries * 0.1,
  memory: 256 * MiB + (concurrentQueries(load.queries) * c.runningQueryBytes) / 2,
});

/** The longest blocks that the compactor makes (thanos pkg/compact: 2h, 8h, 2d, 14d). */
const longestBlock = seconds('14d');

export interface BucketNeeds {
  readonly raw: number;
  readonly '5m': number;
  readonly '1h': number;
  readonly total: number;
}

const kept = (duration: string): number => seconds(duration) || seconds('1y'); // for ever: what a year brings

/** What a cluster has in the bucket once its oldest blocks are deleted; a resolution that is kept for ever: after a year. */
export const bucketNeeds = (load: ClusterLoad, retention: BucketRetention): BucketNeeds => {
  const raw = load.replicas * blocks(load, kept(retention.raw), longestBlock);
  const windows = (resolution: number, time: number) => (load.replicas * load.series * time) / resolution;
  const five = windows(300, kept(retention['5m'])) * c.fiveMinuteBytes;
  const one = windows(hour, kept(retention['1h'])) * c.oneHourBytes;
  return { raw, '5m': five, '1h': one, total: raw + five + one };
};

const largestOf = (values: readonly number[], n: number): number =>
  [...values]
    .sort((a, b) => b - a)
    .slice(0, n)
    .reduce((sum, value) => sum + value, 0);

/**
 * What the compactor needs: the largest streams decide, since it takes one group of blocks of a stream at a time.
 * @param concurrency how many groups it works on at once
 */
export const compactorNeeds = (
  loads: readonly ClusterLoad[],
  retention: BucketRetention,
  concurrency: number,
): Needs & { readonly volume: number /** Below which it falls behind. */; readonly coresAtLeast: number } => {
  const length = Math.min(longestBlock, kept(retention.raw));
  const streams = loads.flatMap((load) => Array.from({ length: load.replicas }, () => load));
  const samples = streams.reduce((sum, load) => sum + samplesPerSecond(load), 0);
  const largest = (of: (load: ClusterLoad) => number) => largestOf(streams.map(of), concurrency);
  return {
    cores: 0.1 + samples * c.compactorSecondsPerSample,
    coresAtLeast: samples * c.compactorSecondsPerSampleAtLeast,
    memory: c.compactorBytes + largest((load) => seriesWithin(load, length)) * c.compactorSeriesBytes,
    volume: largest((load) => blocks(load, length, length)) * c.compactorBlocks,
  };
};

/**
 * What each store gateway needs. Every query is asked of all shards, of each for its part of the series; replicas of a shard
 * must be able to do without each other.
 */
export const storeNeeds = (
  loads: readonly ClusterLoad[],
  retention: BucketRetention,
  shards: number,
): Needs & { readonly disk: number } => {
  const queries = loads.reduce((sum, load) => sum + load.queries, 0);
  const series = loads.reduce((sum, load) => sum + load.replicas * load.series, 0);
  const longBlocks = (['raw', '5m', '1h'] as const).reduce((sum, r) => sum + Math.ceil(kept(retention[r]) / longestBlock), 0);
  const young = 20; // blocks of a stream that are not yet merged into one of 14d
  return {
    cores: 0.1 + (queries * c.queryCoreSeconds) / shards,
    memory: c.storeBytes + (series * c.storeSeriesBytes + concurrentQueries(queries) * c.runningQueryBytes) / shards,
    disk: (series * (longBlocks + young) * c.indexHeaderSeriesBytes) / shards,
  };
};

/** What the queriers need together; the query-frontends half of it. */
export const queryNeeds = (loads: readonly ClusterLoad[]): Needs => {
  const queries = loads.reduce((sum, load) => sum + load.queries, 0);
  return {
    cores: 0.1 + queries * c.queryCoreSeconds,
    memory: c.queryBytes + concurrentQueries(queries) * 2 * c.runningQueryBytes,
  };
};

/** 1, 1.5, 2, 3, 4, 6, 8, …: the next step that is not below; small changes of a fleet change no size. */
const step = (value: number): number => {
  const power = 2 ** Math.floor(Math.log2(Math.max(value, 1)));
  return value <= power ? power : value <= 1.5 * power ? 1.5 * power : 2 * power;
};

/** Bytes as a Kubernetes quantity, rounded up. */
export const asBytes = (value: number): string => {
  const mebi = Math.ceil(step(value / MiB));
  const [unit, size] = (
    [
      ['Ti', 2 ** 20],
      ['Gi', 2 ** 10],
    ] as const
  ).find(([, size]) => mebi % size === 0) ?? ['Mi', 1];
  return `${mebi / size}${unit}`;
};

/** Cores as a Kubernetes quantity, rounded up. */
export const asCores = (value: number): string => {
  const milli = value <= 0.05 ? 50 : Math.ceil(value * 10) * 100;
  return milli >= 1000 && milli % 1000 === 0 ? String(milli / 1000) : `${milli}m`;
};

const resources = ({ cores, memory }: Needs, pods = 1): Resources => ({
  cpu: asCores(cores / pods),
  memory: asBytes(Math.max(memory / pods, 128 * MiB)),
});

/** What a cluster has that says its series and not its sizes. */
export const clusterSizes = (load: ClusterLoad) => {
  const needs = prometheusNeeds(load);
  return {
    volume: asBytes(Math.max(needs.volume, 2 * GiB)),
    resources: resources(needs),
    sidecar: resources(sidecarNeeds(load)),
  };
};

/** The observer's parts of a fleet whose clusters all say their series: sizes by the model, the rest as the platform has it. */
export const observerSizes = (
  loads: readonly ClusterLoad[],
  retention: BucketRetention,
  defaults: ResolvedParts,
  /** By hash: by age, all that is asked may be with one of them. */
  shards: number,
  compactorConcurrency: number,
): ResolvedParts => {
  const query = queryNeeds(loads);
  const store = storeNeeds(loads, retention, shards);
  const compactor = compactorNeeds(loads, retention, compactorConcurrency);
  const frontend = { cores: query.cores / 2, memory: query.memory / 2 };
  return {
    ...defaults,
    query: { ...defaults.query, resources: resources(query, defaults.query.replicas) },
    queryFrontend: { ...defaults.queryFrontend, resources: resources(frontend, defaults.queryFrontend.replicas) },
    store: { ...defaults.store, resources: resources(store), disk: asBytes(Math.max(store.disk, 2 * GiB)) },
    compactor: {
      ...defaults.compactor,
      resources: resources(compactor),
      volume: asBytes(Math.max(compactor.volume, 10 * GiB)),
    },
  };
};

/** Size of the embedded object store's volume. */
export const embeddedSize = (loads: readonly ClusterLoad[], retention: BucketRetention): string =>
  asBytes(Math.max(loads.reduce((sum, load) => sum + bucketNeeds(load, retention).total, 0) / c.usableVolume, 5 * GiB));
