// What is said when something is wrong with a fleet file. The refusals themselves are in test/refusals.
import { codes } from '../charts/fleet/codes';
import { loadFleet, parseFleet } from '../charts/fleet/load';
import { refusals } from './refusals';
import { ruleFile } from './refusals/alerts';
import { clusters, codesOf, errorOf, fleet, refusal, unmark } from './refusals/support';

const all = Object.values(refusals).flat();

test('every code is tripped by a fleet of test/refusals', () => {
  const withoutFleet = ['file']; // tried below
  expect(codes.filter((code) => !all.some((r) => r.code === code))).toEqual(withoutFleet);
});

test('codes are in the order of the alphabet', () => {
  expect(codes).toEqual([...codes].sort());
});

describe.each(Object.entries(refusals))('every refusal of %s', (_, table) => {
  test.each(table)('$code says where, what it would mean and what to write instead', ({ code, wrong }) => {
    const { text, position } = unmark(wrong);
    const { message } = refusal(text);
    expect(codesOf(message)).toEqual([code]);
    expect(message.startsWith(`${position}: `)).toBe(true);
    expect(message).toMatch(/^ {2}write instead: .+\.?$/m);
    expect(message).toMatch(/^ {2}it would mean: [^.].+\.$/m);
    expect(message).toMatch(/1 problem; nothing was written\.$/);
  });

  test.each(table)('$code is not said of what is nearly that', ({ right }) => {
    expect(() => parseFleet(right, 'fleet.yaml')).not.toThrow();
  });
});

test.each([
  ['form', '6:9', 'there is no key fro here'],
  ['promql', '5:15', 'is no PromQL'],
  ['name', '4:16', 'there is an alert service_down already'],
  ['partial', '3:5', 'there is no key partial_response_strategy here'],
])('the refusal of the rule file %s.yaml says where in it: %s', (name, position, problem) => {
  const { message } = refusal(ruleFile(name, ''));
  expect(message).toMatch(
    new RegExp(`^fleet\\.yaml:\\d+:\\d+: test/support/rules/${name}\\.yaml:${position}: .*${problem}`, 'm'),
  );
});

test('the refusal of an unknown alert names the one that was meant', () => {
  expect(refusal(fleet({ alerts: 'alerts: {disable: [PrometheusReplicasDown]}' })).message).toContain(
    'write instead: PrometheusReplicaDown.',
  );
});

describe('a message', () => {
  test('tells every mistake at once, in the order of the file', () => {
    const { message } = refusal(`name: Demo
kubernetes:
  kind: {platform: kind}
objectStore: {type: embedded, size: 5 GB}
observer: {in: kind, grafna: {}}
clusters:
  chicago: {in: kind, replicas: 0, scrapeInterval: 15}
`);
    expect(message.match(/^fleet\.yaml:\d+:\d+/gm)).toEqual([
      'fleet.yaml:1:1',
      'fleet.yaml:4:31',
      'fleet.yaml:5:22',
      'fleet.yaml:7:23',
      'fleet.yaml:7:36',
    ]);
    expect(message).toMatch(/5 problems; nothing was written\.$/);
  });

  test('shows the line and points at the place', () => {
    const { message } = refusal(clusters('chicago: {in: kind, replicas: 9}'));
    expect(message).toContain(
      '     5 | clusters: {chicago: {in: kind, replicas: 9}}\n       |                                ^\n',
    );
  });

  test.each([
    ['replcas', clusters('chicago: {in: kind, replcas: 2}'), 'replicas'],
    ['grafna', fleet({ observer: 'observer: {in: kind, grafna: {}}' }), 'grafana'],
    ['sizee', fleet({ objectStore: 'objectStore: {type: embedded, sizee: 5Gi}' }), 'size'],
    ['clutsers', `${fleet()}clutsers: {}\n`, 'clusters'],
  ])('names the key that was meant by %s', (_, text, meant) => {
    expect(refusal(text).message).toContain(`write instead: ${meant}, if that is what you mean.`);
  });

  test('lists the known keys where none is near', () => {
    expect(refusal(clusters('chicago: {in: kind, wallpaper: blue}')).message).toContain(
      'write instead: one of in, namespace, expose, replicas, labels, nodes, namespaces, scrapeInterval, retention, blockDuration, volume, resources, alerts.',
    );
  });

  test('names the Kubernetes cluster that was meant', () => {
    expect(refusal(clusters('chicago: {in: kin}')).message).toContain('write instead: kind, or describe kin under kubernetes.');
  });

  test('about a key that is written twice points at the second', () => {
    const { message } = refusal(clusters('chicago: {in: kind}, chicago: {in: kind}'));
    expect(message).toMatch(/^fleet\.yaml:5:33: Map keys must be unique \[yaml\]$/m);
  });

  test('about a file that is not there says how to name another', () => {
    const { message } = errorOf(() => loadFleet('nowhere/fleet.yaml'));
    expect(message).toMatch(/^nowhere\/fleet\.yaml: there is no such file \[file\]$/m);
    expect(message).toContain('write instead: FLEET=<path of a fleet file>, or make nowhere/fleet.yaml.');
  });

  test('about an empty file asks for a fleet', () => {
    expect(refusal('').message).toMatch(/^fleet\.yaml:1:1: the fleet is null, but it takes keys of its own \[wrong-type\]$/m);
  });
});
