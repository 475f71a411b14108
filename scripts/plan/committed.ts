// The output folder as a commit has it.
import { parseAllDocuments } from 'yaml';
import type { Manifest } from '../../charts/fleet';
import { run } from '../lib/kubectl';

/** Files by their paths from the folder; none when the commit has no such folder. @throws ToolError without git or the commit */
export const committedFiles = async (commit: string, folder: string): Promise<Map<string, string>> => {
  await run('git', ['rev-parse', '--quiet', '--verify', `${commit}^{commit}`]);
  const listed = await run('git', ['ls-tree', '-r', '-z', '--name-only', commit, '--', `${folder}/`]);
  const paths = listed.split('\0').filter(Boolean);
  const texts = await Promise.all(paths.map((path) => run('git', ['show', `${commit}:./${path}`])));
  return new Map(paths.map((path, i) => [path.slice(folder.length + 1), texts[i] as string]));
};

/** Whether a file of the output folder holds Kubernetes objects to apply. */
export const isManifest = (path: string): boolean => path.endsWith('.k8s.yaml');

/** The objects of a file of the output folder. */
export const objectsIn = (text: string): Manifest[] =>
  parseAllDocuments(text, { version: '1.1' })
    .map((document) => document.toJS() as Manifest)
    .filter((object) => object?.kind && object.metadata?.name);
