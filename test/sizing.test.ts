// The sizing model: what it says of known fleets, that it never says less for more, and what a fleet file gets from it.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { parseFleet } from '../charts/fleet';
import {
  asBytes,
  asCores,
  bucketNeeds,
  type ClusterLoad,
  clusterSizes,
  coefficients,
  compactorNeeds,
  prometheusNeeds,
  queryNeeds,
  storeNeeds,
} from '../charts/fleet/sizing';
import { amount, bytes, cores, perSecond } from '../charts/kit/units';
import { fetchJson } from '../scripts/lib/kubectl';
import { askAll, type Live, liveSection, underestimated } from '../scripts/size/live';
import { bucketTable, clustersTable, costs } from '../scripts/size/tables';
import { eks } from './refusals/support';
import { readText, root } from './support/fleets';

jest.setTimeout(60_000);

const million: ClusterLoad = {
  series: 1e6,
  churn: 0.02,
  queries: 1,
  scrapeInterval: '15s',
  blockDuration: '2h',
  retention: '48h',
  replicas: 2,
};
const retention = { raw: '30d', '5m': '180d', '1h': '2y' };
const GiB = 2 ** 30;

describe('a million series, scraped every 15 seconds', () => {
  const needs = prometheusNeeds(million);
  test('are 66,667 samples a second', () => expect(Math.round(needs.samplesPerSecond)).toBe(66_667));
  test('take 1 to 2 bytes for each sample on the volume, as the documentation of Prometheus has it', () => {
    const perSample = needs.blocks / (needs.samplesPerSecond * 48 * 3600);
    expect(perSample).toBeGreaterThan(1);
    expect(perSample).toBeLessThan(2);
  });
  test('take 4 to 5 GiB of memory, and are refused below 2.5', () => {
    expect(needs.memory / GiB).toBeGreaterThan(4);
    expect(needs.memory / GiB).toBeLessThan(5);
    expect(needs.memoryAtLeast / GiB).toBeGreaterThan(2.5);
    expect(needs.memoryAtLeast).toBeLessThan(needs.memory);
  });
  test('get a volume that leaves a fifth free', () => {
    const { volume } = clusterSizes(million);
    expect(0.8 * bytes(volume)).toBeGreaterThan(needs.blocks + needs.wal);
    expect(bytes(volume)).toBeLessThan(2 * needs.volume);
  });
  test('are kept by the bucket once for each replica', () => {
    const one = bucketNeeds({ ...million, replicas: 1 }, retention);
    expect(bucketNeeds(million, retention).total).toBe(2 * one.total);
    expect(one.raw).toBeGreaterThan(needs.samplesPerSecond * 30 * 86_400 * coefficients.sampleBytes);
  });
  test('have a downsampled month smaller than a raw one', () => {
    const month = bucketNeeds(million, { raw: '30d', '5m': '30d', '1h': '30d' });
    expect(month['5m']).toBeLessThan(month.raw);
    expect(month['1h']).toBeLessThan(month['5m'] / 5);
  });
});

test('a resolution that is kept for ever counts for a year', () => {
  expect(bucketNeeds(million, { ...retention, '1h': '0s' })['1h']).toBe(bucketNeeds(million, { ...retention, '1h': '1y' })['1h']);
});

test('the compactor has room for four of the largest blocks that it makes, of the largest stream', () => {
  const small = { ...million, series: 1000 };
  const { volume } = compactorNeeds([small, million], retention, 1);
  expect(volume).toBe(compactorNeeds([million], retention, 1).volume);
  // of a pair: two streams
  expect(compactorNeeds([small, million], retention, 2).volume).toBe(2 * volume);
  expect(volume / GiB).toBeGreaterThan(4 * 110); // 14 d of a million series
  expect(compactorNeeds([million], { ...retention, raw: '3d' }, 1).volume).toBeLessThan(volume / 4);
});

test('store gateways share what is asked of them by shards of the bucket', () => {
  const [whole, half] = [storeNeeds([million], retention, 1), storeNeeds([million], retention, 2)];
  expect(half.disk).toBe(whole.disk / 2);
  expect(half.memory - coefficients.storeBytes).toBe((whole.memory - coefficients.storeBytes) / 2);
  const sized = (store: string) => {
    const fleet = parseFleet(
      eks({
        observer: `observer: {in: cloud, grafana: {adminSecret: grafana}, store: ${store}}`,
        clusters: 'clusters: {shop: {in: cloud, series: 4M}}',
      }),
      'fleet.yaml',
    );
    return { ...fleet.observer.store, costs: costs(fleet).find((c) => c.item === 'memory requested')?.monthly ?? 0 };
  };
  const [two, four] = [sized('{shards: 2}'), sized('{shards: 4}')];
  expect(bytes(four.resources.memory)).toBeLessThan(bytes(two.resources.memory));
  expect(sized('{shards: 2, replicas: 3}').costs).toBeGreaterThan(two.costs); // every pod of every shard costs
});

describe('a running fleet is compared with the model', () => {
  const live = (memory: number): Live => ({
    clusters: [{ cluster: 'shop', load: million, memory }],
    parts: [{ part: 'thanos-query', needs: queryNeeds([million]), cores: 0.01 }],
  });
  const { memory } = prometheusNeeds(million);
  test('and what uses more than the model says is named', () => {
    expect(underestimated(live(memory / 2))).toEqual([]);
    expect(underestimated(live(2 * memory))).toEqual([
      expect.stringMatching(/^Prometheus of shop, 1M series: memory: \S+ GiB used, the model says \S+ GiB$/),
    ]);
  });
  test('on a page that says what was seen and nothing else', () => {
    const rows = liveSection('mall', live(memory / 2))
      .split('\n')
      .filter((line) => line.startsWith('| '));
    expect(rows.map((row) => row.split('|')[1]?.trim())).toEqual([
      'what',
      'Prometheus of shop, 1M series: memory',
      'thanos-query: CPU',
    ]);
  });
  describe('and where the querier does not answer, a person is told', () => {
    const fails = async (answer: RequestListener, ask: (url: string) => Promise<unknown>): Promise<Error> => {
      const server = createServer(answer).listen(0, '127.0.0.1');
      await once(server, 'listening');
      try {
        return await ask(`http://127.0.0.1:${(server.address() as AddressInfo).port}`).then(
          () => new Error('it was answered'),
          (error) => error,
        );
      } finally {
        server.closeAllConnections();
        server.close();
      }
    };
    test('which question, what came instead and what to do', async () => {
      const { name, message } = await fails((_, response) => response.writeHead(503).end('no StoreAPI'), askAll);
      expect(name).toBe('ToolError'); // printed without a stack
      expect(message).toMatch(
        /^The querier does not answer max by \(cluster\) \(prometheus_tsdb_head_series.*: 503 no StoreAPI$/m,
      );
      expect(message).toContain('npm run doctor');
    });
    test('that the connection was cut', async () => {
      const { message } = await fails((request) => request.socket.destroy(), askAll);
      expect(message).toContain(': other side closed');
    });
    test('how long it took', async () => {
      const { message } = await fails(
        () => {},
        (url) => fetchJson(url, {}, 50),
      );
      expect(message).toBe('no answer within 0.05 s');
    });
  });
});

test('more of anything never needs less', () => {
  const load = fc.record({
    series: fc.integer({ min: 100, max: 20_000_000 }),
    churn: fc.double({ min: 0, max: 0.99, noNaN: true }),
    queries: fc.double({ min: 0, max: 100, noNaN: true }),
    scrapeInterval: fc.constantFrom('5s', '15s', '30s', '1m'),
    blockDuration: fc.constantFrom('30m', '2h'),
    retention: fc.constantFrom('6h', '24h', '48h', '15d'),
    replicas: fc.integer({ min: 1, max: 3 }),
  });
  const numbers = (l: ClusterLoad) => {
    const [p, b, c, s, q] = [
      prometheusNeeds(l),
      bucketNeeds(l, retention),
      compactorNeeds([l], retention, 1),
      storeNeeds([l], retention, 1),
      queryNeeds([l]),
    ];
    return [
      p.cores,
      p.memory,
      p.memoryAtLeast,
      p.volume,
      b.total,
      c.cores,
      c.memory,
      c.volume,
      s.cores,
      s.memory,
      s.disk,
      q.cores,
      q.memory,
    ];
  };
  const more = fc.constantFrom<(l: ClusterLoad) => ClusterLoad>(
    (l) => ({ ...l, series: l.series * 2 }),
    (l) => ({ ...l, churn: Math.min(1, l.churn + 0.1) }),
    (l) => ({ ...l, queries: l.queries + 5 }),
    (l) => ({ ...l, retention: '30d' }),
    (l) => ({ ...l, scrapeInterval: '1s' }),
    (l) => ({ ...l, replicas: l.replicas + 1 }),
  );
  fc.assert(
    fc.property(load, more, (l, grow) => {
      const [before, after] = [numbers(l), numbers(grow(l))];
      for (const [i, n] of before.entries()) {
        expect(Number.isFinite(n) && n >= 0).toBe(true);
        expect(after[i]).toBeGreaterThanOrEqual(n);
      }
      const sizes = clusterSizes(l);
      expect(bytes(sizes.resources.memory)).toBeGreaterThanOrEqual(prometheusNeeds(l).memory);
      expect(cores(sizes.resources.cpu)).toBeGreaterThanOrEqual(prometheusNeeds(l).cores - 0.001);
    }),
    { seed: 1, numRuns: 300 },
  );
});

describe('sizes', () => {
  test.each([
    [1, '1Mi'],
    [1.2 * 2 ** 20, '2Mi'],
    [100 * 2 ** 20, '128Mi'],
    [GiB, '1Gi'],
    [1.1 * GiB, '1536Mi'],
    [1.6 * GiB, '2Gi'],
    [300 * GiB, '384Gi'],
    [1.1 * 1024 * GiB, '1536Gi'],
    [1.6 * 1024 * GiB, '2Ti'],
  ])('of %d bytes are written %s, in steps that small changes do not leave', (n, text) => {
    expect(asBytes(n)).toBe(text);
    expect(bytes(text)).toBeGreaterThanOrEqual(n);
  });
  test.each([
    [0.01, '50m'],
    [0.21, '300m'],
    [0.95, '1'],
    [3.02, '3100m'],
  ])('of %d cores are written %s', (n, text) => expect(asCores(n)).toBe(text));
});

test('numbers are read as people write them', () => {
  expect([amount('800'), amount('120k'), amount('1.5M')]).toEqual([800, 120_000, 1_500_000]);
  expect([perSecond('2/s'), perSecond('30/m')]).toEqual([2, 0.5]);
});

describe('a fleet file that says its series', () => {
  const fleetOf = (clusters: string, more = {}) =>
    parseFleet(eks({ clusters: `clusters: {${clusters}}`, ...more }), 'fleet.yaml');

  test('needs no sizes', () => {
    const { clusters, observer } = fleetOf('chicago: {in: cloud, series: 1M}');
    expect(clusters[0]).toMatchObject({ volume: '48Gi', resources: { memory: '6Gi' } });
    expect(bytes(observer.compactor.volume)).toBeGreaterThan(400 * GiB);
  });
  test('keeps the sizes that it gives', () => {
    const { clusters, observer } = fleetOf('chicago: {in: cloud, series: 1M, volume: 123Gi, resources: {memory: 7Gi}}', {
      observer: 'observer: {in: cloud, grafana: {adminSecret: grafana-admin}, compactor: {volume: 999Gi}}',
    });
    expect(clusters[0]).toMatchObject({ volume: '123Gi', resources: { memory: '7Gi', memoryLimit: '7Gi' } });
    expect(observer.compactor.volume).toBe('999Gi');
  });
  test("leaves the observer as the platform has it until every cluster's series are told", () => {
    const all = fleetOf('chicago: {in: cloud, series: 1M}, seattle: {in: cloud, series: 1M}');
    const some = fleetOf('chicago: {in: cloud, series: 1M}, seattle: {in: cloud}');
    const none = fleetOf('chicago: {in: cloud}, seattle: {in: cloud}');
    expect(some.observer.compactor).toEqual(none.observer.compactor);
    expect(all.observer.compactor).not.toEqual(none.observer.compactor);
  });
  test('is told how long the data would last on a volume that is too small', () => {
    expect(() => fleetOf('chicago: {in: cloud, series: 1M, volume: 20Gi}')).toThrow(
      /20Gi do not hold 48h of 1000000 series.*\n.*\n.*\n.*after about \d\d h/s,
    );
  });
});

describe('npm run size', () => {
  const text = eks({ clusters: 'clusters: {chicago: {in: cloud, series: 1M, volume: 100Gi}}' });
  const fleet = parseFleet(text, 'fleet.yaml');

  test('shows what a cluster has, and what it needs where that differs', () => {
    expect(clustersTable(fleet)).toMatch(/chicago ×2 │ 1M, 2%\/h +│ 66\.7k +│ .* 100Gi \(needs 48Gi\)/);
    expect(bucketTable(fleet)).toContain('raw, 30d');
  });
  test('adds up what it costs', () => {
    const items = costs(fleet);
    expect(items.map((i) => i.item)).toEqual(['bucket, full', 'bucket, reads', 'volumes', 'CPU requested', 'memory requested']);
    // 2.3 TB in S3 Standard
    expect(items[0]?.monthly).toBeGreaterThan(45);
    expect(items[0]?.monthly).toBeLessThan(75);
  });
  test('runs, and says what it was not told', () => {
    const directory = mkdtempSync(join(tmpdir(), 'size-'));
    const run = (content: string) => {
      writeFileSync(join(directory, 'fleet.yaml'), content);
      const { FLEET: _, ...env } = process.env;
      return spawnSync(process.execPath, [join(root, 'scripts/run.cjs'), join(root, 'scripts/size.ts')], {
        cwd: directory,
        env,
        encoding: 'utf8',
      });
    };
    try {
      const told = run(text);
      expect([told.status, told.stderr]).toEqual([0, '']);
      expect(told.stdout).toContain('US dollars');
      const untold = run(readText('fleet.yaml'));
      expect(untold.status).toBe(0);
      expect(untold.stdout).toContain('Not told: the series of chicago, seattle.');
      expect(untold.stdout).not.toContain('US dollars');
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

test('docs/sizing.md has every number of the model, as the model has it', () => {
  const doc = readText('docs/sizing.md');
  const table = new Map(
    [...doc.slice(doc.indexOf('| name | value |')).matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm)].map(([, name, value]) => [
      name,
      value?.trim(),
    ]),
  );
  const said = (name: string, value: number): string =>
    name.includes('PerSample') && value < 0.001
      ? `${Number((value * 1e6).toFixed(1))} µs`
      : name.endsWith('AtLeast') || (name.endsWith('Bytes') && value >= 1024)
        ? value >= 2 ** 20
          ? `${value / 2 ** 20} MiB`
          : `${value / 1024} KiB`
        : String(value);
  expect(Object.fromEntries(table)).toEqual(
    Object.fromEntries(Object.entries(coefficients).map(([name, value]) => [name, said(name, value)])),
  );
});
