// The bucket: how it is found, as whom it is used, and who may come near it.
import { parse } from 'yaml';
import { iamFiles } from '../charts/iam';
import { network } from '../scripts/verify/network';
import { eks as eksFleet, fleet as kindFleet } from './refusals/support';
import { configFile, containersOf, fleetFiles, type Json, ofKind, podsOf, sample, sampleOf, workloadsOf } from './support/fleets';

const users = ['prometheus', 'thanos-bucket-web', 'thanos-compact', 'thanos-rule', 'thanos-store'];
const s3 = (settings: string) => ({ objectStore: `objectStore: {type: s3, bucket: demo-metrics, ${settings}}` });
const withRoles = (kind: 'irsa' | 'podIdentity', more = '') =>
  sampleOf(
    'fleet.yaml',
    eksFleet({
      kubernetes:
        'kubernetes: {cloud: {platform: eks, context: arn:aws:eks:eu-west-1:111122223333:cluster/metrics, oidcProvider: https://oidc.eks.eu-west-1.amazonaws.com/id/0123}}',
      ...s3(`region: us-east-1, auth: {${kind}: {}}${more}`),
    }),
  );
const bucketUsers = (objects: Json[]) => workloadsOf(objects).filter((w) => users.includes(w.name));
const bucketContainers = (objects: readonly Json[]) =>
  containersOf([...objects]).filter((c) => c.container.args?.some((a: string) => a.startsWith('--objstore.config-file=')));
const bucketConfig = (objects: readonly Json[], namespace = 'demo-observer') =>
  configFile([...objects], namespace, 'bucket.yaml');

describe('a bucket of Amazon S3', () => {
  const { objects } = withRoles('podIdentity');
  test('is found by its region alone', () => {
    expect(bucketConfig(objects)).toEqual({
      type: 'S3',
      config: {
        bucket: 'demo-metrics',
        endpoint: 's3.us-east-1.amazonaws.com',
        region: 'us-east-1',
        bucket_lookup_type: 'virtual-hosted',
      },
    });
  });
  test('is the same for every namespace that uses it', () => {
    expect(bucketConfig(objects, 'demo-chicago')).toEqual(bucketConfig(objects));
  });
  test.each([
    ['us-gov-west-1', 'aws-us-gov', 'amazonaws.com'],
    ['cn-north-1', 'aws-cn', 'amazonaws.com.cn'],
    ['eusc-de-east-1', 'aws-eusc', 'amazonaws.eu'],
    ['us-iso-east-1', 'aws-iso', 'c2s.ic.gov'],
    ['us-isob-east-1', 'aws-iso-b', 'sc2s.sgov.gov'],
    ['eu-isoe-west-1', 'aws-iso-e', 'cloud.adc-e.uk'],
    ['us-isof-south-1', 'aws-iso-f', 'csp.hci.ic.gov'],
  ])('in %s is in the domain of its partition %s, and so is what gives credentials for roles there', (region, name, domain) => {
    const inRegion = (endpoint: string) => {
      const roles = 'arn:{partition}:iam::{account}:role/{kubernetes}-{component}';
      const text = eksFleet({
        kubernetes: `kubernetes: {cloud: {platform: eks, context: arn:${name}:eks:${region}:111122223333:cluster/metrics, oidcProvider: https://oidc.example.com/id/1}}`,
        ...s3(`${endpoint}, auth: {irsa: {roles: "${roles}"}}`),
      });
      return sampleOf('fleet.yaml', text).objects;
    };
    const objects = inRegion(`region: ${region}`);
    const known = domain.startsWith('amazonaws.com'); // to Thanos' client
    expect(bucketConfig(objects).config).toEqual({
      bucket: 'demo-metrics',
      endpoint: `s3.${region}.${domain}`,
      region,
      bucket_lookup_type: 'virtual-hosted',
      ...(known ? {} : { sts_endpoint: `https://sts.${region}.${domain}` }),
    });
    expect(bucketConfig(inRegion(`endpoint: s3.${region}.${domain}`))).toEqual(bucketConfig(objects));
    expect(JSON.stringify(ofKind(objects, 'ServiceAccount'))).toContain(`arn:${name}:iam::111122223333:role/cloud-compact`);
  });
  test('with dots in its name is looked up by path, since no certificate covers it', () => {
    const { objects } = sampleOf(
      'fleet.yaml',
      kindFleet(s3('region: eu-west-1, auth: {secret: keys}')).replace('demo-metrics', 'demo.metrics'),
    );
    expect(bucketConfig(objects).config.bucket_lookup_type).toBe('path');
  });
});

test('a bucket of another server is looked up by path, with its own certificate authority', () => {
  const { objects } = sampleOf(
    'fleet.yaml',
    kindFleet(s3('endpoint: "minio.example.com:9000", prefix: a/b, auth: {secret: keys, key: aws}, ca: {configMap: minio-ca}')),
  );
  expect(bucketConfig(objects)).toEqual({
    type: 'S3',
    prefix: 'a/b',
    config: {
      bucket: 'demo-metrics',
      endpoint: 'minio.example.com:9000',
      bucket_lookup_type: 'path',
      http_config: { tls_config: { ca_file: '/etc/thanos/objstore-ca/ca.crt' } },
    },
  });
  for (const { workload, container } of bucketContainers(objects)) {
    const volume = (name: string) => workload.spec.volumes.find((v: Json) => v.name === name);
    expect(volume('objstore-ca')).toEqual({ name: 'objstore-ca', configMap: { name: 'minio-ca' } });
    expect(volume('objstore-credentials').secret).toEqual({ secretName: 'keys', items: [{ key: 'aws', path: 'credentials' }] });
    expect(container.volumeMounts).toContainEqual({ name: 'objstore-ca', mountPath: '/etc/thanos/objstore-ca', readOnly: true });
    expect(container.env).toContainEqual({
      name: 'AWS_SHARED_CREDENTIALS_FILE',
      value: '/etc/thanos/objstore-credentials/credentials',
    });
  }
});

describe('a component with a role of IAM', () => {
  const irsa = withRoles('irsa');
  const podIdentity = withRoles('podIdentity');

  test('has no key: in no file, no Secret and no variable', () => {
    for (const { objects } of [irsa, podIdentity]) {
      expect(ofKind(objects, 'Secret')).toEqual([]);
      expect(JSON.stringify(objects)).not.toMatch(/objstore-credentials|aws_access_key_id|AWS_SHARED_CREDENTIALS_FILE/i);
    }
  });
  test('is named by its service account with IRSA, each by another role', () => {
    const roles = ofKind(irsa.objects, 'ServiceAccount').flatMap(
      (o: Json) => o.metadata.annotations?.['eks.amazonaws.com/role-arn'] ?? [],
    );
    expect(roles.sort()).toEqual([
      'arn:aws:iam::111122223333:role/demo-cloud-bucket-web',
      'arn:aws:iam::111122223333:role/demo-cloud-compact',
      'arn:aws:iam::111122223333:role/demo-cloud-rule',
      'arn:aws:iam::111122223333:role/demo-cloud-sidecar',
      'arn:aws:iam::111122223333:role/demo-cloud-store',
    ]);
  });
  test('is named by nothing in Kubernetes with Pod Identity', () => {
    for (const account of ofKind(podIdentity.objects, 'ServiceAccount'))
      expect((account as Json).metadata.annotations).toBeUndefined();
  });
  test('asks for credentials in the region of its own cluster', () => {
    for (const { container } of bucketContainers(irsa.objects))
      expect(container.env).toContainEqual({ name: 'AWS_REGION', value: 'eu-west-1' });
  });
  test('does not share them with the Prometheus in its pod', () => {
    for (const { objects } of [irsa, podIdentity])
      for (const w of bucketUsers([...objects]))
        expect(`${w.name} ${w.annotations['eks.amazonaws.com/skip-containers']}`).toBe(
          w.name === 'prometheus' ? 'prometheus prometheus' : `${w.name} undefined`,
        );
  });
  test('reaches who gives them, and nobody else does', () => {
    const reach = ({ objects }: typeof irsa, ip: string, number: number) => {
      const { allowed } = network(objects);
      const pods = podsOf(objects, '10.9.0').filter((p) => !p.hostNetwork);
      const names = pods.filter((p) => allowed(p, { ip }, { number, protocol: 'TCP' })).map((p) => p.spec.serviceAccountName);
      return [...new Set(names)].sort();
    };
    expect(reach(podIdentity, '169.254.170.23', 80)).toEqual(users);
    expect(reach(irsa, '169.254.170.23', 80)).toEqual([]);
    expect(reach(irsa, '203.0.113.7', 443)).toEqual(users); // STS and S3, which have no address of their own
  });
});

test.each(fleetFiles)('nobody in %s reaches the credentials of the node', (file) => {
  const { objects } = sample(file);
  const { allowed } = network(objects);
  const pods = podsOf(objects, '10.9.0').filter((p) => !p.hostNetwork);
  expect(pods.filter((p) => allowed(p, { ip: '169.254.169.254' }, { number: 80, protocol: 'TCP' })).map((p) => p.name)).toEqual(
    [],
  );
});

test('an object store in plain HTTP does not open the way to the credentials of the node', () => {
  const { objects } = sampleOf('fleet.yaml', kindFleet(s3('endpoint: minio.example.com, insecure: true, auth: {secret: keys}')));
  const { allowed } = network(objects);
  const store = podsOf(objects, '10.9.0').filter((p) => p.labels['app.kubernetes.io/name'] === 'thanos-store');
  const http = { number: 80, protocol: 'TCP' };
  expect(store.map((p) => [allowed(p, { ip: '203.0.113.7' }, http), allowed(p, { ip: '169.254.169.254' }, http)])).toEqual([
    [true, false],
  ]);
});

describe('what IAM is told:', () => {
  type Files = Record<string, Json>;
  const files = (text: string): Files =>
    Object.fromEntries(iamFiles(sampleOf('fleet.yaml', text).topology).map((f) => [f.path, JSON.parse(f.text)]));
  const role = (component: string) => `arn:aws:iam::111122223333:role/demo-cloud-${component}`;
  const text = (auth: string, more = '', clusters = 'chicago: {in: cloud}, seattle: {in: cloud}') =>
    eksFleet({
      kubernetes:
        'kubernetes: {cloud: {platform: eks, context: arn:aws:eks:eu-west-1:111122223333:cluster/metrics, oidcProvider: https://oidc.eks.eu-west-1.amazonaws.com/id/0123}}',
      clusters: `clusters: {${clusters}}`,
      ...s3(`region: eu-west-1, auth: ${auth}${more}`),
    });
  const podIdentity = files(text('{podIdentity: {}}', ', prefix: blocks/eu'));
  const policy = (component: string, all = podIdentity) => all[`cloud.iam/demo-cloud-${component}.policy.json`];
  const trust = (component: string, all = podIdentity) => all[`cloud.iam/demo-cloud-${component}.trust.json`];
  const actions = (document: Json, resource: string): string[] =>
    document.Statement.filter((s: Json) => s.Resource.includes(resource)).flatMap((s: Json) => s.Action);

  test('nothing where there are no roles', () => {
    for (const file of ['fleet.yaml', 'examples/s3-and-slack/fleet.yaml']) expect(iamFiles(sample(file).topology)).toEqual([]);
  });
  test('a policy and a trust policy for each component, and who is associated with them', () => {
    expect(Object.keys(podIdentity).sort()).toEqual([
      'cloud.iam/associations.json',
      ...['bucket-web', 'compact', 'rule', 'sidecar', 'store'].flatMap((c) => [
        `cloud.iam/demo-cloud-${c}.policy.json`,
        `cloud.iam/demo-cloud-${c}.trust.json`,
      ]),
    ]);
  });
  test('in a folder beside that which kubectl applies', () => {
    const applied = sampleOf('fleet.yaml', text('{podIdentity: {}}')).files.map((f) => f.path.split('/')[0]);
    expect(Object.keys(podIdentity).filter((path) => applied.includes(path.split('/')[0]))).toEqual([]);
  });
  test.each([
    ['store', ['s3:GetObject']],
    ['bucket-web', ['s3:GetObject']],
    ['sidecar', ['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject']],
    ['rule', ['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject']],
    ['compact', ['s3:AbortMultipartUpload', 's3:DeleteObject', 's3:GetObject', 's3:PutObject']],
  ])('%s may list the bucket and, of its own prefix, %p', (component, objects) => {
    expect(actions(policy(component), 'arn:aws:s3:::demo-metrics/blocks/eu/*')).toEqual(objects);
    expect(actions(policy(component), 'arn:aws:s3:::demo-metrics')).toEqual(['s3:ListBucket']);
    expect(policy(component).Statement.length).toBe(2);
  });
  test('the key of the bucket may be used as the bucket is, and through S3 only', () => {
    const key = 'arn:aws:kms:eu-west-1:111122223333:key/1-2';
    const all = files(text('{podIdentity: {}}', `, sse: {type: SSE-KMS, key: ${key}}`));
    expect(actions(policy('store', all), key)).toEqual(['kms:Decrypt']);
    for (const c of ['sidecar', 'rule', 'compact'])
      expect(actions(policy(c, all), key)).toEqual(['kms:Decrypt', 'kms:GenerateDataKey']);
    expect(policy('store', all).Statement[2].Condition).toEqual({
      StringEquals: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' },
    });
  });
  test('with Pod Identity a role is for one service account of one EKS cluster, in the namespaces that have it', () => {
    const [statement, ...others] = trust('sidecar').Statement;
    expect(others).toEqual([]);
    expect(statement).toMatchObject({
      Effect: 'Allow',
      Principal: { Service: 'pods.eks.amazonaws.com' },
      Action: ['sts:AssumeRole', 'sts:TagSession'],
      Condition: {
        StringEquals: {
          'aws:RequestTag/eks-cluster-arn': 'arn:aws:eks:eu-west-1:111122223333:cluster/metrics',
          'aws:RequestTag/kubernetes-namespace': ['demo-chicago', 'demo-seattle'],
          'aws:RequestTag/kubernetes-service-account': 'prometheus',
        },
      },
    });
  });
  test('associations name service accounts that are there, one for each that uses the bucket', () => {
    const { objects } = sampleOf('fleet.yaml', text('{podIdentity: {}}'));
    const pods = bucketContainers(objects).map(({ workload: w }) => `${w.namespace}/${w.spec.serviceAccountName}`);
    const associations = podIdentity['cloud.iam/associations.json'];
    expect(associations.map((a: Json) => `${a.namespace}/${a.serviceAccount}`)).toEqual([...new Set(pods)].sort());
    expect(associations[0]).toEqual({
      clusterName: 'metrics',
      namespace: 'demo-chicago',
      serviceAccount: 'prometheus',
      roleArn: role('sidecar'),
    });
  });
  test('with IRSA a role is for tokens of the cluster, made for STS, of the service accounts that name it', () => {
    const irsa = files(text('{irsa: {}}'));
    expect(Object.keys(irsa)).not.toContain('cloud.iam/associations.json');
    const provider = 'oidc.eks.eu-west-1.amazonaws.com/id/0123';
    expect(trust('sidecar', irsa).Statement).toEqual([
      {
        Sid: 'Irsa0',
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::111122223333:oidc-provider/${provider}` },
        Action: ['sts:AssumeRoleWithWebIdentity'],
        Condition: {
          StringEquals: {
            [`${provider}:aud`]: 'sts.amazonaws.com',
            [`${provider}:sub`]: [
              'system:serviceaccount:demo-chicago:prometheus',
              'system:serviceaccount:demo-seattle:prometheus',
            ],
          },
        },
      },
    ]);
  });
  test('each role of IRSA that a service account names trusts that service account', () => {
    const irsa = text('{irsa: {}}');
    const documents = files(irsa);
    const accounts = ofKind(sampleOf('fleet.yaml', irsa).objects, 'ServiceAccount').filter((o: Json) => o.metadata.annotations);
    expect(accounts.length).toBe(6);
    for (const { metadata } of accounts as Json[]) {
      const name = metadata.annotations['eks.amazonaws.com/role-arn'].replace(/.*\//, '');
      expect(JSON.stringify(documents[`cloud.iam/${name}.trust.json`])).toContain(
        `"system:serviceaccount:${metadata.namespace}:${metadata.name}"`,
      );
    }
  });
  test('the same, however often', () => {
    const made = () => iamFiles(sampleOf('fleet.yaml', text('{podIdentity: {}}')).topology);
    expect(made()).toEqual(made());
  });
});

test('the bucket is encrypted, and its requests are tuned, as the fleet file says', () => {
  const { objects } = sampleOf(
    'fleet.yaml',
    kindFleet(
      s3(
        'endpoint: s3, auth: {secret: keys}, sse: {type: SSE-C, secret: sse}, storageClass: INTELLIGENT_TIERING, partSize: 16Mi, multipart: false, contentMd5: false, listObjects: v1, dualstack: false, maxRetries: 3, http: {responseHeaderTimeout: 1m, idleConnTimeout: 30s, tlsHandshakeTimeout: 5s, maxIdleConns: 1, maxIdleConnsPerHost: 2, maxConnsPerHost: 3}',
      ),
    ),
  );
  expect(bucketConfig(objects).config).toEqual({
    bucket: 'demo-metrics',
    endpoint: 's3',
    bucket_lookup_type: 'path',
    put_user_metadata: { 'X-Amz-Storage-Class': 'INTELLIGENT_TIERING' },
    part_size: 16_777_216,
    disable_multipart: true,
    send_content_md5: false,
    list_objects_version: 'v1',
    disable_dualstack: true,
    max_retries: 3,
    sse_config: { type: 'SSE-C', encryption_key: '/etc/thanos/objstore-sse/key' },
    http_config: {
      response_header_timeout: '1m',
      idle_conn_timeout: '30s',
      tls_handshake_timeout: '5s',
      max_idle_conns: 1,
      max_idle_conns_per_host: 2,
      max_conns_per_host: 3,
    },
  });
});

test.each([
  ['SSE-S3', '{type: SSE-S3}', { type: 'SSE-S3' }],
  [
    'SSE-KMS',
    '{type: SSE-KMS, key: "alias/metrics", context: {fleet: demo}}',
    { type: 'SSE-KMS', kms_key_id: 'alias/metrics', kms_encryption_context: { fleet: 'demo' } },
  ],
])('the bucket is encrypted by %s', (_, written, config) => {
  const { objects } = sampleOf('fleet.yaml', kindFleet(s3(`endpoint: s3, auth: {secret: keys}, sse: ${written}`)));
  expect(bucketConfig(objects).config.sse_config).toEqual(config);
});

describe('a bucket of Google Cloud Storage', () => {
  const gcs = (settings: string) =>
    sampleOf('fleet.yaml', kindFleet({ objectStore: `objectStore: {type: gcs, bucket: demo-metrics, ${settings}}` })).objects;
  test('is used with the key of a service account, from a Secret', () => {
    const objects = gcs('auth: {secret: google}, prefix: a, chunkSize: 8Mi, maxRetries: 3, http: {maxIdleConns: 7}');
    expect(bucketConfig(objects)).toEqual({
      type: 'GCS',
      prefix: 'a',
      config: { bucket: 'demo-metrics', chunk_size_bytes: 8_388_608, max_retries: 3, http_config: { max_idle_conns: 7 } },
    });
    for (const { workload, container } of bucketContainers(objects)) {
      expect(workload.spec.volumes).toContainEqual({ name: 'objstore-credentials', secret: { secretName: 'google' } });
      expect(container.env).toContainEqual({
        name: 'GOOGLE_APPLICATION_CREDENTIALS',
        value: '/etc/thanos/objstore-credentials/key.json',
      });
    }
  });
  test('is used with tokens of Kubernetes, which are made for the pool and exchanged', () => {
    const provider = 'projects/1/locations/global/workloadIdentityPools/fleet/providers/';
    const objects = gcs(`auth: {workloadIdentity: {provider: "${provider}{kubernetes}"}}`);
    expect(ofKind(objects, 'Secret').map((o) => o.metadata.name)).toEqual(['grafana-admin']);
    expect(configFile([...objects], 'demo-observer', 'google-credentials.json')).toEqual({
      type: 'external_account',
      audience: `//iam.googleapis.com/${provider}kind`,
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: 'https://sts.googleapis.com/v1/token',
      credential_source: { file: '/etc/thanos/objstore-token/token' },
    });
    for (const { workload, container } of bucketContainers(objects)) {
      expect(container.env).toContainEqual({
        name: 'GOOGLE_APPLICATION_CREDENTIALS',
        value: '/etc/thanos/objstore/google-credentials.json',
      });
      expect(workload.spec.volumes.find((v: Json) => v.name === 'objstore-token').projected.sources).toEqual([
        { serviceAccountToken: { audience: `//iam.googleapis.com/${provider}kind`, expirationSeconds: 3600, path: 'token' } },
      ]);
    }
  });
});

describe('a container of Azure Blob Storage', () => {
  const azure = (settings: string) =>
    sampleOf(
      'fleet.yaml',
      kindFleet({ objectStore: `objectStore: {type: azure, storageAccount: demo, container: metrics, ${settings}}` }),
    ).objects;
  test('is used with a key of the storage account, which is in no file', () => {
    const objects = azure('auth: {secret: azure, key: k}, retries: {max: 5, timeout: 1m, delay: 1s, maxDelay: 30s}');
    expect(bucketConfig(objects)).toEqual({
      type: 'AZURE',
      config: {
        storage_account: 'demo',
        storage_account_key: '$(AZURE_STORAGE_ACCOUNT_KEY)',
        container: 'metrics',
        endpoint: 'blob.core.windows.net',
        storage_create_container: false,
        reader_config: { max_retry_requests: 5 },
        pipeline_config: { max_tries: 5, try_timeout: '1m', retry_delay: '1s', max_retry_delay: '30s' },
      },
    });
    for (const { container } of bucketContainers(objects))
      expect(container.env).toContainEqual({
        name: 'AZURE_STORAGE_ACCOUNT_KEY',
        valueFrom: { secretKeyRef: { name: 'azure', key: 'k' } },
      });
  });
  test('is used with a managed identity for each component', () => {
    const id = (n: number) => `0000000${n}-0000-0000-0000-00000000000a`;
    const objects = azure(
      `endpoint: blob.core.chinacloudapi.cn, auth: {workloadIdentity: {tenantId: "${id(9)}", clientIds: {sidecar: "${id(1)}", store: "${id(2)}", compact: "${id(3)}", rule: "${id(4)}", bucket-web: "${id(5)}"}}}`,
    );
    expect(bucketConfig(objects).config).not.toHaveProperty('storage_account_key');
    const clients = bucketContainers(objects).map(({ workload, container }) => {
      const env = Object.fromEntries(container.env.map((e: Json) => [e.name, e.value]));
      expect(env).toMatchObject({
        AZURE_TENANT_ID: id(9),
        AZURE_FEDERATED_TOKEN_FILE: '/etc/thanos/objstore-token/token',
        AZURE_AUTHORITY_HOST: 'https://login.chinacloudapi.cn/',
      });
      return `${workload.name} ${env.AZURE_CLIENT_ID}`;
    });
    expect([...new Set(clients)].sort()).toEqual([
      `prometheus ${id(1)}`,
      `thanos-bucket-web ${id(5)}`,
      `thanos-compact ${id(3)}`,
      `thanos-rule ${id(4)}`,
      `thanos-store ${id(2)}`,
    ]);
  });
});

describe('a second bucket', () => {
  const replicator = (objects: readonly Json[]) => {
    const found = workloadsOf([...objects]).filter((w) => w.name === 'thanos-replicate');
    expect(found.map((w) => [w.kind, w.namespace, w.replicas ?? 1])).toEqual([['Deployment', 'demo-observer', 1]]);
    return containersOf([...objects]).find((c) => c.workload.name === 'thanos-replicate') as Json;
  };
  const secondConfig = (objects: readonly Json[]) => {
    const own = ofKind([...objects], 'ConfigMap').filter((o: Json) => o.metadata.name.startsWith('objstore-replica'));
    return parse((own[0] as Json).data['bucket.yaml']);
  };
  const arnOf = (bucket: string) => `arn:aws:s3:::${bucket}`;
  const withCopy = (more = '') =>
    withRoles('podIdentity', `, replicate: {to: {type: s3, bucket: copies, region: eu-west-2, prefix: p${more}}}`);

  test('is nowhere unless the fleet file has one', () => {
    const { objects } = withRoles('podIdentity');
    expect(workloadsOf(objects).map((w) => w.name)).not.toContain('thanos-replicate');
  });
  test('gets every block, of every level, and none that is about to be deleted', () => {
    const { container } = replicator(withCopy().objects);
    expect(container.args).toEqual(
      expect.arrayContaining([
        '--objstore.config-file=/etc/thanos/objstore/bucket.yaml',
        '--objstore-to.config-file=/etc/thanos/replica/bucket.yaml',
        '--compaction-max=99',
        '--ignore-marked-for-deletion',
      ]),
    );
    expect(container.args.join(' ')).not.toMatch(/--(resolution|matcher|min-time|max-time|single-run)/);
    expect(secondConfig(withCopy().objects)).toEqual({
      type: 'S3',
      prefix: 'p',
      config: {
        bucket: 'copies',
        endpoint: 's3.eu-west-2.amazonaws.com',
        region: 'eu-west-2',
        bucket_lookup_type: 'virtual-hosted',
      },
    });
  });
  test('may be written by the role of the replicator, which deletes nowhere and writes nowhere else', () => {
    const key = 'arn:aws:kms:eu-west-2:111122223333:key/2';
    const files = Object.fromEntries(
      iamFiles(withCopy(`, sse: {type: SSE-KMS, key: "${key}"}`).topology).map((f) => [f.path, JSON.parse(f.text)]),
    );
    const { Statement } = files['cloud.iam/demo-cloud-replicate.policy.json'];
    const allowed = Object.fromEntries(Statement.map((s: Json) => [s.Resource[0], s.Action]));
    expect(allowed).toEqual({
      [arnOf('demo-metrics')]: ['s3:ListBucket'],
      [`${arnOf('demo-metrics')}/*`]: ['s3:GetObject'],
      [arnOf('copies')]: ['s3:ListBucket'],
      [`${arnOf('copies')}/p/*`]: ['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'],
      [key]: ['kms:Decrypt', 'kms:GenerateDataKey'],
    });
    expect(JSON.stringify(files['cloud.iam/demo-cloud-compact.policy.json'])).not.toContain('copies');
    expect(files['cloud.iam/replica-bucket-policy.json'].Statement[0].Principal).toEqual({
      AWS: ['arn:aws:iam::111122223333:role/demo-cloud-replicate'],
    });
  });
  test('on another server has keys of its own, which are in no file', () => {
    const { objects } = sampleOf(
      'fleet.yaml',
      kindFleet(
        s3(
          'endpoint: s3, auth: {secret: keys}, replicate: {to: {type: s3, bucket: copies, endpoint: "s4:9000", auth: {secret: other}, ca: {secret: ca}, sse: {type: SSE-C, secret: sse}}}',
        ),
      ),
    );
    const { container, workload } = replicator(objects);
    expect(secondConfig(objects).config).toMatchObject({
      access_key: '$(REPLICA_ACCESS_KEY)',
      secret_key: '$(REPLICA_SECRET_KEY)',
      sse_config: { encryption_key: '/etc/thanos/replica-sse/key' },
      http_config: { tls_config: { ca_file: '/etc/thanos/replica-ca/ca.crt' } },
    });
    expect(container.env).toEqual([
      { name: 'AWS_SHARED_CREDENTIALS_FILE', value: '/etc/thanos/objstore-credentials/credentials' },
      { name: 'REPLICA_ACCESS_KEY', valueFrom: { secretKeyRef: { name: 'other', key: 'accessKey' } } },
      { name: 'REPLICA_SECRET_KEY', valueFrom: { secretKeyRef: { name: 'other', key: 'secretKey' } } },
    ]);
    expect(workload.spec.volumes.map((v: Json) => v.name)).toEqual([
      'objstore',
      'objstore-credentials',
      'replica',
      'replica-ca',
      'replica-sse',
    ]);
    const ports = ofKind(objects, 'NetworkPolicy')
      .filter((p: Json) => p.spec.podSelector.matchLabels?.['app.kubernetes.io/name'] === 'thanos-replicate')
      .flatMap((p: Json) => p.spec.egress ?? [])
      .flatMap((rule: Json) => rule.ports.map((port: Json) => port.port));
    expect(ports).toEqual(expect.arrayContaining([443, 9000]));
  });
  test.each([
    ['as the first one', 'secret: a', '', '$(AZURE_STORAGE_ACCOUNT_KEY)'],
    ['with its own key', 'secret: a', ', auth: {secret: b}', '$(REPLICA_STORAGE_ACCOUNT_KEY)'],
  ])('on Azure is used %s', (_, auth, own, key) => {
    const store = `objectStore: {type: azure, storageAccount: demo, container: metrics, auth: {${auth}}, replicate: {to: {type: azure, storageAccount: demo, container: copies${own}}}}`;
    const { objects } = sampleOf('fleet.yaml', kindFleet({ objectStore: store }));
    expect(secondConfig(objects).config.storage_account_key).toBe(key);
    expect(replicator(objects).container.env.map((e: Json) => `$(${e.name})`)).toContain(key);
  });
});
