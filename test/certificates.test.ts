// Certificates: what is made, when it is renewed, and how a fleet changes from one authority to the next.

import { spawnSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Certificate, Reader } from '../charts/config/certificates';
import { plain } from '../charts/fleet/messages';
import { watcherOf } from '../scripts/certificates/expiry';
import { certificateFleet } from '../scripts/certificates/fleet';
import { type CertificateFleet, keepCertificates, readCertificates } from '../scripts/certificates/keep';
import { faultOf, type Leaf, namesOf, nextStep, readBundle, type Stored } from '../scripts/certificates/plan';
import { day, type KeyPair, makeAuthority, makeLeaf } from '../scripts/certificates/x509';
import { type KubeObject, ToolError } from '../scripts/lib/kubectl';
import { nodeAddresses, nodesSlice } from '../scripts/lib/node-addresses';
import { report } from '../scripts/output';
import { liveObjects } from '../scripts/plan/live';
import { type Clock, FakeKubernetes } from './support/fake-kubernetes';
import { demo, type Json, readText, root, sample, sampleOf, workloadsOf } from './support/fleets';

jest.setTimeout(60_000); // dozens of changes of the authority
const now = new Date('2026-03-01T12:00:00.400Z');
const later = (days: number): Date => new Date(now.getTime() + days * day);

const sidecar: Certificate = {
  kubernetes: 'chicago',
  namespace: 'acme-chicago',
  secret: 'prometheus-server-tls',
  dnsNames: ['prometheus.chicago.acme.fleet', 'prometheus-0.chicago.acme.fleet'],
  usages: ['server auth'],
};
const sender: Certificate = {
  ...sidecar,
  secret: 'prometheus-client-tls',
  dnsNames: ['alerts.chicago.acme.fleet'],
  usages: ['client auth'],
};
const query: Certificate = {
  kubernetes: 'home',
  namespace: 'acme-observer',
  secret: 'query-client-tls',
  dnsNames: ['query.acme.fleet'],
  usages: ['client auth'],
};
const store: Certificate = {
  kubernetes: 'home',
  namespace: 'acme-object-store',
  secret: 'object-store-server-tls',
  dnsNames: ['object-store.acme'],
  usages: ['server auth'],
  readOnceBy: { kubernetes: 'home', namespace: 'acme-object-store', kind: 'StatefulSet', name: 'object-store' },
};
const wanted = [sidecar, sender, query, store];
const prometheus: Reader = { kubernetes: 'chicago', namespace: 'acme-chicago', kind: 'StatefulSet', name: 'prometheus' };
const querier: Reader = { kubernetes: 'home', namespace: 'acme-observer', kind: 'Deployment', name: 'thanos-query' };

const x509 = (pair: KeyPair): X509Certificate => new X509Certificate(pair.certificate);

describe('a certificate authority', () => {
  it('signs leaves and nothing else, for as long as it is told, from a little before now', async () => {
    const pair = await makeAuthority('acme CA 2026-03-01', now, 3650 * day);
    const authority = x509(pair);
    expect(authority.subject).toBe('CN=acme CA 2026-03-01');
    expect(authority.issuer).toBe(authority.subject);
    expect(authority.ca).toBe(true);
    expect(authority.verify(authority.publicKey)).toBe(true);
    expect(authority.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
    expect(authority.checkPrivateKey(createPrivateKey(pair.key))).toBe(true);
    expect(new Date(authority.validFrom)).toEqual(new Date('2026-03-01T11:55:00Z'));
    expect(new Date(authority.validTo)).toEqual(new Date('2036-02-27T12:00:00Z'));
    // basicConstraints CA:TRUE, pathlen 0 and keyUsage keyCertSign, cRLSign, both critical (DER)
    expect(authority.raw.toString('hex')).toContain('0603551d130101ff040830060101ff020100');
    expect(authority.raw.toString('hex')).toContain('0603551d0f0101ff040403020106');
  });
});

describe('a leaf', () => {
  it('is signed by its authority for exactly its names and usages, with a key of its own', async () => {
    const authority = await makeAuthority('acme CA', now, 3650 * day);
    const [a, b] = await Promise.all([1, 2].map(() => makeLeaf(authority, sidecar.dnsNames, sidecar.usages, now, 90 * day)));
    const leaf = x509(a as KeyPair);
    expect(leaf.checkIssued(x509(authority)) && leaf.verify(x509(authority).publicKey)).toBe(true);
    expect(leaf.ca).toBe(false);
    expect(leaf.subject).toBeFalsy();
    expect(namesOf(leaf)).toEqual(sidecar.dnsNames);
    expect(leaf.checkHost('prometheus-0.chicago.acme.fleet')).toBeDefined();
    expect(leaf.checkHost('prometheus.seattle.acme.fleet')).toBeUndefined();
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']); // server auth
    expect(leaf.raw.toString('hex')).toContain('0603551d0f0101ff040403020780'); // digitalSignature, critical
    expect(leaf.checkPrivateKey(createPrivateKey((a as KeyPair).key))).toBe(true);
    expect(leaf.checkPrivateKey(createPrivateKey((b as KeyPair).key))).toBe(false);
    expect(leaf.serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
    expect(leaf.serialNumber).not.toBe(x509(b as KeyPair).serialNumber);
    expect(Date.parse(leaf.validFrom)).toBe(Date.parse('2026-03-01T11:55:00Z'));
    expect(Date.parse(leaf.validTo)).toBe(Date.parse('2026-05-30T12:00:00Z'));
  });

  it('does not outlive its authority', async () => {
    const authority = await makeAuthority('acme CA', now, 30 * day);
    const leaf = x509(await makeLeaf(authority, sender.dnsNames, sender.usages, now, 90 * day));
    expect(leaf.validTo).toBe(x509(authority).validTo);
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']); // client auth
  });
});

describe('what is wrong with a leaf:', () => {
  let authority: KeyPair;
  let other: KeyPair;
  beforeAll(async () => {
    [authority, other] = (await Promise.all(['acme CA', 'acme CA'].map((name) => makeAuthority(name, now, 3650 * day)))) as [
      KeyPair,
      KeyPair,
    ];
  });
  const stored = async (signer: KeyPair, change: Partial<Certificate> = {}, issued = now): Promise<Stored> => {
    const { dnsNames, usages } = { ...sidecar, ...change };
    const certificate = x509(await makeLeaf(signer, dnsNames, usages, issued, 90 * day));
    return { certificate, keyFits: true, trusted: [x509(authority)] };
  };
  const fault = (of: Stored | undefined, at = now, previous: KeyPair[] = []) =>
    faultOf({ wanted: sidecar, stored: of }, { signer: x509(authority), previous: previous.map(x509) }, at);

  it('nothing, right after it was issued', async () => {
    expect(fault(await stored(authority))).toBeUndefined();
  });
  it('it is not there', () => expect(fault(undefined)).toBe('missing'));
  it('it cannot be read', () => expect(fault({ keyFits: false, trusted: [] })).toBe('unreadable'));
  it('its key is another', async () => expect(fault({ ...(await stored(authority)), keyFits: false })).toBe('wrong key'));
  it('it has a name too many', async () =>
    expect(fault(await stored(authority, { dnsNames: [...sidecar.dnsNames, 'prometheus.seattle.acme.fleet'] }))).toBe(
      'other names',
    ));
  it('it has the same names in another order: nothing', async () =>
    expect(fault(await stored(authority, { dnsNames: [...sidecar.dnsNames].reverse() }))).toBeUndefined());
  it('it may be used for more', async () =>
    expect(fault(await stored(authority, { usages: ['server auth', 'client auth'] }))).toBe('other usages'));
  it('an authority of the same name but with another key signed it', async () =>
    expect(fault(await stored(other))).toBe('foreign'));
  it('the previous authority signed it', async () => expect(fault(await stored(other), now, [other])).toBe('previous authority'));
  it('less than a third of its life is left', async () => {
    const leaf = await stored(authority);
    expect(fault(leaf, later(59))).toBeUndefined();
    expect(fault(leaf, later(61))).toBe('due');
  });
  it('it has ended', async () => expect(fault(await stored(authority), later(91))).toBe('expired'));
});

describe('the next step', () => {
  let old: KeyPair;
  let young: KeyPair;
  beforeAll(async () => {
    old = await makeAuthority('old', later(-10), 3650 * day);
    young = await makeAuthority('young', now, 3650 * day);
  });
  const leaf = async (signer: KeyPair, trusted: KeyPair[], change: Partial<Leaf> = {}, issued = now): Promise<Leaf> => ({
    wanted: sidecar,
    stored: {
      certificate: x509(await makeLeaf(signer, sidecar.dnsNames, sidecar.usages, issued, 90 * day)),
      keyFits: true,
      trusted: trusted.map(x509),
    },
    ...change,
  });
  const changing = () => ({ signer: x509(young), previous: [x509(old)] });
  const settled = () => ({ signer: x509(young), previous: [] });

  it('is the first authority when there is none', () => {
    expect(nextStep({ leaves: [], stale: [] }, now)).toEqual({ do: 'make authority' });
  });
  it('is nothing when all is as it should be', async () => {
    expect(nextStep({ authority: settled(), leaves: [await leaf(young, [young])], stale: [] }, now)).toBeUndefined();
  });
  it('is to issue what is due, and no more', async () => {
    const [fine, due] = [await leaf(young, [young]), await leaf(young, [young], {}, later(-70))];
    expect(nextStep({ authority: settled(), leaves: [fine, due], stale: [] }, now)).toEqual({
      do: 'issue',
      leaves: [due],
      settled: false,
    });
  });

  // a change of the authority, in its order; each state is one in which a run may have been interrupted
  it('of a change is first that everybody trusts both', async () => {
    const [told, untold] = [await leaf(old, [old, young]), await leaf(old, [old])];
    expect(nextStep({ authority: changing(), leaves: [told, untold], stale: [] }, now)).toEqual({
      do: 'trust',
      leaves: [untold],
    });
  });
  it('of a change is then to restart what has read the bundle before', async () => {
    const [a, b] = [await leaf(old, [old, young]), await leaf(old, [young, old])];
    expect(nextStep({ authority: changing(), leaves: [a, b], stale: [prometheus, querier] }, now)).toEqual({
      do: 'roll',
      workloads: [prometheus, querier],
    });
  });
  it('of a change is then, when pods have the bundle, to issue all that the previous authority signed', async () => {
    const [done, open] = [await leaf(young, [old, young]), await leaf(old, [old, young])];
    expect(nextStep({ authority: changing(), leaves: [done, open], stale: [] }, now)).toEqual({
      do: 'issue',
      leaves: [open],
      settled: true,
    });
  });
  it('of a change is then, when pods have the leaves, to trust the new one alone', async () => {
    expect(nextStep({ authority: changing(), leaves: [await leaf(young, [old, young])], stale: [] }, now)).toEqual({
      do: 'retire',
    });
    const half = [await leaf(young, [young]), await leaf(young, [old, young])];
    expect(nextStep({ authority: settled(), leaves: half, stale: [] }, now)).toEqual({ do: 'trust', leaves: [half[1]] });
    expect(nextStep({ authority: settled(), leaves: [await leaf(young, [young])], stale: [querier] }, now)).toEqual({
      do: 'roll',
      workloads: [querier],
    });
  });
  it('of a change is not to renew what is due before everybody trusts its signer', async () => {
    const due = await leaf(old, [old, young], {}, later(-70));
    const untold = await leaf(old, [old]);
    expect(nextStep({ authority: changing(), leaves: [due, untold], stale: [] }, now)).toEqual({ do: 'trust', leaves: [untold] });
  });
  it('of a change is to issue at once what nobody accepts anyway', async () => {
    const [missing, untold] = [await leaf(old, [], { stored: undefined }), await leaf(old, [old])];
    expect(nextStep({ authority: changing(), leaves: [missing, untold], stale: [] }, now)).toEqual({
      do: 'issue',
      leaves: [missing],
      settled: false,
    });
  });
});

describe('npm run certs', () => {
  const clock: Clock = { now: 0 };
  let clusters: Record<string, FakeKubernetes>;
  let fleet: CertificateFleet;
  const sleep = async (milliseconds: number): Promise<void> => {
    clock.now += milliseconds;
  };
  const pace = { now: () => new Date(clock.now), sleep, settle: 120_000, rollout: 1000 };
  beforeEach(() => {
    jest.spyOn(console, 'log').mockImplementation(() => {});
    clock.now = now.getTime();
    clusters = Object.fromEntries(['home', 'chicago'].map((name) => [name, new FakeKubernetes(`kind-${name}`, clock)]));
    const namespace = (kubernetes: string, name: string) => ({
      kubernetes,
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name },
    });
    fleet = {
      name: 'acme',
      home: { kubernetes: 'home', namespace: 'acme-observer' },
      certificates: wanted,
      bundleReaders: [prometheus, querier],
      watchers: [{ kubernetes: 'chicago', namespace: 'acme-chicago', nodes: true }],
      namespaces: [
        namespace('home', 'acme-observer'),
        namespace('home', 'acme-object-store'),
        namespace('chicago', 'acme-chicago'),
      ],
      access: (name) => clusters[name] as FakeKubernetes,
    };
  });
  afterEach(() => jest.restoreAllMocks());

  const deploy = (): void => {
    clusters.chicago?.deploy('StatefulSet', 'acme-chicago', 'prometheus', 'acme', 2);
    clusters.home?.deploy('Deployment', 'acme-observer', 'thanos-query', 'acme', 1);
    clusters.home?.deploy('StatefulSet', 'acme-object-store', 'object-store', 'acme', 1);
  };
  const secret = ({ kubernetes, namespace, secret: name }: Certificate): KubeObject =>
    clusters[kubernetes]?.secret(namespace, name);
  const text = (object: KubeObject, key: string): string => Buffer.from(object?.data[key] ?? '', 'base64').toString();
  const authority = (): X509Certificate =>
    new X509Certificate(text(clusters.home?.secret('acme-observer', 'fleet-ca'), 'tls.crt'));
  const restarts = (): string[] =>
    Object.values(clusters).flatMap((c) =>
      c.said.filter(({ args }) => args[0] === 'rollout').map(({ args }) => `${c.context} ${args[2]}`),
    );
  const changes = (): number => Object.values(clusters).reduce((n, c) => n + c.said.filter(({ input }) => input).length, 0);

  it('makes an authority and a Secret per certificate, in namespaces that it makes when they are missing', async () => {
    await keepCertificates(fleet, {}, pace);
    for (const certificate of wanted) {
      const object = secret(certificate);
      expect(object.type).toBe('kubernetes.io/tls');
      expect(Object.keys(object.data).sort()).toEqual(['ca.crt', 'tls.crt', 'tls.key']);
      const leaf = new X509Certificate(text(object, 'tls.crt'));
      expect(leaf.verify(authority().publicKey)).toBe(true);
      expect(namesOf(leaf)).toEqual(certificate.dnsNames);
      expect(leaf.checkPrivateKey(createPrivateKey(text(object, 'tls.key')))).toBe(true);
      expect(new X509Certificate(text(object, 'ca.crt')).fingerprint256).toBe(authority().fingerprint256);
    }
  });

  it('gives private keys to kubectl on its standard input only', async () => {
    await keepCertificates(fleet, {}, pace);
    const printed = jest.mocked(console.log).mock.calls.flat().join('\n');
    const keys = [...wanted.map(secret), clusters.home?.secret('acme-observer', 'fleet-ca')].map((s) => s.data['tls.key']);
    expect(new Set(keys).size).toBe(5);
    for (const key of keys) {
      const commandLines = Object.values(clusters).flatMap((c) => c.said.flatMap(({ args }) => args));
      expect([...commandLines, printed].join('\n')).not.toContain(key);
    }
  });

  it('shows no key in an error, whatever kubectl repeats', async () => {
    const chicago = clusters.chicago as FakeKubernetes;
    const { run } = chicago;
    chicago.run = (args, options) => {
      if (options?.input?.includes('prometheus-server-tls')) return Promise.reject(new ToolError(`refused: ${options.input}`));
      return run.call(chicago, args, options);
    };
    const error: Error = await keepCertificates(fleet, {}, pace).catch((e) => e);
    expect(error.message).toMatch(/^refused: .*\(not shown\)/);
    expect(error.message).not.toMatch(/LS0tLS1CRUdJTi/); // "-----BEGIN" in base64
  });

  it('changes nothing when it is run again', async () => {
    await keepCertificates(fleet, {}, pace);
    deploy();
    const before = changes();
    expect((await keepCertificates(fleet, {}, pace)).changes).toBe(0);
    expect(changes()).toBe(before);
    expect(restarts()).toEqual([]);
  });

  it('renews what is due with a new key, under the same authority, restarting nobody who reads it anew', async () => {
    await keepCertificates(fleet, {}, pace);
    deploy();
    const [before, signer] = [secret(sidecar).data, authority().fingerprint256];
    clock.now = later(61).getTime();
    await keepCertificates(fleet, {}, pace);
    expect(secret(sidecar).data['tls.key']).not.toBe(before['tls.key']);
    expect(secret(sidecar).data['ca.crt']).toBe(before['ca.crt']);
    expect(authority().fingerprint256).toBe(signer);
    expect(restarts()).toEqual(['kind-home statefulset/object-store']); // the only one that does not read it anew
  });

  it('issues only what no longer fits the fleet', async () => {
    await keepCertificates(fleet, {}, pace);
    const before = wanted.map((c) => secret(c).data['tls.crt']);
    const renamed = { ...sidecar, dnsNames: ['prometheus.chicago.acme.example'] };
    await keepCertificates({ ...fleet, certificates: [renamed, sender, query, store] }, {}, pace);
    expect(wanted.map((c, i) => secret(c).data['tls.crt'] === before[i])).toEqual([false, true, true, true]);
    expect(namesOf(new X509Certificate(text(secret(sidecar), 'tls.crt')))).toEqual(renamed.dnsNames);
  });

  it('renews all when asked to', async () => {
    await keepCertificates(fleet, {}, pace);
    const before = wanted.map((c) => secret(c).data['tls.crt']);
    await keepCertificates(fleet, { renew: true }, pace);
    expect(wanted.map((c, i) => secret(c).data['tls.crt'] === before[i])).toEqual([false, false, false, false]);
  });

  it('tells Prometheus when each certificate ends', async () => {
    await keepCertificates(fleet, {}, pace);
    const map = clusters.chicago?.objects.get('ConfigMap/acme-chicago/certificates-expiry');
    const { rules } = parse(map.data['certificates.yml']).groups[0];
    expect(rules).toHaveLength(4); // the observer's too: nobody watches its Kubernetes cluster
    const end = Date.parse(new X509Certificate(text(secret(query), 'tls.crt')).validTo) / 1000;
    expect(rules).toContainEqual({
      record: 'fleet_certificate_expiry_timestamp_seconds',
      expr: `vector(${end})`,
      labels: { kubernetes: 'home', namespace: 'acme-observer', secret: 'query-client-tls' },
    });
  });

  it('refuses to replace an authority that is gone while its certificates are in use', async () => {
    await keepCertificates(fleet, {}, pace);
    clusters.home?.objects.delete('Secret/acme-observer/fleet-ca');
    const before = changes();
    await expect(keepCertificates(fleet, {}, pace)).rejects.toThrow(/The certificate authority is gone.*--rotate-ca/s);
    expect(changes()).toBe(before);
  });

  describe('--rotate-ca', () => {
    /**
     * Who would refuse whom at any moment: bundles as pods have them (read at their start, or read anew), against leaves as
     * they are shown (read anew, or at the start).
     */
    const watchAcceptance = (): string[] => {
      const known = new Map<string, boolean>(); // the same pair is met again and again
      const accepts = (bundle: string, leaf: string): boolean => {
        const pair = bundle + leaf;
        const verdict = known.get(pair) ?? readBundle(bundle).some((a) => new X509Certificate(leaf).verify(a.publicKey));
        known.set(pair, verdict);
        return verdict;
      };
      const refused: string[] = [];
      const [bundles, leaves] = [new Map<string, string>(), new Map<string, string>()];
      const readAtStart = (workload: string): void => {
        const at = wanted.filter((c) => readersAt(c).some((r) => r.name === workload));
        for (const c of at) bundles.set(`${c.secret} of ${workload}`, text(secret(c), 'ca.crt'));
        for (const c of wanted) if (c.readOnceBy?.name === workload) leaves.set(c.secret, text(secret(c), 'tls.crt'));
      };
      const readersAt = (c: Certificate) => [prometheus, querier].filter((r) => r.namespace === c.namespace);
      for (const name of ['prometheus', 'thanos-query', 'object-store']) readAtStart(name);
      for (const cluster of Object.values(clusters)) {
        const { run } = cluster;
        cluster.run = async (args, options) => {
          const said = await run.call(cluster, args, options);
          if (args[0] === 'rollout') readAtStart(args[2]?.split('/')[1] ?? '');
          const readers = [...bundles, ...wanted.map((c): [string, string] => [c.secret, text(secret(c), 'ca.crt')])];
          for (const [reader, bundle] of readers)
            for (const c of wanted) {
              if (!accepts(bundle, leaves.get(c.secret) ?? text(secret(c), 'tls.crt')))
                refused.push(`${reader} refuses ${c.secret} after ${args.join(' ')}`);
            }
          return said;
        };
      }
      return refused;
    };

    it('leaves everybody accepted by everybody at every step, and ends with the new authority alone', async () => {
      await keepCertificates(fleet, {}, pace);
      deploy();
      const first = authority().fingerprint256;
      const refused = watchAcceptance();
      await keepCertificates(fleet, { rotate: true }, pace);
      expect(refused).toEqual([]);
      expect(authority().fingerprint256).not.toBe(first);
      expect(Object.keys(clusters.home?.secret('acme-observer', 'fleet-ca').data)).toEqual(['tls.crt', 'tls.key', 'ca.crt']);
      for (const c of wanted) {
        expect(text(secret(c), 'ca.crt')).toBe(authority().toString());
        expect(new X509Certificate(text(secret(c), 'tls.crt')).verify(authority().publicKey)).toBe(true);
      }
      expect(restarts().sort()).toEqual([
        'kind-chicago statefulset/prometheus', // for both authorities, and again for the new one alone
        'kind-chicago statefulset/prometheus',
        'kind-home deployment/thanos-query',
        'kind-home deployment/thanos-query',
        'kind-home statefulset/object-store', // for its leaf
      ]);
      expect((await keepCertificates(fleet, {}, pace)).changes).toBe(0);
    });

    it('gives every pod the time to see what was written, before anything relies on it', async () => {
      await keepCertificates(fleet, {}, pace);
      deploy();
      const written = (certificate: Certificate, manager: string): number =>
        Date.parse(secret(certificate).metadata.managedFields.find((m: KubeObject) => m.manager === manager).time);
      const home = clusters.home as FakeKubernetes;
      const gaps: Record<string, number> = {};
      let retiring = false;
      for (const cluster of Object.values(clusters))
        cluster.beforeChange = (args) => {
          const manager = args.find((a) => a.startsWith('--field-manager='))?.split('=')[1];
          if (args[0] === 'replace' && retiring)
            gaps.retired = clock.now - Math.max(...wanted.map((c) => written(c, 'thanos-fleet-certs')));
          if (args[0] === 'replace') retiring = true;
          if (manager === 'thanos-fleet-certs' && cluster === home)
            gaps.issued = clock.now - Math.max(...wanted.map((c) => written(c, 'thanos-fleet-certs-bundle')));
        };
      await keepCertificates(fleet, { rotate: true }, pace);
      expect(gaps.issued).toBeGreaterThanOrEqual(120_000);
      expect(gaps.retired).toBeGreaterThanOrEqual(120_000);
    });

    const ruler: Reader = { kubernetes: 'home', namespace: 'acme-observer', kind: 'StatefulSet', name: 'thanos-rule' };
    const deployRuler = (): void => {
      fleet = { ...fleet, bundleReaders: [prometheus, querier, ruler] };
      clusters.home?.deploy('StatefulSet', 'acme-observer', 'thanos-rule', 'acme', 1);
    };
    /** What was restarted by then. */
    const restarted = (name: string): boolean => restarts().some((r) => r.endsWith(`/${name}`));
    /** Has a restarted workload's pods come up only when a condition holds. */
    const readyWhen = (cluster: FakeKubernetes, name: string, condition: () => boolean): void => {
      const { get } = cluster;
      cluster.get = async (args) => {
        const found = await get.call(cluster, args);
        if (!args[0]?.endsWith(`/${name}`) || condition()) return found;
        return found.map((o) => ({ ...o, status: { ...o.status, readyReplicas: 0 } }));
      };
    };

    it('restarts clusters at the same time', async () => {
      await keepCertificates(fleet, {}, pace);
      deploy();
      // each waits for the other: one after the other, neither would come to its end
      readyWhen(clusters.chicago as FakeKubernetes, 'prometheus', () => restarted('thanos-query'));
      readyWhen(clusters.home as FakeKubernetes, 'thanos-query', () => restarted('prometheus'));
      await keepCertificates(fleet, { rotate: true }, pace);
      expect(restarts()).toHaveLength(5);
    });

    it('restarts the workloads of a namespace one after the other, and none any more after a failure', async () => {
      await keepCertificates(fleet, {}, pace);
      deploy();
      deployRuler();
      readyWhen(clusters.home as FakeKubernetes, 'thanos-query', () => false);
      await expect(keepCertificates(fleet, { rotate: true }, pace)).rejects.toThrow(
        'acme-observer/thanos-query (context kind-home) was restarted to read its certificates anew, and 0 of its 1 pods are ready',
      );
      expect(restarts().sort()).toEqual(['kind-chicago statefulset/prometheus', 'kind-home deployment/thanos-query']);
    });

    it('goes on where it was interrupted, wherever that was, with the same new authority', async () => {
      await keepCertificates(fleet, {}, pace);
      deploy();
      const refused = watchAcceptance();
      for (let stop = 1; ; stop++) {
        let left = stop;
        for (const cluster of Object.values(clusters))
          cluster.beforeChange = () => {
            if (left-- <= 0) throw new Error('interrupted');
          };
        const interrupted = await keepCertificates(fleet, { rotate: true }, pace).then(
          () => false,
          (error) => error.message === 'interrupted',
        );
        for (const cluster of Object.values(clusters)) cluster.beforeChange = () => {};
        const begun = authority().fingerprint256;
        await keepCertificates(fleet, {}, pace);
        expect(refused).toEqual([]);
        expect(authority().fingerprint256).toBe(begun);
        const state = await readCertificates(fleet);
        expect(nextStep(state, pace.now())).toBeUndefined();
        if (!interrupted) {
          expect(stop).toBeGreaterThan(8);
          return;
        }
      }
    });

    it('goes on with a change that is under way instead of beginning another', async () => {
      await keepCertificates(fleet, {}, pace);
      deploy();
      const chicago = clusters.chicago as FakeKubernetes;
      chicago.beforeChange = () => {
        throw new Error('interrupted');
      };
      await expect(keepCertificates(fleet, { rotate: true }, pace)).rejects.toThrow('interrupted');
      chicago.beforeChange = () => {};
      const begun = authority().fingerprint256;
      await keepCertificates(fleet, { rotate: true }, pace);
      expect(authority().fingerprint256).toBe(begun);
    });

    it('replaces an authority that is gone, keeping the old one trusted meanwhile', async () => {
      await keepCertificates(fleet, {}, pace);
      deploy();
      clusters.home?.objects.delete('Secret/acme-observer/fleet-ca');
      const refused = watchAcceptance();
      await keepCertificates(fleet, { rotate: true }, pace);
      expect(refused).toEqual([]);
      expect(nextStep(await readCertificates(fleet), pace.now())).toBeUndefined();
    });

    it('loses against somebody who changes the authority at the same time, and says so', async () => {
      await keepCertificates(fleet, {}, pace);
      const home = clusters.home as FakeKubernetes;
      home.beforeChange = (args) => {
        if (args[0] === 'replace') home.secret('acme-observer', 'fleet-ca').metadata.resourceVersion = 'another';
      };
      await expect(keepCertificates(fleet, { rotate: true }, pace)).rejects.toThrow('the object has been modified');
    });
  });
});

describe('the certificates of a fleet', () => {
  const spread = sample('examples/kind-fleet/fleet.yaml');
  const fleet = certificateFleet(spread) as CertificateFleet;

  it('are none when all of it is in one Kubernetes cluster', () => {
    expect(certificateFleet(demo())).toBeUndefined();
  });

  it('are one for every Secret that a pod mounts as its TLS, and no other', () => {
    const mounted = spread.files.flatMap(({ path, objects }) =>
      workloadsOf(objects).flatMap((w) =>
        (w.spec.volumes as Json[])
          .filter((v) => v.secret?.secretName.endsWith('-tls'))
          .map((v) => `${path.split('/')[0]} ${w.namespace}/${v.secret.secretName}`),
      ),
    );
    const issued = fleet.certificates.map((c) => `${c.kubernetes} ${c.namespace}/${c.secret}`);
    expect(new Set(issued)).toEqual(new Set(mounted));
    expect(new Set(issued).size).toBe(issued.length);
  });

  it("leave the authority's key to nobody: no pod mounts its Secret", () => {
    const text = spread.files.flatMap((f) => f.objects).map((o) => JSON.stringify(o));
    expect(text.filter((t) => t.includes('"fleet-ca"'))).toEqual([]);
  });

  it('have their namespaces, and a Prometheus that tells when they end', () => {
    for (const c of fleet.certificates) {
      const here = (n: { kubernetes: string }) => n.kubernetes === c.kubernetes;
      expect(fleet.namespaces.filter(here).map((n) => n.metadata.name)).toContain(c.namespace);
      expect(watcherOf(fleet.watchers, c)?.kubernetes).toBe(c.kubernetes);
    }
  });

  it('are restarted for only where something runs', () => {
    const running = spread.files.flatMap(({ path, objects }) =>
      workloadsOf(objects).map((w) => `${path.split('/')[0]} ${w.kind} ${w.namespace}/${w.name}`),
    );
    const readers = [...fleet.bundleReaders, ...fleet.certificates.flatMap((c) => c.readOnceBy ?? [])];
    expect(readers.length).toBeGreaterThan(0);
    for (const r of readers) expect(running).toContain(`${r.kubernetes} ${r.kind} ${r.namespace}/${r.name}`);
  });
});

describe('npm run synth', () => {
  const next = (text: string): string =>
    report('fleet.yaml', 'dist', sampleOf('fleet.yaml', text), 0, plain).split('Next:\n')[1] as string;
  const kindFleet = readText('examples/kind-fleet/fleet.yaml');

  it('says that certificates come before the rest', () => {
    const byAddress = kindFleet
      .replaceAll(/(\w+)(: \{in: \w+, expose: \{nodePort: \{)\}/g, '$1$2address: $1.example.com}')
      .replaceAll('nodePort: {}', 'nodePort: {address: node.example.com}');
    expect(next(byAddress)).toMatch(/^ {2}npm run certs\n {2}kubectl --context kind-chicago apply /);
    expect(next(readText('fleet.yaml'))).toMatch(/^ {2}kubectl --context kind-kind apply /);
    const other = `${byAddress}tls: {issuer: {certManager: {name: fleet-ca}}}\n`;
    expect(next(other)).toMatch(/^ {2}kubectl --context kind-chicago apply /);
  });

  it('leaves it to npm run up where addresses of nodes are to be found out', () => {
    expect(next(kindFleet)).toMatch(/^ {2}npm run up, .*$/);
  });
});

describe('npm run up', () => {
  it('does not take away what the issuer has written: no manifest has it', async () => {
    const labels = { 'app.kubernetes.io/component': 'certificates' };
    const object = (kind: string, component?: object) => ({ kind, metadata: { name: 'x', labels: component } });
    const kept = object('Service');
    const found = [object('Secret', labels), object('ConfigMap', labels), object('Certificate', labels), kept];
    const live = await liveObjects({ run: async () => 'services v1 true Service', get: async () => found }, 'acme');
    expect(live).toEqual([found[2], kept]);
  });

  it('tells a Kubernetes cluster where the nodes of another are', () => {
    const node = (...addresses: string[]) => ({
      status: {
        addresses: [...addresses.map((address) => ({ type: 'InternalIP', address })), { type: 'Hostname', address: 'n' }],
      },
    });
    expect(nodeAddresses([node('172.18.0.4', 'fc00::4'), node('172.18.0.3', 'fc00::3')])).toEqual(['172.18.0.3', '172.18.0.4']);
    expect(nodeAddresses([node('fc00::4')])).toEqual(['fc00::4']);
    const slice = nodesSlice('acme', { kubernetes: 'home', namespace: 'acme-observer', of: 'chicago' }, ['172.18.0.3']);
    expect(slice).toMatchObject({
      kind: 'EndpointSlice',
      metadata: { namespace: 'acme-observer', labels: { 'kubernetes.io/service-name': 'nodes-of-chicago' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['172.18.0.3'] }],
    });
  });

  describe('and everything that uses all Kubernetes clusters', () => {
    let directory = '';
    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), 'certs-'));
    });
    afterEach(() => rmSync(directory, { recursive: true, force: true }));

    /** Runs a program in an empty folder with a kubectl that does what the script says; gives what was asked of it too. */
    const run = (program: string, kubectl: string, ...args: string[]) => {
      const log = join(directory, 'asked');
      writeFileSync(join(directory, 'kubectl'), `#!/bin/sh\necho "$*" >> ${log}\n${kubectl}\n`, { mode: 0o755 });
      const done = spawnSync(process.execPath, [join(root, 'scripts/run.cjs'), join(root, 'scripts', program), ...args], {
        cwd: directory,
        env: {
          ...process.env,
          FLEET: existsSync(join(directory, 'fleet.yaml')) ? 'fleet.yaml' : join(root, 'examples/kind-fleet/fleet.yaml'),
          PATH: `${directory}:${process.env.PATH}`,
        },
        encoding: 'utf8',
      });
      return { ...done, asked: readFileSync(log, 'utf8').trim().split('\n') };
    };
    const silent = 'case "$*" in *get-contexts*) echo kind-observer; echo kind-chicago;; *) echo refused >&2; exit 1;; esac';

    it.each(['certs.ts', 'up.ts'])('%s names every one that does not answer, before it changes anything', (program) => {
      const { status, stderr, asked } = run(program, silent);
      expect(status).toBe(2);
      for (const context of ['kind-observer', 'kind-chicago'])
        expect(stderr).toContain(`The context ${context} is in your kubeconfig, but its cluster does not answer.\n  refused`);
      expect(stderr).toContain('Nothing was changed.');
      expect(asked.filter((line) => !/get-contexts|readyz/.test(line))).toEqual([]);
    });

    it('certs.ts asks for the one that is not in the kubeconfig', () => {
      const { stderr } = run('certs.ts', silent);
      expect(stderr).toContain('There is no context kind-seattle in your kubeconfig.');
    });

    it('up.ts names those that lack the issuer of the fleet file, before it applies anything', () => {
      const fleetFile = join(directory, 'fleet.yaml');
      writeFileSync(fleetFile, `${readText('examples/kind-fleet/fleet.yaml')}tls: {issuer: {certManager: {name: fleet-ca}}}\n`);
      const there = 'echo kind-observer; echo kind-chicago; echo kind-seattle';
      const kubectl = `case "$*" in *get-contexts*) ${there};; *kind-chicago*api-resources*) echo certificates.cert-manager.io;; esac`;
      const { stderr, asked } = run('up.ts', kubectl);
      expect(stderr).toContain('There is no cert-manager in kind-observer, kind-seattle, which the fleet file names');
      expect(asked.filter((line) => !/get-contexts|readyz|api-resources/.test(line))).toEqual([]);
    });

    it('up.ts names those that lack the operator that makes Secrets, before it applies anything', () => {
      const fleetFile = join(directory, 'fleet.yaml');
      const text = readText('examples/kind-fleet/fleet.yaml').replace(/^clusters:/m, 'imagePullSecrets: [login]\n$&');
      writeFileSync(fleetFile, `${text}externalSecrets: {store: {name: vault}}\n`);
      const there = 'echo kind-observer; echo kind-chicago; echo kind-seattle';
      const operator = '*kind-chicago*api-resources*) echo externalsecrets.external-secrets.io;;';
      const { stderr, asked } = run('up.ts', `case "$*" in *get-contexts*) ${there};; ${operator} esac`);
      expect(stderr).toContain(
        'There is no External Secrets Operator in kind-observer, kind-seattle, which the fleet file names',
      );
      expect(asked.filter((line) => !/get-contexts|readyz|api-resources/.test(line))).toEqual([]);
    });

    it('certs.ts --check says what is to be done, and changes nothing', () => {
      const empty = 'case "$*" in *get-contexts*) echo kind-observer; echo kind-chicago; echo kind-seattle;; esac';
      const { status, stdout, asked } = run('certs.ts', empty, '--check');
      expect(status).toBe(1);
      expect(stdout).toContain('there is no certificate authority yet: npm run certs makes it');
      expect(stdout).toContain('chicago acme-chicago/thanos-sidecar-server-tls: missing: npm run certs');
      expect(asked.filter((line) => !/ get /.test(line) && !/get-contexts/.test(line))).toEqual([]);
    });
  });
});
