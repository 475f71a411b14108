// Thanos bucket web: what the bucket holds, as a picture. Read only.
import type { Construct } from 'constructs';
import type { BucketClient } from '../config/objstore';
import { clusterLabel } from '../fleet/resolve';
import { container, containerPorts, deployment, resources, restricted, service } from '../kit/kubernetes';
import type { Edges } from '../kit/wiring';
import {
  http,
  httpArgs,
  memoryArgs,
  type Place,
  type ThanosWorkload,
  terminationGracePeriodSeconds,
  thanosProbes,
  thanosWorkload,
  uid,
  withHttp,
} from './thanos';

export const declareBucketWeb = (edges: Edges, place: Place): ThanosWorkload =>
  withHttp(edges, thanosWorkload(place, 'thanos-bucket-web', 'bucket-web'));

export const renderBucketWeb = (scope: Construct, bucketWeb: ThanosWorkload, options: { bucket: BucketClient }): void => {
  const { workload } = bucketWeb;
  const { bucket } = options;
  service(scope, workload, [http]);
  deployment(scope, workload, {
    annotations: bucket.annotations,
    spec: {
      ...restricted(uid),
      terminationGracePeriodSeconds,
      containers: [
        container(workload.name, workload.image, {
          args: [
            'tools',
            'bucket',
            'web',
            ...httpArgs(),
            ...memoryArgs,
            ...bucket.args,
            `--label=${clusterLabel}`,
            '--refresh=5m',
            '--disable-admin-operations',
          ],
          env: bucket.env,
          ports: containerPorts(http),
          ...thanosProbes(),
          resources: resources('10m', '48Mi', '256Mi'),
          volumeMounts: bucket.volumeMounts,
        }),
      ],
      volumes: bucket.volumes,
    },
  });
};
