// How the programs speak: tables, colours where a person looks, progress.
import type { WriteStream } from 'node:tty';
import { type ParseArgsConfig, parseArgs as parseArguments } from 'node:util';
import Table from 'cli-table3';
import { FleetError } from '../../charts/fleet';
import { plain, type Style, wrap } from '../../charts/fleet/messages';
import { ToolError } from './kubectl';

const paints = (stream: WriteStream) => {
  const colour = (stream.isTTY ?? false) && !process.env.NO_COLOR;
  const paint = (code: number) => (text: string) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text);
  return { green: paint(32), yellow: paint(33), red: paint(31), bold: paint(1), dim: paint(2) };
};
export const { green, yellow, red, bold, dim } = paints(process.stdout);

/** Lines of text are read best when they are not longer, however wide the terminal is; logs get it as well. */
const widestText = 100;
export const styleOf = (stream: WriteStream): Style => ({
  ...plain,
  ...paints(stream),
  width: Math.min(stream.columns || 80, widestText),
  inFull: 20,
});

// biome-ignore lint/suspicious/noControlCharactersInRegex: what colours a text begins with one
const colours = /\x1b\[\d+m/g;

/**
 * Widths of columns, each with a blank on either side, so that the table with its lines fits: the widest gives first, but none cuts a
 * word, such as an address. Undefined when it fits as it is.
 */
export const columnWidths = (cells: readonly (readonly string[])[], most: number): number[] | undefined => {
  const longest = (column: number, separator: RegExp): number =>
    2 + Math.max(...cells.flatMap((row) => (row[column] ?? '').replace(colours, '').split(separator)).map((part) => part.length));
  const columns = (cells[0] ?? []).map((_, i) => ({ width: longest(i, /\n/), narrowest: longest(i, /\s/) }));
  const excess = () => columns.reduce((sum, c) => sum + c.width, columns.length + 1) - most;
  if (excess() <= 0) return undefined;
  while (excess() > 0) {
    const [widest] = columns.filter((c) => c.width > c.narrowest).sort((a, b) => b.width - a.width);
    if (!widest) break;
    widest.width--;
  }
  return columns.map((c) => c.width);
};

/** A table without colours of its own; on a terminal, texts wrap so that it stays within the width. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[], given?: readonly number[]): string => {
  const widths = given ?? (process.stdout.isTTY ? columnWidths([head, ...rows], width()) : undefined);
  const t = new Table({
    head: head.map(bold),
    style: { head: [], border: [], compact: true },
    ...(widths ? { colWidths: [...widths], wordWrap: true } : {}),
  });
  t.push(...rows.map((row) => [...row]));
  return t.toString();
};

/** A help text within a width: paragraphs, and what options mean, which stays in its column. */
export const wrapHelp = (text: string, width: number): string => {
  const parts: { text: string; indent: string }[] = [];
  let open = false; // whether the next line may go on with the last part
  for (const line of text.split('\n')) {
    const column = /^ +\S.*? {2,}(?=\S)/.exec(line)?.[0].length ?? 0; // of what is said of an option
    const last = parts.at(-1);
    if (open && last && line !== '' && column === 0 && (last.indent !== '') === line.startsWith(' '))
      last.text += ` ${line.trim()}`;
    else parts.push({ text: line, indent: ' '.repeat(column) });
    open = line !== '' && !line.startsWith('npm run ');
  }
  return parts
    .map((part) => {
      const [margin = ''] = /^ */.exec(part.text) ?? [];
      return wrap(part.text.trimStart(), width - margin.length, part.indent.slice(margin.length)).replace(/^(?=.)/gm, margin);
    })
    .join('\n');
};

/** Prints a help text. */
export const sayHelp = (text: string): void => console.log(wrapHelp(text, styleOf(process.stdout).width));

/** Width of the terminal, or of a log that people read. */
export const width = (): number => process.stdout.columns ?? 120;

let shown = 0;
const wipe = (): void => {
  process.stdout.write(`${shown > 1 ? `\x1b[${shown - 1}A` : ''}\r\x1b[J`);
  shown = 0;
};

/** Lines that are rewritten on a terminal; in a log only `done` lines are kept. */
export const progress = {
  /** What fits on the screen of it is shown until the next call. */
  show(text: string): void {
    if (!process.stdout.isTTY) return;
    const lines = text.split('\n').slice(0, Math.max(1, (process.stdout.rows ?? 24) - 2));
    wipe();
    process.stdout.write(lines.map((line) => line.slice(0, width() - 1)).join('\n'));
    shown = lines.length;
  },
  clear(): void {
    if (process.stdout.isTTY) wipe();
  },
  done(text: string): void {
    progress.clear();
    console.log(text);
  },
};

/** A text in a workflow command; in its properties, colons and commas have a meaning, too. */
const escaped = (text: string, meaning: RegExp): string =>
  text.replace(meaning, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
const property = (text: string): string => escaped(text, /[%\r\n:,]/g);
const data = (text: string): string => escaped(text, /[%\r\n]/g);

/** Says on stderr what is wrong with a fleet; in a workflow of GitHub also beside the lines of the fleet file. */
export const sayFleetError = (error: FleetError): void => {
  console.error(error.render(styleOf(process.stderr)));
  if (process.env.GITHUB_ACTIONS !== 'true') return;
  for (const { where, excerpt, code, problem, consequence, remedy } of error.violations) {
    const file = property(where.replace(/:\d+:\d+$/, ''));
    const place = excerpt ? `file=${file},line=${excerpt.line},col=${excerpt.column},` : '';
    const text = `${problem}\nit would mean: ${consequence}\nwrite instead: ${remedy}`;
    console.error(`::error ${place}title=${code}::${data(text)}`);
  }
};

/** Options that npm knows as well: whoever sets them there, perhaps for good in an .npmrc, need not mean the program. */
const npmsOwn = ['help', 'json'];

/**
 * Options that npm has kept for itself, as in `npm run certs --check`, from what it leaves in the environment; empty when the program was
 * not started by `npm run` of it, but by another that was.
 */
export const keptByNpm = (options: readonly string[], env: NodeJS.ProcessEnv, program: string): string[] => {
  const started = env.npm_lifecycle_script?.split(' ').some((word) => /\.ts$/.test(word) && program.endsWith(`/${word}`));
  const given = (option: string) => !['', 'false', undefined].includes(env[`npm_config_${option.replaceAll('-', '_')}`]);
  return started ? options.filter((option) => !npmsOwn.includes(option) && given(option)) : [];
};

/**
 * As Node's. @throws ToolError when npm has kept an option for itself, and the program would do something else than what was
 * asked for
 */
export const parseArgs = <T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArguments<T>> => {
  const kept = keptByNpm(Object.keys(config.options ?? {}), process.env, process.argv[1] ?? '');
  const [option] = kept;
  if (option !== undefined)
    throw new ToolError(
      `npm has kept ${kept.map((o) => `--${o}`).join(', ')} for itself, and nothing was done.\nWrite npm run ${process.env.npm_lifecycle_event} -- --${kept.join(' --')}, with -- before the options.`,
    );
  return parseArguments(config);
};

/** Runs a program's main function; what a person should know goes to stderr without a stack trace. */
export const main = async (program: () => Promise<number>): Promise<void> => {
  try {
    process.exitCode = await program();
  } catch (error) {
    const { name, message, code } = error as NodeJS.ErrnoException;
    if (error instanceof FleetError) sayFleetError(error);
    else if (String(code).startsWith('ERR_PARSE_ARGS')) console.error(`${message}\nWhat there is: --help`);
    else console.error(name === 'ToolError' ? message : error);
    process.exitCode = 2;
  }
};
