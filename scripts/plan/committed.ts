// The output folder as a commit has it.
import { parseAllDocuments } from 'yaml';
import type { Manifest } from '../../charts/fleet';
import { run, ToolError } from '../lib/kubectl';

const git = (...args: string[]): Promise<string> => run('git', args).then((said) => said.trim());
const orNothing = (told: Promise<string>): Promise<string | undefined> => told.catch(() => undefined);

/**
 * The commit to compare with: the last one, or the one from which a branch left its base; what the base has got since then is not the
 * branch's doing.
 * @throws ToolError without git, a repository or the commit, which says what to do
 */
export const commitOf = async (base?: string): Promise<string> => {
  await git('--version'); // says how to install it
  if ((await orNothing(git('rev-parse', '--git-dir'))) === undefined)
    throw new ToolError(
      'This is not a git repository, so there is no former dist/ to compare with.\nCommit dist/ in one, or compare with the clusters: npm run plan -- --live',
    );
  const head = await orNothing(git('rev-parse', '--quiet', '--verify', 'HEAD^{commit}'));
  const named = base === undefined ? head : await orNothing(git('rev-parse', '--quiet', '--verify', `${base}^{commit}`));
  if (named === undefined)
    throw new ToolError(
      base === undefined
        ? 'Nothing is committed here yet, so there is no former dist/ to compare with.'
        : `There is no commit ${base} here. A shallow checkout lacks it: fetch all of them, by fetch-depth: 0 of actions/checkout or git fetch --unshallow.`,
    );
  if (base === undefined || head === undefined) return named;
  const left = await orNothing(git('merge-base', named, head));
  if (left === undefined)
    throw new ToolError(
      `${base} and this branch have no commit in common here. A shallow checkout lacks it: fetch all of them, by fetch-depth: 0 of actions/checkout or git fetch --unshallow.`,
    );
  return left;
};

/** Files by their paths from the folder; none when the commit has no such folder. */
export const committedFiles = async (commit: string, folder: string): Promise<Map<string, string>> => {
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
