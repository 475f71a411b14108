// Small builders with this project's defaults: what is not said here is Grafana's own.
import {
  BigValueGraphMode,
  LegendDisplayMode,
  LegendPlacement,
  SortOrder,
  StackingMode,
  TableCellHeight,
  TooltipDisplayMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkType,
  type DynamicConfigValue,
  MappingType,
  type Panel,
  QueryVariableBuilder,
  RowBuilder,
  type RowPanel,
  ThresholdsConfigBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { datasource } from '../config/grafana';

/** Every dashboard carries it; the links between them are made of it. */
const tag = 'thanos-fleet';

const source = { type: 'prometheus', uid: datasource.uid } as const;

/** Colours from the lowest value up: the first one's bound does not count. */
export type Steps = readonly (readonly [colour: string, from?: number])[];

/** A number that is neither good nor bad. */
export const neutral: Steps = [['blue']];
/** Good below the first bound; from the second on it hurts. */
export const highIsBad = (orange: number, red: number): Steps => [['green'], ['orange', orange], ['red', red]];
/** Good from the second bound on; below the first it hurts. */
export const lowIsBad = (orange: number, green: number): Steps => [['red'], ['orange', orange], ['green', green]];
/** Anything but 0 wants a look. */
export const noneIsGood: Steps = [['green'], ['red', 1]];
export const noneIsBetter: Steps = [['green'], ['orange', 1]];

const thresholds = (steps: Steps) =>
  new ThresholdsConfigBuilder().steps(steps.map(([color, from], i) => ({ color, value: i === 0 ? null : (from ?? 0) })));

const mapped = <T, R>(record: Readonly<Record<string, T>>, result: (value: T) => R): Record<string, R> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, result(value)]));

interface PanelOptions {
  readonly title: string;
  /** What is seen, and what to make of it. */
  readonly description: string;
  /** A Grafana unit: none, short, percentunit, bytes, s, reqps. */
  readonly unit: string;
  readonly decimals?: number;
  /** In 24ths of the page's width. */
  readonly width?: number;
  /**
   * What there is once for all clusters: the components around the querier. Their series carry the cluster that scrapes
   * them, which says nothing, so that such a panel neither filters nor groups by it.
   */
  readonly fleetWide?: boolean;
}

export const fleetWideNote = 'One for the whole fleet: the chosen cluster does not matter.';
export const togetherNote = 'All chosen clusters together.';

/** The description, and at its end why the query does not keep the clusters apart. */
const describe = (o: PanelOptions, together = false): string =>
  [o.description, ...(o.fleetWide ? [fleetWideNote] : together ? [togetherNote] : [])].join(' ');

export interface Query {
  readonly expr: string;
  readonly legend: string;
}

const target = (i: number, expr: string): DataqueryBuilder =>
  new DataqueryBuilder().refId(String.fromCharCode(65 + i)).expr(expr);

/** Lines over time, a third of the width. Their names stand below, or beside a wide one with their last and highest values. */
export const graph = (
  o: PanelOptions & {
    readonly queries: readonly Query[];
    readonly stacked?: boolean;
    readonly max?: number;
    /** The lines are sums over clusters. */
    readonly together?: boolean;
  },
): TimeseriesBuilder => {
  const width = o.width ?? 8;
  const legend = new VizLegendOptionsBuilder().showLegend(true);
  if (width < 12) legend.displayMode(LegendDisplayMode.List).placement(LegendPlacement.Bottom).calcs([]);
  else
    legend
      .displayMode(LegendDisplayMode.Table)
      .placement(LegendPlacement.Right)
      .calcs(['lastNotNull', 'max'])
      .sortBy('Last *')
      .sortDesc(true);
  const panel = new TimeseriesBuilder()
    .title(o.title)
    .description(describe(o, o.together))
    .datasource(source)
    .unit(o.unit)
    .min(0)
    .fillOpacity(o.stacked ? 30 : 8)
    .span(width)
    .height(8)
    .legend(legend)
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
    .targets(o.queries.map((q, i) => target(i, q.expr).legendFormat(q.legend)));
  if (o.stacked) panel.stacking({ build: () => ({ mode: StackingMode.Normal, group: 'A' }) });
  if (o.max !== undefined) panel.max(o.max);
  if (o.decimals !== undefined) panel.decimals(o.decimals);
  return panel;
};

/** One number, an eighth of the width. */
export const stat = (
  o: PanelOptions & {
    readonly expr: string;
    readonly thresholds: Steps;
    /** Only the newest value, without its course: for what looks far back. */
    readonly instant?: boolean;
    /** What to show in place of a number. */
    readonly texts?: Readonly<Record<string, string>>;
  },
): StatBuilder => {
  const panel = new StatBuilder()
    .title(o.title)
    .description(describe(o, true))
    .datasource(source)
    .unit(o.unit)
    .thresholds(thresholds(o.thresholds))
    .span(o.width ?? 3)
    .height(4)
    .reduceOptions({ build: () => ({ calcs: ['lastNotNull'] }) })
    .graphMode(o.instant ? BigValueGraphMode.None : BigValueGraphMode.Area);
  const query = target(0, o.expr).legendFormat(o.title);
  panel.targets([o.instant ? query.instant() : query]);
  if (o.decimals !== undefined) panel.decimals(o.decimals);
  if (o.texts) panel.mappings([{ type: MappingType.ValueToText, options: mapped(o.texts, (text) => ({ text })) }]);
  return panel;
};

export interface Column {
  readonly name: string;
  readonly expr: string;
  readonly unit: string;
  readonly decimals?: number;
  /** Colours the cell. */
  readonly thresholds?: Steps;
}

/** A label that makes rows. */
export interface Key {
  readonly label: string;
  readonly name: string;
  readonly width?: number;
  /** Colours of its values. */
  readonly colours?: Readonly<Record<string, string>>;
  /** Dashboards of what the cell names: uid and what the link says. */
  readonly links?: Readonly<Record<string, string>>;
}

/** One row per value of the keys, one column per query; the newest values only. */
export const table = (
  o: Omit<PanelOptions, 'unit' | 'decimals'> & {
    readonly keys: readonly Key[];
    readonly columns: readonly Column[];
    /** The column by which rows are sorted at first, largest first. */
    readonly sortBy?: string;
    readonly height?: number;
  },
): TableBuilder => {
  const value = (i: number): string => `Value #${String.fromCharCode(65 + i)}`;
  const fields = [...o.keys.map((k) => k.label), ...o.columns.map((_, i) => value(i))];
  const names = [...o.keys.map((k) => k.name), ...o.columns.map((c) => c.name)];
  const only = o.columns.length === 1; // a lone query's field has no letter
  const renamed = fields.map((field, i) => [only && field === value(0) ? 'Value' : field, names[i]]);
  const panel = new TableBuilder()
    .title(o.title)
    .description(describe({ ...o, unit: 'short' }))
    .datasource(source)
    .unit('short')
    .cellHeight(TableCellHeight.Sm)
    .span(o.width ?? 24)
    .height(o.height ?? 8)
    .targets(o.columns.map((c, i) => target(i, c.expr).instant().format(PromQueryFormat.Table)))
    .transformations([
      { id: 'merge', options: {} },
      {
        id: 'organize',
        options: {
          excludeByName: { Time: true },
          indexByName: Object.fromEntries(renamed.map(([field], i) => [field, i])),
          renameByName: Object.fromEntries(renamed),
        },
      },
    ]);
  for (const key of o.keys) {
    const properties: DynamicConfigValue[] = [];
    if (key.width) properties.push({ id: 'custom.width', value: key.width });
    if (key.colours)
      properties.push(
        { id: 'mappings', value: [{ type: MappingType.ValueToText, options: mapped(key.colours, (color) => ({ color })) }] },
        { id: 'custom.cellOptions', value: { type: 'color-text' } },
      );
    if (key.links)
      properties.push({
        id: 'links',
        value: Object.entries(key.links).map(([uid, title]) => ({
          title,
          url: `/d/${uid}?var-${key.label}=\${__value.text}&\${__url_time_range}`,
        })),
      });
    if (properties.length > 0) panel.overrideByName(key.name, properties);
  }
  for (const c of o.columns)
    panel.overrideByName(c.name, [
      { id: 'unit', value: c.unit },
      ...(c.decimals === undefined ? [] : [{ id: 'decimals', value: c.decimals }]),
      ...(c.thresholds
        ? [
            { id: 'thresholds', value: thresholds(c.thresholds).build() },
            { id: 'custom.cellOptions', value: { type: 'color-text' } },
          ]
        : []),
    ]);
  if (o.sortBy) panel.sortBy([{ build: () => ({ displayName: o.sortBy as string, desc: true }) }]);
  return panel;
};

/** A choice of label values; several, and all. */
export const variable = (name: string, label: string, query: string): QueryVariableBuilder =>
  new QueryVariableBuilder(name)
    .label(label)
    .datasource(source)
    .query({ query, refId: name })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.NaturalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.+') // a short query however many there are
    .current({ text: 'All', value: '$__all' });

/** Matches the chosen clusters. */
export const selected = 'cluster=~"$cluster"';

/** A dashboard as Grafana reads it from a file; its uid never changes. */
export type ProvisionedDashboard = Dashboard & { readonly uid: string; readonly panels: (Panel | RowPanel)[] };

type PanelBuilder = { build(): Panel };

/** The rows from the top down, the panels of each from left to right; without what the SDK writes and Grafana 13 no longer knows. */
export const dashboard = (o: {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly tags: readonly string[];
  /** Besides `cluster`. */
  readonly variables?: readonly QueryVariableBuilder[];
  readonly rows: Readonly<Record<string, readonly PanelBuilder[]>>;
}): ProvisionedDashboard => {
  const board = new DashboardBuilder(o.title)
    .uid(o.uid)
    .description(o.description)
    .tags([tag, ...o.tags])
    .editable()
    .refresh('30s')
    .time({ from: 'now-1h', to: 'now' })
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .link({
      build: () => ({
        title: 'Fleet',
        type: DashboardLinkType.Dashboards,
        icon: 'external link',
        tooltip: 'The same clusters and time on another dashboard',
        tags: [tag],
        asDropdown: false,
        targetBlank: false,
        includeVars: true,
        keepTime: true,
      }),
    })
    .withVariable(variable('cluster', 'Cluster', 'label_values(up, cluster)'));
  for (const v of o.variables ?? []) board.withVariable(v);
  for (const [title, panels] of Object.entries(o.rows)) {
    board.withRow(new RowBuilder(title));
    for (const panel of panels) board.withPanel(panel);
  }
  const model = board.build() as ProvisionedDashboard;
  model.panels.forEach((panel, i) => {
    panel.id = i + 1;
    if (panel.type === 'table') delete (panel as Panel).options.footer;
  });
  for (const v of model.templating?.list ?? []) for (const key of ['auto', 'auto_min', 'auto_count'] as const) delete v[key];
  return model;
};

/** As a file: one line per panel, so that a change of one is a change of one line. */
export const dashboardFile = ({ panels, ...rest }: ProvisionedDashboard): string =>
  `${JSON.stringify(rest).slice(0, -1)},"panels":[\n${panels.map((p) => JSON.stringify(p)).join(',\n')}\n]}\n`;

// PromQL

/** The ten highest: a graph stays readable, and a query's answer small, at 200 clusters. */
export const top = (expr: string): string => `topk(10, ${expr})`;

/** The ten highest that are above 0, and a line at 0 for all that are not: a graph of what should not happen. */
export const worst = (expr: string): string =>
  `topk(10, ${expr} > 0) or label_replace(0 * count(up{${selected}}), "cluster", "all others", "", "")`;

/** Per second. */
export const rate = (series: string): string => `rate(${series}[$__rate_interval])`;

/**
 * A share of what happens that is 0 when nothing does, and when what is counted has never happened. Never above 1: what fails
 * late is counted when what it is a part of is no longer.
 */
export const share = (part: string, whole: string): string =>
  `clamp_max((${part} or 0 * ${whole}) / clamp_min(${whole}, 1e-9), 1)`;

/** A quantile of a classic histogram's observations; by those labels. */
export const quantile = (q: number, histogram: string, matchers: string, ...by: string[]): string =>
  `histogram_quantile(${q}, sum by (${['le', ...by].join(', ')}) (${rate(`${histogram}_bucket{${matchers}}`)}))`;

/** Median and 99th percentile of a histogram. */
export const latencies = (histogram: string, matchers: string): Query[] => [
  { expr: quantile(0.5, histogram, matchers), legend: 'p50' },
  { expr: quantile(0.99, histogram, matchers), legend: 'p99' },
];

/** CPU, memory and goroutines of a component's processes: the ten highest. */
export const processes = (o: {
  readonly matchers: string;
  readonly by: readonly string[];
  readonly legend: string;
  readonly fleetWide?: boolean;
}): TimeseriesBuilder[] => {
  const by = o.by.join(', ');
  const each = (title: string, description: string, unit: string, expr: string) =>
    graph({
      title,
      description: `${description} The ten highest.`,
      unit,
      fleetWide: o.fleetWide,
      queries: [{ expr: top(`sum by (${by}) (${expr})`), legend: o.legend }],
    });
  return [
    each('CPU', 'Cores in use.', 'none', rate(`process_cpu_seconds_total{${o.matchers}}`)),
    each('Memory', 'Resident memory.', 'bytes', `process_resident_memory_bytes{${o.matchers}}`),
    each('Goroutines', 'A number that only grows is a leak.', 'short', `go_goroutines{${o.matchers}}`),
  ];
};
