// How violations look: in a terminal, in a log, and as the message of an error.
import type { Accepted } from './accept';
import { isAcceptable } from './codes';
import type { Idle } from './idle-alerts';
import type { Problem } from './violations';

/** Where a text is printed. */
export interface Style {
  /** Columns; Infinity wraps nothing. */
  readonly width: number;
  /** So many problems are told in full; of the rest, place and problem. */
  readonly inFull: number;
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
}

const same = (text: string): string => text;
const all = Number.POSITIVE_INFINITY;
export const plain: Style = { width: all, inFull: all, bold: same, dim: same, red: same, green: same };

/** Wraps a text between words; a word that is longer than the line stays whole. */
export const wrap = (text: string, width: number, indent = ''): string => {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line === '') line = word;
    else if ([...line, ...word].length + 1 <= width) line = `${line} ${word}`;
    else {
      lines.push(line);
      line = indent + word;
    }
  }
  return [...lines, line].join('\n');
};

/** A terminal must not obey what somebody wrote into a file. */
const harmless = (text: string): string => text.replace(/\p{Cc}/gu, ' ');

/** The file's line and a mark under the column; of a line that is too long, the part around it. */
const excerpt = ({ line, column, text }: NonNullable<Problem['excerpt']>, style: Style): string[] => {
  if (text.trim() === '') return [];
  const gutter = `  ${String(line).padStart(4)} | `;
  const room = style.width - gutter.length;
  const start = text.length <= room ? 0 : Math.max(0, Math.min(column - 1 - Math.floor(room / 2), text.length - room));
  let shown = harmless(text.slice(start, start + room));
  if (start > 0) shown = `…${shown.slice(1)}`;
  if (start + room < text.length) shown = `${shown.slice(0, -1)}…`;
  return [
    `${style.dim(gutter)}${shown.trimEnd()}`,
    `${style.dim(`${' '.repeat(gutter.length - 2)}| `)}${' '.repeat(column - 1 - start)}${style.red('^')}`,
  ];
};

const heading = ({ where, problem, code }: Problem, style: Style): string =>
  wrap(harmless(`${where}: ${problem} [${code}]`), style.width, '    ')
    .replace(where, style.bold)
    .replace(`[${code}]`, style.dim);

const item = (text: string, style: Style): string => wrap(harmless(text), style.width - 2, '  ').replace(/^/gm, '  ');

const part = (label: string, text: string, style: Style, colour: (text: string) => string): string =>
  item(`${label}: ${text}`, style).replace(`${label}:`, colour);

/** What is wrong, what it would cause and what to write instead; at last how much it is and where more is said. */
export const render = (problems: readonly Problem[], style: Style = plain): string => {
  const full = problems
    .slice(0, style.inFull)
    .map((p) =>
      [
        heading(p, style),
        ...(p.excerpt ? excerpt(p.excerpt, style) : []),
        part('it would mean', p.consequence, style, style.red),
        part('write instead', p.remedy, style, style.green),
        ...(isAcceptable(p.code)
          ? [part('or accept it', `accept: [{code: ${p.code}, at: ${p.path.join('.')}, reason: …}]`, style, style.dim)]
          : []),
      ].join('\n'),
    );
  const rest = problems.slice(style.inFull).map((p) => heading(p, style));
  const codes = [...new Set(problems.map((p) => p.code))];
  const explain = `npm run explain ${codes.length > 5 ? 'CODE' : codes.join(' ')}`;
  return [
    ...full,
    ...(rest.length > 0 ? [rest.join('\n')] : []),
    [
      style.bold(`${problems.length} problem${problems.length === 1 ? '' : 's'}; nothing was written.`),
      wrap(`More about ${codes.length === 1 ? 'it' : 'them'}: ${explain}`, style.width, '  '),
    ].join('\n'),
  ].join('\n\n');
};

/** What the fleet accepts, for all who synthesize it; nothing if there is nothing. */
export const renderAccepted = (accepted: readonly Accepted[], style: Style = plain): string =>
  accepted.length === 0
    ? ''
    : [
        style.bold(`Accepted, though refused elsewhere (npm run explain CODE):`),
        ...accepted.map(({ code, at, reason, problem, consequence }) =>
          [
            item(`${at}: ${problem} [${code}]`, style),
            part('it means', consequence, style, style.red),
            part('because', reason.trim(), style, style.green),
          ].join('\n'),
        ),
      ].join('\n');

/** What the fleet says without an effect; nothing if there is nothing. */
export const renderIdle = (idle: readonly Idle[], style: Style = plain): string =>
  idle.length === 0
    ? ''
    : [
        style.bold('Without an effect:'),
        ...idle.map(({ at, settings, problem, remedy }) =>
          [item(`${at} (${settings.join(', ')}): ${problem}`, style), part('write instead', remedy, style, style.green)].join(
            '\n',
          ),
        ),
      ].join('\n');
