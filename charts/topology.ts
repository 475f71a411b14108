// Who there is: every workload of a fleet, declared before anything is rendered, so that each may ask any other for its address.
import { type Alertmanager, declareAlertmanager } from './components/alertmanager';
import { declareBucketWeb } from './components/bucket-web';
import { declareCadvisor } from './components/cadvisor';
import { declareCompactor } from './components/compactor';
import { declareGrafana, type Grafana } from './components/grafana';
import { type Agent, declareNodeExporter } from './components/node-exporter';
import { declareObjectStore, type ObjectStore } from './components/object-store';
import { declarePrometheus, type Prometheus } from './components/prometheus';
import { declareQuery } from './components/query';
import { declareQueryFrontend } from './components/query-frontend';
import { declareRuler } from './components/ruler';
import { declareStore } from './components/store';
import type { Place, StoreApi, ThanosWorkload } from './components/thanos';
import { Grants } from './config/object-stores/client';
import type { Bucket } from './config/objstore';
import type { ResolvedFleet, ResolvedKubernetes } from './fleet/resolve';
import { nodes } from './kit/policies';
import { Edges } from './kit/wiring';

export interface Observer {
  readonly kubernetes: ResolvedKubernetes;
  readonly query: StoreApi;
  readonly queryFrontend: ThanosWorkload;
  readonly store: StoreApi;
  readonly compactor: ThanosWorkload;
  readonly ruler: StoreApi;
  readonly bucketWeb: ThanosWorkload;
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
  readonly objectStore?: ObjectStore;
  readonly bucket: Bucket;
  readonly observer: Observer;
  readonly clusters: readonly Prometheus[];
  readonly agents: readonly Agents[];
}

/** Declares every workload of a resolved fleet; no address has been asked for yet. */
export const declareTopology = (fleet: ResolvedFleet): Topology => {
  const edges = new Edges();
  const kubernetes = (name: string) => fleet.kubernetes.find((k) => k.name === name) as ResolvedKubernetes;
  const place = (k: string, namespace: string): Place => ({
    fleet: fleet.name,
    kubernetes: k,
    namespace,
    zones: kubernetes(k).zones,
    priorityClass: kubernetes(k).priorityClass,
    imageSource: fleet.images,
  });
  const { observer, objectStore: store } = fleet;
  const here = place(observer.in, observer.namespace);
  const objectStore = store.type === 'embedded' ? declareObjectStore(edges, place(observer.in, store.namespace)) : undefined;
  return {
    fleet,
    edges,
    objectStore,
    bucket:
      store.type === 's3'
        ? { type: 's3', store, kubernetes: fleet.kubernetes, edges, grants: new Grants() }
        : { type: 'embedded', s3: (objectStore as ObjectStore).s3 },
    observer: {
      kubernetes: kubernetes(observer.in),
      query: declareQuery(edges, here, observer.query),
      queryFrontend: declareQueryFrontend(edges, here, observer.queryFrontend),
      store: declareStore(edges, here),
      compactor: declareCompactor(edges, here),
      ruler: declareRuler(edges, here, observer.ruler),
      bucketWeb: declareBucketWeb(edges, here),
      alertmanager: declareAlertmanager(edges, here, observer.alertmanager.replicas),
      grafana: declareGrafana(edges, here),
    },
    clusters: fleet.clusters.map((c) => declarePrometheus(edges, place(c.in, c.namespace), c)),
    agents: fleet.kubernetes.map((k) => ({
      kubernetes: k,
      nodeExporter: declareNodeExporter(edges, place(k.name, k.agentsNamespace), nodes(k)),
      cadvisor: declareCadvisor(edges, place(k.name, k.agentsNamespace)),
    })),
  };
};

/** Everything in the observer that is scraped. */
export const observerTargets = ({ observer: o }: Topology) => [
  o.query.http,
  o.queryFrontend.http,
  o.store.http,
  o.compactor.http,
  o.ruler.http,
  o.bucketWeb.http,
  o.alertmanager.http,
  o.grafana.http,
];
