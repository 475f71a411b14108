// Thanos Store Gateway: answers for the blocks in the bucket.
import type { Construct } from 'constructs';
import { cachingBucket, indexCache } from '../config/caches';
import type { BucketClient } from '../config/objstore';
import {
  configMapVolume,
  container,
  containerPorts,
  deployment,
  emptyDir,
  hashedConfigMap,
  readOnly,
  resources,
  restricted,
  service,
  startupProbe,
  yaml,
} from '../kit/kubernetes';
import { seconds } from '../kit/units';
import type { Edges } from '../kit/wiring';
import { deleteDelay } from './compactor';
import {
  grpc,
  grpcArgs,
  http,
  httpArgs,
  memoryArgs,
  type Place,
  type StoreApi,
  terminationGracePeriodSeconds,
  thanosProbes,
  thanosWorkload,
  uid,
  withStoreApi,
} from './thanos';

export const declareStore = (edges: Edges, place: Place): StoreApi =>
  withStoreApi(edges, thanosWorkload(place, 'thanos-store', 'store'));

const directory = '/etc/thanos/store';

export const renderStore = (scope: Construct, store: StoreApi, options: { bucket: BucketClient }): void => {
  const { workload } = store;
  const { bucket } = options;
  const config = hashedConfigMap(scope, workload, 'thanos-store', {
    'index-cache.yaml': yaml(indexCache('64MB', '16MB')),
    'caching-bucket.yaml': yaml(cachingBucket('64MB', '16MB')),
  });
  service(scope, workload, [http, grpc], { headless: true });
  deployment(scope, workload, {
    annotations: bucket.annotations,
    spec: {
      ...restricted(uid),
      terminationGracePeriodSeconds,
      containers: [
        container(workload.name, workload.image, {
          args: [
            'store',
            ...httpArgs(),
            ...grpcArgs(),
            ...memoryArgs,
            '--data-dir=/data',
            ...bucket.args,
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
          env: bucket.env,
          ports: containerPorts(http, grpc),
          startupProbe: startupProbe(http),
          ...thanosProbes(),
          resources: resources('50m', '128Mi', '640Mi'),
          volumeMounts: [{ name: 'data', mountPath: '/data' }, readOnly('config', directory), ...bucket.volumeMounts],
        }),
      ],
      volumes: [emptyDir('data', '2Gi'), configMapVolume('config', config), ...bucket.volumes], // a cache: index headers are made again
    },
  });
};
