// Thanos Query Frontend: splits long ranges by day and caches answers.
import type { Construct } from 'constructs';
import { type Keeper, responseCache } from '../config/caches';
import type { ResolvedFleet } from '../fleet/resolve';
import { configMapVolume, deployment, hashedConfigMap, memoryLimit, readOnly, resources, service, yaml } from '../kit/kubernetes';
import { seconds } from '../kit/units';
import type { Edges, Endpoint } from '../kit/wiring';
import { drains, http, type Place, type ThanosWorkload, thanosPod, thanosWorkload, withHttp } from './thanos';

export const declareQueryFrontend = (
  edges: Edges,
  place: Place,
  scale: ResolvedFleet['observer']['queryFrontend'],
): ThanosWorkload => withHttp(edges, thanosWorkload(place, 'thanos-query-frontend', 'query-frontend', scale));

const directory = '/etc/thanos/query-frontend';

/**
 * How queries go to the querier. One that has vanished with its node neither answers nor refuses: after its own timeout it is
 * not waited for, and the query is made again to another. Idle connections to it are soon forgotten.
 */
const downstreamTransport = (timeout: number) => ({
  max_idle_conns_per_host: 100,
  idle_conn_timeout: '15s',
  response_header_timeout: `${Math.ceil(timeout) + 5}s`,
});

export const renderQueryFrontend = (
  scope: Construct,
  frontend: ThanosWorkload,
  fleet: ResolvedFleet,
  options: { downstream: Endpoint; cache?: Keeper },
): void => {
  const { workload } = frontend;
  const settings = fleet.observer.queryFrontend;
  const memory = memoryLimit(settings.resources);
  const config = hashedConfigMap(scope, workload, 'thanos-query-frontend', {
    'range-cache.yaml': yaml(responseCache(options.cache ?? { bytes: memory / 6 })),
    'labels-cache.yaml': yaml(responseCache(options.cache ?? { bytes: memory / 24 })),
    'downstream.yaml': yaml(downstreamTransport(seconds(fleet.observer.query.timeout))),
  });
  service(scope, workload, [http]);
  deployment(
    scope,
    workload,
    thanosPod(workload, {
      command: ['query-frontend'],
      drains: drains.service,
      args: [
        `--query-frontend.downstream-url=${options.downstream.urlFor(workload)}`,
        `--query-frontend.downstream-tripper-config-file=${directory}/downstream.yaml`,
        '--query-frontend.compress-responses',
        '--query-frontend.log-queries-longer-than=10s',
        '--query-range.split-interval=24h',
        `--query-range.response-cache-config-file=${directory}/range-cache.yaml`,
        '--query-range.response-cache-max-freshness=5m', // what is younger may still change: late scrapes, ruler lag
        `--labels.response-cache-config-file=${directory}/labels-cache.yaml`,
        '--labels.response-cache-max-freshness=5m',
        '--cache-compression-type=snappy',
      ],
      resources: resources(settings.resources),
      volumeMounts: [readOnly('config', directory)],
      volumes: [configMapVolume('config', config)],
    }),
  );
};
