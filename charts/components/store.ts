// Thanos Store Gateway: answers for the blocks in the bucket.
import type { Construct } from 'constructs';
import { cachingBucket, indexCache, type Keeper, mebibytes } from '../config/caches';
import type { BucketClient } from '../config/objstore';
import { selector, timeArgs } from '../config/shards';
import type { ResolvedFleet } from '../fleet/resolve';
import { type Shard, shards } from '../fleet/shards';
import {
  configMapVolume,
  deployment,
  emptyDir,
  hashedConfigMap,
  memoryLimit,
  readOnly,
  resources,
  service,
  yaml,
} from '../kit/kubernetes';
import { bytes, seconds } from '../kit/units';
import type { Edges } from '../kit/wiring';
import { deleteDelay } from './compactor';
import { drains, grpc, http, type Place, type StoreApi, thanosPod, thanosWorkload, withStoreApi } from './thanos';

/** A group of store gateways that serve the same blocks. */
export interface Store extends StoreApi {
  readonly shard: Shard;
}

const program = 'thanos-store';

/** One workload for each shard of the bucket. */
export const declareStores = (edges: Edges, place: Place, store: ResolvedFleet['observer']['store']): Store[] =>
  shards(store).map((shard) => ({
    ...withStoreApi(edges, { ...thanosWorkload(place, shard.name, 'store', store), program }),
    shard,
  }));

const directory = '/etc/thanos/store';

/**
 * Shares of a store gateway's memory, 60% in all, where nobody else keeps its caches. The rest is for what Thanos does not
 * count: answers that are being sent, index headers that are being read, and Go's garbage.
 */
const memoryShares = { chunkPool: 0.3, indexCache: 0.15, bucketCache: 0.15 } as const;

/**
 * What one request may read. A query makes up to four at once (`--query.max-concurrent-select`), which together fit into the
 * memory that is not spoken for; a series is reckoned as 1 KiB beside its bytes.
 */
const requestLimits = (memory: number, limits: ResolvedFleet['observer']['store']['limits']): string[] => [
  `--store.limits.request-series=${limits.series ?? Math.floor(memory / 10 / 1024)}`,
  ...(limits.samples ? [`--store.limits.request-samples=${limits.samples}`] : []),
  `--store.grpc.downloaded-bytes-limit=${mebibytes(limits.bytes ? bytes(limits.bytes) : memory / 10)}`,
];

export const renderStore = (
  scope: Construct,
  store: Store,
  fleet: ResolvedFleet,
  options: { bucket: BucketClient; cache?: Keeper },
): void => {
  const { workload, shard } = store;
  const settings = fleet.observer.store;
  const memory = memoryLimit(settings.resources);
  const blocks = selector(shard);
  const config = hashedConfigMap(scope, workload, workload.name, {
    ...(blocks ? { 'selector.yaml': yaml(blocks) } : {}),
    'index-cache.yaml': yaml(indexCache(options.cache ?? { bytes: memory * memoryShares.indexCache })),
    'caching-bucket.yaml': yaml(cachingBucket(options.cache ?? { bytes: memory * memoryShares.bucketCache })),
  });
  service(scope, workload, [http, grpc], { headless: true });
  deployment(
    scope,
    workload,
    thanosPod(workload, {
      command: ['store'],
      drains: drains.lookup,
      grpc: true,
      slowStart: true,
      data: true,
      bucket: options.bucket,
      args: [
        ...timeArgs(shard),
        ...(blocks ? [`--selector.relabel-config-file=${directory}/selector.yaml`] : []),
        `--index-cache.config-file=${directory}/index-cache.yaml`,
        `--store.caching-bucket.config-file=${directory}/caching-bucket.yaml`,
        `--chunk-pool-size=${mebibytes(memory * memoryShares.chunkPool)}`,
        '--store.grpc.series-max-concurrency=20',
        ...requestLimits(memory, settings.limits),
        '--store.enable-index-header-lazy-reader',
        '--store.index-header-lazy-download-strategy=lazy',
        '--sync-block-duration=3m',
        `--ignore-deletion-marks-delay=${seconds(deleteDelay) / 2}s`, // a deleted block leaves the store before it leaves the bucket
        '--disable-admin-operations',
      ],
      resources: resources(settings.resources),
      volumeMounts: [readOnly('config', directory)],
      volumes: [emptyDir('data', settings.disk), configMapVolume('config', config)], // a cache: index headers are made again
    }),
  );
};
