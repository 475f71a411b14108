// kind clusters for fleets that say `platform: kind`.
import type { ResolvedKubernetes } from './fleet/resolve';
import { yaml } from './kit/kubernetes';
import { type LocalPort, localPorts } from './localhost';
import type { Topology } from './topology';

/** Node label of a kind cluster that `npm run up` made; `npm run down` deletes only those. */
export const madeByLabel = 'thanos-fleet.made-by-up';

const mapping = (port: LocalPort) => ({
  containerPort: port.nodePort,
  hostPort: port.hostPort,
  listenAddress: '127.0.0.1',
  protocol: 'TCP',
});

/** Where replicas must be in different zones, there are three; kind keeps pods off the control plane when there are other nodes. */
const workers = (k: ResolvedKubernetes | undefined) =>
  k?.zones === 'required'
    ? ['a', 'b', 'c'].map((zone) => ({ role: 'worker', labels: { 'topology.kubernetes.io/zone': `zone-${zone}` } }))
    : [];

/** `kind create cluster --config`: the fleet's localhost ports, and the pod network that its policies know. */
export const kindConfig = (topology: Topology, kubernetes: string): string => {
  const k = topology.fleet.kubernetes.find((other) => other.name === kubernetes);
  const observerIsHere = topology.observer.kubernetes.name === kubernetes;
  return yaml({
    kind: 'Cluster',
    apiVersion: 'kind.x-k8s.io/v1alpha4',
    networking: { podSubnet: k?.podCidrs[0] },
    nodes: [
      {
        role: 'control-plane',
        labels: { [madeByLabel]: topology.fleet.name },
        extraPortMappings: observerIsHere ? localPorts(topology).map(mapping) : [],
      },
      ...workers(k),
    ],
  });
};
