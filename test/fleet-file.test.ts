// What a fleet file means.
import { readFileSync } from 'node:fs';
import { parseFleet } from '../charts/fleet/load';
import type { ResolvedFleet } from '../charts/fleet/resolve';
import { clusters, eks, fleet } from './refusals/support';

describe('a fleet file', () => {
  const resolved = (text: string): ResolvedFleet => parseFleet(text, 'fleet.yaml');

  test('needs no more than names and places', () => {
    const demo = resolved(fleet());
    expect(demo.clusters).toEqual([
      {
        name: 'chicago',
        in: 'kind',
        namespace: 'demo-chicago',
        replicas: 2,
        labels: {},
        nodes: true,
        namespaces: [],
        scrapeInterval: '15s',
        retention: '48h',
        blockDuration: '30m',
        targetLimits: {},
        volume: '2Gi',
        resources: { cpu: '100m', memory: '256Mi', memoryLimit: '1Gi' },
        sidecar: { cpu: '20m', memory: '48Mi', memoryLimit: '256Mi' },
        alerts: {
          targetDown: { for: '2m' },
          componentDown: { for: '3m' },
          incomplete: { for: '10m' },
          highLoad: { threshold: 0.5 },
          prometheusReplicaDown: { for: '15s' },
          clusterUnreachable: { for: '1m' },
          uploadLag: { for: '15m' },
          bucketErrors: { ratio: 0.05, for: '15m' },
          queryErrors: { ratio: 0.05 },
          queryLatency: { p99: '40s' },
          compactBacklog: { blocks: 20, for: '12h' },
          diskFull: { within: '24h', free: 0.05 },
          volumeFull: { within: '24h', used: 0.9 },
          nodeMemory: { used: 0.9 },
          nodeCpu: { used: 0.9 },
          containerMemory: { used: 0.9 },
          restarts: { perHour: 3 },
          disable: [],
          ruleFiles: [],
        },
      },
      expect.objectContaining({ name: 'seattle', namespace: 'demo-seattle', nodes: false }),
    ]);
    expect(demo.kubernetes[0]).toMatchObject({
      name: 'kind',
      context: 'kind-kind',
      podCidrs: ['10.244.0.0/16'],
      localhostFrom: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'],
      agentsNamespace: 'demo-agents',
    });
    expect(demo.objectStore).toEqual({ type: 'embedded', namespace: 'demo-object-store', size: '5Gi', toleratedOutage: '24h' });
    expect(demo.observer).toMatchObject({
      namespace: 'demo-observer',
      query: { replicas: 1, timeout: '2m' },
      queryFrontend: { replicas: 1 },
      alertmanager: { replicas: 1, receivers: [] },
    });
    expect(demo.retention).toEqual({ raw: '30d', '5m': '180d', '1h': '2y' });
    expect(demo.alerts).toMatchObject({ highLoad: { threshold: 0.5 }, prometheusReplicaDown: { for: '15s' } });
  });

  test('on EKS has the defaults of production', () => {
    const cloud = resolved(eks());
    expect(cloud.kubernetes[0]).toMatchObject({ storageClass: 'gp3', localhostFrom: [] });
    expect(cloud.clusters[0]).toMatchObject({
      replicas: 2,
      retention: '48h',
      blockDuration: '2h',
      volume: '50Gi',
      resources: { cpu: '500m', memory: '4Gi', memoryLimit: '4Gi' },
    });
    expect(cloud.observer).toMatchObject({
      query: { replicas: 2 },
      queryFrontend: { replicas: 2 },
      alertmanager: { replicas: 3 },
    });
  });

  test('knows an EKS cluster by its ARN, which is the context unless it says another', () => {
    const aws = (keys: string, region = 'eu-west-1') =>
      resolved(eks({ kubernetes: `kubernetes: {cloud: {platform: eks, ${keys}}}` }).replace('eu-west-1', region)).kubernetes[0]
        ?.aws;
    const china = 'arn:aws-cn:eks:cn-north-1:444455556666:cluster/metrics_1';
    expect(aws('context: arn:aws:eks:eu-west-1:111122223333:cluster/obs')).toEqual({
      arn: 'arn:aws:eks:eu-west-1:111122223333:cluster/obs',
      partition: 'aws',
      region: 'eu-west-1',
      account: '111122223333',
      name: 'obs',
    });
    expect(aws(`context: obs, arn: ${china}, oidcProvider: https://oidc.example.com/id/1`, 'cn-north-1')).toEqual({
      arn: china,
      partition: 'aws-cn',
      region: 'cn-north-1',
      account: '444455556666',
      name: 'metrics_1',
      oidcProvider: 'oidc.example.com/id/1',
    });
  });

  test('takes numbers of YAML for CPU and series, as their texts', () => {
    const cluster = (cpu: string, series: string) =>
      resolved(fleet({ clusters: `clusters: {chicago: {in: kind, series: ${series}, resources: {cpu: ${cpu}}}}` })).clusters[0];
    expect(cluster('2', '50000')).toEqual(cluster('"2"', '50k'));
    expect(cluster('0.5', '1000000')).toEqual(cluster('"0.5"', '1M'));
  });

  test('tunes alerts for all clusters, and for one of them', () => {
    const { alerts, clusters: all } = resolved(
      fleet({
        clusters:
          'clusters: {chicago: {in: kind}, seattle: {in: kind, alerts: {compactBacklog: {for: 1h}, diskFull: {free: 7%}, disable: [high_load]}}}',
        alerts: 'alerts: {compactBacklog: {blocks: 5}, targetDown: {for: 5m}, disable: [Watchdog]}',
      }),
    );
    const [chicago, seattle] = all;
    expect(alerts).toMatchObject({ targetDown: { for: '5m' }, disable: ['Watchdog'] });
    expect(chicago?.alerts).toMatchObject({ compactBacklog: { blocks: 5, for: '12h' }, disable: ['Watchdog'] });
    expect(seattle?.alerts).toMatchObject({
      compactBacklog: { blocks: 5, for: '1h' },
      targetDown: { for: '5m' },
      diskFull: { within: '24h', free: 0.07 },
      disable: ['Watchdog', 'high_load'],
    });
  });

  test('has objectives for queries', () => {
    expect(resolved(fleet()).slo.queries).toEqual({ availability: 0.999, latency: { objective: 0.99, seconds: 6 } });
    expect(resolved(`${fleet()}slo: {queries: {availability: 99.95%, latency: {threshold: 300ms}}}`).slo.queries).toEqual({
      availability: 0.9995,
      latency: { objective: 0.99, seconds: 0.3 },
    });
  });

  test('takes rule files for the ruler, for every cluster and for one', () => {
    const { alerts, clusters: all } = resolved(
      fleet({
        alerts: 'alerts: {ruleFiles: {global: [test/support/rules/partial.yaml], cluster: [test/support/rules/good.yaml]}}',
        clusters: 'clusters: {chicago: {in: kind}, seattle: {in: kind, alerts: {ruleFiles: [test/support/rules/good.yaml]}}}',
      }),
    );
    expect(alerts.ruleFiles.map((f) => f.name)).toEqual(['user-1-partial']);
    expect(all.map((c) => c.alerts.ruleFiles.map((f) => f.name))).toEqual([['user-1-good'], ['user-1-good', 'user-2-good']]);
    expect(all[0]?.alerts.ruleFiles[0]?.text).toBe(readFileSync('test/support/rules/good.yaml', 'utf8'));
  });

  test('gives the nodes to the first cluster that may have them', () => {
    const watchers = (text: string) =>
      resolved(clusters(text))
        .clusters.filter((c) => c.nodes)
        .map((c) => c.name);
    expect(watchers('seattle: {in: kind}, chicago: {in: kind}')).toEqual(['chicago']);
    expect(watchers('chicago: {in: kind, nodes: false}, seattle: {in: kind}')).toEqual(['seattle']);
    expect(watchers('chicago: {in: kind}, seattle: {in: kind, nodes: true}')).toEqual(['seattle']);
  });

  test('with one receiver needs no default', () => {
    const { alertmanager } = resolved(
      fleet({ observer: 'observer: {in: kind, alertmanager: {receivers: {us: {slack: {channel: a, secret: b}}}}}' }),
    ).observer;
    expect(alertmanager.defaultReceiver).toBe('us');
  });
});
