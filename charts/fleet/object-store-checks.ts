// What the schema cannot say about the object store: that the bucket is where it is looked for, and who may use it.
import { roleOf } from '../config/object-stores/aws';
import { awsDomain, isAmazon } from './object-stores';
import type { ResolvedFleet } from './resolve';
import { type Check, type Path, refuseIf, type Violation } from './violations';

/** Which of some keys are there. */
const given = <K extends string>(value: Partial<Record<K, unknown>>, keys: readonly K[]): K[] =>
  keys.filter((key) => value[key] !== undefined);

/** Exactly one of some keys must be there. */
const oneOf = <K extends string>(
  path: Path,
  value: Partial<Record<K, unknown>>,
  keys: readonly K[],
  words: { readonly consequence: string; readonly example: string },
): Violation[] => {
  const found = given(value, keys);
  const all = `${keys.slice(0, -1).join(', ')} or ${keys.at(-1)}`;
  return refuseIf(found.length !== 1, {
    code: 'one-of',
    path: found.length > 1 ? [...path, found[1] as string] : path,
    problem: found.length === 0 ? `${path.join('.')} has none of ${all}` : `${path.join('.')} has ${found.join(' and ')}`,
    consequence: words.consequence,
    remedy: found.length === 0 ? words.example : `one of them: ${found.join(' or ')}.`,
  });
};

const here: Path = ['objectStore'];
const auth: Path = [...here, 'auth'];
const identities = ['secret', 'irsa', 'podIdentity'] as const;

const alternatives: Check = ({ objectStore: store }) => {
  if (store.type !== 's3') return [];
  return [
    ...oneOf(auth, store.auth, identities, {
      consequence: 'nobody could tell as whom the bucket is used.',
      example: 'podIdentity: {}, or irsa: {}, or secret: and the name of a Secret.',
    }),
    ...(store.ca
      ? oneOf([...here, 'ca'], store.ca, ['secret', 'configMap'], {
          consequence: 'no certificate of the object store would be trusted.',
          example: 'configMap: and the name of a ConfigMap, or secret: and that of a Secret.',
        })
      : []),
    ...refuseIf(store.auth.key !== undefined && store.auth.secret === undefined, {
      code: 'one-of',
      path: [...auth, 'key'],
      problem: 'objectStore.auth.key is the key of a Secret, and there is no secret',
      consequence: 'the setting would have been ignored without a word.',
      remedy: 'leave it out, or add secret.',
    }),
  ];
};

const location: Check = ({ objectStore: store }, resolved) => {
  const { objectStore } = resolved;
  if (store.type !== 's3' || objectStore.type !== 's3') return [];
  if (store.endpoint === undefined && store.region === undefined)
    return [
      {
        code: 'bucket-without-place',
        path: here,
        problem: `neither endpoint nor region says where the bucket ${store.bucket} is`,
        consequence: 'no component could find it.',
        remedy: 'region: eu-west-1 for Amazon S3, or endpoint: host:port of another server.',
      },
    ];
  const { endpoint } = objectStore;
  const named = /^s3[.-](?:dualstack\.|fips\.)?([a-z0-9-]+)\.amazonaws\.com/.exec(endpoint)?.[1];
  return [
    ...refuseIf(endpoint.startsWith(`${store.bucket}.`), {
      code: 'bucket-in-endpoint',
      path: [...here, 'endpoint'],
      problem: `the endpoint ${endpoint} begins with the name of the bucket`,
      consequence: `requests would go to ${store.bucket}.${endpoint}, or look for a bucket in the bucket.`,
      remedy: `endpoint: ${endpoint.slice(store.bucket.length + 1)}.`,
    }),
    ...refuseIf(named !== undefined && store.region !== undefined && named !== store.region, {
      code: 'bucket-region',
      path: [...here, 'endpoint'],
      problem: `the endpoint ${endpoint} is not in the region ${store.region}`,
      consequence: 'Amazon would refuse every request: it is signed for another region.',
      remedy: `leave endpoint out, or endpoint: s3.${store.region}.${awsDomain(store.region ?? '')}.`,
    }),
    ...refuseIf(store.lookup === 'virtual-hosted' && store.bucket.includes('.') && !store.insecure, {
      code: 'bucket-with-dots',
      path: [...here, 'lookup'],
      problem: `the bucket ${store.bucket} has dots in its name, and is looked up as a host`,
      consequence: "no certificate of the object store's domain covers such a host: every connection would be refused.",
      remedy: 'lookup: path.',
    }),
    ...refuseIf(store.ca !== undefined && store.insecure === true, {
      code: 'certificate-without-tls',
      path: [...here, 'insecure'],
      problem: 'the object store is asked in plain HTTP, and has a certificate authority',
      consequence: 'blocks and credentials would go over the network unprotected, though a certificate is there.',
      remedy: 'leave insecure out, or leave ca out.',
    }),
  ];
};

/** Kubernetes clusters that pods with a role would run in. */
const usersOf = (resolved: ResolvedFleet) => {
  const names = new Set([resolved.observer.in, ...resolved.clusters.map((c) => c.in)]);
  return resolved.kubernetes.filter((k) => names.has(k.name));
};

const roles: Check = ({ objectStore: store }, resolved) => {
  const { objectStore } = resolved;
  if (store.type !== 's3' || objectStore.type !== 's3') return [];
  if (given(store.auth, identities).length !== 1) return []; // said above
  const users = usersOf(resolved);
  if (objectStore.auth.type === 'secret')
    return refuseIf(isAmazon(objectStore.endpoint) && users.length > 0 && users.every((k) => k.platform === 'eks'), {
      code: 'static-keys',
      path: [...auth, 'secret'],
      problem: 'the bucket is used with static keys, where every component could have a role',
      consequence: 'one key with all rights in every namespace: it never expires, and whoever reads it can delete all blocks.',
      remedy: 'podIdentity: {} or irsa: {}; dist/ then holds a policy of least rights for each component.',
    });
  const { type, roles: template } = objectStore.auth;
  const path: Path = [...auth, type];
  const written = [...path, ...(store.auth[type]?.roles ? ['roles'] : [])];
  const foreign = users.filter((k) => k.platform !== 'eks');
  if (foreign.length > 0)
    return foreign.map((k) => ({
      code: 'roles-off-eks',
      path,
      problem: `${k.name} is on ${k.platform}, which gives pods no roles of Amazon's`,
      consequence: `no component in ${k.name} could use the bucket.`,
      remedy: 'secret: and the name of a Secret with static keys.',
    }));
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
    ...users.flatMap((k) => [
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
      ...tooLong(roleOf(template, k.name === resolved.observer.in ? 'bucket-web' : 'sidecar', k)).map(
        (name): Violation => ({
          code: 'role-name-too-long',
          path: written,
          problem: `the role ${name} would have a name of ${name.length} characters`,
          consequence: 'IAM takes 64 at most.',
          remedy: 'roles: with a shorter ARN, such as arn:aws:iam::{account}:role/thanos-{component}.',
        }),
      ),
    ]),
  ];
};

/** IAM's limit of a role's name, its path aside. */
const tooLong = (role: string): string[] => [role.replace(/^.*\//, '')].filter((name) => name.length > 64);

export const objectStoreChecks: readonly Check[] = [alternatives, location, roles];
