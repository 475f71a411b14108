// Thanos Store Gateway: answers for the blocks in the bucket.
import type { Construct } from 'constructs';
import { cachingBucket, indexCache } from '../config/caches';
import type { BucketClient } from '../config/objstore';
import type { ResolvedFleet } from '../fleet/resolve';
import { configMapVolume, deployment, emptyDir, hashedConfigMap, readOnly, resources, service, yaml } from '../kit/kubernetes';
import { seconds } from '../kit/units';
import type { Edges } from '../kit/wiring';
import { deleteDelay } from './compactor';
import { grpc, http, type Place, type StoreApi, thanosPod, thanosWorkload, withStoreApi } from './thanos';

export const declareStore = (edges: Edges, place: Place): StoreApi =>
  withStoreApi(edges, thanosWorkload(place, 'thanos-store', 'store'));

const directory = '/etc/thanos/store';

export const renderStore = (scope: Construct, store: StoreApi, fleet: ResolvedFleet, options: { bucket: BucketClient }): void => {
  const { workload } = store;
  const config = hashedConfigMap(scope, workload, 'thanos-store', {
    'index-cache.yaml': yaml(indexCache('64MB', '16MB')),
    'caching-bucket.yaml': yaml(cachingBucket('64MB', '16MB')),
  });
  service(scope, workload, [http, grpc], { headless: true });
  deployment(
    scope,
    workload,
    thanosPod(workload, {
      command: ['store'],
      grpc: true,
      slowStart: true,
      data: true,
      bucket: options.bucket,
      args: [
        `--index-cache.config-file=${directory}/index-cache.yaml`,
        `--store.caching-bucket.config-file=${directory}/caching-bucket.yaml`,
        '--chunk-pool-size=128MB',
        '--store.grpc.series-max-concurrency=20',
        '--store.enable-index-header-lazy-reader',
        '--store.index-header-lazy-download-strategy=lazy',
        '--sync-block-duration=3m',
        `--ignore-deletion-marks-delay=${seconds(deleteDelay) / 2}s`, // a deleted block leaves the store before it leaves the bucket
        '--disable-admin-operations',
      ],
      resources: resources(fleet.observer.store.resources),
      volumeMounts: [readOnly('config', directory)],
      volumes: [emptyDir('data', fleet.observer.store.disk), configMapVolume('config', config)], // a cache: index headers are made again
    }),
  );
};
