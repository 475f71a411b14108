// Alerts of a monitored cluster: evaluated by its own Prometheus pair, so that they work when the observer does not.
import type { ResolvedFleet } from '../fleet/resolve';
import type { RuleGroup } from './rule';

/** External labels are added when an alert is sent, so templates name the cluster by `$externalLabels`. */
const cluster = '{{ $externalLabels.cluster }}';

export const clusterRules = (fleet: ResolvedFleet): RuleGroup[] => [
  {
    name: 'targets',
    rules: [
      {
        alert: 'service_down',
        expr: 'up == 0',
        for: '2m',
        severity: 'critical',
        summary: `{{ $labels.job }} of cluster ${cluster} is down`,
        description: `Prometheus has not been able to scrape {{ $labels.instance }} ({{ $labels.job }}) in cluster ${cluster} for more than 2 minutes.`,
      },
    ],
  },
  {
    name: 'nodes',
    rules: [
      {
        alert: 'high_load',
        expr: `node_load1 > ${fleet.alerts.highLoad.threshold}`,
        for: '2m',
        severity: 'warning',
        summary: `Node {{ $labels.instance }} of cluster ${cluster} is under high load`,
        description: `The load (1 minute) of {{ $labels.instance }} in cluster ${cluster} has been above ${fleet.alerts.highLoad.threshold} for more than 2 minutes; it is {{ printf "%.2f" $value }}.`,
      },
    ],
  },
];
