// A container of Azure Blob Storage (thanos docs/storage.md).
import type { AzureAuth, AzurePlace } from '../../fleet/object-stores';
import { type Edges, type Port, partOfInternet, type Workload } from '../../kit/wiring';
import { httpConfig, identityName, type Slot, type StoreClient, tokenPath, unlessEmpty } from './client';

const https: Port = { name: 'https', number: 443 };
const keyVariables: Readonly<Record<Slot, string>> = {
  objstore: 'AZURE_STORAGE_ACCOUNT_KEY',
  replica: 'REPLICA_STORAGE_ACCOUNT_KEY',
};

/** Where tokens are exchanged, in the cloud that the storage account is in. */
const authorityOf = (endpoint: string): string =>
  endpoint.endsWith('.chinacloudapi.cn')
    ? 'https://login.chinacloudapi.cn/'
    : endpoint.endsWith('.usgovcloudapi.net')
      ? 'https://login.microsoftonline.us/'
      : 'https://login.microsoftonline.com/';

/** What Azure's client library reads by itself (azidentity: WorkloadIdentityCredential); a key, it only takes from the configuration. */
const identity = (auth: AzureAuth, endpoint: string, slot: Slot, client: Workload): Omit<StoreClient, 'config'> =>
  auth.type === 'secret'
    ? { env: [{ name: keyVariables[slot], valueFrom: { secretKeyRef: { name: auth.key.name, key: auth.key.key } } }] }
    : {
        tokenAudience: 'api://AzureADTokenExchange',
        env: [
          { name: 'AZURE_TENANT_ID', value: auth.tenantId },
          { name: 'AZURE_CLIENT_ID', value: auth.clientIds[identityName(client)] },
          { name: 'AZURE_FEDERATED_TOKEN_FILE', value: tokenPath(slot) },
          { name: 'AZURE_AUTHORITY_HOST', value: authorityOf(endpoint) },
        ],
      };

/**
 * @param store without auth: as whom another container is used by the same process
 * @param other as whom that is
 */
export const azureClient = (
  store: AzurePlace & { readonly auth?: AzureAuth },
  client: Workload,
  edges: Edges,
  slot: Slot = 'objstore',
  other?: AzureAuth,
): StoreClient => {
  const { retries, http } = store.tuning;
  const keyVariable = keyVariables[store.auth ? slot : 'objstore'];
  edges.allow(client, partOfInternet('object store'), https); // and who exchanges tokens, at the same port
  return {
    ...(store.auth ? identity(store.auth, store.endpoint, slot, client) : {}),
    config: {
      type: 'AZURE',
      prefix: store.prefix,
      config: {
        storage_account: store.storageAccount,
        storage_account_key: (store.auth ?? other)?.type === 'secret' ? `$(${keyVariable})` : undefined,
        container: store.container,
        endpoint: store.endpoint,
        storage_create_container: false, // which no component needs the right for
        reader_config: retries?.max && { max_retry_requests: retries.max },
        pipeline_config:
          retries &&
          unlessEmpty({
            max_tries: retries.max,
            try_timeout: retries.timeout,
            retry_delay: retries.delay,
            max_retry_delay: retries.maxDelay,
          }),
        http_config: unlessEmpty({ ...httpConfig(http) }),
      },
    },
  };
};
