// Sidecars of a Prometheus that is not the fleet's: what the querier asks them by, and who they are to policies.
import { isIPv4 } from 'node:net';
import { discovered, type EndpointConfig, sidecarAt, sidecarCertificate } from '../config/endpoints';
import { hostAndPort } from '../fleet/exposure';
import type { ResolvedExternal } from '../fleet/externals';
import { type k8s, readOnly, secretVolume } from '../kit/kubernetes';
import type { Secrets } from '../kit/secrets';
import { type Addresses, type Edges, type Endpoint, type ForeignPods, partOfInternet, type Workload } from '../kit/wiring';

const podsOf = ({ name, sidecars: { at } }: ResolvedExternal): ForeignPods | undefined =>
  at.by === 'service'
    ? { kind: 'pods', name: `prometheus of ${name}`, namespaces: { in: [at.pods.namespace] }, labels: at.pods.labels }
    : undefined;

const addressOf = (name: string, host: string): Addresses =>
  isIPv4(host)
    ? { kind: 'addresses', name: `prometheus of ${name} at ${host}`, cidrs: [{ cidr: `${host}/32` }] }
    : partOfInternet(`prometheus of ${name}`);

/** Each sidecar is asked by itself: those of the pods behind a headless Service are what its name stands for. */
export const sidecarEndpoints = (edges: Edges, external: ResolvedExternal, client: Workload): EndpointConfig[] => {
  const { name, sidecars } = external;
  const { at, tls } = sidecars;
  if (at.by === 'service') {
    edges.allow(client, podsOf(external) as ForeignPods, { name: 'grpc', number: at.port });
    return [discovered(`dns+${at.service}.${at.pods.namespace}.svc.cluster.local:${at.port}`)];
  }
  return at.addresses.map((address) => {
    const { host, port } = hostAndPort(address);
    edges.allow(client, addressOf(name, host), { name: 'grpc', number: port });
    return sidecarAt(address, tls);
  });
};

/** What the querier mounts to show who it is: a folder for each Secret. */
export const sidecarCertificates = (
  externals: readonly ResolvedExternal[],
  client: Workload,
  secrets: Secrets,
): { volumes: k8s.Volume[]; volumeMounts: k8s.VolumeMount[] } => {
  const names = [...new Set(externals.flatMap(({ sidecars: { tls } }) => tls?.secret ?? []))].sort();
  return {
    volumes: names.map((name, i) =>
      secretVolume(`sidecars-${i}`, secrets.named(name, client, ...Object.values(sidecarCertificate.keys))),
    ),
    volumeMounts: names.map((name, i) => readOnly(`sidecars-${i}`, `${sidecarCertificate.directory}/${name}`)),
  };
};

/** Lets a Prometheus that is not the fleet's send its alerts, where it is in the same Kubernetes cluster. */
export const letAlertsIn = (external: ResolvedExternal, alertmanager: Endpoint): void => {
  const pods = podsOf(external);
  if (pods) alertmanager.discoveredBy(pods);
};
