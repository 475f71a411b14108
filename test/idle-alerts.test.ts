// Alert settings of a cluster that change nothing: they are told at every synthesis, and never refused.
import { parseFleet, synthesize } from '../charts/fleet';
import { plain, renderIdle } from '../charts/fleet/messages';
import { report } from '../scripts/output';
import { clusters, fleet } from './refusals/support';
import { fleetFiles, sample } from './support/fleets';

const external = 'prometheus: external, sidecar: {pods: {namespace: monitoring, labels: {a: b}}}';
const idleOf = (text: string) => parseFleet(text, 'fleet.yaml').idle;
const beside = (alerts: string, rest = ''): string =>
  clusters(`chicago: {in: kind}, seattle: {in: kind, ${rest}alerts: {${alerts}}}`);

test.each([
  [
    'an alert on nodes',
    'disable: [NodeCPUHighUsage]',
    '',
    'the same at clusters.chicago.alerts: chicago watches the nodes of kind.',
  ],
  [
    'an alert on the observer',
    'disable: [ThanosCompactHalted]',
    '',
    'the same at clusters.chicago.alerts: chicago watches the observer.',
  ],
  ['a threshold of nodes', 'diskFull: {free: 4%}', '', 'the same at clusters.chicago.alerts: chicago watches the nodes of kind.'],
  [
    'a threshold of the observer',
    'compactBacklog: {blocks: 9}',
    '',
    'the same at clusters.chicago.alerts: chicago watches the observer.',
  ],
  [
    'an alert on what there is not',
    'disable: [MemcachedItemsSkipped]',
    '',
    'leave it out: no cluster of the fleet evaluates such an alert.',
  ],
  [
    'an alert of a Prometheus',
    'disable: [service_down]',
    external,
    'leave it out; what that Prometheus evaluates is tuned where it is deployed.',
  ],
  [
    'a threshold of a Prometheus',
    'targetDown: {for: 9m}',
    external,
    'leave it out; what that Prometheus evaluates is tuned where it is deployed.',
  ],
  [
    'a threshold of nodes',
    'nodeCpu: {used: 80%}',
    external,
    'the same at clusters.chicago.alerts: chicago watches the nodes of kind.',
  ],
])('%s where it is not evaluated (%s) is told with who evaluates it', (_, alerts, rest, remedy) => {
  expect(idleOf(beside(alerts, rest && `${rest}, `))).toEqual([
    expect.objectContaining({ at: 'clusters.seattle.alerts', settings: [alerts.replace(/: \{.*/, '')], remedy }),
  ]);
});

test.each([
  [
    'a cluster',
    'seattle: {in: kind, alerts: {disable: [service_down, PrometheusReplicaDown], restarts: {perHour: 9}, volumeFull: {used: 80%}}}',
  ],
  [
    'the cluster that watches the nodes',
    'seattle: {in: kind, nodes: true, alerts: {disable: [NodeCPUHighUsage], diskFull: {free: 4%}}}',
  ],
  [
    'the cluster that watches the observer',
    'seattle: {in: kind, nodes: true, alerts: {disable: [ThanosCompactHalted], queryLatency: {p99: 9s}}}',
  ],
  ['an external one', `seattle: {in: kind, ${external}, alerts: {disable: [ClusterClockSkew], clusterUnreachable: {for: 9m}}}`],
])('what %s is told of its own alerts has an effect', (_, seattle) => {
  expect(idleOf(clusters(`chicago: {in: kind}, ${seattle}`))).toEqual([]);
});

test('what is for all clusters is never told, and neither is a cluster without settings', () => {
  expect(idleOf(fleet({ alerts: 'alerts: {disable: [MemcachedItemsSkipped], compactBacklog: {blocks: 9}}' }))).toEqual([]);
});

test.each(fleetFiles)('%s says nothing without an effect', (file) => {
  expect(sample(file).topology.fleet.idle).toEqual([]);
});

/** What the fleet's rule files say, by their ConfigMaps. */
const rulesOf = (text: string): string =>
  JSON.stringify(
    synthesize(parseFleet(text, 'fleet.yaml')).files.flatMap((f) => f.objects.filter((o) => o.kind === 'ConfigMap')),
  );

test.each(['disable: [NodeCPUHighUsage]', 'diskFull: {free: 4%}', 'disable: [service_down]', 'restarts: {perHour: 9}'])(
  '%s is told exactly if it changes no rule',
  (alerts) => {
    const unchanged = rulesOf(beside(alerts)) === rulesOf(beside(''));
    expect(idleOf(beside(alerts)).length > 0).toBe(unchanged);
  },
);

test('the report of a synthesis shows settings of one reason together', () => {
  const text = beside('diskFull: {free: 4%}, disable: [NodeCPUHighUsage, JobMissing]');
  const synthesized = synthesize(parseFleet(text, 'fleet.yaml'));
  const shown = renderIdle(synthesized.topology.fleet.idle, { ...plain, width: 80 });
  expect(shown).toBe(
    [
      'Without an effect:',
      '  clusters.seattle.alerts (diskFull, disable: [NodeCPUHighUsage, JobMissing]):',
      '    seattle evaluates no such alert',
      '  write instead: the same at clusters.chicago.alerts: chicago watches the nodes',
      '    of kind.',
    ].join('\n'),
  );
  expect(report('fleet.yaml', 'dist', synthesized, 0, { ...plain, width: 80 })).toContain(`\n${shown}\nNext:`);
  expect(renderIdle([])).toBe('');
});
