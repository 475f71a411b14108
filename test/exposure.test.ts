// Connections between Kubernetes clusters: what both ends must agree on, judged from the manifests.
import { parse, stringify } from 'yaml';
import { caReaders, certificates } from '../charts/exposure';
import { fileText } from '../charts/fleet';
import { configFile, type Json, ofKind, place, readText, type Sample, sample, sampleOf } from './support/fleets';

const file = 'examples/kind-fleet/fleet.yaml';
const written = parse(readText(file));
/** The example, with some of it written otherwise. */
const changed = (change: (fleet: Json) => void): Sample => {
  const fleet = structuredClone(written);
  change(fleet);
  return sampleOf('fleet.yaml', stringify(fleet));
};
const inNamespace = (s: Sample, namespace: string, kind: string): Json[] =>
  ofKind(s.objects, kind).filter((o) => o.metadata.namespace === namespace);
const named = (objects: Json[], name: string): Json => objects.find((o) => o.metadata.name === name);

describe('the querier', () => {
  const { endpoints } = configFile(sample(file).objects, 'acme-observer', 'endpoints.yaml');
  const remote = endpoints.filter((e: Json) => e.strict);

  test('reaches each replica in another Kubernetes cluster by an address of its own, under the name of its cluster', () => {
    expect(remote.map((e: Json) => [e.address, e.client_config.server_name])).toEqual([
      ['nodes-of-chicago.acme-observer.svc.cluster.local:31901', 'thanos-sidecar.chicago.acme'],
      ['nodes-of-chicago.acme-observer.svc.cluster.local:31902', 'thanos-sidecar.chicago.acme'],
      ['nodes-of-seattle.acme-observer.svc.cluster.local:31901', 'thanos-sidecar.seattle.acme'],
      ['nodes-of-seattle.acme-observer.svc.cluster.local:31902', 'thanos-sidecar.seattle.acme'],
    ]);
  });
  test('connects to each of them by itself, before it is asked', () => {
    for (const { group, service_config } of remote)
      expect([group, JSON.parse(service_config)]).toEqual([true, { loadBalancingConfig: [{ round_robin: {} }] }]);
  });
  test('shows its certificate there, and speaks TLS 1.3', () => {
    for (const { client_config } of remote)
      expect(client_config.tls_config).toEqual({
        enabled: true,
        cert_file: '/etc/tls/thanos-query-client-tls/tls.crt',
        key_file: '/etc/tls/thanos-query-client-tls/tls.key',
        ca_file: '/etc/tls/thanos-query-client-tls/ca.crt',
        min_version: '1.3',
      });
  });
  test('speaks no TLS to what is beside it', () => {
    const local = endpoints.filter((e: Json) => !e.strict);
    expect(local.filter((e: Json) => e.client_config)).toEqual([]);
    expect(local.every((e: Json) => e.address.startsWith('dnssrv+_grpc._tcp.'))).toBe(true);
  });
});

describe('a cluster in another Kubernetes cluster', () => {
  const chicago = place(`${file} in chicago`);
  const policy = named(inNamespace(chicago, 'acme-chicago', 'NetworkPolicy'), 'prometheus').spec;
  const from = ['172.16.0.0/12', '192.168.0.0/16', '198.18.0.0/15'].map((cidr) => ({ ipBlock: { cidr } }));

  test('lets its sidecar be reached from the given addresses, and nothing else of it from outside', () => {
    const outside = policy.ingress.filter((rule: Json) => rule.from.some((peer: Json) => peer.ipBlock));
    expect(outside).toEqual([{ from, ports: [{ port: 10901, protocol: 'TCP' }] }]);
    expect(
      ofKind(chicago.objects, 'Service')
        .filter((o) => o.spec.type === 'NodePort')
        .map((o) => o.metadata.name),
    ).toEqual(['prometheus-0-exposed', 'prometheus-1-exposed']);
  });
  test('keeps the address of who connects, by which policies let it in', () => {
    const exposed = ofKind(chicago.objects, 'Service').filter((o) => o.spec.type === 'NodePort');
    expect(exposed.map((o) => o.spec.externalTrafficPolicy)).toEqual(['Local', 'Local']);
    expect(exposed.map((o) => o.spec.selector['statefulset.kubernetes.io/pod-name'])).toEqual(['prometheus-0', 'prometheus-1']);
  });
  test('asks every client of its sidecars for a certificate', () => {
    const pod = named(inNamespace(chicago, 'acme-chicago', 'StatefulSet'), 'prometheus').spec.template.spec;
    const { args } = pod.containers.find((c: Json) => c.name === 'thanos-sidecar');
    expect(args.filter((a: string) => a.startsWith('--grpc-server-tls'))).toEqual([
      '--grpc-server-tls-cert=/etc/tls/thanos-sidecar-server-tls/tls.crt',
      '--grpc-server-tls-key=/etc/tls/thanos-sidecar-server-tls/tls.key',
      '--grpc-server-tls-client-ca=/etc/tls/thanos-sidecar-server-tls/ca.crt',
    ]);
  });
  test('gives a container no key that another one uses', () => {
    const pod = named(inNamespace(chicago, 'acme-chicago', 'StatefulSet'), 'prometheus').spec.template.spec;
    const keys = (name: string): string[] =>
      pod.containers
        .find((c: Json) => c.name === name)
        .volumeMounts.map((m: Json) => m.name)
        .filter((n: string) => n.endsWith('-tls'));
    expect(keys('prometheus')).toEqual(['prometheus-client-tls']);
    expect(keys('thanos-sidecar')).toEqual(['thanos-sidecar-server-tls']);
    expect(pod.volumes.find((v: Json) => v.name === 'objstore-ca').secret.items).toEqual([
      { key: 'ca.crt', path: 'fleet-ca.crt' },
    ]);
  });
  test('sends its alerts to every Alertmanager by mutual TLS', () => {
    const three = changed((fleet) => {
      fleet.observer.alertmanager = { replicas: 3 };
    });
    const { alerting } = configFile(
      three.objects.filter((o) => o.metadata.namespace === 'acme-chicago'),
      'acme-chicago',
      'prometheus.yml',
    );
    const host = 'nodes-of-observer.acme-chicago.svc.cluster.local';
    expect(alerting.alertmanagers).toEqual([
      {
        api_version: 'v2',
        scheme: 'https',
        tls_config: {
          cert_file: '/etc/tls/prometheus-client-tls/tls.crt',
          key_file: '/etc/tls/prometheus-client-tls/tls.key',
          ca_file: '/etc/tls/prometheus-client-tls/ca.crt',
          server_name: 'alertmanager.acme',
        },
        static_configs: [{ targets: [`${host}:31093`, `${host}:31094`, `${host}:31095`] }],
      },
    ]);
  });
  test('writes to the embedded object store by TLS, with an account of its own', () => {
    const bucket = configFile(chicago.objects, 'acme-chicago', 'bucket.yaml').config;
    expect([bucket.endpoint, bucket.insecure, bucket.http_config.tls_config.server_name]).toEqual([
      'nodes-of-observer.acme-chicago.svc.cluster.local:31070',
      undefined,
      'object-store.acme',
    ]);
    const accounts = JSON.parse(
      named(inNamespace(sample(file), 'acme-object-store', 'Secret'), 'objstore-accounts').stringData['users.json'],
    );
    const own = named(inNamespace(chicago, 'acme-chicago', 'Secret'), 'objstore-credentials').stringData;
    expect(accounts.accessAccounts[own.accessKey].secret).toBe(own.secretKey);
    expect(Object.keys(accounts.accessAccounts)).toEqual(['thanos-demo-chicago', 'thanos-demo-seattle']);
  });
});

describe('a load balancer', () => {
  const balanced = (platform: object): Sample =>
    changed((fleet) => {
      fleet.kubernetes.chicago = platform;
      fleet.objectStore = { type: 's3', bucket: 'blocks', endpoint: 's3.example.com', auth: { secret: 'blocks' } };
      fleet.tls = { issuer: { certManager: { name: 'fleet-ca' } } };
      fleet.observer.expose.nodePort = { address: '192.0.2.1' };
      fleet.clusters.seattle.expose.nodePort = { address: '192.0.2.2' };
      fleet.clusters.chicago.expose = {
        loadBalancer: { hostname: 'thanos-{replica}.chicago.example' },
        allowFrom: ['10.1.0.0/16'],
      };
    });
  const services = (s: Sample): Json[] => inNamespace(s, 'acme-chicago', 'Service').filter((o) => o.spec.type === 'LoadBalancer');

  test('is made for each replica, for the given sources only', () => {
    const made = services(balanced({ platform: 'kind' }));
    expect(made.map((o) => o.metadata.annotations)).toEqual([
      { 'external-dns.alpha.kubernetes.io/hostname': 'thanos-0.chicago.example' },
      { 'external-dns.alpha.kubernetes.io/hostname': 'thanos-1.chicago.example' },
    ]);
    expect(made.map((o) => o.spec.loadBalancerSourceRanges)).toEqual([['10.1.0.0/16'], ['10.1.0.0/16']]);
    expect(made.map((o) => o.spec.selector['statefulset.kubernetes.io/pod-name'])).toEqual(['prometheus-0', 'prometheus-1']);
  });
  test('on EKS is an internal Network Load Balancer that keeps the address of who connects', () => {
    const [first] = services(balanced({ platform: 'eks', context: 'chicago' }));
    expect(first.metadata.annotations).toMatchObject({
      'service.beta.kubernetes.io/aws-load-balancer-type': 'external',
      'service.beta.kubernetes.io/aws-load-balancer-nlb-target-type': 'ip',
      'service.beta.kubernetes.io/aws-load-balancer-scheme': 'internal',
      'service.beta.kubernetes.io/aws-load-balancer-target-group-attributes': 'preserve_client_ip.enabled=true',
    });
  });
  test('is asked at the port of the program', () => {
    const { endpoints } = configFile(balanced({ platform: 'kind' }).objects, 'acme-observer', 'endpoints.yaml');
    expect(endpoints.filter((e: Json) => e.strict).map((e: Json) => e.address)).toEqual([
      'thanos-0.chicago.example:10901',
      'thanos-1.chicago.example:10901',
      '192.0.2.2:31901',
      '192.0.2.2:31902',
    ]);
  });
  test('leaves an exposed address that is known as the only one that the querier may go to', () => {
    const policy = named(inNamespace(balanced({ platform: 'kind' }), 'acme-observer', 'NetworkPolicy'), 'thanos-query').spec;
    const to = policy.egress.find((rule: Json) => rule.ports.some((p: Json) => p.port === 31901)).to;
    expect(to).toEqual([{ ipBlock: { cidr: '192.0.2.2/32' } }]);
  });
});

test('for addresses of the user there is no Service', () => {
  const s = changed((fleet) => {
    fleet.clusters.chicago.expose = { addresses: ['one.example:443', 'two.example:443'], allowFrom: ['10.1.0.0/16'] };
  });
  expect(inNamespace(s, 'acme-chicago', 'Service').map((o) => o.metadata.name)).toEqual(['prometheus', 'nodes-of-observer']);
});

describe('certificates', () => {
  const expected = [
    'acme-central prometheus-client-tls prometheus.central.acme client auth',
    'acme-chicago prometheus-client-tls prometheus.chicago.acme client auth',
    'acme-chicago thanos-sidecar-server-tls thanos-sidecar.chicago.acme server auth',
    'acme-object-store object-store-server-tls object-store.acme server auth',
    'acme-observer alertmanager-server-tls alertmanager.acme server auth',
    'acme-observer thanos-query-client-tls thanos-query.acme client auth',
    'acme-observer thanos-rule-client-tls thanos-rule.acme client auth',
    'acme-seattle prometheus-client-tls prometheus.seattle.acme client auth',
    'acme-seattle thanos-sidecar-server-tls thanos-sidecar.seattle.acme server auth',
  ];
  const shown = (namespace: string, secret: string, names: readonly string[], usages: readonly string[]) =>
    `${namespace} ${secret} ${names.join(' ')} ${usages.filter((u) => u !== 'digital signature').join(' ')}`;

  test('bind each server and client to what it is', () => {
    const all = certificates(sample(file).topology).map((c) => shown(c.namespace, c.secret, c.dnsNames, c.usages));
    expect(all.sort()).toEqual(expected);
  });
  test('are asked of cert-manager under the same names', () => {
    const s = changed((fleet) => {
      fleet.tls = { issuer: { certManager: { name: 'fleet-ca' } } };
    });
    const asked = ofKind(s.objects, 'Certificate');
    expect(
      asked.map((o) => shown(o.metadata.namespace as string, o.spec.secretName, o.spec.dnsNames, o.spec.usages)).sort(),
    ).toEqual(expected);
    expect(new Set(asked.map((o) => JSON.stringify(o.spec.issuerRef)))).toEqual(
      new Set([JSON.stringify({ group: 'cert-manager.io', kind: 'ClusterIssuer', name: 'fleet-ca' })]),
    );
  });
  test('there are none, and no TLS, where all is in one Kubernetes cluster', () => {
    expect(certificates(sample('fleet.yaml').topology)).toEqual([]);
    expect(caReaders(sample('fleet.yaml').topology)).toEqual([]);
    expect(sample('fleet.yaml').files.map(fileText).join()).not.toMatch(/tls_config: *\n *cert_file|-tls\b/);
  });
});

describe('one cluster more', () => {
  const before = sample(file);
  const after = changed((fleet) => {
    fleet.kubernetes.boston = { platform: 'kind' };
    fleet.clusters.boston = structuredClone(fleet.clusters.chicago);
    fleet.clusters.boston.in = 'boston';
  });
  const texts = (s: Sample) => new Map(s.files.map((f) => [f.path, fileText(f)]));
  const [old, now] = [texts(before), texts(after)];

  test('changes its own files, what the observer asks of it, and the accounts of the object store', () => {
    const different = [...now].filter(([path, text]) => old.get(path) !== text).map(([path]) => path);
    expect(different).toEqual([
      'observer/object-store.k8s.yaml',
      'boston/cluster-boston.k8s.yaml',
      'observer/cluster-central.k8s.yaml', // watches the observer: how many endpoints its querier should have
      'observer/observer.k8s.yaml',
      'boston/agents.k8s.yaml',
    ]);
    expect([...old.keys()].filter((path) => !now.has(path))).toEqual([]);
  });
  test('adds to the observer and takes nothing away, apart from what restarts the ruler with its rules', () => {
    const objects = (s: Sample) =>
      new Map(
        (s.files.find((f) => f.path === 'observer/observer.k8s.yaml')?.objects ?? []).map((o) => [
          `${o.kind} ${o.metadata.name.replace(/-[0-9a-f]{10}$/, '')}`,
          JSON.stringify(o),
        ]),
      );
    const [were, are] = [objects(before), objects(after)];
    expect([...were.keys()].filter((id) => !are.has(id))).toEqual([]);
    expect([...are].filter(([id, text]) => were.get(id) !== text).map(([id]) => id)).toEqual([
      'NetworkPolicy thanos-query',
      'ConfigMap thanos-query-endpoints',
      'ConfigMap thanos-rule-rules',
      'Service nodes-of-boston',
      'StatefulSet thanos-rule',
    ]);
  });
});
