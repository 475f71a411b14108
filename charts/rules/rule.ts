// What an alert is in this project, and how it becomes a rule file.
import type { ResolvedFleet } from '../fleet/resolve';

export type Severity = 'critical' | 'warning' | 'info';

export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly severity: Severity;
  /** One line, with the cluster. */
  readonly summary: string;
  /** What is seen, with values and units. */
  readonly description: string;
}

export interface RuleGroup {
  readonly name: string;
  readonly interval?: string;
  readonly rules: readonly Alert[];
}

/** Rule file as data: every alert with severity, summary, description and runbook. */
export const ruleFile = (fleet: ResolvedFleet, groups: readonly RuleGroup[]) => ({
  groups: groups.map((group) => ({
    name: group.name,
    ...(group.interval ? { interval: group.interval } : {}),
    rules: group.rules.map((rule) => ({
      alert: rule.alert,
      expr: rule.expr,
      for: rule.for,
      labels: { severity: rule.severity },
      annotations: {
        summary: rule.summary,
        description: rule.description,
        runbook_url: `${fleet.alerts.runbookUrl}/${rule.alert}.md`,
      },
    })),
  })),
});
