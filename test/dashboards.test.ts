// The dashboards as Grafana reads them: what each must have, and what their queries may ask for.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { emptyPanels } from '../charts/dashboards/empty';
import { fleetWideNote, togetherNote } from '../charts/dashboards/panels';
import { dashboardProblems, dashboardsIn } from '../scripts/verify/dashboards';
import { fleetFiles, type Json, ofKind, readText, root, sample } from './support/fleets';

// the package has a CommonJS build and types for the other one only
const { parser }: { parser: { parse(text: string): { iterate(visit: { enter(node: Json): void }): void } } } =
  require('@prometheus-io/lezer-promql');

const configMapsOf = (file: string): Json[] =>
  ofKind(sample(file).objects, 'ConfigMap').filter((o) => o.metadata.name.startsWith('grafana-dashboard-'));
const filesOf = (file: string): Record<string, string> => Object.assign({}, ...configMapsOf(file).map((o) => o.data));
const dashboardsOf = (file: string): Json[] => Object.values(filesOf(file)).map((text) => JSON.parse(text));
const panelsOf = (dashboard: Json): Json[] =>
  dashboard.panels.flatMap((p: Json) => [p, ...(p.panels ?? [])]).filter((p: Json) => p.type !== 'row');

/** The nodes of an expression's tree that are of a kind, as text. */
const partsOf = (expr: string, kind: string): string[] => {
  const text = expr.replace(/\$__(rate_interval|interval|range)\b/g, '5m');
  const found: string[] = [];
  parser.parse(text).iterate({
    enter: (node) => {
      if (node.name === kind) found.push(text.slice(node.from, node.to));
    },
  });
  return found;
};

const panels = fleetFiles.flatMap((file) =>
  dashboardsOf(file).flatMap((dashboard) =>
    panelsOf(dashboard).map((panel) => ({ file, dashboard, panel, where: `${file}: ${dashboard.uid}, ${panel.title}` })),
  ),
);
const queries = panels.flatMap((p) => p.panel.targets.map((t: Json) => ({ ...p, expr: t.expr as string, target: t })));
const wrong = <T extends { where: string }>(all: readonly T[], is: (one: T) => boolean): string[] =>
  all.filter(is).map((one) => one.where);

describe('by the types of their Grafana', () => {
  const once = new Map<string, string>(); // many fleets have the same
  for (const file of fleetFiles)
    for (const { objects } of sample(file).files)
      for (const [path, text] of dashboardsIn(objects))
        if (![...once.values()].includes(text)) once.set(`${file}: ${path}`, text);

  it('everything in them is known', async () => {
    expect(once.size).toBeGreaterThan(7);
    expect(await dashboardProblems(once)).toEqual([]);
  }, 60_000);
  it.each<[string, (board: Json) => void, RegExp]>([
    ['an unknown key', (b) => (b.titel = 'Nodes'), /^nodes: titel: .*"titel"/],
    ['an unknown option of a panel', (b) => (b.panels[1].options.leggend = {}), /^nodes: panels\[1\]\.options\.leggend: /],
    ['a number where a text is read', (b) => (b.panels[1].fieldConfig.defaults.unit = 5), /^nodes: panels\[1\]\.\S+\.unit: /],
    [
      'a value that a setting does not take',
      (b) => (b.panels.find((p: Json) => p.type === 'timeseries').options.tooltip.mode = 'some'),
      /options\.tooltip\.mode: .*"some"/,
    ],
    ['a kind of panel that is in no list', (b) => (b.panels[1].type = 'graph'), /^nodes: panels\[1\]\.type: .*"graph"/],
  ])('%s is named', async (_, mistake, said) => {
    const board = JSON.parse([...once].find(([path]) => path.includes('nodes'))?.[1] ?? '');
    mistake(board);
    expect((await dashboardProblems(new Map([['nodes', JSON.stringify(board)]]))).join('\n')).toMatch(said);
  });
});

test('their uids stay, so that links and bookmarks do', () => {
  for (const file of fleetFiles)
    expect(
      dashboardsOf(file)
        .map((d) => d.uid)
        .sort(),
    ).toEqual([
      'alertmanager',
      'containers',
      'fleet-overview',
      'ingestion',
      'nodes',
      'object-store',
      'query-path',
      'ruler-and-alerting',
    ]);
});

test('they fit into one ConfigMap', () => {
  for (const file of fleetFiles) {
    const sizes = Object.values(filesOf(file)).map((text) => text.length);
    expect(Math.max(...sizes)).toBeLessThan(200_000);
    expect(sizes.reduce((a, b) => a + b)).toBeLessThan(900_000);
  }
});

describe.each(dashboardsOf('fleet.yaml').map((d) => [d.uid, d] as const))('%s', (_, dashboard) => {
  test('has a title, a description and links to the others that keep clusters and time', () => {
    for (const key of ['title', 'description']) expect(dashboard[key]).toMatch(/\S/);
    expect([41, 42]).toContain(dashboard.schemaVersion);
    expect(dashboard.tags).toContain('thanos-fleet');
    expect(dashboard.links).toEqual([
      expect.objectContaining({ type: 'dashboards', tags: ['thanos-fleet'], includeVars: true, keepTime: true }),
    ]);
  });

  test('lets people choose clusters, several or all', () => {
    expect(dashboard.templating.list[0]).toMatchObject({
      name: 'cluster',
      query: { query: 'label_values(up, cluster)' },
      multi: true,
      includeAll: true,
      allValue: '.+',
    });
    for (const v of dashboard.templating.list) expect(v).toMatchObject({ multi: true, includeAll: true, allValue: '.+' });
  });

  test('defines every variable that it uses, and uses every one', () => {
    const used = panelsOf(dashboard).flatMap((p) =>
      p.targets.flatMap((t: Json) => [...t.expr.matchAll(/\$(?!__)([a-z]\w*)/g)].map((m) => m[1])),
    );
    expect([...new Set(used)].sort()).toEqual(dashboard.templating.list.map((v: Json) => v.name).sort());
  });

  test('has panels with titles and numbers of their own', () => {
    const titles = panelsOf(dashboard).map((p) => p.title);
    expect(titles.filter((t, i) => titles.indexOf(t) !== i)).toEqual([]);
    const ids = dashboard.panels.map((p: Json) => p.id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('every panel', () => {
  test('says in whole sentences what it shows', () => {
    expect(wrong(panels, ({ panel }) => !/^\S.*\.$/.test(panel.description))).toEqual([]);
  });

  test('has a unit, and a table one for each column of numbers', () => {
    expect(wrong(panels, ({ panel }) => !panel.fieldConfig.defaults.unit)).toEqual([]);
    const tables = panels.filter(({ panel }) => panel.type === 'table');
    expect(tables.length).toBeGreaterThan(0);
    for (const { panel } of tables) {
      const { renameByName } = panel.transformations.find((t: Json) => t.id === 'organize').options;
      for (const [field, name] of Object.entries(renameByName).filter(([field]) => field.startsWith('Value'))) {
        const of = panel.fieldConfig.overrides.filter((o: Json) => o.matcher.options === name);
        expect([field, of.flatMap((o: Json) => o.properties.map((p: Json) => p.id))]).toEqual([
          field,
          expect.arrayContaining(['unit']),
        ]);
      }
    }
  });

  test('has colours for what is good and bad when it is one number, and a name for each line when it is a graph', () => {
    expect(wrong(panels, ({ panel }) => panel.type === 'stat' && !panel.fieldConfig.defaults.thresholds?.steps.length)).toEqual(
      [],
    );
    expect(wrong(queries, ({ panel, target }) => panel.type === 'timeseries' && !target.legendFormat)).toEqual([]);
  });

  test('is one of three kinds, none of which draws a line for each of 200 clusters', () => {
    expect([...new Set(panels.map(({ panel }) => panel.type))].sort()).toEqual(['stat', 'table', 'timeseries']);
    const many = ({ panel, expr }: (typeof queries)[number]) =>
      panel.type === 'timeseries' && /by \([^)]*\bcluster\b/.test(expr) && !/^\(?topk\(\d+, /.test(expr);
    expect(wrong(queries, many)).toEqual([]);
    // one number per stat
    expect(wrong(panels, ({ panel }) => panel.type === 'stat' && panel.targets.length !== 1)).toEqual([]);
  });
});

describe('every query', () => {
  const fleetWide = ({ panel }: { panel: Json }) => panel.description.endsWith(fleetWideNote);
  const together = ({ panel }: { panel: Json }) => panel.description.endsWith(togetherNote);

  test('parses', () => {
    expect(wrong(queries, ({ expr }) => partsOf(expr, '⚠').length > 0)).toEqual([]);
    expect(partsOf('sum by (cluster) (rate(up[5m])', '⚠')).not.toEqual([]);
  });

  test('asks for the chosen clusters only, or its panel says that it does not', () => {
    const unfiltered = (q: (typeof queries)[number]) =>
      !fleetWide(q) && partsOf(q.expr, 'VectorSelector').some((selector) => !selector.includes('$cluster'));
    expect(queries.filter((q) => partsOf(q.expr, 'VectorSelector').length === 0).map((q) => q.where)).toEqual([]);
    expect(wrong(queries, unfiltered)).toEqual([]);
  });

  test('keeps the clusters apart, or its panel says that it does not', () => {
    const mixed = (q: (typeof queries)[number]) => !fleetWide(q) && !together(q) && !/by \([^)]*\bcluster\b/.test(q.expr);
    expect(wrong(queries, mixed)).toEqual([]);
  });

  test('never asks for the replica label, which the querier takes away', () => {
    expect(wrong(queries, ({ expr }) => /\breplica\b(?!")/.test(expr.replaceAll('$replica', '')))).toEqual([]);
  });

  const list = join(root, 'test/support/metrics.txt');
  (existsSync(list) ? test : test.skip)('asks for metrics that exist', () => {
    const known = new Set(
      readText('test/support/metrics.txt')
        .split('\n')
        .map((line) => line.trim().split(/\s/)[0]),
    );
    const asked = new Set(
      queries.flatMap(({ expr }) => partsOf(expr, 'VectorSelector').map((s) => s.split('{')[0]?.trim() ?? '')),
    );
    expect([...asked].filter((name) => !known.has(name) && !known.has(name.replace(/_(bucket|sum|count)$/, ''))).sort()).toEqual(
      [],
    );
  });
});

test('a panel that may be empty is there, and says why', () => {
  for (const { uid, title, why } of emptyPanels) {
    expect(panels.filter(({ dashboard, panel }) => dashboard.uid === uid && panel.title === title)).not.toEqual([]);
    expect(why).toMatch(/\S/);
  }
});
