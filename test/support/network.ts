// NetworkPolicies as a network plugin enforces them: deny what no policy that selects the pod allows, in both directions.
import type { Manifest } from '../../charts/fleet';
import { type Json, ofKind, type Pod } from './fleets';

/** One end of a connection: a pod, or an address that is no pod's. */
export type End = Pod | { readonly ip: string };
const isPod = (end: End): end is Pod => 'namespace' in end && !end.hostNetwork; // a host-network pod is its node

const matches = (selector: Json, labels: Record<string, string>): boolean =>
  Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value) &&
  (selector.matchExpressions ?? []).every((e: Json) => {
    if (e.operator !== 'In' && e.operator !== 'NotIn') throw new Error(`no operator ${e.operator} here`);
    return e.values.includes(labels[e.key]) === (e.operator === 'In');
  });

const number = (ip: string): number => ip.split('.').reduce((n, part) => n * 256 + Number(part), 0);
/** Whether an IPv4 address is in a range; IPv6 ranges hold none. */
export const inCidr = (ip: string, cidr: string): boolean => {
  if (cidr.includes(':')) return false;
  const [base = '', bits = '32'] = cidr.split('/');
  const size = 2 ** (32 - Number(bits));
  return Math.floor(number(ip) / size) === Math.floor(number(base) / size);
};

const peerMatches = (peer: Json, end: End, policyNamespace: string): boolean => {
  if (peer.ipBlock)
    return inCidr(end.ip, peer.ipBlock.cidr) && !(peer.ipBlock.except ?? []).some((c: string) => inCidr(end.ip, c));
  if (!isPod(end)) return false;
  const namespace = peer.namespaceSelector
    ? matches(peer.namespaceSelector, { 'kubernetes.io/metadata.name': end.namespace })
    : end.namespace === policyNamespace;
  return namespace && matches(peer.podSelector ?? {}, end.labels);
};

export interface Port {
  readonly number: number;
  readonly protocol: string;
}

const ruleAllows = (rule: Json, peers: Json[] | undefined, end: End, port: Port, namespace: string): boolean =>
  (!rule.ports ||
    rule.ports.some((p: Json) => (p.protocol ?? 'TCP') === port.protocol && (p.port === undefined || p.port === port.number))) &&
  (!peers || peers.some((peer) => peerMatches(peer, end, namespace)));

/** Answers whether one end may open a connection to a port of another. */
export const network = (objects: readonly Manifest[]) => {
  const policies = ofKind(objects, 'NetworkPolicy');
  const direction = (type: 'Ingress' | 'Egress', subject: End, other: End, port: Port): boolean => {
    if (!isPod(subject)) return true;
    const selecting = policies.filter(
      ({ metadata, spec }) =>
        metadata.namespace === subject.namespace && spec.policyTypes.includes(type) && matches(spec.podSelector, subject.labels),
    );
    if (selecting.length === 0) return true;
    return selecting.some(({ metadata, spec }) =>
      (spec[type.toLowerCase()] ?? []).some((rule: Json) =>
        ruleAllows(rule, type === 'Ingress' ? rule.from : rule.to, other, port, metadata.namespace as string),
      ),
    );
  };
  return {
    allowed: (from: End, to: End, port: Port): boolean =>
      direction('Egress', from, to, port) && direction('Ingress', to, from, port),
  };
};
