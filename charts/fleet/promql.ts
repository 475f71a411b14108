// PromQL by Prometheus' own grammar, as its web interface uses it: what does not parse, and what an expression keeps.
import { durationPattern, seconds } from '../kit/units';
import { type Matcher, matchesEmpty, regexErrorIn, stringErrorIn, unquoted } from './promql-matchers';

/** What the grammar gives. */
interface Tree {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly firstChild: Tree | null;
  readonly nextSibling: Tree | null;
}
interface Grammar {
  readonly parser: { parse(text: string): { readonly topNode: Tree } };
}

/** A part of an expression. */
interface Node {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly children: readonly Node[];
}

/** What stands behind an operand. */
const behind = ['OffsetExpr', 'StepInvariantExpr', 'MatrixSelector', 'SubqueryExpr'];

/** The grammar takes `a + b offset 5m` for (a + b) offset 5m; what stands behind is of the last operand only. */
const ofLastOperand = (node: Node): Node => {
  const [operand, ...rest] = node.children;
  const last = operand?.children.at(-1);
  if (!behind.includes(node.name) || !last || !['BinaryExpr', 'UnaryExpr'].includes(operand?.name ?? '')) return node;
  const bound = ofLastOperand({ ...node, from: last.from, children: [last, ...rest] });
  return { ...(operand as Node), to: node.to, children: [...(operand as Node).children.slice(0, -1), bound] };
};

const nodeOf = ({ name, from, to, firstChild }: Tree): Node => {
  const children: Node[] = [];
  for (let child = firstChild; child; child = child.nextSibling) if (child.name !== 'LineComment') children.push(nodeOf(child));
  return ofLastOperand({ name, from, to, children });
};

/** The expression with numbers and keywords that the grammar knows, in as many characters: `01` for `1.`, `step()` for `STEP()`. */
const forGrammar = (expr: string): string =>
  expr.replace(
    /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|#.*|\b0x[\da-f_]+|(?<![\w.])\d+\.(?!\d)|[^\S \t\r\n]|\b(?:step|range|min_of|max_of)(?=\s*\()/gi,
    (found) => {
      if (/^0x/i.test(found)) return found.toLowerCase().replaceAll('_', '0');
      if (/^\d/.test(found)) return `0${found.slice(0, -1)}`;
      return /^\w/.test(found) ? found.toLowerCase() : /^\s/.test(found) ? '?' : found;
    },
  );

const parse = (expr: string): Node => {
  // only fleets with rules of their own load it; the package has a CommonJS build and types for the other one only
  const { parser }: Grammar = require('@prometheus-io/lezer-promql');
  return nodeOf(parser.parse(forGrammar(expr)).topNode);
};

const childIn = (node: Node | undefined, name: string): Node | undefined => node?.children.find((child) => child.name === name);
const everyNode = (node: Node): Node[] => [node, ...node.children.flatMap(everyNode)];
const short = (text: string): string => (text.length > 40 ? `${text.slice(0, 39)}…` : text);

/** Expressions that only stand around another one. */
const wrappers = ['PromQL', 'ParenExpr', 'UnaryExpr', 'OffsetExpr', 'StepInvariantExpr'];
/** What such an expression stands around. */
const inner = (node: Node): Node | undefined => node.children.find((child) => child.name !== 'UnaryOp');
const isRange = (node: Node | undefined): boolean =>
  node !== undefined &&
  (node.name === 'MatrixSelector' || node.name === 'SubqueryExpr' || (wrappers.includes(node.name) && isRange(inner(node))));
const argumentsOf = (node: Node): readonly Node[] => childIn(node, 'FunctionCallBody')?.children ?? [];

/** v: what is there at an instant, m: a range of time, s: a number, t: a text. */
type Type = 'v' | 'm' | 's' | 't';
const typeNames: Readonly<Record<Type, string>> = { v: 'series', m: 'a range of time', s: 'a number', t: 'a text' };

/** What Prometheus' functions and aggregations take, in order (promql/parser/functions.go); `?`: or not, `*`: any number of them. */
const functionsTaking: Readonly<Record<string, string>> = {
  v: `abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor histogram_avg histogram_count histogram_sum
    histogram_stddev histogram_stdvar ln log10 log2 rad scalar sgn sin sinh sort sort_desc sqrt tan tanh timestamp
    sum avg count min max group stddev stdvar`,
  'v?': 'days_in_month day_of_month day_of_week day_of_year hour minute month year',
  m: `absent_over_time avg_over_time changes count_over_time delta deriv first_over_time idelta increase irate last_over_time
    max_over_time min_over_time present_over_time rate resets stddev_over_time stdvar_over_time sum_over_time`,
  '': 'pi time',
  s: 'vector',
  sm: 'quantile_over_time',
  ms: 'predict_linear',
  sv: 'histogram_quantile topk bottomk quantile',
  tv: 'count_values',
  vs: 'clamp_max clamp_min',
  'vs?': 'round',
  vss: 'clamp',
  ssv: 'histogram_fraction',
  vtttt: 'label_replace',
  'vttt*': 'label_join',
};
const signatures = new Map(
  Object.entries(functionsTaking).flatMap(([takes, names]) => names.split(/\s+/).map((name): [string, string] => [name, takes])),
);
/** Parts of the language behind a feature flag, which no Prometheus of the fleet and no ruler has. */
const experimental = ['FillModifier', 'AnchoredExpr', 'SmoothedExpr'];

const typeOf = (node: Node, text: (node: Node) => string): Type => {
  if (isRange(node)) return 'm';
  if (wrappers.includes(node.name)) return typeOf(inner(node) as Node, text);
  if (node.name === 'NumberDurationLiteral') return 's';
  if (node.name === 'StringLiteral') return 't';
  if (node.name === 'FunctionCall') return /^(scalar|time|pi)$/.test(text(node.children[0] as Node)) ? 's' : 'v';
  const sides = node.name === 'BinaryExpr' ? [node.children[0] as Node, node.children.at(-1) as Node] : [];
  return sides.length > 0 && sides.every((side) => typeOf(side, text) === 's') ? 's' : 'v';
};

/** Prometheus, or the ruler, whose Thanos has an earlier version of PromQL. */
export type Program = 'prometheus' | 'ruler';
/** What the ruler's PromQL lacks of Prometheus' own. */
const onlyInPrometheus = 'is read by Prometheus only, not by the ruler';

/** What is wrong with what a function or aggregation is given. */
const callError = (node: Node, text: (node: Node) => string, program: Program): string | undefined => {
  const written = text(node.children[0] as Node);
  const name = node.name === 'AggregateExpr' ? written.toLowerCase() : written;
  const takes = signatures.get(name);
  if (name === 'first_over_time' && program === 'ruler') return `${name} ${onlyInPrometheus}`;
  if (takes === undefined) return `${name} is experimental, and no program of the fleet has the feature flag for it`;
  const given = argumentsOf(node).map((argument) => typeOf(argument, text));
  if (!takes.includes('m') && given.includes('m')) return `${name} takes no range of time`;
  if (/^m/.test(takes) && !given.includes('m')) return `${name} takes a range of time, such as [5m]`;
  const types = [...takes.replace(/[?*]/, '')] as Type[];
  const least = /[?*]/.test(takes) ? types.length - 1 : types.length;
  const most = takes.endsWith('*') ? Number.POSITIVE_INFINITY : types.length;
  const wrong = given.some((type, i) => type !== (types[i] ?? types.at(-1)));
  if (given.length >= least && given.length <= most && !wrong) return undefined;
  const expected = types.map((type, i) => (i >= least ? `[${typeNames[type]}]` : typeNames[type])).join(', ');
  return `${name} takes ${expected ? `(${expected})` : 'nothing'}`;
};

const binaryError = (node: Node, text: (node: Node) => string, program: Program): string | undefined => {
  const trim = childIn(node, 'TrimUpper') ?? childIn(node, 'TrimLower');
  if (trim && program === 'ruler') return `${text(trim)} ${onlyInPrometheus}`;
  const types = [node.children[0], node.children.at(-1)].map((side) => typeOf(side as Node, text));
  const comparison = ['Eql', 'Neq', 'Lte', 'Lss', 'Gte', 'Gtr'].some((name) => childIn(node, name));
  const set = ['And', 'Or', 'Unless'].some((name) => childIn(node, name));
  const bool = childIn(node, 'BoolModifier');
  const matching = childIn(node, 'MatchingModifierClause');
  const grouped = childIn(matching, 'GroupLeft') ?? childIn(matching, 'GroupRight');
  const [matched, included] = (matching ? matching.children : [])
    .filter(({ name }) => name === 'GroupingLabels')
    .map((labels) => labels.children.map(text));
  if (types.includes('m')) return 'ranges of time cannot be compared or computed with';
  if (types.includes('t')) return 'texts cannot be compared or computed with';
  if (set && types.includes('s')) return 'and, or and unless take series on both sides';
  if (set && grouped) return 'and, or and unless take no group_left and no group_right';
  if (bool && !comparison) return 'bool is for comparisons only';
  if (comparison && !bool && types.every((type) => type === 's')) return 'a comparison of two numbers needs bool, such as > bool';
  if (matched && matched.length > 0 && types.includes('s')) return 'on and ignoring take series on both sides';
  const both = childIn(matching, 'On') ? matched?.find((label) => included?.includes(label)) : undefined;
  return both && `${both} is in on and in the group as well`;
};

/** What is wrong with the labels of by, without, on, ignoring and groups. */
const labelsError = (node: Node, text: (node: Node) => string): string | undefined => {
  const nameless = node.children.find((label) =>
    /^$|\ufffd/.test(label.name === 'QuotedLabelName' ? unquoted(text(label)) : 'a'),
  );
  return nameless && `${text(nameless)} is no name of a label`;
};

const selectorError = (node: Node, text: (node: Node) => string): string | undefined => {
  const name = childIn(node, 'Identifier');
  if (name && text(name).toLowerCase() === 'atan2') return 'atan2 is an operator';
  const list = childIn(node, 'LabelMatchers');
  const matchers = (list ? list.children : []).map((matcher): Matcher => {
    const [label, operator, value] = matcher.children;
    if (!operator || !value) return { label: '__name__', operator: '=', value: unquoted(text(matcher)) };
    const quoted = label?.name === 'QuotedLabelName';
    return {
      label: quoted ? unquoted(text(label)) : text(label as Node),
      operator: text(operator),
      value: unquoted(text(value)),
    };
  });
  for (const { operator, value } of matchers) {
    const error = operator.endsWith('~') ? regexErrorIn(value) : undefined;
    if (error !== undefined) return `"${value}" is no regular expression: ${error}`;
  }
  if (name && matchers.some(({ label }) => label === '__name__')) return 'the name of the metric is set twice';
  return !name && matchers.every(matchesEmpty) ? 'at least one matcher must not match the empty text' : undefined;
};

/** What an offset and a time after @ can stand behind; parentheses are not among them. */
const selectors = ['VectorSelector', 'MatrixSelector', 'SubqueryExpr', 'OffsetExpr', 'StepInvariantExpr'];

/** A number or a duration, in seconds. */
const numberOf = (literal: string): number => {
  const [, sign, digits = ''] = /^([+-]?)(.*)$/.exec(literal.replaceAll('_', '').replace(/\s+/g, '')) ?? [];
  const number = /^inf$/i.test(digits)
    ? Number.POSITIVE_INFINITY
    : durationPattern.test(digits)
      ? seconds(digits)
      : Number(digits);
  return sign === '-' ? -number : number;
};
/** Go counts nanoseconds in 63 bits: 292 years. */
const longest = 2 ** 63 / 1e9;

/** A duration of signs and a number or `step()`: all others are computed. */
const plainDuration = /^([+\-\s]*)(?:(\d[\w.]*(?:(?<=\de)[+-]\d+)?|\.\d\w*|inf|nan)|step\s*\(\s*\))$/i;
/** What a duration that is written as a number is, in seconds. */
const secondsIn = (duration: string): number | undefined => {
  const [, signs = '', number] = plainDuration.exec(duration) ?? [];
  if (number === undefined) return undefined;
  return signs.replace(/[^-]/g, '').length % 2 === 0 ? numberOf(number) : -numberOf(number);
};

const numberError = (node: Node, text: (node: Node) => string): string | undefined => {
  const literal = text(node);
  const next = text({ ...node, from: node.to, to: node.to + 1 });
  if (/[\w.]/.test(next)) return `"${literal}${next}" is neither a number nor a duration`;
  const isDuration = durationPattern.test(literal.replace(/^[+-]/, ''));
  const number = numberOf(literal);
  if (/^[+-]?\s*[\d.]/.test(literal) && !Number.isFinite(number)) return 'the number is too large';
  const bounded = isDuration || node.name === 'NumberDurationLiteralInDurationContext';
  return bounded && Math.abs(number) > longest ? 'no duration is longer than 292 years' : undefined;
};

const rangeError = (node: Node, text: (node: Node) => string): string | undefined => {
  const of = inner(node) as Node;
  const durations = node.children.filter(({ name }) => name === 'DurationExpr');
  if (durations.some((duration) => (secondsIn(text(duration)) ?? 1) <= 0)) return 'a range of time is longer than 0';
  if (durations.some((duration) => /\b(inf|nan)\b/i.test(text(duration)))) return 'a range of time has an end';
  if (node.name === 'SubqueryExpr' && !/\d/.test(text(durations[0] as Node)))
    return 'the range of a subquery is no more than a step: it needs a number';
  if (node.name === 'MatrixSelector' && of.name !== 'VectorSelector') return 'a range of time is of a metric; of others, [5m:]';
  return node.name === 'SubqueryExpr' && typeOf(of, text) !== 'v' ? 'a subquery is of series only' : undefined;
};

/** What is wrong with an offset or a time after @. */
const modifierError = (node: Node, text: (node: Node) => string): string | undefined => {
  const called = node.name === 'OffsetExpr' ? 'offset' : '@';
  let of = inner(node) as Node;
  if (!selectors.includes(of.name)) return `${called} stands behind a metric, its range or a subquery only`;
  for (; ['OffsetExpr', 'StepInvariantExpr'].includes(of.name); of = inner(of) as Node)
    if (of.name === node.name && (called === '@' || secondsIn(text(of.children.at(-1) as Node)) !== 0))
      return `${called} stands here twice`;
  const time = childIn(node, 'NumberDurationLiteral');
  return time && !(Math.abs(numberOf(text(time))) < 2 ** 63) ? 'there is no such time' : undefined;
};

/** What is wrong with a duration, which only Prometheus computes. */
const durationError = (node: Node, text: (node: Node) => string, program: Program): string | undefined => {
  if (program === 'ruler' && !plainDuration.test(text(node))) return `a duration that is computed ${onlyInPrometheus}`;
  const divided = childIn(node, 'Div') ?? childIn(node, 'Mod');
  return divided && secondsIn(text(node.children.at(-1) as Node)) === 0 ? 'a duration is divided by 0' : undefined;
};

const typeError = (node: Node, text: (node: Node) => string, program: Program): string | undefined => {
  if (experimental.includes(node.name)) return 'this is experimental, and no program of the fleet has the feature flag for it';
  if (node.name === 'StringLiteral') return stringErrorIn(text(node));
  if (node.name.startsWith('NumberDurationLiteral')) return numberError(node, text);
  if (node.name === 'FunctionCall' || node.name === 'AggregateExpr') return callError(node, text, program);
  if (node.name === 'BinaryExpr') return binaryError(node, text, program);
  if (node.name === 'VectorSelector') return selectorError(node, text);
  if (/^(Offset)?DurationExpr$/.test(node.name)) return durationError(node, text, program);
  if (node.name === 'GroupingLabels') return labelsError(node, text);
  if (node.name === 'MatrixSelector' || node.name === 'SubqueryExpr') return rangeError(node, text);
  if (node.name === 'OffsetExpr' || node.name === 'StepInvariantExpr') return modifierError(node, text);
  if (node.name === 'UnaryExpr' && !['v', 's'].includes(typeOf(inner(node) as Node, text)))
    return 'only series and numbers have a sign';
  return undefined;
};

/** Why a program does not take an expression, or undefined. */
export const promqlErrorIn = (expr: string, program: Program = 'prometheus'): string | undefined => {
  const tree = parse(expr);
  const text = (node: Node) => expr.slice(node.from, node.to);
  const nodes = everyNode(tree);
  const syntax = nodes.find((node) => node.name === '⚠');
  if (syntax) {
    const called = expr[syntax.from] === '(' ? /\w+\s*$/.exec(expr.slice(0, syntax.from))?.[0] : undefined;
    if (called) return `there is no function ${called}`;
    return `"${expr.slice(syntax.from, syntax.from + 30) || expr.slice(-30)}" is no PromQL`;
  }
  for (const node of nodes) {
    const error = typeError(node, text, program);
    if (error) return `in ${short(text(node))}, ${error}`;
  }
  return undefined;
};

/** Whether an expression gives a range of time: it parses as that of a rule, and can never be one. */
export const isRangeOfTime = (expr: string): boolean => isRange(parse(expr));

/** `constant`: no series at all. */
type Outcome = 'kept' | 'constant' | { readonly lost: Node };
const isLost = (outcome: Outcome): outcome is { readonly lost: Node } => typeof outcome === 'object';

/** The part of an expression that takes a label away from all its series, or undefined if each still has its own. */
export const partWithout = (expr: string, label: string): string | undefined => {
  const text = (node: Node) => expr.slice(node.from, node.to);
  const names = (node: Node | undefined) => (node?.children ?? []).map(text);

  const aggregate = (node: Node): Outcome => {
    const outcome = of(argumentsOf(node).at(-1));
    const modifier = childIn(node, 'AggregateModifier');
    if (outcome === 'constant' || /^(topk|bottomk|limitk|limit_ratio)$/.test(text(node.children[0] as Node))) return outcome;
    const listed = names(childIn(modifier, 'GroupingLabels')).includes(label);
    return listed === (childIn(modifier, 'By') !== undefined) && modifier ? outcome : { lost: node };
  };

  const call = (node: Node): Outcome => {
    const name = text(node.children[0] as Node);
    const args = argumentsOf(node);
    if (/^absent(_over_time)?$/.test(name))
      return new RegExp(`[{,]\\s*${label}\\s*=\\s*["'\`]`).test(text(node)) ? 'kept' : { lost: node };
    if (/^label_(replace|join)$/.test(name) && text(args[1] as Node).slice(1, -1) === label) return 'kept';
    if (/^(scalar|time|vector|pi)$/.test(name)) return 'constant';
    return args.map(of).find((outcome) => outcome !== 'constant') ?? 'constant';
  };

  const binary = (node: Node): Outcome => {
    const [left, right] = [of(node.children[0]), of(node.children.at(-1))];
    if (childIn(node, 'And') || childIn(node, 'Unless')) return left;
    const worse = isLost(left) ? left : isLost(right) ? right : left;
    if (childIn(node, 'Or')) return worse;
    if (left === 'constant') return right;
    if (right === 'constant') return left;
    const matching = childIn(node, 'MatchingModifierClause');
    if (!matching) return worse;
    if (childIn(matching, 'GroupLeft')) return left;
    if (childIn(matching, 'GroupRight')) return right;
    const listed = names(childIn(matching, 'GroupingLabels')).includes(label);
    return listed === (childIn(matching, 'On') !== undefined) ? worse : { lost: node };
  };

  const of = (node: Node | undefined): Outcome => {
    if (!node) return 'constant';
    if (wrappers.includes(node.name)) return of(inner(node));
    if (node.name === 'SubqueryExpr') return of(node.children[0]);
    if (node.name === 'AggregateExpr') return aggregate(node);
    if (node.name === 'FunctionCall') return call(node);
    if (node.name === 'BinaryExpr') return binary(node);
    return node.name === 'VectorSelector' || node.name === 'MatrixSelector' ? 'kept' : 'constant';
  };

  const outcome = of(parse(expr));
  return isLost(outcome) ? short(text(outcome.lost)) : undefined;
};
