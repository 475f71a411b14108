// NetworkPolicies, both ends of every recorded edge and nothing else.
import type { Construct } from 'constructs';
import type { ResolvedKubernetes } from '../fleet/resolve';
import { holds } from './addresses';
import { k8s, metadata, type Named, selectorLabels } from './kubernetes';
import { type Addresses, anywhere, type Edge, type ForeignPods, type Peer, type Port, peerKey, type Workload } from './wiring';

export const dns: ForeignPods = {
  kind: 'pods',
  name: 'kube-dns',
  namespaces: { in: ['kube-system'] },
  labels: { 'k8s-app': 'kube-dns' },
};
/** Whom pods ask for names. */
export const dnsServers = ({ dnsCidrs }: ResolvedKubernetes): readonly (ForeignPods | Addresses)[] => [
  dns,
  ...(dnsCidrs ? [{ kind: 'addresses', name: 'DNS servers', cidrs: cidrs(dnsCidrs) } as const] : []),
];
const dnsPorts: readonly Port[] = [
  { name: 'dns', number: 53, protocol: 'UDP' },
  { name: 'dns-tcp', number: 53 },
];

/** Ranges, or any address where there are none. */
export const cidrs = (list?: readonly string[]): Addresses['cidrs'] => list?.map((cidr) => ({ cidr })) ?? anywhere;

/** The nodes: kubelets and node-exporter. */
export const nodes = (k: ResolvedKubernetes): Addresses => ({ kind: 'addresses', name: 'nodes', cidrs: cidrs(k.nodeCidrs) });
/** The Kubernetes API: policies see either its Service or the addresses behind it, as the network plugin likes. */
export const kubernetesApi = (k: ResolvedKubernetes): Addresses => ({
  kind: 'addresses',
  name: 'Kubernetes API',
  cidrs: cidrs(k.nodeCidrs),
});
export const kubernetesApiPorts: readonly Port[] = [
  { name: 'https', number: 443 },
  { name: 'https-node', number: 6443 },
];
export const kubeletPort: Port = { name: 'https-metrics', number: 10250 };
export const dnsMetrics: Port = { name: 'metrics', number: 9153 };

/** Browsers and shells on the machine that runs kind, as its node sees them; pods are left out, and ranges of nothing but pods. */
export const localhost = (k: ResolvedKubernetes): Addresses => ({
  kind: 'addresses',
  name: 'localhost',
  cidrs: k.localhostFrom
    .filter((cidr) => !k.podCidrs.some((pods) => holds(pods, cidr)))
    .map((cidr) => {
      const except = k.podCidrs.filter((pods) => holds(cidr, pods));
      return except.length > 0 ? { cidr, except } : { cidr };
    }),
});

const policyPeers = (peers: readonly Peer[]): k8s.NetworkPolicyPeer[] => {
  const workloads = peers.filter((p): p is Workload => p.kind === 'workload' && !p.hostNetwork);
  const addresses = peers.flatMap((p) =>
    p.kind === 'addresses' ? [p] : p.kind === 'workload' && p.hostNetwork ? [p.hostNetwork] : [],
  );
  // workloads of one name in many namespaces make one peer
  const byName = new Map<string, Workload[]>();
  for (const w of workloads) byName.set(w.name, [...(byName.get(w.name) ?? []), w]);
  const names = [...byName.keys()].sort();
  return [
    ...names.map((name): k8s.NetworkPolicyPeer => {
      const group = byName.get(name) as Workload[];
      return {
        namespaceSelector: namespacesIn(group.map((w) => w.namespace)),
        podSelector: { matchLabels: selectorLabels(group[0] as Workload) },
      };
    }),
    ...peers
      .filter((p): p is ForeignPods => p.kind === 'pods')
      .map(
        (p): k8s.NetworkPolicyPeer => ({
          namespaceSelector:
            'in' in p.namespaces ? namespacesIn(p.namespaces.in) : namespaceSelector('NotIn', p.namespaces.notIn),
          podSelector: p.labels ? { matchLabels: p.labels } : {},
        }),
      ),
    ...addresses.flatMap((p) =>
      p.cidrs.map((c): k8s.NetworkPolicyPeer => ({ ipBlock: { cidr: c.cidr, except: c.except ? [...c.except] : undefined } })),
    ),
  ];
};

const namespaceLabel = 'kubernetes.io/metadata.name';
const namespaceSelector = (operator: 'In' | 'NotIn', values: readonly string[]): k8s.LabelSelector => ({
  matchExpressions: [{ key: namespaceLabel, operator, values: [...new Set(values)].sort() }],
});
const namespacesIn = (values: readonly string[]): k8s.LabelSelector =>
  new Set(values).size === 1 ? { matchLabels: { [namespaceLabel]: values[0] as string } } : namespaceSelector('In', values);

const policyPorts = (ports: readonly (Port | undefined)[]): k8s.NetworkPolicyPort[] =>
  ports.map((p) => (p ? { port: k8s.IntOrString.fromNumber(p.number), protocol: p.protocol ?? 'TCP' } : { protocol: 'TCP' }));

const portKey = (p?: Port) => `${String(p?.number ?? 0).padStart(5, '0')}/${p?.protocol ?? 'TCP'}`;

/** Groups edges into rules: the same set of peers on several ports is one rule. */
const rules = (edges: readonly Edge[], other: (edge: Edge) => Peer): { peers: Peer[]; ports: (Port | undefined)[] }[] => {
  const byPeer = new Map<string, { peer: Peer; ports: Map<string, Port | undefined> }>();
  for (const edge of edges) {
    const peer = other(edge);
    if (peer.kind === 'addresses' && peer.cidrs.length === 0) continue; // a rule without peers would let everybody through
    const key = peerKey(peer);
    const entry = byPeer.get(key) ?? { peer, ports: new Map() };
    entry.ports.set(portKey(edge.port), edge.port);
    byPeer.set(key, entry);
  }
  const byPorts = new Map<string, { peers: Peer[]; ports: (Port | undefined)[] }>();
  for (const key of [...byPeer.keys()].sort()) {
    const { peer, ports } = byPeer.get(key) as { peer: Peer; ports: Map<string, Port | undefined> };
    const sorted = [...ports.keys()].sort();
    const rule = byPorts.get(sorted.join()) ?? { peers: [], ports: sorted.map((p) => ports.get(p)) };
    rule.peers.push(peer);
    byPorts.set(sorted.join(), rule);
  }
  return [...byPorts.keys()].sort().map((key) => byPorts.get(key) as { peers: Peer[]; ports: (Port | undefined)[] });
};

const orNothing = <T>(list: T[]): T[] | undefined => (list.length > 0 ? list : undefined);

/** Edges by the workload at one end of them. */
export interface EdgeIndex {
  readonly from: ReadonlyMap<string, readonly Edge[]>;
  readonly to: ReadonlyMap<string, readonly Edge[]>;
}

export const indexEdges = (edges: readonly Edge[]): EdgeIndex => {
  const group = (key: (edge: Edge) => string) => {
    const map = new Map<string, Edge[]>();
    for (const edge of edges) {
      const list = map.get(key(edge));
      if (list) list.push(edge);
      else map.set(key(edge), [edge]);
    }
    return map;
  };
  return { from: group((e) => peerKey(e.from)), to: group((e) => peerKey(e.to)) };
};

/**
 * A namespace's policies: nothing in, nothing out, and then per workload exactly its edges. Whoever opens connections
 * may ask the DNS. Host-network workloads have no policy: the API cannot select them.
 */
export const networkPolicies = (
  scope: Construct,
  kubernetes: ResolvedKubernetes,
  owner: Named,
  workloads: readonly Workload[],
  edges: EdgeIndex,
): void => {
  const servers = dnsServers(kubernetes);
  new k8s.KubeNetworkPolicy(scope, 'default-deny', {
    metadata: metadata(owner, 'default-deny'),
    spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
  });
  for (const workload of workloads.filter((w) => !w.hostNetwork)) {
    const incoming = edges.to.get(peerKey(workload)) ?? [];
    const outgoing = edges.from.get(peerKey(workload)) ?? [];
    const names = servers.flatMap((to) => dnsPorts.map((port): Edge => ({ from: workload, to, port })));
    const egress = outgoing.length > 0 ? [...outgoing, ...names] : [];
    new k8s.KubeNetworkPolicy(scope, `${workload.name}-network-policy`, {
      metadata: metadata(workload),
      spec: {
        podSelector: { matchLabels: selectorLabels(workload) },
        policyTypes: ['Ingress', 'Egress'],
        // never an empty list: the API server drops it, and every apply would be a change
        ingress: orNothing(
          rules(incoming, (e) => e.from).map((r) => ({ from: policyPeers(r.peers), ports: policyPorts(r.ports) })),
        ),
        egress: orNothing(rules(egress, (e) => e.to).map((r) => ({ to: policyPeers(r.peers), ports: policyPorts(r.ports) }))),
      },
    });
  }
};
