// The querier's `--endpoint.sd-config-file`. Thanos drops unknown keys of this file silently and dials plaintext
// (thanos cmd/thanos/endpointset.go), so it is written from these types only.

export interface EndpointConfig {
  /** A Thanos address: `dnssrv+_grpc._tcp.…` fans out to every ready pod. */
  readonly address: string;
}

export const endpointsFile = (addresses: readonly string[]): { endpoints: EndpointConfig[] } => ({
  endpoints: addresses.map((address) => ({ address })),
});
