// What is wrong with a fleet, said so that nobody has to ask.
import type { Document, LineCounter, Node, Pair } from 'yaml';
import { isMap, isNode, isPair } from 'yaml';

export type Path = readonly (string | number)[];

export interface Violation {
  /** Stable name of the check. */
  readonly code: string;
  /** Where in the fleet; the last part may be a key that should not be there. */
  readonly path: Path;
  readonly problem: string;
  /** What it would have caused. */
  readonly consequence: string;
  /** What to write instead. */
  readonly remedy: string;
}

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

/** The position of the deepest part of the path that the file has: the key, or for the last part its value if `ofValue`. */
const positionOf = (source: Source, path: Path): Position => {
  let node: unknown = source.document.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
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

/** All that is wrong with a fleet, one text each. Its message is made to be printed as it is. */
export class FleetError extends Error {
  override readonly name = 'FleetError';

  constructor(
    problems: readonly string[],
    readonly violations: readonly Violation[] = [],
  ) {
    const n = problems.length;
    super(`${problems.join('\n\n')}\n\n${n} problem${n === 1 ? '' : 's'}; nothing was written.`);
  }

  /** The error that says these violations, in the order of the file where there is one. */
  static of(violations: readonly Violation[], source?: Source): FleetError {
    return new FleetError(describe(violations, source), violations);
  }
}

const describe = (violations: readonly Violation[], source?: Source): string[] => {
  const positioned = violations.map((violation) => ({
    violation,
    at: source ? positionOf(source, violation.path) : undefined,
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
