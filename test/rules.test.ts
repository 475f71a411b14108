// Every PromQL expression and every alert of the synthesized rule files and dashboards.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { fleetFiles, type Json, ofKind, root, sample } from './support/fleets';

// the package has a CommonJS build and types for the other one only
const { parser }: { parser: { parse(text: string): { iterate(visit: { enter(node: Json): void }): void } } } =
  require('@prometheus-io/lezer-promql');

interface Expression {
  readonly where: string;
  readonly expr: string;
}

const filesOf = (file: string): { name: string; content: Json }[] =>
  ofKind(sample(file).objects, 'ConfigMap').flatMap((o) =>
    Object.entries(o.data as Record<string, string>).map(([name, text]) => ({
      name,
      content: name.endsWith('.json') ? JSON.parse(text) : parse(text, { version: '1.1' }),
    })),
  );
const rulesOf = (file: string): { name: string; rule: Json }[] =>
  filesOf(file)
    .filter(({ content }) => content?.groups)
    .flatMap(({ name, content }) => content.groups.flatMap((g: Json) => g.rules.map((rule: Json) => ({ name, rule }))));
const dashboardsOf = (file: string): Json[] => filesOf(file).flatMap(({ content }) => (content?.panels ? [content] : []));
const panelsOf = (dashboard: Json): Json[] =>
  dashboard.panels.flatMap((p: Json) => [p, ...(p.panels ?? [])]).filter((p: Json) => p.type !== 'row');

const expressionsOf = (file: string): Expression[] => [
  ...rulesOf(file).map(({ rule }) => ({ where: rule.alert ?? rule.record, expr: rule.expr })),
  ...dashboardsOf(file).flatMap((d) =>
    panelsOf(d).flatMap((p) => p.targets.map((t: Json) => ({ where: `${d.title}: ${p.title}`, expr: t.expr }))),
  ),
];

/** What Grafana would have put in place of its variables. */
const filled = (expr: string): string =>
  expr.replace(/\$__(rate_interval|interval|range)\b/g, '5m').replace(/\$\{?\w+(:\w+)?\}?/g, 'chicago');

const errorsOf = (expr: string): number[] => {
  const at: number[] = [];
  parser.parse(expr).iterate({
    enter: (node) => {
      if (node.type.isError) at.push(node.from);
    },
  });
  return at;
};

test('an expression that does not parse is found', () => {
  expect(errorsOf('sum by (cluster) (rate(up[5m])')).not.toEqual([]);
  expect(errorsOf('up == ')).not.toEqual([]);
  expect(errorsOf('sum by (cluster) (rate(up[5m]))')).toEqual([]);
});

describe.each(fleetFiles)('in %s', (file) => {
  test('every expression parses', () => {
    const expressions = expressionsOf(file);
    expect(expressions.length).toBeGreaterThan(10);
    expect(expressions.filter((e) => errorsOf(filled(e.expr)).length > 0)).toEqual([]);
  });

  test('every global rule keeps the cluster', () => {
    const rules = rulesOf(file).filter(({ name }) => name === 'global.yaml');
    expect(rules.length).toBeGreaterThan(0);
    expect(rules.filter(({ rule }) => !/^\(*\w+ by \((\w+, ?)*cluster\b/.test(rule.expr)).map(({ rule }) => rule.expr)).toEqual(
      [],
    );
  });

  test('every alert has a severity, a summary, a description and a runbook', () => {
    for (const { rule } of rulesOf(file)) {
      expect(['critical', 'warning', 'info']).toContain(rule.labels.severity);
      for (const key of ['summary', 'description']) expect(rule.annotations[key]).toMatch(/\S/);
      expect(rule.annotations.runbook_url).toBe(`${sample(file).topology.fleet.alerts.runbookUrl}/${rule.alert}.md`);
    }
  });

  test('every alert has a name of its own among those of its file, and says for how long it waits', () => {
    for (const { rule } of rulesOf(file)) expect(rule.for).toMatch(/^(\d+(ms|[smhdwy]))+$/);
  });

  test('every alert of a replica count says how many there are in this fleet', () => {
    const rules = rulesOf(file).filter(({ rule }) => rule.alert === 'PrometheusReplicaDown');
    expect(rules.map(({ rule }) => rule.expr.match(/cluster="([^"]+)".* < (\d+)$/)?.slice(1))).toEqual(
      sample(file).topology.fleet.clusters.map((c) => [c.name, String(c.replicas)]),
    );
  });

  test('every panel has a title, a description, a unit and the one datasource', () => {
    for (const dashboard of dashboardsOf(file))
      for (const panel of panelsOf(dashboard)) {
        expect(panel.title).toMatch(/\S/);
        expect(panel.description).toMatch(/\S/);
        expect(panel.fieldConfig.defaults.unit).toMatch(/\S/);
        expect(panel.datasource).toEqual({ type: 'prometheus', uid: 'thanos' });
      }
  });

  test('no two panels of a dashboard overlap', () => {
    for (const dashboard of dashboardsOf(file)) {
      const cells = panelsOf(dashboard).flatMap(({ gridPos: g }) =>
        Array.from({ length: g.w * g.h }, (_, i) => `${g.x + (i % g.w)},${g.y + Math.floor(i / g.w)}`),
      );
      expect(cells.filter((c, i) => cells.indexOf(c) !== i)).toEqual([]);
      expect(panelsOf(dashboard).filter(({ gridPos: g }) => g.x + g.w > 24)).toEqual([]);
    }
  });
});

describe('a runbook', () => {
  const alerts = [...new Set(fleetFiles.flatMap((file) => rulesOf(file).map(({ rule }) => rule.alert as string)))].sort();
  test.each(alerts)('is in docs/runbooks for %s', (alert) => {
    expect(existsSync(join(root, 'docs/runbooks', `${alert}.md`))).toBe(true);
  });
});
