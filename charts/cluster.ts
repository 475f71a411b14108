// A monitored cluster: its namespace with the Prometheus pair.
import type { Chart } from 'cdk8s';
import { type Prometheus, renderPrometheus } from './components/prometheus';
import { clientTls } from './config/certificates';
import { bucketClients } from './config/objstore';
import type { Targets } from './config/prometheus';
import { renderExposed } from './exposure';
import type { ResolvedKubernetes } from './fleet/resolve';
import { namespace } from './kit/kubernetes';
import { dns, dnsMetrics, kubeletPort, kubernetesApi, kubernetesApiPorts, nodes } from './kit/policies';
import type { ForeignPods } from './kit/wiring';
import { renderLocalPorts, userUrl } from './localhost';
import { observerTargets, type Topology } from './topology';

export const renderCluster = (chart: Chart, topology: Topology, prometheus: Prometheus): void => {
  const { fleet } = topology;
  const { workload } = prometheus;
  const kubernetes = fleet.kubernetes.find((k) => k.name === workload.kubernetes) as ResolvedKubernetes;
  namespace(chart, workload.namespace, fleet.name, 'restricted');
  const bucket = bucketClients(chart, workload.namespace, fleet.name, topology.bucket, prometheus.clientTls)(workload);
  renderPrometheus(chart, prometheus, fleet, {
    kubernetes,
    bucket,
    alertmanager: topology.observer.alertmanager.http,
    targets: targetsOf(topology, prometheus, kubernetes),
    queryUrl: userUrl(topology, topology.observer.query.http),
  });
  renderExposed(chart, prometheus.grpc, kubernetes, prometheus.cluster.expose);
  renderLocalPorts(chart, topology, workload.kubernetes, workload.namespace);
};

/** What a cluster scrapes (see config/prometheus.ts for how targets are divided), with the permission to do so. */
const targetsOf = (topology: Topology, prometheus: Prometheus, kubernetes: ResolvedKubernetes): Targets => {
  const { fleet, edges } = topology;
  const { workload, cluster } = prometheus;
  const own = [prometheus.http, prometheus.sidecarHttp];
  const neighbours = fleet.clusters.filter((c) => c.in === cluster.in && c.name !== cluster.name);
  for (const port of kubernetesApiPorts) edges.allow(workload, kubernetesApi(kubernetes), port);
  if (!cluster.nodes) {
    for (const endpoint of own) endpoint.discoveredBy(workload);
    if (cluster.namespaces.length > 0) edges.allow(workload, annotated(workload.namespace, { in: cluster.namespaces }));
    return { endpoints: own };
  }
  const fleetNamespaces = [
    kubernetes.agentsNamespace,
    ...(fleet.observer.in === cluster.in ? [fleet.observer.namespace] : []),
    ...(topology.objectStore && fleet.observer.in === cluster.in ? [topology.objectStore.workload.namespace] : []),
    ...fleet.clusters.filter((c) => c.in === cluster.in).map((c) => c.namespace),
  ];
  const foreignNamespaces = [...fleetNamespaces, ...neighbours.flatMap((c) => c.namespaces)].sort();
  const endpoints = [...own, ...(fleet.observer.in === cluster.in ? observerTargets(topology) : [])];
  const agents = topology.agents.find((a) => a.kubernetes.name === cluster.in);
  for (const endpoint of [...endpoints, ...(agents ? [agents.nodeExporter.http, agents.cadvisor.http] : [])])
    endpoint.discoveredBy(workload);
  edges.allow(workload, nodes(kubernetes), kubeletPort);
  edges.allow(workload, dns, dnsMetrics);
  edges.allow(workload, annotated(workload.namespace, { notIn: foreignNamespaces }));
  const { clientTls: certificate } = prometheus;
  return {
    endpoints,
    tls: certificate && ((name) => clientTls(certificate, name)),
    kubernetes: { agentsNamespace: kubernetes.agentsNamespace, foreignNamespaces },
  };
};

const annotated = (owner: string, namespaces: ForeignPods['namespaces']): ForeignPods => ({
  kind: 'pods',
  name: `annotated pods of ${owner}`,
  namespaces,
});
