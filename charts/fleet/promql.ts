// Prometheus' own grammar of PromQL, as its web interface uses it.

interface Grammar {
  readonly parser: {
    parse(text: string): { iterate(visit: { enter(node: { type: { isError: boolean }; from: number }): void }): void };
  };
}

/** Where an expression stops being PromQL: what stands there; undefined for one that parses. */
export const syntaxErrorIn = (expr: string): string | undefined => {
  // only fleets with rules of their own load it; the package has a CommonJS build and types for the other one only
  const { parser }: Grammar = require('@prometheus-io/lezer-promql');
  const at: number[] = [];
  parser.parse(expr).iterate({
    enter: (node) => {
      if (node.type.isError) at.push(node.from);
    },
  });
  return at[0] === undefined ? undefined : `"${expr.slice(at[0], at[0] + 30) || expr.slice(-30)}"`;
};
