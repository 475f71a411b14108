// GitOps in the fleet file.
import { z } from 'zod';
import { dnsLabel, text } from './scalars';

const line = (expected: string) => text(/^\S+$/, expected);

export const gitops = z
  .strictObject({
    argocd: z
      .strictObject({
        repo: text(
          /^((https?|ssh|git):\/\/\S+|[\w.-]+@[\w.-]+:\S+)$/,
          'write the URL of a git repository, such as https://git.example.com/acme/fleet.git',
        ).describe('The git repository that holds dist/.'),
        revision: line('write a branch, a tag or a commit').optional().describe('What of it is deployed. Default: main.'),
        path: text(/^[^/\s]([^\s]*[^/\s])?$/, 'write a path without a slash at its ends')
          .optional()
          .describe('The folder in it that holds what dist/ holds. Default: dist.'),
        project: dnsLabel.optional().describe("The AppProject that is made. Default: the fleet's name."),
        in: dnsLabel.optional().describe('The Kubernetes cluster that Argo CD runs in. Default: that of the observer.'),
        namespace: dnsLabel.optional().describe("Argo CD's namespace there. Default: argocd."),
        clusters: z
          .record(dnsLabel, line('write the name that Argo CD has for it'))
          .optional()
          .describe('Names under which Argo CD knows the other Kubernetes clusters, where they differ from those here.'),
      })
      .optional()
      .describe('Argo CD: an AppProject, and an Application for each Kubernetes cluster.'),
  })
  .describe('Deployment by a GitOps tool.');
