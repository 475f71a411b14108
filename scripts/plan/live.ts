// What a Kubernetes cluster has of the fleet, and what its API server would make of the objects to apply.
import { certificatesComponent } from '../../charts/config/certificates';
import type { Manifest } from '../../charts/fleet';
import { type Api, openApi } from '../lib/api';
import { knownKinds, selector } from '../lib/components';
import type { Kubectl } from '../lib/kubectl';
import type { Json } from './differences';
import { byKey, type Finding, keyOf, nameOf } from './objects';
import { type KubernetesPlan, planOf } from './plan';

/** The API's path of an object, from the API server's own list of its kinds. */
const paths = (api: Api) => {
  const groups = new Map<string, Promise<Json[]>>();
  return async (o: Manifest): Promise<string | undefined> => {
    const root = o.apiVersion.includes('/') ? `/apis/${o.apiVersion}` : `/api/${o.apiVersion}`;
    if (!groups.has(root))
      groups.set(
        root,
        api.ask(root).then(({ body }) => body.resources ?? []),
      );
    const kind = (await groups.get(root))?.find((r) => r.kind === o.kind && !r.name.includes('/'));
    if (!kind) return undefined;
    const place = kind.namespaced ? `/namespaces/${o.metadata.namespace ?? 'default'}` : '';
    return `${root}${place}/${kind.name}/${o.metadata.name}`;
  };
};

/** What is there with what shall be there laid over it: what a refused change would have made, about. */
const overlay = (live: Json, desired: Json): Json => {
  if (Array.isArray(live) && Array.isArray(desired) && live.length === desired.length)
    return desired.map((item, i) => overlay(live[i], item));
  if (typeof live !== 'object' || typeof desired !== 'object' || !live || !desired || Array.isArray(desired)) return desired;
  return { ...live, ...Object.fromEntries(Object.entries(desired).map(([key, value]) => [key, overlay(live[key], value)])) };
};

/** Who applied an object: only in that one's name does the API server take away what is no longer in it. */
const managerOf = (live: Json): string =>
  live.metadata.managedFields?.find((m: Json) => m.operation === 'Apply' && !m.subresource)?.manager ?? 'kubectl';

interface Foreseen {
  readonly live?: Manifest;
  readonly after: Manifest;
  readonly refused?: string;
}

/** Tries an object without applying it. */
const foresee = async (api: Api, path: string | undefined, object: Manifest): Promise<Foreseen> => {
  const found = path ? await api.ask(path) : undefined;
  const live = found?.status === 200 ? found.body : undefined;
  const parameters = new URLSearchParams({ dryRun: 'All', force: 'true', fieldManager: live ? managerOf(live) : 'kubectl' });
  const tried = path ? await api.ask(`${path}?${parameters}`, object) : undefined;
  if (!tried || tried.status < 300) return { live, after: tried?.body ?? object };
  // before its namespace or its kind is there, nothing can be tried
  if (!live && tried.status === 404) return { after: object };
  return { live, after: live ? overlay(live, object) : object, refused: tried.body.message };
};

/** What no manifest made, though it is labelled as the fleet's: what the issuer of its certificates writes. */
const isIssued = ({ kind, metadata }: Manifest): boolean =>
  kind !== 'Certificate' && metadata.labels?.['app.kubernetes.io/component'] === certificatesComponent;

/** Everything of the fleet that manifests made. */
export const liveObjects = async (kubectl: Pick<Kubectl, 'run' | 'get'>, fleet: string): Promise<Manifest[]> => {
  const all = await kubectl.get([(await knownKinds(kubectl)).join(','), '-A', '-l', selector(fleet)]);
  return all.filter((o) => !isIssued(o));
};

/** At most so many requests at a time: the API server serves others too. */
const atOnce = 8;

/**
 * Compares a Kubernetes cluster with the objects to apply, each tried in a dry run of a server-side apply.
 * @throws ToolError when the cluster does not answer
 */
export const livePlan = async (
  kubectl: Kubectl,
  kubernetes: string,
  fleet: string,
  desired: readonly Manifest[],
): Promise<KubernetesPlan> => {
  const labelled = await liveObjects(kubectl, fleet);
  const api = await openApi(kubectl);
  try {
    const pathOf = paths(api);
    const foreseen: Foreseen[] = [];
    for (let i = 0; i < desired.length; i += atOnce)
      foreseen.push(...(await Promise.all(desired.slice(i, i + atOnce).map(async (o) => foresee(api, await pathOf(o), o)))));
    const before = byKey([...labelled, ...foreseen.flatMap(({ live }) => (live ? [live] : []))]);
    const plan = planOf(
      kubernetes,
      [...before.values()],
      foreseen.map(({ after }) => after),
      kubectl.context,
    );
    const said = foreseen.flatMap(({ refused, after }) => (refused ? [refusedBy(refused, after, plan.refused)] : []));
    const known = plan.refused.filter((f) => !said.some((s) => keyOf(s) === keyOf(f)));
    return { ...plan, refused: [...known, ...said] };
  } finally {
    api.close();
  }
};

/** The API server's own words, with the way out where it is known. It says one thing at a time: ports come last. */
const refusedBy = (message: string, object: Manifest, known: readonly Finding[]): Finding => {
  const isPort = message.includes('provided port is already allocated');
  return {
    code: 'refused',
    consequence: 'the object would not be applied.',
    remedy: 'change what the message names.',
    ...known.find((f) => keyOf(f) === keyOf(nameOf(object)) && (isPort || !f.inTheWay)),
    ...nameOf(object),
    problem: message,
  };
};
