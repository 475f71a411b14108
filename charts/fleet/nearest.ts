// The nearest known word for one that is not known.
import { distance } from 'fastest-levenshtein';
import type { Path } from './violations';

/** The known word that differs least, if it is near enough to be meant. */
export const nearest = (word: string, known: readonly string[]): string | undefined => {
  const ranked = known
    .map((k) => ({ k, d: distance(word.toLowerCase(), k.toLowerCase()) }))
    .sort((a, b) => a.d - b.d || (a.k < b.k ? -1 : 1));
  const best = ranked[0];
  return best && best.d <= Math.max(2, Math.floor(best.k.length / 2)) ? best.k : undefined;
};

interface Definition {
  readonly type: string;
  readonly shape?: Record<string, unknown>;
  readonly innerType?: unknown;
  readonly valueType?: unknown;
  readonly element?: unknown;
  readonly options?: readonly unknown[];
  readonly discriminator?: string;
}

const definition = (schema: unknown): Definition => {
  const def = (schema as { def: Definition }).def;
  return def.innerType ? definition(def.innerType) : def;
};

/** The keys that the schema knows at a path of the input (which chooses between alternatives by their discriminator). */
export const nearKeys = (schema: unknown, path: Path, input: unknown): string[] => {
  let def = definition(schema);
  let value = input;
  const choose = () => {
    if (!def.options || !def.discriminator) return;
    const discriminator = def.discriminator;
    const wanted = (value as Record<string, unknown> | undefined)?.[discriminator];
    const options = def.options.map(definition);
    const found = options.find((o) =>
      (definition(o.shape?.[discriminator]) as unknown as { values: unknown[] }).values.includes(wanted),
    );
    def = found ?? options[0] ?? def;
  };
  choose();
  for (const part of path) {
    const next = def.shape?.[part] ?? def.valueType ?? def.element;
    if (!next) return [];
    def = definition(next);
    value = (value as Record<string | number, unknown> | undefined)?.[part];
    choose();
  }
  return Object.keys(def.shape ?? {});
};
