// The compactor: it must run, alone, and keep up.
import { here, nothingAnswers, percent, type RulesOf, share } from './rule';
import { bucketFailures } from './store';

const job = 'job="thanos-compact"';

export const compactorRules: RulesOf = (_fleet, { alerts }) => {
  const { compactBacklog: backlog, bucketErrors } = alerts;
  // what waits comes in waves, when a range of time is over for every stream at once: the least of a wave counts, and
  // whether it is less than it was in the time before
  const notShrinking = (metric: string) => {
    const least = (offset = '') => `sum by (job) (min_over_time(${metric}{${job}}[${backlog.for}]${offset}))`;
    return `${least()} > ${backlog.blocks} unless ${least()} < ${least(` offset ${backlog.for}`)}`;
  };
  // as in sidecar.ts, the gauge is 0 until the process has uploaded something
  const lastUpload = `(max by (pod) (thanos_objstore_bucket_last_successful_upload_time{${job}} > 0) or max by (pod) (process_start_time_seconds{${job}}))`;
  return [
    {
      name: 'compactor',
      why: 'the compactor is scraped by the cluster that watches its nodes',
      dashboard: 'object-store',
      interval: '1m',
      rules: [
        {
          alert: 'ThanosCompactIsDown',
          ...nothingAnswers('thanos-compact'),
          for: '15m',
          severity: 'warning',
          summary: 'No compactor answers',
          description: `Cluster ${here}, which watches the observer, has seen no compactor for 15 minutes: nothing is compacted, downsampled or deleted.`,
        },
        {
          alert: 'ThanosCompactMultipleRunning',
          expr: `sum by (job) (up{${job}}) > 1`,
          for: '5m',
          severity: 'critical',
          summary: 'More than one compactor works on the bucket',
          description: `{{ printf "%.0f" $value }} compactors run; two at once damage the bucket.`,
        },
        {
          alert: 'ThanosCompactHalted',
          expr: `thanos_compact_halted{${job}} == 1`,
          for: '5m',
          severity: 'critical',
          summary: 'The compactor has halted',
          description: `{{ $labels.pod }} has met blocks that it must not touch, and does nothing any more until it is helped.`,
        },
        {
          alert: 'ThanosCompactHighCompactionFailures',
          expr: `${share('job', `thanos_compact_group_compactions_failures_total{${job}}`, `thanos_compact_group_compactions_total{${job}}`)} > 0.05`,
          for: '15m',
          severity: 'warning',
          summary: 'Compactions fail',
          description: `{{ $value | humanizePercentage }} of the compactions fail (limit 5%).`,
        },
        {
          alert: 'ThanosCompactBucketHighOperationFailures',
          expr: `${bucketFailures(job)} > ${bucketErrors.ratio}`,
          for: bucketErrors.for,
          severity: 'warning',
          summary: 'The compactor fails at the bucket',
          description: `{{ $value | humanizePercentage }} of the compactor's operations on the bucket fail (limit ${percent(bucketErrors.ratio)}).`,
        },
        {
          alert: 'ThanosCompactHasNotRun',
          expr: `time() - ${lastUpload} > 86400 and on (pod) max by (pod) (max_over_time(thanos_compact_todo_compactions{${job}}[1d])) > 0`,
          for: '0s',
          severity: 'warning',
          summary: 'The compactor has work and does none',
          description: `{{ $labels.pod }} has uploaded nothing for {{ $value | humanizeDuration }}, though there were blocks to compact.`,
        },
        {
          alert: 'ThanosCompactBacklog',
          expr: notShrinking('thanos_compact_todo_compactions'),
          for: '5m',
          severity: 'warning',
          summary: 'The compactor does not keep up',
          description: `At least {{ printf "%.0f" $value }} compactions have waited for ${backlog.for}, no fewer than in the ${backlog.for} before.`,
        },
        {
          alert: 'ThanosCompactDownsampleBacklog',
          expr: notShrinking('thanos_compact_todo_downsample_blocks'),
          for: '5m',
          severity: 'warning',
          summary: 'Downsampling does not keep up',
          description: `At least {{ printf "%.0f" $value }} blocks have waited for ${backlog.for} to be downsampled, no fewer than in the ${backlog.for} before.`,
        },
        {
          alert: 'ThanosCompactCleanupFailing',
          expr: `sum by (job) (increase(thanos_compact_block_cleanup_failures_total{${job}}[1h])) > 0 or sum by (job) (increase(thanos_compact_downsample_failures_total{${job}}[1h])) > 0`,
          for: '1h',
          severity: 'warning',
          summary: 'The compactor fails to delete or to downsample blocks',
          description: `{{ printf "%.0f" $value }} deletions or downsamplings of blocks failed within an hour.`,
        },
      ],
    },
  ];
};
