// What is wrong with a fleet, said so that nobody has to ask.
import type { Document, LineCounter, Node, Pair } from 'yaml';
import { isMap, isNode, isPair } from 'yaml';
import type { Code } from './codes';
import { render, type Style } from './messages';
import type { ResolvedFleet } from './resolve';
import type { Fleet } from './schema';
import { withoutSecrets } from './secrets-in-text';

export type Path = readonly (string | number)[];

/** Every place in a value: the path of each key and each element, what holds others before them. */
export const placesIn = (value: unknown, path: Path = []): Path[] =>
  typeof value !== 'object' || value === null
    ? []
    : Object.entries(value).flatMap(([key, part]) => {
        const here = [...path, Array.isArray(value) ? Number(key) : key];
        return [here, ...placesIn(part, here)];
      });

export interface Violation {
  readonly code: Code;
  /** Where in the fleet; the last part may be a key that should not be there. */
  readonly path: Path;
  /** Where in the file's text, if the file is not yet a fleet. */
  readonly offset?: number;
  readonly problem: string;
  /** What it would have caused. */
  readonly consequence: string;
  /** What to write instead. */
  readonly remedy: string;
}

/** What the schema cannot say about a fleet. */
export type Check = (fleet: Fleet, resolved: ResolvedFleet) => Violation[];

/** The violation, if it is one. */
export const refuseIf = (wrong: boolean, violation: Violation): Violation[] => (wrong ? [violation] : []);

interface Position {
  readonly line: number;
  readonly column: number;
}

export interface Source {
  readonly file: string;
  readonly text: string;
  readonly document: Document;
  readonly lines: LineCounter;
}

const showPath = (path: Path): string => (path.length === 0 ? 'the fleet' : path.join('.'));

/** The position of the deepest part of the path that the file has: its key, or the element of a list. */
const positionOf = (source: Source, { path, offset: given }: Violation): Position => {
  let node: unknown = source.document.contents;
  let offset = given ?? (isNode(node) ? (node.range?.[0] ?? 0) : 0);
  for (const part of path) {
    if (isMap(node)) {
      const pair = (node.items as Pair<Node, Node>[]).find(
        (p) => isPair(p) && String((p.key as { value?: unknown })?.value) === String(part),
      );
      if (!pair) break;
      offset = (pair.key as Node).range?.[0] ?? offset;
      node = pair.value;
    } else {
      const item = isNode(node) && 'items' in node ? (node.items as Node[])[part as number] : undefined;
      if (!item) break;
      offset = item.range?.[0] ?? offset;
      node = item;
    }
  }
  const { line, col } = source.lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
};

/** A violation with its place, as people look for it. */
export interface Problem extends Violation {
  /** `file:line:column`, or the path of a fleet that comes from no file. */
  readonly where: string;
  /** The line of the file, with the column to point at. */
  readonly excerpt?: { readonly line: number; readonly column: number; readonly text: string };
}

const locate = (violations: readonly Violation[], source: Source | undefined): Problem[] => {
  if (!source) return violations.map((v) => ({ ...v, where: showPath(v.path) }));
  const lines = source.text.split('\n');
  return violations
    .map((violation) => ({ violation, at: positionOf(source, violation) }))
    .sort(({ at: a }, { at: b }) => a.line - b.line || a.column - b.column)
    .map(({ violation, at }) => ({
      ...violation,
      where: `${source.file}:${at.line}:${at.column}`,
      excerpt: { ...at, text: withoutSecrets(lines[at.line - 1] ?? '') },
    }));
};

/** All that is wrong with a fleet. Its message is plain and never wrapped; `render` is for people. */
export class FleetError extends Error {
  override readonly name = 'FleetError';
  /** In the order of the file, if the fleet comes from one. */
  readonly violations: readonly Problem[];

  constructor(violations: readonly Violation[], source?: Source) {
    const problems = locate(violations, source);
    super(render(problems));
    this.violations = problems;
  }

  render(style: Style): string {
    return render(this.violations, style);
  }
}
