// Waits until every component of a fleet is ready, in all of its Kubernetes clusters at once.
import type { ResolvedKubernetes } from '../../charts/fleet/resolve';
import { type Component, components, evidence, fleetPods, lookCloser, type Trouble, troubles } from '../lib/components';
import { each } from '../lib/each';
import { Kubectl, sleep, ToolError } from '../lib/kubectl';
import { bold, dim, green, progress, red, table } from '../lib/terminal';

/** How long a pod may look broken, or a Kubernetes cluster be silent, before it counts as such: most of it mends itself. */
const patience = 60_000;

/** A component, and where it is. */
export interface Placed extends Component {
  readonly kubernetes: string;
}

const label = (c: Component): string => `${c.namespace}/${c.name}`;

interface Watched {
  readonly kubernetes: ResolvedKubernetes;
  readonly kubectl: Kubectl;
  components: readonly Component[];
  troubles: readonly Trouble[];
  /** Since when each pod has looked broken; and the Kubernetes cluster itself, under the empty name. */
  readonly since: Map<string, number>;
  silence?: Error;
}

/** Looks again; keeps what was seen last when there is no answer. */
const look = async (w: Watched, fleet: string): Promise<void> => {
  try {
    w.components = await components(w.kubectl, fleet);
    w.troubles = w.components.every((c) => c.done) ? [] : troubles(await fleetPods(w.kubectl, fleet));
    w.silence = undefined;
  } catch (error) {
    w.silence = error as Error;
  }
  const bad = [...w.troubles.map((t) => t.pod), ...(w.silence ? [''] : [])];
  for (const name of [...w.since.keys()]) if (!bad.includes(name)) w.since.delete(name);
  for (const name of bad) if (!w.since.has(name)) w.since.set(name, Date.now());
};

const isLong = (w: Watched, name: string): boolean => Date.now() - (w.since.get(name) ?? Date.now()) > patience;

const open = (w: Watched): Component[] => w.components.filter((c) => !c.done);
const isDone = (w: Watched): boolean => !w.silence && w.components.length > 0 && open(w).length === 0;
const waitsFor = (w: Watched): string =>
  w.silence
    ? 'no answer'
    : open(w)
        .map((c) => `${label(c)} ${c.ready}/${c.wanted}`)
        .join(', ');

/** One Kubernetes cluster is a line, several are a table. */
const state = (all: readonly Watched[], seconds: number): string => {
  const [one, ...others] = all as [Watched, ...Watched[]];
  if (others.length === 0)
    return `${seconds} s: ${open(one).length} of ${one.components.length} components to go: ${waitsFor(one)}`;
  const todo = all.filter((w) => !isDone(w));
  const rows = todo.map((w) => [
    w.kubernetes.name,
    `${w.components.length - open(w).length}/${w.components.length}`,
    waitsFor(w),
  ]);
  return `${seconds} s: ${todo.length} of ${all.length} Kubernetes clusters to go\n${table(['Kubernetes cluster', 'Ready', 'Waits for'], rows)}`;
};

/**
 * Waits until every component is ready.
 * @param timeout seconds
 * @throws ToolError that says which is not, why, and what to do
 */
export const waitReady = async (kubernetes: readonly ResolvedKubernetes[], fleet: string, timeout: number): Promise<Placed[]> => {
  const started = Date.now();
  const announced = new Set<string>();
  const all = kubernetes.map(
    (k): Watched => ({ kubernetes: k, kubectl: new Kubectl(k.context), components: [], troubles: [], since: new Map() }),
  );
  const announce = (what: string, how: string): void => {
    if (announced.has(what)) return;
    announced.add(what);
    progress.done(`${green('✓')} ${what} ${dim(how)}`);
  };
  for (;;) {
    await each(
      all.filter((w) => !isDone(w)),
      (w) => look(w, fleet),
    );
    const seconds = Math.round((Date.now() - started) / 1000);
    for (const w of all) {
      if (all.length === 1)
        for (const c of w.components.filter((c) => c.done)) announce(label(c), `${c.ready}/${c.wanted} after ${seconds} s`);
      else if (isDone(w)) announce(w.kubernetes.name, `${w.components.length} components ready after ${seconds} s`);
    }
    if (all.every(isDone)) return all.flatMap((w) => w.components.map((c) => ({ ...c, kubernetes: w.kubernetes.name })));
    progress.show(state(all, seconds));
    const late = seconds > timeout;
    const hopeless = new Map<Watched, readonly Trouble[]>();
    for (const w of all.filter((w) => !isDone(w))) {
      const long = await Promise.all(w.troubles.filter((t) => isLong(w, t.pod)).map((t) => lookCloser(w.kubectl, t)));
      if (late) hopeless.set(w, w.troubles);
      else if (long.some((t) => t.final) || isLong(w, ''))
        hopeless.set(
          w,
          long.filter((t) => t.final),
        );
    }
    if (hopeless.size > 0) {
      const parts = await Promise.all([...hopeless].map(([w, bad]) => explain(w, bad, all.length > 1)));
      throw new ToolError([`After ${seconds} s not everything is ready.`, ...parts.flat()].join('\n\n'));
    }
    await sleep(1000);
  }
};

const explain = async (w: Watched, bad: readonly Trouble[], named: boolean): Promise<string[]> => {
  const { kubectl } = w;
  const where = (what: string): string => bold(named ? `${w.kubernetes.name} ${what}` : what);
  if (w.silence) return [`${red('✗')} ${where('')}does not answer (context ${kubectl.context}): ${w.silence.message}`];
  const parts = await Promise.all(
    bad.map(
      async (b) =>
        `${red('✗')} ${where(b.pod)}: ${b.reason} — ${b.message}\n  what to do: ${b.remedy}\n${await evidence(kubectl, b.pod)}`,
    ),
  );
  const silent = open(w).filter((c) => !bad.some((b) => b.pod.startsWith(`${label(c)}-`)));
  const more = await Promise.all(
    silent.map(async (c) => {
      const events = await kubectl
        .get(['events', '-n', c.namespace, '--field-selector', `involvedObject.name=${c.name},type!=Normal`])
        .catch(() => []);
      return `${red('✗')} ${where(label(c))}: ${c.ready} of ${c.wanted} ready\n${events
        .slice(-3)
        .map((e) => `    event ${e.reason}: ${e.message}`)
        .join('\n')}`;
    }),
  );
  return [...parts, ...more];
};
