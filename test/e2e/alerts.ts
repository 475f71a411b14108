// Alerts: what is stopped on the running fleet, what is told of it, and what arrives at the receiver.
import { images, reference } from '../../charts/images';
import { userUrl } from '../../charts/localhost';
import { inspect } from '../../scripts/doctor/checks';
import { area, type Fault, Faults, firing } from './faults';
import type { Running } from './fleet';
import { messages, receiverNamespace, slackPosts } from './receiver';
import { assert, type Runner, until } from './runner';

/** A pod that asks to be scraped and does not answer. */
const dead = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'dead',
    namespace: receiverNamespace,
    annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '9999' },
  },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [
      { name: 'dead', image: reference(images.busybox), command: ['sleep', '86400'], ports: [{ containerPort: 9999 }] },
    ],
  },
};

interface Stoppable {
  readonly replica?: Fault;
  readonly agents: Fault;
  readonly target: Fault;
  readonly objectStore?: Fault;
  readonly gateway: Fault;
}

const faultsOf = ({ kubectl, topology, fleet }: Running): Stoppable => {
  const watcher = fleet.clusters.find((c) => c.nodes)?.name;
  assert(watcher, 'no cluster watches the nodes');
  const scale = (namespace: string, workload: string, replicas: number) =>
    kubectl.run(['scale', workload, '-n', namespace, `--replicas=${replicas}`]);
  const scaleBack = async (namespace: string, workload: string, replicas: number) => {
    await scale(namespace, workload, replicas);
    await kubectl.run(['rollout', 'status', workload, '-n', namespace, '--timeout=600s']);
  };
  const stores = topology.observer.stores.map((s) => s.workload);
  const agents = topology.agents.find((a) => a.kubernetes.name === topology.observer.kubernetes.name);
  assert(agents, 'no agents');
  const agentSets = [agents.nodeExporter, agents.cadvisor].map((a) => a.workload);
  const agentPods = (patch: object[]) =>
    Promise.all(
      agentSets.map(({ name, namespace }) =>
        kubectl.run(['patch', 'daemonset', name, '-n', namespace, '--type=json', '-p', JSON.stringify(patch)]),
      ),
    );
  const selector = '/spec/template/spec/nodeSelector';

  const pair = fleet.clusters.findLast((c) => c.replicas > 1);
  const objectStore = topology.objectStore?.workload;
  return {
    replica: pair && {
      what: `a Prometheus replica of ${pair.name}`,
      stop: () => scale(pair.namespace, 'statefulset/prometheus', pair.replicas - 1),
      mend: () => scaleBack(pair.namespace, 'statefulset/prometheus', pair.replicas),
      told: [{ alertname: 'PrometheusReplicaDown', cluster: pair.name, severity: 'critical' }],
      // the querier is watched by one cluster, and is asked about all of them
      follows: [
        { alertname: 'PrometheusPairIncomplete', cluster: pair.name },
        { alertname: 'ThanosQueryEndpointsMissing', cluster: pair.name, store_type: 'sidecar' },
      ],
    },
    agents: {
      what: `every ${agentSets.map((w) => w.name).join(' and ')}`,
      stop: () => agentPods([{ op: 'add', path: selector, value: { 'e2e.example.com/nowhere': '' } }]),
      mend: async () => {
        await agentPods([{ op: 'remove', path: selector }]);
        for (const { name, namespace } of agentSets)
          await kubectl.run(['rollout', 'status', `daemonset/${name}`, '-n', namespace, '--timeout=600s']);
      },
      told: agentSets.map(({ name }) => ({ alertname: 'JobMissing', cluster: watcher, job: name, severity: 'critical' })),
      follows: [],
    },
    target: {
      what: 'a target that asks to be scraped',
      stop: () => kubectl.run(['apply', '--server-side', '-f', '-'], { input: JSON.stringify(dead) }),
      mend: () => kubectl.run(['delete', 'pod', 'dead', '-n', receiverNamespace]),
      told: [{ alertname: 'service_down', cluster: watcher, pod: 'dead', severity: 'critical' }],
      follows: [],
    },
    objectStore: objectStore && {
      what: 'the object store',
      stop: () => scale(objectStore.namespace, `statefulset/${objectStore.name}`, 0),
      mend: () => scaleBack(objectStore.namespace, `statefulset/${objectStore.name}`, 1),
      told: [{ alertname: 'ObjectStoreUnreachable', cluster: watcher, severity: 'critical' }],
      // the store gateway's follows five minutes later: so long it keeps what it has listed
      follows: [{ alertname: 'ThanosCompactBucketHighOperationFailures', cluster: watcher }],
    },
    gateway: {
      what: 'the store gateway',
      stop: () => Promise.all(stores.map((s) => scale(s.namespace, `deployment/${s.name}`, 0))),
      mend: () => Promise.all(stores.map((s) => scaleBack(s.namespace, `deployment/${s.name}`, s.replicas))),
      told: stores.map(({ name }) => ({
        alertname: 'ThanosStoreIsDown',
        cluster: watcher,
        ...(stores.length > 1 ? { deployment: name } : {}),
        severity: 'critical',
      })),
      follows: [{ alertname: 'ThanosQueryEndpointsMissing', cluster: watcher, store_type: 'store' }],
    },
  };
};

/**
 * Stops one thing after the other and follows the alerts to the receiver.
 * @param meanwhile what is checked without an object store: that it is away is known after minutes only
 * @returns the rest, for later: what remembers failures remembers them for minutes
 */
export const alertChecks = async (
  runner: Runner,
  running: Running,
  meanwhile: () => Promise<void>,
): Promise<() => Promise<void>> => {
  const { kubectl, fleet, topology } = running;
  const watcher = fleet.clusters.find((c) => c.nodes);
  assert(watcher, 'no cluster watches the nodes');
  const { replica, agents, target, objectStore, gateway } = faultsOf(running);
  const short: Fault[] = [...(replica ? [replica] : []), agents, target];
  const faults = new Faults(runner, running);
  await faults.healthy();

  // a rule more in the ConfigMap: kubelets bring it to the pods within two minutes, while the checks below run
  const rule = 'groups: [{name: e2e, rules: [{record: e2e:reloaded, expr: vector(1)}]}]\n';
  const patch = JSON.stringify({ data: { 'e2e.yml': rule } });
  await kubectl.run(['patch', 'configmap', 'prometheus-rules', '-n', watcher.namespace, '--type=merge', '-p', patch]);

  const started = Date.now();
  if (objectStore) await faults.stop(objectStore);
  await faults.stop(...short);

  if (replica) {
    const [wanted] = replica.told;
    const { cluster = '' } = wanted ?? {};
    await runner.check(area, 'PrometheusReplicaDown fires in the ruler when a replica is stopped', async () => {
      await firing(running, { alertname: 'PrometheusReplicaDown', cluster });
      return `after ${Math.round((Date.now() - started) / 1000)} s, one alert of ${cluster}`;
    });
    await runner.check(area, 'doctor names the missing replica', async () => {
      const wrong = (await inspect(running.synthesized, () => {})).filter((f) => f.verdict === 'wrong');
      assert(
        wrong.some((f) => f.check === 'replica pair' && f.of === cluster),
        `wrong: ${wrong.map((f) => `${f.check} ${f.of}`).join(', ')}`,
      );
      assert(
        wrong.some((f) => f.check === 'StoreAPI endpoints' && f.of.includes(cluster)),
        'its StoreAPI is not missed',
      );
      return wrong.map((f) => `${f.check} of ${f.of}`).join(', ');
    });
    const [name, summary] = ['PrometheusReplicaDown', `A Prometheus replica of cluster ${cluster} is down`];
    await runner.check(area, 'a webhook is told cluster, alert, severity, summary, runbook and where to look', async () => {
      const alert = await until('the post', async () => {
        const found = (await messages(kubectl))
          .flatMap((m) => m.alerts)
          .findLast((a) => a.status === 'firing' && a.labels.alertname === name && a.labels.cluster === cluster);
        assert(found, 'none');
        return found;
      });
      assert(alert.labels.severity === 'critical', `severity ${alert.labels.severity}`);
      assert(alert.annotations.summary === summary, `summary ${alert.annotations.summary}`);
      assert(/^Cluster \w+ should have \d+ .*; \d+ do/.test(alert.annotations.description ?? ''), 'no values in the description');
      assert(
        alert.annotations.runbook_url === `${fleet.alerts.runbookUrl}/${name}.md`,
        `runbook ${alert.annotations.runbook_url}`,
      );
      const query = userUrl(topology, topology.observer.query.http);
      assert(alert.generatorURL.startsWith(`${query}/graph?`), `it leads to ${alert.generatorURL}, not to ${query}`);
      return alert.generatorURL.slice(0, 60);
    });
    await runner.check(area, 'Slack shows the same in words', async () => {
      const shown = [
        'FIRING',
        `critical: ${name}`,
        `cluster ${cluster}`,
        summary,
        `/${name}.md`,
        '|Query>',
        '|Dashboard>',
        '|Alertmanager>',
      ];
      await until('the post', async () => {
        const text = await slackPosts(kubectl);
        assert(
          text.some((post) => shown.every((word) => post.includes(word))),
          `no post with ${shown.join(', ')}; the last is ${text.at(-1)?.slice(0, 600)}`,
        );
      });
      return shown.join(', ');
    });
  }
  for (const fault of short) await faults.raised(fault);
  await faults.mend(...short);

  await runner.check(area, 'a changed rule is loaded by the sidecar, without a restart', async () => {
    const restarts = async () =>
      (await kubectl.get(['pods', '-n', watcher.namespace, '-l', 'app.kubernetes.io/name=prometheus']))
        .flatMap((p) => p.status.containerStatuses)
        .reduce((sum, c) => sum + c.restartCount, 0);
    const before = await restarts();
    await until('the rule in every replica', async () => {
      const loaded = await running.query(`e2e:reloaded{cluster="${watcher.name}"}`, { dedup: 'false' });
      assert(loaded.length === watcher.replicas, `in ${loaded.length} of ${watcher.replicas}`);
    });
    assert((await restarts()) === before, 'a container was restarted');
    return `in ${watcher.replicas} replicas`;
  });

  await meanwhile();
  if (objectStore) {
    await faults.raised(objectStore);
    await faults.mend(objectStore);
  }
  await faults.stop(gateway);
  await faults.raised(gateway);
  await faults.mend(gateway);

  await runner.check(area, 'high_load fires in the cluster and reaches Alertmanager, once a node', async () => {
    const nodes = await kubectl.get(['nodes']);
    for (const { metadata } of nodes)
      await firing(running, { alertname: 'high_load', cluster: watcher.name, instance: metadata.name });
    return `${nodes.length} of ${watcher.name}`;
  });
  await faults.nothingElse();
  return () => faults.over();
};
