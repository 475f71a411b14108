// One search of npm run fuzz, in a process of its own so that one that hangs can be ended: tells its parent every fleet before
// it judges it, and what became of it.

import { chdir } from 'node:process';
import fc from 'fast-check';
import { placesIn } from '../../charts/fleet/violations';
import { fleetFiles, readText, root } from '../support/fleets';
import { changeAt, damage, mutations } from './changes';
import { Finding, judge, judgeTwice, textOf, type Verdict, violationsOf } from './judge';
import { options } from './options';
import { coverPairs, type PairNews, type PairStats } from './pairs';
import { randomFrom } from './random';
import { seeds } from './starts';
import type { Fleet } from './values';

/** What a worker says. */
export type Message =
  | { readonly begins: string }
  | { readonly ends: 'accepted' | 'refused' }
  | { readonly finding: string; readonly fleet: string; readonly replay: string }
  | { readonly news: PairNews; readonly pairs: PairStats }
  | { readonly done: true };

const say = (message: Message): void => {
  process.send?.(message);
};

const told = (text: string, verdict: () => Verdict): Verdict => {
  say({ begins: text });
  const found = verdict();
  say({ ends: found.accepted ? 'accepted' : 'refused' });
  return found;
};

const describe = (error: unknown): string => (error instanceof Finding ? error.message : String((error as Error).stack ?? error));

/** A fleet that fails too, with as little in it as possible. */
const smallest = (fleet: unknown, fails: (fleet: unknown) => boolean): unknown => {
  let least = fleet;
  for (let again = true; again; ) {
    again = false;
    for (const path of placesIn(least)) {
      const smaller = changeAt(least, path, (entries, key) => entries.filter(([k]) => k !== key));
      if (!fails(smaller)) continue;
      least = smaller;
      again = true;
      break;
    }
  }
  return least;
};

const fails = (fleet: unknown): boolean => {
  try {
    judgeTwice(fleet);
    return false;
  } catch {
    return true;
  }
};

const isOver = (until: number): boolean => Date.now() > until;

const pairs = async (seed: number, share: number, until: number): Promise<void> => {
  let heard: PairNews[] = [];
  process.on('message', (news: PairNews) => heard.push(news));
  try {
    await coverPairs({
      options,
      bases: seeds as readonly Fleet[],
      refuses: violationsOf,
      random: randomFrom(seed + share),
      isOver: () => isOver(until),
      tell: (news, stats) => say({ news, pairs: stats }),
      hear: async () => {
        await new Promise(setImmediate); // messages come in between
        const news = heard;
        heard = [];
        return news;
      },
      visit: (fleet) => {
        const text = textOf(fleet);
        try {
          told(text, () => judgeTwice(fleet));
        } catch (error) {
          const least = textOf(smallest(fleet, fails));
          say({ finding: describe(error), fleet: least, replay: `--seed ${seed}` });
          throw new Stop();
        }
      },
    });
  } catch (error) {
    if (error instanceof Stop) return;
    throw error;
  }
  say({ done: true });
};

/** Ends a search whose finding has been told. */
class Stop extends Error {}

const changes = (seed: number, until: number, path?: string): void => {
  const changed = fc
    .tuple(fc.constantFrom(...seeds), fc.array(mutations, { minLength: 1, maxLength: 4 }))
    .map(([start, list]) => list.reduce((fleet, change) => change(fleet), start));
  const damaged = fc.tuple(fc.constantFrom(...fleetFiles.map(readText)), damage).map(([start, edit]) => edit(start));
  const property = fc.property(
    fc.oneof(
      { weight: 3, arbitrary: changed.map((fleet) => ({ fleet })) },
      { weight: 1, arbitrary: damaged.map((text) => ({ text })) },
    ),
    (given) => {
      if ('text' in given) told(given.text, () => judge(given.text));
      else told(textOf(given.fleet), () => judgeTwice(given.fleet));
    },
  );
  const details = fc.check(property, {
    seed,
    ...(path === undefined ? {} : { path }),
    numRuns: 10_000_000,
    interruptAfterTimeLimit: until - Date.now(),
  });
  if (details.counterexample === null) {
    say({ done: true });
    return;
  }
  const [given] = details.counterexample;
  say({
    finding: describe(details.errorInstance),
    fleet: 'text' in given ? given.text : textOf(given.fleet),
    replay: `--seed ${details.seed} --path ${details.counterexamplePath}`,
  });
};

const run = async ([kind, seed, share, until, path]: readonly string[]): Promise<void> => {
  chdir(root);
  try {
    if (kind === 'pairs') await pairs(Number(seed), Number(share), Number(until));
    else changes(Number(seed), Number(until), path);
  } catch (error) {
    say({ finding: describe(error), fleet: '', replay: `--seed ${seed}` });
  }
  process.disconnect?.();
};
void run(process.argv.slice(2));
