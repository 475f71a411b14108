// Where alerts end in the tests: a web server in the cluster that keeps what Alertmanager posts to its Slack webhook.
import { images, reference } from '../../charts/images';
import type { Kubectl } from '../../scripts/lib/kubectl';

export const receiverNamespace = 'e2e-receiver';
export const receiver = { channel: '#e2e', secret: 'e2e-receiver', key: 'url' } as const;
const name = 'receiver';

const script = '#!/bin/sh\nn=/tmp/post.$$\ncat >$n.part\nmv $n.part $n.json\nprintf "Content-Type: text/plain\\r\\n\\r\\nok"\n';

const objects = (observer: string) => [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: receiverNamespace } },
  // Alertmanager may go to port 443 of any address, which is where a real webhook is
  {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: receiver.secret, namespace: observer },
    stringData: { [receiver.key]: `http://${name}.${receiverNamespace}.svc.cluster.local:443/cgi-bin/hook` },
  },
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: receiverNamespace }, data: { hook: script } },
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: receiverNamespace, labels: { app: name } },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name,
          image: reference(images.busybox),
          command: ['httpd', '-f', '-p', '443', '-h', '/www'],
          readinessProbe: { tcpSocket: { port: 443 }, periodSeconds: 1 },
          volumeMounts: [{ name: 'hook', mountPath: '/www/cgi-bin' }],
        },
      ],
      volumes: [{ name: 'hook', configMap: { name, defaultMode: 0o755 } }],
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: receiverNamespace },
    spec: { selector: { app: name }, ports: [{ port: 443 }] },
  },
];

/** Deploys the receiver and its Secret; the observer's namespace must exist. */
export const deployReceiver = async (kubectl: Kubectl, observer: string): Promise<void> => {
  await kubectl.run(['apply', '--server-side', '-f', '-'], {
    input: objects(observer)
      .map((o) => JSON.stringify(o))
      .join('\n---\n'),
  });
};

/** Everything that was posted so far, as text. */
export const posts = (kubectl: Kubectl): Promise<string> =>
  kubectl.exec(receiverNamespace, name, name, ['sh', '-c', 'cat /tmp/post.*.json 2>/dev/null || true']);
