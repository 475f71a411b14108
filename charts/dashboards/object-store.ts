// Object store: blocks in the bucket, what every component does to it, and the compactor.
import type { ResolvedFleet } from '../fleet/resolve';
import { uploadAge, uploadAgeSteps } from './clusters';
import {
  dashboard,
  graph,
  neutral,
  noneIsGood,
  type ProvisionedDashboard,
  processes,
  quantile,
  rate,
  selected,
  share,
  stat,
  top,
  worst,
} from './panels';
import { overShards } from './shards';

const compact = 'job="thanos-compact"';
const store = 'job="thanos-store"';
const replicate = 'job="thanos-replicate"';
/** Everything but the sidecars, of which there is one per replica and cluster. */
const global = 'job=~"thanos-(store|compact|rule|bucket-web|replicate)"';
const sidecar = `${selected}, job="thanos-sidecar"`;
const fleetWide = true;

const resolutions = { raw: '0', '5 minutes': '300000', '1 hour': '3600000' } as const;

/** Within an hour by resolution; a counter that has never counted is not exported. */
const byResolution = (metric: string) =>
  Object.entries(resolutions).map(([legend, resolution]) => ({
    expr: `sum(increase(${metric}{${compact}, resolution="${resolution}"}[1h])) or vector(0)`,
    legend,
  }));
const withinAnHour = (metrics: Readonly<Record<string, string>>) =>
  Object.entries(metrics).map(([legend, series]) => ({ expr: `sum(increase(${series}[1h])) or vector(0)`, legend }));

export const objectStore = (fleet: ResolvedFleet): ProvisionedDashboard =>
  dashboard({
    uid: 'object-store',
    title: 'Object store',
    description:
      'The bucket and the compactor. Blocks by level and resolution are in no metric of Thanos: the bucket web draws them one by one.',
    tags: ['global'],
    rows: {
      'At a glance': [
        stat({
          title: 'Blocks',
          description: 'In the bucket and in use, as store gateways see them.',
          unit: 'none',
          fleetWide,
          expr: overShards(`thanos_blocks_meta_synced{${store}, state="loaded"}`),
          thresholds: neutral,
        }),
        stat({
          title: 'Corrupt blocks',
          description: 'Blocks whose meta.json cannot be read: no query sees their data.',
          unit: 'none',
          fleetWide,
          expr: `max(thanos_blocks_meta_synced{${store}, state="corrupted-meta-json"}) + max(thanos_blocks_meta_synced{${store}, state="failed"})`,
          thresholds: noneIsGood,
        }),
        stat({
          title: 'Compactor',
          description: 'Halted means: an error that does not pass by itself; blocks pile up until somebody looks.',
          unit: 'none',
          fleetWide,
          expr: `max(thanos_compact_halted{${compact}})`,
          thresholds: noneIsGood,
          texts: { 0: 'running', 1: 'halted' },
        }),
        stat({
          title: 'Compactors',
          description: 'That are up. More than one on a bucket corrupts it.',
          unit: 'none',
          fleetWide,
          expr: `count(up{${compact}} == 1) or vector(0)`,
          thresholds: [['red'], ['green', 1], ['red', 2]],
        }),
        stat({
          title: 'Compactions to do',
          description: 'As planned now. Dozens, and more each hour: the compactor does not keep up.',
          unit: 'none',
          fleetWide,
          expr: `sum(thanos_compact_todo_compactions{${compact}})`,
          thresholds: [['green'], ['orange', 20], ['red', 100]],
        }),
        stat({
          title: 'Operations',
          description: 'Of all components on the bucket, sidecars included. Object stores bill by them.',
          unit: 'ops',
          decimals: 2,
          fleetWide,
          expr: `sum(${rate('thanos_objstore_bucket_operations_total')})`,
          thresholds: neutral,
        }),
        stat({
          title: 'Failed operations',
          description: 'Share of all operations on the bucket that failed, sidecars included.',
          unit: 'percentunit',
          decimals: 2,
          fleetWide,
          expr: share(
            `sum(${rate('thanos_objstore_bucket_operation_failures_total')})`,
            `sum(${rate('thanos_objstore_bucket_operations_total')})`,
          ),
          thresholds: [['green'], ['orange', 0.01], ['red', 0.05]],
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
      Blocks: [
        graph({
          title: 'Blocks by state',
          description:
            'As store gateways see them. Marked for deletion: still there for the delete delay. No meta.json: an upload that runs, or that was cut off.',
          unit: 'short',
          fleetWide,
          queries: [
            {
              expr: overShards(`thanos_blocks_meta_synced{${store}, state=~"loaded|marked-for-deletion|too-fresh"}`, ['state']),
              legend: '{{state}}',
            },
            {
              // counted before blocks are divided between shards
              expr: `max by (state) (thanos_blocks_meta_synced{${store}, state=~"no-meta-json|corrupted-meta-json|failed"})`,
              legend: '{{state}}',
            },
          ],
        }),
        graph({
          title: 'Blocks by component',
          description: 'In use, as each component sees them. They differ for minutes; for hours they should not.',
          unit: 'short',
          fleetWide,
          queries: [
            {
              expr: overShards(`thanos_blocks_meta_synced{${store}, state="loaded"}`),
              legend: 'thanos-store',
            },
            {
              expr: `max(thanos_blocks_meta_synced{${compact}, state="loaded"})`,
              legend: 'thanos-compact',
            },
            {
              expr: 'max(thanos_bucket_blocks_meta_synced{job="thanos-bucket-web", state="loaded"})',
              legend: 'thanos-bucket-web',
            },
            { expr: overShards(`thanos_bucket_store_blocks_loaded{${store}}`), legend: 'thanos-store, opened' },
          ],
        }),
        graph({
          title: 'Blocks opened and dropped',
          description: 'By the store gateway within an hour; a failure is data that no query sees.',
          unit: 'none',
          fleetWide,
          queries: withinAnHour({
            opened: `thanos_bucket_store_block_loads_total{${store}}`,
            dropped: `thanos_bucket_store_block_drops_total{${store}}`,
            'failed to open': `thanos_bucket_store_block_load_failures_total{${store}}`,
            'failed to drop': `thanos_bucket_store_block_drop_failures_total{${store}}`,
          }),
        }),
        graph({
          title: 'Reading the list of blocks, p99',
          description: 'Time to find every block and its meta.json; it grows with the bucket.',
          unit: 's',
          fleetWide,
          queries: [
            {
              expr: quantile(0.99, 'thanos_blocks_meta_sync_duration_seconds', 'job=~"thanos-store|thanos-compact"', 'job'),
              legend: '{{job}}',
            },
          ],
        }),
        graph({
          title: 'Failures to read the list',
          description: 'Within an hour. Until it succeeds again, new blocks are not seen.',
          unit: 'none',
          fleetWide,
          queries: [
            {
              expr: 'sum by (job) (increase(thanos_blocks_meta_sync_failures_total{job=~"thanos-store|thanos-compact"}[1h]))',
              legend: '{{job}}',
            },
          ],
        }),
        graph({
          title: 'Uploads by cluster',
          description: 'Blocks that sidecars put into the bucket within an hour: the ten clusters with most.',
          unit: 'none',
          queries: [
            {
              expr: top(`sum by (cluster) (increase(thanos_shipper_uploads_total{${sidecar}}[1h]))`),
              legend: '{{cluster}}',
            },
          ],
        }),
      ],
      'Operations of the global half': [
        graph({
          title: 'Operations by component',
          description: 'Per second.',
          unit: 'ops',
          fleetWide,
          stacked: true,
          queries: [{ expr: `sum by (job) (${rate(`thanos_objstore_bucket_operations_total{${global}}`)})`, legend: '{{job}}' }],
        }),
        graph({
          title: 'Operations by kind',
          description: 'Per second. Lists and writes cost most on S3.',
          unit: 'ops',
          fleetWide,
          stacked: true,
          queries: [
            {
              expr: `sum by (operation) (${rate(`thanos_objstore_bucket_operations_total{${global}}`)})`,
              legend: '{{operation}}',
            },
          ],
        }),
        graph({
          title: 'Failed operations by component',
          description: 'Share of them.',
          unit: 'percentunit',
          fleetWide,
          queries: [
            {
              expr: share(
                `sum by (job) (${rate(`thanos_objstore_bucket_operation_failures_total{${global}}`)})`,
                `sum by (job) (${rate(`thanos_objstore_bucket_operations_total{${global}}`)})`,
              ),
              legend: '{{job}}',
            },
          ],
        }),
        graph({
          title: 'Latency by component, p99',
          description: 'Of all operations. No line: none within the time of a point.',
          unit: 's',
          fleetWide,
          queries: [
            { expr: quantile(0.99, 'thanos_objstore_bucket_operation_duration_seconds', global, 'job'), legend: '{{job}}' },
          ],
        }),
        graph({
          title: 'Latency by operation, p99',
          description: 'Of all these components together.',
          unit: 's',
          fleetWide,
          queries: [
            {
              expr: quantile(0.99, 'thanos_objstore_bucket_operation_duration_seconds', global, 'operation'),
              legend: '{{operation}}',
            },
          ],
        }),
        graph({
          title: 'Read from the bucket',
          description: 'Bytes per second by component.',
          unit: 'Bps',
          fleetWide,
          queries: [
            {
              expr: `sum by (job) (${rate(`thanos_objstore_bucket_operation_fetched_bytes_total{${global}}`)})`,
              legend: '{{job}}',
            },
          ],
        }),
      ],
      'Operations of the sidecars': [
        graph({
          title: 'Operations by cluster',
          description: 'Per second: the ten clusters with most.',
          unit: 'ops',
          queries: [
            {
              expr: top(`sum by (cluster) (${rate(`thanos_objstore_bucket_operations_total{${sidecar}}`)})`),
              legend: '{{cluster}}',
            },
          ],
        }),
        graph({
          title: 'Failed operations by cluster',
          description: 'Within 5 minutes: the ten clusters with most.',
          unit: 'none',
          queries: [
            {
              expr: worst(`sum by (cluster) (increase(thanos_objstore_bucket_operation_failures_total{${sidecar}}[5m]))`),
              legend: '{{cluster}}',
            },
          ],
        }),
        graph({
          title: 'Upload latency by cluster, p99',
          description: 'Of uploaded files over an hour: the ten slowest clusters. No line: no uploads.',
          unit: 's',
          queries: [
            {
              expr: top(
                `histogram_quantile(0.99, sum by (le, cluster) (increase(thanos_objstore_bucket_operation_duration_seconds_bucket{${sidecar}, operation="upload"}[1h])))`,
              ),
              legend: '{{cluster}}',
            },
          ],
        }),
      ],
      Compactor: [
        graph({
          title: 'Work ahead',
          description: 'Compactions, blocks to compact, to downsample and to delete, as planned now.',
          unit: 'short',
          fleetWide,
          queries: Object.entries({
            compactions: 'thanos_compact_todo_compactions',
            'blocks to compact': 'thanos_compact_todo_compaction_blocks',
            'blocks to downsample': 'thanos_compact_todo_downsample_blocks',
            'blocks to delete': 'thanos_compact_todo_deletion_blocks',
          }).map(([legend, metric]) => ({ expr: `sum(${metric}{${compact}})`, legend })),
        }),
        graph({
          title: 'Compactions',
          description: 'That made a new block, within an hour, by resolution.',
          unit: 'none',
          fleetWide,
          queries: byResolution('thanos_compact_group_compactions_total'),
        }),
        graph({
          title: 'Downsamplings',
          description:
            'Within an hour, by the resolution that they started from: 5 minutes are made of raw, 1 hour of 5 minutes.',
          unit: 'none',
          fleetWide,
          queries: byResolution('thanos_compact_downsample_total').slice(0, 2),
        }),
        graph({
          title: 'Compactor failures',
          description: 'Within an hour. A retry passes; a failed compaction halts the compactor when it is not the network.',
          unit: 'none',
          fleetWide,
          queries: withinAnHour({
            compactions: `thanos_compact_group_compactions_failures_total{${compact}}`,
            downsamplings: `thanos_compact_downsample_failures_total{${compact}}`,
            retries: `thanos_compact_retries_total{${compact}}`,
            deletions: `thanos_compact_block_cleanup_failures_total{${compact}}`,
            'garbage collections': `thanos_compact_garbage_collection_failures_total{${compact}}`,
          }),
        }),
        graph({
          title: 'Blocks marked and deleted',
          description: 'Within an hour. Marked by retention and after compaction; deleted when the delete delay is over.',
          unit: 'none',
          fleetWide,
          queries: withinAnHour({
            'marked for deletion': `thanos_compact_blocks_marked_total{${compact}, marker="deletion-mark.json"}`,
            'marked for no compaction': `thanos_compact_blocks_marked_total{${compact}, marker="no-compact-mark.json"}`,
            'compacted away': `thanos_compact_garbage_collected_blocks_total{${compact}}`,
            deleted: `thanos_compact_blocks_cleaned_total{${compact}}`,
            'cut-off uploads deleted': `thanos_compact_aborted_partial_uploads_deletion_attempts_total{${compact}}`,
          }),
        }),
        graph({
          title: 'Rounds',
          description:
            'Through all groups of blocks within an hour, and of the deletion. None for hours: it hangs, or works at one block.',
          unit: 'none',
          fleetWide,
          queries: withinAnHour({
            rounds: `thanos_compact_iterations_total{${compact}}`,
            deletion: `thanos_compact_block_cleanup_loops_total{${compact}}`,
          }),
        }),
      ],
      ...(fleet.objectStore.replicate
        ? {
            'Second bucket': [
              graph({
                title: 'Rounds of copying',
                description: 'Ended within an hour; they begin a minute apart. None: a round takes longer, or hangs.',
                unit: 'none',
                fleetWide,
                queries: withinAnHour({
                  succeeded: `thanos_replicate_replication_runs_total{${replicate}, result="success"}`,
                  failed: `thanos_replicate_replication_runs_total{${replicate}, result="error"}`,
                }),
              }),
              graph({
                title: 'Copied',
                description: 'Blocks and objects within an hour: about as many as are uploaded and compacted.',
                unit: 'none',
                fleetWide,
                queries: withinAnHour({
                  blocks: `thanos_replicate_blocks_replicated_total{${replicate}}`,
                  objects: `thanos_replicate_objects_replicated_total{${replicate}}`,
                }),
              }),
            ],
          }
        : {}),
      'Processes at the bucket': processes({
        matchers: 'job=~"thanos-store|thanos-compact|thanos-bucket-web|thanos-replicate"',
        by: ['pod'],
        legend: '{{pod}}',
        fleetWide,
      }),
    },
  });
