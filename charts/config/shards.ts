// How a store gateway is told what it serves. Several of them must agree: each file here is written from one model.
import type { Shard } from '../fleet/shards';

/** Label of a block that only selectors see (thanos pkg/block/fetcher.go), and one that nothing else sets. */
const blockId = '__block_id';
const rest = '__tmp_rest';

/** The file that `--selector.relabel-config-file` takes: the blocks of a shard; undefined when it serves all. */
export const selector = ({ hash }: Shard): object[] | undefined =>
  hash && [
    { action: 'hashmod', source_labels: [blockId], target_label: rest, modulus: hash.of },
    { action: 'keep', source_labels: [rest], regex: String(hash.rest) },
  ];

/** In whole seconds: Thanos reads no fractions of them. */
const ago = (age: number): string => (age % 3600 === 0 ? `-${age / 3600}h` : `-${Math.round(age)}s`);

/** The times that a shard serves; a block that is in them only in part is served in part. */
export const timeArgs = ({ minAge, maxAge }: Shard): string[] => [
  ...(maxAge === undefined ? [] : [`--min-time=${ago(maxAge)}`]),
  ...(minAge === undefined ? [] : [`--max-time=${ago(minAge)}`]),
];
