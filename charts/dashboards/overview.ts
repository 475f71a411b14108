// Fleet overview: every cluster at a glance, and the way from there to what explains it.
import type { ResolvedFleet } from '../fleet/resolve';
import { seconds } from '../kit/units';
import { clusterLinks, uploadAge, uploadAgeSteps } from './clusters';
import {
  dashboard,
  graph,
  latencies,
  neutral,
  noneIsBetter,
  noneIsGood,
  type ProvisionedDashboard,
  rate,
  selected,
  share,
  stat,
  table,
  top,
  worst,
} from './panels';
import { overShards } from './shards';

const prometheus = `${selected}, job="prometheus"`;
const frontend = 'job="thanos-query-frontend", handler="query-frontend"';

/** Clusters that were there in the last 6 hours: those that cannot be reached have blocks in the bucket still. */
const known = `group by (cluster) (last_over_time(up{${prometheus}}[6h]))`;
/** A row for every known cluster, 0 where there is nothing to count. */
const counted = (expr: string): string => `${expr} or 0 * ${known}`;
const firing = (severity: string): string => `ALERTS{${selected}, alertstate="firing", severity="${severity}"}`;

/** Connected sidecars by the cluster that their own labels name, as the querier sees it that sees fewest. */
const connected = `min by (cluster) (sum by (cluster, pod) (label_replace(thanos_store_nodes_grpc_connections{job="thanos-query", store_type="sidecar", external_labels=~'.*cluster="($cluster)".*'}, "cluster", "$1", "external_labels", '.*cluster="([^"]+)".*')))`;

/** Older than what any Prometheus keeps itself. */
const beyondRetention = (fleet: ResolvedFleet): string =>
  `${Math.ceil(Math.max(...fleet.clusters.map((c) => seconds(c.retention))) / 3600) + 2}h`;

export const overview = (fleet: ResolvedFleet): ProvisionedDashboard =>
  dashboard({
    uid: 'fleet-overview',
    title: 'Fleet overview',
    description: `Every cluster of the fleet ${fleet.name}, through Thanos.`,
    tags: ['clusters'],
    rows: {
      'Chosen clusters together': [
        stat({
          title: 'Clusters',
          description: 'Clusters of which a Prometheus answers.',
          unit: 'none',
          expr: `count(group by (cluster) (up{${prometheus}} == 1)) or vector(0)`,
          thresholds: neutral,
        }),
        stat({
          title: 'Replicas missing',
          description: 'Prometheus replicas that were there in the last 6 hours and do not answer.',
          unit: 'none',
          expr: `count(last_over_time(up{${prometheus}}[6h])) - (count(up{${prometheus}} == 1) or vector(0))`,
          instant: true,
          thresholds: noneIsGood,
        }),
        stat({
          title: 'Targets down',
          description: 'Targets that could not be scraped.',
          unit: 'none',
          expr: `count(up{${selected}} == 0) or vector(0)`,
          thresholds: noneIsBetter,
        }),
        stat({
          title: 'Critical alerts',
          description: "Firing in a cluster's own Prometheus or in the ruler.",
          unit: 'none',
          expr: `count(${firing('critical')}) or vector(0)`,
          thresholds: noneIsGood,
        }),
        stat({
          title: 'Warnings',
          description: "Firing in a cluster's own Prometheus or in the ruler.",
          unit: 'none',
          expr: `count(${firing('warning')}) or vector(0)`,
          thresholds: noneIsBetter,
        }),
        stat({
          title: 'Active series',
          description: 'In the heads; of each pair the larger one counts.',
          unit: 'short',
          decimals: 1,
          expr: `sum(max by (cluster) (prometheus_tsdb_head_series{${prometheus}}))`,
          thresholds: neutral,
        }),
        stat({
          title: 'Samples per second',
          description: 'Appended; of each pair the larger one counts.',
          unit: 'cps',
          decimals: 1,
          expr: `sum(max by (cluster) (sum by (cluster, pod) (${rate(`prometheus_tsdb_head_samples_appended_total{${prometheus}}`)})))`,
          thresholds: neutral,
        }),
        stat({
          title: 'Oldest upload',
          description: `Of the replica that has uploaded nothing for longest. ${uploadAge.meaning}`,
          unit: 's',
          decimals: 1,
          expr: `max(${uploadAge.expr('cluster')})`,
          thresholds: uploadAgeSteps(fleet),
        }),
      ],
      'Cluster by cluster': [
        table({
          title: 'Every cluster',
          description: `One row per cluster that was there in the last 6 hours; a click on its name leads on. Connected: sidecars that every querier reaches. From the bucket: replicas with data of ${beyondRetention(fleet)} ago, which only the store gateway has; none in a young fleet. Last upload is of the replica that is behind.`,
          keys: [{ label: 'cluster', name: 'Cluster', width: 160, links: clusterLinks }],
          columns: [
            {
              name: 'Replicas up',
              expr: counted(`count by (cluster) (up{${prometheus}} == 1)`),
              unit: 'none',
              thresholds: [['red'], ['green', 1]],
            },
            {
              name: 'Missing',
              expr: `count by (cluster) (last_over_time(up{${prometheus}}[6h])) - (${counted(`count by (cluster) (up{${prometheus}} == 1)`)})`,
              unit: 'none',
              thresholds: noneIsGood,
            },
            { name: 'Connected', expr: counted(connected), unit: 'none', thresholds: [['red'], ['green', 1]] },
            {
              name: 'From the bucket',
              expr: counted(`count by (cluster) (up{${prometheus}} offset ${beyondRetention(fleet)})`),
              unit: 'none',
              thresholds: [['text'], ['green', 1]],
            },
            { name: 'Targets', expr: counted(`count by (cluster) (up{${selected}})`), unit: 'none' },
            {
              name: 'Down',
              expr: counted(`count by (cluster) (up{${selected}} == 0)`),
              unit: 'none',
              thresholds: noneIsBetter,
            },
            {
              name: 'Critical',
              expr: counted(`count by (cluster) (${firing('critical')})`),
              unit: 'none',
              thresholds: noneIsGood,
            },
            {
              name: 'Warnings',
              expr: counted(`count by (cluster) (${firing('warning')})`),
              unit: 'none',
              thresholds: noneIsBetter,
            },
            { name: 'Series', expr: `max by (cluster) (prometheus_tsdb_head_series{${prometheus}})`, unit: 'short', decimals: 1 },
            {
              name: 'Samples/s',
              expr: `max by (cluster) (sum by (cluster, pod) (${rate(`prometheus_tsdb_head_samples_appended_total{${prometheus}}`)}))`,
              unit: 'cps',
              decimals: 1,
            },
            {
              name: 'Last upload',
              expr: uploadAge.expr('cluster'),
              unit: 's',
              decimals: 1,
              thresholds: uploadAgeSteps(fleet),
            },
          ],
          sortBy: 'Critical',
        }),
      ],
      'Over time': [
        graph({
          title: 'Active series by cluster',
          description: 'In the head of the larger replica: the ten largest clusters.',
          unit: 'short',
          queries: [{ expr: top(`max by (cluster) (prometheus_tsdb_head_series{${prometheus}})`), legend: '{{cluster}}' }],
        }),
        graph({
          title: 'Targets down by job',
          description: 'The ten worst clusters and jobs.',
          unit: 'none',
          queries: [{ expr: worst(`sum by (cluster, job) (1 - up{${selected}})`), legend: '{{cluster}} {{job}}' }],
        }),
        graph({
          title: 'Alerts firing by cluster',
          description: 'The ten clusters with most, whatever the severity.',
          unit: 'none',
          queries: [
            {
              expr: worst(`sum by (cluster) (ALERTS{${selected}, alertstate="firing", alertname!="Watchdog"})`),
              legend: '{{cluster}}',
            },
          ],
        }),
      ],
      'The global half': [
        stat({
          title: 'Query errors',
          description: 'Share of the requests to the query-frontend that failed with 5xx.',
          unit: 'percentunit',
          decimals: 2,
          fleetWide: true,
          expr: share(
            `sum(${rate(`http_requests_total{${frontend}, code=~"5.."}`)})`,
            `sum(${rate(`http_requests_total{${frontend}}`)})`,
          ),
          thresholds: [['green'], ['orange', 0.01], ['red', 0.05]],
          width: 4,
        }),
        stat({
          title: 'Endpoints never reached',
          description: 'StoreAPIs that are configured and have never answered.',
          unit: 'none',
          fleetWide: true,
          expr: 'sum(max by (external_labels) (thanos_store_nodes_grpc_connections{job="thanos-query", store_type="unknown-store-api"})) or vector(0)',
          thresholds: noneIsGood,
          width: 4,
        }),
        stat({
          title: 'Compactor',
          description: 'Halted means: an error that does not pass by itself; blocks pile up until somebody looks.',
          unit: 'none',
          fleetWide: true,
          expr: 'max(thanos_compact_halted{job="thanos-compact"})',
          thresholds: noneIsGood,
          texts: { 0: 'running', 1: 'halted' },
          width: 4,
        }),
        stat({
          title: 'Rule failures',
          description: "Failed evaluations of the ruler's rules within 5 minutes.",
          unit: 'none',
          decimals: 0,
          fleetWide: true,
          expr: 'sum(increase(prometheus_rule_evaluation_failures_total{job="thanos-rule"}[5m]))',
          thresholds: noneIsGood,
          width: 4,
        }),
        stat({
          title: 'Notifications failed',
          description: "Alertmanager's notifications that failed within 5 minutes.",
          unit: 'none',
          decimals: 0,
          fleetWide: true,
          expr: 'sum(increase(alertmanager_notifications_failed_total{job="alertmanager"}[5m]))',
          thresholds: noneIsGood,
          width: 4,
        }),
        stat({
          title: 'Bucket errors',
          description: 'Share of all operations on the bucket that failed, sidecars included.',
          unit: 'percentunit',
          decimals: 2,
          fleetWide: true,
          expr: share(
            `sum(${rate('thanos_objstore_bucket_operation_failures_total')})`,
            `sum(${rate('thanos_objstore_bucket_operations_total')})`,
          ),
          thresholds: [['green'], ['orange', 0.01], ['red', 0.05]],
          width: 4,
        }),
        graph({
          title: 'Queries',
          description: 'Requests to the query-frontend by status code.',
          unit: 'reqps',
          fleetWide: true,
          stacked: true,
          queries: [{ expr: `sum by (code) (${rate(`http_requests_total{${frontend}}`)})`, legend: '{{code}}' }],
        }),
        graph({
          title: 'Query latency',
          description: 'As the query-frontend answers, its cache included.',
          unit: 's',
          fleetWide: true,
          queries: latencies('http_request_duration_seconds', frontend),
        }),
        graph({
          title: 'Blocks in the bucket',
          description: 'By state, as the store gateway sees them.',
          unit: 'short',
          fleetWide: true,
          queries: [
            {
              expr: overShards('thanos_blocks_meta_synced{job="thanos-store", state=~"loaded|marked-for-deletion"}', ['state']),
              legend: '{{state}}',
            },
            {
              expr: 'max by (state) (thanos_blocks_meta_synced{job="thanos-store", state=~"failed|no-meta-json"})',
              legend: '{{state}}',
            },
          ],
        }),
      ],
      'Nodes and containers': [
        graph({
          title: 'CPU in use',
          description:
            'Share of all cores of a node: the ten busiest. Nodes belong to the cluster that watches their Kubernetes cluster.',
          unit: 'percentunit',
          queries: [
            {
              expr: top(`1 - avg by (cluster, instance) (${rate(`node_cpu_seconds_total{${selected}, mode="idle"}`)})`),
              legend: '{{cluster}} {{instance}}',
            },
          ],
        }),
        graph({
          title: 'Memory in use',
          description: "Share of a node's memory: the ten fullest.",
          unit: 'percentunit',
          queries: [
            {
              expr: top(
                `1 - max by (cluster, instance) (node_memory_MemAvailable_bytes{${selected}}) / max by (cluster, instance) (node_memory_MemTotal_bytes{${selected}})`,
              ),
              legend: '{{cluster}} {{instance}}',
            },
          ],
        }),
        graph({
          title: 'Memory by namespace',
          description: 'Working set of all containers: the ten largest.',
          unit: 'bytes',
          queries: [
            {
              expr: top(`sum by (cluster, namespace) (container_memory_working_set_bytes{${selected}, container!=""})`),
              legend: '{{cluster}} {{namespace}}',
            },
          ],
        }),
      ],
    },
  });
