// Store gateways by shard: replicas of a shard say the same, shards say different things.

/**
 * A metric of store gateways, summed over shards, once for the replicas of each.
 * @param by labels to keep
 */
export const overShards = (series: string, by: readonly string[] = []): string => {
  const shard = `label_replace(${series}, "shard", "$1", "pod", "(.+)-[^-]+-[^-]+")`; // a pod's name without its two hashes
  return `sum${by.length > 0 ? ` by (${by.join(', ')})` : ''} (max by (${['shard', ...by].join(', ')}) (${shard}))`;
};
