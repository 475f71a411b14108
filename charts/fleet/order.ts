/** Entries by name, in the order of names: what is written in another order is the same fleet. */
export const byName = <T>(record: Readonly<Record<string, T>>): [string, T][] =>
  Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
