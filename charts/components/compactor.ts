// Thanos Compactor: compacts, downsamples and deletes. One per bucket, always: two at once corrupt it.
import type { Construct } from 'constructs';
import type { BucketClient } from '../config/objstore';
import type { ResolvedFleet } from '../fleet/resolve';
import { deployment, emptyDir, resources, service } from '../kit/kubernetes';
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
  options: { bucket: BucketClient },
): void => {
  const { workload } = compactor;
  service(scope, workload, [http]);
  deployment(
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
        '--disable-admin-operations',
      ],
      resources: resources('50m', '128Mi', '1Gi'),
      volumes: [emptyDir('data', '10Gi')], // scratch: a compaction that is cut off starts again
    }),
    { recreate: true },
  );
};
