// Alertmanager: groups, silences and delivers. Peers gossip on 9094, tcp and udp.
import type { Construct } from 'constructs';
import { alertmanagerConfig, configDirectory, receiverDirectory } from '../config/alertmanager';
import { type Certificate, serverCertificate, serverNameOf, tlsFiles, tlsMounts, tlsVolumes } from '../config/certificates';
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
  tcpProbes,
  yaml,
} from '../kit/kubernetes';
import type { Secrets } from '../kit/secrets';
import { type Edges, Endpoint, type Exposure, type Port, partOfInternet, type Workload } from '../kit/wiring';
import type { Place } from './thanos';

const http: Port = { name: 'http', number: 9093 };
const clusterTcp: Port = { name: 'cluster-tcp', number: 9094 };
const clusterUdp: Port = { name: 'cluster-udp', number: 9094, protocol: 'UDP' };
const uid = 65534;

export interface Alertmanager {
  readonly workload: Workload;
  readonly http: Endpoint;
  readonly gossip: readonly [Endpoint, Endpoint];
  /** What it shows to its clients, all of which show one of theirs. */
  readonly tls?: Certificate;
}

/** @param links how it is connected when the fleet is in several Kubernetes clusters */
export const declareAlertmanager = (
  edges: Edges,
  place: Place,
  replicas: number,
  links?: { readonly exposure?: (port: Port) => Exposure | undefined },
): Alertmanager => {
  const workload: Workload = {
    kind: 'workload',
    name: 'alertmanager',
    component: 'alertmanager',
    ...place,
    replicas,
    image: images.alertmanager,
  };
  const endpoint = (port: Port) => new Endpoint(edges, workload, port);
  const tls = links && serverCertificate({ workload, program: 'alertmanager' });
  return {
    workload,
    http: new Endpoint(edges, workload, http, { serverName: tls && serverNameOf(tls), exposure: links?.exposure?.(http) }),
    gossip: [endpoint(clusterTcp), endpoint(clusterUdp)],
    tls,
  };
};

const gossipArgs = (peers: readonly string[]): string[] =>
  peers.length < 2
    ? ['--cluster.listen-address=']
    : [
        `--cluster.listen-address=0.0.0.0:${clusterTcp.number}`,
        `--cluster.advertise-address=$(POD_IP):${clusterTcp.number}`, // it takes no host name
        ...peers.map((peer) => `--cluster.peer=${peer}`),
      ];

/** Nobody without a certificate of the fleet's; `promtool check web-config` accepts it. */
const webConfig = (tls: Certificate) => {
  const { cert, key, ca } = tlsFiles(tls);
  return {
    tls_server_config: {
      cert_file: cert,
      key_file: key,
      client_auth_type: 'RequireAndVerifyClientCert',
      client_ca_file: ca,
      min_version: 'TLS13',
    },
  };
};

const receiverVolume = ({ name }: ResolvedReceiver): string => `receiver-${name}`;

/** A receiver's secrets and nothing else of the Secrets that they are in: one file per integration, named after it. */
const receiverSecrets = (workload: Workload, receiver: ResolvedReceiver, secrets: Secrets): k8s.Volume => ({
  name: receiverVolume(receiver),
  projected: {
    sources: receiver.integrations.flatMap(({ type, from }) =>
      from ? [{ secret: { name: secrets.named(from.secret, workload, from.key), items: [{ key: from.key, path: type }] } }] : [],
    ),
  },
});

export const renderAlertmanager = (
  scope: Construct,
  alertmanager: Alertmanager,
  fleet: ResolvedFleet,
  options: { kubernetes: ResolvedKubernetes; externalUrl: string; grafanaUrl: string; edges: Edges; secrets: Secrets },
): void => {
  const { workload, tls } = alertmanager;
  const { receivers } = fleet.observer.alertmanager;
  const config = hashedConfigMap(scope, workload, 'alertmanager', {
    'alertmanager.yml': yaml(alertmanagerConfig(fleet)),
    'messages.tmpl': messageTemplates(options.grafanaUrl),
    ...(tls ? { 'web.yml': yaml(webConfig(tls)) } : {}),
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
              ...(tls ? [`--web.config.file=${configDirectory}/web.yml`] : []),
              `--web.external-url=${options.externalUrl}`,
              '--enable-feature=auto-gomemlimit,utf8-strict-mode',
              ...gossipArgs(ha ? tcp.eachFor(workload) : []),
            ],
            ...(ha ? { env: [podField('POD_IP', 'status.podIP')] } : {}),
            ports: containerPorts(...ports),
            ...(tls ? tcpProbes(http) : probes(http)), // the kubelet has no certificate to show
            resources: resources(fleet.observer.alertmanager.resources),
            volumeMounts: [
              { name: 'data', mountPath: '/alertmanager' },
              readOnly('config', configDirectory),
              ...tlsMounts(tls),
              ...withSecrets.map((r): k8s.VolumeMount => readOnly(receiverVolume(r), receiverDirectory(r.name))),
            ],
          }),
        ],
        volumes: [
          configMapVolume('config', config),
          ...tlsVolumes(tls),
          ...withSecrets.map((r) => receiverSecrets(workload, r, options.secrets)),
        ],
      },
    },
    [{ name: 'data', size: '1Gi', storageClass: options.kubernetes.storageClass }],
  );
};
