// The bucket: one description for every component that reads or writes it.
import type { Construct } from 'constructs';
import type { ExternalStore } from '../fleet/object-stores';
import type { Replica } from '../fleet/replicate';
import type { ResolvedKubernetes } from '../fleet/resolve';
import {
  configMapVolume,
  hash,
  hashedConfigMap,
  k8s,
  metadata,
  type Named,
  type PodOptions,
  readOnly,
  yaml,
} from '../kit/kubernetes';
import type { Secrets } from '../kit/secrets';
import type { Edges, Endpoint, Workload } from '../kit/wiring';
import type { Certificate } from './certificates';
import { azureClient } from './object-stores/azure';
import {
  certificateVolume,
  configDirectory,
  configPath,
  directoryOf,
  type Grants,
  type MountedFile,
  pathOf,
  type Slot,
  type StoreClient,
  tokenDirectory,
} from './object-stores/client';
import { gcsClient } from './object-stores/gcs';
import { s3Client, s3ReplicaClient } from './object-stores/s3';

/** The embedded store's only bucket and its demo credentials; kind only, reachable from the fleet's namespaces only. */
export const embedded = {
  bucket: 'thanos',
  accessKey: 'thanos-demo',
  secretKey: 'thanos-demo-secret',
  secret: 'objstore-credentials',
  /** Accounts of clusters in other Kubernetes clusters. */
  accounts: { secret: 'objstore-accounts', file: 'users.json' },
} as const;

interface Account {
  readonly accessKey: string;
  readonly secretKey: string;
}

/** The account of a cluster in another Kubernetes cluster: its own, so that it can be closed without the others. */
export const accountOf = (cluster: string): Account => ({
  accessKey: `${embedded.accessKey}-${cluster}`,
  secretKey: `${embedded.secretKey}-${cluster}`,
});

/** Where blocks are kept, with the endpoint to ask for it. */
export type Bucket =
  | { readonly type: 'embedded'; readonly s3: Endpoint }
  | {
      readonly type: 'external';
      readonly store: ExternalStore;
      readonly kubernetes: readonly ResolvedKubernetes[];
      readonly edges: Edges;
      readonly secrets: Secrets;
      readonly grants: Grants;
    };

/** What a pod needs to use the bucket. */
export interface BucketClient {
  readonly args: string[];
  readonly volumes: k8s.Volume[];
  readonly volumeMounts: k8s.VolumeMount[];
  readonly env: k8s.EnvVar[];
  readonly pod: Omit<PodOptions, 'spec'>;
}

const credentialsFile = ({ accessKey, secretKey }: Account): string =>
  `[default]\naws_access_key_id = ${accessKey}\naws_secret_access_key = ${secretKey}\n`;

/** Whose account a component of the fleet uses the embedded store with. */
const ownAccount = (s3: Endpoint, client: Workload): Account =>
  client.cluster && s3.isRemoteFor(client) ? accountOf(client.cluster) : embedded;

const embeddedClient = (s3: Endpoint, client: Workload, certificate?: Certificate): StoreClient => {
  const credentials: MountedFile = {
    volume: 'objstore-credentials',
    from: { kind: 'secret', name: embedded.secret, key: 'credentials' },
    file: 'credentials',
  };
  // the CA alone, under another name than its key's, since nobody's key is needed to use the bucket
  const ca: MountedFile | undefined =
    s3.serverName && certificate
      ? { volume: certificateVolume, from: { kind: 'secret', name: certificate.secret, key: 'ca.crt' }, file: 'fleet-ca.crt' }
      : undefined;
  const tls = ca ? { http_config: { tls_config: { ca_file: pathOf(ca), server_name: s3.serverName } } } : { insecure: true };
  return {
    config: { type: 'S3', config: { bucket: embedded.bucket, endpoint: s3.for(client), ...tls, bucket_lookup_type: 'path' } },
    files: ca ? [credentials, ca] : [credentials],
    env: [{ name: 'AWS_SHARED_CREDENTIALS_FILE', value: pathOf(credentials) }],
    podAnnotations: { 'checksum/objstore-credentials': hash(credentialsFile(ownAccount(s3, client))) },
  };
};

const storeClient = (bucket: Bucket, client: Workload, certificate?: Certificate): StoreClient => {
  if (bucket.type === 'embedded') return embeddedClient(bucket.s3, client, certificate);
  const { store, edges } = bucket;
  if (store.type === 'gcs') return gcsClient(store, client, edges);
  if (store.type === 'azure') return azureClient(store, client, edges);
  return s3Client(store, client, bucket.kubernetes.find((k) => k.name === client.kubernetes) as ResolvedKubernetes, edges);
};

const volume = ({ volume: name, from, file }: MountedFile): k8s.Volume => {
  const items = from.key === file ? undefined : [{ key: from.key, path: file }];
  return from.kind === 'secret'
    ? { name, secret: { secretName: from.name, items } }
    : { name, configMap: { name: from.name, items } };
};

/** A token of the pod's own service account for one audience; the kubelet renews it before it expires. */
const tokenVolume = (slot: Slot, audience: string): k8s.Volume => ({
  name: `${slot}-token`,
  projected: { sources: [{ serviceAccountToken: { audience, expirationSeconds: 3600, path: 'token' } }] },
});

/** The flag that names the configuration of a bucket; that of the second one is of `thanos tools bucket replicate`. */
const flags: Readonly<Record<Slot, string>> = { objstore: '--objstore.config-file', replica: '--objstore-to.config-file' };

/** @param configMap with what the object store's client reads */
const mounted = (slot: Slot, configMap: string, { files = [], env = [], tokenAudience, ...pod }: StoreClient): BucketClient => ({
  args: [`${flags[slot]}=${configPath(slot, 'bucket.yaml')}`],
  volumes: [configMapVolume(slot, configMap), ...files.map(volume), ...(tokenAudience ? [tokenVolume(slot, tokenAudience)] : [])],
  volumeMounts: [
    readOnly(slot, configDirectory(slot)),
    ...files.map((f) => readOnly(f.volume, directoryOf(f))),
    ...(tokenAudience ? [readOnly(`${slot}-token`, tokenDirectory(slot))] : []),
  ],
  env: [...env],
  pod: {
    annotations: pod.podAnnotations,
    labels: pod.podLabels,
    serviceAccountAnnotations: pod.serviceAccountAnnotations,
  },
});

/** Has the Secrets that a component reads from its object store's client made by whoever makes the fleet's. */
const nameSecrets = (secrets: Secrets, client: Workload, { files = [], env = [] }: StoreClient): void => {
  for (const { from } of files) if (from.kind === 'secret') secrets.named(from.name, client, from.key);
  for (const { valueFrom } of env)
    if (valueFrom?.secretKeyRef?.name) secrets.named(valueFrom.secretKeyRef.name, client, valueFrom.secretKeyRef.key);
};

const configuration = ({ config, configFiles }: StoreClient) => ({ 'bucket.yaml': yaml(config), ...configFiles });

/**
 * Writes a namespace's bucket configuration when the first of its components asks for it. Static credentials are a file from a
 * Secret that the client library reads by itself: they are in no argument, no environment, no ConfigMap (docs/decisions/0006).
 * @param certificate one of that namespace, whose CA is the embedded store's too
 * @returns what a component asks by, saying who it is
 */
export const bucketClients = (scope: Construct, namespace: string, fleet: string, bucket: Bucket, certificate?: Certificate) => {
  const owner: Named = { name: 'objstore', component: 'object-store', fleet, namespace };
  let configMap: string | undefined;
  return (client: Workload): BucketClient => {
    const used = storeClient(bucket, client, certificate);
    if (bucket.type === 'external') {
      bucket.grants.allow(client);
      nameSecrets(bucket.secrets, client, used);
    }
    if (configMap === undefined) {
      if (bucket.type === 'embedded') embeddedCredentials(scope, owner, ownAccount(bucket.s3, client));
      configMap = hashedConfigMap(scope, owner, 'objstore', configuration(used));
    }
    return mounted('objstore', configMap, used);
  };
};

const replicaStore = (bucket: Bucket, to: Replica, client: Workload, edges: Edges): StoreClient => {
  if (to.type === 'gcs') return gcsClient(to, client, edges, 'replica');
  if (to.type === 's3') return s3ReplicaClient(to, client, edges);
  const other = bucket.type === 'external' && bucket.store.type === 'azure' ? bucket.store.auth : undefined;
  return azureClient(to, client, edges, 'replica', other);
};

/** What a pod needs to copy a bucket to another, beside what it needs of the first one, which it is given. */
export const withReplica = (
  scope: Construct,
  client: Workload,
  { bucket, edges, secrets }: { readonly bucket: Bucket; readonly edges: Edges; readonly secrets: Secrets },
  from: BucketClient,
  to: Replica,
): BucketClient => {
  const used = replicaStore(bucket, to, client, edges);
  nameSecrets(secrets, client, used);
  const owner: Named = { name: 'objstore-replica', component: 'object-store', fleet: client.fleet, namespace: client.namespace };
  const replica = mounted('replica', hashedConfigMap(scope, owner, 'objstore-replica', configuration(used)), used);
  return {
    args: [...from.args, ...replica.args],
    volumes: [...from.volumes, ...replica.volumes],
    volumeMounts: [...from.volumeMounts, ...replica.volumeMounts],
    env: [...from.env, ...replica.env],
    pod: from.pod,
  };
};

/** The demo credentials, in a form for the server (two keys) and one for its clients (a credentials file). */
export const embeddedCredentials = (scope: Construct, owner: Named, { accessKey, secretKey }: Account = embedded): string => {
  new k8s.KubeSecret(scope, 'objstore-credentials-secret', {
    metadata: metadata(owner, embedded.secret),
    type: 'Opaque',
    stringData: { accessKey, secretKey, credentials: credentialsFile({ accessKey, secretKey }) },
  });
  return embedded.secret;
};

/** The server's accounts beside its own (versitygw auth/iam_internal.go); `admin` of the one bucket that there is. */
export const embeddedAccounts = (scope: Construct, owner: Named, clusters: readonly string[]): string => {
  const { secret, file } = embedded.accounts;
  const accounts = clusters.map(accountOf).map(({ accessKey, secretKey }) => ({
    [accessKey]: { access: accessKey, secret: secretKey, role: 'admin' },
  }));
  new k8s.KubeSecret(scope, 'objstore-accounts-secret', {
    metadata: metadata(owner, secret),
    type: 'Opaque',
    stringData: { [file]: JSON.stringify({ accessAccounts: Object.assign({}, ...accounts) }) },
  });
  return secret;
};
