// Nodes go: one is drained, then one is lost.
import { storeResponseTimeout } from '../../../charts/components/query';
import { seconds } from '../../../charts/kit/units';
import { type KubeObject, run, sleep } from '../../../scripts/lib/kubectl';
import type { Running } from '../fleet';
import { assert, type Runner, until } from '../runner';
import { allReady, loadOf, nodesOf, type Old, parts } from './parts';
import type { Timing } from './rolls';

const zoneLabel = 'topology.kubernetes.io/zone';
const since = (started: number): number => (Date.now() - started) / 1000;

export const spreadChecks = async (runner: Runner, running: Running): Promise<void> => {
  const { kubectl } = running;
  await runner.check('Spread', 'replicas are in different zones, and every budget lets one of them go', async () => {
    const zones = new Map((await kubectl.get(['nodes'])).map((n) => [n.metadata.name, n.metadata.labels[zoneLabel]]));
    let several = 0;
    for (const w of parts(running).flatMap((p) => p.workloads)) {
      if (w.hostNetwork || w.component === 'agent' || w.replicas < 2) continue;
      const pods = await running.podsOf(w);
      const used = new Set(nodesOf(pods).map((node) => zones.get(node)));
      assert(pods.length === w.replicas, `${w.namespace}/${w.name} has ${pods.length} ready pods of ${w.replicas}`);
      assert(used.size === w.replicas && !used.has(undefined), `${w.namespace}/${w.name} is in ${[...used].join(', ')}`);
      several++;
    }
    const budgets = (await kubectl.get(['poddisruptionbudgets', '-A'])).filter(
      (b) => b.metadata.labels?.['app.kubernetes.io/instance'] === running.fleet.name,
    );
    assert(budgets.length === several, `${budgets.length} budgets for ${several} workloads with replicas`);
    for (const b of budgets)
      assert(
        b.status.disruptionsAllowed === 1,
        `${b.metadata.namespace}/${b.metadata.name} allows ${b.status.disruptionsAllowed}`,
      );
    const classes = new Set((await running.pods()).map((p) => p.spec.priorityClassName));
    assert(classes.size === 1 && classes.has('e2e-monitoring'), `priority classes: ${[...classes].join(', ')}`);
    return `${several} workloads in ${new Set(zones.values()).size} zones, ${budgets.length} budgets`;
  });
};

/** Whether the API server would let a pod go, in its own words; nothing is done. */
const evictable = async (running: Running, { metadata: { namespace, name } }: KubeObject): Promise<string | undefined> => {
  const eviction = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name, namespace },
    deleteOptions: { dryRun: ['All'] },
  };
  return running.kubectl
    .run(['create', '--raw', `/api/v1/namespaces/${namespace}/pods/${name}/eviction`, '-f', '-'], {
      input: JSON.stringify(eviction),
    })
    .then(
      () => undefined,
      (error: Error) => error.message,
    );
};

/** Drains a node and gives it back. */
export const drainChecks = async (runner: Runner, running: Running, old: readonly Old[], node: string): Promise<Timing[]> => {
  const { kubectl } = running;
  const timings: Timing[] = [];
  const queries = loadOf(running, old);
  const started = Date.now();
  let drained = 0;
  try {
    await runner.check('Drain', `${node} is drained, with its budgets kept`, async () => {
      const before = (await running.pods()).filter((p) => p.spec.nodeName === node).length;
      await kubectl.run(['drain', node, '--ignore-daemonsets', '--delete-emptydir-data', '--timeout=600s']);
      drained = since(started);
      return `${before} pods were on it; ${drained.toFixed(0)} s`;
    });
    await runner.check('Drain', 'what has a replica away for it lets no other go', async () => {
      const away = parts(running)
        .flatMap((p) => p.workloads)
        .filter((w) => w.component !== 'agent' && w.replicas > 1);
      let held = 0;
      for (const w of away) {
        const pods = await running.podsOf(w);
        if (pods.length === w.replicas) continue;
        const [left] = pods;
        assert(left, `${w.name} is gone altogether`);
        const said = await evictable(running, left);
        assert(said?.includes('disruption budget'), `${w.namespace}/${left.metadata.name} may be evicted: ${said ?? 'yes'}`);
        held++;
      }
      assert(held > 0, 'everything found another node: nothing was tried');
      return `${held} workloads wait for the node, whose other pods stay`;
    });
  } finally {
    await kubectl.run(['uncordon', node]);
  }
  await runner.check('Drain', 'everything is back, and no query had failed', async () => {
    await allReady(running);
    const answers = await queries.stop();
    timings.push({ what: `drain of ${node}`, seconds: since(started), answers });
    assert(answers.failed.length === 0, `${answers.failed.length} of ${answers.asked} queries failed: ${answers.failed[0]}`);
    assert(
      answers.warned.length === 0,
      `${answers.warned.length} of ${answers.asked} answers with a warning: ${answers.warned[0]}`,
    );
    return `${answers.asked} queries, slowest ${answers.slowest.toFixed(1)} s; ready ${(since(started) - drained).toFixed(0)} s after the drain`;
  });
  return timings;
};

export interface Links {
  readonly cut: string;
  readonly heal: string;
}

/** Takes a node's network away and gives it back. */
export const lossChecks = async (
  runner: Runner,
  running: Running,
  old: readonly Old[],
  node: string,
  links: Links,
): Promise<Timing[]> => {
  const { kubectl, topology } = running;
  const { queryFrontend } = topology.observer;
  const link = (command: string) => run('sh', ['-c', command.replaceAll('{}', node)]);
  const timings: Timing[] = [];
  const frontends = await running.podsOf(queryFrontend.workload);
  const survivor = frontends.find((p) => p.spec.nodeName !== node);
  assert(survivor, `every query-frontend is on ${node}`);
  const lostPods = (await running.pods()).filter((p) => p.spec.nodeName === node).length;
  const usual = loadOf(running, old, survivor.status.podIP);
  await sleep(20_000);
  const before = await usual.stop();
  let queries = loadOf(running, old, survivor.status.podIP);
  const cutAt = Date.now();
  await link(links.cut);
  let noticed = 0;
  try {
    await runner.check('Node lost', `${node} is cut off: queries go on after at most one response timeout`, async () => {
      await until('Kubernetes to notice', async () => {
        const [n] = await kubectl.get(['node', node]);
        const ready = n.status.conditions.find((c: KubeObject) => c.type === 'Ready');
        assert(ready.status !== 'True', 'not yet');
      });
      noticed = since(cutAt);
      await sleep(Math.max(0, 60_000 - since(cutAt) * 1000));
      const answers = await queries.stop();
      timings.push({ what: `loss of ${node}`, seconds: since(cutAt), answers });
      const limit = seconds(storeResponseTimeout) + 1.2 * before.slowest;
      assert(answers.failed.length === 0, `${answers.failed.length} of ${answers.asked} queries failed: ${answers.failed[0]}`);
      assert(answers.slowest <= limit, `the slowest took ${answers.slowest.toFixed(1)} s, limit ${limit.toFixed(1)} s`);
      return `${lostPods} pods gone, noticed after ${noticed.toFixed(0)} s; ${answers.asked} queries, 0 failed, ${answers.warned.length} with a warning, slowest ${answers.slowest.toFixed(1)} s`;
    });
    queries = loadOf(running, old);
    await runner.check('Node lost', 'once Kubernetes has noticed, every query is answered in full and in time', async () => {
      await sleep(30_000);
      const answers = await queries.stop();
      timings.push({ what: `without ${node}`, seconds: 30, answers });
      assert(
        answers.asked > 0 && answers.failed.length === 0,
        `${answers.failed.length} of ${answers.asked} queries failed: ${answers.failed[0]}`,
      );
      assert(answers.warned.length === 0, `${answers.warned.length} of ${answers.asked} with a warning: ${answers.warned[0]}`);
      return `${answers.asked} queries, slowest ${answers.slowest.toFixed(1)} s`;
    });
  } finally {
    await link(links.heal);
  }
  const healedAt = Date.now();
  queries = loadOf(running, old);
  await runner.check('Node lost', 'the node is back: so is everything, without a failed query', async () => {
    const all = await allReady(running);
    const ready = since(healedAt);
    await until('whole answers of every replica', async () => {
      for (const c of running.fleet.clusters) {
        const n = await running.number(`count(up{cluster="${c.name}", job="prometheus", pod=~"prometheus-.*"} == 1)`);
        assert(n === c.replicas, `${c.name}: ${n ?? 0} of ${c.replicas}`);
      }
    });
    const answers = await queries.stop();
    timings.push({ what: `return of ${node}`, seconds: since(healedAt), answers });
    assert(answers.failed.length === 0, `${answers.failed.length} of ${answers.asked} queries failed: ${answers.failed[0]}`);
    return `${all} components ready after ${ready.toFixed(0)} s; ${answers.asked} queries, 0 failed`;
  });
  await runner.check('Node lost', 'nothing of the time between is missing', async () => {
    const seen: string[] = [];
    const span = Math.floor((healedAt - cutAt) / 1000);
    for (const c of running.fleet.clusters) {
      const samples = await running.number(`max(count_over_time(up{cluster="${c.name}", job="thanos-sidecar"}[${span}s]))`, {
        time: String(healedAt / 1000),
      });
      const share = (samples ?? 0) / (span / seconds(c.scrapeInterval));
      assert(share > 0.9, `${c.name}: ${(100 * share).toFixed(0)}% of the samples`);
      seen.push(`${c.name} ${(100 * share).toFixed(0)}%`);
    }
    return seen.join(', ');
  });
  return timings;
};
