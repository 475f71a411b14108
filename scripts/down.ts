// npm run down: takes away what npm run up made; data only when told so.
import { createInterface } from 'node:readline/promises';
import { loadFleet } from '../charts/fleet';
import type { ResolvedKubernetes } from '../charts/fleet/resolve';
import { madeByLabel } from '../charts/kind';
import { declareTopology, type Topology } from '../charts/topology';
import { deleteClusterWide, deleteFleet, fleetNamespaces, knownKinds, podsGone, selector } from './lib/components';
import { isKinds, kindName, refuse, unreachable } from './lib/contexts';
import { each } from './lib/each';
import { fleetFile } from './lib/fleet-file';
import { Kubectl, type KubeObject, run } from './lib/kubectl';
import { green, main, parseArgs, progress, red, sayHelp, table, yellow } from './lib/terminal';

const help = `npm run down [-- --volumes | --keep-volumes]

Removes the fleet (fleet.yaml, or FLEET=path) from its Kubernetes clusters, with its
certificates. Volumes hold blocks, silences and what people made in Grafana: they are kept unless
you answer yes, and their namespaces with them.

  --volumes       delete the volumes too, without asking; a kind cluster that npm run up made goes as a whole
  --keep-volumes  keep the volumes, without asking

Exit code: 0 it is gone, 1 a cluster did not answer and still has its part, 2 nothing was changed.`;

/** They are in no namespace, or go with all that is in them. */
const clusterWide = ['Namespace', 'ClusterRole', 'ClusterRoleBinding'];
/** Not of the manifests: what npm run up and npm run certs write. */
const written = ['Secret', 'ConfigMap', 'EndpointSlice'];

const ask = async (question: string): Promise<boolean> => {
  if (!process.stdin.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
};

interface Place {
  readonly kubernetes: ResolvedKubernetes;
  readonly kubectl: Kubectl;
  readonly namespaces: readonly string[];
  readonly claims: readonly KubeObject[];
}

/** What is to be taken away from one Kubernetes cluster. */
const look = async (topology: Topology, kubernetes: ResolvedKubernetes): Promise<Place> => {
  const kubectl = new Kubectl(kubernetes.context);
  const namespaces = fleetNamespaces(topology, kubernetes.name);
  const claims = await kubectl.get(['persistentvolumeclaims', '-A', '-l', `app.kubernetes.io/instance=${topology.fleet.name}`]);
  return { kubernetes, kubectl, namespaces, claims: claims.filter((c) => namespaces.includes(c.metadata.namespace)) };
};

const wantsVolumesGone = async (places: readonly Place[]): Promise<boolean> => {
  const rows = places.flatMap(({ kubernetes, claims }) =>
    claims.map((c) => [kubernetes.name, c.metadata.namespace, c.metadata.name, c.spec.resources.requests.storage]),
  );
  if (rows.length === 0) return false;
  console.log(table(['Kubernetes cluster', 'Namespace', 'Volume', 'Size'], rows));
  const where = places.filter((p) => p.claims.length > 0).map((p) => p.kubernetes.context);
  return ask(`Delete these ${rows.length} volumes of ${where.join(', ')} and all data in them?`);
};

const takeAway = async ({ kubernetes, kubectl, namespaces, claims }: Place, fleet: string, volumes: boolean): Promise<void> => {
  const { context } = kubernetes;
  const drop = volumes || claims.length === 0;
  const made = await kubectl.get(['nodes', '-l', `${madeByLabel}=${fleet}`]);
  if (drop && made.length > 0) {
    const name = kindName(context);
    progress.show(`Deleting the kind cluster ${name} …`);
    await run('kind', ['delete', 'cluster', '--name', name]);
    progress.done(`${green('✓')} kind cluster ${name} deleted`);
    return;
  }
  progress.show(`Removing the fleet from ${context} …`);
  if (drop) {
    await deleteFleet(kubectl, fleet, namespaces);
    progress.done(`${green('✓')} removed from ${context}, with ${claims.length} volumes`);
    return;
  }
  await deleteClusterWide(kubectl, fleet);
  const kinds = new Set([...(await knownKinds(kubectl)).filter((kind) => !clusterWide.includes(kind)), ...written]);
  await kubectl.run(['delete', [...kinds].join(','), '-A', '-l', selector(fleet), '--ignore-not-found']);
  await podsGone(kubectl, fleet);
  progress.done(
    `${yellow('•')} removed from ${context}; ${claims.length} volumes and their namespaces are kept (npm run down -- --volumes deletes them)`,
  );
};

main(async () => {
  const { values } = parseArgs({
    options: { volumes: { type: 'boolean' }, 'keep-volumes': { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) {
    sayHelp(help);
    return 0;
  }
  const fleet = loadFleet(fleetFile());
  const topology = declareTopology(fleet);
  const silent = await unreachable(fleet.kubernetes);
  // a kind cluster goes with its context; any other is there though this kubeconfig does not know it
  refuse(silent.filter((s) => s.missing && !isKinds(s.kubernetes)));
  const places = await each(
    fleet.kubernetes.filter((k) => !silent.some((s) => s.kubernetes === k)),
    (k) => look(topology, k),
  );
  const volumes = values.volumes === true || (!values['keep-volumes'] && (await wantsVolumesGone(places)));
  await each(places, (place) => takeAway(place, fleet.name, volumes));
  for (const { kubernetes, missing, reason } of silent)
    console.log(missing ? `There is no context ${kubernetes.context}: nothing to take away.` : `${red('✗')} ${reason}`);
  const left = silent.filter((s) => !s.missing).map((s) => s.kubernetes.context);
  if (left.length > 0) console.log(`What is in ${left.join(', ')} is still there: run this again when it answers.`);
  return left.length > 0 ? 1 : 0;
});
