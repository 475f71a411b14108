// Thanos Compactor: compacts, downsamples and deletes. One per bucket, always: two at once corrupt it.
import type { Construct } from 'constructs';
import type { BucketClient } from '../config/objstore';
import type { ResolvedFleet } from '../fleet/resolve';
import { container, containerPorts, deployment, emptyDir, resources, restricted, service } from '../kit/kubernetes';
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

/** From the mark to the deletion of a block; the store gateway stops using it after half of it. */
export const deleteDelay = '48h';

export const declareCompactor = (edges: Edges, place: Place): ThanosWorkload =>
  withHttp(edges, thanosWorkload(place, 'thanos-compact', 'compact'));

export const renderCompactor = (
  scope: Construct,
  compactor: ThanosWorkload,
  fleet: ResolvedFleet,
  options: { bucket: BucketClient },
): void => {
  const { workload } = compactor;
  const { bucket } = options;
  service(scope, workload, [http]);
  deployment(
    scope,
    workload,
    {
      annotations: bucket.annotations,
      spec: {
        ...restricted(uid),
        terminationGracePeriodSeconds,
        containers: [
          container(workload.name, workload.image, {
            args: [
              'compact',
              '--wait',
              ...httpArgs(),
              ...memoryArgs,
              '--data-dir=/data',
              ...bucket.args,
              `--retention.resolution-raw=${fleet.retention.raw}`,
              `--retention.resolution-5m=${fleet.retention['5m']}`,
              `--retention.resolution-1h=${fleet.retention['1h']}`,
              `--delete-delay=${deleteDelay}`,
              '--disable-admin-operations',
            ],
            env: bucket.env,
            ports: containerPorts(http),
            ...thanosProbes(),
            resources: resources('50m', '128Mi', '1Gi'),
            volumeMounts: [{ name: 'data', mountPath: '/data' }, ...bucket.volumeMounts],
          }),
        ],
        volumes: [emptyDir('data', '10Gi'), ...bucket.volumes], // scratch: a compaction that is cut off starts again
      },
    },
    { recreate: true },
  );
};
