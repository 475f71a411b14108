// What is tuned of the alerts and objectives, with every default filled in.
import { percentage, seconds } from '../kit/units';
import { type PlatformDefaults, platforms } from './platforms';
import type { Fleet } from './schema';

/** A rule file of the user's, as it is mounted. */
export interface UserRuleFile {
  /** Its name without an ending, unique among its neighbours. */
  readonly name: string;
  readonly text: string;
}

/** Texts of rule files, by the paths that the fleet file gives. */
export type RuleTexts = ReadonlyMap<string, string>;

const defaults = {
  ...platforms.kind.alerts,
  incomplete: { for: '10m' },
  clusterUnreachable: { for: '1m' },
  uploadLag: { for: '15m' },
  bucketErrors: { ratio: '5%', for: '15m' },
  queryErrors: { ratio: '5%' },
  queryLatency: { p99: '40s' },
  compactBacklog: { blocks: 20, for: '12h' },
  diskFull: { within: '24h', free: '5%' },
  volumeFull: { within: '24h', used: '90%' },
  nodeMemory: { used: '90%' },
  nodeCpu: { used: '90%' },
  containerMemory: { used: '90%' },
  restarts: { perHour: 3 },
} as const;

type Written = { readonly [K in keyof typeof defaults]: { readonly [P in keyof (typeof defaults)[K]]: string | number } };

/** Thresholds of the alerts: durations as they are written, shares from 0 to 1. */
export interface Thresholds {
  readonly targetDown: { readonly for: string };
  readonly componentDown: { readonly for: string };
  readonly incomplete: { readonly for: string };
  readonly highLoad: { readonly threshold: number | 'processors' };
  readonly prometheusReplicaDown: { readonly for: string };
  readonly clusterUnreachable: { readonly for: string };
  readonly uploadLag: { readonly for: string };
  readonly bucketErrors: { readonly ratio: number; readonly for: string };
  readonly queryErrors: { readonly ratio: number };
  readonly queryLatency: { readonly p99: string };
  readonly compactBacklog: { readonly blocks: number; readonly for: string };
  readonly diskFull: { readonly within: string; readonly free: number };
  readonly volumeFull: { readonly within: string; readonly used: number };
  readonly nodeMemory: { readonly used: number };
  readonly nodeCpu: { readonly used: number };
  readonly containerMemory: { readonly used: number };
  readonly restarts: { readonly perHour: number };
}

export interface ResolvedAlerts extends Thresholds {
  /** Names of alerts that are turned off. */
  readonly disable: readonly string[];
  /** The user's own rules for the cluster's Prometheus. */
  readonly ruleFiles: readonly UserRuleFile[];
}

export interface ResolvedSlo {
  readonly queries: {
    /** Share from 0 to 1. */
    readonly availability: number;
    readonly latency: { readonly objective: number; readonly seconds: number };
  };
}

/** Some thresholds, as they are written. */
type Given = Readonly<Record<string, unknown>>;

/** Each threshold from the first that gives it. */
const thresholds = (given: readonly (Given | undefined)[]): Thresholds => {
  const entries = (Object.keys(defaults) as (keyof typeof defaults)[]).map((name) => {
    const merged = Object.assign(
      {},
      defaults[name],
      ...[...given].reverse().map((alerts) => alerts?.[name]),
    ) as Written[typeof name];
    const values = Object.entries(merged).map(([key, value]) => [
      key,
      typeof value === 'string' && value.endsWith('%') ? percentage(value) : value,
    ]);
    return [name, Object.fromEntries(values)];
  });
  return Object.fromEntries(entries);
};

const filesOf = (paths: readonly string[], texts: RuleTexts): UserRuleFile[] =>
  paths.map((path, i) => ({
    name: `user-${i + 1}-${path.replace(/^.*\/|\.ya?ml$/g, '').replace(/[^-.\w]/g, '-')}`,
    text: texts.get(path) ?? '',
  }));

/** Alerts of one cluster: its own settings before those of the fleet, and those before its platform's. */
export const resolveClusterAlerts = (
  fleet: Fleet,
  cluster: string,
  texts: RuleTexts,
  platform: PlatformDefaults,
): ResolvedAlerts => {
  const own = fleet.clusters[cluster]?.alerts;
  return {
    ...thresholds([own, fleet.alerts, platform.alerts]),
    disable: [...new Set([...(fleet.alerts?.disable ?? []), ...(own?.disable ?? [])])].sort(),
    ruleFiles: filesOf([...(fleet.alerts?.ruleFiles?.cluster ?? []), ...(own?.ruleFiles ?? [])], texts),
  };
};

/** Alerts of the fleet; `ruleFiles` are those of the ruler. */
export const resolveAlerts = (fleet: Fleet, texts: RuleTexts): ResolvedAlerts & { readonly runbookUrl: string } => ({
  ...thresholds([fleet.alerts]),
  disable: [...new Set(fleet.alerts?.disable ?? [])].sort(),
  ruleFiles: filesOf(fleet.alerts?.ruleFiles?.global ?? [], texts),
  runbookUrl: fleet.alerts?.runbookUrl ?? 'docs/runbooks',
});

export const resolveSlo = (fleet: Fleet): ResolvedSlo => {
  const { availability = '99.9%', latency } = fleet.slo?.queries ?? {};
  return {
    queries: {
      availability: percentage(availability),
      latency: { objective: percentage(latency?.objective ?? '99%'), seconds: seconds(latency?.threshold ?? '6s') },
    },
  };
};
