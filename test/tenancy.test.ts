// A querier for tenants: what it asks, what it adds to every query, and who may ask it.
import { parse } from 'yaml';
import type { Manifest } from '../charts/fleet';
import { fleet } from './refusals/support';
import { type Json, ofKind, sampleOf, workloadsOf } from './support/fleets';

const tenancy = 'tenancy: {label: team, header: X-Team, proxy: {namespace: login, labels: {app: proxy}}}';
const objectsOf = (observer: string): readonly Manifest[] =>
  sampleOf(
    'fleet.yaml',
    fleet({
      observer,
      clusters: 'clusters: {chicago: {in: kind, labels: {team: shop}}, seattle: {in: kind, labels: {team: web}}}',
    }),
  ).objects;
const shown = objectsOf(`observer: {in: kind, query: {replicas: 3, timeout: 90s, resources: {memory: 3Gi}}, ${tenancy}}`);
const name = 'thanos-query-tenants';
const container = (objects: readonly Manifest[], workload: string): Json =>
  workloadsOf(objects).find((w) => w.name === workload)?.spec.containers[0];
const policy = (workload: string): Json => ofKind(shown, 'NetworkPolicy').find((o) => o.metadata.name === workload)?.spec;

describe('the querier for tenants', () => {
  it('adds the tenant that the header names to every query', () => {
    expect(container(shown, name).args).toEqual(
      expect.arrayContaining(['--query.enforce-tenancy', '--query.tenant-label-name=team', '--query.tenant-header=X-Team']),
    );
  });
  it('asks the querier, which asks everybody, and nobody else', () => {
    const volume = workloadsOf(shown).find((w) => w.name === name)?.spec.volumes[0].configMap.name;
    const file = ofKind(shown, 'ConfigMap').find((o) => o.metadata.name === volume)?.data['endpoints.yaml'];
    expect(parse(file)).toEqual({ endpoints: [{ address: 'thanos-query.demo-observer.svc.cluster.local:10901' }] });
    const peers = policy(name).egress.flatMap((rule: Json) => rule.to.map((to: Json) => to.podSelector.matchLabels));
    expect(peers.map((labels: Json) => labels['app.kubernetes.io/name'] ?? labels['k8s-app'])).toEqual(
      expect.arrayContaining(['thanos-query', 'kube-dns']),
    );
    expect(peers).toHaveLength(2);
  });
  it('lets in those who say who the tenant is, and who scrapes it, at its HTTP port only', () => {
    const rules = policy(name).ingress.flatMap((rule: Json) =>
      rule.from.map((from: Json) => [from.podSelector.matchLabels, rule.ports.map((p: Json) => p.port)]),
    );
    expect(rules).toHaveLength(2);
    expect(rules).toContainEqual([{ app: 'proxy' }, [10902]]);
    expect(JSON.stringify(rules)).toContain('"app.kubernetes.io/name":"prometheus"');
  });
  it('tells replicas apart as the querier does, and waits as long', () => {
    const same = (args: string[]) => args.filter((a) => /replica-label|query\.timeout|partial-response/.test(a));
    expect(same(container(shown, name).args)).toEqual(same(container(shown, 'thanos-query').args));
    expect(same(container(shown, name).args).length).toBeGreaterThan(3);
  });
  it('is as often there as the querier, and as large', () => {
    expect(workloadsOf(shown).find((w) => w.name === name)?.replicas).toBe(3);
    expect(container(shown, name).resources.limits.memory).toBe('3Gi');
  });
  it('leaves everybody else at the querier that shows all', () => {
    expect(container(shown, 'thanos-query').args.filter((a: string) => a.includes('tenan'))).toEqual([]);
    expect(container(shown, 'thanos-query-frontend').args.filter((a: string) => a.includes(name))).toEqual([]);
  });
  it('is not there unless it is asked for', () => {
    expect(container(objectsOf('observer: {in: kind}'), name)).toBeUndefined();
  });
});
