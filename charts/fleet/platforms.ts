// What a platform means: the defaults of everything that is in a Kubernetes cluster of that kind. docs/production.md explains them.
import type { Resources } from '../kit/kubernetes';
import type { ResolvedParts } from './availability';
import { eksArn, type Fleet } from './schema';

export type Platform = Fleet['kubernetes'][string]['platform'];

/** What is assumed where the fleet file says nothing. */
export interface PlatformDefaults {
  /** Absent: the Kubernetes cluster's own default. */
  readonly storageClass?: string;
  readonly zones: 'required' | 'preferred';
  /** Whether nodes count what pods write to the nodes' own disks: a pod that asks for some starts nowhere if they do not. */
  readonly countedDisk: boolean;
  readonly podCidrs: readonly string[];
  /** Thresholds of alerts, as they are written. */
  readonly alerts: {
    /** The load of a node that is high: a number, or as many as the node has processors. */
    readonly highLoad: { readonly threshold: number | 'processors' };
    // in this order: the reason is told before what follows from it
    readonly prometheusReplicaDown: { readonly for: string };
    readonly targetDown: { readonly for: string };
    readonly componentDown: { readonly for: string };
  };
  /** Of the monitored clusters in it. */
  readonly cluster: {
    readonly retention: string;
    readonly blockDuration: string;
    readonly volume: string;
    readonly resources: Resources;
    readonly sidecar: Resources;
  };
  /** Of the observer in it. */
  readonly observer: ResolvedParts;
}

/** The memory that is requested is what there is: nothing is evicted because a neighbour grew. */
const guaranteed = (cpu: string, memory: string): Resources => ({ cpu, memory, memoryLimit: memory });

export const platforms: Readonly<Record<Platform, PlatformDefaults>> = {
  kind: {
    zones: 'preferred', // nodes of kind are in none
    // one sees them fire in a demo
    alerts: {
      highLoad: { threshold: 0.5 },
      prometheusReplicaDown: { for: '15s' },
      targetDown: { for: '2m' },
      componentDown: { for: '3m' },
    },
    countedDisk: false, // not where Docker or Podman run without root (kubernetes-sigs/kind#3359)
    podCidrs: ['10.244.0.0/16'], // what kind gives to pods
    cluster: {
      retention: '48h',
      blockDuration: '30m', // the first block is in the bucket before a demo is over
      volume: '2Gi',
      resources: { cpu: '100m', memory: '256Mi', memoryLimit: '1Gi' }, // a laptop holds many of them
      sidecar: { cpu: '20m', memory: '48Mi', memoryLimit: '256Mi' },
    },
    // one of each: a second pod on the same machine is no help when the machine is gone
    observer: {
      query: { replicas: 1, resources: { cpu: '100m', memory: '128Mi', memoryLimit: '512Mi' } },
      queryFrontend: { replicas: 1, resources: { cpu: '50m', memory: '96Mi', memoryLimit: '384Mi' } },
      store: {
        replicas: 1,
        shards: 1,
        splitAt: [],
        limits: {},
        resources: { cpu: '50m', memory: '128Mi', memoryLimit: '640Mi' },
        disk: '2Gi',
      },
      cache: { type: 'memory' },
      compactor: { resources: { cpu: '50m', memory: '128Mi', memoryLimit: '1Gi' }, volume: '10Gi', concurrency: 1 },
      ruler: { replicas: 1, resources: { cpu: '50m', memory: '96Mi', memoryLimit: '512Mi' }, volume: '1Gi' },
      bucketWeb: { resources: { cpu: '10m', memory: '48Mi', memoryLimit: '256Mi' } },
      alertmanager: { replicas: 1, resources: { cpu: '20m', memory: '32Mi', memoryLimit: '128Mi' } },
      grafana: { resources: { cpu: '50m', memory: '128Mi', memoryLimit: '512Mi' } },
    },
  },
  eks: {
    storageClass: 'gp3', // EKS marks no StorageClass as the default, and its old one, gp2, costs more for less
    zones: 'required', // nodes of EKS are in several, and only one is lost at a time
    alerts: {
      highLoad: { threshold: 'processors' }, // nodes differ in size, and come and go
      // nobody is woken by a rolling update or a drained node: volumes move, and Prometheus reads its write-ahead log
      prometheusReplicaDown: { for: '4m' },
      targetDown: { for: '5m' },
      componentDown: { for: '6m' },
    },
    countedDisk: true,
    podCidrs: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'], // what a VPC can give to pods
    cluster: {
      retention: '48h', // a weekend's outage of the bucket loses nothing
      blockDuration: '2h', // the only one that Thanos is tested with; shorter ones cost requests, objects and index headers
      volume: '50Gi',
      resources: guaranteed('500m', '4Gi'),
      sidecar: guaranteed('100m', '512Mi'),
    },
    observer: {
      query: { replicas: 2, resources: guaranteed('500m', '2Gi') }, // a node may be drained while people look
      queryFrontend: { replicas: 2, resources: guaranteed('250m', '512Mi') },
      // two shards, so that twice the blocks need no pods of another size; each of them twice
      store: { replicas: 2, shards: 2, splitAt: [], limits: {}, resources: guaranteed('500m', '4Gi'), disk: '20Gi' },
      cache: { type: 'memcached', replicas: 2, memory: '1Gi', exporter: false }, // what one pod has fetched, another need not; a restart loses nothing
      compactor: { resources: guaranteed('1', '4Gi'), volume: '100Gi', concurrency: 1 }, // two weeks of blocks, read and written at once
      ruler: { replicas: 2, resources: guaranteed('250m', '1Gi'), volume: '10Gi' }, // alerts go on while one starts again
      bucketWeb: { resources: guaranteed('50m', '512Mi') },
      alertmanager: { replicas: 3, resources: guaranteed('50m', '256Mi') }, // a zone may be lost, and two still agree on what was sent
      grafana: { resources: guaranteed('100m', '512Mi') },
    },
  },
};

/** An EKS cluster as IAM knows it. */
export interface AwsCluster {
  readonly arn: string;
  /** Such as aws or aws-cn: the second part of every ARN there. */
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  readonly name: string;
  /** Host and path of its OpenID Connect issuer. */
  readonly oidcProvider?: string;
}

/** What an EKS cluster's ARN says; undefined when the text is none. */
export const awsCluster = (arn: string, oidcProvider?: string): AwsCluster | undefined => {
  const [, partition = '', region = '', account = '', name = ''] = new RegExp(`^${eksArn}$`).exec(arn) ?? [];
  return name === ''
    ? undefined
    : { arn, partition, region, account, name, oidcProvider: oidcProvider?.replace(/^https:\/\//, '') };
};
