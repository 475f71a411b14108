// memcached: what store gateways and query-frontends have fetched and computed, shared by their replicas. It may be lost at
// any time. Its clients count what they ask, what they get, and what fails; what it says itself, an exporter beside it tells.
import type { Construct } from 'constructs';
import type { Keeper } from '../config/caches';
import { images } from '../images';
import { container, containerPorts, k8s, probes, resources, restricted, service, statefulSet } from '../kit/kubernetes';
import { bytes } from '../kit/units';
import { type Edges, Endpoint, type Port, partOfInternet, type Workload } from '../kit/wiring';
import type { Place } from './thanos';

const client: Port = { name: 'client', number: 11211 };
const metrics: Port = { name: 'http', number: 9150 };
const uid = 11211;

/** It looks things up, and waits for the network. */
export const memcachedCpu = '50m';
/** The exporter asks its server once for each scrape. */
export const exporterResources = { cpu: '10m', memory: '64Mi' } as const;

export interface Memcached {
  readonly workload: Workload;
  /** Of each server. */
  readonly memory: string;
  readonly client: Endpoint;
  /** Absent: there is none. */
  readonly exporter?: Endpoint;
}

export const declareMemcached = (
  edges: Edges,
  place: Place,
  { replicas, memory, exporter }: { replicas: number; memory: string; exporter: boolean },
): Memcached => {
  const workload: Workload = {
    kind: 'workload',
    name: 'memcached',
    component: 'memcached',
    ...place,
    replicas,
    image: images.memcached,
  };
  return {
    workload,
    memory,
    client: new Endpoint(edges, workload, client),
    ...(exporter ? { exporter: new Endpoint(edges, workload, metrics) } : {}),
  };
};

/** Of an answer, or of the postings of a label; memcached's own limit of 1 MiB leaves out what is dearest to fetch. */
const maxItem = 4 * 2 ** 20;

/** The fleet's own servers, for a client. Keys are divided by the servers' names, which outlive their addresses. */
export const ownServers = (memcached: Memcached, workload: Workload): Keeper => ({
  servers: [memcached.client.namesFor(workload)],
  maxItem,
});

/** Servers that are not the fleet's, for a client. @param addresses `host:port` */
export const otherServers = (edges: Edges, addresses: readonly string[], workload: Workload): Keeper => {
  for (const address of addresses)
    edges.allow(workload, partOfInternet('memcached'), { name: client.name, number: Number(address.split(':').at(-1)) });
  return { servers: addresses.map((address) => `dns+${address}`) };
};

export const renderMemcached = (scope: Construct, memcached: Memcached): void => {
  const { workload, memory, exporter } = memcached;
  const probe: k8s.Probe = { tcpSocket: { port: k8s.IntOrString.fromString(client.name) } };
  service(scope, workload, [client], { headless: true });
  // a StatefulSet for its pods' names; there is no volume
  statefulSet(
    scope,
    workload,
    {
      spec: {
        ...restricted(uid),
        terminationGracePeriodSeconds: 30,
        containers: [
          container(workload.name, workload.image, {
            args: [
              `--port=${client.number}`,
              `--memory-limit=${Math.floor((0.8 * bytes(memory)) / 2 ** 20)}`, // MiB of items; connections and tables need the rest
              `--max-item-size=${maxItem / 2 ** 20 + 1}m`, // with its key and header
              '--conn-limit=4096',
            ],
            ports: containerPorts(client),
            readinessProbe: { ...probe, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 3 },
            livenessProbe: { ...probe, periodSeconds: 30, timeoutSeconds: 10, failureThreshold: 8 },
            resources: resources({ cpu: memcachedCpu, memory }),
          }),
          ...(exporter ? [exporterContainer] : []),
        ],
      },
    },
    [],
  );
};

/** Its defaults are what is wanted: it asks localhost:11211, and listens on :9150. */
const exporterContainer: k8s.Container = container('memcached-exporter', images.memcachedExporter, {
  ports: containerPorts(metrics),
  ...probes(metrics, { live: '/', ready: '/' }),
  resources: resources(exporterResources),
});
