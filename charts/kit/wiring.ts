// Who may talk to whom. An address is a permission: the only way to get one is to ask an endpoint for it as a client,
// and asking records the edge from which NetworkPolicies, the topology picture and doctor's expectations are written.
import type { Image, ImageSource } from '../images';

export interface Port {
  readonly name: string;
  readonly number: number;
  readonly protocol?: 'TCP' | 'UDP';
}

/** Between how many pods Kubernetes chooses, and at which used share of the requested CPU it adds one, such as 70%. */
export interface Autoscale {
  readonly min: number;
  readonly max: number;
  readonly cpu: string;
}

/** A program that the fleet runs: plain data, known before anything is rendered. */
export interface Workload {
  readonly kind: 'workload';
  /** Name of its Kubernetes object, of its main container and value of app.kubernetes.io/name. */
  readonly name: string;
  /**
   * The program that it shares with other workloads, which differ in their configuration only: the name of their container
   * and of their service account. Absent: it has its own.
   */
  readonly program?: string;
  /** Its role: app.kubernetes.io/component. */
  readonly component: string;
  readonly fleet: string;
  /** The Kubernetes cluster that it runs in, by its name in the fleet file. */
  readonly kubernetes: string;
  readonly namespace: string;
  /** The least that there are where Kubernetes chooses their number. */
  readonly replicas: number;
  readonly autoscale?: Autoscale;
  /** Whether replicas must be in different zones, or only would rather be. */
  readonly zones?: 'required' | 'preferred';
  /** Whether its nodes count what pods write to the nodes' own disks, and can hold them to a limit. */
  readonly countedDisk?: boolean;
  /** The PriorityClass of its pods. */
  readonly priorityClass?: string;
  readonly image: Image;
  readonly imageSource: ImageSource;
  /** The monitored cluster that it belongs to, if any. */
  readonly cluster?: string;
  /** Shares its nodes' network: policies cannot select its pods, they name the nodes' addresses instead. */
  readonly hostNetwork?: Addresses;
}

/** Pods that are not the fleet's own, such as kube-dns. */
export interface ForeignPods {
  readonly kind: 'pods';
  readonly name: string;
  readonly namespaces: { readonly in: readonly string[] } | { readonly notIn: readonly string[] };
  readonly labels?: Readonly<Record<string, string>>;
}

/** Addresses outside the pod network: nodes, the Kubernetes API, the internet. */
export interface Addresses {
  readonly kind: 'addresses';
  readonly name: string;
  readonly cidrs: readonly { readonly cidr: string; readonly except?: readonly string[] }[];
}

export type Peer = Workload | ForeignPods | Addresses;

/** One client that may open connections to one port of one server; no port stands for every TCP port. */
export interface Edge {
  readonly from: Peer;
  readonly to: Peer;
  readonly port?: Port;
}

/** Name of a workload's main container and of its service account. */
export const programOf = (w: Workload): string => w.program ?? w.name;

export const peerKey = (peer: Peer): string =>
  peer.kind === 'workload' ? `${peer.kubernetes}/${peer.namespace}/${peer.name}` : `${peer.kind}/${peer.name}`;

/** How a port is reached from other Kubernetes clusters: by mutual TLS only. */
export interface Exposure {
  /** Of each replica, in order; a missing host stands for the nodes of the server's Kubernetes cluster. */
  readonly addresses: readonly { readonly host?: string; readonly port: number }[];
  /** Where those addresses may be, for the clients' side. */
  readonly to: Addresses;
  /** Where connections come from, for the server's side. */
  readonly from: Addresses;
}

/** A Service by which pods of a namespace find the nodes of another Kubernetes cluster; `npm run up` fills it in. */
export interface NodesName {
  readonly kubernetes: string;
  readonly namespace: string;
  /** The Kubernetes cluster whose nodes they are. */
  readonly of: string;
}

/** The edges of a fleet, each once. */
export class Edges {
  private readonly edges = new Map<string, Edge>();

  allow(from: Peer, to: Peer, port?: Port): void {
    const key = `${peerKey(from)}>${peerKey(to)}:${port?.number ?? '*'}/${port?.protocol ?? 'TCP'}`;
    this.edges.set(key, { from, to, port });
  }

  all(): readonly Edge[] {
    return [...this.edges.values()];
  }

  private readonly names = new Map<string, NodesName>();

  /** A host name for the nodes of another Kubernetes cluster, in the client's namespace. */
  nodesOf(kubernetes: string, client: Workload): string {
    const name: NodesName = { kubernetes: client.kubernetes, namespace: client.namespace, of: kubernetes };
    this.names.set(Object.values(name).join('/'), name);
    return `${nodesService(kubernetes)}.${client.namespace}.svc.cluster.local`;
  }

  nodesNames(): readonly NodesName[] {
    return [...this.names.values()];
  }

  private readonly crossings: { from: Workload; to: Workload; port: Port }[] = [];

  /** Connections from one Kubernetes cluster to another; policies see them as addresses. */
  between(): readonly { readonly from: Workload; readonly to: Workload; readonly port: Port }[] {
    return this.crossings;
  }

  cross(from: Workload, to: Workload, port: Port, { to: there, from: sources, addresses }: Exposure): void {
    for (const address of addresses) this.allow(from, there, { name: port.name, number: address.port });
    this.allow(sources, to, port);
    if (!this.crossings.some((c) => c.from === from && c.to === to && c.port === port)) this.crossings.push({ from, to, port });
  }
}

/** Name of the Service of a `NodesName`, and of its EndpointSlice. */
export const nodesService = (kubernetes: string): string => `nodes-of-${kubernetes}`;

/** A port of a workload that others may ask for; every method that gives an address records the edge. */
export class Endpoint {
  /** What the server's certificate says; absent: it speaks no TLS. */
  readonly serverName?: string;
  private readonly exposure?: Exposure;

  constructor(
    private readonly edges: Edges,
    readonly server: Workload,
    readonly port: Port,
    options: { serverName?: string; exposure?: Exposure } = {},
  ) {
    this.serverName = options.serverName;
    this.exposure = options.exposure;
  }

  private get service(): string {
    return `${this.server.name}.${this.server.namespace}.svc.cluster.local`;
  }

  /** Whether the client is in another Kubernetes cluster, from where only `eachFor` gives addresses. */
  isRemoteFor(client: Workload): boolean {
    return client.kubernetes !== this.server.kubernetes;
  }

  private remoteFor(client: Workload): string[] {
    const { edges, server, port, exposure } = this;
    if (!exposure || !this.serverName) throw new Error(`${peerKey(server)} is not exposed, but ${peerKey(client)} asks for it`);
    edges.cross(client, server, port, exposure);
    return exposure.addresses.map((a) => `${a.host ?? edges.nodesOf(server.kubernetes, client)}:${a.port}`);
  }

  /** `host:port` of the workload's Service; from another Kubernetes cluster, of its only replica. */
  for(client: Workload): string {
    if (this.isRemoteFor(client) && this.server.replicas === 1) return this.remoteFor(client)[0] as string;
    this.discoveredBy(client);
    return `${this.service}:${this.port.number}`;
  }

  /** Where people who are let in find it: a text for links, and no permission. */
  get link(): string {
    return `http://${this.service}:${this.port.number}`;
  }

  /** `http://host:port` of the workload's Service. */
  urlFor(client: Workload): string {
    return `${this.serverName ? 'https' : 'http'}://${this.for(client)}`;
  }

  /** `host:port` of every pod of a StatefulSet, in order. */
  eachFor(client: Workload): string[] {
    if (this.isRemoteFor(client)) return this.remoteFor(client);
    this.discoveredBy(client);
    return Array.from({ length: this.server.replicas }, (_, i) => `${this.server.name}-${i}.${this.service}:${this.port.number}`);
  }

  /** Thanos' DNS SRV discovery of every ready pod behind a headless Service; the port's name is part of it. */
  srvFor(client: Workload): string {
    this.discoveredBy(client);
    return `dnssrv+_${this.port.name}._tcp.${this.service}`;
  }

  /** The same without the pods' addresses: for clients that go by the pods' names, which outlive them. */
  namesFor(client: Workload): string {
    return this.srvFor(client).replace('dnssrv+', 'dnssrvnoa+');
  }

  /** For clients that find the pods by themselves, such as Prometheus through the Kubernetes API. */
  discoveredBy(client: Peer): void {
    if (client.kind === 'workload' && this.isRemoteFor(client))
      throw new Error(`${peerKey(client)} and ${peerKey(this.server)} are in different Kubernetes clusters`);
    this.edges.allow(client, this.server, this.port);
  }
}

/** Anywhere: for servers whose addresses nobody can know beforehand. Only their port is opened. */
export const anywhere = [{ cidr: '0.0.0.0/0' }, { cidr: '::/0' }] as const;

/** Addresses that are a machine's own business, and where clouds hand out the credentials of the node. */
const linkLocal = { ipv4: ['169.254.0.0/16'], ipv6: ['fd00:ec2::/32', 'fe80::/10'] } as const;

/** A server outside the cluster, known by name only. */
export const partOfInternet = (name: string): Addresses => ({
  kind: 'addresses',
  name,
  cidrs: anywhere.map(({ cidr }) => ({ cidr, except: linkLocal[cidr.includes(':') ? 'ipv6' : 'ipv4'] })),
});
