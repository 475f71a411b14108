// Every PromQL expression and every alert of the synthesized rule files and dashboards.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ownJobs } from '../charts/config/prometheus';
import { fleetSchema } from '../charts/fleet/schema';
import { alertNames } from '../charts/rules';
import type { Json } from '../scripts/plan/differences';
import { alertsWithRules, alertsWithTests } from './promtool';
import {
  dashboardsIn,
  type Expression,
  errorsOf,
  expressionsIn,
  filled,
  metricsOf,
  panelsOf,
  rulesIn,
} from './support/expressions';
import { fleetFiles, ofKind, readText, root, sample } from './support/fleets';

const rulesOf = (file: string) => rulesIn(sample(file).objects);
const alertsOf = (file: string) => rulesOf(file).filter(({ rule }) => rule.alert);
const dashboardsOf = (file: string) => dashboardsIn(sample(file).objects);
const knownMetrics = new Set(readText('test/support/metrics.txt').split('\n'));
/** Metrics of expressions that no program exposes and no rule records. */
const unknownMetrics = (expressions: readonly Expression[], recorded: ReadonlySet<string>): Expression[] =>
  expressions.filter(({ expr }) => metricsOf(expr).some((name) => !knownMetrics.has(name) && !recorded.has(name)));
const recordedIn = (file: string): Set<string> => new Set(rulesOf(file).flatMap(({ rule }) => rule.record ?? []));

test('an expression that asks for a metric that is not there is found', () => {
  const of = (expr: string) => unknownMetrics([{ where: 'here', expr }], new Set(['job:up:sum'])).length;
  expect(of('sum by (job) (rate(upp[5m])) / up')).toBe(1);
  expect(of('sum by (job) (rate(up{job="upp"}[5m])) / job:up:sum')).toBe(0);
});

test('an expression that does not parse is found', () => {
  expect(errorsOf('sum by (cluster) (rate(up[5m])')).not.toEqual([]);
  expect(errorsOf('up == ')).not.toEqual([]);
  expect(errorsOf('sum by (cluster) (rate(up[5m]))')).toEqual([]);
});

describe.each(fleetFiles)('in %s', (file) => {
  test('every expression parses', () => {
    const expressions = expressionsIn(sample(file).objects);
    expect(expressions.length).toBeGreaterThan(10);
    expect(expressions.filter((e) => errorsOf(filled(e.expr)).length > 0)).toEqual([]);
  });

  test('every metric of a rule or panel is one that the programs expose', () => {
    expect(unknownMetrics(expressionsIn(sample(file).objects), recordedIn(file))).toEqual([]);
  });

  test('every global rule keeps the cluster', () => {
    const rules = rulesOf(file).filter(({ name }) => name.endsWith('.yaml'));
    expect(new Set(rules.map(({ name }) => name))).toEqual(new Set(['global.yaml', 'global-partial.yaml']));
    expect(rules.filter(({ rule }) => !/^\(*\w+ by \((\w+, ?)*cluster\b/.test(rule.expr)).map(({ rule }) => rule.expr)).toEqual(
      [],
    );
  });

  test('every alert has a severity, a summary, a description and a runbook', () => {
    for (const { rule } of alertsOf(file)) {
      expect([...(rule.alert === 'Watchdog' ? ['none'] : []), 'critical', 'warning', 'info']).toContain(rule.labels.severity);
      for (const key of ['summary', 'description']) expect(rule.annotations[key]).toMatch(/\S/);
      expect(rule.annotations.runbook_url).toBe(`${sample(file).topology.fleet.alerts.runbookUrl}/${rule.alert}.md`);
    }
  });

  test('every alert names a dashboard', () => {
    const uids = 'fleet-overview query-path ingestion object-store ruler-and-alerting nodes containers alertmanager'.split(' ');
    for (const { rule } of alertsOf(file)) expect(uids).toContain(rule.annotations.dashboard);
  });

  test('rules on what only the cluster that watches the nodes scrapes are in that cluster only', () => {
    const { topology, objects } = sample(file);
    const own = /job=~?"(thanos-(query|store|compact|rule|bucket)|alertmanager|grafana|cadvisor|kubelet)|\bnode_[a-z]/;
    for (const { cluster } of topology.clusters) {
      const map = ofKind(objects, 'ConfigMap').find(
        (o) => o.metadata.namespace === cluster.namespace && o.metadata.name === 'prometheus-rules',
      );
      expect(Object.keys(map?.data).filter((name) => !name.startsWith('user-'))).toEqual([
        'cluster.yml',
        ...(cluster.nodes ? ['nodes.yml'] : []),
        ...(cluster.nodes && cluster.in === topology.fleet.observer.in ? ['observer.yml'] : []),
      ]);
      expect(own.test(map?.data['cluster.yml'])).toBe(false);
    }
  });

  test('every alert has a name of its own among those of its file, and says for how long it waits', () => {
    for (const { rule } of alertsOf(file)) expect(rule.for).toMatch(/^(\d+(ms|[smhdwy]))+$/);
  });

  test('every alert of a replica count says how many there are in this fleet', () => {
    const rules = rulesOf(file).filter(({ rule }) => rule.alert === 'PrometheusReplicaDown');
    expect(rules.map(({ rule }) => rule.expr.match(/cluster="([^"]+)".* < (\d+)$/)?.slice(1)).sort()).toEqual(
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
  const alerts = [...new Set(fleetFiles.flatMap((file) => alertsOf(file).map(({ rule }) => rule.alert as string)))].sort();
  const pages = readdirSync(join(root, 'docs/runbooks')).map((name) => name.replace(/\.md$/, ''));
  test.each(alerts)('is in docs/runbooks for %s', (alert) => {
    expect(existsSync(join(root, 'docs/runbooks', `${alert}.md`))).toBe(true);
  });

  test('is there for every alert that there is, and for no other', () => {
    expect(pages.sort()).toEqual([...alertNames(sample('fleet.yaml').topology.fleet)].sort());
  });

  test.each(pages)('%s says what it means, its impact, how to look and how to mend', (page) => {
    const text = readText(`docs/runbooks/${page}.md`);
    expect(text.startsWith(`# ${page}\n\n`)).toBe(true);
    expect([...text.matchAll(/^## (.+)$/gm)].map((m) => m[1]).slice(0, 4)).toEqual([
      'What it means',
      'Impact',
      'How to look',
      'How to mend',
    ]);
    expect(text).toMatch(/Severity: (critical|warning|info|none)\b/);
    expect(text).toMatch(/Evaluated by\s|The ruler evaluates it /);
  });

  // what is in the program's source only: flags, and one size
  const ofTheSource = /`--[a-z]|`maxItem`/;
  test.each(pages)('%s names the key of the fleet file where there is one, not the source of the program', (page) => {
    const items = readText(`docs/runbooks/${page}.md`).split(/\n(?=- |\n|#)/);
    expect(items.filter((item) => item.includes('charts/components') && !ofTheSource.test(item))).toEqual([]);
    const keys = items.flatMap((item) => [...item.matchAll(/`observer\.(\w+)\.(\w+)`/g)].map(([, part, key]) => [part, key]));
    const schema = z.toJSONSchema(fleetSchema, { io: 'input' }) as Json;
    const observer = schema.properties.observer.properties;
    expect(keys.filter(([part, key]) => !JSON.stringify(observer[part as string] ?? {}).includes(`"${key}":`))).toEqual([]);
  });

  test.each(pages)('%s says of which Kubernetes cluster each command is', (page) => {
    const commands = [...readText(`docs/runbooks/${page}.md`).matchAll(/(?:^|[`|;] ?)kubectl (\S+)/gm)].map((m) => m[1]);
    expect(commands.filter((first) => first !== '--context')).toEqual([]);
  });

  test.each(pages)('%s shows every command in one piece', (page) => {
    const outside = readText(`docs/runbooks/${page}.md`).replace(/^```[\s\S]*?^```$/gm, '');
    expect(outside.split('\n').filter((line) => line.split('`').length % 2 === 0)).toEqual([]);
  });

  test.each(pages)('%s asks for what is there', (page) => {
    const asked = [...readText(`docs/runbooks/${page}.md`).matchAll(/^ask '(.+)'$/gm)].map((m) => m[1] as string);
    expect(asked.filter((expr) => errorsOf(expr).length > 0)).toEqual([]);
    expect(
      unknownMetrics(
        asked.map((expr) => ({ where: page, expr })),
        recordedIn('fleet.yaml'),
      ),
    ).toEqual([]);
  });
});

test('every alert has a unit test, and every unit test an alert', () => {
  expect([...new Set(alertsWithTests)].sort()).toEqual([...new Set(alertsWithRules)].sort());
  expect(new Set(alertsWithRules.map((alert) => alert.split(' ')[0]))).toEqual(
    new Set(alertNames(sample('fleet.yaml').topology.fleet)),
  );
});

test("an alert that is turned off is in no rule file, and a fleet's own rules are in theirs", () => {
  const objects = ofKind(sample('examples/s3-and-slack/fleet.yaml').objects, 'ConfigMap');
  const data = objects.map((o) => o.data as Record<string, string>);
  expect(data.filter((d) => Object.values(d).some((text) => text.includes('alert: NodeCPUHighUsage')))).toEqual([]);
  const own = (file: string) => readText(`examples/s3-and-slack/rules/${file}.yaml`);
  expect(data.flatMap((d) => d['user-1-printers.yml'] ?? [])).toEqual([own('printers')]);
  expect(data.flatMap((d) => d['user-1-offices.yaml'] ?? [])).toEqual([own('offices')]);
});

test('the rules of the demo stay small', () => {
  const sizes = ofKind(sample('fleet.yaml').objects, 'ConfigMap')
    .filter((o) => o.metadata.name.includes('rules'))
    .map((o) => JSON.stringify(o).length);
  expect(sizes.length).toBe(3);
  expect(sizes.filter((size) => size > 300_000)).toEqual([]);
});

test('every job that rules and panels ask for is reserved: no pod of somebody else can have it', () => {
  const asked = fleetFiles.flatMap((file) =>
    expressionsIn(sample(file).objects).flatMap(({ expr }) =>
      [...expr.matchAll(/\bjob=~?"([^"$(]*)(?:\(([^")]+)\))?"/g)].flatMap(([, start = '', ends]) =>
        ends ? ends.split('|').map((end) => start + end) : start.split('|'),
      ),
    ),
  );
  const jobs = [...new Set(asked)];
  expect(jobs.length).toBeGreaterThan(10);
  expect(jobs.filter((job) => !new RegExp(`^(?:${ownJobs})$`).test(job))).toEqual([]);
});
