// What a synthesized fleet needs of certificates.
import { caReaders, certificates } from '../../charts/exposure';
import type { Synthesized } from '../../charts/fleet';
import type { ResolvedKubernetes } from '../../charts/fleet/resolve';
import { Kubectl } from '../lib/kubectl';
import type { CertificateFleet } from './keep';

/** @returns nothing when all of the fleet is in one Kubernetes cluster */
export const certificateFleet = ({ topology, files }: Synthesized): CertificateFleet | undefined => {
  const wanted = certificates(topology);
  if (wanted.length === 0) return undefined;
  const { fleet } = topology;
  const home = { kubernetes: fleet.observer.in, namespace: fleet.observer.namespace };
  const watchers = topology.clusters.map(({ workload: { kubernetes, namespace }, cluster: { nodes } }) => ({
    kubernetes,
    namespace,
    nodes,
  }));
  const places = [home, ...wanted, ...watchers];
  const namespaces = files.flatMap(({ path, objects }) =>
    objects.filter((o) => o.kind === 'Namespace').map((o) => ({ ...o, kubernetes: path.split('/')[0] as string })),
  );
  const contexts = new Map(fleet.kubernetes.map((k) => [k.name, new Kubectl(k.context)]));
  return {
    name: fleet.name,
    home,
    certificates: wanted,
    bundleReaders: caReaders(topology),
    watchers,
    namespaces: namespaces.filter((n) => places.some((p) => p.kubernetes === n.kubernetes && p.namespace === n.metadata.name)),
    access: (kubernetes) => contexts.get(kubernetes) as Kubectl,
  };
};

/** The Kubernetes clusters in which certificates are. */
export const certificateClusters = (all: readonly ResolvedKubernetes[], fleet: CertificateFleet): ResolvedKubernetes[] => {
  const names = new Set([fleet.home, ...fleet.certificates, ...fleet.watchers].map((p) => p.kubernetes));
  return all.filter((k) => names.has(k.name));
};
