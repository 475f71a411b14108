// Node agents: one set per Kubernetes cluster, in a namespace of their own, since they need the host.
import type { Chart } from 'cdk8s';
import { renderCadvisor } from './components/cadvisor';
import { renderNodeExporter } from './components/node-exporter';
import { namespace } from './kit/kubernetes';
import { renderLocalPorts } from './localhost';
import type { Agents, Topology } from './topology';

export const renderAgents = (chart: Chart, topology: Topology, agents: Agents): void => {
  const { kubernetes, nodeExporter, cadvisor } = agents;
  namespace(chart, kubernetes.agentsNamespace, topology.fleet.name, 'privileged');
  renderNodeExporter(chart, nodeExporter);
  renderCadvisor(chart, cadvisor);
  renderLocalPorts(chart, topology, kubernetes.name, kubernetes.agentsNamespace);
};
