// What a dashboard's JSON may say, in Grafana's own types: @grafana/schema, which is published with every Grafana. Types
// only: dashboards.ts writes dashboards as values of `Board` and lets TypeScript judge, unknown keys included.
import type { Dataquery } from '@grafana/grafana-foundation-sdk/prometheus';
import type * as stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type * as table from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type * as timeseries from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';
import type {
  Dashboard,
  FieldConfig,
  FieldConfigSource,
  Panel,
  RowPanel,
} from '@grafana/schema/dist/esm/raw/dashboard/x/Dashboard_types.gen';

/** A value as JSON has it: of an enumeration there is its text. */
type Json<T> = T extends string
  ? `${T}`
  : T extends number
    ? number
    : T extends boolean
      ? boolean
      : T extends (infer Part)[]
        ? Json<Part>[]
        : T extends object
          ? { [Key in keyof T]: Json<T[Key]> }
          : T;

/** What an override may change: a field's settings, and those of the panel's kind. */
type Property<Custom> =
  | { [Key in keyof FieldConfig]-?: { id: Key; value?: Json<FieldConfig[Key]> } }[keyof FieldConfig]
  | { [Key in keyof Custom & string]-?: { id: `custom.${Key}`; value?: Json<Custom[Key]> } }[keyof Custom & string];

type PanelOf<Type, Options, Custom> = Json<Omit<Panel, 'type' | 'options' | 'fieldConfig' | 'targets'>> & {
  type: Type;
  options?: Json<Partial<Options>>;
  targets?: Json<Omit<Dataquery, '_implementsDataqueryVariant'>>[];
  fieldConfig?: {
    defaults: Json<Omit<FieldConfig, 'custom'>> & { custom?: Json<Partial<Custom>> };
    overrides: (Json<Omit<FieldConfigSource['overrides'][number], 'properties'>> & { properties: Property<Custom>[] })[];
  };
};

/** Every kind of panel that the dashboards have; another kind is one line more. */
type AnyPanel =
  | PanelOf<'timeseries', timeseries.Options, timeseries.FieldConfig>
  | PanelOf<'stat', stat.Options, Record<never, never>>
  | PanelOf<'table', table.Options, table.FieldConfig>;
type Row = Json<Omit<RowPanel, 'panels' | 'type'>> & { type: 'row'; panels: AnyPanel[] };

/** A dashboard's file. */
export type Board = Json<Omit<Dashboard, 'panels'>> & { panels?: (AnyPanel | Row)[] };
