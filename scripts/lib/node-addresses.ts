// Where the nodes of a Kubernetes cluster are: what the Services nodes-of-… of the others lead to.
import { isIPv4 } from 'node:net';
import { labels } from '../../charts/kit/kubernetes';
import { type NodesName, nodesService } from '../../charts/kit/wiring';
import type { Topology } from '../../charts/topology';
import { each } from './each';
import { Kubectl, type KubeObject, ToolError } from './kubectl';

/** Addresses of one family, IPv4 where there is a choice, in order. */
export const nodeAddresses = (nodes: readonly KubeObject[]): string[] => {
  const all: string[] = nodes.flatMap((n) =>
    (n.status?.addresses ?? []).filter((a: KubeObject) => a.type === 'InternalIP').map((a: KubeObject) => String(a.address)),
  );
  const ipv4 = all.filter((a) => isIPv4(a));
  return (ipv4.length > 0 ? ipv4 : all).sort();
};

/** The EndpointSlice that makes a Service nodes-of-… lead to these addresses. */
export const nodesSlice = (fleet: string, { namespace, of }: NodesName, addresses: readonly string[]): KubeObject => {
  const name = nodesService(of);
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name,
      namespace,
      labels: {
        ...labels({ name, component: 'nodes', fleet, namespace }),
        'kubernetes.io/service-name': name,
        'endpointslice.kubernetes.io/managed-by': 'thanos-fleet', // Kubernetes' own controller leaves it alone
      },
    },
    addressType: addresses.every((a) => isIPv4(a)) ? 'IPv4' : 'IPv6',
    endpoints: addresses.map((address) => ({ addresses: [address] })),
    ports: [],
  };
};

/**
 * Tells every Kubernetes cluster of the fleet where the nodes of the others are, as far as it asks for them.
 * @param topology of a rendered fleet: only then it is known who asks
 * @returns how many Services lead to nodes
 */
export const writeNodeAddresses = async ({ fleet, edges }: Topology): Promise<number> => {
  const names = edges.nodesNames();
  const kubectl = (kubernetes: string): Kubectl =>
    new Kubectl(fleet.kubernetes.find((k) => k.name === kubernetes)?.context ?? kubernetes);
  const wanted = [...new Set(names.map((n) => n.of))];
  const found = new Map(
    await each(wanted, async (of): Promise<[string, string[]]> => [of, nodeAddresses(await kubectl(of).get(['nodes']))]),
  );
  for (const [of, addresses] of found)
    if (addresses.length === 0)
      throw new ToolError(
        `${of} has no node with an internal address, so that the others cannot reach what it exposes by nodePort.\nIf its nodes are still starting, run this again; otherwise give an address in the fleet file: expose: {nodePort: {address: …}}`,
      );
  await each([...new Set(names.map((n) => n.kubernetes))], async (kubernetes) => {
    const items = names
      .filter((n) => n.kubernetes === kubernetes)
      .map((n) => nodesSlice(fleet.name, n, found.get(n.of) as string[]));
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    await kubectl(kubernetes).run(['apply', '--server-side', '--force-conflicts', '-f', '-'], { input });
  });
  return names.length;
};
