// Every image that a fleet runs, by upstream name and pinned version. An upgrade is one line here.

/** One container image: `repository:tag`. */
export interface Image {
  readonly repository: string;
  readonly tag: string;
  /** The program's licence, an SPDX identifier. It is run as upstream publishes it. */
  readonly licence: string;
}

export const images = {
  thanos: { repository: 'quay.io/thanos/thanos', tag: 'v0.42.4', licence: 'Apache-2.0' },
  prometheus: { repository: 'quay.io/prometheus/prometheus', tag: 'v3.15.0', licence: 'Apache-2.0' },
  alertmanager: { repository: 'quay.io/prometheus/alertmanager', tag: 'v0.34.2', licence: 'Apache-2.0' },
  nodeExporter: { repository: 'quay.io/prometheus/node-exporter', tag: 'v1.12.1', licence: 'Apache-2.0' },
  cadvisor: { repository: 'ghcr.io/google/cadvisor', tag: '0.60.5', licence: 'Apache-2.0' },
  grafana: { repository: 'docker.io/grafana/grafana', tag: '13.2.3', licence: 'AGPL-3.0-only' },
  memcached: { repository: 'docker.io/library/memcached', tag: '1.6.18', licence: 'BSD-3-Clause' },
  memcachedExporter: { repository: 'quay.io/prometheus/memcached-exporter', tag: 'v0.16.0', licence: 'Apache-2.0' },
  versitygw: { repository: 'docker.io/versity/versitygw', tag: 'v1.8.0', licence: 'Apache-2.0' },
  busybox: { repository: 'docker.io/library/busybox', tag: '1.37', licence: 'GPL-2.0-only' },
} as const satisfies Record<string, Image>;

/** The upstream reference. */
export const reference = (image: Image): string => `${image.repository}:${image.tag}`;

/** Where a fleet gets its images from. */
export interface ImageSource {
  /** A registry that has a copy of each, `host[:port][/path]`. Absent: where upstream publishes them. */
  readonly registry?: string;
  /** Digests by upstream reference; an image without one is known by its tag. */
  readonly digests: Readonly<Record<string, string>>;
  /** Secrets that hold a login to the registry, in every namespace of the fleet. */
  readonly pullSecrets: readonly string[];
}

/** What a pod spec takes: the upstream reference, with the fleet's registry in place of upstream's and with its digest. */
export const pulledFrom = (source: ImageSource, upstream: string): string => {
  const there = source.registry ? `${source.registry}/${withoutHost(upstream)}` : upstream;
  const digest = source.digests[upstream];
  return digest ? `${there}@${digest}` : there;
};

/** A reference without the registry's host, which is what a copy in another registry is named after. */
export const withoutHost = (upstream: string): string => upstream.slice(upstream.indexOf('/') + 1);

/** The image behind a reference of a pod spec, wherever it is pulled from; undefined when it is none of `images`. */
export const imageOf = (pulled: string): Image | undefined => {
  const tagged = pulled.replace(/@.*/, '');
  return Object.values<Image>(images).find((i) => tagged === reference(i) || tagged.endsWith(`/${withoutHost(reference(i))}`));
};
