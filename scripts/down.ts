// npm run down: takes away what npm run up made; data only when told so.
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { loadFleet } from '../charts/fleet';
import { madeByLabel } from '../charts/kind';
import { declareTopology } from '../charts/topology';
import { fleetNamespaces, selector } from './lib/components';
import { Kubectl, type KubeObject, run } from './lib/kubectl';
import { green, main, progress, table, yellow } from './lib/terminal';

const help = `npm run down [-- --volumes | --keep-volumes]

Removes the fleet (fleet.yaml, or FLEET=path) from its Kubernetes clusters. Volumes hold blocks, silences and what people
made in Grafana: they are kept unless you answer yes, and their namespaces with them.

  --volumes       delete the volumes too, without asking; a kind cluster that npm run up made goes as a whole
  --keep-volumes  keep the volumes, without asking`;

const namespaced =
  'statefulsets,deployments,daemonsets,services,configmaps,secrets,networkpolicies,poddisruptionbudgets,roles,rolebindings,serviceaccounts';

const ask = async (question: string): Promise<boolean> => {
  if (!process.stdin.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
};

const claimsOf = async (kubectl: Kubectl, namespaces: readonly string[], fleet: string): Promise<KubeObject[]> =>
  (await kubectl.get(['persistentvolumeclaims', '-A', '-l', `app.kubernetes.io/instance=${fleet}`])).filter((claim) =>
    namespaces.includes(claim.metadata.namespace),
  );

main(async () => {
  const { values } = parseArgs({
    options: { volumes: { type: 'boolean' }, 'keep-volumes': { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  const fleet = loadFleet(process.env.FLEET ?? 'fleet.yaml');
  const topology = declareTopology(fleet);
  const contexts = (await run('kubectl', ['config', 'get-contexts', '-o', 'name'])).split('\n');
  for (const k of fleet.kubernetes) {
    if (!contexts.includes(k.context)) {
      console.log(`There is no context ${k.context}: nothing to take away.`);
      continue;
    }
    const kubectl = new Kubectl(k.context);
    const namespaces = fleetNamespaces(topology, k.name);
    const claims = await claimsOf(kubectl, namespaces, fleet.name);
    let volumes = values.volumes === true;
    if (claims.length > 0 && !volumes && !values['keep-volumes']) {
      console.log(
        table(
          ['Namespace', 'Volume', 'Size'],
          claims.map((c) => [c.metadata.namespace, c.metadata.name, c.spec.resources.requests.storage]),
        ),
      );
      volumes = await ask(`Delete these ${claims.length} volumes of ${k.context} and all data in them?`);
    }
    const drop = volumes || claims.length === 0;
    const made = await kubectl.get(['nodes', '-l', `${madeByLabel}=${fleet.name}`]);
    if (drop && made.length > 0) {
      const name = k.context.replace(/^kind-/, '');
      progress.show(`Deleting the kind cluster ${name} …`);
      await run('kind', ['delete', 'cluster', '--name', name]);
      progress.done(`${green('✓')} kind cluster ${name} deleted`);
      continue;
    }
    progress.show(`Removing the fleet from ${k.context} …`);
    await kubectl.run(['delete', 'clusterroles,clusterrolebindings', '-l', selector(fleet.name), '--ignore-not-found']);
    if (drop) {
      await kubectl.run(['delete', 'namespaces', '--ignore-not-found', ...namespaces]);
      progress.done(`${green('✓')} removed from ${k.context}, with ${claims.length} volumes`);
    } else {
      await kubectl.run(['delete', namespaced, '-A', '-l', selector(fleet.name), '--ignore-not-found']);
      await kubectl
        .run(['wait', 'pods', '-A', '-l', selector(fleet.name), '--for=delete', '--timeout=120s'])
        .catch((error: Error) => {
          if (!error.message.includes('no matching resources')) throw error;
        });
      progress.done(
        `${yellow('•')} removed from ${k.context}; ${claims.length} volumes and their namespaces are kept (npm run down -- --volumes deletes them)`,
      );
    }
  }
  return 0;
});
