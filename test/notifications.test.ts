// Notifications: who is told of what, where the secrets are, and that nobody is told of what follows from something worse.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { type AlertmanagerConfig, nowhere } from '../charts/config/alertmanager';
import { parseFleet } from '../charts/fleet';
import { timeZones } from '../charts/fleet/time-zones';
import { alertNames } from '../charts/rules';
import { fleet, refusal } from './refusals/support';
import { configFile, demo, fleetFiles, type Json, ofKind, readText, root, sample, sampleOf, workloadsOf } from './support/fleets';

const example = 'examples/notifications/fleet.yaml';
type Labels = Readonly<Record<string, string>>;
type Route = AlertmanagerConfig['route'];

const configOf = (file: string): AlertmanagerConfig =>
  configFile(sample(file).objects, sample(file).topology.fleet.observer.namespace, 'alertmanager.yml');
const podOf = (file: string): Json => workloadsOf(sample(file).objects).find((w) => w.name === 'alertmanager')?.spec;

/** Alertmanager's matchers: `label=value` and the like, values quoted; a label that is not there is empty. */
const matches = (matcher: string, labels: Labels): boolean => {
  const [, label = '', operator = '', value = ''] = /^(\w+)(=~|!~|!=|=)(".*")$/s.exec(matcher) ?? [];
  if (!operator) throw new Error(`no matcher: ${matcher}`);
  const [actual, wanted] = [labels[label] ?? '', JSON.parse(value) as string];
  const equal = operator.endsWith('~') ? new RegExp(`^(?:${wanted})$`, 's').test(actual) : actual === wanted;
  return operator.startsWith('!') ? !equal : equal;
};
const allMatch = (matchers: readonly string[] | undefined, labels: Labels) => (matchers ?? []).every((m) => matches(m, labels));

/** Receivers in the order of the routes (alertmanager dispatch.Route.Match). */
const receiversOf = (route: Route, labels: Labels): string[] => {
  const found: string[] = [];
  for (const child of route.routes ?? []) {
    if (!allMatch(child.matchers, labels)) continue;
    found.push(...receiversOf(child, labels));
    if (!child.continue) break;
  }
  return found.length > 0 ? found : [route.receiver];
};

describe.each(fleetFiles.filter((file) => existsSync(join(root, dirname(file), 'routing.yaml'))))('%s', (file) => {
  const table = parse(readText(join(dirname(file), 'routing.yaml'))) as { alert: Labels; receivers: string[] }[];
  test.each(table)('$alert goes to $receivers', ({ alert, receivers }) => {
    expect(receiversOf(configOf(file).route, alert)).toEqual(receivers.length > 0 ? receivers : [nowhere]);
  });
});

test('every receiver of the example is told of something in its table', () => {
  const table = parse(readText(join(dirname(example), 'routing.yaml'))) as { receivers: string[] }[];
  expect([...new Set(table.flatMap((row) => row.receivers))].sort()).toEqual(configOf(example).receivers.map((r) => r.name));
});

test('the example has every kind of integration', () => {
  const kinds = new Set(configOf(example).receivers.flatMap((r) => Object.keys(r).filter((key) => key !== 'name')));
  expect([...kinds].sort()).toEqual(
    ['slack', 'pagerduty', 'opsgenie', 'email', 'msteamsv2', 'webhook'].map((kind) => `${kind}_configs`).sort(),
  );
});

describe('the alert that always fires', () => {
  const watchdog = { alertname: 'Watchdog', severity: 'none', cluster: 'chicago' };
  test.each(fleetFiles)("reaches nobody but a dead man's switch in %s", (file) => {
    const { deadMansSwitch } = sample(file).topology.fleet.observer.alertmanager;
    expect(receiversOf(configOf(file).route, watchdog)).toEqual([deadMansSwitch?.receiver ?? nowhere]);
  });
  test('is sent every minute by default: the group is looked at twice as often, and a look may come too soon', () => {
    expect(configOf(example).route.routes?.[0]).toMatchObject({ group_interval: '30s', repeat_interval: '30s' });
  });
  test('is never said to be over', () => {
    const settings = configOf(example).receivers.flatMap(({ name, ...integrations }) =>
      Object.values(integrations).map(([first]) => [name, (first as Json).send_resolved]),
    );
    expect(settings.filter(([, sends]) => sends === false)).toEqual([['heartbeat', false]]);
  });
});

describe('secrets of receivers', () => {
  const config = configOf(example);
  const files = JSON.stringify(config.receivers).match(/\/etc\/alertmanager\/receivers\/[^"]+/g) ?? [];
  const pod = podOf(example);

  test('are files that are mounted, each alone', () => {
    const mounted = pod.volumes.flatMap((v: Json) =>
      (v.projected?.sources ?? []).flatMap((s: Json) =>
        s.secret.items.map(
          (i: Json) => `${pod.containers[0].volumeMounts.find((m: Json) => m.name === v.name).mountPath}/${i.path}`,
        ),
      ),
    );
    expect(files.length).toBe(8);
    expect([...mounted].sort()).toEqual([...files].sort());
    for (const m of pod.containers[0].volumeMounts.filter((m: Json) => m.name !== 'data')) expect(m.readOnly).toBe(true);
  });
  test('come from the keys that the fleet file names', () => {
    const sources = pod.volumes.flatMap((v: Json) => (v.projected?.sources ?? []).map((s: Json) => s.secret));
    expect(sources).toContainEqual({ name: 'slack-on-call', items: [{ key: 'webhook', path: 'slack' }] });
    expect(sources).toContainEqual({ name: 'pagerduty-on-call', items: [{ key: 'routingKey', path: 'pagerduty' }] });
    expect(sources).toContainEqual({ name: 'opsgenie-shop', items: [{ key: 'apiKey', path: 'opsgenie' }] });
    expect(sources).toContainEqual({ name: 'smtp-login', items: [{ key: 'password', path: 'email' }] });
  });
  test('are nowhere else: no setting that takes one, no variable, no Secret of our own', () => {
    const secretSettings = /"(api_url|routing_key|service_key|api_key|auth_password|auth_secret|webhook_url|url)":/;
    expect(JSON.stringify(config.receivers).replace(/"api_url":"https:\/\/api\.eu\.opsgenie\.com"/, '')).not.toMatch(
      secretSettings,
    );
    expect(pod.containers[0].env.map((e: Json) => e.name)).toEqual(['POD_IP']);
    const own = ofKind(sample(example).objects, 'Secret').map((o) => o.metadata.name);
    expect(own.filter((name) => pod.volumes.some((v: Json) => JSON.stringify(v).includes(name)))).toEqual([]);
  });
});

test('ports of receivers are opened, and nothing else to the internet', () => {
  const policy = ofKind(sample(example).objects, 'NetworkPolicy').find((o) => o.metadata.name === 'alertmanager');
  const outside = policy?.spec.egress.filter((rule: Json) => rule.to.some((peer: Json) => peer.ipBlock));
  const ports = outside.flatMap((rule: Json) => rule.ports.map((p: Json) => p.port));
  expect([...new Set(ports)].sort()).toEqual([443, 587, 8443]);
});

test("peers gossip by every replica's own name, and tell each other their address", () => {
  const args: string[] = podOf(example).containers[0].args;
  expect(args.filter((a) => a.startsWith('--cluster.'))).toEqual([
    '--cluster.listen-address=0.0.0.0:9094',
    '--cluster.advertise-address=$(POD_IP):9094',
    ...[0, 1, 2].map((i) => `--cluster.peer=alertmanager-${i}.alertmanager.mall-observer.svc.cluster.local:9094`),
  ]);
  const service = ofKind(sample(example).objects, 'Service').find((o) => o.metadata.name === 'alertmanager');
  expect(service?.spec).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
});

describe('inhibition', () => {
  const rules = configOf('fleet.yaml').inhibit_rules;
  /** Whether an alert keeps another from being sent (alertmanager inhibit). */
  const inhibits = (source: Labels, target: Labels): boolean =>
    rules.some(
      (rule) =>
        allMatch(rule.source_matchers, source) &&
        allMatch(rule.target_matchers, target) &&
        rule.equal.every((label) => (source[label] ?? '') === (target[label] ?? '')),
    );
  const unreachable = { alertname: 'ClusterUnreachable', cluster: 'a', severity: 'critical' };
  const replica = { alertname: 'PrometheusReplicaDown', cluster: 'a', severity: 'critical' };
  const down = { alertname: 'service_down', cluster: 'a', severity: 'critical', instance: 'prometheus-0:9090' };
  const partial = { alertname: 'ThanosQueryPartialResponses', severity: 'warning' };
  const missing = { alertname: 'ThanosQueryEndpointsMissing', cluster: 'a', severity: 'warning' };
  const isDown = { alertname: 'ThanosStoreIsDown', cluster: 'a', severity: 'critical', job: 'thanos-store' };
  const ruleFailures = { alertname: 'ThanosRuleHighRuleEvaluationFailures', cluster: 'a', severity: 'critical' };
  const bucket = { alertname: 'ObjectStoreUnreachable', cluster: 'a', severity: 'critical' };
  const lag = { alertname: 'ThanosSidecarUploadLagging', cluster: 'b', pod: 'prometheus-0' };
  const disk = { alertname: 'DiskFull', cluster: 'a', instance: 'x', device: 'sda' };
  const claim = { alertname: 'PersistentVolumeFilling', cluster: 'a', namespace: 'n', persistentvolumeclaim: 'a' };

  test.each([
    ['what the ruler says of an unreachable cluster', unreachable, { ...replica, ruler: 'global' }, true],
    ['nothing of another cluster', unreachable, { ...replica, ruler: 'global', cluster: 'b' }, false],
    ['what follows in the cluster itself', unreachable, { ...down, job: 'thanos-sidecar' }, true],
    ['that its StoreAPIs are missed', unreachable, { ...missing, store_type: 'sidecar' }, true],
    ['not what has arrived from it all the same', unreachable, { ...disk, severity: 'critical' }, false],
    ['not why every cluster is silent', unreachable, { ...down, job: 'thanos-query' }, false],
    ['not what has no cluster', { alertname: 'ClusterUnreachable', severity: 'critical' }, { alertname: 'x' }, false],
    ['that answers lack an unreachable cluster', unreachable, { ...partial, cluster: 'b' }, true],
    ['not itself', unreachable, unreachable, false],
    ['not the sign of life', unreachable, { alertname: 'Watchdog', cluster: 'a', severity: 'none' }, false],
    ['the scrape of a replica that is known to be down', replica, { ...down, job: 'prometheus' }, true],
    ['that of its sidecar', replica, { ...down, job: 'thanos-sidecar' }, true],
    ['not that of another program', replica, { ...down, job: 'thanos-query' }, false],
    ['not that of another cluster', replica, { ...down, job: 'prometheus', cluster: 'b' }, false],
    ['that the pair is incomplete', replica, { alertname: 'PrometheusPairIncomplete', cluster: 'a', severity: 'warning' }, true],
    ['that its StoreAPI is missed', replica, { ...missing, store_type: 'sidecar' }, true],
    ['not that another StoreAPI is', replica, { ...missing, store_type: 'store' }, false],
    [
      'that the store gateway is missed',
      { ...isDown, alertname: 'ThanosStoreIsDown' },
      { ...missing, store_type: 'store' },
      true,
    ],
    ['that nothing of a job answers when its targets are known', { ...down, job: 'thanos-store' }, isDown, true],
    ['not that nothing of another job does', { ...down, job: 'thanos-rule' }, isDown, false],
    [
      'not that nothing of a shard does',
      { ...down, job: 'thanos-store' },
      { ...isDown, deployment: 'thanos-store-0-of-2' },
      false,
    ],
    ['what fails without a querier', { ...isDown, alertname: 'ThanosQueryIsDown' }, ruleFailures, true],
    ['what fails without the bucket', bucket, { ...isDown, alertname: 'ThanosCompactBucketHighOperationFailures' }, true],
    ['that uploads lag without the bucket, of every cluster', bucket, { ...lag, severity: 'warning' }, true],
    ['not that data will be lost', bucket, { ...lag, severity: 'critical' }, false],
    ['the warning of what is critical', { ...disk, severity: 'critical' }, { ...disk, severity: 'warning' }, true],
    ['the information of what is a warning', { ...disk, severity: 'warning' }, { ...disk, severity: 'info' }, true],
    ['not what is worse', { ...disk, severity: 'warning' }, { ...disk, severity: 'critical' }, false],
    [
      'not another volume',
      { ...claim, severity: 'critical' },
      { ...claim, severity: 'warning', persistentvolumeclaim: 'b' },
      false,
    ],
    ['not another disk', { ...disk, severity: 'critical' }, { ...disk, device: 'sdb', severity: 'warning' }, false],
  ])('keeps back %s', (_, source: Labels, target: Labels, expected) => {
    expect(inhibits(source, target)).toBe(expected);
  });

  test('speaks of alerts that there are', () => {
    const named = rules.flatMap((rule) =>
      [...rule.source_matchers, ...rule.target_matchers].flatMap(
        (m) => /^alertname!?=~?"([^"]+)"$/.exec(m)?.[1]?.split('|') ?? [],
      ),
    );
    const known = alertNames(demo().topology.fleet);
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => !known.some((k) => new RegExp(`^(?:${name})$`).test(k)))).toEqual([]);
  });
});

test('a value with quotes and operators stays a value', () => {
  const labels = { alertname: 'x', severity: 'info', say: '"no" | .* \\' };
  const match = JSON.stringify({ say: labels.say });
  const text = demo().text.replace(
    'observer: {in: kind}',
    `observer: {in: kind, alertmanager: {receivers: {us: {webhook: {secret: a}}, them: {webhook: {secret: b}}}, defaultReceiver: us, routes: [{receiver: them, match: ${match}}]}}`,
  );
  const config = configFile(sampleOf('fleet.yaml', text).objects, 'demo-observer', 'alertmanager.yml');
  expect(receiversOf(config.route, labels)).toEqual(['them']);
  expect(receiversOf(config.route, { ...labels, say: 'no' })).toEqual(['us']);
});

test('a team with operators in its name is that team only', () => {
  const text = demo()
    .text.replace('chicago: {in: kind}', 'chicago: {in: kind, labels: {team: a.b}}')
    .replace('seattle: {in: kind}', 'seattle: {in: kind, labels: {team: c}}')
    .replace(
      'observer: {in: kind}',
      'observer: {in: kind, alertmanager: {receivers: {us: {webhook: {secret: a}}, them: {webhook: {secret: b}}}, defaultReceiver: us, routes: [{receiver: them, team: [a.b, c]}]}}',
    );
  const { route } = configFile(sampleOf('fleet.yaml', text).objects, 'demo-observer', 'alertmanager.yml');
  expect(receiversOf(route, { alertname: 'x', team: 'a.b' })).toEqual(['them']);
  expect(receiversOf(route, { alertname: 'x', team: 'axb' })).toEqual(['us']);
  expect(receiversOf(route, { alertname: 'ClusterUnreachable', cluster: 'seattle' })).toEqual(['them']);
});

describe('what to write instead of a range that ends before it begins is taken, of', () => {
  const days = [-31, -30, -28, -3, -2, -1, 1, 2, 3, 28, 29, 31];
  const pairs = (parts: readonly (string | number)[], joint: string) =>
    parts.flatMap((a) => parts.map((b) => `${a}${joint}${b}`));
  const mute = (interval: object): string =>
    fleet({ observer: `observer: ${JSON.stringify({ in: 'kind', alertmanager: { muteTimeIntervals: { nights: interval } } })}` });

  test.each([
    ['times', pairs(['00:00', '00:01', '09:00', '23:59'], '-')],
    ['weekdays', pairs(['sunday', 'monday', 'friday', 'saturday'], ':')],
    ['daysOfMonth', pairs(days, ':')],
    ['months', pairs([1, 2, 'june', 11, 'december'], ':')],
  ])('%s', (key, ranges) => {
    // another condition beside it, so that it is not always
    const others = key === 'weekdays' ? { months: ['may'] } : { weekdays: ['sunday'] };
    const said = refusal(mute({ ...others, [key]: ranges })).violations;
    const remedies = said.map((v) => v.remedy.replace(/(, or .*)?\.$/, '')).filter((remedy) => !remedy.startsWith('no '));
    expect(new Set(said.map((v) => v.code))).toEqual(new Set(['interval-backwards']));
    expect(remedies.length).toBeGreaterThan(1);
    const better = remedies.flatMap((remedy) => parse(remedy));
    expect(() => parseFleet(mute({ ...others, [key]: better }), 'fleet.yaml')).not.toThrow();
  });
});

describe('a time zone', () => {
  const located = (location: string): string =>
    fleet({
      observer: `observer: {in: kind, alertmanager: {muteTimeIntervals: {a: {weekdays: [sunday], location: ${location}}}}}`,
    });

  test.each([
    ['europe/berlin', 'Europe/Berlin.'],
    ['US/PACIFIC', 'US/Pacific.'],
    ['America/port-of-spain', 'America/Port_of_Spain.'],
    ['asia/kolkata', 'Asia/Kolkata.'],
    ['Utc', 'UTC.'],
    ['New_York', 'America/New_York.'],
    ['Europe/Berlinn', 'Europe/Berlin.'],
    ...['CEST', 'PST', 'BST', 'Local'].map((name) => [name, 'a name of the time zone database, such as Europe/Berlin, or UTC.']),
  ])('%s is told the name that Alertmanager takes: %s', (location, remedy) => {
    expect(refusal(located(location as string)).violations).toEqual([
      expect.objectContaining({ code: 'unknown-time-zone', remedy }),
    ]);
  });

  test('is one that JavaScript knows, but for those that are newer than its database', () => {
    const isKnown = (timeZone: string): boolean => {
      try {
        return new Intl.DateTimeFormat('en', { timeZone }) !== undefined;
      } catch {
        return false;
      }
    };
    expect(timeZones.filter((zone) => !isKnown(zone)).length).toBeLessThan(5);
  });

  test.each(Intl.supportedValuesOf('timeZone').filter((_, i) => i % 40 === 0))('is taken: %s', (zone) => {
    expect(() => parseFleet(located(zone), 'fleet.yaml')).not.toThrow();
  });
});

describe('docs/notifications.md', () => {
  const blocks = [...readText('docs/notifications.md').matchAll(/```yaml\n(.*?)```/gs)].map((m) => parse(m[1] as string));
  test.each(blocks.filter((block) => !Array.isArray(block)).map((block) => [Object.keys(block.receivers).join(), block]))(
    'shows what a fleet file takes: %s',
    (_, alertmanager) => {
      const text = demo().text.replace('observer: {in: kind}', `observer: ${JSON.stringify({ in: 'kind', alertmanager })}`);
      expect(() => sampleOf('fleet.yaml', text)).not.toThrow();
    },
  );
});
