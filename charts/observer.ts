// The observer: the namespace with the global components.
import type { Chart } from 'cdk8s';
import { renderAlertmanager } from './components/alertmanager';
import { renderBucketWeb } from './components/bucket-web';
import { renderCompactor } from './components/compactor';
import { renderGrafana } from './components/grafana';
import { otherServers, ownServers, renderMemcached } from './components/memcached';
import { renderQuery } from './components/query';
import { renderQueryFrontend } from './components/query-frontend';
import { renderReplicate } from './components/replicate';
import { renderRuler } from './components/ruler';
import { letAlertsIn, sidecarCertificates, sidecarEndpoints } from './components/sidecars';
import { renderStore } from './components/store';
import { renderTenants } from './components/tenants';
import type { Keeper } from './config/caches';
import { bucketClients, withReplica } from './config/objstore';
import { renderExposed } from './exposure';
import { renderIngress } from './ingress';
import { namespace } from './kit/kubernetes';
import type { Workload } from './kit/wiring';
import { renderLocalPorts, userUrl } from './localhost';
import type { Topology } from './topology';

export const renderObserver = (chart: Chart, topology: Topology): void => {
  const { fleet, observer, edges, secrets } = topology;
  const { kubernetes, query, tenants, queryFrontend, stores, memcached, compactor, ruler, bucketWeb, alertmanager, grafana } =
    observer;
  const own = fleet.observer.namespace;
  const queryUrl = userUrl(topology, query.http);
  const grafanaUrl = userUrl(topology, grafana.http);
  namespace(chart, own, fleet.name, 'restricted');
  const bucket = bucketClients(chart, own, fleet.name, topology.bucket, ruler.clientTls);
  const { cache } = fleet.observer;
  const keeper = (client: Workload): Keeper | undefined =>
    memcached ? ownServers(memcached, client) : cache.type === 'other' ? otherServers(edges, cache.addresses, client) : undefined;
  renderQuery(chart, query, fleet, {
    any: stores.map((s) => s.grpc),
    each: [ruler.grpc, ...topology.clusters.map((c) => c.grpc)],
    others: fleet.externals.flatMap((external) => sidecarEndpoints(edges, external, query.workload)),
    certificates: sidecarCertificates(fleet.externals, query.workload, secrets),
    externalUrl: queryUrl,
  });
  for (const external of fleet.externals) letAlertsIn(external, alertmanager.http);
  const { tenancy } = fleet.observer;
  if (tenants && tenancy) renderTenants(chart, tenants, fleet, tenancy, { query: query.grpc });
  renderQueryFrontend(chart, queryFrontend, fleet, { downstream: query.http, cache: keeper(queryFrontend.workload) });
  for (const store of stores) renderStore(chart, store, fleet, { bucket: bucket(store.workload), cache: keeper(store.workload) });
  if (memcached) renderMemcached(chart, memcached);
  renderCompactor(chart, compactor, fleet, kubernetes, { bucket: bucket(compactor.workload) });
  renderRuler(chart, ruler, fleet, kubernetes, {
    query: query.http,
    alertmanager: alertmanager.http,
    bucket: bucket(ruler.workload),
    queryUrl,
  });
  renderBucketWeb(chart, bucketWeb, fleet, { bucket: bucket(bucketWeb.workload) });
  const { replicate } = fleet.objectStore;
  if (replicate && observer.replicate) {
    const { workload } = observer.replicate;
    const buckets = withReplica(chart, workload, topology, bucket(workload), replicate.to);
    renderReplicate(chart, observer.replicate, replicate, { buckets });
  }
  renderAlertmanager(chart, alertmanager, fleet, {
    kubernetes,
    externalUrl: userUrl(topology, alertmanager.http),
    grafanaUrl,
    edges,
    secrets,
  });
  renderGrafana(chart, grafana, fleet, {
    datasource: queryFrontend.http,
    kubernetes,
    externalUrl: grafanaUrl,
    edges,
    secrets,
  });
  renderExposed(chart, alertmanager.http, kubernetes, fleet.observer.expose);
  renderIngress(chart, topology);
  renderLocalPorts(chart, topology, kubernetes.name, own);
};
