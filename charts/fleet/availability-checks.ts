// What the schema cannot say about replicas, shards and caches. Each check has a stable code.
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
      remedy: `autoscale: {min: ${fleet.observer[part]?.replicas}, …}, without replicas.`,
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

export const availabilityChecks = [oneWayToScale, autoscaleRange];
