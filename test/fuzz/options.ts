// Every option of the fleet file with values that it may have, read off its schema: a new option is here by itself.
import { z } from 'zod';
import { fleetSchema } from '../../charts/fleet/schema';
import { type Chosen, type Fleet, samples, type Value, valuesOf } from './values';

// biome-ignore lint/suspicious/noExplicitAny: any node of a JSON schema
type Node = any;

/** One step to an option. A map's or a list's `each` stands for one of its entries. */
type Step =
  | { readonly key: string; readonly node: Node; readonly name: string }
  | { readonly each: string | number; readonly node: Node; readonly name: string }
  | { readonly variant: { readonly key: string; readonly value: string }; readonly node: Node; readonly name: string };

/** A value that an option may have. */
export interface Choice {
  /** Absent: the option is left out of the fleet. */
  readonly chosen?: Chosen;
}

export interface Option {
  /** Such as `clusters.*.retention` or `objectStore<s3>.bucket`. */
  readonly name: string;
  readonly steps: readonly Step[];
  readonly choices: readonly Choice[];
}

const root: Node = z.toJSONSchema(fleetSchema, { io: 'input', target: 'draft-7' });
const isObject = (value: Value): value is Fleet => typeof value === 'object' && value !== null && !Array.isArray(value);

const variantsOf = (node: Node): { key: string; value: string; node: Node }[] => {
  const alternatives: Node[] = node.oneOf ?? node.anyOf ?? [];
  const key = Object.keys(alternatives[0]?.properties ?? {}).find((k) =>
    alternatives.every((a) => a.properties?.[k]?.const !== undefined),
  );
  if (alternatives.length > 0 && key === undefined) throw new Error('the fuzzer wants alternatives that a key tells apart');
  return alternatives.map((a) => ({ key: key as string, value: a.properties[key as string].const, node: a }));
};

/** What the schema itself says of a single value. */
const impliedBy = (node: Node): readonly Value[] | undefined => {
  if (node.enum) return node.enum;
  if (node.type === 'boolean') return [true, false];
  if (node.type === 'integer') return [...new Set([node.minimum, Math.min(node.minimum + 1, node.maximum), node.maximum])];
  if (node.type === 'number') return [0.5, 4];
  return undefined;
};

/** Values for a place that holds no keys of its own; undefined when there is no telling. */
const leafValues = (node: Node, name: string): readonly Chosen[] | undefined => {
  const given = valuesOf(name, node);
  if (given) return given;
  const implied = impliedBy(node);
  if (implied) return implied;
  const items = node.items && leafValues(node.items, `${name}[]`);
  if (!items) return undefined;
  const one = items.slice(0, 1) as Value[]; // elements have a form or a few values, never a fleet to ask
  return [...(node.minItems ? [] : [[]]), one, ...(items.length > 1 ? [items as Value[]] : [])];
};

const evaluate = (chosen: Chosen, fleet: Fleet): Value => (typeof chosen === 'function' ? chosen(fleet) : chosen);

const isLeaf = (node: Node): boolean =>
  !node.properties &&
  !node.oneOf &&
  !node.anyOf &&
  !(node.additionalProperties || node.items)?.properties &&
  !isMapOfAlternatives(node);
const isMapOfAlternatives = (node: Node): boolean =>
  Boolean(node.additionalProperties?.oneOf ?? node.additionalProperties?.anyOf);

/** Options whose values nobody knows: test/fuzz/values.ts must have them. */
export const unknownOptions: string[] = [];

const walk = (node: Node, name: string, steps: readonly Step[], optional: boolean): Option[] => {
  const left: Choice[] = optional ? [{}] : [];
  const option = (choices: Choice[]): Option[] => (choices.length > 0 ? [{ name, steps, choices }] : []);
  if (isLeaf(node)) {
    if (node.const !== undefined) return [];
    const values = leafValues(node, name);
    if (!values) unknownOptions.push(name);
    return option([...left, ...(values ?? []).map((chosen) => ({ chosen }))]);
  }
  const variants = variantsOf(node);
  if (variants.length > 0)
    return [
      ...option(left),
      ...variants.flatMap(({ key, value, node: variant }) => {
        const inside: Step = { variant: { key, value }, node: variant, name: `${name}<${value}>` };
        return [
          {
            name: inside.name,
            steps: [...steps, inside],
            choices: [{ chosen: (f: Fleet) => f }],
          },
          ...properties(variant, inside.name, [...steps, inside], key),
        ];
      }),
    ];
  if (node.properties)
    return [...option(optional ? [...left, { chosen: (f) => minimal(node, name, f) }] : []), ...properties(node, name, steps)];
  const entry = node.additionalProperties || node.items;
  const inside: Step = node.items
    ? { each: 0, node: entry, name: `${name}[]` }
    : { each: samples[name] ?? 'another', node: entry, name: `${name}.*` };
  const empty = node.items ? [] : {};
  return [
    ...option(optional ? [...left, ...(node.minItems ? [] : [{ chosen: empty }])] : []),
    ...walk(entry, inside.name, [...steps, inside], false),
  ];
};

const properties = (node: Node, name: string, steps: readonly Step[], except?: string): Option[] =>
  Object.entries<Node>(node.properties)
    .filter(([key]) => key !== except)
    .flatMap(([key, child]) => {
      const path = name === '' ? key : `${name}.${key}`;
      return walk(child, path, [...steps, { key, node: child, name: path }], !node.required?.includes(key));
    });

/** The least that the schema takes at a place. */
const minimal = (node: Node, name: string, fleet: Fleet): Value => {
  if (node.const !== undefined) return node.const;
  const [variant] = variantsOf(node);
  if (variant) return minimal(variant.node, `${name}<${variant.value}>`, fleet);
  if (node.properties)
    return Object.fromEntries(
      (node.required ?? []).map((key: string) => [key, minimal(node.properties[key], `${name}.${key}`, fleet)]),
    );
  if (node.items?.properties) return node.minItems ? [minimal(node.items, `${name}[]`, fleet)] : [];
  const values = leafValues(node, name);
  return values ? evaluate(values[0] as Chosen, fleet) : {};
};

const { accept: _, ...described } = root.properties; // says of a fleet what its other options make: coverPairs adds it

/** Every option of the fleet file. */
export const options: readonly Option[] = walk({ ...root, properties: described }, '', [], false);

/** Which entries of maps the options of one fleet are about: by the map's name. */
export type Entries = Map<string, string>;

/** A place in a fleet: the object that holds it and the key under which it does. */
interface Spot {
  readonly holder: Fleet;
  readonly key: string;
}

/**
 * Follows an option's steps through a fleet. With `make`, what is missing on the way is made, as small as the schema takes it;
 * without, undefined is given when something is.
 */
const follow = (fleet: Fleet, option: Option, entries: Entries, make: boolean): Spot | undefined => {
  let spot: Spot = { holder: { fleet }, key: 'fleet' };
  for (const step of option.steps) {
    let here = spot.holder[spot.key] as Fleet;
    if ('variant' in step) {
      if (here[step.variant.key] === step.variant.value) continue;
      if (!make) return undefined;
      spot.holder[spot.key] = minimal(step.node, step.name, fleet);
      continue;
    }
    if (here === undefined) return undefined;
    const key =
      'key' in step ? step.key : String(typeof step.each === 'number' ? step.each : (entries.get(step.name) ?? step.each));
    if (here[key] === undefined && step !== option.steps.at(-1)) {
      if (!make) return undefined;
      here[key] = isCollection(step.node) ? (step.node.items ? [] : {}) : minimal(step.node, step.name, fleet);
    }
    here = here as Fleet;
    spot = { holder: here, key };
  }
  return spot;
};

const isCollection = (node: Node): boolean => !node.properties && !node.oneOf && !node.anyOf;

/** Chooses one entry of every map of a fleet that options are about. */
export const chooseEntries = (fleet: Fleet, random: () => number): Entries => {
  const entries: Entries = new Map();
  for (const step of options.flatMap((o) => o.steps))
    if ('each' in step && typeof step.each === 'string' && !entries.has(step.name)) {
      const path = step.name.replace(/\.\*$/, '').split('.');
      const map = path.reduce<Value>((value, key) => (isObject(value) ? value[key] : undefined), fleet);
      const names = isObject(map) ? Object.keys(map) : [];
      const name = names[Math.floor(random() * names.length)];
      if (name !== undefined) entries.set(step.name, name);
    }
  return entries;
};

/** Gives an option of a fleet a value, in place, where there is a place for it. */
export const applyChoice = (fleet: Fleet, option: Option, { chosen }: Choice, entries: Entries): void => {
  const spot = follow(fleet, option, entries, chosen !== undefined);
  if (!spot) return;
  if (chosen === undefined) delete spot.holder[spot.key];
  else if (!('variant' in (option.steps.at(-1) as Step))) spot.holder[spot.key] = structuredClone(evaluate(chosen, fleet));
};

/** Whether an option of a fleet has a value. */
export const hasChoice = (fleet: Fleet, option: Option, choice: Choice, entries: Entries): boolean => {
  const spot = follow(fleet, option, entries, false);
  const value = spot?.holder[spot.key];
  if (choice.chosen === undefined) return value === undefined;
  if (value === undefined) return false;
  if ('variant' in (option.steps.at(-1) as Step)) return true;
  return (
    JSON.stringify(value) === JSON.stringify(evaluate(choice.chosen, fleet)) ||
    (Boolean((option.steps.at(-1) as Step).node.properties) && isObject(value) && Object.keys(value).length > 0)
  );
};

/** Whether an option has options of its own rather than a value. */
export const isGroup = (option: Option): boolean => !isLeaf((option.steps.at(-1) as Step).node);

/** The path of an option in a fleet, as violations have it. */
export const pathOf = (option: Option, entries: Entries): string[] =>
  option.steps.flatMap((step) =>
    'variant' in step
      ? []
      : ['key' in step ? step.key : String(typeof step.each === 'number' ? step.each : (entries.get(step.name) ?? step.each))],
  );

/** The keys that must be where an option's path has come after some of its parts. */
export const requiredIn = (option: Option, parts: number): readonly string[] => {
  let passed = 0;
  let node = root;
  for (const step of option.steps) {
    if (!('variant' in step) && ++passed > parts) break;
    node = step.node;
  }
  return node.required ?? [];
};

/** Whether a value of an option is the presence of what another option is in. */
export const holds = (outer: Option, { chosen }: Choice, inner: Option): boolean =>
  typeof chosen === 'function' &&
  isGroup(outer) &&
  outer.steps.length < inner.steps.length &&
  outer.steps.every((step, i) => sameStep(step, inner.steps[i] as Step));

const closes = (choice: Choice): boolean =>
  choice.chosen === undefined || (typeof choice.chosen === 'object' && choice.chosen !== null);

/** Whether no fleet has both: the one is inside what the other leaves out, or in another of two alternatives. */
export const exclusive = (a: Option, chosenA: Choice, b: Option, chosenB: Choice): boolean => {
  const [outer, choice, inner] = a.steps.length <= b.steps.length ? [a, chosenA, b] : [b, chosenB, a];
  const shared = outer.steps.findIndex((step, i) => !sameStep(step, inner.steps[i] as Step));
  if (shared < 0) return closes(choice) || outer === inner;
  const [x, y] = [outer.steps[shared] as Step, inner.steps[shared] as Step];
  return 'variant' in x && 'variant' in y;
};

const sameStep = (a: Step, b: Step): boolean => a.name === b.name;
