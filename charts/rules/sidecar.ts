// Sidecars and uploads: from the pair's disks to the bucket.
import { seconds } from '../kit/units';
import { here, nothingAnswers, type RulesOf } from './rule';

const job = 'job="thanos-sidecar"';
const who = `{{ $labels.pod }} of cluster ${here}`;

/** An upload is late when three blocks should have been written since the last one. */
const lateAfter = (blockDuration: string, retention: string): number =>
  Math.min(Math.max(3 * seconds(blockDuration), seconds('15m')), 0.75 * seconds(retention));

export const sidecarRules: RulesOf = (_fleet, { alerts, blockDuration, retention }) => {
  // the gauge is 0 until a process has uploaded something: then the process' own start stands for it
  const lastUpload = `(max by (namespace, pod) (thanos_objstore_bucket_last_successful_upload_time{${job}} > 0) or max by (namespace, pod) (process_start_time_seconds{${job}}))`;
  const left = `${seconds(retention)} - (time() - ${lastUpload})`;
  const uploadText = `Nothing of ${who} has reached the bucket for longer than three blocks of ${blockDuration}. In {{ $value | humanizeDuration }} local retention (${retention}) begins to delete what was never uploaded.`;
  return [
    {
      name: 'sidecar',
      why: 'sidecars run beside their Prometheus, which scrapes them; what is lost here is lost for good, so the cluster itself warns',
      dashboard: 'ingestion',
      interval: '30s',
      rules: [
        {
          alert: 'ThanosSidecarIsDown',
          ...nothingAnswers('thanos-sidecar'),
          for: alerts.componentDown.for,
          severity: 'critical',
          summary: `No sidecar of cluster ${here} answers`,
          description: `Cluster ${here} has had no Thanos sidecar that answers for ${alerts.componentDown.for}: it is not queried, and nothing is uploaded.`,
        },
        {
          alert: 'ThanosSidecarNoConnectionToStartedPrometheus',
          expr: `thanos_sidecar_prometheus_up{${job}} == 0 and on (namespace, pod) prometheus_tsdb_data_replay_duration_seconds{job="prometheus"} != 0`,
          for: '5m',
          severity: 'critical',
          summary: `The sidecar of ${who} does not reach its Prometheus`,
          description: `Prometheus in ${who} has started, and its sidecar has not reached it for 5 minutes.`,
        },
        {
          alert: 'ThanosSidecarReloadFailing',
          expr: `max_over_time(thanos_sidecar_reloader_last_reload_successful{${job}}[5m]) == 0`,
          for: '10m',
          severity: 'warning',
          summary: `${who} does not take new configuration`,
          description: `The sidecar of ${who} could not make its Prometheus reload: rules and targets are those from before the last change.`,
        },
      ],
    },
    {
      name: 'upload',
      why: 'the hours that are left are counted where the blocks are',
      dashboard: 'object-store',
      interval: '30s',
      rules: [
        {
          alert: 'ThanosSidecarBucketOperationsFailed',
          expr: `sum by (namespace, pod) (rate(thanos_objstore_bucket_operation_failures_total{${job}}[5m])) > 0`,
          for: alerts.bucketErrors.for,
          severity: 'critical',
          summary: `The sidecar of ${who} fails at the bucket`,
          description: `{{ printf "%.3f" $value }} operations a second of the sidecar of ${who} on the bucket fail.`,
        },
        {
          alert: 'ThanosShipperSyncFailing',
          expr: 'sum by (job, namespace, pod) (increase(thanos_shipper_dir_sync_failures_total{job=~"thanos-sidecar|thanos-rule"}[5m])) > 2',
          for: '15m',
          severity: 'critical',
          summary: `{{ $labels.job }} in ${who} cannot upload its blocks`,
          description: `{{ printf "%.0f" $value }} rounds of uploading by {{ $labels.job }} in ${who} failed within 5 minutes.`,
        },
        {
          alert: 'ThanosSidecarUploadLagging',
          expr: `${left} < ${seconds(retention) - lateAfter(blockDuration, retention)}`,
          for: alerts.uploadLag.for,
          severity: 'warning',
          summary: `Uploads of ${who} lag`,
          description: uploadText,
        },
        {
          alert: 'ThanosSidecarUploadLagging',
          expr: `${left} < ${seconds(retention) / 4}`,
          for: '5m',
          severity: 'critical',
          summary: `Data of ${who} will soon be lost`,
          description: uploadText,
        },
      ],
    },
  ];
};
