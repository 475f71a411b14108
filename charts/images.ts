// Every image that a fleet runs, by upstream name and pinned version. An upgrade is one line here.

/** One container image: `repository:tag`. */
export interface Image {
  readonly repository: string;
  readonly tag: string;
}

export const images = {
  thanos: { repository: 'quay.io/thanos/thanos', tag: 'v0.42.4' },
  prometheus: { repository: 'quay.io/prometheus/prometheus', tag: 'v3.15.0' },
  alertmanager: { repository: 'quay.io/prometheus/alertmanager', tag: 'v0.34.2' },
  nodeExporter: { repository: 'quay.io/prometheus/node-exporter', tag: 'v1.12.1' },
  cadvisor: { repository: 'ghcr.io/google/cadvisor', tag: '0.60.5' },
  grafana: { repository: 'docker.io/grafana/grafana', tag: '13.2.3' },
  versitygw: { repository: 'docker.io/versity/versitygw', tag: 'v1.8.0' },
  busybox: { repository: 'docker.io/library/busybox', tag: '1.37' },
} as const satisfies Record<string, Image>;

/** The reference that a pod spec takes. */
export const reference = (image: Image): string => `${image.repository}:${image.tag}`;
