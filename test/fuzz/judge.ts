// The verdict on a fleet file: refused, with a place and a remedy for everything; or accepted, with objects that are well.
import { isDeepStrictEqual } from 'node:util';
import { LineCounter, parseDocument, stringify } from 'yaml';
import { FleetError, parseFleet, resolveFleet, type Synthesized, synthesize } from '../../charts/fleet';
import type { ResolvedFleet } from '../../charts/fleet/resolve';
import type { Source, Violation } from '../../charts/fleet/violations';
import { catalogueCheck } from '../../scripts/catalogue/check';
import { outputFiles } from '../../scripts/output';
import {
  duplicateProblems,
  emptyValueProblems,
  nameProblems,
  podProblems,
  referenceProblems,
  schemaProblems,
  textProblems,
  valueProblems,
  yamlProblems,
} from '../support/invariants';
import { backwards } from './order';

/** Where the rule files are that fleets name. */
export const place = 'examples/s3-and-slack/fleet.yaml';
/** How long one fleet may take, on a machine that does other things too. */
export const patience = 10_000;

export const textOf = (value: unknown): string => stringify(value, { aliasDuplicateObjects: false });

/** Something that must not be, whatever the fleet file says. */
export class Finding extends Error {
  override readonly name = 'Finding';
}

export interface Verdict {
  readonly accepted: boolean;
  /** Codes of what is wrong, in order. */
  readonly codes: readonly string[];
}

const catalogueProblems = catalogueCheck();

const problemsOf = (fleet: ResolvedFleet, { files }: Synthesized): string[] =>
  fleet.kubernetes.flatMap(({ name }) => {
    const objects = files.filter((f) => f.path.startsWith(`${name}/`)).flatMap((f) => f.objects);
    return [
      ...schemaProblems(objects),
      ...emptyValueProblems(objects),
      ...duplicateProblems(objects),
      ...nameProblems(objects),
      ...valueProblems(objects),
      ...podProblems(objects),
      ...textProblems(objects),
      ...referenceProblems(objects, fleet),
      ...yamlProblems(objects),
      ...catalogueProblems(objects), // its programs would take it too
    ];
  });

/** What is wrong with how a refusal says what is wrong. */
const refusalProblems = ({ message, violations }: FleetError): string[] => {
  const places = message.match(/^examples\/s3-and-slack\/fleet\.yaml:[1-9]\d*:[1-9]\d*: /gm)?.length ?? 0;
  const remedies = message.match(/^ {2}write instead: \S/gm)?.length ?? 0;
  const n = violations.length;
  return n > 0 && places === n && remedies === n
    ? []
    : [`${n} violations, ${places} places and ${remedies} remedies in:\n${message}`];
};

const read = (text: string): ResolvedFleet | FleetError => {
  try {
    return parseFleet(text, place);
  } catch (error) {
    if (error instanceof FleetError) return error;
    throw error;
  }
};

const codesOf = (fleet: ResolvedFleet | FleetError): string[] =>
  fleet instanceof FleetError ? fleet.violations.map((v) => v.code) : [];

const findNone = (problems: readonly string[]): void => {
  if (problems.length > 0) throw new Finding(problems.join('\n'));
};

/** What synthesis makes of a fleet that is accepted and well; undefined for one that is refused as it should be. */
const wellMade = (fleet: ResolvedFleet | FleetError): Synthesized | undefined => {
  if (fleet instanceof FleetError) {
    findNone(refusalProblems(fleet));
    return undefined;
  }
  const made = synthesize(fleet);
  findNone(problemsOf(fleet, made));
  return made;
};

const judged = (text: string): { readonly verdict: Verdict; readonly made?: Synthesized } => {
  const started = process.cpuUsage();
  const fleet = read(text);
  const made = wellMade(fleet);
  const { user, system } = process.cpuUsage(started);
  const took = (user + system) / 1000;
  if (took > patience) throw new Finding(`it took ${(took / 1000).toFixed(0)} s of processor time`);
  return { verdict: { accepted: made !== undefined, codes: codesOf(fleet) }, made };
};

/**
 * Judges the text of a fleet file.
 * @throws Finding when the fleet is neither refused as it should be nor accepted with objects that are well, or takes too long;
 * and whatever the project itself throws that is no refusal
 */
export const judge = (text: string): Verdict => judged(text).verdict;

/**
 * Judges a fleet and reads it a second time, its keys backwards: it must be the same, byte for byte.
 * @throws as judge does
 */
export const judgeTwice = (value: unknown): Verdict => {
  const { verdict, made } = judged(textOf(value));
  const other = read(textOf(backwards(value)));
  if (!made) {
    const codes = other instanceof FleetError ? codesOf(other) : ['none'];
    if (!isDeepStrictEqual([...codes].sort(), [...verdict.codes].sort()))
      throw new Finding(`refused for ${verdict.codes}, and with its keys in another order for ${codes}`);
  } else {
    if (other instanceof FleetError) throw new Finding(`accepted, and with its keys in another order refused:\n${other.message}`);
    if (!isDeepStrictEqual(outputFiles(made), outputFiles(synthesize(other))))
      throw new Finding('its output hangs on the order of its keys, or on chance');
  }
  return verdict;
};

const stub: Source = { file: place, text: '', document: parseDocument(''), lines: new LineCounter() };
/** What is wrong with a fleet, without places: a fast first look. @throws what is no refusal */
export const violationsOf = (fleet: unknown): readonly Violation[] => {
  try {
    resolveFleet(fleet, stub);
    return [];
  } catch (error) {
    if (error instanceof FleetError) return error.violations;
    throw error;
  }
};
