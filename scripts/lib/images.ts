// The images of a synthesized fleet, read off its pods.
import type { Synthesized } from '../../charts/fleet';
import { type Image, imageOf, reference } from '../../charts/images';
import { byName } from '../../charts/kit/order';

export interface FleetImage {
  readonly image: Image;
  /** Where upstream publishes it: what is copied to a registry of one's own. */
  readonly upstream: string;
  /** What the pods name: the copy, if the fleet has a registry of its own. */
  readonly pulled: string;
  /** Names of the workloads that run it, each once. */
  readonly usedBy: readonly string[];
}

/** Every image that a fleet runs, each once, by upstream reference. */
export const fleetImages = ({ files }: Synthesized): FleetImage[] => {
  const found = new Map<string, { pulled: string; usedBy: Set<string> }>();
  for (const { kind, metadata, spec } of files.flatMap((f) => f.objects)) {
    const pod = spec?.template?.spec;
    for (const { image: pulled } of [...(pod?.initContainers ?? []), ...(pod?.containers ?? [])]) {
      const image = imageOf(pulled);
      if (!image) throw new Error(`${kind} ${metadata.name} runs ${pulled}, which is not in charts/images.ts`);
      const entry = found.get(reference(image)) ?? { pulled, usedBy: new Set() };
      entry.usedBy.add(metadata.name);
      found.set(reference(image), entry);
    }
  }
  return byName(found).map(([upstream, { pulled, usedBy }]) => ({
    image: imageOf(upstream) as Image,
    upstream,
    pulled,
    usedBy: [...usedBy].sort(),
  }));
};
