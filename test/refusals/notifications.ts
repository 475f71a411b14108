// Every check of notification-checks.ts: a fleet that trips it at », and one that nearly does.
import { fleet, type Refusal } from './support';

/** A fleet whose Alertmanager has these keys beside two receivers. */
const notified = (keys: string, labels?: string): string =>
  fleet({
    observer: `observer: {in: kind, alertmanager: {receivers: {us: {webhook: {secret: a}}, them: {webhook: {secret: b}}}, defaultReceiver: us, ${keys}}}`,
    ...(labels ? { clusters: `clusters: {chicago: {in: kind, labels: ${labels}}, seattle: {in: kind}}` } : {}),
  });
const routed = (...routes: string[]): string => notified(`routes: [${routes.join(', ')}]`, '{team: shop}');
const interval = (settings: string): string => notified(`muteTimeIntervals: {nights: ${settings}}`);
const email = (settings: string): string =>
  fleet({
    observer: `observer: {in: kind, alertmanager: {receivers: {us: {»email: {to: a@b, from: c@d, smarthost: "e:25"${settings}}}}}}`,
  });

/** The same for every check of notification-checks.ts. */
export const notifications: readonly Refusal[] = [
  {
    code: 'login-without-tls',
    wrong: email(', username: u, secret: s, requireTls: false').replace('»', '').replace('requireTls', '»requireTls'),
    right: email(', requireTls: false').replace('»', ''),
  },
  {
    code: 'login-without-tls',
    wrong: email(', username: u, secret: s, requireTls: false').replace('»', '').replace('requireTls', '»requireTls'),
    right: email(', username: u, secret: s, requireTls: false').replace('»', '').replace('e:25', 'e:465'),
  },
  {
    code: 'continue-for-nothing',
    wrong: routed('{receiver: them, severity: [critical], »continue: true}'),
    right: routed('{receiver: them, severity: [critical], continue: true}', '{receiver: us}'),
  },
  {
    code: 'unknown-cluster',
    wrong: routed('{receiver: them, match: {»cluster: seatle}}'),
    right: routed('{receiver: them, match: {cluster: seattle}}'),
  },
  {
    code: 'unreachable-route',
    wrong: routed('»{receiver: them, match: {replica: prometheus-0}}'),
    right: routed('{receiver: them, match: {pod: prometheus-0}}'),
  },
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
  {
    code: 'dead-mans-switch-disabled',
    wrong: `${notified('»deadMansSwitch: {receiver: them}')}alerts: {disable: [Watchdog]}\n`,
    right: notified('deadMansSwitch: {receiver: them}').replace(
      'seattle: {in: kind}',
      'seattle: {in: kind, alerts: {disable: [Watchdog]}}',
    ),
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
  ...(
    [
      ['', 'groupWait: 61m', 'groupWait: 60m'],
      ['severity: [critical, warning], ', 'groupWait: 1d', 'groupWait: 0s'],
      ['match: {severity: critical}, ', 'groupWait: 2h', 'groupWait: 1m'],
    ] as const
  ).map(([takes, wrong, right]) => ({
    code: 'group-wait',
    wrong: routed(`{receiver: them, ${takes}»${wrong}}`),
    right: routed(`{receiver: them, ${takes}${right}}`),
  })),
  ...['severity: [warning, info]', 'match: {severity: warning}'].map((takes) => ({
    code: 'group-wait',
    wrong: routed('{receiver: them, »groupWait: 12h}'),
    right: routed(`{receiver: them, ${takes}, groupWait: 12h}`),
  })),
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
      ['times: ["00:00-24:00"]', 'times: ["00:00-23:59"]'],
      ['times: ["12:00-24:00", "00:00-12:30"]', 'times: ["12:01-24:00", "00:00-12:00"]'],
      ['weekdays: ["sunday:saturday"]', 'weekdays: ["monday:saturday"]'],
      ['weekdays: ["monday:friday", saturday, sunday]', 'weekdays: ["monday:friday", saturday]'],
      ['daysOfMonth: ["1:31"]', 'daysOfMonth: ["1:30"]'],
      ['daysOfMonth: ["1:-1"]', 'daysOfMonth: ["1:-2"]'],
      ['daysOfMonth: ["1:15", "-16:-1"]', 'daysOfMonth: ["1:14", "-16:-1"]'],
      ['daysOfMonth: ["1:28", "29:31"]', 'daysOfMonth: ["1:28", "30:31"]'],
      ['months: ["1:12"]', 'months: ["1:11"]'],
      [
        'months: ["1:12"], weekdays: ["sunday:saturday"], location: Europe/Berlin',
        'months: ["1:12"], weekdays: ["sunday:friday"]',
      ],
    ] as const
  ).map(([wrong, right]) => ({
    code: 'interval-always',
    wrong: interval(`{${wrong}}`).replace('nights', '»nights'),
    right: interval(`{${right}}`),
  })),
  ...(
    [
      ['{weekdays: ["monday:friday"]}', '{weekdays: [saturday, sunday]}', '{weekdays: [saturday]}'],
      ['{times: ["00:00-12:00"]}', '{times: ["12:00-24:00"]}', '{times: ["12:01-24:00"]}'],
      ['{times: ["00:00-12:00"]}', '{times: ["12:00-24:00"]}', '{times: ["12:00-24:00"], location: Asia/Tokyo}'],
      ['{times: ["00:00-12:00"]}', '{times: ["12:00-24:00"]}', '{times: ["12:00-24:00"], weekdays: ["sunday:friday"]}'],
      ['{daysOfMonth: ["1:-2"]}', '{daysOfMonth: ["-1"]}', '{daysOfMonth: ["31"]}'],
    ] as const
  ).map(([one, wrong, right]) => {
    const muted = (other: string, mark: string) =>
      notified(`muteTimeIntervals: {one: ${one}, other: ${other}}, routes: [{receiver: them, ${mark}muteDuring: [one, other]}]`);
    return { code: 'interval-always', wrong: muted(wrong, '»'), right: muted(right, '') };
  }),
  ...(
    [
      ['times', '"22:00-06:00"', '"22:00-24:00", "00:00-06:00"'],
      ['times', '"09:00-09:00"', '"09:00-09:01"'],
      ['times', '"18:00-00:00"', '"18:00-24:00"'],
      ['times', '"00:00-00:00"', '"00:00-23:59"'],
      ['weekdays', 'saturday:sunday', 'sunday:friday'],
      ['weekdays', 'monday:sunday', 'monday:saturday'],
      ['weekdays', 'friday:monday', 'friday, saturday, sunday, monday'],
      ['daysOfMonth', '"25:5"', '"25:-1", "1:5"'],
      ['daysOfMonth', '"-1:-3"', '"-3:-1"'],
      ['daysOfMonth', '"-3:3"', '"-3:-1", "1:3"'],
      ['daysOfMonth', '"28:-2"', '"-4:-2"'],
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
      ['europe/berlin', 'US/Pacific'],
      ['Us/pacific', 'Asia/Kolkata'],
      ['Asia/kolkata', 'Asia/Calcutta'],
      ['Berlin', 'America/Port-au-Prince'],
      ['CEST', 'CET'],
      ['PST', 'PST8PDT'],
      ['utc', 'Etc/GMT+5'],
      ['Local', 'UTC'],
    ] as const
  ).map(([wrong, right]) => ({
    code: 'unknown-time-zone',
    wrong: interval(`{weekdays: [sunday], »location: ${wrong}}`),
    right: interval(`{weekdays: [sunday], location: ${right}}`),
  })),
];
