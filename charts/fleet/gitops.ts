// How a GitOps tool finds the fleet, with every default filled in.
import type { Fleet } from './schema';

export interface ResolvedArgoCd {
  readonly repo: string;
  readonly revision: string;
  /** Folder of the repository that holds what dist/ holds. */
  readonly path: string;
  readonly project: string;
  /** The Kubernetes cluster that Argo CD runs in, and its namespace there. */
  readonly in: string;
  readonly namespace: string;
  /** Names under which Argo CD knows the other Kubernetes clusters. */
  readonly names: Readonly<Record<string, string>>;
}

/** Absent: no Argo CD. */
export const resolveArgoCd = (fleet: Fleet): ResolvedArgoCd | undefined => {
  const argocd = fleet.gitops?.argocd;
  return (
    argocd && {
      repo: argocd.repo,
      revision: argocd.revision ?? 'main',
      path: argocd.path ?? 'dist',
      project: argocd.project ?? fleet.name,
      in: argocd.in ?? fleet.observer.in,
      namespace: argocd.namespace ?? 'argocd',
      names: Object.fromEntries(Object.keys(fleet.kubernetes).map((name) => [name, argocd.clusters?.[name] ?? name])),
    }
  );
};
