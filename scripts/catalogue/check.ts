// Whether each pinned program knows what is synthesized for it: every flag, every key of every file, every setting.
import { parseAllDocuments } from 'yaml';
import type { Manifest } from '../../charts/fleet';
import { nearest } from '../../charts/fleet/nearest';
import { imageOf, images } from '../../charts/images';
import { fingerprint } from '../../charts/kit/kubernetes';
import { type Mounted, mounted, podSpec } from '../lib/mounts';
import { type Catalogue, type Flag, type Key, readCatalogue } from './catalogue';
import { programs } from './programs';

/** Hidden flags that are used all the same, each with its reason: nobody promises to keep them. */
export const hiddenInUse: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  prometheus: {
    'storage.tsdb.min-block-duration': 'the sidecar wants it equal to the maximum, or Prometheus compacts what is being uploaded',
    'storage.tsdb.max-block-duration': 'the sidecar wants it equal to the minimum, or Prometheus compacts what is being uploaded',
  },
  thanos: {
    'endpoint.info-timeout':
      'with its 5 s a lost node empties answers for seconds: docs/decisions/0012-store-gateways-in-groups.md has the figures',
    'store.caching-bucket.config-file':
      'the only way to give the store gateway a cache of chunks (thanos docs/components/store.md)',
  },
};

// biome-ignore lint/suspicious/noExplicitAny: pod specs and configurations are read as plain JSON
type Json = any;

/** What the fleet runs without asking anything of it that has a name. */
const withoutCatalogue: readonly string[] = ['busybox', 'memcachedExporter'];

type Read = typeof readCatalogue;

/** The catalogue of an image's program; undefined for images that have none. */
const catalogueOf = (reference: string, read: Read): Catalogue | undefined => {
  const image = imageOf(reference);
  const key = Object.entries(images).find(([, i]) => i === image)?.[0];
  if (!image || !key) throw new Error(`${reference} is none of the images in charts/images.ts.`);
  if (withoutCatalogue.includes(key)) return undefined;
  const program = programs[key];
  if (!program) throw new Error(`Say in scripts/catalogue/programs.ts what there is to know of the program in ${reference}.`);
  return read(key, program.program, image.tag);
};

const meant = (word: string, known: readonly string[], prefix = ''): string => {
  const near = nearest(word, known);
  return near ? ` The nearest that it knows is ${prefix}${near}.` : '';
};

/** One flag of a command line as its program would read it. */
interface Use {
  readonly command: string;
  /** As it is written: `--web.listen-address`. */
  readonly written: string;
  readonly name: string;
  readonly value?: string;
  /** Undefined when the program does not know it. */
  readonly flag?: Flag;
  readonly negated: boolean;
}

const takesValue = ({ takes }: Flag): boolean => takes === 'value' || takes === 'values';

/** Reads a command line: commands, flags with their values, other words. */
const readArguments = (catalogue: Catalogue, args: readonly string[]): { uses: Use[]; problems: string[] } => {
  const commands = Object.keys(catalogue.flags);
  const uses: Use[] = [];
  let command = '';
  for (let i = 0; i < args.length; i += 1) {
    const arg = args[i] as string;
    const [, dashes = '', written = '', value] = /^(-{1,2})([^=]+)(?:=(.*))?$/s.exec(arg) ?? [];
    if (!dashes) {
      const next = command ? `${command} ${arg}` : arg;
      if (commands.some((c) => c === next || c.startsWith(`${next} `))) command = next;
      continue;
    }
    const known = catalogue.flags[command] ?? {};
    const positive = written.replace(/^no-/, '');
    const negated = !known[written] && known[positive]?.takes === 'nothing';
    const name = negated ? positive : written;
    const flag = known[name];
    const separate = flag && takesValue(flag) && value === undefined ? args[++i] : undefined;
    uses.push({ command, written: dashes + written, name, value: value ?? separate, flag, negated });
  }
  const problems = commands.includes(command)
    ? []
    : [`has no command "${command}" in its catalogue: name it in scripts/catalogue/programs.ts`];
  return { uses, problems };
};

const flagProblems = (catalogue: Catalogue, uses: readonly Use[]): string[] =>
  uses.flatMap(({ command, written, name, value, flag }, i): string[] => {
    const known = catalogue.flags[command] ?? {};
    if (!flag) return [`does not know ${written}.${meant(name, Object.keys(known), written.startsWith('--') ? '--' : '-')}`];
    const again = flag.takes !== 'values' && uses.findIndex((u) => u.name === name && u.command === command) < i;
    const allowed = hiddenInUse[catalogue.program]?.[name];
    return [
      ...(flag.deprecated
        ? [`will not know ${written} for long: "${flag.deprecated}" Use ${flag.instead ?? 'what that says'}.`]
        : []),
      ...(flag.hidden && !allowed
        ? [`hides ${written}: list it with its reason in scripts/catalogue/check.ts, or do without`]
        : []),
      ...(flag.takes === 'nothing' && value !== undefined ? [`takes ${written} without a value`] : []),
      ...(flag.takes === 'boolean' && !/^(true|false)?$/.test(value ?? '') ? [`takes ${written} with true or false only`] : []),
      ...(takesValue(flag) && value === undefined ? [`takes ${written} with a value only`] : []),
      ...(again ? [`takes ${written} only once`] : []),
    ];
  });

/** Keys of a value that its type does not know, or will not for long. */
export const keyProblems = (catalogue: Catalogue, type: string | undefined, value: Json, path: string): string[] => {
  const keys = type ? catalogue.types[type] : undefined;
  if (!keys || typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((v, i) => keyProblems(catalogue, type, v, `${path}[${i}]`));
  const below = (key: Key, part: Json, here: string): string[] => {
    if (key.each) return Object.entries(part ?? {}).flatMap(([k, v]) => keyProblems(catalogue, key.each, v, `${here}.${k}`));
    if (!key.byType) return keyProblems(catalogue, key.of, part, here);
    const of = key.byType[String(value.type).toUpperCase()];
    return of
      ? keyProblems(catalogue, of, part, here)
      : [`does not know the type ${value.type} of ${path}.${meant(String(value.type), Object.keys(key.byType))}`];
  };
  return Object.entries(value).flatMap(([name, part]): string[] => {
    const key = keys[name] ?? keys['*'];
    const here = path ? `${path}.${name}` : name;
    if (!key) return [`does not know the key ${here}.${meant(name, Object.keys(keys))}`];
    return [
      ...(key.deprecated ? [`will not know the key ${here} for long: "${key.deprecated}"`] : []),
      ...below(key, part, here),
    ];
  });
};

const matching = (glob: string, files: ReadonlyMap<string, string>): string[] => {
  const pattern = new RegExp(`^${glob.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '[^/]*')}$`);
  return [...files.keys()].filter((path) => pattern.test(path));
};

const documents = (text: string): Json[] => parseAllDocuments(text, { version: '1.1' }).map((d) => d.toJS());

/** Flags whose value is a file with keys, or the text of one. */
const configFlag = /(^|[.-])config([.-]file)?$|^rule-file$|tls-config$|http-client(-file)?$/;

const fileProblems = (catalogue: Catalogue, uses: readonly Use[], { files, isForeign }: Mounted): string[] => {
  const ofText = (type: string, text: string, file: string, of = catalogue): string[] =>
    documents(text).flatMap((document) => [
      ...keyProblems(of, type, document, '').map((problem) => `${problem} (in ${file})`),
      // Prometheus names its rule files in its configuration
      ...(of.files.rule_files && type === of.files['config.file']
        ? (document?.rule_files ?? [])
            .flatMap((glob: string) => matching(glob, files))
            .flatMap((path: string) => ofText(of.files.rule_files as string, files.get(path) as string, path))
        : []),
    ]);
  return uses.flatMap(({ name, written, value, flag }): string[] => {
    if (!flag || !value || !configFlag.test(name)) return [];
    // the sidecar reads nothing of the file whose reload it asks for: Prometheus' own check has seen it
    if (name === 'reloader.config-file') return [];
    const inline = catalogue.files[name];
    const type = inline ?? catalogue.files[name.replace(/-file$/, '')];
    if (!type) return [`has no catalogue of the keys of ${written}: name its type in scripts/catalogue/programs.ts`];
    if (/[\n{:]/.test(value) && !value.startsWith('/')) return ofText(type, value, written);
    const paths = matching(value, files);
    return paths.length > 0 || isForeign(value)
      ? paths.flatMap((path) => ofText(type, files.get(path) as string, path))
      : [`is given ${written}=${value}, where no file is mounted`];
  });
};

/** Grafana finds its files by the folder that they are in. */
const provisioningProblems = (catalogue: Catalogue, { files }: Mounted): string[] =>
  [...files].flatMap(([path, text]): string[] => {
    const kind = /\/provisioning\/([^/]+)\/[^/]+\.ya?ml$/.exec(path)?.[1];
    if (!kind) return [];
    const type = catalogue.files[kind];
    if (!type) return [`has no folder provisioning/${kind} in its catalogue (${path})`];
    return documents(text).flatMap((d) => keyProblems(catalogue, type, d, '').map((problem) => `${problem} (in ${path})`));
  });

/** Settings that nothing reads, where all are known. */
const environmentProblems = ({ environment }: Catalogue, names: readonly string[]): string[] =>
  environment
    ? names
        .filter((name) => !environment.includes(name.replace(/__FILE$/, '')))
        .map((name) => `does not read the environment variable ${name}.${meant(name, environment)}`)
    : [];

const containerProblems = (catalogue: Catalogue, container: Json, files: Mounted): string[] => {
  const { uses, problems } = readArguments(catalogue, container.args ?? []);
  return [
    ...problems,
    ...flagProblems(catalogue, uses),
    ...fileProblems(catalogue, uses, files),
    ...(catalogue.program === 'grafana' ? provisioningProblems(catalogue, files) : []),
    ...environmentProblems(
      catalogue,
      (container.env ?? []).map((e: Json) => e.name),
    ),
  ].map((problem) => `${catalogue.program} ${catalogue.version} ${problem}`);
};

/**
 * A check of synthesized objects, ConfigMaps that the workloads mount among them: what their programs would not know, one
 * line each. What was seen before is not looked at again.
 * @throws Error when a program's version has no catalogue, saying which command makes it
 */
export const catalogueCheck = (read: Read = readCatalogue): ((objects: readonly Manifest[]) => string[]) => {
  const catalogues = new Map<string, Catalogue | undefined>();
  const seen = new Map<string, string[]>();
  return (objects) =>
    objects.flatMap((workload) => {
      const spec = podSpec(workload);
      if (!spec) return [];
      return [...(spec.initContainers ?? []), ...spec.containers].flatMap((container: Json) => {
        if (!catalogues.has(container.image)) catalogues.set(container.image, catalogueOf(container.image, read));
        const catalogue = catalogues.get(container.image);
        if (!catalogue) return [];
        const files = mounted(objects, workload, container);
        const key = fingerprint([container.image, container.args, container.env, [...files.files]]);
        const problems = seen.get(key) ?? containerProblems(catalogue, container, files);
        seen.set(key, problems);
        return problems.map((problem) => `${workload.kind} ${workload.metadata.namespace}/${workload.metadata.name}: ${problem}`);
      });
    });
};
