// Where blocks are kept, with every default filled in.

import { exposedPorts, type ResolvedExpose, resolveExpose } from './exposure';
import { byName } from './order';
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

export interface ResolvedS3 {
  readonly type: 's3';
  readonly bucket: string;
  readonly endpoint: string;
  readonly region?: string;
  readonly prefix?: string;
  readonly auth: AwsAuth;
  readonly insecure: boolean;
  readonly ca?: Reference;
  readonly lookup: 'path' | 'virtual-hosted';
  readonly sse?: Encryption;
  readonly tuning: S3Tuning;
  readonly toleratedOutage: string;
}

export interface ResolvedEmbedded {
  readonly type: 'embedded';
  readonly namespace: string;
  readonly size: string;
  readonly expose?: ResolvedExpose;
  readonly toleratedOutage: string;
}

export interface ResolvedGcs {
  readonly type: 'gcs';
  readonly bucket: string;
  readonly prefix?: string;
  readonly auth:
    | { readonly type: 'secret'; readonly key: Reference }
    /** `provider` has placeholders. */
    | { readonly type: 'workloadIdentity'; readonly provider: string };
  readonly tuning: Pick<WrittenGcs, 'chunkSize' | 'maxRetries' | 'http'>;
  readonly toleratedOutage: string;
}

export interface ResolvedAzure {
  readonly type: 'azure';
  readonly storageAccount: string;
  readonly container: string;
  readonly prefix?: string;
  readonly endpoint: string;
  readonly auth:
    | { readonly type: 'secret'; readonly key: Reference }
    | {
        readonly type: 'workloadIdentity';
        readonly tenantId: string;
        /** By component. */
        readonly clientIds: Readonly<Record<string, string>>;
      };
  readonly tuning: Pick<WrittenAzure, 'retries' | 'http'>;
  readonly toleratedOutage: string;
}

/** An object store that is not the fleet's own. */
export type ExternalStore = ResolvedS3 | ResolvedGcs | ResolvedAzure;
export type ResolvedObjectStore = ResolvedEmbedded | ExternalStore;

type Written = Fleet['objectStore'];
type WrittenS3 = Extract<Written, { type: 's3' }>;
type WrittenGcs = Extract<Written, { type: 'gcs' }>;
type WrittenAzure = Extract<Written, { type: 'azure' }>;

/** Amazon's partitions have domains of their own. */
export const awsDomain = (region: string): string => (region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com');

/** Whether an endpoint is Amazon's own, where IAM decides who may use a bucket. */
export const isAmazon = (endpoint: string): boolean => /(^|\.)amazonaws\.com(\.cn)?(:\d+)?$/.test(endpoint);

/** The region that an endpoint of Amazon's names: s3.eu-west-1.amazonaws.com, or that of a VPC. */
export const regionOf = (endpoint: string): string | undefined =>
  isAmazon(endpoint) ? /(?:^|\.)s3[.-](?:dualstack\.|fips\.)?([a-z]{2}(?:-[a-z]+)+-\d)\./.exec(endpoint)?.[1] : undefined;

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

const resolveS3 = (fleet: Fleet, store: WrittenS3, toleratedOutage: string): ResolvedS3 => {
  const { storageClass, partSize, multipart, contentMd5, listObjects, dualstack, maxRetries, http } = store;
  const endpoint = store.endpoint ?? `s3.${store.region}.${awsDomain(store.region ?? '')}`;
  return {
    type: 's3',
    bucket: store.bucket,
    endpoint,
    region: store.region ?? regionOf(endpoint),
    prefix: store.prefix,
    auth: resolveAuth(fleet, store),
    insecure: store.insecure ?? false,
    ca: reference(store.ca, 'ca.crt'),
    // a bucket with dots is no host name that Amazon's certificate covers
    lookup: store.lookup ?? (isAmazon(endpoint) && !store.bucket.includes('.') ? 'virtual-hosted' : 'path'),
    sse: resolveSse(store.sse),
    tuning: { storageClass, partSize, multipart, contentMd5, listObjects, dualstack, maxRetries, http },
    toleratedOutage,
  };
};

const resolveGcs = ({ bucket, prefix, auth, chunkSize, maxRetries, http }: WrittenGcs, toleratedOutage: string): ResolvedGcs => ({
  type: 'gcs',
  bucket,
  prefix,
  auth: auth.workloadIdentity
    ? { type: 'workloadIdentity', ...auth.workloadIdentity }
    : { type: 'secret', key: { kind: 'secret', name: auth.secret ?? '', key: auth.key ?? 'key.json' } },
  tuning: { chunkSize, maxRetries, http },
  toleratedOutage,
});

const resolveAzure = (store: WrittenAzure, toleratedOutage: string): ResolvedAzure => {
  const { storageAccount, container, prefix, endpoint = 'blob.core.windows.net', auth, retries, http } = store;
  return {
    type: 'azure',
    storageAccount,
    container,
    prefix,
    endpoint,
    auth: auth.workloadIdentity
      ? { type: 'workloadIdentity', ...auth.workloadIdentity }
      : { type: 'secret', key: { kind: 'secret', name: auth.secret ?? '', key: auth.key ?? 'storage-account-key' } },
    tuning: { retries, http },
    toleratedOutage,
  };
};

/** @param size of the embedded store's volume where the fleet file does not say it */
export const resolveObjectStore = (fleet: Fleet, size: string): ResolvedObjectStore => {
  const store = fleet.objectStore;
  const toleratedOutage = store.toleratedOutage ?? '24h';
  if (store.type === 's3') return resolveS3(fleet, store, toleratedOutage);
  if (store.type === 'gcs') return resolveGcs(store, toleratedOutage);
  if (store.type === 'azure') return resolveAzure(store, toleratedOutage);
  return {
    type: 'embedded',
    namespace: `${fleet.name}-object-store`,
    size: store.size ?? size,
    expose: resolveExpose(store.expose, 1, exposedPorts.objectStore),
    toleratedOutage,
  };
};
