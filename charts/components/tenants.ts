// Thanos Query for tenants: it asks the querier, and for each request only what is the tenant's that a header names.
import type { Construct } from 'constructs';
import { discovered, endpointsFile } from '../config/endpoints';
import type { ResolvedFleet } from '../fleet/resolve';
import type { ResolvedTenancy } from '../fleet/tenancy';
import { configMapVolume, deployment, hashedConfigMap, readOnly, resources, service, yaml } from '../kit/kubernetes';
import type { Edges, Endpoint, ForeignPods } from '../kit/wiring';
import { answerArgs } from './query';
import { drains, http, infoTimeout, type Place, type ThanosWorkload, thanosPod, thanosWorkload, withHttp } from './thanos';

/** As many as there are queriers, and as large: a tenant's query is worked on by both. */
export const declareTenants = (edges: Edges, place: Place, scale: ResolvedFleet['observer']['query']): ThanosWorkload =>
  withHttp(edges, thanosWorkload(place, 'thanos-query-tenants', 'query-tenants', scale));

const directory = '/etc/thanos/endpoints';

const proxyOf = ({ proxy: { namespace, labels } }: ResolvedTenancy): ForeignPods => ({
  kind: 'pods',
  name: "the tenants' proxy",
  namespaces: { in: [namespace] },
  labels,
});

/**
 * Enforcement is for a whole querier, and Grafana, the ruler and alerts must see everything: so it is one of its own. No query
 * frontend is before it: answers of several tenants would be in one cache.
 */
export const renderTenants = (
  scope: Construct,
  tenants: ThanosWorkload,
  fleet: ResolvedFleet,
  tenancy: ResolvedTenancy,
  options: { query: Endpoint },
): void => {
  const { workload } = tenants;
  tenants.http.discoveredBy(proxyOf(tenancy));
  const endpoints = hashedConfigMap(scope, workload, 'thanos-query-tenants-endpoints', {
    'endpoints.yaml': yaml(endpointsFile([discovered(options.query.for(workload))])),
  });
  service(scope, workload, [http]);
  deployment(
    scope,
    workload,
    thanosPod(workload, {
      command: ['query'],
      drains: drains.service,
      args: [
        `--endpoint.sd-config-file=${directory}/endpoints.yaml`,
        `--endpoint.info-timeout=${infoTimeout}`,
        ...answerArgs(fleet),
        '--query.enforce-tenancy',
        `--query.tenant-label-name=${tenancy.label}`,
        `--query.tenant-header=${tenancy.header}`,
      ],
      resources: resources(fleet.observer.query.resources),
      volumeMounts: [readOnly('endpoints', directory)],
      volumes: [configMapVolume('endpoints', endpoints)],
    }),
  );
};
