// Secrets from the External Secrets Operator: one object for each Secret that pods use, and nothing that has to be said twice.
import type { Manifest } from '../charts/fleet';
import { gitopsFile } from '../charts/gitops';
import { spread } from './refusals/exposure';
import { eks, fleet, refusal } from './refusals/support';
import { containersOf, idOf, type Json, ofKind, sampleOf, workloadsOf } from './support/fleets';

const objectStore =
  'objectStore: {type: s3, bucket: abc, endpoint: "h:9000", auth: {secret: keys}, ca: {secret: authority, key: root.pem}}';
const observer = `observer: {in: kind, grafana: {adminSecret: grafana-admin}, alertmanager: {defaultReceiver: team, receivers: {
  team: {slack: {channel: "#a", secret: messages}}, others: {webhook: {secret: messages, key: hook}}}}}`;
const store = 'externalSecrets: {store: {name: vault}}\nimagePullSecrets: [login]\n';
const text = `${fleet({ objectStore, observer, clusters: 'clusters: {chicago: {in: kind}}' })}${store}`;
const stored = sampleOf('fleet.yaml', text).objects;

const made = (objects: readonly Manifest[]): Manifest[] => ofKind(objects, 'ExternalSecret');
const place = (namespace: string | undefined, secret: string, key: string): string => `${namespace}/${secret}.${key}`;

/** What pods read of Secrets: by volume, by variable, and by the kubelet that pulls their images. */
const read = (objects: readonly Manifest[]): string[] => {
  const volumes = workloadsOf(objects).flatMap((w) => {
    const sources = (w.spec.volumes ?? []).flatMap((v: Json) => [
      ...(v.secret ? [{ name: v.secret.secretName, items: v.secret.items }] : []),
      ...(v.projected?.sources ?? []).flatMap((s: Json) => (s.secret ? [s.secret] : [])),
    ]);
    return sources.flatMap(({ name, items }: Json) =>
      items ? items.map(({ key }: Json) => place(w.namespace, name, key)) : [place(w.namespace, name, '*')],
    );
  });
  const variables = containersOf(objects).flatMap(({ workload, container }) =>
    (container.env ?? []).flatMap((e: Json) =>
      e.valueFrom?.secretKeyRef ? [place(workload.namespace, e.valueFrom.secretKeyRef.name, e.valueFrom.secretKeyRef.key)] : [],
    ),
  );
  const logins = workloadsOf(objects).flatMap((w) =>
    (w.spec.imagePullSecrets ?? []).map((s: Json) => place(w.namespace, s.name, '.dockerconfigjson')),
  );
  return [...volumes, ...variables, ...logins];
};

/** What of these the fleet makes neither itself nor from the store. */
const unfed = (objects: readonly Manifest[]): string[] => {
  const own = ofKind(objects, 'Secret').map((o) => `${o.metadata.namespace}/${o.metadata.name}.`);
  const certificates = ofKind(objects, 'Certificate').map((o) => `${o.metadata.namespace}/${o.spec.secretName}.`);
  const fed = made(objects).flatMap((o) =>
    o.spec.data.map((d: Json) => place(o.metadata.namespace, o.spec.target.name, d.secretKey)),
  );
  return [...new Set(read(objects))].filter(
    (key) =>
      ![...own, ...certificates].some((prefix) => key.startsWith(prefix)) &&
      !fed.some((f) => f === key || (key.endsWith('.*') && f.startsWith(key.slice(0, -1)))),
  );
};

describe('Secrets from a store', () => {
  it('are all that pods use, each key of them', () => {
    expect(read(stored).length).toBeGreaterThan(10);
    expect(unfed(stored)).toEqual([]);
  });
  it('are none that no pod uses', () => {
    expect(
      made(stored).map((o) => [o.metadata.namespace, o.spec.target.name, ...o.spec.data.map((d: Json) => d.secretKey)]),
    ).toEqual([
      ['demo-chicago', 'authority', 'root.pem'],
      ['demo-chicago', 'keys', 'credentials'],
      ['demo-chicago', 'login', '.dockerconfigjson'],
      ['demo-observer', 'authority', 'root.pem'],
      ['demo-observer', 'grafana-admin', 'admin-password', 'admin-user', 'secret-key'],
      ['demo-observer', 'keys', 'credentials'],
      ['demo-observer', 'login', '.dockerconfigjson'],
      ['demo-observer', 'messages', 'hook', 'url'],
      ['demo-agents', 'login', '.dockerconfigjson'],
    ]);
  });
  it('are looked up under <fleet>/<secret>, with the key as the property', () => {
    const messages = made(stored).find((o) => o.metadata.name === 'messages');
    expect(messages?.spec.data.map(({ secretKey, remoteRef }: Json) => [secretKey, remoteRef.key, remoteRef.property])).toEqual([
      ['hook', 'demo/messages', 'hook'],
      ['url', 'demo/messages', 'url'],
    ]);
  });
  it('are looked up where the fleet file says', () => {
    const elsewhere = text.replace('vault}', 'vault, kind: SecretStore}, remoteKey: "a/{kubernetes}/{namespace}-{secret}"');
    const login = made(sampleOf('fleet.yaml', elsewhere).objects).find((o) => o.metadata.name === 'login');
    expect(login?.spec.data[0].remoteRef.key).toBe('a/kind/demo-chicago-login');
    expect(login?.spec.secretStoreRef).toEqual({ kind: 'SecretStore', name: 'vault' });
  });
  it('of a registry have the type that the kubelet asks for', () => {
    expect(new Set(made(stored).map((o) => `${o.metadata.name} ${o.spec.target.template.type}`))).toEqual(
      new Set([
        'authority Opaque',
        'grafana-admin Opaque',
        'keys Opaque',
        'login kubernetes.io/dockerconfigjson',
        'messages Opaque',
      ]),
    );
  });
  it.each([
    ['1h', '1h0m0s'],
    ['90s', '1m30s'],
    ['1d', '24h0m0s'],
  ])('are read again after %s, which Go writes as %s', (written, asked) => {
    const objects = sampleOf('fleet.yaml', text.replace('vault}', `vault}, refreshInterval: ${written}`)).objects;
    expect(new Set(made(objects).map((o) => o.spec.refreshInterval))).toEqual(new Set([asked]));
  });
  it('stay when nobody asks for them any more, and are not taken for objects of the fleet', () => {
    for (const o of made(stored)) {
      expect(o.spec.target.creationPolicy).toBe('Orphan');
      expect(o.spec.target.template.metadata).toBeUndefined();
    }
  });
  it('are there before pods when Argo CD applies them, and their namespaces with them', () => {
    const wave = (o: Manifest): string | undefined => (o.metadata as Json).annotations?.['argocd.argoproj.io/sync-wave'];
    for (const o of made(stored)) {
      expect(wave(o)).toBe('-1');
      expect(wave(stored.find((n) => n.kind === 'Namespace' && n.metadata.name === o.metadata.namespace) as Manifest)).toBe('-1');
    }
    expect(stored.filter((o) => wave(o) !== undefined && !['Namespace', 'ExternalSecret'].includes(o.kind)).map(idOf)).toEqual(
      [],
    );
  });
  it('of Azure, whose key is in the environment, are fed too', () => {
    const azure = 'objectStore: {type: azure, storageAccount: abc, container: abc, auth: {secret: azure}}';
    const objects = sampleOf('fleet.yaml', `${fleet({ objectStore: azure })}externalSecrets: {store: {name: vault}}\n`).objects;
    expect(read(objects)).toContain('demo-observer/azure.storage-account-key');
    expect(unfed(objects)).toEqual([]);
  });
  it('are made by people where no store is named', () => {
    const objects = sampleOf('fleet.yaml', eks()).objects;
    expect(made(objects)).toEqual([]);
    expect(unfed(objects)).toEqual(['demo-observer/grafana-admin.*']);
  });
  it('are allowed by the project of Argo CD', () => {
    const sample = sampleOf('fleet.yaml', `${text}gitops: {argocd: {repo: https://git.example.com/a/fleet.git}}\n`);
    expect(gitopsFile(sample)?.text).toMatch(/group: external-secrets\.io\n\s+kind: ExternalSecret/);
  });
});

test('no Secret that the file names may have the name of one that the fleet makes in the same namespace', () => {
  const text = spread({ more: 'tls: {issuer: {certManager: {name: ca}}}' });
  const { objects } = sampleOf('fleet.yaml', text);
  const secrets = ofKind(objects, 'Secret').map(({ metadata }) => [metadata.namespace, metadata.name]);
  const certificates = ofKind(objects, 'Certificate').map(({ metadata, spec }) => [metadata.namespace, spec.secretName]);
  const own = [...secrets, ...certificates].filter(([namespace]) => namespace !== 'demo-object-store').map(([, name]) => name);
  const names = [...new Set(own)].sort();
  expect(names.length).toBeGreaterThan(6);
  const { violations } = refusal(`${text}imagePullSecrets: [${names.join(', ')}]\n`);
  expect(violations.map(({ code, path }) => `${code} ${path}`)).toEqual(
    names.map((_, i) => `secret-of-fleet imagePullSecrets,${i}`),
  );
});
