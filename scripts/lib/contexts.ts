// The kubeconfig contexts of a fleet: whether they are there, and whether their clusters answer.
import type { ResolvedKubernetes } from '../../charts/fleet/resolve';
import { each } from './each';
import { Kubectl, run, ToolError } from './kubectl';

export const contextNames = async (): Promise<string[]> =>
  (await run('kubectl', ['config', 'get-contexts', '-o', 'name'])).split('\n').filter(Boolean);

/** Names of kind clusters and of their contexts differ by this. */
const kindPrefix = 'kind-';
/** Whether kind can make and delete it. */
export const isKinds = ({ platform, context }: ResolvedKubernetes): boolean =>
  platform === 'kind' && context.startsWith(kindPrefix);
export const kindName = (context: string): string => context.slice(kindPrefix.length);

export interface Unreachable {
  readonly kubernetes: ResolvedKubernetes;
  /** There is no such context. */
  readonly missing: boolean;
  readonly reason: string;
}

/** Which of a fleet's Kubernetes clusters cannot be reached, and why; all are asked at once. */
export const unreachable = async (all: readonly ResolvedKubernetes[]): Promise<Unreachable[]> => {
  const known = await contextNames();
  const found = await each(all, async (kubernetes): Promise<Unreachable[]> => {
    const { name, context } = kubernetes;
    if (!known.includes(context))
      return [
        {
          kubernetes,
          missing: true,
          reason: `There is no context ${context} in your kubeconfig.\n  Add it (kubectl config get-contexts shows those that are there), or correct kubernetes.${name}.context in the fleet file.`,
        },
      ];
    try {
      await new Kubectl(context).run(['get', '--raw', '/readyz', '--request-timeout=10s'], { timeout: 20_000 });
      return [];
    } catch (error) {
      const said = (error as Error).message.split('\n').slice(1).join('\n  ').slice(0, 300);
      const remedy = /Unauthorized|logged in|expired|credentials/i.test(said)
        ? 'Log in to it again.'
        : isKinds(kubernetes)
          ? `Start it, or delete it (kind delete cluster --name ${kindName(context)}) and run npm run up.`
          : 'Is it up, are you connected to its network, is your login still valid?';
      return [
        {
          kubernetes,
          missing: false,
          reason: `The context ${context} is in your kubeconfig, but its cluster does not answer.\n  ${said || 'no answer within 20 s'}\n  ${remedy}`,
        },
      ];
    }
  });
  return found.flat();
};

/** @throws ToolError that says what is wrong with each; nothing has been changed by then */
export const refuse = (problems: readonly Unreachable[]): void => {
  if (problems.length > 0) throw new ToolError([...problems.map((p) => p.reason), 'Nothing was changed.'].join('\n\n'));
};
