// What a fleet on EKS finds there: a bucket, Secrets, a PriorityClass. Here they are made, on a node that stays.
import { images, reference } from '../../../charts/images';
import { selectorLabels } from '../../../charts/kit/kubernetes';
import type { Running } from '../fleet';
import { deployReceiver, type PodPlace, receiverNamespace } from '../receiver';

const s3 = { name: 's3', port: 7070, bucket: 'e2e', accessKey: 'e2e', secretKey: 'e2e-secret-key' };
/** Asks queries. */
export const asker = { namespace: receiverNamespace, pod: 'asker', container: 'asker' } as const;

const credentials = `[default]\naws_access_key_id = ${s3.accessKey}\naws_secret_access_key = ${s3.secretKey}\n`;

const onNode = (node: string): PodPlace => ({
  nodeSelector: { 'kubernetes.io/hostname': node },
  tolerations: [{ operator: 'Exists' }], // of a control plane
});

const objects = ({ fleet, topology }: Running, node: string): object[] => {
  const { queryFrontend } = topology.observer;
  const secret = (namespace: string, name: string, stringData: Record<string, string>) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace },
    stringData,
  });
  const pod = (name: string, spec: object) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: receiverNamespace, labels: { app: name } },
    spec: { ...onNode(node), terminationGracePeriodSeconds: 0, ...spec },
  });
  return [
    { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'e2e-monitoring' }, value: 1000 },
    ...[fleet.observer.namespace, ...fleet.clusters.map((c) => c.namespace)].map((namespace) =>
      secret(namespace, 'e2e-s3', { credentials }),
    ),
    secret(fleet.observer.namespace, 'e2e-grafana', {
      'admin-user': 'admin',
      'admin-password': 'e2e-grafana',
      'secret-key': 'e2e',
    }),
    pod(s3.name, {
      initContainers: [
        {
          name: 'make-bucket',
          image: reference(images.busybox),
          command: ['mkdir', '-p', `/data/${s3.bucket}`],
          volumeMounts: [{ name: 'data', mountPath: '/data' }],
        },
      ],
      containers: [
        {
          name: s3.name,
          image: reference(images.versitygw),
          args: ['--port', `:${s3.port}`, '--health', '/healthz', '--keep-alive', '--region', 'eu-west-1', 'posix', '/data'],
          env: [
            { name: 'ROOT_ACCESS_KEY_ID', value: s3.accessKey },
            { name: 'ROOT_SECRET_ACCESS_KEY', value: s3.secretKey },
          ],
          readinessProbe: { httpGet: { path: '/healthz', port: s3.port }, periodSeconds: 1, timeoutSeconds: 10 },
          volumeMounts: [{ name: 'data', mountPath: '/data' }],
        },
      ],
      volumes: [{ name: 'data', emptyDir: {} }],
    }),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: s3.name, namespace: receiverNamespace },
      spec: { selector: { app: s3.name }, ports: [{ port: s3.port }] },
    },
    pod(asker.pod, {
      containers: [{ name: asker.container, image: reference(images.busybox), command: ['sleep', '86400'] }],
    }),
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'e2e-asker', namespace: queryFrontend.workload.namespace },
      spec: {
        podSelector: { matchLabels: selectorLabels(queryFrontend.workload) },
        policyTypes: ['Ingress'],
        ingress: [
          {
            from: [
              {
                namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': receiverNamespace } },
                podSelector: { matchLabels: { app: asker.pod } },
              },
            ],
            ports: [{ port: queryFrontend.http.port.number }],
          },
        ],
      },
    },
  ];
};

const json = (all: readonly object[]): string => all.map((o) => JSON.stringify(o)).join('\n---\n');

/** Makes all of it. @param node where it is */
export const deployCloud = async (running: Running, node: string): Promise<void> => {
  const { kubectl, synthesized } = running;
  const namespaces = synthesized.files.flatMap((f) => f.objects).filter((o) => o.kind === 'Namespace');
  await kubectl.run(['apply', '--server-side', '-f', '-'], { input: json(namespaces) });
  await deployReceiver(kubectl, running.observer, onNode(node));
  await kubectl.run(['apply', '--server-side', '-f', '-'], { input: json(objects(running, node)) });
  await kubectl.run(['wait', '--for=condition=Ready', 'pod', '--all', '-n', receiverNamespace, '--timeout=300s']);
};

export const removeCloud = async ({ kubectl }: Running): Promise<void> => {
  await kubectl.run(['delete', 'namespace', receiverNamespace, '--ignore-not-found']);
  await kubectl.run(['delete', 'priorityclass', 'e2e-monitoring', '--ignore-not-found']);
};
