// Every dashboard of a fleet.
import type { ResolvedFleet } from '../fleet/resolve';
import { alertmanagerDashboard } from './alertmanager';
import { containers } from './containers';
import { ingestion } from './ingestion';
import { nodes } from './nodes';
import { objectStore } from './object-store';
import { overview } from './overview';
import type { ProvisionedDashboard } from './panels';
import { queryPath } from './query-path';
import { rulerAndAlerting } from './ruler-and-alerting';

export const dashboards = (fleet: ResolvedFleet): ProvisionedDashboard[] => [
  overview(fleet),
  queryPath(fleet),
  ingestion(fleet),
  objectStore(fleet),
  rulerAndAlerting(),
  nodes(),
  containers(),
  alertmanagerDashboard(),
];
