// Clusters whose Prometheus is somebody else's, with every default filled in.
import { byName } from '../kit/order';
import type { ResolvedAlerts } from './alerts';
import type { Fleet } from './schema';

export interface ResolvedSidecars {
  readonly at:
    | {
        readonly by: 'service';
        readonly pods: { readonly namespace: string; readonly labels: Readonly<Record<string, string>> };
        readonly service: string;
        readonly port: number;
      }
    | { readonly by: 'addresses'; readonly addresses: readonly string[] };
  readonly tls?: { readonly secret: string; readonly serverName: string };
}

/** A cluster that the fleet asks and knows, and in which it deploys nothing. */
export interface ResolvedExternal {
  readonly name: string;
  readonly in: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Sidecars that there should be. */
  readonly replicas: number;
  readonly scrapeInterval: string;
  readonly sidecars: ResolvedSidecars;
  readonly alerts: ResolvedAlerts;
}

export const isExternal = (cluster: Fleet['clusters'][string]): boolean => cluster.prometheus === 'external';

/** Clusters with a Prometheus of the fleet's, as they are written. */
export const deployed = (fleet: Fleet): [string, Fleet['clusters'][string]][] =>
  Object.entries(fleet.clusters).filter(([, cluster]) => !isExternal(cluster));

/**
 * In the order of names.
 * @param alertsOf the alerts of a cluster, by its name
 */
export const resolveExternals = (fleet: Fleet, alertsOf: (cluster: string) => ResolvedAlerts): ResolvedExternal[] =>
  byName(fleet.clusters)
    .filter(([, c]) => isExternal(c))
    .map(([name, { in: place, labels, replicas, scrapeInterval, sidecar }]) => ({
      name,
      in: place,
      labels: Object.fromEntries(byName(labels ?? {})),
      replicas: replicas ?? sidecar?.addresses?.length ?? 2,
      scrapeInterval: scrapeInterval ?? '30s', // what the Prometheus Operator has
      sidecars: {
        at: sidecar?.addresses
          ? { by: 'addresses', addresses: sidecar.addresses }
          : {
              by: 'service',
              pods: sidecar?.pods ?? { namespace: '', labels: {} },
              service: sidecar?.service ?? 'prometheus-operated',
              port: sidecar?.port ?? 10_901,
            },
        ...(sidecar?.tls ? { tls: sidecar.tls } : {}),
      },
      alerts: alertsOf(name),
    }));
