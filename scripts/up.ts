// npm run up: from a fleet file to a running fleet, with where everything is.
import { connect } from 'node:net';
import { adminSecretName } from '../charts/components/grafana';
import { loadFleet, type Synthesized, synthesize } from '../charts/fleet';
import { renderAccepted } from '../charts/fleet/messages';
import type { ResolvedKubernetes } from '../charts/fleet/resolve';
import { hostUrl } from '../charts/ingress';
import { type LocalPort, localPorts, onLocalhost } from '../charts/localhost';
import type { Topology } from '../charts/topology';
import { certificateClusters, certificateFleet } from './certificates/fleet';
import { keepCertificates } from './certificates/keep';
import { inspect } from './doctor/checks';
import type { Finding } from './doctor/finding';
import { each } from './lib/each';
import { fleetFile } from './lib/fleet-file';
import { Kubectl, sleep, ToolError } from './lib/kubectl';
import { writeNodeAddresses } from './lib/node-addresses';
import { dim, green, main, parseArgs, progress, red, sayHelp, styleOf, table, yellow } from './lib/terminal';
import { outputFiles, writeOutput } from './output';
import { type Leftovers, leftovers } from './plan/leftovers';
import { livePlan } from './plan/live';
import { keyOf, type ObjectName, objectsOf } from './plan/objects';
import type { KubernetesPlan } from './plan/plan';
import { findingsText } from './plan/print';
import { ensureClusters } from './up/clusters';
import { type Placed, waitReady } from './up/watch';

const help = `npm run up [-- --timeout SECONDS] [--accept-data-loss]

Synthesizes the fleet (fleet.yaml, or FLEET=path) to dist/ (or CDK8S_OUTDIR=folder, for a second
fleet), creates every kind cluster whose context is missing, applies everything with server-side
apply, each Kubernetes cluster through its own context, waits until all of it is ready and prints
where it is. When there are several, it sees to the certificates between them first (npm run certs), and tells
each where the nodes of the others are. All of them must answer before anything is changed in one.
Running it again changes nothing that is as it should be, and takes away what is no longer in the fleet; volumes and
namespaces stay, and so does all that is in a Kubernetes cluster which the fleet file no longer names (docs/production.md
says how to take that away). What Kubernetes would refuse, or what puts data at risk, is said before anything is applied
(npm run plan -- --live shows all of it).

  --timeout SECONDS   how long to wait for the components (default 600)
  --accept-data-loss  apply what puts data at risk all the same`;

/** Tries everything in one Kubernetes cluster. @throws ToolError with what would be refused or lost, and the way out */
const guardOne = async (synthesized: Synthesized, k: ResolvedKubernetes, accepted: boolean): Promise<KubernetesPlan> => {
  const { name } = synthesized.topology.fleet;
  const plan = await livePlan(new Kubectl(k.context), k.name, name, objectsOf(synthesized, k.name));
  const refused = plan.refused.filter((f) => !f.inTheWay); // goes before anything is applied
  if (refused.length > 0)
    throw new ToolError(`Kubernetes (${k.context}) would refuse this; nothing was applied.\n${findingsText(refused)}`);
  const { namespaces } = leftovers(plan); // are left as they are
  const risks = plan.risks.filter((risk) => !namespaces.some((n) => keyOf(n) === keyOf(risk)));
  if (risks.length > 0 && !accepted)
    throw new ToolError(
      `Data in ${k.context} is at risk; nothing was applied.\n${findingsText(risks)}\nIf that is what you want: npm run up -- --accept-data-loss`,
    );
  return plan;
};

/** Tries everything everywhere before anything is applied anywhere. @throws ToolError with what stands against it */
const guard = async (synthesized: Synthesized, accepted: boolean): Promise<readonly KubernetesPlan[]> => {
  const { kubernetes } = synthesized.topology.fleet;
  progress.show(
    `Comparing with what is in ${kubernetes.length === 1 ? kubernetes[0]?.context : `${kubernetes.length} Kubernetes clusters`} …`,
  );
  const problems: string[] = [];
  const plans = await each(kubernetes, (k) =>
    guardOne(synthesized, k, accepted).catch((error) => {
      if (!(error instanceof ToolError)) throw error;
      problems.push(error.message);
      return undefined;
    }),
  );
  progress.clear();
  if (problems.length > 0) throw new ToolError(problems.join('\n\n'));
  return plans.filter((p) => p !== undefined);
};

/** Takes objects away; a Deployment's pods have gone when its deletion is over. */
const remove = async (
  kubectl: Kubectl,
  objects: readonly ObjectName[],
  why = 'they are no longer in the fleet',
): Promise<void> => {
  for (const o of objects) {
    progress.show(`Removing ${keyOf(o)} …`);
    const place = o.namespace ? ['-n', o.namespace] : [];
    await kubectl.run(['delete', o.kind, o.name, ...place, '--cascade=foreground', '--ignore-not-found']);
  }
  if (objects.length > 0) progress.done(`${green('✓')} removed, since ${why}: ${objects.map(keyOf).join(', ')}`);
};

/** The fleet file is the truth: what somebody else has set of the same fields is set back (server-side apply, forced). */
const apply = async (kubectl: Kubectl, directory: string): Promise<void> => {
  progress.show(`Applying ${directory} …`);
  const said = await kubectl.run(['apply', '--server-side', '--force-conflicts', '-R', '-f', directory]);
  progress.done(`${green('✓')} ${said.trim().split('\n').length} objects applied from ${directory}`);
};

/** Contexts of those that do not know a kind of an operator's, by its plural and group. */
const lacking = async (clusters: readonly ResolvedKubernetes[], kind: string): Promise<string[]> => {
  const group = kind.replace(/^[^.]*\./, '');
  const contexts = await each(clusters, async ({ context }) => {
    const kinds = await new Kubectl(context).run(['api-resources', `--api-group=${group}`, '-o', 'name']);
    return kinds.includes(kind) ? [] : [context];
  });
  return contexts.flat();
};

/** @throws ToolError that names the Kubernetes clusters in which nobody would make certificates or Secrets */
const requireOperators = async (synthesized: Synthesized): Promise<void> => {
  const { kubernetes, tls, externalSecrets } = synthesized.topology.fleet;
  const fleet = certificateFleet(synthesized);
  if (fleet && tls.certManager) {
    const without = await lacking(certificateClusters(kubernetes, fleet), 'certificates.cert-manager.io');
    if (without.length > 0)
      throw new ToolError(
        `There is no cert-manager in ${without.join(', ')}, which the fleet file names as the issuer; nothing was applied.\nInstall it (https://cert-manager.io/docs/installation/), or write tls: {issuer: {builtin: {}}}.`,
      );
  }
  if (externalSecrets) {
    const fed = kubernetes.filter((k) =>
      synthesized.files.some(
        ({ path, objects }) => path.startsWith(`${k.name}/`) && objects.some((o) => o.kind === 'ExternalSecret'),
      ),
    );
    const without = await lacking(fed, 'externalsecrets.external-secrets.io');
    if (without.length > 0)
      throw new ToolError(
        `There is no External Secrets Operator in ${without.join(', ')}, which the fleet file names (externalSecrets); nothing was applied.\nInstall it (https://external-secrets.io/latest/introduction/getting-started/), with its store ${externalSecrets.store.name}, or make the Secrets yourself and leave externalSecrets out.`,
      );
  }
};

/** Certificates that the parts of a fleet in different Kubernetes clusters show each other, before pods mount them. */
const certificates = async (synthesized: Synthesized): Promise<void> => {
  const fleet = certificateFleet(synthesized);
  if (!fleet || synthesized.topology.fleet.tls.certManager) return;
  const { state, changes } = await keepCertificates(fleet);
  progress.done(
    `${green('✓')} ${state.leaves.length} certificates ${dim(changes === 0 ? 'as they should be' : 'issued or renewed')}`,
  );
};

/** Looks as doctor does until all is well: endpoints are discovered and targets scraped some seconds after pods are ready. */
const health = async (synthesized: Synthesized, timeout: number): Promise<readonly Finding[]> => {
  const started = Date.now();
  for (;;) {
    const findings = await inspect(synthesized, (what) =>
      progress.show(`${Math.round((Date.now() - started) / 1000)} s: ${what}`),
    );
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

/** Whether there is something at a port of this machine. */
const takesConnections = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect({ host: 'localhost', port, timeout: 3000 });
    socket
      .on('connect', () => done(true))
      .on('error', () => done(false))
      .on('timeout', () => done(false));
    socket.on('connect', () => socket.destroy()).on('timeout', () => socket.destroy());
  });

const answers = ({ endpoint, hostPort, title }: LocalPort): Promise<boolean> =>
  endpoint.serverName // wants a client certificate
    ? takesConnections(hostPort)
    : fetch(`http://localhost:${hostPort}${healthPath(title)}`, { signal: AbortSignal.timeout(3000) })
        .then((r) => r.ok)
        .catch(() => false);

/** Where everything is: on localhost where its port is mapped, or else by a command that brings it there. */
const addresses = async (topology: Topology, ready: readonly Placed[]): Promise<string> => {
  const ports = localPorts(topology);
  const mapped = await Promise.all(ports.map((port) => onLocalhost(topology) && answers(port)));
  const { context } = topology.observer.kubernetes;
  const rows = ports.map((port, i) => {
    const { server } = port.endpoint;
    const c = ready.find((r) => r.kubernetes === server.kubernetes && r.namespace === server.namespace && r.name === server.name);
    const target = port.pod
      ? `pod/${port.pod}`
      : server.hostNetwork || server.component === 'agent'
        ? `ds/${server.name}`
        : `svc/${server.name}`;
    return [
      port.title,
      hostUrl(topology, port.endpoint) ??
        (mapped[i]
          ? `${port.endpoint.serverName ? 'https' : 'http'}://localhost:${port.hostPort}`
          : `kubectl --context ${context} -n ${server.namespace} port-forward ${target} ${port.hostPort}:${port.endpoint.port.number}`),
      c?.done ? green(`${c.ready}/${c.wanted} ready`) : yellow('not ready'),
    ];
  });
  const note =
    mapped.every(Boolean) || !onLocalhost(topology)
      ? ''
      : '\nPorts of localhost lead to the fleet only in kind clusters made by npm run up (or with dist/<name>.kind.yaml); the commands above work everywhere.';
  const closed = ports.find((p) => p.endpoint.serverName);
  const key = closed
    ? `\n${closed.title} takes no connection without a certificate: docs/certificates.md says how to look at it.`
    : '';
  return `${table(['What', 'Where', 'Health'], rows)}${note}${key}`;
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
    sayHelp(help);
    return 0;
  }
  const timeout = Number(values.timeout);
  if (!(timeout > 0)) throw new ToolError('--timeout takes a number of seconds above 0.');
  const fleet = loadFleet(fleetFile());
  const synthesized = synthesize(fleet);
  const { topology } = synthesized;
  if (fleet.accepted.length > 0) console.log(renderAccepted(fleet.accepted, styleOf(process.stdout)));
  await ensureClusters(topology);
  const output = writeOutput(outputFiles(synthesized)); // a context that is missing costs nothing
  await requireOperators(synthesized);
  const plans = await guard(synthesized, values['accept-data-loss']);
  const left = new Map<string, Leftovers>(plans.map((plan) => [plan.kubernetes, leftovers(plan)]));
  await certificates(synthesized);
  await each(fleet.kubernetes, async (k) => {
    const kubectl = new Kubectl(k.context);
    const { workloads, inTheWay } = left.get(k.name) as Leftovers;
    await remove(kubectl, workloads);
    await remove(kubectl, inTheWay, 'other Services get their ports of the node');
    await apply(kubectl, `${output}/${k.name}`);
  });
  const told = await writeNodeAddresses(topology);
  if (told > 0) progress.done(`${green('✓')} ${told} Services lead to the nodes of other Kubernetes clusters`);
  const ready = await waitReady(fleet.kubernetes, fleet.name, timeout);
  for (const k of fleet.kubernetes) {
    const { rest, namespaces } = left.get(k.name) as Leftovers;
    await remove(new Kubectl(k.context), rest);
    const risks = plans.find((plan) => plan.kubernetes === k.name)?.risks ?? [];
    for (const namespace of namespaces) {
      const { name } = namespace;
      const remedy = risks.find((risk) => keyOf(risk) === keyOf(namespace))?.remedy;
      progress.done(
        `${yellow('•')} the namespace ${name} is no longer in the fleet; it is left as it is, with its data.${remedy ? `\n  ${remedy}` : ''}\n  To delete it and them: kubectl --context ${k.context} delete namespace ${name}`,
      );
    }
  }
  const wrong = await health(synthesized, Math.min(timeout, 240));
  console.log(
    `\n${await addresses(topology, ready)}\n\n${credentials(topology)}\n\nnpm run doctor looks closer; npm run down takes it away.`,
  );
  return wrong.length > 0 ? 1 : 0;
});
