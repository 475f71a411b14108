// What is synthesized: current, valid, safe to run, and the same wherever and however often it is made.

import { parse } from 'yaml';
import { z } from 'zod';
import type { Manifest } from '../charts/fleet';
import type { ResolvedCluster, ResolvedFleet } from '../charts/fleet/resolve';
import { imageOf, images } from '../charts/images';
import { filesInParts } from '../charts/kit/parts';
import { bytes, cores, seconds } from '../charts/kit/units';
import { clusterRuleFiles, globalRuleFiles } from '../charts/rules';
import { currentIdentities, goldens, listedIdentities, schemaFile, staleOutput, staleSingles } from '../scripts/generate';
import { consequenceOf, subjectOf } from '../scripts/lib/identities';
import {
  configFile,
  containersOf,
  demo,
  fleetFiles,
  idOf,
  type Json,
  ofKind,
  place,
  places,
  readText,
  sample,
  sampleOf,
  samples,
  type Workload,
  workloadsOf,
} from './support/fleets';
import {
  duplicateProblems,
  emptyValueProblems,
  nameProblems,
  referenceProblems,
  schemaProblems,
  valueProblems,
  yamlProblems,
} from './support/invariants';

jest.setTimeout(60_000);
const argument = (args: readonly string[], flag: string): string | undefined =>
  args.find((a) => a.startsWith(`${flag}=`))?.slice(flag.length + 1);

describe('what is checked in is current:', () => {
  test.each(goldens())('$folder (npm run generate)', (golden) => {
    expect(staleOutput(golden)).toEqual([]);
  });
  test('the schema, the picture and the list of identities (npm run generate)', () => {
    expect(staleSingles()).toEqual([]);
  });
});

test('names, selectors, volume claims and labels of blocks are what they were (test/identities.golden.txt)', () => {
  const listed = listedIdentities();
  const current = new Map(currentIdentities().map((line) => [subjectOf(line), line]));
  const changed = listed.filter((line) => current.get(subjectOf(line)) !== line);
  // If it must be, and CHANGELOG.md tells people how to come from the one to the other: change or remove the line by hand.
  expect(
    changed.map(
      (line) => `${line}\n  is now: ${current.get(subjectOf(line)) ?? 'gone'}\n  it would mean: ${consequenceOf(line)}`,
    ),
  ).toEqual([]);
  expect(listed.length).toBeGreaterThan(100);
});

describe('fleet.schema.json', () => {
  const schema = z.fromJSONSchema(JSON.parse(schemaFile().text));
  test.each(fleetFiles)('accepts %s', (file) => {
    expect(schema.safeParse(parse(readText(file))).error?.issues ?? []).toEqual([]);
  });
  test('is named by every fleet file, by its relative path', () => {
    for (const file of fleetFiles) {
      const up = file.includes('/') ? '../../' : './';
      expect(readText(file).split('\n')[0]).toBe(`# yaml-language-server: $schema=${up}fleet.schema.json`);
    }
  });
  test('explains every setting that a fleet file has', () => {
    const undescribed = (value: Json, path: string): string[] => [
      ...Object.entries(value.properties ?? {}).flatMap(([key, part]: [string, Json]) => [
        ...(part.description || part.properties || part.const ? [] : [`${path}${key}`]),
        ...undescribed(part, `${path}${key}.`),
      ]),
      ...(typeof value.additionalProperties === 'object' ? undescribed(value.additionalProperties, `${path}*.`) : []),
      ...[...(value.oneOf ?? []), ...(value.anyOf ?? [])].flatMap((o: Json) => undescribed(o, path)),
    ];
    expect(undescribed(JSON.parse(schemaFile().text), '')).toEqual([]);
  });
});

describe.each(places)('every object of %s', (name) => {
  const { objects, topology } = place(name);
  test('is valid against the Kubernetes schemas', () => expect(schemaProblems(objects)).toEqual([]));
  test('has no null, undefined or NaN', () => expect(emptyValueProblems(objects)).toEqual([]));
  test('has a name of its own', () => expect(duplicateProblems(objects)).toEqual([]));
  test('has names that Kubernetes takes', () => expect(nameProblems(objects)).toEqual([]));
  test('has ports and addresses that Kubernetes takes', () => expect(valueProblems(objects)).toEqual([]));
  test('refers to what is there', () => {
    expect(referenceProblems(objects, topology.fleet)).toEqual([]);
  });
  test('reads back from its YAML as it was', () => expect(yamlProblems(objects)).toEqual([]));
  test('is labelled as part of the fleet', () => {
    for (const o of objects)
      expect(o.metadata.labels).toMatchObject({
        'app.kubernetes.io/instance': topology.fleet.name,
        'app.kubernetes.io/part-of': 'thanos-fleet',
      });
  });
});

describe.each(places)('every pod of %s', (name) => {
  const { objects } = place(name);
  const workloads = workloadsOf(objects);
  const containers = containersOf(objects);
  const failing = (ok: (c: (typeof containers)[number]) => boolean) => containers.filter((c) => !ok(c)).map((c) => c.id);
  const failingPods = (ok: (w: (typeof workloads)[number]) => boolean) => workloads.filter((w) => !ok(w)).map((w) => w.id);

  test('runs as a user that is not root, cAdvisor excepted', () => {
    const root = failingPods((w) => w.spec.securityContext.runAsNonRoot === true && w.spec.securityContext.runAsUser > 0);
    expect(root.every((id) => id.endsWith('/cadvisor'))).toBe(true);
    expect(failing((c) => c.container.securityContext.runAsUser === undefined)).toEqual([]);
  });
  test('has a read-only root file system', () => {
    expect(failing((c) => c.container.securityContext.readOnlyRootFilesystem === true)).toEqual([]);
  });
  test('has no capability', () => {
    expect(failing((c) => JSON.stringify(c.container.securityContext.capabilities) === '{"drop":["ALL"]}')).toEqual([]);
  });
  test('cannot gain privileges', () => {
    expect(
      failing(({ container: { securityContext: s } }) => s.allowPrivilegeEscalation === false && s.privileged === undefined),
    ).toEqual([]);
  });
  test('runs under the default seccomp profile', () => {
    expect(failingPods((w) => w.spec.securityContext.seccompProfile?.type === 'RuntimeDefault')).toEqual([]);
    expect(failing((c) => c.container.securityContext.seccompProfile === undefined)).toEqual([]);
  });
  test('requests CPU and memory', () => {
    expect(failing((c) => c.container.resources?.requests?.cpu && c.container.resources.requests.memory)).toEqual([]);
  });
  test('has a memory limit that is not below its request, and no CPU limit', () => {
    expect(
      failing(
        ({ container: { resources: r } }) => bytes(r.limits.memory) >= bytes(r.requests.memory) && r.limits.cpu === undefined,
      ),
    ).toEqual([]);
  });
  test('uses an image of charts/images.ts, with a version', () => {
    expect(failing((c) => imageOf(c.container.image) !== undefined && /:v?\d[\w.-]*$/.test(c.container.image))).toEqual([]);
  });
  test('has a Kubernetes token only if it is a Prometheus', () => {
    expect(failingPods((w) => w.spec.automountServiceAccountToken === (w.name === 'prometheus'))).toEqual([]);
    for (const account of ofKind(objects, 'ServiceAccount')) expect(account.automountServiceAccountToken).toBe(false);
  });
  test('shares the host network, its processes or its files only in the agents namespace', () => {
    const host = failingPods(
      ({ spec }) =>
        !spec.hostNetwork && !spec.hostPID && !spec.hostIPC && !(spec.volumes ?? []).some((v: Json) => v.hostPath !== undefined),
    );
    expect(host.map((id) => id.replace(/.*\//, '')).sort()).toEqual(['cadvisor', 'node-exporter']);
  });
  test('mounts the host read-only', () => {
    const mounts = workloads.flatMap((w) =>
      (w.spec.volumes ?? [])
        .filter((v: Json) => v.hostPath)
        .flatMap((v: Json) => w.spec.containers.flatMap((c: Json) => c.volumeMounts.filter((m: Json) => m.name === v.name))),
    );
    expect(mounts.filter((m: Json) => m.readOnly !== true)).toEqual([]);
  });
  test('is selected by labels that are its own and never a version', () => {
    for (const w of workloads) {
      const selector: Record<string, string> = w.object.spec.selector.matchLabels;
      expect(Object.keys(selector)).toEqual(['app.kubernetes.io/instance', 'app.kubernetes.io/name']);
      expect(w.labels).toMatchObject(selector);
      const others = workloads.filter((o) => o.namespace === w.namespace && o !== w);
      expect(others.filter((o) => Object.entries(selector).every(([k, v]) => o.labels[k] === v)).map((o) => o.id)).toEqual([]);
    }
  });
  test('is in a namespace that enforces Pod Security restricted, agents excepted', () => {
    const agents = new Set(workloads.filter((w) => w.labels['app.kubernetes.io/component'] === 'agent').map((w) => w.namespace));
    for (const { metadata } of ofKind(objects, 'Namespace'))
      expect(`${metadata.name}: ${metadata.labels?.['pod-security.kubernetes.io/enforce']}`).toBe(
        `${metadata.name}: ${agents.has(metadata.name) ? 'privileged' : 'restricted'}`,
      );
  });
  test('is told of a changed configuration: it reloads the file, or its ConfigMap has another name', () => {
    const reloaded = ['prometheus', 'prometheus-rules', 'thanos-query-endpoints'];
    const fixed = ofKind(objects, 'ConfigMap')
      .map((o) => o.metadata.name)
      .filter((name) => !/-[0-9a-f]{10}$/.test(name) && !name.startsWith('grafana-dashboard-'));
    expect([...new Set(fixed)].filter((name) => !reloaded.includes(name))).toEqual([]);
  });
});

test.each(fleetFiles)('every object of %s fits the annotation of a client-side apply (256 KiB)', (file) => {
  const large = sample(file).objects.filter((o) => JSON.stringify(o).length > 250_000);
  expect(large.map((o) => o.metadata.name)).toEqual([]);
});

describe.each(fleetFiles)('what keeps data in %s', (file) => {
  const { objects } = sample(file);
  const sets = ofKind(objects, 'StatefulSet');
  test('keeps its volumes when it is deleted or scaled down', () => {
    for (const { spec } of sets)
      expect(spec.persistentVolumeClaimRetentionPolicy).toEqual({ whenDeleted: 'Retain', whenScaled: 'Retain' });
  });
  test('has claim templates as the API server would write them', () => {
    for (const { spec } of sets)
      for (const claim of spec.volumeClaimTemplates ?? [])
        expect(claim).toMatchObject({ apiVersion: 'v1', kind: 'PersistentVolumeClaim' });
  });
  test('keeps less than its volume holds', () => {
    for (const { metadata, spec } of sets.filter((o) => o.metadata.name === 'prometheus')) {
      const { size } = configFile(objects, metadata.namespace as string, 'prometheus.yml').storage.tsdb.retention;
      expect(Number(size.replace('MB', '')) * 2 ** 20).toBeLessThanOrEqual(
        0.8 * bytes(spec.volumeClaimTemplates[0].spec.resources.requests.storage),
      );
    }
  });
});

describe('a Thanos pod', () => {
  const containers = samples()
    .flatMap((s) => containersOf(s.objects))
    .filter((c) => imageOf(c.container.image) === images.thanos);
  test('has time for its graceful end', () => {
    for (const { id, workload, container } of containers) {
      const grace = ['--http-grace-period', '--grpc-grace-period'].map((flag) => seconds(argument(container.args, flag) ?? '0s'));
      expect(grace[0]).toBeGreaterThan(0);
      expect(`${id} ${workload.spec.terminationGracePeriodSeconds > (grace[0] as number) + (grace[1] as number)}`).toBe(
        `${id} true`,
      );
    }
  });
  test('that serves gRPC says for how long it does so when it ends', () => {
    for (const { container } of containers)
      expect(argument(container.args, '--grpc-grace-period') !== undefined).toBe(
        argument(container.args, '--grpc-address') !== undefined,
      );
  });
  test('stops using a deleted block in the middle of the delay before it is gone', () => {
    const flag = (name: string, key: string) =>
      seconds(
        containers
          .map((c) => c.container)
          .find((c) => c.name === name)
          ?.args.join(' ')
          .match(`${key}=(\\S+)`)[1],
      );
    expect(flag('thanos-store', '--ignore-deletion-marks-delay')).toBe(flag('thanos-compact', '--delete-delay') / 2);
  });
  test('compacts alone', () => {
    for (const { objects } of samples()) {
      const compactors = workloadsOf(objects).filter((w) => w.spec.containers.some((c: Json) => c.args?.[0] === 'compact'));
      expect(compactors.map((w) => [w.kind, w.replicas])).toEqual([['StatefulSet', 1]]); // a Deployment could have two for a while
    }
  });
});

test('Prometheus is given no console templates, which its image does not have', () => {
  const args = samples().flatMap((s) => containersOf(s.objects).flatMap((c) => (c.container.args ?? []) as string[]));
  expect(args.filter((a) => a.startsWith('--web.console'))).toEqual([]);
});

describe.each(fleetFiles)('identity in %s:', (file) => {
  const { objects, topology } = sample(file);
  const prometheis = workloadsOf(objects).filter((w) => w.name === 'prometheus');
  const ruler = workloadsOf(objects).find((w) => w.name === 'thanos-rule');
  const query = workloadsOf(objects).find((w) => w.name === 'thanos-query');
  const config = (namespace: string) => configFile(objects, namespace, 'prometheus.yml');

  test('every series carries its cluster and its replica', () => {
    const labels = prometheis.map((w) => config(w.namespace).global.external_labels);
    expect(labels.map((l) => l.cluster).sort()).toEqual(topology.fleet.clusters.map((c) => c.name));
    for (const l of labels) expect(l.replica).toBe('$POD_NAME');
  });
  test("user's labels are external labels", () => {
    for (const c of topology.fleet.clusters) expect(config(c.namespace).global.external_labels).toMatchObject(c.labels);
  });
  test('every variable in a configuration or an argument is set in its container', () => {
    for (const w of prometheis) {
      const env = w.spec.containers[0].env.map((e: Json) => e.name);
      const text = JSON.stringify(config(w.namespace).global.external_labels);
      for (const [, name] of text.matchAll(/\$(\w+)/g)) expect(env).toContain(name);
    }
    for (const { id, container } of containersOf(objects)) {
      const names = [...JSON.stringify(container.args ?? []).matchAll(/\$\((\w+)\)/g)].map((m) => m[1]);
      const env = (container.env ?? []).map((e: Json) => e.name);
      expect(`${id} ${names.filter((n) => !env.includes(n))}`).toBe(`${id} `);
    }
  });
  test('POD_NAME is the name of the pod', () => {
    const variables = [...prometheis, ruler].map((w) => w?.spec.containers[0].env.find((e: Json) => e.name === 'POD_NAME'));
    for (const v of variables) expect(v?.valueFrom).toEqual({ fieldRef: { fieldPath: 'metadata.name' } });
  });
  test('the replica label is one for Prometheus, the querier and alerts', () => {
    const args: string[] = query?.spec.containers[0].args;
    expect(args.filter((a) => a.startsWith('--query.replica-label='))).toEqual([
      '--query.replica-label=replica',
      '--query.replica-label=rule_replica',
    ]);
    for (const w of prometheis)
      expect(config(w.namespace).alerting.alert_relabel_configs).toContainEqual({ regex: 'replica', action: 'labeldrop' });
  });
  test('the ruler has labels of its own, quoted, and never a cluster', () => {
    const args: string[] = ruler?.spec.containers[0].args;
    expect(args.filter((a) => a.startsWith('--label='))).toEqual([
      '--label=ruler="global"',
      '--label=rule_replica="$(POD_NAME)"',
    ]);
    expect(args).toContain('--alert.label-drop=rule_replica');
  });
  test('Prometheus and its sidecar are one user, which owns the volume', () => {
    for (const w of prometheis) {
      const { runAsUser, runAsGroup, fsGroup } = w.spec.securityContext;
      expect([runAsGroup, fsGroup]).toEqual([runAsUser, runAsUser]);
      for (const c of w.spec.containers) expect(c.securityContext.runAsUser).toBeUndefined();
    }
  });
  test('Prometheus never compacts what its sidecar uploads', () => {
    for (const w of prometheis) {
      const { args } = w.spec.containers[0];
      const [min, max] = ['min', 'max'].map((m) => argument(args, `--storage.tsdb.${m}-block-duration`));
      expect(min).toBeDefined();
      expect(max).toBe(min);
    }
  });
  test('the sidecar watches the files and the data that Prometheus uses', () => {
    for (const w of prometheis) {
      const [prometheus, sidecar] = w.spec.containers.map((c: Json) => c.args);
      expect(argument(sidecar, '--tsdb.path')).toBe(argument(prometheus, '--storage.tsdb.path'));
      expect(argument(sidecar, '--reloader.config-file')).toBe(argument(prometheus, '--config.file'));
    }
  });
});

test('a $ in a label of a cluster is a $ in its series, not a variable', () => {
  const text = demo().text.replace('chicago: {in: kind}', "chicago: {in: kind, labels: {price: '$5 $HOME'}}");
  const config = configFile(sampleOf('fleet.yaml', text).objects, 'demo-chicago', 'prometheus.yml');
  expect(config.global.external_labels.price).toBe('$$5 $$HOME'); // prometheus: os.Expand, in which $$ is a $
});

test.each(['1s', '05s', '5000ms', '1s500ms', '9s999ms', '10s', '15s', '2m'])(
  'a scrape every %s ends before the next',
  (interval) => {
    const text = demo().text.replace('chicago: {in: kind}', `chicago: {in: kind, scrapeInterval: ${interval}}`);
    const { global } = configFile(sampleOf('fleet.yaml', text).objects, 'demo-chicago', 'prometheus.yml');
    expect(seconds(global.scrape_timeout)).toBe(Math.min(seconds(interval), 10)); // Prometheus refuses one that is longer
  },
);

test('a fleet whose localhost has no address but those of pods lets nobody in', () => {
  const text = demo().text.replace('{platform: kind}', '{platform: kind, podCidrs: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16]}');
  const rules = ofKind(sampleOf('fleet.yaml', text).objects, 'NetworkPolicy').flatMap((o) => o.spec.ingress ?? []);
  expect(rules.filter((rule: Json) => !rule.from?.length)).toEqual([]);
});

describe('secrets', () => {
  const stores = samples().filter((s) => ofKind(s.objects, 'Secret').length > 0);
  /** Words that are in a Secret and nowhere secret. */
  const values = (objects: Json[]): string[] =>
    ofKind(objects, 'Secret')
      .flatMap((o) => Object.values(o.stringData as Record<string, string>))
      .flatMap((text) => text.split(/\s+/))
      .filter((word) => word.length > 2 && !['[default]', 'admin', 'aws_access_key_id', 'aws_secret_access_key'].includes(word));
  test('are in the demo: object store and Grafana', () => {
    expect(new Set(values([...demo().objects]))).toEqual(
      new Set(['thanos-demo', 'thanos-demo-secret', 'foobar', 'thanos-fleet-demo']),
    );
  });
  test.each(stores.map((s) => s.name))('of %s are in Secrets only', (name) => {
    const { objects } = sample(name);
    const elsewhere = JSON.stringify(objects.filter((o) => o.kind !== 'Secret'));
    expect(values([...objects]).filter((value) => elsewhere.includes(value))).toEqual([]);
  });
  test('of a fleet that names them are not written at all', () => {
    expect(ofKind(sample('examples/s3-and-slack/fleet.yaml').objects, 'Secret')).toEqual([]);
  });
});

test('the demo fits on a laptop: under 1.6 CPUs and 3 GiB', () => {
  const total = { cpu: 0, memory: 0 };
  for (const w of workloadsOf(demo().objects)) {
    const sum = (list: Json[], read: (c: Json) => number) => list.reduce((n, c) => n + read(c), 0);
    const most = (list: Json[], read: (c: Json) => number) => Math.max(0, ...list.map(read));
    // a pod asks for what its containers need together, or for its greediest init container if that is more
    const pod = (read: (c: Json) => number) => Math.max(sum(w.spec.containers, read), most(w.spec.initContainers ?? [], read));
    total.cpu += w.replicas * pod((c) => cores(c.resources.requests.cpu));
    total.memory += w.replicas * pod((c) => bytes(c.resources.requests.memory));
  }
  expect(total.cpu).toBeLessThan(1.6);
  expect(total.memory).toBeLessThan(3 * 2 ** 30);
});

describe('adding a cluster to the demo', () => {
  const before = demo();
  const after = sampleOf('fleet.yaml', before.text.replace('clusters:\n', 'clusters:\n  denver: {in: kind}\n'));
  const text = (s: typeof before, path: string) => JSON.stringify(s.files.find((f) => f.path === path)?.objects);
  const changed = (kinds: string[]) => {
    const old = new Map(before.objects.map((o) => [idOf(o), JSON.stringify(o)]));
    return after.objects
      .filter((o) => ![o.metadata.namespace, o.metadata.name].includes('demo-denver') && !kinds.includes(o.kind))
      .filter((o) => old.get(idOf(o)) !== JSON.stringify(o))
      .map(idOf);
  };

  test('adds its file, and changes no file that does not have to know of it', () => {
    const paths = after.files.map((f) => f.path);
    expect(paths.filter((path) => !before.files.some((f) => f.path === path))).toEqual(['kind/cluster-denver.k8s.yaml']);
    expect(paths.filter((path) => text(after, path) === text(before, path))).toEqual(['kind/agents.k8s.yaml']);
  });
  test('changes policies, localhost ports, and of the rest only what lists all clusters', () => {
    expect(changed(['NetworkPolicy']).map((id) => id.replace(/-[0-9a-f]{10}$/, '-<hash>'))).toEqual([
      'ConfigMap demo-chicago/prometheus',
      'ConfigMap demo-chicago/prometheus-rules', // how many StoreAPIs the querier should see of each cluster
      'Service demo-seattle/prometheus-0-localhost',
      'Service demo-seattle/prometheus-1-localhost',
      'ConfigMap demo-observer/thanos-query-endpoints',
      'ConfigMap demo-observer/thanos-rule-rules-<hash>',
      'StatefulSet demo-observer/thanos-rule',
    ]);
  });
  test('takes no object away, but the old version of the rules', () => {
    const ids = new Set(after.objects.map(idOf));
    expect(before.objects.map(idOf).filter((id) => !ids.has(id))).toEqual([
      expect.stringMatching(/^ConfigMap demo-observer\/thanos-rule-rules-/),
    ]);
  });
  test('leaves selectors and volume claims as they are', () => {
    const fixed = (s: typeof before) =>
      workloadsOf(s.objects)
        .filter((w) => w.namespace !== 'demo-denver')
        .map((w) => [w.id, w.object.spec.selector, w.object.spec.serviceName, w.object.spec.volumeClaimTemplates]);
    expect(fixed(after)).toEqual(fixed(before));
  });
  test('restarts no Prometheus', () => {
    const templates = (s: typeof before) =>
      workloadsOf(s.objects)
        .filter((w) => w.name === 'prometheus' && w.namespace !== 'demo-denver')
        .map((w) => w.object.spec.template);
    expect(templates(after)).toEqual(templates(before));
  });
});

describe('rules of a fleet that has more of them than a ConfigMap holds', () => {
  const many = (clusters: number, more = '') =>
    sampleOf(
      'fleet.yaml',
      `name: demo
kubernetes: {kind: {platform: kind}}
objectStore: {type: embedded}
observer: {in: kind}
clusters: {${Array.from({ length: clusters }, (_, i) => `c${i}: {in: kind}`).join(', ')}}
${more}`,
    ).objects;
  /** A workload's rule files as its pods see them, and the sizes of the ConfigMaps that they come from. */
  const rulesOf = (objects: readonly Manifest[], namespace: string, workload: string) => {
    const { spec } = workloadsOf(objects).find((w) => w.namespace === namespace && w.name === workload) as Workload;
    const { configMap, projected } = spec.volumes.find((v: Json) => v.name === 'rules');
    const names: string[] = configMap ? [configMap.name] : projected.sources.map((s: Json) => s.configMap.name);
    const maps = names.map((name) => objects.find((o) => o.metadata.namespace === namespace && o.metadata.name === name) as Json);
    return { files: maps.flatMap((m) => Object.keys(m.data)), texts: maps.flatMap((m) => Object.values(m.data)), maps };
  };
  const sizes = (maps: readonly Json[]): number[] => maps.map((m) => JSON.stringify(m).length);

  test('of the ruler are in several, each of which fits a client-side apply, and none is lost', () => {
    const few = rulesOf(many(2), 'demo-observer', 'thanos-rule');
    const { files, texts, maps } = rulesOf(many(250), 'demo-observer', 'thanos-rule');
    expect(few.maps).toHaveLength(1);
    expect(maps.length).toBeGreaterThan(4);
    expect(sizes(maps).filter((size) => size > 250_000)).toEqual([]);
    expect(files).toHaveLength(new Set(files).size);
    const groups = (all: readonly unknown[]) => all.flatMap((text) => parse(text as string).groups).map((g: Json) => g.name);
    expect(groups(texts)).toHaveLength(125 * groups(few.texts).length);
    expect(new Set(groups(texts)).size).toBe(groups(texts).length);
  });
  test.each([
    ['the ruler', globalRuleFiles],
    ["the observer's Prometheus", (fleet: ResolvedFleet) => clusterRuleFiles(fleet, fleet.clusters[0] as ResolvedCluster)],
  ])('of %s over 1,000 clusters are, too', (_, filesOf) => {
    const clusters = Array.from({ length: 1000 }, (_, i) => ({ ...(demo().topology.fleet.clusters[0] as Json), name: `c${i}` }));
    const files = filesOf({ ...demo().topology.fleet, clusters });
    const parts = filesInParts(files);
    expect(parts.length).toBeGreaterThan(2);
    expect(parts.flatMap((part) => Object.keys(part))).toEqual(Object.keys(files));
    expect(parts.map((part) => JSON.stringify(part).length).filter((size) => size > 250_000)).toEqual([]);
    const names = Object.values(files).flatMap((text) => parse(text).groups.map((g: Json) => g.name));
    expect(new Set(names).size).toBe(names.length);
    const told = new Set(Object.values(files).flatMap((text) => text.match(/\bc\d+\b/g) ?? []));
    expect(clusters.filter(({ name }) => !told.has(name))).toEqual([]);
  });
  test("of a cluster's Prometheus are in several, the first of which is called as if it were alone", () => {
    const large = `alerts: {ruleFiles: {cluster: [${'test/support/rules/good.yaml, '.repeat(700)}]}}`;
    const { maps } = rulesOf(many(2, large), 'demo-c0', 'prometheus');
    expect(maps.map((m) => m.metadata.name)).toEqual(['prometheus-rules', 'prometheus-rules-2']);
    expect(sizes(maps).filter((size) => size > 250_000)).toEqual([]);
  });
});
