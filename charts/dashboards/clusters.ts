// What several dashboards show of a monitored cluster.
import type { ResolvedFleet } from '../fleet/resolve';
import { seconds } from '../kit/units';
import { highIsBad, type Steps, selected } from './panels';

/** From a cluster's name to what explains it. */
export const clusterLinks = {
  ingestion: 'What ${__value.text} scrapes and uploads',
  'ruler-and-alerting': 'Alerts of ${__value.text}',
  nodes: 'Nodes of ${__value.text}',
  containers: 'Containers of ${__value.text}',
  'object-store': 'Bucket operations of ${__value.text}',
  'query-path': 'Queries to ${__value.text}',
} as const;

const sidecars = `${selected}, job="thanos-sidecar"`;

/**
 * Seconds since a replica's last upload. The gauge is 0 until a process has uploaded (thanos pkg/objstore), which would be an
 * age of decades: then the age of the process counts.
 */
export const uploadAge = {
  meaning: 'One that has uploaded nothing since it started counts from its start.',
  expr: (...by: string[]): string =>
    `max by (${by.join(', ')}) (time() - (max by (cluster, namespace, pod) (thanos_objstore_bucket_last_successful_upload_time{${sidecars}} > 0) or max by (cluster, namespace, pod) (process_start_time_seconds{${sidecars}})))`,
};

/** A block is cut when it is half as old again as it is long; the second one missing is a fault. */
export const uploadAgeSteps = (fleet: ResolvedFleet): Steps => {
  const longest = Math.max(...fleet.clusters.map((c) => seconds(c.blockDuration)));
  return highIsBad(2 * longest, 3 * longest);
};
