// What is wrong with a fleet, said so that nobody has to ask.
import type { Document, LineCounter, Node, Pair } from 'yaml';
import { isMap, isNode, isPair } from 'yaml';
import type { Code } from './codes';
import type { ResolvedFleet } from './resolve';
import type { Fleet } from './schema';

export type Path = readonly (string | number)[];

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

/** All that is wrong with a fleet. Its message is made to be printed as it is. */
export class FleetError extends Error {
  override readonly name = 'FleetError';

  /** @param source the fleet's file, if it comes from one: violations are said in its order, with their lines */
  constructor(
    readonly violations: readonly Violation[],
    source?: Source,
  ) {
    const n = violations.length;
    super(`${describe(violations, source).join('\n\n')}\n\n${n} problem${n === 1 ? '' : 's'}; nothing was written.`);
  }
}

const describe = (violations: readonly Violation[], source?: Source): string[] => {
  const positioned = violations.map((violation) => ({
    violation,
    at: source ? positionOf(source, violation) : undefined,
  }));
  positioned.sort((a, b) => (a.at?.line ?? 0) - (b.at?.line ?? 0) || (a.at?.column ?? 0) - (b.at?.column ?? 0));
  return positioned.map(({ violation: v, at }) => {
    const where = source && at ? `${source.file}:${at.line}:${at.column}` : showPath(v.path);
    const line = source && at ? source.text.split('\n')[at.line - 1] : undefined;
    return [
      `${where}: ${v.problem} [${v.code}]`,
      ...(line?.trim() && at ? [`  ${String(at.line).padStart(4)} | ${line}`, `       | ${' '.repeat(at.column - 1)}^`] : []),
      `  it would mean: ${v.consequence}`,
      `  write instead: ${v.remedy}`,
    ].join('\n');
  });
};
