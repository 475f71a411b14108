// Alerts that every cluster's own Prometheus evaluates: its targets, itself, its sidecars.
import { always, type Case, clock, counter, gauge, line } from './case';

const pod = 'namespace="demo-chicago", pod="prometheus-0", instance="prometheus-0:9090", job="prometheus"';
const other = 'namespace="demo-chicago", pod="prometheus-1", instance="prometheus-1:9090", job="prometheus"';
const sidecar = 'namespace="demo-chicago", pod="prometheus-0", instance="prometheus-0:10902", job="thanos-sidecar"';

const hour = 3600;

export const clusterCases: readonly Case[] = [
  { alert: 'service_down', severity: 'critical', series: { [`up{${pod}}`]: gauge(1, 0, 1) } },
  {
    alert: 'ComponentRestarting',
    severity: 'warning',
    series: { [`process_start_time_seconds{${pod}}`]: line(1, 60, 0) },
    after: 90,
  },
  ...(
    [
      ['warning', 20, 22],
      ['critical', 4, 6],
    ] as const
  ).map(
    ([severity, late, early]): Case => ({
      alert: 'CertificateExpiry',
      severity,
      step: 10,
      series: {
        'fleet_certificate_expiry_timestamp_seconds{namespace="demo-chicago", secret="prometheus-client-tls"}': gauge(
          90 * 24 * hour,
          late * 24 * hour,
          early * 24 * hour,
        ),
        'certmanager_certificate_expiration_timestamp_seconds{namespace="cert-manager", exported_namespace="demo-chicago", name="thanos-sidecar-server-tls"}':
          gauge(90 * 24 * hour, late * 24 * hour, early * 24 * hour),
        // one that is not issued yet, and somebody else's
        'certmanager_certificate_expiration_timestamp_seconds{namespace="cert-manager", exported_namespace="demo-chicago", name="new"}':
          always(0),
        'certmanager_certificate_expiration_timestamp_seconds{namespace="cert-manager", exported_namespace="shop", name="web"}':
          always(hour),
      },
      count: 2,
    }),
  ),
  // it fires whatever happens; its near miss and its end are those of the program that evaluates it
  { alert: 'Watchdog', severity: 'none', series: { [`up{${pod}}`]: always(1) } },
  {
    alert: 'PrometheusPairIncomplete',
    severity: 'warning',
    series: { [`up{${pod}}`]: always(1), [`up{${other}}`]: gauge(1, '_', 1) },
  },
  {
    alert: 'PrometheusBadConfig',
    severity: 'critical',
    series: { [`prometheus_config_last_reload_successful{${pod}}`]: gauge(1, 0, 1) },
  },
  {
    alert: 'PrometheusKubernetesListWatchFailures',
    severity: 'warning',
    series: { [`prometheus_sd_kubernetes_failures_total{${pod}}`]: counter(0, 1, 0) },
  },
  {
    alert: 'PrometheusTargetSyncFailure',
    severity: 'critical',
    series: { [`prometheus_target_sync_failed_total{${pod}, scrape_job="pods"}`]: counter(0, 1, 0) },
  },
  {
    alert: 'PrometheusNotIngestingSamples',
    severity: 'warning',
    series: {
      [`prometheus_tsdb_head_samples_appended_total{${pod}, type="float"}`]: counter(100, 0, 1),
      [`prometheus_target_metadata_cache_entries{${pod}, scrape_job="fleet"}`]: always(10),
      [`prometheus_rule_group_rules{${pod}, rule_group="targets"}`]: always(3),
    },
  },
  {
    alert: 'PrometheusDuplicateTimestamps',
    severity: 'warning',
    series: { [`prometheus_target_scrapes_sample_duplicate_timestamp_total{${pod}}`]: counter(0, 1, 0) },
  },
  {
    alert: 'PrometheusOutOfOrderTimestamps',
    severity: 'warning',
    series: { [`prometheus_target_scrapes_sample_out_of_order_total{${pod}}`]: counter(0, 1, 0) },
  },
  {
    alert: 'PrometheusScrapeLimitHit',
    severity: 'warning',
    series: {
      [`prometheus_target_scrape_pool_exceeded_target_limit_total{${pod}}`]: always(0),
      [`prometheus_target_scrape_pool_exceeded_label_limits_total{${pod}}`]: always(0),
      [`prometheus_target_scrapes_exceeded_body_size_limit_total{${pod}}`]: always(7),
      [`prometheus_target_scrapes_exceeded_sample_limit_total{${pod}}`]: counter(0, 1, 0),
    },
  },
  {
    alert: 'PrometheusHighQueryLoad',
    severity: 'warning',
    series: {
      [`prometheus_engine_queries{${pod}}`]: gauge(2, 17, 15),
      [`prometheus_engine_queries_concurrent_max{${pod}}`]: always(20),
    },
  },
  {
    alert: 'PrometheusRuleFailures',
    severity: 'critical',
    series: { [`prometheus_rule_evaluation_failures_total{${pod}, rule_group="targets"}`]: counter(0, 1, 0) },
  },
  {
    alert: 'PrometheusMissingRuleEvaluations',
    severity: 'warning',
    series: { [`prometheus_rule_group_iterations_missed_total{${pod}, rule_group="targets"}`]: counter(0, 1, 0) },
  },
  {
    alert: 'PrometheusNotConnectedToAlertmanagers',
    severity: 'warning',
    series: { [`prometheus_notifications_alertmanagers_discovered{${pod}}`]: gauge(1, 0, 1) },
  },
  {
    alert: 'PrometheusErrorSendingAlertsToSomeAlertmanagers',
    severity: 'warning',
    series: {
      [`prometheus_notifications_errors_total{${pod}, alertmanager="a"}`]: counter(0, 2, 0.5),
      [`prometheus_notifications_sent_total{${pod}, alertmanager="a"}`]: counter(100, 100, 100),
    },
  },
  {
    alert: 'PrometheusErrorSendingAlertsToAnyAlertmanager',
    severity: 'critical',
    series: {
      [`prometheus_notifications_errors_total{${pod}, alertmanager="a"}`]: counter(0, 50, 50),
      [`prometheus_notifications_sent_total{${pod}, alertmanager="a"}`]: counter(100, 100, 100),
      [`prometheus_notifications_errors_total{${pod}, alertmanager="b"}`]: counter(0, 4, 2),
      [`prometheus_notifications_sent_total{${pod}, alertmanager="b"}`]: counter(100, 100, 100),
    },
  },
  {
    alert: 'PrometheusNotificationQueueRunningFull',
    severity: 'warning',
    series: {
      [`prometheus_notifications_queue_length{${pod}, alertmanager="a"}`]: line(1, 300, 50),
      [`prometheus_notifications_queue_capacity{${pod}}`]: always(10_000),
    },
  },
  {
    alert: 'PrometheusTSDBReloadsFailing',
    severity: 'warning',
    series: { [`prometheus_tsdb_reloads_failures_total{${pod}}`]: counter(0, 1, 0) },
    step: 5,
  },
  {
    alert: 'PrometheusTSDBCompactionsFailing',
    severity: 'warning',
    series: { [`prometheus_tsdb_compactions_failed_total{${pod}}`]: counter(0, 1, 0) },
    step: 5,
  },
  {
    alert: 'PrometheusRetentionBySize',
    severity: 'warning',
    series: {
      [`prometheus_tsdb_storage_blocks_bytes{${pod}}`]: gauge(50, 96, 94),
      [`prometheus_tsdb_retention_limit_bytes{${pod}}`]: always(100),
    },
    bad: 90,
  },
  ...(['warning', 'critical'] as const).map((severity): Case => {
    const blocks = severity === 'warning' ? line(1.2e9, 4e6, 1e6) : gauge(1e9, 2e9, 1.9e9);
    return {
      alert: 'PrometheusVolumeFilling',
      severity,
      series: {
        [`prometheus_tsdb_storage_blocks_bytes{${pod}}`]: blocks,
        [`prometheus_tsdb_wal_storage_size_bytes{${pod}}`]: always(1e6),
        [`prometheus_tsdb_head_chunks_storage_size_bytes{${pod}}`]: always(1e6),
      },
      step: 5,
      bad: 100,
      after: 100,
    };
  }),
  {
    alert: 'ThanosSidecarIsDown',
    severity: 'critical',
    series: {
      [`up{${sidecar}}`]: gauge(1, 0, 0),
      [`up{${sidecar.replace('prometheus-0', 'prometheus-1')}}`]: gauge(1, 0, 1),
    },
  },
  {
    alert: 'ThanosSidecarNoConnectionToStartedPrometheus',
    severity: 'critical',
    series: {
      [`thanos_sidecar_prometheus_up{${sidecar}}`]: gauge(1, 0, 0),
      [`prometheus_tsdb_data_replay_duration_seconds{${pod}}`]: gauge(3, 3, 0), // near: it replays its log still
    },
  },
  {
    alert: 'ThanosSidecarReloadFailing',
    severity: 'warning',
    series: { [`thanos_sidecar_reloader_last_reload_successful{${sidecar}}`]: gauge(1, 0, 1) },
  },
  {
    alert: 'ThanosSidecarBucketOperationsFailed',
    severity: 'critical',
    series: {
      [`thanos_objstore_bucket_operation_failures_total{${sidecar}, bucket="thanos", operation="upload"}`]: counter(0, 1, 0),
    },
  },
  {
    alert: 'ThanosShipperSyncFailing',
    severity: 'critical',
    series: { [`thanos_shipper_dir_sync_failures_total{${sidecar}}`]: counter(0, 2, 0.3) },
  },
  {
    alert: 'ThanosSidecarUploadLagging', // late after 90 minutes
    severity: 'warning',
    series: {
      [`thanos_objstore_bucket_last_successful_upload_time{${sidecar}, bucket="thanos"}`]: clock(60, 0, 40),
      [`process_start_time_seconds{${sidecar}}`]: always(0),
    },
    bad: 180,
    after: 10,
  },
  {
    alert: 'ThanosSidecarUploadLagging', // 12 of 48 hours are left
    severity: 'critical',
    series: {
      [`thanos_objstore_bucket_last_successful_upload_time{${sidecar}, bucket="thanos"}`]: clock(hour / 2, 0, hour / 3),
      [`process_start_time_seconds{${sidecar}}`]: always(0),
    },
    step: 30,
    bad: 90,
    after: 10,
  },
];
