// What the schema cannot say about the object store: that the bucket is where it is looked for, and who may use it.
import { awsDomain, isAmazon, regionOf } from './object-stores';
import { roleChecks } from './role-checks';
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
const kmsKey = /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[-a-zA-Z0-9]+$/;
const auth: Path = [...here, 'auth'];

/** The ways to say as whom an object store is used, by its type. */
const identities = {
  s3: {
    ways: ['secret', 'irsa', 'podIdentity'],
    example: 'podIdentity: {}, or irsa: {}, or secret: and the name of a Secret.',
  },
  gcs: {
    ways: ['secret', 'workloadIdentity'],
    example: 'workloadIdentity: {provider: …}, or secret: and the name of a Secret.',
  },
  azure: {
    ways: ['secret', 'workloadIdentity'],
    example: 'workloadIdentity: {tenantId: …, clientIds: …}, or secret: and the name of a Secret.',
  },
} as const;

const alternatives: Check = ({ objectStore: store }) => {
  if (store.type === 'embedded') return [];
  const { ways, example } = identities[store.type];
  return [
    ...oneOf<string>(auth, store.auth, ways, { consequence: 'nobody could tell as whom the bucket is used.', example }),
    ...(store.type === 's3' && store.ca
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

const encryption: Check = ({ objectStore: store }, { objectStore }) => {
  if (store.type !== 's3' || objectStore.type !== 's3' || store.sse === undefined) return [];
  const { sse } = store;
  return [
    ...refuseIf(sse.type === 'SSE-C' && store.insecure === true, {
      code: 'encryption-key-without-tls',
      path: [...here, 'insecure'],
      problem: 'every request carries the encryption key, and goes out in plain HTTP',
      consequence: 'everybody on the way could read the key; the client refuses to send it.',
      remedy: 'leave insecure out, or sse: {type: SSE-S3}.',
    }),
    ...refuseIf(sse.type === 'SSE-KMS' && objectStore.auth.type !== 'secret' && !kmsKey.test(sse.key), {
      code: 'key-without-arn',
      path: [...here, 'sse', ...(sse.type === 'SSE-KMS' ? ['key'] : [])],
      problem: `${sse.type === 'SSE-KMS' ? sse.key : ''} is not the ARN of a key`,
      consequence: 'no role could be given the right to use the key: policies take neither ids nor aliases.',
      remedy: 'key: arn:aws:kms:eu-west-1:111122223333:key/…, which `aws kms describe-key` says.',
    }),
  ];
};

const location: Check = ({ objectStore: store }, resolved) => {
  const { objectStore } = resolved;
  if (store.type !== 's3' || objectStore.type !== 's3') return [];
  const { endpoint, region } = objectStore;
  if (region === undefined && (store.endpoint === undefined || isAmazon(endpoint)))
    return [
      {
        code: 'bucket-without-place',
        path: here,
        problem: `nothing says in which region the bucket ${store.bucket} is`,
        consequence: 'no component could find it, or be given the right to look for it.',
        remedy: 'region: eu-west-1 for Amazon S3, or endpoint: host:port of another server.',
      },
    ];
  const named = regionOf(endpoint);
  return [
    ...refuseIf(endpoint.startsWith(`${store.bucket}.`), {
      code: 'bucket-in-endpoint',
      path: [...here, 'endpoint'],
      problem: `the endpoint ${endpoint} begins with the name of the bucket`,
      consequence: `requests would go to ${store.bucket}.${endpoint}, or look for a bucket in the bucket.`,
      remedy: `endpoint: ${endpoint.slice(store.bucket.length + 1)}.`,
    }),
    ...refuseIf(named !== undefined && named !== region, {
      code: 'bucket-region',
      path: [...here, 'endpoint'],
      problem: `the endpoint ${endpoint} is not in the region ${region}`,
      consequence: 'Amazon would refuse every request: it is signed for another region.',
      remedy: `leave endpoint out, or endpoint: s3.${region}.${awsDomain(region ?? '')}.`,
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

export const objectStoreChecks: readonly Check[] = [alternatives, encryption, location, ...roleChecks];
