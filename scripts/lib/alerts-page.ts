// docs/alerts.md: every rule, where it is evaluated and why there.
import type { ResolvedFleet } from '../../charts/fleet';
import { type RulePlace, ruleGroups } from '../../charts/rules';
import { type Alert, isAlert, type RuleGroup } from '../../charts/rules/rule';

const places: Readonly<Record<RulePlace, string>> = {
  cluster: "In every cluster's own Prometheus",
  nodes: 'In the Prometheus of the cluster that watches the nodes',
  observer: 'In the Prometheus of the cluster that watches the nodes, where the observer is',
  global: 'In the ruler, once for every cluster',
};

/** A summary without what only a firing alert knows. */
const words = (summary: string): string => summary.replaceAll(/\{\{.*?\}\}/g, '…');

/** Alerts of one name are one row. */
const rows = (alerts: readonly Alert[]): string[] =>
  [...new Set(alerts.map((a) => a.alert))].map((name) => {
    const these = alerts.filter((a) => a.alert === name);
    const each = (of: (a: Alert) => string) => [...new Set(these.map(of))].join(', ');
    return `| [${name}](runbooks/${name}.md) | ${each((a) => a.severity)} | ${each((a) => (a.for === '0s' ? 'at once' : a.for))} | ${words(these[0]?.summary ?? '')} |`;
  });

const section = ({ why, rules }: RuleGroup): string[] => {
  const alerts = rules.filter(isAlert);
  const recorded = rules.flatMap((rule) => (isAlert(rule) ? [] : [`\`${rule.record}\``]));
  return [
    `${why[0]?.toUpperCase()}${why.slice(1)}.`,
    '',
    ...(alerts.length > 0 ? ['| Alert | Severity | For | |', '|---|---|---|---|', ...rows(alerts), ''] : []),
    ...(recorded.length > 0 ? [`Recorded: ${recorded.join(', ')}.`, ''] : []),
  ];
};

/** The page, of the demo's thresholds. */
export const alertsPage = (fleet: ResolvedFleet): string => {
  const groups = ruleGroups(fleet);
  return `${[
    '# Alerts and recorded metrics',
    '',
    "Every rule that there is, where it is evaluated, and why there. Times are the defaults; the fleet file changes them. An alert's",
    'page says what it means and how to mend it. `npm run generate` writes this.',
    '',
    ...(Object.keys(places) as RulePlace[]).flatMap((place) => [`## ${places[place]}`, '', ...groups[place].flatMap(section)]),
  ]
    .join('\n')
    .trimEnd()}\n`;
};
