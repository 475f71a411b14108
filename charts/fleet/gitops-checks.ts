// What the schema cannot say about GitOps.
import { nearest } from './nearest';
import { type Check, type Path, refuseIf } from './violations';

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

export const gitopsChecks: readonly Check[] = [references];
