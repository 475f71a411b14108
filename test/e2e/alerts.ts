// Alerts: from the rule that fires to what arrives at the receiver, and back.
import { images, reference } from '../../charts/images';
import { inspect } from '../../scripts/doctor/checks';
import { fetchJson } from '../../scripts/lib/kubectl';
import type { Running } from './fleet';
import { posts, receiverNamespace } from './receiver';
import { assert, type Runner, until } from './runner';

const area = 'Alerts';

interface Alert {
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
}

const alerts = async (running: Running): Promise<Alert[]> =>
  fetchJson(`${await running.url(running.observer, 'pod/alertmanager-0', 9093)}/api/v2/alerts?active=true`);

const named = async (running: Running, name: string, cluster: string): Promise<Alert[]> =>
  (await alerts(running)).filter((a) => a.labels.alertname === name && a.labels.cluster === cluster);

/** The text that Slack would show for an alert: one line of Alertmanager's JSON. */
const delivered = async (running: Running, words: readonly string[]): Promise<string> => {
  const text = await posts(running.kubectl);
  const post = text.split('\n').find((line) => words.every((word) => line.includes(word)));
  assert(post, `no post with ${words.join(', ')}`);
  return post;
};

/**
 * Makes alerts fire and follows them to the receiver.
 * @returns the rest, for later: Alertmanager tells of a resolved alert after its group interval of five minutes
 */
export const alertChecks = async (runner: Runner, running: Running): Promise<() => Promise<void>> => {
  const { kubectl, fleet } = running;
  const watcher = fleet.clusters.find((c) => c.nodes);
  const pair = fleet.clusters.find((c) => c.replicas > 1);
  assert(watcher, 'no cluster watches the nodes');

  // a pod that asks to be scraped and does not answer
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
  await kubectl.run(['apply', '--server-side', '-f', '-'], { input: JSON.stringify(dead) });

  // a rule more in the ConfigMap: kubelets bring it to the pods within two minutes, while the checks below run
  const rule = 'groups: [{name: e2e, rules: [{record: e2e:reloaded, expr: vector(1)}]}]\n';
  const patch = JSON.stringify({ data: { 'e2e.yml': rule } });
  await kubectl.run(['patch', 'configmap', 'prometheus-rules', '-n', watcher.namespace, '--type=merge', '-p', patch]);

  if (pair)
    await runner.check(area, 'PrometheusReplicaDown fires in the ruler when a replica is stopped, once', async () => {
      await kubectl.run(['scale', 'statefulset/prometheus', '-n', pair.namespace, `--replicas=${pair.replicas - 1}`]);
      const started = Date.now();
      await until('the alert in Alertmanager', async () => {
        const found = await named(running, 'PrometheusReplicaDown', pair.name);
        assert(found.length === 1, `${found.length} alerts`);
        assert(
          found[0]?.labels.severity === 'critical' && !found[0]?.labels.rule_replica && !found[0]?.labels.replica,
          JSON.stringify(found[0]?.labels),
        );
      });
      return `after ${Math.round((Date.now() - started) / 1000)} s, one alert of ${pair.name}`;
    });

  if (pair)
    await runner.check(area, 'doctor names the missing replica', async () => {
      const findings = await inspect(running.synthesized, () => {});
      const wrong = findings.filter((f) => f.verdict === 'wrong');
      assert(
        wrong.some((f) => f.check === 'replica pair' && f.of === pair.name),
        `wrong: ${wrong.map((f) => `${f.check} ${f.of}`).join(', ')}`,
      );
      assert(
        wrong.some((f) => f.check === 'StoreAPI endpoints' && f.of.includes(pair.name)),
        'its StoreAPI is not missed',
      );
      return wrong.map((f) => `${f.check} of ${f.of}`).join(', ');
    });

  await runner.check(area, 'service_down fires in the cluster and reaches Alertmanager, once', async () => {
    await until('the alert in Alertmanager', async () => {
      const found = (await named(running, 'service_down', watcher.name)).filter((a) => a.labels.pod === 'dead');
      assert(found.length === 1 && !found[0]?.labels.replica, `${found.length} alerts`);
    });
    return `of ${watcher.name}`;
  });

  await runner.check(area, 'high_load fires in the cluster and reaches Alertmanager, once', async () => {
    const found = await until('the alert in Alertmanager', async () => {
      const list = await named(running, 'high_load', watcher.name);
      assert(list.length > 0, 'no alert');
      return list;
    });
    const nodes = (await kubectl.get(['nodes'])).length;
    assert(found.length <= nodes, `${found.length} alerts for ${nodes} nodes`);
    return `${found.length} of ${watcher.name}`;
  });

  await runner.check(area, 'what arrives at the receiver names cluster, alert, summary and runbook', async () => {
    const name = pair ? 'PrometheusReplicaDown' : 'service_down';
    const cluster = pair?.name ?? watcher.name;
    const post = await until('the post', () => delivered(running, ['FIRING', name, `cluster ${cluster}`, `/${name}.md`]));
    const summary = name === 'service_down' ? 'is down' : `A Prometheus replica of cluster ${cluster} is down`;
    assert(post.includes(summary), `no summary in ${post.slice(0, 400)}`);
    return `${name} of ${cluster}`;
  });

  await kubectl.run(['delete', 'pod', 'dead', '-n', receiverNamespace, '--ignore-not-found']);
  if (pair) {
    await kubectl.run(['scale', 'statefulset/prometheus', '-n', pair.namespace, `--replicas=${pair.replicas}`]);
    await kubectl.run(['rollout', 'status', 'statefulset/prometheus', '-n', pair.namespace, '--timeout=600s']);
  }
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
  if (!pair) return async () => {};
  await runner.check(area, 'PrometheusReplicaDown resolves when the replica is back', async () => {
    await until('no such alert', async () => {
      assert((await named(running, 'PrometheusReplicaDown', pair.name)).length === 0, 'it still fires');
    });
    return 'resolved';
  });
  return async () => {
    await runner.check(area, 'the receiver is told that it is resolved', async () => {
      await until('the post', () => delivered(running, ['RESOLVED', 'PrometheusReplicaDown', pair.name]), 900_000);
      return 'delivered';
    });
  };
};
