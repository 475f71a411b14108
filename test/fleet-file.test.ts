// What a fleet file means, and what is said when something is wrong with it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadFleet, parseFleet } from '../charts/fleet/load';
import type { ResolvedFleet } from '../charts/fleet/resolve';
import { FleetError } from '../charts/fleet/violations';

const parts = {
  name: 'name: demo',
  kubernetes: 'kubernetes: {kind: {platform: kind}}',
  objectStore: 'objectStore: {type: embedded}',
  observer: 'observer: {in: kind}',
  clusters: 'clusters: {chicago: {in: kind}, seattle: {in: kind}}',
  retention: '',
  alerts: '',
};

/** A small fleet with some of its parts written otherwise. */
const fleet = (changes: Partial<typeof parts> = {}): string => `${Object.values({ ...parts, ...changes }).join('\n')}\n`;
const clusters = (text: string): string => fleet({ clusters: `clusters: {${text}}` });

/** Where » marks the text, as `file:line:column`, and the text without the mark. */
const unmark = (marked: string) => {
  const at = marked.indexOf('»');
  const lines = marked.slice(0, at).split('\n');
  const text = marked.replace('»', '');
  return { text, position: `fleet.yaml:${lines.length}:${(lines.at(-1) as string).length + 1}` };
};

const errorOf = (run: () => unknown): FleetError => {
  try {
    run();
  } catch (error) {
    if (error instanceof FleetError) return error;
    throw error;
  }
  throw new Error('it was accepted');
};
const refusal = (text: string): FleetError => errorOf(() => parseFleet(text, 'fleet.yaml'));
const codesOf = (message: string): string[] => [...message.matchAll(/ \[([a-z-]+)\]$/gm)].map((m) => m[1] as string);

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
        volume: '2Gi',
        resources: { cpu: '100m', memory: '256Mi', memoryLimit: '1Gi' },
        alerts: {
          targetDown: { for: '2m' },
          highLoad: { threshold: 0.5 },
          prometheusReplicaDown: { for: '15s' },
          clusterUnreachable: { for: '10m' },
          uploadLag: { for: '15m' },
          bucketErrors: { ratio: 0.05 },
          queryErrors: { ratio: 0.05 },
          queryLatency: { p99: '40s' },
          compactBacklog: { blocks: 20, for: '6h' },
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
    expect(chicago?.alerts).toMatchObject({ compactBacklog: { blocks: 5, for: '6h' }, disable: ['Watchdog'] });
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

/** Every check of checks.ts: a fleet that trips it at », and one that nearly does. */
const checks: readonly { readonly code: string; readonly wrong: string; readonly right: string }[] = [
  { code: 'unknown-kubernetes', wrong: clusters('chicago: {»in: knd}'), right: clusters('chicago: {in: kind}') },
  { code: 'unknown-kubernetes', wrong: clusters('chicago: {»in: constructor}'), right: clusters('constructor: {in: kind}') },
  { code: 'unknown-kubernetes', wrong: fleet({ observer: 'observer: {»in: kin}' }), right: fleet() },
  { code: 'no-clusters', wrong: fleet({ clusters: '»clusters: {}' }), right: clusters('chicago: {in: kind}') },
  {
    code: 'not-reachable',
    wrong: fleet({
      kubernetes: 'kubernetes: {kind: {platform: kind}, other: {platform: kind}}',
      clusters: 'clusters: {chicago: {in: kind}, seattle: {»in: other}}',
    }),
    right: fleet({
      kubernetes: 'kubernetes: {other: {platform: kind}}',
      observer: 'observer: {in: other}',
      clusters: 'clusters: {seattle: {in: other}}',
    }),
  },
  {
    code: 'unused-kubernetes',
    wrong: fleet({ kubernetes: 'kubernetes: {kind: {platform: kind}, »spare: {platform: kind}}' }),
    right: fleet(),
  },
  {
    code: 'nodes-counted-twice',
    wrong: clusters('chicago: {in: kind, nodes: true}, seattle: {in: kind, »nodes: true}'),
    right: clusters('chicago: {in: kind, nodes: true}, seattle: {in: kind, nodes: false}'),
  },
  {
    code: 'nodes-unwatched',
    wrong: clusters('chicago: {in: kind, »nodes: false}, seattle: {in: kind, nodes: false}'),
    right: clusters('chicago: {in: kind, nodes: false}, seattle: {in: kind}'),
  },
  ...['cluster', 'replica', 'ruler', 'rule_replica', '__name__'].map((label) => ({
    code: 'reserved-label',
    wrong: clusters(`chicago: {in: kind, labels: {»${label}: a}}`),
    right: clusters(`chicago: {in: kind, labels: {${label.replace(/^_+/, '')}s: a}}`),
  })),
  {
    code: 'name-too-long',
    wrong: clusters(`»${'c'.repeat(59)}: {in: kind}`),
    right: clusters(`${'c'.repeat(58)}: {in: kind}`),
  },
  {
    code: 'namespace-twice',
    wrong: clusters('chicago: {in: kind, »namespace: demo-observer}'),
    right: clusters('chicago: {in: kind, namespace: demo-observers}'),
  },
  {
    code: 'namespace-of-kubernetes',
    wrong: clusters('chicago: {in: kind, »namespace: kube-system}'),
    right: clusters('chicago: {in: kind, namespace: kube}'),
  },
  {
    code: 'namespace-of-kubernetes',
    wrong: clusters('chicago: {in: kind, »namespace: default}'),
    right: clusters('chicago: {in: kind, namespace: defaults}'),
  },
  ...['observer', 'agents', 'object-store', 'chicago'].map((part) => ({
    code: 'namespace-of-fleet',
    wrong: clusters(`chicago: {in: kind, namespaces: [shop, »demo-${part}]}`),
    right: clusters(`chicago: {in: kind, namespaces: [shop, ${part}]}`),
  })),
  {
    code: 'namespace-claimed-twice',
    wrong: clusters('chicago: {in: kind, namespaces: [shop]}, seattle: {in: kind, namespaces: [web, »shop]}'),
    right: clusters('chicago: {in: kind, namespaces: [shop]}, seattle: {in: kind, namespaces: [web, shops]}'),
  },
  {
    code: 'retention-before-downsampling',
    wrong: fleet({ retention: 'retention: {»raw: 2d23h}' }),
    right: fleet({ retention: 'retention: {raw: 3d, 5m: 0s}' }),
  },
  {
    code: 'retention-before-downsampling',
    wrong: fleet({ retention: 'retention: {»5m: 15d}' }),
    right: fleet({ retention: 'retention: {raw: 0s, 5m: 16d}' }),
  },
  {
    code: 'local-retention-under-three-blocks',
    wrong: clusters('chicago: {in: kind, blockDuration: 2h, »retention: 5h59m}'),
    right: fleet({
      objectStore: 'objectStore: {type: embedded, toleratedOutage: 6h}',
      clusters: 'clusters: {chicago: {in: kind, blockDuration: 2h, retention: 6h}}',
    }),
  },
  {
    code: 'local-retention-under-outage',
    wrong: clusters('chicago: {in: kind, »retention: 23h}'),
    right: clusters('chicago: {in: kind, retention: 24h}'),
  },
  {
    code: 'scrape-interval',
    wrong: clusters('chicago: {in: kind, »scrapeInterval: 121s}'),
    right: clusters('chicago: {in: kind, scrapeInterval: 2m}'),
  },
  {
    code: 'scrape-interval',
    wrong: clusters('chicago: {in: kind, »scrapeInterval: 0s}'),
    right: clusters('chicago: {in: kind, scrapeInterval: 1s}'),
  },
  {
    code: 'block-duration',
    wrong: clusters('chicago: {in: kind, »blockDuration: 7m}'),
    right: clusters('chicago: {in: kind, blockDuration: 10m}'),
  },
  {
    code: 'query-timeout',
    wrong: fleet({ observer: 'observer: {in: kind, query: {»timeout: 16m}}' }),
    right: fleet({ observer: 'observer: {in: kind, query: {timeout: 15m}}' }),
  },
  {
    code: 'localhost-from-pods',
    wrong: fleet({ kubernetes: 'kubernetes: {kind: {platform: kind, localhost: {allowFrom: [10.0.0.0/8, »10.244.3.0/24]}}}' }),
    right: fleet({ kubernetes: 'kubernetes: {kind: {platform: kind, localhost: {allowFrom: [10.0.0.0/8, 10.245.3.0/24]}}}' }),
  },
];

/** A fleet whose Alertmanager has these keys beside three receivers and intervals. */
const notified = (keys: string, labels = '{}'): string =>
  fleet({
    observer: `observer: {in: kind, alertmanager: {receivers: {us: {webhook: {secret: a}}, them: {webhook: {secret: b}}}, defaultReceiver: us, ${keys}}}`,
    clusters: `clusters: {chicago: {in: kind, labels: ${labels}}, seattle: {in: kind}}`,
  });
const routed = (...routes: string[]): string => notified(`routes: [${routes.join(', ')}]`, '{team: shop}');
const interval = (settings: string): string => notified(`muteTimeIntervals: {nights: ${settings}}`);
const email = (settings: string): string =>
  fleet({
    observer: `observer: {in: kind, alertmanager: {receivers: {us: {»email: {to: a@b, from: c@d, smarthost: "e:25"${settings}}}}}}`,
  });

/** The same for every check of notification-checks.ts. */
const notifications: typeof checks = [
  {
    code: 'unknown-receiver',
    wrong: fleet({ observer: 'observer: {in: kind, alertmanager: {»defaultReceiver: us}}' }),
    right: fleet({
      observer: 'observer: {in: kind, alertmanager: {receivers: {us: {slack: {channel: a, secret: b}}}, defaultReceiver: us}}',
    }),
  },
  {
    code: 'no-default-receiver',
    wrong: fleet({
      observer:
        'observer: {in: kind, alertmanager: {»receivers: {us: {slack: {channel: a, secret: b}}, them: {slack: {channel: a, secret: b}}}}}',
    }),
    right: fleet({
      observer:
        'observer: {in: kind, alertmanager: {defaultReceiver: us, receivers: {us: {slack: {channel: a, secret: b}}, them: {slack: {channel: a, secret: b}}}}}',
    }),
  },
  { code: 'unknown-receiver', wrong: routed('{»receiver: they}'), right: routed('{receiver: them}') },
  {
    code: 'unknown-receiver',
    wrong: notified('deadMansSwitch: {»receiver: they}'),
    right: notified('deadMansSwitch: {receiver: them}'),
  },
  {
    code: 'no-default-receiver',
    wrong: fleet({
      observer:
        'observer: {in: kind, alertmanager: {»receivers: {us: {webhook: {secret: a}}, them: {webhook: {secret: a}}, beat: {webhook: {secret: a}}}, deadMansSwitch: {receiver: beat}}}',
    }),
    right: fleet({
      observer:
        'observer: {in: kind, alertmanager: {receivers: {us: {webhook: {secret: a}}, beat: {webhook: {secret: a}}}, deadMansSwitch: {receiver: beat}}}',
    }),
  },
  {
    code: 'empty-receiver',
    wrong: fleet({ observer: 'observer: {in: kind, alertmanager: {receivers: {»us: {}}}}' }),
    right: fleet({ observer: 'observer: {in: kind, alertmanager: {receivers: {us: {pagerduty: {secret: a}}}}}' }),
  },
  { code: 'incomplete-login', wrong: email(', username: a'), right: email(', username: a, secret: b').replace('»', '') },
  { code: 'incomplete-login', wrong: email(', secret: b'), right: email('').replace('»', '') },
  {
    code: 'dead-mans-switch-shared',
    wrong: notified('deadMansSwitch: {receiver: them}, routes: [{»receiver: them, cluster: [chicago]}]'),
    right: notified('deadMansSwitch: {receiver: them}, routes: [{receiver: us, cluster: [chicago]}]'),
  },
  {
    code: 'dead-mans-switch-shared',
    wrong: notified('deadMansSwitch: {receiver: us}').replace('defaultReceiver', '»defaultReceiver'),
    right: notified('deadMansSwitch: {receiver: them}'),
  },
  ...[
    ['9s', '10s'],
    ['61m', '60m'],
  ].map(([wrong, right]) => ({
    code: 'dead-mans-switch-interval',
    wrong: notified(`deadMansSwitch: {receiver: them, »every: ${wrong}}`),
    right: notified(`deadMansSwitch: {receiver: them, every: ${right}}`),
  })),
  {
    code: 'unknown-cluster',
    wrong: routed('{receiver: them, cluster: [chicago, »denver]}'),
    right: routed('{receiver: them, cluster: [chicago, seattle]}'),
  },
  {
    code: 'unknown-team',
    wrong: routed('{receiver: them, team: [»shops]}'),
    right: routed('{receiver: them, team: [shop]}'),
  },
  {
    code: 'unknown-interval',
    wrong: notified('muteTimeIntervals: {night: {weekdays: [sunday]}}, routes: [{receiver: them, muteDuring: [»nights]}]'),
    right: notified('muteTimeIntervals: {nights: {weekdays: [sunday]}}, routes: [{receiver: them, muteDuring: [nights]}]'),
  },
  ...(
    [
      ['{receiver: us}', '{receiver: them}', '{receiver: us, continue: true}'],
      [
        '{receiver: us, severity: [critical, warning]}',
        '{receiver: them, severity: [warning]}',
        '{receiver: us, severity: [critical]}',
      ],
      [
        '{receiver: us, cluster: [chicago]}',
        '{receiver: them, cluster: [chicago], severity: [info]}',
        '{receiver: us, cluster: [seattle]}',
      ],
      ['{receiver: us, team: [shop]}', '{receiver: them, match: {team: shop}}', '{receiver: us, match: {team: shop, tier: a}}'],
      // an alert of the ruler has no label team, but its cluster has
      ['{receiver: us, team: [shop]}', '{receiver: them, team: [shop]}', '{receiver: us, match: {team: shop}}'],
      ['{receiver: us, severity: [info]}', '{receiver: them, match: {severity: info}}', '{receiver: us, severity: [none]}'],
    ] as const
  ).map(([first, second, better]) => ({
    code: 'unreachable-route',
    wrong: routed(first, `»${second}`),
    right: routed(better, second),
  })),
  {
    code: 'unreachable-route',
    wrong: routed('»{receiver: them, match: {alertname: Watchdog}}'),
    right: routed('{receiver: them, match: {alertname: Watchdogs}}'),
  },
  {
    code: 'unreachable-route',
    wrong: routed('»{receiver: them, severity: [info], match: {severity: warning}}'),
    right: routed('{receiver: them, severity: [info], match: {severity: info}}'),
  },
  {
    code: 'group-interval',
    wrong: routed('{receiver: them, »groupInterval: 0s}'),
    right: routed('{receiver: them, groupInterval: 1s}'),
  },
  {
    code: 'repeat-interval',
    wrong: routed('{receiver: them, groupInterval: 2h, »repeatInterval: 1h}'),
    right: routed('{receiver: them, groupInterval: 6h}'),
  },
  {
    code: 'repeat-interval',
    wrong: routed('{receiver: them, »repeatInterval: 121h}'),
    right: routed('{receiver: them, repeatInterval: 120h}'),
  },
  {
    code: 'interval-without-times',
    wrong: interval('{location: UTC}').replace('nights', '»nights'),
    right: interval('{months: ["1"]}'),
  },
  ...(
    [
      ['times', '"22:00-06:00"', '"22:00-24:00", "00:00-06:00"'],
      ['times', '"09:00-09:00"', '"09:00-09:01"'],
      ['times', '"18:00-00:00"', '"18:00-24:00"'],
      ['weekdays', 'saturday:sunday', 'sunday:saturday'],
      ['weekdays', 'friday:monday', 'friday, saturday, sunday, monday'],
      ['daysOfMonth', '"25:5"', '"25:-1", "1:5"'],
      ['daysOfMonth', '"-1:-3"', '"-3:-1"'],
      ['daysOfMonth', '"-3:3"', '"3:-3"'],
      ['daysOfMonth', '"28:-2"', '"26:-2"'],
      ['months', 'november:february', 'november:december, january:february'],
      ['months', '"11:2"', '"2:11"'],
    ] as const
  ).map(([key, wrong, right]) => ({
    code: 'interval-backwards',
    wrong: interval(`{${key}: [»${wrong}]}`),
    right: interval(`{${key}: [${right}]}`),
  })),
  ...(
    [
      ['Europe/Berlinn', 'Europe/Berlin'],
      ['Europe/berlin', 'US/Pacific'],
      ['Local', 'UTC'],
    ] as const
  ).map(([wrong, right]) => ({
    code: 'unknown-time-zone',
    wrong: interval(`{weekdays: [sunday], »location: ${wrong}}`),
    right: interval(`{weekdays: [sunday], location: ${right}}`),
  })),
];

/** Every code of the schema's own messages: a text that trips it at », and one that nearly does. */
const forms: typeof checks = [
  {
    code: 'unknown-key',
    wrong: clusters('chicago: {in: kind, »replica: 3}'),
    right: clusters('chicago: {in: kind, replicas: 3}'),
  },
  { code: 'invalid-name', wrong: clusters('»Chicago: {in: kind}'), right: clusters('chicago: {in: kind}') },
  ...['clusters: {chicago: {in: kind}, »__proto__: {in: kind}}', 'clusters: {chicago: {in: kind, labels: {»__proto__: a}}}'].map(
    (text) => ({ code: 'invalid-name', wrong: fleet({ clusters: text }), right: clusters('prototype: {in: kind}') }),
  ),
  { code: 'missing-key', wrong: clusters('»chicago: {}'), right: clusters('chicago: {in: kind}') },
  { code: 'missing-key', wrong: fleet({ objectStore: '»objectStore: {}' }), right: fleet() },
  { code: 'wrong-type', wrong: clusters('»chicago: kind'), right: clusters('chicago: {in: kind}') },
  { code: 'wrong-type', wrong: fleet({ objectStore: '»objectStore: embedded' }), right: fleet() },
  {
    code: 'wrong-value',
    wrong: clusters('chicago: {in: kind, »replicas: 6}'),
    right: clusters('chicago: {in: kind, replicas: 5}'),
  },
  { code: 'wrong-value', wrong: fleet({ objectStore: 'objectStore: {»type: minio}' }), right: fleet() },
  {
    code: 'wrong-value',
    wrong: clusters('chicago: {in: kind, »retention: 48 hours}'),
    right: clusters('chicago: {in: kind, retention: 48h}'),
  },
  { code: 'yaml', wrong: `${fleet()}»name: again\n`, right: fleet() },
  { code: 'yaml', wrong: fleet({ name: 'name: »demo: again' }), right: fleet() },
];

/** Values that Kubernetes or a program would refuse, and the nearest that it takes. */
const values: typeof checks = (
  [
    ['objectStore: {type: s3, bucket: abc, secret: s, »endpoint: @}', 's3.example.com:99999', 's3.example.com:65535'],
    ['objectStore: {type: s3, bucket: abc, secret: s, »endpoint: @}', 's3:0', 's3:1'],
    ['objectStore: {type: s3, bucket: abc, secret: s, »endpoint: @}', 's3..com', 's3.com'],
    ['objectStore: {type: s3, bucket: abc, endpoint: s3, »secret: @}', 'a..b', 'a.b'],
    ['objectStore: {type: s3, bucket: abc, endpoint: s3, secret: s, »prefix: @}', '/p', 'p'],
    ['retention: {»raw: @}', '99999y', '100y'],
    ['kubernetes: {kind: {platform: kind, podCidrs: [»"@"]}}', '256.0.0.0/8', '255.0.0.0/8'],
    ['kubernetes: {kind: {platform: kind, podCidrs: [»"@"]}}', '10.0.0.0/33', '10.0.0.0/32'],
    ['kubernetes: {kind: {platform: kind, podCidrs: [»"@"]}}', ':::/64', '::/64'],
    ['kubernetes: {kind: {platform: kind, podCidrs: [»"@"]}}', '1::2::3/64', 'fd00:10:244::/56'],
    ['kubernetes: {kind: {platform: kind, podCidrs: [»"@"]}}', '1:2:3:4:5:6:7/64', '1:2:3:4:5:6:7:8/64'],
    ['observer: {in: kind, alertmanager: {receivers: {us: {slack: {channel: a, secret: b, »key: "@"}}}}}', '..a', '.a'],
    ['observer: {in: kind, alertmanager: {receivers: {us: {slack: {»channel: "@", secret: b}}}}}', '{{.X}}', '#x'],
    ['observer: {in: kind, alertmanager: {receivers: {us: {webhook: {secret: b, »port: @}}}}}', '0', '1'],
    ['observer: {in: kind, alertmanager: {receivers: {us: {opsgenie: {secret: b, »url: "@"}}}}}', 'https://a:0', 'https://a:1/b'],
    ['observer: {in: kind, alertmanager: {receivers: {us: {email: {»to: "@", from: a@b, smarthost: "c:1"}}}}}', 'a', 'a@b, c@d'],
    ['observer: {in: kind, alertmanager: {receivers: {us: {email: {»smarthost: "@", to: a@b, from: a@b}}}}}', 'c', 'c:25'],
    ['observer: {in: kind, alertmanager: {muteTimeIntervals: {a: {times: [»"@"]}}}}', '9:00-10:00', '09:00-10:00'],
    ['observer: {in: kind, alertmanager: {muteTimeIntervals: {a: {weekdays: [»"@"]}}}}', 'Monday', 'monday'],
    ['observer: {in: kind, alertmanager: {muteTimeIntervals: {a: {daysOfMonth: [»"@"]}}}}', '32', '31'],
    ['observer: {in: kind, alertmanager: {muteTimeIntervals: {a: {months: [»"@"]}}}}', '13', '12'],
    ['observer: {in: kind, alertmanager: {muteTimeIntervals: {a: {weekdays: [sunday], »location: "@"}}}}', '+01:00', 'Etc/GMT-1'],
  ] as const
).map(([part, wrong, right]) => {
  const key = part.slice(0, part.indexOf(':'));
  const text = (value: string) => fleet({ [key]: part.replace('@', value) });
  return { code: 'wrong-value', wrong: text(wrong), right: text(right).replace('»', '') };
});

const receiver = (length: number) => (mark: string) =>
  fleet({
    observer: `observer: {in: kind, alertmanager: {receivers: {${mark}${'r'.repeat(length)}: {slack: {channel: a, secret: b}}}}}`,
  });
const longNames: typeof checks = [{ code: 'invalid-name', wrong: receiver(55)('»'), right: receiver(54)('') }];

/** The same for every check of alert-checks.ts. */
const alerts: typeof checks = [
  {
    code: 'unknown-alert',
    wrong: fleet({ alerts: 'alerts: {disable: [high_load, »service_don]}' }),
    right: fleet({ alerts: 'alerts: {disable: [high_load, service_down]}' }),
  },
  {
    code: 'unknown-alert',
    wrong: clusters('chicago: {in: kind, alerts: {disable: [»watchdog]}}'),
    right: clusters('chicago: {in: kind, alerts: {disable: [Watchdog]}}'),
  },
  {
    code: 'slo-objective',
    wrong: `${fleet()}slo: {queries: {»availability: 93%}}\n`,
    right: `${fleet()}slo: {queries: {availability: 93.1%}}\n`,
  },
  {
    code: 'slo-objective',
    wrong: `${fleet()}slo: {queries: {latency: {»objective: 90%}}}\n`,
    right: `${fleet()}slo: {queries: {latency: {objective: 95%}}}\n`,
  },
  {
    code: 'slo-threshold',
    wrong: `${fleet()}slo: {queries: {latency: {»threshold: 5s}}}\n`,
    right: `${fleet()}slo: {queries: {latency: {threshold: 6s}}}\n`,
  },
];

/** The same for every check of rule-files.ts. */
const ruleFile = (name: string, mark = '»') =>
  fleet({ alerts: `alerts: {ruleFiles: {cluster: [${mark}test/support/rules/${name}.yaml]}}` });
const ruleFiles: typeof checks = [
  ...(['rule-file-unreadable', 'rule-file-form', 'rule-file-promql', 'rule-file-alert-name'] as const).map((code) => ({
    code,
    wrong: ruleFile(code.replace(/^rule-file-(alert-)?/, '')),
    right: ruleFile('good', ''),
  })),
  {
    code: 'rule-file-form',
    wrong: ruleFile('partial'),
    right: ruleFile('partial', '').replace('cluster: [test', 'global: [test'),
  },
];

describe.each([
  ['alert-checks.ts', alerts],
  ['rule-files.ts', ruleFiles],
  ['checks.ts', checks],
  ['notification-checks.ts', notifications],
  ['load.ts', [...forms, ...values, ...longNames]],
])('every refusal of %s', (file, table) => {
  test('is in the table below', () => {
    const source = readFileSync(join(__dirname, '../charts/fleet', file), 'utf8');
    const codes = [...source.matchAll(/code: (?:\w+ === undefined \? )?'([a-z-]+)'(?: : '([a-z-]+)')?/g)].flatMap((m) =>
      m.slice(1),
    );
    const inMessages = [...source.matchAll(/ \[([a-z]+)\]\\n/g)].map((m) => m[1]).filter((code) => code !== 'file');
    expect(new Set(table.map((c) => c.code))).toEqual(new Set([...codes, ...inMessages].filter(Boolean)));
  });

  test.each(table)('$code says where, what it would mean and what to write instead', ({ code, wrong }) => {
    const { text, position } = unmark(wrong);
    const { message } = refusal(text);
    expect(codesOf(message)).toEqual([code]);
    expect(message.startsWith(`${position}: `)).toBe(true);
    expect(message).toMatch(/^ {2}write instead: .+\.?$/m);
    if (code !== 'yaml') expect(message).toMatch(/^ {2}it would mean: [^.].+\.$/m);
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
      'write instead: one of in, namespace, replicas, labels, nodes, namespaces, scrapeInterval, retention, blockDuration, volume, resources, alerts.',
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
