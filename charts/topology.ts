// Who there is: every workload of a fleet, declared before anything is rendered, so that each may ask any other for its address.
import { type Alertmanager, declareAlertmanager } from './components/alertmanager';
import { declareBucketWeb } from './components/bucket-web';
import { declareCadvisor } from './components/cadvisor';
import { declareCompactor } from './components/compactor';
import { declareGrafana, type Grafana } from './components/grafana';
import { declareMemcached, type Memcached } from './components/memcached';
import { type Agent, declareNodeExporter } from './components/node-exporter';
import { declareObjectStore, type ObjectStore } from './components/object-store';
import { declarePrometheus, type Prometheus } from './components/prometheus';
import { declareQuery, type Query } from './components/query';
import { declareQueryFrontend } from './components/query-frontend';
import { declareReplicate } from './components/replicate';
import { declareRuler, type Ruler } from './components/ruler';
import { declareStores, type Store } from './components/store';
import { declareTenants } from './components/tenants';
import type { Place, ThanosWorkload } from './components/thanos';
import { Grants } from './config/object-stores/client';
import type { Bucket } from './config/objstore';
import { exposureOf } from './exposure';
import { isSpread, type ResolvedExpose } from './fleet/exposure';
import { platforms } from './fleet/platforms';
import type { ResolvedFleet, ResolvedKubernetes } from './fleet/resolve';
import { nodes } from './kit/policies';
import { Secrets } from './kit/secrets';
import { Edges } from './kit/wiring';

export interface Observer {
  readonly kubernetes: ResolvedKubernetes;
  readonly query: Query;
  /** Absent: there are no tenants. */
  readonly tenants?: ThanosWorkload;
  readonly queryFrontend: ThanosWorkload;
  readonly stores: readonly Store[];
  /** Absent: caches are kept elsewhere. */
  readonly memcached?: Memcached;
  readonly compactor: ThanosWorkload;
  readonly ruler: Ruler;
  readonly bucketWeb: ThanosWorkload;
  /** Absent: there is no second bucket. */
  readonly replicate?: ThanosWorkload;
  readonly alertmanager: Alertmanager;
  readonly grafana: Grafana;
}

export interface Agents {
  readonly kubernetes: ResolvedKubernetes;
  readonly nodeExporter: Agent;
  readonly cadvisor: Agent;
}

export interface Topology {
  readonly fleet: ResolvedFleet;
  readonly edges: Edges;
  readonly secrets: Secrets;
  readonly objectStore?: ObjectStore;
  readonly bucket: Bucket;
  readonly observer: Observer;
  readonly clusters: readonly Prometheus[];
  readonly agents: readonly Agents[];
}

/** Declares every workload of a resolved fleet; no address has been asked for yet. */
export const declareTopology = (fleet: ResolvedFleet): Topology => {
  const edges = new Edges();
  const secrets = new Secrets();
  const kubernetes = (name: string) => fleet.kubernetes.find((k) => k.name === name) as ResolvedKubernetes;
  const place = (k: string, namespace: string): Place => ({
    fleet: fleet.name,
    kubernetes: k,
    namespace,
    zones: kubernetes(k).zones,
    countedDisk: platforms[kubernetes(k).platform].countedDisk,
    priorityClass: kubernetes(k).priorityClass,
    imageSource: fleet.images,
  });
  const { observer, objectStore: store } = fleet;
  const here = place(observer.in, observer.namespace);
  const spread = isSpread(fleet);
  const exposed = (what: string, k: string, expose?: ResolvedExpose) => exposureOf(what, kubernetes(k), expose);
  const objectStore =
    store.type === 'embedded'
      ? declareObjectStore(
          edges,
          place(observer.in, store.namespace),
          spread ? exposed('object-store', observer.in, store.expose) : undefined,
        )
      : undefined;
  return {
    fleet,
    edges,
    secrets,
    objectStore,
    bucket:
      store.type === 'embedded'
        ? { type: 'embedded', s3: (objectStore as ObjectStore).s3 }
        : { type: 'external', store, kubernetes: fleet.kubernetes, edges, secrets, grants: new Grants() },
    observer: {
      kubernetes: kubernetes(observer.in),
      query: declareQuery(edges, here, observer.query, spread),
      ...(observer.tenancy ? { tenants: declareTenants(edges, here, observer.query) } : {}),
      queryFrontend: declareQueryFrontend(edges, here, observer.queryFrontend),
      stores: declareStores(edges, here, observer.store),
      ...(observer.cache.type === 'memcached' ? { memcached: declareMemcached(edges, here, observer.cache) } : {}),
      compactor: declareCompactor(edges, here),
      ruler: declareRuler(edges, here, observer.ruler, spread),
      bucketWeb: declareBucketWeb(edges, here),
      ...(store.replicate ? { replicate: declareReplicate(edges, here) } : {}),
      alertmanager: declareAlertmanager(
        edges,
        here,
        observer.alertmanager.replicas,
        spread ? { exposure: exposed('alertmanager', observer.in, observer.expose) } : undefined,
      ),
      grafana: declareGrafana(edges, here),
    },
    clusters: fleet.clusters.map((c) =>
      declarePrometheus(
        edges,
        place(c.in, c.namespace),
        c,
        spread ? { exposure: c.in === observer.in ? undefined : exposed(`prometheus of ${c.name}`, c.in, c.expose) } : undefined,
      ),
    ),
    agents: fleet.kubernetes.map((k) => ({
      kubernetes: k,
      nodeExporter: declareNodeExporter(edges, place(k.name, k.agentsNamespace), nodes(k), k.nodeExporterPort),
      cadvisor: declareCadvisor(edges, place(k.name, k.agentsNamespace)),
    })),
  };
};

/** Everything in the observer that is scraped. */
export const observerTargets = ({ observer: o }: Topology) => [
  o.query.http,
  ...(o.tenants ? [o.tenants.http] : []),
  o.queryFrontend.http,
  ...o.stores.map((s) => s.http),
  o.compactor.http,
  o.ruler.http,
  o.bucketWeb.http,
  ...(o.replicate ? [o.replicate.http] : []),
  ...(o.memcached?.exporter ? [o.memcached.exporter] : []),
  o.alertmanager.http,
  o.grafana.http,
];
