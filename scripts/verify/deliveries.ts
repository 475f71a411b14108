// What arrives at the receivers: Alertmanager with its synthesized templates, inhibitions and secret files, and servers on
// this machine in the place of Slack, PagerDuty and the others. Every receiver is sent every alert (who gets what is tested in
// routing.ts), and sooner than people would want it.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server as NetServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { parse, stringify } from 'yaml';
import { type AlertmanagerConfig, nowhere } from '../../charts/config/alertmanager';
import { rulerLabels, rulerName } from '../../charts/fleet/checks';
import { watchdog } from '../../charts/fleet/notifications';
import { serve } from '../lib/run';
import { freePort } from './pods';

/** One message, as its receiver's server got it. */
interface Delivery {
  readonly receiver: string;
  readonly integration: string;
  readonly text: string;
}

/** Takes what Alertmanager posts to `/<receiver>/<integration>…`. */
const httpReceiver = (deliveries: Delivery[]) =>
  createHttpServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const [, receiver = '', integration = ''] = (request.url ?? '').split('/');
      // Opsgenie is told in the path which alert is over
      deliveries.push({ receiver, integration, text: `${request.url?.includes('/close') ? 'RESOLVED ' : ''}${plain(body)}` });
      response.writeHead(['pagerduty', 'opsgenie'].includes(integration) ? 202 : 200).end('ok');
    });
  });

/** JSON as people would see it: strings in it without their escapes. */
const plain = (json: string): string => {
  const strings = (value: unknown): string[] =>
    typeof value === 'string' ? [value] : value && typeof value === 'object' ? Object.values(value).flatMap(strings) : [];
  return strings(JSON.parse(json)).join('\n');
};

/** A mail server that takes everything; the receiver is the user part of the sender's address. */
const mailReceiver = (deliveries: Delivery[]) =>
  createServer((socket) => {
    let received = '';
    let mail = false;
    let receiver = '';
    const say = (line: string) => socket.write(`${line}\r\n`);
    say('220 here');
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      received += chunk;
      for (
        let end = received.indexOf(mail ? '\r\n.\r\n' : '\r\n');
        end >= 0;
        end = received.indexOf(mail ? '\r\n.\r\n' : '\r\n')
      ) {
        const part = received.slice(0, end);
        received = received.slice(end + (mail ? 5 : 2));
        if (mail) {
          deliveries.push({ receiver, integration: 'email', text: unquoted(part) });
          mail = false;
          say('250 taken');
          continue;
        }
        receiver = /^MAIL FROM:<([^@>]*)@/i.exec(part)?.[1] ?? receiver;
        mail = /^DATA/i.test(part);
        say(mail ? '354 go on' : /^QUIT/i.test(part) ? '221 bye' : '250 here');
      }
    });
  });

/** Quoted-printable text as people see it. */
const unquoted = (text: string): string =>
  text.replace(/=\r\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));

/** Starts a server on a free port; gives the port and how to end it. */
const listen = async (server: NetServer) => {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, close };
};

// biome-ignore lint/suspicious/noExplicitAny: the settings of any integration
type Settings = Record<string, any>;

/** Every integration turned to this machine; its secrets are files where the configuration says. */
const turnedHere = (config: AlertmanagerConfig, http: number, smtp: number): object => ({
  ...config,
  route: {
    receiver: config.route.receiver,
    group_by: config.route.group_by,
    group_wait: '1s',
    group_interval: '1s',
    repeat_interval: '1h',
    routes: [
      ...(config.route.routes ?? []).slice(0, 1), // the dead man's switch
      ...config.receivers.filter((r) => r.name !== nowhere).map((r) => ({ receiver: r.name, continue: true })),
    ],
  },
  receivers: config.receivers.map(({ name, ...integrations }) => ({
    name,
    ...Object.fromEntries(
      Object.entries(integrations).map(([key, list]) => [key, list.map((s) => settingsHere(name, key, s, http, smtp))]),
    ),
  })),
});

const settingsHere = (receiver: string, key: string, settings: Settings, http: number, smtp: number): Settings => {
  const secretFile: string | undefined = Object.entries(settings).find(([name]) => name.endsWith('_file'))?.[1];
  const url = `http://127.0.0.1:${http}/${receiver}/${key.replace(/_configs$/, '')}`;
  if (secretFile) writeFileSync(secretFile, `${url}\n`); // Alertmanager takes the URL from there, or anything for a key
  switch (key) {
    case 'pagerduty_configs':
      return { ...settings, url };
    case 'opsgenie_configs':
      return { ...settings, api_url: url };
    case 'email_configs': {
      const { auth_username, auth_password_file, ...rest } = settings; // it would not say them without TLS
      return { ...rest, from: `${receiver}@example.com`, smarthost: `127.0.0.1:${smtp}`, require_tls: false };
    }
    default:
      return settings;
  }
};

type Labels = Readonly<Record<string, string>>;
const urlOf = (name: string) => `https://query.example.com/graph?g0.expr=${name}&g0.tab=1`;
const runbookOf = (name: string) => `https://runbooks.example.com/${name}.md`;

/** An alert with everything that a message shows; words that Slack would take for its own are part of them. */
const alert = (labels: Labels) => {
  const name = labels.alertname as string;
  return {
    labels,
    annotations: {
      summary: summaryOf(labels),
      description: `It is < 3 & more <!channel> ${name}.`,
      runbook_url: runbookOf(name),
      dashboard: 'nodes',
    },
    generatorURL: urlOf(name),
  };
};
const summaryOf = (labels: Labels): string => `Summary of ${Object.values(labels).join(' ')} end`;

const full = { alertname: 'DiskFull', cluster: 'a', namespace: 'shop' };
/** Alerts of which people must hear, and those that they must not be bothered with, since the former say enough. */
const told: readonly Labels[] = [
  { ...full, severity: 'critical', instance: 'x' },
  { ...full, severity: 'warning', instance: 'y' },
  { ...full, severity: 'info', instance: 'z', cluster: 'c' },
  { alertname: 'ClusterUnreachable', severity: 'critical', cluster: 'b' },
  { alertname: 'PrometheusReplicaDown', severity: 'critical', cluster: 'a' },
  { alertname: 'service_down', severity: 'critical', cluster: 'a', job: 'thanos-query' },
  { alertname: 'service_down', severity: 'critical', cluster: 'c', job: 'prometheus' },
  { alertname: 'service_down', severity: 'critical', cluster: 'b', job: 'web' }, // it has arrived, so its cluster can speak
];
const implied: readonly Labels[] = [
  { ...full, severity: 'warning', instance: 'x' },
  { ...full, severity: 'info', instance: 'x' },
  { ...full, severity: 'info', instance: 'y' },
  { alertname: 'PrometheusReplicaDown', severity: 'critical', cluster: 'b', [rulerLabels.ruler]: rulerName },
  { alertname: 'service_down', severity: 'critical', cluster: 'b', job: 'prometheus' },
  { alertname: 'service_down', severity: 'critical', cluster: 'a', job: 'prometheus' },
  { alertname: 'service_down', severity: 'critical', cluster: 'a', job: 'thanos-sidecar' },
];
const alwaysFiring: Labels = { alertname: watchdog, severity: 'none', cluster: 'b' }; // though its cluster cannot be reached

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** What a message of a firing alert must show, in the words of its integration. */
const wordsOf = (integration: string, labels: Labels): string[] => {
  const { alertname = '', cluster, severity } = labels;
  const a = alert(labels);
  if (integration === 'webhook') return [alertname, ...Object.values(a.annotations), urlOf(alertname)];
  const slack = integration === 'slack';
  const link = (url: string, words: string) =>
    slack ? `<${escaped(url)}|${words}>` : integration === 'msteamsv2' ? `[${words}](${url})` : `${words}: ${url}`;
  return [
    `[FIRING:1] ${severity}: ${alertname}, cluster ${cluster}`,
    a.annotations.summary,
    slack ? escaped(a.annotations.description) : a.annotations.description,
    link(runbookOf(alertname), 'Runbook'),
    link(urlOf(alertname), 'Query'),
    `/d/nodes?var-cluster=${cluster}`,
    `/#/alerts?filter=%7Balertname%3D%22${alertname}%22%2Ccluster%3D%22${cluster}%22%7D`,
  ];
};

const delay = (milliseconds: number) => new Promise<void>((done) => setTimeout(done, milliseconds));
/** Waits until there is no problem, or gives the one that remains. */
const settled = async (problems: () => string[]): Promise<string[]> => {
  for (let waited = 0; waited < 15_000 && problems().length > 0; waited += 100) await delay(100);
  return problems();
};

const readConfig = (file: string) => parse(readFileSync(file, 'utf8')) as AlertmanagerConfig;

/** Whether a configuration sends anything at all. */
export const hasReceivers = (configFile: string): boolean => readConfig(configFile).receivers.some((r) => r.name !== nowhere);

/** What of the expected messages did not arrive, or arrived and should not have; nothing when all is well. */
export const misdeliveries = async (configFile: string): Promise<string | undefined> => {
  const config = readConfig(configFile);
  const integrations = config.receivers.flatMap(({ name, ...rest }) =>
    Object.entries(rest).map(([key, [settings]]) => ({
      receiver: name,
      integration: key.replace(/_configs$/, ''),
      sendsResolved: (settings as Settings).send_resolved === true,
    })),
  );
  const deliveries: Delivery[] = [];
  const http = await listen(httpReceiver(deliveries));
  const smtp = await listen(mailReceiver(deliveries));
  const own = join(dirname(configFile), 'deliveries.yml');
  const storage = join(dirname(configFile), 'deliveries');
  writeFileSync(own, stringify(turnedHere(config, http.port, smtp.port), { version: '1.1' }));
  const url = `http://127.0.0.1:${await freePort()}`;
  const server = await serve(
    'alertmanager',
    [
      `--config.file=${own}`,
      `--storage.path=${storage}`,
      `--web.listen-address=${new URL(url).host}`,
      '--cluster.listen-address=',
      '--enable-feature=utf8-strict-mode',
    ],
    {},
    `${url}/-/ready`,
  );
  const post = (alerts: readonly object[]) =>
    fetch(`${url}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(alerts),
    });
  const arrived = (receiver: string, integration: string, words: readonly string[]): boolean =>
    deliveries.some(
      (d) => d.receiver === receiver && d.integration === integration && words.every((word) => d.text.includes(word)),
    );
  const absent = (words: (integration: string) => readonly string[], to = integrations): string[] =>
    to
      .filter(({ receiver, integration }) => !arrived(receiver, integration, words(integration)))
      .map(({ receiver, integration }) => {
        const text = deliveries.filter((d) => d.receiver === receiver && d.integration === integration).map((d) => d.text);
        return `${receiver}'s ${integration} shows no message with\n${words(integration).join('\n')}\nbut ${text.length}, the last\n${text.at(-1)}`;
      });
  try {
    if (server.problem) return `${server.problem}\n${server.output().trim().split('\n').slice(-3).join('\n')}`;
    await post([...told, ...implied, alwaysFiring].map(alert));
    const missing = await settled(() => told.flatMap((labels) => absent((i) => wordsOf(i, labels))));
    if (missing.length > 0) return missing[0];
    await delay(500); // in which the others would have come
    const bothered = implied.filter((labels) => deliveries.some((d) => d.text.includes(summaryOf(labels))));
    const [first = {}] = told;
    await post([{ ...alert(first), endsAt: new Date(Date.now() - 1000).toISOString() }]);
    const resolved = (integration: string) => [integration === 'webhook' ? 'resolved' : 'RESOLVED', summaryOf(first)];
    const open = await settled(() =>
      absent(
        // PagerDuty is told which incident is over, Opsgenie by the path
        (i) => (i === 'pagerduty' ? ['resolve'] : i === 'opsgenie' ? ['RESOLVED'] : resolved(i)),
        integrations.filter((i) => i.sendsResolved),
      ),
    );
    if (open.length > 0) return open[0];
    const silent = integrations.filter((i) => !i.sendsResolved && arrived(i.receiver, i.integration, ['resolved']));
    const heartbeats = [...new Set(deliveries.filter((d) => d.text.includes(summaryOf(alwaysFiring))).map((d) => d.receiver))];
    const wanted = config.route.routes?.[0]?.receiver;
    const problems = [
      ...silent.map((i) => `${i.receiver} is told that an alert is over`),
      ...bothered.map((labels) => `somebody was told: ${summaryOf(labels)}`),
      ...(heartbeats.join() === (wanted === nowhere ? '' : wanted)
        ? []
        : [`${watchdog} went to ${heartbeats.join(', ') || 'nobody'}, not to ${wanted}`]),
    ];
    return problems.length > 0 ? problems.join('\n') : undefined;
  } finally {
    await server.stop();
    http.close();
    smtp.close();
    rmSync(own, { force: true });
  }
};
