// Fleet overview: every cluster at a glance.
import { DashboardBuilder, QueryVariableBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { graph, type ProvisionedDashboard, source, stat } from './panels';

const selected = 'cluster=~"$cluster"';

export const overview = (fleet: string): ProvisionedDashboard =>
  new DashboardBuilder('Fleet overview')
    .uid('fleet-overview')
    .description(`Every cluster of the fleet ${fleet}, through Thanos.`)
    .tags(['thanos-fleet'])
    .editable()
    .refresh('30s')
    .time({ from: 'now-1h', to: 'now' })
    .timezone('browser')
    .withVariable(
      new QueryVariableBuilder('cluster')
        .label('Cluster')
        .datasource(source)
        .query({ query: 'label_values(up, cluster)', refId: 'cluster' })
        .refresh(2)
        .multi(true)
        .includeAll(true)
        .current({ text: 'All', value: '$__all' }),
    )
    .withRow(new RowBuilder('Clusters'))
    .withPanel(
      stat({
        title: 'Prometheus replicas up',
        description: 'Replicas that answer, per cluster. Fewer than deployed: PrometheusReplicaDown.',
        unit: 'short',
        queries: [{ expr: `count by (cluster) (up{${selected}, job="prometheus"} == 1)`, legend: '{{cluster}}' }],
      }),
    )
    .withPanel(
      stat({
        title: 'Targets down',
        description: 'Targets that could not be scraped, per cluster.',
        unit: 'short',
        queries: [{ expr: `sum by (cluster) (1 - up{${selected}})`, legend: '{{cluster}}' }],
      }),
    )
    .withPanel(
      stat({
        title: 'Alerts firing',
        description: "Alerts that fire in the cluster's own Prometheus or in the ruler.",
        unit: 'short',
        queries: [
          {
            expr: `sum by (cluster) (ALERTS{${selected}, alertstate="firing"}) or 0 * group by (cluster) (up{${selected}})`,
            legend: '{{cluster}}',
          },
        ],
      }),
    )
    .withPanel(
      stat({
        title: 'Blocks uploaded',
        description: 'Blocks that the sidecars have put into the bucket since they started.',
        unit: 'short',
        queries: [
          { expr: `sum by (cluster) (thanos_shipper_uploads_total{${selected}, job="thanos-sidecar"})`, legend: '{{cluster}}' },
        ],
      }),
    )
    .withPanel(
      graph({
        title: 'Active series',
        description: 'Series in the head of one replica (the larger of the pair).',
        unit: 'short',
        queries: [{ expr: `max by (cluster) (prometheus_tsdb_head_series{${selected}})`, legend: '{{cluster}}' }],
      }),
    )
    .withPanel(
      graph({
        title: 'Samples per second',
        description: 'Samples that one replica appends per second.',
        unit: 'cps',
        queries: [
          {
            expr: `max by (cluster) (sum by (cluster, pod) (rate(prometheus_tsdb_head_samples_appended_total{${selected}}[$__rate_interval])))`,
            legend: '{{cluster}}',
          },
        ],
      }),
    )
    .withRow(new RowBuilder('Queries and blocks'))
    .withPanel(
      graph({
        title: 'Requests to the querier',
        description: 'By handler and status code.',
        unit: 'reqps',
        queries: [
          {
            expr: 'sum by (handler, code) (rate(http_requests_total{job="thanos-query"}[$__rate_interval]))',
            legend: '{{handler}} {{code}}',
          },
        ],
      }),
    )
    .withPanel(
      graph({
        title: 'StoreAPI endpoints',
        description: 'Sidecars, store gateways and rulers that the querier is connected to.',
        unit: 'short',
        queries: [
          { expr: 'sum by (store_type) (thanos_store_nodes_grpc_connections{job="thanos-query"})', legend: '{{store_type}}' },
        ],
      }),
    )
    .withPanel(
      graph({
        title: 'Blocks in the bucket',
        description: 'As the store gateway sees them.',
        unit: 'short',
        queries: [
          {
            expr: 'sum by (state) (thanos_blocks_meta_synced{job="thanos-store", state=~"loaded|marked-for-deletion|failed"})',
            legend: '{{state}}',
          },
        ],
      }),
    )
    .withPanel(
      graph({
        title: 'Bucket operations',
        description: 'By component; what fails is in the alerts.',
        unit: 'ops',
        queries: [{ expr: 'sum by (job) (rate(thanos_objstore_bucket_operations_total[$__rate_interval]))', legend: '{{job}}' }],
      }),
    )
    .withRow(new RowBuilder('Nodes and containers'))
    .withPanel(
      graph({
        title: 'CPU in use',
        description: 'Share of all cores of a node.',
        unit: 'percentunit',
        queries: [
          {
            expr: `1 - avg by (cluster, instance) (rate(node_cpu_seconds_total{${selected}, mode="idle"}[$__rate_interval]))`,
            legend: '{{cluster}} {{instance}}',
          },
        ],
      }),
    )
    .withPanel(
      graph({
        title: 'Memory by namespace',
        description: 'Working set of all containers.',
        unit: 'bytes',
        queries: [
          {
            expr: `sum by (cluster, namespace) (container_memory_working_set_bytes{${selected}, container!=""})`,
            legend: '{{cluster}} {{namespace}}',
          },
        ],
      }),
    )
    .build() as ProvisionedDashboard;
