// What is to be done about a fleet's certificates: pure functions of what is there and of the time.
//
// The steps of a change of the authority follow from what its Secret says it trusts, so an interrupted change goes on
// where it stopped: nothing else remembers it.
import { X509Certificate } from 'node:crypto';
import type { Certificate, Reader } from '../../charts/config/certificates';
import { usageOids } from './x509';

/** Who signs, and who else is trusted while the fleet changes from one authority to the next. */
export interface Authority {
  readonly signer: X509Certificate;
  /** Authorities that have signed before and may still be in use; not empty during a change only. */
  readonly previous: readonly X509Certificate[];
}

/** What a Secret holds, without its key. */
export interface Stored {
  /** Absent when it cannot be read. */
  readonly certificate?: X509Certificate;
  readonly keyFits: boolean;
  readonly trusted: readonly X509Certificate[];
}

export interface Leaf {
  readonly wanted: Certificate;
  /** Absent when there is no such Secret. */
  readonly stored?: Stored;
}

export interface State {
  readonly authority?: Authority;
  readonly leaves: readonly Leaf[];
  /** Workloads that still use what their Secrets held before, since they read it only when they start. */
  readonly stale: readonly Reader[];
}

/** Why a leaf has to be issued anew. */
export type Fault =
  | 'missing'
  | 'unreadable'
  | 'wrong key'
  | 'other names'
  | 'other usages'
  | 'foreign'
  | 'expired'
  | 'due'
  | 'previous authority';

/** With these nobody accepts the leaf, so that a new one cannot make it worse. */
const useless: readonly Fault[] = ['missing', 'unreadable', 'wrong key', 'foreign', 'expired'];

export type Step =
  /** The fleet's first authority. */
  | { readonly do: 'make authority' }
  /** New leaves for these, with the bundle. */
  | { readonly do: 'issue'; readonly leaves: readonly Leaf[]; readonly settled: boolean }
  /** The bundle for these; their leaves stay. */
  | { readonly do: 'trust'; readonly leaves: readonly Leaf[] }
  /** Restart those that use what their Secrets held before. */
  | { readonly do: 'roll'; readonly workloads: readonly Reader[] }
  /** Trust the signer alone: nobody shows a leaf of another any more. */
  | { readonly do: 'retire' };

/** Steps that have to wait until every pod sees what was written before; kubelets take up to two minutes. */
export const waits = (step: Step): boolean => step.do === 'retire' || (step.do === 'issue' && step.settled);

const parse = (text: string): X509Certificate | undefined => {
  try {
    return new X509Certificate(text);
  } catch {
    return undefined;
  }
};

/** The certificates of a PEM text; what is none is left out. */
export const readBundle = (text: string): X509Certificate[] =>
  (text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(parse).filter((c) => c !== undefined);

const starts = (c: X509Certificate): number => Date.parse(c.validFrom);
export const ends = (c: X509Certificate): number => Date.parse(c.validTo);

const inOrder = (certificates: readonly X509Certificate[]): X509Certificate[] =>
  [...new Map(certificates.map((c) => [c.fingerprint256, c])).values()].sort(
    (a, b) => starts(a) - starts(b) || (a.fingerprint256 < b.fingerprint256 ? -1 : 1),
  );

/** Who is trusted, in an order that does not hang on who signs. */
export const trustedBy = ({ signer, previous }: Authority): X509Certificate[] => inOrder([signer, ...previous]);

export const bundleText = (certificates: readonly X509Certificate[]): string => certificates.map((c) => c.toString()).join('');

/** Every authority that some Secret of the fleet trusts. */
export const trustedSomewhere = (leaves: readonly Leaf[]): X509Certificate[] =>
  inOrder(leaves.flatMap((l) => l.stored?.trusted ?? []));

const issuedBy = (c: X509Certificate, authority: X509Certificate): boolean =>
  c.checkIssued(authority) && c.verify(authority.publicKey);

/** Name of the authority that issued a leaf, for people. */
export const commonName = (subject: string): string => /^CN=(.*)$/m.exec(subject)?.[1] ?? subject;

const sameTexts = (a: readonly string[], b: readonly string[]): boolean => [...a].sort().join() === [...b].sort().join();

export const namesOf = (c: X509Certificate): string[] =>
  (c.subjectAltName ?? '')
    .split(', ')
    .filter(Boolean)
    .map((name) => name.replace(/^DNS:/, ''));

/** A leaf is renewed when a third of its life is left, an authority (ten years) in its last year. */
export const leafDue = (c: X509Certificate, now: Date): boolean => ends(c) - now.getTime() < (ends(c) - starts(c)) / 3;

/** What is wrong with a leaf, if anything; without an authority, whoever signed it is not judged. */
export const faultOf = ({ wanted, stored }: Leaf, authority: Authority | undefined, now: Date): Fault | undefined => {
  if (!stored) return 'missing';
  const { certificate } = stored;
  if (!certificate) return 'unreadable';
  if (!stored.keyFits) return 'wrong key';
  const issuer = authority ? trustedBy(authority).find((a) => issuedBy(certificate, a)) : undefined;
  if (authority && !issuer) return 'foreign';
  if (ends(certificate) <= now.getTime()) return 'expired';
  if (!sameTexts(namesOf(certificate), wanted.dnsNames)) return 'other names';
  if (
    !sameTexts(
      certificate.keyUsage ?? [],
      wanted.usages.map((u) => usageOids[u]),
    )
  )
    return 'other usages';
  if (authority && issuer?.fingerprint256 !== authority.signer.fingerprint256) return 'previous authority';
  return leafDue(certificate, now) ? 'due' : undefined;
};

const trusts = (leaf: Leaf, authority: Authority): boolean =>
  bundleText(inOrder(leaf.stored?.trusted ?? [])) === bundleText(trustedBy(authority));

/**
 * The next step towards certificates as they should be, or none when they are.
 *
 * During a change of the authority a leaf of the new one is written only when all have its bundle: first the bundle of
 * both, then the leaves, then the bundle of the new one alone. Nobody is ever shown a leaf that it does not trust yet.
 */
export const nextStep = ({ authority, leaves, stale }: State, now: Date): Step | undefined => {
  if (!authority) return { do: 'make authority' };
  const changing = authority.previous.length > 0;
  const faulty = leaves
    .map((leaf) => ({ leaf, fault: faultOf(leaf, authority, now) }))
    .filter(({ fault }) => fault !== undefined);
  const atOnce = changing ? faulty.filter(({ fault }) => useless.includes(fault as Fault)) : faulty;
  if (atOnce.length > 0) return { do: 'issue', leaves: atOnce.map(({ leaf }) => leaf), settled: false };
  const unaware = leaves.filter((leaf) => !trusts(leaf, authority));
  if (unaware.length > 0) return { do: 'trust', leaves: unaware };
  if (stale.length > 0) return { do: 'roll', workloads: stale };
  if (faulty.length > 0) return { do: 'issue', leaves: faulty.map(({ leaf }) => leaf), settled: true };
  return changing ? { do: 'retire' } : undefined;
};
