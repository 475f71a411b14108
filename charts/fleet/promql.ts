// PromQL by Prometheus' own grammar, as its web interface uses it: what does not parse, and what an expression keeps.

interface Node {
  readonly name: string;
  readonly type: { readonly isError: boolean };
  readonly from: number;
  readonly to: number;
  readonly firstChild: Node | null;
  readonly lastChild: Node | null;
  readonly nextSibling: Node | null;
  getChild(name: string): Node | null;
}

interface Grammar {
  readonly parser: { parse(text: string): { readonly topNode: Node } };
}

const parse = (expr: string): Node => {
  // only fleets with rules of their own load it; the package has a CommonJS build and types for the other one only
  const { parser }: Grammar = require('@prometheus-io/lezer-promql');
  return parser.parse(expr).topNode;
};

const childrenOf = (node: Node): Node[] => {
  const children: Node[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) children.push(child);
  return children;
};
const everyNode = (node: Node): Node[] => [node, ...childrenOf(node).flatMap(everyNode)];
const short = (text: string): string => (text.length > 40 ? `${text.slice(0, 39)}…` : text);

/** Expressions that only stand around another one. */
const wrappers = ['PromQL', 'ParenExpr', 'UnaryExpr', 'OffsetExpr', 'StepInvariantExpr'];
/** What such an expression stands around. */
const inner = (node: Node): Node | undefined => childrenOf(node).find((child) => child.name !== 'UnaryOp');
const isRange = (node: Node | undefined): boolean =>
  node !== undefined &&
  (node.name === 'MatrixSelector' || node.name === 'SubqueryExpr' || (wrappers.includes(node.name) && isRange(inner(node))));
const argumentsOf = (node: Node): Node[] => {
  const body = node.getChild('FunctionCallBody');
  return body ? childrenOf(body) : [];
};

/** Functions of a range of time; all others take what is there at an instant. */
const ofRanges = /^(i?rate|increase|i?delta|deriv|predict_linear|changes|resets|double_exponential_smoothing|\w+_over_time)$/;

const typeError = (node: Node, text: (node: Node) => string): string | undefined => {
  if (node.name === 'FunctionCall') {
    const name = text(node.firstChild as Node);
    const given = argumentsOf(node).some(isRange);
    if (ofRanges.test(name) && !given) return `${name} takes a range of time, such as [5m]`;
    return !ofRanges.test(name) && given ? `${name} takes no range of time` : undefined;
  }
  if (node.name === 'AggregateExpr' && argumentsOf(node).some(isRange))
    return `${text(node.firstChild as Node)} takes no range of time`;
  if (node.name === 'BinaryExpr' && [node.firstChild, node.lastChild].some((side) => isRange(side ?? undefined)))
    return 'ranges of time cannot be compared or computed with';
  return undefined;
};

/** Why an expression does not parse, or undefined. */
export const promqlErrorIn = (expr: string): string | undefined => {
  const tree = parse(expr);
  const text = (node: Node) => expr.slice(node.from, node.to);
  const nodes = everyNode(tree);
  const syntax = nodes.find((node) => node.type.isError);
  if (syntax) {
    const called = expr[syntax.from] === '(' ? /\w+\s*$/.exec(expr.slice(0, syntax.from))?.[0] : undefined;
    if (called) return `there is no function ${called}`;
    return `"${expr.slice(syntax.from, syntax.from + 30) || expr.slice(-30)}" is no PromQL`;
  }
  for (const node of nodes) {
    const error = typeError(node, text);
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
  const names = (node: Node | null) => (node ? childrenOf(node).map(text) : []);

  const aggregate = (node: Node): Outcome => {
    const outcome = of(argumentsOf(node).at(-1));
    const modifier = node.getChild('AggregateModifier');
    if (outcome === 'constant' || /^(topk|bottomk|limitk|limit_ratio)$/.test(text(node.firstChild as Node))) return outcome;
    const listed = names(modifier?.getChild('GroupingLabels') ?? null).includes(label);
    return listed === (modifier?.getChild('By') !== null) && modifier ? outcome : { lost: node };
  };

  const call = (node: Node): Outcome => {
    const name = text(node.firstChild as Node);
    const args = argumentsOf(node);
    if (/^absent(_over_time)?$/.test(name))
      return new RegExp(`[{,]\\s*${label}\\s*=\\s*["'\`]`).test(text(node)) ? 'kept' : { lost: node };
    if (/^label_(replace|join)$/.test(name) && text(args[1] as Node).slice(1, -1) === label) return 'kept';
    if (/^(scalar|time|vector|pi)$/.test(name)) return 'constant';
    return args.map(of).find((outcome) => outcome !== 'constant') ?? 'constant';
  };

  const binary = (node: Node): Outcome => {
    const [left, right] = [of(node.firstChild ?? undefined), of(node.lastChild ?? undefined)];
    if (node.getChild('And') || node.getChild('Unless')) return left;
    const worse = isLost(left) ? left : isLost(right) ? right : left;
    if (node.getChild('Or')) return worse;
    if (left === 'constant') return right;
    if (right === 'constant') return left;
    const matching = node.getChild('MatchingModifierClause');
    if (!matching) return worse;
    if (matching.getChild('GroupLeft')) return left;
    if (matching.getChild('GroupRight')) return right;
    const listed = names(matching.getChild('GroupingLabels')).includes(label);
    return listed === (matching.getChild('On') !== null) ? worse : { lost: node };
  };

  const of = (node: Node | undefined): Outcome => {
    if (!node) return 'constant';
    if (wrappers.includes(node.name)) return of(inner(node));
    if (node.name === 'SubqueryExpr') return of(node.firstChild ?? undefined);
    if (node.name === 'AggregateExpr') return aggregate(node);
    if (node.name === 'FunctionCall') return call(node);
    if (node.name === 'BinaryExpr') return binary(node);
    return node.name === 'VectorSelector' || node.name === 'MatrixSelector' ? 'kept' : 'constant';
  };

  const outcome = of(parse(expr));
  return isLost(outcome) ? short(text(outcome.lost)) : undefined;
};
