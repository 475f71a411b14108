// The parts of the fleet as they run: which there are, where they are, and what is asked while something happens to them.
import type { Workload } from '../../../charts/kit/wiring';
import { components } from '../../../scripts/lib/components';
import type { KubeObject } from '../../../scripts/lib/kubectl';
import { backfilled } from '../blocks';
import type { Running } from '../fleet';
import { type Load, type Question, questionUrl, startLoad } from '../load';
import { assert, until } from '../runner';
import { asker } from './cloud';

export interface Part {
  /** As people call it. */
  readonly title: string;
  readonly workloads: readonly Workload[];
}

/** Everything that the fleet runs, what is rolled at once together. */
export const parts = ({ topology: { observer: o, clusters, agents } }: Running): Part[] => [
  { title: 'query', workloads: [o.query.workload] },
  { title: 'query-frontend', workloads: [o.queryFrontend.workload] },
  { title: 'store gateways', workloads: o.stores.map((s) => s.workload) },
  { title: 'memcached', workloads: o.memcached ? [o.memcached.workload] : [] },
  { title: 'ruler', workloads: [o.ruler.workload] },
  { title: 'Alertmanager', workloads: [o.alertmanager.workload] },
  { title: 'Prometheus and sidecars', workloads: clusters.map((c) => c.workload) },
  { title: 'compactor', workloads: [o.compactor.workload] },
  { title: 'bucket web', workloads: [o.bucketWeb.workload] },
  { title: 'Grafana', workloads: [o.grafana.workload] },
  { title: 'node agents', workloads: agents.flatMap((a) => [a.nodeExporter.workload, a.cadvisor.workload]) },
];

/** `statefulset/prometheus`, by what was synthesized. */
export const objectOf = ({ synthesized }: Running, w: Workload): string => {
  const found = synthesized.files
    .flatMap((f) => f.objects)
    .find(
      (o) =>
        ['Deployment', 'StatefulSet', 'DaemonSet'].includes(o.kind) &&
        o.metadata.name === w.name &&
        o.metadata.namespace === w.namespace,
    );
  assert(found, `there is no ${w.namespace}/${w.name}`);
  return `${found.kind.toLowerCase()}/${w.name}`;
};

/** Waits until every workload is as it should be. */
export const allReady = async ({ kubectl, fleet }: Running): Promise<number> =>
  until('every component to be ready', async () => {
    const all = await components(kubectl, fleet.name);
    const open = all.filter((c) => !c.done);
    assert(open.length === 0, `not ready: ${open.map((c) => `${c.namespace}/${c.name} ${c.ready}/${c.wanted}`).join(', ')}`);
    return all.length;
  });

/** Waits for the end of pods that were told to end: they serve on for a while. */
export const oldPodsGone = ({ kubectl }: Running, namespace: string): Promise<void> =>
  until('the old pods to be gone', async () => {
    const old = (await kubectl.get(['pods', '-n', namespace])).filter((p) => p.metadata.deletionTimestamp);
    assert(old.length === 0, old.map((p) => p.metadata.name).join(', '));
  });

/** Which node each of a workload's pods is on. */
export const nodesOf = (pods: readonly KubeObject[]): string[] => pods.map((p) => p.spec.nodeName as string);

/** Old samples that only the bucket has, by what they must add up to. */
export interface Old {
  readonly cluster: string;
  /** Seconds since 1970. */
  readonly from: number;
  readonly to: number;
  readonly samples: number;
}

export const countOf = ({ cluster, from, to }: Old): string =>
  `sum(count_over_time(${backfilled}{cluster="${cluster}"}[${to - from}s]))`;

/** What is asked all the time: of every Prometheus, and of every store gateway. */
export const questions = ({ fleet, topology }: Running, old: readonly Old[], host?: string): Question[] => {
  const { http } = topology.observer.queryFrontend;
  return [
    {
      url: questionUrl(http, { query: 'count by (cluster) (up{job="prometheus"})' }, host),
      contains: ['"success"', ...fleet.clusters.map((c) => `"cluster":"${c.name}"`)],
    },
    ...old.map((o) => ({
      url: questionUrl(http, { query: countOf(o), time: String(o.to - 1), max_source_resolution: '0s' }, host),
      contains: ['"success"', `"${o.samples}"`],
    })),
  ];
};

export const loadOf = (running: Running, old: readonly Old[], host?: string): Load =>
  startLoad(running.kubectl, asker, questions(running, old, host));
