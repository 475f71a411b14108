// Ingestion: what the Prometheus replicas scrape and store, and what their sidecars put into the bucket.
import type { ResolvedFleet } from '../fleet/resolve';
import { clusterLinks, uploadAge, uploadAgeSteps } from './clusters';
import {
  dashboard,
  graph,
  highIsBad,
  neutral,
  noneIsBetter,
  noneIsGood,
  type ProvisionedDashboard,
  processes,
  rate,
  selected,
  stat,
  table,
  top,
  variable,
  worst,
} from './panels';

const prometheus = `${selected}, job="prometheus", pod=~"$replica"`;
const sidecar = `${selected}, job="thanos-sidecar", pod=~"$replica"`;
const replica = '{{cluster}} {{pod}}';

/** The ten replicas with the highest value. */
const byReplica = (series: string): { expr: string; legend: string } => ({
  expr: top(`max by (cluster, pod) (${series})`),
  legend: replica,
});
const rateByReplica = (metric: string, matchers = prometheus): { expr: string; legend: string } => ({
  expr: top(`sum by (cluster, pod) (${rate(`${metric}{${matchers}}`)})`),
  legend: replica,
});
/** What should not happen, each under its name: the five worst clusters, and 0 for the rest. */
const mishaps = (metrics: Readonly<Record<string, string>>, matchers = prometheus) =>
  Object.entries(metrics).map(([legend, metric]) => {
    const series = `increase(${metric}{${matchers}}[5m])`;
    return { expr: `topk(5, sum by (cluster) (${series}) > 0) or 0 * sum(${series})`, legend: `${legend} {{cluster}}` };
  });

export const ingestion = (fleet: ResolvedFleet): ProvisionedDashboard =>
  dashboard({
    uid: 'ingestion',
    title: 'Ingestion',
    description: 'Prometheus and its sidecar: targets, scrapes, series, TSDB, uploads, reloads.',
    tags: ['clusters'],
    // not `pod`: what was chosen on another dashboard would follow to this one
    variables: [variable('replica', 'Replica', `label_values(up{${selected}, job="prometheus"}, pod)`)],
    rows: {
      'Chosen replicas together': [
        stat({
          title: 'Active series',
          description: 'In all heads; a pair counts twice.',
          unit: 'short',
          decimals: 1,
          expr: `sum(prometheus_tsdb_head_series{${prometheus}})`,
          thresholds: neutral,
        }),
        stat({
          title: 'Samples per second',
          description: 'Appended by all replicas; a pair counts twice.',
          unit: 'cps',
          decimals: 1,
          expr: `sum(${rate(`prometheus_tsdb_head_samples_appended_total{${prometheus}}`)})`,
          thresholds: neutral,
        }),
        stat({
          title: 'Targets',
          description: 'That are scraped, by either replica.',
          unit: 'none',
          expr: `count(up{${selected}})`,
          thresholds: neutral,
        }),
        stat({
          title: 'Targets down',
          description: 'Targets that could not be scraped.',
          unit: 'none',
          expr: `count(up{${selected}} == 0) or vector(0)`,
          thresholds: noneIsBetter,
        }),
        stat({
          title: 'Bad configuration',
          description: 'Replicas whose last reload failed: they run on with what they had.',
          unit: 'none',
          expr: `count(prometheus_config_last_reload_successful{${prometheus}} == 0) or vector(0)`,
          thresholds: noneIsGood,
        }),
        stat({
          title: 'Sidecars alone',
          description: 'Sidecars that cannot reach their Prometheus.',
          unit: 'none',
          expr: `count(thanos_sidecar_prometheus_up{${sidecar}} == 0) or vector(0)`,
          thresholds: noneIsGood,
        }),
        stat({
          title: 'Oldest upload',
          description: `Of the replica that has uploaded nothing for longest. ${uploadAge.meaning}`,
          unit: 's',
          decimals: 1,
          expr: `max(${uploadAge.expr('cluster', 'pod')})`,
          thresholds: uploadAgeSteps(fleet),
        }),
        stat({
          title: 'Fullest disk',
          description:
            "Blocks against the replica's size limit. At 100 % the oldest blocks go early; that costs nothing once they are uploaded.",
          unit: 'percentunit',
          decimals: 0,
          expr: `max(prometheus_tsdb_storage_blocks_bytes{${prometheus}} / (prometheus_tsdb_retention_limit_bytes{${prometheus}} > 0))`,
          thresholds: highIsBad(0.8, 0.95),
        }),
      ],
      'Replica by replica': [
        table({
          title: 'Replicas',
          description: 'One row per Prometheus; the hundred with most series. Replicas of a cluster should be alike.',
          keys: [
            { label: 'cluster', name: 'Cluster', width: 150, links: clusterLinks },
            { label: 'pod', name: 'Replica', width: 130 },
          ],
          columns: [
            {
              name: 'Series',
              expr: `topk(100, max by (cluster, pod) (prometheus_tsdb_head_series{${prometheus}}))`,
              unit: 'short',
              decimals: 1,
            },
            {
              name: 'Samples/s',
              expr: `topk(100, sum by (cluster, pod) (${rate(`prometheus_tsdb_head_samples_appended_total{${prometheus}}`)}))`,
              unit: 'cps',
              decimals: 1,
            },
            {
              name: 'Running for',
              expr: `topk(100, time() - max by (cluster, pod) (process_start_time_seconds{${prometheus}}))`,
              unit: 's',
              decimals: 1,
            },
            {
              name: 'Memory',
              expr: `topk(100, max by (cluster, pod) (process_resident_memory_bytes{${prometheus}}))`,
              unit: 'bytes',
              decimals: 1,
            },
            {
              name: 'Write-ahead log',
              expr: `topk(100, max by (cluster, pod) (prometheus_tsdb_wal_storage_size_bytes{${prometheus}}))`,
              unit: 'bytes',
              decimals: 1,
            },
            {
              name: 'Blocks',
              expr: `topk(100, max by (cluster, pod) (prometheus_tsdb_storage_blocks_bytes{${prometheus}}))`,
              unit: 'bytes',
              decimals: 1,
            },
            {
              name: 'Of its limit',
              expr: `topk(100, max by (cluster, pod) (prometheus_tsdb_storage_blocks_bytes{${prometheus}} / (prometheus_tsdb_retention_limit_bytes{${prometheus}} > 0)))`,
              unit: 'percentunit',
              decimals: 0,
              thresholds: highIsBad(0.8, 0.95),
            },
            {
              name: 'Uploaded',
              expr: `topk(100, max by (cluster, pod) (thanos_shipper_uploads_total{${sidecar}}))`,
              unit: 'none',
            },
            {
              name: 'Last upload',
              expr: `topk(100, ${uploadAge.expr('cluster', 'pod')})`,
              unit: 's',
              decimals: 1,
              thresholds: uploadAgeSteps(fleet),
            },
          ],
          sortBy: 'Series',
        }),
      ],
      Scraping: [
        graph({
          title: 'Targets by job',
          description: 'The ten jobs with most targets.',
          unit: 'none',
          width: 12,
          queries: [{ expr: top(`count by (cluster, job) (up{${selected}})`), legend: '{{cluster}} {{job}}' }],
        }),
        graph({
          title: 'Failed scrapes',
          description: 'Share of the targets of a job that are down: the ten worst.',
          unit: 'percentunit',
          max: 1,
          width: 12,
          queries: [{ expr: worst(`1 - avg by (cluster, job) (up{${selected}})`), legend: '{{cluster}} {{job}}' }],
        }),
        graph({
          title: 'Scrape duration',
          description:
            'Of the slowest target of a job: the ten slowest. The limit is 10 s, or the scrape interval where it is shorter.',
          unit: 's',
          width: 12,
          queries: [{ expr: top(`max by (cluster, job) (scrape_duration_seconds{${selected}})`), legend: '{{cluster}} {{job}}' }],
        }),
        graph({
          title: 'Samples per scrape',
          description: 'By job after relabelling: the ten largest. What a cluster costs begins here.',
          unit: 'short',
          width: 12,
          queries: [
            {
              expr: top(`sum by (cluster, job) (scrape_samples_post_metric_relabeling{${selected}})`),
              legend: '{{cluster}} {{job}}',
            },
          ],
        }),
        graph({
          title: 'New series per scrape',
          description:
            'Series that a scrape began, by job: the ten highest. A job that stays high makes series that nobody will find again.',
          unit: 'short',
          width: 12,
          queries: [{ expr: top(`sum by (cluster, job) (scrape_series_added{${selected}})`), legend: '{{cluster}} {{job}}' }],
        }),
        graph({
          title: 'Refused',
          description:
            'Samples and scrapes refused within 5 minutes. Duplicates: one target scraped twice, or two that claim the same labels.',
          unit: 'short',
          width: 12,
          queries: mishaps({
            'out of order': 'prometheus_target_scrapes_sample_out_of_order_total',
            duplicate: 'prometheus_target_scrapes_sample_duplicate_timestamp_total',
            'too far off': 'prometheus_target_scrapes_sample_out_of_bounds_total',
            'over the sample limit': 'prometheus_target_scrapes_exceeded_sample_limit_total',
            'over the size limit': 'prometheus_target_scrapes_exceeded_body_size_limit_total',
          }),
        }),
        graph({
          title: 'Time between scrapes, p99',
          description: 'Against the scrape interval: a replica that is late is overloaded. The ten highest.',
          unit: 's',
          queries: [byReplica(`prometheus_target_interval_length_seconds{${prometheus}, quantile="0.99"}`)],
        }),
        graph({
          title: 'Discovered targets',
          description:
            'Before relabelling, by replica: the ten highest. Discovery that finds the whole Kubernetes cluster costs memory.',
          unit: 'short',
          queries: [
            {
              expr: top(`sum by (cluster, pod) (prometheus_sd_discovered_targets{${prometheus}, name="scrape"})`),
              legend: replica,
            },
          ],
        }),
        graph({
          title: 'Discovery failures',
          description:
            'Within 5 minutes: requests to the API server that failed, and targets that could not be made of what was found.',
          unit: 'short',
          queries: mishaps({
            'API server': 'prometheus_sd_kubernetes_failures_total',
            targets: 'prometheus_target_sync_failed_total',
          }),
        }),
      ],
      TSDB: [
        graph({
          title: 'Series by replica',
          description: 'In the head: the ten highest.',
          unit: 'short',
          queries: [byReplica(`prometheus_tsdb_head_series{${prometheus}}`)],
        }),
        graph({
          title: 'Samples by replica',
          description: 'Appended per second: the ten highest.',
          unit: 'cps',
          queries: [rateByReplica('prometheus_tsdb_head_samples_appended_total')],
        }),
        graph({
          title: 'Replicas apart',
          description:
            'The larger head of a cluster against its smaller one: the ten highest. More than 1.2 for long: one of them misses targets.',
          unit: 'none',
          decimals: 2,
          queries: [
            {
              expr: top(
                `max by (cluster) (prometheus_tsdb_head_series{${prometheus}}) / min by (cluster) (prometheus_tsdb_head_series{${prometheus}} > 0)`,
              ),
              legend: '{{cluster}}',
            },
          ],
        }),
        graph({
          title: 'Churn',
          description: 'Series that begin per second: the ten highest replicas.',
          unit: 'cps',
          queries: [rateByReplica('prometheus_tsdb_head_series_created_total')],
        }),
        graph({
          title: 'Write-ahead log',
          description: 'The ten largest. A restart has to read all of it.',
          unit: 'bytes',
          queries: [byReplica(`prometheus_tsdb_wal_storage_size_bytes{${prometheus}}`)],
        }),
        graph({
          title: 'Replay at the last start',
          description:
            'Time to read blocks and write-ahead log until scraping began: the ten slowest replicas. The next start takes as long.',
          unit: 's',
          queries: [byReplica(`prometheus_tsdb_data_replay_duration_seconds{${prometheus}}`)],
        }),
        graph({
          title: 'Blocks on disk',
          description: 'The ten largest. They stay until the retention ends, uploaded or not.',
          unit: 'bytes',
          queries: [byReplica(`prometheus_tsdb_storage_blocks_bytes{${prometheus}}`)],
        }),
        graph({
          title: 'Blocks cut',
          description:
            'Within an hour, by replica: the ten highest. The sidecar needs Prometheus to compact no further than that.',
          unit: 'none',
          queries: [
            {
              expr: top(`sum by (cluster, pod) (increase(prometheus_tsdb_compactions_total{${prometheus}}[1h]))`),
              legend: replica,
            },
          ],
        }),
        graph({
          title: 'TSDB failures',
          description: 'Within 5 minutes. Any of them wants a look at the log and at the disk.',
          unit: 'none',
          queries: mishaps({
            compaction: 'prometheus_tsdb_compactions_failed_total',
            'reload of blocks': 'prometheus_tsdb_reloads_failures_total',
            'head truncation': 'prometheus_tsdb_head_truncations_failed_total',
            'log write': 'prometheus_tsdb_wal_writes_failed_total',
            'log corruption': 'prometheus_tsdb_wal_corruptions_total',
            checkpoint: 'prometheus_tsdb_checkpoint_creations_failed_total',
          }),
        }),
      ],
      Sidecar: [
        graph({
          title: 'Uploads',
          description: 'Blocks put into the bucket within an hour: the ten highest replicas.',
          unit: 'none',
          queries: [
            {
              expr: top(`sum by (cluster, pod) (increase(thanos_shipper_uploads_total{${sidecar}}[1h]))`),
              legend: replica,
            },
          ],
        }),
        graph({
          title: 'Time since the last upload',
          description: `The ten highest replicas; it climbs to the block duration and falls. ${uploadAge.meaning}`,
          unit: 's',
          queries: [{ expr: top(uploadAge.expr('cluster', 'pod')), legend: replica }],
        }),
        graph({
          title: 'Upload failures',
          description: 'Within 5 minutes: attempts that failed before, while or after a block went to the bucket.',
          unit: 'none',
          queries: mishaps(
            {
              attempts: 'thanos_shipper_dir_sync_failures_total',
              uploads: 'thanos_shipper_upload_failures_total',
              'corrupt blocks': 'thanos_shipper_corrupted_blocks_total',
            },
            sidecar,
          ),
        }),
        graph({
          title: 'Reloads',
          description: 'Of Prometheus by its sidecar after a change of rules or configuration, within an hour: the ten highest.',
          unit: 'none',
          queries: [
            {
              expr: top(`sum by (cluster, pod) (increase(thanos_sidecar_reloader_reloads_total{${sidecar}}[1h]))`),
              legend: replica,
            },
          ],
        }),
        graph({
          title: 'Reload failures',
          description: 'Within 5 minutes: reloads that Prometheus refused, files that could not be written or watched.',
          unit: 'none',
          queries: mishaps(
            {
              reload: 'thanos_sidecar_reloader_reloads_failed_total',
              write: 'thanos_sidecar_reloader_config_apply_operations_failed_total',
              watch: 'thanos_sidecar_reloader_watch_errors_total',
            },
            sidecar,
          ),
        }),
        graph({
          title: 'Queries to Prometheus',
          description: 'That run, as the share of the allowed number: the ten highest replicas.',
          unit: 'percentunit',
          queries: [
            {
              expr: top(
                `max by (cluster, pod) (prometheus_engine_queries{${prometheus}}) / max by (cluster, pod) (prometheus_engine_queries_concurrent_max{${prometheus}})`,
              ),
              legend: replica,
            },
          ],
        }),
      ],
      'Processes of the replicas': processes({
        matchers: `${selected}, job=~"prometheus|thanos-sidecar", pod=~"$replica"`,
        by: ['cluster', 'pod', 'job'],
        legend: '{{cluster}} {{pod}} {{job}}',
      }),
    },
  });
