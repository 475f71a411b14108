// What the schema cannot say about the object store: that the bucket is where it is looked for, and who may use it.
import type { S3Place } from './object-stores';
import { isAmazon, partitionOf, regionOf } from './partitions';
import { replicateChecks } from './replicate-checks';
import { roleChecks } from './role-checks';
import type { Fleet } from './schema';
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
/** The region that the ARN of a key names. */
const keyRegion = (key: string): string | undefined => /^arn:[^:]*:kms:([^:]+):/.exec(key)?.[1];
const auth: Path = [...here, 'auth'];
const there: Path = [...here, 'replicate', 'to'];

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

const caAlternatives = (path: Path, ca: { secret?: string; configMap?: string } | undefined): Violation[] =>
  ca
    ? oneOf([...path, 'ca'], ca, ['secret', 'configMap'], {
        consequence: 'no certificate of the object store would be trusted.',
        example: 'configMap: and the name of a ConfigMap, or secret: and that of a Secret.',
      })
    : [];

/** As whom a bucket is used, in one way. */
const authAlternatives = (path: Path, type: keyof typeof identities, written: object & { key?: string; secret?: string }) => {
  const { ways, example } = identities[type];
  return [
    ...oneOf<string>(path, written, ways, { consequence: 'nobody could tell as whom the bucket is used.', example }),
    ...refuseIf(written.key !== undefined && written.secret === undefined, {
      code: 'one-of',
      path: [...path, 'key'],
      problem: `${path.join('.')}.key is the key of a Secret, and there is no secret`,
      consequence: 'the setting would have been ignored without a word.',
      remedy: 'leave it out, or add secret.',
    }),
  ];
};

const alternatives: Check = ({ objectStore: store }) => {
  const to = store.replicate?.to;
  return [
    ...(store.type === 'embedded' ? [] : authAlternatives(auth, store.type, store.auth)),
    ...(store.type === 's3' ? caAlternatives(here, store.ca) : []),
    ...(to?.type === 's3' ? caAlternatives(there, to.ca) : []),
  ];
};

type WrittenS3 = Omit<Extract<Fleet['objectStore'], { type: 's3' }>, 'auth' | 'toleratedOutage' | 'replicate'>;

/** @param roles whether roles must be given the right to use the key */
const encryption = (path: Path, { sse, insecure }: WrittenS3, { region, endpoint }: S3Place, roles: boolean): Violation[] =>
  sse === undefined
    ? []
    : [
        ...refuseIf(sse.type === 'SSE-C' && insecure === true, {
          code: 'encryption-key-without-tls',
          path: [...path, 'insecure'],
          problem: 'every request carries the encryption key, and goes out in plain HTTP',
          consequence: 'everybody on the way could read the key; the client refuses to send it.',
          remedy: 'leave insecure out, or sse: {type: SSE-S3}.',
        }),
        ...(sse.type === 'SSE-KMS'
          ? [
              ...refuseIf(
                isAmazon(endpoint) && keyRegion(sse.key) !== undefined && region !== undefined && keyRegion(sse.key) !== region,
                {
                  code: 'bucket-region',
                  path: [...path, 'sse', 'key'],
                  problem: `the key ${sse.key} is not in ${region}, the region of the bucket`,
                  consequence: 'S3 takes keys of its own region only: every upload would fail.',
                  remedy: `a key of ${region}: arn:${partitionOf(region ?? '').name}:kms:${region}:…`,
                },
              ),
              ...refuseIf(roles && !kmsKey.test(sse.key), {
                code: 'key-without-arn',
                path: [...path, 'sse', 'key'],
                problem: `${sse.key} is not the ARN of a key`,
                consequence: 'no role could be given the right to use the key: policies take neither ids nor aliases.',
                remedy: 'key: arn:aws:kms:eu-west-1:111122223333:key/…, which `aws kms describe-key` says.',
              }),
            ]
          : []),
      ];

const location = (path: Path, store: WrittenS3, { endpoint, region }: S3Place): Violation[] => {
  if (region === undefined && (store.endpoint === undefined || isAmazon(endpoint)))
    return [
      {
        code: 'bucket-without-place',
        path,
        problem: `nothing says in which region the bucket ${store.bucket} is`,
        consequence: 'no component could find it, or be given the right to look for it.',
        remedy: 'region: eu-west-1 for Amazon S3, or endpoint: host:port of another server.',
      },
    ];
  const named = regionOf(endpoint);
  return [
    ...refuseIf(endpoint.startsWith(`${store.bucket}.`), {
      code: 'bucket-in-endpoint',
      path: [...path, 'endpoint'],
      problem: `the endpoint ${endpoint} begins with the name of the bucket`,
      consequence: `requests would go to ${store.bucket}.${endpoint}, or look for a bucket in the bucket.`,
      remedy: `endpoint: ${endpoint.slice(store.bucket.length + 1)}.`,
    }),
    ...refuseIf(named !== undefined && named !== region, {
      code: 'bucket-region',
      path: [...path, 'endpoint'],
      problem: `the endpoint ${endpoint} is not in the region ${region}`,
      consequence: 'Amazon would refuse every request: it is signed for another region.',
      remedy: `leave endpoint out, or endpoint: s3.${region}.${partitionOf(region ?? '').domain}.`,
    }),
    ...refuseIf(store.lookup === 'virtual-hosted' && store.bucket.includes('.') && !store.insecure, {
      code: 'bucket-with-dots',
      path: [...path, 'lookup'],
      problem: `the bucket ${store.bucket} has dots in its name, and is looked up as a host`,
      consequence: "no certificate of the object store's domain covers such a host: every connection would be refused.",
      remedy: 'lookup: path.',
    }),
    ...refuseIf(store.insecure === true && isAmazon(endpoint), {
      code: 'amazon-without-tls',
      path: [...path, 'insecure'],
      problem: `${endpoint} would be asked in plain HTTP`,
      consequence: 'everybody on the way could read every block, though Amazon S3 speaks TLS.',
      remedy: 'leave insecure out.',
    }),
    ...refuseIf(store.ca !== undefined && store.insecure === true && !isAmazon(endpoint), {
      code: 'certificate-without-tls',
      path: [...path, 'insecure'],
      problem: 'the object store is asked in plain HTTP, and has a certificate authority',
      consequence: 'blocks and credentials would go over the network unprotected, though a certificate is there.',
      remedy: 'leave insecure out, or leave ca out.',
    }),
  ];
};

const places: Check = ({ objectStore: store }, { objectStore }) => {
  const to = store.replicate?.to;
  const replica = objectStore.replicate?.to;
  const roles = objectStore.type === 's3' && objectStore.auth.type !== 'secret';
  return [
    ...(store.type === 's3' && objectStore.type === 's3'
      ? [...encryption(here, store, objectStore, roles), ...location(here, store, objectStore)]
      : []),
    ...(to?.type === 's3' && replica?.type === 's3'
      ? [...encryption(there, to, replica, roles && !to.auth), ...location(there, to, replica)]
      : []),
  ];
};

export const objectStoreChecks: readonly Check[] = [alternatives, places, ...roleChecks, ...replicateChecks];
