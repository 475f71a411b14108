// One message of several rulers and Alertmanagers.
import type { Running } from '../fleet';
import { messages } from '../receiver';
import { assert, type Runner, until } from '../runner';

/** What Alertmanagers together told the receiver: each of them has the alert of each ruler. */
export const onceChecks = async (runner: Runner, running: Running): Promise<void> => {
  await runner.check('Alerts', 'three Alertmanagers have an alert of two rulers, and one of them tells of it', async () => {
    const { alertmanager, ruler } = running.topology.observer;
    assert(alertmanager.workload.replicas > 1 && ruler.workload.replicas > 1, 'the fleet has one of each');
    const name = 'PrometheusReplicaDown';
    const told = await until('the message', async () => {
      const all = (await messages(running.kubectl)).filter((m) => m.status === 'firing');
      const found = all.flatMap((m) => m.alerts.filter((a) => a.status === 'firing' && a.labels.alertname === name));
      assert(found.length > 0, 'nobody was told');
      return found;
    });
    const times = told.map((a) => `${a.labels.cluster} ${a.startsAt}`);
    assert(new Set(times).size === times.length, `the receiver was told more than once: ${times.join(', ')}`);
    const received = await running.metrics(alertmanager.http, /^alertmanager_alerts_received_total\{.*status="firing"/);
    assert(
      received.length === alertmanager.workload.replicas && received.every((n) => n > 0),
      `received: ${received.join(', ')}`,
    );
    return `${received.join(', ')} received; of ${name} ${told.length} told, each once`;
  });
};
