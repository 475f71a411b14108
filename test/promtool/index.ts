// Unit tests of every alert, as promtool runs them: a rule file with nothing but the alert (and what it is recorded from), and
// a test file of two courses of its series: what it should fire at, and what is nearly that.
import { parse, stringify } from 'yaml';
import { parseFleet } from '../../charts/fleet';
import { seconds } from '../../charts/kit/units';
import { clusterRuleFiles, globalRuleFiles } from '../../charts/rules';
import { type Case, timeline, values } from './case';
import { clusterCases } from './cluster';
import { globalCases } from './global';
import { nodeCases, nodeCasesOfEks } from './nodes';
import { observerCases } from './observer';

/** Two clusters of two replicas, three Alertmanagers and two shards, so that members can be missing. */
const fleet = parseFleet(
  `name: demo
kubernetes: {kind: {platform: kind}}
objectStore: {type: embedded, replicate: {to: {type: s3, bucket: copies, endpoint: s3.example.com, auth: {secret: keys}}}}
observer: {in: kind, alertmanager: {replicas: 3}, store: {shards: 2}, cache: {type: memcached, exporter: true}}
clusters: {chicago: {in: kind}, seattle: {in: kind}}
`,
  'fleet.yaml',
);

/** The same on a platform of production. */
const onEks = parseFleet(
  `name: demo
kubernetes: {prod: {platform: eks, context: prod}}
objectStore: {type: s3, bucket: demo, endpoint: "s3.example.com", auth: {secret: s3}}
observer: {in: prod, grafana: {adminSecret: grafana}}
clusters: {chicago: {in: prod}}
`,
  'fleet.yaml',
);

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: { readonly severity: string };
}
interface Group {
  readonly name: string;
  readonly rules: readonly Rule[];
}

const groupsOf = (files: Record<string, string>): Group[] =>
  Object.values(files).flatMap(
    (text) => parse(text).groups.map(({ name, rules }: Group) => ({ name, rules })), // evaluated at every step of a test, whatever their interval
  );
const chicago = fleet.clusters.find((c) => c.name === 'chicago') as (typeof fleet.clusters)[number];
const own = groupsOf(clusterRuleFiles(fleet, chicago));
const global = groupsOf(globalRuleFiles(fleet));
const ownOnEks = onEks.clusters.flatMap((c) => groupsOf(clusterRuleFiles(onEks, c)));

/** Every case, with the groups that its alert is among. */
const all: readonly { readonly test: Case; readonly groups: readonly Group[]; readonly of: string }[] = [
  ...clusterCases.map((test) => ({ test, groups: own, of: 'clusters' })),
  ...nodeCases.map((test) => ({ test, groups: own, of: 'nodes' })),
  ...nodeCasesOfEks.map((test) => ({ test, groups: ownOnEks, of: 'nodes on EKS' })),
  ...observerCases.map((test) => ({ test, groups: own, of: 'the observer' })),
  ...globalCases.map((test) => ({ test, groups: global, of: 'the fleet' })),
];

/** Alerts, as `name severity`, that the rule files have and that the cases test. */
export const alertsWithRules: readonly string[] = [...own, ...global].flatMap((group) =>
  group.rules.flatMap((rule) => (rule.alert ? [`${rule.alert} ${rule.labels?.severity}`] : [])),
);
export const alertsWithTests: readonly string[] = all.map(({ test }) => `${test.alert} ${test.severity}`);

const only = (groups: readonly Group[], { alert, severity }: Case): Group[] => {
  const wanted = groups.flatMap((g) => g.rules).filter((r) => r.alert === alert && r.labels?.severity === severity);
  const words = new Set(wanted.flatMap((r) => r.expr.match(/[a-zA-Z_:][\w:]*/g) ?? []));
  return groups
    .map((g) => ({ ...g, rules: g.rules.filter((r) => wanted.includes(r) || (r.record && words.has(r.record))) }))
    .filter((g) => g.rules.length > 0);
};

const minutes = (n: number): string => `${n}m`;
const alwaysFires = 'Watchdog';

export interface RuleTest {
  readonly name: string;
  /** What the alert is about. */
  readonly of: string;
  readonly rules: string;
  /** What promtool must accept. */
  readonly test: string;
  /** What promtool must refuse, since it says that nothing fires; with the texts of what does. */
  readonly texts: string;
}

const yamlOf = (content: object): string => stringify(content, { lineWidth: 0, aliasDuplicateObjects: false });

/** A Prometheus that can store nothing any more, such as one whose volume is full: its rules see nothing, and must not shout. */
export const blindTest = (): { readonly rules: string; readonly test: string } => ({
  rules: yamlOf({ groups: own }),
  test: yamlOf({
    rule_files: ['blind.rules.yml'],
    evaluation_interval: '1m',
    tests: [
      {
        name: 'blind',
        interval: '1m',
        external_labels: { cluster: 'chicago', replica: 'prometheus-0' },
        input_series: [{ series: 'up{job="thanos-query", instance="a"}', values: '1+0x10 _x60' }],
        promql_expr_test: [
          {
            expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
            eval_time: '70m',
            exp_samples: [{ labels: `{alertname="${alwaysFires}"}`, value: 1 }],
          },
        ],
      },
    ],
  }),
});

/** Rule and test files of every case; a test file names its rule file as `<name>.rules.yml`. */
export const ruleTests = (): RuleTest[] =>
  all.map(({ test, groups, of }) => {
    const { alert, severity, step = 1, count = 1 } = test;
    const name = `${alert}-${severity}${groups === ownOnEks ? '-eks' : ''}`;
    const firing = `count by (alertname, severity) (ALERTS{alertname="${alert}", severity="${severity}", alertstate="firing"})`;
    const { silent, fires, resolved } = timeline(test);
    const expect = (at: number, n: number) => ({
      expr: firing,
      eval_time: minutes(at),
      exp_samples: n > 0 ? [{ labels: `{alertname="${alert}", severity="${severity}"}`, value: n }] : [],
    });
    const world = (which: 'bad' | 'near', expectations: object) => ({
      name: `${name}: ${which === 'bad' ? 'fires and resolves' : 'near miss'}`,
      interval: minutes(step),
      external_labels: { cluster: 'chicago', replica: 'prometheus-0' },
      input_series: Object.entries(test.series).map(([series, course]) => ({ series, values: values(course, test, which) })),
      ...expectations,
    });
    const needed = only(groups, test);
    const order = { evaluation_interval: minutes(step), group_eval_order: needed.map((g) => g.name) };
    const file = (tests: object[]) => yamlOf({ rule_files: [`${name}.rules.yml`], ...order, tests });
    // however early its condition holds, it waits: the last step before `for` is over
    const rule = groups.flatMap((g) => g.rules).find((r) => r.alert === alert && r.labels?.severity === severity);
    const waits = silent + Math.ceil(seconds(rule?.for ?? '0s') / 60 / step) * step;
    const still = alert === alwaysFires ? count : 0;
    return {
      name,
      of,
      rules: yamlOf({ groups: needed }),
      test: file([
        world('bad', {
          promql_expr_test: [expect(silent, still), expect(waits, still), expect(fires, count), expect(resolved, still)],
        }),
        world('near', { promql_expr_test: [expect(silent, still), expect(fires, still)] }),
      ]),
      texts: file([world('bad', { alert_rule_test: [{ eval_time: minutes(fires), alertname: alert, exp_alerts: [] }] })]),
    };
  });
