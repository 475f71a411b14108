// The order in which things are written, whatever order the fleet file has.

/** Entries by name, in the order of names: what is written in another order is the same fleet. */
export const byName = <T>(
  entries: Readonly<Record<string, T>> | ReadonlyMap<string, T> | readonly [string, T][],
): [string, T][] =>
  [...(entries instanceof Map || Array.isArray(entries) ? entries : Object.entries(entries))].sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
