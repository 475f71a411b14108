// The querier's `--endpoint.sd-config-file`. Thanos drops unknown keys of this file silently and dials plaintext
// (thanos cmd/thanos/endpointset.go), so it is written from these types only.

import type { ResolvedSidecars } from '../fleet/externals';
import type { clientTls } from './certificates';

export interface EndpointConfig {
  /** A Thanos address: `dnssrv+_grpc._tcp.…` fans out to every ready pod. */
  readonly address: string;
  /** Kept although it does not answer, so that its loss is seen; not allowed of addresses that are looked up in the DNS. */
  readonly strict?: true;
  /** Per endpoint: a default would be inherited by those that speak no TLS. */
  readonly client_config?: {
    readonly server_name: string;
    readonly tls_config: {
      readonly enabled: true;
      readonly cert_file: string;
      readonly key_file: string;
      readonly ca_file: string;
      readonly min_version: '1.3';
    };
  };
  /** gRPC is told how to use what is at the address, which may be many pods of which any answers for all. */
  readonly group?: true;
  readonly service_config?: string;
}

/**
 * How gRPC uses the pods of a group: in turn, and another one when a pod falls silent before it has answered anything.
 * Thanos' own default has the retry policy beside `methodConfig`, where gRPC does not look for it (grpc/proposal A6).
 */
const inTurn = JSON.stringify({
  loadBalancingConfig: [{ round_robin: {} }],
  methodConfig: [
    {
      name: [{}],
      retryPolicy: {
        maxAttempts: 3,
        initialBackoff: '0.1s',
        maxBackoff: '1s',
        backoffMultiplier: 2,
        retryableStatusCodes: ['UNAVAILABLE'],
      },
    },
  ],
});

/**
 * Without more, gRPC connects again to what has vanished only when it is asked, and then waits 20 s (its pick_first, which Thanos
 * cannot set otherwise). The querier asks one endpoint after the other (thanos pkg/store/proxy.go): a cluster cut off would hold
 * up a query for 20 s with each of its replicas. This policy connects by itself, to all at the same time.
 */
const connected = JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] });

/** Every ready pod behind a headless Service of the same Kubernetes cluster. */
export const discovered = (address: string): EndpointConfig => ({ address });

/** The ready pods behind a headless Service that all hold the same: one of them is asked. */
export const anyOf = (address: string): EndpointConfig => ({ address, group: true, service_config: inTurn });

/** One replica at an address of its own, in another Kubernetes cluster: a group of one. */
export const single = (address: string): EndpointConfig => ({ address, strict: true, group: true, service_config: connected });

/** The same, by mutual TLS. */
export const remote = (address: string, tls: ReturnType<typeof clientTls>): EndpointConfig => {
  const { server_name, ...files } = tls;
  return { ...single(address), client_config: { server_name, tls_config: { enabled: true, ...files, min_version: '1.3' } } };
};

/** Where the querier finds what it shows to sidecars that are not the fleet's: a folder for each Secret, and the keys in it. */
export const sidecarCertificate = {
  directory: '/etc/thanos/sidecars',
  keys: { ca: 'ca.crt', cert: 'tls.crt', key: 'tls.key' },
} as const;

/** A sidecar that is not the fleet's, at an address of its own. */
export const sidecarAt = (address: string, tls: ResolvedSidecars['tls']): EndpointConfig => {
  if (!tls) return single(address);
  const { directory, keys } = sidecarCertificate;
  const file = (key: string) => `${directory}/${tls.secret}/${key}`;
  return remote(address, {
    server_name: tls.serverName,
    cert_file: file(keys.cert),
    key_file: file(keys.key),
    ca_file: file(keys.ca),
  });
};

export const endpointsFile = (endpoints: readonly EndpointConfig[]) => ({ endpoints });
