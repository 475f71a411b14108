// Many things at once, but not all: each call here starts a program.

/** Calls for every item, a few at a time; gives the results in the items' order. @throws what the first failing call throws */
export const each = async <T, R>(items: readonly T[], call: (item: T) => Promise<R>, atOnce = 8): Promise<R[]> => {
  const results: R[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let i = next++; i < items.length; i = next++) results[i] = await call(items[i] as T);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, work));
  return results;
};
