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
    code: 'slo-threshold',
    wrong: `${fleet()}slo: {queries: {latency: {»threshold: 5s}}}\n`,
    right: `${fleet()}slo: {queries: {latency: {threshold: 6s}}}\n`,
  },
];

/** The same for every check of rule-files.ts. */
export const ruleFile = (name: string, mark = '»') =>
  fleet({ alerts: `alerts: {ruleFiles: {cluster: [${mark}test/support/rules/${name}.yaml]}}` });
const ruleFiles: readonly Refusal[] = [
  ...(['rule-file-unreadable', 'rule-file-form', 'rule-file-promql', 'rule-file-alert-name'] as const).map((code) => ({
    code,
    wrong: ruleFile(code.replace(/^rule-file-(alert-)?/, '')),
    right: ruleFile('good', ''),
  })),
  {
    code: 'rule-file-form',
    wrong: ruleFile('partial'),
    right: ruleFile('partial', '').replace('cluster: [test', 'global: [test'),
  },
];

export const alerts: readonly Refusal[] = [...thresholds, ...ruleFiles];
