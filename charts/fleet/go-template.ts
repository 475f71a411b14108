// Templates of labels and annotations, as Go's text/template reads them: Prometheus takes no rule of a file in which one does not parse.
import { stringErrorIn, unquoted } from './promql-matchers';

const keywords = ['if', 'range', 'with', 'define', 'block', 'else', 'end', 'template', 'break', 'continue'];
const builtin = 'and call eq ge gt html index js le len lt ne not or print printf println slice urlquery'.split(' ');
/** prometheus template/template.go */
const functions = [
  ...builtin,
  ...'args externalURL first graphLink humanize humanize1024 humanizeDuration humanizePercentage humanizeTimestamp'.split(' '),
  ...'label match now parseDuration pathPrefix query reReplaceAll safeHtml sortByLabel stripDomain stripPort'.split(' '),
  ...'strvalue tableLink title toDuration toLower toTime toUpper urlQueryEscape value'.split(' '),
];
/** What Prometheus defines before an alert's texts. */
const variables = ['$', '$labels', '$externalLabels', '$externalURL', '$value'];

/** What is between `{{` and `}}`. */
interface Action {
  readonly shown: string;
  readonly tokens: readonly Token[];
}
interface Token {
  readonly kind: 'variable' | 'field' | 'dot' | 'word' | 'number' | 'string' | 'sign';
  readonly text: string;
  /** Whether there is space before it. */
  readonly spaced: boolean;
}

class TemplateError extends Error {}
const refuse = (error: string): never => {
  throw new TemplateError(error);
};

/** What can follow a name. */
const ends = '(?=[\\s.,|:()]|\\}\\}|$)';
const kinds = Object.entries({
  number: /[+-]?\.?\d[\p{L}\p{Nd}_.]*(?:(?<=[eEpP])[+-]\d+)?/u,
  variable: new RegExp(`\\$[\\p{L}\\p{Nd}_]*${ends}`),
  field: new RegExp(`\\.(?!\\d)[\\p{L}\\p{Nd}_]+${ends}`),
  dot: new RegExp(`\\.${ends}`),
  word: new RegExp(`(?!\\d)[\\p{L}\\p{Nd}_]+${ends}`),
  string: /"(?:\\.|[^"\\\n])*"|`[^`]*`|'(?:\\.|[^'\\\n])*'/,
  sign: /:=|[=|(),]/,
} satisfies Record<Token['kind'], RegExp>).map(([kind, pattern]): [Token['kind'], RegExp] => [
  kind as Token['kind'],
  new RegExp(pattern, 'uy'),
]);
/** An integer, or a number with a point, an exponent or an `i`; without a sign. */
const number =
  /^(?:0[xX](?:_?[\da-fA-F])+|0[bB](?:_?[01])+|0[oO]?(?:_?[0-7])*|[1-9](?:_?\d)*|0[xX](?:_?[\da-fA-F])+\.?(?:[\da-fA-F]_?)*[pP][+-]?\d+|(?=.*[.eEi])(?:\d(?:_?\d)*\.?|\.\d)(?:\d(?:_?\d)*)?(?:[eE][+-]?\d+)?i?)$/;

const isLiteral = (kind: Token['kind'], text: string): boolean =>
  kind === 'number'
    ? number.test(text.replace(/^[+-]/, ''))
    : kind !== 'string' || (stringErrorIn(text) === undefined && (!text.startsWith("'") || [...unquoted(text)].length === 1));

/** All actions of a template; comments are none. */
const actionsOf = (text: string): Action[] => {
  const actions: Action[] = [];
  for (let at = text.indexOf('{{'); at >= 0; at = text.indexOf('{{', at)) {
    const comment = /\{\{(?:-\s)?\/\*.*?\*\/(?:\s-)?\}\}/sy;
    comment.lastIndex = at;
    const skipped = comment.exec(text)?.[0].length;
    if (skipped !== undefined) {
      at += skipped;
      continue;
    }
    at += /^-\s/.test(text.slice(at + 2)) ? 3 : 2;
    const start = at;
    const tokens: Token[] = [];
    for (;;) {
      const space = /^\s*/.exec(text.slice(at))?.[0].length ?? 0;
      const end = /^(?:\s-)?\}\}/.exec(text.slice(space > 0 && text[at + space] === '-' ? at + space - 1 : at + space))?.[0];
      if (end) {
        actions.push({ shown: `{{ ${text.slice(start, at).trim().replace(/\s+/g, ' ')} }}`, tokens });
        at = text.indexOf('}}', at) + 2;
        break;
      }
      at += space;
      if (at >= text.length) refuse('it has an action that never ends: {{ without }}');
      const found = kinds.flatMap(([kind, pattern]): Token[] => {
        pattern.lastIndex = at;
        const [match] = pattern.exec(text) ?? [];
        return match !== undefined && isLiteral(kind, match) ? [{ kind, text: match, spaced: space > 0 }] : [];
      })[0];
      if (!found) return refuse(`it has "${text.slice(at, at + 10)}"`);
      tokens.push(found);
      at += found.text.length;
    }
  }
  return actions;
};

/** Reads a template as Go's parser does. */
const read = (actions: readonly Action[]): void => {
  let declared = [...variables];
  let ranges = 0;
  let action = 0;
  let at = 0;
  const here = () => actions[action - 1] as Action;
  const token = () => here().tokens[at];
  const isSign = (sign: string): boolean => token()?.kind === 'sign' && token()?.text === sign;
  const misplaced = () => refuse(`${here().shown} lacks a value, or has one where it is given none`);

  /** A value with its fields, and whether it is only a value; nothing if none stands here. */
  const operand = (): 'plain' | 'called' | undefined => {
    const value = token();
    if (!value || (value.kind === 'sign' && value.text !== '(') || keywords.includes(value.text)) return undefined;
    at += 1;
    const plain = ['dot', 'number', 'string'].includes(value.kind) || /^(true|false|nil)$/.test(value.text);
    if (value.kind === 'sign') pipeline('(', true);
    if (value.kind === 'variable' && !declared.includes(value.text)) refuse(`there is no variable ${value.text}`);
    if (value.kind === 'word' && !plain && !functions.includes(value.text)) refuse(`there is no function ${value.text}`);
    for (; token()?.kind === 'field' && !token()?.spaced; at += 1)
      if (plain) refuse(`${value.text}${token()?.text} is a field of what has none`);
    return plain ? 'plain' : 'called';
  };

  const command = (): 'plain' | 'called' => {
    const first = operand() ?? misplaced();
    while (token() && !isSign(')')) {
      if (isSign('|')) {
        at += 1;
        break;
      }
      if (!token()?.spaced || !operand()) misplaced();
    }
    return first;
  };

  /** Variables that are given what follows, and commands with pipes between them. */
  const pipeline = (keyword: string, inParentheses = false): void => {
    for (let commas = 0; token()?.kind === 'variable'; commas += 1) {
      const sign = here().tokens[at + 1];
      if (sign?.kind !== 'sign' || ![':=', '=', ','].includes(sign.text)) break;
      declared.push(token()?.text ?? '');
      at += 2;
      if (sign.text !== ',') break;
      if (keyword !== 'range' || commas > 0 || token()?.kind !== 'variable') misplaced();
    }
    let stages = 0;
    for (; token() && !isSign(')'); stages += 1) if (command() === 'plain' && stages > 0) misplaced();
    if ((token() !== undefined) !== inParentheses)
      refuse(`${here().shown} has a parenthesis too ${inParentheses ? 'many' : 'few'}`);
    if (stages === 0 && here().tokens.length === 1) refuse(`${here().shown} has no value`);
    if (stages === 0) misplaced();
    if (inParentheses) at += 1;
  };

  const name = (): void => {
    if (token()?.kind !== 'string' || token()?.text.startsWith("'")) refuse(`${here().shown} has no name`);
    at += 1;
  };
  const nothingMore = (keyword: string): void => {
    if (token()) refuse(`${here().shown} has more than ${keyword}`);
  };

  /** A template of its own: without the variables around it. */
  const definition = (keyword: string): void => {
    const around = { declared, ranges };
    [declared, ranges] = [['$'], 0];
    if (until(keyword) === 'else') refuse(`there is no if for ${here().shown}`);
    ({ declared, ranges } = around);
  };

  const control = (keyword: string): void => {
    const outside = declared.length;
    pipeline(keyword);
    ranges += keyword === 'range' ? 1 : 0;
    const end = until(keyword);
    ranges -= keyword === 'range' ? 1 : 0;
    if (end === 'else' && keyword !== 'range' && token()?.text === keyword) {
      at += 1;
      if (!token()) refuse(`${here().shown} has no value`);
      control(keyword);
    } else if (end === 'else') {
      if (token()) refuse(`${here().shown} is neither else nor else ${keyword === 'range' ? 'if' : keyword}`);
      if (until(keyword) === 'else') refuse(`there is an {{ else }} before ${here().shown}`);
    }
    declared.length = outside;
  };

  /** Reads one action, and what is in it; the keyword if it ends what is around it. */
  const next = (outermost = false): 'end' | 'else' | undefined => {
    action += 1;
    at = 0;
    if (here().tokens.length === 0) refuse('it has an action without a value: {{ }}');
    const keyword = token()?.kind === 'word' && keywords.includes(token()?.text ?? '') ? token()?.text : undefined;
    if (keyword !== undefined) at += 1;
    if (keyword === 'if' || keyword === 'range' || keyword === 'with') control(keyword);
    else if (keyword === 'template' || keyword === 'block' || keyword === 'define') {
      name();
      if (keyword === 'define' && !outermost) refuse(`${here().shown} stands in another block`);
      if (keyword === 'define') nothingMore('a name');
      if (keyword === 'block' || token()) pipeline(keyword);
      if (keyword !== 'template') definition(keyword);
    } else if (keyword === 'break' || keyword === 'continue') {
      nothingMore(keyword);
      if (ranges === 0) refuse(`${here().shown} is in no range`);
    } else if (keyword === 'end') nothingMore('end');
    else if (keyword === undefined) pipeline('');
    return keyword === 'end' || keyword === 'else' ? keyword : undefined;
  };

  const until = (keyword: string): 'end' | 'else' => {
    while (action < actions.length) {
      const end = next();
      if (end) return end;
    }
    return refuse(`there is no {{ end }} for {{ ${keyword} }}`);
  };

  while (action < actions.length) {
    const end = next(true);
    if (end === 'end') refuse(`there is nothing for ${here().shown} to end`);
    if (end === 'else') refuse(`there is no if for ${here().shown}`);
  }
};

/** What is wrong with a template, or undefined. */
export const templateErrorIn = (text: string): string | undefined => {
  try {
    read(actionsOf(text));
    return undefined;
  } catch (error) {
    if (error instanceof TemplateError) return error.message;
    throw error;
  }
};
