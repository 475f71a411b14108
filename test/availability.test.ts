// How many there are of what, where they are, and what happens when one of them goes.
import { parse } from 'yaml';
import { idOf, type Json, ofKind, sample, sampleOf, samples, workloadsOf } from './support/fleets';

const fleetOf = (observer: object, kubernetes: object = {}) =>
  sampleOf(
    'availability',
    JSON.stringify({
      name: 'demo',
      kubernetes: { kind: { platform: 'kind', ...kubernetes } },
      objectStore: { type: 'embedded' },
      observer: { in: 'kind', ...observer },
      clusters: { chicago: { in: 'kind' } },
    }),
  ).objects;

describe('autoscale', () => {
  const objects = fleetOf({ query: { autoscale: { max: 6 } }, queryFrontend: { autoscale: { min: 3, max: 5, cpu: '50%' } } });
  const deployment = (name: string) => ofKind(objects, 'Deployment').find((o) => o.metadata.name === name);

  test('makes an autoscaler of the least and the most, by the share of the requested CPU', () => {
    expect(
      ofKind(objects, 'HorizontalPodAutoscaler').map(({ spec }) => [
        `${spec.scaleTargetRef.kind} ${spec.scaleTargetRef.name}`,
        spec.minReplicas,
        spec.maxReplicas,
        spec.metrics[0].resource,
      ]),
    ).toEqual([
      ['Deployment thanos-query', 2, 6, { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } }],
      ['Deployment thanos-query-frontend', 3, 5, { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } }],
    ]);
  });
  test('leaves the number of replicas out, so that no apply sets it back', () => {
    for (const name of ['thanos-query', 'thanos-query-frontend']) expect(deployment(name)?.spec).not.toHaveProperty('replicas');
  });
  test('keeps the disruption budget and the spread of several pods', () => {
    expect(ofKind(objects, 'PodDisruptionBudget').map((o) => o.metadata.name)).toEqual(
      expect.arrayContaining(['thanos-query', 'thanos-query-frontend']),
    );
    expect(deployment('thanos-query')?.spec.template.spec.topologySpreadConstraints).toHaveLength(1);
  });
});

test('what answers people serves on while it is being taken out of its Service, and has time for the rest after that', () => {
  const pods = workloadsOf(fleetOf({})).filter((w) => ['thanos-query', 'thanos-query-frontend'].includes(w.name));
  expect(pods).toHaveLength(2);
  for (const { spec } of pods) {
    const [, seconds] = spec.containers[0].lifecycle.preStop.exec.command;
    expect(Number(seconds)).toBeGreaterThanOrEqual(5);
    expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(120 + Number(seconds));
  }
});

test('what the querier finds by itself serves on until it is looked up no more, in every container', () => {
  const all = workloadsOf(fleetOf({}));
  const querier: string[] = all.find((w) => w.name === 'thanos-query')?.spec.containers[0].args;
  const round = Number(/--endpoint\.info-timeout=(\d+)s/.exec(querier.join())?.[1]); // between two questions (thanos cmd/thanos/endpointset.go)
  const lookup = 10 + 5; // --store.sd-dns-interval, and what CoreDNS remembers
  const pods = all.filter((w) => ['prometheus', 'thanos-rule', 'thanos-store'].includes(w.name));
  expect(pods).toHaveLength(3);
  for (const { spec } of pods)
    for (const c of spec.containers) {
      const seconds = Number(c.lifecycle.preStop.exec.command[1]);
      expect(seconds).toBeGreaterThanOrEqual(lookup + round);
      expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(120 + seconds);
    }
});

describe("what is written to the nodes' own disks", () => {
  const disks = (file: string) =>
    workloadsOf(sample(file).objects).flatMap(({ name, spec }) =>
      [...spec.containers, ...(spec.initContainers ?? [])].map((c: Json): [string, Json, Json] => [
        `${name} ${c.name}`,
        c.resources.requests['ephemeral-storage'],
        c.resources.limits['ephemeral-storage'],
      ]),
    );

  test('is limited on EKS: a log for every container, and the size of its scratch volumes', () => {
    for (const [name, asked, most] of disks('examples/eks/fleet.yaml'))
      expect([name, asked, most]).toEqual([name, '64Mi', /store/.test(name) ? '4Gi' : /grafana/.test(name) ? '1280Mi' : '1Gi']);
  });
  test('is not counted on kind, whose nodes may have nothing to count', () => {
    for (const [name, asked, most] of disks('fleet.yaml')) expect([name, asked, most]).toEqual([name, undefined, undefined]);
  });
});

test('nothing that divides data or a stream is scaled automatically', () => {
  for (const { objects } of samples())
    for (const o of ofKind(objects, 'HorizontalPodAutoscaler'))
      expect(['thanos-query', 'thanos-query-frontend']).toContain(o.spec.scaleTargetRef.name);
});

test('a priority class that is named is that of every pod', () => {
  const objects = fleetOf({}, { priorityClass: 'monitoring' });
  expect(workloadsOf(objects).filter((w) => w.spec.priorityClassName !== 'monitoring')).toEqual([]);
});

describe('replicas', () => {
  const spread = (objects: Parameters<typeof workloadsOf>[0]): [string, Json][] =>
    workloadsOf(objects)
      .filter((w) => w.kind !== 'DaemonSet' && w.replicas > 1)
      .map((w) => [w.kind, w.spec.topologySpreadConstraints[0]]);
  test('must be in different zones where zones are required; a zone whose nodes are unwell does not count', () => {
    const all = spread(fleetOf({ query: { replicas: 2 }, ruler: { replicas: 2 } }, { zones: 'required' }));
    expect(all.length).toBeGreaterThan(2);
    for (const [, constraint] of all)
      expect(constraint).toMatchObject({ maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule', nodeTaintsPolicy: 'Honor' });
  });
  test('would rather be in different zones by default, since one node must be able to take them all', () => {
    for (const [, constraint] of spread(fleetOf({ query: { replicas: 2 } })))
      expect(constraint.whenUnsatisfiable).toBe('ScheduleAnyway');
  });
  test('of a new revision are spread by themselves, or an update could leave all of them in one zone', () => {
    for (const [kind, constraint] of spread(fleetOf({ query: { replicas: 2 }, cache: { type: 'memcached' } })))
      if (kind === 'Deployment') expect(constraint.matchLabelKeys).toEqual(['pod-template-hash']);
    const [memcached] = workloadsOf(fleetOf({ cache: { type: 'memcached' } })).filter((w) => w.name === 'memcached');
    expect(memcached?.spec.topologySpreadConstraints[0].matchLabelKeys).toEqual(['controller-revision-hash']);
  });
  test('with volumes start again where they were, however many of the new revision are there', () => {
    const withVolumes = workloadsOf(fleetOf({ ruler: { replicas: 3 }, alertmanager: { replicas: 3 } })).filter((w) =>
      ['thanos-rule', 'alertmanager', 'prometheus'].includes(w.name),
    );
    expect(withVolumes.length).toBeGreaterThan(2);
    for (const w of withVolumes) expect(w.spec.topologySpreadConstraints[0].matchLabelKeys).toBeUndefined();
  });
});

describe('the second replica of a Prometheus pair is replaced when', () => {
  const waits = (file: string): Record<string, number> =>
    Object.fromEntries(
      workloadsOf(sample(file).objects)
        .filter((w) => w.name === 'prometheus')
        .map((w) => [w.namespace, w.object.spec.minReadySeconds]),
    );

  test('the querier has looked up the first again', () => {
    const dns = 10 + 5; // --store.sd-dns-interval, and how long CoreDNS remembers
    const round = 20; // --endpoint.info-timeout: the time between two rounds of questions, and the longest that one takes
    for (const seconds of Object.values(waits('fleet.yaml'))) expect(seconds).toBeGreaterThanOrEqual(dns + 2 * round);
  });
  test('gRPC has tried the address of the first again, from another Kubernetes cluster', () => {
    const longestBackoff = 120; // google.golang.org/grpc/backoff
    const { 'acme-chicago': remote, 'acme-central': local } = waits('examples/kind-fleet/fleet.yaml');
    expect(remote).toBeGreaterThanOrEqual(longestBackoff);
    expect(local).toBeLessThan(longestBackoff);
  });
  test('there is a second', () => {
    expect(waits('examples/one-replica/fleet.yaml')).toEqual({ 'home-home': undefined });
  });
});

test('memory that is written down is requested and the limit, CPU is requested only', () => {
  const resources = parse('{cpu: 2, memory: 3Gi}', { schema: 'failsafe' });
  const parts = ['query', 'queryFrontend', 'store', 'compactor', 'ruler', 'bucketWeb', 'alertmanager', 'grafana'];
  const objects = fleetOf(Object.fromEntries(parts.map((part) => [part, { resources }])));
  const observers = workloadsOf(objects).filter((w) => w.namespace === 'demo-observer');
  expect(observers).toHaveLength(parts.length);
  for (const w of observers)
    expect([idOf(w.object), w.spec.containers[0].resources]).toEqual([
      idOf(w.object),
      { requests: { cpu: '2', memory: '3Gi' }, limits: { memory: '3Gi' } },
    ]);
});
