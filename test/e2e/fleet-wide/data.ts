// What the observer sees of clusters elsewhere: targets, both replicas, alerts, blocks.
import { fetchJson, type Sample } from '../../../scripts/lib/kubectl';
import { assert, type Runner, until } from '../runner';
import type { World } from './world';

const area = 'Data';

export const dataChecks = async (runner: Runner, world: World): Promise<void> => {
  await runner.check(area, 'every target of every cluster is up', async () => {
    await until('targets', async () => {
      const down = await world.query('up == 0');
      assert(down.length === 0, down.map((s) => `${s.metric.cluster} ${s.metric.job} ${s.metric.instance}`).join(', '));
    });
    return `${await world.number('count(up)')} targets`;
  });
  await runner.check(area, 'both replicas of every pair are behind the view, not one twice', async () => {
    for (const c of world.fleet.clusters) {
      const raw = await world.query(`count by (replica) (up{cluster="${c.name}", job="prometheus"})`, { dedup: 'false' });
      assert(raw.length === c.replicas, `${c.name}: ${raw.length} replicas, expected ${c.replicas}`);
    }
    return `${world.fleet.clusters.length} pairs`;
  });
  await runner.check(area, 'alerts of every cluster reach Alertmanager, once', async () => {
    await until('Watchdog of every cluster', async () => {
      const watchdogs = (await world.alerts()).filter((a) => a.labels.alertname === 'Watchdog');
      const clusters = watchdogs.map((a) => a.labels.cluster).sort();
      const wanted = world.fleet.clusters.map((c) => c.name).sort();
      assert(JSON.stringify(clusters) === JSON.stringify(wanted), `Watchdog of ${clusters.join(', ') || 'nobody'}`);
    });
    return 'Watchdog of each';
  });
  await runner.check(area, 'blocks of every cluster are in the bucket, and answered by the store', async () => {
    await until('blocks', async () => {
      const seen = await askStore(world, 'count by (cluster) (count_over_time(up[30m]))');
      const missing = world.fleet.clusters.filter((c) => !seen.some((s) => s.metric.cluster === c.name));
      assert(missing.length === 0, `none of ${missing.map((c) => c.name).join(', ')}`);
    });
    return 'by the store gateway alone';
  });
};

/** What the store gateway answers by itself. */
export const askStore = async (world: World, expr: string): Promise<Sample[]> => {
  const base = await world.queryUrl();
  const { store: gateways = [] } = (await fetchJson(`${base}/api/v1/stores`)).data as Record<string, { name: string }[]>;
  assert(gateways.length > 0, 'no store gateway among the stores');
  const parameters = new URLSearchParams({ query: expr });
  for (const { name } of gateways) parameters.append('storeMatch[]', `{__address__="${name}"}`);
  return (await fetchJson(`${base}/api/v1/query?${parameters}`)).data.result;
};
