// Label matchers of PromQL: strings as Go reads them, and regular expressions as RE2 does.

/** Why a string of PromQL, with its quotes, is none, or undefined: an unknown escape is an error there. */
export const stringErrorIn = (quoted: string): string | undefined => {
  if (quoted.startsWith('`')) return undefined;
  for (const [sequence] of quoted.matchAll(/\\./gs))
    if (!/^\\[abfnrtv\\'"xuU0-7]/.test(sequence))
      return `there is no escape ${sequence} in a string: it is \\${sequence}, or the string is in \`backticks\``;
  return undefined;
};

/** What a string of PromQL says; escapes by number are left as they are. */
export const unquoted = (quoted: string): string =>
  quoted.startsWith('`')
    ? quoted.slice(1, -1)
    : quoted
        .slice(1, -1)
        .replace(
          /\\([abfnrtv\\'"])/g,
          (_, c) => ({ a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' })[c as string] ?? c,
        );

/** Without \Q…\E, between which nothing has a meaning. */
const withoutQuotes = (regex: string): string => regex.replace(/\\Q.*?(\\E|$)/gs, 'q');

/** The same expression for JavaScript, which has neither flags inside nor the same names of groups. */
const ofJavaScript = (regex: string): RegExp =>
  new RegExp(
    `^(?:${withoutQuotes(regex)
      .replace(/\(\?[imsU-]+\)/g, '')
      .replace(/\(\?[imsU-]+:/g, '(?:')
      .replace(/\(\?P</g, '(?<')})$`,
    's',
  );

/** Why RE2 does not take a regular expression, or undefined. */
export const regexErrorIn = (regex: string): string | undefined => {
  const lacking = /\(\?(?:=|!|<=|<!|>)/.exec(withoutQuotes(regex).replace(/\\./gs, ''))?.[0];
  if (lacking) return `RE2 has no ${lacking}…)`;
  const sequences = withoutQuotes(regex).match(/\\./gs) ?? [];
  const unknown = sequences.find((sequence) => /^\\[^aAbBCdDfnpPrsStvwWxz0\W_]/.test(sequence));
  if (unknown) return `RE2 has no ${unknown}`;
  try {
    ofJavaScript(regex);
    return undefined;
  } catch (error) {
    return (error as Error).message.replace(/^.*: /s, '').toLowerCase();
  }
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
  return ofJavaScript(value).test('') === (operator === '=~');
};
