// Thanos Query Frontend: splits long ranges by day and caches answers.
import type { Construct } from 'constructs';
import { responseCache } from '../config/caches';
import type { ResolvedFleet } from '../fleet/resolve';
import { configMapVolume, deployment, hashedConfigMap, readOnly, resources, service, yaml } from '../kit/kubernetes';
import type { Edges, Endpoint } from '../kit/wiring';
import { http, type Place, type ThanosWorkload, thanosPod, thanosWorkload, withHttp } from './thanos';

export const declareQueryFrontend = (
  edges: Edges,
  place: Place,
  scale: ResolvedFleet['observer']['queryFrontend'],
): ThanosWorkload => withHttp(edges, thanosWorkload(place, 'thanos-query-frontend', 'query-frontend', scale));

const directory = '/etc/thanos/query-frontend';

export const renderQueryFrontend = (
  scope: Construct,
  frontend: ThanosWorkload,
  fleet: ResolvedFleet,
  options: { downstream: Endpoint },
): void => {
  const { workload } = frontend;
  const config = hashedConfigMap(scope, workload, 'thanos-query-frontend', {
    'range-cache.yaml': yaml(responseCache('64MB')),
    'labels-cache.yaml': yaml(responseCache('16MB')),
    'downstream.yaml': yaml({ max_idle_conns_per_host: 100 }),
  });
  service(scope, workload, [http]);
  deployment(
    scope,
    workload,
    thanosPod(workload, {
      command: ['query-frontend'],
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
      resources: resources(fleet.observer.queryFrontend.resources),
      volumeMounts: [readOnly('config', directory)],
      volumes: [configMapVolume('config', config)],
    }),
  );
};
