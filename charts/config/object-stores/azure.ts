// A container of Azure Blob Storage (thanos docs/storage.md).
import type { ResolvedAzure } from '../../fleet/object-stores';
import { type Edges, type Port, partOfInternet, type Workload } from '../../kit/wiring';
import { httpConfig, identityName, type StoreClient, tokenPath, unlessEmpty } from './client';

const https: Port = { name: 'https', number: 443 };
const keyVariable = 'AZURE_STORAGE_ACCOUNT_KEY';

/** Where tokens are exchanged, in the cloud that the storage account is in. */
const authorityOf = (endpoint: string): string =>
  endpoint.endsWith('.chinacloudapi.cn')
    ? 'https://login.chinacloudapi.cn/'
    : endpoint.endsWith('.usgovcloudapi.net')
      ? 'https://login.microsoftonline.us/'
      : 'https://login.microsoftonline.com/';

/** What Azure's client library reads by itself (azidentity: WorkloadIdentityCredential); a key, it only takes from the configuration. */
const identity = ({ auth, endpoint }: ResolvedAzure, client: Workload): Omit<StoreClient, 'config'> =>
  auth.type === 'secret'
    ? { env: [{ name: keyVariable, valueFrom: { secretKeyRef: { name: auth.key.name, key: auth.key.key } } }] }
    : {
        tokenAudience: 'api://AzureADTokenExchange',
        env: [
          { name: 'AZURE_TENANT_ID', value: auth.tenantId },
          { name: 'AZURE_CLIENT_ID', value: auth.clientIds[identityName(client)] },
          { name: 'AZURE_FEDERATED_TOKEN_FILE', value: tokenPath },
          { name: 'AZURE_AUTHORITY_HOST', value: authorityOf(endpoint) },
        ],
      };

export const azureClient = (store: ResolvedAzure, client: Workload, edges: Edges): StoreClient => {
  const { retries, http } = store.tuning;
  edges.allow(client, partOfInternet('object store'), https); // and who exchanges tokens, at the same port
  return {
    ...identity(store, client),
    config: {
      type: 'AZURE',
      prefix: store.prefix,
      config: {
        storage_account: store.storageAccount,
        storage_account_key: store.auth.type === 'secret' ? `$(${keyVariable})` : undefined,
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
