// Thanos' replicator: copies what the bucket has and a second one lacks, every minute, and never deletes. Blocks are the same
// under the same names, so one that is cut off, or runs twice for a moment, does no harm.
import type { Construct } from 'constructs';
import type { BucketClient } from '../config/objstore';
import type { ResolvedReplicate } from '../fleet/replicate';
import { deployment, resources, service } from '../kit/kubernetes';
import type { Edges } from '../kit/wiring';
import { http, type Place, type ThanosWorkload, thanosPod, thanosWorkload, withHttp } from './thanos';

export const declareReplicate = (edges: Edges, place: Place): ThanosWorkload =>
  withHttp(edges, thanosWorkload(place, 'thanos-replicate', 'replicate'));

/** Above any that there is: blocks of higher levels than 4, its default, would be left out without a word. */
const everyLevel = 99;

/** @param options.buckets both of them */
export const renderReplicate = (
  scope: Construct,
  { workload }: ThanosWorkload,
  replicate: ResolvedReplicate,
  options: { buckets: BucketClient },
): void => {
  service(scope, workload, [http]);
  deployment(
    scope,
    workload,
    thanosPod(workload, {
      command: ['tools', 'bucket', 'replicate'],
      bucket: options.buckets,
      args: [
        `--compaction-max=${everyLevel}`,
        '--ignore-marked-for-deletion', // they may be gone halfway, which ends the whole round
        '--log.level=warn', // it says of every block in every round that it looks at it
      ],
      resources: resources(replicate.resources),
    }),
  );
};
