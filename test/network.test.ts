// Who may talk to whom, and who scrapes what: judged from the manifests alone, as Prometheus and a network plugin would.
import { type Edge, type Peer, peerKey, type Workload } from '../charts/kit/wiring';
import { type End, inCidr, network } from '../scripts/verify/network';
import {
  configFile,
  demo,
  type Json,
  nodeAddresses,
  ofKind,
  type Pod,
  place,
  places,
  podsOf,
  type Sample,
  sample,
  sampleOf,
  workloadsOf,
} from './support/fleets';
import { podTargets, type Target, targetsOf } from './support/relabel';

const podNetwork = (s: Sample): string => {
  const [a, b] = s.topology.fleet.kubernetes.flatMap((k) => k.podCidrs)[0]?.split('.') ?? [];
  return `${a}.${b}.0`;
};

/** A pod of somebody else. */
const foreign = (
  s: Sample,
  namespace: string,
  name: string,
  rest: { labels?: Json; annotations?: Json; ports?: number[]; ip: number },
): Pod => ({
  name,
  namespace,
  ip: `${podNetwork(s)}.${rest.ip}`,
  node: 'node-b',
  labels: rest.labels ?? {},
  annotations: rest.annotations ?? {},
  phase: 'Running',
  hostNetwork: false,
  spec: { containers: [{ name: 'app', ports: (rest.ports ?? [8080]).map((containerPort) => ({ containerPort })) }] },
});

const scraped = { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '8080' };
const claimed = (s: Sample): string[] => s.topology.fleet.clusters.flatMap((c) => c.namespaces);
const everyone = (s: Sample): { fleet: Pod[]; annotated: Pod[]; silent: Pod[]; dns: Pod } => {
  const names = [...claimed(s), 'default', 'kube-system', 'unclaimed'];
  return {
    fleet: podsOf(s.objects, podNetwork(s)),
    annotated: names.flatMap((ns, i) => [
      foreign(s, ns, `web-${ns}`, { annotations: scraped, ports: [8080], ip: 100 + i }),
      foreign(s, ns, `many-ports-${ns}`, {
        annotations: { ...scraped, 'prometheus.io/path': '/m' },
        ports: [80, 8080, 9000],
        ip: 120 + i,
      }),
    ]),
    silent: names.map((ns, i) => foreign(s, ns, `silent-${ns}`, { ip: 140 + i })),
    dns: {
      ...foreign(s, 'kube-system', 'coredns', { labels: { 'k8s-app': 'kube-dns' }, ip: 200 }),
      spec: {
        containers: [
          {
            name: 'coredns',
            ports: [
              { name: 'dns', containerPort: 53, protocol: 'UDP' },
              { name: 'dns-tcp', containerPort: 53 },
              { name: 'metrics', containerPort: 9153 },
            ],
          },
        ],
      },
    },
  };
};

describe.each(places)('targets of %s:', (name) => {
  const s = place(name);
  const { fleet, annotated, silent, dns } = everyone(s);
  const pods = [...fleet, ...annotated, ...silent, dns];
  const clusters = s.topology.fleet.clusters;
  const configs = new Map(
    clusters.map((c) => [c.name, configFile(s.objects, c.namespace, 'prometheus.yml').scrape_configs as Json[]]),
  );
  const kept = clusters.flatMap((c) =>
    (configs.get(c.name) as Json[]).flatMap((scrape) => targetsOf(scrape, pods).map((target) => ({ cluster: c.name, target }))),
  );
  const scrapersOf = (match: (t: Target) => boolean) => kept.filter(({ target }) => match(target)).map((k) => k.cluster);
  const watcher = clusters.find((c) => c.nodes)?.name as string;

  test('each is scraped once, by one cluster', () => {
    const counts = new Map<string, string[]>();
    for (const { cluster, target } of kept) counts.set(target.url, [...(counts.get(target.url) ?? []), cluster]);
    expect([...counts].filter(([, by]) => by.length !== 1)).toEqual([]);
  });

  test('every port of the fleet that serves metrics is one', () => {
    const urls = new Set(kept.map((k) => k.target.url));
    const ports = fleet.flatMap((pod) =>
      podTargets(pod).filter((t) => ['http', 'sidecar-http'].includes(t.__meta_kubernetes_pod_container_port_name ?? '')),
    );
    expect(ports.length).toBeGreaterThan(5);
    expect(
      ports
        .filter((t) => !['http', 'https'].some((scheme) => urls.has(`${scheme}://${t.__address__}/metrics`)))
        .map((t) => t.__meta_kubernetes_pod_name),
    ).toEqual([]);
  });

  test('a Prometheus belongs to its own cluster', () => {
    for (const c of clusters) {
      const jobs = kept.filter((k) => k.target.namespace === c.namespace).map((k) => `${k.cluster} ${k.target.job}`);
      expect([...new Set(jobs)].sort()).toEqual([`${c.name} prometheus`, `${c.name} thanos-sidecar`]);
    }
  });

  test('an annotated pod belongs to the cluster that claims its namespace, or else to the one that watches the nodes', () => {
    for (const pod of annotated) {
      const owner = clusters.find((c) => c.namespaces.includes(pod.namespace))?.name ?? watcher;
      expect(`${pod.namespace} ${scrapersOf((t) => t.pod === pod.name)}`).toBe(`${pod.namespace} ${owner}`);
    }
  });

  test('an annotated pod is asked at the port and the path that it names', () => {
    const urls = kept.filter((k) => k.target.pod === 'many-ports-unclaimed').map((k) => k.target.url);
    expect(urls).toEqual([`http://${annotated.find((p) => p.name === 'many-ports-unclaimed')?.ip}:8080/m`]);
  });

  test('an annotated pod that names no port is asked at the one that it declares, its init containers aside', () => {
    const pod = foreign(s, 'unclaimed', 'prepared', { annotations: { 'prometheus.io/scrape': 'true' }, ports: [9999], ip: 180 });
    const prepared = { ...pod, spec: { ...pod.spec, initContainers: [{ name: 'setup' }] } };
    const urls = [...configs.values()].flat().flatMap((scrape) => targetsOf(scrape, [prepared]).map((t) => t.url));
    expect(urls).toEqual([`http://${pod.ip}:9999/metrics`]);
  });

  test('a pod that does not ask for it is none', () => {
    expect(scrapersOf((t) => silent.some((p) => p.name === t.pod))).toEqual([]);
  });

  test('a pod that has ended is none', () => {
    const ended = pods.map((p) => ({ ...p, phase: 'Succeeded' }));
    expect([...configs.values()].flat().flatMap((scrape) => targetsOf(scrape, ended))).toEqual([]);
  });

  test('a pod of somebody else that is named as one of the programs of the fleet does not count as one', () => {
    const own = new Set(fleet.map((pod) => pod.name));
    const names = [...new Set(kept.flatMap(({ target }) => (own.has(target.pod ?? '') ? [target.job as string] : [])))];
    const jobs = names.flatMap((program, i) => {
      const labels = { 'app.kubernetes.io/name': program };
      const pod = foreign(s, 'unclaimed', program, { annotations: scraped, labels, ip: 20 + i });
      return [...configs.values()].flat().flatMap((scrape) => targetsOf(scrape, [pod]).map((t) => t.job));
    });
    expect(jobs.length).toBeGreaterThan(3);
    expect(jobs.filter((job) => !job?.startsWith('unclaimed/'))).toEqual([]);
    const shop = foreign(s, 'unclaimed', 'web', { annotations: scraped, labels: { 'app.kubernetes.io/name': 'web' }, ip: 19 });
    expect([...configs.values()].flat().flatMap((scrape) => targetsOf(scrape, [shop]).map((t) => t.job))).toEqual(['web']);
  });

  test('nodes, the API server and the DNS are watched by one cluster', () => {
    for (const job of ['kubelet', 'apiserver', 'kube-dns', 'node-exporter', 'cadvisor'])
      expect(`${job} ${clusters.filter((c) => configs.get(c.name)?.some((j) => j.job_name === job)).map((c) => c.name)}`).toBe(
        `${job} ${watcher}`,
      );
    expect(scrapersOf((t) => t.pod === 'coredns')).toEqual([watcher]);
  });

  test('each has a job and an instance that no other has in its cluster', () => {
    const identities = kept.map(({ cluster, target }) => `${cluster} ${target.job} ${target.labels.instance}`);
    expect(identities.filter((id) => id.includes('undefined'))).toEqual([]);
    expect(identities.filter((id, i) => identities.indexOf(id) !== i)).toEqual([]);
  });

  test('each may be discovered: a Role for every namespace, or a ClusterRole', () => {
    for (const c of clusters) {
      const bound = (kind: string) =>
        ofKind(s.objects, kind).filter((o) =>
          o.subjects.some((x: Json) => x.name === 'prometheus' && x.namespace === c.namespace),
        );
      const wanted = (configs.get(c.name) as Json[]).flatMap((j) =>
        j.kubernetes_sd_configs.flatMap((sd: Json) => sd.namespaces?.names ?? ['*']),
      );
      if (wanted.includes('*')) expect(bound('ClusterRoleBinding')).toHaveLength(1);
      else {
        expect(bound('ClusterRoleBinding')).toEqual([]);
        expect(
          bound('RoleBinding')
            .map((o) => o.metadata.namespace)
            .sort(),
        ).toEqual([...new Set(wanted)].sort());
      }
    }
  });

  test('each may be reached: policies let its Prometheus through', () => {
    const { allowed } = network(s.objects);
    const closed = kept.filter(({ cluster, target }) => {
      const from = fleet.find((p) => p.namespace === clusters.find((c) => c.name === cluster)?.namespace) as Pod;
      const to = pods.find((p) => p.name === target.pod && p.namespace === target.namespace) as Pod;
      if (from.name === to.name && from.namespace === to.namespace) return false; // itself
      return !allowed(from, to, { number: Number(/:(\d+)\//.exec(target.url)?.[1]), protocol: 'TCP' });
    });
    expect(closed.map((k) => `${k.cluster} ${k.target.url}`)).toEqual([]);
  });
});

describe.each(places)('policies of %s:', (name) => {
  const s = place(name);
  const hasObserver = s.topology.fleet.kubernetes.some((k) => k.name === s.topology.fleet.observer.in);
  const { fleet, annotated, silent, dns } = everyone(s);
  const { allowed } = network(s.objects);
  const edges = s.topology.edges.all();
  const named = (p: Pod) => `${p.namespace}/${p.name}`;
  const isOf = (pod: Pod, peer: Peer): boolean => {
    if (peer.kind === 'workload') return pod.namespace === peer.namespace && pod.labels['app.kubernetes.io/name'] === peer.name;
    if (peer.kind === 'addresses') return false;
    const { namespaces } = peer;
    return 'in' in namespaces
      ? namespaces.in.includes(pod.namespace) && Object.entries(peer.labels ?? {}).every(([k, v]) => pod.labels[k] === v)
      : !namespaces.notIn.includes(pod.namespace);
  };
  const recorded = (from: Pod, to: Pod, port: { number: number; protocol: string }): boolean =>
    edges.some(
      (e: Edge) =>
        isOf(from, e.from) &&
        isOf(to, e.to) &&
        (e.port ? e.port.number === port.number : true) &&
        (e.port?.protocol ?? 'TCP') === port.protocol,
    );
  const portsOf = (pod: Pod) => [
    ...pod.spec.containers.flatMap((c: Json) =>
      (c.ports ?? []).map((p: Json) => ({ number: p.containerPort, protocol: p.protocol ?? 'TCP' })),
    ),
    { number: 4444, protocol: 'TCP' },
    { number: 9094, protocol: 'UDP' },
  ];
  const guarded = fleet.filter((p) => !p.hostNetwork); // policies cannot select the others
  const pairs = (froms: readonly Pod[], tos: readonly Pod[]) =>
    froms.flatMap((from) => tos.filter((to) => to !== from).flatMap((to) => portsOf(to).map((port) => ({ from, to, port }))));
  const show = ({ from, to, port }: ReturnType<typeof pairs>[number]) =>
    `${named(from)} > ${named(to)}:${port.number}/${port.protocol}`;

  test('between pods of the fleet, what is an edge is allowed', () => {
    const wanted = pairs(guarded, fleet).filter((p) => recorded(p.from, p.to, p.port));
    expect(wanted.length).toBeGreaterThan(hasObserver ? 10 : 5);
    expect(wanted.filter((p) => !allowed(p.from, p.to, p.port)).map(show)).toEqual([]);
  });

  test('between pods of the fleet, what is no edge is not allowed', () => {
    const others = pairs(guarded, fleet).filter((p) => !recorded(p.from, p.to, p.port));
    expect(others.length).toBeGreaterThan(hasObserver ? 100 : 20);
    expect(others.filter((p) => allowed(p.from, p.to, p.port)).map(show)).toEqual([]);
  });

  test('no foreign pod reaches a pod of the fleet, even one that wears its labels', () => {
    const impostors = guarded.map((p, i) => ({ ...p, namespace: 'default', ip: `${podNetwork(s)}.${210 + i}` }));
    const reached = pairs([...annotated, ...silent, dns, ...impostors], guarded).filter((p) => allowed(p.from, p.to, p.port));
    expect(reached.map(show)).toEqual([]);
  });

  test('a pod of the fleet reaches foreign pods only where an edge says so', () => {
    const byAddress = ({ from, to, port }: ReturnType<typeof pairs>[number]) =>
      edges.some(
        (e) =>
          isOf(from, e.from) &&
          e.to.kind === 'addresses' &&
          e.to.cidrs.some((c) => inCidr(to.ip, c.cidr)) && // an object store of one's own may be a pod
          e.port?.number === port.number &&
          port.protocol === 'TCP',
      );
    const wrong = pairs(guarded, [...annotated, ...silent]).filter(
      (p) => allowed(p.from, p.to, p.port) !== (recorded(p.from, p.to, p.port) || byAddress(p)),
    );
    expect(wrong.map(show)).toEqual([]);
  });

  test('every namespace denies both directions by default', () => {
    const denied = ofKind(s.objects, 'NetworkPolicy')
      .filter((o) => o.metadata.name === 'default-deny')
      .map((o) => [o.metadata.namespace, o.spec]);
    expect(denied).toEqual(
      s.files.map((f) => [
        f.objects.find((o) => o.kind === 'Namespace')?.metadata.name,
        { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
      ]),
    );
  });

  test('whoever opens connections may ask the DNS, and nobody else', () => {
    const clients = new Set(edges.filter((e) => e.from.kind === 'workload').map((e) => peerKey(e.from)));
    for (const pod of guarded) {
      const w = workloadsOf(s.objects).find(
        (x) => x.namespace === pod.namespace && x.name === pod.labels['app.kubernetes.io/name'],
      );
      const key = `${s.topology.fleet.kubernetes[0]?.name}/${w?.namespace}/${w?.name}`;
      for (const protocol of ['UDP', 'TCP'])
        expect(`${named(pod)} ${allowed(pod, dns, { number: 53, protocol })}`).toBe(`${named(pod)} ${clients.has(key)}`);
    }
  });

  test('localhost reaches the user interfaces on kind, and nothing else', () => {
    const browser: End = { ip: '10.0.0.1' };
    const kubernetes = s.topology.fleet.kubernetes[0];
    const localOnly = (o: Json) => o.spec.type === 'NodePort' && o.metadata.name.endsWith('-localhost');
    const published = ofKind(s.objects, 'Service').filter(localOnly);
    if (kubernetes?.platform !== 'kind') return expect(published).toEqual([]);
    expect(kubernetes?.localhostFrom.some((cidr) => inCidr(browser.ip, cidr))).toBe(true);
    expect(kubernetes?.podCidrs.some((cidr) => inCidr(browser.ip, cidr))).toBe(false);
    for (const pod of guarded)
      for (const port of portsOf(pod)) {
        const open = published.some(
          (o) =>
            o.metadata.namespace === pod.namespace &&
            o.spec.ports.some((p: Json) => p.port === port.number) &&
            o.spec.selector['app.kubernetes.io/name'] === pod.labels['app.kubernetes.io/name'] &&
            port.protocol === 'TCP',
        );
        expect(`${named(pod)}:${port.number} ${allowed(browser, pod, port)}`).toBe(`${named(pod)}:${port.number} ${open}`);
      }
  });

  test('the internet reaches nothing', () => {
    const stranger: End = { ip: '203.0.113.7' };
    expect(
      guarded.flatMap((pod) =>
        portsOf(pod)
          .filter((port) => allowed(stranger, pod, port))
          .map(() => named(pod)),
      ),
    ).toEqual([]);
  });

  test('only who must leaves the cluster', () => {
    const server: End = { ip: '203.0.113.7' };
    const leaving = guarded.filter((pod) => [443, 9000].some((number) => allowed(pod, server, { number, protocol: 'TCP' })));
    const outward = new Set(
      edges
        .filter(
          (e) => e.to.kind === 'addresses' && e.from.kind === 'workload' && e.to.cidrs.some((c) => inCidr(server.ip, c.cidr)),
        )
        .filter((e) => e.port?.number === 443 || e.port?.number === 9000)
        .map((e) => `${(e.from as Workload).namespace}/${(e.from as Workload).name}`),
    );
    expect(new Set(leaving.map((p) => `${p.namespace}/${p.labels['app.kubernetes.io/name']}`))).toEqual(outward);
  });

  test('a Service leads to the port of its pods that has its name and number', () => {
    // those without a selector stand for nodes of other Kubernetes clusters
    for (const o of ofKind(s.objects, 'Service').filter((service) => service.spec.selector)) {
      const pods = fleet.filter(
        (p) => p.namespace === o.metadata.namespace && Object.entries(o.spec.selector).every(([k, v]) => p.labels[k] === v),
      );
      expect(`${o.metadata.namespace}/${o.metadata.name} ${pods.length > 0}`).toBe(
        `${o.metadata.namespace}/${o.metadata.name} true`,
      );
      for (const pod of pods)
        for (const port of o.spec.ports)
          expect(pod.spec.containers.flatMap((c: Json) => c.ports)).toContainEqual({
            name: port.targetPort,
            containerPort: port.port,
            ...(port.protocol ? { protocol: port.protocol } : {}),
            ...(pod.hostNetwork ? { hostPort: port.port } : {}),
          });
    }
  });
});

test('where nodes have known addresses, Prometheus goes to no other for the kubelet', () => {
  const s = sample('examples/three-clusters/fleet.yaml');
  const { fleet } = everyone(s);
  const beta = fleet.find((p) => p.namespace === 'trio-beta') as Pod;
  const { allowed } = network(s.objects);
  const kubelet = { number: 10250, protocol: 'TCP' };
  expect(Object.values(nodeAddresses).map((ip) => allowed(beta, { ip }, kubelet))).toEqual([true, true]);
  expect(allowed(beta, { ip: '203.0.113.7' }, kubelet)).toBe(false);
});

test('node-exporter is scraped, let through and told where it listens at the port that the fleet file gives', () => {
  const text = demo().text.replace('platform: kind', 'platform: kind, nodeExporterPort: 9101');
  const { objects } = sampleOf('fleet.yaml', text);
  const agent = workloadsOf(objects).find((w) => w.name === 'node-exporter')?.spec.containers[0];
  expect(agent.args).toContain('--web.listen-address=:9101');
  expect(agent.ports).toEqual([expect.objectContaining({ containerPort: 9101, hostPort: 9101 })]);
  expect(JSON.stringify(objects)).not.toContain('9100');
});

test('an annotated pod may expose what the fleet file says, and the fleet itself what it likes', () => {
  const text = demo().text.replace(
    'seattle: {in: kind}',
    'seattle: {in: kind, namespaces: [shop], targetLimits: {samples: 5k, labels: 30, labelLength: 99}}',
  );
  const { objects } = sampleOf('fleet.yaml', text);
  const [own, pods] = configFile(objects, 'demo-seattle', 'prometheus.yml').scrape_configs as Json[];
  expect(pods).toMatchObject({ job_name: 'pods', sample_limit: 5000, label_limit: 30, label_value_length_limit: 99 });
  expect(Object.keys(own).filter((key) => key.includes('limit'))).toEqual([]);
  const [, others] = configFile(objects, 'demo-chicago', 'prometheus.yml').scrape_configs as Json[];
  expect(Object.keys(others).filter((key) => key.includes('limit'))).toEqual([]);
});

describe('DNS servers that are no pods', () => {
  const { objects } = sampleOf(
    'fleet.yaml',
    demo().text.replace('platform: kind', 'platform: kind, dnsCidrs: [169.254.20.10/32]'),
  );
  const { allowedPorts } = network(objects);
  const ports = [53, 80].flatMap((number) => ['UDP', 'TCP'].map((protocol) => ({ number, protocol })));

  it('may be asked by whoever opens connections, for names and nothing else', () => {
    const [query] = podsOf(objects, '10.244.0').filter((pod) => pod.labels['app.kubernetes.io/name'] === 'thanos-query');
    const asked = allowedPorts(query as End, { ip: '169.254.20.10' }, ports);
    expect(asked.map((p) => `${p.number}/${p.protocol}`)).toEqual(['53/UDP', '53/TCP']);
    expect(allowedPorts(query as End, { ip: '169.254.20.11' }, ports)).toEqual([]);
  });

  it('are missed by no alert', () => {
    const rules = JSON.stringify(objects.filter((o) => o.kind === 'ConfigMap'));
    expect(rules).toContain('absent(up{job=\\"kubelet\\"})');
    expect(rules).not.toContain('absent(up{job=\\"kube-dns\\"})');
  });
});
