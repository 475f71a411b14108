// What is in a Kubernetes cluster and no longer in the fleet, by how it is taken away.
import type { Change, KubernetesPlan } from './plan';

export interface Leftovers {
  /** They end before others take their place: two compactors on one bucket would corrupt it. Volumes stay. */
  readonly workloads: readonly Change[];
  /** They go when everything else is ready: pods may use them until then. */
  readonly rest: readonly Change[];
  /** Left as they are with all that is in them, volumes too: for a person to delete. */
  readonly namespaces: readonly Change[];
}

export const leftovers = ({ changes }: KubernetesPlan): Leftovers => {
  const gone = changes.filter((c) => c.verdict === 'deleted');
  const namespaces = gone.filter((c) => c.kind === 'Namespace');
  const single = gone.filter((c) => c.kind !== 'Namespace' && !namespaces.some((n) => n.name === c.namespace));
  const isWorkload = (c: Change) => ['StatefulSet', 'Deployment', 'DaemonSet'].includes(c.kind);
  return { workloads: single.filter(isWorkload), rest: single.filter((c) => !isWorkload(c)), namespaces };
};
