// Certificates for connections between Kubernetes clusters. Names bind a server to what it is: the certificate of one
// cluster's sidecar is not accepted for another cluster.
import { type k8s, readOnly, secretVolume } from '../kit/kubernetes';
import type { Workload } from '../kit/wiring';

export type Usage = 'server auth' | 'client auth';

/** A certificate that a workload mounts, as a Secret of type kubernetes.io/tls with the keys tls.crt, tls.key and ca.crt. */
export interface Certificate {
  readonly kubernetes: string;
  readonly namespace: string;
  /** Name of the Secret, and of cert-manager's Certificate. */
  readonly secret: string;
  /** Subject alternative names; there is no common name, which could not be longer than 64 characters. */
  readonly dnsNames: readonly string[];
  readonly usages: readonly Usage[];
  /** Who must be restarted when it is renewed: programs that read their certificate only when they start. */
  readonly readOnceBy?: Reader;
}

/** A workload that reads something only when it starts. */
export interface Reader {
  readonly kubernetes: string;
  readonly namespace: string;
  readonly kind: 'StatefulSet' | 'Deployment';
  readonly name: string;
}

/** The component that Secrets and objects of certificates are labelled with. */
export const certificatesComponent = 'certificates';

/** Rule files that tell Prometheus when certificates of its Kubernetes cluster end; written by `npm run certs`. */
export const expiryRules = { configMap: 'certificates-expiry', directory: '/etc/prometheus/certificates' } as const;
/** What they record: when a certificate ends, in seconds since 1970, with the labels namespace and secret. */
export const expiryMetric = 'fleet_certificate_expiry_timestamp_seconds';

type Holder = Pick<Workload, 'kubernetes' | 'namespace' | 'cluster' | 'fleet'>;

/** @param about who mounts it, and the program that uses it: the first part of the name */
const certificate =
  (usage: Usage, ending: string) =>
  ({ workload, program }: { readonly workload: Holder; readonly program: string }): Certificate => ({
    kubernetes: workload.kubernetes,
    namespace: workload.namespace,
    secret: `${program}-${ending}`,
    dnsNames: [[program, ...(workload.cluster ? [workload.cluster] : []), workload.fleet].join('.')],
    usages: [usage],
  });

/** What a server shows, and with whose CA it checks its clients. */
export const serverCertificate = certificate('server auth', 'server-tls');
/** What a client shows, and with whose CA it checks its servers. */
export const clientCertificate = certificate('client auth', 'client-tls');

export const serverNameOf = (c: Certificate): string => c.dnsNames[0] as string;

const directory = (c: Certificate): string => `/etc/tls/${c.secret}`;

/** Where a container that mounts a certificate finds its parts. */
export const tlsFiles = (c: Certificate) => ({
  cert: `${directory(c)}/tls.crt`,
  key: `${directory(c)}/tls.key`,
  ca: `${directory(c)}/ca.crt`,
});

/** Volumes of a pod for its certificates; a directory each, since a file mounted by itself is never renewed. */
export const tlsVolumes = (...certificates: (Certificate | undefined)[]): k8s.Volume[] =>
  certificates.flatMap((c) => (c ? [secretVolume(c.secret, c.secret)] : []));
export const tlsMounts = (...certificates: (Certificate | undefined)[]): k8s.VolumeMount[] =>
  certificates.flatMap((c) => (c ? [readOnly(c.secret, directory(c))] : []));

/** TLS of a client as Prometheus and Thanos write it in their configuration files. */
export const clientTls = (client: Certificate, serverName: string) => {
  const { cert, key, ca } = tlsFiles(client);
  return { cert_file: cert, key_file: key, ca_file: ca, server_name: serverName };
};
