// Alertmanager's configuration: routes, receivers and inhibitions from the fleet, secrets by file only.
import { rulerLabels, rulerName } from '../fleet/checks';
import { type Integration, type ResolvedReceiver, type ResolvedRoute, teamLabel, timing, watchdog } from '../fleet/notifications';
import { clusterLabel, type ResolvedFleet } from '../fleet/resolve';
import { seconds } from '../kit/units';

export const configDirectory = '/etc/alertmanager/config';
/** Directory of a receiver's secrets, one file per integration. */
export const receiverDirectory = (receiver: string): string => `/etc/alertmanager/receivers/${receiver}`;

/** Where alerts end that are nobody's: no name of a fleet file can be this one. */
export const nowhere = '_nowhere';

interface Route {
  readonly receiver: string;
  readonly matchers?: readonly string[];
  readonly continue?: boolean;
  readonly mute_time_intervals?: readonly string[];
  readonly group_by?: readonly string[];
  readonly group_wait?: string;
  readonly group_interval?: string;
  readonly repeat_interval?: string;
  readonly routes?: readonly Route[];
}

interface InhibitRule {
  readonly source_matchers: readonly string[];
  readonly target_matchers: readonly string[];
  readonly equal: readonly string[];
}

export interface AlertmanagerConfig {
  readonly templates: readonly string[];
  readonly route: Route;
  readonly inhibit_rules: readonly InhibitRule[];
  readonly receivers: readonly { readonly name: string; readonly [integration: `${string}_configs`]: readonly object[] }[];
  readonly time_intervals?: readonly { readonly name: string; readonly time_intervals: readonly object[] }[];
}

const template = (name: string): string => `{{ template "${name}" . }}`;

/** An integration's settings, under Alertmanager's name for it. `file` holds its secret. */
const integrationConfig = (integration: Integration, file: string): [`${string}_configs`, object] => {
  switch (integration.type) {
    case 'slack':
      return [
        'slack_configs',
        {
          api_url_file: file,
          channel: integration.channel,
          color: template('fleet.slack.color'),
          title: template('fleet.title'),
          title_link: template('fleet.alertmanager.url'),
          fallback: template('fleet.title'),
          text: template('fleet.text.slack'),
        },
      ];
    case 'pagerduty':
      return [
        'pagerduty_configs',
        {
          routing_key_file: file,
          description: template('fleet.title'),
          severity: template('fleet.pagerduty.severity'),
          client: 'Alertmanager',
          client_url: template('fleet.alertmanager.url'),
          class: '{{ .CommonLabels.alertname }}',
          group: `{{ .CommonLabels.${clusterLabel} }}`,
          // besides these, Alertmanager sends all labels and annotations of every alert
          details: { text: template('fleet.text.plain') },
          links: [{ href: template('fleet.runbook.url'), text: 'Runbook' }],
        },
      ];
    case 'opsgenie':
      return [
        'opsgenie_configs',
        {
          api_key_file: file,
          api_url: integration.url,
          message: template('fleet.title'),
          description: template('fleet.text.plain'),
          source: template('fleet.alertmanager.url'),
          priority: template('fleet.opsgenie.priority'),
          entity: `{{ .CommonLabels.${clusterLabel} }}`,
          responders:
            integration.responders.length > 0
              ? integration.responders.map(({ type, name }) => (type === 'user' ? { type, username: name } : { type, name }))
              : undefined,
        },
      ];
    case 'email':
      return [
        'email_configs',
        {
          to: integration.to,
          from: integration.sender,
          smarthost: integration.smarthost,
          auth_username: integration.username,
          auth_password_file: integration.from && file,
          require_tls: integration.requireTls,
          headers: { Subject: template('fleet.title') },
          text: template('fleet.text.plain'), // beside Alertmanager's own HTML
        },
      ];
    case 'msteams':
      return [
        'msteamsv2_configs',
        { webhook_url_file: file, title: template('fleet.title'), text: template('fleet.text.markdown') },
      ];
    case 'webhook':
      return ['webhook_configs', { url_file: file, max_alerts: integration.maxAlerts }];
  }
};

const receiverConfig = (
  { name, integrations }: ResolvedReceiver,
  sendResolved: boolean,
): AlertmanagerConfig['receivers'][number] => ({
  name,
  ...Object.fromEntries(
    integrations.map((integration) => {
      const [key, config] = integrationConfig(integration, `${receiverDirectory(name)}/${integration.type}`);
      return [key, [{ send_resolved: sendResolved, ...config }]];
    }),
  ),
});

const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
/** A matcher in Alertmanager's UTF-8 syntax, whose strings are Go's. */
const oneOf = (label: string, values: readonly string[]): string =>
  values.length === 1 ? `${label}=${JSON.stringify(values[0])}` : `${label}=~${JSON.stringify(values.map(literally).join('|'))}`;

/**
 * A route's matchers, in one or two alternatives. Alerts of a cluster's own Prometheus carry its label `team`; those of the
 * ruler about it carry only its name, so a team is also the clusters that are its own.
 */
const alternatives = (route: ResolvedRoute, fleet: ResolvedFleet): string[][] => {
  const { severity, cluster, team } = route;
  const rest = [
    ...(severity ? [oneOf('severity', severity)] : []),
    ...Object.entries(route.match).map(([label, value]) => oneOf(label, [value])),
  ];
  const ofClusters = (names?: readonly string[]) => (names ? [oneOf(clusterLabel, names)] : []);
  if (!team) return [[...ofClusters(cluster), ...rest]];
  const own = [...fleet.clusters, ...fleet.externals]
    .filter((c) => team.includes(c.labels[teamLabel] ?? '') && (cluster?.includes(c.name) ?? true))
    .map((c) => c.name);
  return [
    [oneOf(teamLabel, team), ...ofClusters(cluster), ...rest],
    ...(own.length > 0 ? [[`${teamLabel}=""`, ...ofClusters(own), ...rest]] : []),
  ];
};

const routeConfigs = (route: ResolvedRoute, fleet: ResolvedFleet): Route[] =>
  alternatives(route, fleet).map((matchers) => ({
    receiver: route.receiver,
    ...(matchers.length > 0 ? { matchers } : {}),
    ...(route.continue ? { continue: true } : {}),
    ...(route.muteDuring.length > 0 ? { mute_time_intervals: route.muteDuring } : {}),
    ...(route.groupWait === timing.groupWait ? {} : { group_wait: route.groupWait }),
    ...(route.groupInterval === timing.groupInterval ? {} : { group_interval: route.groupInterval }),
    ...(route.repeatInterval === timing.repeatInterval ? {} : { repeat_interval: route.repeatInterval }),
  }));

/** The alert that always fires: to the dead man's switch, or to nobody. */
const watchdogRoute = ({ deadMansSwitch }: ResolvedFleet['observer']['alertmanager']): Route => {
  const matchers = [oneOf('alertname', [watchdog])];
  if (!deadMansSwitch) return { receiver: nowhere, matchers };
  // a group is looked at every group_interval and sent when the last message is older than repeat_interval: with both at
  // half the time every second look sends, with both at the whole time a look may come a moment too soon and wait for the next
  const milliseconds = Math.round(seconds(deadMansSwitch.every) * 500);
  const half = milliseconds % 1000 === 0 ? `${milliseconds / 1000}s` : `${milliseconds}ms`;
  return { receiver: deadMansSwitch.receiver, matchers, group_wait: '0s', group_interval: half, repeat_interval: half };
};

/** What makes two alerts of one name speak of the same thing; a label that both lack is equal. */
const sameThing = [
  'alertname',
  clusterLabel,
  'namespace',
  'job',
  'instance',
  'pod',
  'container',
  'node',
  'device',
  'mountpoint',
  'persistentvolumeclaim',
  'secret',
];

const endpointsMissing = 'alertname="ThanosQueryEndpointsMissing"';

/**
 * What follows from something worse that is known already is not said. A reason goes on firing (`keepFiringFor` of its rule)
 * until what it keeps back is over, or that would be said at the end.
 */
const inhibitRules: readonly InhibitRule[] = [
  // Only what is concluded from the querier's view of the cluster. What the cluster says itself has arrived, so it is no
  // conclusion; and when the querier is what is broken, every cluster is silent, and the reason must be heard.
  {
    source_matchers: ['alertname="ClusterUnreachable"'],
    target_matchers: ['alertname!="ClusterUnreachable"', `${rulerLabels.ruler}="${rulerName}"`, `${clusterLabel}!=""`],
    equal: [clusterLabel],
  },
  // the querier, of whichever cluster, and the ruler go on without it, and say so
  {
    source_matchers: ['alertname="ClusterUnreachable"'],
    target_matchers: [
      'alertname=~"ThanosQueryGrpcClientErrorRate|ThanosQueryPartialResponses|ThanosRuleHighRuleEvaluationWarnings"',
    ],
    equal: [],
  },
  ...['ClusterUnreachable', 'PrometheusReplicaDown'].flatMap((reason) =>
    [
      ['alertname="service_down"', 'job=~"prometheus|thanos-sidecar"'],
      ['alertname="PrometheusPairIncomplete"'],
      [endpointsMissing, 'store_type="sidecar"'],
    ].map(
      (target_matchers): InhibitRule => ({
        source_matchers: [`alertname="${reason}"`],
        target_matchers,
        equal: [clusterLabel],
      }),
    ),
  ),
  // the target that does not answer is named; that it was the last one shows, too. Of a shard of store gateways
  // (`deployment`) it does not: they all have one job
  {
    source_matchers: ['alertname="service_down"'],
    target_matchers: ['alertname=~".+IsDown"', 'deployment=""'],
    equal: [clusterLabel, 'job'],
  },
  {
    source_matchers: ['alertname="ThanosStoreIsDown"'],
    target_matchers: [endpointsMissing, 'store_type="store"'],
    equal: [clusterLabel],
  },
  {
    source_matchers: ['alertname="ThanosRuleIsDown"'],
    target_matchers: [endpointsMissing, 'store_type="rule"'],
    equal: [clusterLabel],
  },
  {
    source_matchers: ['alertname="ThanosQueryIsDown"'],
    target_matchers: [
      'alertname=~"ThanosQueryFrontendErrorRateHigh|QueryAvailabilityBudgetBurn|ThanosRuleHighRuleEvaluationFailures"',
    ],
    equal: [clusterLabel],
  },
  // one bucket for all clusters; that data will soon be lost is said all the same
  {
    source_matchers: ['alertname="ObjectStoreUnreachable"'],
    target_matchers: [
      `alertname=~"${[
        'ThanosStoreBucketHighOperationFailures',
        'ThanosCompactBucketHighOperationFailures',
        'ThanosBucketHighOperationFailures',
        'ThanosReplicateFailing',
        'ThanosStoreObjstoreOperationLatencyHigh',
        'ThanosStoreBlocksNotLoading',
        'ThanosStoreGrpcErrorRate',
        'ThanosQueryGrpcClientErrorRate',
        'ThanosQueryPartialResponses',
        'ThanosSidecarBucketOperationsFailed',
        'ThanosShipperSyncFailing',
      ].join('|')}"`,
    ],
    equal: [],
  },
  {
    source_matchers: ['alertname="ObjectStoreUnreachable"'],
    target_matchers: ['alertname="ThanosSidecarUploadLagging"', 'severity="warning"'],
    equal: [],
  },
  {
    source_matchers: ['alertname="AlertmanagerClusterFailedToSendAlerts"'],
    target_matchers: ['alertname="AlertmanagerFailedToSendAlerts"'],
    equal: [clusterLabel, 'integration'],
  },
  {
    source_matchers: ['alertname="PrometheusErrorSendingAlertsToAnyAlertmanager"'],
    target_matchers: ['alertname="PrometheusErrorSendingAlertsToSomeAlertmanagers"'],
    equal: [clusterLabel, 'pod'],
  },
  { source_matchers: ['severity="critical"'], target_matchers: ['severity=~"warning|info"'], equal: sameThing },
  { source_matchers: ['severity="warning"'], target_matchers: ['severity="info"'], equal: sameThing },
];

/** The configuration file as data; `amtool check-config` accepts it. */
export const alertmanagerConfig = (fleet: ResolvedFleet): AlertmanagerConfig => {
  const { alertmanager } = fleet.observer;
  const { receivers, defaultReceiver, routes, deadMansSwitch, muteTimeIntervals } = alertmanager;
  const root = {
    receiver: defaultReceiver ?? nowhere,
    group_by: ['alertname', clusterLabel, 'severity'],
    group_wait: timing.groupWait,
    group_interval: timing.groupInterval,
    repeat_interval: timing.repeatInterval,
    routes: [watchdogRoute(alertmanager), ...routes.flatMap((route) => routeConfigs(route, fleet))],
  };
  return {
    templates: [`${configDirectory}/*.tmpl`],
    route: root,
    inhibit_rules: inhibitRules,
    receivers: [
      ...([root, ...root.routes].some((route) => route.receiver === nowhere) ? [{ name: nowhere }] : []),
      // "it is resolved" would be a sign of life like any other
      ...receivers.map((receiver) => receiverConfig(receiver, receiver.name !== deadMansSwitch?.receiver)),
    ],
    ...(muteTimeIntervals.length > 0
      ? {
          time_intervals: muteTimeIntervals.map(({ name, times, weekdays, daysOfMonth, months, location }) => ({
            name,
            time_intervals: [
              {
                times: times?.map((range) => {
                  const [start_time, end_time] = range.split('-');
                  return { start_time, end_time };
                }),
                weekdays,
                days_of_month: daysOfMonth,
                months,
                location,
              },
            ],
          })),
        }
      : {}),
  };
};
