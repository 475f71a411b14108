// The bucket: one description for every component that reads or writes it.
import type { Construct } from 'constructs';
import type { ResolvedFleet } from '../fleet/resolve';
import {
  configMapVolume,
  hash,
  hashedConfigMap,
  k8s,
  metadata,
  type Named,
  readOnly,
  secretVolume,
  yaml,
} from '../kit/kubernetes';
import { type Addresses, type Edges, type Endpoint, partOfInternet, type Workload } from '../kit/wiring';

const configDirectory = '/etc/thanos/objstore';
const credentialsDirectory = '/etc/thanos/objstore-credentials';

/** The embedded store's only bucket and its demo credentials; kind only, reachable from the fleet's namespaces only. */
export const embedded = {
  bucket: 'thanos',
  accessKey: 'thanos-demo',
  secretKey: 'thanos-demo-secret',
  secret: 'objstore-credentials',
} as const;

/** Where blocks are kept, with the endpoint to ask for it. */
export type Bucket =
  | { readonly type: 'embedded'; readonly s3: Endpoint }
  | { readonly type: 's3'; readonly store: Extract<ResolvedFleet['objectStore'], { type: 's3' }>; readonly edges: Edges };

/** What a pod needs to use the bucket. */
export interface BucketClient {
  readonly args: string[];
  readonly volumes: k8s.Volume[];
  readonly volumeMounts: k8s.VolumeMount[];
  readonly env: k8s.EnvVar[];
  readonly annotations: Record<string, string>;
}

const externalStore = (endpoint: string, insecure: boolean): { peer: Addresses; port: { name: string; number: number } } => ({
  peer: partOfInternet('object store'),
  port: { name: 's3', number: Number(endpoint.split(':')[1] ?? (insecure ? 80 : 443)) },
});

/** The file that `--objstore.config-file` takes, without credentials (thanos docs/storage.md). */
const configuration = (bucket: Bucket, client: Workload): object => {
  if (bucket.type === 'embedded')
    return {
      type: 'S3',
      config: { bucket: embedded.bucket, endpoint: bucket.s3.for(client), insecure: true, bucket_lookup_type: 'path' },
    };
  const { store } = bucket;
  const { peer, port } = externalStore(store.endpoint, store.insecure);
  bucket.edges.allow(client, peer, port);
  return {
    type: 'S3',
    ...(store.prefix ? { prefix: store.prefix } : {}),
    config: {
      bucket: store.bucket,
      endpoint: store.endpoint,
      ...(store.region ? { region: store.region } : {}),
      ...(store.insecure ? { insecure: true } : {}),
    },
  };
};

const credentialsFile = `[default]\naws_access_key_id = ${embedded.accessKey}\naws_secret_access_key = ${embedded.secretKey}\n`;

/**
 * Writes a namespace's bucket configuration and gives what its pods mount. Credentials are an AWS shared credentials
 * file from a Secret, read by minio-go's FileAWSCredentials at start: they are in no argument, no environment, no ConfigMap.
 */
export const bucketClients = (
  scope: Construct,
  namespace: string,
  fleet: string,
  bucket: Bucket,
  clients: readonly Workload[],
) => {
  const owner: Named = { name: 'objstore', component: 'object-store', fleet, namespace };
  const files = clients.map((client) => yaml(configuration(bucket, client)));
  const configMap = hashedConfigMap(scope, owner, 'objstore', { 'bucket.yaml': files[0] ?? '' });
  const secret = bucket.type === 'embedded' ? embeddedCredentials(scope, owner) : bucket.store.secret;
  const client: BucketClient = {
    args: [`--objstore.config-file=${configDirectory}/bucket.yaml`],
    volumes: [configMapVolume('objstore', configMap), secretVolume('objstore-credentials', secret)],
    volumeMounts: [readOnly('objstore', configDirectory), readOnly('objstore-credentials', credentialsDirectory)],
    env: [{ name: 'AWS_SHARED_CREDENTIALS_FILE', value: `${credentialsDirectory}/credentials` }],
    annotations: bucket.type === 'embedded' ? { 'checksum/objstore-credentials': hash(credentialsFile) } : {},
  };
  return client;
};

/** The demo credentials, in a form for the server (two keys) and one for its clients (a credentials file). */
export const embeddedCredentials = (scope: Construct, owner: Named): string => {
  new k8s.KubeSecret(scope, 'objstore-credentials-secret', {
    metadata: metadata(owner, embedded.secret),
    type: 'Opaque',
    stringData: { accessKey: embedded.accessKey, secretKey: embedded.secretKey, credentials: credentialsFile },
  });
  return embedded.secret;
};
