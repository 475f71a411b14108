// Grafana: a server of its own, which is asked nothing here. Its settings are the sections and keys of its defaults.ini, the
// only ones that environment variables can change (grafana docs: configure-grafana); its provisioning files are known by hand.
import type { Catalogue, Key } from './catalogue';

const known = (...keys: string[]): Record<string, Key> => Object.fromEntries(keys.map((key) => [key, {}]));

/** Provisioning files as Grafana reads them (grafana pkg/services/provisioning), and the Prometheus datasource's jsonData. */
const provisioning: Pick<Catalogue, 'files' | 'types'> = {
  files: { dashboards: 'dashboards', datasources: 'datasources' },
  types: {
    dashboards: { ...known('apiVersion'), providers: { of: 'provider' } },
    provider: {
      ...known(
        'allowUiUpdates',
        'disableDeletion',
        'editable',
        'folder',
        'folderUid',
        'name',
        'orgId',
        'type',
        'updateIntervalSeconds',
      ),
      options: { of: 'options' },
    },
    options: known('foldersFromFilesStructure', 'path'),
    datasources: {
      ...known('apiVersion', 'prune'),
      datasources: { of: 'datasource' },
      deleteDatasources: { of: 'deletion' },
    },
    deletion: known('name', 'orgId', 'orgName'),
    datasource: {
      ...known('access', 'basicAuth', 'basicAuthUser', 'correlations', 'database', 'editable', 'isDefault', 'name', 'orgId'),
      ...known('orgName', 'secureJsonData', 'type', 'uid', 'url', 'user', 'version', 'withCredentials'),
      jsonData: { of: 'jsonData' },
    },
    // @grafana/prometheus PromOptions, @grafana/data DataSourceJsonData, and what every HTTP datasource takes
    jsonData: {
      ...known('allowAsRecordingRulesTarget', 'cacheLevel', 'customQueryParameters', 'defaultEditor', 'disableMetricsLookup'),
      ...known('disableRecordingRules', 'exemplarTraceIdDestinations', 'httpMethod', 'incrementalQuerying', 'queryTimeout'),
      ...known('incrementalQueryOverlapWindow', 'oauthPassThru', 'prometheusType', 'prometheusVersion', 'seriesEndpoint'),
      ...known('seriesLimit', 'timeInterval', 'alertmanagerUid', 'manageAlerts', 'authType', 'implementation'),
      ...known(
        'handleGrafanaManagedAlerts',
        'timeout',
        'keepCookies',
        'serverName',
        'tlsAuth',
        'tlsAuthWithCACert',
        'tlsSkipVerify',
      ),
    },
  },
};

/** The environment variables that change what a defaults.ini holds: GF_<SECTION>_<KEY>. */
export const settingsIn = (ini: string): string[] => {
  let section = 'default';
  const names = ini.split('\n').flatMap((line) => {
    const head = /^\[(.+)\]\s*$/.exec(line)?.[1];
    if (head) section = head;
    const key = /^([\w.-]+)\s*=/.exec(line)?.[1];
    return key ? [`GF_${section}_${key}`.replace(/[.-]/g, '_').toUpperCase()] : [];
  });
  return [...new Set(names)].sort();
};

/** The variable that names the defaults.ini of the version. */
export const defaultsVariable = 'GRAFANA_DEFAULTS';

export const grafanaCatalogue = (version: string, ini: string): Catalogue => ({
  program: 'grafana',
  version,
  flags: { '': {} },
  ...provisioning,
  environment: settingsIn(ini),
});
