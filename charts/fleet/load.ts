// From a file's text to a resolved fleet, or to every problem in it with its line.
import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { checkFleet } from './checks';
import { nearest, nearKeys } from './nearest';
import { type ResolvedFleet, resolve } from './resolve';
import { type Fleet, fleetSchema } from './schema';
import { FleetError, type Path, type Source, type Violation } from './violations';

type Issue = z.core.$ZodIssue;

const show = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
};

const valueAt = (root: unknown, path: Path): unknown =>
  path.reduce<unknown>((value, part) => (value as Record<string | number, unknown> | undefined)?.[part], root);

const fromIssue = (issue: Issue, input: unknown): Violation[] => {
  const path = issue.path as Path;
  const name = path.length ? path.join('.') : 'the fleet';
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => {
      const known = nearKeys(fleetSchema, path, input);
      const near = nearest(key, known);
      return {
        code: 'unknown-key',
        path: [...path, key],
        problem: `${name} has no key ${show(key)}`,
        consequence: 'the setting would have been ignored without a word.',
        remedy: near ? `${near}, if that is what you mean.` : `one of ${known.join(', ')}.`,
      };
    });
  if (issue.code === 'invalid_key')
    return [
      {
        code: 'invalid-name',
        path,
        problem: `${show(path.at(-1))} cannot be a name here`,
        consequence: 'Kubernetes or Prometheus would have refused what is named after it.',
        remedy: `${issue.issues[0]?.message ?? 'a valid name'}.`,
      },
    ];
  const value = valueAt(input, path);
  if (value === undefined)
    return [
      {
        code: 'missing-key',
        path,
        problem: `${name} is missing`,
        consequence: 'nothing sensible can be assumed in its place.',
        remedy: missingRemedy(path, issue),
      },
    ];
  const expectsMap = issue.code === 'invalid_type' && (issue.expected === 'object' || issue.expected === 'record');
  if (expectsMap || (issue.code === 'invalid_union' && (value === null || typeof value !== 'object'))) {
    const known = nearKeys(fleetSchema, path, input);
    return [
      {
        code: 'wrong-type',
        path,
        problem: `${name} is ${show(value)}, but it takes keys of its own`,
        consequence: 'what it should describe would be missing from the fleet.',
        remedy: known.length
          ? `keys under it: ${known.join(', ')}; or leave it out.`
          : 'names, each with its settings, such as "chicago: {in: kind}".',
      },
    ];
  }
  if (issue.code === 'invalid_union') {
    // the only union is objectStore, told apart by its key `type`
    const type = (value as { type?: unknown }).type;
    return [
      {
        code: type === undefined ? 'missing-key' : 'wrong-value',
        path: type === undefined ? path : [...path.filter((p) => p !== 'type'), 'type'],
        problem: type === undefined ? `${name}.type is missing` : `${name}.type is ${show(type)}`,
        consequence: 'there would be no place to keep blocks.',
        remedy: 'type: embedded (an S3 server in the cluster, for kind) or type: s3.',
      },
    ];
  }
  const said = issue.message.startsWith('Invalid') ? `a ${'expected' in issue ? issue.expected : 'valid value'}` : issue.message;
  return [
    {
      code: 'wrong-value',
      path,
      problem: `${name} is ${show(value)}`,
      consequence: 'Kubernetes or the program that reads it would have refused it.',
      remedy: `${said}.`,
    },
  ];
};

const missingRemedy = (path: Path, issue: Issue): string => {
  const examples: Record<string, string> = {
    name: 'name: demo',
    kubernetes: 'kubernetes: {kind: {platform: kind}}',
    platform: 'platform: kind',
    objectStore: 'objectStore: {type: embedded}',
    observer: 'observer: {in: kind}',
    clusters: 'clusters: {chicago: {in: kind}}',
    in: 'in: and the name of a Kubernetes cluster of this file.',
  };
  return examples[String(path.at(-1))] ?? `${issue.message}.`;
};

/**
 * Resolves a typed fleet: defaults filled in, every safety check passed.
 * @throws FleetError with all violations at once
 */
export const resolveFleet = (fleet: unknown, source?: Source): ResolvedFleet => {
  const parsed = fleetSchema.safeParse(fleet);
  if (!parsed.success)
    throw FleetError.of(
      parsed.error.issues.flatMap((issue) => fromIssue(issue, fleet)),
      source,
    );
  const resolved = resolve(parsed.data as Fleet);
  const violations = checkFleet(parsed.data as Fleet, resolved);
  if (violations.length > 0) throw FleetError.of(violations, source);
  return resolved;
};

/**
 * Reads a fleet from YAML text.
 * @param file how messages name the text
 * @throws FleetError with all violations at once, each with line and column
 */
export const parseFleet = (text: string, file: string): ResolvedFleet => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const source: Source = { file, text, document, lines };
  if (document.errors.length > 0) {
    const messages = document.errors.map((error) => {
      const { line, col } = lines.linePos(error.pos[0]);
      return `${file}:${line}:${col}: ${error.message} [yaml]\n  write instead: YAML; mind indentation, quotes and keys written twice.`;
    });
    throw new FleetError(messages);
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new FleetError([
      `${file}:1:1: ${(error as Error).message} [yaml]\n  write instead: the values themselves, without aliases.`,
    ]);
  }
  return resolveFleet(value, source);
};

/**
 * Reads a fleet from a file.
 * @throws FleetError, also when the file cannot be read
 */
export const loadFleet = (file: string): ResolvedFleet => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new FleetError([
      `${file}: ${(error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : (error as Error).message} [file]\n  write instead: FLEET=<path of a fleet file>, or make ${file}.`,
    ]);
  }
  return parseFleet(text, file);
};
