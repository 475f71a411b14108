// Certificates as people look at them.
import type { X509Certificate } from 'node:crypto';
import { green, red, table, yellow } from '../lib/terminal';
import { authoritySecret } from './cluster';
import { type CertificateFleet, lives, type Read } from './keep';
import { commonName, ends, type Fault, faultOf, nextStep } from './plan';
import { day } from './x509';

const explanations: Record<Fault, string> = {
  missing: 'missing',
  unreadable: 'no certificate in it',
  'wrong key': 'its key is another',
  'other names': 'its names are not those of the fleet file',
  'other usages': 'made for another use',
  foreign: 'issued by somebody else',
  expired: 'expired',
  due: 'due for renewal',
  'previous authority': 'issued by the authority before',
};

/** How long until a time, for people. */
export const left = (milliseconds: number): string => {
  if (milliseconds <= 0) return 'expired';
  const hours = Math.floor(milliseconds / 3_600_000);
  return hours >= 48 ? `${Math.floor(hours / 24)} days` : `${hours} h`;
};

const authorityDue = (signer: X509Certificate, now: Date): boolean => ends(signer) - now.getTime() < lives.authorityDue;

/** The authority's name that a certificate gives as its issuer. */
const issuerOf = (c: X509Certificate | undefined): string => (c ? commonName(c.issuer) : '');

export interface Shown {
  readonly text: string;
  /** What is not as it should be, and what to do; empty when all is well. */
  readonly problems: readonly string[];
}

/**
 * A table of all certificates, and what is wrong with them.
 * @param certManager whether cert-manager issues them, whose authority is not kept by the fleet
 */
export const showCertificates = (fleet: CertificateFleet, state: Read, now: Date, certManager: boolean): Shown => {
  const { leaves } = state;
  const authority = certManager ? undefined : state.authority;
  const { kubernetes, namespace } = fleet.home;
  const rows = leaves.map((leaf) => {
    const { wanted, stored } = leaf;
    const fault = faultOf(leaf, authority, now);
    const mark = fault ? (fault === 'due' || fault === 'previous authority' ? yellow : red)(explanations[fault]) : green('ok');
    const c = stored?.certificate;
    return [
      wanted.kubernetes,
      `${wanted.namespace}/${wanted.secret}`,
      wanted.dnsNames.join('\n'),
      issuerOf(c),
      c ? left(ends(c) - now.getTime()) : '',
      mark,
    ];
  });
  const signer = authority?.signer;
  const authorityRow = [
    kubernetes,
    `${namespace}/${authoritySecret}`,
    '(the authority)',
    issuerOf(signer),
    signer ? left(ends(signer) - now.getTime()) : '',
    !signer ? red('missing') : authorityDue(signer, now) ? yellow('due: --rotate-ca') : green('ok'),
  ];
  const head = ['Kubernetes cluster', 'Secret', 'Names', 'Issued by', 'Expires in', 'State'];
  return {
    text: table(head, certManager ? rows : [authorityRow, ...rows]),
    problems: certManager ? certManagerProblems(state, now) : builtinProblems(state, now),
  };
};

const faults = ({ authority, leaves }: Read, now: Date): string[] =>
  leaves.flatMap((leaf) => {
    const fault = faultOf(leaf, authority, now);
    const { kubernetes, namespace, secret } = leaf.wanted;
    return fault ? [`${kubernetes} ${namespace}/${secret}: ${explanations[fault]}`] : [];
  });

const builtinProblems = (state: Read, now: Date): string[] => {
  const { authority, stale } = state;
  const step = nextStep(state, now);
  return [
    ...(authority ? [] : ['there is no certificate authority yet: npm run certs makes it']),
    ...(authority && authority.previous.length > 0
      ? ['a change of the authority is under way: npm run certs goes on with it']
      : []),
    ...(authority && authorityDue(authority.signer, now)
      ? [`the authority ends in ${left(ends(authority.signer) - now.getTime())}: npm run certs -- --rotate-ca makes a new one`]
      : []),
    ...faults(state, now).map((f) => `${f}: npm run certs`),
    ...stale.map((w) => `${w.kubernetes} ${w.namespace}/${w.name} was started before its certificates changed: npm run certs`),
    ...(step?.do === 'trust' ? [`${step.leaves.length} Secrets do not trust the authority alone: npm run certs`] : []),
  ];
};

/** cert-manager renews at a third of the life; only what is well past that has been forgotten. */
const certManagerProblems = (state: Read, now: Date): string[] =>
  faults({ ...state, authority: undefined }, new Date(now.getTime() - 2 * day)).map(
    (f) => `${f}: kubectl describe certificate says why`,
  );
