// The objects of one Kubernetes cluster, and what is said about them.
import type { Manifest, Synthesized } from '../../charts/fleet';

export interface ObjectName {
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

/** Something that must be looked at before a change is applied. */
export interface Finding extends ObjectName {
  /** Stable name of the rule. */
  readonly code: string;
  readonly problem: string;
  readonly consequence: string;
  /** What to do instead, or before. */
  readonly remedy: string;
  /** What `npm run up` takes away before it applies, so that nothing is refused; it comes back if it is still in the fleet. */
  readonly inTheWay?: ObjectName;
}

export const nameOf = ({ kind, metadata }: Manifest): ObjectName => ({
  kind,
  ...(metadata.namespace ? { namespace: metadata.namespace } : {}),
  name: metadata.name,
});

/** Kind, namespace and name in words: what makes an object the same one before and after. */
export const keyOf = ({ kind, namespace, name }: ObjectName): string => `${kind} ${namespace ? `${namespace}/` : ''}${name}`;

/** Objects by `keyOf`. */
export type Objects = ReadonlyMap<string, Manifest>;

export const byKey = (objects: readonly Manifest[]): Objects => new Map(objects.map((o) => [keyOf(nameOf(o)), o]));

/** A Kubernetes cluster's objects of a synthesized fleet, as plain data. */
export const objectsOf = ({ files }: Synthesized, kubernetes: string): Manifest[] =>
  JSON.parse(JSON.stringify(files.filter((f) => f.path.startsWith(`${kubernetes}/`)).flatMap((f) => f.objects)));
