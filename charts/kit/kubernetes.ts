// Kubernetes' own objects as this project writes them: labels, pods that pass Pod Security `restricted`, probes, volumes.
import { createHash } from 'node:crypto';
import * as k8s from 'cdk8s-plus-28/lib/imports/k8s';
import type { Construct } from 'constructs';
import { stringify } from 'yaml';
import { type Image, pulledFrom, reference } from '../images';
import { binary, bytes, percentage } from './units';
import { type Port, programOf, type Workload } from './wiring';

export { k8s };

export const partOf = 'thanos-fleet';

/** What an object is named and labelled after: a workload, or a part of the fleet that runs nothing. */
export type Named = Pick<Workload, 'name' | 'component' | 'fleet' | 'namespace'>;

/** Labels that select a workload's pods: never a version, never anything that a refactoring could change. */
export const selectorLabels = (w: Named): Record<string, string> => ({
  'app.kubernetes.io/name': w.name,
  'app.kubernetes.io/instance': w.fleet,
});

/** Labels of every object of a workload. */
export const labels = (w: Named): Record<string, string> => ({
  ...selectorLabels(w),
  'app.kubernetes.io/component': w.component,
  'app.kubernetes.io/part-of': partOf,
  'app.kubernetes.io/managed-by': 'cdk8s',
});

const podLabels = (w: Workload): Record<string, string> => ({ ...labels(w), 'app.kubernetes.io/version': w.image.tag });

/** Metadata of an object that belongs to a workload; its name is the workload's unless given. */
export const metadata = (w: Named, name = w.name): k8s.ObjectMeta => ({ name, namespace: w.namespace, labels: labels(w) });

export const quantity = (value: string): k8s.Quantity => k8s.Quantity.fromString(value);

/** What a container asks of its node, and the memory that it may use. CPU is never limited: throttled monitoring is blind when it is needed. */
export interface Resources {
  readonly cpu: string;
  readonly memory: string;
  /** Default: what it asks for. */
  readonly memoryLimit?: string;
}

export const resources = ({ cpu, memory, memoryLimit = memory }: Resources): k8s.ResourceRequirements => ({
  requests: { cpu: quantity(cpu), memory: quantity(memory) },
  limits: { memory: quantity(memoryLimit) },
});

/** The memory that a container may use, in bytes. */
export const memoryLimit = ({ memory, memoryLimit = memory }: Resources): number => bytes(memoryLimit);

const httpGet = (path: string, port: Port, scheme?: 'HTTPS'): k8s.HttpGetAction => ({
  path,
  port: k8s.IntOrString.fromString(port.name),
  scheme,
});

/** Probes as upstream's charts settled on them: quick to become ready, slow to be killed (thanos-io/kube-thanos#286). */
export const probes = (port: Port, paths = { live: '/-/healthy', ready: '/-/ready' }, scheme?: 'HTTPS') => ({
  livenessProbe: { httpGet: httpGet(paths.live, port, scheme), periodSeconds: 30, timeoutSeconds: 10, failureThreshold: 8 },
  readinessProbe: { httpGet: httpGet(paths.ready, port, scheme), periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 20 },
});

/** For servers that let nobody in without a certificate, the kubelet neither. */
export const tcpProbes = (port: Port) => {
  const tcpSocket = { port: k8s.IntOrString.fromString(port.name) };
  return {
    livenessProbe: { tcpSocket, periodSeconds: 30, timeoutSeconds: 10, failureThreshold: 8 },
    readinessProbe: { tcpSocket, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 20 },
  };
};

/** Up to 15 minutes for what reads its disk or its bucket before it serves; checked often, so that a fast start stays fast. */
export const startupProbe = (port: Port, path = '/-/ready'): k8s.Probe => ({
  httpGet: httpGet(path, port),
  periodSeconds: 2,
  timeoutSeconds: 5,
  failureThreshold: 450,
});

export const containerPorts = (...ports: Port[]): k8s.ContainerPort[] =>
  ports.map((p) => ({ name: p.name, containerPort: p.number, ...(p.protocol === 'UDP' ? { protocol: 'UDP' } : {}) }));

/** A container that passes Pod Security `restricted`. */
export const container = (name: string, image: Image, spec: Omit<k8s.Container, 'name' | 'image'>): k8s.Container => ({
  name,
  image: reference(image),
  imagePullPolicy: 'IfNotPresent',
  securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
  ...spec,
});

/** Pod-level settings that pass Pod Security `restricted`: one user and group for the pod and its volumes. */
export const restricted = (uid: number): Pick<k8s.PodSpec, 'securityContext'> => ({
  securityContext: {
    runAsNonRoot: true,
    runAsUser: uid,
    runAsGroup: uid,
    fsGroup: uid,
    fsGroupChangePolicy: 'OnRootMismatch',
    seccompProfile: { type: 'RuntimeDefault' },
  },
});

/** An environment variable from the pod's own fields. */
export const podField = (name: string, fieldPath: string): k8s.EnvVar => ({ name, valueFrom: { fieldRef: { fieldPath } } });

export interface PodOptions {
  readonly spec: Omit<k8s.PodSpec, 'serviceAccountName'>;
  readonly annotations?: Record<string, string>;
  /** Beside those that every pod of a workload has. */
  readonly labels?: Record<string, string>;
  readonly serviceAccountAnnotations?: Record<string, string>;
}

/** A pod template with a service account of its own, whose token is mounted only when the spec asks for it. */
const podTemplate = (w: Workload, pod: PodOptions, revisionLabel?: string): k8s.PodTemplateSpec => ({
  metadata: { labels: { ...podLabels(w), ...pod.labels }, annotations: pod.annotations },
  spec: {
    serviceAccountName: programOf(w),
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    priorityClassName: w.priorityClass,
    ...(w.replicas > 1 ? spread(w, revisionLabel) : {}),
    ...pod.spec,
    ...eachContainer(pod.spec, (c) => ({
      ...c,
      image: pulledFrom(w.imageSource, c.image as string),
      ...(w.countedDisk ? { resources: withDisk(pod.spec, c) } : {}),
    })),
    ...(w.imageSource.pullSecrets.length > 0 ? { imagePullSecrets: w.imageSource.pullSecrets.map((name) => ({ name })) } : {}),
  },
});

type Containers = Pick<k8s.PodSpec, 'containers' | 'initContainers'>;

/** Every container of a pod, init containers too, changed alike. */
const eachContainer = ({ containers, initContainers }: Containers, change: (c: k8s.Container) => k8s.Container): Containers => ({
  containers: containers.map(change),
  ...(initContainers ? { initContainers: initContainers.map(change) } : {}),
});

/**
 * A container's log on its node: kubelets rotate it at 10 MiB and keep five files by default. Another kubelet may keep more;
 * only what is far beyond any rotation is cut off.
 */
const log = { usual: '64Mi', most: '1Gi' };

/**
 * What a container has, with what it may write on its node's disk: its log, and the scratch volumes that nobody before it in
 * the pod mounts. Scratch is not asked for: it is a cache, whose pod is the first to go when a node's disk is full.
 */
const withDisk = (spec: PodOptions['spec'], c: k8s.Container): k8s.ResourceRequirements => {
  const first = (volume: string) => spec.containers.find((other) => other.volumeMounts?.some((m) => m.name === volume));
  const scratch = (spec.volumes ?? []).filter((v) => v.emptyDir && first(v.name) === c);
  const most = scratch.reduce((sum, v) => sum + bytes(String(v.emptyDir?.sizeLimit?.value)), bytes(log.most));
  return {
    requests: { ...c.resources?.requests, 'ephemeral-storage': quantity(log.usual) },
    limits: { ...c.resources?.limits, 'ephemeral-storage': quantity(binary(most)) },
  };
};

/**
 * Replicas prefer different nodes and zones, but a single node takes them all, unless zones are required: a volume stays for
 * ever in the zone that its pod was first started in. A zone whose nodes are all unwell does not count.
 * @param revisionLabel pods of different revisions are counted apart, or a rolling update could leave all of them in one zone.
 *   Absent for pods with volumes: they start again where they were, which can be more than the fewest new ones of a zone
 *   allow (three pods in two zones), and would wait for ever.
 */
const spread = (w: Workload, revisionLabel?: string): Pick<k8s.PodSpec, 'affinity' | 'topologySpreadConstraints'> => ({
  affinity: {
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        {
          weight: 100,
          podAffinityTerm: { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: selectorLabels(w) } },
        },
      ],
    },
  },
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: 'topology.kubernetes.io/zone',
      ...(w.zones === 'required'
        ? { whenUnsatisfiable: 'DoNotSchedule', nodeTaintsPolicy: 'Honor' }
        : { whenUnsatisfiable: 'ScheduleAnyway' }),
      labelSelector: { matchLabels: selectorLabels(w) },
      ...(revisionLabel ? { matchLabelKeys: [revisionLabel] } : {}),
    },
  ],
});

const serviceAccount = (scope: Construct, w: Workload, { serviceAccountAnnotations: annotations }: PodOptions): void => {
  const name = programOf(w);
  const id = `${name}-service-account`;
  if (scope.node.tryFindChild(id)) return; // another workload's, which runs the same program
  new k8s.KubeServiceAccount(scope, id, {
    metadata: { ...metadata({ ...w, name }), annotations },
    automountServiceAccountToken: false,
  });
};

const disruptionBudget = (scope: Construct, w: Workload): void => {
  if (w.replicas < 2) return; // a budget on a single pod only blocks drains
  new k8s.KubePodDisruptionBudget(scope, `${w.name}-disruption-budget`, {
    metadata: metadata(w),
    spec: {
      maxUnavailable: k8s.IntOrString.fromNumber(1),
      selector: { matchLabels: selectorLabels(w) },
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    },
  });
};

const autoscaler = (scope: Construct, w: Workload): void => {
  if (!w.autoscale) return;
  const { min, max, cpu } = w.autoscale;
  new k8s.KubeHorizontalPodAutoscalerV2(scope, `${w.name}-autoscaler`, {
    metadata: metadata(w),
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: w.name },
      minReplicas: min,
      maxReplicas: max,
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: Math.round(100 * percentage(cpu)) } },
        },
      ],
    },
  });
};

/** A stateless workload. */
export const deployment = (scope: Construct, w: Workload, pod: PodOptions): void => {
  serviceAccount(scope, w, pod);
  disruptionBudget(scope, w);
  new k8s.KubeDeployment(scope, `${w.name}-deployment`, {
    metadata: metadata(w),
    spec: {
      replicas: w.autoscale ? undefined : w.replicas, // what is not said is not drift, whatever the autoscaler does
      revisionHistoryLimit: 5,
      strategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxUnavailable: k8s.IntOrString.fromNumber(0), maxSurge: k8s.IntOrString.fromNumber(1) },
      },
      selector: { matchLabels: selectorLabels(w) },
      template: podTemplate(w, pod, 'pod-template-hash'),
    },
  });
  autoscaler(scope, w);
};

export interface Claim {
  /** Volume's and claim's name; the claim in the cluster is `<name>-<pod>`. */
  readonly name: string;
  readonly size: string;
  readonly storageClass?: string;
}

/** The L1 class drops apiVersion and kind of claim templates; the API server adds them, and GitOps tools then see drift. */
class StatefulSet extends k8s.KubeStatefulSet {
  override toJson() {
    const json = super.toJson();
    for (const template of json.spec.volumeClaimTemplates ?? [])
      Object.assign(template, { apiVersion: 'v1', kind: 'PersistentVolumeClaim', ...template });
    return json;
  }
}

/** A workload that keeps data: each pod its own volume, which outlives the pod, a scale-down and the StatefulSet. */
export const statefulSet = (
  scope: Construct,
  w: Workload,
  pod: PodOptions,
  claims: Claim[],
  options: {
    /** How long a new pod must have been ready before the next is replaced. */
    settleSeconds?: number;
  } = {},
): void => {
  serviceAccount(scope, w, pod);
  disruptionBudget(scope, w);
  new StatefulSet(scope, `${w.name}-stateful-set`, {
    metadata: metadata(w),
    spec: {
      replicas: w.replicas,
      revisionHistoryLimit: 5,
      serviceName: w.name,
      podManagementPolicy: 'Parallel',
      updateStrategy: { type: 'RollingUpdate' },
      ...(w.replicas > 1 && options.settleSeconds ? { minReadySeconds: options.settleSeconds } : {}),
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      selector: { matchLabels: selectorLabels(w) },
      template: podTemplate(w, pod, claims.length === 0 ? 'controller-revision-hash' : undefined),
      volumeClaimTemplates:
        claims.length === 0
          ? undefined
          : claims.map((c) => ({
              metadata: { name: c.name, labels: selectorLabels(w) },
              spec: {
                accessModes: ['ReadWriteOnce'],
                storageClassName: c.storageClass,
                resources: { requests: { storage: quantity(c.size) } },
              },
            })),
    },
  });
};

/** One pod on every node, the tainted ones included. */
export const daemonSet = (scope: Construct, w: Workload, pod: PodOptions): void => {
  serviceAccount(scope, w, pod);
  new k8s.KubeDaemonSet(scope, `${w.name}-daemon-set`, {
    metadata: metadata(w),
    spec: {
      revisionHistoryLimit: 5,
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: k8s.IntOrString.fromString('10%') } },
      selector: { matchLabels: selectorLabels(w) },
      template: podTemplate(w, { ...pod, spec: { ...pod.spec, tolerations: [{ operator: 'Exists' }] } }),
    },
  });
};

/** Ports under the workload's name. A headless Service gives every pod an address, before it is ready too where peers need that. */
export const service = (
  scope: Construct,
  w: Workload,
  ports: Port[],
  options: { headless?: boolean; publishNotReady?: boolean } = {},
): void => {
  new k8s.KubeService(scope, `${w.name}-service`, {
    metadata: metadata(w),
    spec: {
      ...(options.headless ? { clusterIp: 'None' } : {}),
      ...(options.publishNotReady ? { publishNotReadyAddresses: true } : {}),
      selector: selectorLabels(w),
      ports: ports.map((p) => ({
        name: p.name,
        port: p.number,
        targetPort: k8s.IntOrString.fromString(p.name),
        ...(p.protocol === 'UDP' ? { protocol: 'UDP' } : {}),
      })),
    },
  });
};

/** YAML as programs written in Go read it: YAML 1.1 words such as `on` are quoted, nothing is folded. */
export const yaml = (value: unknown): string => stringify(value, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false });

/** A ConfigMap for a program that reloads it: its name never changes. */
export const reloadedConfigMap = (scope: Construct, w: Named, name: string, data: Record<string, string>): string => {
  new k8s.KubeConfigMap(scope, `${name}-config-map`, { metadata: metadata(w, name), data });
  return name;
};

/** A ConfigMap for a program that reads it once: its name carries a hash of its content, so that a change rolls the pods. */
export const hashedConfigMap = (scope: Construct, w: Named, name: string, data: Record<string, string>): string =>
  reloadedConfigMap(scope, w, `${name}-${hash(data)}`, data);

/** Stands for a value where its size does not matter any more: 64 characters, others for each value. */
export const fingerprint = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');

/** Ten hexadecimal digits that stand for a value. */
export const hash = (value: unknown): string => fingerprint(value).slice(0, 10);

/** Argo CD and Flux keep it, and with it the volumes in it, when it is no longer in git; Argo CD does not call that a difference. */
const keptByGitOps: Record<string, string> = {
  'argocd.argoproj.io/sync-options': 'Prune=false,Delete=false',
  'argocd.argoproj.io/compare-options': 'IgnoreExtraneous',
  'kustomize.toolkit.fluxcd.io/prune': 'disabled',
};

/** A namespace that enforces a Pod Security level and is kept when a GitOps tool prunes. */
export const namespace = (scope: Construct, name: string, fleet: string, level: 'restricted' | 'privileged'): void => {
  new k8s.KubeNamespace(scope, 'namespace', {
    metadata: {
      name,
      labels: {
        'app.kubernetes.io/instance': fleet,
        'app.kubernetes.io/part-of': partOf,
        'pod-security.kubernetes.io/enforce': level,
        'pod-security.kubernetes.io/warn': level,
      },
      annotations: keptByGitOps,
    },
  });
};

export const configMapVolume = (name: string, configMap: string): k8s.Volume => ({ name, configMap: { name: configMap } });
/** The files of several ConfigMaps in one folder. */
export const configMapsVolume = (name: string, configMaps: readonly string[]): k8s.Volume => {
  const [only, ...others] = configMaps;
  return only !== undefined && others.length === 0
    ? configMapVolume(name, only)
    : { name, projected: { sources: configMaps.map((configMap) => ({ configMap: { name: configMap } })) } };
};
export const secretVolume = (name: string, secret: string): k8s.Volume => ({ name, secret: { secretName: secret } });
export const emptyDir = (name: string, sizeLimit: string): k8s.Volume => ({ name, emptyDir: { sizeLimit: quantity(sizeLimit) } });
export const readOnly = (name: string, mountPath: string): k8s.VolumeMount => ({ name, mountPath, readOnly: true });
