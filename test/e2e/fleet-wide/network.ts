// Who reaches whom: within each Kubernetes cluster, and from one to another.
import type { Endpoint } from '../../../charts/kit/wiring';
import { peerKey } from '../../../charts/kit/wiring';
import { fleetPods } from '../../../scripts/lib/components';
import { assert, type Runner } from '../runner';
import { inPodNetwork, nameOf, reachable, tryAllPairs } from '../security';
import type { World } from './world';

const area = 'Network';

interface Exposed {
  readonly endpoint: Endpoint;
  readonly address: string;
}

/** Every address by which something is reached from another Kubernetes cluster. */
const exposed = async (world: World): Promise<Exposed[]> => {
  const { observer, objectStore, clusters, fleet } = world.topology;
  const all = [
    ...clusters.map((c) => ({ endpoint: c.grpc, expose: c.cluster.expose })),
    { endpoint: observer.alertmanager.http, expose: fleet.observer.expose },
    ...(objectStore && fleet.objectStore.type === 'embedded'
      ? [{ endpoint: objectStore.s3, expose: fleet.objectStore.expose }]
      : []),
  ];
  const nodeOf = async (kubernetes: string): Promise<string> => {
    const [node] = await world.kubectl(kubernetes).get(['nodes']);
    return node.status.addresses.find((a: { type: string }) => a.type === 'InternalIP').address;
  };
  const addresses = all.map(async ({ endpoint, expose }) => {
    const node = await nodeOf(endpoint.server.kubernetes);
    return (expose?.addresses ?? []).map((a) => ({
      endpoint,
      address: `${a.host ?? node}:${a.port ?? endpoint.port.number}`,
    }));
  });
  return (await Promise.all(addresses)).flat();
};

export const networkChecks = async (runner: Runner, world: World): Promise<void> => {
  const { edges, fleet } = world.topology;
  for (const { name } of fleet.kubernetes)
    await runner.check(area, `in ${name} every edge connects, and every pair of pods that is no edge does not`, async () => {
      const kubectl = world.kubectl(name);
      const within = edges.all().filter((e) => [e.from, e.to].every((p) => p.kind === 'workload' && p.kubernetes === name));
      return tryAllPairs(kubectl, inPodNetwork(await fleetPods(kubectl, fleet.name)), within);
    });
  await runner.check(area, 'from one Kubernetes cluster to another every edge connects, and nobody else does', async () => {
    const wanted = new Set(edges.between().map((c) => `${peerKey(c.from)}>${peerKey(c.to)}`));
    const ways = await exposed(world);
    const wrong: string[] = [];
    let tried = 0;
    let connected = 0;
    for (const { name } of fleet.kubernetes) {
      const kubectl = world.kubectl(name);
      const elsewhere = ways.filter(({ endpoint }) => endpoint.server.kubernetes !== name);
      for (const from of inPodNetwork(await fleetPods(kubectl, fleet.name))) {
        const open = await reachable(
          kubectl,
          from,
          elsewhere.map((w) => w.address),
        );
        const client = `${name}/${from.metadata.namespace}/${from.metadata.labels['app.kubernetes.io/name']}`;
        for (const { endpoint, address } of elsewhere) {
          const should = wanted.has(`${client}>${peerKey(endpoint.server)}`);
          tried++;
          if (should) connected++;
          if (open.has(address) !== should)
            wrong.push(`${name} ${nameOf(from)} → ${peerKey(endpoint.server)} at ${address} is ${should ? 'closed' : 'open'}`);
        }
      }
    }
    assert(connected > 0, 'no edge was tried');
    assert(wrong.length === 0, `${wrong.length} of ${tried}: ${wrong.slice(0, 8).join('; ')}`);
    return `${tried} ways tried, ${connected} of them edges`;
  });
};
