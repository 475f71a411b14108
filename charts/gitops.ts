// Argo CD: an AppProject that may do what this fleet needs and no more, and an Application for each Kubernetes cluster.
import { App, Chart, Yaml } from 'cdk8s';
import {
  Application,
  type ApplicationSpecDestination,
  AppProject,
  type AppProjectSpecClusterResourceWhitelist,
} from '../imports/argoproj.io';
import type { Manifest, Synthesized } from './fleet';
import type { ResolvedArgoCd } from './fleet/gitops';
import { labels, type Named } from './kit/kubernetes';

const destination = (argocd: ResolvedArgoCd, kubernetes: string): ApplicationSpecDestination =>
  kubernetes === argocd.in ? { server: 'https://kubernetes.default.svc' } : { name: argocd.names[kubernetes] };

const kinds = (objects: readonly Manifest[]): AppProjectSpecClusterResourceWhitelist[] => {
  const unique = new Set(objects.map((o) => `${o.apiVersion.includes('/') ? o.apiVersion.replace(/\/.*/, '') : ''} ${o.kind}`));
  return [...unique].sort().map((both) => {
    const [group = '', kind = ''] = both.split(' ');
    return { group, kind };
  });
};

/**
 * What is applied once, by hand, where Argo CD runs; everything else then comes from the repository. Objects need no sync
 * waves: Argo CD applies policies and service accounts before pods (its order of kinds), and pods wait for what they mount.
 */
export const gitopsFile = ({ topology, files }: Synthesized): { path: string; text: string } | undefined => {
  const { fleet } = topology;
  const { argocd } = fleet.gitops;
  if (!argocd) return undefined;
  const chart = new Chart(new App(), 'argocd', { disableResourceNameHashes: true });
  const owner: Named = { name: argocd.project, component: 'gitops', fleet: fleet.name, namespace: argocd.namespace };
  const metadata = (name: string) => ({ name, namespace: argocd.namespace, labels: labels(owner) });
  const objects = files.flatMap((f) => f.objects);
  const of = (kubernetes: string) => files.filter((f) => f.path.startsWith(`${kubernetes}/`)).flatMap((f) => f.objects);
  // by prefix, so that a cluster more or less changes nothing here, and what it leaves may still be taken away
  const prefix = `${fleet.name}-`;
  const namespaces = (kubernetes: string): string[] => [
    `${prefix}*`,
    ...new Set(
      of(kubernetes)
        .map((o) => o.metadata.namespace ?? '')
        .filter((namespace) => namespace !== '' && !namespace.startsWith(prefix))
        .sort(),
    ),
  ];
  new AppProject(chart, 'project', {
    metadata: metadata(argocd.project),
    spec: {
      description: `Fleet ${fleet.name}: its repository, its namespaces and the kinds that it has.`,
      sourceRepos: [argocd.repo],
      destinations: fleet.kubernetes.flatMap((k) =>
        namespaces(k.name).map((namespace) => ({ ...destination(argocd, k.name), namespace })),
      ),
      clusterResourceWhitelist: kinds(objects.filter((o) => o.metadata.namespace === undefined)),
      namespaceResourceWhitelist: kinds(objects.filter((o) => o.metadata.namespace !== undefined)),
    },
  });
  for (const k of fleet.kubernetes)
    new Application(chart, `application-${k.name}`, {
      metadata: metadata(`${fleet.name}-${k.name}`),
      spec: {
        project: argocd.project,
        source: {
          repoUrl: argocd.repo,
          targetRevision: argocd.revision,
          path: argocd.path === '.' ? k.name : `${argocd.path}/${k.name}`,
          directory: { recurse: true, include: '*.k8s.yaml' },
        },
        // every object says its own; without one here, no destination of the project would allow it
        destination: { ...destination(argocd, k.name), namespace: k.agentsNamespace },
        syncPolicy: {
          automated: { prune: true, selfHeal: true },
          // what cannot be applied is tried again for ever, and then what is in git by then: by default five times the same, which
          // holds up its correction (https://github.com/argoproj/argo-cd/issues/11494)
          retry: { limit: -1, refresh: true, backoff: { duration: '5s', factor: 2, maxDuration: '1m' } },
          // as npm run up applies; what is taken away goes when all else is well
          syncOptions: ['ServerSideApply=true', 'PruneLast=true'],
        },
      },
    });
  return { path: `${argocd.in}.argocd.yaml`, text: Yaml.stringify(...(chart.toJson() as object[])) };
};
