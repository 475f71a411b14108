// The fleets that tests look at, and their objects by what they are.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { type Manifest, parseFleet, type Synthesized, synthesize } from '../../charts/fleet';
import { Edges } from '../../charts/kit/wiring';

export const root = dirname(dirname(__dirname));
export const readText = (path: string): string => readFileSync(join(root, path), 'utf8');

export interface Sample extends Synthesized {
  readonly name: string;
  readonly text: string;
  readonly objects: readonly Manifest[];
}

export const sampleOf = (name: string, text: string): Sample => {
  const synthesized = synthesize(parseFleet(text, name));
  return { name, text, ...synthesized, objects: synthesized.files.flatMap((f) => f.objects) };
};

export const examples: readonly string[] = readdirSync(join(root, 'examples')).sort();
export const fleetFiles: readonly string[] = ['fleet.yaml', ...examples.map((name) => `examples/${name}/fleet.yaml`)];

const known = new Map<string, Sample>();
/** A checked-in fleet, synthesized once per test file. */
export const sample = (file: string): Sample => {
  const found = known.get(file) ?? sampleOf(file, readText(file));
  known.set(file, found);
  return found;
};
export const demo = (): Sample => sample('fleet.yaml');
export const samples = (): Sample[] => fleetFiles.map(sample);

/**
 * Every checked-in fleet as each of its Kubernetes clusters has it, where there are several:
 * `examples/kind-fleet/fleet.yaml in chicago`.
 */
export const places: readonly string[] = fleetFiles.flatMap((file) => {
  const { kubernetes } = sample(file).topology.fleet;
  return kubernetes.length > 1 ? kubernetes.map((k) => `${file} in ${k.name}`) : [file];
});

/** What of a fleet one Kubernetes cluster has. */
export const place = (name: string): Sample => {
  const [file = '', kubernetes] = name.split(' in ');
  const s = sample(file);
  if (!kubernetes) return s;
  const { topology } = s;
  const files = s.files.filter((f) => f.path.startsWith(`${kubernetes}/`));
  const here = (w: { readonly kubernetes: string }) => w.kubernetes === kubernetes;
  const all = topology.edges.all().filter((e) => [e.from, e.to].some((p) => p.kind === 'workload' && here(p)));
  return {
    ...s,
    name,
    files,
    objects: files.flatMap((f) => f.objects),
    topology: {
      ...topology,
      fleet: {
        ...topology.fleet,
        kubernetes: topology.fleet.kubernetes.filter((k) => k.name === kubernetes),
        clusters: topology.fleet.clusters.filter((c) => c.in === kubernetes),
      },
      edges: Object.assign(new Edges(), { all: () => all }),
      clusters: topology.clusters.filter((c) => here(c.workload)),
      agents: topology.agents.filter((a) => a.kubernetes.name === kubernetes),
    },
  };
};

export const ofKind = (objects: readonly Manifest[], ...kinds: string[]): Manifest[] =>
  objects.filter((o) => kinds.includes(o.kind));

export const idOf = (o: Manifest): string => `${o.kind} ${o.metadata.namespace ?? ''}/${o.metadata.name}`;

// biome-ignore lint/suspicious/noExplicitAny: pod specs are read as plain JSON
export type Json = any;

/** What runs pods. */
export interface Workload {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
  readonly replicas: number;
  readonly spec: Json;
  readonly object: Manifest;
}

export const workloadsOf = (objects: readonly Manifest[]): Workload[] =>
  ofKind(objects, 'StatefulSet', 'Deployment', 'DaemonSet').map((object) => ({
    id: idOf(object),
    kind: object.kind,
    name: object.metadata.name,
    namespace: object.metadata.namespace as string,
    labels: object.spec.template.metadata.labels,
    annotations: object.spec.template.metadata.annotations ?? {},
    replicas: object.spec.replicas ?? 1,
    spec: object.spec.template.spec,
    object,
  }));

export interface Container {
  readonly id: string;
  readonly workload: Workload;
  readonly init: boolean;
  readonly container: Json;
}

export const containersOf = (objects: readonly Manifest[]): Container[] =>
  workloadsOf(objects).flatMap((workload) =>
    [
      ...(workload.spec.initContainers ?? []).map((container: Json) => ({ init: true, container })),
      ...workload.spec.containers.map((container: Json) => ({ init: false, container })),
    ].map((c) => ({ id: `${workload.id} ${c.container.name}`, workload, ...c })),
  );

/** A pod as the API server would show it once it runs. */
export interface Pod {
  readonly name: string;
  readonly namespace: string;
  readonly ip: string;
  readonly node: string;
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
  readonly phase: string;
  readonly hostNetwork: boolean;
  readonly spec: Json;
}

export const nodeAddresses: Record<string, string> = { 'node-a': '192.168.10.2', 'node-b': '192.168.10.3' };
const nodeNames = Object.keys(nodeAddresses);

/** Every pod of the workloads, with addresses that start with the prefix. */
export const podsOf = (objects: readonly Manifest[], prefix: string): Pod[] =>
  workloadsOf(objects)
    .flatMap((w) =>
      (w.kind === 'DaemonSet' ? nodeNames : Array.from({ length: w.replicas }, (_, i) => nodeNames[i % 2])).map((node, i) => ({
        name: w.kind === 'StatefulSet' ? `${w.name}-${i}` : `${w.name}-x${i}`,
        namespace: w.namespace,
        node: node as string,
        labels: { ...w.labels, ...(w.kind === 'StatefulSet' ? { 'statefulset.kubernetes.io/pod-name': `${w.name}-${i}` } : {}) },
        annotations: w.annotations,
        phase: 'Running',
        hostNetwork: w.spec.hostNetwork === true,
        spec: w.spec,
      })),
    )
    .map((pod, i) => ({ ...pod, ip: pod.hostNetwork ? (nodeAddresses[pod.node] as string) : `${prefix}.${i + 10}` }));

/** A ConfigMap's file, read as YAML by a program written in Go would read it. */
export const configFile = (objects: readonly Manifest[], namespace: string, file: string): Json => {
  const found = ofKind(objects, 'ConfigMap').filter((o) => o.metadata.namespace === namespace && file in o.data);
  if (found.length !== 1) throw new Error(`${found.length} ConfigMaps of ${namespace} hold ${file}`);
  return parse(found[0]?.data[file], { version: '1.1' });
};
