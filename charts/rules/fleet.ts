// Alerts about the fleet, evaluated by the ruler over all clusters. Every expression keeps `cluster`.
import type { ResolvedExternal } from '../fleet/externals';
import type { ResolvedFleet } from '../fleet/resolve';
import { seconds } from '../kit/units';
import { recordingOf } from './recording';
import { type Alert, partialIfRemote, type RuleGroup, type RulesOf } from './rule';

const name = '{{ $labels.cluster }}';

/** Seconds by which a cluster's newest sample may differ from the observer's clock; behind by the longest scrape interval, too. */
export const allowedSkew = { ahead: 30, behind: 130 } as const;

/** Of one cluster, a group each: what cannot be evaluated for one must not silence another. */
export const fleetRules: RulesOf = (fleet, cluster) => {
  const { alerts, replicas } = cluster;
  const pair = `cluster="${cluster.name}", job="prometheus"`;
  const half = replicas / 2;
  return [
    {
      name: `cluster ${cluster.name}`,
      why: 'a cluster that is lost cannot say so itself',
      dashboard: 'fleet-overview',
      interval: '15s',
      ...partialIfRemote(fleet, cluster),
      rules: [
        {
          alert: 'PrometheusReplicaDown',
          expr: `(count by (cluster) (up{${pair}} == 1) or label_replace(vector(0), "cluster", "${cluster.name}", "", "")) < ${replicas}`,
          for: alerts.prometheusReplicaDown.for,
          keepFiringFor: '3m',
          severity: 'critical',
          summary: `A Prometheus replica of cluster ${name} is down`,
          description: `Cluster ${name} should have ${replicas} Prometheus replica${replicas === 1 ? '' : 's'} that answer; {{ printf "%.0f" $value }} do${replicas === 1 ? 'es' : ''}.`,
        },
      ],
    },
    {
      name: `pair ${cluster.name}`,
      why: 'a pair that crashes or does not ingest evaluates no alerts of its own',
      dashboard: 'ingestion',
      interval: '1m',
      ...partialIfRemote(fleet, cluster),
      rules: [
        {
          alert: 'PrometheusHAGroupDown',
          expr: `count by (cluster) (up{${pair}} == 0) > ${half}`,
          for: '5m',
          severity: 'critical',
          summary: `More than half of the Prometheus replicas of cluster ${name} are down`,
          description: `{{ printf "%.0f" $value }} of ${replicas} Prometheus replicas of cluster ${name} do not answer.`,
        },
        {
          alert: 'PrometheusHAGroupCrashlooping',
          expr: `count by (cluster) ((prometheus_tsdb_clean_start{${pair}} == 0 and changes(process_start_time_seconds{${pair}}[1h]) > 1) or changes(process_start_time_seconds{${pair}}[30m]) > 4) > ${half}`,
          for: '10m',
          severity: 'critical',
          summary: `More than half of the Prometheus replicas of cluster ${name} keep crashing`,
          description: `{{ printf "%.0f" $value }} of ${replicas} Prometheus replicas of cluster ${name} have restarted uncleanly twice within an hour, or 5 times within half an hour.`,
        },
        {
          alert: 'PrometheusHAGroupNotIngestingSamples',
          expr: `max by (cluster) (sum without (type) (rate(prometheus_tsdb_head_samples_appended_total{${pair}}[5m]))) <= 0 and max by (cluster) (prometheus_rule_group_rules{${pair}}) > 0`,
          for: '10m',
          severity: 'critical',
          summary: `No Prometheus replica of cluster ${name} stores anything`,
          description: `No Prometheus replica of cluster ${name} has appended a sample for 10 minutes.`,
        },
      ],
    },
  ];
};

const skew = (selector: string, offset = ''): string => `(max by (cluster) (timestamp(up{${selector}}${offset})) - time())`;

/** That a cluster is seen, and at the right time. @param selector of what it scrapes all the time */
const seen = (
  { name: cluster, alerts, scrapeInterval }: Pick<ResolvedExternal, 'name' | 'alerts' | 'scrapeInterval'>,
  selector: string,
): Alert[] => [
  {
    // by the age of the newest sample: of short blocks, the store has some that a query would still take for current
    alert: 'ClusterUnreachable',
    expr: `max by (cluster) (label_replace(absent(timestamp(up{${selector}}) > time() - ${3 * seconds(scrapeInterval) + 15}), "cluster", "${cluster}", "", ""))`,
    for: alerts.clusterUnreachable.for,
    severity: 'critical',
    summary: `Cluster ${name} is silent`,
    description: `No Prometheus of cluster ${name} has been seen by the querier for ${alerts.clusterUnreachable.for}: it is down as a whole, or cut off.`,
  },
  {
    // looks 2m30s into the future: samples there were stamped by a clock that is ahead
    alert: 'ClusterClockSkew',
    expr: `${skew(selector, ' offset -2m30s')} > ${allowedSkew.ahead} or ${skew(selector)} < -${allowedSkew.behind}`,
    for: '1m',
    severity: 'warning',
    summary: `The clocks of cluster ${name} and of the observer differ`,
    description: `The newest sample of cluster ${name} is {{ printf "%.0f" $value }} s away from the observer's clock (limits ${allowedSkew.ahead} s ahead, ${allowedSkew.behind} s behind).`,
  },
];

const reach = (cluster: string, rules: readonly Alert[]): RuleGroup => ({
  name: `reach ${cluster}`,
  why: 'that a cluster is silent shows in the global view only; an answer without it must not stop the evaluation',
  dashboard: 'fleet-overview',
  interval: '15s',
  partialResponse: 'warn',
  rules,
});

/** Of one cluster, evaluated on what answers: a StoreAPI that is cut off is exactly what these look for. */
export const fleetPartialRules: RulesOf = (_fleet, cluster) => {
  const pair = `cluster="${cluster.name}", job="prometheus"`;
  return [
    reach(cluster.name, [
      ...seen(cluster, pair),
      {
        alert: 'PrometheusReplicasDiverge',
        expr: `max by (cluster) (prometheus_tsdb_head_series{${pair}}) / min by (cluster) (prometheus_tsdb_head_series{${pair}}) > 1.2`,
        for: '30m',
        severity: 'warning',
        summary: `The Prometheus replicas of cluster ${name} see different things`,
        description: `One Prometheus replica of cluster ${name} has {{ printf "%.2f" $value }} times as many series as another (limit 1.2).`,
      },
    ]),
  ];
};

/** Of a cluster whose Prometheus is somebody else's: what it calls its own jobs is not known, only that it scrapes something. */
export const externalRules = (fleet: ResolvedFleet, external: ResolvedExternal): RuleGroup[] => {
  const all = `cluster="${external.name}"`;
  return [reach(external.name, seen(external, all)), recordingOf(fleet, external)];
};
