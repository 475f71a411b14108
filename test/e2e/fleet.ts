// The fleet under test: that of the fleet file, with a receiver that can be looked at, a load that is always high, and alerts
// that do not wait for long.
import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { type Fleet, type ResolvedFleet, type Synthesized, synthesize } from '../../charts/fleet';
import type { Endpoint, Workload } from '../../charts/kit/wiring';
import { fleetNamespaces, fleetPods } from '../../scripts/lib/components';
import { type Forward, instantQuery, Kubectl, type KubeObject, type Sample, ToolError } from '../../scripts/lib/kubectl';
import { receiver } from './receiver';

/** The fleet file's fleet as the tests want it. @throws ToolError when there is no such file */
export const testFleet = (file: string): Fleet => {
  if (!existsSync(file)) throw new ToolError(`There is no ${file}. FLEET=path names the fleet file.`);
  const fleet = parse(readFileSync(file, 'utf8')) as Fleet;
  return {
    ...fleet,
    // soon, but still in the order of causes and consequences
    alerts: {
      ...fleet.alerts,
      highLoad: { threshold: 0.001 },
      componentDown: { for: '30s' },
      incomplete: { for: '1m' },
      bucketErrors: { for: '5m' },
    },
    // however slow the machine is
    slo: { queries: { latency: { threshold: '120s' } } },
    observer: {
      ...fleet.observer,
      alertmanager: {
        ...fleet.observer.alertmanager,
        receivers: { e2e: receiver },
        routes: [{ receiver: 'e2e', groupWait: '10s', groupInterval: '30s' }],
        defaultReceiver: 'e2e',
      },
    },
  };
};

/** A running fleet, with ports forwarded to what is asked. */
export class Running {
  readonly synthesized: Synthesized;
  readonly kubectl: Kubectl;
  private readonly forwards = new Map<string, Forward>();

  constructor(readonly fleet: ResolvedFleet) {
    this.synthesized = synthesize(fleet);
    // what was just uploaded is compacted at once, not after half an hour
    const compactor = this.synthesized.files
      .flatMap((f) => f.objects)
      .find((o) => o.kind === 'StatefulSet' && o.metadata.name === 'thanos-compact');
    compactor?.spec.template.spec.containers[0].args.push('--consistency-delay=0s');
    this.kubectl = new Kubectl(this.topology.observer.kubernetes.context);
  }

  get topology() {
    return this.synthesized.topology;
  }

  get observer(): string {
    return this.fleet.observer.namespace;
  }

  namespaces(): string[] {
    return fleetNamespaces(this.topology, this.topology.observer.kubernetes.name);
  }

  pods(): Promise<KubeObject[]> {
    return fleetPods(this.kubectl, this.fleet.name);
  }

  /** `http://127.0.0.1:…` of a pod or Service; forwarded again when the pod behind it has gone. */
  async url(namespace: string, target: string, port: number): Promise<string> {
    const key = `${namespace}/${target}:${port}`;
    const known = this.forwards.get(key);
    if (
      known &&
      (await fetch(`${known.url}/metrics`, { signal: AbortSignal.timeout(10_000) }).then(
        (r) => r.arrayBuffer(),
        () => undefined,
      ))
    )
      return known.url;
    known?.close();
    const forward = await this.kubectl.forward(namespace, target, port);
    this.forwards.set(key, forward);
    return forward.url;
  }

  queryUrl = (): Promise<string> => this.url(this.observer, 'svc/thanos-query', 10902);
  frontendUrl = (): Promise<string> => this.url(this.observer, 'svc/thanos-query-frontend', 10902);

  async query(expr: string, parameters: Record<string, string> = {}): Promise<Sample[]> {
    return instantQuery(await this.queryUrl(), expr, parameters);
  }

  /** The value of a query that gives one series; undefined when it gives none. */
  async number(expr: string, parameters: Record<string, string> = {}): Promise<number | undefined> {
    const [sample] = await this.query(expr, parameters);
    return sample ? Number(sample.value[1]) : undefined;
  }

  /** Ready pods of a workload. */
  async podsOf({ namespace, name }: Workload): Promise<KubeObject[]> {
    const pods = await this.kubectl.get(['pods', '-n', namespace, '-l', `app.kubernetes.io/name=${name}`]);
    const ready = (p: KubeObject) =>
      p.status.conditions?.some((c: KubeObject) => c.type === 'Ready' && c.status === 'True') && !p.metadata.deletionTimestamp;
    return pods.filter(ready);
  }

  /** A counter or gauge of every pod's own /metrics, summed over the series that match. @returns one sum for each pod */
  async metrics({ server, port }: Endpoint, series: RegExp): Promise<number[]> {
    const sums: number[] = [];
    for (const { metadata } of await this.podsOf(server)) {
      const base = await this.url(server.namespace, `pod/${metadata.name}`, port.number);
      const text = await (await fetch(`${base}/metrics`, { signal: AbortSignal.timeout(20_000) })).text();
      const lines = text.split('\n').filter((line) => series.test(line));
      sums.push(lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0));
    }
    return sums;
  }

  /** The same over all pods of the workload. */
  async metric(endpoint: Endpoint, series: RegExp): Promise<number> {
    return (await this.metrics(endpoint, series)).reduce((a, b) => a + b, 0);
  }

  close(): void {
    for (const forward of this.forwards.values()) forward.close();
  }
}

/** @throws ToolError when the fleet is there already: it may hold somebody's data */
export const refuseIfPresent = async (running: Running): Promise<void> => {
  const there = (await running.kubectl.get(['namespaces']))
    .map((n) => n.metadata.name)
    .filter((n) => running.namespaces().includes(n));
  if (there.length > 0)
    throw new ToolError(
      `${there.join(', ')} are in ${running.kubectl.context} already. The tests make a fleet of their own and delete it with its data: npm run down -- --volumes first, or use another cluster.`,
    );
};
