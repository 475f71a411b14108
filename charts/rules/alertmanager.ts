// Alertmanager: its configuration, its members, its deliveries.
import { here, type RulesOf, unlessBlind } from './rule';

const job = 'job="alertmanager"';

export const alertmanagerRules: RulesOf = ({ observer }) => {
  const { replicas } = observer.alertmanager;
  const failing = (by: string) =>
    `sum by (${by}) (rate(alertmanager_notifications_failed_total{${job}}[15m])) / sum by (${by}) (rate(alertmanager_notifications_total{${job}}[15m]))`;
  return [
    {
      name: 'alertmanager',
      why: 'Alertmanager is scraped by the cluster that watches its nodes; while one member is left, these alerts get out',
      dashboard: 'alertmanager',
      interval: '30s',
      rules: [
        {
          alert: 'AlertmanagerFailedReload',
          expr: `max_over_time(alertmanager_config_last_reload_successful{${job}}[5m]) == 0`,
          for: '10m',
          severity: 'critical',
          summary: 'Alertmanager refuses its configuration',
          description: `The last reload of {{ $labels.pod }} failed; it goes on with the configuration from before.`,
        },
        {
          alert: 'AlertmanagerMembersInconsistent',
          expr: `max_over_time(alertmanager_cluster_members{${job}}[5m]) < ${replicas}`,
          for: '15m',
          severity: 'critical',
          summary: 'An Alertmanager does not see all others',
          description: `{{ $labels.pod }} sees {{ printf "%.0f" $value }} of ${replicas} members: notifications may come twice.`,
        },
        {
          alert: 'AlertmanagerFailedToSendAlerts',
          expr: `${failing('pod, integration')} > 0.01`,
          for: '5m',
          severity: 'warning',
          summary: 'An Alertmanager fails to notify',
          description: `{{ $value | humanizePercentage }} of the notifications of {{ $labels.pod }} by {{ $labels.integration }} fail.`,
        },
        {
          alert: 'AlertmanagerClusterFailedToSendAlerts',
          expr: `min by (integration) (${failing('pod, integration')}) > 0.01`,
          for: '5m',
          severity: 'critical',
          summary: 'Every Alertmanager fails to notify',
          description: `At least {{ $value | humanizePercentage }} of the notifications by {{ $labels.integration }} fail, whichever Alertmanager sends them.`,
        },
        {
          alert: 'AlertmanagerConfigInconsistent',
          expr: `count by (job) (count_values by (job) ("config_hash", alertmanager_config_hash{${job}})) > 1`,
          for: '20m',
          severity: 'critical',
          summary: 'Alertmanagers have different configurations',
          description: `There are {{ printf "%.0f" $value }} different configurations among the Alertmanagers.`,
        },
        {
          alert: 'AlertmanagerClusterDown',
          expr: `(count(up{${job}} == 1) or vector(0)) <= ${replicas / 2} ${unlessBlind}`,
          for: '5m',
          severity: 'critical',
          summary: 'Half of the Alertmanagers or more are down',
          description: `{{ printf "%.0f" $value }} of ${replicas} Alertmanagers answer cluster ${here}, which watches the observer.`,
        },
        {
          alert: 'AlertmanagerClusterCrashlooping',
          expr: `count by (job) (changes(process_start_time_seconds{${job}}[10m]) > 4) >= ${replicas / 2}`,
          for: '5m',
          severity: 'critical',
          summary: 'Half of the Alertmanagers or more keep restarting',
          description: `{{ printf "%.0f" $value }} of ${replicas} Alertmanagers have started more than 4 times within 10 minutes.`,
        },
        {
          alert: 'AlertmanagerClusterFailedPeers',
          expr: `alertmanager_cluster_failed_peers{${job}} > 0`,
          for: '15m',
          severity: 'warning',
          summary: 'An Alertmanager has lost members',
          description: `Members that {{ $labels.pod }} no longer reaches: {{ printf "%.0f" $value }}.`,
        },
      ],
    },
  ];
};
