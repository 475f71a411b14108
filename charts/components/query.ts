// Thanos Query: one view over every sidecar, the store gateway and the ruler.
import type { Construct } from 'constructs';
import { endpointsFile } from '../config/endpoints';
import { rulerLabels } from '../fleet/checks';
import { type ResolvedFleet, replicaLabel } from '../fleet/resolve';
import { configMapVolume, deployment, readOnly, reloadedConfigMap, resources, service, yaml } from '../kit/kubernetes';
import type { Edges, Endpoint } from '../kit/wiring';
import { grpc, http, type Place, type StoreApi, thanosPod, thanosWorkload, withStoreApi } from './thanos';

export const declareQuery = (edges: Edges, place: Place, scale: ResolvedFleet['observer']['query']): StoreApi =>
  withStoreApi(edges, thanosWorkload(place, 'thanos-query', 'query', scale));

/** Longest wait for one StoreAPI; a slow store makes a partial answer, not a stalled one. */
export const storeResponseTimeout = '30s';

export const renderQuery = (
  scope: Construct,
  query: StoreApi,
  fleet: ResolvedFleet,
  options: { stores: readonly Endpoint[]; externalUrl: string },
): void => {
  const { workload } = query;
  const addresses = options.stores.map((store) => store.srvFor(workload));
  const endpoints = reloadedConfigMap(scope, workload, 'thanos-query-endpoints', {
    'endpoints.yaml': yaml(endpointsFile(addresses)),
  });
  service(scope, workload, [http, grpc]);
  deployment(
    scope,
    workload,
    thanosPod(workload, {
      command: ['query'],
      grpc: true,
      args: [
        '--endpoint.sd-config-file=/etc/thanos/endpoints/endpoints.yaml',
        '--endpoint.sd-config-reload-interval=1m',
        '--store.sd-dns-interval=10s', // a restarted pod is queried again after 10 s
        `--query.replica-label=${replicaLabel}`,
        `--query.replica-label=${rulerLabels.replica}`,
        '--query.auto-downsampling',
        '--query.partial-response', // a graph with a gap and a warning beats none
        `--query.timeout=${fleet.observer.query.timeout}`,
        `--store.response-timeout=${storeResponseTimeout}`,
        `--alert.query-url=${options.externalUrl}`,
      ],
      resources: resources(fleet.observer.query.resources),
      volumeMounts: [readOnly('endpoints', '/etc/thanos/endpoints')],
      volumes: [configMapVolume('endpoints', endpoints)],
    }),
  );
};
