// npm run pictures: every dashboard with the data of the running fleet as docs/dashboards/<uid>.svg.
//
// Grafana's own renderer needs a browser; this draws the same model from the same queries: enough to see what a dashboard
// holds without installing anything.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dashboards } from '../charts/dashboards';
import type { ProvisionedDashboard } from '../charts/dashboards/panels';
import { loadFleet, type ResolvedFleet } from '../charts/fleet';
import { seconds } from '../charts/kit/units';
import { declareTopology } from '../charts/topology';
import { refuse, unreachable } from './lib/contexts';
import { fleetFile } from './lib/fleet-file';
import { type Forward, fetchJson, instantQuery, Kubectl, type Sample } from './lib/kubectl';
import { main, parseArgs, sayHelp } from './lib/terminal';
import {
  type Cell,
  colour,
  drawGraph,
  drawPage,
  drawRow,
  drawStat,
  drawTable,
  type Frame,
  type Line,
  place,
} from './pictures/draw';
import { format } from './pictures/units';

const help = `npm run pictures [-- UID…]

Draws the dashboards (all, or those named) with the data of the running fleet (fleet.yaml, or FLEET=path), which it reads
from the querier through kubectl, and writes docs/dashboards/<uid>.svg.

  --minutes=N  how far back (default: as far as there is data, 60 at most)
  --cluster=…  the cluster that is chosen (default: all)
  --url=…      a querier or Prometheus to ask instead`;

const directory = 'docs/dashboards';

// biome-ignore lint/suspicious/noExplicitAny: panels are of three types, read as Grafana reads their JSON
type Json = any;

interface View {
  readonly url: string;
  readonly from: number;
  readonly to: number;
  readonly step: number;
  readonly interval: number;
  readonly cluster: string;
}

/** A query as Grafana sends it. */
const filled = (expr: string, view: View): string =>
  expr
    .replaceAll('$__rate_interval', `${Math.max(view.step + view.interval, 4 * view.interval)}s`)
    .replaceAll('$__range', `${view.to - view.from}s`)
    .replaceAll('$cluster', view.cluster)
    .replaceAll(/\$\{?[a-z]\w*\}?/g, '.+');

const now = (view: View, expr: string): Promise<Sample[]> =>
  instantQuery(view.url, filled(expr, view), { time: String(view.to) }).catch((error) => {
    throw new Error(`${expr}: ${error.message}`);
  });

const course = async (view: View, expr: string, legend: string): Promise<Line[]> => {
  const query = { query: filled(expr, view), start: String(view.from), end: String(view.to), step: String(view.step) };
  const answer = await fetchJson(`${view.url}/api/v1/query_range?${new URLSearchParams(query)}`).catch((error) => {
    throw new Error(`${expr}: ${error.message}`);
  });
  return answer.data.result.map((series: { metric: Record<string, string>; values: [number, string][] }) => ({
    name: legend.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label) => series.metric[label] ?? '').trim() || 'Value',
    points: series.values.map(([t, v]) => [t, Number(v)] as const).filter(([, v]) => Number.isFinite(v)),
  }));
};

interface Step {
  readonly color: string;
  readonly value: number | null;
}
const stepColour = (steps: readonly Step[], value: number): string =>
  colour(steps.filter((s) => s.value === null || value >= s.value).at(-1)?.color);

const stat = async (view: View, panel: Json, frame: Frame): Promise<string> => {
  const { unit, decimals, thresholds, mappings } = panel.fieldConfig.defaults;
  const [target] = panel.targets;
  const [line] = target.instant ? [] : await course(view, target.expr, panel.title);
  const [newest] = await now(view, target.expr);
  const value = newest ? Number(newest.value[1]) : Number.NaN;
  const shown = mappings?.[0]?.options[String(value)]?.text ?? format(value, unit, decimals);
  return drawStat(frame, {
    value: Number.isFinite(value) ? shown : undefined,
    colour: stepColour(thresholds.steps, value),
    course: line,
    ...view,
  });
};

const graph = async (view: View, panel: Json, frame: Frame): Promise<string> => {
  const { unit, decimals, max, custom } = panel.fieldConfig.defaults;
  const lines: Line[] = [];
  for (const target of panel.targets) lines.push(...(await course(view, target.expr, target.legendFormat)));
  return drawGraph(frame, {
    lines,
    unit,
    decimals,
    max,
    stacked: custom?.stacking?.mode === 'normal',
    legend: panel.options.legend.placement === 'right' ? 'right' : 'below',
    ...view,
  });
};

const table = async (view: View, panel: Json, frame: Frame): Promise<string> => {
  const organize = panel.transformations.find((t: Json) => t.id === 'organize').options;
  const fields = Object.keys(organize.indexByName).sort((a, b) => organize.indexByName[a] - organize.indexByName[b]);
  const keys = fields.filter((f) => !f.startsWith('Value'));
  const rows = new Map<string, Map<string, string>>();
  for (const target of panel.targets)
    for (const sample of await now(view, target.expr)) {
      const id = keys.map((k) => sample.metric[k] ?? '').join('\n');
      const row = rows.get(id) ?? new Map(keys.map((k) => [k, sample.metric[k] ?? '']));
      rows.set(id, row.set(panel.targets.length === 1 ? 'Value' : `Value #${target.refId}`, sample.value[1]));
    }
  const overrides = (name: string): Record<string, Json> =>
    Object.fromEntries(
      panel.fieldConfig.overrides
        .filter((o: Json) => o.matcher.options === name)
        .flatMap((o: Json) => o.properties.map((p: Json) => [p.id, p.value])),
    );
  const cell = (field: string, value = ''): Cell => {
    const { unit, decimals, thresholds, mappings } = overrides(organize.renameByName[field]);
    if (keys.includes(field)) return { text: value, colour: mappings ? colour(mappings[0].options[value]?.color) : undefined };
    const number = Number.parseFloat(value);
    return {
      text: format(number, unit ?? 'short', decimals),
      number: true,
      colour: thresholds ? stepColour(thresholds.steps, number) : undefined,
    };
  };
  const sortBy = fields.find((f) => organize.renameByName[f] === panel.options.sortBy?.[0]?.displayName);
  const sorted = [...rows.values()].sort((a, b) => Number(b.get(sortBy ?? '') ?? 0) - Number(a.get(sortBy ?? '') ?? 0));
  return drawTable(
    frame,
    fields.map((f) => organize.renameByName[f]),
    sorted.map((row) => fields.map((f) => cell(f, row.get(f)))),
  );
};

const drawers: Readonly<Record<string, typeof stat>> = { stat, timeseries: graph, table };

const picture = async (view: View, board: ProvisionedDashboard, links: readonly string[]): Promise<string> => {
  const panels: string[] = [];
  for (const panel of board.panels as Json[]) {
    const frame = { title: panel.title, box: place(panel.gridPos) };
    panels.push(
      panel.type === 'row' ? drawRow(panel.title, frame.box) : await (drawers[panel.type] as typeof stat)(view, panel, frame),
    );
  }
  const variables = (board.templating.list ?? []).map((v) => [
    v.label ?? v.name,
    v.name === 'cluster' && view.cluster !== '.+' ? view.cluster : 'All',
  ]);
  return drawPage({
    title: board.title ?? board.uid,
    description: board.description ?? '',
    variables: Object.fromEntries(variables),
    links,
    panels,
    height: Math.max(...(board.panels as Json[]).map((p) => p.gridPos.y + p.gridPos.h)),
    ...view,
  });
};

const forward = (fleet: ResolvedFleet): Promise<Forward> => {
  const { kubernetes, query } = declareTopology(fleet).observer;
  return new Kubectl(kubernetes.context).forward(query.workload.namespace, `svc/${query.workload.name}`, query.http.port.number);
};

main(async () => {
  const { values, positionals } = parseArgs({
    options: {
      minutes: { type: 'string' },
      cluster: { type: 'string' },
      url: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
    allowPositionals: true,
  });
  if (values.help) {
    sayHelp(help);
    return 0;
  }
  const fleet = loadFleet(fleetFile());
  if (!values.url) refuse(await unreachable(fleet.kubernetes.filter((k) => k.name === fleet.observer.in)));
  const querier = values.url ? { url: values.url, close: () => {} } : await forward(fleet);
  try {
    const to = Math.floor(Date.now() / 1000);
    const [age] = await instantQuery(querier.url, 'time() - min(process_start_time_seconds{job="thanos-query"})');
    const minutes = Number(values.minutes ?? Math.min(60, Math.max(5, Number(age?.value[1] ?? 3600) / 60)));
    const from = to - Math.round(minutes * 60);
    const interval = Math.max(...fleet.clusters.map((c) => seconds(c.scrapeInterval)));
    const view: View = {
      url: querier.url,
      from,
      to,
      step: Math.max(interval, Math.ceil((to - from) / 60)),
      interval,
      cluster: values.cluster ?? '.+',
    };
    const all = dashboards(fleet);
    mkdirSync(directory, { recursive: true });
    for (const board of all.filter((b) => positionals.length === 0 || positionals.includes(b.uid))) {
      const file = join(directory, `${board.uid}.svg`);
      const svg = await picture(
        view,
        board,
        all.filter((b) => b !== board).map((b) => b.title ?? b.uid),
      );
      writeFileSync(file, svg);
      console.log(`${file} (${Math.round(svg.length / 1024)} KiB)`);
    }
    return 0;
  } finally {
    querier.close();
  }
});
