// Alertmanager: groups, silences and delivers. Peers gossip on 9094, tcp and udp.
import type { Construct } from 'constructs';
import { alertmanagerConfig, configDirectory, receiverDirectory } from '../config/alertmanager';
import { messageTemplates } from '../config/messages';
import type { ResolvedReceiver } from '../fleet/notifications';
import type { ResolvedFleet, ResolvedKubernetes } from '../fleet/resolve';
import { images } from '../images';
import {
  configMapVolume,
  container,
  containerPorts,
  hashedConfigMap,
  type k8s,
  podField,
  probes,
  readOnly,
  resources,
  restricted,
  service,
  statefulSet,
  yaml,
} from '../kit/kubernetes';
import { type Edges, Endpoint, type Port, partOfInternet, type Workload } from '../kit/wiring';
import type { Place } from './thanos';

const http: Port = { name: 'http', number: 9093 };
const clusterTcp: Port = { name: 'cluster-tcp', number: 9094 };
const clusterUdp: Port = { name: 'cluster-udp', number: 9094, protocol: 'UDP' };
const uid = 65534;

export interface Alertmanager {
  readonly workload: Workload;
  readonly http: Endpoint;
  readonly gossip: readonly [Endpoint, Endpoint];
}

export const declareAlertmanager = (edges: Edges, place: Place, replicas: number): Alertmanager => {
  const workload: Workload = {
    kind: 'workload',
    name: 'alertmanager',
    component: 'alertmanager',
    ...place,
    replicas,
    image: images.alertmanager,
  };
  const endpoint = (port: Port) => new Endpoint(edges, workload, port);
  return { workload, http: endpoint(http), gossip: [endpoint(clusterTcp), endpoint(clusterUdp)] };
};

const gossipArgs = (peers: readonly string[]): string[] =>
  peers.length < 2
    ? ['--cluster.listen-address=']
    : [
        `--cluster.listen-address=0.0.0.0:${clusterTcp.number}`,
        `--cluster.advertise-address=$(POD_IP):${clusterTcp.number}`, // it takes no host name
        ...peers.map((peer) => `--cluster.peer=${peer}`),
      ];

const receiverVolume = ({ name }: ResolvedReceiver): string => `receiver-${name}`;

/** A receiver's secrets and nothing else of the Secrets that they are in: one file per integration, named after it. */
const receiverSecrets = (receiver: ResolvedReceiver): k8s.Volume => ({
  name: receiverVolume(receiver),
  projected: {
    sources: receiver.integrations.flatMap(({ type, from }) =>
      from ? [{ secret: { name: from.secret, items: [{ key: from.key, path: type }] } }] : [],
    ),
  },
});

export const renderAlertmanager = (
  scope: Construct,
  alertmanager: Alertmanager,
  fleet: ResolvedFleet,
  options: { kubernetes: ResolvedKubernetes; externalUrl: string; edges: Edges },
): void => {
  const { workload } = alertmanager;
  const { receivers } = fleet.observer.alertmanager;
  const config = hashedConfigMap(scope, workload, 'alertmanager', {
    'alertmanager.yml': yaml(alertmanagerConfig(fleet)),
    'messages.tmpl': messageTemplates,
  });
  const withSecrets = receivers.filter((r) => r.integrations.some((i) => i.from));
  const ha = workload.replicas > 1;
  const [tcp, udp] = alertmanager.gossip;
  if (ha) udp.discoveredBy(workload);
  for (const { name, integrations } of receivers)
    for (const { type, port } of integrations)
      options.edges.allow(workload, partOfInternet(`receiver ${name}`), { name: type, number: port });
  const ports = ha ? [http, clusterTcp, clusterUdp] : [http];
  service(scope, workload, ports, { headless: true, publishNotReady: true });
  statefulSet(
    scope,
    workload,
    {
      spec: {
        ...restricted(uid),
        terminationGracePeriodSeconds: 120,
        containers: [
          container(workload.name, workload.image, {
            args: [
              `--config.file=${configDirectory}/alertmanager.yml`,
              '--storage.path=/alertmanager',
              '--data.retention=120h',
              `--web.listen-address=0.0.0.0:${http.number}`,
              `--web.external-url=${options.externalUrl}`,
              '--enable-feature=auto-gomemlimit,utf8-strict-mode',
              ...gossipArgs(ha ? tcp.eachFor(workload) : []),
            ],
            ...(ha ? { env: [podField('POD_IP', 'status.podIP')] } : {}),
            ports: containerPorts(...ports),
            ...probes(http),
            resources: resources(fleet.observer.alertmanager.resources),
            volumeMounts: [
              { name: 'data', mountPath: '/alertmanager' },
              readOnly('config', configDirectory),
              ...withSecrets.map((r): k8s.VolumeMount => readOnly(receiverVolume(r), receiverDirectory(r.name))),
            ],
          }),
        ],
        volumes: [configMapVolume('config', config), ...withSecrets.map(receiverSecrets)],
      },
    },
    [{ name: 'data', size: '1Gi', storageClass: options.kubernetes.storageClass }],
  );
};
