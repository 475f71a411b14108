// What `npm run plan` says of a change, and what `npm run check` says of dist/.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { type Manifest, parseFleet, synthesize } from '../charts/fleet';
import { differences, type Json } from '../scripts/plan/differences';
import { leftovers } from '../scripts/plan/leftovers';
import { keyOf, nameOf, objectsOf } from '../scripts/plan/objects';
import { type KubernetesPlan, planOf } from '../scripts/plan/plan';
import { planText } from '../scripts/plan/print';
import { readText, root } from './support/fleets';

jest.setTimeout(60_000);

const text = (changes: { clusters?: string; objectStore?: string; more?: string } = {}): string =>
  [
    'name: demo',
    'kubernetes: {kind: {platform: kind}}',
    `objectStore: ${changes.objectStore ?? '{type: embedded}'}`,
    'observer: {in: kind}',
    `clusters: ${changes.clusters ?? '{chicago: {in: kind}, seattle: {in: kind}}'}`,
    changes.more ?? '',
  ].join('\n');
const synthesized = (fleet: string): string => JSON.stringify(objectsOf(synthesize(parseFleet(fleet, 'fleet.yaml')), 'kind'));
const small = synthesized(text());
const objects = (fleet?: string): Manifest[] => JSON.parse(fleet === undefined ? small : synthesized(fleet));
const plan = (before: readonly Manifest[], after: readonly Manifest[]): KubernetesPlan => planOf('kind', before, after);
/** The plan for a change of the small fleet. */
const changed = (changes: Parameters<typeof text>[0]): KubernetesPlan => plan(objects(), objects(text(changes)));

/** The small fleet's objects with one of them written otherwise. */
const edited = (key: string, edit: (object: Json) => void): Manifest[] => {
  const all = objects();
  const found = all.find((o) => keyOf(nameOf(o)) === key);
  if (!found) throw new Error(`there is no ${key}`);
  edit(found);
  return all;
};
const lines = (p: KubernetesPlan): string[] => planText([p]).split('\n');
const codes = (p: KubernetesPlan): string[] => p.risks.map((f) => f.code);

describe('a plan', () => {
  test('is empty when nothing changes', () => {
    expect(plan(objects(), objects())).toEqual({ kubernetes: 'kind', changes: [], restarts: [], refused: [], risks: [] });
  });

  test('names everything when there was nothing', () => {
    const { changes, ...rest } = plan([], objects());
    expect(new Set(changes.map((c) => c.verdict))).toEqual(new Set(['created']));
    expect(changes).toHaveLength(objects().length);
    expect(rest).toMatchObject({ restarts: [], refused: [], risks: [] });
  });

  test('shows a field where it is, with its old and new value', () => {
    const p = changed({ clusters: '{chicago: {in: kind, scrapeInterval: 30s}, seattle: {in: kind}}' });
    expect(lines(p)).toEqual(
      expect.arrayContaining([
        '  ~ ConfigMap demo-chicago/prometheus',
        '      data.prometheus.yml.global.scrape_interval: 15s → 30s',
      ]),
    );
  });

  test('restarts nothing for a configuration that is reloaded', () => {
    const p = changed({ clusters: '{chicago: {in: kind, labels: {region: eu}}, seattle: {in: kind}}' });
    expect(p.changes.map((c) => keyOf(c))).toContain('ConfigMap demo-chicago/prometheus');
    expect(p.restarts).toEqual([]);
  });

  test('says which file makes pods start anew, not that a ConfigMap has another name', () => {
    const p = changed({ clusters: '{chicago: {in: kind, scrapeInterval: 30s}, seattle: {in: kind, scrapeInterval: 30s}}' });
    const replaced = p.changes.filter((c) => c.name.startsWith('grafana-provisioning-'));
    expect(replaced.map((c) => c.verdict)).toEqual(['replaced']);
    expect(replaced[0]?.formerly).toMatch(/^grafana-provisioning-[0-9a-f]{10}$/);
    const because = [
      {
        path: ['provisioning', 'datasources.yaml', 'datasources', 'Thanos', 'jsonData', 'timeInterval'],
        before: '15s',
        after: '30s',
      },
    ];
    expect(p.restarts.map((r) => r.name)).toEqual(['thanos-rule', 'grafana']); // the ruler's rules know the interval
    expect(p.restarts[1]).toEqual({ kind: 'StatefulSet', namespace: 'demo-observer', name: 'grafana', pods: 1, because });
  });

  test('restarts what gets another image, and says how many pods', () => {
    const p = plan(
      objects(),
      edited('StatefulSet demo-chicago/prometheus', (o) => {
        o.spec.template.spec.containers[0].image = 'quay.io/prometheus/prometheus:v9.9.9';
      }),
    );
    expect(p.restarts).toMatchObject([
      { name: 'prometheus', pods: 2, because: [{ after: 'quay.io/prometheus/prometheus:v9.9.9' }] },
    ]);
    expect(p.risks).toEqual([]);
  });

  test('counts as started anew no pod that is not there yet, or goes', () => {
    const image = (replicas: number) =>
      edited('StatefulSet demo-chicago/prometheus', (o) => {
        o.spec.replicas = replicas;
        o.spec.template.spec.containers[0].image = `quay.io/prometheus/prometheus:v9.9.${replicas}`;
      });
    for (const [was, is, pods] of [
      [2, 4, 2],
      [4, 2, 2],
    ] as const)
      expect(plan(image(was), image(is)).restarts).toMatchObject([{ name: 'prometheus', pods }]);
    expect(plan(image(0), image(2)).restarts).toEqual([]);
  });

  test('cuts long values around what differs of them', () => {
    const long = (end: string) =>
      edited('StatefulSet demo-chicago/prometheus', (o) => {
        o.metadata.annotations = { note: `${'a'.repeat(300)}${end}${'b'.repeat(300)}` };
      });
    const [line] = lines(plan(long('one'), long('two'))).filter((l) => l.includes('note:'));
    expect(line).toMatch(/: …a{39,40}oneb+… → …a{39,40}twob+…$/);
  });

  test('does not restart what is only scaled', () => {
    const p = plan(
      objects(),
      edited('Deployment demo-observer/thanos-query', (o) => {
        o.spec.replicas = 5;
      }),
    );
    expect(p.restarts).toEqual([]);
  });

  test('names a new cluster in a few lines, and puts nothing at risk', () => {
    const p = changed({ clusters: '{chicago: {in: kind}, seattle: {in: kind}, zurich: {in: kind}}' });
    expect(lines(p)).toContain('  + Namespace demo-zurich and what is in it:');
    expect(lines(p).filter((line) => line.includes('demo-zurich') && line.startsWith('  +'))).toHaveLength(1);
    expect(p).toMatchObject({ risks: [], refused: [] });
  });

  test('never shows what is in a Secret', () => {
    const p = plan(
      objects(),
      edited('Secret demo-observer/grafana-admin', (o) => {
        o.stringData['admin-password'] = 'hunter2';
      }),
    );
    expect(p.changes.map(keyOf)).toEqual(['Secret demo-observer/grafana-admin']);
    expect(JSON.stringify(p)).not.toMatch(/hunter2|foobar/);
  });

  test('leaves out what the API server adds by itself', () => {
    const live = edited('Namespace demo-chicago', (o) => {
      Object.assign(o.metadata, { uid: '1', resourceVersion: '2', generation: 3, managedFields: [], creationTimestamp: 'now' });
      o.status = { phase: 'Active' };
    });
    expect(plan(live, objects()).changes).toEqual([]);
  });
});

describe('differences', () => {
  test.each<[string, unknown, unknown, object[]]>([
    [
      'pair the values of a flag',
      ['--a=1', '--b'],
      ['--a=2', '--c'],
      [
        { path: [], before: '--a=1', after: '--a=2' },
        { path: [], before: '--b' },
        { path: [], after: '--c' },
      ],
    ],
    [
      'follow the names of list elements',
      [{ name: 'x', v: 1 }, { name: 'y' }],
      [{ name: 'y' }, { name: 'x', v: 2 }],
      [{ path: ['x', 'v'], before: 1, after: 2 }],
    ],
    [
      'match what is most alike where nothing has a name',
      [{ to: { a: 1, b: 2 }, port: 1 }],
      [{ to: { a: 1, b: 3 }, port: 1 }],
      [{ path: ['#1', 'to', 'b'], before: 2, after: 3 }],
    ],
    ['look into files', { f: 'a: 1\nb: {c: 2}\n' }, { f: 'a: 1\nb: {c: 3}\n' }, [{ path: ['f', 'b', 'c'], before: 2, after: 3 }]],
    [
      'show a file whose comments alone differ',
      { f: 'a: 1\n' },
      { f: '# why\na: 1\n' },
      [{ path: ['f'], before: 'a: 1\n', after: '# why\na: 1\n' }],
    ],
    ['tell null from nothing', { a: null }, {}, [{ path: ['a'], before: null }]],
    [
      'notice another order',
      [{ name: 'x' }, { name: 'y' }],
      [{ name: 'y' }, { name: 'x' }],
      [{ path: [], before: ['x', 'y'], after: ['y', 'x'] }],
    ],
  ])('%s', (_, before, after, expected) => expect(differences(before, after)).toEqual(expected));

  test('are found whenever two values are not the same, and never else', () => {
    const value = fc.jsonValue({ maxDepth: 3 }).map((v) => JSON.parse(JSON.stringify(v)));
    fc.assert(
      fc.property(value, (a) => differences(a, JSON.parse(JSON.stringify(a))).length === 0),
      { seed: 1 },
    );
    fc.assert(
      fc.property(value, value, (a, b) => isDeepStrictEqual(a, b) || differences(a, b).length > 0),
      { seed: 1 },
    );
  });
});

describe('what Kubernetes refuses to change', () => {
  test.each<[string, string, (o: Json) => void, RegExp, RegExp]>([
    [
      'the size of a claim',
      'StatefulSet demo-chicago/prometheus',
      (o) => {
        o.spec.volumeClaimTemplates[0].spec.resources.requests.storage = '9Gi';
      },
      /spec\.volumeClaimTemplates/,
      /patch pvc .*"storage":"9Gi".* --cascade=orphan/,
    ],
    [
      'the Service of a StatefulSet',
      'StatefulSet demo-chicago/prometheus',
      (o) => {
        o.spec.serviceName = 'other';
      },
      /spec\.serviceName/,
      /kubectl -n demo-chicago delete statefulset prometheus --cascade=orphan/,
    ],
    [
      'its pod management',
      'StatefulSet demo-chicago/prometheus',
      (o) => {
        o.spec.podManagementPolicy = 'OrderedReady';
      },
      /spec\.podManagementPolicy/,
      /--cascade=orphan/,
    ],
    [
      'its selector',
      'StatefulSet demo-chicago/prometheus',
      (o) => {
        o.spec.selector.matchLabels.x = 'y';
      },
      /spec\.selector/,
      /delete statefulset prometheus \(its pods stop/,
    ],
    [
      'the selector of a Deployment',
      'Deployment demo-observer/thanos-query',
      (o) => {
        o.spec.selector.matchLabels.x = 'y';
      },
      /spec\.selector/,
      /delete deployment thanos-query/,
    ],
    [
      'the selector of a DaemonSet',
      'DaemonSet demo-agents/cadvisor',
      (o) => {
        o.spec.selector.matchLabels.x = 'y';
      },
      /spec\.selector/,
      /delete daemonset cadvisor/,
    ],
    [
      'whether a Service is headless',
      'Service demo-chicago/prometheus',
      (o) => {
        delete o.spec.clusterIP;
      },
      /spec\.clusterIP/,
      /delete service prometheus/,
    ],
    [
      'whom a binding binds',
      'RoleBinding demo-seattle/prometheus',
      (o) => {
        o.roleRef.name = 'other';
      },
      /roleRef\.name/,
      /delete rolebinding prometheus/,
    ],
    [
      'the type of a Secret',
      'Secret demo-observer/grafana-admin',
      (o) => {
        o.type = 'kubernetes.io/basic-auth';
      },
      /type/,
      /delete secret grafana-admin/,
    ],
  ])('is told: %s', (_, key, edit, problem, wayOut) => {
    const { refused } = plan(objects(), edited(key, edit));
    expect(refused.map((f) => [keyOf(f), f.code])).toEqual([[key, 'immutable-field']]);
    expect(refused[0]?.problem).toMatch(problem);
    expect(refused[0]?.remedy).toMatch(wayOut);
  });

  const job = (image: string): Manifest => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'j', namespace: 'n' },
    spec: { template: { spec: { containers: [{ name: 'c', image }] } } },
  });
  const claim = (storage: string): Manifest => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'c', namespace: 'n' },
    spec: { resources: { requests: { storage } } },
  });
  test('is told: the template of a Job', () => expect(plan([job('a')], [job('b')]).refused).toHaveLength(1));
  test('is told: a claim that shrinks, while it may grow', () => {
    expect(plan([claim('2Gi')], [claim('1Gi')]).refused).toHaveLength(1);
    expect(plan([claim('2Gi')], [claim('3Gi')]).refused).toEqual([]);
  });
  test('is told: a port of localhost that moves while another Service has it, and which to delete', () => {
    const { refused } = changed({ clusters: '{seattle: {in: kind}}' });
    expect(refused.map((f) => [f.code, keyOf(f)])).toEqual([
      ['node-port-taken', 'Service demo-seattle/prometheus-0-localhost'],
      ['node-port-taken', 'Service demo-seattle/prometheus-1-localhost'],
    ]);
    expect(refused[0]?.remedy).toContain('kubectl -n demo-chicago delete service prometheus-0-localhost');
    expect(changed({ clusters: '{aurora: {in: kind}, chicago: {in: kind}, seattle: {in: kind}}' }).refused).toHaveLength(4);
  });
  test('is told the way out in the context of its Kubernetes cluster', () => {
    const grown = objects(text({ clusters: '{chicago: {in: kind, volume: 9Gi}, seattle: {in: kind}}' }));
    const [refused] = planOf('kind', objects(), grown, 'kind-kind').refused;
    const commands = [...(refused?.remedy ?? '').matchAll(/kubectl (\S+ \S+)/g)].map((m) => m[1]);
    expect(commands).toEqual(['--context kind-kind', '--context kind-kind']);
  });
  test('is not told how to make a volume shrink', () => {
    const { refused } = plan(objects(), objects(text({ clusters: '{chicago: {in: kind, volume: 1Gi}, seattle: {in: kind}}' })));
    expect(refused.map((f) => f.remedy)).toEqual(['keep the size: no volume can shrink.']);
  });
  test('is not told of what may change', () => {
    for (const field of ['replicas', 'minReadySeconds', 'revisionHistoryLimit'])
      expect(
        plan(
          objects(),
          edited('StatefulSet demo-chicago/prometheus', (o) => {
            o.spec[field] = 7;
          }),
        ).refused,
      ).toEqual([]);
  });
});

describe('data at risk', () => {
  const chicago = (settings: string) => changed({ clusters: `{chicago: {in: kind${settings}}, seattle: {in: kind}}` });
  test('when a cluster leaves the fleet: its namespace and volumes', () => {
    const p = changed({ clusters: '{chicago: {in: kind}}' });
    expect(codes(p)).toEqual(['namespace-removed']);
    expect(p.risks[0]).toMatchObject({
      name: 'demo-seattle',
      consequence: expect.stringContaining('data-prometheus-0, data-prometheus-1'),
    });
  });
  test('when a StatefulSet goes and its volumes stay', () => {
    const after = objects().filter((o) => keyOf(nameOf(o)) !== 'StatefulSet demo-observer/alertmanager');
    expect(codes(plan(objects(), after))).toEqual(['volumes-orphaned']);
  });
  test('when a pair loses a replica, with the volume that nobody reads', () => {
    const p = chicago(', replicas: 1');
    expect(codes(p)).toEqual(['scaled-down']);
    expect(p.risks[0]?.consequence).toContain('data-prometheus-1');
  });
  test('when a volume shrinks', () => expect(codes(chicago(', volume: 1Gi'))).toEqual(['volume-shrunk', 'retention-shortened']));
  test('not when it grows', () => expect(codes(chicago(', volume: 9Gi'))).toEqual([]));
  test('when less is kept locally', () => expect(codes(chicago(', retention: 24h'))).toEqual(['retention-shortened']));
  test('not when more is kept', () => expect(codes(chicago(', retention: 72h'))).toEqual([]));
  test('when external labels change', () =>
    expect(codes(chicago(', labels: {region: eu}'))).toEqual(['external-labels-changed']));
  test('when a cluster is renamed in its namespace', () => {
    const before = objects(text({ clusters: '{chicago: {in: kind, namespace: here}}' }));
    const p = plan(before, objects(text({ clusters: '{boston: {in: kind, namespace: here}}' })));
    expect(codes(p)).toEqual(['cluster-renamed']);
    expect(p.risks[0]?.consequence).toContain('cluster="boston"');
  });
  test('when the bucket keeps a resolution for less time', () => {
    const p = changed({ more: 'retention: {raw: 20d, 1h: 0s}' });
    expect(p.risks.map((f) => f.problem)).toEqual(['the bucket would keep the resolution raw for 20d instead of 30d']);
  });
  test('when what was kept for ever is not any more', () => {
    expect(codes(plan(objects(text({ more: 'retention: {1h: 0s}' })), objects()))).toEqual(['retention-shortened']);
  });
  test.each([
    ['bucket', 'bucket: other'],
    ['prefix', 'bucket: metrics, prefix: prod'],
  ])('when blocks go to another %s, once for all who use it', (_, where) => {
    const s3 = (bucket: string) =>
      objects(text({ objectStore: `{type: s3, ${bucket}, endpoint: s3.example.org, auth: {secret: s3}}` }));
    const p = plan(s3('bucket: metrics'), s3(where));
    expect(codes(p)).toEqual(['bucket-changed']);
    expect(p.risks[0]?.problem).toContain('instead of S3 s3.example.org metrics');
  });
  const encrypted = (sse: string) =>
    objects(text({ objectStore: `{type: s3, bucket: metrics, region: eu-west-1, auth: {secret: s3}${sse}}` }));
  const [kms, otherKms, sseS3, sseC, otherSseC] = [
    ', sse: {type: SSE-KMS, key: a}',
    ', sse: {type: SSE-KMS, key: b}',
    ', sse: {type: SSE-S3}',
    ', sse: {type: SSE-C, secret: a}',
    ', sse: {type: SSE-C, secret: b}',
  ] as const;
  test.each([
    ['another key of KMS', kms, otherKms],
    ["a key of KMS to S3's own", kms, sseS3],
    ['a key of KMS to none', kms, ''],
    ['another key of SSE-C', sseC, otherSseC],
    ['a key of SSE-C to none', sseC, ''],
    ['no key to one of SSE-C', '', sseC],
  ])('when the key of blocks changes, once for all who use it: %s', (_, was, is) => {
    expect(codes(plan(encrypted(was), encrypted(is)))).toEqual(['encryption-changed']);
  });
  test('with the key in the remedy, by which roles go on to read what is there', () => {
    expect(plan(encrypted(kms), encrypted(sseS3)).risks[0]?.remedy).toContain('kms:Decrypt on a ');
  });
  test.each([
    ['from none to KMS', '', kms],
    ["from S3's own key to KMS", sseS3, kms],
    ["from S3's own key to none", sseS3, ''],
  ])('not when blocks stay readable: %s', (_, was, is) => {
    expect(codes(plan(encrypted(was), encrypted(is)))).toEqual([]);
  });
  test('when a new cluster that is the first by name takes the nodes, but not where one says that it has them', () => {
    const p = changed({ clusters: '{boston: {in: kind}, chicago: {in: kind}, seattle: {in: kind}}' });
    expect(p.risks.map((f) => [f.code, f.remedy])).toEqual([['nodes-moved', 'nodes: true at clusters.chicago.']]);
    const kept = changed({ clusters: '{boston: {in: kind}, chicago: {in: kind, nodes: true}, seattle: {in: kind}}' });
    expect(codes(kept)).toEqual([]);
  });
  test('when nodes: true moves', () => {
    expect(codes(changed({ clusters: '{chicago: {in: kind}, seattle: {in: kind, nodes: true}}' }))).toEqual(['nodes-moved']);
  });
  test('when a cluster has another name, and with it another namespace', () => {
    const p = changed({ clusters: '{chicago: {in: kind}, tacoma: {in: kind}}' });
    expect(codes(p)).toEqual(['namespace-removed', 'cluster-renamed']);
    expect(p.risks[1]?.problem).toBe('the cluster seattle leaves the fleet, and tacoma comes');
  });
  test('with what to do about each kind of data', () => {
    const s3 = '{type: s3, bucket: metrics, region: eu-west-1, auth: {secret: s3}}';
    const store = changed({ objectStore: s3 }).risks.find((f) => f.name === 'demo-object-store');
    expect(store?.remedy).toMatch(/its volume is the bucket.*Copy all of them to the new bucket before you apply/);
    const observer = text().replace('observer: {in: kind}', 'observer: {in: kind, namespace: elsewhere}');
    const [left] = plan(objects(), objects(observer)).risks;
    expect(left?.remedy).toMatch(/silences.*export what people made/);
    expect(left?.remedy).not.toContain('Prometheus:');
  });
  test('when replicas are told apart by another label', () => {
    const after = edited('Deployment demo-observer/thanos-query', (o) => {
      const args: string[] = o.spec.template.spec.containers[0].args;
      o.spec.template.spec.containers[0].args = args.map((a) => a.replace('replica-label=replica', 'replica-label=prometheus'));
    });
    expect(codes(plan(objects(), after))).toEqual(['replica-label-changed']);
  });
  test('is explained in docs/plan.md, every kind of it', () => {
    const said = [...readText('scripts/plan/risks.ts').matchAll(/code: .*?'([a-z-]+)'(?: : '([a-z-]+)')?/g)].flatMap((m) => [
      m[1],
      m[2],
    ]);
    const known = new Set(said.filter((code) => code !== undefined));
    expect(known.size).toBeGreaterThan(8);
    expect([...known].filter((code) => !readText('docs/plan.md').includes(`\`${code}\``))).toEqual([]);
  });
  test('when volumes would go with their StatefulSet', () => {
    const after = edited('StatefulSet demo-observer/grafana', (o) => {
      o.spec.persistentVolumeClaimRetentionPolicy.whenDeleted = 'Delete';
    });
    expect(codes(plan(objects(), after))).toEqual(['volumes-deleted']);
  });
});

describe('what npm run up takes away', () => {
  const workload = (kind: string, namespace: string, name: string): Manifest => ({
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace },
    spec: { template: { spec: { containers: [] } } },
  });
  const was = [
    ...objects(),
    workload('Deployment', 'demo-observer', 'thanos-compact'),
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'old', namespace: 'demo-observer' } },
  ];
  const left = leftovers(plan(was, objects(text({ clusters: '{chicago: {in: kind}}' }))));

  test('first: workloads, so that none works beside the one that takes its place', () => {
    expect(left.workloads.map(keyOf)).toEqual(['Deployment demo-observer/thanos-compact']);
  });
  test.each([
    [
      'also in a namespace that is left as it is',
      '{seattle: {in: kind}}',
      ['demo-chicago/prometheus-0-localhost', 'demo-chicago/prometheus-1-localhost'],
    ],
    [
      'once, when one goes and another gets its port',
      '{chicago: {in: kind, replicas: 1}, seattle: {in: kind}}',
      ['demo-chicago/prometheus-1-localhost', 'demo-seattle/prometheus-0-localhost'],
    ],
  ])('then: each Service whose port another gets, %s', (_, clusters, services) => {
    const { inTheWay, rest } = leftovers(changed({ clusters }));
    expect(inTheWay.map(keyOf)).toEqual(services.map((service) => `Service ${service}`));
    expect(rest.filter((c) => c.kind === 'Service')).toEqual([]);
  });
  test('last: what they may still use', () => {
    expect(left.rest.map(keyOf)).toContain('ConfigMap demo-observer/old');
  });
  test('never: a namespace, or anything in it', () => {
    expect(left.namespaces.map(keyOf)).toEqual(['Namespace demo-seattle']);
    expect([...left.workloads, ...left.rest].filter((c) => c.namespace === 'demo-seattle')).toEqual([]);
  });
});

describe('as a person runs them,', () => {
  let directory = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'plan-'));
    writeFileSync(join(directory, 'fleet.yaml'), readText('fleet.yaml'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const outer = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(FLEET|CDK8S_OUTDIR|INIT_CWD|GIT_.*)$/.test(name)),
  );
  const script = (name: string, ...args: string[]) => {
    const run = spawnSync(process.execPath, [join(root, 'scripts/run.cjs'), join(root, name), ...args], {
      cwd: directory,
      env: outer,
      encoding: 'utf8',
    });
    return { code: run.status, out: run.stdout, err: run.stderr };
  };
  const git = (...args: string[]): void => {
    const run = spawnSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args], {
      cwd: directory,
      env: outer,
      encoding: 'utf8',
    });
    if (run.status !== 0) throw run.error ?? new Error(run.stderr);
  };
  const committed = (): void => {
    expect(script('main.ts').code).toBe(0);
    git('init', '-q');
    git('add', '.');
    git('commit', '-qm', 'fleet');
  };
  const rewrite = (from: string, to: string): void =>
    writeFileSync(join(directory, 'fleet.yaml'), readText('fleet.yaml').replace(from, to));

  test('check accepts dist/ when it is current, and else names the files and what to run', () => {
    expect(script('main.ts').code).toBe(0);
    expect(script('scripts/check.ts')).toEqual({ code: 0, out: 'dist/ is what fleet.yaml synthesizes to.\n', err: '' });
    rewrite('seattle: {in: kind}', 'boston: {in: kind}');
    mkdirSync(join(directory, 'dist/old'));
    writeFileSync(join(directory, 'dist/old/x.k8s.yaml'), '');
    const { code, err } = script('scripts/check.ts');
    expect(code).toBe(1);
    expect(err).toContain('dist/kind/cluster-boston.k8s.yaml is missing');
    expect(err).toContain('dist/kind/cluster-seattle.k8s.yaml is superfluous');
    expect(err).toContain('dist/kind/observer.k8s.yaml is different');
    expect(err).toContain('dist/old/x.k8s.yaml is superfluous');
    expect(err).toContain('Run npm run synth');
    expect(script('scripts/check.ts').code).toBe(1); // it mended nothing
  });

  test('check and plan end with 2 when the fleet file has a mistake', () => {
    rewrite('{in: kind}', '{in: kin}');
    for (const name of ['scripts/check.ts', 'scripts/plan.ts']) {
      const { code, err } = script(name);
      expect(code).toBe(2);
      expect(err).toContain('[unknown-kubernetes]');
    }
  });

  test.each([
    [0, 'nothing changes', 'kind', 'kind'],
    [1, 'something changes', 'clusters:', 'alerts: {highLoad: {threshold: 3}}\nclusters:'],
    [3, 'data is at risk', 'seattle: {in: kind}', 'seattle: {in: kind, replicas: 1}'],
    [4, 'Kubernetes will refuse it', 'seattle: {in: kind}', 'seattle: {in: kind, volume: 1Gi}'],
  ])('plan ends with %i when %s', (code, _, from, to) => {
    committed();
    rewrite(from, to);
    const run = script('scripts/plan.ts');
    expect(run.err).toBe('');
    expect(run.code).toBe(code);
  });

  test('plan compares with the commit that is named', () => {
    committed();
    rewrite('seattle: {in: kind}', '');
    expect(script('main.ts').code).toBe(0);
    git('commit', '-qam', 'without seattle');
    git('add', '.');
    git('commit', '-qm', 'files', '--allow-empty');
    expect(script('scripts/plan.ts').code).toBe(0);
    const { code, out } = script('scripts/plan.ts', '--base', 'HEAD~2', '--json');
    expect(code).toBe(3);
    expect(JSON.parse(out).kubernetes[0].risks[0]).toMatchObject({ code: 'namespace-removed', name: 'demo-seattle' });
  });

  test('plan compares a branch with where it left its base, not with what the base has got since', () => {
    committed();
    git('branch', 'base');
    git('checkout', '-qb', 'branch');
    git('checkout', '-q', 'base');
    rewrite('seattle: {in: kind}', 'seattle: {in: kind, replicas: 3}');
    expect(script('main.ts').code).toBe(0);
    git('commit', '-qam', 'three in seattle');
    git('checkout', '-q', 'branch');
    const { code, out } = script('scripts/plan.ts', '--base', 'base');
    expect(out).toMatch(/^Fleet demo \(fleet\.yaml\) against dist\/ of [0-9a-f]{10}, where this left base$/m);
    expect(code).toBe(0);
  });

  test('plan compares no two fleets', () => {
    committed();
    rewrite('name: demo', 'name: other');
    const { code, out, err } = script('scripts/plan.ts');
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^dist\/ of [0-9a-f]{10} is the fleet demo's, and fleet\.yaml is the fleet other: /);
  });

  test('plan says that a shallow checkout lacks its base', () => {
    committed();
    const { code, err } = script('scripts/plan.ts', '--base', 'origin/main');
    expect(code).toBe(2);
    expect(err).toMatch(/^There is no commit origin\/main here\. A shallow checkout lacks it: .*fetch-depth: 0/);
  });

  test('plan says what is wrong when there is no repository or no such commit', () => {
    expect(script('scripts/plan.ts')).toMatchObject({ code: 2, err: expect.stringContaining('not a git repository') });
    committed();
    expect(script('scripts/plan.ts', '--base', 'nowhere')).toMatchObject({ code: 2, err: expect.stringContaining('nowhere') });
  });
});
