// How people reach the user interfaces that have a host: an Ingress of the AWS Load Balancer Controller each, or an HTTPRoute.
import type { Construct } from 'constructs';
import { HttpRoute, HttpRouteSpecRulesMatchesPathType } from '../imports/gateway.networking.k8s.io';
import { type ResolvedWay, type WebPart, webParts } from './fleet/ingress';
import { k8s, metadata } from './kit/kubernetes';
import { cidrs } from './kit/policies';
import { seconds } from './kit/units';
import type { Endpoint, Peer } from './kit/wiring';
import type { Topology } from './topology';

/** What each program answers when it is well. */
const healthPaths: Record<WebPart, string> = {
  grafana: '/api/health',
  queryFrontend: '/-/ready',
  alertmanager: '/-/ready',
};

/** The https:// address of a user interface, when it has a host. */
export const hostUrl = (topology: Topology, endpoint: Endpoint): string | undefined => {
  const part = webParts.find((p) => topology.observer[p].http === endpoint);
  const host = part && topology.fleet.observer.ingress?.hosts[part];
  return host && `https://${host}`;
};

/** From where connections come to the pods. */
const clientsOf = (way: ResolvedWay): Peer =>
  way.by === 'alb'
    ? { kind: 'addresses', name: 'load balancer', cidrs: cidrs(way.balancerCidrs) }
    : { kind: 'pods', name: 'gateway', namespaces: { in: [way.pods.namespace] }, labels: way.pods.labels };

/** An Ingress, or an HTTPRoute, for each host; and the permission to use it. */
export const renderIngress = (scope: Construct, topology: Topology): void => {
  const { fleet, observer } = topology;
  const { ingress } = fleet.observer;
  if (!ingress) return;
  for (const part of webParts) {
    const host = ingress.hosts[part];
    if (host === undefined) continue;
    const { http } = observer[part];
    http.discoveredBy(clientsOf(ingress.way));
    if (ingress.way.by === 'alb') albIngress(scope, topology, ingress.way, part, host);
    else httpRoute(scope, ingress.way, http, host);
  }
};

type Alb = Extract<ResolvedWay, { by: 'alb' }>;
type Gateway = Extract<ResolvedWay, { by: 'gateway' }>;

/** One load balancer for all hosts of a fleet: what is said of it must be the same in every Ingress of its group. */
const albIngress = (scope: Construct, { fleet, observer }: Topology, way: Alb, part: WebPart, host: string): void => {
  const { server, port } = observer[part].http;
  // a query that takes its time must not be cut off by the balancer, whose own limit is a minute
  const idle = Math.ceil(seconds(fleet.observer.query.timeout)) + 10; // AWS takes whole seconds
  const settings: Record<string, string> = {
    'group.name': fleet.name,
    scheme: way.scheme,
    'target-type': 'ip', // straight to the pods, which have no ports on nodes
    'listen-ports': '[{"HTTP":80},{"HTTPS":443}]',
    'ssl-redirect': '443',
    'ssl-policy': 'ELBSecurityPolicy-TLS13-1-2-2021-06',
    ...(way.certificate ? { 'certificate-arn': way.certificate } : {}),
    'inbound-cidrs': way.allowFrom.join(','),
    'load-balancer-attributes': `idle_timeout.timeout_seconds=${idle},routing.http.drop_invalid_header_fields.enabled=true`,
    'healthcheck-path': healthPaths[part],
  };
  new k8s.KubeIngress(scope, `${server.name}-ingress`, {
    metadata: {
      ...metadata(server),
      annotations: Object.fromEntries(
        Object.entries(settings).map(([key, value]) => [`alb.ingress.kubernetes.io/${key}`, value]),
      ),
    },
    spec: {
      ingressClassName: way.class,
      tls: [{ hosts: [host] }], // ACM's certificates are found by these names
      rules: [
        {
          host,
          http: {
            paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: server.name, port: { name: port.name } } } }],
          },
        },
      ],
    },
  });
};

const httpRoute = (scope: Construct, way: Gateway, { server, port }: Endpoint, host: string): void => {
  new HttpRoute(scope, `${server.name}-http-route`, {
    metadata: metadata(server),
    spec: {
      parentRefs: [{ name: way.name, namespace: way.namespace, sectionName: way.listener }],
      hostnames: [host],
      rules: [
        {
          matches: [{ path: { type: HttpRouteSpecRulesMatchesPathType.PATH_PREFIX, value: '/' } }],
          backendRefs: [{ name: server.name, port: port.number }],
        },
      ],
    },
  });
};
