// A bucket of Google Cloud Storage (thanos docs/storage.md).
import type { GcsAuth, GcsPlace } from '../../fleet/object-stores';
import { bytes } from '../../kit/units';
import { type Edges, type Port, partOfInternet, type Workload } from '../../kit/wiring';
import { configPath, httpConfig, type MountedFile, pathOf, type Slot, type StoreClient, tokenPath, unlessEmpty } from './client';

const https: Port = { name: 'https', number: 443 };

/** Who reads which file: Google's client library, by itself (Application Default Credentials). */
const credentialsAt = (path: string) => [{ name: 'GOOGLE_APPLICATION_CREDENTIALS', value: path }];
const credentialsFile = 'google-credentials.json';

const identity = (auth: GcsAuth | undefined, slot: Slot, client: Workload): Omit<StoreClient, 'config'> => {
  if (!auth) return {};
  if (auth.type === 'secret') {
    const key: MountedFile = { volume: `${slot}-credentials`, from: auth.key, file: 'key.json' };
    return { files: [key], env: credentialsAt(pathOf(key)) };
  }
  const audience = `//iam.googleapis.com/${auth.provider.replaceAll('{kubernetes}', client.kubernetes)}`;
  // how a token of Kubernetes becomes one of Google (AIP-4117): no secret
  const externalAccount = {
    type: 'external_account',
    audience,
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: 'https://sts.googleapis.com/v1/token',
    credential_source: { file: tokenPath(slot) },
  };
  return {
    tokenAudience: audience,
    configFiles: { [credentialsFile]: `${JSON.stringify(externalAccount, undefined, 2)}\n` },
    env: credentialsAt(configPath(slot, credentialsFile)),
  };
};

/** @param store without auth: as whom another bucket of Google's is used by the same process */
export const gcsClient = (
  store: GcsPlace & { readonly auth?: GcsAuth },
  client: Workload,
  edges: Edges,
  slot: Slot = 'objstore',
): StoreClient => {
  const { chunkSize, maxRetries, http } = store.tuning;
  edges.allow(client, partOfInternet('object store'), https); // and who exchanges tokens, at the same port
  return {
    ...identity(store.auth, slot, client),
    config: {
      type: 'GCS',
      prefix: store.prefix,
      config: {
        bucket: store.bucket,
        chunk_size_bytes: chunkSize && bytes(chunkSize),
        max_retries: maxRetries,
        http_config: unlessEmpty({ ...httpConfig(http) }),
      },
    },
  };
};
