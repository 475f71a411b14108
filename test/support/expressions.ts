// Every PromQL expression of synthesized rule files and dashboards, and the metrics that each asks for.
import { parse } from 'yaml';
import type { Manifest } from '../../charts/fleet';
import { type Json, ofKind } from './fleets';

// the package has a CommonJS build and types for the other one only
const { parser }: { parser: { parse(text: string): { iterate(visit: { enter(node: Json): void }): void } } } =
  require('@prometheus-io/lezer-promql');

export interface Expression {
  /** The alert, the recorded metric, or dashboard and panel. */
  readonly where: string;
  readonly expr: string;
}

interface ConfigFile {
  readonly name: string;
  readonly content: Json;
}

const known = new WeakMap<readonly Manifest[], ConfigFile[]>();
const configFilesIn = (objects: readonly Manifest[]): ConfigFile[] => {
  const files = known.get(objects) ?? readFiles(objects);
  known.set(objects, files);
  return files;
};
const readFiles = (objects: readonly Manifest[]): ConfigFile[] =>
  ofKind(objects, 'ConfigMap').flatMap((o) =>
    Object.entries(o.data as Record<string, string>)
      .filter(([name]) => /\.(json|ya?ml)$/.test(name))
      .map(([name, text]) => ({
        name,
        content: name.endsWith('.json') ? JSON.parse(text) : parse(text, { version: '1.1' }),
      })),
  );

/** The project's own rules, without those of rule files that a fleet names. */
export const rulesIn = (objects: readonly Manifest[]): { name: string; rule: Json }[] =>
  configFilesIn(objects)
    .filter(({ name, content }) => content?.groups && !name.startsWith('user-'))
    .flatMap(({ name, content }) => content.groups.flatMap((g: Json) => g.rules.map((rule: Json) => ({ name, rule }))));
export const dashboardsIn = (objects: readonly Manifest[]): Json[] =>
  configFilesIn(objects).flatMap(({ content }) => (content?.panels ? [content] : []));
export const panelsOf = (dashboard: Json): Json[] =>
  dashboard.panels.flatMap((p: Json) => [p, ...(p.panels ?? [])]).filter((p: Json) => p.type !== 'row');

export const expressionsIn = (objects: readonly Manifest[]): Expression[] => [
  ...rulesIn(objects).map(({ rule }) => ({ where: rule.alert ?? rule.record, expr: rule.expr })),
  ...dashboardsIn(objects).flatMap((d) =>
    panelsOf(d).flatMap((p) => p.targets.map((t: Json) => ({ where: `${d.title}: ${p.title}`, expr: t.expr }))),
  ),
];

/** What Grafana would have put in place of its variables. */
export const filled = (expr: string): string =>
  expr.replace(/\$__(rate_interval|interval|range)\b/g, '5m').replace(/\$\{?\w+(:\w+)?\}?/g, 'chicago');

/** Where an expression stops being PromQL. */
export const errorsOf = (expr: string): number[] => {
  const at: number[] = [];
  parser.parse(expr).iterate({
    enter: (node) => {
      if (node.type.isError) at.push(node.from);
    },
  });
  return at;
};

/** Names of metrics that an expression asks for. */
export const metricsOf = (expr: string): string[] => {
  const names: string[] = [];
  parser.parse(filled(expr)).iterate({
    enter: ({ name, from, to, node }) => {
      if (name === 'Identifier' && node.parent?.name === 'VectorSelector') names.push(filled(expr).slice(from, to));
    },
  });
  return names;
};
