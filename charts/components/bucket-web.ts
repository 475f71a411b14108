// Thanos bucket web: what the bucket holds, as a picture. Read only.
import type { Construct } from 'constructs';
import type { BucketClient } from '../config/objstore';
import { clusterLabel, type ResolvedFleet } from '../fleet/resolve';
import { deployment, resources, service } from '../kit/kubernetes';
import type { Edges } from '../kit/wiring';
import { http, type Place, type ThanosWorkload, thanosPod, thanosWorkload, withHttp } from './thanos';

export const declareBucketWeb = (edges: Edges, place: Place): ThanosWorkload =>
  withHttp(edges, thanosWorkload(place, 'thanos-bucket-web', 'bucket-web'));

export const renderBucketWeb = (
  scope: Construct,
  bucketWeb: ThanosWorkload,
  fleet: ResolvedFleet,
  options: { bucket: BucketClient },
): void => {
  const { workload } = bucketWeb;
  service(scope, workload, [http]);
  deployment(
    scope,
    workload,
    thanosPod(workload, {
      command: ['tools', 'bucket', 'web'],
      bucket: options.bucket,
      args: [`--label=${clusterLabel}`, '--refresh=5m', '--disable-admin-operations'],
      resources: resources(fleet.observer.bucketWeb.resources),
    }),
  );
};
