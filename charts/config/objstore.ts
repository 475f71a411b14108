// The bucket: one description for every component that reads or writes it.
import type { Construct } from 'constructs';
import type { ResolvedS3 } from '../fleet/object-stores';
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
import type { Edges, Endpoint, Workload } from '../kit/wiring';
import { type BucketAccess, directoryOf, type Grants, type MountedFile, pathOf, type StoreClient } from './object-stores/client';
import { s3Client } from './object-stores/s3';

const configDirectory = '/etc/thanos/objstore';

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
  | {
      readonly type: 's3';
      readonly store: ResolvedS3;
      readonly kubernetes: readonly ResolvedKubernetes[];
      readonly edges: Edges;
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

const credentialsFile = `[default]\naws_access_key_id = ${embedded.accessKey}\naws_secret_access_key = ${embedded.secretKey}\n`;

const storeClient = (bucket: Bucket, client: Workload): StoreClient => {
  if (bucket.type === 's3') {
    const kubernetes = bucket.kubernetes.find((k) => k.name === client.kubernetes) as ResolvedKubernetes;
    return s3Client(bucket.store, client, kubernetes, bucket.edges);
  }
  const credentials: MountedFile = {
    volume: 'objstore-credentials',
    from: { kind: 'secret', name: embedded.secret, key: 'credentials' },
    file: 'credentials',
  };
  return {
    config: {
      type: 'S3',
      config: { bucket: embedded.bucket, endpoint: bucket.s3.for(client), insecure: true, bucket_lookup_type: 'path' },
    },
    files: [credentials],
    env: [{ name: 'AWS_SHARED_CREDENTIALS_FILE', value: pathOf(credentials) }],
    podAnnotations: { 'checksum/objstore-credentials': hash(credentialsFile) },
  };
};

const volume = ({ volume: name, from, file }: MountedFile): k8s.Volume => {
  const items = from.key === file ? undefined : [{ key: from.key, path: file }];
  return from.kind === 'secret'
    ? { name, secret: { secretName: from.name, items } }
    : { name, configMap: { name: from.name, items } };
};

/**
 * Writes a namespace's bucket configuration when the first of its components asks for it. Static credentials are a file from a
 * Secret that the client library reads by itself: they are in no argument, no environment, no ConfigMap (docs/decisions/0006).
 * @returns what a component asks with: who it is and what it does with the bucket
 */
export const bucketClients = (scope: Construct, namespace: string, fleet: string, bucket: Bucket) => {
  const owner: Named = { name: 'objstore', component: 'object-store', fleet, namespace };
  let configMap: string | undefined;
  return (client: Workload, access: BucketAccess): BucketClient => {
    if (bucket.type === 's3') bucket.grants.allow(client, access);
    const { config, files = [], env = [], ...pod } = storeClient(bucket, client);
    if (configMap === undefined) {
      if (bucket.type === 'embedded') embeddedCredentials(scope, owner);
      configMap = hashedConfigMap(scope, owner, 'objstore', { 'bucket.yaml': yaml(config) });
    }
    return {
      args: [`--objstore.config-file=${configDirectory}/bucket.yaml`],
      volumes: [configMapVolume('objstore', configMap), ...files.map(volume)],
      volumeMounts: [readOnly('objstore', configDirectory), ...files.map((f) => readOnly(f.volume, directoryOf(f)))],
      env: [...env],
      pod: {
        annotations: pod.podAnnotations,
        labels: pod.podLabels,
        serviceAccountAnnotations: pod.serviceAccountAnnotations,
      },
    };
  };
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
