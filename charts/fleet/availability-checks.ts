// What the schema cannot say about replicas, shards and caches. Each check has a stable code.
import { seconds } from '../kit/units';
import type { ResolvedFleet } from './resolve';
import type { Fleet } from './schema';
import type { Violation } from './violations';

const scaled = ['query', 'queryFrontend'] as const;

const oneWayToScale = (fleet: Fleet): Violation[] =>
  scaled
    .filter((part) => fleet.observer[part]?.autoscale && fleet.observer[part]?.replicas !== undefined)
    .map((part) => ({
      code: 'replicas-and-autoscale',
      path: ['observer', part, 'replicas'],
      problem: `observer.${part} has both replicas and autoscale`,
      consequence: 'every apply would set the number back that the autoscaler has chosen, and stop pods that answer queries.',
      remedy: `autoscale: {min: ${Math.max(2, fleet.observer[part]?.replicas ?? 0)}, …}, without replicas.`,
    }));

const autoscaleRange = (_fleet: Fleet, { observer }: ResolvedFleet): Violation[] =>
  scaled.flatMap((part) => {
    const { autoscale } = observer[part];
    return !autoscale || autoscale.min <= autoscale.max
      ? []
      : [
          {
            code: 'autoscale-backwards',
            path: ['observer', part, 'autoscale', 'max'],
            problem: `observer.${part} would have at least ${autoscale.min} pods and at most ${autoscale.max}`,
            consequence: 'Kubernetes refuses such an autoscaler.',
            remedy: `max: ${autoscale.min} or more.`,
          },
        ];
  });

/** A block of less than this is about to be merged into a larger one, which would be on both sides of the split. */
const youngestSplit = '1d';

const splits = (_fleet: Fleet, { observer, retention }: ResolvedFleet): Violation[] => {
  const kept = Object.values(retention).map(seconds);
  const longest = kept.includes(0) ? Number.POSITIVE_INFINITY : Math.max(...kept);
  const { splitAt } = observer.store;
  return splitAt.flatMap((age, i): Violation[] => {
    const path = ['observer', 'store', 'splitAt', i];
    const before = splitAt[i - 1];
    if (before !== undefined && seconds(age) <= seconds(before))
      return [
        {
          code: 'store-split-order',
          path,
          problem: `blocks would be divided at ${before} and then at ${age}`,
          consequence: 'no store gateway would serve what is between them: every graph of that time would be empty.',
          remedy: 'ages from the youngest to the oldest, each once.',
        },
      ];
    if (seconds(age) >= seconds(youngestSplit) && seconds(age) < longest) return [];
    return [
      {
        code: 'store-split-age',
        path,
        problem: `blocks would be divided at an age of ${age}`,
        consequence:
          seconds(age) < seconds(youngestSplit)
            ? 'blocks of that age are still merged, and most would be on both sides.'
            : 'the bucket keeps nothing that old, and the store gateways for it would have nothing to serve.',
        remedy: Number.isFinite(longest)
          ? `${youngestSplit} or more, and less than the longest retention.`
          : `${youngestSplit} or more.`,
      },
    ];
  });
};

const oneMemcached = ({ observer: { cache } }: Fleet): Violation[] =>
  cache?.type === 'memcached' && cache.addresses
    ? (['replicas', 'memory', 'exporter'] as const)
        .filter((key) => cache[key] !== undefined)
        .map((key) => ({
          code: 'memcached-twice',
          path: ['observer', 'cache', key],
          problem: `observer.cache has both ${key} and addresses`,
          consequence: 'it is about servers that the fleet deploys, and there would be none.',
          remedy: `addresses without ${key}, or no addresses.`,
        }))
    : [];

export const availabilityChecks = [oneWayToScale, autoscaleRange, splits, oneMemcached];
