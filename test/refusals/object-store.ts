// Every check of object-store-checks.ts and platform-checks.ts: a fleet that trips it at », and one that nearly does.
import { eks, fleet, type Refusal } from './support';

const inCloud = (objectStore: string) => eks({ objectStore: `objectStore: {type: s3, bucket: demo-metrics, ${objectStore}}` });
const elsewhere = (objectStore: string) =>
  fleet({ objectStore: `objectStore: {type: s3, bucket: demo-metrics, ${objectStore}}` });
const cluster = (keys: string) => eks({ kubernetes: `kubernetes: {${keys}}` });
const cloud = 'platform: eks, context: arn:aws:eks:eu-west-1:111122223333:cluster/metrics';
const inGov = (region: string, auth: string) =>
  eks({
    kubernetes: 'kubernetes: {cloud: {platform: eks, context: arn:aws-us-gov:eks:us-gov-west-1:111122223333:cluster/metrics}}',
    objectStore: `objectStore: {type: s3, bucket: demo-metrics, region: ${region}, auth: {${auth}}}`,
  });
const oidc = 'oidcProvider: https://oidc.eks.eu-west-1.amazonaws.com/id/0123';

const manyClusters = (count: number, auth: string) => {
  const names = Array.from({ length: count }, (_, i) => `${'c'.repeat(40)}${i}`);
  return eks({
    kubernetes: `kubernetes: {cloud: {${cloud}, ${oidc}}}`,
    objectStore: `objectStore: {type: s3, bucket: demo-metrics, region: eu-west-1, auth: ${auth}}`,
    clusters: `clusters: {${names.map((name) => `${name}: {in: cloud}`).join(', ')}}`,
  });
};

/** Each in an account of its own. */
const manyAccounts = (count: number, auth: string) => {
  const arn = (i: number) => `arn:aws:eks:eu-west-1:${111122223333 + i}:cluster/metrics-${i}`;
  const names = Array.from({ length: count }, (_, i) => `${'c'.repeat(40)}${i}`);
  return eks({
    kubernetes: `kubernetes: {${['cloud', ...names].map((name, i) => `${name}: {platform: eks, context: '${arn(i)}', ${oidc}}`).join(', ')}}\ntls: {issuer: {certManager: {name: ca}}}`,
    objectStore: `objectStore: {type: s3, bucket: demo-metrics, region: eu-west-1, auth: {${auth}}}`,
    observer:
      "observer: {in: cloud, grafana: {adminSecret: grafana-admin}, expose: {loadBalancer: {hostname: 'alerts-{replica}.example.com'}, allowFrom: [10.2.0.0/16]}}",
    clusters: `clusters: {cloud: {in: cloud}, ${names.map((name) => `${name}: {in: ${name}, expose: {loadBalancer: {hostname: '{replica}.${name}.example.com'}, allowFrom: [10.1.0.0/16]}}`).join(', ')}}`,
  });
};

const stores: readonly Refusal[] = [
  {
    code: 'one-of',
    wrong: elsewhere('endpoint: s3, »auth: {}'),
    right: elsewhere('endpoint: s3, auth: {secret: s}'),
  },
  {
    code: 'one-of',
    wrong: elsewhere('endpoint: s3, auth: {secret: s, »irsa: {}}'),
    right: elsewhere('endpoint: s3, auth: {secret: s}'),
  },
  {
    code: 'one-of',
    wrong: inCloud('region: eu-west-1, auth: {podIdentity: {}, »key: credentials}'),
    right: elsewhere('endpoint: s3, auth: {secret: s, key: credentials}'),
  },
  {
    code: 'one-of',
    wrong: elsewhere('endpoint: s3, auth: {secret: s}, »ca: {key: a}'),
    right: elsewhere('endpoint: s3, auth: {secret: s}, ca: {secret: a, key: a}'),
  },
  {
    code: 'bucket-without-place',
    wrong: fleet({ objectStore: '»objectStore: {type: s3, bucket: demo-metrics, auth: {secret: s}}' }),
    right: elsewhere('region: eu-west-1, auth: {secret: s}'),
  },
  {
    code: 'bucket-in-endpoint',
    wrong: elsewhere('»endpoint: demo-metrics.s3.eu-west-1.amazonaws.com, auth: {secret: s}'),
    right: elsewhere('endpoint: s3.eu-west-1.amazonaws.com, auth: {secret: s}'),
  },
  ...['s3.us-east-1.amazonaws.com', 's3.dualstack.us-east-1.amazonaws.com', 's3-us-east-1.amazonaws.com'].map((endpoint) => ({
    code: 'bucket-region',
    wrong: elsewhere(`region: eu-west-1, »endpoint: ${endpoint}, auth: {secret: s}`),
    right: elsewhere(`region: us-east-1, endpoint: ${endpoint}, auth: {secret: s}`),
  })),
  {
    code: 'bucket-with-dots',
    wrong: elsewhere('region: eu-west-1, auth: {secret: s}, »lookup: virtual-hosted').replace('demo-metrics', 'demo.metrics'),
    right: elsewhere('region: eu-west-1, auth: {secret: s}').replace('demo-metrics', 'demo.metrics'),
  },
  {
    code: 'bucket-without-place',
    wrong: eks({
      objectStore: '»objectStore: {type: s3, bucket: demo-metrics, endpoint: s3.amazonaws.com, auth: {podIdentity: {}}}',
    }),
    right: inCloud('endpoint: s3.eu-west-1.amazonaws.com, auth: {podIdentity: {}}'),
  },
  {
    code: 'encryption-key-without-tls',
    wrong: elsewhere('endpoint: s3, auth: {secret: s}, sse: {type: SSE-C, secret: k}, »insecure: true'),
    right: elsewhere('endpoint: s3, auth: {secret: s}, sse: {type: SSE-S3}, insecure: true'),
  },
  {
    code: 'key-without-arn',
    wrong: inCloud('region: eu-west-1, auth: {podIdentity: {}}, sse: {type: SSE-KMS, »key: alias/metrics}'),
    right: inCloud(
      'region: eu-west-1, auth: {podIdentity: {}}, sse: {type: SSE-KMS, key: arn:aws:kms:eu-west-1:111122223333:key/1-2}',
    ),
  },
  {
    code: 'bucket-region',
    wrong: inCloud(
      'region: eu-west-1, auth: {podIdentity: {}}, sse: {type: SSE-KMS, »key: arn:aws:kms:eu-west-2:111122223333:key/1-2}',
    ),
    right: inCloud(
      'region: eu-west-1, auth: {podIdentity: {}}, sse: {type: SSE-KMS, key: arn:aws:kms:eu-west-1:111122223333:key/1-2}',
    ),
  },
  {
    code: 'amazon-without-tls',
    wrong: elsewhere('region: eu-west-1, auth: {secret: s}, »insecure: true'),
    right: elsewhere('region: eu-west-1, endpoint: s3, auth: {secret: s}, insecure: true'),
  },
  {
    code: 'certificate-without-tls',
    wrong: elsewhere('endpoint: s3, auth: {secret: s}, ca: {secret: a}, »insecure: true'),
    right: elsewhere('endpoint: s3, auth: {secret: s}, ca: {secret: a}, insecure: false'),
  },
];

const otherClouds: readonly Refusal[] = [
  {
    code: 'one-of',
    wrong: fleet({ objectStore: 'objectStore: {type: gcs, bucket: abc, »auth: {}}' }),
    right: fleet({ objectStore: 'objectStore: {type: gcs, bucket: abc, auth: {secret: s}}' }),
  },
  {
    code: 'one-of',
    wrong: fleet({ objectStore: 'objectStore: {type: azure, storageAccount: abc, container: abc, »auth: {}}' }),
    right: fleet({ objectStore: 'objectStore: {type: azure, storageAccount: abc, container: abc, auth: {secret: s}}' }),
  },
];

const roles: readonly Refusal[] = [
  {
    code: 'static-keys',
    wrong: inCloud('region: eu-west-1, auth: {»secret: s}'),
    right: inCloud('region: eu-west-1, endpoint: minio.example.com, auth: {secret: s}'),
  },
  {
    code: 'static-keys',
    wrong: inCloud('region: eu-west-1, endpoint: S3.EU-WEST-1.AMAZONAWS.COM, auth: {»secret: s}'),
    right: inCloud('region: eu-west-1, endpoint: minio.example.com, auth: {secret: s}'),
  },
  {
    code: 'roles-off-eks',
    wrong: elsewhere('region: eu-west-1, auth: {»podIdentity: {}}'),
    right: inCloud('region: eu-west-1, auth: {podIdentity: {}}'),
  },
  {
    code: 'roles-off-amazon',
    wrong: inCloud('endpoint: minio.example.com, auth: {»podIdentity: {}}'),
    right: inCloud('endpoint: bucket.vpce-1.s3.eu-west-1.vpce.amazonaws.com, auth: {podIdentity: {}}'),
  },
  {
    code: 'role-shared',
    wrong: inCloud('region: eu-west-1, auth: {podIdentity: {»roles: "arn:aws:iam::111122223333:role/thanos"}}'),
    right: inCloud('region: eu-west-1, auth: {podIdentity: {roles: "arn:aws:iam::111122223333:role/thanos/{component}"}}'),
  },
  {
    code: 'other-partition',
    wrong: inGov('us-east-1', 'podIdentity: {}').replace('objectStore', '»objectStore'),
    right: inGov('us-gov-west-1', 'podIdentity: {}'),
  },
  {
    code: 'other-partition',
    wrong: inGov('us-gov-west-1', 'podIdentity: {»roles: "arn:aws:iam::{account}:role/{component}"}'),
    right: inGov('us-gov-west-1', 'podIdentity: {roles: "arn:aws-us-gov:iam::{account}:role/{component}"}'),
  },
  {
    code: 'other-partition',
    wrong: inGov('us-iso-west-1', 'podIdentity: {}').replace('objectStore', '»objectStore'),
    right: inGov('us-gov-west-1', 'podIdentity: {roles: "arn:{partition}:iam::{account}:role/{component}"}'),
  },
  {
    code: 'role-in-other-account',
    wrong: inCloud('region: eu-west-1, auth: {podIdentity: {»roles: "arn:aws:iam::444455556666:role/{component}"}}'),
    right: inCloud('region: eu-west-1, auth: {podIdentity: {roles: "arn:aws:iam::{account}:role/{component}"}}'),
  },
  {
    code: 'trust-policy-too-long',
    wrong: manyClusters(25, '{irsa: {»roles: "arn:aws:iam::{account}:role/{component}"}}'),
    right: manyClusters(15, '{irsa: {roles: "arn:aws:iam::{account}:role/{component}"}}'),
  },
  {
    code: 'bucket-policy-too-long',
    wrong: manyAccounts(250, '»podIdentity: {}'),
    right: manyAccounts(200, 'podIdentity: {}'),
  },
  {
    code: 'bucket-policy-too-long',
    wrong: manyAccounts(250, '»irsa: {}'),
    right: manyAccounts(250, 'irsa: {roles: "arn:aws:iam::111122223333:role/{kubernetes}-{component}"}'),
  },
  {
    code: 'eks-without-arn',
    wrong: cluster('»cloud: {platform: eks, context: metrics}'),
    right: cluster('cloud: {platform: eks, context: metrics, arn: arn:aws:eks:eu-north-1:111122223333:cluster/metrics}'),
  },
  {
    code: 'eks-without-oidc-provider',
    wrong: eks({
      kubernetes: `kubernetes: {»cloud: {${cloud}}}`,
      objectStore: 'objectStore: {type: s3, bucket: demo-metrics, region: eu-west-1, auth: {irsa: {}}}',
    }),
    right: eks({
      kubernetes: `kubernetes: {cloud: {${cloud}, ${oidc}}}`,
      objectStore: 'objectStore: {type: s3, bucket: demo-metrics, region: eu-west-1, auth: {irsa: {}}}',
    }),
  },
  {
    code: 'role-name-too-long',
    wrong: inCloud(
      `region: eu-west-1, auth: {podIdentity: {»roles: "arn:aws:iam::{account}:role/${'r'.repeat(55)}{component}"}}`,
    ),
    right: inCloud(`region: eu-west-1, auth: {podIdentity: {roles: "arn:aws:iam::{account}:role/${'r'.repeat(54)}{component}"}}`),
  },
];

const platforms: readonly Refusal[] = [
  {
    code: 'embedded-off-kind',
    wrong: eks({ objectStore: 'objectStore: {»type: embedded}' }),
    right: fleet(),
  },
  {
    code: 'demo-password',
    wrong: eks({ observer: '»observer: {in: cloud}' }),
    right: eks({ observer: 'observer: {in: cloud, grafana: {adminSecret: a}}' }),
  },
];

const azureId = '"01234567-89ab-cdef-0123-456789abcdef"';
const azureAuth = (more = '') =>
  `workloadIdentity: {tenantId: ${azureId}, »clientIds: {sidecar: ${azureId}, store: ${azureId}, compact: ${azureId}, rule: ${azureId}, bucket-web: ${azureId}${more}}}`;
const onAzure = (auth: string, to: string) =>
  fleet({
    objectStore: `objectStore: {type: azure, storageAccount: abc, container: abc, auth: {${auth}}, replicate: {${to}}}`,
  });
const plain = (text: string) => text.replace('»', '');

const replicas: readonly Refusal[] = [
  {
    code: 'replica-in-same-bucket',
    wrong: inCloud(
      'region: eu-west-1, auth: {podIdentity: {}}, replicate: {»to: {type: s3, bucket: demo-metrics, region: eu-west-2}}',
    ),
    right: inCloud(
      'region: eu-west-1, auth: {podIdentity: {}}, replicate: {to: {type: s3, bucket: demo-copies, region: eu-west-2}}',
    ),
  },
  {
    code: 'replica-in-same-bucket',
    wrong: elsewhere(
      'endpoint: s3, auth: {secret: s}, replicate: {»to: {type: s3, bucket: demo-metrics, endpoint: s3, prefix: a}}',
    ),
    right: elsewhere('endpoint: s3, auth: {secret: s}, replicate: {to: {type: s3, bucket: demo-metrics, endpoint: s4}}'),
  },
  {
    code: 'replica-in-same-bucket',
    wrong: elsewhere('endpoint: s3, auth: {secret: s}, replicate: {»to: {type: s3, bucket: demo-metrics, endpoint: S3:443}}'),
    right: elsewhere('endpoint: s3, auth: {secret: s}, replicate: {to: {type: s3, bucket: demo-metrics, endpoint: s3:444}}'),
  },
  {
    code: 'replica-in-same-bucket',
    wrong: fleet({
      objectStore: 'objectStore: {type: gcs, bucket: abc, auth: {secret: s}, replicate: {»to: {type: gcs, bucket: abc}}}',
    }),
    right: fleet({
      objectStore: 'objectStore: {type: gcs, bucket: abc, auth: {secret: s}, replicate: {to: {type: gcs, bucket: abcd}}}',
    }),
  },
  {
    code: 'replica-in-same-bucket',
    wrong: onAzure('secret: s', '»to: {type: azure, storageAccount: abc, container: abc}'),
    right: onAzure('secret: s', 'to: {type: azure, storageAccount: abc, container: abcd}'),
  },
  {
    code: 'replica-for-nobody',
    wrong: fleet({ objectStore: 'objectStore: {type: embedded, replicate: {»to: {type: s3, bucket: copies, endpoint: s3}}}' }),
    right: fleet({
      objectStore: 'objectStore: {type: embedded, replicate: {to: {type: s3, bucket: copies, endpoint: s3, auth: {secret: s}}}}',
    }),
  },
  {
    code: 'replica-for-nobody',
    wrong: inCloud('region: eu-west-1, auth: {podIdentity: {}}, replicate: {»to: {type: s3, bucket: copies, endpoint: minio}}'),
    right: inCloud(
      'region: eu-west-1, auth: {podIdentity: {}}, replicate: {to: {type: s3, bucket: copies, endpoint: minio, auth: {secret: s}}}',
    ),
  },
  {
    code: 'replica-for-nobody',
    wrong: inCloud(
      'region: eu-west-1, auth: {podIdentity: {}}, replicate: {»to: {type: s3, bucket: demo-metrics, region: eusc-de-east-1}}',
    ),
    right: inCloud(
      'region: eu-west-1, auth: {podIdentity: {}}, replicate: {to: {type: s3, bucket: demo-metrics, region: eusc-de-east-1, auth: {secret: s}}}',
    ),
  },
  {
    code: 'replica-for-nobody',
    wrong: onAzure('secret: s', '»to: {type: azure, storageAccount: abcd, container: abc}'),
    right: onAzure('secret: s', 'to: {type: azure, storageAccount: abcd, container: abc, auth: {secret: t}}'),
  },
  {
    code: 'replica-for-nobody',
    wrong: onAzure(azureAuth(), 'to: {type: azure, storageAccount: abcd, container: abc}'),
    right: plain(onAzure(azureAuth(`, replicate: ${azureId}`), 'to: {type: azure, storageAccount: abcd, container: abc}')),
  },
  {
    code: 'bucket-without-place',
    wrong: elsewhere('endpoint: s3, auth: {secret: s}, replicate: {»to: {type: s3, bucket: copies}}'),
    right: elsewhere('endpoint: s3, auth: {secret: s}, replicate: {to: {type: s3, bucket: copies, endpoint: s4}}'),
  },
  {
    code: 'key-without-arn',
    wrong: inCloud(
      'region: eu-west-1, auth: {podIdentity: {}}, replicate: {to: {type: s3, bucket: copies, region: eu-west-2, sse: {type: SSE-KMS, »key: alias/a}}}',
    ),
    right: inCloud(
      'region: eu-west-1, auth: {podIdentity: {}}, replicate: {to: {type: s3, bucket: copies, region: eu-west-2, sse: {type: SSE-KMS, key: alias/a}, auth: {secret: s}}}',
    ),
  },
];

export const objectStores: readonly Refusal[] = [...stores, ...otherClouds, ...roles, ...platforms, ...replicas];
