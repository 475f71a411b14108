// The bucket as store gateways divide it: every block with one of them, all samples there, once; and what memcached keeps for them.
import { rmSync } from 'node:fs';
import { fetchJson } from '../../../scripts/lib/kubectl';
import { archive, backfilled, makeBlocks } from '../blocks';
import { listBlocks, restart, storeNames, unpack } from '../bucket';
import type { Running } from '../fleet';
import { assert, type Runner, until } from '../runner';
import { countOf, type Old, oldPodsGone } from './parts';

const area = 'Shards';
const hour = 3600;
const day = 24 * hour;
const step = 300;
const series = 5;

const align = (t: number): number => Math.floor(t / (2 * hour)) * 2 * hour;

/** On both sides of the age that divides the bucket, and far from it. */
const spans = (cluster: string): Old[] => {
  const now = Math.floor(Date.now() / 1000);
  return [
    { from: align(now - 46 * hour), to: align(now - 30 * hour) },
    { from: align(now - 6 * day), to: align(now - 5 * day) },
  ].map(({ from, to }) => ({ cluster, from, to, samples: ((to - from) / step) * series }));
};

/** What one endpoint of the querier answers by itself. */
const asked = async (running: Running, address: string, expr: string, time: number): Promise<number> => {
  const parameters = {
    query: expr,
    time: String(time),
    max_source_resolution: '0s',
    'storeMatch[]': `{__address__="${address}"}`,
  };
  const url = `${await running.queryUrl()}/api/v1/query?${new URLSearchParams(parameters)}`;
  const { data, warnings } = await fetchJson(url);
  assert(!warnings, `${address}: ${warnings}`);
  return Number(data.result[0]?.value[1] ?? 0);
};

/** How many samples there are, by one query. @throws unless it is all of them */
const wholeOf = async (running: Running, span: Old): Promise<number> => {
  const whole = await running.number(countOf(span), { time: String(span.to - 1), max_source_resolution: '0s' });
  assert(whole === span.samples, `${whole} of ${span.samples} samples`);
  return whole;
};

/** @returns old samples that are in the bucket now, and nowhere else */
export const shardChecks = async (runner: Runner, running: Running): Promise<Old[]> => {
  const { kubectl, topology, observer, fleet } = running;
  const { stores, compactor, queryFrontend } = topology.observer;
  const cluster = fleet.clusters.at(-1);
  assert(cluster, 'the fleet has no cluster');
  const old = spans(cluster.name);
  const compact = `statefulset/${compactor.workload.name}`;

  await runner.check(
    area,
    'blocks of two ages are in the bucket, and every block is with one shard, in each of its replicas',
    async () => {
      const labels = { cluster: cluster.name, replica: 'prometheus-0', ...cluster.labels };
      const flags = Object.entries(labels).map(([name, value]) => `'--label=${name}="${value}"'`);
      const pod = `${compactor.workload.name}-0`;
      for (const span of old) {
        const { directory } = await makeBlocks({ ...span, step, series });
        await kubectl.exec(observer, pod, 'thanos-compact', unpack('/data/e2e'), { input: await archive(directory) });
        rmSync(directory, { recursive: true });
      }
      await kubectl.exec(observer, pod, 'thanos-compact', [
        'sh',
        '-c',
        `thanos tools bucket upload-blocks --objstore.config-file=/etc/thanos/objstore/bucket.yaml --path=/data/e2e ${flags.join(' ')} && rm -rf /data/e2e`,
      ]);
      await kubectl.run(['scale', compact, '-n', observer, '--replicas=0']); // or it makes one of many while they are counted
      await restart(running, ...storeNames(running));
      return until('the shards to have all blocks', async () => {
        const all = (await listBlocks(running)).length;
        const loaded: number[] = [];
        for (const { workload, http } of stores) {
          const counts = await running.metrics(http, /^thanos_bucket_store_blocks_loaded(\{.*\})? /);
          assert(counts.length === workload.replicas, `${workload.name} has ${counts.length} ready pods`);
          assert(new Set(counts).size === 1, `${workload.name} has ${counts.join(' and ')} blocks`);
          loaded.push(counts[0] as number);
        }
        const sum = loaded.reduce((a, b) => a + b, 0);
        assert(sum === all && loaded.every((n) => n > 0), `${loaded.join(' + ')} of ${all} blocks`);
        return `${loaded.join(' + ')} = ${all} blocks`;
      });
    },
  );

  await runner.check(
    area,
    'each shard by itself answers its part, and the parts are the whole: no hole, nothing twice',
    async () => {
      const { store: gateways = [] } = (await fetchJson(`${await running.queryUrl()}/api/v1/stores`)).data as Record<
        string,
        { name: string }[]
      >;
      const seen: string[] = [];
      for (const span of old) {
        const shares: number[] = [];
        const whole = await until('the querier to know what they have', () => wholeOf(running, span));
        for (const { workload } of stores) {
          const address = gateways.find((g) => g.name.includes(`${workload.name}.`))?.name;
          assert(address, `the querier has no ${workload.name} among ${gateways.map((g) => g.name).join(', ')}`);
          shares.push(await asked(running, address, countOf(span), span.to - 1));
        }
        const sum = shares.reduce((a, b) => a + b, 0);
        assert(sum === span.samples, `${shares.join(' + ')}, together ${whole}, of ${span.samples} samples`);
        seen.push(`${shares.join(' + ')} = ${whole}`);
      }
      return seen.join('; ');
    },
  );
  await kubectl.run(['scale', compact, '-n', observer, '--replicas=1']);
  await kubectl.run(['rollout', 'status', compact, '-n', observer, '--timeout=300s']);

  await runner.check(area, 'what one store gateway has fetched, another has from memcached, after a restart too', async () => {
    const span = old[1] as Old;
    const hits = async () => {
      let [index, chunks] = [0, 0];
      for (const { http } of stores) {
        index += await running.metric(http, /^thanos_store_index_cache_hits_total\{/);
        chunks += await running.metric(http, /^thanos_cache_memcached_hits_total\{/);
      }
      return { index, chunks };
    };
    await wholeOf(running, span);
    await restart(running, ...storeNames(running)); // counters begin anew, and so would caches in memory
    await oldPodsGone(running, observer);
    await until('an answer', () => wholeOf(running, span));
    const { index, chunks } = await hits();
    assert(index > 0 && chunks > 0, `${index} hits of the index, ${chunks} of chunks`);
    return `${index} hits of the index, ${chunks} of chunks and blocks`;
  });

  await runner.check(area, 'query-frontends keep answers in memcached, each for all of them', async () => {
    const pods = await running.podsOf(queryFrontend.workload);
    assert(pods.length > 1, `${pods.length} query-frontends`);
    const end = Math.floor(Date.now() / 1000 / hour) * hour - hour;
    const query = `sum(${backfilled}) or vector(${end})`;
    const parameters = new URLSearchParams({ query, start: String(end - hour), end: String(end), step: '60' });
    const ask = async (pod: string) => {
      const base = await running.url(observer, `pod/${pod}`, queryFrontend.http.port.number);
      return JSON.stringify((await fetchJson(`${base}/api/v1/query_range?${parameters}`)).data);
    };
    const hits = () => running.metrics(queryFrontend.http, /^cortex_cache_hits_total\{.*tripperware="query_range"/);
    const [first, second] = pods.map((p) => p.metadata.name as string) as [string, string];
    const answer = await ask(first);
    const gained = await until('a hit of the other', async () => {
      const before = await hits();
      assert((await ask(second)) === answer, 'the other answers something else');
      const after = await hits();
      const gains = after.map((n, i) => n - (before[i] as number));
      assert((gains[1] as number) > 0, `hits ${before.join(', ')} → ${after.join(', ')}`);
      return gains[1] as number;
    });
    return `${second} has what ${first} was asked: ${gained} hit`;
  });
  return old;
};
