// What all Thanos components share: ports, flags, probes, grace.
import { images } from '../images';
import { type k8s, probes } from '../kit/kubernetes';
import { type Edges, Endpoint, type Port, type Workload } from '../kit/wiring';

export const http: Port = { name: 'http', number: 10902 };
export const grpc: Port = { name: 'grpc', number: 10901 };

/** Any user can run it; this is the image's own. */
export const uid = 1001;

export const httpArgs = (port = http) => [`--http-address=0.0.0.0:${port.number}`, '--http-grace-period=60s'];
export const grpcArgs = (port = grpc) => [`--grpc-address=0.0.0.0:${port.number}`, '--grpc-grace-period=60s'];

/** The runtime keeps below the container's memory limit. */
export const memoryArgs = ['--enable-auto-gomemlimit'];

/** HTTP and gRPC servers stop one after the other (thanos pkg/server): 60 s + 60 s, and half a minute for the rest. */
export const terminationGracePeriodSeconds = 150;

export const thanosProbes = (port = http): Pick<k8s.Container, 'livenessProbe' | 'readinessProbe'> => probes(port);

/** A Thanos component of the observer. */
export interface ThanosWorkload {
  readonly workload: Workload;
  readonly http: Endpoint;
}

export interface StoreApi extends ThanosWorkload {
  readonly grpc: Endpoint;
}

export interface Place {
  readonly fleet: string;
  readonly kubernetes: string;
  readonly namespace: string;
}

export const thanosWorkload = (place: Place, name: string, component: string, replicas = 1): Workload => ({
  kind: 'workload',
  name,
  component,
  ...place,
  replicas,
  image: images.thanos,
});

export const withHttp = (edges: Edges, workload: Workload): ThanosWorkload => ({
  workload,
  http: new Endpoint(edges, workload, http),
});

export const withStoreApi = (edges: Edges, workload: Workload): StoreApi => ({
  ...withHttp(edges, workload),
  grpc: new Endpoint(edges, workload, grpc),
});
