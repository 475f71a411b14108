// Small builders with this project's defaults: what is not said here is Grafana's own.
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { datasource } from '../config/grafana';

export interface Query {
  readonly expr: string;
  readonly legend: string;
}

export interface PanelOptions {
  readonly title: string;
  readonly description: string;
  /** A Grafana unit: short, percentunit, bytes, s, reqps. */
  readonly unit: string;
  readonly queries: readonly Query[];
}

export const source = { type: 'prometheus', uid: datasource.uid } as const;

const targets = (queries: readonly Query[]): DataqueryBuilder[] =>
  queries.map((q, i) =>
    new DataqueryBuilder()
      .refId(String.fromCharCode(65 + i))
      .expr(q.expr)
      .legendFormat(q.legend),
  );

/** A graph over time, half the width. */
export const graph = (o: PanelOptions): TimeseriesBuilder =>
  new TimeseriesBuilder()
    .title(o.title)
    .description(o.description)
    .datasource(source)
    .unit(o.unit)
    .min(0)
    .fillOpacity(8)
    .span(12)
    .height(8)
    .targets(targets(o.queries));

/** One number per cluster, a sixth of the width. */
export const stat = (o: PanelOptions): StatBuilder =>
  new StatBuilder()
    .title(o.title)
    .description(o.description)
    .datasource(source)
    .unit(o.unit)
    .span(6)
    .height(5)
    .targets(targets(o.queries));

/** A dashboard as Grafana reads it from a file; its uid never changes. */
export type ProvisionedDashboard = Dashboard & { readonly uid: string };
