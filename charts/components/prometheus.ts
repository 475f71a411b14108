// A cluster's Prometheus pair, each replica with its Thanos sidecar: scrapes, alerts, uploads, answers StoreAPI.
import type { Construct } from 'constructs';
import {
  type Certificate,
  clientCertificate,
  clientTls,
  expiryRules,
  serverCertificate,
  serverNameOf,
  tlsFiles,
  tlsMounts,
  tlsVolumes,
} from '../config/certificates';
import type { BucketClient } from '../config/objstore';
import { configDirectory, prometheusConfig, rulesDirectory, type Targets } from '../config/prometheus';
import { prometheusName, type ResolvedCluster, type ResolvedFleet, type ResolvedKubernetes } from '../fleet/resolve';
import { images } from '../images';
import {
  configMapsVolume,
  configMapVolume,
  container,
  containerPorts,
  k8s,
  metadata,
  podField,
  probes,
  readOnly,
  reloadedConfigMap,
  resources,
  restricted,
  service,
  startupProbe,
  statefulSet,
  yaml,
} from '../kit/kubernetes';
import { filesInParts } from '../kit/parts';
import { seconds } from '../kit/units';
import { type Edges, Endpoint, type Exposure, type Port, type Workload } from '../kit/wiring';
import { clusterRuleFiles } from '../rules';
import { drains, grpc, grpcArgs, httpArgs, infoTimeout, memoryArgs, type Place, servesOn } from './thanos';

const http: Port = { name: 'http', number: 9090 };
const sidecarHttp: Port = { name: 'sidecar-http', number: 10902 };

/** One user for both containers: the sidecar hard-links Prometheus' blocks, which the kernel refuses across users. */
const uid = 65534;
const dataDirectory = '/prometheus';
/** Seconds in which a large head is written out before the end: longer than any other pod of a fleet has. */
export const gracePeriod = 600;
/**
 * Seconds until the querier asks a restarted sidecar again, at most. Here it must find its new address, and the round of questions
 * that takes it up lasts long while anybody does not answer. Elsewhere its address stays, and gRPC tries it ever more seldom, up to
 * every 2 minutes (google.golang.org/grpc/backoff).
 */
const seenAgain = { here: drains.lookup + seconds(infoTimeout), remote: 120 } as const;

export interface Prometheus {
  readonly workload: Workload;
  readonly cluster: ResolvedCluster;
  readonly http: Endpoint;
  readonly sidecarHttp: Endpoint;
  readonly grpc: Endpoint;
  /** What its sidecars show to clients in other Kubernetes clusters. */
  readonly sidecarTls?: Certificate;
  /** What it shows to the Alertmanagers. */
  readonly clientTls?: Certificate;
}

/** @param links how it is connected when the fleet is in several Kubernetes clusters */
export const declarePrometheus = (
  edges: Edges,
  place: Place,
  cluster: ResolvedCluster,
  links?: { readonly exposure?: (port: Port) => Exposure | undefined },
): Prometheus => {
  const workload: Workload = {
    kind: 'workload',
    name: prometheusName,
    component: 'prometheus',
    ...place,
    cluster: cluster.name,
    replicas: cluster.replicas,
    image: images.prometheus,
  };
  const endpoint = (port: Port) => new Endpoint(edges, workload, port);
  const exposure = links?.exposure?.(grpc);
  const sidecarTls = exposure && serverCertificate({ workload, program: 'thanos-sidecar' });
  return {
    workload,
    cluster,
    http: endpoint(http),
    sidecarHttp: endpoint(sidecarHttp),
    grpc: new Endpoint(edges, workload, grpc, { serverName: sidecarTls && serverNameOf(sidecarTls), exposure }),
    sidecarTls,
    clientTls: links && clientCertificate({ workload, program: 'prometheus' }),
  };
};

export interface PrometheusOptions {
  readonly kubernetes: ResolvedKubernetes;
  readonly bucket: BucketClient;
  readonly alertmanager: Endpoint;
  readonly targets: Targets;
  /** Where an alert's link leads, which this Prometheus writes into it. */
  readonly queryUrl: string;
}

export const renderPrometheus = (
  scope: Construct,
  prometheus: Prometheus,
  fleet: ResolvedFleet,
  options: PrometheusOptions,
): void => {
  const { workload, cluster, sidecarTls } = prometheus;
  const { bucket, alertmanager } = options;
  const alertmanagers = {
    addresses: alertmanager.eachFor(workload),
    tls: prometheus.clientTls && alertmanager.serverName ? clientTls(prometheus.clientTls, alertmanager.serverName) : undefined,
  };
  const config = reloadedConfigMap(scope, workload, 'prometheus', {
    'prometheus.yml': yaml(prometheusConfig(fleet, cluster, options.targets, alertmanagers)),
  });
  const rules = filesInParts(clusterRuleFiles(fleet, cluster)).map((files, i) =>
    reloadedConfigMap(scope, workload, `prometheus-rules${i === 0 ? '' : `-${i + 1}`}`, files),
  );
  renderRights(scope, prometheus, options.targets);
  service(scope, workload, [http, sidecarHttp, grpc], { headless: true });
  const data: k8s.VolumeMount = { name: 'data', mountPath: dataDirectory };
  const configuration = [
    readOnly('config', configDirectory),
    readOnly('rules', rulesDirectory),
    ...(prometheus.clientTls ? [readOnly('certificates', expiryRules.directory)] : []),
  ];
  statefulSet(
    scope,
    workload,
    {
      ...bucket.pod,
      spec: {
        ...restricted(uid),
        automountServiceAccountToken: true, // the only workload that asks the Kubernetes API anything: discovery
        terminationGracePeriodSeconds: gracePeriod,
        containers: [
          container('prometheus', workload.image, {
            args: [
              `--config.file=${configDirectory}/prometheus.yml`,
              `--storage.tsdb.path=${dataDirectory}`,
              // equal, so that Prometheus never compacts what the sidecar uploads
              `--storage.tsdb.min-block-duration=${cluster.blockDuration}`,
              `--storage.tsdb.max-block-duration=${cluster.blockDuration}`,
              `--web.listen-address=0.0.0.0:${http.number}`,
              `--web.external-url=${options.queryUrl}`, // links of alerts lead to the querier, which has the same data and more
              '--web.enable-lifecycle', // the sidecar reloads it
            ],
            env: [podField('POD_NAME', 'metadata.name')], // the external label replica
            ports: containerPorts(http),
            startupProbe: startupProbe(http),
            ...probes(http),
            lifecycle: servesOn(drains.lookup),
            resources: resources(cluster.resources),
            volumeMounts: [data, ...configuration, ...tlsMounts(prometheus.clientTls)],
          }),
          container('thanos-sidecar', images.thanos, {
            args: [
              'sidecar',
              ...httpArgs(sidecarHttp),
              ...grpcArgs(),
              ...(sidecarTls ? grpcTlsArgs(sidecarTls) : []),
              ...memoryArgs,
              `--prometheus.url=http://127.0.0.1:${http.number}`,
              `--tsdb.path=${dataDirectory}`,
              ...bucket.args,
              `--reloader.config-file=${configDirectory}/prometheus.yml`,
              `--reloader.rule-dir=${rulesDirectory}`,
              ...(prometheus.clientTls ? [`--reloader.rule-dir=${expiryRules.directory}`] : []),
              '--reloader.watch-interval=30s',
            ],
            env: bucket.env,
            ports: containerPorts(sidecarHttp, grpc),
            ...probes(sidecarHttp),
            lifecycle: servesOn(drains.lookup),
            resources: resources(cluster.sidecar),
            volumeMounts: [data, ...configuration, ...tlsMounts(sidecarTls), ...bucket.volumeMounts],
          }),
        ],
        volumes: [
          configMapVolume('config', config),
          configMapsVolume('rules', rules),
          ...(prometheus.clientTls ? [{ name: 'certificates', configMap: { name: expiryRules.configMap, optional: true } }] : []),
          ...tlsVolumes(sidecarTls, prometheus.clientTls),
          ...bucket.volumes,
        ],
      },
    },
    [{ name: 'data', size: cluster.volume, storageClass: options.kubernetes.storageClass }],
    { settleSeconds: sidecarTls ? seenAgain.remote : seenAgain.here },
  );
};

/** TLS 1.3 only, and nobody without a certificate of the fleet's. */
const grpcTlsArgs = (certificate: Certificate): string[] => {
  const { cert, key, ca } = tlsFiles(certificate);
  return [`--grpc-server-tls-cert=${cert}`, `--grpc-server-tls-key=${key}`, `--grpc-server-tls-client-ca=${ca}`];
};

/** Least rights: pods of its own namespaces; the cluster that watches the Kubernetes cluster reads what it must of all of it. */
const renderRights = (scope: Construct, prometheus: Prometheus, targets: Targets): void => {
  const { workload, cluster } = prometheus;
  const subjects = [{ kind: 'ServiceAccount', name: workload.name, namespace: workload.namespace }];
  const read = ['get', 'list', 'watch'];
  if (targets.kubernetes) {
    // cluster-scoped names carry the namespace
    const name = `${workload.namespace}-${workload.name}`;
    const { namespace: _, ...meta } = metadata(workload, name);
    new k8s.KubeClusterRole(scope, 'prometheus-cluster-role', {
      metadata: meta,
      rules: [
        { apiGroups: [''], resources: ['nodes', 'services', 'pods'], verbs: read },
        { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: read },
        { apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] },
        { nonResourceUrLs: ['/metrics'], verbs: ['get'] },
      ],
    });
    new k8s.KubeClusterRoleBinding(scope, 'prometheus-cluster-role-binding', {
      metadata: meta,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
      subjects,
    });
    return;
  }
  for (const namespace of [workload.namespace, ...cluster.namespaces]) {
    const name = namespace === workload.namespace ? workload.name : `${workload.namespace}-${workload.name}`;
    const meta = { ...metadata(workload, name), namespace };
    new k8s.KubeRole(scope, `prometheus-role-${namespace}`, {
      metadata: meta,
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: read }],
    });
    new k8s.KubeRoleBinding(scope, `prometheus-role-binding-${namespace}`, {
      metadata: meta,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects,
    });
  }
};
