// What the schema cannot say about where images come from.
import { images, reference } from '../images';
import { nearest } from './nearest';
import type { Check } from './violations';

const known = Object.values(images).map(reference);

const digests: Check = (fleet) =>
  Object.keys(fleet.imageDigests ?? {})
    .filter((upstream) => !known.includes(upstream))
    .map((upstream) => ({
      code: 'unknown-image',
      path: ['imageDigests', upstream],
      problem: `${upstream} is no image that a fleet runs`,
      consequence: 'the image that does run would be known by its tag only, and a push under that tag would replace it.',
      remedy: `${nearest(upstream, known) ?? 'a reference as `npm run images -- --plain` prints it'}, with the digest of that version.`,
    }));

export const imageChecks: readonly Check[] = [digests];
