// What `npm run up` takes away, by when.
import { keyOf, type ObjectName } from './objects';
import type { Change, KubernetesPlan } from './plan';

export interface Leftovers {
  /** They end before others take their place: two compactors on one bucket would corrupt it. Volumes stay. */
  readonly workloads: readonly Change[];
  /** Services with a NodePort that another gets: they go just before everything is applied, and come back if they are in the fleet. */
  readonly inTheWay: readonly ObjectName[];
  /** They go when everything else is ready: pods may use them until then. */
  readonly rest: readonly Change[];
  /** Left as they are with all that is in them, volumes too: for a person to delete. */
  readonly namespaces: readonly Change[];
}

/** What of a plan is to be taken away. */
export const leftovers = ({ changes, refused }: KubernetesPlan): Leftovers => {
  const gone = changes.filter((c) => c.verdict === 'deleted');
  const namespaces = gone.filter((c) => c.kind === 'Namespace');
  const single = gone.filter((c) => c.kind !== 'Namespace' && !namespaces.some((n) => n.name === c.namespace));
  const isWorkload = (c: Change) => ['StatefulSet', 'Deployment', 'DaemonSet'].includes(c.kind);
  const inTheWay = new Map(refused.flatMap((f) => (f.inTheWay ? [[keyOf(f.inTheWay), f.inTheWay] as const] : [])));
  return {
    workloads: single.filter(isWorkload),
    inTheWay: [...inTheWay.values()],
    rest: single.filter((c) => !isWorkload(c) && !inTheWay.has(keyOf(c))),
    namespaces,
  };
};
