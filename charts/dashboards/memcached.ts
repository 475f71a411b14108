// memcached as its clients see it, and as it sees itself where an exporter tells.
import { graph, quantile, rate } from './panels';

const store = 'job="thanos-store"';
const frontend = 'job="thanos-query-frontend"';
/** Each once: what is asked in batches is counted as such, too. */
const requests = 'method=~"Memcache.GetMulti|Memcache.Put"';
const server = 'job="memcached-exporter"';
const fleetWide = true;

/** @param exporter whether servers tell of themselves */
export const memcached = (exporter: boolean) => [
  graph({
    title: 'Operations on memcached',
    description: 'Of store gateways and query-frontends; many keys at once are one.',
    unit: 'ops',
    fleetWide,
    queries: [
      {
        expr: `sum by (name, operation) (${rate(`thanos_memcached_operations_total{${store}}`)})`,
        legend: '{{name}} {{operation}}',
      },
      {
        expr: `sum by (method) (${rate(`cortex_memcache_request_duration_seconds_count{${frontend}, ${requests}}`)})`,
        legend: 'answers {{method}}',
      },
    ],
  }),
  graph({
    title: 'Failed operations on memcached',
    description: 'By the reason. What is not got from there is fetched or computed again: no answer is wrong or missing.',
    unit: 'ops',
    fleetWide,
    queries: [
      {
        expr: `sum by (name, reason) (${rate(`thanos_memcached_operation_failures_total{${store}}`)})`,
        legend: '{{name}} {{reason}}',
      },
      {
        expr: `sum(${rate(`cortex_memcache_request_duration_seconds_count{${frontend}, ${requests}, status_code=~"400|500"}`)}) or vector(0)`,
        legend: 'answers',
      },
    ],
  }),
  graph({
    title: 'Latency of memcached, p99',
    description: 'After half a second it is not waited for.',
    unit: 's',
    fleetWide,
    queries: [
      {
        expr: quantile(0.99, 'thanos_memcached_operation_duration_seconds', `${store}, operation="getmulti"`, 'name'),
        legend: '{{name}}',
      },
      {
        expr: quantile(0.99, 'cortex_memcache_request_duration_seconds', `${frontend}, method="Memcache.GetMulti"`),
        legend: 'answers',
      },
    ],
  }),
  graph({
    title: 'Kept back from memcached',
    description: 'Not sent, since it is larger than an item may be, or since too much waits to be sent.',
    unit: 'ops',
    fleetWide,
    queries: [
      {
        expr: `sum by (name, reason) (${rate(`thanos_memcached_operation_skipped_total{${store}, operation="set"}`)})`,
        legend: '{{name}} {{reason}}',
      },
      { expr: `sum(${rate(`cortex_memcache_client_set_skip_total{${frontend}}`)})`, legend: 'answers max-item-size' },
      { expr: `sum(${rate(`cortex_cache_dropped_background_writes_total{${frontend}}`)})`, legend: 'answers buffer-full' },
    ],
  }),
  graph({
    title: 'Data of memcached',
    description: 'Bytes per second that store gateways get from there and put there.',
    unit: 'Bps',
    fleetWide,
    queries: [
      {
        expr: `sum by (name, operation) (${rate(`thanos_memcached_operation_data_size_bytes_sum{${store}}`)})`,
        legend: '{{name}} {{operation}}',
      },
    ],
  }),
  graph({
    title: 'Servers of memcached',
    description:
      'That are ready, as the client sees them that sees fewest. Fewer than there should be: their part of the keys is lost.',
    unit: 'none',
    fleetWide,
    queries: [
      { expr: `min(thanos_memcached_dns_provider_results{${store}})`, legend: 'store gateways' },
      { expr: `min(cortex_memcache_client_servers{${frontend}})`, legend: 'query-frontends' },
    ],
  }),
  ...(exporter ? servers() : []),
];

const servers = () => [
  graph({
    title: 'Memory of memcached',
    description:
      'That items take, and that they may take, of each server. A full server throws out what was not asked for longest.',
    unit: 'bytes',
    fleetWide,
    queries: [
      { expr: `sum by (pod) (memcached_current_bytes{${server}})`, legend: '{{pod}}' },
      { expr: `max(memcached_limit_bytes{${server}})`, legend: 'limit of each' },
    ],
  }),
  graph({
    title: 'Thrown out of memcached',
    description: 'Items that made room for others before their time. Where it goes on, more memory saves requests to the bucket.',
    unit: 'ops',
    fleetWide,
    queries: [{ expr: `sum by (pod) (${rate(`memcached_items_evicted_total{${server}}`)})`, legend: '{{pod}}' }],
  }),
  graph({
    title: 'Connections to memcached',
    description: 'Of store gateways and query-frontends to each server, and how many one takes.',
    unit: 'none',
    fleetWide,
    queries: [
      { expr: `sum by (pod) (memcached_current_connections{${server}})`, legend: '{{pod}}' },
      { expr: `max(memcached_max_connections{${server}})`, legend: 'limit of each' },
    ],
  }),
];
