// When links break: a cluster cut off, and the observer lost.

import { storeResponseTimeout } from '../../../charts/components/query';
import { seconds } from '../../../charts/kit/units';
import { sleep } from '../../../scripts/lib/kubectl';
import { assert, type Runner, until } from '../runner';
import { askStore } from './data';
import type { World } from './world';

const area = 'Links';
const since = (started: number): number => Math.round((Date.now() - started) / 1000);

interface Timed {
  readonly took: number;
  readonly ok: boolean;
  readonly clusters: readonly string[];
  readonly warnings: readonly string[];
}

/** One query over all clusters, as dashboards ask it: with a partial answer where there is no whole one. */
const ask = async (world: World): Promise<Timed> => {
  const base = await world.queryUrl();
  const started = Date.now();
  try {
    const query = 'count by (cluster) (up{job="prometheus"})';
    const answer = await fetch(`${base}/api/v1/query?${new URLSearchParams({ query })}`, {
      signal: AbortSignal.timeout(120_000),
    });
    const body = (await answer.json()) as {
      status: string;
      warnings?: string[];
      data?: { result: { metric: Record<string, string> }[] };
    };
    return {
      took: (Date.now() - started) / 1000,
      ok: answer.ok && body.status === 'success',
      clusters: (body.data?.result ?? []).map((r) => r.metric.cluster ?? ''),
      warnings: body.warnings ?? [],
    };
  } catch {
    return { took: (Date.now() - started) / 1000, ok: false, clusters: [], warnings: [] };
  }
};

/** Samples of a cluster's own Prometheus in a span of time, deduplicated, as a share of what there should be. */
const coverage = async (world: World, cluster: string, from: number, to: number): Promise<number> => {
  const span = Math.floor((to - from) / 1000);
  const c = world.fleet.clusters.find((other) => other.name === cluster);
  const expected = span / seconds(c?.scrapeInterval ?? '15s');
  const counted = await world.number(
    `max by (cluster) (count_over_time(up{cluster="${cluster}", job="thanos-sidecar"}[${span}s]))`,
    { time: String(to / 1000) },
  );
  return (counted ?? 0) / expected;
};

export const cutChecks = async (runner: Runner, world: World): Promise<void> => {
  const [victim, other] = world.remote;
  if (!victim || !other) throw new Error('two remote clusters are needed');
  const name = victim.cluster.name;
  const { kubernetes, namespace } = victim.workload;

  // an alert that the victim's own Prometheus will raise while it is cut off
  const queuedAt = Math.floor(Date.now() / 1000) + 300;
  const rule = `groups: [{name: e2e, rules: [{alert: RaisedWhileCut, expr: vector(time()) > ${queuedAt}, labels: {severity: warning}, annotations: {summary: x}}]}]\n`;
  const patch = JSON.stringify({ data: { 'e2e.yml': rule } });
  await world.kubectl(kubernetes).run(['patch', 'configmap', 'prometheus-rules', '-n', namespace, '--type=merge', '-p', patch]);
  await runner.check(area, `a rule of ${name} is taken up without a restart`, async () => {
    const started = Date.now();
    await until('the rule', async () => {
      // each replica tells of both
      const n = await world.number(`count(count by (pod) (prometheus_rule_group_rules{cluster="${name}", rule_group=~".*e2e"}))`);
      assert(n === victim.workload.replicas, `${n ?? 0} replicas have it`);
    });
    assert(Date.now() / 1000 < queuedAt, 'too late for the cut, before which the alert must not be raised');
    return `after ${since(started)} s`;
  });

  const usual: number[] = [];
  for (let i = 0; i < 20; i++) usual.push((await ask(world)).took);
  const baseline = usual.sort((a, b) => a - b)[Math.floor(usual.length * 0.9)] as number;

  const cutAt = Date.now();
  await world.cut(kubernetes);
  let healed = false;
  try {
    await runner.check(
      area,
      `${name} cut off: every query is answered with the others' data and a warning, in time`,
      async () => {
        const answers: Timed[] = [];
        while (Date.now() - cutAt < 60_000) {
          answers.push(await ask(world));
          await sleep(500);
        }
        const bad = answers.filter((a) => !a.ok);
        assert(bad.length === 0, `${bad.length} of ${answers.length} queries failed`);
        const others = world.fleet.clusters.filter((c) => c.name !== name).map((c) => c.name);
        for (const a of answers) {
          const gone = others.filter((c) => !a.clusters.includes(c));
          assert(gone.length === 0, `an answer without ${gone.join(', ')}`);
          assert(a.clusters.includes(name) || a.warnings.length > 0, `an answer without ${name} and without a warning`);
        }
        const limit = 1.2 * baseline + seconds(storeResponseTimeout);
        const slowest = Math.max(...answers.map((a) => a.took));
        assert(slowest <= limit, `the slowest took ${slowest.toFixed(1)} s, limit ${limit.toFixed(1)} s`);
        const settled = answers.slice(-10).map((a) => a.took);
        return `${answers.length} queries, 0 failed; usual p90 ${(baseline * 1000).toFixed(0)} ms, slowest ${slowest.toFixed(1)} s, at last ${(Math.max(...settled) * 1000).toFixed(0)} ms`;
      },
    );
    await runner.check(area, 'an alert names the cluster within 2 minutes', async () => {
      await until('ClusterUnreachable', async () => {
        const found = (await world.alerts()).filter((a) => a.labels.alertname === 'ClusterUnreachable');
        assert(
          found.some((a) => a.labels.cluster === name),
          'not yet',
        );
      });
      const after = since(cutAt);
      assert(after <= 120, `after ${after} s`);
      const wrong = (await world.alerts()).filter(
        (a) => a.labels.alertname === 'ClusterUnreachable' && a.labels.cluster !== name,
      );
      assert(wrong.length === 0, `also of ${wrong.map((a) => a.labels.cluster).join(', ')}`);
      return `after ${after} s`;
    });
    await runner.check(area, 'recent data of it is still answered, by the store', async () => {
      const newest = await askStore(world, `max by (cluster) (max_over_time(timestamp(up{cluster="${name}"})[30m:10s]))`);
      const at = Number(newest[0]?.value[1] ?? 0);
      assert(at > 0, 'nothing');
      const whole = await world.query(`count by (cluster) (last_over_time(up{cluster="${name}"}[30m]))`);
      assert(whole.length === 1, 'a query over everything has none of it');
      return `up to ${Math.round(cutAt / 1000 - at)} s before the cut`;
    });
    await runner.check(area, 'the ruler goes on without failures, and says nothing wrong of the others', async () => {
      const failures = await world.number('sum(increase(prometheus_rule_evaluation_failures_total{job="thanos-rule"}[1m]))');
      assert((failures ?? 0) === 0, `${failures} failed evaluations within a minute`);
      const others = (await world.alerts()).filter(
        (a) =>
          a.status.state === 'active' &&
          a.labels.severity === 'critical' &&
          a.labels.alertname !== 'ClusterUnreachable' &&
          a.labels.cluster !== name,
      );
      assert(others.length === 0, others.map((a) => `${a.labels.alertname} of ${a.labels.cluster}`).join(', '));
      return 'no failure, no other critical alert';
    });
    // until the victim has raised its own alert, cut off as it is
    await until('the alert that is raised while cut off', async () => assert(Date.now() / 1000 > queuedAt + 30, 'not yet'));
    await world.heal(kubernetes);
    healed = true;
  } finally {
    if (!healed) await world.heal(kubernetes);
  }
  const healedAt = Date.now();
  await runner.check(area, 'the link is back: everything recovers by itself', async () => {
    await until('whole answers', async () => {
      const answer = await ask(world);
      assert(
        answer.ok && answer.warnings.length === 0 && answer.clusters.includes(name),
        answer.warnings.join(' ') || 'not whole',
      );
    });
    const whole = since(healedAt);
    await until('the alert to end', async () =>
      assert(!(await world.alerts()).some((a) => a.labels.alertname === 'ClusterUnreachable'), 'it still fires'),
    );
    return `whole answers after ${whole} s, the alert ended after ${since(healedAt)} s`;
  });
  await runner.check(area, 'the alert that was raised meanwhile arrives', async () => {
    await until('RaisedWhileCut', async () => {
      const found = (await world.alerts()).filter((a) => a.labels.alertname === 'RaisedWhileCut');
      assert(found.length === 1 && found[0]?.labels.cluster === name, `${found.length} alerts`);
    });
    return `after ${since(healedAt)} s`;
  });
  await runner.check(area, 'nothing of the time between is missing, and its blocks arrive in the bucket', async () => {
    const share = await coverage(world, name, cutAt, healedAt);
    assert(share > 0.97, `${(share * 100).toFixed(1)}% of the samples are there`);
    await until('blocks of the cut', async () => {
      const newest = await askStore(world, `max by (cluster) (max_over_time(timestamp(up{cluster="${name}"})[30m:10s]))`);
      assert(Number(newest[0]?.value[1] ?? 0) > (cutAt + healedAt) / 2000, 'not yet');
    });
    return `${(share * 100).toFixed(1)}% of the samples, blocks after ${since(healedAt)} s`;
  });

  const lostAt = Date.now();
  const home = world.fleet.observer.in;
  await world.cut(home);
  try {
    await sleep(90_000); // what is measured is that time passes without the observer
  } finally {
    await world.heal(home);
  }
  const foundAt = Date.now();
  await runner.check(area, 'the observer lost: clusters went on scraping and evaluating, and nothing is missing', async () => {
    const seen: string[] = [];
    for (const c of world.remote) {
      const share = await until('data of the time between', async () => {
        const there = await coverage(world, c.cluster.name, lostAt, foundAt);
        assert(there > 0.97, `${c.cluster.name}: ${(there * 100).toFixed(1)}% of the samples`);
        return there;
      });
      const span = Math.floor((foundAt - lostAt) / 1000);
      const evaluated = await world.number(
        `max by (cluster) (count_over_time(ALERTS{cluster="${c.cluster.name}", alertname="Watchdog"}[${span}s]))`,
        { time: String(foundAt / 1000) },
      );
      assert((evaluated ?? 0) > 0, `${c.cluster.name} evaluated nothing`);
      seen.push(`${c.cluster.name} ${(share * 100).toFixed(1)}%`);
    }
    return `${since(lostAt)} s: ${seen.join(', ')}`;
  });
};
