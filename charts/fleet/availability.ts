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

export interface ResolvedParts {
  readonly query: ResolvedScale;
  readonly queryFrontend: ResolvedScale;
  readonly store: { readonly resources: Resources; readonly disk: string };
  readonly compactor: { readonly resources: Resources; readonly volume: string };
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

/** Fills in what the fleet file does not say. */
export const resolveParts = (observer: Observer, defaults: ResolvedParts): ResolvedParts => ({
  query: resolveScale(observer.query, defaults.query),
  queryFrontend: resolveScale(observer.queryFrontend, defaults.queryFrontend),
  store: {
    resources: resolveResources(observer.store?.resources, defaults.store.resources),
    disk: observer.store?.disk ?? defaults.store.disk,
  },
  compactor: {
    resources: resolveResources(observer.compactor?.resources, defaults.compactor.resources),
    volume: observer.compactor?.volume ?? defaults.compactor.volume,
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
