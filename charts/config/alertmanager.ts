// Alertmanager's configuration: one route, receivers from the fleet, secrets by file only.
import type { ResolvedFleet } from '../fleet/resolve';

/** Directory under which a receiver's Secret is mounted. */
export const receiverDirectory = (receiver: string): string => `/etc/alertmanager/receivers/${receiver}`;

interface SlackConfig {
  readonly api_url_file: string;
  readonly channel: string;
  readonly send_resolved: boolean;
  readonly title: string;
  readonly title_link: string;
  readonly text: string;
}

export interface AlertmanagerConfig {
  readonly route: {
    readonly receiver: string;
    readonly group_by: readonly string[];
    readonly group_wait: string;
    readonly group_interval: string;
    readonly repeat_interval: string;
  };
  readonly receivers: readonly { readonly name: string; readonly slack_configs?: readonly SlackConfig[] }[];
}

const slackTitle =
  '[{{ .Status | toUpper }}{{ if eq .Status "firing" }}:{{ .Alerts.Firing | len }}{{ end }}] {{ .CommonLabels.alertname }} {{ .CommonLabels.cluster }}';
const slackText =
  '{{ range .Alerts }}*{{ .Labels.severity }}* cluster {{ .Labels.cluster }}: {{ .Annotations.summary }}\n{{ .Annotations.description }}\nRunbook: {{ .Annotations.runbook_url }}\n{{ end }}';

/** The receiver of a fleet that has none: alerts are kept and shown, and go nowhere. */
const nowhere = 'nowhere';

/** The configuration file as data; `amtool check-config` accepts it. */
export const alertmanagerConfig = (fleet: ResolvedFleet): AlertmanagerConfig => {
  const { receivers, defaultReceiver } = fleet.observer.alertmanager;
  return {
    route: {
      receiver: defaultReceiver ?? nowhere,
      group_by: ['alertname', 'cluster'],
      group_wait: '30s',
      group_interval: '5m',
      repeat_interval: '4h',
    },
    receivers: [
      ...(defaultReceiver === undefined ? [{ name: nowhere }] : []),
      ...receivers.map(({ name, slack }) => ({
        name,
        slack_configs: [
          {
            api_url_file: `${receiverDirectory(name)}/${slack.key ?? 'url'}`,
            channel: slack.channel,
            send_resolved: true,
            title: slackTitle,
            title_link: '{{ .ExternalURL }}/#/alerts',
            text: slackText,
          },
        ],
      })),
    ],
  };
};
