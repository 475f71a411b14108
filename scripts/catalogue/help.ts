// Flags as a program's own help tells them.
import type { Flag } from './catalogue';
import type { Program } from './programs';

/** One flag's entry: every name that it has, what it takes, and its text. */
interface Entry {
  readonly names: readonly string[];
  readonly takes: Flag['takes'];
  readonly text: string;
}

const words = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** Splits a help into entries: each begins at a line that `head` matches, and goes on below it. */
const entriesOf = (help: string, head: RegExp, entry: (match: RegExpExecArray, text: string) => Entry): Entry[] => {
  const lines = help.split('\n');
  const starts = lines.flatMap((line, i) => (head.test(line) ? [i] : []));
  return starts.map((start, i) => {
    const match = head.exec(lines[start] as string) as RegExpExecArray;
    const rest = lines.slice(start + 1, starts[i + 1]);
    const end = rest.findIndex((line) => line === '' || /^\S/.test(line)); // the next section
    const text = (lines[start] as string).slice(match[0].length);
    return entry(match, words([text, ...rest.slice(0, end < 0 ? undefined : end)].join(' ')));
  });
};

const formats: Readonly<Record<Program['help'], (help: string) => Entry[]>> = {
  // `  -w, --[no-]wait   text`, `      --label=LABEL ...  text`
  kingpin: (help) =>
    entriesOf(
      help,
      /^ {2,6}(?:-(\w), )?--(\[no-\])?([\w.-]+)((?:=| )(?:(?! {2}).)*)?(?: {2,}|$)/,
      ([, short, boolean, long, placeholder], text) => ({
        names: [...(short ? [short] : []), long as string],
        takes: boolean ? 'nothing' : / \.\.\.\s*$/.test(placeholder ?? '') ? 'values' : 'value',
        text,
      }),
    ),
  // `  -port int`, the text below
  go: (help) =>
    entriesOf(help, /^ {2}-([\w-]+)(?: (\S+))?/, ([, name, type], text) => ({
      names: [name as string],
      takes: type ? 'value' : 'boolean',
      text,
    })),
  // `   --port value, -p value [ --port value, -p value ]   text`
  urfave: (help) =>
    entriesOf(
      help,
      /^ {3}(--?[\w-]+(?: value)?(?:, --?[\w-]+(?: value)?)*)( \[ .*? \])?(?: {2,}|$)/,
      ([, names, again], text) => ({
        names: (names as string).split(', ').map((n) => n.replace(/^-+| value$/g, '')),
        takes: again ? 'values' : / value\b/.test(names as string) ? 'value' : 'boolean',
        text,
      }),
    ),
  // `-p, --port=<num>   text`, `-D <char>   text`
  getopt: (help) =>
    entriesOf(help, /^-(\w+)(?:,? +--([\w-]+))?((?:=| )<[\w-]+>)?(?= |$)/, ([, short, long, value], text) => ({
      names: [...(short ? [short] : []), ...(long ? [long] : [])],
      takes: value ? 'value' : 'nothing',
      text,
    })),
};

/** The sentence in which a help speaks of a flag's end. */
export const deprecation = (text: string): string | undefined =>
  /deprecated/i.test(text) ? (/[^.]*deprecated.*?(?:\.(?= |$)|$)/i.exec(text)?.[0] ?? text).trim() : undefined;

/** Flags by name, as a help shows them. */
export const flagsIn = (help: string, format: Program['help']): Record<string, Flag> =>
  Object.fromEntries(
    formats[format](help).flatMap(({ names, takes, text }) => {
      const deprecated = deprecation(text);
      return names.map((name): [string, Flag] => [name, { takes, ...(deprecated ? { deprecated } : {}) }]);
    }),
  );

/** Environment variables that a help names as `[$NAME]`. */
export const environmentIn = (help: string): string[] =>
  [...help.matchAll(/\$([A-Z][A-Z0-9_]+)[\],]/g)].map((m) => m[1] as string);
