// Regular expressions as RE2 reads them (github.com/grafana/regexp, a copy of Go's): what is none, and whether one matches the empty text.

/** What a regular expression is of, as far as it has been read. */
interface Group {
  /** Whether one of its alternatives before this one matches the empty text. */
  before: boolean;
  /** What its alternative so far consists of. */
  items: Item[];
}
interface Item {
  /** Whether it matches the empty text. */
  readonly empty: boolean;
  /** How often what is in it is repeated, at most; RE2 unrolls that. */
  readonly times: number;
}
const anything: Item = { empty: false, times: 1 };
const mostRepeats = 1000;

const asItem = ({ before, items }: Group): Item => ({
  empty: before || items.every(({ empty }) => empty),
  times: Math.max(1, ...items.map(({ times }) => times)),
});

const posixClasses = /^\^?(alnum|alpha|ascii|blank|cntrl|digit|graph|lower|print|punct|space|upper|word|xdigit)$/;
/** Names of scripts that are as short as the codes of scripts, which RE2 does not know. */
const shortScripts = /^(Ahom|Cham|Han|Kawi|Lao|Lisu|Mro|Nko|Thai|Vai|Yi)$/;

/** Whether Go knows a category by that code, or a script by that name. */
const isUnicodeClass = (name: string): boolean => {
  if (name === 'Any') return true;
  if (!/^[A-Z]/.test(name) || (name.length < 5 && name.length > 2 && !shortScripts.test(name))) return false;
  try {
    return new RegExp(`\\p{${name.length > 2 || name === 'Yi' ? 'sc' : 'gc'}=${name}}`, 'u') !== undefined;
  } catch {
    return false;
  }
};

class RegexError extends Error {}
const refuse = (error: string): never => {
  throw new RegexError(error);
};

/** Why RE2 does not take a regular expression, or whether it matches the empty text. */
export const readRegex = (regex: string): { readonly error: string } | { readonly empty: boolean } => {
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    const sticky = new RegExp(pattern, 'suy');
    sticky.lastIndex = at;
    const found = sticky.exec(regex);
    at += found?.[0].length ?? 0;
    return found ?? undefined;
  };

  /** A character, escaped or not, as its number. */
  const character = (): number => {
    const octal = take(/\\(0[0-7]{0,2}|[1-7][0-7]{1,2})/)?.[1];
    if (octal !== undefined) return Number.parseInt(octal, 8);
    const hex = take(/\\x(?:\{([\da-fA-F]+)\}|([\da-fA-F]{2}))/);
    const code = Number.parseInt(hex?.[1] ?? hex?.[2] ?? '0', 16);
    if (hex) return code <= 0x10ffff ? code : refuse(`there is no character ${hex[0]}`);
    const control = take(/\\([afnrtv])/)?.[1];
    if (control !== undefined) return { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 }[control] as number;
    const plain = take(/\\([^A-Za-z0-9\u{80}-\u{10ffff}])|([^\\])/u);
    if (!plain) return refuse(at >= regex.length ? 'missing closing ]' : `RE2 has no ${/\\.?/su.exec(regex.slice(at))?.[0]}`);
    return (plain[1] ?? plain[2] ?? '').codePointAt(0) as number;
  };

  /** A class that is one escape: `\d`, `\pL`. */
  const classEscape = (): boolean => {
    const unicode = take(/\\[pP](?:\{\^?([^}]*)\}|([^{]))/);
    if (unicode && !isUnicodeClass(unicode[1] ?? unicode[2] ?? '')) refuse(`RE2 has no ${unicode[0]}`);
    return unicode !== undefined || take(/\\[dDsSwW]/) !== undefined;
  };

  const bracketed = (): Item => {
    for (let first = true; first || regex[at] !== ']'; first = false) {
      const posix = take(/\[:(.*?):\]/);
      if (posix && !posixClasses.test(posix[1] ?? '')) refuse(`RE2 has no ${posix[0]}`);
      if (posix || classEscape()) continue;
      const from = character();
      if (take(/-(?=[^\]])/) && character() < from) refuse('a range in brackets is out of order');
    }
    at += 1;
    return anything;
  };
  const single = (): Item => {
    if (!classEscape()) character();
    return anything;
  };

  const groups: Group[] = [{ before: false, items: [] }];
  const here = () => groups.at(-1) as Group;

  const repeated = (least: number, most: number): Item => {
    const { empty, times } = here().items.pop() ?? refuse('nothing to repeat');
    const all = most === 0 ? 1 : Math.max(1, Number.isFinite(most) ? most : least) * times;
    if (least > most || least > mostRepeats || (Math.max(least, Number.isFinite(most) ? most : 0) > 1 && all > mostRepeats))
      refuse(`RE2 repeats from less to more, and up to ${mostRepeats} times`);
    return { empty: empty || least === 0, times: all };
  };

  const read = (): void => {
    let afterRepeat = false;
    while (at < regex.length) {
      const repeat = take(/([*+?])\??|\{(0|[1-9]\d*)(,(0|[1-9]\d*)?)?\}\??/);
      if (repeat && afterRepeat) refuse(`${repeat[0]} repeats a repetition`);
      afterRepeat = repeat !== undefined;
      if (repeat) {
        const [, sign, least, range, most] = repeat;
        const top = range === undefined ? least : (most ?? Number.POSITIVE_INFINITY);
        here().items.push(sign ? repeated(sign === '+' ? 1 : 0, Number.POSITIVE_INFINITY) : repeated(Number(least), Number(top)));
      } else if (take(/\((?!\?)|\(\?P?<[A-Za-z0-9_]+>|\(\?[imsU]*(?:-[imsU]+)?:/)) groups.push({ before: false, items: [] });
      else if (take(/\(\?[imsU]*(?:-[imsU]+)?\)/)) continue;
      else if (take(/\(/)) refuse(`RE2 has no ${regex.slice(at - 1, at + (/^\?<[=!]/.test(regex.slice(at)) ? 3 : 2))}…)`);
      else if (take(/\|/)) groups.splice(-1, 1, { before: asItem(here()).empty, items: [] });
      else if (take(/\)/)) {
        const group = groups.length > 1 ? (groups.pop() as Group) : refuse('unmatched )');
        here().items.push(asItem(group));
      } else if (take(/[$^]|\\[ABz]/)) here().items.push({ empty: true, times: 1 });
      else if (take(/\[\^?/)) here().items.push(bracketed());
      else if (take(/\\b/)) here().items.push(anything);
      else {
        const quoted = take(/\\Q(.*?)(?:\\E|$)/);
        here().items.push(...(quoted ? [...(quoted[1] ?? '')].map(() => anything) : [single()]));
      }
    }
    if (groups.length > 1) refuse('unterminated group');
  };

  try {
    if (regex.includes('\ufffd')) refuse('it has bytes that are no text');
    read();
    return { empty: asItem(here()).empty };
  } catch (error) {
    if (error instanceof RegexError) return { error: error.message };
    throw error;
  }
};
