// How ports of one Kubernetes cluster are reached from others, with every default.
import { byName } from '../kit/order';
import type { ResolvedFleet } from './resolve';
import type { Expose, Fleet } from './schema';

export interface ReplicaAddress {
  /** Absent: a node of the Kubernetes cluster, which is looked up when the fleet is applied. */
  readonly host?: string;
  /** Absent: the program's own. */
  readonly port?: number;
}

export interface ResolvedExpose {
  /** What makes the way to the port; `none` when the user has made it. */
  readonly by: 'nodePort' | 'loadBalancer' | 'none';
  /** Of each replica, in order. */
  readonly addresses: readonly ReplicaAddress[];
  readonly allowFrom: readonly string[];
  readonly loadBalancer?: { readonly internal: boolean; readonly annotations: Readonly<Record<string, string>> };
}

export interface ResolvedTls {
  /** Absent: the built-in one, `npm run certs`. */
  readonly certManager?: { readonly name: string; readonly kind: 'ClusterIssuer' | 'Issuer' };
}

/** First ports on nodes, one more per replica, above those of the user interfaces on localhost. */
export const exposedPorts = { sidecar: 31901, alertmanager: 31093, objectStore: 31070 } as const;

/** What stands for a replica's number in a host name. */
export const replicaPattern = '{replica}';
const count = <T>(n: number, of: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => of(i));

/** The parts of a written host:port. */
export const hostAndPort = (address: string): { readonly host: string; readonly port: number } => {
  const [host = '', port] = address.split(':');
  return { host, port: Number(port) };
};

export const resolveExpose = (
  expose: Expose | undefined,
  replicas: number,
  firstNodePort: number,
): ResolvedExpose | undefined => {
  if (!expose) return undefined;
  const { nodePort, loadBalancer, addresses, allowFrom } = expose;
  const from = [...new Set(allowFrom)].sort();
  if (loadBalancer)
    return {
      by: 'loadBalancer',
      addresses: count(replicas, (i) => ({ host: loadBalancer.hostname.replaceAll(replicaPattern, String(i)) })),
      allowFrom: from,
      loadBalancer: {
        internal: loadBalancer.internal ?? true,
        annotations: Object.fromEntries(byName(loadBalancer.annotations ?? {})),
      },
    };
  if (addresses)
    return {
      by: 'none',
      addresses: addresses.map(hostAndPort),
      allowFrom: from,
    };
  const first = nodePort?.port ?? firstNodePort;
  return { by: 'nodePort', addresses: count(replicas, (i) => ({ host: nodePort?.address, port: first + i })), allowFrom: from };
};

export const resolveTls = (fleet: Fleet): ResolvedTls => {
  const issuer = fleet.tls?.issuer.certManager;
  return issuer ? { certManager: { name: issuer.name, kind: issuer.kind ?? 'ClusterIssuer' } } : {};
};

/** Whether parts of the fleet are in other Kubernetes clusters than the observer. */
export const isSpread = (fleet: Pick<ResolvedFleet, 'observer' | 'clusters'>): boolean =>
  fleet.clusters.some((c) => c.in !== fleet.observer.in);
