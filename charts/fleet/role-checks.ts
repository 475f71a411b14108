// What the schema cannot say about roles of IAM: that there are any, that each component has its own, and that IAM takes them.
import { roleOf } from '../config/object-stores/aws';
import { type BucketUser, bucketAccess } from '../config/object-stores/client';
import { accountOf, bucketPolicy, documentLength, groupBy, type Subject, trust } from '../config/object-stores/iam';
import type { ResolvedS3 } from './object-stores';
import { isAmazon, partitionOf } from './partitions';
import type { AwsCluster } from './platforms';
import { prometheusName, type ResolvedFleet, type ResolvedKubernetes } from './resolve';
import { type Check, type Path, refuseIf, type Violation } from './violations';

const auth: Path = ['objectStore', 'auth'];

/** Kubernetes clusters whose pods use the bucket. */
const usersOf = (resolved: ResolvedFleet): ResolvedKubernetes[] => {
  const names = new Set([resolved.observer.in, ...resolved.clusters.map((c) => c.in)]);
  return resolved.kubernetes.filter((k) => names.has(k.name));
};

const staticKeys: Check = (_fleet, resolved) => {
  const { objectStore: store } = resolved;
  const users = usersOf(resolved);
  const everywhere = users.length > 0 && users.every((k) => k.platform === 'eks');
  return refuseIf(store.type === 's3' && store.auth.type === 'secret' && isAmazon(store.endpoint) && everywhere, {
    code: 'static-keys',
    path: [...auth, 'secret'],
    problem: 'the bucket is used with static keys, where every component could have a role',
    consequence: 'one key with all rights in every namespace: it never expires, and whoever reads it can delete all blocks.',
    remedy: 'podIdentity: {} or irsa: {}; dist/ then holds a policy of least rights for each component.',
  });
};

/** A role's name: what comes after its path. */
const nameOf = (role: string): string => role.replace(/^.*\//, '');

/** Amazon's limits: of a role's name, of a trust policy unless the account has asked for more, of the policy of a bucket. */
const limits = { name: 64, trust: 2048, bucketPolicy: 20_480 } as const;

/** Every role of a fleet with its Kubernetes cluster; the observer's longest one stands for all of them. */
const rolesOf = (resolved: ResolvedFleet, template: string) =>
  usersOf(resolved).flatMap((k) => [
    ...(k.name === resolved.observer.in ? [{ k, role: roleOf(template, 'bucket-web', k) }] : []),
    ...(resolved.clusters.some((c) => c.in === k.name) ? [{ k, role: roleOf(template, 'sidecar', k) }] : []),
  ]);

/** Who takes on the roles of the sidecars: the only ones that a fleet of many clusters has many of. */
const sidecarSubjects = (resolved: ResolvedFleet, template: string) =>
  resolved.clusters.flatMap((c) => {
    const k = resolved.kubernetes.find((other) => other.name === c.in);
    const subject = { cluster: k?.aws as AwsCluster, namespace: c.namespace, serviceAccount: prometheusName } satisfies Subject;
    return k ? [{ role: roleOf(template, 'sidecar', k), ...subject }] : [];
  });

const partitions = (resolved: ResolvedFleet, region: string | undefined, template: string, written: Path): Violation[] =>
  usersOf(resolved)
    .flatMap(({ name, aws }) => {
      if (!aws) return [];
      const bucket = region === undefined ? aws.partition : partitionOf(region).name;
      const role = /^arn:(aws[a-z-]*):/.exec(template)?.[1] ?? aws.partition;
      return [
        ...refuseIf(bucket !== aws.partition, {
          code: 'other-partition',
          path: ['objectStore'],
          problem: `the bucket's region ${region} is in the partition ${bucket} of Amazon, and ${name} in ${aws.partition}`,
          consequence: 'no role there could be given the right to use the bucket: partitions know nothing of each other.',
          remedy: 'a bucket in a region of the partition that its users are in.',
        }),
        ...refuseIf(role !== aws.partition, {
          code: 'other-partition',
          path: written,
          problem: `roles are of the partition ${role} of Amazon, and ${name} is in ${aws.partition}`,
          consequence: 'there could be no such role, and no component could use the bucket.',
          remedy: `roles: ${template.replace(/^arn:[^:]*/, `arn:${aws.partition}`)}.`,
        }),
      ];
    })
    .slice(0, 1);

/** A bucket must allow the roles of other accounts than its own by name: there are as many of them as Kubernetes clusters. */
const tooManyAccounts = (resolved: ResolvedFleet, store: ResolvedS3, template: string, written: Path): Violation[] => {
  const { observer, objectStore, clusters } = resolved;
  const isThere = (component: BucketUser, k: ResolvedKubernetes): boolean =>
    component === 'sidecar'
      ? clusters.some((c) => c.in === k.name)
      : k.name === observer.in && (component !== 'replicate' || objectStore.replicate !== undefined);
  const uses = usersOf(resolved).flatMap((k) =>
    (Object.keys(bucketAccess) as BucketUser[])
      .filter((component) => isThere(component, k))
      .map((component) => [roleOf(template, component, k), bucketAccess[component]] as const),
  );
  const roles = [...new Map(uses)].map(([arn, access]) => ({ arn, access }));
  const accounts = new Set(roles.map(({ arn }) => accountOf(arn))).size;
  const length = accounts > 1 ? documentLength(bucketPolicy(roles, store)) : 0;
  return refuseIf(length > limits.bucketPolicy, {
    code: 'bucket-policy-too-long',
    path: written,
    problem: `the policy of the bucket would name ${roles.length} roles of ${accounts} accounts in ${length} bytes`,
    consequence: `S3 takes ${limits.bucketPolicy}: it would refuse the policy, and no cluster of another account could upload.`,
    remedy:
      'irsa: {roles: "arn:{partition}:iam::111122223333:role/{kubernetes}-{component}"} with the account of the bucket, which needs no such policy then; or several fleets, each with its bucket.',
  });
};

const namesAndTrust = (
  resolved: ResolvedFleet,
  { type, roles: template }: Extract<ResolvedS3['auth'], { roles: string }>,
  written: Path,
): Violation[] => {
  const all = rolesOf(resolved, template);
  const long = all.map(({ role }) => nameOf(role)).sort((a, b) => b.length - a.length)[0] ?? '';
  const foreign = all.find(({ k, role }) => accountOf(role) !== k.aws?.account);
  const trusted = groupBy(sidecarSubjects(resolved, template), (s) => s.role)
    .map(([role, subjects]) => ({ role, length: documentLength(trust(type, role, subjects)) }))
    .sort((a, b) => b.length - a.length)[0];
  return [
    ...refuseIf(long.length > limits.name, {
      code: 'role-name-too-long',
      path: written,
      problem: `the role ${long} would have a name of ${long.length} characters`,
      consequence: `IAM takes ${limits.name} at most.`,
      remedy: 'roles: with a shorter ARN, such as arn:aws:iam::{account}:role/thanos-{component}.',
    }),
    ...refuseIf(type === 'podIdentity' && foreign !== undefined, {
      code: 'role-in-other-account',
      path: written,
      problem: `the role ${foreign?.role} is not in ${foreign?.k.aws?.account}, the account of ${foreign?.k.name}`,
      consequence: 'EKS Pod Identity gives pods roles of the account of their cluster only.',
      remedy: 'roles: with {account} in place of the number, or auth: {irsa: …}.',
    }),
    ...refuseIf(trusted !== undefined && trusted.length > limits.trust, {
      code: 'trust-policy-too-long',
      path: written,
      problem: `the trust policy of ${trusted?.role} would have ${trusted?.length} characters`,
      consequence: `IAM takes ${limits.trust}, unless the account has a higher quota.`,
      remedy: 'roles: with {kubernetes}, so that each Kubernetes cluster has a role of its own.',
    }),
  ];
};

const roles: Check = ({ objectStore: store }, resolved) => {
  const { objectStore } = resolved;
  if (store.type !== 's3' || objectStore.type !== 's3' || objectStore.auth.type === 'secret') return [];
  const { type, roles: template } = objectStore.auth;
  if (Object.values(store.auth).filter((written) => written !== undefined).length !== 1) return []; // which is refused already
  const path: Path = [...auth, type];
  const written = [...path, ...(store.auth[type]?.roles ? ['roles'] : [])];
  const users = usersOf(resolved);
  const elsewhere = users.filter((k) => k.platform !== 'eks');
  if (elsewhere.length > 0)
    return elsewhere.map((k) => ({
      code: 'roles-off-eks',
      path,
      problem: `${k.name} is on ${k.platform}, which gives pods no roles of Amazon's`,
      consequence: `no component in ${k.name} could use the bucket.`,
      remedy: 'secret: and the name of a Secret with static keys.',
    }));
  const unknown = users.flatMap((k) => [
    ...refuseIf(k.aws === undefined, {
      code: 'eks-without-arn',
      path: ['kubernetes', k.name],
      problem: `nothing says which EKS cluster ${k.name} is: its context ${k.context} is no ARN`,
      consequence: 'its roles could be written for no account and no cluster.',
      remedy: 'arn: arn:aws:eks:eu-west-1:111122223333:cluster/metrics, which `aws eks describe-cluster` says.',
    }),
    ...refuseIf(type === 'irsa' && k.aws !== undefined && k.aws.oidcProvider === undefined, {
      code: 'eks-without-oidc-provider',
      path: ['kubernetes', k.name],
      problem: `the OpenID Connect provider of ${k.name} is not known`,
      consequence: 'no role could trust its service accounts.',
      remedy: 'oidcProvider: https://oidc.eks.eu-west-1.amazonaws.com/id/…, which `aws eks describe-cluster` says.',
    }),
  ]);
  return [
    ...refuseIf(!isAmazon(objectStore.endpoint), {
      code: 'roles-off-amazon',
      path,
      problem: `${objectStore.endpoint} is not Amazon S3, and knows nothing of roles`,
      consequence: 'it would refuse every request.',
      remedy: 'secret: and the name of a Secret with static keys.',
    }),
    ...refuseIf(!template.includes('{component}'), {
      code: 'role-shared',
      path: written,
      problem: 'all components would have one role',
      consequence: 'each could do what the compactor must: delete any block.',
      remedy: `${template}-{component}.`,
    }),
    ...(unknown.length > 0
      ? unknown
      : [
          ...partitions(resolved, objectStore.region, template, written),
          ...namesAndTrust(resolved, objectStore.auth, written),
          ...tooManyAccounts(resolved, objectStore, template, written),
        ]),
  ];
};

export const roleChecks: readonly Check[] = [staticKeys, roles];
