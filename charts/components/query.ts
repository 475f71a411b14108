// Thanos Query: one view over every sidecar, the store gateway and the ruler.
import type { Construct } from 'constructs';
import { type Certificate, clientCertificate, clientTls, tlsMounts, tlsVolumes } from '../config/certificates';
import { anyOf, discovered, type EndpointConfig, endpointsFile, remote } from '../config/endpoints';
import { rulerLabels } from '../fleet/checks';
import { type ResolvedFleet, replicaLabel } from '../fleet/resolve';
import { configMapVolume, deployment, type k8s, readOnly, reloadedConfigMap, resources, service, yaml } from '../kit/kubernetes';
import type { Edges, Endpoint } from '../kit/wiring';
import { drains, grpc, http, infoTimeout, type Place, type StoreApi, thanosPod, thanosWorkload, withStoreApi } from './thanos';

export interface Query extends StoreApi {
  /** What it shows to sidecars in other Kubernetes clusters. */
  readonly clientTls?: Certificate;
}

/** @param spread whether there are sidecars in other Kubernetes clusters */
export const declareQuery = (edges: Edges, place: Place, scale: ResolvedFleet['observer']['query'], spread: boolean): Query => {
  const api = withStoreApi(edges, thanosWorkload(place, 'thanos-query', 'query', scale));
  return { ...api, clientTls: spread ? clientCertificate({ workload: api.workload, program: 'thanos-query' }) : undefined };
};

/** Longest wait for one StoreAPI; a slow store makes a partial answer, not a stalled one. */
export const storeResponseTimeout = '30s';

/** How queries are answered: by labels that tell replicas apart, and rather with a gap and a warning than not at all. */
export const answerArgs = ({ observer }: ResolvedFleet): string[] => [
  ...[replicaLabel, rulerLabels.replica].map((label) => `--query.replica-label=${label}`),
  '--query.auto-downsampling',
  '--query.partial-response',
  `--query.timeout=${observer.query.timeout}`,
  `--store.response-timeout=${storeResponseTimeout}`,
];

export const renderQuery = (
  scope: Construct,
  query: Query,
  fleet: ResolvedFleet,
  options: {
    /** Whose pods hold different data. */
    each: readonly Endpoint[];
    /** Whose pods hold the same data. */
    any: readonly Endpoint[];
    /** Those that are not the fleet's, with what they are shown. */
    others: readonly EndpointConfig[];
    certificates: { volumes: k8s.Volume[]; volumeMounts: k8s.VolumeMount[] };
    externalUrl: string;
  },
): void => {
  const { workload } = query;
  const each = options.each.flatMap((store) =>
    query.clientTls && store.serverName && store.isRemoteFor(workload)
      ? store
          .eachFor(workload)
          .map((address) => remote(address, clientTls(query.clientTls as Certificate, store.serverName as string)))
      : [discovered(store.srvFor(workload))],
  );
  const any = options.any.map((store) => anyOf(store.srvFor(workload)));
  const endpoints = reloadedConfigMap(scope, workload, 'thanos-query-endpoints', {
    'endpoints.yaml': yaml(endpointsFile([...any, ...each, ...options.others])),
  });
  service(scope, workload, [http, grpc]);
  deployment(
    scope,
    workload,
    thanosPod(workload, {
      command: ['query'],
      drains: drains.service,
      grpc: true,
      args: [
        '--endpoint.sd-config-file=/etc/thanos/endpoints/endpoints.yaml',
        '--endpoint.sd-config-reload-interval=1m',
        `--endpoint.info-timeout=${infoTimeout}`,
        '--store.sd-dns-interval=10s', // a restarted pod is queried again after 10 s
        ...answerArgs(fleet),
        `--alert.query-url=${options.externalUrl}`,
      ],
      resources: resources(fleet.observer.query.resources),
      volumeMounts: [
        readOnly('endpoints', '/etc/thanos/endpoints'),
        ...tlsMounts(query.clientTls),
        ...options.certificates.volumeMounts,
      ],
      volumes: [configMapVolume('endpoints', endpoints), ...tlsVolumes(query.clientTls), ...options.certificates.volumes],
    }),
  );
};
