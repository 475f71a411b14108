// Which rules are evaluated where:
//   - what a cluster knows about itself, in its own Prometheus pair: it works when the observer does not;
//   - nodes, containers and the observer, in the Prometheus of the cluster that scrapes them;
//   - what only the view over all clusters shows, in the ruler.
import type { ResolvedAlerts, UserRuleFile } from '../fleet/alerts';
import type { ResolvedExternal } from '../fleet/externals';
import type { ResolvedCluster, ResolvedFleet } from '../fleet/resolve';
import { yaml } from '../kit/kubernetes';
import { inParts, roomOfObject } from '../kit/parts';
import { alertmanagerRules } from './alertmanager';
import { certificateRules } from './certificates';
import { compactorRules } from './compactor';
import { containerRules } from './containers';
import { externalRules, fleetPartialRules, fleetRules } from './fleet';
import { memcachedRules } from './memcached';
import { nodeRules } from './nodes';
import { prometheusRules } from './prometheus';
import { queryRules } from './query';
import { queryFrontendRules } from './query-frontend';
import { fleetRecording, nodeRecording, thanosRecording } from './recording';
import { replicateRules } from './replicate';
import { isAlert, type RuleGroup, type RulesOf, ruleFile, without } from './rule';
import { rulerRules } from './ruler';
import { sidecarRules } from './sidecar';
import { sloRules } from './slo';
import { storeRules } from './store';
import { nodeTargetRules, targetRules } from './targets';

const subjects = {
  cluster: [targetRules, prometheusRules, sidecarRules, certificateRules],
  nodes: [nodeTargetRules, nodeRules, containerRules, nodeRecording],
  observer: [
    queryRules,
    queryFrontendRules,
    storeRules,
    memcachedRules,
    compactorRules,
    replicateRules,
    rulerRules,
    alertmanagerRules,
    sloRules,
    thanosRecording,
  ],
  global: [fleetRules, fleetRecording, fleetPartialRules],
} satisfies Record<string, readonly RulesOf[]>;

export type RulePlace = keyof typeof subjects;

/** What a cluster's Prometheus evaluates; `global` is for the ruler. */
const placesOf = (fleet: ResolvedFleet, cluster: ResolvedCluster): Exclude<RulePlace, 'global'>[] => [
  'cluster',
  ...(cluster.nodes ? ['nodes' as const] : []),
  ...(cluster.nodes && cluster.in === fleet.observer.in ? ['observer' as const] : []),
];

const groups = (of: RulePlace, fleet: ResolvedFleet, cluster: ResolvedCluster): RuleGroup[] =>
  subjects[of].flatMap((rules: RulesOf) => rules(fleet, cluster)).map((group) => without(group, cluster.alerts));

/** Groups of the ruler about a cluster whose Prometheus is somebody else's. */
const groupsAbout = (fleet: ResolvedFleet, external: ResolvedExternal): RuleGroup[] =>
  externalRules(fleet, external).map((group) => without(group, external.alerts));

const text = (fleet: ResolvedFleet, these: readonly RuleGroup[]): string => yaml(ruleFile(fleet, these));
const userFiles = (files: readonly UserRuleFile[], ending: string): Record<string, string> =>
  Object.fromEntries(files.map((file) => [`${file.name}.${ending}`, file.text]));

/** Bytes of groups as JSON: about as long as their YAML is in a ConfigMap in JSON, and much faster to make. */
const sizeOf = (fleet: ResolvedFleet, ...these: readonly RuleGroup[]): number =>
  Buffer.byteLength(JSON.stringify(ruleFile(fleet, these)));

/** A group that is too large for a file, such as one with a rule for each of a thousand clusters, as several. */
const divided = (fleet: ResolvedFleet, group: RuleGroup): RuleGroup[] =>
  sizeOf(fleet, group) <= roomOfObject
    ? [group]
    : inParts(group.rules, (rule) => sizeOf(fleet, { ...group, rules: [rule] })).map((rules, i) => ({
        ...group,
        name: `${group.name}${i === 0 ? '' : ` ${i + 1}`}`,
        rules,
      }));

/** Files of one name, numbered from the second on, of which each fits into a ConfigMap. */
const files = (name: string, ending: string, fleet: ResolvedFleet, all: readonly RuleGroup[]): Record<string, string> => {
  const parts = inParts(
    all.flatMap((group) => divided(fleet, group)),
    (group) => sizeOf(fleet, group),
  );
  return Object.fromEntries(parts.map((part, i) => [`${name}${i === 0 ? '' : `-${i + 1}`}.${ending}`, text(fleet, part)]));
};

/** Rule files of a cluster's Prometheus, by name. */
export const clusterRuleFiles = (fleet: ResolvedFleet, cluster: ResolvedCluster): Record<string, string> => ({
  ...Object.assign({}, ...placesOf(fleet, cluster).map((of) => files(of, 'yml', fleet, groups(of, fleet, cluster)))),
  ...userFiles(cluster.alerts.ruleFiles, 'yml'),
});

/** Rule files of the ruler, by name. promtool takes no partial_response_strategy, so groups that have one are by themselves. */
export const globalRuleFiles = (fleet: ResolvedFleet): Record<string, string> => {
  const all = [
    ...fleet.clusters.flatMap((cluster) => groups('global', fleet, cluster)),
    ...fleet.externals.flatMap((external) => groupsAbout(fleet, external)),
  ];
  const [partial, whole] = [all.filter((group) => group.partialResponse), all.filter((group) => !group.partialResponse)];
  return {
    ...files('global', 'yaml', fleet, whole),
    ...files('global-partial', 'yaml', fleet, partial),
    ...userFiles(fleet.alerts.ruleFiles, 'yaml'),
  };
};

/** Names of the alerts that rules make, and of the thresholds that they are made with. */
const madeOf = (alerts: ResolvedAlerts, make: (alerts: ResolvedAlerts) => readonly RuleGroup[]): Set<string> => {
  const made = new Set<string>();
  const nothingDisabled = { ...alerts, disable: [] };
  const noting = new Proxy(nothingDisabled, {
    get: (target, key: keyof ResolvedAlerts) => {
      made.add(key);
      return target[key];
    },
  });
  for (const rule of make(noting).flatMap((group) => group.rules)) if (isAlert(rule)) made.add(rule.alert);
  return made;
};

/**
 * What of a cluster's alert settings is of use, by where: names of the alerts that are evaluated there, turned off or not, and of
 * the thresholds that these are made with. For a Prometheus that is somebody else's only the ruler evaluates anything.
 */
export const usedSettings = (
  fleet: ResolvedFleet,
  cluster: ResolvedCluster | ResolvedExternal,
): ReadonlyMap<RulePlace, ReadonlySet<string>> => {
  if (!('nodes' in cluster))
    return new Map([['global', madeOf(cluster.alerts, (alerts) => groupsAbout(fleet, { ...cluster, alerts }))]]);
  const places: RulePlace[] = [...placesOf(fleet, cluster), 'global'];
  return new Map(places.map((of) => [of, madeOf(cluster.alerts, (alerts) => groups(of, fleet, { ...cluster, alerts }))]));
};

/**
 * All groups of rules that there are, by where they are evaluated, whatever a fleet turns off or does not have: those of the
 * fleet's first cluster, which are the same for every other.
 */
export const ruleGroups = (written: ResolvedFleet): Readonly<Record<RulePlace, readonly RuleGroup[]>> => {
  const cache = { type: 'memcached', replicas: 1, memory: '64Mi', exporter: true } as const;
  const replicate = { to: { type: 'gcs', bucket: 'any', tuning: {} }, resources: { cpu: '0', memory: '0' } } as const;
  const fleet = { ...written, objectStore: { ...written.objectStore, replicate }, observer: { ...written.observer, cache } };
  const of = (place: RulePlace) =>
    fleet.clusters.slice(0, 1).flatMap((cluster) => subjects[place].flatMap((rules: RulesOf) => rules(fleet, cluster)));
  return { cluster: of('cluster'), nodes: of('nodes'), observer: of('observer'), global: of('global') };
};

const everyRule = (fleet: ResolvedFleet) =>
  Object.values(ruleGroups(fleet)).flatMap((groups) => groups.flatMap((group) => group.rules));

/** Names of all alerts that there are. */
export const alertNames = (fleet: ResolvedFleet): string[] =>
  [...new Set(everyRule(fleet).flatMap((rule) => (isAlert(rule) ? [rule.alert] : [])))].sort();

/** Names of all series that the fleet's own rules record. */
export const recordNames = (fleet: ResolvedFleet): string[] => [
  ...new Set(everyRule(fleet).flatMap((rule) => (isAlert(rule) ? [] : [rule.record]))),
];
