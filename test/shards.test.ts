// Store gateways that share a bucket: whatever the fleet file says, nothing in it is left to nobody.
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { parse } from 'yaml';
import type { Manifest } from '../charts/fleet';
import { seconds } from '../charts/kit/units';
import { containersOf, type Json, ofKind, sampleOf, samples, workloadsOf } from './support/fleets';

const fleetOf = (store: object, more: object = {}): readonly Manifest[] =>
  sampleOf(
    'shards',
    JSON.stringify({
      name: 'demo',
      kubernetes: { kind: { platform: 'kind' } },
      objectStore: { type: 'embedded' },
      observer: { in: 'kind', store, ...more },
      clusters: { chicago: { in: 'kind' } },
      retention: { '1h': '0s' },
    }),
  ).objects;

/** Prometheus' hashmod: the last eight bytes of the MD5 of a label's value, divided (prometheus model/relabel). */
const hashmod = (value: string, modulus: number): number =>
  Number(createHash('md5').update(value).digest().readBigUInt64BE(8) % BigInt(modulus));

/** What a store gateway serves, as its arguments and its file say. */
interface Serves {
  readonly workload: string;
  readonly file: readonly Json[];
  /** Ages in seconds. */
  readonly youngest: number;
  readonly oldest: number;
}

const storesOf = (objects: readonly Manifest[]): Serves[] =>
  containersOf(objects)
    .filter(({ container }) => container.name === 'thanos-store')
    .map(({ workload, container }) => {
      const flag = (name: string): string | undefined =>
        container.args.find((a: string) => a.startsWith(`${name}=`))?.slice(name.length + 1);
      const age = (value: string) => seconds(value.replace(/^-/, ''));
      const [min, max] = [flag('--min-time'), flag('--max-time')];
      const file = flag('--selector.relabel-config-file')?.split('/').at(-1);
      const mounted = workload.spec.volumes.map((v: Json) => v.configMap?.name);
      const config = ofKind(objects, 'ConfigMap').filter((o) => mounted.includes(o.metadata.name) && file && file in o.data);
      if (file && config.length !== 1) throw new Error(`${workload.id} names ${file}, which is in ${config.length} ConfigMaps`);
      return {
        workload: workload.name,
        file: file ? parse(config[0]?.data[file]) : [],
        youngest: max === undefined ? Number.NEGATIVE_INFINITY : age(max),
        oldest: min === undefined ? Number.POSITIVE_INFINITY : age(min),
      };
    });

/** As Thanos decides it: relabel actions on the block's id. */
const takes = ({ file }: Serves, block: string): boolean => {
  const labels: Record<string, string> = { __block_id: block };
  for (const { action, source_labels, target_label, modulus, regex } of file) {
    const value = source_labels.map((l: string) => labels[l] ?? '').join(';');
    if (action === 'hashmod') labels[target_label] = String(hashmod(value, modulus));
    else if (action === 'keep') {
      if (!new RegExp(`^(?:${regex})$`).test(value)) return false;
    } else throw new Error(`unknown action ${action}`);
  }
  return true;
};

const hour = 3600;
const ulid = fc.stringMatching(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
const splitAt = fc
  .uniqueArray(fc.integer({ min: 24, max: 30_000 }), { maxLength: 4 })
  .map((hours) => hours.sort((a, b) => a - b).map((h) => `${h}h`));

test('every sample of every block is served, whatever the clocks say, and by one shard of each group of ages', () => {
  fc.assert(
    fc.property(
      fc.record({ shards: fc.integer({ min: 1, max: 9 }), replicas: fc.integer({ min: 1, max: 3 }), splitAt }),
      (store) => {
        const stores = storesOf(fleetOf(store));
        expect(stores).toHaveLength(store.shards * (store.splitAt.length + 1));
        const groups = new Set(stores.map((s) => `${s.youngest} ${s.oldest}`));
        const edges = stores.flatMap((s) => [s.youngest, s.oldest]).filter(Number.isFinite);
        fc.assert(
          fc.property(
            ulid,
            fc.oneof(
              fc.integer({ min: 0, max: 40_000 * hour }),
              ...edges.map((edge) => fc.integer({ min: edge - hour, max: edge + hour })),
            ),
            fc.array(fc.integer({ min: -hour / 2, max: hour / 2 }), { minLength: stores.length, maxLength: stores.length }),
            (block, age, skew) => {
              const mine = stores.filter((s) => takes(s, block));
              expect(mine).toHaveLength(groups.size);
              const serving = mine.filter((s) => {
                const seen = age + (skew[stores.indexOf(s)] as number);
                return seen >= s.youngest && seen <= s.oldest;
              });
              expect(serving.length).toBeGreaterThan(0);
            },
          ),
          { numRuns: 60, seed: 7 },
        );
      },
    ),
    { numRuns: 25, seed: 20_240_601 },
  );
});

test('hashes are those of Prometheus', () => {
  // from its own test (prometheus model/relabel/relabel_test.go)
  expect(hashmod('baz', 1000)).toBe(976);
});

describe('the querier', () => {
  const endpoints = (objects: readonly Manifest[]): Json[] =>
    parse(ofKind(objects, 'ConfigMap').find((o) => o.metadata.name === 'thanos-query-endpoints')?.data['endpoints.yaml'])
      .endpoints;

  test('asks every shard once, and one of its replicas', () => {
    const objects = fleetOf({ shards: 3, replicas: 2, splitAt: ['30d'] });
    const groups = endpoints(objects).filter((e) => e.group);
    expect(groups.map((e) => e.address.match(/_tcp\.([^.]+)\./)[1]).sort()).toEqual(
      workloadsOf(objects)
        .filter((w) => w.labels['app.kubernetes.io/component'] === 'store')
        .map((w) => w.name)
        .sort(),
    );
  });
  test('asks every sidecar and every ruler, since each has data of its own', () => {
    expect(
      endpoints(fleetOf({}, { ruler: { replicas: 2 } }))
        .filter((e) => !e.group)
        .map((e) => e.address.split('.')[2]),
    ).toEqual(['thanos-rule', 'prometheus']);
  });
  test('has the retry policy of groups where gRPC looks for it', () => {
    for (const { service_config } of endpoints(fleetOf({})).filter((e) => e.group))
      expect(JSON.parse(service_config).methodConfig[0]).toMatchObject({ name: [{}], retryPolicy: { maxAttempts: 3 } });
  });
});

test('another number of shards, or other ages, is other workloads: two divisions never mix under one name', () => {
  const names = (store: object) => storesOf(fleetOf(store)).map((s) => s.workload);
  const all = [
    {},
    { shards: 2 },
    { shards: 3 },
    { splitAt: ['30d'] },
    { shards: 2, splitAt: ['30d'] },
    { shards: 2, splitAt: ['2w', '30d'] },
  ];
  const seen = all.flatMap((store) =>
    storesOf(fleetOf(store)).map((s) => [s.workload, JSON.stringify({ ...s, workload: '' })] as const),
  );
  expect(new Map(seen).size).toBe(new Set(seen.map((s) => s.join())).size);
  expect(names({ shards: 2, splitAt: ['30d'] })).toEqual([
    'thanos-store-to-30d-0-of-2',
    'thanos-store-to-30d-1-of-2',
    'thanos-store-30d-on-0-of-2',
    'thanos-store-30d-on-1-of-2',
  ]);
});

test('shards have one service account, since they have the same rights', () => {
  const objects = fleetOf({ shards: 3, replicas: 2 });
  const stores = workloadsOf(objects).filter((w) => w.labels['app.kubernetes.io/component'] === 'store');
  expect([...new Set(stores.map((w) => w.spec.serviceAccountName))]).toEqual(['thanos-store']);
  expect(ofKind(objects, 'ServiceAccount').filter((o) => o.metadata.name.startsWith('thanos-store'))).toHaveLength(1);
});

/** MiB in what Thanos calls MB. */
const mebi = (text: string): number => Number(/^(\d+)MB$/.exec(text)?.[1]) * 2 ** 20;

test('chunk pool and caches of a store gateway are at most 60% of its memory, and four requests fit into the rest', () => {
  const fleets = [
    ...samples().map((s) => s.objects),
    fleetOf({ resources: { memory: '64Mi' } }),
    fleetOf({ resources: { memory: '48Gi' } }),
    fleetOf({}, { cache: { type: 'memcached' } }),
  ];
  for (const objects of fleets)
    for (const { workload, container } of containersOf(objects).filter((c) => c.container.name === 'thanos-store')) {
      const [, n, unit] = /^(\d+)(Mi|Gi)$/.exec(container.resources.limits.memory) as RegExpExecArray;
      const memory = Number(n) * (unit === 'Gi' ? 2 ** 30 : 2 ** 20);
      const flag = (name: string): string => container.args.find((a: string) => a.startsWith(`${name}=`)).slice(name.length + 1);
      const config = ofKind(objects, 'ConfigMap').find(
        (o) => workload.spec.volumes.some((v: Json) => v.configMap?.name === o.metadata.name) && 'index-cache.yaml' in o.data,
      );
      const caches = ['index-cache.yaml', 'caching-bucket.yaml'].map((file) => parse(config?.data[file]));
      const inMemory = caches.filter((c) => c.type === 'IN-MEMORY').reduce((sum, c) => sum + mebi(c.config.max_size), 0);
      expect(mebi(flag('--chunk-pool-size')) + inMemory).toBeLessThanOrEqual(0.6 * memory);
      expect(
        4 * (mebi(flag('--store.grpc.downloaded-bytes-limit')) + 1024 * Number(flag('--store.limits.request-series'))),
      ).toBeLessThanOrEqual(memory);
    }
});

test('ages are told in whole seconds, which is all that Thanos reads', () => {
  const args = containersOf(fleetOf({ splitAt: ['30d500ms'] })).flatMap(({ container }) => container.args as string[]);
  const times = args.filter((a) => /^--(min|max)-time=/.test(a));
  expect(times).toHaveLength(2);
  expect(times.filter((a) => !/=-\d+[sh]$/.test(a))).toEqual([]);
});
