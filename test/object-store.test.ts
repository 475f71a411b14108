// The bucket: how it is found, as whom it is used, and who may come near it.
import { eks as eksFleet, fleet as kindFleet } from './refusals/support';
import { configFile, containersOf, fleetFiles, type Json, ofKind, podsOf, sample, sampleOf, workloadsOf } from './support/fleets';
import { network } from './support/network';

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
  test('in China has an endpoint of its own', () => {
    const text = eksFleet({
      kubernetes: 'kubernetes: {cloud: {platform: eks, context: arn:aws-cn:eks:cn-north-1:111122223333:cluster/metrics}}',
      ...s3('region: cn-north-1, auth: {podIdentity: {}}'),
    });
    expect(bucketConfig(sampleOf('fleet.yaml', text).objects).config.endpoint).toBe('s3.cn-north-1.amazonaws.com.cn');
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
      const names = pods
        .filter((p) => allowed(p, { ip }, { number, protocol: 'TCP' }))
        .map((p) => p.labels['app.kubernetes.io/name']);
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
