// Where alerts end in the tests: a web server in the cluster that keeps what Alertmanager posts to a webhook, and to Slack's.
import { images, reference } from '../../charts/images';
import type { Kubectl } from '../../scripts/lib/kubectl';

export const receiverNamespace = 'e2e-receiver';
const name = 'receiver';
const secret = 'e2e-receiver';
const integrations = ['webhook', 'slack'] as const;
type Integration = (typeof integrations)[number];

/** The receiver as a user would write it in the fleet file. */
export const receiver = {
  webhook: { secret, key: 'webhook' },
  slack: { channel: '#e2e', secret, key: 'slack' },
} satisfies Record<Integration, object>;

const script = (integration: Integration) =>
  `#!/bin/sh\nn=/tmp/${integration}.$$\ncat >$n.part\nmv $n.part $n.json\nprintf "Content-Type: text/plain\\r\\n\\r\\nok"\n`;

const objects = (observer: string, node?: PodPlace) => [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: receiverNamespace } },
  // Alertmanager may go to port 443 of any address, which is where a real webhook is
  {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: secret, namespace: observer },
    stringData: Object.fromEntries(
      integrations.map((i) => [i, `http://${name}.${receiverNamespace}.svc.cluster.local:443/cgi-bin/${i}`]),
    ),
  },
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: receiverNamespace },
    data: Object.fromEntries(integrations.map((i) => [i, script(i)])),
  },
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: receiverNamespace, labels: { app: name } },
    spec: {
      ...node,
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name,
          image: reference(images.busybox),
          command: ['httpd', '-f', '-p', '443', '-h', '/www'],
          readinessProbe: { tcpSocket: { port: 443 }, periodSeconds: 1 },
          volumeMounts: [{ name: 'scripts', mountPath: '/www/cgi-bin' }],
        },
      ],
      volumes: [{ name: 'scripts', configMap: { name, defaultMode: 0o755 } }],
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: receiverNamespace },
    spec: { selector: { app: name }, ports: [{ port: 443 }] },
  },
];

/** Where a pod is, as a pod's spec says it. */
export type PodPlace = Readonly<Record<'nodeSelector' | 'tolerations', unknown>>;

/** Deploys the receiver and its Secret; the observer's namespace must exist. @param node where it must be; absent: anywhere */
export const deployReceiver = async (kubectl: Kubectl, observer: string, node?: PodPlace): Promise<void> => {
  await kubectl.run(['apply', '--server-side', '-f', '-'], {
    input: objects(observer, node)
      .map((o) => JSON.stringify(o))
      .join('\n---\n'),
  });
};

/** Everything that was posted so far, one JSON text each. */
const posts = async (kubectl: Kubectl, integration: Integration): Promise<string[]> => {
  const script = `for f in /tmp/${integration}.*.json; do test -e $f && cat $f && echo; done; true`;
  const text = await kubectl.exec(receiverNamespace, name, name, ['sh', '-c', script]);
  return text.split('\n').filter(Boolean);
};

/** The words of every message to Slack: its title and its text. */
export const slackPosts = async (kubectl: Kubectl): Promise<string[]> =>
  (await posts(kubectl, 'slack')).flatMap((text) =>
    JSON.parse(text).attachments.map((a: { title: string; text: string }) => `${a.title}\n${a.text}`),
  );

/** What Alertmanager posts to a webhook (alertmanager notify/webhook, version 4 of its message). */
export interface Message {
  readonly status: 'firing' | 'resolved';
  readonly groupKey: string;
  readonly externalURL: string;
  readonly alerts: readonly {
    readonly status: 'firing' | 'resolved';
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
    readonly startsAt: string;
    readonly endsAt: string;
    readonly generatorURL: string;
  }[];
}

export const messages = async (kubectl: Kubectl): Promise<Message[]> =>
  (await posts(kubectl, 'webhook')).map((text) => JSON.parse(text));
