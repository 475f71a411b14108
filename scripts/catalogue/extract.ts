// Asks a program, and its source, what it knows.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { byName } from '../../charts/kit/order';
import { root } from '../lib/root';
import { onPath, run, versionOf } from '../lib/run';
import type { Catalogue, Flag, Key } from './catalogue';
import { defaultsVariable, grafanaCatalogue } from './grafana';
import { deprecation, environmentIn, flagsIn } from './help';
import type { GoSource, Program } from './programs';

/** What scripts/catalogue/source.go answers. */
interface Source {
  readonly roots: Readonly<Record<string, string>>;
  readonly types: Readonly<Record<string, Readonly<Record<string, Key>>>>;
  readonly flags: readonly { readonly Name: string; readonly Help: string }[];
}

const readSource = (source: GoSource, tag: string): Promise<Source> =>
  new Promise((done, fail) => {
    // away from the project, so that no go.mod of the user's is taken for its own
    const go = spawn('go', ['run', join(root, 'scripts/catalogue/source.go')], {
      cwd: tmpdir(),
      env: { ...process.env, GOFLAGS: '-mod=mod' },
    });
    let [out, err] = ['', ''];
    go.stdout.on('data', (chunk) => {
      out += chunk;
    });
    go.stderr.on('data', (chunk) => {
      err += chunk;
    });
    go.on('error', fail);
    go.on('close', (code) => (code === 0 ? done(JSON.parse(out)) : fail(new Error(err.trim()))));
    const { module, files, hints, discovery, flags } = source;
    go.stdin.end(JSON.stringify({ module, version: source.version?.(tag) ?? tag, roots: files, hints, discovery, flags }));
  });

const ordered = <T>(map: Readonly<Record<string, T>>): Record<string, T> => Object.fromEntries(byName(map));

/** A Go type's name, short enough to read. */
const shortName = (id: string): string => id.replace(/^github\.com\//, '');
const shortKey = ({ of, each, byType, deprecated }: Key): Key => ({
  ...(of ? { of: shortName(of) } : {}),
  ...(each ? { each: shortName(each) } : {}),
  ...(byType ? { byType: Object.fromEntries(Object.entries(byType).map(([type, id]) => [type, shortName(id)])) } : {}),
  ...(deprecated ? { deprecated: deprecation(deprecated) } : {}),
});

/** Runs some at once; gives their results in order. */
const inTurns = async <T, R>(list: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> => {
  const results: R[] = [];
  const queue = [...list.entries()];
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) results[next[0]] = await work(next[1]);
  };
  await Promise.all(Array.from({ length: 4 }, worker));
  return results;
};

/** What a flag takes that no help shows; undefined when the program does not know it either. */
const probe = async (program: string, command: readonly string[], name: string): Promise<Flag['takes'] | undefined> => {
  const { output } = await run(program, [...command, `--${name}`, '--help']);
  if (/unknown long flag/.test(output)) return undefined;
  return /expected argument for flag/.test(output) ? 'value' : 'nothing';
};

/** Flags that the source defines, no help shows, and the program accepts all the same. */
const hiddenFlags = async (
  { program }: Program,
  command: readonly string[],
  visible: Readonly<Record<string, Flag>>,
  source: Source,
): Promise<[string, Flag][]> => {
  // a file's text may be given in place of its path, under a name that is made at run time
  const helps = new Map(source.flags.flatMap((f) => [[f.Name, f.Help] as const, [`${f.Name}-file`, f.Help] as const]));
  const candidates = [...helps.keys()].filter((name) => !visible[name] && !visible[name.replace(/^no-/, '')]);
  const found = await inTurns(candidates, async (name): Promise<[string, Flag][]> => {
    const takes = await probe(program, command, name);
    const deprecated = deprecation(helps.get(name) ?? '');
    return takes ? [[name, { takes, hidden: true, ...(deprecated ? { deprecated } : {}) }]] : [];
  });
  return found.flat();
};

const matches = (pattern: string, name: string): boolean =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;

/** A text that names what to use. */
const namesReplacement = /\b(use|favou?r of|instead|replaced by|set)\b/i;

/** Adds what to use in place of deprecated flags. */
const withReplacements = ({ program, instead = {} }: Program, flags: Readonly<Record<string, Flag>>): Record<string, Flag> =>
  Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => {
      if (!flag.deprecated) return [name, flag];
      const known = Object.entries(instead).find(([pattern]) => matches(pattern, name))?.[1];
      if (!known && !namesReplacement.test(flag.deprecated))
        throw new Error(
          `${program} --${name}: "${flag.deprecated}" does not say what to use. Say it under \`instead\` in scripts/catalogue/programs.ts.`,
        );
      return [name, known ? { ...flag, instead: known } : flag];
    }),
  );

/** What keeps a program from being asked, and what to do about it; undefined when nothing does. */
export const missing = async ({ program, source, settings }: Program, tag: string): Promise<string | undefined> => {
  if (settings)
    return process.env[defaultsVariable]
      ? undefined
      : `${program} ${tag} is known by its defaults.ini: take it from the image (/usr/share/grafana/conf/defaults.ini) and set ${defaultsVariable} to its path.`;
  const absent = [program, ...(source ? ['go'] : [])].filter((name) => !onPath(name));
  if (absent.length > 0) return `There is no ${absent.join(' and no ')} on PATH: ${program} ${tag} cannot be asked.`;
  const version = await versionOf(program);
  return version && version !== tag.replace(/^v/, '') ? `${program} on PATH is ${version}: ${tag} cannot be asked.` : undefined;
};

/** Everything that a program knows, as the program and the source of its version say. */
export const extract = async (program: Program, tag: string): Promise<Catalogue> => {
  if (program.settings) return grafanaCatalogue(tag, readFileSync(process.env[defaultsVariable] as string, 'utf8'));
  const source = program.source && (await readSource(program.source, tag));
  const environment = new Set<string>();
  const flags: Record<string, Record<string, Flag>> = {};
  for (const command of program.commands) {
    const words = command.split(' ').filter(Boolean);
    const { output } = await run(program.program, [...words, '--help']);
    const visible = flagsIn(output, program.help);
    for (const name of program.takeValues ?? []) visible[name] = { ...visible[name], takes: 'value' };
    if (Object.keys(visible).length < 2) throw new Error(`The help of ${program.program} ${command} shows no flags:\n${output}`);
    for (const name of environmentIn(output)) if (program.help === 'urfave') environment.add(name);
    const hidden = source ? await hiddenFlags(program, words, visible, source) : [];
    flags[command] = ordered(withReplacements(program, { ...visible, ...Object.fromEntries(hidden) }));
  }
  return {
    program: program.program,
    version: tag,
    flags,
    files: ordered(Object.fromEntries(Object.entries(source?.roots ?? {}).map(([flag, type]) => [flag, shortName(type)]))),
    types: ordered(
      Object.fromEntries(
        Object.entries(source?.types ?? {}).map(([type, keys]) => [
          shortName(type),
          ordered(Object.fromEntries(Object.entries(keys).map(([key, value]) => [key, shortKey(value)]))),
        ]),
      ),
    ),
    ...(environment.size > 0 ? { environment: [...environment].sort() } : {}),
  };
};
