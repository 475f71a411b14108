// Templates of labels and annotations, as Go's text/template reads them: Prometheus takes no rule of a file in which one does not parse.

const keywords = ['if', 'range', 'with', 'define', 'block', 'else', 'end', 'template', 'break', 'continue'];
const words = ['true', 'false', 'nil'];
const builtin = 'and break call continue eq ge gt html index js le len lt ne not or print printf println slice urlquery'.split(
  ' ',
);
/** prometheus template/template.go */
const functions = [
  ...builtin,
  ...'args externalURL first graphLink humanize humanize1024 humanizeDuration humanizePercentage humanizeTimestamp'.split(' '),
  ...'label match now parseDuration pathPrefix query reReplaceAll safeHtml sortByLabel stripDomain stripPort'.split(' '),
  ...'strvalue tableLink title toDuration toLower toTime toUpper urlQueryEscape value'.split(' '),
];
/** What Prometheus defines before an alert's texts. */
const variables = ['$', '$labels', '$externalLabels', '$externalURL', '$value'];

const token =
  /\s+|"(?:\\[abfnrtvxuU0-7\\"]|[^"\\\n])*"|`[^`]*`|'(?:\\[abfnrtvxuU0-7\\']|[^'\\\n])+'|\$\w*(?![\w.])|\$\w*(?=\.[A-Za-z_])|\.[A-Za-z_]\w*|[+-]?(?:\d\w*\.?\w*|\.\d\w*)|:=|[=|,().]|[A-Za-z_]\w*/y;

/** Tokens of what is between `{{` and `}}`, and where it ends; undefined if it never does. */
const actionAt = (text: string, start: number): { tokens: string[]; end: number } | { unexpected: string } => {
  const tokens: string[] = [];
  let at = start;
  for (;;) {
    const end = /\s+-\}\}|\}\}/y;
    end.lastIndex = at;
    const closing = end.exec(text);
    if (closing) return { tokens: tokens.filter((t) => t.trim() !== ''), end: at + closing[0].length };
    token.lastIndex = at;
    const found = token.exec(text)?.[0];
    if (!found)
      return { unexpected: at >= text.length ? 'an action that never ends: {{ without }}' : `"${text.slice(at, at + 10)}"` };
    tokens.push(found);
    at += found.length;
  }
};

const blocks = ['if', 'range', 'with', 'define', 'block'];
const isLiteral = (t: string): boolean => /^["'`\d+-]/.test(t) || words.includes(t);

/** Whether a pipe, a sign of assignment or a parenthesis stands where a value is expected, or a value where it cannot be given one. */
const misplaced = (tokens: readonly string[], start: number): boolean =>
  tokens.some((t, i) => {
    const [before, next] = [i > start ? tokens[i - 1] : '(', tokens[i + 1]];
    if (t === '|') return ['(', '|', ':=', '='].includes(before ?? '') || (next !== undefined && isLiteral(next));
    if (t === ')') return before === '(';
    return (t === ':=' || t === '=') && (next === undefined || next === ')');
  });

/** What is between its `{{` and its `{{ end }}`. */
interface Block {
  readonly keyword: string;
  /** Variables of around it, which there are again after it. */
  readonly outside: ReadonlySet<string>;
  /** Those of its own first action too: all that there is after an else. */
  inside: ReadonlySet<string>;
  /** Whether it had an else without a condition. */
  last: boolean;
}

/** What is wrong with a template, or undefined. */
export const templateErrorIn = (text: string): string | undefined => {
  const open: Block[] = [];
  let declared = new Set(variables);
  for (let at = text.indexOf('{{'); at >= 0; at = text.indexOf('{{', at)) {
    const comment = /\{\{(- )?\/\*.*?\*\/( -)?\}\}/sy;
    comment.lastIndex = at;
    const skipped = comment.exec(text);
    if (skipped) {
      at += skipped[0].length;
      continue;
    }
    const action = actionAt(text, at + (/^\{\{- /.test(text.slice(at)) ? 3 : 2));
    if ('unexpected' in action) return `it has ${action.unexpected}`;
    const [first, ...rest] = action.tokens;
    const shown = `{{ ${action.tokens.join(' ')} }}`;
    if (first === undefined) return 'it has an action without a value: {{ }}';
    const condition = first === 'else' ? rest[0] : first;
    const valueAt = first === 'else' ? 2 : blocks.includes(first) ? 1 : 0;
    if (['if', 'range', 'with'].includes(condition ?? '') && action.tokens.length === valueAt) return `${shown} has no value`;
    if (misplaced(action.tokens, valueAt)) return `${shown} lacks a value, or has one where it is given none`;
    const block = open.at(-1);
    if (first === 'else') {
      if (!block || !['if', 'range', 'with'].includes(block.keyword)) return `there is no if for ${shown}`;
      if (block.last) return `there is an {{ else }} before ${shown}`;
      if (condition !== undefined && !['if', 'with'].includes(condition)) return `${shown} is neither else nor else if`;
      block.last = condition === undefined;
      declared = new Set(block.inside);
    }
    if (first === 'end') {
      if (!block) return `there is nothing for ${shown} to end`;
      if (rest.length > 0) return `${shown} has more than end`;
      open.pop();
      declared = new Set(block.outside);
    }
    if (blocks.includes(first)) {
      open.push({ keyword: first, outside: new Set(declared), inside: declared, last: false });
      if (first === 'define') declared = new Set(['$']);
    }
    if ((first === 'break' || first === 'continue') && !open.some(({ keyword }) => keyword === 'range'))
      return `${shown} is in no range`;
    if (first === 'template' && !/^["`]/.test(rest[0] ?? '')) return `${shown} has no name`;
    for (const [i, t] of action.tokens.entries()) {
      const next = action.tokens[i + 1];
      if (t.startsWith('$') && (next === ':=' || (next === ',' && first === 'range'))) declared.add(t);
      if (t.startsWith('$') && !declared.has(t) && action.tokens[i - 1] !== ',') return `there is no variable ${t}`;
      if (t.startsWith('$') && action.tokens[i - 1] === ',') declared.add(t);
      if (/^[A-Za-z_]/.test(t) && ![...keywords, ...words, ...functions].includes(t)) return `there is no function ${t}`;
    }
    if (blocks.includes(first) || first === 'else') {
      const current = open.at(-1);
      if (current) current.inside = new Set(declared);
      if (first === 'block') declared = new Set(['$']);
    }
    const depth = action.tokens.filter((t) => t === '(').length - action.tokens.filter((t) => t === ')').length;
    if (depth !== 0) return `${shown} has a parenthesis too ${depth > 0 ? 'many' : 'few'}`;
    at = action.end;
  }
  return open.length > 0 ? `there is no {{ end }} for {{ ${open.at(-1)?.keyword} }}` : undefined;
};
