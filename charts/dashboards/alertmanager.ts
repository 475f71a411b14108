// Alertmanager: what it gets, what it sends to whom, its peers and silences.
import {
  dashboard,
  graph,
  neutral,
  noneIsGood,
  type ProvisionedDashboard,
  processes,
  quantile,
  rate,
  selected,
  share,
  stat,
  top,
  worst,
} from './panels';

const alertmanager = 'job="alertmanager"';
const fleetWide = true;

/** Integrations that have ever been used, of the two dozen that Alertmanager has counters for, and all together. */
const byIntegration = (aggregate: (by: string) => string): string =>
  `(${aggregate('by (integration) ')} and on (integration) sum by (integration) (alertmanager_notifications_total{${alertmanager}}) > 0) or label_replace(${aggregate('')}, "integration", "all", "", "")`;

export const alertmanagerDashboard = (): ProvisionedDashboard =>
  dashboard({
    uid: 'alertmanager',
    title: 'Alertmanager',
    description: 'Alerts, notifications by integration, silences and peers.',
    tags: ['global'],
    rows: {
      'At a glance': [
        stat({
          title: 'Active alerts',
          description: 'That are neither silenced nor inhibited.',
          unit: 'none',
          fleetWide,
          expr: `max(alertmanager_alerts{${alertmanager}, state="active"})`,
          thresholds: neutral,
        }),
        stat({
          title: 'Suppressed alerts',
          description: 'By silences and by inhibition.',
          unit: 'none',
          fleetWide,
          expr: `max(alertmanager_alerts{${alertmanager}, state="suppressed"})`,
          thresholds: neutral,
        }),
        stat({
          title: 'Silences',
          description: 'That are active now.',
          unit: 'none',
          fleetWide,
          expr: `max(alertmanager_silences{${alertmanager}, state="active"})`,
          thresholds: neutral,
        }),
        stat({
          title: 'Sent',
          description: 'Notifications within the chosen time.',
          unit: 'none',
          decimals: 0,
          fleetWide,
          expr: `sum(increase(alertmanager_notifications_total{${alertmanager}}[$__range]))`,
          instant: true,
          thresholds: neutral,
        }),
        stat({
          title: 'Failed',
          description: 'Notifications that could not be delivered within the chosen time.',
          unit: 'none',
          decimals: 0,
          fleetWide,
          expr: `sum(increase(alertmanager_notifications_failed_total{${alertmanager}}[$__range]))`,
          instant: true,
          thresholds: noneIsGood,
        }),
        stat({
          title: 'Alertmanagers',
          description: 'That are up.',
          unit: 'none',
          fleetWide,
          expr: `count(up{${alertmanager}} == 1) or vector(0)`,
          thresholds: [['red'], ['green', 1]],
        }),
        stat({
          title: 'Configurations',
          description: 'That differ. More than one: who is told depends on the instance.',
          unit: 'none',
          fleetWide,
          expr: `count(count_values("config", alertmanager_config_hash{${alertmanager}}))`,
          thresholds: [['red'], ['green', 1], ['red', 2]],
        }),
        stat({
          title: 'Last reload',
          description: 'Of the configuration, of the instance that does worst.',
          unit: 'none',
          fleetWide,
          expr: `min(alertmanager_config_last_reload_successful{${alertmanager}})`,
          thresholds: [['red'], ['green', 1]],
          texts: { 0: 'failed', 1: 'good' },
        }),
      ],
      Alerts: [
        graph({
          title: 'Alerts by state',
          description: 'As the instance sees them that has most.',
          unit: 'none',
          fleetWide,
          queries: [{ expr: `max by (state) (alertmanager_alerts{${alertmanager}})`, legend: '{{state}}' }],
        }),
        graph({
          title: 'Alerts received',
          description: 'Per second, from every Prometheus and the ruler. Each sends its alerts again and again while they fire.',
          unit: 'ops',
          fleetWide,
          queries: [
            { expr: `sum by (status) (${rate(`alertmanager_alerts_received_total{${alertmanager}}`)})`, legend: '{{status}}' },
            { expr: `sum(${rate(`alertmanager_alerts_invalid_total{${alertmanager}}`)})`, legend: 'invalid' },
          ],
        }),
        graph({
          title: 'Groups',
          description: 'Of alerts that are told together: a notification each.',
          unit: 'none',
          fleetWide,
          queries: [
            { expr: top(`max by (pod) (alertmanager_dispatcher_aggregation_groups{${alertmanager}})`), legend: '{{pod}}' },
          ],
        }),
      ],
      Notifications: [
        graph({
          title: 'Notifications sent',
          description: 'Per minute, by integrations that have ever been used.',
          unit: 'none',
          decimals: 2,
          fleetWide,
          queries: [
            {
              expr: byIntegration((by) => `sum ${by}(60 * ${rate(`alertmanager_notifications_total{${alertmanager}}`)})`),
              legend: '{{integration}}',
            },
          ],
        }),
        graph({
          title: 'Notifications failed',
          description: 'Share of them, by integrations that have ever been used. What fails is repeated for 5 minutes or so.',
          unit: 'percentunit',
          fleetWide,
          queries: [
            {
              expr: byIntegration((by) =>
                share(
                  `sum ${by}(${rate(`alertmanager_notifications_failed_total{${alertmanager}}`)})`,
                  `sum ${by}(${rate(`alertmanager_notifications_total{${alertmanager}}`)})`,
                ),
              ),
              legend: '{{integration}}',
            },
          ],
        }),
        graph({
          title: 'Failures by reason',
          description: 'Within an hour.',
          unit: 'none',
          decimals: 0,
          fleetWide,
          queries: [
            {
              expr: `sum by (reason) (increase(alertmanager_notifications_failed_total{${alertmanager}}[1h]))`,
              legend: '{{reason}}',
            },
          ],
        }),
        graph({
          title: 'Time to notify, p99',
          description: 'Over 15 minutes. No line: nothing was sent.',
          unit: 's',
          fleetWide,
          queries: [
            {
              expr: byIntegration(
                (by) =>
                  `histogram_quantile(0.99, sum ${by.replace('(', '(le, ') || 'by (le) '}(increase(alertmanager_notification_latency_seconds_bucket{${alertmanager}}[15m])))`,
              ),
              legend: '{{integration}}',
            },
          ],
        }),
        graph({
          title: 'Requests to receivers',
          description: 'Per minute, repetitions included, and those that failed.',
          unit: 'none',
          decimals: 2,
          fleetWide,
          queries: [
            { expr: `sum(60 * ${rate(`alertmanager_notification_requests_total{${alertmanager}}`)})`, legend: 'requests' },
            { expr: `sum(60 * ${rate(`alertmanager_notification_requests_failed_total{${alertmanager}}`)})`, legend: 'failed' },
          ],
        }),
        graph({
          title: 'Requests to Alertmanager, p99',
          description: 'Time of its own answers, by handler: the ten slowest.',
          unit: 's',
          fleetWide,
          queries: [
            {
              expr: top(quantile(0.99, 'alertmanager_http_request_duration_seconds', alertmanager, 'handler')),
              legend: '{{handler}}',
            },
          ],
        }),
      ],
      'Silences and peers': [
        graph({
          title: 'Silences by state',
          description: 'As the instance sees them that has most.',
          unit: 'none',
          fleetWide,
          queries: [{ expr: `max by (state) (alertmanager_silences{${alertmanager}})`, legend: '{{state}}' }],
        }),
        graph({
          title: 'Members that each sees',
          description: 'Fewer than there are: two may tell the same. One without clustering is alone.',
          unit: 'none',
          fleetWide,
          queries: [
            {
              expr: top(
                `(max by (pod) (alertmanager_cluster_members{${alertmanager}}) or 1 + 0 * max by (pod) (alertmanager_cluster_enabled{${alertmanager}}))`,
              ),
              legend: '{{pod}}',
            },
          ],
        }),
        graph({
          title: 'Peers lost',
          description: 'Peers that an instance cannot reach, and its place among them: the first one tells, the others wait.',
          unit: 'none',
          fleetWide,
          queries: [
            {
              expr: top(
                `(max by (pod) (alertmanager_cluster_failed_peers{${alertmanager}}) or 0 * max by (pod) (alertmanager_cluster_enabled{${alertmanager}}))`,
              ),
              legend: '{{pod}} lost',
            },
            {
              expr: top(
                `(max by (pod) (alertmanager_peer_position{${alertmanager}}) or 0 * max by (pod) (alertmanager_cluster_enabled{${alertmanager}}))`,
              ),
              legend: '{{pod}} place',
            },
          ],
        }),
      ],
      'From the chosen clusters': [
        graph({
          title: 'Alerts sent by clusters',
          description: 'Per second by the Prometheus of a cluster: the ten with most.',
          unit: 'ops',
          queries: [
            {
              expr: top(`sum by (cluster) (${rate(`prometheus_notifications_sent_total{${selected}, job="prometheus"}`)})`),
              legend: '{{cluster}}',
            },
          ],
        }),
        graph({
          title: 'Errors when sending',
          description: 'Alerts that a Prometheus of the cluster could not hand over within 5 minutes: the ten worst clusters.',
          unit: 'none',
          queries: [
            {
              expr: worst(
                `sum by (cluster) (increase(prometheus_notifications_errors_total{${selected}, job="prometheus"}[5m]))`,
              ),
              legend: '{{cluster}}',
            },
          ],
        }),
        graph({
          title: 'Time to hand over, p99',
          description: 'As a Prometheus sees it: the ten slowest clusters. No line: nothing was sent.',
          unit: 's',
          queries: [
            {
              expr: top(
                `max by (cluster) (prometheus_notifications_latency_seconds{${selected}, job="prometheus", quantile="0.99"})`,
              ),
              legend: '{{cluster}}',
            },
          ],
        }),
      ],
      'Processes of Alertmanager': processes({ matchers: alertmanager, by: ['pod'], legend: '{{pod}}', fleetWide }),
    },
  });
