// What a cluster's alert settings say of alerts that are not evaluated for it: no mistake to refuse, but nobody should rely on it.
import { type RulePlace, usedSettings } from '../rules';
import type { ResolvedFleet } from './resolve';
import type { Fleet } from './schema';

/** Settings of one place that change nothing. */
export interface Idle {
  /** The place in the fleet: keys with dots between. */
  readonly at: string;
  /** As they are written there: names of thresholds, and `disable: [<alert>, …]`. */
  readonly settings: readonly string[];
  /** Why they do nothing. */
  readonly problem: string;
  /** What to write instead. */
  readonly remedy: string;
}

/** Another cluster that evaluates it for all that it watches, and what that is. */
const watcherOf = (resolved: ResolvedFleet, setting: string, place: string) => {
  // one cluster watches the nodes of a Kubernetes cluster, and the observer where that is: only the rules of these two are rendered
  const watching = (of: RulePlace, where: string) =>
    resolved.clusters.find((c) => c.nodes && c.in === where && usedSettings(resolved, c).get(of)?.has(setting));
  const ofNodes = watching('nodes', place);
  if (ofNodes) return { name: ofNodes.name, watches: `the nodes of ${place}` };
  const ofObserver = watching('observer', resolved.observer.in);
  return ofObserver && { name: ofObserver.name, watches: 'the observer' };
};

/** What to write instead of a setting of a cluster for which nothing of the kind is evaluated. */
const remedyOf = (resolved: ResolvedFleet, setting: string, place: string, external: boolean): string => {
  const watcher = watcherOf(resolved, setting, place);
  if (watcher) return `the same at clusters.${watcher.name}.alerts: ${watcher.name} watches ${watcher.watches}.`;
  return external
    ? 'leave it out; what that Prometheus evaluates is tuned where it is deployed.'
    : 'leave it out: no cluster of the fleet evaluates such an alert.';
};

/** Alert settings of clusters that no rule is made with; those of one cluster and one remedy together. */
export const idleAlertSettings = (fleet: Fleet, resolved: ResolvedFleet): Idle[] =>
  [...resolved.clusters, ...resolved.externals].flatMap((cluster): Idle[] => {
    const { disable = [], ruleFiles: _, ...thresholds } = fleet.clusters[cluster.name]?.alerts ?? {};
    const settings = [...Object.keys(thresholds), ...disable];
    if (settings.length === 0) return [];
    const external = !('nodes' in cluster);
    const used = [...usedSettings(resolved, cluster).values()];
    const idle = settings
      .filter((setting) => !used.some((names) => names.has(setting)))
      .map((setting) => ({ setting, remedy: remedyOf(resolved, setting, cluster.in, external) }));
    return [...new Set(idle.map(({ remedy }) => remedy))].map((remedy) => {
      const names = idle.filter((i) => i.remedy === remedy).map(({ setting }) => setting);
      const disabled = names.filter((name) => disable.includes(name));
      return {
        at: `clusters.${cluster.name}.alerts`,
        settings: [
          ...names.filter((name) => !disable.includes(name)),
          ...(disabled.length > 0 ? [`disable: [${disabled.join(', ')}]`] : []),
        ],
        problem: external
          ? `the Prometheus of ${cluster.name} is external, and the fleet evaluates no such alert about it`
          : `${cluster.name} evaluates no such alert`,
        remedy,
      };
    });
  });
