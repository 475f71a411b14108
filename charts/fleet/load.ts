// From a file's text to a resolved fleet, or to every problem in it with its line.
import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Document, LineCounter, parseDocument, visit, type YAMLError } from 'yaml';
import type { z } from 'zod';
import { alertNames, recordNames } from '../rules';
import { accept } from './accept';
import { checkFleet } from './checks';
import { isFollowUp } from './follow-ups';
import { idleAlertSettings } from './idle-alerts';
import { nearest, nearKeys } from './nearest';
import { type ResolvedFleet, resolve } from './resolve';
import { readRuleFiles, ruleFileViolations } from './rule-files';
import { type Fleet, fleetSchema } from './schema';
import { isSecretKey, withoutSecrets } from './secrets-in-text';
import { FleetError, type Path, refuseIf, type Source, type Violation } from './violations';

type Issue = z.core.$ZodIssue;

const show = (value: unknown): string => {
  const text = withoutSecrets(JSON.stringify(value) ?? 'nothing');
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
};

const valueAt = (root: unknown, path: Path): unknown =>
  path.reduce<unknown>((value, part) => (value as Record<string | number, unknown> | undefined)?.[part], root);

/** Keys that have another place now. */
const moved: Readonly<Record<string, string>> = {
  'objectStore.secret': 'auth: {secret: …}, beside the other ways to say as whom the bucket is used.',
};

/**
 * What the schema asks for: its messages begin with `write`, and so does what is printed before the remedy. Where it has no
 * words of its own, zod names a value or a type.
 */
const wanted = (issue: Pick<Issue, 'message'> & { values?: readonly unknown[]; expected?: string }): string => {
  const { message, values, expected = 'valid value' } = issue;
  if (!message.startsWith('Invalid')) return message.replace(/^write /, '');
  return values?.join(' or ') ?? { array: 'a list', boolean: 'true or false' }[expected] ?? `a ${expected}`;
};

/** A secret in place of the name of one: the nearest key, `secret`, would take it for a name. */
const secretWritten = (name: string, path: Path, key: string, known: readonly string[]): Violation => {
  const reference = known.find((k) => /secret$/i.test(k));
  return {
    code: 'unknown-key',
    path: [...path, key],
    problem: `${name} has no key ${show(key)}, which would be a secret itself`,
    consequence: 'everybody who may read the fleet file would know it, and nothing would use it.',
    remedy: reference
      ? `${reference}: and the name of a Secret that holds it, which you make yourself; and another ${key} in its place, if this one was pushed.`
      : 'leave it out: secrets are in Secrets that you make yourself, and a fleet file names them only.',
  };
};

const fromIssue = (issue: Issue, input: unknown): Violation[] => {
  const path = issue.path as Path;
  const name = path.length ? path.join('.') : 'the fleet';
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => {
      const known = nearKeys(fleetSchema, path, input);
      if (isSecretKey(key)) return secretWritten(name, path, key, known);
      const near = nearest(key, known);
      if (key === '<<')
        return {
          code: 'unknown-key',
          path: [...path, key],
          problem: `${name} has a merge key <<, and merge keys are not read`,
          consequence: 'the settings would have been ignored without a word.',
          remedy: 'the settings themselves; a value may be an alias, such as labels: *labels.',
        };
      return {
        code: 'unknown-key',
        path: [...path, key],
        problem: `${name} has no key ${show(key)}`,
        consequence: 'the setting would have been ignored without a word.',
        remedy: moved[[...path, key].join('.')] ?? (near ? `${near}, if that is what you mean.` : `one of ${known.join(', ')}.`),
      };
    });
  if (issue.code === 'invalid_key')
    return [
      {
        code: 'invalid-name',
        path,
        problem: `${show(path.at(-1))} cannot be a name here`,
        consequence: 'Kubernetes or Prometheus would have refused what is named after it.',
        remedy: `${issue.issues[0] ? wanted(issue.issues[0]) : 'a valid name'}.`,
      },
    ];
  const value = valueAt(input, path);
  if (issue.code === 'invalid_union')
    // alternatives are told apart by one key, with which the path ends
    return [
      {
        code: value === undefined ? 'missing-key' : 'wrong-value',
        path,
        problem: value === undefined ? `${name} is missing` : `${name} is ${show(value)}`,
        consequence: 'the other keys could not be understood without it.',
        remedy: `${wanted(issue)}.`,
      },
    ];
  if (value === undefined)
    return [
      {
        code: 'missing-key',
        path,
        problem: `${name} is missing`,
        consequence: 'nothing sensible can be assumed in its place.',
        remedy: missingRemedy(path, issue, nearKeys(fleetSchema, path, input)),
      },
    ];
  if (issue.code === 'invalid_type' && (issue.expected === 'object' || issue.expected === 'record')) {
    const known = nearKeys(fleetSchema, path, input);
    return [
      {
        code: 'wrong-type',
        path,
        problem: `${name} is ${show(value)}, but it takes keys of its own`,
        consequence: 'what it should describe would be missing from the fleet.',
        remedy: wrongTypeRemedy(path, known),
      },
    ];
  }
  return [
    {
      code: 'wrong-value',
      path,
      problem: `${name} is ${show(value)}`,
      consequence: 'Kubernetes or the program that reads it would have refused it.',
      remedy: `${wanted(issue)}.`,
    },
  ];
};

/** Examples of what is missing: sections of the fleet by their names, others by their last key. */
const examples: Readonly<Record<'sections' | 'keys', Readonly<Record<string, string>>>> = {
  sections: {
    name: 'name: demo',
    kubernetes: 'kubernetes: {kind: {platform: kind}}',
    objectStore: 'objectStore: {type: embedded}',
    observer: 'observer: {in: kind}',
    clusters: 'clusters: {chicago: {in: kind}}',
  },
  keys: {
    auth: 'auth: {secret: …} with the name of a Secret, or on EKS auth: {podIdentity: {}} or {irsa: {}}.',
    in: 'in: and the name of a Kubernetes cluster of this file.',
    allowFrom: 'allowFrom: and the address ranges that connections come from, such as [10.1.0.0/16].',
  },
};

/** What is written in place of a value that takes keys: an example of what must be there, the keys of what may be left out. */
const wrongTypeRemedy = (path: Path, known: readonly string[]): string => {
  if (path.length === 0) return `keys: ${known.join(', ')}.`;
  const example = path.length === 1 ? examples.sections[String(path[0])] : undefined;
  if (example !== undefined) return `such as ${example}`;
  if (known.length > 0) return `keys under it: ${known.join(', ')}; or leave it out.`;
  return 'names, each with its settings, such as "chicago: {in: kind}".';
};

/** @param known keys under it, by the schema */
const missingRemedy = (path: Path, issue: Issue, known: readonly string[]): string => {
  const example = examples[path.length === 1 ? 'sections' : 'keys'][String(path.at(-1))];
  return example ?? `${known.length > 0 ? `keys under it: ${known.join(', ')}` : wanted(issue)}.`;
};

/** zod's records leave out a key `__proto__` without a word. */
const prototypeKeys = (value: unknown, path: Path = []): Violation[] =>
  typeof value !== 'object' || value === null
    ? []
    : [
        ...refuseIf(Object.hasOwn(value, '__proto__'), {
          code: 'invalid-name',
          path: [...path, '__proto__'],
          problem: '"__proto__" cannot be a name here',
          consequence: 'what it should describe would be missing from the fleet.',
          remedy: 'another name.',
        }),
        ...Object.entries(value).flatMap(([key, part]) => (key === '__proto__' ? [] : prototypeKeys(part, [...path, key]))),
      ];

/** What to leave out so that the rest can be read: the keys that an issue is about, or that hold the list that it is in. */
const leftOut = (issue: Issue, input: unknown): Path[] => {
  const path = issue.path as Path;
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => [...path, key]);
  const key = path.findLastIndex((_, depth) => !Array.isArray(valueAt(input, path.slice(0, depth))));
  return [path.slice(0, key + 1)];
};

/**
 * What stands for a required value that cannot be read, so that the rest is checked: only where nothing that is said of the
 * rest depends on it. A cluster is in the one Kubernetes cluster that there is; of several, nobody knows.
 */
const standIn = (path: Path, fleet: unknown): unknown => {
  const kubernetes = Object.keys(valueAt(fleet, ['kubernetes']) ?? {});
  const place = kubernetes.length === 1 ? kubernetes[0] : undefined;
  const name = path.join('.');
  if (name === 'name') return 'demo';
  if (/^(observer|clusters\.[^.]+)\.in$/.test(name)) return place;
  return /^clusters\.[^.]+$/.test(name) && place !== undefined ? { in: place } : undefined;
};

/** Whether what is missing is there under a name that is nearly its own, which is told. */
const isMisspelt = ({ code, path }: Violation, issues: readonly Issue[], fleet: unknown): boolean =>
  code === 'missing-key' &&
  issues.some(
    (issue) =>
      issue.code === 'unrecognized_keys' &&
      issue.path.join('.') === path.slice(0, -1).join('.') &&
      issue.keys.some((key) => nearest(key, nearKeys(fleetSchema, issue.path as Path, fleet)) === path.at(-1)),
  );

/** What can be read of a fleet, so that it is checked as well; what is wrong with the rest, and where the rest is. */
const readable = (fleet: unknown): { fleet?: Fleet; left: readonly Path[]; violations: Violation[] } => {
  const parsed = fleetSchema.safeParse(fleet);
  if (parsed.success) return { fleet: parsed.data as Fleet, left: [], violations: [] };
  const { issues } = parsed.error;
  const all = issues.flatMap((issue) => fromIssue(issue, fleet));
  const violations = all.filter((violation) => !isMisspelt(violation, issues, fleet));
  const wrong = issues.filter((issue) => issue.code !== 'unrecognized_keys');
  const left = wrong.flatMap((issue) => leftOut(issue, fleet));
  const rest = structuredClone(fleet);
  for (const issue of issues)
    for (const path of leftOut(issue, fleet)) {
      const holder = valueAt(rest, path.slice(0, -1)) as Record<string, unknown> | null | undefined;
      if (typeof holder !== 'object' || holder === null) continue;
      const value = issue.code === 'invalid_key' ? undefined : standIn(path, fleet);
      if (value === undefined) delete holder[String(path.at(-1))];
      else holder[String(path.at(-1))] = value;
    }
  const again = fleetSchema.safeParse(rest);
  return { ...(again.success ? { fleet: again.data as Fleet } : {}), left, violations };
};

/**
 * Resolves a typed fleet: defaults filled in, every safety check passed. Paths of rule files are from the folder of the
 * source, or from the working directory.
 * @throws FleetError with all violations at once
 */
export const resolveFleet = (fleet: unknown, source?: Source): ResolvedFleet => {
  const prototypes = prototypeKeys(fleet);
  if (prototypes.length > 0) throw new FleetError(prototypes, source);
  const { fleet: checked, left, violations: unread } = readable(fleet);
  if (!checked) throw new FleetError(unread, source);
  const folder = dirname(source?.file ?? '.');
  const { texts, violations: unreadable } = readRuleFiles(checked, folder);
  const resolved = resolve(checked, texts);
  const { accepted, violations } = accept(checked, [
    ...checkFleet(checked, resolved),
    ...unreadable,
    // to know all names, all rules are rendered
    ...(texts.size > 0
      ? ruleFileViolations(checked, folder, texts, { alerts: alertNames(resolved), records: recordNames(resolved) })
      : []),
  ]);
  const others = violations.filter((violation) => !isFollowUp(violation, left));
  if (unread.length + others.length > 0) throw new FleetError([...unread, ...others], source);
  return { ...resolved, accepted, idle: idleAlertSettings(checked, resolved) };
};

/** A text with what YAML makes of it, as far as it can be read. */
const sourceOf = (text: string, file: string): Source => {
  const lines = new LineCounter();
  // not silent: that would leave out a second document without a word
  return { file, text, document: parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' }), lines };
};

const unreadable = (offset: number, problem: string, remedy: string): Violation => ({
  code: 'yaml',
  path: [],
  offset,
  problem,
  consequence: 'a part of the fleet would be missing, or another than you mean.',
  remedy,
});

const yamlViolation = ({ code, pos, message }: YAMLError): Violation =>
  code === 'MULTIPLE_DOCS'
    ? unreadable(pos[0], 'a second YAML document begins here', 'one document: all of the fleet in it, without a line ---.')
    : unreadable(pos[0], message, 'YAML; mind indentation, quotes and keys written twice.');

/** Aliases (`*name`) that stand for nothing, or for what they are in. */
const aliasViolations = (document: Document): Violation[] => {
  const violations: Violation[] = [];
  visit(document, {
    Alias: (_, alias, holders) => {
      const meant = alias.resolve(document);
      const at = alias.range?.[0] ?? 0;
      if (!meant) violations.push(unreadable(at, `there is no anchor &${alias.source}`, 'the value itself.'));
      else if (holders.some((holder) => holder === meant))
        violations.push(unreadable(at, `*${alias.source} is inside of what it stands for`, 'the value itself.'));
    },
  });
  return violations;
};

/**
 * Reads a fleet from YAML text.
 * @param file how messages name the text
 * @throws FleetError with all violations at once, each with line and column
 */
export const parseFleet = (text: string, file: string): ResolvedFleet => {
  const source = sourceOf(text, file);
  const { document } = source;
  const violations = [...[...document.errors, ...document.warnings].map(yamlViolation), ...aliasViolations(document)];
  if (violations.length > 0) throw new FleetError(violations, source);
  try {
    return resolveFleet(document.toJS({ maxAliasCount: 100 }), source);
  } catch (error) {
    if (error instanceof ReferenceError)
      throw new FleetError([unreadable(0, error.message, 'the values themselves, with fewer aliases.')], source);
    throw error;
  }
};

/** What is said of bytes that are not UTF-8: decoding would put another character in the place of each without a word. */
const notUtf8 = (bytes: Buffer, file: string): FleetError => {
  const text = bytes.toString('utf8');
  const wrong = bytes
    .toString('latin1') // a character for each byte, and no line is parted elsewhere
    .split('\n')
    .findIndex((line) => !isUtf8(Buffer.from(line, 'latin1')));
  const before = text.split('\n').slice(0, wrong).join('\n').length;
  const problem = 'this is not UTF-8';
  return new FleetError(
    [unreadable(text.indexOf('\uFFFD', before), problem, 'the file in UTF-8: save it with that encoding.')],
    sourceOf(text, file),
  );
};

/**
 * Reads a fleet from a file.
 * @throws FleetError, also when the file cannot be read
 */
export const loadFleet = (file: string): ResolvedFleet => {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const absent = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new FleetError([
      {
        code: 'file',
        path: [file],
        problem: file === '' ? 'FLEET is empty' : absent ? 'there is no such file' : (error as Error).message,
        consequence: 'without a description there is no fleet.',
        remedy: `FLEET=<path of a fleet file>, or ${file === '' ? 'no FLEET at all for fleet.yaml' : `make ${file}`}.`,
      },
    ]);
  }
  if (!isUtf8(bytes)) throw notUtf8(bytes, file);
  return parseFleet(bytes.toString('utf8'), file);
};
