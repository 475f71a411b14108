// Kubernetes service discovery and relabelling as Prometheus does them, as far as the fleet's configuration needs them.
import type { Json, Pod } from './fleets';

export type Labels = Readonly<Record<string, string>>;

interface RelabelConfig {
  readonly source_labels?: readonly string[];
  readonly separator?: string;
  readonly regex?: string;
  readonly target_label?: string;
  readonly replacement?: string;
  readonly action?: string;
}

const anchored = (regex: string): RegExp => new RegExp(`^(?:${regex})$`, 's');

/** The labels after all steps, or undefined when the target is dropped (prometheus model/relabel). */
export const relabel = (labels: Labels, configs: readonly RelabelConfig[]): Labels | undefined => {
  const result: Record<string, string> = { ...labels };
  for (const c of configs) {
    const value = (c.source_labels ?? []).map((name) => result[name] ?? '').join(c.separator ?? ';');
    const match = anchored(c.regex ?? '(.*)').exec(value);
    switch (c.action ?? 'replace') {
      case 'keep':
        if (!match) return undefined;
        break;
      case 'drop':
        if (match) return undefined;
        break;
      case 'labeldrop':
        for (const name of Object.keys(result)) if (anchored(c.regex ?? '(.*)').test(name)) delete result[name];
        break;
      case 'replace': {
        if (!match) break;
        const text = (c.replacement ?? '$1').replace(/\$(?:(\d+)|\{(\d+)\})/g, (_, a, b) => match[Number(a ?? b)] ?? '');
        if (text === '') delete result[c.target_label as string];
        else result[c.target_label as string] = text;
        break;
      }
      default:
        throw new Error(`no relabel action ${c.action} here`);
    }
  }
  return result;
};

const sanitize = (name: string): string => name.replace(/[^a-zA-Z0-9_]/g, '_');
const prefixed = (prefix: string, labels: Labels): Labels =>
  Object.fromEntries(Object.entries(labels).map(([name, value]) => [`__meta_kubernetes_${prefix}_${sanitize(name)}`, value]));

/** Targets of `role: pod`: one per declared port of every container, or one without a port. */
export const podTargets = (pod: Pod): Labels[] =>
  [
    ...(pod.spec.initContainers ?? []).map((c: Json) => ({ c, init: 'true' })),
    ...pod.spec.containers.map((c: Json) => ({ c, init: 'false' })),
  ].flatMap(({ c, init }) =>
    (c.ports?.length ? c.ports : [undefined]).map((port: Json) => ({
      __address__: port ? `${pod.ip}:${port.containerPort}` : pod.ip,
      __meta_kubernetes_namespace: pod.namespace,
      __meta_kubernetes_pod_name: pod.name,
      __meta_kubernetes_pod_ip: pod.ip,
      __meta_kubernetes_pod_phase: pod.phase,
      __meta_kubernetes_pod_node_name: pod.node,
      __meta_kubernetes_pod_container_name: c.name,
      __meta_kubernetes_pod_container_init: init,
      ...(port
        ? {
            __meta_kubernetes_pod_container_port_name: port.name ?? '',
            __meta_kubernetes_pod_container_port_number: String(port.containerPort),
            __meta_kubernetes_pod_container_port_protocol: port.protocol ?? 'TCP',
          }
        : {}),
      ...prefixed('pod_label', pod.labels),
      ...prefixed('pod_annotation', pod.annotations),
    })),
  );

export interface Target {
  readonly job: string;
  /** What is scraped: scheme, address and path. */
  readonly url: string;
  readonly namespace: string;
  readonly pod: string;
  readonly labels: Labels;
}

/** What one scrape configuration scrapes of these pods; targets with equal labels are one, as in Prometheus. */
export const targetsOf = (scrape: Json, pods: readonly Pod[]): Target[] => {
  const found = new Map<string, Target>();
  for (const sd of scrape.kubernetes_sd_configs) {
    if (sd.role !== 'pod') continue;
    for (const pod of pods.filter((p) => sd.namespaces?.names.includes(p.namespace) ?? true)) {
      for (const meta of podTargets(pod)) {
        const initial = {
          job: scrape.job_name,
          __scheme__: scrape.scheme ?? 'http',
          __metrics_path__: scrape.metrics_path ?? '/metrics',
          ...meta,
        };
        const kept = relabel(initial, scrape.relabel_configs ?? []);
        if (!kept) continue;
        const labels = Object.fromEntries(
          Object.entries(kept)
            .filter(([name]) => !name.startsWith('__meta_'))
            .sort(),
        );
        const url = `${kept.__scheme__}://${kept.__address__}${kept.__metrics_path__}`;
        const target = { job: kept.job as string, url, namespace: pod.namespace, pod: pod.name, labels };
        found.set(JSON.stringify(labels), target);
      }
    }
  }
  return [...found.values()];
};
