// What people suffer from elsewhere: the table of docs/checks/README.md, and what of it no other test proves.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codes } from '../charts/fleet/codes';
import { bytes, seconds } from '../charts/kit/units';
import { alertNames } from '../charts/rules';
import {
  type Container,
  configFile,
  containersOf,
  demo,
  fleetFiles,
  type Json,
  ofKind,
  readText,
  root,
  type Sample,
  sample,
  samples,
} from './support/fleets';

describe('the table of what people suffer from', () => {
  const rows = readText('docs/checks/README.md')
    .split('\n')
    .filter((line) => /^\| \d+ \|/.test(line))
    .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')));
  const tests = Object.fromEntries(
    readdirSync(join(root, 'test'))
      .filter((file) => file.endsWith('.test.ts'))
      .map((file) => [`test/${file}`, readFileSync(join(root, 'test', file), 'utf8')]),
  );

  test('has 31 lines, each with where it is reported and what is done', () => {
    expect(rows.map(([number]) => Number(number))).toEqual(Array.from({ length: 31 }, (_, i) => i + 1));
    for (const [, pain, reported, here] of rows) {
      expect([pain, here]).toEqual([expect.stringMatching(/\S \S/), expect.stringMatching(/^\S.*\.$/)]);
      expect(reported).toMatch(/^(\[[\w-]+ \d+\]\(https:\/\/github\.com\/[\w-]+\/[\w-]+\/(issues|pull)\/\d+\)(, |$))+$/);
    }
  });

  test.each(rows.map(([number, pain, , , proof]) => [number, pain, proof?.split('; ') ?? []] as const))(
    'line %s (%s) names refusals, alerts and tests that there are',
    (_, __, proofs) => {
      const alerts = alertNames(demo().topology.fleet);
      expect(proofs.length).toBeGreaterThan(0);
      for (const proof of proofs) {
        const [, name = '', path = ''] = /^\[(.+)\]\((.+)\)$/.exec(proof) ?? [];
        const [, file = '', title = ''] = /^`(test\/.+\.test\.ts)`: (.+)$/.exec(proof) ?? [];
        const known =
          path === `${name}.md`
            ? codes.some((code) => code === name)
            : path === `../runbooks/${name}.md`
              ? alerts.includes(name)
              : tests[file]?.includes(title);
        expect([proof, known]).toEqual([proof, true]);
      }
    },
  );
});

const containers = (s: Sample, component: string): Container[] =>
  containersOf(s.objects).filter((c) => c.container.args?.[0] === component);
const flag = (c: Container, name: string): string | undefined =>
  (c.container.args as string[]).find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
/** Files of the ConfigMaps that a container mounts, by name. */
const filesOf = (s: Sample, c: Container): Record<string, string> => {
  const mounted = (c.workload.spec.volumes ?? []).flatMap((v: Json) => v.configMap?.name ?? []);
  const maps = ofKind(s.objects, 'ConfigMap').filter(
    (o) => o.metadata.namespace === c.workload.namespace && mounted.includes(o.metadata.name),
  );
  return Object.assign({}, ...maps.map((o) => o.data));
};
const endpointsOf = (s: Sample): Json[] => configFile(s.objects, s.topology.fleet.observer.namespace, 'endpoints.yaml').endpoints;
/** Bytes as Thanos writes them: its MB are Mi, too. */
const amount = (text: string): number => bytes(text.replace(/(?<=[KMGT])i?B$/, 'i'));

describe.each(fleetFiles)('in %s', (file) => {
  const s = sample(file);

  test('no endpoint that is looked up in the DNS is asked for TLS, which Thanos would forget', () => {
    const endpoints = endpointsOf(s);
    expect(endpoints.length).toBeGreaterThan(0);
    expect(endpoints.filter((e) => e.address.startsWith('dns') && (e.client_config || e.strict))).toEqual([]);
  });

  test('every sidecar is asked by itself', () => {
    const { clusters, observer } = s.topology.fleet;
    const remote = clusters.filter((c) => c.in !== observer.in).reduce((sum, c) => sum + c.replicas, 0);
    const addresses = endpointsOf(s).map((e) => e.address as string);
    expect(new Set(addresses).size).toBe(addresses.length);
    expect(addresses.filter((a) => !a.startsWith('dnssrv+'))).toHaveLength(remote);
    const near = clusters.filter((c) => c.in === observer.in);
    expect(near.filter((c) => !addresses.some((a) => a.includes(`.${c.namespace}.svc.`))).map((c) => c.name)).toEqual([]);
  });

  test('what is looked up in the DNS is a headless Service with a port named grpc', () => {
    for (const { address } of endpointsOf(s).filter((e) => e.address.startsWith('dns'))) {
      const [, name, namespace] = /^dnssrv\+_grpc\._tcp\.([^.]+)\.([^.]+)\.svc\./.exec(address) ?? [];
      const service = ofKind(s.objects, 'Service').find((o) => o.metadata.name === name && o.metadata.namespace === namespace);
      expect([address, service?.spec.clusterIP]).toEqual([address, 'None']);
      expect(service?.spec.ports.map((p: Json) => p.name)).toContain('grpc');
    }
  });

  test('replicas of Prometheus are never merged as if they were equal to the byte', () => {
    for (const c of [...containers(s, 'query'), ...containers(s, 'compact')]) {
      const algorithm = flag(c, 'deduplication.func');
      const merges = flag(c, 'deduplication.replica-label') !== undefined;
      expect([undefined, 'penalty']).toContain(algorithm);
      if (c.container.args[0] === 'compact' && merges) expect(algorithm).toBe('penalty');
    }
  });

  test('caches and pools of a store gateway leave it two fifths of its memory', () => {
    const stores = containers(s, 'store');
    expect(stores.length).toBeGreaterThan(0);
    for (const c of stores) {
      const caches = Object.values(filesOf(s, c)).flatMap((text) => [...text.matchAll(/^ +max_size: "?(\w+)"?$/gm)]);
      const used = [flag(c, 'chunk-pool-size') ?? '2GB', ...caches.map((m) => m[1] as string)].map(amount);
      expect(used.filter((n) => !(n > 0))).toEqual([]);
      expect(used.reduce((sum, n) => sum + n, 0)).toBeLessThanOrEqual(0.6 * bytes(c.container.resources.limits.memory));
      expect(c.container.args).toContain('--store.enable-index-header-lazy-reader');
    }
  });

  test('a query ends, and waits for no store for ever', () => {
    expect(containers(s, 'query').length).toBeGreaterThan(0);
    for (const c of containers(s, 'query')) {
      for (const name of ['query.timeout', 'store.response-timeout']) expect(seconds(flag(c, name) ?? '0s')).toBeGreaterThan(0);
    }
  });

  test('an alert of two rulers is one alert', () => {
    const rulers = containers(s, 'rule');
    expect(rulers.length).toBeGreaterThan(0);
    for (const c of rulers) {
      expect(flag(c, 'alert.label-drop')).toBe('rule_replica');
      expect(c.workload.kind).toBe('StatefulSet');
    }
  });

  test('the query frontend caches nothing that may still change', () => {
    expect(containers(s, 'query-frontend').length).toBeGreaterThan(0);
    for (const c of containers(s, 'query-frontend'))
      for (const cache of ['query-range', 'labels'])
        expect(seconds(flag(c, `${cache}.response-cache-max-freshness`) ?? '0s')).toBeGreaterThanOrEqual(300);
  });

  test('people get partial answers, and rules only where a lost cluster must not stop them', () => {
    for (const c of containers(s, 'query')) expect(c.container.args).toContain('--query.partial-response');
    const { namespace } = s.topology.fleet.observer;
    const groups = (name: string): Json[] => configFile(s.objects, namespace, name).groups;
    expect(groups('global.yaml').filter((g) => g.partial_response_strategy)).toEqual([]);
    const going = groups('global-partial.yaml');
    expect(going.filter((g) => g.partial_response_strategy !== 'warn')).toEqual([]);
    expect(going.flatMap((g) => g.rules.map((r: Json) => r.alert))).toContain('ClusterUnreachable');
  });

  test('a program that starts slowly or is busy is not killed for it', () => {
    for (const c of containersOf(s.objects).filter((one) => one.container.livenessProbe)) {
      const { periodSeconds, failureThreshold = 3, timeoutSeconds = 1 } = c.container.livenessProbe;
      const agent = c.workload.kind === 'DaemonSet';
      expect([c.id, periodSeconds * failureThreshold >= (agent ? 30 : 120), timeoutSeconds >= (agent ? 1 : 5)]).toEqual([
        c.id,
        true,
        true,
      ]);
    }
    for (const c of [
      ...containers(s, 'store'),
      ...containersOf(s.objects).filter((one) => one.container.name === 'prometheus'),
    ]) {
      const { periodSeconds, failureThreshold } = c.container.startupProbe;
      expect(periodSeconds * failureThreshold).toBeGreaterThanOrEqual(600);
    }
  });

  test('no volume is mounted by subPath, which never follows a change', () => {
    const mounts = containersOf(s.objects).flatMap((c) => c.container.volumeMounts ?? []);
    expect(mounts.length).toBeGreaterThan(0);
    expect(mounts.filter((m: Json) => m.subPath || m.subPathExpr)).toEqual([]);
  });

  test('cAdvisor says of which namespace, pod and container it speaks', () => {
    const cadvisors = containersOf(s.objects).filter((c) => c.container.name === 'cadvisor');
    expect(cadvisors.length).toBeGreaterThan(0);
    for (const { container } of cadvisors) {
      const labels = container.args.find((arg: string) => arg.startsWith('-whitelisted_container_labels='));
      for (const part of ['container.name', 'pod.name', 'pod.namespace']) expect(labels).toContain(`io.kubernetes.${part}`);
    }
  });

  test('every sender of alerts knows every Alertmanager', () => {
    const { replicas } = s.topology.fleet.observer.alertmanager;
    const known = [
      ...ofKind(s.objects, 'ConfigMap').flatMap((o) => {
        const text = o.data?.['prometheus.yml'];
        return text ? [configFile([o], o.metadata.namespace as string, 'prometheus.yml').alerting.alertmanagers] : [];
      }),
      configFile(s.objects, s.topology.fleet.observer.namespace, 'alertmanagers.yaml').alertmanagers,
    ];
    expect(known).toHaveLength(s.topology.fleet.clusters.length + 1);
    for (const alertmanagers of known) {
      const targets = alertmanagers.flatMap((a: Json) =>
        (a.static_configs as Json[]).flatMap((config) => (typeof config === 'string' ? [config] : config.targets)),
      );
      expect(new Set(targets).size).toBe(replicas);
    }
  });
});

test('nothing needs a CRD but what the fleet file asks for', () => {
  const ours = /^(v1|apps\/v1|policy\/v1|autoscaling\/v2|(rbac\.authorization|networking)\.k8s\.io\/v1)$/;
  const asked = (s: Sample) => [
    ...(/certManager:/.test(s.text) ? ['cert-manager.io'] : []),
    ...(/^externalSecrets:/m.test(s.text) ? ['external-secrets.io'] : []),
    ...(/^gitops:/m.test(s.text) ? ['argoproj.io'] : []),
  ];
  for (const s of samples())
    expect(
      s.objects
        .filter((o) => !ours.test(o.apiVersion) && !asked(s).some((group) => o.apiVersion.startsWith(group)))
        .map((o) => o.apiVersion),
    ).toEqual([]);
});
