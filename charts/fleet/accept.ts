// What a fleet accepts though it is refused: each at its place, with a reason, and shown at every synthesis.
import { acceptable, codes, isAcceptable } from './codes';
import { nearest } from './nearest';
import type { Fleet } from './schema';
import { type Path, placesIn, type Violation } from './violations';

/** A violation that the fleet accepts. */
export interface Accepted {
  readonly code: string;
  /** The place in the fleet: keys with dots between. */
  readonly at: string;
  readonly reason: string;
  readonly problem: string;
  readonly consequence: string;
}

type Acceptance = NonNullable<Fleet['accept']>[number];

/** What is wrong with an acceptance that accepts nothing. */
const superfluous = (fleet: Fleet, { code, at }: Acceptance, i: number, violations: readonly Violation[]): Violation => {
  const path: Path = ['accept', i];
  const stays = 'what it means to accept would be refused all the same.';
  if (!codes.some((c) => c === code))
    return {
      code: 'accept-unknown-code',
      path: [...path, 'code'],
      problem: `there is no code ${code}`,
      consequence: stays,
      remedy: `${nearest(code, acceptable) ?? `one of ${acceptable.join(', ')}`}.`,
    };
  if (!isAcceptable(code))
    return {
      code: 'accept-final',
      path: [...path, 'code'],
      problem: `${code} cannot be accepted`,
      consequence: 'no reason makes it safe: data would be lost, or a program would refuse it.',
      remedy: `what the message of ${code} says. To be accepted are ${acceptable.join(', ')}.`,
    };
  const places = placesIn(fleet)
    .filter(([section]) => section !== 'accept')
    .map((place) => place.join('.'));
  const elsewhere = violations.filter((v) => v.code === code).map((v) => v.path.join('.'));
  if (!places.includes(at) && !elsewhere.includes(at))
    return {
      code: 'accept-unknown-place',
      path: [...path, 'at'],
      problem: `there is no ${at} in this fleet`,
      consequence: stays,
      remedy: `${nearest(at, elsewhere.length > 0 ? elsewhere : places) ?? elsewhere[0] ?? 'the place that the message of the refusal names'}.`,
    };
  return {
    code: 'accept-nothing',
    path,
    problem: `nothing is refused as ${code} at ${at}${elsewhere.includes(at) ? ' that is not accepted already' : ''}`,
    consequence: 'what is wrong there one day would be accepted unseen.',
    remedy: elsewhere.some((place) => place !== at) ? `at: ${elsewhere.join(' or ')}.` : 'leave it out.',
  };
};

/** Divides violations into those that the fleet accepts and the rest, with what is wrong with its acceptances. */
export const accept = (
  fleet: Fleet,
  violations: readonly Violation[],
): { readonly accepted: readonly Accepted[]; readonly violations: readonly Violation[] } => {
  const accepted: Accepted[] = [];
  const wrong: Violation[] = [];
  const left = new Set(violations);
  for (const [i, acceptance] of (fleet.accept ?? []).entries()) {
    const found = violations.filter(
      (v) => left.has(v) && v.code === acceptance.code && isAcceptable(v.code) && v.path.join('.') === acceptance.at,
    );
    if (found.length === 0) wrong.push(superfluous(fleet, acceptance, i, violations));
    for (const violation of found) {
      left.delete(violation);
      const { problem, consequence } = violation;
      accepted.push({ ...acceptance, problem, consequence });
    }
  }
  return { accepted, violations: [...left, ...wrong] };
};
