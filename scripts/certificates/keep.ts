// Brings a fleet's certificates to what they should be, step by step, and says what it does.
import { X509Certificate } from 'node:crypto';
import type { Certificate, Reader } from '../../charts/config/certificates';
import type { Manifest } from '../../charts/fleet';
import { each } from '../lib/each';
import { sleep, ToolError } from '../lib/kubectl';
import { dim, green, progress } from '../lib/terminal';
import {
  type Access,
  authoritySecret,
  ensureNamespaces,
  type KeptAuthority,
  type Pace,
  readAuthority,
  readNamespace,
  roll,
  writeAuthority,
  writeBundles,
  writeExpiry,
  writeLeaves,
} from './cluster';
import { expiryRulesText, type Watcher, watcherOf } from './expiry';
import {
  bundleText,
  commonName,
  faultOf,
  type Leaf,
  nextStep,
  type State,
  type Step,
  trustedBy,
  trustedSomewhere,
  waits,
} from './plan';
import { day, makeAuthority, makeLeaf } from './x509';

/** What certificates are made for. */
export interface CertificateFleet {
  readonly name: string;
  /** Where the authority is kept: the observer's Kubernetes cluster and namespace. */
  readonly home: { readonly kubernetes: string; readonly namespace: string };
  readonly certificates: readonly Certificate[];
  /** Workloads that read their bundle of authorities only when they start. */
  readonly bundleReaders: readonly Reader[];
  readonly watchers: readonly Watcher[];
  /** Namespaces as the manifests make them. */
  readonly namespaces: readonly (Manifest & { readonly kubernetes: string })[];
  readonly access: (kubernetes: string) => Access;
}

/** Times in milliseconds. */
export const lives = { authority: 3650 * day, leaf: 90 * day, authorityDue: 365 * day } as const;

export const pace: Pace = { now: () => new Date(), sleep, settle: 120_000, rollout: 15 * 60_000 };

const kubernetesOf = (fleet: CertificateFleet): string[] =>
  [
    ...new Set([
      fleet.home.kubernetes,
      ...fleet.certificates.map((c) => c.kubernetes),
      ...fleet.watchers.map((w) => w.kubernetes),
    ]),
  ].sort();

/** Items by what they have in common, in its order. */
const groups = <T>(items: readonly T[], of: (item: T) => string): [string, T[]][] =>
  [...new Set(items.map(of))].sort().map((name) => [name, items.filter((item) => of(item) === name)]);

export interface Read extends State {
  readonly authority?: KeptAuthority;
}

type Place = Pick<Certificate, 'kubernetes' | 'namespace'>;

const readPlaces = async (fleet: CertificateFleet, places: readonly Place[]): Promise<Omit<Read, 'authority'>> => {
  const parts = await each(places, (place) =>
    readNamespace(fleet.access(place.kubernetes), fleet.name, place, fleet.certificates, fleet.bundleReaders),
  );
  return { leaves: parts.flatMap((p) => p.leaves), stale: parts.flatMap((p) => p.stale) };
};

/** What there is, in every Kubernetes cluster. */
export const readCertificates = async (fleet: CertificateFleet): Promise<Read> => {
  const places = groups(fleet.certificates, (c) => `${c.kubernetes}/${c.namespace}`).map(([, [first]]) => first as Certificate);
  const [authority, rest] = await Promise.all([
    readAuthority(fleet.access(fleet.home.kubernetes), fleet.home.namespace),
    readPlaces(fleet, places),
  ]);
  return { authority, ...rest };
};

const makeNewAuthority = async (fleet: CertificateFleet, before: Read, now: Date): Promise<void> => {
  const keys = await makeAuthority(`${fleet.name} CA ${now.toISOString().slice(0, 16)}Z`, now, lives.authority);
  const own = new X509Certificate(keys.certificate);
  // who is trusted now stays trusted until nobody shows a certificate of theirs any more
  const previous = before.authority ? [before.authority.signer] : trustedSomewhere(before.leaves);
  const { kubernetes, namespace } = fleet.home;
  await writeAuthority(fleet.access(kubernetes), fleet.name, namespace, keys, previous, before.authority);
  progress.done(`${green('✓')} certificate authority ${commonName(own.subject)} made`);
};

const place = ({ kubernetes, namespace, secret }: Certificate): string => `${kubernetes} ${namespace}/${secret}`;

const issue = async (fleet: CertificateFleet, authority: KeptAuthority, leaves: readonly Leaf[], now: Date): Promise<void> => {
  const bundle = bundleText(trustedBy(authority));
  let count = 0;
  await each(
    groups(leaves, (l) => l.wanted.kubernetes),
    async ([kubernetes, here]) => {
      const access = fleet.access(kubernetes);
      const made = await Promise.all(
        here.map(async ({ wanted }) => ({
          wanted,
          ...(await makeLeaf(authority.keys, wanted.dnsNames, wanted.usages, now, lives.leaf)),
        })),
      );
      await writeLeaves(access, fleet.name, made);
      await writeBundles(
        access,
        here.map((l) => l.wanted),
        bundle,
      );
      count += here.length;
      progress.show(`Issued ${count} of ${leaves.length} certificates …`);
    },
  );
  for (const leaf of leaves)
    progress.done(`${green('✓')} issued ${place(leaf.wanted)} ${dim(`(${faultOf(leaf, authority, now) ?? 'renewed'})`)}`);
};

const trust = async (fleet: CertificateFleet, authority: KeptAuthority, leaves: readonly Leaf[]): Promise<void> => {
  const trusted = trustedBy(authority);
  await each(
    groups(leaves, (l) => l.wanted.kubernetes),
    ([kubernetes, here]) =>
      writeBundles(
        fleet.access(kubernetes),
        here.map((l) => l.wanted),
        bundleText(trusted),
      ),
  );
  progress.done(`${green('✓')} ${leaves.length} Secrets trust ${trusted.map((c) => commonName(c.subject)).join(' and ')}`);
};

/** Tells every Prometheus when the certificates it watches end. */
const tellExpiry = async (fleet: CertificateFleet, leaves: readonly Leaf[]): Promise<number> => {
  const changed = await each(fleet.watchers, (watcher) => {
    const watched = leaves.flatMap(({ wanted, stored }) =>
      stored?.certificate && watcherOf(fleet.watchers, wanted) === watcher ? [{ wanted, certificate: stored.certificate }] : [],
    );
    return writeExpiry(fleet.access(watcher.kubernetes), fleet.name, watcher.namespace, expiryRulesText(watched));
  });
  return changed.filter(Boolean).length;
};

/**
 * Restarts workloads: of a namespace one after the other, of several at the same time, since pairs in different namespaces do
 * not stand in for each other. After a failure none is begun any more.
 */
const restart = async (fleet: CertificateFleet, workloads: readonly Reader[], at: Pace): Promise<void> => {
  const failures: unknown[] = [];
  const under = new Map<string, string>(); // what is being restarted, and how many of its pods are ready
  const restartAll = async ([, here]: [string, Reader[]]): Promise<void> => {
    for (const workload of here) {
      if (failures.length > 0) return;
      const what = `${workload.kubernetes} ${workload.namespace}/${workload.name}`;
      await roll(fleet.access(workload.kubernetes), workload, at, (ready) => {
        under.set(what, ready);
        progress.show(`Restarting ${[...under].map((pair) => pair.join(' ')).join(', ')} …`);
      }).catch((error) => failures.push(error));
      under.delete(what);
      if (failures.length === 0) progress.done(`${green('✓')} restarted ${what}`);
    }
  };
  await each(
    groups(workloads, (w) => `${w.kubernetes}/${w.namespace}`),
    restartAll,
    16,
  );
  if (failures.length > 0) throw failures[0];
};

const wait = async (until: number, { now, sleep }: Pace, what: string): Promise<void> => {
  for (let left = until - now().getTime(); left > 0; left = until - now().getTime()) {
    progress.show(`${Math.ceil(left / 1000)} s until every pod sees ${what} …`);
    await sleep(Math.min(left, 1000));
  }
};

const lost = (fleet: CertificateFleet, leaves: readonly Leaf[]): string =>
  `The certificate authority is gone: there is no Secret ${authoritySecret} in ${fleet.home.namespace} of ${fleet.home.kubernetes}, but ${leaves.filter((l) => l.stored).length} certificates of another are there.\nA new one would cut off everything that trusts the old one. Put the Secret back, or change to a new authority step by step: npm run certs -- --rotate-ca`;

export interface Wishes {
  /** A new authority, unless a change is under way already. */
  readonly rotate?: boolean;
  /** New leaves for all. */
  readonly renew?: boolean;
}

export interface Outcome {
  readonly state: Read;
  /** How much was written or restarted. */
  readonly changes: number;
}

/**
 * Does what is to be done, until nothing is.
 * @throws ToolError; what was done by then stays, and another run goes on from there
 */
export const keepCertificates = async (fleet: CertificateFleet, wishes: Wishes = {}, at: Pace = pace): Promise<Outcome> => {
  progress.show(`Reading certificates of ${kubernetesOf(fleet).length} Kubernetes clusters …`);
  for (const [kubernetes, namespaces] of groups(fleet.namespaces, (n) => n.kubernetes)) {
    const made = await ensureNamespaces(
      fleet.access(kubernetes),
      namespaces.map(({ kubernetes: _, ...object }) => object),
    );
    for (const name of made) progress.done(`${green('✓')} namespace ${name} made in ${kubernetes}`);
  }
  let state = await readCertificates(fleet);
  let changes = 0;
  let { rotate = false, renew = false } = wishes;
  let lastWrite = at.now().getTime(); // a run that goes on does not know when the last one wrote
  const carryOut = async (step: Step, authority: KeptAuthority | undefined): Promise<void> => {
    if (step.do === 'make authority') return makeNewAuthority(fleet, state, at.now());
    if (!authority) return;
    if (step.do === 'issue') return issue(fleet, authority, step.leaves, at.now());
    if (step.do === 'trust') return trust(fleet, authority, step.leaves);
    if (step.do === 'roll') return restart(fleet, step.workloads, at);
    await writeAuthority(fleet.access(fleet.home.kubernetes), fleet.name, fleet.home.namespace, authority.keys, [], authority);
    progress.done(`${green('✓')} ${authority.previous.map((c) => commonName(c.subject)).join(' and ')} retired`);
  };
  for (;;) {
    if (rotate && (state.authority?.previous.length ?? 0) > 0) rotate = false; // it goes on by itself
    const next = nextStep(state, at.now());
    let step = next;
    if (next?.do === 'make authority' && !rotate && state.leaves.some((l) => l.stored))
      throw new ToolError(lost(fleet, state.leaves));
    if (next?.do === 'make authority') rotate = false;
    if (!next && rotate) {
      step = { do: 'make authority' };
      rotate = false;
    } else if (!next && renew) step = { do: 'issue', leaves: state.leaves, settled: false };
    if (!next) renew = false;
    if (!step) break;
    if (waits(step)) await wait(lastWrite + at.settle, at, step.do === 'retire' ? 'the new certificates' : 'the new bundle');
    await carryOut(step, state.authority);
    changes++;
    lastWrite = at.now().getTime();
    state = await readCertificates(fleet);
    if (step.do === 'issue') changes += await tellExpiry(fleet, state.leaves);
  }
  changes += await tellExpiry(fleet, state.leaves);
  return { state, changes };
};
