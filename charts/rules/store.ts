// The store gateway, and every observer component's operations on the bucket.
import { shards } from '../fleet/shards';
import { here, nothingAnswers, p99, percent, type RulesOf, share } from './rule';

const job = 'job="thanos-store"';
/** Whoever of the observer asks the bucket. */
const users = 'job=~"thanos-(store|compact|rule|bucket-web)"';
const listings = `${users}, operation="iter"`;
/** Aborted is what a store gateway answers when it cannot read a block (thanos pkg/store/bucket.go). */
export const storeFailed = 'grpc_code=~"Unknown|Unimplemented|Internal|Unavailable|DataLoss|DeadlineExceeded|Aborted"';

/** Operations of a job on the bucket that fail. */
export const bucketFailures = (selector: string): string =>
  share(
    'job',
    `thanos_objstore_bucket_operation_failures_total{${selector}}`,
    `thanos_objstore_bucket_operations_total{${selector}}`,
  );

export const storeRules: RulesOf = (fleet, { alerts }) => {
  const { ratio, for: lasting } = alerts.bucketErrors;
  const stores = shards(fleet.observer.store);
  return [
    {
      name: 'store',
      why: 'the store gateway is scraped by the cluster that watches its nodes',
      dashboard: 'object-store',
      interval: '30s',
      rules: [
        ...stores.map(({ name }) => ({
          alert: 'ThanosStoreIsDown',
          ...(stores.length > 1 ? nothingAnswers('thanos-store', name) : nothingAnswers('thanos-store')),
          for: alerts.componentDown.for,
          severity: 'critical' as const,
          summary: `No store gateway answers${stores.length > 1 ? `: ${name}` : ''}`,
          description: `Cluster ${here}, which watches the observer, has seen no pod of ${name} for ${alerts.componentDown.for}: what only it reads of the bucket cannot be queried.`,
        })),
        {
          alert: 'ThanosStoreGrpcErrorRate',
          expr: `${share('job', `grpc_server_handled_total{${job}, ${storeFailed}}`, `grpc_server_started_total{${job}}`)} > ${alerts.queryErrors.ratio}`,
          for: '5m',
          severity: 'warning',
          summary: 'The store gateway fails to answer',
          description: `{{ $value | humanizePercentage }} of the requests to the store gateway fail (limit ${percent(alerts.queryErrors.ratio)}).`,
        },
        {
          alert: 'ThanosStoreSeriesGateLatencyHigh',
          expr: `${p99('job', `thanos_bucket_store_series_gate_queries_duration_seconds_bucket{${job}}`)} > 2 and sum by (job) (rate(thanos_bucket_store_series_gate_queries_duration_seconds_count{${job}}[5m])) > 0`,
          for: '10m',
          severity: 'warning',
          summary: 'Queries wait for the store gateway',
          description: `The slowest hundredth of the requests waits {{ $value | humanizeDuration }} or more for a free slot of the store gateway (limit 2 s).`,
        },
        {
          alert: 'ThanosStoreObjstoreOperationLatencyHigh',
          expr: `${p99('job', `thanos_objstore_bucket_operation_duration_seconds_bucket{${job}}`)} > 2 and sum by (job) (rate(thanos_objstore_bucket_operation_duration_seconds_count{${job}}[5m])) > 0`,
          for: '10m',
          severity: 'warning',
          summary: 'The bucket answers the store gateway slowly',
          description: `The slowest hundredth of the store gateway's operations on the bucket takes {{ $value | humanizeDuration }} or more (limit 2 s).`,
        },
        {
          alert: 'ThanosStoreBucketHighOperationFailures',
          expr: `${bucketFailures(job)} > ${ratio}`,
          for: lasting,
          severity: 'warning',
          summary: 'The store gateway fails at the bucket',
          description: `{{ $value | humanizePercentage }} of the store gateway's operations on the bucket fail (limit ${percent(ratio)}).`,
        },
        {
          alert: 'ThanosStoreBlocksNotLoading',
          expr: `sum by (job) (increase(thanos_bucket_store_block_load_failures_total{${job}}[5m]) + increase(thanos_blocks_meta_sync_failures_total{${job}}[5m])) > 0 or sum by (job) (thanos_blocks_meta_synced{${job}, state=~"corrupted-meta-json|failed"}) > 0`,
          for: '30m',
          severity: 'warning',
          summary: 'The store gateway cannot load blocks',
          description: `{{ printf "%.0f" $value }} blocks, or attempts to load them, fail: queries of their time lack them.`,
        },
      ],
    },
    {
      name: 'bucket',
      why: 'ruler and bucket web are scraped by the cluster that watches their nodes',
      dashboard: 'object-store',
      interval: '30s',
      rules: [
        {
          // The reason for much else, and so known before it. Shares say nothing here: a compactor at work asks a thousand
          // times as often as an idle one. The store gateway lists the bucket every 3 minutes. Operations are counted when
          // they begin, which would make one that hangs a success; of listings, durations count those that are over
          // (objstore's metricBucket.Iter).
          alert: 'ObjectStoreUnreachable',
          expr: `sum(increase(thanos_objstore_bucket_operation_failures_total{${users}}[10m])) > 0 and sum(increase((thanos_objstore_bucket_operation_duration_seconds_count{${listings}} - thanos_objstore_bucket_operation_failures_total{${listings}})[4m:])) == 0`,
          for: '30s',
          keepFiringFor: '10m', // rates over 5 minutes remember it, and operations that began before fail minutes later
          severity: 'critical',
          summary: 'The object store does not answer',
          description: `{{ printf "%.0f" $value }} operations of the observer on the bucket failed within 10 minutes, and it has not been listed for 4: nothing is uploaded or compacted, and what is only in the bucket cannot be queried.`,
        },
        {
          alert: 'ThanosBucketHighOperationFailures',
          expr: `${bucketFailures('job=~"thanos-rule|thanos-bucket-web"')} > ${ratio}`,
          for: lasting,
          severity: 'warning',
          summary: '{{ $labels.job }} fails at the bucket',
          description: `{{ $value | humanizePercentage }} of the operations of {{ $labels.job }} on the bucket fail (limit ${percent(ratio)}).`,
        },
        {
          alert: 'ThanosBucketWebIsDown',
          ...nothingAnswers('thanos-bucket-web'),
          for: '15m',
          severity: 'info',
          summary: 'Bucket web does not answer',
          description: `Cluster ${here}, which watches the observer, has seen no bucket web for 15 minutes.`,
        },
      ],
    },
  ];
};
