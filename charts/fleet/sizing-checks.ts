// Numbers that cannot work. The model is in sizing.ts; what the fleet file says by itself is held against it.
import { bytes, cores, seconds } from '../kit/units';
import type { ResolvedCluster, ResolvedFleet } from './resolve';
import type { Fleet } from './schema';
import { asBytes, bucketNeeds, type ClusterLoad, coefficients, compactorNeeds, prometheusNeeds } from './sizing';
import { type Path, refuseIf, type Violation } from './violations';

const loaded = ({ clusters }: ResolvedFleet): (ResolvedCluster & { readonly load: ClusterLoad })[] =>
  clusters.flatMap((c) => (c.load ? [{ ...c, load: c.load }] : []));

const loadWithoutSeries = (fleet: Fleet): Violation[] =>
  Object.entries(fleet.clusters).flatMap(([name, c]) =>
    (['churn', 'queries'] as const)
      .filter((key) => c[key] !== undefined && c.series === undefined)
      .map((key) => ({
        code: 'load-without-series',
        path: ['clusters', name, key],
        problem: `${name} says its ${key}, but not its series`,
        consequence: 'nothing can be sized by it, and it would be ignored without a word.',
        remedy: `series: as well, such as series: 120k (prometheus_tsdb_head_series).`,
      })),
  );

/** The largest volume and memory that the fleet file takes (schema.ts), and no more is made of its series. */
const largest = { volume: bytes('64Ti'), memory: bytes('4Ti') } as const;

/** Each at the cluster whose series it is. */
const tooManySeries = (resolved: ResolvedFleet): Violation[] => {
  const refused = (cluster: string, what: string): Violation => ({
    code: 'wrong-value',
    path: ['clusters', cluster, 'series'],
    problem: `with the series of ${cluster}, ${what}`,
    consequence: 'no volume and no node is that large.',
    remedy: 'fewer series; or a fleet of its own for a part of them.',
  });
  const clusters = loaded(resolved);
  const own = clusters.flatMap(({ name, load }): Violation[] => {
    const needs = prometheusNeeds(load);
    return needs.volume <= largest.volume && needs.memory <= largest.memory
      ? []
      : [refused(name, `each Prometheus takes a volume of ${asBytes(needs.volume)} and ${asBytes(needs.memory)} of memory`)];
  });
  const { volume } = resolved.observer.compactor;
  const [most] = [...clusters].sort((a, b) => b.load.series - a.load.series);
  return own.length > 0 || !most || bytes(volume) <= largest.volume
    ? own
    : [refused(most.name, `the compactor takes a volume of ${volume}`)];
};

const volumes = (_fleet: Fleet, resolved: ResolvedFleet): Violation[] =>
  loaded(resolved).flatMap((c): Violation[] => {
    const needs = prometheusNeeds(c.load);
    if (bytes(c.volume) >= needs.volume) return [];
    const room = Math.max(bytes(c.volume) * coefficients.usableVolume - needs.wal, 0);
    const hours = Math.floor((room / needs.blocks) * (seconds(c.retention) / 3600));
    return [
      {
        code: 'volume-under-retention',
        path: ['clusters', c.name, 'volume'],
        problem: `${c.volume} do not hold ${c.retention} of ${c.load.series} series, scraped every ${c.scrapeInterval}`,
        consequence: `Prometheus would delete its oldest blocks after about ${hours} h, and what is not uploaded by then is lost.`,
        remedy: `volume: ${asBytes(needs.volume)}, or leave it out; or a shorter retention.`,
      },
    ];
  });

const memory = (_fleet: Fleet, resolved: ResolvedFleet): Violation[] =>
  loaded(resolved).flatMap((c): Violation[] => {
    const needs = prometheusNeeds(c.load);
    return bytes(c.resources.memoryLimit ?? c.resources.memory) >= needs.memoryAtLeast
      ? []
      : [
          {
            code: 'memory-under-series',
            path: ['clusters', c.name, 'resources', 'memory'],
            problem: `${c.resources.memory} do not hold ${c.load.series} series and those that they replaced`,
            consequence: 'Prometheus would be killed for want of memory, again and again: it reads all of it back at its start.',
            remedy: `memory: ${asBytes(needs.memory)}, or leave it out.`,
          },
        ];
  });

const compactorVolume = (fleet: Fleet, resolved: ResolvedFleet): Violation[] => {
  const loads = loaded(resolved).map((c) => c.load);
  const given = fleet.observer.compactor?.volume;
  if (loads.length === 0 || given === undefined) return [];
  const needs = compactorNeeds(loads, resolved.retention, resolved.observer.compactor.concurrency);
  return bytes(given) >= needs.volume
    ? []
    : [
        {
          code: 'compactor-volume-under-block',
          path: ['observer', 'compactor', 'volume'],
          problem: `the compactor would have ${given} for what takes ${asBytes(needs.volume)}`,
          consequence:
            'its disk would be full before the first block of two weeks is made: nothing is compacted or deleted after that.',
          remedy: `volume: ${asBytes(needs.volume)}, or leave it out.`,
        },
      ];
};

const compactorBehind = (_fleet: Fleet, resolved: ResolvedFleet): Violation[] => {
  const { concurrency } = resolved.observer.compactor;
  const { coresAtLeast } = compactorNeeds(
    loaded(resolved).map((c) => c.load),
    resolved.retention,
    concurrency,
  );
  return refuseIf(coresAtLeast > concurrency, {
    code: 'compactor-behind',
    path: ['observer', 'compactor', 'concurrency'],
    problem: `the compactor works on ${concurrency} at once, and all clusters together bring work for ${coresAtLeast.toFixed(1)}`,
    consequence:
      'it would fall behind for ever: blocks stay small and many, are downsampled late or never, and outlive their retention.',
    remedy: `concurrency: ${Math.ceil(coresAtLeast)}, and a volume for as many.`,
  });
};

const embeddedStore = (fleet: Fleet, resolved: ResolvedFleet): Violation[] => {
  const { objectStore: store, retention } = resolved;
  if (store.type !== 'embedded') return [];
  const total = loaded(resolved).reduce((sum, c) => sum + bucketNeeds(c.load, retention).total, 0);
  return total <= bytes(store.size)
    ? []
    : [
        {
          code: 'object-store-under-retention',
          path: ['objectStore', ...(fleet.objectStore.type === 'embedded' && fleet.objectStore.size ? ['size'] : [])],
          problem: `${store.size} do not hold what the retention keeps, about ${asBytes(total)}`,
          consequence: 'its volume would be full one day, and no block could be uploaded any more.',
          remedy: `size: ${asBytes(total)}, or less retention.`,
        },
      ];
};

const nodes = (fleet: Fleet, resolved: ResolvedFleet): Violation[] => {
  const { observer } = resolved;
  const pods: { in: string; path: Path; title: string; parts: readonly { cpu: string; memory: string }[] }[] = [
    ...resolved.clusters.map((c) => ({
      in: c.in,
      path: [
        'clusters',
        c.name,
        ...(fleet.clusters[c.name]?.resources ? ['resources'] : fleet.clusters[c.name]?.series ? ['series'] : []),
      ],
      title: `each Prometheus of ${c.name}, with its sidecar,`,
      parts: [c.resources, c.sidecar],
    })),
    ...(['query', 'queryFrontend', 'store', 'compactor', 'ruler', 'bucketWeb', 'alertmanager', 'grafana'] as const).map(
      (part) => ({
        in: observer.in,
        path: ['observer', ...(fleet.observer[part]?.resources ? [part, 'resources'] : ['in'])],
        title: `observer.${part}`,
        parts: [observer[part].resources],
      }),
    ),
  ];
  return pods.flatMap(({ in: place, path, title, parts }): Violation[] => {
    const node = resolved.kubernetes.find((k) => k.name === place)?.node;
    if (!node) return [];
    const cpu = parts.reduce((sum, p) => sum + cores(p.cpu), 0);
    const memory = parts.reduce((sum, p) => sum + bytes(p.memory), 0);
    return cpu <= cores(node.cpu) && memory <= bytes(node.memory)
      ? []
      : [
          {
            code: 'requests-beyond-node',
            path,
            problem: `${title} asks for ${Number(cpu.toFixed(2))} CPU and ${(memory / 2 ** 30).toFixed(1)}Gi, but the largest node of ${place} offers ${node.cpu} and ${node.memory}`,
            consequence: 'no node could ever take it: it would be pending for good.',
            remedy:
              'larger nodes (kubernetes.*.node), several clusters instead of one, fewer series, or smaller resources if those are enough.',
          },
        ];
  });
};

/** Series that nobody can have are a slip of the pen: whatever else would follow from them is not told beside it. */
const sizes = (fleet: Fleet, resolved: ResolvedFleet): Violation[] => {
  const slips = tooManySeries(resolved);
  const slipped = new Set(slips.map(({ path }) => path[1]));
  const clusters = resolved.clusters.map((c) => (slipped.has(c.name) ? { ...c, load: undefined } : c));
  const rest = [volumes, memory, compactorVolume, compactorBehind, embeddedStore];
  return [...slips, ...rest.flatMap((check) => check(fleet, { ...resolved, clusters }))];
};

export const sizingChecks = [loadWithoutSeries, sizes, nodes];
