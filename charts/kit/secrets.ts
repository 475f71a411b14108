// Which Secrets pods use that the fleet does not make itself: recorded when one is asked for, as edges are (docs/decisions/0002).
import { byName } from './order';
import type { Workload } from './wiring';

/** Type of a Secret with a login to a registry. */
export const registryLogin = { type: 'kubernetes.io/dockerconfigjson', key: '.dockerconfigjson' } as const;

export interface SecretUse {
  readonly name: string;
  /** In the order of the alphabet. */
  readonly keys: readonly string[];
  readonly type: string;
}

type Place = Pick<Workload, 'kubernetes' | 'namespace'>;

/** The Secrets of a fleet by namespace, each with every key that somebody uses. */
export class Secrets {
  private readonly used = new Map<string, Map<string, Set<string>>>();

  /** The name of a Secret of the user's, for a pod that uses these of its keys. */
  named(secret: string, { kubernetes, namespace }: Place, ...keys: readonly string[]): string {
    const place = `${kubernetes}/${namespace}`;
    const here = this.used.get(place) ?? new Map<string, Set<string>>();
    this.used.set(place, here.set(secret, new Set([...(here.get(secret) ?? []), ...keys])));
    return secret;
  }

  /** Those of a namespace, by name. */
  in(kubernetes: string, namespace: string): SecretUse[] {
    return byName(this.used.get(`${kubernetes}/${namespace}`) ?? []).map(([name, keys]) => ({
      name,
      keys: [...keys].sort(),
      type: keys.has(registryLogin.key) ? registryLogin.type : 'Opaque',
    }));
  }
}
