// The ports on localhost of a fleet on kind: which user interface is where, and the NodePort behind it.
import type { Construct } from 'constructs';
import { hostUrl } from './ingress';
import { k8s, metadata, selectorLabels } from './kit/kubernetes';
import { localhost } from './kit/policies';
import type { Endpoint } from './kit/wiring';
import type { Topology } from './topology';

export interface LocalPort {
  /** What is there, for people. */
  readonly title: string;
  readonly endpoint: Endpoint;
  /** Port on localhost. */
  readonly hostPort: number;
  /** Port on the kind node that hostPort is mapped to. */
  readonly nodePort: number;
  /** The one pod of a StatefulSet that it leads to. */
  readonly pod?: string;
}

/** Ports for Prometheus end before Alertmanager's begins; further replicas are reached by port-forward. */
const prometheusPorts = { first: 9081, last: 9092 } as const;

/** The user interfaces in the order of the table that `npm run up` prints. */
export const localPorts = (topology: Topology): LocalPort[] => {
  const { observer: o, clusters, agents } = topology;
  const here = agents.find((a) => a.kubernetes.name === o.kubernetes.name);
  const prometheus = clusters
    .filter((c) => c.workload.kubernetes === o.kubernetes.name)
    .flatMap((c) => Array.from({ length: c.workload.replicas }, (_, i) => ({ c, i })))
    .slice(0, prometheusPorts.last - prometheusPorts.first + 1)
    .map(
      ({ c, i }, n): LocalPort => ({
        title: `Prometheus ${c.cluster.name} ${i}`,
        endpoint: c.http,
        hostPort: prometheusPorts.first + n,
        nodePort: prometheusPorts.first + n - 9000 + 30000,
        pod: `${c.workload.name}-${i}`,
      }),
    );
  return [
    { title: 'Grafana', endpoint: o.grafana.http, hostPort: 3000, nodePort: 30300 },
    { title: 'Query Frontend', endpoint: o.queryFrontend.http, hostPort: 10901, nodePort: 30901 },
    { title: 'Query', endpoint: o.query.http, hostPort: 10902, nodePort: 30902 },
    { title: 'Ruler', endpoint: o.ruler.http, hostPort: 10903, nodePort: 30903 },
    { title: 'Bucket web', endpoint: o.bucketWeb.http, hostPort: 10904, nodePort: 30904 },
    { title: 'Alertmanager', endpoint: o.alertmanager.http, hostPort: 9093, nodePort: 30093 },
    ...prometheus,
    ...(here
      ? [
          {
            title: 'node-exporter',
            endpoint: here.nodeExporter.http,
            hostPort: 9100,
            nodePort: here.nodeExporter.http.port.number,
          },
          { title: 'cAdvisor', endpoint: here.cadvisor.http, hostPort: 8080, nodePort: 30080 },
        ]
      : []),
  ];
};

/** Whether ports of localhost lead to the observer at all. */
export const onLocalhost = (topology: Topology): boolean => topology.observer.kubernetes.platform === 'kind';

/**
 * Where a user finds a component: at its host, on localhost, or off kind behind its Service. The querier's pages are the
 * query-frontend's too, and only that has a host.
 */
export const userUrl = (topology: Topology, endpoint: Endpoint): string =>
  hostUrl(topology, endpoint === topology.observer.query.http ? topology.observer.queryFrontend.http : endpoint) ??
  plainUrl(topology, endpoint);

const plainUrl = (topology: Topology, endpoint: Endpoint): string =>
  onLocalhost(topology)
    ? `${endpoint.serverName ? 'https' : 'http'}://localhost:${localPorts(topology).find((p) => p.endpoint === endpoint)?.hostPort}`
    : endpoint.link;

/** NodePort Services of one namespace, and the permission to use them. */
export const renderLocalPorts = (scope: Construct, topology: Topology, kubernetes: string, namespace: string): void => {
  if (!onLocalhost(topology)) return;
  const k = topology.observer.kubernetes;
  for (const { endpoint, nodePort, pod } of localPorts(topology)) {
    const { server, port } = endpoint;
    if (server.namespace !== namespace || server.kubernetes !== kubernetes || server.hostNetwork) continue;
    endpoint.discoveredBy(localhost(k));
    const name = `${pod ?? server.name}-localhost`;
    new k8s.KubeService(scope, `${name}-service`, {
      metadata: metadata(server, name),
      spec: {
        type: 'NodePort',
        selector: { ...selectorLabels(server), ...(pod ? { 'statefulset.kubernetes.io/pod-name': pod } : {}) },
        ports: [{ name: port.name, port: port.number, targetPort: k8s.IntOrString.fromString(port.name), nodePort }],
      },
    });
  }
};
