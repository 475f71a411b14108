// A whole fleet as cdk8s charts. main.ts is the first user; a cdk8s app of one's own can be another.
import { App, Chart, Yaml } from 'cdk8s';
import type { Construct } from 'constructs';
import { renderAgents } from './agents';
import { renderCluster } from './cluster';
import { renderCertificates, renderNodesNames } from './exposure';
import { renderExternalSecrets } from './external-secrets';
import type { ResolvedFleet, ResolvedKubernetes } from './fleet/resolve';
import { indexEdges, networkPolicies } from './kit/policies';
import { registryLogin } from './kit/secrets';
import type { Workload } from './kit/wiring';
import { renderEmbeddedStore } from './object-store';
import { renderObserver } from './observer';
import { declareTopology, type Topology } from './topology';

export { loadFleet, parseFleet, resolveFleet } from './fleet/load';
export type { ResolvedFleet } from './fleet/resolve';
export type { Fleet } from './fleet/schema';
export { FleetError } from './fleet/violations';

/** One chart of a fleet: one namespace in one Kubernetes cluster. */
export interface FleetChart {
  readonly kubernetes: string;
  readonly name: string;
  readonly chart: Chart;
}

export interface Rendered {
  readonly topology: Topology;
  readonly charts: readonly FleetChart[];
}

interface Part {
  readonly name: string;
  readonly kubernetes: string;
  readonly namespace: string;
  readonly workloads: readonly Workload[];
  readonly render: (chart: Chart) => void;
}

const parts = (topology: Topology): Part[] => {
  const { fleet, observer, objectStore, clusters, agents } = topology;
  const { kubernetes, ...components } = observer;
  return [
    ...(objectStore
      ? [
          {
            name: 'object-store',
            kubernetes: objectStore.workload.kubernetes,
            namespace: objectStore.workload.namespace,
            workloads: [objectStore.workload],
            render: (chart: Chart) => renderEmbeddedStore(chart, topology, objectStore),
          },
        ]
      : []),
    ...clusters.map((c) => ({
      name: `cluster-${c.cluster.name}`,
      kubernetes: c.workload.kubernetes,
      namespace: c.workload.namespace,
      workloads: [c.workload],
      render: (chart: Chart) => renderCluster(chart, topology, c),
    })),
    {
      name: 'observer',
      kubernetes: kubernetes.name,
      namespace: fleet.observer.namespace,
      workloads: Object.values(components)
        .flat()
        .map((c) => c.workload),
      render: (chart: Chart) => renderObserver(chart, topology),
    },
    ...agents.map((a) => ({
      name: 'agents',
      kubernetes: a.kubernetes.name,
      namespace: a.kubernetes.agentsNamespace,
      workloads: [a.nodeExporter.workload, a.cadvisor.workload],
      render: (chart: Chart) => renderAgents(chart, topology, a),
    })),
  ];
};

/**
 * Renders every chart of a fleet.
 * @param scope gives the construct under which a Kubernetes cluster's charts go; by default each chart has an App of its
 * own, since cdk8s validates a whole App anew for each of its charts (quadratic in their number)
 */
export const renderFleet = (fleet: ResolvedFleet, scope: (kubernetes: string) => Construct = () => new App()): Rendered => {
  const topology = declareTopology(fleet);
  const rendered = parts(topology).map((part) => {
    const chart = new Chart(scope(part.kubernetes), part.name, { disableResourceNameHashes: true });
    part.render(chart);
    return { ...part, chart };
  });
  const edges = indexEdges(topology.edges.all()); // complete now: every address has been asked for
  for (const part of rendered) {
    const owner = { name: 'default-deny', component: part.name.replace(/-.*/, ''), fleet: fleet.name, namespace: part.namespace };
    const kubernetes = fleet.kubernetes.find((k) => k.name === part.kubernetes) as ResolvedKubernetes;
    networkPolicies(part.chart, kubernetes, owner, part.workloads, edges);
    renderCertificates(part.chart, topology, part.kubernetes, part.namespace);
    for (const name of fleet.images.pullSecrets) topology.secrets.named(name, part, registryLogin.key);
    renderExternalSecrets(part.chart, topology, part.kubernetes, part.namespace);
    const own = topology.edges.nodesNames().filter((n) => n.kubernetes === part.kubernetes && n.namespace === part.namespace);
    renderNodesNames(part.chart, fleet.name, own);
  }
  return { topology, charts: rendered.map(({ kubernetes, name, chart }) => ({ kubernetes, name, chart })) };
};

/** Kinds in the order in which they must be applied; workloads come last, when all that guards them is there. */
export const applyOrder = [
  'Namespace',
  'ServiceAccount',
  'ClusterRole',
  'ClusterRoleBinding',
  'Role',
  'RoleBinding',
  'NetworkPolicy',
  'Certificate',
  'ExternalSecret',
  'Secret',
  'ConfigMap',
  'Service',
  'PodDisruptionBudget',
  'StatefulSet',
  'Deployment',
  'HorizontalPodAutoscaler',
  'DaemonSet',
  'Ingress',
  'HTTPRoute',
];

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Record<string, string> };
  // biome-ignore lint/suspicious/noExplicitAny: the rest is of any Kubernetes kind
  readonly [key: string]: any;
}

/** A chart's objects in the order in which they must be applied. */
export const manifests = (chart: Chart): Manifest[] =>
  (chart.toJson() as Manifest[]).sort((a, b) => applyOrder.indexOf(a.kind) - applyOrder.indexOf(b.kind));

export interface SynthesizedFile {
  /** `<kubernetes cluster>/<chart>.k8s.yaml` */
  readonly path: string;
  readonly objects: readonly Manifest[];
}

export interface Synthesized {
  readonly topology: Topology;
  readonly files: readonly SynthesizedFile[];
}

/** Synthesizes a fleet: plain data, nothing written. */
export const synthesize = (fleet: ResolvedFleet): Synthesized => {
  const { topology, charts } = renderFleet(fleet);
  return {
    topology,
    files: charts.map(({ kubernetes, name, chart }) => ({ path: `${kubernetes}/${name}.k8s.yaml`, objects: manifests(chart) })),
  };
};

/** A synthesized file as it is written. */
export const fileText = (file: SynthesizedFile): string => Yaml.stringify(...file.objects);
