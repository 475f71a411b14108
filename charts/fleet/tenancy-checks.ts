// What the schema cannot say about tenants.
import { nearest } from './nearest';
import { clusterLabel } from './resolve';
import { type Check, refuseIf, type Violation } from './violations';

/** Labels by which a cluster's series can be told from those of others, before anything is asked of it. */
const label: Check = (fleet) => {
  const tenancy = fleet.observer.tenancy;
  if (!tenancy) return [];
  const known = [clusterLabel, ...new Set(Object.values(fleet.clusters).flatMap((c) => Object.keys(c.labels ?? {})))];
  return refuseIf(!known.includes(tenancy.label), {
    code: 'tenant-label',
    path: ['observer', 'tenancy', 'label'],
    problem: `tenants would be told apart by ${tenancy.label}, and no cluster has that label`,
    consequence:
      'every tenant would see nothing, or, where it is a label of series, whatever programs that are scraped put there themselves.',
    remedy: `${nearest(tenancy.label, known) ?? known.join(' or ')}, or labels: {${tenancy.label}: …} at the clusters.`,
  });
};

/** Thanos takes a tenant for the last part of a path, and refuses what is longer (thanos pkg/tenancy). */
const names: Check = (fleet) => {
  const { label } = fleet.observer.tenancy ?? {};
  return Object.entries(fleet.clusters).flatMap(([name, { labels }]): Violation[] => {
    const tenant = label === undefined ? undefined : labels?.[label];
    return refuseIf(tenant?.includes('/') || tenant === '.' || tenant === '..', {
      code: 'tenant-name',
      path: ['clusters', name, 'labels', label ?? ''],
      problem: `${tenant} would be a tenant, that of ${name}`,
      consequence: 'Thanos refuses every query of a tenant with such a name.',
      remedy: 'a value without a slash.',
    });
  });
};

export const tenancyChecks: readonly Check[] = [label, names];
