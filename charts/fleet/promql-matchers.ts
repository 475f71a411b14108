// Label matchers of PromQL: strings as Go reads them, and regular expressions as RE2 does.
import { readRegex } from './re2';

/** A sequence in a string of Go that stands for something: a byte, a character, an octal byte, a letter or quote. */
const escapes = /\\(?:x([\da-fA-F]{2})|(?:u([\da-fA-F]{4})|U([\da-fA-F]{8}))|([0-3][0-7]{2})|([abfnrtv\\'"]))|\\.?/gs;
const isCharacter = (hex: string): boolean => {
  const code = Number.parseInt(hex, 16);
  return code < 0xd800 || (code > 0xdfff && code <= 0x10ffff);
};

/** Why a string of PromQL, with its quotes, is none, or undefined: an unknown escape is an error there. */
export const stringErrorIn = (quoted: string): string | undefined => {
  if (quoted.startsWith('`')) return undefined;
  if (!/^(["'])(?:\\.|[^\\])*\1$/s.test(quoted)) return 'a text never ends';
  for (const [sequence, byte, short, long, octal, letter] of quoted.slice(1, -1).matchAll(escapes)) {
    const character = short ?? long;
    const isLetter = letter !== undefined && (!/['"]/.test(letter) || letter === quoted[0]);
    if (!(byte ?? octal) && !isLetter && !(character !== undefined && isCharacter(character)))
      return `there is no escape ${sequence} in a string: it is \\${sequence}, or the string is in \`backticks\``;
  }
  return undefined;
};

/** What a string of PromQL says; what is no text in it is U+FFFD. */
export const unquoted = (quoted: string): string => {
  if (quoted.startsWith('`')) return quoted.slice(1, -1);
  const bytes = Buffer.from(quoted.slice(1, -1)).toString('latin1');
  const said = bytes.replace(escapes, (sequence, byte, short, long, octal, letter) => {
    const character = short ?? long;
    if (byte ?? octal) return String.fromCharCode(byte ? Number.parseInt(byte, 16) : Number.parseInt(octal, 8));
    if (character !== undefined && isCharacter(character))
      return Buffer.from(String.fromCodePoint(Number.parseInt(character, 16))).toString('latin1');
    return { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }[letter as string] ?? letter ?? sequence;
  });
  return Buffer.from(said, 'latin1').toString();
};

/** Why RE2 does not take a regular expression, or undefined. */
export const regexErrorIn = (regex: string): string | undefined => {
  const read = readRegex(regex);
  return 'error' in read ? read.error : undefined;
};

/** A matcher: the label, how it is compared, and with what. */
export interface Matcher {
  readonly label: string;
  readonly operator: string;
  readonly value: string;
}

/** Whether a series without the label would match. */
export const matchesEmpty = ({ operator, value }: Matcher): boolean => {
  if (operator === '=') return value === '';
  if (operator === '!=') return value !== '';
  const read = readRegex(value);
  return 'empty' in read && read.empty === (operator === '=~');
};
