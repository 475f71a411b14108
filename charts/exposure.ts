// Connections between Kubernetes clusters: addresses and Services of what is exposed, names for nodes, certificates.
import { isIPv4 } from 'node:net';
import type { Construct } from 'constructs';
import {
  CertificateSpecPrivateKeyAlgorithm,
  CertificateSpecPrivateKeyRotationPolicy,
  CertificateSpecUsages,
  Certificate as CertManagerCertificate,
} from '../imports/cert-manager.io';
import { type Certificate, certificatesComponent, type Reader, type Usage } from './config/certificates';
import type { ResolvedExpose } from './fleet/exposure';
import type { ResolvedKubernetes } from './fleet/resolve';
import { k8s, labels, metadata, type Named, selectorLabels } from './kit/kubernetes';
import { cidrs } from './kit/policies';
import { type Endpoint, type Exposure, type NodesName, nodesService, type Port } from './kit/wiring';
import type { Topology } from './topology';

/**
 * How a port is reached from other Kubernetes clusters.
 * @param what names its peers in policies
 */
export const exposureOf =
  (what: string, kubernetes: ResolvedKubernetes, expose: ResolvedExpose | undefined) =>
  (port: Port): Exposure | undefined => {
    if (!expose) return undefined;
    const addresses = expose.addresses.map((a) => ({ host: a.host, port: a.port ?? port.number }));
    const known = addresses.flatMap(({ host }) => (host && isIPv4(host) ? [`${host}/32`] : []));
    const nodes = expose.by === 'nodePort' ? kubernetes.nodeCidrs : undefined;
    const to = known.length === addresses.length ? [...new Set(known)] : nodes;
    return {
      addresses,
      to: { kind: 'addresses', name: what, cidrs: cidrs(to) },
      from: { kind: 'addresses', name: `clients of ${what}`, cidrs: cidrs(expose.allowFrom) },
    };
  };

/** A Service for each replica: behind a common one, a balancer would show one of them and hide the others. */
export const renderExposed = (
  scope: Construct,
  endpoint: Endpoint,
  kubernetes: ResolvedKubernetes,
  expose?: ResolvedExpose,
): void => {
  if (!expose || expose.by === 'none') return;
  const { server, port } = endpoint;
  for (const [i, { host, port: own }] of expose.addresses.entries()) {
    const pod = `${server.name}-${i}`;
    const balanced = expose.by === 'loadBalancer';
    new k8s.KubeService(scope, `${pod}-exposed-service`, {
      metadata: {
        ...metadata(server, `${pod}-exposed`),
        annotations: balanced ? balancerAnnotations(kubernetes, expose, host) : undefined,
      },
      spec: {
        type: balanced ? 'LoadBalancer' : 'NodePort',
        externalTrafficPolicy: 'Local', // keeps the client's address, by which policies let it in
        ...(balanced ? { loadBalancerSourceRanges: [...expose.allowFrom] } : {}),
        selector: { ...selectorLabels(server), 'statefulset.kubernetes.io/pod-name': pod },
        ports: [
          {
            name: port.name,
            port: port.number,
            targetPort: k8s.IntOrString.fromString(port.name),
            ...(balanced ? {} : { nodePort: own }),
          },
        ],
      },
    });
  }
};

/** AWS Load Balancer Controller: a Network Load Balancer that keeps the client's address (its guide: service/annotations). */
const awsAnnotations = (internal: boolean): Record<string, string> => ({
  'service.beta.kubernetes.io/aws-load-balancer-type': 'external',
  'service.beta.kubernetes.io/aws-load-balancer-nlb-target-type': 'ip',
  'service.beta.kubernetes.io/aws-load-balancer-scheme': internal ? 'internal' : 'internet-facing',
  'service.beta.kubernetes.io/aws-load-balancer-target-group-attributes': 'preserve_client_ip.enabled=true',
});

const balancerAnnotations = (kubernetes: ResolvedKubernetes, { loadBalancer }: ResolvedExpose, host?: string) => ({
  ...(kubernetes.platform === 'kind' ? {} : awsAnnotations(loadBalancer?.internal ?? true)),
  ...(host ? { 'external-dns.alpha.kubernetes.io/hostname': host } : {}),
  ...loadBalancer?.annotations,
});

/** Services without pods by which a namespace finds the nodes of other Kubernetes clusters; `npm run up` adds the addresses. */
export const renderNodesNames = (scope: Construct, fleet: string, names: readonly NodesName[]): void => {
  for (const { namespace, of } of names) {
    const owner: Named = { name: nodesService(of), component: 'nodes', fleet, namespace };
    new k8s.KubeService(scope, `${owner.name}-service`, { metadata: metadata(owner), spec: { clusterIp: 'None' } });
  }
};

/** Every certificate of a fleet; none when all of it is in one Kubernetes cluster. */
export const certificates = ({ observer: o, clusters, objectStore }: Topology): Certificate[] =>
  [
    o.query.clientTls,
    o.ruler.clientTls,
    o.alertmanager.tls,
    objectStore?.tls,
    ...clusters.flatMap((c) => [c.sidecarTls, c.clientTls]),
  ].filter((c) => c !== undefined);

/**
 * Workloads that read a CA only when they start, so that a new one needs new pods: Thanos (pkg/tls/options.go), and
 * whoever uses the bucket by TLS. Prometheus and Alertmanager read files anew.
 */
export const caReaders = ({ observer: o, clusters, objectStore }: Topology): Reader[] => {
  const reader = (
    kind: Reader['kind'],
    { kubernetes, namespace, name }: Reader | Topology['clusters'][number]['workload'],
  ): Reader => ({
    kubernetes,
    namespace,
    kind,
    name,
  });
  const bucketUsers = objectStore?.tls
    ? [
        ...o.stores.map((s) => reader('Deployment', s.workload)),
        reader('StatefulSet', o.compactor.workload),
        reader('Deployment', o.bucketWeb.workload),
        ...(o.replicate ? [reader('Deployment', o.replicate.workload)] : []),
      ]
    : [];
  return o.query.clientTls
    ? [
        reader('Deployment', o.query.workload),
        reader('StatefulSet', o.ruler.workload),
        ...bucketUsers,
        ...clusters.filter((c) => c.sidecarTls || objectStore?.tls).map((c) => reader('StatefulSet', c.workload)),
      ]
    : [];
};

const usages: Record<Usage, CertificateSpecUsages> = {
  'server auth': CertificateSpecUsages.SERVER_AUTH,
  'client auth': CertificateSpecUsages.CLIENT_AUTH,
};

/** cert-manager's Certificates of one namespace, when it is the issuer: 90 days, renewed when a third is left. */
export const renderCertificates = (scope: Construct, topology: Topology, kubernetes: string, namespace: string): void => {
  const issuer = topology.fleet.tls.certManager;
  if (!issuer) return;
  for (const c of certificates(topology)) {
    if (c.kubernetes !== kubernetes || c.namespace !== namespace) continue;
    const owner: Named = { name: c.secret, component: certificatesComponent, fleet: topology.fleet.name, namespace };
    new CertManagerCertificate(scope, `${c.secret}-certificate`, {
      metadata: metadata(owner),
      spec: {
        secretName: c.secret,
        secretTemplate: { labels: labels(owner) },
        dnsNames: [...c.dnsNames],
        usages: [CertificateSpecUsages.DIGITAL_SIGNATURE, ...c.usages.map((u) => usages[u])],
        duration: '2160h0m0s',
        renewBefore: '720h0m0s',
        privateKey: {
          algorithm: CertificateSpecPrivateKeyAlgorithm.ECDSA,
          size: 256,
          rotationPolicy: CertificateSpecPrivateKeyRotationPolicy.ALWAYS,
        },
        issuerRef: { group: 'cert-manager.io', ...issuer },
      },
    });
  }
};
