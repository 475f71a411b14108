// Where blocks are kept, with every default filled in.
import { byName } from '../kit/order';
import { exposedPorts, type ResolvedExpose, resolveExpose } from './exposure';
import { isAmazon, partitionOf, regionOf } from './partitions';
import { type ResolvedReplicate, resolveReplicate } from './replicate';
import type { Fleet } from './schema';

/** A key of an object that exists beside the pods that mount it. */
export interface Reference {
  readonly kind: 'secret' | 'configMap';
  readonly name: string;
  readonly key: string;
}

/** As whom a bucket of S3 is used. */
export type AwsAuth =
  | { readonly type: 'secret'; readonly secret: string; readonly key: string }
  /** `roles` is an ARN with placeholders. */
  | { readonly type: 'irsa' | 'podIdentity'; readonly roles: string };

/** How an object store encrypts blocks. */
export type Encryption =
  | { readonly type: 'SSE-S3' }
  | { readonly type: 'SSE-KMS'; readonly key: string; readonly context?: Readonly<Record<string, string>> }
  | { readonly type: 'SSE-C'; readonly key: Reference };

/** Connections to an object store, as people write them. */
export type Http = NonNullable<WrittenS3['http']>;

/** What people tune when they must, as they write it. */
export type S3Tuning = Pick<
  WrittenS3,
  'storageClass' | 'partSize' | 'multipart' | 'contentMd5' | 'listObjects' | 'dualstack' | 'maxRetries' | 'http'
>;

/** Where a bucket of S3 is. */
export interface S3Place {
  readonly type: 's3';
  readonly bucket: string;
  readonly endpoint: string;
  readonly region?: string;
  readonly prefix?: string;
  readonly insecure: boolean;
  readonly ca?: Reference;
  readonly lookup: 'path' | 'virtual-hosted';
  readonly sse?: Encryption;
  readonly tuning: S3Tuning;
}

export interface ResolvedS3 extends S3Place {
  readonly auth: AwsAuth;
  readonly toleratedOutage: string;
}

export interface ResolvedEmbedded {
  readonly type: 'embedded';
  readonly namespace: string;
  readonly size: string;
  readonly expose?: ResolvedExpose;
  readonly toleratedOutage: string;
}

/** Where a bucket of Google Cloud Storage is. */
export interface GcsPlace {
  readonly type: 'gcs';
  readonly bucket: string;
  readonly prefix?: string;
  readonly tuning: Pick<WrittenGcs, 'chunkSize' | 'maxRetries' | 'http'>;
}

export type GcsAuth =
  | { readonly type: 'secret'; readonly key: Reference }
  /** `provider` has placeholders. */
  | { readonly type: 'workloadIdentity'; readonly provider: string };

export interface ResolvedGcs extends GcsPlace {
  readonly auth: GcsAuth;
  readonly toleratedOutage: string;
}

/** Where a container of Azure Blob Storage is. */
export interface AzurePlace {
  readonly type: 'azure';
  readonly storageAccount: string;
  readonly container: string;
  readonly prefix?: string;
  readonly endpoint: string;
  readonly tuning: Pick<WrittenAzure, 'retries' | 'http'>;
}

export type AzureAuth =
  | { readonly type: 'secret'; readonly key: Reference }
  | {
      readonly type: 'workloadIdentity';
      readonly tenantId: string;
      /** By component. */
      readonly clientIds: Readonly<Record<string, string | undefined>>;
    };

export interface ResolvedAzure extends AzurePlace {
  readonly auth: AzureAuth;
  readonly toleratedOutage: string;
}

/** An object store that is not the fleet's own. */
export type ExternalStore = ResolvedS3 | ResolvedGcs | ResolvedAzure;
export type ResolvedObjectStore = (ResolvedEmbedded | ExternalStore) & {
  /** Absent: there is one copy of each block. */
  readonly replicate?: ResolvedReplicate;
};

type Written = Fleet['objectStore'];
type WrittenS3 = Extract<Written, { type: 's3' }>;
type WrittenGcs = Extract<Written, { type: 'gcs' }>;
type WrittenAzure = Extract<Written, { type: 'azure' }>;

const resolveAuth = (fleet: Fleet, { auth }: WrittenS3): AwsAuth => {
  const roles = `arn:{partition}:iam::{account}:role/${fleet.name}-{kubernetes}-{component}`;
  if (auth.irsa) return { type: 'irsa', roles: auth.irsa.roles ?? roles };
  if (auth.podIdentity) return { type: 'podIdentity', roles: auth.podIdentity.roles ?? roles };
  return { type: 'secret', secret: auth.secret ?? '', key: auth.key ?? 'credentials' };
};

const reference = (
  written: { secret?: string; configMap?: string; key?: string } | undefined,
  key: string,
): Reference | undefined =>
  written && {
    kind: written.secret ? 'secret' : 'configMap',
    name: written.secret ?? written.configMap ?? '',
    key: written.key ?? key,
  };

const resolveSse = (sse: WrittenS3['sse']): Encryption | undefined => {
  if (sse?.type === 'SSE-C') return { type: 'SSE-C', key: { kind: 'secret', name: sse.secret, key: sse.key ?? 'key' } };
  if (sse?.type === 'SSE-KMS') return { ...sse, context: sse.context && Object.fromEntries(byName(sse.context)) };
  return sse;
};

type Located<T> = Omit<T, 'auth' | 'toleratedOutage' | 'replicate'>;

/** Where a bucket of S3 is, as it is written. */
export const s3Place = (store: Located<WrittenS3>): S3Place => {
  const { storageClass, partSize, multipart, contentMd5, listObjects, dualstack, maxRetries, http } = store;
  const endpoint = store.endpoint?.toLowerCase() ?? `s3.${store.region}.${partitionOf(store.region ?? '').domain}`;
  return {
    type: 's3',
    bucket: store.bucket,
    endpoint,
    region: store.region ?? regionOf(endpoint),
    prefix: store.prefix,
    insecure: store.insecure ?? false,
    ca: reference(store.ca, 'ca.crt'),
    // a bucket with dots is no host name that Amazon's certificate covers
    lookup: store.lookup ?? (isAmazon(endpoint) && !store.bucket.includes('.') ? 'virtual-hosted' : 'path'),
    sse: resolveSse(store.sse),
    tuning: { storageClass, partSize, multipart, contentMd5, listObjects, dualstack, maxRetries, http },
  };
};

/** Where a bucket of Google Cloud Storage is, as it is written. */
export const gcsPlace = ({ bucket, prefix, chunkSize, maxRetries, http }: Located<WrittenGcs>): GcsPlace => ({
  type: 'gcs',
  bucket,
  prefix,
  tuning: { chunkSize, maxRetries, http },
});

const gcsAuth = (auth: WrittenGcs['auth']): GcsAuth =>
  auth.workloadIdentity
    ? { type: 'workloadIdentity', ...auth.workloadIdentity }
    : { type: 'secret', key: { kind: 'secret', name: auth.secret ?? '', key: auth.key ?? 'key.json' } };

/** Where a container of Azure Blob Storage is, as it is written. */
export const azurePlace = (store: Located<WrittenAzure>): AzurePlace => {
  const { storageAccount, container, prefix, endpoint = 'blob.core.windows.net', retries, http } = store;
  return { type: 'azure', storageAccount, container, prefix, endpoint, tuning: { retries, http } };
};

/** A key of a storage account. */
export const azureKey = ({ secret, key }: { secret?: string; key?: string }): AzureAuth => ({
  type: 'secret',
  key: { kind: 'secret', name: secret ?? '', key: key ?? 'storage-account-key' },
});

const resolveStore = (fleet: Fleet, store: Exclude<Written, { type: 'embedded' }>, toleratedOutage: string): ExternalStore => {
  if (store.type === 's3') return { ...s3Place(store), auth: resolveAuth(fleet, store), toleratedOutage };
  if (store.type === 'gcs') return { ...gcsPlace(store), auth: gcsAuth(store.auth), toleratedOutage };
  const { workloadIdentity } = store.auth;
  const auth: AzureAuth = workloadIdentity ? { type: 'workloadIdentity', ...workloadIdentity } : azureKey(store.auth);
  return { ...azurePlace(store), auth, toleratedOutage };
};

/** @param size of the embedded store's volume where the fleet file does not say it */
export const resolveObjectStore = (fleet: Fleet, size: string): ResolvedObjectStore => {
  const store = fleet.objectStore;
  const toleratedOutage = store.toleratedOutage ?? '24h';
  const replicate = resolveReplicate(fleet);
  if (store.type !== 'embedded') return { ...resolveStore(fleet, store, toleratedOutage), replicate };
  return {
    type: 'embedded',
    namespace: `${fleet.name}-object-store`,
    size: store.size ?? size,
    expose: resolveExpose(store.expose, 1, exposedPorts.objectStore),
    toleratedOutage,
    replicate,
  };
};
