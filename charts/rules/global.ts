// Alerts about the fleet, evaluated by the ruler over all clusters. Every expression keeps `cluster`.
import type { ResolvedFleet } from '../fleet/resolve';
import type { RuleGroup } from './rule';

/** One group per cluster: what cannot be evaluated for one must not silence another. */
export const globalRules = (fleet: ResolvedFleet): RuleGroup[] =>
  fleet.clusters.map((cluster) => ({
    name: `cluster ${cluster.name}`,
    interval: '15s',
    rules: [
      {
        alert: 'PrometheusReplicaDown',
        expr: `(count by (cluster) (up{cluster="${cluster.name}", job="prometheus"} == 1) or label_replace(vector(0), "cluster", "${cluster.name}", "", "")) < ${cluster.replicas}`,
        for: fleet.alerts.prometheusReplicaDown.for,
        severity: 'critical',
        summary: 'A Prometheus replica of cluster {{ $labels.cluster }} is down',
        description: `Cluster {{ $labels.cluster }} should have ${cluster.replicas} Prometheus replica${cluster.replicas === 1 ? '' : 's'} that answer; {{ printf "%.0f" $value }} do${cluster.replicas === 1 ? 'es' : ''}.`,
      },
    ],
  }));
