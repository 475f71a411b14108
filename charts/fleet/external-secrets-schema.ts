// Secrets from the External Secrets Operator: the key externalSecrets of the fleet file.
import { z } from 'zod';
import { duration, objectName, text } from './scalars';

export const externalSecrets = z.strictObject({
  store: z
    .strictObject({
      name: objectName('store').describe('Its name.'),
      kind: z
        .enum(['ClusterSecretStore', 'SecretStore'], { error: 'write ClusterSecretStore or SecretStore' })
        .optional()
        .describe('A SecretStore must be in every namespace of the fleet that uses a Secret. Default: ClusterSecretStore.'),
    })
    .describe('The store that the operator reads from. It exists, in every Kubernetes cluster, under the same name.'),
  remoteKey: text(
    /^(?=.*\{secret\})([^\s{}]|\{(fleet|kubernetes|namespace|secret)\})+$/,
    'write a name with {secret} in it, and with {fleet}, {kubernetes} and {namespace} where you want them',
  )
    .optional()
    .describe(
      'What the values of a Secret are called in the store; {fleet}, {kubernetes}, {namespace} and {secret} are replaced. Default: {fleet}/{secret}.',
    ),
  refreshInterval: duration.optional().describe('Time after which the store is asked again. Default: 1h.'),
});
