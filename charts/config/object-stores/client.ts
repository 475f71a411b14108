// What a component of the fleet does with the bucket, and what its pod needs for it.
import type { Http, Reference } from '../../fleet/object-stores';
import type { k8s } from '../../kit/kubernetes';
import { programOf, type Workload } from '../../kit/wiring';

/**
 * What a component does with the bucket: it reads blocks; it uploads its own, too; or it keeps the whole bucket in order,
 * which is the only one that replaces and deletes blocks of others.
 */
export type BucketAccess = 'read' | 'upload' | 'maintain';

/** Workloads that run one program have one service account, and one right. */
const accountOf = (w: Workload): string => `${w.kubernetes}/${w.namespace}/${programOf(w)}`;

/** Who may use the bucket: recorded when a component asks for it, as edges are (docs/decisions/0002). */
export class Grants {
  private readonly clients: Workload[] = [];

  allow(client: Workload): void {
    if (!this.clients.some((other) => accountOf(other) === accountOf(client))) this.clients.push(client);
  }

  all(): readonly Workload[] {
    return this.clients;
  }
}

/** A file of an object that exists, mounted into the pods that use the bucket. */
export interface MountedFile {
  /** Name of the volume, and of its directory. */
  readonly volume: string;
  readonly from: Reference;
  /** Its name in that directory. */
  readonly file: string;
}

/** What one component needs of one kind of object store. */
export interface StoreClient {
  /** What `--objstore.config-file` takes; no secret is in it. */
  readonly config: object;
  /** Further files beside it. */
  readonly configFiles?: Readonly<Record<string, string>>;
  /** Who takes the token of its service account that it needs, if any. */
  readonly tokenAudience?: string;
  readonly files?: readonly MountedFile[];
  readonly env?: readonly k8s.EnvVar[];
  /** Of its service account. */
  readonly serviceAccountAnnotations?: Record<string, string>;
  readonly podAnnotations?: Record<string, string>;
  readonly podLabels?: Record<string, string>;
}

/** Which bucket it is: that of the fleet, or the one that it is replicated to. Names of volumes begin with it. */
export const slots = ['objstore', 'replica'] as const;
export type Slot = (typeof slots)[number];

/** Volume of the certificates that the user's own object store is trusted by. */
export const certificateVolumeOf = (slot: Slot): string => `${slot}-ca`;
export const certificateVolume = certificateVolumeOf('objstore');

const directory = '/etc/thanos';

/** Where the configuration of a bucket is, and files beside it. */
export const configDirectory = (slot: Slot): string => `${directory}/${slot}`;
export const configPath = (slot: Slot, file: string): string => `${configDirectory(slot)}/${file}`;

/** Where a token of the pod's service account is that the object store's side takes; the kubelet renews it every hour or so. */
export const tokenDirectory = (slot: Slot): string => `${directory}/${slot}-token`;
export const tokenPath = (slot: Slot): string => `${tokenDirectory(slot)}/token`;

/** The name of a component in roles and identities: what uploads is the sidecar, not the Prometheus beside it. */
export const identityName = (client: Pick<Workload, 'component'>): string =>
  client.component === 'prometheus' ? 'sidecar' : client.component;

/** What each component does with the bucket, by its name in roles. */
export const bucketAccess = {
  sidecar: 'upload',
  store: 'read',
  compact: 'maintain',
  rule: 'upload',
  'bucket-web': 'read',
  replicate: 'read',
} as const satisfies Readonly<Record<string, BucketAccess>>;

/** A component that uses the bucket. */
export type BucketUser = keyof typeof bucketAccess;

/** Where a mounted file is. */
export const pathOf = ({ volume, file }: MountedFile): string => `${directory}/${volume}/${file}`;
export const directoryOf = ({ volume }: MountedFile): string => `${directory}/${volume}`;

/** The object, unless nothing in it is set. */
export const unlessEmpty = (object: Record<string, unknown>): object | undefined =>
  Object.values(object).some((value) => value !== undefined) ? object : undefined;

/** Connections to an object store, as all of Thanos' clients of one take them (thanos-io/objstore exthttp). */
export const httpConfig = (http: Http | undefined): object => ({
  response_header_timeout: http?.responseHeaderTimeout,
  idle_conn_timeout: http?.idleConnTimeout,
  tls_handshake_timeout: http?.tlsHandshakeTimeout,
  max_idle_conns: http?.maxIdleConns,
  max_idle_conns_per_host: http?.maxIdleConnsPerHost,
  max_conns_per_host: http?.maxConnsPerHost,
});
