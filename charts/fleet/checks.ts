// Nothing unsafe synthesizes: what the schema cannot say about a fleet. Each check has a stable code.
import { holds } from '../kit/addresses';
import { seconds } from '../kit/units';
import { aboutLabel } from '../rules/rule';
import { alertChecks } from './alert-checks';
import { availabilityChecks } from './availability-checks';
import { exposureChecks } from './exposure-checks';
import { externalSecretsChecks } from './external-secrets-checks';
import { deployed } from './externals';
import { externalsChecks } from './externals-checks';
import { gitopsChecks } from './gitops-checks';
import { imageChecks } from './image-checks';
import { ingressChecks } from './ingress-checks';
import { nearest } from './nearest';
import { notificationChecks } from './notification-checks';
import { objectStoreChecks } from './object-store-checks';
import { platformChecks } from './platform-checks';
import { clusterLabel, type ResolvedFleet, replicaLabel } from './resolve';
import type { Fleet } from './schema';
import { secretChecks } from './secret-checks';
import type { BucketRetention } from './sizing';
import { sizingChecks } from './sizing-checks';
import { tenancyChecks } from './tenancy-checks';
import { type Check, type Path, refuseIf, type Violation } from './violations';

/** Labels that the fleet itself sets; rulerLabels are in the ruler's own blocks. */
export const rulerLabels = { ruler: 'ruler', replica: 'rule_replica' } as const;
/** Value of the label `ruler` that the fleet's own rulers have, and with it every alert of theirs. */
export const rulerName = 'global';
const sourceLabels: readonly string[] = [clusterLabel, replicaLabel, ...Object.values(rulerLabels)];

/**
 * Labels of series by which alerts, dashboards and whoever asks tell them apart. Thanos puts the labels of a cluster over those
 * of its series (pkg/store/labelpb, ExtendSortedLabels), so a cluster with one of them would have no other value of it.
 */
export const seriesLabels: readonly string[] = [
  ...['job', 'instance', 'namespace', 'pod', 'node', 'container'],
  ...['device', 'mountpoint', 'le', 'quantile'],
  ...['alertname', 'alertstate', 'severity'],
];

/** DNS label limit: namespaces and Service names (RFC 1123). */
const maxName = 63;

const references: Check = (fleet) => {
  const known = Object.keys(fleet.kubernetes);
  const uses: [Path, string][] = [
    [['observer', 'in'], fleet.observer.in],
    ...Object.entries(fleet.clusters).map(([name, c]): [Path, string] => [['clusters', name, 'in'], c.in]),
  ];
  return uses
    .filter(([, name]) => !known.includes(name))
    .map(([path, name]) => ({
      code: 'unknown-kubernetes',
      path,
      problem: `${path.join('.')} is ${name}, which is not under kubernetes`,
      consequence: 'there is no place to deploy it to.',
      remedy:
        known.length > 0
          ? `${nearest(name, known) ?? known.join(' or ')}, or describe ${name} under kubernetes.`
          : `kubernetes: {${name}: {platform: kind}}`,
    }));
};

const nothingToDo: Check = (fleet) =>
  refuseIf(Object.keys(fleet.clusters).length === 0, {
    code: 'no-clusters',
    path: ['clusters'],
    problem: 'the fleet has no cluster',
    consequence: 'an observer with nothing to observe.',
    remedy: 'clusters: {chicago: {in: kind}}',
  });

const unusedKubernetes: Check = (fleet) => {
  const places = [fleet.observer.in, ...Object.values(fleet.clusters).map((c) => c.in)];
  const known = Object.keys(fleet.kubernetes);
  // what is meant by a name that is not there is used: unknown-kubernetes says so
  const used = new Set(places.map((place) => (known.includes(place) ? place : nearest(place, known))));
  return known
    .filter((name) => !used.has(name))
    .map((name) => ({
      code: 'unused-kubernetes',
      path: ['kubernetes', name],
      problem: `nothing of the fleet is in ${name}`,
      consequence: 'what should live there lives somewhere else, or nowhere.',
      remedy: `in: ${name} where it belongs, or leave it out.`,
    }));
};

const oneNodeWatcher: Check = (fleet, resolved) =>
  resolved.kubernetes.flatMap((k): Violation[] => {
    const here = deployed(fleet).filter(([, c]) => c.in === k.name);
    const watchers = here.filter(([, c]) => c.nodes === true).map(([name]) => name);
    if (watchers.length > 1)
      return watchers.slice(1).map((name) => ({
        code: 'nodes-counted-twice',
        path: ['clusters', name, 'nodes'],
        problem: `${watchers.join(' and ')} both watch the nodes of ${k.name}`,
        consequence:
          'every node, kubelet and container would be counted once per cluster, and sums over clusters would be wrong.',
        remedy: `nodes: true in one of them only.`,
      }));
    if (here.length > 0 && here.every(([, c]) => c.nodes === false))
      return [
        {
          code: 'nodes-unwatched',
          path: ['clusters', here[0]?.[0] ?? '', 'nodes'],
          problem: `no cluster watches the nodes of ${k.name}`,
          consequence: 'a full disk or a dead kubelet would go unnoticed, and so would the observer itself.',
          remedy: 'nodes: true in one of its clusters, or leave the key out.',
        },
      ];
    return [];
  });

/** What would come of a label of a cluster, if it is one that clusters cannot have. */
const labelConsequence = (label: string): string | undefined => {
  if (label === replicaLabel) return 'deduplication would merge series that differ, or stop: every graph doubled.';
  if (label === aboutLabel) return 'every alert of the cluster would be sent as that of another.';
  if (seriesLabels.includes(label))
    return 'it would be put over that of every series: alerts and dashboards that ask for the true one would find nothing.';
  if (sourceLabels.includes(label) || label.startsWith('__'))
    return 'two sources would look like one: the compactor halts on overlapping blocks.';
  return undefined;
};

const labels: Check = (fleet) =>
  Object.entries(fleet.clusters).flatMap(([name, c]) =>
    Object.keys(c.labels ?? {}).flatMap((label): Violation[] => {
      const consequence = labelConsequence(label);
      return consequence === undefined
        ? []
        : [
            {
              code: 'reserved-label',
              path: ['clusters', name, 'labels', label],
              problem: `${label} is a label that ${seriesLabels.includes(label) ? 'series have themselves' : 'the fleet itself sets'}`,
              consequence,
              remedy: `another name, such as ${label === clusterLabel ? 'region' : `my_${label.replace(/^_+/, '')}`}.`,
            },
          ];
    }),
  );

/** A namespace in one of the Kubernetes clusters. */
interface NamespaceIn {
  /** Where the fleet file says it, or has it follow from its name. */
  readonly path: Path;
  readonly in: string;
  readonly namespace: string;
}
const keyOf = (n: NamespaceIn): string => `${n.in}/${n.namespace}`;

/** Namespaces that the fleet makes. */
const ownNamespaces = (fleet: Fleet, resolved: ResolvedFleet): NamespaceIn[] => {
  const { observer, objectStore } = resolved;
  return [
    { path: fleet.observer.namespace ? ['observer', 'namespace'] : ['name'], in: observer.in, namespace: observer.namespace },
    ...(objectStore.type === 'embedded' ? [{ path: ['name'], in: observer.in, namespace: objectStore.namespace }] : []),
    ...resolved.kubernetes.map((k) => ({ path: ['name'], in: k.name, namespace: k.agentsNamespace })),
    ...resolved.clusters.map((c) => ({
      path: ['clusters', c.name, ...(fleet.clusters[c.name]?.namespace ? ['namespace'] : [])],
      in: c.in,
      namespace: c.namespace,
    })),
  ];
};

const names: Check = (fleet, resolved) => {
  const own = ownNamespaces(fleet, resolved);
  // the agents have one name everywhere
  const once = own.filter((n, i) => i === own.findIndex((m) => `${m.path} ${m.namespace}` === `${n.path} ${n.namespace}`));
  const tooLong = once
    .filter(({ namespace }) => namespace.length > maxName)
    .map(
      ({ path, namespace }): Violation => ({
        code: 'name-too-long',
        path,
        problem: `the namespace ${namespace} would have ${namespace.length} characters`,
        consequence: `Kubernetes takes ${maxName} at most.`,
        remedy: 'a shorter name for the fleet or the cluster.',
      }),
    );
  const seen = new Set<string>();
  const twice = own
    .filter((n) => seen.size === seen.add(keyOf(n)).size)
    .map(
      ({ path, in: place, namespace }): Violation => ({
        code: 'namespace-twice',
        path,
        problem: `the namespace ${namespace} in ${place} is taken by another part of the fleet`,
        consequence: "one part's objects would overwrite the other's.",
        remedy: 'another name, or a namespace of its own (namespace: …).',
      }),
    );
  const forbidden = once
    .filter(({ namespace }) => namespace === 'default' || namespace.startsWith('kube-'))
    .map(
      ({ path, namespace }): Violation => ({
        code: 'namespace-of-kubernetes',
        path,
        problem: `the namespace ${namespace} belongs to Kubernetes`,
        consequence: 'its Pod Security and network rules would change for everything that lives there.',
        remedy: 'a namespace of its own.',
      }),
    );
  return [...tooLong, ...twice, ...forbidden];
};

/** Namespaces that the fleet file says are somebody else's. */
const namespacesOfOthers = (fleet: Fleet, resolved: ResolvedFleet): NamespaceIn[] => {
  const { tenancy, ingress, in: home } = fleet.observer;
  const { argocd } = resolved.gitops;
  const at = (path: Path, place: string, namespace: string | undefined): NamespaceIn[] =>
    namespace === undefined ? [] : [{ path, in: place, namespace }];
  return [
    ...Object.entries(fleet.clusters).flatMap(([name, c]) =>
      at(['clusters', name, 'sidecar', 'pods', 'namespace'], c.in, c.sidecar?.pods?.namespace),
    ),
    ...at(['observer', 'tenancy', 'proxy', 'namespace'], home, tenancy?.proxy.namespace),
    ...at(['observer', 'ingress', 'gateway', 'namespace'], home, ingress?.gateway?.namespace),
    ...at(['observer', 'ingress', 'gateway', 'pods', 'namespace'], home, ingress?.gateway?.pods.namespace),
    ...(argocd
      ? at(['gitops', 'argocd', ...(fleet.gitops?.argocd?.namespace ? ['namespace'] : [])], argocd.in, argocd.namespace)
      : []),
  ];
};

const foreign: Check = (fleet, resolved) => {
  const own = new Set(ownNamespaces(fleet, resolved).map(keyOf));
  return namespacesOfOthers(fleet, resolved)
    .filter((other) => own.has(keyOf(other)))
    .map(({ path, namespace }) => ({
      code: 'namespace-of-fleet',
      path,
      problem: `the namespace ${namespace} is somebody else's here, and the fleet makes it for a part of its own`,
      consequence: "the fleet's network rules and Pod Security would cut off or refuse what lives there.",
      remedy: 'another namespace, here or for the part of the fleet.',
    }));
};

const claims: Check = (fleet, resolved) => {
  const own = new Set(ownNamespaces(fleet, resolved).map(keyOf));
  const owner = new Map<string, string>();
  return Object.entries(fleet.clusters).flatMap(([name, c]) =>
    (c.namespaces ?? []).flatMap((ns, i): Violation[] => {
      const path: Path = ['clusters', name, 'namespaces', i];
      const key = keyOf({ path, in: c.in, namespace: ns });
      if (own.has(key))
        return [
          {
            code: 'namespace-of-fleet',
            path,
            problem: `the namespace ${ns} is the fleet's own`,
            consequence: 'its pods are watched already, and would be counted twice.',
            remedy: 'leave it out.',
          },
        ];
      const other = owner.get(key);
      owner.set(key, name);
      if (other === undefined) return [];
      return [
        other === name
          ? {
              code: 'namespace-claimed-twice',
              path,
              problem: `${name} claims the namespace ${ns} twice`,
              consequence: 'nothing more would come of it: one of the two was meant to be another one.',
              remedy: 'the namespace once.',
            }
          : {
              code: 'namespace-claimed-twice',
              path,
              problem: `the namespace ${ns} is claimed by ${other} already`,
              consequence: 'its pods would be counted under two clusters.',
              remedy: 'the namespace in one of them only.',
            },
      ];
    }),
  );
};

type Resolution = 'raw' | '5m' | '1h';

/** Thanos refuses what is less than a block must span to be downsampled, but spans come in steps (thanos downsample.go). */
const downsampling = {
  raw: { refused: '40h', least: '3d', because: 'the 5m resolution is made from blocks of 2 days' },
  '5m': { refused: '10d', least: '16d', because: 'the 1h resolution is made from blocks of 14 days' },
} as const;

/** Each resolution as long as it must be at least, given how long the others are: what to write instead of all of them. */
const longEnough = (retention: BucketRetention): string => {
  const kept = (duration: string) => seconds(duration) || Number.POSITIVE_INFINITY;
  const longest = (...durations: string[]) => durations.reduce((a, b) => (kept(b) > kept(a) ? b : a));
  const raw = longest(retention.raw, downsampling.raw.least);
  const five = longest(retention['5m'], downsampling['5m'].least, raw);
  return `retention: {raw: ${raw}, 5m: ${five}, 1h: ${longest(retention['1h'], five)}}; each may be longer, but none longer than the next. 0s is for ever.`;
};

const bucketRetention: Check = (fleet, { retention }) => {
  const kept = (r: Resolution) => seconds(retention[r]) || Number.POSITIVE_INFINITY;
  const place = (r: Resolution): Path => (fleet.retention?.[r] ? ['retention', r] : ['retention']);
  const remedy = longEnough(retention);
  const short = (['raw', '5m'] as const).flatMap((r): Violation[] => {
    const { refused, least, because } = downsampling[r];
    if (kept(r) >= seconds(least)) return [];
    const words = { path: place(r), problem: `retention.${r} is ${retention[r]}, but ${because}`, remedy };
    return kept(r) < seconds(refused)
      ? [{ ...words, code: 'retention-too-short', consequence: 'the compactor would not start, and the bucket would only grow.' }]
      : [
          {
            ...words,
            code: 'retention-before-downsampling',
            consequence: 'data would be deleted before it is downsampled, and long ranges would be empty for ever.',
          },
        ];
  });
  const pairs: [Resolution, Resolution][] = [
    ['raw', '5m'],
    ['5m', '1h'],
  ];
  const disordered = pairs
    .filter(([finer, coarser]) => kept(coarser) < kept(finer))
    .map(([finer, coarser]): Violation => {
      const forever = kept(finer) === Number.POSITIVE_INFINITY;
      return {
        code: 'retention-out-of-order',
        path: place(fleet.retention?.[coarser] ? coarser : finer),
        problem: `${coarser} is kept for ${retention[coarser]}, but ${finer} ${forever ? 'for ever' : `for ${retention[finer]}`}`,
        consequence: `the compactor would make ${coarser} from ${finer} again each time that it has deleted it.`,
        remedy,
      };
    });
  return [...short, ...disordered];
};

const localRetention: Check = (fleet, resolved) =>
  resolved.clusters.flatMap((c): Violation[] => {
    const own = fleet.clusters[c.name];
    const path: Path = ['clusters', c.name, ...(own?.retention ? ['retention'] : own?.blockDuration ? ['blockDuration'] : [])];
    const { toleratedOutage } = resolved.objectStore;
    const threeBlocks = 3 * seconds(c.blockDuration);
    const underBlocks = seconds(c.retention) < threeBlocks;
    // both may be said, and one of them accepted: the remedy is one that satisfies both
    const enough = threeBlocks > seconds(toleratedOutage) ? `${Math.ceil(threeBlocks / 3600)}h` : toleratedOutage;
    return [
      ...refuseIf(underBlocks, {
        code: 'local-retention-under-three-blocks',
        path,
        problem: `${c.name} keeps ${c.retention} locally, less than three blocks of ${c.blockDuration}`,
        consequence: 'Prometheus could delete a block before the sidecar has uploaded it.',
        remedy: `retention: ${enough} or more.`,
      }),
      ...refuseIf(seconds(c.retention) < seconds(toleratedOutage), {
        code: 'local-retention-under-outage',
        path,
        problem: `${c.name} keeps ${c.retention} locally, but the bucket may be away for ${toleratedOutage}`,
        consequence: 'what was scraped during such an outage would be deleted before it could be uploaded.',
        remedy: `retention: ${enough} or more${underBlocks ? '' : ' (or a smaller objectStore.toleratedOutage, if that is what you accept)'}.`,
      }),
    ];
  });

const scrapeIntervals: Check = (_fleet, { clusters, externals }) =>
  [...clusters, ...externals].flatMap((c) => {
    const scrape = seconds(c.scrapeInterval);
    return refuseIf(scrape < 1 || scrape > 120, {
      code: 'scrape-interval',
      path: ['clusters', c.name, 'scrapeInterval'],
      problem: `${c.name} would be scraped every ${c.scrapeInterval}`,
      consequence:
        scrape > 120
          ? 'PromQL looks back 5 minutes: graphs would have gaps as soon as two scrapes are late.'
          : 'Prometheus takes no interval of zero, and under a second it only measures itself.',
      remedy: '1s to 2m, such as 15s or 30s.',
    });
  });

const blockDurations: Check = (_fleet, resolved) =>
  resolved.clusters.flatMap((c) => {
    const block = seconds(c.blockDuration);
    return refuseIf(block < 60 || block > 7200 || 7200 % block !== 0, {
      code: 'block-duration',
      path: ['clusters', c.name, 'blockDuration'],
      problem: `blocks of ${c.blockDuration} do not fit into the compactor's ranges`,
      consequence: 'blocks would straddle the 2h, 8h, 2d and 14d ranges and never be compacted or downsampled.',
      remedy: '2h, or for demos a part of it: 1h, 30m, 15m, 10m, 5m or 1m.',
    });
  });

const timeouts: Check = (_fleet, resolved) => {
  const timeout = seconds(resolved.observer.query.timeout);
  return refuseIf(timeout < 1 || timeout > 900, {
    code: 'query-timeout',
    path: ['observer', 'query', 'timeout'],
    problem: `queries would be ended after ${resolved.observer.query.timeout}`,
    consequence: timeout < 1 ? 'no query could be answered.' : 'a handful of queries could hold the querier for good.',
    remedy: '1s to 15m, such as 2m.',
  });
};

const localhostAddresses: Check = (fleet, resolved) =>
  resolved.kubernetes.flatMap((k) => {
    const written = fleet.kubernetes[k.name];
    const allowed = written?.platform === 'kind' ? written.localhost?.allowFrom : undefined;
    return (allowed ?? []).flatMap((cidr, i): Violation[] => {
      const pods = k.podCidrs.find((range) => holds(range, cidr));
      return pods === undefined
        ? []
        : [
            {
              code: 'localhost-from-pods',
              path: ['kubernetes', k.name, 'localhost', 'allowFrom', i],
              problem: `${cidr} are addresses of pods (${pods})`,
              consequence: 'pods are never let in through the localhost ports, and nobody else has such an address.',
              remedy: 'the addresses of the machine that runs kind, as its nodes see them, such as 172.18.0.0/16.',
            },
          ];
    });
  });

const checks: readonly Check[] = [
  references,
  nothingToDo,
  unusedKubernetes,
  oneNodeWatcher,
  labels,
  names,
  foreign,
  claims,
  bucketRetention,
  localRetention,
  scrapeIntervals,
  blockDurations,
  timeouts,
  localhostAddresses,
  ...availabilityChecks,
  ...tenancyChecks,
  ...objectStoreChecks,
  ...platformChecks,
  ...exposureChecks,
  ...externalsChecks,
  ...secretChecks,
  ...externalSecretsChecks,
  ...gitopsChecks,
  ...sizingChecks,
  ...ingressChecks,
  ...notificationChecks,
  ...alertChecks,
  ...imageChecks,
];

/** Every violation of every check. */
export const checkFleet = (fleet: Fleet, resolved: ResolvedFleet): Violation[] =>
  checks.flatMap((check) => check(fleet, resolved));
