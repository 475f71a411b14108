// How people reach the user interfaces: what leads to them, who is let in, and what is said of where they are.
import type { Manifest } from '../charts/fleet';
import { eks } from './refusals/support';
import { idOf, type Json, ofKind, sampleOf, workloadsOf } from './support/fleets';

const alb = 'alb: {allowFrom: [203.0.113.0/24, 198.51.100.7/32], balancerCidrs: [10.0.0.0/20]}';
const gateway = 'gateway: {name: public, namespace: gateways, listener: https, pods: {namespace: envoy, labels: {app: proxy}}}';
const oidc =
  'oidc: {secret: grafana-oidc, authUrl: https://id.example.com/auth, tokenUrl: https://id.example.com/token, apiUrl: https://id.example.com:8443/me, admins: [sre], editors: [dev, ops team]}';
const kubernetes =
  'kubernetes: {cloud: {platform: eks, context: arn:aws:eks:eu-west-1:111122223333:cluster/metrics, podCidrs: [10.128.0.0/9]}}';
const objectsOf = (text: string): readonly Manifest[] =>
  sampleOf('fleet.yaml', eks({ kubernetes, observer: `observer: {in: cloud, ${text}}` })).objects;

const grafana = (more = '') => `grafana: {adminSecret: grafana-admin, host: grafana.example.com${more}}`;
const others = 'queryFrontend: {host: query.example.com}, alertmanager: {host: alerts.example.com}';
const balanced = objectsOf(`ingress: {${alb}}, ${grafana()}, ${others}`);
const routed = objectsOf(`ingress: {${gateway}}, ${grafana(`, ${oidc}`)}`);

const policy = (objects: readonly Manifest[], name: string): Json =>
  ofKind(objects, 'NetworkPolicy').find((o) => o.metadata.name === name)?.spec;
/** Ports that a peer may reach of a program. */
const portsFor = (objects: readonly Manifest[], name: string, peer: (from: Json) => boolean): number[] =>
  policy(objects, name)
    .ingress.filter((rule: Json) => rule.from.some(peer))
    .flatMap((rule: Json) => rule.ports.map((p: Json) => p.port));
const container = (objects: readonly Manifest[], name: string): Json =>
  workloadsOf(objects).find((w) => w.name === name)?.spec.containers[0];
const variables = (objects: readonly Manifest[]): Record<string, string> =>
  Object.fromEntries(container(objects, 'grafana').env.map((e: Json) => [e.name, e.value]));

describe('a load balancer of the AWS Load Balancer Controller', () => {
  const ingresses = ofKind(balanced, 'Ingress');
  const annotation = (o: Manifest, key: string): string => (o.metadata as Json).annotations[`alb.ingress.kubernetes.io/${key}`];

  test('leads each host to its program, and nothing else', () => {
    expect(
      ingresses.map((o) => [o.spec.rules[0].host, o.spec.rules[0].http.paths[0].backend.service.name, o.spec.ingressClassName]),
    ).toEqual([
      ['grafana.example.com', 'grafana', 'alb'],
      ['query.example.com', 'thanos-query-frontend', 'alb'],
      ['alerts.example.com', 'alertmanager', 'alb'],
    ]);
  });
  test('speaks TLS only, and is open to those who are named only', () => {
    for (const o of ingresses) {
      expect(annotation(o, 'ssl-redirect')).toBe('443');
      expect(annotation(o, 'ssl-policy')).toMatch(/TLS13/);
      expect(annotation(o, 'inbound-cidrs')).toBe('198.51.100.7/32,203.0.113.0/24');
      expect(annotation(o, 'scheme')).toBe('internal');
      expect(o.spec.tls).toEqual([{ hosts: [o.spec.rules[0].host] }]);
    }
  });
  test('is one for all hosts, and is told the same by each', () => {
    const told = ingresses.map((o) => ({
      ...(o.metadata as Json).annotations,
      'alb.ingress.kubernetes.io/healthcheck-path': '',
    }));
    expect(annotation(ingresses[0] as Manifest, 'group.name')).toBe('demo');
    expect(told[1]).toEqual(told[0]);
    expect(told[2]).toEqual(told[0]);
  });
  test('waits for a query for longer than the querier does', () => {
    const [, idle] =
      /idle_timeout\.timeout_seconds=(\d+)/.exec(annotation(ingresses[1] as Manifest, 'load-balancer-attributes')) ?? [];
    expect(Number(idle)).toBeGreaterThan(120);
  });
  test('is told of that in whole seconds', () => {
    const [ingress] = ofKind(objectsOf(`ingress: {${alb}}, ${grafana()}, query: {timeout: 1m500ms}`), 'Ingress');
    expect(annotation(ingress as Manifest, 'load-balancer-attributes')).toMatch(/^idle_timeout\.timeout_seconds=71,/);
  });
  test.each([
    ['grafana', 3000],
    ['thanos-query-frontend', 10902],
    ['alertmanager', 9093],
  ])('is let in by %s, at its port, from the subnets of the balancer', (name, port) => {
    expect(portsFor(balanced, name, (from) => from.ipBlock?.cidr === '10.0.0.0/20')).toEqual([port]);
    expect(portsFor(balanced, name, (from) => from.ipBlock && from.ipBlock.cidr !== '10.0.0.0/20')).toEqual([]);
  });
  test('is let in by nobody else', () => {
    const open = ofKind(balanced, 'NetworkPolicy').filter((o) => JSON.stringify(o.spec.ingress ?? '').includes('10.0.0.0/20'));
    expect(open.map((o) => o.metadata.name).sort()).toEqual(['alertmanager', 'grafana', 'thanos-query-frontend']);
  });
});

describe('a Gateway', () => {
  test('gets a route for each host, at the listener that ends TLS', () => {
    const routes = ofKind(routed, 'HTTPRoute');
    expect(routes.map((o) => [o.apiVersion, idOf(o), o.spec])).toEqual([
      [
        'gateway.networking.k8s.io/v1',
        'HTTPRoute demo-observer/grafana',
        {
          parentRefs: [{ name: 'public', namespace: 'gateways', sectionName: 'https' }],
          hostnames: ['grafana.example.com'],
          rules: [
            {
              matches: [{ path: { type: 'PathPrefix', value: '/' } }],
              backendRefs: [{ name: 'grafana', port: 3000 }],
            },
          ],
        },
      ],
    ]);
  });
  test('is let in by its pods', () => {
    const peer = {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'envoy' } },
      podSelector: { matchLabels: { app: 'proxy' } },
    };
    expect(portsFor(routed, 'grafana', (from) => JSON.stringify(from) === JSON.stringify(peer))).toEqual([3000]);
  });
});

describe('without a host', () => {
  const closed = objectsOf('grafana: {adminSecret: grafana-admin}');
  test('nothing leads to a user interface', () => {
    expect(ofKind(closed, 'Ingress', 'HTTPRoute')).toEqual([]);
    expect(ofKind(routed, 'Ingress', 'HTTPRoute').map((o) => o.metadata.name)).toEqual(['grafana']);
  });
});

describe('links', () => {
  const flag = (name: string, key: string): string =>
    container(balanced, name).args.find((a: string) => a.startsWith(`${key}=`)) as string;
  test('of alerts lead to the query page', () => {
    expect(flag('prometheus', '--web.external-url')).toBe('--web.external-url=https://query.example.com');
    expect(flag('thanos-rule', '--alert.query-url')).toBe('--alert.query-url=https://query.example.com');
  });
  test('of notifications lead to Alertmanager', () => {
    expect(flag('alertmanager', '--web.external-url')).toBe('--web.external-url=https://alerts.example.com');
  });
  test('of Grafana are its own, and its cookie goes over TLS only', () => {
    expect(variables(balanced)).toMatchObject({
      GF_SERVER_ROOT_URL: 'https://grafana.example.com',
      GF_SECURITY_COOKIE_SECURE: 'true',
    });
  });
});

describe('login with an identity provider', () => {
  const env = variables(routed);
  test('takes its client from the Secret, by files', () => {
    const { volumeMounts } = container(routed, 'grafana');
    const directory = volumeMounts.find((m: Json) => m.name === 'oidc').mountPath;
    expect(env).toMatchObject({
      GF_AUTH_GENERIC_OAUTH_ENABLED: 'true',
      GF_AUTH_GENERIC_OAUTH_CLIENT_ID__FILE: `${directory}/client-id`,
      GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET__FILE: `${directory}/client-secret`,
    });
    const pod = workloadsOf(routed).find((w) => w.name === 'grafana');
    expect(pod?.spec.volumes).toContainEqual({ name: 'oidc', secret: { secretName: 'grafana-oidc' } });
  });
  test('gives a role by group, and lets everybody else look', () => {
    expect(env.GF_AUTH_GENERIC_OAUTH_ROLE_ATTRIBUTE_PATH).toBe(
      "contains(groups[*], 'sre') && 'Admin' || contains(groups[*], 'dev') && 'Editor' || contains(groups[*], 'ops team') && 'Editor' || 'Viewer'",
    );
  });
  test('may ask the provider, at its ports', () => {
    const ports = policy(routed, 'grafana')
      .egress.filter((rule: Json) => rule.to.some((to: Json) => to.ipBlock?.cidr === '0.0.0.0/0'))
      .flatMap((rule: Json) => rule.ports.map((p: Json) => p.port));
    expect(ports.sort()).toEqual([443, 8443]);
  });
  test('is not there unless asked for', () => {
    expect(Object.keys(variables(balanced)).filter((name) => name.includes('OAUTH'))).toEqual([]);
  });
});
