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
  /\s+|"(?:\\.|[^"\\\n])*"|`[^`]*`|'(?:\\.|[^'\\\n])+'|\$\w*|\.[A-Za-z_]\w*|[+-]?(?:\d\w*\.?\w*|\.\d\w*)|:=|[=|,().]|[A-Za-z_]\w*/y;

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

/** What is wrong with a template, or undefined. */
export const templateErrorIn = (text: string): string | undefined => {
  const open: string[] = [];
  const declared = new Set(variables);
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
    if (['if', 'range', 'with'].includes(first) && rest.length === 0) return `${shown} has no value`;
    if (['if', 'range', 'with', 'define', 'block'].includes(first)) open.push(first);
    if (first === 'else' && !['if', 'range', 'with'].includes(open.at(-1) ?? '')) return `there is no if for ${shown}`;
    if (first === 'end' && !open.pop()) return `there is nothing for ${shown} to end`;
    for (const [i, t] of action.tokens.entries()) {
      const next = action.tokens[i + 1];
      if (t.startsWith('$') && (next === ':=' || (next === ',' && first === 'range'))) declared.add(t);
      if (t.startsWith('$') && !declared.has(t) && action.tokens[i - 1] !== ',') return `there is no variable ${t}`;
      if (t.startsWith('$') && action.tokens[i - 1] === ',') declared.add(t);
      if (/^[A-Za-z_]/.test(t) && ![...keywords, ...words, ...functions].includes(t)) return `there is no function ${t}`;
    }
    const depth = action.tokens.filter((t) => t === '(').length - action.tokens.filter((t) => t === ')').length;
    if (depth !== 0) return `${shown} has a parenthesis too ${depth > 0 ? 'many' : 'few'}`;
    at = action.end;
  }
  return open.length > 0 ? `there is no {{ end }} for {{ ${open.at(-1)} }}` : undefined;
};
