// Query path: from the query-frontend through the querier to sidecars and store gateway.
import type { ResolvedFleet } from '../fleet/resolve';
import { memcached } from './memcached';
import {
  dashboard,
  graph,
  latencies,
  type ProvisionedDashboard,
  processes,
  quantile,
  rate,
  selected,
  share,
  stat,
  top,
} from './panels';

const frontend = 'job="thanos-query-frontend"';
const query = 'job="thanos-query"';
const store = 'job="thanos-store"';
const sidecar = `${selected}, job="thanos-sidecar"`;
const frontendRequests = `http_requests_total{${frontend}, handler="query-frontend"}`;
const queryRequests = `${query}, handler=~"query|query_range|labels|label_values|series"`;
/** What a cancelled query leaves behind is no error. */
const failed = 'grpc_code!~"OK|Canceled"';
const fleetWide = true;

const bytesPerType = (metric: string) =>
  ['chunks', 'postings', 'series'].map((type) => ({
    expr: `sum(${rate(`${metric}_sum{${store}, data_type="${type}"}`)}) or vector(0)`,
    legend: type,
  }));

export const queryPath = ({ observer: { cache } }: ResolvedFleet): ProvisionedDashboard => {
  /** What there is when caches are in the memory of each pod. */
  const inMemory = <T>(part: T): T[] => (cache.type === 'memory' ? [part] : []);
  return dashboard({
    uid: 'query-path',
    title: 'Query path',
    description:
      'Query-frontend, querier and store gateway, and what sidecars answer: rate, errors, latency, caches, concurrency.',
    tags: ['global'],
    rows: {
      'At a glance': [
        stat({
          title: 'Requests',
          description: 'To the query-frontend.',
          unit: 'reqps',
          decimals: 2,
          fleetWide,
          expr: `sum(${rate(frontendRequests)})`,
          thresholds: [['blue']],
          width: 4,
        }),
        stat({
          title: 'Errors',
          description: 'Share of the requests to the query-frontend that failed with 5xx.',
          unit: 'percentunit',
          decimals: 2,
          fleetWide,
          expr: share(
            `sum(${rate(`http_requests_total{${frontend}, handler="query-frontend", code=~"5.."}`)})`,
            `sum(${rate(frontendRequests)})`,
          ),
          thresholds: [['green'], ['orange', 0.01], ['red', 0.05]],
          width: 4,
        }),
        stat({
          title: 'Latency, p99',
          description: 'Of requests to the query-frontend, its cache included.',
          unit: 's',
          decimals: 2,
          fleetWide,
          expr: `${quantile(0.99, 'http_request_duration_seconds', `${frontend}, handler="query-frontend"`)} >= 0 or vector(0)`, // no request, no number
          thresholds: [['green'], ['orange', 5], ['red', 30]],
          width: 4,
        }),
        stat({
          title: 'Cache hits',
          description: 'Share of the looked-up parts of range queries that were in the cache, over the chosen time.',
          unit: 'percentunit',
          decimals: 0,
          fleetWide,
          expr: share(
            `sum(increase(cortex_cache_hits_total{${frontend}, tripperware="query_range"}[$__range]))`,
            `sum(increase(cortex_cache_fetched_keys_total{${frontend}, tripperware="query_range"}[$__range]))`,
          ),
          instant: true,
          thresholds: [['blue']],
          width: 4,
        }),
        stat({
          title: 'Slots in use',
          description: "Share of a querier's places for concurrent queries, of the fullest one. At 100 % queries wait.",
          unit: 'percentunit',
          decimals: 0,
          fleetWide,
          expr: `max(max by (pod) (thanos_query_concurrent_gate_queries_in_flight{${query}}) / max by (pod) (thanos_query_concurrent_gate_queries_max{${query}}))`,
          thresholds: [['green'], ['orange', 0.7], ['red', 0.9]],
          width: 4,
        }),
        stat({
          title: 'Endpoints never reached',
          description: 'StoreAPIs that are configured and have never answered: their data is missing from every graph.',
          unit: 'none',
          fleetWide,
          expr: `sum(max by (external_labels) (thanos_store_nodes_grpc_connections{${query}, store_type="unknown-store-api"})) or vector(0)`,
          thresholds: [['green'], ['red', 1]],
          width: 4,
        }),
      ],
      'Query-frontend': [
        graph({
          title: 'Requests by code',
          description: 'As people and Grafana see the answers.',
          unit: 'reqps',
          fleetWide,
          stacked: true,
          queries: [{ expr: `sum by (code) (${rate(frontendRequests)})`, legend: '{{code}}' }],
        }),
        graph({
          title: 'Latency of the query-frontend',
          description: 'A wide gap between the two is a few heavy queries.',
          unit: 's',
          fleetWide,
          queries: latencies('http_request_duration_seconds', `${frontend}, handler="query-frontend"`),
        }),
        graph({
          title: 'Queries by kind',
          description: 'Only range queries and labels are split and cached.',
          unit: 'reqps',
          fleetWide,
          queries: [{ expr: `sum by (op) (${rate(`thanos_query_frontend_queries_total{${frontend}}`)})`, legend: '{{op}}' }],
        }),
        graph({
          title: 'Cache lookups',
          description: 'Parts of queries looked up in the cache, and found there.',
          unit: 'ops',
          fleetWide,
          queries: [
            {
              expr: `sum by (tripperware) (${rate(`cortex_cache_fetched_keys_total{${frontend}}`)})`,
              legend: '{{tripperware}} looked up',
            },
            { expr: `sum by (tripperware) (${rate(`cortex_cache_hits_total{${frontend}}`)})`, legend: '{{tripperware}} found' },
          ],
        }),
        ...inMemory(
          graph({
            title: 'Cache size',
            description: 'What the in-memory caches of the query-frontends hold. Evictions mean that max_size is too small.',
            unit: 'bytes',
            fleetWide,
            queries: [
              {
                expr: `sum by (tripperware) (querier_cache_memory_bytes{${frontend}})`,
                legend: '{{tripperware}}',
              },
            ],
          }),
        ),
        graph({
          title: 'Split, repeated, evicted',
          description: 'Parts that long ranges are split into, queries asked again after an error, and cache entries thrown out.',
          unit: 'ops',
          fleetWide,
          queries: [
            {
              expr: `sum(${rate(`thanos_frontend_split_queries_total{${frontend}}`)})`,
              legend: 'parts',
            },
            { expr: `sum(${rate(`cortex_query_frontend_retries_sum{${frontend}}`)}) or vector(0)`, legend: 'retries' },
            ...inMemory({ expr: `sum(${rate(`querier_cache_evicted_total{${frontend}}`)})`, legend: 'evictions' }),
          ],
        }),
      ],
      Querier: [
        graph({
          title: 'Requests by handler',
          description: 'From the query-frontend, the ruler and people.',
          unit: 'reqps',
          fleetWide,
          queries: [{ expr: `sum by (handler) (${rate(`http_requests_total{${queryRequests}}`)})`, legend: '{{handler}}' }],
        }),
        graph({
          title: 'Errors of the querier',
          description: 'Share of requests that failed: 4xx are queries that are wrong or too expensive, 5xx are ours.',
          unit: 'percentunit',
          fleetWide,
          queries: ['4', '5'].map((digit) => ({
            expr: share(
              `sum(${rate(`http_requests_total{${queryRequests}, code=~"${digit}.."}`)})`,
              `sum(${rate(`http_requests_total{${queryRequests}}`)})`,
            ),
            legend: `${digit}xx`,
          })),
        }),
        graph({
          title: 'Latency of the querier, p99',
          description: 'By handler. Alerts wait for what alerts.queryLatency.p99 of the fleet file says: 40 s by default.',
          unit: 's',
          fleetWide,
          queries: [
            {
              expr: quantile(0.99, 'http_request_duration_seconds', `${query}, handler=~"query|query_range"`, 'handler'),
              legend: '{{handler}}',
            },
          ],
        }),
        graph({
          title: 'Concurrent queries',
          description: "Queries that run, by querier, and a querier's places.",
          unit: 'none',
          fleetWide,
          queries: [
            {
              expr: top(`max by (pod) (thanos_query_concurrent_gate_queries_in_flight{${query}})`),
              legend: '{{pod}}',
            },
            { expr: `min(thanos_query_concurrent_gate_queries_max{${query}})`, legend: 'places' },
          ],
        }),
        graph({
          title: 'Wait for a place, p99',
          description: 'Time that queries and the selects within them wait before they start.',
          unit: 's',
          fleetWide,
          queries: [
            { expr: quantile(0.99, 'thanos_query_concurrent_gate_queries_duration_seconds', query), legend: 'queries' },
            { expr: quantile(0.99, 'thanos_query_concurrent_selects_gate_selects_duration_seconds', query), legend: 'selects' },
          ],
        }),
        graph({
          title: 'StoreAPI endpoints',
          description: 'By type, as the querier sees them that sees fewest.',
          unit: 'none',
          fleetWide,
          queries: [
            {
              expr: `min by (store_type) (sum by (pod, store_type) (thanos_store_nodes_grpc_connections{${query}}))`,
              legend: '{{store_type}}',
            },
          ],
        }),
        graph({
          title: 'Calls to StoreAPIs',
          description: 'gRPC calls by method.',
          unit: 'reqps',
          fleetWide,
          queries: [{ expr: `sum by (grpc_method) (${rate(`grpc_client_handled_total{${query}}`)})`, legend: '{{grpc_method}}' }],
        }),
        graph({
          title: 'Failed calls to StoreAPIs',
          description:
            'Share of gRPC calls by what they ended with. With partial responses a failure is a gap in a graph, not an error.',
          unit: 'percentunit',
          fleetWide,
          queries: [
            {
              expr: share(
                `sum(${rate(`grpc_client_handled_total{${query}, ${failed}}`)})`,
                `sum(${rate(`grpc_client_handled_total{${query}}`)})`,
              ),
              legend: 'failed',
            },
            {
              expr: share(
                `sum(${rate(`grpc_client_handled_total{${query}, grpc_code="Canceled"}`)})`,
                `sum(${rate(`grpc_client_handled_total{${query}}`)})`,
              ),
              legend: 'cancelled',
            },
          ],
        }),
        graph({
          title: 'Finding endpoints',
          description: 'Failed DNS lookups per second, and addresses that are configured twice.',
          unit: 'ops',
          fleetWide,
          queries: [
            {
              expr: `sum(${rate(`thanos_query_endpoints_dns_failures_total{${query}}`)}) + sum(${rate(`thanos_query_endpoint_groups_dns_failures_total{${query}}`)})`,
              legend: 'DNS failures',
            },
            {
              expr: `sum(${rate(`thanos_query_duplicated_endpoint_addresses_total{${query}}`)})`,
              legend: 'duplicates',
            },
          ],
        }),
      ],
      'Store gateway': [
        graph({
          title: 'Series calls',
          description: 'By what they ended with.',
          unit: 'reqps',
          fleetWide,
          stacked: true,
          queries: [
            {
              expr: `sum(${rate(`grpc_server_handled_total{${store}, grpc_method="Series", grpc_code="OK"}`)}) or vector(0)`,
              legend: 'OK',
            },
            {
              expr: `sum(${rate(`grpc_server_handled_total{${store}, grpc_method="Series", ${failed}}`)}) or vector(0)`,
              legend: 'failed',
            },
          ],
        }),
        graph({
          title: 'Latency of Series calls',
          description: 'From the first byte asked of the store gateway to the last one sent.',
          unit: 's',
          fleetWide,
          queries: latencies('grpc_server_handling_seconds', `${store}, grpc_method="Series"`),
        }),
        graph({
          title: 'Series calls at once',
          description: 'Calls that run, by store gateway, and its places; p99 of the wait is in alerts from 2 s.',
          unit: 'none',
          fleetWide,
          queries: [
            { expr: top(`max by (pod) (thanos_bucket_store_series_gate_queries_in_flight{${store}})`), legend: '{{pod}}' },
            { expr: `min(thanos_bucket_store_series_gate_queries_max{${store}})`, legend: 'places' },
          ],
        }),
        graph({
          title: 'Data fetched',
          description: 'From the bucket or a cache, by kind.',
          unit: 'Bps',
          fleetWide,
          stacked: true,
          queries: bytesPerType('thanos_bucket_store_series_data_size_fetched_bytes'),
        }),
        graph({
          title: 'Data touched',
          description: 'What was used of the fetched data. Far less than fetched: queries pick few series of many.',
          unit: 'Bps',
          fleetWide,
          stacked: true,
          queries: bytesPerType('thanos_bucket_store_series_data_size_touched_bytes'),
        }),
        graph({
          title: 'Queries refused',
          description: 'By the limit that they would have gone over.',
          unit: 'ops',
          fleetWide,
          queries: ['series', 'chunks', 'bytes'].map((reason) => ({
            expr: `sum(${rate(`thanos_bucket_store_queries_dropped_total{${store}, reason="${reason}"}`)}) or vector(0)`,
            legend: reason,
          })),
        }),
        graph({
          title: 'Index cache hits',
          description: 'Share of lookups that were found, over 15 minutes and more. No line: nothing was looked up.',
          unit: 'percentunit',
          fleetWide,
          max: 1,
          queries: [
            {
              expr: `sum by (item_type) (increase(thanos_store_index_cache_hits_total{${store}}[15m])) / sum by (item_type) (increase(thanos_store_index_cache_requests_total{${store}}[15m]))`,
              legend: '{{item_type}}',
            },
          ],
        }),
        graph({
          title: 'Bucket cache hits',
          description: 'Share of lookups of chunks, lists of blocks and meta.json that were found, over 15 minutes.',
          unit: 'percentunit',
          fleetWide,
          max: 1,
          queries: [
            {
              expr: `sum by (config) (increase(thanos_store_bucket_cache_operation_hits_total{${store}}[15m])) / sum by (config) (increase(thanos_store_bucket_cache_operation_requests_total{${store}}[15m]))`,
              legend: '{{config}}',
            },
          ],
        }),
        ...inMemory(
          graph({
            title: 'Cache contents',
            description: 'Of the index cache by kind, and of the bucket cache.',
            unit: 'bytes',
            fleetWide,
            stacked: true,
            queries: [
              {
                expr: `sum by (item_type) (thanos_store_index_cache_total_size_bytes{${store}})`,
                legend: 'index {{item_type}}',
              },
              { expr: `sum(thanos_cache_inmemory_total_size_bytes{${store}})`, legend: 'bucket' },
            ],
          }),
        ),
      ],
      ...(cache.type === 'memory' ? {} : { memcached: memcached(cache.type === 'memcached' && cache.exporter) }),
      'Sidecars of the chosen clusters': [
        graph({
          title: 'Series calls to sidecars',
          description: 'By cluster: the ten busiest.',
          unit: 'reqps',
          queries: [
            {
              expr: top(`sum by (cluster) (${rate(`grpc_server_handled_total{${sidecar}, grpc_method="Series"}`)})`),
              legend: '{{cluster}}',
            },
          ],
        }),
        graph({
          title: 'Latency of sidecars, p99',
          description: 'Of Series calls by cluster: the ten slowest. A query waits for the slowest.',
          unit: 's',
          queries: [
            {
              expr: top(quantile(0.99, 'grpc_server_handling_seconds', `${sidecar}, grpc_method="Series"`, 'cluster')),
              legend: '{{cluster}}',
            },
          ],
        }),
        graph({
          title: 'Failed calls to sidecars',
          description: 'Share of Series calls by cluster that failed: the ten worst.',
          unit: 'percentunit',
          queries: [
            {
              expr: top(
                share(
                  `sum by (cluster) (${rate(`grpc_server_handled_total{${sidecar}, grpc_method="Series", ${failed}}`)})`,
                  `sum by (cluster) (${rate(`grpc_server_handled_total{${sidecar}, grpc_method="Series"}`)})`,
                ),
              ),
              legend: '{{cluster}}',
            },
          ],
        }),
      ],
      'Processes of the query path': processes({
        matchers: 'job=~"thanos-query|thanos-query-frontend|thanos-store"',
        by: ['pod'],
        legend: '{{pod}}',
        fleetWide,
      }),
    },
  });
};
