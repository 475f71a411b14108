// Grafana's provisioning: one datasource, one folder of dashboards.

/** The Secret with the demo's credentials of the administrator, where the fleet file names none. */
export const demoSecret = 'grafana-admin';

/** Stable: dashboards refer to it. */
export const datasource = { uid: 'thanos', name: 'Thanos' } as const;

export const dashboardsDirectory = '/etc/grafana/dashboards';

/** The querier's data through the query-frontend. */
export const datasources = (url: string, timeInterval: string, queryTimeoutSeconds: number) => ({
  apiVersion: 1,
  datasources: [
    {
      ...datasource,
      type: 'prometheus',
      access: 'proxy',
      url,
      isDefault: true,
      editable: false,
      jsonData: {
        httpMethod: 'POST',
        prometheusType: 'Thanos',
        timeInterval,
        queryTimeout: `${queryTimeoutSeconds}s`,
        timeout: Math.ceil(queryTimeoutSeconds),
        manageAlerts: false,
      },
    },
  ],
});

export const dashboardProviders = (folder: string) => ({
  apiVersion: 1,
  providers: [
    {
      name: 'fleet',
      folder,
      type: 'file',
      disableDeletion: true,
      allowUiUpdates: false,
      updateIntervalSeconds: 30,
      options: { path: dashboardsDirectory },
    },
  ],
});
