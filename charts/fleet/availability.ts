// How many there are of each part of the observer, and what each may use.
import type { Resources } from '../kit/kubernetes';
import type { Autoscale } from '../kit/wiring';
import type { Fleet } from './schema';

type Observer = Fleet['observer'];

/** Pods of which any can answer any request. */
export interface ResolvedScale {
  /** The least that there are when they are scaled automatically. */
  readonly replicas: number;
  readonly autoscale?: Autoscale;
  readonly resources: Resources;
}

/** Where caches are kept: in the memory of each pod, in memcached of the fleet's own, or in memcached of somebody else's. */
export type ResolvedCache =
  | { readonly type: 'memory' }
  | { readonly type: 'memcached'; readonly replicas: number; readonly memory: string; readonly exporter: boolean }
  | { readonly type: 'other'; readonly addresses: readonly string[] };

export interface ResolvedParts {
  readonly cache: ResolvedCache;
  readonly query: ResolvedScale;
  readonly queryFrontend: ResolvedScale;
  readonly store: {
    /** Of each shard. */
    readonly replicas: number;
    /** Parts by the hash of a block's id. */
    readonly shards: number;
    /** Ages that divide the bucket. */
    readonly splitAt: readonly string[];
    readonly limits: { readonly series?: number; readonly samples?: number; readonly bytes?: string };
    readonly resources: Resources;
    readonly disk: string;
  };
  readonly compactor: { readonly resources: Resources; readonly volume: string; readonly concurrency: number };
  readonly ruler: { readonly replicas: number; readonly resources: Resources; readonly volume: string };
  readonly bucketWeb: { readonly resources: Resources };
  readonly alertmanager: { readonly replicas: number; readonly resources: Resources };
  readonly grafana: { readonly resources: Resources };
}

/** Memory that is written down is requested and the limit. */
export const resolveResources = (written: { cpu?: string; memory?: string } | undefined, defaults: Resources): Resources => ({
  cpu: written?.cpu ?? defaults.cpu,
  memory: written?.memory ?? defaults.memory,
  memoryLimit: written?.memory ?? defaults.memoryLimit,
});

const resolveScale = (written: Observer['query'] | Observer['queryFrontend'], defaults: ResolvedScale): ResolvedScale => {
  const { autoscale } = written ?? {};
  const min = autoscale?.min ?? Math.max(2, defaults.replicas);
  return {
    replicas: autoscale ? min : (written?.replicas ?? defaults.replicas),
    ...(autoscale ? { autoscale: { min, max: autoscale.max, cpu: autoscale.cpu ?? '70%' } } : {}),
    resources: resolveResources(written?.resources, defaults.resources),
  };
};

const resolveCache = (written: Observer['cache'], defaults: ResolvedCache): ResolvedCache => {
  if (!written) return defaults;
  if (written.type === 'memory') return { type: 'memory' };
  if (written.addresses) return { type: 'other', addresses: written.addresses };
  const { replicas, memory, exporter } =
    defaults.type === 'memcached' ? defaults : { replicas: 2, memory: '512Mi', exporter: false };
  return {
    type: 'memcached',
    replicas: written.replicas ?? replicas,
    memory: written.memory ?? memory,
    exporter: written.exporter ?? exporter,
  };
};

/** Fills in what the fleet file does not say. */
export const resolveParts = (observer: Observer, defaults: ResolvedParts): ResolvedParts => ({
  cache: resolveCache(observer.cache, defaults.cache),
  query: resolveScale(observer.query, defaults.query),
  queryFrontend: resolveScale(observer.queryFrontend, defaults.queryFrontend),
  store: {
    replicas: observer.store?.replicas ?? defaults.store.replicas,
    shards: observer.store?.shards ?? defaults.store.shards,
    splitAt: observer.store?.splitAt ?? defaults.store.splitAt,
    limits: { ...defaults.store.limits, ...observer.store?.limits },
    resources: resolveResources(observer.store?.resources, defaults.store.resources),
    disk: observer.store?.disk ?? defaults.store.disk,
  },
  compactor: {
    resources: resolveResources(observer.compactor?.resources, defaults.compactor.resources),
    volume: observer.compactor?.volume ?? defaults.compactor.volume,
    concurrency: observer.compactor?.concurrency ?? defaults.compactor.concurrency,
  },
  ruler: {
    replicas: observer.ruler?.replicas ?? defaults.ruler.replicas,
    resources: resolveResources(observer.ruler?.resources, defaults.ruler.resources),
    volume: observer.ruler?.volume ?? defaults.ruler.volume,
  },
  bucketWeb: { resources: resolveResources(observer.bucketWeb?.resources, defaults.bucketWeb.resources) },
  alertmanager: {
    replicas: observer.alertmanager?.replicas ?? defaults.alertmanager.replicas,
    resources: resolveResources(observer.alertmanager?.resources, defaults.alertmanager.resources),
  },
  grafana: { resources: resolveResources(observer.grafana?.resources, defaults.grafana.resources) },
});
