// The ruler: whether alerts over all clusters are evaluated and sent. Its addresses are static, so it looks up no DNS names.
import { here, nothingAnswers, percent, type RulesOf, share } from './rule';

const job = 'job="thanos-rule"';
const failed = 'grpc_code=~"Unknown|Unimplemented|Internal|Unavailable|DataLoss|DeadlineExceeded"';

export const rulerRules: RulesOf = (_fleet, { alerts }) => [
  {
    name: 'ruler',
    why: 'a ruler that does not work cannot say so; it is scraped by the cluster that watches its nodes',
    dashboard: 'ruler-and-alerting',
    interval: '30s',
    rules: [
      {
        alert: 'ThanosRuleIsDown',
        ...nothingAnswers('thanos-rule'),
        for: alerts.componentDown.for,
        severity: 'critical',
        summary: 'No ruler answers',
        description: `Cluster ${here}, which watches the observer, has seen no ruler for ${alerts.componentDown.for}: alerts over all clusters are not evaluated.`,
      },
      {
        alert: 'ThanosRuleQueueIsDroppingAlerts',
        expr: `sum by (pod) (rate(thanos_alert_queue_alerts_dropped_total{${job}}[5m])) > 0`,
        for: '5m',
        severity: 'critical',
        summary: 'The ruler drops alerts before it sends them',
        description: `{{ $labels.pod }} drops {{ printf "%.2f" $value }} alerts a second, because its queue is full.`,
      },
      {
        alert: 'ThanosRuleSenderIsFailingAlerts',
        expr: `sum by (pod) (rate(thanos_alert_sender_alerts_dropped_total{${job}}[5m])) > 0`,
        for: '5m',
        severity: 'critical',
        summary: 'The ruler cannot send alerts',
        description: `{{ $labels.pod }} drops {{ printf "%.2f" $value }} alerts a second, because no Alertmanager takes them.`,
      },
      {
        alert: 'ThanosRuleHighRuleEvaluationFailures',
        expr: `${share('pod', `prometheus_rule_evaluation_failures_total{${job}}`, `prometheus_rule_evaluations_total{${job}}`)} > ${alerts.queryErrors.ratio}`,
        for: '5m',
        severity: 'critical',
        summary: 'The ruler fails to evaluate rules',
        description: `{{ $value | humanizePercentage }} of the evaluations of {{ $labels.pod }} fail (limit ${percent(alerts.queryErrors.ratio)}): those alerts cannot fire.`,
      },
      {
        alert: 'ThanosRuleHighRuleEvaluationWarnings',
        expr: `sum by (pod, strategy) (rate(thanos_rule_evaluation_with_warnings_total{${job}}[5m])) > 0`,
        for: '15m',
        severity: 'info',
        summary: 'The ruler evaluates rules on incomplete answers',
        description: `{{ printf "%.2f" $value }} evaluations a second of {{ $labels.pod }} (strategy {{ $labels.strategy }}) come with warnings: a StoreAPI did not answer.`,
      },
      {
        alert: 'ThanosRuleRuleEvaluationLatencyHigh',
        expr: `sum by (pod, rule_group) (prometheus_rule_group_last_duration_seconds{${job}}) > sum by (pod, rule_group) (prometheus_rule_group_interval_seconds{${job}})`,
        for: '5m',
        severity: 'warning',
        summary: 'A rule group of the ruler takes longer than its interval',
        description: `{{ $labels.rule_group }} of {{ $labels.pod }} takes {{ $value | humanizeDuration }}, longer than the time between its evaluations.`,
      },
      {
        alert: 'ThanosRuleGrpcErrorRate',
        expr: `${share('job', `grpc_server_handled_total{${job}, ${failed}}`, `grpc_server_started_total{${job}}`)} > ${alerts.queryErrors.ratio}`,
        for: '5m',
        severity: 'warning',
        summary: 'The ruler fails to answer the querier',
        description: `{{ $value | humanizePercentage }} of the gRPC requests to the ruler fail (limit ${percent(alerts.queryErrors.ratio)}).`,
      },
      {
        alert: 'ThanosRuleConfigReloadFailure',
        expr: `avg by (pod) (thanos_rule_config_last_reload_successful{${job}}) != 1`,
        for: '5m',
        severity: 'info',
        summary: 'The ruler could not load its rules',
        description: `The last reload of {{ $labels.pod }} failed; it goes on with the rules from before.`,
      },
      {
        alert: 'ThanosRuleNoEvaluationFor10Intervals',
        expr: `time() - max by (pod, rule_group) (prometheus_rule_group_last_evaluation_timestamp_seconds{${job}}) > 10 * max by (pod, rule_group) (prometheus_rule_group_interval_seconds{${job}})`,
        for: '5m',
        severity: 'warning',
        summary: 'A rule group of the ruler is not evaluated',
        description: `{{ $labels.rule_group }} of {{ $labels.pod }} was last evaluated {{ $value | humanizeDuration }} ago, more than 10 of its intervals.`,
      },
      {
        alert: 'ThanosNoRuleEvaluations',
        expr: `sum by (pod) (rate(prometheus_rule_evaluations_total{${job}}[5m])) <= 0 and sum by (pod) (thanos_rule_loaded_rules{${job}}) > 0`,
        for: '5m',
        severity: 'critical',
        summary: 'The ruler evaluates nothing',
        description: `{{ $labels.pod }} has rules and evaluates none of them.`,
      },
    ],
  },
];
