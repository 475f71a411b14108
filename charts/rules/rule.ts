// What a rule is in this project, and how groups of rules become a rule file.
import type { ResolvedAlerts, ResolvedCluster, ResolvedFleet } from '../fleet/resolve';

/** `none` is for what fires all the time and wakes nobody. */
export type Severity = 'critical' | 'warning' | 'info' | 'none';

/** The dashboards' uids: where one looks first. */
export type DashboardUid =
  | 'fleet-overview'
  | 'query-path'
  | 'ingestion'
  | 'object-store'
  | 'ruler-and-alerting'
  | 'nodes'
  | 'containers'
  | 'alertmanager';

export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  /** How long it goes on firing when its reason is gone: what it keeps back must be over before it is. Default: not at all. */
  readonly keepFiringFor?: string;
  readonly severity: Severity;
  /** Further labels, which tell apart alerts of one name that one rule file has. */
  readonly labels?: Readonly<Record<string, string>>;
  /** One line, with the cluster. */
  readonly summary: string;
  /** What is seen, with values and units. */
  readonly description: string;
}

export interface Recording {
  readonly record: string;
  readonly expr: string;
}

export interface RuleGroup {
  readonly name: string;
  /** Why these rules are evaluated where they are. */
  readonly why: string;
  /** The dashboard that shows what its alerts are about. */
  readonly dashboard?: DashboardUid;
  /** Time between evaluations. Default: that of the program. */
  readonly interval?: string;
  /** Of the ruler: go on with what is there when a StoreAPI does not answer. Default: the evaluation fails. */
  readonly partialResponse?: 'warn';
  readonly rules: readonly (Alert | Recording)[];
}

export const isAlert = (rule: Alert | Recording): rule is Alert => 'alert' in rule;

/** The cluster's name in templates: external labels are added when an alert is sent, so `$labels` lacks it in a cluster. */
export const here = '{{ $externalLabels.cluster }}';

/** Label of a rule whose alerts are about another cluster than the one that evaluates it; alerts are sent as that cluster's. */
export const aboutLabel = 'about_cluster';

/** Rules of a cluster's own Prometheus, or of the ruler about one cluster. */
export type RulesOf = (fleet: ResolvedFleet, cluster: ResolvedCluster) => RuleGroup[];

/**
 * For rules over one cluster: when that is cut off, its absence is what they are about, and no failure. In the observer's own
 * Kubernetes cluster, endpoints that are gone make no answer partial.
 */
export const partialIfRemote = (
  fleet: ResolvedFleet,
  cluster: Pick<ResolvedCluster, 'in'>,
): Pick<RuleGroup, 'partialResponse'> => (cluster.in === fleet.observer.in ? {} : { partialResponse: 'warn' });

/**
 * Keeps absent() from firing where the reason is the one who looks: a Prometheus whose volume is full scrapes and stores
 * nothing, so that everything seems to be gone. Its pair knows better.
 */
export const unlessBlind = 'unless on () absent(up)';

/**
 * Nothing of a job answers, or no pod of one of the Deployments that make it up. absent() of a comparison has no labels, so
 * the rule says which job it is, and which Deployment.
 */
export const nothingAnswers = (job: string, deployment?: string): Pick<Alert, 'expr' | 'labels' | 'keepFiringFor'> => ({
  expr: `absent(up{job="${job}"${deployment ? `, pod=~"${deployment}-[^-]+-[^-]+"` : ''}} == 1) ${unlessBlind}`,
  keepFiringFor: '1m',
  labels: { job, ...(deployment ? { deployment } : {}) },
});

/** Share of bad events among all, as rates over 5 minutes. */
export const share = (by: string, bad: string, all: string): string =>
  `sum by (${by}) (rate(${bad}[5m])) / sum by (${by}) (rate(${all}[5m]))`;

/** p99 of a histogram over 5 minutes, in its own unit. */
export const p99 = (by: string, histogram: string): string =>
  `histogram_quantile(0.99, sum by (${by}, le) (rate(${histogram}[5m])))`;

/** `5%` of 0.05. */
export const percent = (ratio: number): string => `${Number((ratio * 100).toFixed(6))}%`;

const written = (rule: Alert, group: RuleGroup, runbookUrl: string) => ({
  alert: rule.alert,
  expr: rule.expr,
  for: rule.for,
  ...(rule.keepFiringFor ? { keep_firing_for: rule.keepFiringFor } : {}),
  labels: { severity: rule.severity, ...rule.labels },
  annotations: {
    summary: rule.summary,
    description: rule.description,
    runbook_url: `${runbookUrl}/${rule.alert}.md`,
    ...(group.dashboard ? { dashboard: group.dashboard } : {}),
  },
});

/** The group without the alerts that are turned off. */
export const without = (group: RuleGroup, { disable }: ResolvedAlerts): RuleGroup => ({
  ...group,
  rules: group.rules.filter((rule) => !isAlert(rule) || !disable.includes(rule.alert)),
});

/** Rule file as data: every alert with severity, summary, description, runbook and dashboard. */
export const ruleFile = (fleet: ResolvedFleet, groups: readonly RuleGroup[]) => ({
  groups: groups
    .filter((group) => group.rules.length > 0)
    .map((group) => ({
      name: group.name,
      ...(group.interval ? { interval: group.interval } : {}),
      ...(group.partialResponse ? { partial_response_strategy: group.partialResponse } : {}),
      rules: group.rules.map((rule) => (isAlert(rule) ? written(rule, group, fleet.alerts.runbookUrl) : rule)),
    })),
});
