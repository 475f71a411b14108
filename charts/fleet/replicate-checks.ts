// What the schema cannot say about the second bucket: that it is another one, and that one process can use both.
import type { ResolvedObjectStore } from './object-stores';
import { isAmazon, partitionOf } from './partitions';
import type { Replica } from './replicate';
import { type Check, type Path, refuseIf } from './violations';

const path: Path = ['objectStore', 'replicate', 'to'];

/** A server is the same with and without the port that it has anyway. */
const server = ({ endpoint, insecure }: { endpoint: string; insecure: boolean }): string =>
  endpoint.replace(insecure ? /:80$/ : /:443$/, '');

interface Place {
  readonly endpoint: string;
  readonly region?: string;
}

/** Whether both are in one partition of Amazon, where names of buckets are unique and the same roles are known. */
const samePartition = (from: Place, to: Place): boolean =>
  isAmazon(from.endpoint) && isAmazon(to.endpoint) && partitionOf(from.region ?? '') === partitionOf(to.region ?? '');

const sameBucket = (from: ResolvedObjectStore, to: Replica): boolean => {
  if (from.type === 's3' && to.type === 's3')
    return from.bucket === to.bucket && (samePartition(from, to) || server(from) === server(to));
  if (from.type === 'gcs' && to.type === 'gcs') return from.bucket === to.bucket;
  if (from.type !== 'azure' || to.type !== 'azure') return false;
  return from.container === to.container && from.storageAccount === to.storageAccount && from.endpoint === to.endpoint;
};

const another: Check = (_fleet, { objectStore: from }) =>
  refuseIf(from.replicate !== undefined && sameBucket(from, from.replicate.to), {
    code: 'replica-in-same-bucket',
    path,
    problem: 'the second bucket is the first one',
    consequence: 'there would be no second copy: what deletes or loses the bucket takes both.',
    remedy: 'another bucket, best in another region and account.',
  });

/** Why nobody could use the second bucket as the first one is used; undefined when somebody can. */
const cannotShare = (from: ResolvedObjectStore, to: Replica): string | undefined => {
  if (from.type === 'embedded') return "the embedded object store's credentials are known nowhere else";
  if (from.type === 's3' && to.type === 's3' && from.auth.type !== 'secret' && !isAmazon(to.endpoint))
    return `${to.endpoint} is not Amazon S3, and knows nothing of roles`;
  if (from.type === 's3' && to.type === 's3' && from.auth.type !== 'secret' && !samePartition(from, to))
    return `${to.region} is in another partition of Amazon, and knows nothing of the roles`;
  if (from.type === 'azure' && to.type === 'azure' && from.auth.type === 'secret' && from.storageAccount !== to.storageAccount)
    return `the key of ${from.storageAccount} opens no container of ${to.storageAccount}`;
  return undefined;
};

const keys = {
  s3: "auth: {secret: …}, a Secret in the observer's namespace with the keys accessKey and secretKey.",
  azure: "auth: {secret: …}, a Secret in the observer's namespace with a key of the storage account.",
} as const;

const identity: Check = (_fleet, { objectStore: from }) => {
  const to = from.replicate?.to;
  if (!to) return [];
  const why = cannotShare(from, to);
  const own = to.type === 'gcs' ? undefined : to.auth;
  return [
    ...refuseIf(own === undefined && why !== undefined, {
      code: 'replica-for-nobody',
      path,
      problem: `nothing says as whom the second bucket is used: ${why}`,
      consequence: 'no block could be copied.',
      remedy: keys[to.type === 'azure' ? 'azure' : 's3'],
    }),
    ...refuseIf(from.type === 'azure' && from.auth.type === 'workloadIdentity' && from.auth.clientIds.replicate === undefined, {
      code: 'replica-for-nobody',
      path: ['objectStore', 'auth', 'workloadIdentity', 'clientIds'],
      problem: 'the replicator has no managed identity',
      consequence: 'it could not read the first bucket.',
      remedy: 'replicate: and the client id of its managed identity.',
    }),
  ];
};

export const replicateChecks: readonly Check[] = [another, identity];
