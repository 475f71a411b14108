// Security: who can reach whom, what pods may be, what service accounts may do.
import { images, reference } from '../../charts/images';
import type { Edge, Workload } from '../../charts/kit/wiring';
import { type Kubectl, type KubeObject, ToolError } from '../../scripts/lib/kubectl';
import type { Running } from './fleet';
import { receiverNamespace } from './receiver';
import { assert, type Runner, until } from './runner';

const area = 'Security';

interface Target {
  readonly pod: KubeObject;
  readonly port: number;
}

export const nameOf = (pod: KubeObject): string => `${pod.metadata.namespace}/${pod.metadata.name}`;
const appOf = (pod: KubeObject): string => `${pod.metadata.namespace}/${pod.metadata.labels['app.kubernetes.io/name']}`;

/** Tries every target, as `host:port`, from inside a pod; gives those that took the connection. */
export const reachable = async (kubectl: Kubectl, from: KubeObject, targets: readonly string[]): Promise<Set<string>> => {
  const tries = targets
    .map((t) => `(timeout 4 nc -w 3 ${t.replace(':', ' ')} </dev/null >/dev/null 2>&1 && echo ${t}) &`)
    .join('\n');
  const container = from.spec.containers[0].name;
  const said = await kubectl.exec(from.metadata.namespace, from.metadata.name, container, ['sh', '-c', `${tries}\nwait`], {
    timeout: 120_000,
  });
  return new Set(said.split('\n').filter(Boolean));
};

const tcp = (edge: Edge): boolean => edge.port?.protocol !== 'UDP';
const key = (w: Workload): string => `${w.namespace}/${w.name}`;
const address = (t: Target): string => `${t.pod.status.podIP}:${t.port}`;

/** Pods that have an address of their own, and are there to stay. */
export const inPodNetwork = (pods: readonly KubeObject[]): KubeObject[] =>
  pods.filter((p) => p.status.phase === 'Running' && !p.metadata.deletionTimestamp && !p.spec.hostNetwork);

const targetsOf = (pods: readonly KubeObject[]): Target[] =>
  pods.flatMap((pod) =>
    pod.spec.containers.flatMap((c: KubeObject) =>
      (c.ports ?? []).filter((p: KubeObject) => p.protocol !== 'UDP').map((p: KubeObject) => ({ pod, port: p.containerPort })),
    ),
  );

/**
 * Tries every pod of one Kubernetes cluster from every other.
 * @returns what was tried @throws Unmet that names what is open and should not be, and the other way round
 */
export const tryAllPairs = async (kubectl: Kubectl, pods: readonly KubeObject[], edges: readonly Edge[]): Promise<string> => {
  const allowed = new Set(
    edges
      .filter((e) => e.from.kind === 'workload' && e.to.kind === 'workload' && e.port && tcp(e))
      .map((e) => `${key(e.from as Workload)}>${key(e.to as Workload)}:${e.port?.number}`),
  );
  const wrong: string[] = [];
  let tried = 0;
  let pairs = 0;
  for (const from of pods) {
    const others = targetsOf(pods).filter((t) => t.pod !== from);
    const open = await reachable(kubectl, from, others.map(address));
    for (const t of others) {
      const wanted = allowed.has(`${appOf(from)}>${appOf(t.pod)}:${t.port}`);
      pairs++;
      if (wanted) tried++;
      if (open.has(address(t)) !== wanted)
        wrong.push(`${nameOf(from)} → ${nameOf(t.pod)}:${t.port} is ${wanted ? 'closed' : 'open'}`);
    }
  }
  assert(tried > 0, 'no edge was tried');
  assert(wrong.length === 0, `${wrong.length} of ${pairs}: ${wrong.slice(0, 8).join('; ')}`);
  return `${pairs} pairs tried, ${tried} of them edges`;
};

export const securityChecks = async (runner: Runner, running: Running): Promise<void> => {
  const { kubectl, topology } = running;
  const pods = (await running.pods()).filter((p: KubeObject) => p.status.phase === 'Running' && !p.metadata.deletionTimestamp);
  const inNetwork = inPodNetwork(pods);
  const targets = targetsOf(inNetwork);

  await runner.check(area, 'every edge connects, and every pair of pods that is no edge does not', () =>
    tryAllPairs(kubectl, inNetwork, topology.edges.all()),
  );

  await runner.check(area, 'a pod of somebody else reaches nothing of the fleet', async () => {
    const stranger = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'stranger', namespace: receiverNamespace },
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [{ name: 'stranger', image: reference(images.busybox), command: ['sleep', '86400'] }],
      },
    };
    await kubectl.run(['apply', '--server-side', '-f', '-'], { input: JSON.stringify(stranger) });
    await kubectl.run(['wait', '--for=condition=Ready', 'pod/stranger', '-n', receiverNamespace, '--timeout=300s']);
    const [pod] = await kubectl.get(['pod', 'stranger', '-n', receiverNamespace]);
    const open = await reachable(kubectl, pod, targets.map(address));
    await kubectl.run(['delete', 'pod', 'stranger', '-n', receiverNamespace]);
    assert(open.size === 0, `it reaches ${[...open].join(', ')}`);
    return `${targets.length} ports closed`;
  });

  await runner.check(
    area,
    'only Prometheus reaches the Kubernetes API, and node agents only from the cluster that watches nodes',
    async () => {
      const [service] = await kubectl.get(['service', 'kubernetes', '-n', 'default']);
      const api = `${service.spec.clusterIP}:443`;
      const agent = pods.find((p: KubeObject) => p.spec.hostNetwork);
      const node = agent ? `${agent.status.podIP}:${topology.agents[0]?.nodeExporter.http.port.number}` : undefined;
      const wrong: string[] = [];
      for (const from of inNetwork) {
        const prometheus = topology.clusters.find((c) => key(c.workload) === appOf(from));
        const open = await reachable(kubectl, from, [api, ...(node ? [node] : [])]);
        if (open.has(api) !== Boolean(prometheus)) wrong.push(`${nameOf(from)} → API is ${open.has(api) ? 'open' : 'closed'}`);
        if (node && open.has(node) !== Boolean(prometheus?.cluster.nodes))
          wrong.push(`${nameOf(from)} → node-exporter is ${open.has(node) ? 'open' : 'closed'}`);
      }
      assert(wrong.length === 0, wrong.join('; '));
      return `${inNetwork.length} pods tried`;
    },
  );

  await runner.check(area, 'every namespace but that of the agents enforces Pod Security restricted', async () => {
    const pod = (namespace: string) =>
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'privileged', namespace },
        spec: { containers: [{ name: 'c', image: reference(images.busybox), securityContext: { privileged: true } }] },
      });
    for (const namespace of running.namespaces()) {
      const refused = await kubectl.run(['create', '--dry-run=server', '-f', '-'], { input: pod(namespace) }).then(
        () => false,
        (error: Error) => error.message.includes('violates PodSecurity'),
      );
      const agents = topology.agents.some((a) => a.kubernetes.agentsNamespace === namespace);
      assert(refused !== agents, `${namespace}: a privileged pod is ${refused ? 'refused' : 'accepted'}`);
    }
    return `${running.namespaces().length} namespaces`;
  });

  await runner.check(area, 'containers run without root and cannot write to their root file system', async () => {
    const wrong: string[] = [];
    let count = 0;
    for (const pod of pods)
      for (const c of pod.spec.containers) {
        count++;
        const script = 'id -u; (touch /e2e-probe) 2>/dev/null && echo writable; true';
        const said = await kubectl.exec(pod.metadata.namespace, pod.metadata.name, c.name, ['sh', '-c', script]);
        const lines = said.split('\n');
        if (c.name !== 'cadvisor' && lines[0] === '0') wrong.push(`${nameOf(pod)} ${c.name} runs as root`);
        if (said.includes('writable')) wrong.push(`${nameOf(pod)} ${c.name} can write to /`);
      }
    assert(wrong.length === 0, wrong.join('; '));
    return `${count} containers`;
  });

  await runner.check(area, 'each service account can do what it needs and nothing more', async () => {
    const can = async (
      namespace: string,
      account: string,
      verb: string,
      what: string,
      where: readonly string[],
    ): Promise<boolean> =>
      kubectl
        .run(['auth', 'can-i', verb, what, ...where, `--as=system:serviceaccount:${namespace}:${account}`])
        .then((said) => said.trim() === 'yes')
        .catch((error: Error) => {
          if (error instanceof ToolError && error.stdout.trim() === 'no') return false;
          throw error;
        });
    const accounts = [
      ...new Set(pods.map((p: KubeObject) => `${p.metadata.namespace}/${p.spec.serviceAccountName}`)),
    ] as string[];
    const wrong: string[] = [];
    let asked = 0;
    for (const name of accounts) {
      const [namespace = '', account = ''] = name.split('/');
      const prometheus = topology.clusters.find((c) => key(c.workload) === name);
      const everywhere = Boolean(prometheus?.cluster.nodes);
      const questions: [string, string, string[], boolean][] = [
        ['list', 'pods', ['-n', namespace], Boolean(prometheus)],
        ['list', 'pods', ['--all-namespaces'], everywhere],
        ['get', 'nodes', ['--subresource=metrics'], everywhere],
        ['get', '/metrics', [], everywhere],
        ['list', 'secrets', ['-n', namespace], false],
        ['get', 'configmaps', ['-n', namespace], false],
        ['delete', 'pods', ['-n', namespace], false],
        ['create', 'pods', ['-n', namespace], false],
        ['get', 'nodes', ['--subresource=proxy'], false],
      ];
      for (const [verb, what, where, expected] of questions) {
        asked++;
        if ((await can(namespace, account, verb, what, where)) !== expected)
          wrong.push(`${name} ${expected ? 'cannot' : 'can'} ${verb} ${what} ${where.join(' ')}`);
      }
    }
    assert(wrong.length === 0, wrong.join('; '));
    const mounted = pods.filter((p: KubeObject) =>
      (p.spec.volumes ?? []).some((v: KubeObject) => v.name.startsWith('kube-api-access')),
    );
    const without = mounted.filter((p: KubeObject) => !topology.clusters.some((c) => key(c.workload) === appOf(p)));
    assert(without.length === 0, `a token is mounted in ${without.map(nameOf).join(', ')}`);
    return `${asked} questions about ${accounts.length} accounts`;
  });

  await runner.check(area, 'every pod is still ready after all that', async () => {
    await until('readiness', async () => {
      const bad = (await running.pods()).filter(
        (p: KubeObject) => !p.status.conditions?.some((c: KubeObject) => c.type === 'Ready' && c.status === 'True'),
      );
      assert(bad.length === 0, bad.map(nameOf).join(', '));
    });
    return `${pods.length} pods`;
  });
};
