// Every dashboard of a fleet.
import type { ResolvedFleet } from '../fleet/resolve';
import { overview } from './overview';
import type { ProvisionedDashboard } from './panels';

export const dashboards = (fleet: ResolvedFleet): ProvisionedDashboard[] => [overview(fleet.name)];
