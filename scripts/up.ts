// npm run up: from a fleet file to a running fleet, with where everything is.
import { parseArgs } from 'node:util';
import { adminSecretName } from '../charts/components/grafana';
import { loadFleet, type Synthesized, synthesize } from '../charts/fleet';
import { renderAccepted } from '../charts/fleet/messages';
import type { ResolvedKubernetes } from '../charts/fleet/resolve';
import { kindConfig } from '../charts/kind';
import { type LocalPort, localPorts, onLocalhost } from '../charts/localhost';
import type { Topology } from '../charts/topology';
import { type Finding, inspect } from './doctor/checks';
import { type Component, components, evidence, fleetPods, lookCloser, type Trouble, troubles } from './lib/components';
import { Kubectl, run, sleep, ToolError } from './lib/kubectl';
import { bold, dim, green, main, progress, red, styleOf, table, yellow } from './lib/terminal';
import { outputFiles, writeOutput } from './output';
import { type Leftovers, leftovers } from './plan/leftovers';
import { livePlan } from './plan/live';
import { keyOf, objectsOf } from './plan/objects';
import type { Change, KubernetesPlan } from './plan/plan';
import { findingsText } from './plan/print';

const help = `npm run up [-- --timeout SECONDS] [--accept-data-loss]

Synthesizes the fleet (fleet.yaml, or FLEET=path), creates the kind cluster when its context is missing, applies
everything with server-side apply, waits until all of it is ready and prints where it is.
Running it again changes nothing that is as it should be, and takes away what is no longer in the fleet; volumes and
namespaces stay. What Kubernetes would refuse, or what puts data at risk, is said before anything is applied
(npm run plan -- --live shows all of it).

  --timeout SECONDS   how long to wait for the components (default 600)
  --accept-data-loss  apply what puts data at risk all the same`;

const contexts = async (): Promise<string[]> =>
  (await run('kubectl', ['config', 'get-contexts', '-o', 'name'])).split('\n').filter(Boolean);

/** Makes the kind cluster of a fleet's Kubernetes cluster if its context is missing. */
const ensureCluster = async (topology: Topology, k: ResolvedKubernetes): Promise<void> => {
  if ((await contexts()).includes(k.context)) {
    await new Kubectl(k.context).run(['get', '--raw', '/readyz', '--request-timeout=10s']).catch((error: Error) => {
      throw new ToolError(
        `The context ${k.context} is in your kubeconfig, but its cluster does not answer.\n${error.message}\n${k.platform === 'kind' ? `Start it, or delete it (kind delete cluster --name ${k.context.replace(/^kind-/, '')}) and run this again.` : 'Log in to it, and run this again.'}`,
      );
    });
    return;
  }
  if (k.platform !== 'kind' || !k.context.startsWith('kind-'))
    throw new ToolError(
      `There is no context ${k.context} in your kubeconfig.\nAdd it (kubectl config get-contexts shows those that are there), or correct kubernetes.${k.name}.context in the fleet file.`,
    );
  const name = k.context.replace(/^kind-/, '');
  progress.show(`Creating the kind cluster ${name} …`);
  await run('kind', ['create', 'cluster', '--name', name, '--wait', '120s', '--config', '-'], {
    input: kindConfig(topology, k.name),
  }).catch((error: Error) => {
    throw new ToolError(
      `There is no context ${k.context} in your kubeconfig, and no cluster could be made for it.\n${error.message}\nOr set kubernetes.${k.name}.context in the fleet file to a context that is there.`,
    );
  });
  progress.done(`${green('✓')} kind cluster ${name} created`);
};

/** Tries everything before anything is applied. @throws ToolError with what would be refused or lost, and the way out */
const guard = async (synthesized: Synthesized, k: ResolvedKubernetes, accepted: boolean): Promise<KubernetesPlan> => {
  progress.show(`Comparing with what is in ${k.context} …`);
  const { name } = synthesized.topology.fleet;
  const plan = await livePlan(new Kubectl(k.context), k.name, name, objectsOf(synthesized, k.name));
  progress.clear();
  if (plan.refused.length > 0)
    throw new ToolError(`Kubernetes (${k.context}) would refuse this; nothing was applied.\n${findingsText(plan.refused)}`);
  const { namespaces } = leftovers(plan); // are left as they are
  const risks = plan.risks.filter((risk) => !namespaces.some((n) => keyOf(n) === keyOf(risk)));
  if (risks.length > 0 && !accepted)
    throw new ToolError(
      `Data in ${k.context} is at risk; nothing was applied.\n${findingsText(risks)}\nIf that is what you want: npm run up -- --accept-data-loss`,
    );
  return plan;
};

/** Takes away what is no longer in the fleet; a Deployment's pods have gone when its deletion is over. */
const remove = async (kubectl: Kubectl, changes: readonly Change[]): Promise<void> => {
  for (const c of changes) {
    progress.show(`Removing ${keyOf(c)} …`);
    const place = c.namespace ? ['-n', c.namespace] : [];
    await kubectl.run(['delete', c.kind, c.name, ...place, '--cascade=foreground', '--ignore-not-found']);
  }
  if (changes.length > 0)
    progress.done(`${green('✓')} removed, since they are no longer in the fleet: ${changes.map(keyOf).join(', ')}`);
};

/** The fleet file is the truth: what somebody else has set of the same fields is set back (server-side apply, forced). */
const apply = async (kubectl: Kubectl, directory: string): Promise<void> => {
  progress.show(`Applying ${directory} …`);
  const said = await kubectl.run(['apply', '--server-side', '--force-conflicts', '-R', '-f', directory]);
  progress.done(`${green('✓')} ${said.trim().split('\n').length} objects applied from ${directory}`);
};

/** How long a pod may look broken before it counts as such: images, volumes and peers take their time. */
const patience = 60_000;

const label = (c: Component): string => `${c.namespace}/${c.name}`;

/** Waits until every component is ready. @throws ToolError that says which is not, why, and what to do */
const waitReady = async (kubectl: Kubectl, fleet: string, timeout: number): Promise<Component[]> => {
  const started = Date.now();
  const announced = new Set<string>();
  const badSince = new Map<string, number>();
  for (;;) {
    const all = await components(kubectl, fleet);
    const seconds = Math.round((Date.now() - started) / 1000);
    for (const c of all.filter((c) => c.done && !announced.has(label(c)))) {
      announced.add(label(c));
      progress.done(`${green('✓')} ${label(c)} ${dim(`${c.ready}/${c.wanted} after ${seconds} s`)}`);
    }
    const open = all.filter((c) => !c.done);
    if (open.length === 0 && all.length > 0) return all;
    progress.show(
      `${seconds} s: ${open.length} of ${all.length} components to go: ${open.map((c) => `${label(c)} ${c.ready}/${c.wanted}`).join(', ')}`,
    );
    const bad = troubles(await fleetPods(kubectl, fleet));
    for (const pod of [...badSince.keys()]) if (!bad.some((b) => b.pod === pod)) badSince.delete(pod);
    for (const b of bad) if (!badSince.has(b.pod)) badSince.set(b.pod, Date.now());
    const long = await Promise.all(
      bad.filter((b) => Date.now() - (badSince.get(b.pod) ?? 0) > patience).map((b) => lookCloser(kubectl, b)),
    );
    const hopeless = long.filter((b) => b.final);
    const late = Date.now() - started > timeout * 1000;
    if (late || hopeless.length > 0) throw new ToolError(await explain(kubectl, late ? bad : hopeless, open, seconds));
    await sleep(1000);
  }
};

const explain = async (
  kubectl: Kubectl,
  bad: readonly Trouble[],
  open: readonly Component[],
  seconds: number,
): Promise<string> => {
  const parts = await Promise.all(
    bad.map(
      async (b) =>
        `${red('✗')} ${bold(b.pod)}: ${b.reason} — ${b.message}\n  what to do: ${b.remedy}\n${await evidence(kubectl, b.pod)}`,
    ),
  );
  const silent = open.filter((c) => !bad.some((b) => b.pod.startsWith(`${label(c)}-`)));
  const more = await Promise.all(
    silent.map(async (c) => {
      const events = await kubectl
        .get(['events', '-n', c.namespace, '--field-selector', `involvedObject.name=${c.name},type!=Normal`])
        .catch(() => []);
      return `${red('✗')} ${bold(label(c))}: ${c.ready} of ${c.wanted} ready\n${events
        .slice(-3)
        .map((e) => `    event ${e.reason}: ${e.message}`)
        .join('\n')}`;
    }),
  );
  return [`After ${seconds} s not everything is ready.`, ...parts, ...more].join('\n\n');
};

/** Looks as doctor does until all is well: endpoints are discovered and targets scraped some seconds after pods are ready. */
const health = async (topology: Topology, timeout: number): Promise<readonly Finding[]> => {
  const started = Date.now();
  for (;;) {
    const findings = await inspect(topology, (what) => progress.show(`${Math.round((Date.now() - started) / 1000)} s: ${what}`));
    const wrong = findings.filter((f) => f.verdict === 'wrong');
    if (wrong.length > 0 && Date.now() - started < timeout * 1000) {
      await sleep(2000);
      continue;
    }
    const well = `${green('✓')} healthy: ${findings.length} checks ${dim(`after ${Math.round((Date.now() - started) / 1000)} s`)}`;
    progress.done(wrong.length === 0 ? well : `${red('✗')} ${wrong.length} of ${findings.length} checks are wrong:`);
    for (const f of wrong) console.log(`  ${f.check}, ${f.of}: ${f.seen}\n    → ${f.remedy}`);
    return wrong;
  }
};

const healthPath = (title: string): string =>
  title === 'Grafana' ? '/api/health' : title === 'cAdvisor' ? '/healthz' : title === 'node-exporter' ? '/' : '/-/ready';

const answers = async (port: LocalPort): Promise<boolean> =>
  fetch(`http://localhost:${port.hostPort}${healthPath(port.title)}`, { signal: AbortSignal.timeout(3000) })
    .then((r) => r.ok)
    .catch(() => false);

/** Where everything is: on localhost where its port is mapped, or else by a command that brings it there. */
const addresses = async (topology: Topology, ready: readonly Component[]): Promise<string> => {
  const ports = localPorts(topology);
  const mapped = await Promise.all(ports.map((port) => onLocalhost(topology) && answers(port)));
  const { context } = topology.observer.kubernetes;
  const rows = ports.map((port, i) => {
    const { server } = port.endpoint;
    const c = ready.find((other) => other.namespace === server.namespace && other.name === server.name);
    const target = port.pod
      ? `pod/${port.pod}`
      : server.hostNetwork || server.component === 'agent'
        ? `ds/${server.name}`
        : `svc/${server.name}`;
    return [
      port.title,
      mapped[i]
        ? `http://localhost:${port.hostPort}`
        : `kubectl --context ${context} -n ${server.namespace} port-forward ${target} ${port.hostPort}:${port.endpoint.port.number}`,
      c?.done ? green(`${c.ready}/${c.wanted} ready`) : yellow('not ready'),
    ];
  });
  const note =
    mapped.every(Boolean) || !onLocalhost(topology)
      ? ''
      : '\nPorts of localhost lead to the fleet only in kind clusters made by npm run up (or with dist/<name>.kind.yaml); the commands above work everywhere.';
  return `${table(['What', 'Where', 'Health'], rows)}${note}`;
};

const credentials = (topology: Topology): string => {
  const { fleet, observer } = topology;
  const secret = adminSecretName(fleet);
  const demo = fleet.observer.grafana.adminSecret ? '' : ' (admin / foobar)';
  return `Grafana's credentials: Secret ${secret} in ${fleet.observer.namespace}${demo}\n  kubectl --context ${observer.kubernetes.context} -n ${fleet.observer.namespace} get secret ${secret} -o jsonpath='{.data.admin-password}' | base64 -d`;
};

main(async () => {
  const { values } = parseArgs({
    options: {
      timeout: { type: 'string', default: '600' },
      'accept-data-loss': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  const timeout = Number(values.timeout);
  if (!(timeout > 0)) throw new ToolError('--timeout takes a number of seconds above 0.');
  const fleet = loadFleet(process.env.FLEET ?? 'fleet.yaml');
  const synthesized = synthesize(fleet);
  const output = writeOutput(outputFiles(synthesized));
  const { topology } = synthesized;
  if (fleet.accepted.length > 0) console.log(renderAccepted(fleet.accepted, styleOf(process.stdout)));
  const ready: Component[] = [];
  const left = new Map<string, Leftovers>();
  for (const k of fleet.kubernetes) {
    await ensureCluster(topology, k);
    left.set(k.name, leftovers(await guard(synthesized, k, values['accept-data-loss'])));
  }
  for (const k of fleet.kubernetes) {
    const kubectl = new Kubectl(k.context);
    const { workloads, rest, namespaces } = left.get(k.name) as Leftovers;
    await remove(kubectl, workloads);
    await apply(kubectl, `${output}/${k.name}`);
    ready.push(...(await waitReady(kubectl, fleet.name, timeout)));
    await remove(kubectl, rest);
    for (const { name } of namespaces)
      progress.done(
        `${yellow('•')} the namespace ${name} is no longer in the fleet; it is left as it is, with its data. To delete it and them: kubectl --context ${k.context} delete namespace ${name}`,
      );
  }
  const wrong = await health(topology, Math.min(timeout, 240));
  console.log(
    `\n${await addresses(topology, ready)}\n\n${credentials(topology)}\n\nnpm run doctor looks closer; npm run down takes it away.`,
  );
  return wrong.length > 0 ? 1 : 0;
});
