// The fleet file's objectStore: where blocks are kept, and as whom.
import { z } from 'zod';
import { expose } from './exposure-schema';
import {
  count,
  duration,
  host,
  partSize,
  portNumber,
  resources,
  secretKey,
  secretName,
  text,
  volumeSize,
  yesOrNo,
} from './scalars';

const toleratedOutage = duration.optional().describe('The longest outage of the bucket that must lose no data. Default: 24h.');

/** Wildcards and variables would be those of IAM, in whose policies it stands. */
const prefix = text(
  /^(?!(.*\/)?\.\.?(\/|$))[A-Za-z0-9!_.'()-]+(\/[A-Za-z0-9!_.'()-]+)*$/,
  "write a path without a slash at its ends: letters, digits, slashes and !_.'()- without . and .. between slashes",
)
  .optional()
  .describe('Path in the bucket under which blocks are kept.');

const everyNamespace = "that exists in the observer's and in each cluster's namespace";

const embeddedPlace = {
  type: z.literal('embedded').describe('An S3 server (versitygw) with one volume, for kind only.'),
  size: volumeSize.optional().describe('Size of its volume. Default: what the series of all clusters need, or 5Gi.'),
  expose: expose
    .optional()
    .describe(
      'How clusters in other Kubernetes clusters reach it, by TLS, each with credentials of its own. Default port: 31070.',
    ),
};

/** ARN of an IAM role, with placeholders for what differs between roles. */
const roles = text(
  /^arn:(aws[a-z-]*|\{partition\}):iam::(\d{12}|\{account\}):role\/([-\w+=,.@]+\/)*([-\w+=,.@]|\{component\}|\{kubernetes\})+$/,
  'write the ARN of a role with the placeholder {component}, such as arn:aws:iam::111122223333:role/thanos-{kubernetes}-{component}',
)
  .optional()
  .describe(
    "ARN of the components' IAM roles. Placeholders: {component} (sidecar, store, compact, rule, bucket-web, replicate), {kubernetes} (the Kubernetes cluster's name here), {account} (its AWS account), {partition} (aws, aws-cn, …). Default: arn:{partition}:iam::{account}:role/<fleet's name>-{kubernetes}-{component}.",
  );

const awsAuth = z
  .strictObject({
    secret: secretName.optional().describe(`Static keys: a Secret ${everyNamespace} and holds an AWS shared credentials file.`),
    key: secretKey.optional().describe('Key of that file in the Secret. Default: credentials.'),
    irsa: z
      .strictObject({ roles })
      .optional()
      .describe('IAM roles for service accounts: each component has a role, by the OpenID Connect provider of its EKS cluster.'),
    podIdentity: z
      .strictObject({ roles })
      .optional()
      .describe('EKS Pod Identity: each component has a role, by an association in its EKS cluster.'),
  })
  .describe('As whom the bucket is used: one of secret, irsa and podIdentity.');

const certificateAuthority = z
  .strictObject({
    secret: secretName.optional().describe(`A Secret ${everyNamespace} and holds the certificates, in PEM.`),
    configMap: secretName.optional().describe(`A ConfigMap ${everyNamespace} and holds the certificates, in PEM.`),
    key: secretKey.optional().describe('Their key. Default: ca.crt.'),
  })
  .optional()
  .describe("Who signed the server's certificate, if not a public authority: one of secret and configMap.");

const sse = z
  .discriminatedUnion(
    'type',
    [
      z.strictObject({ type: z.literal('SSE-S3').describe('With a key of the object store.') }),
      z.strictObject({
        type: z.literal('SSE-KMS').describe('With a key of a key management service.'),
        key: text(/^\S{1,2048}$/, "write the key's ARN, such as arn:aws:kms:eu-west-1:111122223333:key/…").describe(
          'The key: its ARN on Amazon, its id on other servers.',
        ),
        context: z
          .record(text(/^\S+$/, 'write a key without spaces'), z.string({ error: 'write a text' }))
          .optional()
          .describe('Encryption context, which must be the same for ever.'),
      }),
      z.strictObject({
        type: z.literal('SSE-C').describe('With a key of your own, which every request carries.'),
        secret: secretName.describe(`A Secret ${everyNamespace} and holds the key: 32 bytes.`),
        key: secretKey.optional().describe('Its key. Default: key.'),
      }),
    ],
    { error: 'write type: SSE-S3, type: SSE-KMS or type: SSE-C' },
  )
  .optional()
  .describe('How the object store encrypts blocks. Default: as the bucket says.');

/** What of the connections to an object store can be tuned, whatever its kind. */
const http = z
  .strictObject({
    responseHeaderTimeout: duration.optional().describe('How long an answer may be awaited. Default: 2m.'),
    idleConnTimeout: duration.optional().describe('How long a connection is kept that nobody uses. Default: 1m30s.'),
    tlsHandshakeTimeout: duration.optional().describe('Default: 10s.'),
    maxIdleConns: count(0, 100_000).optional().describe('Connections that are kept, 0 for any number. Default: 100.'),
    maxIdleConnsPerHost: count(1, 100_000).optional().describe('The same for one host. Default: 100.'),
    maxConnsPerHost: count(0, 100_000).optional().describe('Connections to one host, 0 for any number. Default: 0.'),
  })
  .optional()
  .describe('Connections to the object store.');

const s3Place = {
  type: z.literal('s3').describe('A bucket of Amazon S3, or of a server that speaks its protocol.'),
  bucket: text(
    /^(?!.*\.\.)[a-z0-9][-.a-z0-9]{1,61}[a-z0-9]$/,
    'write the name of an S3 bucket: 3 to 63 lower-case letters, digits, dashes and dots',
  ).describe('The bucket; it must exist.'),
  region: text(/^[a-z0-9-]+$/, 'write a region such as eu-west-1')
    .optional()
    .describe('Region of the bucket.'),
  endpoint: text(
    new RegExp(`^${host}(:${portNumber})?$`),
    'write host or host:port without https://, such as s3.eu-west-1.amazonaws.com',
  )
    .optional()
    .describe('host or host:port, without a scheme. Default: s3.<region>.amazonaws.com; other partitions have other domains.'),
  prefix,
  insecure: yesOrNo.optional().describe('Plain HTTP instead of HTTPS. Default: false.'),
  ca: certificateAuthority,
  lookup: z
    .enum(['path', 'virtual-hosted'], { error: 'write path or virtual-hosted' })
    .optional()
    .describe(
      'Where requests name the bucket: in the path, or in the host name. Default: virtual-hosted for Amazon, path for others.',
    ),
  sse,
  storageClass: text(/^[A-Z][A-Z0-9_]*$/, 'write a storage class such as INTELLIGENT_TIERING')
    .refine((c) => !['GLACIER', 'DEEP_ARCHIVE'].includes(c), { error: 'write a storage class whose objects can be read at once' })
    .optional()
    .describe('Storage class of new objects. Default: as the object store says, STANDARD on Amazon.'),
  partSize: partSize.optional().describe('Size of the parts of larger objects. Default: 64Mi.'),
  multipart: yesOrNo.optional().describe('Whether larger objects are written in parts. Default: true.'),
  contentMd5: yesOrNo
    .optional()
    .describe('Whether writes carry an MD5 checksum; some servers know no other, some forbid it. Default: true.'),
  listObjects: z
    .enum(['v1', 'v2'], { error: 'write v1 or v2' })
    .optional()
    .describe('Version of the listing request; old servers know v1 only. Default: v2.'),
  dualstack: yesOrNo.optional().describe("Whether Amazon's endpoint for IPv4 and IPv6 is used. Default: true."),
  maxRetries: count(1, 100).optional().describe('How often a request is tried. Default: 10.'),
  http,
};

const gcsPlace = {
  type: z.literal('gcs').describe('A bucket of Google Cloud Storage.'),
  bucket: text(
    /^(?!.*\.\.)[a-z0-9][-._a-z0-9]{1,220}[a-z0-9]$/,
    'write the name of a bucket: lower-case letters, digits, dashes, underscores and dots',
  ).describe('The bucket; it must exist.'),
  prefix,
  chunkSize: partSize.optional().describe('Size of the parts of larger objects. Default: 16Mi.'),
  maxRetries: count(1, 100).optional().describe('How often a request is tried. Default: until it is too late.'),
  http,
};

const gcsAuth = z
  .strictObject({
    secret: secretName.optional().describe(`A Secret ${everyNamespace} and holds the key of a service account, in JSON.`),
    key: secretKey.optional().describe('Key of that file in the Secret. Default: key.json.'),
    workloadIdentity: z
      .strictObject({
        provider: text(
          /^projects\/\d+\/locations\/global\/workloadIdentityPools\/[-a-z0-9]{4,32}\/providers\/([-a-z0-9]|\{kubernetes\})+$/,
          'write projects/<number>/locations/global/workloadIdentityPools/<pool>/providers/{kubernetes}',
        ).describe(
          "The provider of the Kubernetes cluster's tokens in a workload identity pool, with the placeholder {kubernetes} where there are several.",
        ),
      })
      .optional()
      .describe('Workload identity federation: tokens of Kubernetes are exchanged for those of Google.'),
  })
  .describe('As whom the bucket is used: one of secret and workloadIdentity.');

const uuid = text(
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  'write an id such as 01234567-89ab-cdef-0123-456789abcdef (in quotes if it has no letters)',
);
const clientId = (who: string) => uuid.describe(`Client id of the managed identity of ${who}.`);

const azurePlace = {
  type: z.literal('azure').describe('A container of Azure Blob Storage.'),
  storageAccount: text(/^[a-z0-9]{3,24}$/, 'write the name of a storage account: 3 to 24 lower-case letters and digits').describe(
    'The storage account.',
  ),
  container: text(
    /^(?!.*--)[a-z0-9][-a-z0-9]{1,61}[a-z0-9]$/,
    'write the name of a container: 3 to 63 lower-case letters, digits and dashes',
  ).describe('The container; it must exist.'),
  prefix,
  endpoint: text(new RegExp(`^${host}$`), 'write a domain such as blob.core.windows.net')
    .optional()
    .describe('Domain of the storage accounts, without a scheme. Default: blob.core.windows.net.'),
  retries: z
    .strictObject({
      max: count(1, 100).optional().describe('How often a request is tried again. Default: 3.'),
      timeout: duration.optional().describe('How long one try may take. Default: any time.'),
      delay: duration.optional().describe('Time before the second try; it grows. Default: 800ms.'),
      maxDelay: duration.optional().describe('The most that it grows to. Default: 1m.'),
    })
    .optional()
    .describe('What happens when a request fails.'),
  http,
};

const azureAuth = z
  .strictObject({
    secret: secretName.optional().describe(`A Secret ${everyNamespace} and holds a key of the storage account.`),
    key: secretKey.optional().describe('Its key. Default: storage-account-key.'),
    workloadIdentity: z
      .strictObject({
        tenantId: uuid.describe('The tenant of the managed identities.'),
        clientIds: z
          .strictObject({
            sidecar: clientId('the sidecars'),
            store: clientId('the store gateway'),
            compact: clientId('the compactor'),
            rule: clientId('the ruler'),
            'bucket-web': clientId('bucket web'),
            replicate: clientId('the replicator').optional(),
          })
          .describe('A managed identity for each component; replicate only if there is a second bucket.'),
      })
      .optional()
      .describe('Managed identities with federated credentials: tokens of Kubernetes are exchanged for those of Azure.'),
  })
  .describe('As whom the container is used: one of secret and workloadIdentity.');

const inObserver = "that exists in the observer's namespace";

const secondS3 = z.strictObject({
  ...s3Place,
  auth: z
    .strictObject({
      secret: secretName.describe(`Static keys: a Secret ${inObserver}, with the keys accessKey and secretKey.`),
    })
    .optional()
    .describe('As whom it is used. Default: as whom the first one is used.'),
});
const secondGcs = z.strictObject(gcsPlace);
const secondAzure = z.strictObject({
  ...azurePlace,
  auth: z
    .strictObject({
      secret: secretName.describe(`A Secret ${inObserver} and holds a key of the storage account.`),
      key: secretKey.optional().describe('Its key. Default: storage-account-key.'),
    })
    .optional()
    .describe('As whom it is used. Default: as whom the first one is used.'),
});

const everyStore = <T extends z.ZodType>(second: T) => ({
  toleratedOutage,
  replicate: z
    .strictObject({
      to: second.describe('The second bucket; it must exist.'),
      resources: resources.optional().describe('What the pod asks of its node. Default: 50m and 512Mi.'),
    })
    .optional()
    .describe('Copies every block to a second bucket, and deletes nothing there (docs/restore.md). Default: there is one copy.'),
});
const embedded = z.strictObject({ ...embeddedPlace, ...everyStore(secondS3) });
const s3 = z.strictObject({ ...s3Place, auth: awsAuth, ...everyStore(secondS3) });
const gcs = z.strictObject({ ...gcsPlace, auth: gcsAuth, ...everyStore(secondGcs) });
const azure = z.strictObject({ ...azurePlace, auth: azureAuth, ...everyStore(secondAzure) });

/** Where blocks are kept. */
export const objectStore = z.discriminatedUnion('type', [embedded, s3, gcs, azure], {
  error: 'write type: embedded (an S3 server in the cluster, for kind), type: s3, type: gcs or type: azure',
});
