// What Amazon must be told for a fleet whose components have roles: a policy and a trust policy for each, and the associations of
// EKS Pod Identity. Written from who asked for the bucket, and for what.
import { roleOf } from './config/object-stores/aws';
import { type BucketAccess, type BucketUser, bucketAccess, identityName } from './config/object-stores/client';
import { accountOf, bucketPolicy, documentText, groupBy, permissions, type Subject, trust } from './config/object-stores/iam';
import type { AwsCluster } from './fleet/platforms';
import type { ResolvedKubernetes } from './fleet/resolve';
import { programOf } from './kit/wiring';
import type { Topology } from './topology';

interface Use extends Subject {
  readonly role: string;
  readonly access: BucketAccess;
  /** It copies to the second bucket. */
  readonly replicates: boolean;
  readonly kubernetes: string;
}

const usesOf = (topology: Topology): Use[] => {
  const { bucket, fleet } = topology;
  if (bucket.type !== 'external' || bucket.store.type !== 's3' || bucket.store.auth.type === 'secret') return [];
  const { roles } = bucket.store.auth;
  return bucket.grants.all().map((client): Use => {
    const k = fleet.kubernetes.find((other) => other.name === client.kubernetes) as ResolvedKubernetes;
    const user = identityName(client) as BucketUser;
    return {
      role: roleOf(roles, user, k),
      access: bucketAccess[user],
      replicates: client === topology.observer.replicate?.workload,
      kubernetes: k.name,
      cluster: k.aws as AwsCluster,
      namespace: client.namespace,
      serviceAccount: programOf(client),
    };
  });
};

/**
 * Files for Terraform or the console, beside the folder of each Kubernetes cluster and not in it: kubectl would try to apply them.
 * `<role>.policy.json` and `<role>.trust.json` are the same wherever a role appears twice.
 */
export const iamFiles = (topology: Topology): { path: string; text: string }[] => {
  const { bucket, fleet } = topology;
  if (bucket.type !== 'external' || bucket.store.type !== 's3') return [];
  const { store } = bucket;
  const uses = usesOf(topology);
  const to = fleet.objectStore.replicate?.to;
  const replica = to?.type === 's3' && !to.auth ? to : undefined;
  const roles = groupBy(uses, (u) => u.role).map(([arn, group]) => {
    const { access, replicates } = group[0] as Use;
    const policy = permissions(arn, access, store, replicates ? replica : undefined);
    return { arn, access, replicates, policy, trust: trust(store.auth.type, arn, group) };
  });
  const replicators = roles.filter((role) => role.replicates).map(({ arn }) => ({ arn, access: 'upload' as const }));
  const perKubernetes = fleet.kubernetes.flatMap((k) => {
    const here = uses.filter((u) => u.kubernetes === k.name);
    const folder = `${k.name}.iam`;
    const associations = here
      .map((u) => ({
        clusterName: u.cluster.name,
        namespace: u.namespace,
        serviceAccount: u.serviceAccount,
        roleArn: u.role,
      }))
      .sort((a, b) => (`${a.namespace}/${a.serviceAccount}` < `${b.namespace}/${b.serviceAccount}` ? -1 : 1));
    return [
      ...roles
        .filter((role) => here.some((u) => u.role === role.arn))
        .flatMap((role) => {
          const name = role.arn.replace(/^.*\//, '');
          return [
            { path: `${folder}/${name}.policy.json`, text: documentText(role.policy) },
            { path: `${folder}/${name}.trust.json`, text: documentText(role.trust) },
          ];
        }),
      ...(store.auth.type === 'podIdentity' && here.length > 0
        ? [{ path: `${folder}/associations.json`, text: documentText(associations) }]
        : []),
    ];
  });
  const accounts = new Set(roles.map((role) => accountOf(role.arn)));
  return [
    ...perKubernetes,
    ...(accounts.size > 1
      ? [{ path: `${fleet.observer.in}.iam/bucket-policy.json`, text: documentText(bucketPolicy(roles, store)) }]
      : []),
    ...(replica && replicators.length > 0
      ? [
          {
            path: `${fleet.observer.in}.iam/replica-bucket-policy.json`,
            text: documentText(bucketPolicy(replicators, replica)),
          },
        ]
      : []),
  ];
};
