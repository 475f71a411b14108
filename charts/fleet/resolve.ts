// A fleet with every default filled in, in an order that does not hang on the order of keys in the file.
import type { ImageSource } from '../images';
import type { Resources } from '../kit/kubernetes';
import { byName } from '../kit/order';
import { amount, percentage, perSecond } from '../kit/units';
import type { Accepted } from './accept';
import { type ResolvedAlerts, type ResolvedSlo, type RuleTexts, resolveAlerts, resolveClusterAlerts, resolveSlo } from './alerts';
import { type ResolvedParts, resolveParts, resolveResources } from './availability';
import { exposedPorts, type ResolvedExpose, type ResolvedTls, resolveExpose, resolveTls } from './exposure';
import { type ResolvedExternalSecrets, resolveExternalSecrets } from './external-secrets';
import { deployed, type ResolvedExternal, resolveExternals } from './externals';
import { type ResolvedArgoCd, resolveArgoCd } from './gitops';
import type { Idle } from './idle-alerts';
import { type ResolvedIngress, type ResolvedOidc, resolveIngress, resolveOidc } from './ingress';
import { type ResolvedNotifications, resolveNotifications } from './notifications';
import { type ResolvedObjectStore, resolveObjectStore } from './object-stores';
import { type AwsCluster, awsCluster, type Platform, platforms } from './platforms';
import type { Fleet } from './schema';
import { type BucketRetention, type ClusterLoad, clusterSizes, embeddedSize, observerSizes } from './sizing';
import { type ResolvedTenancy, resolveTenancy } from './tenancy';

export type { ResolvedAlerts } from './alerts';

/** The external label that names a monitored cluster. */
export const clusterLabel = 'cluster';
/** The external label that tells the replicas of a pair apart: one value for Prometheus, query, compactor and alerts. */
export const replicaLabel = 'replica';

/** The workload of a cluster's Prometheus pair, and its service account. */
export const prometheusName = 'prometheus';

export interface ResolvedKubernetes {
  readonly name: string;
  readonly platform: Platform;
  readonly context: string;
  readonly storageClass?: string;
  readonly zones: 'required' | 'preferred';
  readonly priorityClass?: string;
  readonly podCidrs: readonly string[];
  /** Absent: nodes may have any address. */
  readonly nodeCidrs?: readonly string[];
  /** Of DNS servers that are no pods; absent: there are none. */
  readonly dnsCidrs?: readonly string[];
  readonly nodeExporterPort: number;
  /** What its largest node offers to pods; absent when the fleet file does not say. */
  readonly node?: { readonly cpu: string; readonly memory: string };
  /** Who may use the localhost ports; nobody where there are none. */
  readonly localhostFrom: readonly string[];
  /** As Amazon knows it: EKS only, and only where the fleet file says who it is. */
  readonly aws?: AwsCluster;
  /** Namespace of the node agents. */
  readonly agentsNamespace: string;
}

export interface ResolvedCluster {
  readonly name: string;
  readonly in: string;
  readonly namespace: string;
  /** How the observer reaches it from another Kubernetes cluster. */
  readonly expose?: ResolvedExpose;
  readonly replicas: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly nodes: boolean;
  readonly namespaces: readonly string[];
  /** What an annotated pod may expose; what is not there is not limited. */
  readonly targetLimits: { readonly samples?: number; readonly labels?: number; readonly labelLength?: number };
  readonly scrapeInterval: string;
  readonly retention: string;
  readonly blockDuration: string;
  /** What it brings; absent when the fleet file does not say its series. */
  readonly load?: ClusterLoad;
  readonly volume: string;
  readonly resources: Resources;
  readonly sidecar: Resources;
  readonly alerts: ResolvedAlerts;
}

export interface ResolvedFleet {
  readonly name: string;
  /** What would be refused, if the fleet did not say why it is right here. */
  readonly accepted: readonly Accepted[];
  /** What the fleet says without an effect. */
  readonly idle: readonly Idle[];
  readonly kubernetes: readonly ResolvedKubernetes[];
  readonly objectStore: ResolvedObjectStore;
  readonly observer: {
    readonly in: string;
    readonly namespace: string;
    /** How clusters in other Kubernetes clusters reach its Alertmanagers. */
    readonly expose?: ResolvedExpose;
    readonly query: { readonly timeout: string };
    /** Absent: nobody is shown a part only. */
    readonly tenancy?: ResolvedTenancy;
    readonly alertmanager: ResolvedNotifications;
    /** Absent: no user interface has a host. */
    readonly ingress?: ResolvedIngress;
    readonly grafana: { readonly adminSecret?: string; readonly oidc?: ResolvedOidc };
  } & ResolvedParts;
  /** Those that the fleet deploys. */
  readonly clusters: readonly ResolvedCluster[];
  /** Those whose Prometheus is somebody else's. */
  readonly externals: readonly ResolvedExternal[];
  readonly images: ImageSource;
  readonly retention: BucketRetention;
  readonly tls: ResolvedTls;
  /** Absent: people make the Secrets that the fleet uses. */
  readonly externalSecrets?: ResolvedExternalSecrets;
  readonly gitops: { readonly argocd?: ResolvedArgoCd };
  readonly slo: ResolvedSlo;
  readonly alerts: ResolvedAlerts & { readonly runbookUrl: string };
}

/** Addresses that are nobody's on the internet (RFC 1918): where a laptop's container engine puts its networks. */
const privateAddresses = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'];

/** Defaults of what is in a Kubernetes cluster; those of kind where it is not known, which is refused. */
const defaultsOf = (fleet: Fleet, kubernetes: string) =>
  platforms[Object.hasOwn(fleet.kubernetes, kubernetes) ? (fleet.kubernetes[kubernetes]?.platform ?? 'kind') : 'kind'];

const resolveKubernetes = (fleet: Fleet, name: string, k: Fleet['kubernetes'][string]): ResolvedKubernetes => {
  const { storageClass, zones, podCidrs } = platforms[k.platform];
  // kind names its contexts kind-<cluster>, and its default cluster kind
  const context = k.context ?? `kind-${name}`;
  return {
    name,
    platform: k.platform,
    context,
    storageClass: k.storageClass ?? storageClass,
    zones: k.zones ?? zones,
    priorityClass: k.priorityClass,
    podCidrs: k.podCidrs ?? podCidrs,
    nodeCidrs: k.nodeCidrs,
    ...(k.dnsCidrs ? { dnsCidrs: k.dnsCidrs } : {}),
    nodeExporterPort: k.nodeExporterPort ?? 9100,
    ...(k.node ? { node: k.node } : {}),
    localhostFrom: k.platform === 'kind' ? (k.localhost?.allowFrom ?? privateAddresses) : [],
    ...(k.platform === 'eks' ? { aws: awsCluster(k.arn ?? context, k.oidcProvider) } : {}),
    agentsNamespace: `${fleet.name}-agents`,
  };
};

const alertsOf = (fleet: Fleet, cluster: string, texts: RuleTexts): ResolvedAlerts =>
  resolveClusterAlerts(fleet, cluster, texts, defaultsOf(fleet, fleet.clusters[cluster]?.in ?? ''));

const resolveCluster = (fleet: Fleet, name: string, ruleTexts: RuleTexts): ResolvedCluster => {
  const c = fleet.clusters[name] as Fleet['clusters'][string];
  const neighbours = byName(deployed(fleet)).filter(([, other]) => other.in === c.in);
  const claimed = neighbours.some(([, other]) => other.nodes === true);
  const first = neighbours.find(([, other]) => other.nodes !== false)?.[0];
  const platform = defaultsOf(fleet, c.in).cluster;
  const { samples, ...limits } = c.targetLimits ?? {};
  const times = {
    replicas: c.replicas ?? 2,
    scrapeInterval: c.scrapeInterval ?? '15s',
    retention: c.retention ?? platform.retention,
    blockDuration: c.blockDuration ?? platform.blockDuration,
  };
  const load = c.series === undefined ? undefined : { ...resolveLoad(c, c.series), ...times };
  const defaults = load ? clusterSizes(load) : platform;
  return {
    name,
    in: c.in,
    namespace: c.namespace ?? `${fleet.name}-${name}`,
    expose: resolveExpose(c.expose, times.replicas, exposedPorts.sidecar),
    labels: Object.fromEntries(byName(c.labels ?? {})),
    nodes: c.nodes ?? (!claimed && first === name),
    namespaces: [...(c.namespaces ?? [])].sort(),
    targetLimits: { ...limits, ...(samples ? { samples: amount(samples) } : {}) },
    ...times,
    ...(load ? { load } : {}),
    volume: c.volume ?? defaults.volume,
    resources: resolveResources(c.resources, defaults.resources),
    sidecar: defaults.sidecar,
    alerts: alertsOf(fleet, name, ruleTexts),
  };
};

const resolveLoad = (c: Fleet['clusters'][string], series: string) => ({
  series: amount(series),
  churn: percentage(c.churn ?? '2%'),
  queries: perSecond(c.queries ?? '1/s'),
});

const resolveRetention = ({ retention }: Fleet): BucketRetention => ({
  raw: retention?.raw ?? '30d',
  '5m': retention?.['5m'] ?? '180d',
  '1h': retention?.['1h'] ?? '2y',
});

/** The clusters' loads, when all of them are known: what all bring together is not known before. */
const allLoads = (clusters: readonly ResolvedCluster[]): ClusterLoad[] | undefined => {
  const loads = clusters.flatMap(({ load }) => load ?? []);
  return loads.length > 0 && loads.length === clusters.length ? loads : undefined;
};

const resolveObserver = (
  fleet: Fleet,
  loads: readonly ClusterLoad[] | undefined,
  retention: BucketRetention,
): ResolvedFleet['observer'] => {
  const { observer } = fleet;
  const platform = defaultsOf(fleet, observer.in).observer;
  const shards = observer.store?.shards ?? platform.store.shards;
  const parts = resolveParts(
    observer,
    loads ? observerSizes(loads, retention, platform, shards, observer.compactor?.concurrency ?? 1) : platform,
  );
  return {
    in: observer.in,
    namespace: observer.namespace ?? `${fleet.name}-observer`,
    expose: resolveExpose(observer.expose, parts.alertmanager.replicas, exposedPorts.alertmanager),
    ...parts,
    query: { ...parts.query, timeout: observer.query?.timeout ?? '2m' },
    alertmanager: { ...parts.alertmanager, ...resolveNotifications(fleet) },
    tenancy: resolveTenancy(fleet),
    ingress: resolveIngress(fleet),
    grafana: { ...parts.grafana, adminSecret: observer.grafana?.adminSecret, oidc: resolveOidc(fleet) },
  };
};

/** Fills in every default. The fleet must have the schema's form; it is checked by `checkFleet`, not here. */
export const resolve = (fleet: Fleet, ruleTexts: RuleTexts = new Map()): ResolvedFleet => {
  const own = byName(deployed(fleet));
  const used = new Set([fleet.observer.in, ...own.map(([, c]) => c.in)]);
  const clusters = own.map(([name]) => resolveCluster(fleet, name, ruleTexts));
  const retention = resolveRetention(fleet);
  const loads = allLoads(clusters);
  return {
    name: fleet.name,
    // known once it is checked
    accepted: [],
    idle: [],
    // where others deploy all that there is, the fleet has nothing to do
    kubernetes: byName(fleet.kubernetes)
      .filter(([name]) => used.has(name))
      .map(([name, k]) => resolveKubernetes(fleet, name, k)),
    objectStore: resolveObjectStore(fleet, loads ? embeddedSize(loads, retention) : '5Gi'),
    observer: resolveObserver(fleet, loads, retention),
    clusters,
    externals: resolveExternals(fleet, (cluster) => alertsOf(fleet, cluster, ruleTexts)),
    images: {
      registry: fleet.registry,
      digests: Object.fromEntries(byName(fleet.imageDigests ?? {})),
      pullSecrets: fleet.imagePullSecrets ?? [],
    },
    retention,
    tls: resolveTls(fleet),
    externalSecrets: resolveExternalSecrets(fleet),
    gitops: { argocd: resolveArgoCd(fleet) },
    slo: resolveSlo(fleet),
    alerts: resolveAlerts(fleet, ruleTexts),
  };
};
