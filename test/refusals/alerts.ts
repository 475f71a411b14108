// Every check of alert-checks.ts and rule-files.ts: a fleet that trips it at », and one that nearly does.
import { clusters, fleet, type Refusal } from './support';

/** The same for every check of alert-checks.ts. */
const thresholds: readonly Refusal[] = [
  {
    code: 'unknown-alert',
    wrong: fleet({ alerts: 'alerts: {disable: [high_load, »service_don]}' }),
    right: fleet({ alerts: 'alerts: {disable: [high_load, service_down]}' }),
  },
  {
    code: 'unknown-alert',
    wrong: clusters('chicago: {in: kind, alerts: {disable: [»watchdog]}}'),
    right: clusters('chicago: {in: kind, alerts: {disable: [Watchdog]}}'),
  },
  {
    code: 'slo-objective',
    wrong: `${fleet()}slo: {queries: {»availability: 93%}}\n`,
    right: `${fleet()}slo: {queries: {availability: 93.1%}}\n`,
  },
  {
    code: 'slo-objective',
    wrong: `${fleet()}slo: {queries: {latency: {»objective: 90%}}}\n`,
    right: `${fleet()}slo: {queries: {latency: {objective: 95%}}}\n`,
  },
  {
    code: 'latency-beyond-histogram',
    wrong: `${fleet()}alerts: {queryLatency: {»p99: 12m}}\n`,
    right: `${fleet()}alerts: {queryLatency: {p99: 719s}}\n`,
  },
  {
    code: 'latency-beyond-histogram',
    wrong: `${fleet()}slo: {queries: {latency: {»threshold: 5s}}}\n`,
    right: `${fleet()}slo: {queries: {latency: {threshold: 6s}}}\n`,
  },
];

/** A fleet with a rule file of its own, for all clusters or for the ruler. */
export const ruleFile = (name: string, mark = '»', use = 'cluster'): string =>
  fleet({ alerts: `alerts: {ruleFiles: {${use}: [${mark}test/support/rules/${name}.yaml]}}` });
const many = (count: number, mark = ''): string =>
  fleet({ alerts: `alerts: {ruleFiles: {${mark}cluster: [${'test/support/rules/good.yaml, '.repeat(count)}]}}` });
const ruleFiles: readonly Refusal[] = [
  ...(
    [
      ['rule-file-unreadable', 'unreadable'],
      ['rule-file-form', 'form'],
      ['rule-file-promql', 'promql'],
      ['rule-file-promql', 'range'],
      ['rule-file-alert-name', 'name'],
      ['rule-file-template', 'template'],
      ['rule-file-label', 'label'],
      ['rule-file-record-name', 'record'],
      ['rule-file-record-name', 'record-up'],
    ] as const
  ).map(([code, name]) => ({ code, wrong: ruleFile(name), right: ruleFile('good', '') })),
  ...['extra-key', 'two-documents', 'too-long'].map(
    (name): Refusal => ({ code: 'rule-file-form', wrong: ruleFile(name), right: ruleFile('aliases', '') }),
  ),
  { code: 'rule-file-promql', wrong: ruleFile('newer-promql', '»', 'global'), right: ruleFile('newer-promql', '') },
  { code: 'rule-file-form', wrong: ruleFile('partial'), right: ruleFile('partial', '', 'global') },
  { code: 'rule-file-label', wrong: ruleFile('about-label'), right: ruleFile('about-label', '', 'global') },
  { code: 'rule-file-label', wrong: ruleFile('cluster-label'), right: ruleFile('cluster-label', '', 'global') },
  { code: 'rule-file-cluster', wrong: ruleFile('cluster', '»', 'global'), right: ruleFile('partial', '', 'global') },
  { code: 'rule-files-too-large', wrong: many(2400, '»'), right: many(2380) },
];

export const alerts: readonly Refusal[] = [...thresholds, ...ruleFiles];
