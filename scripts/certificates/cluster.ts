// Certificates in Kubernetes: reads what there is, writes Secrets, restarts what reads its bundle at start only.
//
// A private key passes through memory and kubectl's standard input, and is kept in its Secret alone.
import { createPrivateKey, type X509Certificate } from 'node:crypto';
import { type Certificate, certificatesComponent, expiryRules, type Reader } from '../../charts/config/certificates';
import { partOf } from '../../charts/kit/kubernetes';
import { component } from '../lib/components';
import { type Kubectl, type KubeObject, ToolError } from '../lib/kubectl';
import { expiryFile } from './expiry';
import { type Authority, bundleText, readBundle, type State, type Stored } from './plan';
import type { KeyPair } from './x509';

/** The authority's own Secret, in the observer's namespace; no pod mounts it. */
export const authoritySecret = 'fleet-ca';

/** Managers of a Secret's fields: the bundle's own tells when it was last changed, by the API server's clock. */
const managers = { leaf: 'thanos-fleet-certs', bundle: 'thanos-fleet-certs-bundle' } as const;

export type Access = Pick<Kubectl, 'context' | 'run' | 'get'>;

const decode = (secret: KubeObject, key: string): string => Buffer.from(secret.data?.[key] ?? '', 'base64').toString();
const encode = (text: string): string => Buffer.from(text).toString('base64');

const readStored = (secret: KubeObject): Stored => {
  const [certificate] = readBundle(decode(secret, 'tls.crt'));
  let keyFits = false;
  try {
    keyFits = certificate?.checkPrivateKey(createPrivateKey(decode(secret, 'tls.key'))) ?? false;
  } catch {
    // no key at all: it does not fit
  }
  return { certificate, keyFits, trusted: readBundle(decode(secret, 'ca.crt')) };
};

/** When a manager last changed its part of a Secret: milliseconds, whole seconds as pods' creation is. */
const changed = (secret: KubeObject, manager: string): number => {
  const entry = (secret.metadata.managedFields ?? []).find((m: KubeObject) => m.manager === manager);
  return Date.parse(entry?.time ?? secret.metadata.creationTimestamp);
};

/** A pod that was made before and whose containers have read the Secret; one that still waits for its volumes has not. */
const readBefore = (pod: KubeObject, time: number): boolean =>
  !pod.metadata.deletionTimestamp &&
  Date.parse(pod.metadata.creationTimestamp) <= time &&
  (pod.status?.containerStatuses ?? []).some((c: KubeObject) => !c.state?.waiting || c.restartCount > 0);

const isAt =
  (kubernetes: string, namespace: string) =>
  (o: { readonly kubernetes: string; readonly namespace: string }): boolean =>
    o.kubernetes === kubernetes && o.namespace === namespace;

/**
 * The certificates of one namespace as they are, and who of it still uses what they were before.
 * @param bundleReaders workloads that read their bundle only when they start
 */
export const readNamespace = async (
  kubectl: Access,
  fleet: string,
  { kubernetes, namespace }: Pick<Certificate, 'kubernetes' | 'namespace'>,
  certificates: readonly Certificate[],
  bundleReaders: readonly Reader[],
): Promise<Omit<State, 'authority'>> => {
  const here = isAt(kubernetes, namespace);
  const wanted = certificates.filter(here);
  const secrets = await kubectl.get([
    'secrets',
    ...wanted.map((c) => c.secret),
    '-n',
    namespace,
    '--ignore-not-found',
    '--show-managed-fields',
  ]);
  const readers = [
    ...bundleReaders.map((reader) => ({ reader, manager: managers.bundle, of: secrets })),
    ...wanted.flatMap(({ secret, readOnceBy: reader }) =>
      reader ? [{ reader, manager: managers.leaf, of: secrets.filter((s) => s.metadata.name === secret) }] : [],
    ),
  ].filter(({ reader }) => here(reader));
  const names = [...new Set(readers.map(({ reader }) => reader.name))];
  const own = `app.kubernetes.io/instance=${fleet},app.kubernetes.io/name in (${names.join(',')})`;
  const pods = names.length === 0 ? [] : await kubectl.get(['pods', '-n', namespace, '-l', own]);
  const stale = readers.filter(({ reader, manager, of }) => {
    const last = Math.max(...of.map((s) => changed(s, manager)));
    return pods.some((p) => p.metadata.labels['app.kubernetes.io/name'] === reader.name && readBefore(p, last));
  });
  return {
    leaves: wanted.map((certificate) => {
      const secret = secrets.find((s) => s.metadata.name === certificate.secret);
      return { wanted: certificate, stored: secret && readStored(secret) };
    }),
    stale: stale.map(({ reader }) => reader).filter((reader, i, all) => all.findIndex((r) => r.name === reader.name) === i),
  };
};

/** The authority as it is kept: with its key, and what the API server needs to refuse a change made at the same time. */
export interface KeptAuthority extends Authority {
  readonly keys: KeyPair;
  readonly resourceVersion: string;
}

/** @throws ToolError when there is such a Secret, but no authority in it */
export const readAuthority = async (kubectl: Access, namespace: string): Promise<KeptAuthority | undefined> => {
  const [secret] = await kubectl.get(['secrets', authoritySecret, '-n', namespace, '--ignore-not-found']);
  if (!secret) return undefined;
  const { certificate: signer, keyFits } = readStored(secret);
  if (!signer?.ca || !keyFits)
    throw new ToolError(
      `The Secret ${authoritySecret} in ${namespace} (context ${kubectl.context}) holds no certificate authority with its key.\nWhoever wrote it must say what it is for; when nobody needs it, delete it and run this with --rotate-ca.`,
    );
  return {
    signer,
    previous: readBundle(decode(secret, 'previous.crt')),
    keys: { certificate: decode(secret, 'tls.crt'), key: decode(secret, 'tls.key') },
    resourceVersion: secret.metadata.resourceVersion,
  };
};

const ownLabels = (fleet: string): Record<string, string> => ({
  'app.kubernetes.io/component': certificatesComponent,
  'app.kubernetes.io/instance': fleet,
  'app.kubernetes.io/part-of': partOf,
  'app.kubernetes.io/managed-by': 'thanos-fleet',
});

const secretObject = (
  fleet: string,
  namespace: string,
  name: string,
  data: Readonly<Record<string, string>>,
  more: object = {},
) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: {
    name,
    namespace,
    labels: ownLabels(fleet),
    ...more,
  },
  type: 'kubernetes.io/tls',
  data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, encode(text)])),
});

/** Runs kubectl with objects on its standard input; should it ever repeat them in an error, no value of a Secret is shown. */
const send = async (kubectl: Access, args: readonly string[], objects: readonly KubeObject[]): Promise<void> => {
  try {
    await kubectl.run([...args, '-f', '-'], { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }) });
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    const values = objects.filter((o) => o.kind === 'Secret').flatMap((o) => Object.values<string>(o.data));
    throw new ToolError(values.reduce((text, value) => text.replaceAll(value, '(not shown)'), error.message));
  }
};

/**
 * Writes the authority's Secret.
 * @param before what was read, or nothing when there was none: the API server refuses when somebody else was faster
 */
export const writeAuthority = (
  kubectl: Access,
  fleet: string,
  namespace: string,
  keys: KeyPair,
  previous: readonly X509Certificate[],
  before?: KeptAuthority,
): Promise<void> => {
  const data = {
    'tls.crt': keys.certificate,
    'tls.key': keys.key,
    'ca.crt': keys.certificate,
    ...(previous.length > 0 ? { 'previous.crt': bundleText(previous) } : {}),
  };
  const version = before ? { resourceVersion: before.resourceVersion } : {};
  return send(kubectl, [before ? 'replace' : 'create'], [secretObject(fleet, namespace, authoritySecret, data, version)]);
};

const apply = (manager: string): string[] => ['apply', '--server-side', '--force-conflicts', `--field-manager=${manager}`];

export interface NewLeaf extends KeyPair {
  readonly wanted: Certificate;
}

/** Writes leaves with their keys into one Kubernetes cluster. */
export const writeLeaves = (kubectl: Access, fleet: string, leaves: readonly NewLeaf[]): Promise<void> =>
  send(
    kubectl,
    apply(managers.leaf),
    leaves.map(({ wanted, certificate, key }) =>
      secretObject(fleet, wanted.namespace, wanted.secret, { 'tls.crt': certificate, 'tls.key': key }),
    ),
  );

/** Writes the bundle into Secrets of one Kubernetes cluster, under a manager of its own. */
export const writeBundles = (kubectl: Access, certificates: readonly Certificate[], bundle: string): Promise<void> =>
  send(
    kubectl,
    apply(managers.bundle),
    certificates.map(({ namespace, secret }) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: secret, namespace },
      data: { 'ca.crt': encode(bundle) },
    })),
  );

/** Makes a namespace as the manifests do, if it is not there. */
export const ensureNamespaces = async (kubectl: Access, namespaces: readonly KubeObject[]): Promise<string[]> => {
  const names = namespaces.map((n) => n.metadata.name);
  const found = await kubectl.get(['namespaces', ...names, '--ignore-not-found']);
  const missing = namespaces.filter((n) => !found.some((f) => f.metadata.name === n.metadata.name));
  if (missing.length > 0) await send(kubectl, ['apply', '--server-side'], missing);
  return missing.map((n) => n.metadata.name);
};

/** Writes a ConfigMap with the expiry rules of one Prometheus, unless it is there as it should be. */
export const writeExpiry = async (kubectl: Access, fleet: string, namespace: string, text: string): Promise<boolean> => {
  const [name, file] = [expiryRules.configMap, expiryFile];
  const [found] = await kubectl.get(['configmaps', name, '-n', namespace, '--ignore-not-found']);
  if (found?.data?.[file] === text) return false;
  const metadata = { name, namespace, labels: ownLabels(fleet) };
  await send(kubectl, apply(managers.leaf), [{ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { [file]: text } }]);
  return true;
};

/** Times in milliseconds. */
export interface Pace {
  readonly now: () => Date;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** How long until every pod sees a changed Secret: a kubelet looks after each pod every 60 to 90 s. */
  readonly settle: number;
  /** Longest time for one workload's restart. */
  readonly rollout: number;
}

/** Restarts a workload's pods as its own strategy says, and waits until all of them are new and ready. */
export const roll = async (
  kubectl: Access,
  { namespace, kind, name }: Reader,
  { now, sleep, rollout }: Pace,
  say: (ready: string) => void,
): Promise<void> => {
  const target = `${kind.toLowerCase()}/${name}`;
  await kubectl.run(['rollout', 'restart', target, '-n', namespace]);
  const started = now().getTime();
  for (;;) {
    const [object] = await kubectl.get([target, '-n', namespace]);
    const { ready, wanted, done } = component(object);
    if (done) return;
    if (now().getTime() - started > rollout)
      throw new ToolError(
        `${namespace}/${name} (context ${kubectl.context}) was restarted to read its certificates anew, and ${ready} of its ${wanted} pods are ready after ${rollout / 60_000} minutes.\nSee kubectl --context ${kubectl.context} -n ${namespace} describe pods -l app.kubernetes.io/name=${name}; when it is mended, run npm run certs again: it goes on from here.`,
      );
    say(`${ready}/${wanted}`);
    await sleep(2000);
  }
};
