// A second bucket that blocks are copied to, with every default filled in.
import type { Resources } from '../kit/kubernetes';
import { resolveResources } from './availability';
import {
  type AzureAuth,
  type AzurePlace,
  azureKey,
  azurePlace,
  type GcsPlace,
  gcsPlace,
  type S3Place,
  s3Place,
} from './object-stores';
import type { Fleet } from './schema';

/** Without auth, each is used as the fleet's own bucket is. */
export interface S3Replica extends S3Place {
  readonly auth?: { readonly secret: string };
}

export type Replica = S3Replica | GcsPlace | (AzurePlace & { readonly auth?: AzureAuth });

export interface ResolvedReplicate {
  readonly to: Replica;
  readonly resources: Resources;
}

/** Parts of an object are in memory while they are copied: four of 64 MiB, as a rule. */
const defaults: Resources = { cpu: '50m', memory: '512Mi' };

type Written = NonNullable<Fleet['objectStore']['replicate']>;

const resolveReplica = ({ to }: Written): Replica => {
  if (to.type === 's3') return { ...s3Place(to), auth: to.auth };
  if (to.type === 'gcs') return gcsPlace(to);
  return { ...azurePlace(to), auth: to.auth && azureKey(to.auth) };
};

/** Absent: there is one copy of each block. */
export const resolveReplicate = (fleet: Fleet): ResolvedReplicate | undefined => {
  const written = fleet.objectStore.replicate;
  return (
    written && {
      to: resolveReplica(written),
      resources: resolveResources(written.resources, defaults),
    }
  );
};
