// What all Thanos components share: ports, flags, probes, grace, and with them most of a pod.
import type { BucketClient } from '../config/objstore';
import { images } from '../images';
import { container, containerPorts, type k8s, type PodOptions, probes, restricted, startupProbe } from '../kit/kubernetes';
import { seconds } from '../kit/units';
import { type Edges, Endpoint, type Port, programOf, type Workload } from '../kit/wiring';

export const http: Port = { name: 'http', number: 10902 };
export const grpc: Port = { name: 'grpc', number: 10901 };

/** Any user can run it; this is the image's own. */
const uid = 1001;

export const httpArgs = (port = http) => [`--http-address=0.0.0.0:${port.number}`, '--http-grace-period=60s'];
export const grpcArgs = (port = grpc) => [`--grpc-address=0.0.0.0:${port.number}`, '--grpc-grace-period=60s'];

/** The runtime keeps below the container's memory limit. */
export const memoryArgs = ['--enable-auto-gomemlimit'];

/**
 * Longest wait for what a StoreAPI says of itself, and the time between two such questions. gRPC notices after 15 s (thanos
 * pkg/extgrpc) that a pod has vanished with its node, and then asks another one of its group. With Thanos' own 5 s the question
 * fails before that, and the whole group is left out of queries without a word.
 */
export const infoTimeout = '20s';

/**
 * Seconds until nobody asks a pod any more that is about to end. Clients that go by its Service's address are sent to another as
 * soon as every node knows. The querier looks up the pods themselves every 10 s, by names that a DNS server may remember for 5 s,
 * and takes up what it has found in its next round of questions (thanos cmd/thanos/endpointset.go).
 */
export const drains = { service: 10, lookup: 10 + 5 + seconds(infoTimeout) } as const;

/** HTTP and gRPC servers stop one after the other (thanos pkg/server), 60 s + 60 s, after the drain; and a while for the rest. */
const terminationGracePeriodSeconds = Math.max(...Object.values(drains)) + 60 + 60 + 15;

/** A container goes on for so many seconds when its pod is told to end; its grace period begins before. */
export const servesOn = (seconds: number): k8s.Lifecycle => ({ preStop: { exec: { command: ['sleep', String(seconds)] } } });

/** A Thanos component of the observer. */
export interface ThanosWorkload {
  readonly workload: Workload;
  readonly http: Endpoint;
}

export interface StoreApi extends ThanosWorkload {
  readonly grpc: Endpoint;
}

/** What workloads of one namespace have in common. */
export type Place = Pick<
  Workload,
  'fleet' | 'kubernetes' | 'namespace' | 'zones' | 'countedDisk' | 'priorityClass' | 'imageSource'
>;

type Scale = Pick<Workload, 'replicas' | 'autoscale'>;

export const thanosWorkload = (
  place: Place,
  name: string,
  component: string,
  { replicas, autoscale }: Scale = { replicas: 1 },
): Workload => ({ kind: 'workload', name, component, ...place, replicas, autoscale, image: images.thanos });

export const withHttp = (edges: Edges, workload: Workload): ThanosWorkload => ({
  workload,
  http: new Endpoint(edges, workload, http),
});

export const withStoreApi = (edges: Edges, workload: Workload): StoreApi => ({
  ...withHttp(edges, workload),
  grpc: new Endpoint(edges, workload, grpc),
});

/** What tells the pods of one Thanos component from those of another. */
export interface ThanosPod {
  readonly command: readonly string[];
  readonly args?: readonly string[];
  /** It serves StoreAPI beside HTTP. */
  readonly grpc?: boolean;
  /** It works on files, in a volume named data. */
  readonly data?: boolean;
  /** Seconds for which it serves on when it is told to end, until nobody asks it any more: one of `drains`. */
  readonly drains?: number;
  /** It reads its disk or its bucket before it serves. */
  readonly slowStart?: boolean;
  readonly env?: readonly k8s.EnvVar[];
  readonly resources: k8s.ResourceRequirements;
  readonly volumeMounts?: readonly k8s.VolumeMount[];
  readonly volumes?: readonly k8s.Volume[];
  /** What it needs to use the bucket. */
  readonly bucket?: BucketClient;
}

const dataDirectory = '/data';

const unlessEmpty = <T>(list: readonly T[]): T[] | undefined => (list.length > 0 ? [...list] : undefined);

/** The pod of a Thanos component: one container named after its program. */
export const thanosPod = (workload: Workload, pod: ThanosPod): PodOptions => ({
  ...pod.bucket?.pod,
  spec: {
    ...restricted(uid),
    terminationGracePeriodSeconds,
    containers: [
      container(programOf(workload), workload.image, {
        args: [
          ...pod.command,
          ...httpArgs(),
          ...(pod.grpc ? grpcArgs() : []),
          ...memoryArgs,
          ...(pod.data ? [`--data-dir=${dataDirectory}`] : []),
          ...(pod.bucket?.args ?? []),
          ...(pod.args ?? []),
        ],
        env: unlessEmpty([...(pod.env ?? []), ...(pod.bucket?.env ?? [])]),
        ports: containerPorts(http, ...(pod.grpc ? [grpc] : [])),
        startupProbe: pod.slowStart ? startupProbe(http) : undefined,
        ...probes(http),
        lifecycle: pod.drains ? servesOn(pod.drains) : undefined,
        resources: pod.resources,
        volumeMounts: unlessEmpty([
          ...(pod.data ? [{ name: 'data', mountPath: dataDirectory }] : []),
          ...(pod.volumeMounts ?? []),
          ...(pod.bucket?.volumeMounts ?? []),
        ]),
      }),
    ],
    volumes: unlessEmpty([...(pod.volumes ?? []), ...(pod.bucket?.volumes ?? [])]),
  },
});
