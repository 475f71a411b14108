// A bucket of Amazon S3, or of a server that speaks its protocol (thanos docs/storage.md).
import type { ResolvedS3 } from '../../fleet/object-stores';
import type { ResolvedKubernetes } from '../../fleet/resolve';
import { type Edges, partOfInternet, type Workload } from '../../kit/wiring';
import { awsIdentity } from './aws';
import { certificateVolume, type MountedFile, pathOf, type StoreClient } from './client';

export const s3Client = (store: ResolvedS3, client: Workload, kubernetes: ResolvedKubernetes, edges: Edges): StoreClient => {
  const port = Number(store.endpoint.split(':')[1] ?? (store.insecure ? 80 : 443));
  edges.allow(client, partOfInternet('object store'), { name: 's3', number: port });
  const identity = awsIdentity(store.auth, client, kubernetes, edges);
  const ca: MountedFile | undefined = store.ca && { volume: certificateVolume, from: store.ca, file: 'ca.crt' };
  return {
    ...identity,
    files: [...(identity.files ?? []), ...(ca ? [ca] : [])],
    config: {
      type: 'S3',
      ...(store.prefix ? { prefix: store.prefix } : {}),
      config: {
        bucket: store.bucket,
        endpoint: store.endpoint,
        ...(store.region ? { region: store.region } : {}),
        bucket_lookup_type: store.lookup,
        ...(store.insecure ? { insecure: true } : {}),
        ...(ca ? { http_config: { tls_config: { ca_file: pathOf(ca) } } } : {}),
      },
    },
  };
};
