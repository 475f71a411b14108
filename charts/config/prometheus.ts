// Prometheus' configuration: what a cluster scrapes, so that no target is counted under two clusters.
//
// How targets are divided between clusters that share a Kubernetes cluster:
//   - each cluster scrapes the pods of its own namespace (its Prometheus pair and sidecars);
//   - one of them, the one with `nodes`, scrapes what there is once per Kubernetes cluster: nodes, kubelets, API server,
//     DNS, agents and, where it lives, the observer;
//   - annotated pods belong to the cluster that claims their namespace, and to the one with `nodes` when nobody does.
import { clusterLabel, type ResolvedCluster, type ResolvedFleet, replicaLabel } from '../fleet/resolve';
import { partOf } from '../kit/kubernetes';
import { bytes, seconds } from '../kit/units';
import type { Endpoint } from '../kit/wiring';
import { aboutLabel } from '../rules/rule';
import { expiryRules } from './certificates';

export const configDirectory = '/etc/prometheus/config';
export const rulesDirectory = '/etc/prometheus/rules';

interface RelabelConfig {
  readonly source_labels?: readonly string[];
  readonly separator?: string;
  readonly regex?: string;
  readonly target_label?: string;
  readonly replacement?: string;
  readonly action?: 'keep' | 'drop' | 'labeldrop' | 'labelmap';
}

export interface ScrapeConfig {
  readonly job_name: string;
  readonly scheme?: 'http' | 'https';
  readonly metrics_path?: string;
  readonly honor_timestamps?: boolean;
  readonly sample_limit?: number;
  readonly label_limit?: number;
  readonly label_value_length_limit?: number;
  readonly authorization?: { readonly credentials_file: string };
  readonly tls_config?: {
    readonly ca_file?: string;
    readonly cert_file?: string;
    readonly key_file?: string;
    readonly insecure_skip_verify?: boolean;
    readonly server_name?: string;
  };
  readonly kubernetes_sd_configs: readonly {
    readonly role: 'pod' | 'node' | 'endpointslice';
    readonly namespaces?: { readonly names: readonly string[] };
  }[];
  readonly relabel_configs: readonly RelabelConfig[];
  readonly metric_relabel_configs?: readonly RelabelConfig[];
}

/** What one cluster scrapes besides its own namespace. */
export interface Targets {
  /** Ports of the fleet's own pods. */
  readonly endpoints: readonly Endpoint[];
  /** How to reach those that speak TLS. */
  readonly tls?: (serverName: string) => ScrapeConfig['tls_config'];
  /** Present for the cluster that watches the Kubernetes cluster. */
  readonly kubernetes?: {
    readonly agentsNamespace: string;
    /** Namespaces whose pods belong to somebody else. */
    readonly foreignNamespaces: readonly string[];
  };
}

const serviceAccount = '/var/run/secrets/kubernetes.io/serviceaccount';
const meta = (name: string) => `__meta_kubernetes_${name}`;
const keep = (source: string, regex: string): RelabelConfig => ({ source_labels: [source], regex, action: 'keep' });
const drop = (source: string, regex: string): RelabelConfig => ({ source_labels: [source], regex, action: 'drop' });
const copy = (source: string, target_label: string): RelabelConfig => ({ source_labels: [source], target_label });
const unique = (values: readonly string[]): string[] => [...new Set(values)].sort();

/** Labels that every pod's series carry, the same in every cluster. */
const podIdentity: readonly RelabelConfig[] = [
  copy(meta('namespace'), 'namespace'),
  copy(meta('pod_name'), 'pod'),
  copy(meta('pod_node_name'), 'node'),
];
const podInstance: RelabelConfig = {
  source_labels: [meta('pod_name'), meta('pod_container_port_number')],
  separator: ':',
  target_label: 'instance',
};
const finished = drop(meta('pod_phase'), 'Pending|Succeeded|Failed');
const byToken = { authorization: { credentials_file: `${serviceAccount}/token` } } as const;

/**
 * The fleet's own pods. The job is the container's name: prometheus, thanos-sidecar, thanos-query, alertmanager, …
 * A pod is the fleet's by its labels and by what the topology declared: namespace, container and port.
 */
const fleetPods = (fleet: ResolvedFleet, targets: Targets, sd: ScrapeConfig['kubernetes_sd_configs']): ScrapeConfig[] => {
  const encrypted = targets.endpoints.filter((e) => e.serverName);
  const job = (
    endpoints: readonly Endpoint[],
    name: string,
    only: readonly RelabelConfig[],
    more: Partial<ScrapeConfig> = {},
  ) => ({
    job_name: name,
    ...more,
    kubernetes_sd_configs: sd,
    relabel_configs: [
      keep(meta('namespace'), unique(endpoints.map((e) => e.server.namespace)).join('|')),
      keep(meta('pod_label_app_kubernetes_io_part_of'), partOf),
      keep(meta('pod_label_app_kubernetes_io_instance'), fleet.name),
      keep(meta('pod_container_port_name'), unique(endpoints.map((e) => e.port.name)).join('|')),
      ...only,
      finished,
      copy(meta('pod_container_name'), 'job'),
      ...podIdentity,
      podInstance,
    ],
  });
  const name = (e: Endpoint) => e.server.name;
  const nameLabel = meta('pod_label_app_kubernetes_io_name');
  return [
    job(
      targets.endpoints.filter((e) => !e.serverName),
      'fleet',
      encrypted.length > 0 ? [drop(nameLabel, unique(encrypted.map(name)).join('|'))] : [],
    ),
    ...encrypted.map((e) =>
      job([e], `fleet-${name(e)}`, [keep(nameLabel, name(e))], {
        scheme: 'https',
        tls_config: targets.tls?.(e.serverName as string),
      }),
    ),
  ];
};

const annotation = (name: string) => meta(`pod_annotation_prometheus_io_${name}`);

/**
 * Jobs of the fleet itself, by which its rules and dashboards select. A pod of somebody else that is named so gets its
 * namespace before it: a team's own Grafana or Prometheus must not count as the fleet's.
 */
export const ownJobs =
  'alertmanager|apiserver|cadvisor|fleet.*|grafana|kube-dns|kubelet|memcached-exporter|node-exporter|pods|prometheus|thanos-.+';

const limits = ({ samples, labels, labelLength }: ResolvedCluster['targetLimits']): Partial<ScrapeConfig> => ({
  ...(samples ? { sample_limit: samples } : {}),
  ...(labels ? { label_limit: labels } : {}),
  ...(labelLength ? { label_value_length_limit: labelLength } : {}),
});

/** Pods that ask for it: prometheus.io/scrape, and optionally port, path and scheme. */
const annotatedPods = (
  cluster: ResolvedCluster,
  belongs: readonly RelabelConfig[],
  sd: ScrapeConfig['kubernetes_sd_configs'],
): ScrapeConfig => ({
  job_name: 'pods',
  ...limits(cluster.targetLimits),
  kubernetes_sd_configs: sd,
  relabel_configs: [
    ...belongs,
    keep(annotation('scrape'), 'true'),
    finished,
    // the annotated port, or else every port that the pod declares
    { source_labels: [meta('pod_container_init')], regex: 'true', action: 'drop' },
    {
      source_labels: [meta('pod_ip'), annotation('port')],
      separator: ';',
      regex: '(\\d+\\.\\d+\\.\\d+\\.\\d+);(\\d+)',
      replacement: '$1:$2',
      target_label: '__address__',
    },
    {
      source_labels: [meta('pod_ip'), annotation('port')],
      separator: ';',
      regex: '([0-9a-fA-F:]*:[0-9a-fA-F:]*);(\\d+)',
      replacement: '[$1]:$2',
      target_label: '__address__',
    },
    { source_labels: [annotation('path')], regex: '(.+)', target_label: '__metrics_path__' },
    { source_labels: [annotation('scheme')], regex: '(https?)', target_label: '__scheme__' },
    { source_labels: [meta('pod_label_app_kubernetes_io_name')], regex: '(.+)', target_label: 'job' },
    {
      source_labels: [meta('namespace'), meta('pod_label_app_kubernetes_io_name')],
      separator: '/',
      regex: `(.+/(${ownJobs}))`,
      target_label: 'job',
    },
    ...podIdentity,
    { source_labels: ['__address__'], regex: '.*:(\\d+)', replacement: '$1', target_label: '__tmp_port' },
    { source_labels: [meta('pod_name'), '__tmp_port'], separator: ':', target_label: 'instance' },
  ],
});

/** Series that nobody looks at and that are most of what a component exposes. */
const withoutHistograms = (names: string): RelabelConfig => drop('__name__', `(${names})_bucket`);

const kubernetesJobs = (fleet: ResolvedFleet, agents: string): ScrapeConfig[] => [
  {
    job_name: 'kubelet',
    scheme: 'https',
    ...byToken,
    // kubelets serve with certificates of their own making unless the cluster signs them (serverTLSBootstrap)
    tls_config: { insecure_skip_verify: true },
    kubernetes_sd_configs: [{ role: 'node' }],
    relabel_configs: [copy(meta('node_name'), 'node')],
    metric_relabel_configs: [
      withoutHistograms(
        'kubelet_(runtime_operations|http_requests|cgroup_manager|pod_.*|pleg_.*)_?duration_seconds|rest_client_.*|storage_operation_.*|apiserver_.*|workqueue_.*|csi_.*|volume_.*|kubernetes_feature.*',
      ),
      drop('__name__', 'kubernetes_feature_enabled|apiserver_.*|authentication_.*|authorization_.*'),
    ],
  },
  {
    job_name: 'apiserver',
    scheme: 'https',
    ...byToken,
    tls_config: { ca_file: `${serviceAccount}/ca.crt`, server_name: 'kubernetes' },
    kubernetes_sd_configs: [{ role: 'endpointslice', namespaces: { names: ['default'] } }],
    relabel_configs: [keep(meta('endpointslice_name'), 'kubernetes.*'), keep(meta('endpointslice_port_name'), 'https')],
    metric_relabel_configs: [
      drop(
        '__name__',
        '(apiserver|etcd|workqueue|rest_client|authentication|authorization|admission|aggregator|watch_cache)_.*_(bucket)',
      ),
      drop(
        '__name__',
        'kubernetes_feature_enabled|apiserver_(watch_events|watch_cache|storage_db|flowcontrol|admission|selfrequest|cel|response_sizes|request_body).*',
      ),
    ],
  },
  {
    job_name: 'kube-dns',
    kubernetes_sd_configs: [{ role: 'pod', namespaces: { names: ['kube-system'] } }],
    relabel_configs: [
      keep(meta('pod_label_k8s_app'), 'kube-dns'),
      keep(meta('pod_container_port_name'), 'metrics'),
      finished,
      ...podIdentity,
      podInstance,
    ],
    metric_relabel_configs: [withoutHistograms('coredns_.*')],
  },
  {
    job_name: 'node-exporter',
    kubernetes_sd_configs: [{ role: 'pod', namespaces: { names: [agents] } }],
    relabel_configs: [...agent(fleet, 'node-exporter'), ...podIdentity],
  },
  {
    job_name: 'cadvisor',
    honor_timestamps: false, // its own timestamps make series of ended containers linger
    kubernetes_sd_configs: [{ role: 'pod', namespaces: { names: [agents] } }],
    // namespace, pod and container are those of the container that is measured, not of the agent
    relabel_configs: [...agent(fleet, 'cadvisor'), copy(meta('pod_node_name'), 'node')],
    metric_relabel_configs: [
      copy('container_label_io_kubernetes_pod_namespace', 'namespace'),
      copy('container_label_io_kubernetes_pod_name', 'pod'),
      copy('container_label_io_kubernetes_container_name', 'container'),
      { regex: 'container_label_.*|name|image', action: 'labeldrop' },
    ],
  },
];

const agent = (fleet: ResolvedFleet, name: string): RelabelConfig[] => [
  keep(meta('pod_label_app_kubernetes_io_instance'), fleet.name),
  keep(meta('pod_label_app_kubernetes_io_name'), name),
  finished,
  copy(meta('pod_node_name'), 'instance'),
];

export const scrapeConfigs = (fleet: ResolvedFleet, cluster: ResolvedCluster, targets: Targets): ScrapeConfig[] => {
  const k = targets.kubernetes;
  if (!k) {
    const sd = [{ role: 'pod', namespaces: { names: unique([cluster.namespace, ...cluster.namespaces]) } }] as const;
    const claimed =
      cluster.namespaces.length > 0 ? [annotatedPods(cluster, [keep(meta('namespace'), cluster.namespaces.join('|'))], sd)] : [];
    return [...fleetPods(fleet, targets, sd), ...claimed];
  }
  const sd = [{ role: 'pod' }] as const;
  return [
    ...fleetPods(fleet, targets, sd),
    annotatedPods(cluster, [drop(meta('namespace'), k.foreignNamespaces.join('|'))], sd),
    ...kubernetesJobs(fleet, k.agentsNamespace),
  ];
};

/** Prometheus expands variables in external labels: `$$` stands for a `$`. */
const literal = (labels: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, value.replaceAll('$', '$$$$')]));

/** Share of a volume that blocks may fill, the write-ahead log and compaction needing the rest. */
const blocksShare = 0.8;

/**
 * The configuration file as data; `promtool check config` accepts it. `$POD_NAME` is expanded by Prometheus itself in
 * external labels; it must be set in the container, since an unset variable becomes an empty label without an error.
 */
export const prometheusConfig = (
  fleet: ResolvedFleet,
  cluster: ResolvedCluster,
  targets: Targets,
  alertmanagers: { readonly addresses: readonly string[]; readonly tls?: ScrapeConfig['tls_config'] },
) => ({
  global: {
    scrape_interval: cluster.scrapeInterval,
    scrape_timeout: seconds(cluster.scrapeInterval) < 10 ? cluster.scrapeInterval : '10s', // never longer than the interval
    evaluation_interval: cluster.scrapeInterval,
    external_labels: { ...literal(cluster.labels), [clusterLabel]: cluster.name, [replicaLabel]: '$POD_NAME' },
  },
  storage: {
    tsdb: { retention: { time: cluster.retention, size: `${Math.floor((bytes(cluster.volume) * blocksShare) / 2 ** 20)}MB` } },
  },
  rule_files: [`${rulesDirectory}/*.yml`, ...(alertmanagers.tls ? [`${expiryRules.directory}/*.yml`] : [])],
  alerting: {
    alert_relabel_configs: [
      // an alert is of the cluster that it is about, whoever has noticed
      { source_labels: [aboutLabel], regex: '(.+)', target_label: clusterLabel },
      { regex: aboutLabel, action: 'labeldrop' },
      // the pair's alerts must be equal, or each would be delivered twice
      { regex: replicaLabel, action: 'labeldrop' },
    ],
    alertmanagers: [
      {
        api_version: 'v2',
        ...(alertmanagers.tls ? { scheme: 'https', tls_config: alertmanagers.tls } : {}),
        static_configs: [{ targets: alertmanagers.addresses }],
      },
    ],
  },
  scrape_configs: scrapeConfigs(fleet, cluster, targets),
});
