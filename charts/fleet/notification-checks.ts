// What the schema cannot say about notifications: every alert that should reach somebody does, and no other.
import { seconds } from '../kit/units';
import { intervalChecks } from './interval-checks';
import { nearest } from './nearest';
import { type ResolvedRoute, teamLabel, watchdog } from './notifications';
import { clusterLabel, replicaLabel } from './resolve';
import { type Check, type Path, refuseIf, type Violation } from './violations';

const here: Path = ['observer', 'alertmanager'];
const unique = (values: readonly string[]): string[] => [...new Set(values)];
const several = (names: readonly string[]): string => names.join(' or ');

/** A name that nothing has, of those that there are. */
const unknown = (
  path: Path,
  name: string,
  known: readonly string[],
  { otherwise, ...words }: Omit<Violation, 'path' | 'remedy'> & { otherwise?: string },
): Violation[] =>
  known.includes(name)
    ? []
    : [
        {
          ...words,
          path,
          remedy:
            known.length > 0
              ? `${nearest(name, known) ?? several(known)}.`
              : (otherwise ?? 'leave it out, or describe it first.'),
        },
      ];

const receivers: Check = (fleet, resolved) => {
  const { receivers: all, defaultReceiver, deadMansSwitch } = resolved.observer.alertmanager;
  const written = fleet.observer.alertmanager ?? {};
  const known = all.map((r) => r.name);
  const uses: [Path, string][] = [
    ...(written.defaultReceiver === undefined ? [] : [[[...here, 'defaultReceiver'], written.defaultReceiver] as [Path, string]]),
    ...(written.routes ?? []).map((r, i): [Path, string] => [[...here, 'routes', i, 'receiver'], r.receiver]),
    ...(deadMansSwitch ? [[[...here, 'deadMansSwitch', 'receiver'], deadMansSwitch.receiver] as [Path, string]] : []),
  ];
  const wrong = uses.flatMap(([path, name]) =>
    unknown(path, name, known, {
      code: 'unknown-receiver',
      problem: `there is no receiver ${name}`,
      consequence: 'Alertmanager would not start.',
    }),
  );
  const candidates = known.filter((name) => name !== deadMansSwitch?.receiver);
  if (wrong.length > 0 || defaultReceiver !== undefined || candidates.length < 2) return wrong;
  return [
    {
      code: 'no-default-receiver',
      path: [...here, 'receivers'],
      problem: `there are receivers ${candidates.join(', ')}, and none is the default`,
      consequence: 'alerts that no route takes would reach nobody.',
      remedy: `defaultReceiver: ${candidates[0]}.`,
    },
  ];
};

const integrations: Check = (fleet) =>
  Object.entries(fleet.observer.alertmanager?.receivers ?? {}).flatMap(([name, receiver]): Violation[] => {
    const path: Path = [...here, 'receivers', name];
    const { email } = receiver;
    return [
      ...refuseIf(
        Object.values(receiver).every((integration) => integration === undefined),
        {
          code: 'empty-receiver',
          path,
          problem: `the receiver ${name} sends nothing`,
          consequence: 'alerts would be routed to it and reach nobody.',
          remedy:
            "slack: {channel: '#alerts', secret: slack-webhook}, or another kind: pagerduty, opsgenie, email, msteams, webhook.",
        },
      ),
      ...refuseIf(email !== undefined && (email.username === undefined) !== (email.secret === undefined), {
        code: 'incomplete-login',
        path: [...path, 'email'],
        problem: `the receiver ${name} has ${email?.username === undefined ? 'a password and no username' : 'a username and no password'}`,
        consequence: 'the mail server would be asked to send without a login.',
        remedy:
          email?.username === undefined
            ? 'username: and the name of the account.'
            : 'secret: and the Secret that holds its password.',
      }),
      ...refuseIf(email?.secret !== undefined && email.requireTls === false && !email.smarthost.endsWith(':465'), {
        code: 'login-without-tls',
        path: [...path, 'email', 'requireTls'],
        problem: `the receiver ${name} would log in at the mail server without TLS`,
        consequence: 'its password would go over the network as it is, or, with most servers, no mail would be sent at all.',
        remedy: 'no requireTls, or no username and secret.',
      }),
    ];
  });

const deadMansSwitch: Check = (fleet, resolved) => {
  const { deadMansSwitch: own, defaultReceiver, routes } = resolved.observer.alertmanager;
  if (!own) return [];
  const written = fleet.observer.alertmanager ?? {};
  const uses: Path[] = [
    ...(defaultReceiver === own.receiver ? [[...here, 'defaultReceiver']] : []),
    ...routes.flatMap((r, i) => (r.receiver === own.receiver ? [[...here, 'routes', i, 'receiver']] : [])),
  ];
  const every = seconds(own.every);
  const silent = resolved.clusters.every((c) => c.alerts.disable.includes(watchdog)) && resolved.clusters.length > 0;
  return [
    ...refuseIf(silent, {
      code: 'dead-mans-switch-disabled',
      path: [...here, 'deadMansSwitch'],
      problem: `the dead man's switch sends ${watchdog}, which is turned off in every cluster`,
      consequence: `${own.receiver} would never get a sign of life, and say day and night that alerting is broken.`,
      remedy: `leave deadMansSwitch out, or ${watchdog} out of disable.`,
    }),
    ...uses.map(
      (path): Violation => ({
        code: 'dead-mans-switch-shared',
        path,
        problem: `${own.receiver} is the receiver of the dead man's switch, and would get other alerts too`,
        consequence: 'any of them would look like a sign of life when alerting is broken.',
        remedy: `another receiver here, or one of its own for deadMansSwitch.`,
      }),
    ),
    ...refuseIf(every < 10 || every > 3600, {
      code: 'dead-mans-switch-interval',
      path: [...here, 'deadMansSwitch', ...(written.deadMansSwitch?.every ? ['every'] : [])],
      problem: `the dead man's switch would send every ${own.every}`,
      consequence:
        every < 10
          ? 'Alertmanager and its receiver would be busy with little else.'
          : 'nobody would know for as long that alerting is broken.',
      remedy: '10s to 1h, such as 1m.',
    }),
  ];
};

const routeNames: Check = (fleet, resolved) => {
  const known = [...resolved.clusters, ...resolved.externals];
  const clusters = known.map((c) => c.name);
  const teams = unique(known.flatMap((c) => c.labels[teamLabel] ?? []));
  const intervals = resolved.observer.alertmanager.muteTimeIntervals.map((i) => i.name);
  return (fleet.observer.alertmanager?.routes ?? []).flatMap((route, i) => {
    const path: Path = [...here, 'routes', i];
    // rules of one's own for the ruler may say any cluster
    const matched = resolved.alerts.ruleFiles.length > 0 ? undefined : route.match?.[clusterLabel];
    const named: [Path, string][] = [
      ...(route.cluster ?? []).map((name, j): [Path, string] => [[...path, 'cluster', j], name]),
      ...(matched === undefined ? [] : [[[...path, 'match', clusterLabel], matched] as [Path, string]]),
    ];
    return [
      ...named.flatMap(([at, name]) =>
        unknown(at, name, clusters, {
          code: 'unknown-cluster',
          problem: `there is no cluster ${name}`,
          consequence: 'the route would take no alert of it, ever.',
        }),
      ),
      ...(route.team ?? []).flatMap((name, j) =>
        unknown([...path, 'team', j], name, teams, {
          code: 'unknown-team',
          otherwise: `labels: {team: ${name}} at a cluster, or match: {team: ${name}} if alerts have it of their own.`,
          problem: `no cluster has the label team: ${name}`,
          consequence: 'the route would take no alert of that team, ever.',
        }),
      ),
      ...(route.muteDuring ?? []).flatMap((name, j) =>
        unknown([...path, 'muteDuring', j], name, intervals, {
          code: 'unknown-interval',
          problem: `there is no interval ${name} under muteTimeIntervals`,
          consequence: 'Alertmanager would not start.',
        }),
      ),
    ];
  });
};

/** What a route asks of an alert: labels, and the values that each may have. Teams are more than a label. */
const conditions = (route: ResolvedRoute): [string, readonly string[]][] => [
  ...(route.severity ? [['severity', route.severity] as [string, readonly string[]]] : []),
  ...(route.cluster ? [['cluster', route.cluster] as [string, readonly string[]]] : []),
  ...(route.team ? [['its team', route.team] as [string, readonly string[]]] : []),
  ...Object.entries(route.match).map(([label, value]): [string, readonly string[]] => [label, [value]]),
];
const within = (values: readonly string[], others: readonly string[]) => values.every((v) => others.includes(v));

/** Whether the first route takes every alert that the second asks for. */
const covers = (first: ResolvedRoute, second: ResolvedRoute): boolean =>
  conditions(first).every(([label, values]) =>
    conditions(second).some(
      ([other, asked]) => (other === label || (label === 'its team' && other === teamLabel)) && within(asked, values),
    ),
  );

const unreachableRoutes: Check = (_fleet, resolved) => {
  const { routes } = resolved.observer.alertmanager;
  return routes.flatMap((route, i): Violation[] => {
    const unreachable = (problem: string, remedy: string): Violation[] => [
      {
        code: 'unreachable-route',
        path: [...here, 'routes', i],
        problem,
        consequence: `${route.receiver} would not be told by this route, ever.`,
        remedy,
      },
    ];
    if (route.match.alertname === watchdog)
      return unreachable(
        `${watchdog} goes to the dead man's switch, before all routes`,
        `deadMansSwitch: {receiver: ${route.receiver}}, and no route.`,
      );
    if (route.match[replicaLabel] !== undefined)
      return unreachable(
        `alerts have no label ${replicaLabel}: it is taken off, or each would be told once for every replica`,
        `no match of ${replicaLabel}; the label pod is there where it matters.`,
      );
    const asked = conditions(route);
    const torn = asked.find(([label, values]) =>
      asked.some(([other, others]) => other === label && !values.some((v) => others.includes(v))),
    );
    if (torn) return unreachable(`no alert has two values of ${torn[0]}`, `${torn[0]} once in a route.`);
    const earlier = routes.slice(0, i).findIndex((r) => !r.continue && covers(r, route));
    if (earlier < 0) return [];
    return unreachable(
      `route ${earlier + 1} (to ${routes[earlier]?.receiver}) takes every alert of this one`,
      'this route before that one, or continue: true there if both are to be told.',
    );
  });
};

const lastContinue: Check = (_fleet, resolved) => {
  const { routes, defaultReceiver } = resolved.observer.alertmanager;
  const last = routes.length - 1;
  return refuseIf(routes[last]?.continue === true, {
    code: 'continue-for-nothing',
    path: [...here, 'routes', last, 'continue'],
    problem: 'the last route goes on to the next, and there is none',
    consequence: `nobody else would be told: ${defaultReceiver ?? 'the default receiver'} gets what no route takes, and nothing that one has taken.`,
    remedy: `no continue; or one route more, {receiver: ${defaultReceiver ?? '…'}}, if that one is to be told of everything.`,
  });
};

/** Alertmanager forgets what it has sent after its data retention (`--data.retention`), and sends it again. */
const remembered = '120h';

/** Longest that a critical alert may wait for others of its group: Alertmanager sends nothing of it before. */
const longestWait = '1h';

const groupWaits: Check = (_fleet, resolved) =>
  resolved.observer.alertmanager.routes.flatMap((route, i) => {
    const critical = conditions(route).every(([label, values]) => label !== 'severity' || values.includes('critical'));
    return refuseIf(critical && seconds(route.groupWait) > seconds(longestWait), {
      code: 'group-wait',
      path: [...here, 'routes', i, 'groupWait'],
      problem: `a critical alert would wait ${route.groupWait} for others of its group`,
      consequence: `${route.receiver} would be told that late, and never of what is over by then.`,
      remedy: `${longestWait} or less, such as 30s; or a severity without critical, if they are told elsewhere.`,
    });
  });

const routeTimes: Check = (fleet, resolved) =>
  resolved.observer.alertmanager.routes.flatMap((route, i): Violation[] => {
    const path: Path = [...here, 'routes', i];
    const [group, repeat] = [seconds(route.groupInterval), seconds(route.repeatInterval)];
    const written = fleet.observer.alertmanager?.routes?.[i];
    if (group < 1)
      return [
        {
          code: 'group-interval',
          path: [...path, 'groupInterval'],
          problem: `a group could send again after ${route.groupInterval}`,
          consequence: group === 0 ? 'Alertmanager would not start.' : 'a flapping alert would flood its receiver.',
          remedy: '1s or more, such as 5m.',
        },
      ];
    if (repeat < group || repeat > seconds(remembered))
      return [
        {
          code: 'repeat-interval',
          path: [...path, ...(written?.repeatInterval ? ['repeatInterval'] : ['groupInterval'])],
          problem: `what still fires would be said again after ${route.repeatInterval}`,
          consequence:
            repeat < group
              ? `a group sends at most every ${route.groupInterval}, so it would take that long all the same.`
              : `Alertmanager remembers for ${remembered} what it has sent, and would say it again then.`,
          remedy:
            group > seconds(remembered)
              ? `a groupInterval of at most ${remembered}.`
              : `${route.groupInterval} to ${remembered}.`,
        },
      ];
    return [];
  });

export const notificationChecks: readonly Check[] = [
  receivers,
  integrations,
  deadMansSwitch,
  routeNames,
  unreachableRoutes,
  lastContinue,
  groupWaits,
  routeTimes,
  ...intervalChecks,
];
