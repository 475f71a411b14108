// The same fleet with the keys of its maps in another order, which must change nothing.

/** A value whose maps have their keys in the order of what `at` gives for each. */
export const reordered = (value: unknown, at: () => number): unknown => {
  if (Array.isArray(value)) return value.map((v) => reordered(v, at));
  if (typeof value !== 'object' || value === null) return value;
  return new Map(
    (value instanceof Map ? [...value] : Object.entries(value))
      .map(([key, part]) => ({ key, part: reordered(part, at), at: at() }))
      .sort((a, b) => a.at - b.at)
      .map(({ key, part }) => [key, part]),
  );
};

/** A value whose maps have their keys backwards. */
export const backwards = (value: unknown): unknown => {
  let last = 0;
  return reordered(value, () => --last);
};
