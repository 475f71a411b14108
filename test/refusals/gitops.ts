// Every refusal about GitOps: a fleet that trips it at », and one that nearly does.
import { fleet, type Refusal } from './support';

const argocd = (settings: string): string => `${fleet()}gitops: {argocd: {${settings}}}\n`;
const repo = 'repo: https://git.example.com/acme/fleet.git';

export const gitopsRefusals: readonly Refusal[] = [
  { code: 'unknown-kubernetes', wrong: argocd(`${repo}, »in: knd`), right: argocd(`${repo}, in: kind`) },
  {
    code: 'unknown-kubernetes',
    wrong: argocd(`${repo}, clusters: {»elsewhere: shop}`),
    right: argocd(`${repo}, clusters: {kind: shop}`),
  },
  { code: 'missing-key', wrong: argocd('').replace('argocd', '»argocd'), right: argocd(repo) },
  ...['fleet.git', '/srv/fleet.git', 'https://'].map((wrong) => ({
    code: 'wrong-value',
    wrong: argocd(`»repo: '${wrong}'`),
    right: argocd('repo: git@git.example.com:acme/fleet.git'),
  })),
  { code: 'wrong-value', wrong: argocd(`${repo}, »path: dist/`), right: argocd(`${repo}, path: clusters/dist`) },
  {
    code: 'project-of-argocd',
    wrong: argocd(`${repo}, »project: default`),
    right: argocd(`${repo}, project: defaults`),
  },
  {
    code: 'project-of-argocd',
    wrong: argocd(repo).replace('name: demo', 'name: default').replace('argocd', '»argocd'),
    right: argocd(`${repo}, project: fleet`).replace('name: demo', 'name: default'),
  },
  ...['https://me:token@git.example.com/acme/fleet.git', 'https://token@git.example.com/acme/fleet.git'].map((url) => ({
    code: 'credential-in-url',
    wrong: argocd(`»repo: '${url}'`),
    right: argocd(repo),
  })),
  {
    code: 'credential-in-url',
    wrong: argocd(`»repo: 'ssh://git:password@git.example.com/acme/fleet.git'`),
    right: argocd(`repo: 'ssh://git@git.example.com/acme/fleet.git'`),
  },
];
