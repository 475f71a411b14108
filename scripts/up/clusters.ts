// The Kubernetes clusters of a fleet: all of them answer before anything is changed in one, and kind's are made.
import { kindConfig } from '../../charts/kind';
import type { Topology } from '../../charts/topology';
import { isKinds, kindName, refuse, unreachable } from '../lib/contexts';
import { run, ToolError } from '../lib/kubectl';
import { green, progress } from '../lib/terminal';

const create = async (topology: Topology, kubernetes: string, context: string): Promise<void> => {
  const name = kindName(context);
  progress.show(`Creating the kind cluster ${name} (a minute or two) …`);
  await run('kind', ['create', 'cluster', '--name', name, '--wait', '120s', '--config', '-'], {
    input: kindConfig(topology, kubernetes),
  }).catch((error: Error) => {
    throw new ToolError(
      `There is no context ${context} in your kubeconfig, and no cluster could be made for it.\n${error.message}\nOr set kubernetes.${kubernetes}.context in the fleet file to a context that is there.`,
    );
  });
  progress.done(`${green('✓')} kind cluster ${name} created`);
};

/**
 * Makes every kind cluster whose context is missing, when all others answer.
 * @throws ToolError that names each that cannot be reached; nothing has been made by then
 */
export const ensureClusters = async (topology: Topology): Promise<void> => {
  const { kubernetes } = topology.fleet;
  progress.show(
    kubernetes.length > 1
      ? `Asking ${kubernetes.length} Kubernetes clusters whether they are there …`
      : 'Looking for the cluster …',
  );
  const problems = await unreachable(kubernetes);
  const toMake = problems.filter((p) => p.missing && isKinds(p.kubernetes));
  refuse(problems.filter((p) => !toMake.includes(p)));
  for (const { kubernetes: k } of toMake) await create(topology, k.name, k.context);
  progress.clear();
};
