// Up, as a user does it, on a cluster of several zones.
import { ToolError } from '../../../scripts/lib/kubectl';
import type { Running } from '../fleet';
import { command } from '../fleet-wide/deploy';
import { assert, type Runner } from '../runner';
import { deployCloud } from './cloud';

/** The node that stays, with what is not the fleet's, and the one that goes: none that the cluster's DNS is on, which may be there once only. */
export const chooseNodes = async (running: Running): Promise<{ stays: string; goes: string }> => {
  const nodes = (await running.kubectl.get(['nodes'])).sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const zones = new Set(nodes.map((n) => n.metadata.labels['topology.kubernetes.io/zone']).filter(Boolean));
  if (zones.size < 3)
    throw new ToolError(`${running.kubectl.context} has nodes in ${zones.size} zones; three are needed. See --help.`);
  const dns = await running.kubectl.get(['pods', '-n', 'kube-system', '-l', 'k8s-app=kube-dns']);
  const [stays, ...others] = nodes.map((n) => n.metadata.name as string) as [string, string, string];
  return { stays, goes: others.find((node) => !dns.some((pod) => pod.spec.nodeName === node)) ?? others[0] };
};

export const deploy = async (runner: Runner, running: Running, file: string, node: string): Promise<boolean> => {
  const up = await runner.check('Deploy', 'npm run up brings up everything', async () => {
    await deployCloud(running, node);
    const said = await command(file, 'up');
    assert(/healthy: \d+ checks/.test(said), said);
    return said.match(/healthy: .*/)?.[0] ?? '';
  });
  if (!up) return false;
  await runner.check('Deploy', 'a second up changes nothing', async () => {
    const said = await command(file, 'up');
    assert(!/removed/.test(said), said);
    return 'healthy again';
  });
  // what was just uploaded is compacted at once, not after half an hour
  const { workload } = running.topology.observer.compactor;
  const patch = JSON.stringify([{ op: 'add', path: '/spec/template/spec/containers/0/args/-', value: '--consistency-delay=0s' }]);
  await running.kubectl.run(['patch', 'statefulset', workload.name, '-n', workload.namespace, '--type=json', '-p', patch]);
  await running.kubectl.run(['rollout', 'status', `statefulset/${workload.name}`, '-n', workload.namespace, '--timeout=300s']);
  return true;
};
