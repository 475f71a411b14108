// A bucket of Amazon S3, or of a server that speaks its protocol (thanos docs/storage.md).
import type { AwsAuth, Encryption, ResolvedS3, S3Place, S3Tuning } from '../../fleet/object-stores';
import { partitionOf } from '../../fleet/partitions';
import type { S3Replica } from '../../fleet/replicate';
import type { ResolvedKubernetes } from '../../fleet/resolve';
import { bytes } from '../../kit/units';
import { type Edges, partOfInternet, type Workload } from '../../kit/wiring';
import { awsIdentity } from './aws';
import { certificateVolumeOf, httpConfig, type MountedFile, pathOf, type Slot, type StoreClient, unlessEmpty } from './client';

const encryption = (sse: Encryption, key: MountedFile | undefined): object => {
  if (sse.type === 'SSE-KMS') return { type: sse.type, kms_key_id: sse.key, kms_encryption_context: sse.context };
  return key ? { type: sse.type, encryption_key: pathOf(key) } : { type: sse.type };
};

const tuned = (t: S3Tuning): object => ({
  put_user_metadata: t.storageClass && { 'X-Amz-Storage-Class': t.storageClass },
  part_size: t.partSize && bytes(t.partSize),
  disable_multipart: t.multipart === false ? true : undefined,
  send_content_md5: t.contentMd5,
  list_objects_version: t.listObjects,
  disable_dualstack: t.dualstack === false ? true : undefined,
  max_retries: t.maxRetries,
});

/** @param identity what the program reads of its identity, where it cannot find it by itself */
const s3Bucket = (store: S3Place, slot: Slot, client: Workload, edges: Edges, identity: object = {}) => {
  const port = Number(store.endpoint.split(':')[1] ?? (store.insecure ? 80 : 443));
  edges.allow(client, partOfInternet('object store'), { name: 's3', number: port });
  const ca: MountedFile | undefined = store.ca && { volume: certificateVolumeOf(slot), from: store.ca, file: 'ca.crt' };
  const key: MountedFile | undefined =
    store.sse?.type === 'SSE-C' ? { volume: `${slot}-sse`, from: store.sse.key, file: 'key' } : undefined;
  return {
    files: [...(ca ? [ca] : []), ...(key ? [key] : [])],
    config: {
      type: 'S3',
      prefix: store.prefix,
      config: {
        bucket: store.bucket,
        endpoint: store.endpoint,
        region: store.region,
        bucket_lookup_type: store.lookup,
        insecure: store.insecure || undefined,
        ...identity,
        ...tuned(store.tuning),
        sse_config: store.sse && encryption(store.sse, key),
        http_config: unlessEmpty({ ...httpConfig(store.tuning.http), tls_config: ca && { ca_file: pathOf(ca) } }),
      },
    },
  };
};

/**
 * Where a role of IRSA is taken on. Thanos' client knows it by the region's name, but only in the domains of `aws` and `aws-cn`
 * (minio-go, pkg/credentials/iam_aws.go).
 */
const stsOf = (auth: AwsAuth, { aws }: ResolvedKubernetes): object => {
  const domain = partitionOf(aws?.region ?? '').domain;
  return auth.type !== 'irsa' || domain.startsWith('amazonaws.com')
    ? {}
    : { sts_endpoint: `https://sts.${aws?.region}.${domain}` };
};

export const s3Client = (store: ResolvedS3, client: Workload, kubernetes: ResolvedKubernetes, edges: Edges): StoreClient => {
  const { config, files } = s3Bucket(store, 'objstore', client, edges, stsOf(store.auth, kubernetes));
  const identity = awsIdentity(store.auth, client, kubernetes, edges);
  return { ...identity, config, files: [...(identity.files ?? []), ...files] };
};

const variables = { accessKey: 'REPLICA_ACCESS_KEY', secretKey: 'REPLICA_SECRET_KEY' } as const;

/**
 * The bucket that another is replicated to. Its own keys are variables: a process reads one credentials file, and that is the
 * other's.
 */
export const s3ReplicaClient = (store: S3Replica, client: Workload, edges: Edges): StoreClient => {
  const { auth } = store;
  if (!auth) return s3Bucket(store, 'replica', client, edges);
  const own = Object.entries(variables);
  return {
    ...s3Bucket(store, 'replica', client, edges, {
      access_key: `$(${variables.accessKey})`,
      secret_key: `$(${variables.secretKey})`,
    }),
    env: own.map(([key, name]) => ({ name, valueFrom: { secretKeyRef: { name: auth.secret, key } } })),
  };
};
