// Who is told of which alert, with every default filled in.
import { byName } from '../kit/order';
import { seconds } from '../kit/units';
import type { Fleet, MuteTimeInterval, Receiver, Route } from './schema';

/** The alert that always fires: only the dead man's switch sends it. */
export const watchdog = 'Watchdog';
/** The label of a cluster that says whose it is. */
export const teamLabel = 'team';

/** A key of a Secret in the observer's namespace. */
export interface SecretKey {
  readonly secret: string;
  readonly key: string;
}

/** One way to tell people, and the port of the server that does it. */
export type Integration = { readonly port: number; readonly from?: SecretKey } & (
  | { readonly type: 'slack'; readonly channel: string }
  | { readonly type: 'pagerduty' }
  | {
      readonly type: 'opsgenie';
      readonly url?: string;
      readonly responders: readonly { readonly type: 'team' | 'user' | 'escalation' | 'schedule'; readonly name: string }[];
    }
  | {
      readonly type: 'email';
      readonly to: string;
      readonly sender: string;
      readonly smarthost: string;
      readonly username?: string;
      readonly requireTls: boolean;
    }
  | { readonly type: 'msteams' }
  | { readonly type: 'webhook'; readonly maxAlerts?: number }
);

export interface ResolvedReceiver {
  readonly name: string;
  readonly integrations: readonly Integration[];
}

export interface ResolvedRoute {
  readonly receiver: string;
  /** Absent: all. */
  readonly severity?: readonly string[];
  readonly cluster?: readonly string[];
  readonly team?: readonly string[];
  readonly match: Readonly<Record<string, string>>;
  readonly continue: boolean;
  readonly muteDuring: readonly string[];
  readonly groupWait: string;
  readonly groupInterval: string;
  readonly repeatInterval: string;
}

export interface ResolvedNotifications {
  readonly receivers: readonly ResolvedReceiver[];
  readonly defaultReceiver?: string;
  readonly routes: readonly ResolvedRoute[];
  readonly deadMansSwitch?: { readonly receiver: string; readonly every: string };
  readonly muteTimeIntervals: readonly (MuteTimeInterval & { readonly name: string })[];
}

/** Timing of what no route says otherwise. */
export const timing = { groupWait: '30s', groupInterval: '5m', repeatInterval: '4h' } as const;
/** What is not critical is said once a day. */
const patientRepeat = '24h';

const sorted = (values?: readonly string[]): string[] | undefined => values && [...new Set(values)].sort();

const https = 443;
const portOf = (address: string): number | undefined => {
  const [, port] = /^(?:https?:\/\/)?[^/:]+:(\d+)/.exec(address) ?? [];
  return port === undefined ? undefined : Number(port);
};

const integrations = ({ slack, pagerduty, opsgenie, email, msteams, webhook }: Receiver): Integration[] => {
  const from = (reference: { secret: string; key?: string }, key: string): SecretKey => ({
    secret: reference.secret,
    key: reference.key ?? key,
  });
  return [
    ...(slack ? [{ type: 'slack', channel: slack.channel, port: https, from: from(slack, 'url') } as const] : []),
    ...(pagerduty ? [{ type: 'pagerduty', port: https, from: from(pagerduty, 'routingKey') } as const] : []),
    ...(opsgenie
      ? [
          {
            type: 'opsgenie',
            port: portOf(opsgenie.url ?? '') ?? (opsgenie.url?.startsWith('http:') ? 80 : https),
            from: from(opsgenie, 'apiKey'),
            url: opsgenie.url,
            responders: opsgenie.responders ?? [],
          } as const,
        ]
      : []),
    ...(email
      ? [
          {
            type: 'email',
            port: portOf(email.smarthost) as number, // the schema wants it
            from: email.secret ? from({ secret: email.secret, key: email.key }, 'password') : undefined,
            to: email.to,
            sender: email.from,
            smarthost: email.smarthost,
            username: email.username,
            requireTls: email.requireTls ?? true,
          } as const,
        ]
      : []),
    ...(msteams ? [{ type: 'msteams', port: https, from: from(msteams, 'url') } as const] : []),
    ...(webhook
      ? [{ type: 'webhook', port: webhook.port ?? https, from: from(webhook, 'url'), maxAlerts: webhook.maxAlerts } as const]
      : []),
  ];
};

const resolveRoute = (route: Route): ResolvedRoute => {
  const patient = route.severity !== undefined && !route.severity.includes('critical');
  const groupInterval = route.groupInterval ?? timing.groupInterval;
  const repeatInterval = patient ? patientRepeat : timing.repeatInterval;
  return {
    receiver: route.receiver,
    severity: sorted(route.severity),
    cluster: sorted(route.cluster),
    team: sorted(route.team),
    match: Object.fromEntries(byName(route.match ?? {})),
    continue: route.continue ?? false,
    muteDuring: sorted(route.muteDuring) ?? [],
    groupWait: route.groupWait ?? timing.groupWait,
    groupInterval,
    // a long group interval alone is no mistake: what is said again is said no sooner
    repeatInterval: route.repeatInterval ?? (seconds(groupInterval) > seconds(repeatInterval) ? groupInterval : repeatInterval),
  };
};

/** Fills in every default; checked by `notificationChecks`, not here. */
export const resolveNotifications = (fleet: Fleet): ResolvedNotifications => {
  const {
    receivers = {},
    defaultReceiver,
    routes = [],
    deadMansSwitch,
    muteTimeIntervals = {},
  } = fleet.observer.alertmanager ?? {};
  // the dead man's switch is for one alert only: its receiver never becomes that of all others by itself
  const candidates = Object.keys(receivers).filter((name) => name !== deadMansSwitch?.receiver);
  return {
    receivers: byName(receivers).map(([name, receiver]) => ({ name, integrations: integrations(receiver) })),
    defaultReceiver: defaultReceiver ?? (candidates.length === 1 ? candidates[0] : undefined),
    routes: routes.map(resolveRoute),
    deadMansSwitch: deadMansSwitch && { receiver: deadMansSwitch.receiver, every: deadMansSwitch.every ?? '1m' },
    muteTimeIntervals: byName(muteTimeIntervals).map(([name, interval]) => ({ name, ...interval })),
  };
};
