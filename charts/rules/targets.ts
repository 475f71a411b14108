// Targets: whether they answer, are found at all, and stay up; and the signal that alerting itself works.
import { here, type RulesOf, unlessBlind } from './rule';

export const targetRules: RulesOf = (_fleet, { alerts }) => [
  {
    name: 'targets',
    why: 'who scrapes a target knows first that it is gone; this works without the observer',
    dashboard: 'fleet-overview',
    rules: [
      {
        alert: 'service_down',
        expr: 'up == 0',
        for: alerts.targetDown.for,
        keepFiringFor: '2m',
        severity: 'critical',
        summary: `{{ $labels.job }} of cluster ${here} is down`,
        description: `Prometheus has not been able to scrape {{ $labels.instance }} ({{ $labels.job }}) in cluster ${here} for more than ${alerts.targetDown.for}.`,
      },
      {
        alert: 'ComponentRestarting',
        expr: `changes(process_start_time_seconds[1h]) > ${alerts.restarts.perHour}`,
        for: '0s',
        severity: 'warning',
        summary: `{{ $labels.job }} of cluster ${here} keeps restarting`,
        description: `{{ $labels.instance }} ({{ $labels.job }}) in cluster ${here} has started {{ printf "%.0f" $value }} times within an hour.`,
      },
      {
        alert: 'Watchdog',
        expr: 'vector(1)',
        for: '0s',
        severity: 'none',
        summary: `Alerts of cluster ${here} are evaluated and delivered`,
        description: `This alert of cluster ${here} fires all the time. Where it is missed, the way from its Prometheus to the receiver is broken.`,
      },
    ],
  },
];

/** Jobs of which there is at least one target wherever nodes are watched. */
const nodeJobs = ['node-exporter', 'cadvisor', 'kubelet', 'apiserver'] as const;

export const nodeTargetRules: RulesOf = (fleet, { in: place, alerts }) => {
  // DNS servers that are no pods have no target
  const dns = fleet.kubernetes.find((k) => k.name === place)?.dnsCidrs ? [] : ['kube-dns'];
  return [
    {
      name: 'node targets',
      why: 'only the cluster that watches the nodes scrapes these jobs',
      dashboard: 'nodes',
      interval: '30s',
      rules: [
        {
          alert: 'JobMissing',
          expr: `(${[...nodeJobs, ...dns].map((job) => `absent(up{job="${job}"})`).join(' or ')}) ${unlessBlind}`,
          for: alerts.componentDown.for,
          severity: 'critical',
          summary: `Cluster ${here} has no target of {{ $labels.job }}`,
          description: `Service discovery of cluster ${here} has found no {{ $labels.job }} for ${alerts.componentDown.for}: service_down cannot fire for what is not there.`,
        },
        {
          alert: 'NodeAgentMissing',
          expr: 'count(up{job="kubelet"}) - on () group_right () count by (job) (up{job=~"node-exporter|cadvisor"}) > 0',
          for: alerts.incomplete.for,
          severity: 'warning',
          summary: `Nodes of cluster ${here} lack {{ $labels.job }}`,
          description: `Nodes that have a kubelet and no {{ $labels.job }} that cluster ${here} could scrape: {{ printf "%.0f" $value }}.`,
        },
      ],
    },
  ];
};
