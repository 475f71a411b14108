// The way of a block: Prometheus, sidecar, bucket, store gateway, compactor, bucket web.
import { rmSync } from 'node:fs';
import { fetchJson, type KubeObject } from '../../scripts/lib/kubectl';
import { archive, backfilled, makeBlocks } from './blocks';
import type { Running } from './fleet';
import { assert, type Runner, until } from './runner';

const area = 'Blocks';
const hour = 3600;
const day = 24 * hour;
const step = 300;
const series = 5;

const align = (t: number, to: number): number => Math.floor(t / to) * to;

interface Block {
  readonly ulid: string;
  readonly minTime: number;
  readonly maxTime: number;
  readonly compaction: { readonly level: number };
  readonly thanos: { readonly labels: Record<string, string>; readonly downsample: { readonly resolution: number } };
}

const podOf = async (running: Running, component: string): Promise<string> => {
  const pods = await running.kubectl.get(['pods', '-n', running.observer, '-l', `app.kubernetes.io/component=${component}`]);
  const pod = pods.find((p: KubeObject) => !p.metadata.deletionTimestamp);
  assert(pod, `there is no pod of ${component}`);
  return pod.metadata.name;
};

/** Every shard of the store gateway, as kubectl names it. */
export const storeNames = (running: Running): string[] =>
  running.topology.observer.stores.map((s) => `deployment/${s.workload.name}`);

export const restart = async (running: Running, ...workloads: string[]): Promise<void> => {
  await running.kubectl.run(['rollout', 'restart', '-n', running.observer, ...workloads]);
  for (const workload of workloads)
    await running.kubectl.run(['rollout', 'status', '-n', running.observer, workload, '--timeout=300s']);
};

export const unpack = (directory: string): string[] => [
  'sh',
  '-c',
  `mkdir -p ${directory} && base64 -d | tar -x -C ${directory}`,
];

/** Blocks as bucket web shows them. */
const bucketBlocks = async (running: Running): Promise<Block[]> =>
  (await fetchJson(`${await running.url(running.observer, 'svc/thanos-bucket-web', 10902)}/api/v1/blocks?view=global`)).data
    .blocks ?? [];

/**
 * Puts blocks of the past where they belong, runs the other checks while store gateway and compactor work on them, and
 * then looks what became of them.
 */
export const bucketChecks = async (runner: Runner, running: Running, meanwhile: () => Promise<void>): Promise<void> => {
  const { fleet, kubectl } = running;
  const cluster = fleet.clusters[0];
  assert(cluster, 'the fleet has no cluster');
  const now = Math.floor(Date.now() / 1000);

  // 1. a block of yesterday in Prometheus' own volume
  const recent = { from: align(now - 30 * hour, 2 * hour), to: align(now - 30 * hour, 2 * hour) + 2 * hour, step, series };
  const at = { time: String(recent.to - step) };
  const expr = `sum(${backfilled}{cluster="${cluster.name}"})`;
  const samples = (recent.to - recent.from) / step;
  const expected = Array.from({ length: series }, (_, n) => samples - 1 + 1000 * n).reduce((a, b) => a + b, 0);
  let ulid = '';
  const uploaded = await runner.check(area, 'a block in Prometheus reaches the bucket', async () => {
    const { directory, ulids } = await makeBlocks(recent);
    ulid = ulids[0] ?? '';
    const staging = '/prometheus/e2e.tmp';
    await kubectl.exec(cluster.namespace, 'prometheus-0', 'prometheus', unpack(staging), { input: await archive(directory) });
    rmSync(directory, { recursive: true });
    await kubectl.exec(cluster.namespace, 'prometheus-0', 'prometheus', [
      'sh',
      '-c',
      `mv ${staging}/${ulid} /prometheus/ && rmdir ${staging}`,
    ]);
    await until('the upload', async () => {
      const uploads = await kubectl.exec(cluster.namespace, 'prometheus-0', 'thanos-sidecar', [
        'cat',
        '/prometheus/thanos.shipper.json',
      ]);
      assert(uploads.includes(ulid), 'the sidecar has not uploaded it');
    });
    return ulid;
  });

  if (uploaded)
    await runner.check(area, 'the store gateway answers for it after the local copy is gone', async () => {
      await kubectl.exec(cluster.namespace, 'prometheus-0', 'prometheus', ['rm', '-rf', `/prometheus/${ulid}`]);
      const url = await running.url(cluster.namespace, 'pod/prometheus-0', 9090);
      await until('Prometheus without it', async () => {
        const local = await fetchJson(`${url}/api/v1/query?${new URLSearchParams({ query: `count(${backfilled})`, ...at })}`);
        assert(local.data.result.length === 0, 'it is still there');
      });
      await restart(running, ...storeNames(running)); // it looks for new blocks when it starts, and every 3 minutes
      await until('an answer from the store', async () => {
        const value = await running.number(expr, at);
        assert(value === expected, `${value}, expected ${expected}`);
      });
      return `sum ${expected} from the bucket`;
    });

  // 2. five days of blocks, and one that retention has outlived, in the bucket
  const from = align(now - 12 * day, 2 * day);
  const old = { from, to: from + 5 * day, step, series };
  const outlived = { from: align(now - 60 * day, 2 * hour), to: align(now - 60 * day, 2 * hour) + 2 * hour, step, series: 1 };
  const labels = [
    '--label',
    `cluster="${cluster.name}"`,
    '--label',
    'replica="prometheus-0"',
    ...Object.entries(cluster.labels).flatMap(([k, v]) => ['--label', `${k}="${v}"`]),
  ];
  let expired = '';
  const total = `sum(sum_over_time(${backfilled}{cluster="${cluster.name}"}[${5 * day}s]))`; // left-open: five days back from the last sample is just before the first
  const oldAt = { time: String(old.to - step), max_source_resolution: '0s' };
  let before: number | undefined;
  const backfill = await runner.check(area, 'blocks of five days are in the bucket and are answered', async () => {
    const compactor = await podOf(running, 'compact');
    let count = 0;
    for (const blocks of [old, outlived]) {
      const { directory, ulids } = await makeBlocks(blocks);
      if (blocks === outlived) expired = ulids[0] ?? '';
      count += ulids.length;
      await kubectl.exec(running.observer, compactor, 'thanos-compact', unpack('/data/e2e'), { input: await archive(directory) });
      rmSync(directory, { recursive: true });
    }
    await kubectl.exec(running.observer, compactor, 'thanos-compact', [
      'sh',
      '-c',
      `thanos tools bucket upload-blocks --objstore.config-file=/etc/thanos/objstore/bucket.yaml --path=/data/e2e ${labels.map((l) => `'${l}'`).join(' ')} && rm -rf /data/e2e`,
    ]);
    await restart(running, ...storeNames(running));
    before = await until('the sum of all samples', async () => {
      const value = await running.number(total, oldAt);
      const n = (5 * day) / step;
      const all = Array.from({ length: series }, (_, s) => (n * (n - 1)) / 2 + n * 1000 * s).reduce((a, b) => a + b, 0);
      assert(value === all, `${value}, expected ${all}`);
      return value;
    });
    return `${count} blocks, sum ${before}`;
  });
  if (backfill) await restart(running, 'statefulset/thanos-compact'); // it works when it starts, and every 5 minutes

  await meanwhile();
  if (!backfill) return;

  const ours = (block: Block): boolean => block.minTime >= old.from * 1000 && block.maxTime <= old.to * 1000;
  await runner.check(area, 'the compactor compacts and downsamples', async () => {
    const blocks = await until(
      'blocks of two days at a resolution of 5 minutes',
      async () => {
        const list = await listBlocks(running);
        const down = list.filter((b) => ours(b) && b.thanos.downsample.resolution === 300_000);
        assert(
          down.length > 0 && down.every((b) => b.maxTime - b.minTime > 40 * hour * 1000),
          `${list.filter(ours).length} blocks, ${down.length} downsampled`,
        );
        return list.filter(ours);
      },
      1_200_000,
    );
    return `highest level ${Math.max(...blocks.map((b) => b.compaction.level))}, ${blocks.filter((b) => b.thanos.downsample.resolution > 0).length} downsampled`;
  });

  await runner.check(area, 'results are what they were before compaction', async () => {
    await restart(running, ...storeNames(running));
    await until('the same sum from compacted blocks', async () => {
      const after = await running.number(total, oldAt);
      assert(after === before, `${after}, was ${before}`);
    });
    const coarse = await running.number(`max(max_over_time(${backfilled}{cluster="${cluster.name}", n="0"}[1d]))`, {
      time: String(from + 2 * day - 1),
      max_source_resolution: '5m',
    });
    assert(coarse === (2 * day) / step - 1, `downsampled maximum ${coarse}, expected ${(2 * day) / step - 1}`);
    return `sum ${before}; the same maximum at 5m`;
  });

  await runner.check(area, 'retention marks what it has outlived, and nothing halts the compactor', async () => {
    await until('the mark', async () => {
      const store = await podOf(running, 'store');
      const found = await kubectl.exec(running.observer, store, 'thanos-store', [
        'sh',
        '-c',
        'thanos tools bucket ls --objstore.config-file=/etc/thanos/objstore/bucket.yaml --exclude-delete 2>/dev/null',
      ]);
      assert(!found.includes(expired), `${expired} is not marked for deletion`);
    });
    const compactor = await running.url(running.observer, 'svc/thanos-compact', 10902);
    const metrics = await (await fetch(`${compactor}/metrics`)).text();
    assert(/^thanos_compact_halted 0$/m.test(metrics), 'it is halted');
    return `${expired} is marked`;
  });

  await runner.check(area, 'bucket web lists the blocks', async () => {
    const blocks = await until(
      'blocks',
      async () => {
        const list = await bucketBlocks(running);
        assert(
          list.some((b) => b.thanos.labels.cluster === cluster.name),
          `${list.length} blocks, none of ${cluster.name}`,
        );
        return list;
      },
      1_200_000,
    );
    return `${blocks.length} blocks`;
  });
};

/** Blocks as the object store has them now; bucket web looks every ten minutes only. */
export const listBlocks = async (running: Running): Promise<Block[]> => {
  const store = await podOf(running, 'store');
  const text = await running.kubectl.exec(running.observer, store, 'thanos-store', [
    'sh',
    '-c',
    'thanos tools bucket ls --objstore.config-file=/etc/thanos/objstore/bucket.yaml --exclude-delete --output=json 2>/dev/null',
  ]);
  // one indented JSON document after another
  return text.trim() === ''
    ? []
    : text
        .trim()
        .split(/\n(?=\{)/)
        .map((document) => JSON.parse(document) as Block);
};
