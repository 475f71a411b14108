// What a live cluster's API server makes of the objects: a server-side apply of each file in a dry run. Nothing is changed.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileText, type Manifest, type Synthesized } from '../../charts/fleet';
import { Kubectl } from '../lib/kubectl';
import type { Check } from './checks';

/** Where objects are tried whose namespace is not there yet: a dry run makes none. */
const elsewhere = 'default';

const existing = new Map<string, Promise<ReadonlySet<string>>>();
const namespacesOf = (kubectl: Kubectl): Promise<ReadonlySet<string>> => {
  const found =
    existing.get(kubectl.context) ??
    kubectl.get(['namespaces']).then((namespaces) => new Set<string>(namespaces.map((n) => n.metadata.name)));
  existing.set(kubectl.context, found);
  return found;
};

const movedTo = (namespace: string, o: Manifest): Manifest => ({ ...o, metadata: { ...o.metadata, namespace } });

/** One check for each file of the Kubernetes cluster that the context reaches, or of all when it reaches none of the fleet's. */
export const dryRunChecks = (fleet: string, { files, topology }: Synthesized, context: string, folder: string): Check[] => {
  const kubectl = new Kubectl(context);
  const reached = topology.fleet.kubernetes.filter((k) => k.context === context).map((k) => k.name);
  return files
    .filter((file) => reached.length === 0 || reached.includes(dirname(file.path)))
    .map((file) => ({
      what: 'kubectl apply --dry-run=server',
      of: `${fleet}: ${file.path} in ${context}`,
      needs: ['kubectl'],
      run: async () => {
        const there = await namespacesOf(kubectl);
        const objects = file.objects.map((o) =>
          o.metadata.namespace && !there.has(o.metadata.namespace) ? movedTo(elsewhere, o) : o,
        );
        const path = join(folder, file.path);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, fileText({ ...file, objects }));
        return kubectl.run(['apply', '--server-side', '--force-conflicts', '--dry-run=server', '-f', path]).then(
          () => undefined,
          (error: Error) => error.message.replaceAll(path, file.path),
        );
      },
    }));
};
