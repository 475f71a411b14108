// What Kubernetes refuses because of what is there (k8s.io/kubernetes, pkg/apis/*/validation), and the way out.
import type { Manifest } from '../../charts/fleet';
import { bytes } from '../../charts/kit/units';
import { type Difference, differences, type Json } from './differences';
import { type Finding, keyOf, nameOf, type Objects } from './objects';

interface Rule {
  /** Whether a field may not change. */
  readonly immutable: (path: readonly string[], before: Manifest, after: Manifest) => boolean;
  readonly consequence: string;
  readonly wayOut: (object: Manifest, found: readonly Difference[]) => string;
}

const kubectl = (verb: string, { kind, metadata }: Manifest, rest = ''): string =>
  `kubectl ${metadata.namespace ? `-n ${metadata.namespace} ` : ''}${verb} ${kind.toLowerCase()} ${metadata.name}${rest}`;

const under =
  (...fields: string[]) =>
  (path: readonly string[]): boolean =>
    fields.some((field) => `${path.join('.')}.`.startsWith(`${field}.`));

const makeAnew = (object: Manifest): string => `${kubectl('delete', object)}, and apply again.`;

const podsStop = 'the object stays as it is. Made anew, it starts all its pods anew at once.';
const nothingIsLost = 'the object stays as it is. Made anew, it is missing for a moment.';

/** Since Kubernetes 1.33 revisionHistoryLimit too (kubernetes/kubernetes#130263). */
const mutableOfStatefulSet = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
  'revisionHistoryLimit',
];

const statefulSet: Rule = {
  immutable: ([spec, field]) => spec === 'spec' && field !== undefined && !mutableOfStatefulSet.includes(field),
  consequence: 'the object stays as it is, and with it everything else that would change of it.',
  wayOut: (object, found) => {
    const orphan = `${kubectl('delete', object, ' --cascade=orphan')} (its pods and volumes stay), and apply again`;
    if (found.some((d) => d.path[1] === 'selector'))
      return `${kubectl('delete', object)} (its pods stop; its volumes stay and are taken again), and apply again.`;
    if (!found.every((d) => d.path.at(-1) === 'storage')) return `${orphan}.`;
    if (found.some((d) => bytes(d.after) < bytes(d.before))) return 'keep the size: no volume can shrink.';
    const grown = (object.spec.volumeClaimTemplates ?? []).map(
      (c: Json) =>
        `kubectl -n ${object.metadata.namespace} patch pvc <claim> -p '{"spec":${JSON.stringify({ resources: c.spec.resources })}}'`,
    );
    return `first let every claim grow: ${grown.join('; ')} (the StorageClass must allow it); then ${orphan}.`;
  },
};

const selector: Rule = { immutable: under('spec.selector'), consequence: podsStop, wayOut: makeAnew };

const rules: Readonly<Record<string, Rule>> = {
  StatefulSet: statefulSet,
  Deployment: selector,
  DaemonSet: selector,
  Job: {
    immutable: under(
      'spec.template',
      'spec.selector',
      'spec.completions',
      'spec.completionMode',
      'spec.podFailurePolicy',
      'spec.backoffLimitPerIndex',
      'spec.successPolicy',
    ),
    consequence: 'the Job stays as it is. Made anew, it runs again.',
    wayOut: makeAnew,
  },
  Service: {
    immutable: (path, before, after) =>
      under('spec.clusterIP', 'spec.clusterIPs', 'spec.loadBalancerClass')(path) &&
      ![before, after].some((o) => o.spec.type === 'ExternalName'),
    consequence: 'the Service stays as it is: Kubernetes refuses another address, and keeps the old one where none is given.',
    wayOut: makeAnew,
  },
  RoleBinding: { immutable: under('roleRef'), consequence: nothingIsLost, wayOut: makeAnew },
  ClusterRoleBinding: { immutable: under('roleRef'), consequence: nothingIsLost, wayOut: makeAnew },
  ConfigMap: {
    immutable: (path, before) => before.immutable === true && under('data', 'binaryData', 'immutable')(path),
    consequence: nothingIsLost,
    wayOut: makeAnew,
  },
  Secret: {
    immutable: (path, before) =>
      under('type')(path) || (before.immutable === true && under('data', 'stringData', 'immutable')(path)),
    consequence: nothingIsLost,
    wayOut: makeAnew,
  },
  PersistentVolumeClaim: {
    immutable: (path, before, after) =>
      under('spec')(path) &&
      !under('spec.volumeAttributesClassName')(path) &&
      !(path.at(-1) === 'storage' && bytes(storage(after)) > bytes(storage(before))),
    consequence: 'the claim stays as it is: a volume can grow, and nothing else.',
    wayOut: () => 'a claim of another name; copy what is in the old one.',
  },
  StorageClass: {
    immutable: under('provisioner', 'parameters', 'reclaimPolicy', 'volumeBindingMode'),
    consequence: nothingIsLost,
    wayOut: makeAnew,
  },
  PriorityClass: { immutable: under('value', 'preemptionPolicy'), consequence: nothingIsLost, wayOut: makeAnew },
  IngressClass: { immutable: under('spec.controller'), consequence: nothingIsLost, wayOut: makeAnew },
};

const storage = (claim: Manifest): string => claim.spec.resources?.requests?.storage ?? '0';

/** Every object of which a field would change that Kubernetes does not let change. */
const immutableFields = (before: Objects, after: Objects): Finding[] =>
  [...after].flatMap(([key, object]): Finding[] => {
    const former = before.get(key);
    const rule = rules[object.kind];
    if (!former || !rule) return [];
    const found = differences(former, object).filter((d) => rule.immutable(d.path, former, object));
    if (found.length === 0) return [];
    return [
      {
        code: 'immutable-field',
        ...nameOf(object),
        problem: `Kubernetes does not let ${[...new Set(found.map((d) => d.path.slice(0, 2).join('.')))].join(', ')} change`,
        consequence: rule.consequence,
        remedy: rule.wayOut(object, found),
      },
    ];
  });

const nodePorts = ({ kind, spec }: Manifest): number[] =>
  kind === 'Service' ? (spec.ports ?? []).flatMap((port: Json) => port.nodePort ?? []) : [];

/** Services that want a NodePort which another has: those of localhost go by position, so that a cluster more or less moves them. */
const nodePortsTaken = (before: Objects, after: Objects): Finding[] => {
  const holders = new Map([...before.values()].flatMap((o) => nodePorts(o).map((port) => [port, o] as const)));
  return [...after.values()].flatMap((object) =>
    nodePorts(object).flatMap((port): Finding[] => {
      const holder = holders.get(port);
      if (!holder || keyOf(nameOf(holder)) === keyOf(nameOf(object))) return [];
      return [
        {
          code: 'node-port-taken',
          ...nameOf(object),
          problem: `it would have the NodePort ${port}, which the Service ${holder.metadata.namespace}/${holder.metadata.name} has`,
          consequence: 'Kubernetes refuses it until the other one has gone. Argo CD would try in vain, since it takes away last.',
          remedy: `nothing with npm run up, which deletes that one first. Else, just before you apply or when the change is in git: ${kubectl('delete', holder)}; applying makes it again if it is still in the fleet.`,
          inTheWay: nameOf(holder),
        },
      ];
    }),
  );
};

/**
 * Everything of a change that Kubernetes refuses.
 * @param context the kubeconfig's, which every command of a way out names: of several clusters, the current one may be another
 */
export const refusals = (before: Objects, after: Objects, context?: string): Finding[] =>
  [...immutableFields(before, after), ...nodePortsTaken(before, after)].map((f) =>
    context === undefined ? f : { ...f, remedy: f.remedy.replaceAll('kubectl ', `kubectl --context ${context} `) },
  );
