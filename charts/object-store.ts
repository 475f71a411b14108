// The embedded object store: an S3 server in a namespace of its own, so that nothing else that is deleted takes blocks with it.
import type { Chart } from 'cdk8s';
import { type ObjectStore, renderObjectStore } from './components/object-store';
import { renderExposed } from './exposure';
import { namespace } from './kit/kubernetes';
import type { Topology } from './topology';

export const renderEmbeddedStore = (chart: Chart, topology: Topology, store: ObjectStore): void => {
  const { fleet, observer } = topology;
  if (fleet.objectStore.type !== 'embedded') return;
  namespace(chart, store.workload.namespace, fleet.name, 'restricted');
  renderObjectStore(chart, store, {
    size: fleet.objectStore.size,
    kubernetes: observer.kubernetes,
    accounts: fleet.clusters.filter((c) => c.in !== fleet.observer.in).map((c) => c.name),
  });
  renderExposed(chart, store.s3, observer.kubernetes, fleet.objectStore.expose);
};
