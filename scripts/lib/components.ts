// What of a fleet is ready, and why the rest is not.
import { gracePeriod } from '../../charts/components/prometheus';
import { applyOrder } from '../../charts/fleet';
import { partOf } from '../../charts/kit/kubernetes';
import type { Topology } from '../../charts/topology';
import type { Kubectl, KubeObject } from './kubectl';

export interface Component {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly wanted: number;
  readonly ready: number;
  /** All replicas are of the newest revision and ready. */
  readonly done: boolean;
}

/** Label selector of everything that belongs to a fleet. */
export const selector = (fleet: string): string => `app.kubernetes.io/part-of=${partOf},app.kubernetes.io/instance=${fleet}`;

const statusOf = (o: KubeObject): { wanted: number; ready: number; updated: number } => {
  const s = o.status ?? {};
  if (o.kind === 'DaemonSet')
    return { wanted: s.desiredNumberScheduled ?? 0, ready: s.numberReady ?? 0, updated: s.updatedNumberScheduled ?? 0 };
  return { wanted: o.spec.replicas ?? 1, ready: s.readyReplicas ?? 0, updated: s.updatedReplicas ?? 0 };
};

/** How far a workload's rollout is. */
export const component = (o: KubeObject): Component => {
  const { wanted, ready, updated } = statusOf(o);
  const observed = (o.status?.observedGeneration ?? 0) >= o.metadata.generation;
  const rolledOut = o.kind !== 'StatefulSet' || o.status?.currentRevision === o.status?.updateRevision || updated >= wanted;
  const extra = o.kind === 'Deployment' && (o.status?.replicas ?? 0) > wanted;
  return {
    kind: o.kind,
    namespace: o.metadata.namespace,
    name: o.metadata.name,
    wanted,
    ready,
    done: observed && rolledOut && !extra && updated >= wanted && ready >= wanted && (o.kind !== 'DaemonSet' || wanted > 0),
  };
};

/** The kinds of a fleet's objects that a Kubernetes cluster knows. */
export const knownKinds = async (kubectl: Pick<Kubectl, 'run'>): Promise<string[]> => {
  const rows = (await kubectl.run(['api-resources', '--no-headers'])).split('\n');
  const known = rows.map((row) => row.trim().split(/\s+/).at(-1));
  return applyOrder.filter((kind) => known.includes(kind));
};

/** Every workload of the fleet in a Kubernetes cluster. */
export const components = async (kubectl: Kubectl, fleet: string): Promise<Component[]> =>
  (await kubectl.get(['statefulsets,deployments,daemonsets', '-A', '-l', selector(fleet)])).map(component);

/** Pods of a fleet in a Kubernetes cluster. */
export const fleetPods = (kubectl: Kubectl, fleet: string): Promise<KubeObject[]> =>
  kubectl.get(['pods', '-A', '-l', selector(fleet)]);

/** Waits until no pod of the fleet is left, for the longest grace period that a pod has. */
export const podsGone = async (kubectl: Kubectl, fleet: string): Promise<void> => {
  await kubectl
    .run(['wait', 'pods', '-A', '-l', selector(fleet), '--for=delete', `--timeout=${gracePeriod + 60}s`])
    .catch((error: Error) => {
      if (!error.message.includes('no matching resources')) throw error;
    });
};

/** Takes away what of the fleet is in no namespace. */
export const deleteClusterWide = (kubectl: Kubectl, fleet: string): Promise<string> =>
  kubectl.run(['delete', 'clusterroles,clusterrolebindings', '-l', selector(fleet), '--ignore-not-found']);

/**
 * Takes the fleet away from a Kubernetes cluster with its namespaces and all data in them. Pods go first: a namespace that has any
 * looks again only after half of their longest grace period (k8s.io/kubernetes pkg/controller/namespace).
 */
export const deleteFleet = async (kubectl: Kubectl, fleet: string, namespaces: readonly string[]): Promise<void> => {
  await deleteClusterWide(kubectl, fleet);
  await kubectl.run(['delete', 'statefulsets,deployments,daemonsets', '-A', '-l', selector(fleet), '--ignore-not-found']);
  await podsGone(kubectl, fleet);
  await kubectl.run(['delete', 'namespaces', '--ignore-not-found', ...namespaces]);
};

/** Namespaces of a fleet in one Kubernetes cluster. */
export const fleetNamespaces = ({ fleet, observer, objectStore, clusters, agents }: Topology, kubernetes: string): string[] =>
  [
    ...(observer.kubernetes.name === kubernetes ? [fleet.observer.namespace] : []),
    ...(objectStore?.workload.kubernetes === kubernetes ? [objectStore.workload.namespace] : []),
    ...clusters.filter((c) => c.workload.kubernetes === kubernetes).map((c) => c.workload.namespace),
    ...agents.filter((a) => a.kubernetes.name === kubernetes).map((a) => a.kubernetes.agentsNamespace),
  ].sort();

export interface Trouble {
  readonly pod: string;
  readonly reason: string;
  readonly message: string;
  /** It will not mend itself. */
  readonly final: boolean;
  readonly remedy: string;
}

const remedies: Record<string, string> = {
  ErrImagePull: 'The node cannot fetch the image: check its network, or load the image (kind load docker-image …).',
  ImagePullBackOff: 'The node cannot fetch the image: check its network, or load the image (kind load docker-image …).',
  InvalidImageName: 'Correct the image reference.',
  CreateContainerConfigError: 'A Secret or ConfigMap that the pod needs is missing: create it (docs and fleet file name it).',
  FailedMount: 'A Secret, ConfigMap or volume that the pod mounts is missing: create it.',
  CrashLoopBackOff: 'The program ends by itself: its last lines say why.',
  Unschedulable: 'No node has room for it: free CPU or memory, add a node, or ask for less (clusters.<name>.resources).',
  Starting: 'It waits for its images or its volumes: its events say for which.',
  Unready: 'It runs but is not ready: its last lines and its readiness probe say why.',
  FailedCreate: 'Kubernetes refuses the pod: the message says which rule (Pod Security, quota, webhook).',
};

const trouble = (pod: KubeObject): Omit<Trouble, 'remedy'> | undefined => {
  const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
  const unscheduled = pod.status?.conditions?.find((c: KubeObject) => c.type === 'PodScheduled' && c.status === 'False');
  // Kubernetes has looked at every node; only somebody's doing helps
  if (unscheduled)
    return {
      pod: name,
      reason: unscheduled.reason ?? 'Unschedulable',
      message: unscheduled.message ?? '',
      final: /Insufficient|didn't match|untolerated/.test(unscheduled.message ?? ''),
    };
  for (const s of [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]) {
    const waiting = s.state?.waiting;
    if (waiting && !['ContainerCreating', 'PodInitializing'].includes(waiting.reason))
      return {
        pod: name,
        reason: waiting.reason,
        message: `container ${s.name}: ${waiting.message ?? ''}`,
        final:
          ['InvalidImageName', 'CreateContainerConfigError'].includes(waiting.reason) ||
          (s.restartCount ?? 0) >= 4 ||
          waiting.reason === 'ImagePullBackOff',
      };
    if (s.state?.terminated && s.state.terminated.exitCode !== 0)
      return {
        pod: name,
        reason: 'CrashLoopBackOff',
        message: `container ${s.name} ended with exit code ${s.state.terminated.exitCode}`,
        final: false,
      };
  }
  const notReady = pod.status?.containerStatuses?.find((s: KubeObject) => !s.ready);
  if (pod.status?.phase === 'Running' && notReady)
    return { pod: name, reason: 'Unready', message: `container ${notReady.name} is not ready`, final: false };
  if (pod.status?.phase === 'Pending')
    return { pod: name, reason: 'Starting', message: 'its images are fetched, or its volumes are awaited', final: false };
  return undefined;
};

/** Pods that are not well, with the reason that Kubernetes gives. */
export const troubles = (pods: readonly KubeObject[]): Trouble[] =>
  pods
    .map(trouble)
    .filter((t) => t !== undefined)
    .map((t) => ({ ...t, remedy: remedies[t.reason] ?? 'See its events and its log below.' }));

/** A pod that has been starting for long: waiting for something that does not exist does not end by itself. */
export const lookCloser = async (kubectl: Kubectl, t: Trouble): Promise<Trouble> => {
  if (t.reason !== 'Starting') return t;
  const [namespace = '', name = ''] = t.pod.split('/');
  const events = await kubectl.get([
    'events',
    '-n',
    namespace,
    '--field-selector',
    `involvedObject.name=${name},reason=FailedMount`,
  ]);
  const missing = events.map((e) => String(e.message)).find((message) => message.includes('not found'));
  return missing ? { ...t, reason: 'FailedMount', message: missing, final: true, remedy: remedies.FailedMount ?? '' } : t;
};

/** Events and last log lines of a pod, for people. */
export const evidence = async (kubectl: Kubectl, pod: string): Promise<string> => {
  const [namespace = '', name = ''] = pod.split('/');
  const events = (
    await kubectl.get(['events', '-n', namespace, '--field-selector', `involvedObject.name=${name},type!=Normal`]).catch(() => [])
  )
    .slice(-4)
    .map((e) => `    event ${e.reason}: ${String(e.message).slice(0, 400)}`);
  const logs: string[] = [];
  for (const previous of [true, false]) {
    const text = await kubectl
      .run(['logs', '-n', namespace, name, '--all-containers', '--prefix', '--tail=6', ...(previous ? ['--previous'] : [])])
      .catch(() => '');
    if (text) {
      logs.push(
        ...text
          .trimEnd()
          .split('\n')
          .slice(-12)
          .map((line) => `    ${line.slice(0, 300)}`),
      );
      break;
    }
  }
  return [...events, ...logs].join('\n');
};
