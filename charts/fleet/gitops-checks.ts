// What the schema cannot say about GitOps.
import { nearest } from './nearest';
import { hasCredential } from './secrets-in-text';
import { type Check, type Path, placesIn, refuseIf } from './violations';

const references: Check = (fleet) => {
  const argocd = fleet.gitops?.argocd;
  const known = Object.keys(fleet.kubernetes);
  const here: Path = ['gitops', 'argocd'];
  const uses: [Path, string][] = [
    ...(argocd?.in === undefined ? [] : [[[...here, 'in'], argocd.in] as [Path, string]]),
    ...Object.keys(argocd?.clusters ?? {}).map((name): [Path, string] => [[...here, 'clusters', name], name]),
  ];
  return uses.flatMap(([path, name]) =>
    refuseIf(!known.includes(name), {
      code: 'unknown-kubernetes',
      path,
      problem: `${path.join('.')} is ${name}, which is not under kubernetes`,
      consequence: 'Argo CD would be looked for where it is not.',
      remedy: `${nearest(name, known) ?? known.join(' or ')}.`,
    }),
  );
};

/** Argo CD makes it, and what belongs to no other project belongs to it. */
const builtinProject = 'default';

const project: Check = (fleet, { gitops }) =>
  refuseIf(gitops.argocd?.project === builtinProject, {
    code: 'project-of-argocd',
    path: ['gitops', 'argocd', ...(fleet.gitops?.argocd?.project === undefined ? [] : ['project'])],
    problem: `the AppProject ${builtinProject} is Argo CD's own`,
    consequence:
      'it would be overwritten: every Application of others in it could deploy from this repository only, that is, nothing.',
    remedy: 'project: fleet, or another name that no AppProject has.',
  });

/** Wherever it is: what a fleet file says goes into git, and most of it into dist/ and into annotations. */
const credentials: Check = (fleet) =>
  placesIn(fleet).flatMap((path) => {
    const value = path.reduce<unknown>((holder, part) => (holder as Record<string | number, unknown>)[part], fleet);
    return refuseIf(typeof value === 'string' && hasCredential(value), {
      code: 'credential-in-url',
      path,
      problem: `${path.join('.')} has a user's password or token in it`,
      consequence: 'everybody who may read the repository or the manifests could use it.',
      remedy: 'the URL without what is before the @, and another password or token in its place if this one was pushed.',
    });
  });

export const gitopsChecks: readonly Check[] = [references, project, credentials];
