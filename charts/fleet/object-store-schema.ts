// The fleet file's objectStore: where blocks are kept, and as whom.
import { z } from 'zod';
import { expose } from './exposure-schema';
import { duration, host, portNumber, secretKey, secretName, text, volumeSize, yesOrNo } from './scalars';

const toleratedOutage = duration.optional().describe('The longest outage of the bucket that must lose no data. Default: 24h.');

const prefix = text(/^[^/\s]([^\s]*[^/\s])?$/, 'write a path without a slash at its ends')
  .optional()
  .describe('Path in the bucket under which blocks are kept.');

const everyNamespace = "that exists in the observer's and in each cluster's namespace";

const embedded = z.strictObject({
  type: z.literal('embedded').describe('An S3 server (versitygw) with one volume, for kind only.'),
  size: volumeSize.optional().describe('Size of its volume. Default: 5Gi.'),
  expose: expose
    .optional()
    .describe(
      'How clusters in other Kubernetes clusters reach it, by TLS, each with credentials of its own. Default port: 31070.',
    ),
  toleratedOutage,
});

/** ARN of an IAM role, with placeholders for what differs between roles. */
const roles = text(
  /^arn:aws[a-z-]*:iam::(\d{12}|\{account\}):role\/([-\w+=,.@{}]+\/)*[-\w+=,.@{}]+$/,
  'write the ARN of a role with the placeholder {component}, such as arn:aws:iam::111122223333:role/thanos-{kubernetes}-{component}',
)
  .optional()
  .describe(
    "ARN of the components' IAM roles. Placeholders: {component} (sidecar, store, compact, rule, bucket-web), {kubernetes} (the Kubernetes cluster's name here), {account} (its AWS account). Default: arn:aws:iam::{account}:role/<fleet's name>-{kubernetes}-{component}.",
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

const s3 = z.strictObject({
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
    .describe('host or host:port, without a scheme. Default: s3.<region>.amazonaws.com.'),
  prefix,
  auth: awsAuth,
  insecure: yesOrNo.optional().describe('Plain HTTP instead of HTTPS. Default: false.'),
  ca: certificateAuthority,
  lookup: z
    .enum(['path', 'virtual-hosted'], { error: 'write path or virtual-hosted' })
    .optional()
    .describe(
      'Where requests name the bucket: in the path, or in the host name. Default: virtual-hosted for Amazon, path for others.',
    ),
  toleratedOutage,
});

/** Where blocks are kept. */
export const objectStore = z.discriminatedUnion('type', [embedded, s3], {
  error: 'write type: embedded (an S3 server in the cluster, for kind) or type: s3',
});
