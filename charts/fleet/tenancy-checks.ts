// What the schema cannot say about tenants.
import { nearest } from './nearest';
import { clusterLabel } from './resolve';
import type { Fleet } from './schema';
import { type Check, refuseIf, type Violation } from './violations';

/** Labels by which a cluster's series can be told from those of others, before anything is asked of it. */
const label: Check = (fleet) => {
  const tenancy = fleet.observer.tenancy;
  if (!tenancy) return [];
  const known = [clusterLabel, ...new Set(Object.values(fleet.clusters).flatMap((c) => Object.keys(c.labels ?? {})))];
  if (known.includes(tenancy.label)) return [];
  return [
    {
      code: 'tenant-label',
      path: ['observer', 'tenancy', 'label'],
      problem: `tenants would be told apart by ${tenancy.label}, and no cluster has that label`,
      consequence:
        'every tenant would see nothing, or, where it is a label of series, whatever programs that are scraped put there themselves.',
      remedy: `${nearest(tenancy.label, known) ?? known.join(' or ')}, or labels: {${tenancy.label}: …} at the clusters.`,
    },
  ];
};

/** Without a label of their own, clusters pass on that of their series. */
const everyCluster: Check = (fleet) => {
  const wanted = fleet.observer.tenancy?.label;
  const has = (c: Fleet['clusters'][string]) => wanted !== undefined && Object.hasOwn(c.labels ?? {}, wanted);
  if (wanted === undefined || wanted === clusterLabel || !Object.values(fleet.clusters).some(has)) return [];
  return Object.entries(fleet.clusters)
    .filter(([, c]) => !has(c))
    .map(([name, c]) => ({
      code: 'tenant-label',
      path: ['clusters', name, ...(c.labels ? ['labels'] : [])],
      problem: `${name} has no label ${wanted}, by which tenants are told apart`,
      consequence: 'a tenant would see those of its series that have such a label themselves, whoever put it there.',
      remedy: `labels: {${wanted}: …} at ${name} as well, such as the team that runs it.`,
    }));
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

export const tenancyChecks: readonly Check[] = [label, everyCluster, names];
