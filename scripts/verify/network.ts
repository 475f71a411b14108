// NetworkPolicies as a network plugin enforces them, read from manifests alone: deny what no policy that selects the pod
// allows, in both directions (kubernetes.io/docs/concepts/services-networking/network-policies).
import type { Manifest } from '../../charts/fleet';

// biome-ignore lint/suspicious/noExplicitAny: policies are read as plain JSON
type Json = any;

/** What policies know of a pod. */
export interface PodEnd {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ip: string;
  readonly hostNetwork: boolean;
}

/** One end of a connection: a pod, or an address that is no pod's. */
export type End = PodEnd | { readonly ip: string };
const isPod = (end: End): end is PodEnd => 'namespace' in end && !end.hostNetwork; // a host-network pod is its node

const matches = (selector: Json, labels: Readonly<Record<string, string>>): boolean =>
  Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value) &&
  (selector.matchExpressions ?? []).every(({ key, operator, values }: Json) => {
    if (operator === 'In') return values.includes(labels[key]);
    if (operator === 'NotIn') return !values.includes(labels[key]);
    if (operator === 'Exists') return key in labels;
    if (operator === 'DoesNotExist') return !(key in labels);
    throw new Error(`There is no operator ${operator} of label selectors.`);
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

/** Ports as a rule writes them; without a number all of the protocol. */
interface PortRange {
  readonly protocol?: string;
  readonly port?: number | string;
  readonly endPort?: number;
}

const everything: readonly PortRange[] = ['TCP', 'UDP', 'SCTP'].map((protocol) => ({ protocol }));

const includes = (ranges: readonly PortRange[], { number: n, protocol }: Port): boolean =>
  ranges.some(({ protocol: p = 'TCP', port, endPort = port }) => {
    if (typeof port === 'string') throw new Error(`The port ${port} of a policy has a name, which only its pods know.`);
    return p === protocol && (port === undefined || (n >= port && n <= Number(endPort)));
  });

/** Answers whether one end may open a connection to a port of another. */
export const network = (objects: readonly Manifest[]) => {
  const policies = new Map<string, Manifest[]>();
  for (const policy of objects.filter((o) => o.kind === 'NetworkPolicy'))
    policies.set(policy.metadata.namespace as string, [...(policies.get(policy.metadata.namespace as string) ?? []), policy]);
  const selecting = new Map<string, Manifest[]>();
  const policiesOf = ({ namespace, labels }: PodEnd): Manifest[] => {
    const key = JSON.stringify([namespace, labels]);
    const found =
      selecting.get(key) ?? (policies.get(namespace) ?? []).filter(({ spec }) => matches(spec.podSelector ?? {}, labels));
    selecting.set(key, found);
    return found;
  };
  /** Ports that are open for the subject in one direction. */
  const open = (type: 'Ingress' | 'Egress', subject: End, other: End): readonly PortRange[] => {
    if (!isPod(subject)) return everything;
    const own = policiesOf(subject).filter(({ spec }) => spec.policyTypes.includes(type));
    if (own.length === 0) return everything;
    return own.flatMap(({ metadata, spec }) =>
      (spec[type.toLowerCase()] ?? []).flatMap((rule: Json): readonly PortRange[] => {
        const peers: Json[] | undefined = type === 'Ingress' ? rule.from : rule.to;
        const all = !peers || peers.length === 0; // a rule without peers is for everybody
        if (!all && !peers.some((peer) => peerMatches(peer, other, metadata.namespace as string))) return [];
        return rule.ports?.length > 0 ? rule.ports : everything;
      }),
    );
  };
  /** Which of the ports are open from one end to the other. */
  const allowedPorts = (from: End, to: End, ports: readonly Port[]): readonly Port[] => {
    const out = open('Egress', from, to);
    if (out.length === 0) return [];
    const into = open('Ingress', to, from);
    return into.length === 0 ? [] : ports.filter((port) => includes(out, port) && includes(into, port));
  };
  return { allowedPorts, allowed: (from: End, to: End, port: Port): boolean => allowedPorts(from, to, [port]).length > 0 };
};
