// What the schema cannot say about Secrets that the fleet file names: that they are not those that the fleet makes itself.
import { demoSecret } from '../config/grafana';
import { embedded } from '../config/objstore';
import { isSpread } from './exposure';
import type { ResolvedFleet } from './resolve';
import type { Fleet } from './schema';
import { type Check, type Path, placesIn, refuseIf } from './violations';

/** Keys of the fleet file whose value is the name of a Secret. */
const references: readonly (string | number | undefined)[] = ['secret', 'adminSecret'];

const valueAt = (fleet: Fleet, path: Path): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<string | number, unknown>)[key], fleet);

/** Every Secret that the fleet file names, with its place. */
export const namedSecrets = (fleet: Fleet): { readonly path: Path; readonly name: string }[] =>
  placesIn(fleet)
    .filter((path) => references.includes(path.at(-1)) || path.at(-2) === 'imagePullSecrets')
    .flatMap((path) => {
      const name = valueAt(fleet, path);
      return typeof name === 'string' ? [{ path, name }] : [];
    });

/** Those that the fleet makes in the observer's namespace, and in those of clusters. */
const madeBy = (fleet: Fleet, resolved: ResolvedFleet): { observer: string[]; clusters: string[] } => ({
  observer: [
    ...(fleet.objectStore.type === 'embedded' ? [embedded.secret] : []),
    ...(fleet.observer.grafana?.adminSecret === undefined ? [demoSecret] : []),
    ...(isSpread(resolved) ? ['thanos-query-client-tls', 'thanos-rule-client-tls', 'alertmanager-server-tls'] : []),
  ],
  clusters: isSpread(resolved) ? ['prometheus-client-tls', 'thanos-sidecar-server-tls'] : [],
});

const ownSecrets: Check = (fleet, resolved) => {
  const { observer, clusters } = madeBy(fleet, resolved);
  return namedSecrets(fleet).flatMap(({ path, name }) => {
    // every one is in the observer's namespace; these are in those of clusters, too
    const everywhere = path[0] === 'imagePullSecrets' || (path[0] === 'objectStore' && path[1] !== 'replicate');
    return refuseIf(observer.includes(name) || (everywhere && clusters.includes(name)), {
      code: 'secret-of-fleet',
      path,
      problem: `the fleet makes the Secret ${name} itself, for something else`,
      consequence: 'it would be written over, or lack the keys that are looked for: pods would not start, or be refused.',
      remedy: `another name, such as ${path.at(-1) === 'adminSecret' ? 'grafana-admin' : `my-${name}`}, for a Secret that you make.`,
    });
  });
};

export const secretChecks: readonly Check[] = [ownSecrets];
