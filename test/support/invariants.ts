// What must hold for every object of every fleet, whatever its file says: problems as text, none when all is well.
import { Certificate } from '@kubernetes-models/cert-manager/cert-manager.io/v1/Certificate';
import { Yaml } from 'cdk8s';
import { DaemonSet } from 'kubernetes-models/apps/v1/DaemonSet';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { StatefulSet } from 'kubernetes-models/apps/v1/StatefulSet';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler';
import { Ingress } from 'kubernetes-models/networking.k8s.io/v1/Ingress';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { ClusterRole } from 'kubernetes-models/rbac.authorization.k8s.io/v1/ClusterRole';
import { ClusterRoleBinding } from 'kubernetes-models/rbac.authorization.k8s.io/v1/ClusterRoleBinding';
import { Role } from 'kubernetes-models/rbac.authorization.k8s.io/v1/Role';
import { RoleBinding } from 'kubernetes-models/rbac.authorization.k8s.io/v1/RoleBinding';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import { Namespace } from 'kubernetes-models/v1/Namespace';
import { Secret } from 'kubernetes-models/v1/Secret';
import { Service } from 'kubernetes-models/v1/Service';
import { ServiceAccount } from 'kubernetes-models/v1/ServiceAccount';
import { parse } from 'yaml';
import { z } from 'zod';
import { certificateVolumeOf } from '../../charts/config/object-stores/client';
import type { Manifest, ResolvedFleet } from '../../charts/fleet';
import { imageOf } from '../../charts/images';
import { fingerprint } from '../../charts/kit/kubernetes';
import { bytes } from '../../charts/kit/units';
import { containersOf, idOf, type Json, ofKind, workloadsOf } from './fleets';

/** What of an HTTPRoute is used here, and nothing else: the published model is no CommonJS module. */
const route = z.strictObject({
  apiVersion: z.string(),
  kind: z.literal('HTTPRoute'),
  metadata: z.strictObject({ name: z.string(), namespace: z.string(), labels: z.record(z.string(), z.string()) }),
  spec: z.strictObject({
    parentRefs: z.array(z.strictObject({ name: z.string(), namespace: z.string(), sectionName: z.string() })).min(1),
    hostnames: z.array(z.string().max(253)).min(1),
    rules: z
      .array(
        z.strictObject({
          matches: z.array(z.strictObject({ path: z.strictObject({ type: z.literal('PathPrefix'), value: z.string() }) })),
          backendRefs: z.array(z.strictObject({ name: z.string(), port: z.int().min(1).max(65_535) })).min(1),
        }),
      )
      .min(1),
  }),
});
/** What of an ExternalSecret is used here, with everything that the API server would fill in otherwise. */
const externalSecret = z.strictObject({
  apiVersion: z.string(),
  kind: z.literal('ExternalSecret'),
  metadata: z.strictObject({
    name: z.string(),
    namespace: z.string(),
    labels: z.record(z.string(), z.string()),
    annotations: z.record(z.string(), z.string()),
  }),
  spec: z.strictObject({
    refreshPolicy: z.literal('Periodic'),
    refreshInterval: z.string().regex(/^(\d+h\d+m\d+s|\d+m\d+s)$/),
    secretStoreRef: z.strictObject({ kind: z.enum(['ClusterSecretStore', 'SecretStore']), name: z.string() }),
    target: z.strictObject({
      name: z.string(),
      creationPolicy: z.literal('Orphan'),
      deletionPolicy: z.literal('Retain'),
      template: z.strictObject({ engineVersion: z.literal('v2'), mergePolicy: z.literal('Replace'), type: z.string() }),
    }),
    data: z
      .array(
        z.strictObject({
          secretKey: z.string().regex(/^[-._a-zA-Z0-9]{1,253}$/),
          remoteRef: z.strictObject({
            key: z.string().min(1),
            property: z.string(),
            conversionStrategy: z.literal('Default'),
            decodingStrategy: z.literal('None'),
            metadataPolicy: z.literal('None'),
          }),
        }),
      )
      .min(1),
  }),
});

const byForm = (form: z.ZodType) =>
  class {
    constructor(private readonly data: unknown) {}
    validate(): void {
      form.parse(this.data);
    }
  };

// biome-ignore lint/suspicious/noExplicitAny: the classes have one constructor each, of their own type
const models: Record<string, new (data: any) => { validate(): void }> = {
  'apps/v1 DaemonSet': DaemonSet,
  'apps/v1 Deployment': Deployment,
  'apps/v1 StatefulSet': StatefulSet,
  'autoscaling/v2 HorizontalPodAutoscaler': HorizontalPodAutoscaler,
  'cert-manager.io/v1 Certificate': Certificate,
  'external-secrets.io/v1 ExternalSecret': byForm(externalSecret),
  'gateway.networking.k8s.io/v1 HTTPRoute': byForm(route),
  'networking.k8s.io/v1 Ingress': Ingress,
  'networking.k8s.io/v1 NetworkPolicy': NetworkPolicy,
  'policy/v1 PodDisruptionBudget': PodDisruptionBudget,
  'rbac.authorization.k8s.io/v1 ClusterRole': ClusterRole,
  'rbac.authorization.k8s.io/v1 ClusterRoleBinding': ClusterRoleBinding,
  'rbac.authorization.k8s.io/v1 Role': Role,
  'rbac.authorization.k8s.io/v1 RoleBinding': RoleBinding,
  'v1 ConfigMap': ConfigMap,
  'v1 Namespace': Namespace,
  'v1 Secret': Secret,
  'v1 Service': Service,
  'v1 ServiceAccount': ServiceAccount,
};

/** Problems of single objects; an object that was seen before is not looked at again. */
const perObject = (problemsOf: (o: Manifest) => string[]) => {
  const well = new Set<string>();
  return (objects: readonly Manifest[]): string[] =>
    objects.flatMap((o) => {
      const key = fingerprint(o);
      if (well.has(key)) return [];
      const problems = problemsOf(o);
      if (problems.length === 0) well.add(key);
      return problems;
    });
};

/** Against the schema of its kind. */
export const schemaProblems = perObject((o) => {
  const model = models[`${o.apiVersion} ${o.kind}`];
  if (!model) return [`${idOf(o)}: no model of ${o.apiVersion} ${o.kind}`];
  try {
    new model(structuredClone(o)).validate();
    return [];
  } catch (error) {
    return [`${idOf(o)}: ${(error as Error).message}`];
  }
});

const emptyValues = (value: unknown, path: string): string[] => {
  if (value === null || value === undefined) return [`${path} is ${value}`];
  if (typeof value === 'number' && !Number.isFinite(value)) return [`${path} is ${value}`];
  if (typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, part]) => emptyValues(part, `${path}.${key}`));
};

/** Values that Kubernetes would take for something else: null, undefined, NaN. */
export const emptyValueProblems = (objects: readonly Manifest[]): string[] => objects.flatMap((o) => emptyValues(o, idOf(o)));

/** Two objects that would overwrite each other in one Kubernetes cluster. */
export const duplicateProblems = (objects: readonly Manifest[]): string[] => {
  const ids = objects.map((o) => `${o.apiVersion} ${idOf(o)}`);
  return ids.filter((id, i) => ids.indexOf(id) !== i).map((id) => `${id} is there twice`);
};

const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const dnsName = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const portName = /^(?=.{1,15}$)(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const labelValue = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const labelKey = /^([a-z0-9.-]{1,253}\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const configMapKey = /^[-._a-zA-Z0-9]{1,253}$/;
const envName = /^[A-Za-z_][A-Za-z0-9_]*$/;

const unless = (pattern: RegExp, what: string, values: readonly (string | undefined)[]): string[] =>
  values.filter((v) => v !== undefined && !pattern.test(v)).map((v) => `${what} ${JSON.stringify(v)} is not valid`);

/** Every name that Kubernetes would refuse. */
export const nameProblems = (objects: readonly Manifest[]): string[] => [
  ...objects.flatMap((o) => [
    ...unless(['Namespace', 'Service'].includes(o.kind) ? dnsLabel : dnsName, o.kind, [o.metadata.name]),
    ...unless(dnsLabel, `namespace of ${idOf(o)}`, [o.metadata.namespace]),
    ...unless(labelKey, `label of ${idOf(o)}`, Object.keys(o.metadata.labels ?? {})),
    ...unless(labelValue, `label value of ${idOf(o)}`, Object.values(o.metadata.labels ?? {})),
  ]),
  ...ofKind(objects, 'ConfigMap', 'Secret').flatMap((o) =>
    unless(configMapKey, `key of ${idOf(o)}`, Object.keys(o.data ?? o.stringData)),
  ),
  ...ofKind(objects, 'Service').flatMap((o) =>
    unless(
      portName,
      `port of ${idOf(o)}`,
      (o.spec.ports ?? []).map((p: Json) => p.name),
    ),
  ),
  ...workloadsOf(objects).flatMap((w) => [
    ...unless(labelValue, `label value of ${w.id}`, Object.values(w.labels)),
    ...unless(
      dnsLabel,
      `volume of ${w.id}`,
      (w.spec.volumes ?? []).map((v: Json) => v.name),
    ),
    ...unless(
      dnsName,
      `Secret of ${w.id}`,
      (w.spec.volumes ?? []).map((v: Json) => v.secret?.secretName),
    ),
    // pods of a StatefulSet are named after it, and their name is a label's value
    ...(w.kind === 'StatefulSet' ? unless(labelValue, `pod of ${w.id}`, [`${w.name}-${w.replicas - 1}`]) : []),
  ]),
  ...containersOf(objects).flatMap(({ id, container }) => [
    ...unless(dnsLabel, `container of ${id}`, [container.name]),
    ...unless(
      portName,
      `port of ${id}`,
      (container.ports ?? []).map((p: Json) => p.name),
    ),
    ...unless(
      envName,
      `variable of ${id}`,
      (container.env ?? []).map((e: Json) => e.name),
    ),
  ]),
];

const octet = '(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const ipv4Range = new RegExp(`^${octet}(\\.${octet}){3}/([12]?\\d|3[0-2])$`);
const ipv6Range = /^(?=.*:.*:)(?!.*:::)[0-9a-fA-F:]+\/\d{1,3}$/;
const validRange = (cidr: string): boolean => ipv4Range.test(cidr) || ipv6Range.test(cidr);

const isPort = (n: unknown): boolean => typeof n !== 'number' || (Number.isInteger(n) && n >= 1 && n <= 65535);

/** Numbers and addresses that Kubernetes would refuse though its schema takes them. */
export const valueProblems = (objects: readonly Manifest[]): string[] => [
  ...ofKind(objects, 'NetworkPolicy').flatMap((o) =>
    [...(o.spec.ingress ?? []), ...(o.spec.egress ?? [])].flatMap((rule: Json) => [
      ...(rule.ports ?? []).filter((p: Json) => !isPort(p.port)).map((p: Json) => `${idOf(o)}: port ${p.port}`),
      ...[...(rule.from ?? []), ...(rule.to ?? [])].flatMap(({ ipBlock }: Json) =>
        ipBlock
          ? [
              ...[ipBlock.cidr, ...(ipBlock.except ?? [])]
                .filter((c) => !validRange(c))
                .map((c) => `${idOf(o)}: address range ${c}`),
              ...(ipBlock.except ?? [])
                .filter((c: string) => Number(c.split('/')[1]) <= Number(ipBlock.cidr.split('/')[1]))
                .map((c: string) => `${idOf(o)}: ${c} is not a part of ${ipBlock.cidr}`),
            ]
          : [],
      ),
    ]),
  ),
  ...ofKind(objects, 'Service').flatMap((o) =>
    (o.spec.ports ?? []).flatMap(({ port, nodePort }: Json) => [
      ...(isPort(port) ? [] : [`${idOf(o)}: port ${port}`]),
      ...(nodePort === undefined || (nodePort >= 30000 && nodePort <= 32767) ? [] : [`${idOf(o)}: nodePort ${nodePort}`]),
    ]),
  ),
  ...ofKind(objects, 'Service')
    .flatMap((o) => (o.spec.ports ?? []).flatMap((p: Json) => (p.nodePort ? [p.nodePort] : [])))
    .filter((port, i, all) => all.indexOf(port) !== i)
    .map((port) => `nodePort ${port} is taken twice`),
];

const twice = (what: string, names: readonly (string | undefined)[]): string[] =>
  names.filter((name, i) => name !== undefined && names.indexOf(name) !== i).map((name) => `${what} ${name} is there twice`);

/** What Kubernetes refuses of pods though its schema takes it, and what must not be left to chance. */
export const podProblems = (objects: readonly Manifest[]): string[] => [
  ...workloadsOf(objects).flatMap((w) => {
    const containers: Json[] = [...(w.spec.initContainers ?? []), ...w.spec.containers];
    const claims = (w.object.spec.volumeClaimTemplates ?? []).map((t: Json) => t.metadata.name);
    return [
      ...twice(
        `container of ${w.id}:`,
        containers.map((c) => c.name),
      ),
      ...twice(`volume of ${w.id}:`, [...(w.spec.volumes ?? []).map((v: Json) => v.name), ...claims]),
      ...twice(
        `pull secret of ${w.id}:`,
        (w.spec.imagePullSecrets ?? []).map((s: Json) => s.name),
      ),
    ];
  }),
  ...containersOf(objects).flatMap(({ id, container: c }) => [
    ...twice(
      `path of ${id}:`,
      (c.volumeMounts ?? []).map((m: Json) => m.mountPath),
    ),
    ...twice(
      `variable of ${id}:`,
      (c.env ?? []).map((e: Json) => e.name),
    ),
    ...twice(
      `port of ${id}:`,
      (c.ports ?? []).map((p: Json) => p.name),
    ),
    ...twice(
      `port of ${id}:`,
      (c.ports ?? []).map((p: Json) => `${p.containerPort}/${p.protocol ?? 'TCP'}`),
    ),
    ...(bytes(c.resources.requests.memory) <= bytes(c.resources.limits.memory) ? [] : [`${id} may use less than it requests`]),
    ...(imageOf(c.image) ? [] : [`${id} runs ${c.image}, which is not in charts/images.ts`]),
    ...(c.securityContext.readOnlyRootFilesystem && !c.securityContext.allowPrivilegeEscalation
      ? []
      : [`${id} is not restricted`]),
  ]),
];

/** Values that were printed without anybody knowing how. */
export const textProblems = perObject((o) =>
  [...JSON.stringify(o).matchAll(/\bundefined\b|\bNaN\b|\[object \w+\]/g)].map(([text]) => `${idOf(o)} says ${text}`),
);

/** References to nothing: a volume's ConfigMap, a binding's role, an object's namespace. */
export const referenceProblems = (objects: readonly Manifest[], { clusters }: ResolvedFleet): string[] => {
  const foreignNamespaces = clusters.flatMap((c) => c.namespaces);
  const theirs = [certificateVolumeOf('objstore'), certificateVolumeOf('replica')]; // may be ConfigMaps that users make
  const has = (kind: string, namespace: string | undefined, name: string) =>
    objects.some((o) => o.kind === kind && o.metadata.namespace === namespace && o.metadata.name === name);
  return [
    ...objects
      .filter((o) => o.metadata.namespace !== undefined)
      .filter((o) => !has('Namespace', undefined, o.metadata.namespace as string))
      .filter((o) => !foreignNamespaces.includes(o.metadata.namespace as string))
      .map((o) => `${idOf(o)} is in a namespace that is not there`),
    ...workloadsOf(objects).flatMap((w) => [
      ...(has('ServiceAccount', w.namespace, w.spec.serviceAccountName) ? [] : [`${w.id} has no service account`]),
      ...(w.kind !== 'StatefulSet' || has('Service', w.namespace, w.object.spec.serviceName) ? [] : [`${w.id} has no Service`]),
      ...(w.spec.volumes ?? [])
        .filter(
          (v: Json) =>
            v.configMap && !v.configMap.optional && !theirs.includes(v.name) && !has('ConfigMap', w.namespace, v.configMap.name),
        )
        .map((v: Json) => `${w.id} mounts ConfigMap ${v.configMap.name}, which is not there`),
      ...[...(w.spec.initContainers ?? []), ...w.spec.containers].flatMap((c: Json) =>
        (c.volumeMounts ?? [])
          .filter(
            (m: Json) =>
              ![...(w.spec.volumes ?? []), ...(w.object.spec.volumeClaimTemplates ?? []).map((t: Json) => t.metadata)].some(
                (v: Json) => v.name === m.name,
              ),
          )
          .map((m: Json) => `${w.id} mounts volume ${m.name}, which is not there`),
      ),
    ]),
    ...ofKind(objects, 'Ingress').flatMap((o) =>
      o.spec.rules
        .flatMap((rule: Json) => rule.http.paths)
        .filter((path: Json) => !has('Service', o.metadata.namespace, path.backend.service.name))
        .map((path: Json) => `${idOf(o)} leads to Service ${path.backend.service.name}, which is not there`),
    ),
    ...ofKind(objects, 'RoleBinding', 'ClusterRoleBinding').flatMap((o) => [
      ...(has(o.roleRef.kind, o.metadata.namespace, o.roleRef.name) ? [] : [`${idOf(o)} binds no role`]),
      ...o.subjects
        .filter((s: Json) => !has(s.kind, s.namespace, s.name))
        .map((s: Json) => `${idOf(o)} binds ${s.name} of ${s.namespace}, which is not there`),
    ]),
  ];
};

/** What is not the same after it was written and read as YAML. */
export const yamlProblems = perObject((o) =>
  JSON.stringify(parse(Yaml.stringify(o), { version: '1.1' })) === JSON.stringify(o)
    ? []
    : [`${idOf(o)} reads back as something else`],
);
