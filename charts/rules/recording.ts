// Recording rules: what dashboards ask again and again, evaluated once.
import type { ResolvedCluster, ResolvedFleet } from '../fleet/resolve';
import { p99, partialIfRemote, type Recording, type RuleGroup, type RulesOf, share } from './rule';
import { storeFailed } from './store';

const query = 'job="thanos-query"';
const store = 'job="thanos-store"';
const grpc = (side: 'client' | 'server', selector: string, type: 'unary' | 'stream', bad: string) => {
  const typed = `${selector}, grpc_type=${type === 'unary' ? '"unary"' : '"server_stream"'}`;
  return share('job', `grpc_${side}_handled_total{${typed}, ${bad}}`, `grpc_${side}_started_total{${typed}}`);
};
const grpcRecords = (side: 'client' | 'server', name: string, selector: string, bad: string): Recording[] =>
  (['unary', 'stream'] as const).map((type) => ({
    record: `job:${name}_failures_per_${type}:ratio_rate5m`,
    expr: grpc(side, selector, type, bad),
  }));

export const thanosRecording: RulesOf = () => [
  {
    name: 'thanos recording',
    why: 'the observer is scraped by the cluster that watches its nodes',
    interval: '1m',
    rules: [
      ...grpcRecords('client', 'grpc_client', query, 'grpc_code!="OK"'),
      ...grpcRecords('server', 'thanos_store_grpc_server', store, storeFailed),
      {
        record: 'job:thanos_query_dns_failures_per_lookup:ratio_rate5m',
        expr: share(
          'job',
          `thanos_query_endpoints_dns_failures_total{${query}}`,
          `thanos_query_endpoints_dns_lookups_total{${query}}`,
        ),
      },
      {
        record: 'job:query_duration_seconds:p99_5m',
        expr: p99('job', `http_request_duration_seconds_bucket{${query}, handler="query"}`),
      },
      {
        record: 'job:query_range_duration_seconds:p99_5m',
        expr: p99('job', `http_request_duration_seconds_bucket{${query}, handler="query_range"}`),
      },
      {
        record: 'job:thanos_objstore_bucket_failures_per_operation:ratio_rate5m',
        expr: share(
          'job',
          'thanos_objstore_bucket_operation_failures_total{job=~"thanos-.+"}',
          'thanos_objstore_bucket_operations_total{job=~"thanos-.+"}',
        ),
      },
      {
        record: 'job:thanos_objstore_bucket_operation_duration_seconds:p99_5m',
        expr: p99('job', `thanos_objstore_bucket_operation_duration_seconds_bucket{${store}}`),
      },
    ],
  },
];

/** Network interfaces that are hardware, or stand for it. */
const physical = 'device!~"lo|veth.*|cali.*|cni.*|flannel.*|lxc.*|eni.*|docker.*|br-.*|tunl.*|kube.*"';

/** The node mixin's names, so that its dashboards and books fit. */
export const nodeRecording: RulesOf = () => [
  {
    name: 'node recording',
    why: 'only the cluster that watches the nodes scrapes node-exporter',
    interval: '1m',
    rules: [
      {
        record: 'instance:node_num_cpu:sum',
        expr: 'count without (cpu, mode) (node_cpu_seconds_total{mode="idle"})',
      },
      {
        record: 'instance:node_cpu_utilisation:rate5m',
        expr: '1 - avg without (cpu) (sum without (mode) (rate(node_cpu_seconds_total{mode=~"idle|iowait|steal"}[5m])))',
      },
      { record: 'instance:node_load1_per_cpu:ratio', expr: 'node_load1 / instance:node_num_cpu:sum' },
      {
        record: 'instance:node_memory_utilisation:ratio',
        expr: '1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes',
      },
      { record: 'instance:node_vmstat_pgmajfault:rate5m', expr: 'rate(node_vmstat_pgmajfault[5m])' },
      {
        record: 'instance_device:node_disk_io_time_seconds:rate5m',
        expr: 'rate(node_disk_io_time_seconds_total[5m])',
      },
      {
        record: 'instance_device:node_disk_io_time_weighted_seconds:rate5m',
        expr: 'rate(node_disk_io_time_weighted_seconds_total[5m])',
      },
      ...(['receive', 'transmit'] as const).flatMap((direction) =>
        (['bytes', 'drop'] as const).flatMap((what): Recording[] => [
          {
            record: `instance:node_network_${direction}_${what}_excluding_lo:rate5m`,
            expr: `sum without (device) (rate(node_network_${direction}_${what}_total{device!="lo"}[5m]))`,
          },
          {
            record: `instance:node_network_${direction}_${what}_physical:rate5m`,
            expr: `sum without (device) (rate(node_network_${direction}_${what}_total{${physical}}[5m]))`,
          },
        ]),
      ),
    ],
  },
];

/** What the overview asks of a cluster: its targets, those that answer, and more where more is known of it. */
export const recordingOf = (
  fleet: ResolvedFleet,
  cluster: Pick<ResolvedCluster, 'name' | 'in'>,
  more: readonly Recording[] = [],
): RuleGroup => ({
  name: `recording ${cluster.name}`,
  why: 'the overview asks for all clusters at once; a group per cluster, so that one that does not answer costs only its own',
  interval: '1m',
  ...partialIfRemote(fleet, cluster),
  rules: [
    { record: 'cluster:up:sum', expr: `sum by (cluster) (up{cluster="${cluster.name}"})` },
    { record: 'cluster:up:count', expr: `count by (cluster) (up{cluster="${cluster.name}"})` },
    ...more,
  ],
});

/** Sums per cluster, for long ranges over many clusters: recorded by the ruler, and so in the bucket and downsampled. */
export const fleetRecording: RulesOf = (fleet, cluster) => {
  const { name, nodes } = cluster;
  const ofNodes: Recording[] = [
    {
      record: 'cluster:container_memory_working_set_bytes:sum',
      expr: `sum by (cluster) (container_memory_working_set_bytes{cluster="${name}", container!=""})`,
    },
    {
      record: 'cluster_namespace:container_cpu_usage_seconds:sum_rate5m',
      expr: `sum by (cluster, namespace) (rate(container_cpu_usage_seconds_total{cluster="${name}", container!=""}[5m]))`,
    },
  ];
  return [
    recordingOf(fleet, cluster, [
      {
        record: 'cluster:prometheus_tsdb_head_series:max',
        expr: `max by (cluster) (prometheus_tsdb_head_series{cluster="${name}", job="prometheus"})`,
      },
      ...(nodes ? ofNodes : []),
    ]),
  ];
};
