// What a change of the fleet does to one Kubernetes cluster: from the objects before and after, nothing asked, nothing written.
import type { Manifest } from '../../charts/fleet';
import { type Difference, differences, type Json } from './differences';
import { byKey, type Finding, keyOf, nameOf, type ObjectName, type Objects } from './objects';
import { refusals } from './refusals';
import { risks } from './risks';

export interface Change extends ObjectName {
  /** A ConfigMap whose name carries a hash of its content is replaced by one of another name. */
  readonly verdict: 'created' | 'changed' | 'replaced' | 'deleted';
  /** The former name of what is replaced. */
  readonly formerly?: string;
  readonly differences: readonly Difference[];
}

/** A workload whose pods are started anew, and what of their description or their files makes Kubernetes do so. */
export interface Restart extends ObjectName {
  /** Absent: one on every node. */
  readonly pods?: number;
  readonly because: readonly Difference[];
}

export interface KubernetesPlan {
  readonly kubernetes: string;
  readonly changes: readonly Change[];
  readonly restarts: readonly Restart[];
  readonly refused: readonly Finding[];
  readonly risks: readonly Finding[];
}

/** An object without what the API server adds to it by itself. */
const comparable = ({ status: _, apiVersion: __, ...object }: Manifest): Json => {
  const {
    managedFields: ___,
    generation,
    resourceVersion,
    uid,
    creationTimestamp,
    selfLink,
    ...metadata
  } = object.metadata as Json;
  return { ...object, metadata };
};

/** A Secret's values are nobody's business: that they differ is enough. */
const withoutValues = (all: readonly Difference[]): Difference[] =>
  all.map((d) =>
    ['data', 'stringData'].includes(d.path[0] ?? '')
      ? {
          path: d.path.slice(0, 2),
          ...('before' in d ? { before: '(secret)' } : {}),
          ...('after' in d ? { after: '(another secret)' } : {}),
        }
      : d,
  );

const compare = (before: Manifest, after: Manifest): Difference[] => {
  const found = differences(comparable(before), comparable(after));
  return after.kind === 'Secret' ? withoutValues(found) : found;
};

/** The ConfigMaps that a pod template mounts, by the volume's name. */
const mounted = (workload: Manifest): Map<string, string> =>
  new Map(
    (workload.spec?.template?.spec?.volumes ?? [])
      .filter((v: Json) => v.configMap)
      .map((v: Json): [string, string] => [v.name, v.configMap.name]),
  );

const isWorkload = (o: Manifest): boolean => ['StatefulSet', 'Deployment', 'DaemonSet'].includes(o.kind);

const configMap = (objects: Objects, workload: Manifest, name: string): Manifest | undefined =>
  objects.get(keyOf({ kind: 'ConfigMap', namespace: workload.metadata.namespace, name }));

/** Former names of ConfigMaps: what a workload mounts in the place of what it mounted before. */
const renamed = (before: Objects, after: Objects): Map<string, string> =>
  new Map(
    [...after].flatMap(([key, workload]) => {
      const former = before.get(key);
      if (!former || !isWorkload(workload)) return [];
      const old = mounted(former);
      return [...mounted(workload)].flatMap(([volume, name]): [string, string][] => {
        const was = old.get(volume);
        const [from, to] = [was && configMap(before, former, was), configMap(after, workload, name)];
        return was && was !== name && from && to ? [[keyOf(nameOf(to)), keyOf(nameOf(from))]] : [];
      });
    }),
  );

const restartOf = (before: Objects, after: Objects, former: Manifest, workload: Manifest): Restart | undefined => {
  const found = differences(former.spec.template, workload.spec.template);
  if (found.length === 0) return undefined;
  const because = found.flatMap((d): Difference[] => {
    const [, volumes, volume, kind, key] = d.path;
    if (volumes !== 'volumes' || kind !== 'configMap' || key !== 'name') return [d];
    const [from, to] = [configMap(before, former, d.before), configMap(after, workload, d.after)];
    const inside = from && to ? differences(from.data, to.data) : [];
    return inside.length > 0 ? inside.map((i) => ({ ...i, path: [volume as string, ...i.path] })) : [d];
  });
  // those that are there and stay: a pod more is no restart, nor is one less
  const pods = Math.min(...[former, workload].map((o) => o.spec.replicas ?? 1));
  return { ...nameOf(workload), ...(workload.kind === 'DaemonSet' ? {} : { pods }), because };
};

/**
 * Compares what a Kubernetes cluster has of the fleet with what it shall have.
 * @param before the objects of the last release, or those that are in the cluster
 * @param after the objects that will be applied, or what the API server would make of them
 * @param context of its kubeconfig, for commands
 */
export const planOf = (
  kubernetes: string,
  before: readonly Manifest[],
  after: readonly Manifest[],
  context?: string,
): KubernetesPlan => {
  const [old, fresh] = [byKey(before), byKey(after)];
  const formerNames = renamed(old, fresh);
  const replaced = new Set([...formerNames].filter(([key]) => !old.has(key)).map(([, former]) => former));
  const kept = [...fresh].flatMap(([key, object]): Change[] => {
    const former = old.get(key);
    if (former) {
      const found = compare(former, object);
      return found.length > 0 ? [{ ...nameOf(object), verdict: 'changed', differences: found }] : [];
    }
    const predecessor = old.get(formerNames.get(key) ?? '');
    return predecessor
      ? [
          {
            ...nameOf(object),
            verdict: 'replaced',
            formerly: predecessor.metadata.name,
            differences: differences(predecessor.data, object.data),
          },
        ]
      : [{ ...nameOf(object), verdict: 'created', differences: [] }];
  });
  const gone = [...old].filter(([key]) => !fresh.has(key) && !replaced.has(key));
  const restarts = [...fresh].flatMap(([key, object]) => {
    const former = old.get(key);
    const restart = former && isWorkload(object) ? restartOf(old, fresh, former, object) : undefined;
    return restart && restart.pods !== 0 ? [restart] : [];
  });
  return {
    kubernetes,
    changes: [...kept, ...gone.map(([, object]): Change => ({ ...nameOf(object), verdict: 'deleted', differences: [] }))],
    restarts,
    refused: refusals(old, fresh, context),
    risks: risks(old, fresh),
  };
};
