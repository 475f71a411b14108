// A Prometheus that is somebody else's: nothing is deployed for it, all that is global knows it, and doctor says what its labels lack.
import { parse } from 'yaml';
import { parseFleet } from '../charts/fleet';
import { externalFindings } from '../scripts/doctor/externals';
import { fleet } from './refusals/support';
import { configFile, idOf, type Json, ofKind, readText, sampleOf, workloadsOf } from './support/fleets';

const near = `{in: kind, prometheus: external, labels: {team: shop}, scrapeInterval: 1m,
  sidecar: {pods: {namespace: monitoring, labels: {app: prometheus}}}}`;
const far = `{in: there, prometheus: external,
  sidecar: {addresses: ["192.0.2.7:10901", "thanos.example.com:443"], tls: {secret: ledger-sidecars, serverName: ledger.example.com}}}`;
const observer = `observer: {in: kind, alertmanager: {receivers: {team: {slack: {channel: "#a", secret: s}}}, defaultReceiver: team,
  routes: [{receiver: team, team: [shop], cluster: [shop]}]}}`;
const text = fleet({
  kubernetes: 'kubernetes: {kind: {platform: kind}, there: {platform: kind}}',
  observer,
  clusters: `clusters: {home: {in: kind}, shop: ${near}, ledger: ${far}}`,
});
const known = sampleOf('fleet.yaml', text);
const without = sampleOf('fleet.yaml', fleet({ clusters: 'clusters: {home: {in: kind}}' }));
const { objects } = known;
const namespace = 'demo-observer';

const policy = (name: string): Json => ofKind(objects, 'NetworkPolicy').find((o) => o.metadata.name === name)?.spec;

describe('a cluster with a Prometheus of its own', () => {
  it('gets nothing deployed', () => {
    const places = (s: typeof known) => s.objects.map(idOf).filter((id) => !/ConfigMap|Secret/.test(id));
    expect(places(known)).toEqual(places(without));
    expect(known.topology.fleet.kubernetes.map((k) => k.name)).toEqual(['kind']);
  });
  it('is asked by its Service, or each of its sidecars by its address and mutual TLS', () => {
    const { endpoints } = configFile(objects, namespace, 'endpoints.yaml');
    expect(endpoints).toContainEqual({ address: 'dns+prometheus-operated.monitoring.svc.cluster.local:10901' });
    const remote = endpoints.filter((e: Json) => e.client_config);
    expect(
      remote.map((e: Json) => [e.address, e.strict, e.client_config.server_name, e.client_config.tls_config.enabled]),
    ).toEqual([
      ['192.0.2.7:10901', true, 'ledger.example.com', true],
      ['thanos.example.com:443', true, 'ledger.example.com', true],
    ]);
    const query = workloadsOf(objects).find((w) => w.name === 'thanos-query')?.spec;
    const { mountPath, name } = query.containers[0].volumeMounts.find((m: Json) => m.mountPath.endsWith('/ledger-sidecars'));
    expect(query.volumes.find((v: Json) => v.name === name)).toEqual({ name, secret: { secretName: 'ledger-sidecars' } });
    for (const file of ['cert_file', 'key_file', 'ca_file'])
      expect(remote[0].client_config.tls_config[file]).toMatch(new RegExp(`^${mountPath}/(tls\\.crt|tls\\.key|ca\\.crt)$`));
  });
  it('is open to the querier, at its port and addresses only', () => {
    const to = (peer: (to: Json) => boolean): number[] =>
      policy('thanos-query')
        .egress.filter((rule: Json) => rule.to.some(peer))
        .flatMap((rule: Json) => rule.ports.map((p: Json) => p.port));
    expect(to((peer) => peer.podSelector?.matchLabels?.app === 'prometheus')).toEqual([10901]);
    expect(to((peer) => peer.ipBlock?.cidr === '192.0.2.7/32')).toEqual([10901]);
    expect(to((peer) => peer.ipBlock?.cidr === '0.0.0.0/0')).toEqual([443]);
  });
  it('may send alerts where it is in the same Kubernetes cluster', () => {
    const from = policy('alertmanager').ingress.filter((rule: Json) =>
      rule.from.some((peer: Json) => peer.podSelector?.matchLabels?.app === 'prometheus'),
    );
    expect(from.flatMap((rule: Json) => rule.ports.map((p: Json) => p.port))).toEqual([9093]);
  });
  it('is watched by the ruler: that it is there, and at the right time', () => {
    const groups = configFile(objects, namespace, 'global-partial.yaml').groups.filter((g: Json) => g.name === 'reach shop');
    const rules: Json[] = groups.flatMap((g: Json) => g.rules);
    expect(rules.map((r) => r.alert)).toEqual(['ClusterUnreachable', 'ClusterClockSkew']);
    expect(rules[0].expr).toContain('timestamp(up{cluster="shop"}) > time() - 195'); // three scrapes and a bit
    const recorded = configFile(objects, namespace, 'global.yaml').groups.find((g: Json) => g.name === 'recording shop');
    expect(recorded.rules.map((r: Json) => r.record)).toEqual(['cluster:up:sum', 'cluster:up:count']);
  });
  it('is missed when one of its sidecars is', () => {
    const rules = configFile(objects, 'demo-home', 'observer.yml').groups.flatMap((g: Json) => g.rules);
    const missed = rules.filter((r: Json) => r.alert === 'ThanosQueryEndpointsMissing' && r.labels.about_cluster === 'shop');
    expect(missed.map((r: Json) => / < (\d+)$/.exec(r.expr)?.[1])).toEqual(['2']);
  });
  it('is known to routes of alerts, by its name and its team', () => {
    const { route } = configFile(objects, namespace, 'alertmanager.yml');
    expect(JSON.stringify(route)).toContain('cluster=\\"shop\\"');
  });
  it('leaves the Secret of its certificates to the store, where there is one', () => {
    const fed = ofKind(sampleOf('fleet.yaml', `${text}externalSecrets: {store: {name: vault}}\n`).objects, 'ExternalSecret');
    expect(fed.find((o) => o.metadata.name === 'ledger-sidecars')?.spec.data.map((d: Json) => d.secretKey)).toEqual([
      'ca.crt',
      'tls.crt',
      'tls.key',
    ]);
  });
});

describe('doctor', () => {
  const { externals } = parseFleet(text, 'fleet.yaml');
  const shop = externals.filter((e) => e.name === 'shop');
  const sidecar = (labels: Record<string, string>, name = '10.0.0.1:10901') => ({ name, lastError: null, labelSets: [labels] });
  const right = [
    sidecar({ cluster: 'shop', prometheus: 'monitoring/k8s', replica: 'prometheus-k8s-0', team: 'shop' }),
    sidecar({ cluster: 'shop', prometheus: 'monitoring/k8s', replica: 'prometheus-k8s-1', team: 'shop' }),
  ];
  const told = (sidecars: Parameters<typeof externalFindings>[2]) =>
    externalFindings(shop, ['home'], [sidecar({ cluster: 'home', replica: 'prometheus-0' }), ...sidecars])
      .filter((f) => f.verdict !== 'ok')
      .map((f) => `${f.of}: ${f.seen} → ${f.remedy}`);

  it('is content when every sidecar says what the fleet file says', () => {
    expect(told(right)).toEqual([]);
    expect(externalFindings(shop, ['home'], right).map((f) => f.seen)).toEqual(['2 of 2']);
  });
  it('says nothing of fleets that deploy all themselves', () => {
    expect(externalFindings([], [], [sidecar({ cluster: 'another' })])).toEqual([]);
  });
  it('misses a sidecar that does not answer', () => {
    expect(told([right[0] as Json, { ...right[1], lastError: 'connection refused' }])).toEqual([
      expect.stringMatching(/^sidecars of shop: 1 of 2 → .*prometheus-operated in monitoring headless/),
    ]);
  });
  it("names the operator's own replica label", () => {
    const labels = (n: number) => ({ cluster: 'shop', team: 'shop', prometheus_replica: `prometheus-k8s-${n}` });
    expect(told([sidecar(labels(0)), sidecar(labels(1))])).toEqual([
      expect.stringMatching(
        /^shop: replicas are told apart by prometheus_replica, not by replica → .*replicaExternalLabelName: replica/,
      ),
    ]);
  });
  it('sees that two sidecars are one replica', () => {
    expect(told([right[0] as Json, right[0] as Json])).toEqual([
      expect.stringMatching(/^shop: two sidecars are replica prometheus-k8s-0 → the compactor halts/),
    ]);
  });
  it('asks for the labels of the fleet file', () => {
    const other = { ...(right[1] as Json), labelSets: [{ cluster: 'shop', replica: 'b', team: 'web' }] };
    expect(told([right[0] as Json, other])).toEqual([
      'shop: not all sidecars have {team: shop} → externalLabels: {cluster: shop, team: shop} there, or other labels in the fleet file',
    ]);
  });
  it('does not take a label of rulers', () => {
    const other = { ...(right[1] as Json), labelSets: [{ cluster: 'shop', replica: 'b', team: 'shop', ruler: 'x' }] };
    expect(told([right[0] as Json, other])).toEqual([expect.stringMatching(/^shop: sidecars have the label ruler/)]);
  });
  it.each([
    [{ cluster: 'prod-1', replica: 'a' }, 'it is of a cluster prod-1, which is not in the fleet'],
    [{ replica: 'a' }, 'no label cluster: {replica: a}'],
  ])('knows no sidecar that says %j', (labels, seen) => {
    expect(told([...right, sidecar(labels as Record<string, string>, '10.0.0.9:10901')])).toEqual([
      `10.0.0.9:10901: ${seen} → externalLabels: {cluster: …} at its Prometheus, with the name that it has in the fleet file: shop`,
    ]);
  });
});

test('what docs/external-prometheus.md says to write is what the fleet file takes', () => {
  const page = readText('docs/external-prometheus.md');
  const [first = ''] = page.split('```yaml\n').slice(1);
  const { clusters } = parse(first.split('```')[0] as string);
  const fleetText = fleet({ kubernetes: 'kubernetes: {prod: {platform: kind}}', observer: 'observer: {in: prod}' });
  expect(() =>
    parseFleet(fleetText.replace(/^clusters: .*$/m, `clusters: ${JSON.stringify(clusters)}`), 'fleet.yaml'),
  ).not.toThrow();
});
