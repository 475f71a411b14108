// Queries: what is scraped, replicas merged, the cache, Grafana.
import { adminSecretName } from '../../charts/components/grafana';
import { datasource } from '../../charts/config/grafana';
import { dashboards } from '../../charts/dashboards';
import { emptyPanels } from '../../charts/dashboards/empty';
import { fetchJson } from '../../scripts/lib/kubectl';
import { backfilled } from './blocks';
import type { Running } from './fleet';
import { assert, type Runner, until } from './runner';

const area = 'Queries';
const day = 86_400;

const range = async (
  base: string,
  expr: string,
  start: number,
  end: number,
  step: number,
  parameters: Record<string, string> = {},
) =>
  (
    await fetchJson(
      `${base}/api/v1/query_range?${new URLSearchParams({ query: expr, start: String(start), end: String(end), step: String(step), ...parameters })}`,
    )
  ).data.result as {
    metric: Record<string, string>;
    values: [number, string][];
  }[];

export const queryChecks = async (runner: Runner, running: Running): Promise<void> => {
  const { fleet } = running;
  await runner.check(area, 'every target of every cluster is up', async () => {
    const jobs = await until('all targets up', async () => {
      const down = await running.query('up == 0');
      assert(
        down.length === 0,
        `down: ${down.map((s) => `${s.metric.cluster} ${s.metric.job} ${s.metric.instance}`).join(', ')}`,
      );
      const up = await running.query('count by (cluster, job) (up)');
      const have = new Set(up.map((s) => `${s.metric.cluster} ${s.metric.job}`));
      const watcher = fleet.clusters.find((c) => c.nodes)?.name;
      const shared = [
        'node-exporter',
        'cadvisor',
        'kubelet',
        'apiserver',
        'kube-dns',
        'alertmanager',
        'grafana',
        ...['query', 'query-frontend', 'store', 'compact', 'rule', 'bucket-web'].map((c) => `thanos-${c}`),
      ];
      const wanted = [
        ...fleet.clusters.flatMap((c) => [`${c.name} prometheus`, `${c.name} thanos-sidecar`]),
        ...shared.map((job) => `${watcher} ${job}`),
      ];
      const missing = wanted.filter((w) => !have.has(w));
      assert(missing.length === 0, `no series of ${missing.join(', ')}`);
      return up;
    });
    return `${jobs.reduce((n, s) => n + Number(s.value[1]), 0)} targets in ${jobs.length} jobs`;
  });

  await runner.check(area, 'every series carries cluster and replica', async () => {
    const raw = { dedup: 'false' };
    const all = await running.query('count({__name__=~".+", ruler=""})', raw);
    for (const label of ['cluster', 'replica']) {
      const without = await running.query(`count by (__name__, job) ({__name__=~".+", ruler="", ${label}=""})`, raw);
      assert(
        without.length === 0,
        `without ${label}: ${without
          .slice(0, 3)
          .map((s) => JSON.stringify(s.metric))
          .join(', ')}`,
      );
    }
    return `${all[0]?.value[1]} series`;
  });

  await runner.check(area, 'no target is counted under two clusters', async () => {
    const twice = await running.query(
      'count by (job, namespace, pod, instance) (count by (cluster, job, namespace, pod, instance) (up)) > 1',
    );
    assert(twice.length === 0, JSON.stringify(twice.map((s) => s.metric)));
    return 'none';
  });

  await runner.check(area, 'the same selector gives one series per replica without deduplication, and one with it', async () => {
    const seen = [];
    for (const c of fleet.clusters) {
      const selector = `prometheus_build_info{cluster="${c.name}", job="prometheus", pod="prometheus-0"}`;
      const [raw, merged] = await Promise.all([running.query(selector, { dedup: 'false' }), running.query(selector)]);
      assert(
        raw.length === c.replicas && merged.length === 1,
        `${c.name}: ${raw.length} and ${merged.length}, expected ${c.replicas} and 1`,
      );
      seen.push(`${c.name} ${raw.length} → ${merged.length}`);
    }
    return seen.join(', ');
  });

  await runner.check(area, 'the second identical range query is answered from the cache of the query-frontend', async () => {
    const frontend = await running.frontendUrl();
    const { query, queryFrontend } = running.topology.observer;
    const end = Math.floor(Date.now() / 1000 / 3600) * 3600 - 3600;
    const ask = () => range(frontend, `count(up) or vector(${end})`, end - 3600, end, 60, { dedup: 'true' });
    const counts = async () => ({
      hits: await running.metric(queryFrontend.http, /^cortex_cache_hits_total\{.*tripperware="query_range"/),
      downstream: await running.metric(query.http, /^http_requests_total\{.*handler="query_range"/),
    });
    const before = await counts();
    const first = await ask();
    const between = await counts();
    assert(between.downstream > before.downstream, 'the first query did not reach the querier');
    const second = await until('the second query from the cache', async () => {
      const from = await counts();
      const answer = await ask();
      const to = await counts();
      assert(
        to.hits > from.hits && to.downstream === from.downstream,
        `hits ${from.hits} → ${to.hits}, queries of the querier ${from.downstream} → ${to.downstream}`,
      );
      return answer;
    });
    assert(JSON.stringify(first) === JSON.stringify(second), 'the cached answer differs');
    return 'a hit, nothing asked of the querier, the same answer';
  });

  await runner.check(area, 'a range of 25 hours is split by day', async () => {
    const frontend = await running.frontendUrl();
    const splits = () =>
      running.metric(
        running.topology.observer.queryFrontend.http,
        /^thanos_frontend_split_queries_total\{.*tripperware="query_range"/,
      );
    const end = Math.floor(Date.now() / 1000 / day) * day - 3600; // over midnight UTC exactly once
    const before = await splits();
    await range(frontend, `sum(${backfilled}) or vector(1)`, end - 25 * 3600, end, 300);
    const parts = (await splits()) - before;
    assert(parts === 2, `${parts} parts, expected 2`);
    return '2 parts';
  });

  await runner.check(area, "Grafana's datasource answers, with the credentials from the Secret only", async () => {
    const base = await running.url(running.observer, 'svc/grafana', 3000);
    const path = `${base}/api/datasources/uid/${datasource.uid}/health`;
    const answer = await fetchJson(path, { headers: { authorization: await grafanaLogin(running) } });
    assert(answer.status === 'OK', JSON.stringify(answer));
    const { status } = await fetch(path);
    assert(status === 401 || status === 403, `without credentials: ${status}`);
    const wrong = `Basic ${Buffer.from('admin:admin').toString('base64')}`;
    assert((await fetch(path, { headers: { authorization: wrong } })).status === 401, 'the default password is accepted');
    return 'OK; 401 without';
  });

  await runner.check(area, 'every panel of every dashboard returns data through Grafana', async () => {
    const base = await running.url(running.observer, 'svc/grafana', 3000);
    const authorization = await grafanaLogin(running);
    const provisioned: { uid: string }[] = await fetchJson(`${base}/api/search?type=dash-db`, { headers: { authorization } });
    let panels = 0;
    for (const dashboard of dashboards(fleet)) {
      assert(
        provisioned.some((d) => d.uid === dashboard.uid),
        `Grafana does not have ${dashboard.uid}`,
      );
      for (const { title, expr } of panelQueries(dashboard)) {
        await until(`data for ${dashboard.uid}, ${title}`, async () => {
          const url = `${base}/api/datasources/proxy/uid/${datasource.uid}/api/v1/query?${new URLSearchParams({ query: expr })}`;
          const answer = await fetchJson(url, { headers: { authorization } });
          const mayBeEmpty = emptyPanels.some((p) => p.uid === dashboard.uid && p.title === title);
          assert(mayBeEmpty || answer.data.result.length > 0, `no data: ${expr}`);
        });
        panels++;
      }
    }
    return `${panels} queries`;
  });

  await runner.check(area, 'a replica that is killed leaves no gap in the deduplicated series', async () => {
    const cluster = fleet.clusters.findLast((c) => c.replicas > 1);
    if (!cluster) return 'no cluster has more than one replica';
    const interval = 15;
    const started = Math.ceil(Date.now() / 1000 / interval) * interval;
    await running.kubectl.run(['delete', 'pod', '-n', cluster.namespace, 'prometheus-0', '--wait=true']);
    await until('the replica back and scraping', async () => {
      const back = await running.query(`timestamp(up{cluster="${cluster.name}", job="prometheus", pod="prometheus-0"} == 1)`, {
        dedup: 'false',
      });
      assert(back.length === cluster.replicas, `${back.length} of ${cluster.replicas} replicas see it`);
    });
    const end = await until('two minutes after the kill', async () => {
      const now = Math.floor(Date.now() / 1000 / interval) * interval;
      assert(now - started >= 120, `${now - started} s`);
      return now;
    });
    // lookback hides nothing: samples are counted, not interpolated
    const expr = `count_over_time(up{cluster="${cluster.name}", job="thanos-sidecar", pod="prometheus-1"}[45s])`;
    const [series] = await range(await running.queryUrl(), expr, started + 45, end, interval);
    const steps = (end - started - 45) / interval + 1;
    assert(series && series.values.length >= steps, `${series?.values.length ?? 0} of ${steps} steps have samples`);
    return `${steps} steps of ${interval} s, samples in each`;
  });
};

const grafanaLogin = async (running: Running): Promise<string> => {
  const name = adminSecretName(running.fleet);
  const [secret] = await running.kubectl.get(['secret', name, '-n', running.observer]);
  const text = (key: string) => Buffer.from(secret.data[key], 'base64').toString();
  return `Basic ${Buffer.from(`${text('admin-user')}:${text('admin-password')}`).toString('base64')}`;
};

/** The queries of a dashboard's panels with its variables as Grafana would fill them in. */
const panelQueries = (dashboard: object): { title: string; expr: string }[] => {
  const found: { title: string; expr: string }[] = [];
  const visit = (panel: { title?: string; panels?: object[]; targets?: { expr?: string }[] }) => {
    for (const target of panel.targets ?? [])
      if (target.expr)
        found.push({
          title: panel.title ?? '',
          expr: target.expr
            .replaceAll('$__rate_interval', '2m')
            .replaceAll('$__range', '1h')
            .replaceAll(/\$\{?[a-z]\w*\}?/g, '.*'),
        });
    for (const inner of panel.panels ?? []) visit(inner);
  };
  visit(dashboard as never);
  return found;
};
