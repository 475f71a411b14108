// Writing dist/: all of it or nothing.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parse } from 'yaml';
import { certificates } from '../charts/exposure';
import { fileText, type Synthesized } from '../charts/fleet';
import { renderAccepted, renderIdle, type Style } from '../charts/fleet/messages';
import { gitopsFile } from '../charts/gitops';
import { iamFiles } from '../charts/iam';
import { kindConfig } from '../charts/kind';

export interface OutputFile {
  readonly path: string;
  readonly text: string;
}

/** All files of a synthesized fleet: the manifests, and beside their folders what `kind create cluster --config`, IAM and Argo CD take. */
export const outputFiles = (synthesized: Synthesized): OutputFile[] => {
  const { topology, files } = synthesized;
  return [
    ...files.map((f) => ({ path: f.path, text: fileText(f) })),
    ...topology.fleet.kubernetes
      .filter((k) => k.platform === 'kind')
      .map((k) => ({ path: `${k.name}.kind.yaml`, text: kindConfig(topology, k.name) })),
    ...iamFiles(topology),
    ...[gitopsFile(synthesized)].filter((file) => file !== undefined),
  ];
};

/** The folder that holds what the fleet file synthesizes to, and nothing else. */
export const dist = 'dist';
/** cdk8s.yaml's output folder, which `cdk8s synth` empties before and lists after. */
const cdk8sOutput = '.synth';

const write = (directory: string, files: readonly OutputFile[]): void => {
  for (const { path, text } of files) {
    const file = join(directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
};

/** Puts the files in place of what the folder held, by renaming, so that it is never half-written. */
export const replaceFolder = (directory: string, files: readonly OutputFile[]): void => {
  const [next, old] = [`${directory}.next`, `${directory}.old`];
  for (const leftover of [next, old]) rmSync(leftover, { recursive: true, force: true });
  write(next, files);
  try {
    renameSync(directory, old);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  renameSync(next, directory);
  rmSync(old, { recursive: true, force: true });
};

const isFolder = (path: string): boolean => existsSync(path) && statSync(path).isDirectory();

const filesUnder = (folder: string): string[] =>
  isFolder(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)))
    : [];

/** What of a folder is missing, different or superfluous, one line each; empty when it holds these files and nothing else. */
export const stale = (folder: string, files: readonly OutputFile[]): string[] => {
  if (existsSync(folder) && !isFolder(folder)) return [`${folder} is a file, and no folder`];
  const present = filesUnder(folder);
  const verdicts = [
    ...files
      .filter(({ path, text }) => !present.includes(path) || readFileSync(join(folder, path), 'utf8') !== text)
      .map(({ path }) => [path, present.includes(path) ? 'different' : 'missing']),
    ...present.filter((path) => !files.some((f) => f.path === path)).map((path) => [path, 'superfluous']),
  ];
  return verdicts.map(([path, verdict]) => `${join(folder, path as string)} is ${verdict}`).sort();
};

/** The name of the fleet that a file of an output folder is of, by the label of its objects; absent when it has none. */
const fleetOf = (text: string): string | undefined => {
  const label = /^ {4}app\.kubernetes\.io\/instance: (.+)$/m.exec(text)?.[1]; // of an object, not of a pod template
  return label === undefined ? undefined : String(parse(label));
};

/** The name of the fleet that manifests are of, by the first that says it: texts are asked for one by one. */
export const fleetNameIn = (manifests: Iterable<string>): string | undefined => {
  for (const text of manifests) {
    const name = fleetOf(text);
    if (name !== undefined) return name;
  }
  return undefined;
};

function* manifestsIn(folder: string): Iterable<string> {
  for (const path of filesUnder(folder).filter((path) => path.endsWith('.k8s.yaml')))
    yield readFileSync(join(folder, path), 'utf8');
}

/** The folder for what a fleet file synthesizes to: dist/, or the one that CDK8S_OUTDIR names, for a second fleet. */
export const outputFolder = (): string => {
  const given = process.env.CDK8S_OUTDIR;
  return given && resolve(given) !== resolve(cdk8sOutput) ? relative('.', resolve(given)) || '.' : dist;
};

/**
 * Writes to the folder that `cdk8s synth --output` names, or to dist/; gives the folder. That another fleet was there, and is
 * replaced, is said: git has it, but nobody may have meant it.
 */
export const writeOutput = (files: readonly OutputFile[]): string => {
  const folder = outputFolder();
  const name = fleetNameIn(files.filter(({ path }) => path.endsWith('.k8s.yaml')).map(({ text }) => text));
  const other = fleetNameIn(manifestsIn(folder));
  if (other !== undefined && other !== name)
    console.error(
      `${folder}/ held the fleet ${other}, and now holds the fleet ${name}. CDK8S_OUTDIR=dist-${name} before the command gives it a folder of its own.`,
    );
  if (folder !== dist) {
    write(folder, files);
    return folder;
  }
  replaceFolder(dist, files);
  const given = process.env.CDK8S_OUTDIR;
  if (given && resolve(given) !== resolve(dist)) cpSync(dist, given, { recursive: true });
  return dist;
};

/** What was written and what to do next. */
export const report = (
  fleetFile: string,
  output: string,
  { topology, files }: Synthesized,
  milliseconds: number,
  style: Style,
): string => {
  const { name, kubernetes, clusters, accepted, idle } = topology.fleet;
  const objects = files.reduce((n, f) => n + f.objects.length, 0);
  const some = clusters.length > 6 ? `${clusters.length} clusters` : clusters.map((c) => c.name).join(', ');
  // what a pod asks for must be there first; where nodes are, only npm run up finds out
  const first = certificates(topology).length > 0 && !topology.fleet.tls.certManager ? ['  npm run certs'] : [];
  const byHand = topology.edges.nodesNames().length === 0;
  return [
    `Fleet ${name} (${fleetFile}): ${some}; ${objects} objects in ${files.length} files, ${(milliseconds / 1000).toFixed(1)} s`,
    ...kubernetes.map((k) => `  ${output}/${k.name}`),
    ...(accepted.length > 0 ? [renderAccepted(accepted, style)] : []),
    ...(idle.length > 0 ? [renderIdle(idle, style)] : []),
    'Next:',
    ...(iamFiles(topology).length > 0
      ? [`  the roles of ${output}/*.iam, by Terraform or the console (docs/production.md)`]
      : []),
    ...(byHand
      ? [
          ...first,
          ...kubernetes.map((k) => `  kubectl --context ${k.context} apply --server-side -R -f ${output}/${k.name}`),
          '  or npm run up, which does that, waits and shows where everything is',
        ]
      : ['  npm run up, which makes certificates, applies, tells each Kubernetes cluster where nodes are, and waits']),
  ].join('\n');
};
