// Alerts on the observer's components, which the cluster that scrapes them evaluates.
import { always, type Case, type Course, clock, counter, gauge, line } from './case';

type Severity = Case['severity'];
const of = (job: string, pod = `${job}-x`) => `job="${job}", namespace="demo-observer", pod="${pod}", instance="${pod}:10902"`;

/** One of two pods is left in the near miss. */
const isDown = (alert: string, job: string, severity: Severity): Case => ({
  alert,
  severity,
  series: { [`up{${of(job, 'a')}}`]: gauge(1, 0, 0), [`up{${of(job, 'b')}}`]: gauge(1, 0, 1) },
});

/** 6 of 100 are bad; in the near miss 4 are. */
const share = (alert: string, severity: Severity, bad: string, all: string, near = 4): Case => ({
  alert,
  severity,
  series: { [bad]: counter(0, 6, near), [all]: counter(100, 100, 100) },
});

const httpErrors = (alert: string, job: string, handler: string): Case => ({
  alert,
  severity: 'critical',
  series: {
    [`http_requests_total{${of(job)}, handler="${handler}", code="500"}`]: counter(0, 6, 4),
    [`http_requests_total{${of(job)}, handler="${handler}", code="200"}`]: counter(100, 94, 96),
  },
});

const grpcServer = (alert: string, job: string): Case =>
  share(
    alert,
    'warning',
    `grpc_server_handled_total{${of(job)}, grpc_method="Series", grpc_code="Internal"}`,
    `grpc_server_started_total{${of(job)}, grpc_method="Series"}`,
  );

const bucket = (alert: string, job: string): Case =>
  share(
    alert,
    'warning',
    `thanos_objstore_bucket_operation_failures_total{${of(job)}, operation="get"}`,
    `thanos_objstore_bucket_operations_total{${of(job)}, operation="get"}`,
  );

/** A histogram of which everything is at most `near`, or nothing is at most `near` and everything at most `bad`. */
const latency = (
  histogram: string,
  labels: string,
  bounds: { fast: string; near: string; bad: string },
): Record<string, Course> => ({
  [`${histogram}_bucket{${labels}, le="${bounds.fast}"}`]: counter(60, 0, 0),
  [`${histogram}_bucket{${labels}, le="${bounds.near}"}`]: counter(60, 0, 60),
  [`${histogram}_bucket{${labels}, le="${bounds.bad}"}`]: counter(60, 60, 60),
  [`${histogram}_bucket{${labels}, le="+Inf"}`]: counter(60, 60, 60),
  [`${histogram}_count{${labels}}`]: counter(60, 60, 60),
});

const queryLatency = (alert: string, handler: string): Case => ({
  alert,
  severity: 'critical',
  series: latency('http_request_duration_seconds', `${of('thanos-query')}, handler="${handler}"`, {
    fast: '1.0',
    near: '30.0',
    bad: '60.0',
  }),
});

const exporter = of('memcached-exporter', 'memcached-0');

/** Requests of query-frontends to memcached. */
const answersIn = (method: string, code: string): string =>
  `cortex_memcache_request_duration_seconds_count{${of('thanos-query-frontend')}, method="${method}", status_code="${code}"}`;

const backlog = (alert: string, metric: string): Case => ({
  alert,
  severity: 'warning',
  // near: the same waves, but each is worked off
  series: { [`${metric}{${of('thanos-compact')}}`]: gauge(0, { crest: 60, trough: 25 }, { crest: 55, trough: 20 }) },
  step: 10,
  bad: 108,
});

const rises = (alert: string, severity: Severity, series: string): Case => ({
  alert,
  severity,
  series: { [series]: counter(0, 1, 0) },
});

const rounds = (result: string) => `thanos_replicate_replication_runs_total{${of('thanos-replicate')}, result="${result}"}`;

const connections = (type: string, labels: string) =>
  `thanos_store_nodes_grpc_connections{${of('thanos-query')}, store_type="${type}", external_labels='${labels}'}`;

const frontend = `${of('thanos-query-frontend')}, handler="query-frontend"`;
const errorBudget = (severity: Severity, bad: number, near: number, times: Partial<Case>): Case => ({
  alert: 'QueryAvailabilityBudgetBurn',
  severity,
  series: {
    [`http_requests_total{${frontend}, code="200"}`]: counter(1000, 1000 - bad, 1000 - near),
    [`http_requests_total{${frontend}, code="500"}`]: counter(0, bad, near),
  },
  ...times,
});
const latencyBudget = (severity: Severity, bad: number, near: number, times: Partial<Case>): Case => ({
  alert: 'QueryLatencyBudgetBurn',
  severity,
  series: {
    [`http_request_duration_seconds_bucket{${frontend}, le="6.0"}`]: counter(1000, 1000 - bad, 1000 - near),
    [`http_request_duration_seconds_count{${frontend}}`]: counter(1000, 1000, 1000),
  },
  ...times,
});
const fast = { bad: 90, after: 60 };
const slow = { step: 5, bad: 288, after: 100 };

const ruleGroup = `${of('thanos-rule')}, rule_group="global.yaml;cluster chicago"`;
const member = (n: number) => of('alertmanager', `alertmanager-${n}`);
const members = [0, 1, 2].map(member);

export const observerCases: readonly Case[] = [
  isDown('ThanosQueryIsDown', 'thanos-query', 'critical'),
  httpErrors('ThanosQueryHttpRequestQueryErrorRateHigh', 'thanos-query', 'query'),
  httpErrors('ThanosQueryHttpRequestQueryRangeErrorRateHigh', 'thanos-query', 'query_range'),
  grpcServer('ThanosQueryGrpcServerErrorRate', 'thanos-query'),
  share(
    'ThanosQueryGrpcClientErrorRate',
    'warning',
    `grpc_client_handled_total{${of('thanos-query')}, grpc_method="Info", grpc_code="Unavailable"}`,
    `grpc_client_started_total{${of('thanos-query')}, grpc_method="Info"}`,
  ),
  share(
    'ThanosQueryPartialResponses',
    'warning',
    `grpc_client_handled_total{${of('thanos-query')}, grpc_method="Series", grpc_code="Unavailable"}`,
    `grpc_client_started_total{${of('thanos-query')}, grpc_method="Series"}`,
    0.5,
  ),
  {
    alert: 'ThanosQueryHighDNSFailures',
    severity: 'warning',
    series: {
      [`thanos_query_endpoints_dns_failures_total{${of('thanos-query')}}`]: counter(0, 2, 0.5),
      [`thanos_query_endpoints_dns_lookups_total{${of('thanos-query')}}`]: counter(100, 100, 100),
      [`thanos_query_endpoint_groups_dns_failures_total{${of('thanos-query')}}`]: always(0),
      [`thanos_query_endpoint_groups_dns_lookups_total{${of('thanos-query')}}`]: always(0),
    },
  },
  rises('ThanosQueryDuplicateEndpoints', 'warning', `thanos_query_duplicated_endpoint_addresses_total{${of('thanos-query')}}`),
  queryLatency('ThanosQueryInstantLatencyHigh', 'query'),
  queryLatency('ThanosQueryRangeLatencyHigh', 'query_range'),
  {
    alert: 'ThanosQueryOverload',
    severity: 'warning',
    series: {
      [`thanos_query_concurrent_gate_queries_max{${of('thanos-query')}}`]: always(20),
      [`thanos_query_concurrent_gate_queries_in_flight{${of('thanos-query')}}`]: gauge(2, 20, 19),
    },
  },
  {
    alert: 'ThanosQueryEndpointsMissing', // one sidecar of seattle, and the store gateways, which were never there
    severity: 'warning',
    count: 2,
    series: {
      [`up{${of('thanos-query')}}`]: always(1),
      [connections('sidecar', '{cluster="chicago", replica="prometheus-0"}')]: always(1),
      [connections('sidecar', '{cluster="chicago", replica="prometheus-1"}')]: always(1),
      [connections('sidecar', '{cluster="seattle", replica="prometheus-0"}')]: always(1),
      [connections('sidecar', '{cluster="seattle", replica="prometheus-1"}')]: gauge(1, '_', 1),
      [connections('store', '{cluster="chicago"}')]: gauge(2, '_', 2),
      [connections('rule', '{ruler="global"}')]: always(1),
    },
  },
  isDown('ThanosQueryFrontendIsDown', 'thanos-query-frontend', 'critical'),
  httpErrors('ThanosQueryFrontendErrorRateHigh', 'thanos-query-frontend', 'query-frontend'),
  {
    alert: 'ThanosStoreIsDown', // both pods of a shard; in the near miss one
    severity: 'critical',
    series: {
      [`up{${of('thanos-store', 'thanos-store-0-of-2-5c9-a')}}`]: gauge(1, 0, 0),
      [`up{${of('thanos-store', 'thanos-store-0-of-2-5c9-b')}}`]: gauge(1, 0, 1),
      [`up{${of('thanos-store', 'thanos-store-1-of-2-77f-a')}}`]: always(1),
    },
  },
  {
    alert: 'MemcachedOperationsFailing',
    severity: 'warning',
    count: 2,
    series: {
      [`thanos_memcached_operation_failures_total{${of('thanos-store')}, operation="getmulti", reason="timeout"}`]: counter(
        0,
        6,
        4,
      ),
      [`thanos_memcached_operations_total{${of('thanos-store')}, operation="getmulti"}`]: counter(100, 100, 100),
      [answersIn('Memcache.GetMulti', '500')]: counter(0, 6, 4),
      [answersIn('Memcache.GetMulti', '404')]: counter(50, 47, 48), // what is not there
      [answersIn('Memcache.GetMulti', '200')]: counter(50, 47, 48),
    },
  },
  {
    alert: 'MemcachedItemsSkipped',
    severity: 'info',
    count: 2,
    series: {
      [`thanos_memcached_operation_skipped_total{${of('thanos-store')}, operation="set", reason="async-buffer-full"}`]: counter(
        0,
        6,
        4,
      ),
      [`thanos_memcached_operations_total{${of('thanos-store')}, operation="set"}`]: counter(100, 94, 96),
      [`cortex_memcache_client_set_skip_total{${of('thanos-query-frontend')}}`]: counter(0, 3, 2),
      [`cortex_cache_dropped_background_writes_total{${of('thanos-query-frontend')}}`]: counter(0, 3, 2),
      [answersIn('Memcache.Put', '200')]: counter(100, 100, 100),
    },
  },
  {
    alert: 'MemcachedHitRateLow',
    severity: 'info',
    series: {
      [`thanos_store_index_cache_hits_total{${of('thanos-store')}, item_type="Postings"}`]: counter(500, 150, 250),
      [`thanos_store_index_cache_requests_total{${of('thanos-store')}, item_type="Postings"}`]: counter(1000, 1000, 1000),
    },
    step: 5,
    bad: 90,
  },
  {
    alert: 'MemcachedServersMissing',
    severity: 'warning',
    count: 2,
    series: {
      [`thanos_memcached_dns_provider_results{${of('thanos-store')}, name="index-cache"}`]: gauge(2, 1, 2),
      [`cortex_memcache_client_servers{${of('thanos-query-frontend')}}`]: gauge(2, 1, 2),
    },
  },
  { alert: 'MemcachedNotAnswering', severity: 'warning', series: { [`memcached_up{${exporter}}`]: gauge(1, 0, 1) } },
  {
    alert: 'MemcachedConnectionsNearLimit',
    severity: 'warning',
    series: {
      [`memcached_current_connections{${exporter}}`]: gauge(100, 3400, 3200),
      [`memcached_max_connections{${exporter}}`]: always(4096),
    },
  },
  {
    alert: 'MemcachedOutOfMemory',
    severity: 'warning',
    series: { [`memcached_item_no_memory_total{${exporter}}`]: counter(0, 1, 0) },
  },
  grpcServer('ThanosStoreGrpcErrorRate', 'thanos-store'),
  {
    alert: 'ThanosStoreSeriesGateLatencyHigh',
    severity: 'warning',
    series: latency('thanos_bucket_store_series_gate_queries_duration_seconds', of('thanos-store'), {
      fast: '0.1',
      near: '1.0',
      bad: '3.0',
    }),
  },
  {
    alert: 'ThanosStoreObjstoreOperationLatencyHigh',
    severity: 'warning',
    series: latency('thanos_objstore_bucket_operation_duration_seconds', `${of('thanos-store')}, operation="get"`, {
      fast: '0.1',
      near: '1.0',
      bad: '3.0',
    }),
  },
  bucket('ThanosStoreBucketHighOperationFailures', 'thanos-store'),
  {
    alert: 'ThanosStoreBlocksNotLoading',
    severity: 'warning',
    series: {
      [`thanos_bucket_store_block_load_failures_total{${of('thanos-store')}}`]: counter(0, 1, 0),
      [`thanos_blocks_meta_sync_failures_total{${of('thanos-store')}}`]: always(0),
      [`thanos_blocks_meta_synced{${of('thanos-store')}, state="failed"}`]: gauge(0, 1, 0),
    },
  },
  {
    alert: 'ObjectStoreUnreachable', // near: every other listing succeeds
    severity: 'critical',
    series: {
      [`thanos_objstore_bucket_operation_duration_seconds_count{${of('thanos-store')}, operation="iter"}`]: counter(1, 1, 2),
      [`thanos_objstore_bucket_operation_failures_total{${of('thanos-store')}, operation="iter"}`]: counter(0, 1, 1),
      [`thanos_objstore_bucket_operations_total{${of('thanos-rule')}, operation="upload"}`]: always(1),
      [`thanos_objstore_bucket_operation_failures_total{${of('thanos-rule')}, operation="upload"}`]: always(0),
    },
  },
  bucket('ThanosBucketHighOperationFailures', 'thanos-rule'),
  isDown('ThanosBucketWebIsDown', 'thanos-bucket-web', 'info'),
  isDown('GrafanaIsDown', 'grafana', 'warning'),
  isDown('ThanosCompactIsDown', 'thanos-compact', 'warning'),
  {
    alert: 'ThanosCompactMultipleRunning',
    severity: 'critical',
    series: { [`up{${of('thanos-compact', 'a')}}`]: always(1), [`up{${of('thanos-compact', 'b')}}`]: gauge('_', 1, 0) },
  },
  {
    alert: 'ThanosCompactHalted',
    severity: 'critical',
    series: { [`thanos_compact_halted{${of('thanos-compact')}}`]: gauge(0, 1, 0) },
  },
  share(
    'ThanosCompactHighCompactionFailures',
    'warning',
    `thanos_compact_group_compactions_failures_total{${of('thanos-compact')}}`,
    `thanos_compact_group_compactions_total{${of('thanos-compact')}}`,
  ),
  bucket('ThanosCompactBucketHighOperationFailures', 'thanos-compact'),
  isDown('ThanosReplicateIsDown', 'thanos-replicate', 'warning'),
  {
    alert: 'ThanosReplicateFailing',
    severity: 'warning',
    series: { [rounds('error')]: counter(0, 1, 0.5), [rounds('success')]: counter(1, 0, 0.5) },
    bad: 150,
    after: 90,
  },
  {
    alert: 'ThanosReplicateBehind',
    severity: 'warning',
    series: { [rounds('error')]: always(0), [rounds('success')]: counter(5, 0, 1) },
    step: 5,
    bad: 80,
  },
  {
    alert: 'ThanosCompactHasNotRun', // near: there was nothing to do
    severity: 'warning',
    series: {
      [`thanos_objstore_bucket_last_successful_upload_time{${of('thanos-compact')}}`]: clock(1800, 0, 0),
      [`process_start_time_seconds{${of('thanos-compact')}}`]: always(0),
      [`thanos_compact_todo_compactions{${of('thanos-compact')}}`]: gauge(0, 1, 0),
    },
    step: 30,
  },
  backlog('ThanosCompactBacklog', 'thanos_compact_todo_compactions'),
  backlog('ThanosCompactDownsampleBacklog', 'thanos_compact_todo_downsample_blocks'),
  {
    alert: 'ThanosCompactCleanupFailing',
    severity: 'warning',
    series: { [`thanos_compact_block_cleanup_failures_total{${of('thanos-compact')}}`]: counter(0, 1, 0) },
    bad: 120,
    after: 90,
  },
  isDown('ThanosRuleIsDown', 'thanos-rule', 'critical'),
  rises('ThanosRuleQueueIsDroppingAlerts', 'critical', `thanos_alert_queue_alerts_dropped_total{${of('thanos-rule')}}`),
  rises('ThanosRuleSenderIsFailingAlerts', 'critical', `thanos_alert_sender_alerts_dropped_total{${of('thanos-rule')}}`),
  share(
    'ThanosRuleHighRuleEvaluationFailures',
    'critical',
    `prometheus_rule_evaluation_failures_total{${ruleGroup}}`,
    `prometheus_rule_evaluations_total{${ruleGroup}}`,
  ),
  rises(
    'ThanosRuleHighRuleEvaluationWarnings',
    'info',
    `thanos_rule_evaluation_with_warnings_total{${of('thanos-rule')}, strategy="warn"}`,
  ),
  {
    alert: 'ThanosRuleRuleEvaluationLatencyHigh',
    severity: 'warning',
    series: {
      [`prometheus_rule_group_last_duration_seconds{${ruleGroup}}`]: gauge(1, 16, 14),
      [`prometheus_rule_group_interval_seconds{${ruleGroup}}`]: always(15),
    },
  },
  grpcServer('ThanosRuleGrpcErrorRate', 'thanos-rule'),
  {
    alert: 'ThanosRuleConfigReloadFailure',
    severity: 'info',
    series: { [`thanos_rule_config_last_reload_successful{${of('thanos-rule')}}`]: gauge(1, 0, 1) },
  },
  {
    alert: 'ThanosRuleNoEvaluationFor10Intervals',
    severity: 'warning',
    series: {
      [`prometheus_rule_group_last_evaluation_timestamp_seconds{${ruleGroup}}`]: clock(60, 0, 57),
      [`prometheus_rule_group_interval_seconds{${ruleGroup}}`]: always(60),
    },
  },
  {
    alert: 'ThanosNoRuleEvaluations',
    severity: 'critical',
    series: {
      [`prometheus_rule_evaluations_total{${ruleGroup}}`]: counter(10, 0, 1),
      [`thanos_rule_loaded_rules{${of('thanos-rule')}, group="cluster chicago"}`]: always(3),
    },
  },
  {
    alert: 'AlertmanagerFailedReload',
    severity: 'critical',
    series: { [`alertmanager_config_last_reload_successful{${member(0)}}`]: gauge(1, 0, 1) },
  },
  {
    alert: 'AlertmanagerMembersInconsistent',
    severity: 'critical',
    series: { [`alertmanager_cluster_members{${member(0)}}`]: gauge(3, 2, 3) },
  },
  {
    alert: 'AlertmanagerFailedToSendAlerts',
    severity: 'warning',
    series: {
      [`alertmanager_notifications_failed_total{${member(0)}, integration="slack", reason="other"}`]: counter(0, 2, 0.5),
      [`alertmanager_notifications_total{${member(0)}, integration="slack"}`]: counter(100, 100, 100),
    },
  },
  {
    alert: 'AlertmanagerClusterFailedToSendAlerts', // near: one of three delivers
    severity: 'critical',
    series: Object.fromEntries(
      members.flatMap((m, n) => [
        [
          `alertmanager_notifications_failed_total{${m}, integration="slack", reason="other"}`,
          n === 0 ? counter(0, 100, 0) : counter(0, 100, 100),
        ],
        [`alertmanager_notifications_total{${m}, integration="slack"}`, counter(100, 100, 100)],
      ]),
    ),
  },
  {
    alert: 'AlertmanagerConfigInconsistent',
    severity: 'critical',
    series: {
      [`alertmanager_config_hash{${member(0)}}`]: always(7),
      [`alertmanager_config_hash{${member(1)}}`]: gauge(7, 8, 7),
      [`alertmanager_config_hash{${member(2)}}`]: always(7),
    },
  },
  {
    alert: 'AlertmanagerClusterDown',
    severity: 'critical',
    series: {
      [`up{${member(0)}}`]: always(1),
      [`up{${member(1)}}`]: gauge(1, 0, 1),
      [`up{${member(2)}}`]: gauge(1, '_', '_'),
    },
  },
  {
    alert: 'AlertmanagerClusterCrashlooping',
    severity: 'critical',
    series: Object.fromEntries(members.map((m, n) => [`process_start_time_seconds{${m}}`, line(1, 60, n === 0 ? 60 : 0)])),
  },
  {
    alert: 'AlertmanagerClusterFailedPeers',
    severity: 'warning',
    series: { [`alertmanager_cluster_failed_peers{${member(0)}}`]: gauge(0, 1, 0) },
  },
  errorBudget('critical', 20, 5, fast), // 2% of a budget of 0.1%; near: 0.5%
  errorBudget('warning', 5, 0.5, slow),
  latencyBudget('critical', 200, 50, fast), // 20% of a budget of 1%; near: 5%
  latencyBudget('warning', 50, 5, slow),
];
