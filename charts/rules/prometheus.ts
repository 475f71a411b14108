// A cluster's Prometheus pair about itself: configuration, discovery, ingestion, storage, its own rules, its notifications.
import { bytes, seconds } from '../kit/units';
import { here, type RulesOf } from './rule';

const job = 'job="prometheus"';
const who = `Prometheus {{ $labels.pod }} of cluster ${here}`;

export const prometheusRules: RulesOf = (_fleet, { alerts, replicas, retention, volume }) => {
  // what was sent does not hold what failed (prometheus notifier/sendloop.go)
  const failed = `rate(prometheus_notifications_errors_total{${job}}[5m])`;
  const notificationErrors = `${failed} / (${failed} + rate(prometheus_notifications_sent_total{${job}}[5m]))`;
  // blocks, write-ahead log and head chunks: all that is on the volume
  const used = `(prometheus_tsdb_storage_blocks_bytes{${job}} + prometheus_tsdb_wal_storage_size_bytes{${job}} + prometheus_tsdb_head_chunks_storage_size_bytes{${job}})`;
  return [
    {
      name: 'prometheus',
      why: 'replicas scrape each other: each is watched by the other, without the observer',
      dashboard: 'ingestion',
      interval: '30s',
      rules: [
        {
          alert: 'PrometheusPairIncomplete',
          expr: `count(up{${job}} == 1) < ${replicas}`,
          for: alerts.incomplete.for,
          severity: 'warning',
          summary: `Cluster ${here} has lost a Prometheus replica`,
          description: `{{ printf "%.0f" $value }} of ${replicas} Prometheus replicas of cluster ${here} answer the one that evaluates this.`,
        },
        {
          alert: 'PrometheusBadConfig',
          expr: `max_over_time(prometheus_config_last_reload_successful{${job}}[5m]) == 0`,
          for: '10m',
          severity: 'critical',
          summary: `${who} refuses its configuration`,
          description: `The last reload of ${who} failed; it goes on with the configuration from before.`,
        },
        {
          alert: 'PrometheusKubernetesListWatchFailures',
          expr: `increase(prometheus_sd_kubernetes_failures_total{${job}}[5m]) > 0`,
          for: '15m',
          severity: 'warning',
          summary: `${who} cannot discover its targets`,
          description: `{{ printf "%.0f" $value }} requests of ${who} to the Kubernetes API failed within 5 minutes: new targets are not found.`,
        },
        {
          alert: 'PrometheusTargetSyncFailure',
          expr: `increase(prometheus_target_sync_failed_total{${job}}[30m]) > 0`,
          for: '5m',
          severity: 'critical',
          summary: `${who} cannot use targets that it found`,
          description: `{{ printf "%.0f" $value }} targets of the scrape job {{ $labels.scrape_job }} of ${who} could not be used within 30 minutes.`,
        },
        {
          alert: 'PrometheusNotIngestingSamples',
          expr: `(sum without (type) (rate(prometheus_tsdb_head_samples_appended_total{${job}}[5m])) <= 0) and (sum without (scrape_job) (prometheus_target_metadata_cache_entries{${job}}) > 0 or sum without (rule_group) (prometheus_rule_group_rules{${job}}) > 0)`,
          for: '10m',
          severity: 'warning',
          summary: `${who} stores nothing`,
          description: `${who} has targets or rules and has appended no sample for 10 minutes.`,
        },
        {
          alert: 'PrometheusDuplicateTimestamps',
          expr: `rate(prometheus_target_scrapes_sample_duplicate_timestamp_total{${job}}[5m]) > 0`,
          for: '10m',
          severity: 'warning',
          summary: `${who} drops samples of one time and different values`,
          description: `${who} drops {{ printf "%.2f" $value }} samples a second: two sources expose the same series.`,
        },
        {
          alert: 'PrometheusOutOfOrderTimestamps',
          expr: `rate(prometheus_target_scrapes_sample_out_of_order_total{${job}}[5m]) > 0`,
          for: '10m',
          severity: 'warning',
          summary: `${who} drops samples that are older than the last`,
          description: `${who} drops {{ printf "%.2f" $value }} samples a second that arrive out of order.`,
        },
        {
          alert: 'PrometheusScrapeLimitHit',
          expr: [
            'target_scrape_pool_exceeded_target_limit',
            'target_scrape_pool_exceeded_label_limits',
            'target_scrapes_exceeded_body_size_limit',
            'target_scrapes_exceeded_sample_limit',
          ]
            .map((name) => `increase(prometheus_${name}_total{${job}}[5m])`)
            .join(' + ')
            .concat(' > 0'),
          for: '15m',
          severity: 'warning',
          summary: `${who} drops scrapes that exceed a limit`,
          description: `{{ printf "%.0f" $value }} scrapes of ${who} exceeded a limit of targets, labels, bytes or samples within 5 minutes and were dropped.`,
        },
        {
          alert: 'PrometheusHighQueryLoad',
          expr: `avg_over_time(prometheus_engine_queries{${job}}[5m]) / max_over_time(prometheus_engine_queries_concurrent_max{${job}}[5m]) > 0.8`,
          for: '15m',
          severity: 'warning',
          summary: `${who} is near its limit of queries`,
          description: `{{ $value | humanizePercentage }} of the concurrent queries that ${who} takes are in use.`,
        },
        {
          alert: 'PrometheusRuleFailures',
          expr: `increase(prometheus_rule_evaluation_failures_total{${job}}[5m]) > 0`,
          for: '15m',
          severity: 'critical',
          summary: `${who} fails to evaluate rules`,
          description: `{{ printf "%.0f" $value }} evaluations of {{ $labels.rule_group }} failed within 5 minutes in ${who}: its alerts cannot fire.`,
        },
        {
          alert: 'PrometheusMissingRuleEvaluations',
          expr: `increase(prometheus_rule_group_iterations_missed_total{${job}}[5m]) > 0`,
          for: '15m',
          severity: 'warning',
          summary: `${who} is too slow for its rules`,
          description: `{{ printf "%.0f" $value }} evaluations of {{ $labels.rule_group }} were left out within 5 minutes in ${who}.`,
        },
      ],
    },
    {
      name: 'prometheus notifications',
      why: 'only the sender knows that its alerts do not arrive',
      dashboard: 'ruler-and-alerting',
      interval: '30s',
      rules: [
        {
          alert: 'PrometheusNotConnectedToAlertmanagers',
          expr: `max_over_time(prometheus_notifications_alertmanagers_discovered{${job}}[5m]) < 1`,
          for: '10m',
          severity: 'warning',
          summary: `${who} knows no Alertmanager`,
          description: `${who} has had no Alertmanager to send alerts to for 10 minutes.`,
        },
        {
          alert: 'PrometheusErrorSendingAlertsToSomeAlertmanagers',
          expr: `${notificationErrors} > 0.01`,
          for: '15m',
          severity: 'warning',
          summary: `${who} cannot send alerts to an Alertmanager`,
          description: `{{ $value | humanizePercentage }} of the alerts of ${who} to {{ $labels.alertmanager }} fail.`,
        },
        {
          alert: 'PrometheusErrorSendingAlertsToAnyAlertmanager',
          expr: `min without (alertmanager) (${notificationErrors}) > 0.03`,
          for: '15m',
          severity: 'critical',
          summary: `${who} cannot send alerts`,
          description: `At least {{ $value | humanizePercentage }} of the alerts of ${who} fail, whichever Alertmanager they go to.`,
        },
        {
          alert: 'PrometheusNotificationQueueRunningFull',
          expr: `predict_linear(prometheus_notifications_queue_length{${job}}[5m], 1800) > on (namespace, pod) group_left () min_over_time(prometheus_notifications_queue_capacity{${job}}[5m])`,
          for: '15m',
          severity: 'warning',
          summary: `The queue of alerts of ${who} fills`,
          description: `At this rate {{ printf "%.0f" $value }} alerts of ${who} will wait for {{ $labels.alertmanager }} in half an hour, more than its queue holds: some will be dropped.`,
        },
      ],
    },
    {
      name: 'prometheus storage',
      why: 'a full volume stops the cluster that it belongs to, whatever the observer does',
      dashboard: 'ingestion',
      interval: '1m',
      rules: [
        {
          alert: 'PrometheusTSDBReloadsFailing',
          expr: `increase(prometheus_tsdb_reloads_failures_total{${job}}[3h]) > 0`,
          for: '4h',
          severity: 'warning',
          summary: `${who} cannot load its blocks`,
          description: `{{ printf "%.0f" $value }} attempts of ${who} to load its blocks failed within 3 hours.`,
        },
        {
          alert: 'PrometheusTSDBCompactionsFailing',
          expr: `increase(prometheus_tsdb_compactions_failed_total{${job}}[3h]) > 0`,
          for: '4h',
          severity: 'warning',
          summary: `${who} cannot write blocks`,
          description: `{{ printf "%.0f" $value }} attempts of ${who} to write a block failed within 3 hours: nothing new is uploaded.`,
        },
        {
          alert: 'PrometheusRetentionBySize',
          expr: `prometheus_tsdb_storage_blocks_bytes{${job}} / (prometheus_tsdb_retention_limit_bytes{${job}} > 0) > 0.95`,
          for: '1h',
          severity: 'warning',
          summary: `The volume of ${who} is too small for ${retention}`,
          description: `Blocks of ${who} take {{ $value | humanizePercentage }} of what they may: the oldest are deleted by size, before they are ${retention} old.`,
        },
        {
          alert: 'PrometheusVolumeFilling',
          expr: `predict_linear(${used}[6h:5m], ${seconds(alerts.volumeFull.within)}) > ${bytes(volume)} and ${used} / ${bytes(volume)} > 0.5`,
          for: '1h',
          severity: 'warning',
          summary: `The volume of ${who} will be full within ${alerts.volumeFull.within}`,
          description: `At the rate of the last 6 hours, data of ${who} will be {{ $value | humanize1024 }}B within ${alerts.volumeFull.within}; its volume has ${volume}.`,
        },
        {
          alert: 'PrometheusVolumeFilling',
          expr: `${used} / ${bytes(volume)} > ${alerts.volumeFull.used}`,
          for: '10m',
          severity: 'critical',
          summary: `The volume of ${who} is almost full`,
          description: `Data of ${who} take {{ $value | humanizePercentage }} of its volume of ${volume}; at 100% it stops.`,
        },
      ],
    },
  ];
};
