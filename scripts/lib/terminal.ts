// How the programs speak: tables, colours where a person looks, progress.
import Table from 'cli-table3';

const colour = (process.stdout.isTTY ?? false) && !process.env.NO_COLOR;
const paint = (code: number) => (text: string) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text);
export const green = paint(32);
export const yellow = paint(33);
export const red = paint(31);
export const bold = paint(1);
export const dim = paint(2);

/** A table without colours of its own; texts wrap so that it stays within the width. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[], widths?: readonly number[]): string => {
  const t = new Table({
    head: head.map(bold),
    style: { head: [], border: [], compact: true },
    ...(widths ? { colWidths: [...widths], wordWrap: true } : {}),
  });
  t.push(...rows.map((row) => [...row]));
  return t.toString();
};

/** Width of the terminal, or of a log that people read. */
export const width = (): number => process.stdout.columns ?? 120;

/** One line that is rewritten on a terminal; in a log only `done` lines are kept. */
export const progress = {
  show(text: string): void {
    if (process.stdout.isTTY) process.stdout.write(`\r\x1b[2K${text.slice(0, width() - 1)}`);
  },
  clear(): void {
    if (process.stdout.isTTY) process.stdout.write('\r\x1b[2K');
  },
  done(text: string): void {
    progress.clear();
    console.log(text);
  },
};

/** Runs a program's main function; what a person should know goes to stderr without a stack trace. */
export const main = async (program: () => Promise<number>): Promise<void> => {
  try {
    process.exitCode = await program();
  } catch (error) {
    const { name, message, code } = error as NodeJS.ErrnoException;
    if (String(code).startsWith('ERR_PARSE_ARGS')) console.error(`${message}\nWhat there is: --help`);
    else console.error(['FleetError', 'ToolError'].includes(name) ? message : error);
    process.exitCode = 2;
  }
};
