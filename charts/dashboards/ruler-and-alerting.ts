// Ruler and alerting: which alerts there are, who evaluates rules, and whether alerts reach Alertmanager.
import { clusterLinks } from './clusters';
import {
  dashboard,
  graph,
  latencies,
  noneIsBetter,
  noneIsGood,
  type ProvisionedDashboard,
  processes,
  rate,
  selected,
  stat,
  table,
  top,
  worst,
} from './panels';

const ruler = 'job="thanos-rule"';
const prometheus = `${selected}, job="prometheus"`;
/** Without the one that fires always, to prove that alerts arrive. */
const alerts = `${selected}, alertname!="Watchdog"`;
const firing = `ALERTS{${alerts}, alertstate="firing"}`;
const fleetWide = true;

/** What follows the last ; of a rule group's key is its name. */
const group = (expr: string): string => `label_replace(${expr}, "group", "$1", "rule_group", ".*;(.*)")`;

export const rulerAndAlerting = (): ProvisionedDashboard =>
  dashboard({
    uid: 'ruler-and-alerting',
    title: 'Ruler and alerting',
    description: 'Alerts of all clusters, rules of the ruler and of every Prometheus, and their way to Alertmanager.',
    tags: ['global', 'clusters'],
    rows: {
      'At a glance': [
        ...(['critical', 'warning', 'info'] as const).map((severity) =>
          stat({
            title: `Firing, ${severity}`,
            description: `Alerts of severity ${severity} in clusters and, about them, in the ruler.`,
            unit: 'none',
            expr: `count(ALERTS{${alerts}, alertstate="firing", severity="${severity}"}) or vector(0)`,
            thresholds: severity === 'critical' ? noneIsGood : severity === 'warning' ? noneIsBetter : [['blue']],
          }),
        ),
        stat({
          title: 'Pending',
          description: 'Alerts that will fire when their condition holds on.',
          unit: 'none',
          expr: `count(ALERTS{${alerts}, alertstate="pending"}) or vector(0)`,
          thresholds: [['blue']],
        }),
        stat({
          title: 'Rule failures, ruler',
          description: 'Failed evaluations within 5 minutes. A rule that fails does not alert.',
          unit: 'none',
          decimals: 0,
          fleetWide,
          expr: `sum(increase(prometheus_rule_evaluation_failures_total{${ruler}}[5m]))`,
          thresholds: noneIsGood,
        }),
        stat({
          title: 'Rule failures, clusters',
          description: 'Failed evaluations of every Prometheus within 5 minutes.',
          unit: 'none',
          decimals: 0,
          expr: `sum(increase(prometheus_rule_evaluation_failures_total{${prometheus}}[5m]))`,
          thresholds: noneIsGood,
        }),
        stat({
          title: 'Dropped by the ruler',
          description: 'Alerts that reached no Alertmanager within 5 minutes, or found the queue full.',
          unit: 'none',
          decimals: 0,
          fleetWide,
          expr: `sum(increase(thanos_alert_sender_alerts_dropped_total{${ruler}}[5m])) + sum(increase(thanos_alert_queue_alerts_dropped_total{${ruler}}[5m]))`,
          thresholds: noneIsGood,
        }),
        stat({
          title: 'Without Alertmanager',
          description: 'Prometheus replicas that know no Alertmanager.',
          unit: 'none',
          expr: `count(prometheus_notifications_alertmanagers_discovered{${prometheus}} < 1) or vector(0)`,
          thresholds: noneIsGood,
        }),
      ],
      Alerts: [
        table({
          title: 'Firing alerts',
          description:
            'The hundred that have lasted longest, since their condition began. Those of the ruler are about a whole cluster and name no instance.',
          keys: [
            { label: 'cluster', name: 'Cluster', width: 150, links: clusterLinks },
            { label: 'severity', name: 'Severity', width: 110, colours: { critical: 'red', warning: 'orange', info: 'blue' } },
            { label: 'alertname', name: 'Alert', width: 320 },
            { label: 'job', name: 'Job' },
            { label: 'namespace', name: 'Namespace' },
            { label: 'instance', name: 'Instance' },
          ],
          columns: [
            {
              name: 'Lasts',
              expr: `topk(100, max by (cluster, severity, alertname, job, namespace, instance) ((time() - ALERTS_FOR_STATE{${alerts}}) and ignoring (alertstate) ${firing}))`,
              unit: 's',
              decimals: 1,
            },
          ],
          sortBy: 'Lasts',
        }),
        graph({
          title: 'Firing by cluster',
          description: 'The ten clusters with most.',
          unit: 'none',
          width: 12,
          queries: [{ expr: worst(`count by (cluster) (${firing})`), legend: '{{cluster}}' }],
        }),
        graph({
          title: 'Firing by alert',
          together: true,
          description: 'The ten with most. One alert in many clusters has one cause.',
          unit: 'none',
          width: 12,
          queries: [
            {
              expr: `topk(10, count by (alertname) (${firing})) or label_replace(0 * count(up{${selected}}), "alertname", "all others", "", "")`,
              legend: '{{alertname}}',
            },
          ],
        }),
      ],
      'Rules of the ruler': [
        graph({
          title: 'Evaluations',
          description: 'Rules evaluated per second, by what a partial answer means to them.',
          unit: 'ops',
          fleetWide,
          queries: [
            { expr: `sum by (strategy) (${rate(`prometheus_rule_evaluations_total{${ruler}}`)})`, legend: '{{strategy}}' },
          ],
        }),
        graph({
          title: 'Failures and warnings',
          description:
            'Within 5 minutes. Abort: a cluster that cannot be reached fails the groups about it; warn: they go on without.',
          unit: 'none',
          fleetWide,
          queries: [
            {
              expr: `sum by (strategy) (increase(prometheus_rule_evaluation_failures_total{${ruler}}[5m]))`,
              legend: 'failures, {{strategy}}',
            },
            {
              expr: `sum by (strategy) (increase(thanos_rule_evaluation_with_warnings_total{${ruler}}[5m]))`,
              legend: 'warnings, {{strategy}}',
            },
          ],
        }),
        graph({
          title: 'Evaluations missed',
          description: 'Because the one before took longer than the interval, within 5 minutes.',
          unit: 'none',
          fleetWide,
          queries: [
            {
              expr: `sum(increase(prometheus_rule_group_iterations_missed_total{${ruler}}[5m]))`,
              legend: 'missed',
            },
          ],
        }),
        graph({
          title: 'Slowest groups',
          description: 'Time of the last evaluation against the interval: the ten highest. From 100 % on evaluations are missed.',
          unit: 'percentunit',
          fleetWide,
          queries: [
            {
              expr: top(
                group(
                  `max by (rule_group) (prometheus_rule_group_last_duration_seconds{${ruler}}) / max by (rule_group) (prometheus_rule_group_interval_seconds{${ruler}})`,
                ),
              ),
              legend: '{{group}}',
            },
          ],
        }),
        graph({
          title: 'Groups not evaluated',
          description: 'Age of the last evaluation: the ten oldest. It should stay near the interval.',
          unit: 's',
          fleetWide,
          queries: [
            {
              expr: top(
                group(`time() - max by (rule_group) (prometheus_rule_group_last_evaluation_timestamp_seconds{${ruler}} > 0)`),
              ),
              legend: '{{group}}',
            },
          ],
        }),
        graph({
          title: 'Rules loaded',
          description: 'Rules by what a partial answer means to them. Fewer than before without a change: the reload failed.',
          unit: 'none',
          fleetWide,
          queries: [
            { expr: `max by (strategy) (sum by (pod, strategy) (thanos_rule_loaded_rules{${ruler}}))`, legend: '{{strategy}}' },
          ],
        }),
      ],
      'From the ruler to Alertmanager': [
        graph({
          title: 'Alerts sent',
          description: 'Per second, by Alertmanager.',
          unit: 'ops',
          fleetWide,
          queries: [
            {
              expr: `sum by (alertmanager) (${rate(`thanos_alert_sender_alerts_sent_total{${ruler}}`)})`,
              legend: '{{alertmanager}}',
            },
          ],
        }),
        graph({
          title: 'Alerts dropped',
          description: 'Within 5 minutes: because no Alertmanager took them, or because the queue was full.',
          unit: 'none',
          fleetWide,
          queries: [
            { expr: `sum(increase(thanos_alert_sender_alerts_dropped_total{${ruler}}[5m]))`, legend: 'not taken' },
            { expr: `sum(increase(thanos_alert_queue_alerts_dropped_total{${ruler}}[5m]))`, legend: 'queue full' },
            { expr: `sum(increase(thanos_alert_sender_errors_total{${ruler}}[5m])) or vector(0)`, legend: 'errors' },
          ],
        }),
        graph({
          title: 'Time to send',
          description: 'Of a request to Alertmanager.',
          unit: 's',
          fleetWide,
          queries: latencies('thanos_alert_sender_latency_seconds', ruler),
        }),
        graph({
          title: "The ruler's queue",
          description: 'Alerts that wait to be sent, as the share of its places.',
          unit: 'percentunit',
          fleetWide,
          queries: [
            {
              expr: `max by (pod) (thanos_alert_queue_length{${ruler}}) / max by (pod) (thanos_alert_queue_capacity{${ruler}})`,
              legend: '{{pod}}',
            },
          ],
        }),
        graph({
          title: 'Finding querier and Alertmanager',
          description: 'Failed DNS lookups per second.',
          unit: 'ops',
          fleetWide,
          queries: [
            { expr: `sum(${rate(`thanos_rule_query_apis_dns_failures_total{${ruler}}`)})`, legend: 'querier' },
            { expr: `sum(${rate(`thanos_rule_alertmanagers_dns_failures_total{${ruler}}`)})`, legend: 'Alertmanager' },
          ],
        }),
        graph({
          title: 'Uploads of the ruler',
          description: 'Blocks of its own series put into the bucket within an hour, and attempts that failed.',
          unit: 'none',
          fleetWide,
          queries: [
            { expr: `sum(increase(thanos_shipper_uploads_total{${ruler}}[1h]))`, legend: 'uploads' },
            { expr: `sum(increase(thanos_shipper_dir_sync_failures_total{${ruler}}[1h]))`, legend: 'failed attempts' },
          ],
        }),
      ],
      'Rules of the clusters': [
        graph({
          title: 'Evaluations by cluster',
          description: 'Rules evaluated per second by both replicas: the ten clusters with most.',
          unit: 'ops',
          queries: [
            {
              expr: top(`sum by (cluster) (${rate(`prometheus_rule_evaluations_total{${prometheus}}`)})`),
              legend: '{{cluster}}',
            },
          ],
        }),
        graph({
          title: 'Failures by cluster',
          description: 'Evaluations failed or missed within 5 minutes: the ten worst clusters.',
          unit: 'none',
          queries: [
            {
              expr: worst(
                `(sum by (cluster) (increase(prometheus_rule_evaluation_failures_total{${prometheus}}[5m])) + sum by (cluster) (increase(prometheus_rule_group_iterations_missed_total{${prometheus}}[5m])))`,
              ),
              legend: '{{cluster}}',
            },
          ],
        }),
        graph({
          title: 'Slowest groups of the clusters',
          description: 'Time of the last evaluation against the interval: the ten highest.',
          unit: 'percentunit',
          queries: [
            {
              expr: top(
                group(
                  `max by (cluster, rule_group) (prometheus_rule_group_last_duration_seconds{${prometheus}}) / max by (cluster, rule_group) (prometheus_rule_group_interval_seconds{${prometheus}})`,
                ),
              ),
              legend: '{{cluster}} {{group}}',
            },
          ],
        }),
        graph({
          title: 'Alerts sent by the clusters',
          description: 'Per second, both replicas: the ten clusters with most. Alertmanager merges what the two of a pair send.',
          unit: 'ops',
          queries: [
            {
              expr: top(`sum by (cluster) (${rate(`prometheus_notifications_sent_total{${prometheus}}`)})`),
              legend: '{{cluster}}',
            },
          ],
        }),
        graph({
          title: 'Alerts lost by the clusters',
          description: 'Dropped, or sent with an error, within 5 minutes: the ten worst clusters.',
          unit: 'none',
          queries: [
            {
              expr: worst(
                `(sum by (cluster) (increase(prometheus_notifications_dropped_total{${prometheus}}[5m])) + sum by (cluster) (increase(prometheus_notifications_errors_total{${prometheus}}[5m])))`,
              ),
              legend: '{{cluster}}',
            },
          ],
        }),
        graph({
          title: 'Queues of the clusters',
          description: 'Alerts that wait to be sent, as the share of the places: the ten fullest.',
          unit: 'percentunit',
          queries: [
            {
              expr: top(
                `max by (cluster, pod) (prometheus_notifications_queue_length{${prometheus}}) / max by (cluster, pod) (prometheus_notifications_queue_capacity{${prometheus}})`,
              ),
              legend: '{{cluster}} {{pod}}',
            },
          ],
        }),
      ],
      'Processes of the ruler': processes({ matchers: ruler, by: ['pod'], legend: '{{pod}}', fleetWide }),
    },
  });
