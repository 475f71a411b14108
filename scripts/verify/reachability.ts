// Who reaches whom by the synthesized policies, against who may by the recorded edges: every pair of ends, every port. Pods
// of the fleet, strangers among them, pods that wear the fleet's labels elsewhere, and addresses inside and outside of every
// range that a policy or an edge names.
import type { Manifest } from '../../charts/fleet';
import { dns, dnsServers } from '../../charts/kit/policies';
import { type Edge, type Peer, peerKey, type Workload } from '../../charts/kit/wiring';
import type { Topology } from '../../charts/topology';
import { podSpec } from '../lib/mounts';
import { type End, inCidr, network, type PodEnd, type Port } from './network';

// biome-ignore lint/suspicious/noExplicitAny: pod specs are read as plain JSON
type Json = any;

interface Named {
  readonly name: string;
  readonly end: End;
  /** The fleet's workload that it is a pod of. */
  readonly key?: string;
  /** The fleet's policies hold for it. */
  readonly guarded: boolean;
}

/** Addresses of a pod network, one after the other. */
const addressesOf = (cidr: string) => {
  const [a, b] = cidr.split('.');
  let next = 10;
  return () => {
    next += 1;
    return `${a}.${b}.${Math.floor(next / 250)}.${(next % 250) + 1}`;
  };
};

/** The seventh address of a range, or its only one. */
const inside = (cidr: string): string => {
  const [base = '', bits = '32'] = cidr.split('/');
  const parts = base.split('.').map(Number);
  if (Number(bits) <= 29) parts[3] = ((parts[3] ?? 0) & ~7) + 7;
  return parts.join('.');
};

const isWorkload = (peer: Peer): peer is Workload => peer.kind === 'workload';

/** The peer is this end, or holds it. */
const holds = (peer: Peer, { end, key }: Named): boolean => {
  if (isWorkload(peer) && !peer.hostNetwork) return key === peerKey(peer);
  const ranges = peer.kind === 'addresses' ? peer : isWorkload(peer) ? peer.hostNetwork : undefined;
  if (ranges)
    return ranges.cidrs.some((c) => inCidr(end.ip, c.cidr) && !(c.except ?? []).some((except) => inCidr(end.ip, except)));
  if (peer.kind !== 'pods' || !('namespace' in end) || end.hostNetwork) return false;
  const { namespaces, labels = {} } = peer;
  const there = 'in' in namespaces ? namespaces.in.includes(end.namespace) : !namespaces.notIn.includes(end.namespace);
  return there && Object.entries(labels).every(([label, value]) => end.labels[label] === value);
};

const dnsPorts: readonly Port[] = ['UDP', 'TCP'].map((protocol) => ({ number: 53, protocol }));

/** What the edges of a Kubernetes cluster allow. */
const recorded = (edges: readonly Edge[], dnsPeers: readonly Peer[]) => {
  const group = (side: 'from' | 'to') => {
    const groups = new Map<string, Edge[]>();
    for (const edge of edges) groups.set(peerKey(edge[side]), [...(groups.get(peerKey(edge[side])) ?? []), edge]);
    return groups;
  };
  const [outgoing, incoming] = [group('from'), group('to')];
  const named = (found: readonly Edge[], port: Port): boolean =>
    found.some(({ port: p }) => (p?.protocol ?? 'TCP') === port.protocol && (p === undefined || p.number === port.number));
  return (from: Named, to: Named, ports: readonly Port[]): readonly Port[] => {
    const own = from.key ? (outgoing.get(from.key) ?? []) : [];
    const out = own.filter((e) => holds(e.to, to));
    const asksDns = own.length > 0 && dnsPeers.some((peer) => holds(peer, to)); // whoever opens connections may ask the DNS
    if (from.guarded && out.length === 0 && !asksDns) return [];
    const into = (to.key ? (incoming.get(to.key) ?? []) : []).filter((e) => holds(e.from, from));
    if (to.guarded && into.length === 0) return [];
    return ports.filter(
      (port) =>
        (!from.guarded ||
          named(out, port) ||
          (asksDns && dnsPorts.some((d) => d.number === port.number && d.protocol === port.protocol))) &&
        (!to.guarded || named(into, port)),
    );
  };
};

/** Every end that is worth a try in one Kubernetes cluster. */
const endsOf = (objects: readonly Manifest[], edges: readonly Edge[], topology: Topology, kubernetes: string): Named[] => {
  const cluster = topology.fleet.kubernetes.find((k) => k.name === kubernetes);
  const ip = addressesOf(cluster?.podCidrs[0] ?? '10.244.0.0/16');
  const workloads = objects.flatMap((o) => {
    const spec = podSpec(o);
    const labels: Record<string, string> = o.spec?.template?.metadata?.labels ?? {};
    return spec ? [{ object: o, spec, labels, namespace: o.metadata.namespace as string, name: o.metadata.name }] : [];
  });
  const pod = (namespace: string, labels: PodEnd['labels'], hostNetwork = false): PodEnd => ({
    namespace,
    labels,
    ip: hostNetwork ? '192.0.2.10' : ip(),
    hostNetwork,
  });
  const fleet = workloads.flatMap(({ object, spec, labels, namespace, name }): Named[] =>
    // two of each that may have more: replicas are strangers to each other unless an edge says so
    Array.from({ length: Math.min(2, object.spec.replicas ?? 1) }, (_, i) => ({
      name: `${namespace}/${name}-${i}`,
      end: pod(namespace, labels, spec.hostNetwork === true),
      key: `${kubernetes}/${namespace}/${name}`,
      guarded: spec.hostNetwork !== true,
    })),
  );
  const own = new Set(objects.filter((o) => o.kind === 'Namespace').map((o) => o.metadata.name));
  const claimed = topology.fleet.clusters.filter((c) => c.in === kubernetes).flatMap((c) => c.namespaces);
  const strangers = [...own, ...claimed, 'default', 'kube-system'].map(
    (namespace): Named => ({
      name: `a stranger in ${namespace}`,
      end: pod(namespace, { app: 'web' }),
      guarded: own.has(namespace),
    }),
  );
  const impostors = workloads.map(
    ({ labels, name }): Named => ({ name: `a pod labelled as ${name} in default`, end: pod('default', labels), guarded: false }),
  );
  const ranges = [
    ...edges
      .flatMap((e) => [e.from, e.to])
      .flatMap((p) => (p.kind === 'addresses' ? p.cidrs : isWorkload(p) ? (p.hostNetwork?.cidrs ?? []) : [])),
    ...objects
      .filter((o) => o.kind === 'NetworkPolicy')
      .flatMap(({ spec }) => [
        ...(spec.ingress ?? []).flatMap((r: Json) => r.from ?? []),
        ...(spec.egress ?? []).flatMap((r: Json) => r.to ?? []),
      ])
      .flatMap((peer: Json) => (peer.ipBlock ? [peer.ipBlock as { cidr: string; except?: string[] }] : [])),
  ].flatMap(({ cidr, except }) => [cidr, ...(except ?? [])]);
  const addresses = new Set([
    ...ranges.filter((cidr) => !cidr.includes(':') && !cidr.startsWith('0.')).map(inside),
    '203.0.113.7',
    '10.0.0.1',
  ]);
  return [
    ...fleet,
    ...strangers,
    ...impostors,
    {
      name: 'the DNS',
      end: pod(dns.namespaces && 'in' in dns.namespaces ? (dns.namespaces.in[0] as string) : 'kube-system', dns.labels ?? {}),
      guarded: false,
    },
    ...[...addresses].map((address): Named => ({ name: address, end: { ip: address }, guarded: false })),
  ];
};

/** Ports that somebody serves, an edge or a policy names, and one that nobody knows. */
const portsOf = (objects: readonly Manifest[], edges: readonly Edge[]): Port[] => {
  const served = objects
    .flatMap((o) => [...(podSpec(o)?.initContainers ?? []), ...(podSpec(o)?.containers ?? [])])
    .flatMap((c: Json) => c.ports ?? []);
  const policies = objects
    .filter((o) => o.kind === 'NetworkPolicy')
    .flatMap(({ spec }) => [...(spec.ingress ?? []), ...(spec.egress ?? [])]);
  const numbers = new Set<number>([
    ...served.map((p: Json) => p.containerPort),
    ...edges.flatMap(({ port }) => (port ? [port.number] : [])),
    ...policies.flatMap((rule) => rule.ports ?? []).flatMap((p: Json) => (typeof p.port === 'number' ? [p.port] : [])),
    53,
    4444,
  ]);
  return [...numbers].sort((a, b) => a - b).flatMap((n) => ['TCP', 'UDP'].map((protocol) => ({ number: n, protocol })));
};

/**
 * Connections that policies and edges do not agree on, one line each, in one Kubernetes cluster.
 * @param objects all that is applied there
 */
export const reachabilityProblems = (objects: readonly Manifest[], topology: Topology, kubernetes: string): string[] => {
  const here = (peer: Peer) => !isWorkload(peer) || peer.kubernetes === kubernetes;
  const edges = topology.edges.all().filter((e) => here(e.from) && here(e.to));
  const ports = portsOf(objects, edges);
  const ends = endsOf(objects, edges, topology, kubernetes);
  const { allowedPorts } = network(objects);
  const cluster = topology.fleet.kubernetes.find((k) => k.name === kubernetes);
  const wanted = recorded(edges, cluster ? dnsServers(cluster) : [dns]);
  const show = (list: readonly Port[]) => list.map((p) => `${p.number}/${p.protocol}`).join(', ');
  return ends.flatMap((from) =>
    ends.flatMap((to): string[] => {
      if (from === to || !(from.guarded || to.guarded)) return [];
      const [is, should] = [allowedPorts(from.end, to.end, ports), wanted(from, to, ports)];
      const [open, closed] = [is.filter((p) => !should.includes(p)), should.filter((p) => !is.includes(p))];
      return [
        ...(open.length > 0 ? [`open without an edge: ${from.name} to ${to.name}, ${show(open)}`] : []),
        ...(closed.length > 0 ? [`closed against an edge: ${from.name} to ${to.name}, ${show(closed)}`] : []),
      ];
    }),
  );
};
