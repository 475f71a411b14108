// memcached, as its clients see it; and as it sees itself, where an exporter tells.
import { type Alert, here, percent, type RulesOf } from './rule';

const store = 'job="thanos-store"';
const frontend = 'job="thanos-query-frontend"';
/** Each once: what is asked in batches is counted as such, too. */
const requests = 'method=~"Memcache.GetMulti|Memcache.Put"';
/** 404: what is not there; no failure. */
const failures = 'status_code=~"400|500"';
const failing = 0.05;
const skipped = 0.05;
const hits = 0.2;
const server = 'job="memcached-exporter"';
const connections = 0.8;

/** Per second, over 5 minutes. */
const perSecond = (series: string): string => `sum by (job) (rate(${series}[5m]))`;
/** The same for store gateways and query-frontends, whose clients count differently. */
const ofBoth = (ofStore: string, ofFrontend: string): string => `((${ofStore}) or (${ofFrontend}))`;

export const memcachedRules: RulesOf = ({ observer: { cache } }) =>
  cache.type === 'memory'
    ? []
    : [
        {
          name: 'memcached',
          why: 'its clients are scraped by the cluster that watches their nodes',
          dashboard: 'query-path',
          interval: '30s',
          rules: [
            {
              alert: 'MemcachedOperationsFailing',
              expr: `${ofBoth(
                `${perSecond(`thanos_memcached_operation_failures_total{${store}}`)} / ${perSecond(`thanos_memcached_operations_total{${store}}`)}`,
                `${perSecond(`cortex_memcache_request_duration_seconds_count{${frontend}, ${requests}, ${failures}}`)} / ${perSecond(`cortex_memcache_request_duration_seconds_count{${frontend}, ${requests}}`)}`,
              )} > ${failing}`,
              for: '10m',
              severity: 'warning',
              summary: '{{ $labels.job }} fails at memcached',
              description: `{{ $value | humanizePercentage }} of the operations of {{ $labels.job }} on memcached fail (limit ${percent(failing)}): what it does not get from there it fetches or computes again.`,
            },
            {
              alert: 'MemcachedItemsSkipped',
              expr: `${ofBoth(
                `${perSecond(`thanos_memcached_operation_skipped_total{${store}, operation="set"}`)} / (${perSecond(`thanos_memcached_operation_skipped_total{${store}, operation="set"}`)} + ${perSecond(`thanos_memcached_operations_total{${store}, operation="set"}`)})`,
                `(${perSecond(`cortex_memcache_client_set_skip_total{${frontend}}`)} + ${perSecond(`cortex_cache_dropped_background_writes_total{${frontend}}`)}) / (${perSecond(`cortex_memcache_request_duration_seconds_count{${frontend}, method="Memcache.Put"}`)} + ${perSecond(`cortex_cache_dropped_background_writes_total{${frontend}}`)})`,
              )} > ${skipped}`,
              for: '30m',
              severity: 'info',
              summary: '{{ $labels.job }} keeps back much from memcached',
              description: `{{ $value | humanizePercentage }} of what {{ $labels.job }} would put into memcached is not sent (limit ${percent(skipped)}): it is larger than an item may be, or waits in a buffer that is full.`,
            },
            {
              alert: 'MemcachedHitRateLow',
              expr: `sum by (job) (increase(thanos_store_index_cache_hits_total{${store}}[1h])) / sum by (job) (increase(thanos_store_index_cache_requests_total{${store}}[1h])) < ${hits} and sum by (job) (rate(thanos_store_index_cache_requests_total{${store}}[1h])) > 1`,
              for: '2h',
              severity: 'info',
              summary: 'The index cache is seldom of use',
              description: `{{ $value | humanizePercentage }} of what store gateways look up in the index cache is there (limit ${percent(hits)}): they fetch the rest from the bucket again and again.`,
            },
            ...(cache.type === 'memcached'
              ? [
                  {
                    alert: 'MemcachedServersMissing',
                    expr: `${ofBoth(
                      `min by (job) (thanos_memcached_dns_provider_results{${store}})`,
                      `min by (job) (cortex_memcache_client_servers{${frontend}})`,
                    )} < ${cache.replicas}`,
                    for: '15m',
                    severity: 'warning' as const,
                    summary: '{{ $labels.job }} misses memcached servers',
                    description: `{{ $labels.job }}, as cluster ${here} sees it, knows {{ printf "%.0f" $value }} of ${cache.replicas} memcached servers: the others are not ready, and what they held is fetched again.`,
                  },
                ]
              : []),
            ...(cache.type === 'memcached' && cache.exporter ? serverRules : []),
          ],
        },
      ];

/** What a server says itself. */
const serverRules: readonly Alert[] = [
  {
    alert: 'MemcachedNotAnswering',
    expr: `memcached_up{${server}} == 0`,
    for: '5m',
    severity: 'warning',
    summary: 'A memcached server does not answer',
    description: `The exporter of {{ $labels.pod }}, as cluster ${here} sees it, has had no answer from its memcached for 5 minutes: what it held is fetched again.`,
  },
  {
    alert: 'MemcachedConnectionsNearLimit',
    expr: `memcached_current_connections{${server}} / memcached_max_connections{${server}} > ${connections}`,
    for: '15m',
    severity: 'warning',
    summary: 'A memcached server has nearly as many connections as it takes',
    description: `{{ $value | humanizePercentage }} of the connections that {{ $labels.pod }} takes are open (limit ${percent(connections)}): beyond that clients wait, and fetch again.`,
  },
  {
    alert: 'MemcachedOutOfMemory',
    expr: `increase(memcached_item_no_memory_total{${server}}[15m]) > 0`,
    for: '15m',
    severity: 'warning',
    summary: 'A memcached server has no memory for what it should keep',
    description: `{{ $labels.pod }} has turned away {{ printf "%.0f" $value }} items within 15 minutes, though it throws out others: there is no room for items of their size.`,
  },
];
