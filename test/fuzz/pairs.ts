// Fleets that have every pair of values of options between them: a fault that takes two settings to show is found.
import { isDeepStrictEqual } from 'node:util';
import { isAcceptable } from '../../charts/fleet/codes';
import type { Violation } from '../../charts/fleet/violations';
import {
  applyChoice,
  type Choice,
  chooseEntries,
  type Entries,
  exclusive,
  hasChoice,
  holds,
  type Option,
  pathOf,
  requiredIn,
} from './options';
import { type Random, shuffle } from './random';
import type { Fleet, Value } from './values';

/** One value of one option. */
export interface Given {
  readonly option: Option;
  readonly choice: Choice;
}

/** What is wrong with a fleet; throws what is no refusal. */
export type Refuses = (fleet: Fleet) => readonly Violation[];

type Keys = readonly (string | number)[];
const isPrefix = (a: Keys, b: Keys): boolean => a.every((part, i) => String(part) === String(b[i]));

const build = (base: Fleet, entries: Entries, given: readonly Given[]): Fleet => {
  const fleet = structuredClone(base);
  const outermostFirst = [...given].sort((a, b) => a.option.steps.length - b.option.steps.length);
  for (const { option, choice } of outermostFirst) applyChoice(fleet, option, choice, entries);
  return fleet;
};

const has = (fleet: Fleet, entries: Entries, { option, choice }: Given): boolean => hasChoice(fleet, option, choice, entries);

/** Leaves out what a base has beside the given values where a violation is, and need not have: one way instead of another. */
const makeRoom = (base: Fleet, entries: Entries, given: readonly Given[], found: readonly Violation[]): Fleet => {
  const roomy = structuredClone(base);
  const kept = given.map(({ option }) => ({ option, path: pathOf(option, entries) }));
  for (const { path } of found)
    for (const length of [path.length, path.length - 1]) {
      const group = path.slice(0, length);
      const holder = group.reduce<Value>((value, key) => (value as Fleet | undefined)?.[key], roomy) as Fleet | undefined;
      const inside = kept.filter((k) => k.path.length > length && isPrefix(group, k.path));
      const stays = inside.flatMap((k) => [k.path[length], ...requiredIn(k.option, length)]);
      if (inside.length > 0 && holder && typeof holder === 'object')
        for (const key of Object.keys(holder)) if (!stays.includes(key)) delete holder[key];
      // the violation may be about something that the base alone has
      if (length < path.length && inside.length === 0 && holder && typeof holder === 'object') delete holder[String(path.at(-1))];
    }
  return roomy;
};

/** A fleet that takes some values, and of which of its clusters, receivers and so on they are. */
interface Fit {
  readonly base: Fleet;
  readonly entries: Entries;
}

/** The base, with room made if it must be, that takes these values; undefined when it takes them nowhere. */
export const findFit = (base: Fleet, given: readonly Given[], refuses: Refuses): Fit | undefined => {
  const tried = new Set<string>();
  // of several clusters or receivers another may do: four tries, spread over those that there are
  for (let k = 0; k < 4; k++) {
    const entries = chooseEntries(base, () => k / 4);
    const paths = JSON.stringify(given.map(({ option }) => pathOf(option, entries)));
    if (tried.has(paths)) continue;
    tried.add(paths);
    let start = base;
    for (let round = 0; round < 3; round++) {
      const fleet = build(start, entries, given);
      const found = refuses(fleet);
      if (found.length === 0) {
        if (given.every((g) => has(fleet, entries, g))) return { base: start, entries };
        break;
      }
      const roomier = makeRoom(start, entries, given, found);
      if (isDeepStrictEqual(roomier, start)) break;
      start = roomier;
    }
  }
  return undefined;
};

/** The fleet with its own word that the violations are right there; undefined when one of them cannot be. */
const accepting = (fleet: Fleet, found: readonly Violation[]): Fleet | undefined =>
  found.every((v) => isAcceptable(v.code))
    ? {
        ...fleet,
        accept: [
          ...((fleet.accept as Value[] | undefined) ?? []),
          ...found.map((v) => ({ code: v.code, at: v.path.join('.'), reason: 'a fuzzer wants it so' })),
        ],
      }
    : undefined;

/** How often a fleet is given more values, or fewer of them; more make larger fleets, in more time. */
const rounds = 60;

/** What became of a pair. */
const open = 0;
const accepted = 1;
const refused = 2;
const impossible = 3;

export interface PairStats {
  /** Pairs that one fleet can have at all. */
  pairs: number;
  /** Pairs in a fleet that was accepted. */
  accepted: number;
  /** Pairs that every fleet refused that takes each of the two alone, or that no fleet takes one of. */
  refused: number;
}

/**
 * What one of several searches tells the others: values, by their numbers, that a fleet was accepted with, a pair that none takes,
 * or whether a base takes a value alone.
 */
export type PairNews =
  | { readonly accepted: readonly number[] }
  | { readonly refused: readonly [number, number] }
  | { readonly alone: string; readonly takes: boolean };

export interface PairOptions {
  readonly options: readonly Option[];
  /** Accepted fleets to which values are given. */
  readonly bases: readonly Fleet[];
  readonly refuses: Refuses;
  /** Told of every accepted fleet. */
  readonly visit: (fleet: Fleet) => void;
  readonly random: Random;
  /** Asked before every fleet. */
  readonly isOver: () => boolean;
  /** Told of everything that this search finds, for others that search beside it, and how far it is. */
  readonly tell?: (news: PairNews, stats: PairStats) => void;
  /** Asked before every fleet for what others told since; they begin elsewhere when they have other random numbers. */
  readonly hear?: () => Promise<readonly PairNews[]>;
}

/** Tries pairs until each is in an accepted fleet or was refused, or until it is over. */
export const coverPairs = async ({
  options,
  bases,
  refuses,
  visit,
  random,
  isOver,
  tell,
  hear,
}: PairOptions): Promise<PairStats> => {
  const all: Given[] = options.flatMap((option) => option.choices.map((choice) => ({ option, choice })));
  const first = new Map(options.map((option) => [option, all.findIndex((g) => g.option === option)]));
  const state = new Uint8Array(all.length ** 2);
  const used = new Uint8Array(all.length);
  /** Whether a base takes a value: by the numbers of both. */
  const alone = new Map<string, boolean>();
  const stats: PairStats = { pairs: 0, accepted: 0, refused: 0 };
  const at = (i: number) => all[i] as Given;
  const stateOf = (i: number, j: number) => state[i * all.length + j];
  const mark = (i: number, j: number, as: number) => {
    state[i * all.length + j] = as;
    state[j * all.length + i] = as;
  };
  for (let i = 0; i < all.length; i++)
    for (let j = 0; j <= i; j++) {
      if (i === j || exclusive(at(i).option, at(i).choice, at(j).option, at(j).choice)) mark(i, j, impossible);
      else stats.pairs++;
    }

  const accept = (there: readonly number[]): void => {
    for (const i of there) {
      used[i] = 1;
      for (const j of there) {
        const before = stateOf(i, j);
        if (j >= i || before === accepted || before === impossible) continue;
        if (before === refused) stats.refused--;
        stats.accepted++;
        mark(i, j, accepted);
      }
    }
  };
  const refuse = (i: number, j: number): void => {
    if (stateOf(i, j) !== open) return;
    mark(i, j, refused);
    stats.refused++;
  };
  const listen = async (): Promise<void> => {
    for (const news of (await hear?.()) ?? [])
      if ('accepted' in news) accept(news.accepted);
      else if ('refused' in news) refuse(...news.refused);
      else alone.set(news.alone, news.takes);
  };

  /** The seeds, and of every other option the value that makes the most new pairs with those before it. */
  const fill = (seeds: readonly number[]): number[] => {
    const row = [...seeds];
    for (const option of shuffle(options, random)) {
      if (row.some((i) => at(i).option === option)) continue;
      const from = first.get(option) as number;
      let best = -1;
      let most = 0;
      for (let i = from; i < from + option.choices.length; i++) {
        let gain = used[i] ? 0 : 1000; // a value that no fleet had yet comes first
        for (const j of row) {
          const s = stateOf(i, j);
          if (s === impossible || s === refused) {
            gain = -1;
            break;
          }
          if (s === open) gain++;
        }
        if (gain > most) [best, most] = [i, gain];
      }
      if (best >= 0) row.push(best);
    }
    return row;
  };

  /** Those of some values that violations are about. */
  const guilty = (values: readonly number[], found: readonly Violation[], entries: Entries): Set<number> => {
    const placed = values.map((i) => ({ i, path: pathOf(at(i).option, entries) }));
    return new Set(
      found.flatMap(({ path }) => {
        const above = placed.filter((p) => isPrefix(p.path, path)).sort((a, b) => b.path.length - a.path.length);
        return (above.length > 0 ? above.slice(0, 1) : placed.filter((p) => isPrefix(path, p.path))).map(({ i }) => i);
      }),
    );
  };

  /** An accepted fleet with the seeds and as many other values as go with them. */
  const settle = ({ base, entries }: Fit, seeds: readonly number[]): { fleet: Fleet; row: readonly number[] } => {
    let row = seeds;
    let start = base;
    let fleet = build(base, entries, seeds.map(at));
    const queue = [fill(seeds).filter((i) => !seeds.includes(i))];
    for (let round = 0; round < rounds; round++) {
      const more = queue.pop();
      if (!more) break;
      const tried = [...row, ...more];
      const found = refuses(build(start, entries, tried.map(at)));
      const from = found.length === 0 ? start : random() < 0.5 ? accepting(start, found) : undefined;
      const next = from && build(from, entries, tried.map(at));
      if (from && next && (from === start || refuses(next).length === 0)) {
        [row, start, fleet] = [tried, from, next];
        continue;
      }
      // what is about none of these is about how they go with the others: one half after the other
      const without = guilty(more, found, entries);
      const half = Math.ceil(more.length / 2);
      const parts = without.size > 0 ? [more.filter((i) => !without.has(i))] : [more.slice(half), more.slice(0, half)];
      if (without.size > 0 || more.length > 1) queue.push(...parts.filter((part) => part.length > 0));
    }
    return { fleet, row };
  };

  const takesAlone = (n: number, i: number): boolean => {
    const key = `${n} ${i}`;
    const known = alone.get(key);
    if (known !== undefined) return known;
    const takes = findFit(bases[n] as Fleet, [at(i)], refuses) !== undefined;
    alone.set(key, takes);
    tell?.({ alone: key, takes }, stats);
    return takes;
  };

  const sizes = bases.map((base) => JSON.stringify(base).length);
  /** Every base has its turn, and those that are small, which takes less time, more often. */
  const someOrder = (): number[] =>
    sizes
      .map((size, n) => ({ n, at: random() * size }))
      .sort((a, b) => a.at - b.at)
      .map(({ n }) => n);

  /** Has an accepted fleet with the seeds visited, if there is one. */
  const cover = (seeds: readonly number[]): boolean => {
    for (const n of someOrder()) {
      if (!seeds.every((i) => takesAlone(n, i))) continue;
      const fits = findFit(bases[n] as Fleet, seeds.map(at), refuses);
      if (!fits) continue;
      const { fleet, row } = settle(fits, seeds);
      visit(fleet);
      const there = row.filter((i) => has(fleet, fits.entries, at(i)));
      accept(there);
      tell?.({ accepted: there }, stats);
      if (seeds.every((i) => there.includes(i))) return true;
    }
    return false;
  };

  // a fleet that has a value has what the value is in: what goes with none of that goes with no value in it
  const groups = all.flatMap((g, n) => (typeof g.choice.chosen === 'function' ? [n] : []));
  const around = all.map(({ option, choice }, i) => [
    i,
    ...(choice.chosen === undefined ? [] : groups.filter((n) => holds(at(n).option, at(n).choice, option))),
  ]);
  const isHopeless = (i: number, j: number): boolean =>
    (around[i] as number[]).some((a) => (around[j] as number[]).some((b) => stateOf(a, b) === refused));

  // what others are in comes first
  const ids = shuffle([...all.keys()], random).sort((i, j) => at(i).option.steps.length - at(j).option.steps.length);
  for (const i of ids) {
    await listen();
    if (isOver()) return stats;
    if (!used[i]) cover([i]);
  }
  const refuseAll = (are: (i: number, j: number) => boolean): void => {
    for (const i of ids) for (const j of ids) if (stateOf(i, j) === open && are(i, j)) refuse(i, j);
  };
  refuseAll((i, j) => !used[i] || !used[j]);
  for (const i of ids) {
    const before = stats.refused;
    for (const j of ids) {
      if (stateOf(i, j) !== open) continue;
      await listen();
      if (isOver()) return stats;
      if (stateOf(i, j) !== open || (!isHopeless(i, j) && cover([i, j]))) continue;
      refuse(i, j);
      tell?.({ refused: [i, j] }, stats);
    }
    if (stats.refused > before && groups.includes(i)) refuseAll(isHopeless);
  }
  return stats;
};
