// Alerts that the ruler evaluates over all clusters.
import { always, type Case, counter, gauge, line } from './case';

const replica = (n: number) => `cluster="chicago", namespace="demo-chicago", pod="prometheus-${n}", job="prometheus"`;
/** The other cluster is well in every world. */
const seattle = {
  'up{cluster="seattle", pod="prometheus-0", job="prometheus"}': always(1),
  'up{cluster="seattle", pod="prometheus-1", job="prometheus"}': always(1),
};

export const globalCases: readonly Case[] = [
  {
    alert: 'PrometheusReplicaDown',
    severity: 'critical',
    series: { [`up{${replica(0)}}`]: always(1), [`up{${replica(1)}}`]: gauge(1, 0, 1), ...seattle },
  },
  {
    alert: 'PrometheusHAGroupDown',
    severity: 'critical',
    series: { [`up{${replica(0)}}`]: gauge(1, 0, 1), [`up{${replica(1)}}`]: gauge(1, 0, 0), ...seattle },
  },
  {
    alert: 'PrometheusHAGroupCrashlooping',
    severity: 'critical',
    series: Object.fromEntries(
      [0, 1].flatMap((n) => [
        [`prometheus_tsdb_clean_start{${replica(n)}}`, gauge(1, 0, 0)],
        [`process_start_time_seconds{${replica(n)}}`, line(1, 60, n * 60)], // near: one of the two
      ]),
    ),
    after: 90,
  },
  {
    alert: 'PrometheusHAGroupNotIngestingSamples',
    severity: 'critical',
    series: Object.fromEntries(
      [0, 1].flatMap((n) => [
        [`prometheus_tsdb_head_samples_appended_total{${replica(n)}, type="float"}`, counter(100, 0, n * 100)],
        [`prometheus_rule_group_rules{${replica(n)}, rule_group="targets"}`, always(3)],
      ]),
    ),
  },
  {
    alert: 'ClusterUnreachable',
    severity: 'critical',
    // near: it is down, and seen
    series: { [`up{${replica(0)}}`]: gauge(1, '_', 0), [`up{${replica(1)}}`]: gauge(1, '_', '_'), ...seattle },
  },
  {
    alert: 'ClusterClockSkew',
    severity: 'warning',
    // late, since promtool knows no samples after the moment that it looks at; no sample for so long is no longer seen
    series: { [`up{${replica(0)}}`]: gauge(1, '_', { every: 2 }), ...seattle },
    bad: 4,
  },
  {
    alert: 'PrometheusReplicasDiverge',
    severity: 'warning',
    series: {
      [`prometheus_tsdb_head_series{${replica(0)}}`]: always(1000),
      [`prometheus_tsdb_head_series{${replica(1)}}`]: gauge(1000, 1300, 1100),
    },
  },
];
