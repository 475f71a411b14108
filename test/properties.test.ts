// Fleets that nobody wrote: whatever the file says, it is refused with a place, or it synthesizes what Kubernetes takes.
// `npm run fuzz` looks on for longer.
import fc from 'fast-check';
import { parse } from 'yaml';
import { parseFleet, synthesize } from '../charts/fleet';
import { placesIn } from '../charts/fleet/violations';
import { outputFiles } from '../scripts/output';
import { changeAt, damage, mutations, plausible, toObject } from './fuzz/changes';
import { judge, judgeTwice, textOf, violationsOf } from './fuzz/judge';
import { isGroup, options, unknownOptions } from './fuzz/options';
import { backwards, reordered } from './fuzz/order';
import { coverPairs, findFit } from './fuzz/pairs';
import { randomFrom } from './fuzz/random';
import { everyOption, seeds } from './fuzz/starts';
import { type Fleet, namedOptions } from './fuzz/values';
import { fleetFiles, readText, sample } from './support/fleets';

const seed = 20_240_601; // fast-check prints it, with the counterexample, when a property fails
const budget = (numRuns: number) => ({ seed, numRuns });
jest.setTimeout(120_000);

const anyOrder = fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true }));
const shuffled = (file: string, numbers: Iterator<number>): string =>
  textOf(reordered(parse(readText(file)), () => numbers.next().value as number));

test('the order of keys in the file changes nothing of the fleet that it describes', () => {
  fc.assert(
    fc.property(fc.constantFrom(...fleetFiles), anyOrder, (file, numbers) => {
      expect(JSON.stringify(parseFleet(shuffled(file, numbers), file))).toBe(JSON.stringify(sample(file).topology.fleet));
    }),
    budget(100),
  );
});

test.each(fleetFiles)('the order of keys in %s changes no byte of the output', (file) => {
  const files = (text: string) => outputFiles(synthesize(parseFleet(text, file)));
  const value = parse(readText(file));
  expect(textOf(backwards(value))).not.toBe(textOf(value));
  expect(files(textOf(backwards(value)))).toEqual(outputFiles(sample(file)));
  fc.assert(
    fc.property(anyOrder, (numbers) => {
      expect(files(shuffled(file, numbers))).toEqual(outputFiles(sample(file)));
    }),
    budget(1),
  );
});

test('every fleet from which changes start is accepted', () => {
  for (const start of seeds) expect(judge(textOf(start))).toEqual({ accepted: true, codes: [] });
});

describe('the values of options that are tried together', () => {
  const bases = seeds as readonly Fleet[];
  test('are known for every option of the schema: a missing one has none in test/fuzz/values.ts', () => {
    expect(unknownOptions).toEqual([]);
    expect(options.length).toBeGreaterThan(200);
  });
  test('are of options that the schema has', () => {
    expect(namedOptions.filter((name) => !options.some((o) => o.name === name))).toEqual([]);
  });
  test('can be had: some fleet is accepted with every option, by a value of test/fuzz/values.ts', () => {
    const useless = options.filter(
      (option) =>
        !isGroup(option) &&
        !option.choices.some(
          (choice) => choice.chosen !== undefined && bases.some((base) => findFit(base, [{ option, choice }], violationsOf)),
        ),
    );
    expect(useless.map((o) => o.name)).toEqual([]);
  });

  test('go together, or are refused with their place', async () => {
    let fleets = 0;
    const stats = await coverPairs({
      options,
      bases,
      refuses: violationsOf,
      random: randomFrom(seed),
      isOver: () => fleets >= 6,
      visit: (fleet) => {
        fleets++;
        expect(judgeTwice(fleet).accepted).toBe(true);
      },
    });
    expect(fleets).toBe(6);
    expect(stats.accepted).toBeGreaterThan(5_000);
  });
});

test('any plausible value of any setting is refused with its place, or synthesizes what Kubernetes takes', () => {
  const rounds = Math.max(...Object.values(plausible).map((values) => values.length));
  for (let round = 0; round < rounds; round++) {
    // many settings at once, since synthesis is what takes time: each that the fleet accepts stays
    const fleet = placesIn(everyOption).reduce<unknown>((soFar, path) => {
      const values = plausible[String(path.at(-1))] ?? [];
      if (round >= values.length) return soFar;
      const next = toObject(changeAt(soFar, path, (entries, key) => entries.map(([k, v]) => [k, k === key ? values[round] : v])));
      return violationsOf(next).length > 0 ? soFar : next;
    }, everyOption);
    expect(judge(textOf(fleet)).accepted).toBe(true);
  }
});

test('any change of a fleet is refused with its place, or synthesizes what Kubernetes takes', () => {
  const seen = { accepted: 0, refused: 0 };
  fc.assert(
    fc.property(fc.constantFrom(...seeds), fc.array(mutations, { minLength: 1, maxLength: 2 }), (start, changes) => {
      const text = textOf(changes.reduce((fleet, change) => change(fleet), start));
      seen[judge(text).accepted ? 'accepted' : 'refused']++;
    }),
    budget(120),
  );
  expect(seen.accepted).toBeGreaterThan(20);
  expect(seen.refused).toBeGreaterThan(20);
});

test('any damage to the text of a fleet is refused with its place, or synthesizes what Kubernetes takes', () => {
  fc.assert(
    fc.property(fc.constantFrom(...fleetFiles.map(readText)), damage, (start, edit) => {
      judge(edit(start));
    }),
    budget(150),
  );
});
