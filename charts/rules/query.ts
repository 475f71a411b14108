// The querier: requests, StoreAPI endpoints, latency, capacity.
import { shards } from '../fleet/shards';
import { seconds } from '../kit/units';
import { aboutLabel, here, nothingAnswers, p99, percent, type RulesOf, share } from './rule';

const job = 'job="thanos-query"';
const failed = 'grpc_code=~"Unknown|Unimplemented|Internal|Unavailable|DataLoss"';

export const queryRules: RulesOf = (fleet, { alerts }) => {
  const { ratio } = alerts.queryErrors;
  const latency = seconds(alerts.queryLatency.p99);
  const http = (handler: string) =>
    share(
      'job',
      `http_requests_total{${job}, handler="${handler}", code=~"5.."}`,
      `http_requests_total{${job}, handler="${handler}"}`,
    );
  const slow = (handler: string) =>
    `${p99('job', `http_request_duration_seconds_bucket{${job}, handler="${handler}"}`)} > ${latency} and sum by (job) (rate(http_request_duration_seconds_count{${job}, handler="${handler}"}[5m])) > 0`;
  const dns = (what: string) =>
    `(sum by (job) (rate(thanos_query_endpoints_dns_${what}_total{${job}}[5m])) + sum by (job) (rate(thanos_query_endpoint_groups_dns_${what}_total{${job}}[5m])))`;
  const endpointsMissing = (labels: Record<string, string>, selector: string, what: string, expected: number) => ({
    alert: 'ThanosQueryEndpointsMissing',
    expr: `(sum by (pod) (thanos_store_nodes_grpc_connections{${job}, ${selector}}) or 0 * sum by (pod) (up{${job}} == 1)) < ${expected}`,
    for: alerts.incomplete.for,
    severity: 'warning' as const,
    labels,
    summary: `The querier misses StoreAPIs: ${what}`,
    description: `{{ $labels.pod }} in cluster ${here} is connected to {{ printf "%.0f" $value }} of ${expected} StoreAPIs: ${what}. Answers lack what only the others have.`,
  });
  return [
    {
      name: 'query',
      why: 'the querier is scraped by the cluster that watches its nodes; a querier in trouble cannot be asked about itself',
      dashboard: 'query-path',
      interval: '30s',
      rules: [
        {
          alert: 'ThanosQueryIsDown',
          ...nothingAnswers('thanos-query'),
          for: alerts.componentDown.for,
          severity: 'critical',
          summary: 'No Thanos Query answers',
          description: `Cluster ${here}, which watches the observer, has seen no Thanos Query for ${alerts.componentDown.for}: no dashboards, no alerts of the ruler.`,
        },
        {
          alert: 'ThanosQueryHttpRequestQueryErrorRateHigh',
          expr: `${http('query')} > ${ratio}`,
          for: '5m',
          severity: 'critical',
          summary: 'Thanos Query fails at instant queries',
          description: `{{ $value | humanizePercentage }} of the instant queries fail (limit ${percent(ratio)}).`,
        },
        {
          alert: 'ThanosQueryHttpRequestQueryRangeErrorRateHigh',
          expr: `${http('query_range')} > ${ratio}`,
          for: '5m',
          severity: 'critical',
          summary: 'Thanos Query fails at range queries',
          description: `{{ $value | humanizePercentage }} of the range queries fail (limit ${percent(ratio)}).`,
        },
        {
          alert: 'ThanosQueryGrpcServerErrorRate',
          expr: `${share('job', `grpc_server_handled_total{${job}, ${failed}}`, `grpc_server_started_total{${job}}`)} > ${ratio}`,
          for: '5m',
          severity: 'warning',
          summary: 'Thanos Query fails at gRPC requests',
          description: `{{ $value | humanizePercentage }} of the gRPC requests to Thanos Query fail (limit ${percent(ratio)}).`,
        },
        {
          alert: 'ThanosQueryGrpcClientErrorRate',
          expr: `${share('job', `grpc_client_handled_total{${job}, grpc_code!~"OK|Canceled"}`, `grpc_client_started_total{${job}}`)} > ${ratio}`,
          for: '5m',
          severity: 'warning',
          summary: 'StoreAPIs fail to answer Thanos Query',
          description: `{{ $value | humanizePercentage }} of the gRPC requests that Thanos Query sends to StoreAPIs fail (limit ${percent(ratio)}).`,
        },
        {
          alert: 'ThanosQueryPartialResponses',
          expr: `${share('job', `grpc_client_handled_total{${job}, grpc_method="Series", grpc_code!~"OK|Canceled"}`, `grpc_client_started_total{${job}, grpc_method="Series"}`)} > 0.01`,
          for: '10m',
          severity: 'warning',
          summary: 'Answers of Thanos Query are incomplete',
          description: `{{ $value | humanizePercentage }} of the requests for series fail. Queries go on without them: graphs have gaps, with no more than a warning.`,
        },
        {
          alert: 'ThanosQueryHighDNSFailures',
          expr: `${dns('failures')} / ${dns('lookups')} > 0.01`,
          for: '15m',
          severity: 'warning',
          summary: 'Thanos Query cannot look up its StoreAPIs',
          description: `{{ $value | humanizePercentage }} of the DNS lookups of StoreAPI addresses fail.`,
        },
        {
          alert: 'ThanosQueryDuplicateEndpoints',
          expr: `sum by (job) (increase(thanos_query_duplicated_endpoint_addresses_total{${job}}[10m])) > 0`,
          for: '15m',
          severity: 'warning',
          summary: 'Thanos Query has one StoreAPI under two addresses',
          description: `{{ printf "%.0f" $value }} times within 10 minutes Thanos Query found an address twice among its StoreAPIs.`,
        },
        {
          alert: 'ThanosQueryInstantLatencyHigh',
          expr: slow('query'),
          for: '10m',
          severity: 'critical',
          summary: 'Instant queries are slow',
          description: `The slowest hundredth of the instant queries takes {{ $value | humanizeDuration }} or more (limit ${alerts.queryLatency.p99}).`,
        },
        {
          alert: 'ThanosQueryRangeLatencyHigh',
          expr: slow('query_range'),
          for: '10m',
          severity: 'critical',
          summary: 'Range queries are slow',
          description: `The slowest hundredth of the range queries takes {{ $value | humanizeDuration }} or more (limit ${alerts.queryLatency.p99}).`,
        },
        {
          alert: 'ThanosQueryOverload',
          expr: `avg_over_time(thanos_query_concurrent_gate_queries_max{${job}}[5m]) - avg_over_time(thanos_query_concurrent_gate_queries_in_flight{${job}}[5m]) < 1`,
          for: '15m',
          severity: 'warning',
          summary: 'Thanos Query is at its limit of concurrent queries',
          description: `{{ $labels.pod }} has had {{ printf "%.1f" $value }} free slots for queries on average; further queries wait.`,
        },
      ],
    },
    {
      name: 'query endpoints',
      why: 'expected numbers come from the topology; only the querier knows whom it is connected to',
      dashboard: 'query-path',
      interval: '30s',
      rules: [
        ...[...fleet.clusters, ...fleet.externals].map(({ name, replicas }) =>
          endpointsMissing(
            { store_type: 'sidecar', [aboutLabel]: name },
            `store_type="sidecar", external_labels=~'.*[{ ]cluster="${name}",.*'`,
            `sidecars of ${name}`,
            replicas,
          ),
        ),
        endpointsMissing({ store_type: 'store' }, 'store_type="store"', 'store gateways', shards(fleet.observer.store).length),
        endpointsMissing({ store_type: 'rule' }, 'store_type="rule"', 'rulers', fleet.observer.ruler.replicas),
      ],
    },
  ];
};
