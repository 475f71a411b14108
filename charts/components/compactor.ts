// Thanos Compactor: compacts, downsamples and deletes. One per bucket, always: two at once corrupt it. Only a StatefulSet
// promises that: a Deployment starts another pod when a node falls silent, whether the first one still works there or not.
import type { Construct } from 'constructs';
import type { BucketClient } from '../config/objstore';
import type { ResolvedFleet, ResolvedKubernetes } from '../fleet/resolve';
import { resources, service, statefulSet } from '../kit/kubernetes';
import type { Edges } from '../kit/wiring';
import { http, type Place, type ThanosWorkload, thanosPod, thanosWorkload, withHttp } from './thanos';

/** From the mark to the deletion of a block; the store gateway stops using it after half of it. */
export const deleteDelay = '48h';

export const declareCompactor = (edges: Edges, place: Place): ThanosWorkload =>
  withHttp(edges, thanosWorkload(place, 'thanos-compact', 'compact'));

export const renderCompactor = (
  scope: Construct,
  compactor: ThanosWorkload,
  fleet: ResolvedFleet,
  kubernetes: ResolvedKubernetes,
  options: { bucket: BucketClient },
): void => {
  const { workload } = compactor;
  const { concurrency } = fleet.observer.compactor;
  service(scope, workload, [http]);
  statefulSet(
    scope,
    workload,
    thanosPod(workload, {
      command: ['compact', '--wait'],
      data: true,
      bucket: options.bucket,
      args: [
        `--retention.resolution-raw=${fleet.retention.raw}`,
        `--retention.resolution-5m=${fleet.retention['5m']}`,
        `--retention.resolution-1h=${fleet.retention['1h']}`,
        `--delete-delay=${deleteDelay}`,
        ...(concurrency > 1 ? [`--compact.concurrency=${concurrency}`, `--downsample.concurrency=${concurrency}`] : []),
        '--disable-admin-operations',
      ],
      resources: resources(fleet.observer.compactor.resources),
    }),
    [{ name: 'data', size: fleet.observer.compactor.volume, storageClass: kubernetes.storageClass }], // scratch: a compaction that is cut off starts again
  );
};
