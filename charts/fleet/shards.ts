// Which store gateway serves which block: by the hash of the block's id, by its age, or both.
import { seconds } from '../kit/units';

/**
 * Groups next to each other both serve what is this much around the age that divides them, in seconds. Each gateway reads
 * its clock by itself, and the querier learns of its times with a delay: without an overlap an answer could have a hole.
 */
const overlap = 7200;

/** What a group of equal store gateways serves. */
export interface Shard {
  /** Of its workload. It says all of what follows, so that a name never stands for another part of the bucket. */
  readonly name: string;
  /** Blocks whose hash, divided by `of`, leaves this rest. Absent: all. */
  readonly hash?: { readonly rest: number; readonly of: number };
  /** Samples that are at least this old, in seconds. */
  readonly minAge?: number;
  /** Samples that are at most this old, in seconds. */
  readonly maxAge?: number;
}

/** The shards of a bucket: every block is in all of those that its time and its hash belong to, of which there is one at least. */
export const shards = ({ shards: of, splitAt }: { readonly shards: number; readonly splitAt: readonly string[] }): Shard[] =>
  [undefined, ...splitAt].flatMap((from, i) => {
    const to = splitAt[i];
    const age = {
      ...(from === undefined ? {} : { minAge: seconds(from) }),
      ...(to === undefined ? {} : { maxAge: seconds(to) + overlap }),
    };
    const name = ['thanos-store', ...(from ? [from] : []), ...(to ? ['to', to] : from ? ['on'] : [])].join('-');
    return of === 1
      ? [{ name, ...age }]
      : Array.from({ length: of }, (_, rest) => ({ name: `${name}-${rest}-of-${of}`, hash: { rest, of }, ...age }));
  });
