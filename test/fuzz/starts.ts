// The fleets from which changes start: those that are checked in, and some that have every option, so that changes reach every key.
import { parse } from 'yaml';
import { fleetFiles, readText } from '../support/fleets';

type Value = unknown;

const thresholds = {
  targetDown: { for: '5m' },
  componentDown: { for: '4m' },
  incomplete: { for: '5m' },
  highLoad: { threshold: 3 },
  prometheusReplicaDown: { for: '1m' },
  clusterUnreachable: { for: '1m' },
  uploadLag: { for: '1m' },
  bucketErrors: { ratio: '1%', for: '5m' },
  queryErrors: { ratio: '1%' },
  queryLatency: { p99: '10s' },
  compactBacklog: { blocks: 5, for: '1h' },
  diskFull: { within: '12h', free: '10%' },
  volumeFull: { within: '12h', used: '80%' },
  nodeMemory: { used: '80%' },
  nodeCpu: { used: '80%' },
  containerMemory: { used: '80%' },
  restarts: { perHour: 5 },
};

export const everyOption: Value = {
  name: 'all',
  kubernetes: {
    kind: {
      platform: 'kind',
      context: 'x',
      storageClass: 'fast',
      podCidrs: ['10.244.0.0/16'],
      nodeCidrs: ['172.18.0.0/16'],
      localhost: { allowFrom: ['10.0.0.0/8'] },
    },
  },
  objectStore: {
    type: 's3',
    bucket: 'abc',
    endpoint: 'h:9000',
    region: 'r',
    prefix: 'p',
    insecure: false,
    auth: { secret: 's', key: 'credentials' },
    lookup: 'path',
    toleratedOutage: '1h',
  },
  observer: {
    in: 'kind',
    namespace: 'watch',
    query: { replicas: 2, timeout: '1m' },
    tenancy: { label: 'team', header: 'X-Team', proxy: { namespace: 'login', labels: { app: 'proxy' } } },
    queryFrontend: { replicas: 2 },
    alertmanager: {
      replicas: 2,
      receivers: {
        us: {
          slack: { channel: '#a', secret: 'b', key: 'c' },
          pagerduty: { secret: 'b', key: 'c' },
          opsgenie: { secret: 'b', key: 'c', url: 'https://h:8443', responders: [{ type: 'user', name: 'x' }] },
          email: { to: 'a@b', from: 'a@b', smarthost: 'h:465', username: 'u', secret: 'b', key: 'c', requireTls: false },
          msteams: { secret: 'b', key: 'c' },
          webhook: { secret: 'b', key: 'c', port: 8443, maxAlerts: 5 },
        },
        beat: { webhook: { secret: 'b' } },
      },
      defaultReceiver: 'us',
      routes: [
        {
          receiver: 'us',
          severity: ['critical'],
          cluster: ['chicago'],
          team: ['shop'],
          match: { a: 'b' },
          continue: true,
          muteDuring: ['nights'],
          groupWait: '1s',
          groupInterval: '1m',
          repeatInterval: '1h',
        },
        { receiver: 'us' },
      ],
      deadMansSwitch: { receiver: 'beat', every: '30s' },
      muteTimeIntervals: {
        nights: {
          times: ['22:00-24:00'],
          weekdays: ['monday:friday'],
          daysOfMonth: ['1:7'],
          months: ['june'],
          location: 'UTC',
        },
      },
    },
    grafana: { adminSecret: 'g' },
  },
  clusters: {
    chicago: {
      in: 'kind',
      namespace: 'here',
      replicas: 3,
      labels: { region: 'us', team: 'shop' },
      namespaces: ['shop'],
      scrapeInterval: '10s',
      retention: '7d',
      blockDuration: '1h',
      volume: '1Gi',
      resources: { cpu: '100m', memory: '1Gi' },
      alerts: { ...thresholds, disable: ['high_load'], ruleFiles: ['rules/printers.yaml'] },
    },
  },
  retention: { raw: '30d', '5m': '60d', '1h': '0s' },
  slo: { queries: { availability: '99.9%', latency: { objective: '99%', threshold: '1s' } } },
  alerts: {
    ...thresholds,
    disable: ['high_load'],
    ruleFiles: { global: ['rules/offices.yaml'], cluster: ['rules/printers.yaml'] },
    runbookUrl: 'https://example.com/r',
  },
};
/** The same where components have roles of IAM. */
const inCloud: Value = {
  name: 'cloud',
  kubernetes: {
    metrics: {
      platform: 'eks',
      context: 'metrics',
      arn: 'arn:aws:eks:eu-west-1:111122223333:cluster/metrics',
      oidcProvider: 'https://oidc.eks.eu-west-1.amazonaws.com/id/0123',
      storageClass: 'gp3',
      podCidrs: ['10.0.0.0/16'],
      nodeCidrs: ['10.0.0.0/16'],
    },
  },
  objectStore: {
    type: 's3',
    bucket: 'abc',
    region: 'eu-west-1',
    auth: { irsa: { roles: 'arn:aws:iam::{account}:role/a/{kubernetes}-{component}' } },
    ca: { configMap: 'a', key: 'b' },
    sse: { type: 'SSE-KMS', key: 'arn:aws:kms:eu-west-1:111122223333:key/1', context: { a: 'b' } },
    storageClass: 'INTELLIGENT_TIERING',
    partSize: '16Mi',
    multipart: true,
    contentMd5: true,
    listObjects: 'v2',
    dualstack: false,
    maxRetries: 5,
    http: {
      responseHeaderTimeout: '1m',
      idleConnTimeout: '1m',
      tlsHandshakeTimeout: '5s',
      maxIdleConns: 10,
      maxIdleConnsPerHost: 10,
      maxConnsPerHost: 10,
    },
    replicate: {
      to: {
        type: 's3',
        bucket: 'copies',
        region: 'eu-central-1',
        prefix: 'p',
        ca: { configMap: 'a', key: 'b' },
        sse: { type: 'SSE-KMS', key: 'arn:aws:kms:eu-central-1:111122223333:key/1' },
      },
      resources: { cpu: '100m', memory: '1Gi' },
    },
  },
  observer: { in: 'metrics', grafana: { adminSecret: 'g' } },
  clusters: { chicago: { in: 'metrics', series: '100k', churn: '5%', queries: '2/s' } },
};
const google: Value = {
  ...(inCloud as object),
  objectStore: {
    type: 'gcs',
    bucket: 'abc',
    prefix: 'p',
    auth: { workloadIdentity: { provider: 'projects/1/locations/global/workloadIdentityPools/fleet/providers/{kubernetes}' } },
    chunkSize: '8Mi',
    maxRetries: 3,
    http: { responseHeaderTimeout: '1m' },
    replicate: { to: { type: 'gcs', bucket: 'copies', chunkSize: '8Mi' } },
  },
};
const id = '01234567-89ab-cdef-0123-456789abcdef';
const azure: Value = {
  ...(inCloud as object),
  objectStore: {
    type: 'azure',
    storageAccount: 'abc',
    container: 'abc',
    prefix: 'p',
    endpoint: 'blob.core.windows.net',
    auth: {
      workloadIdentity: {
        tenantId: id,
        clientIds: { sidecar: id, store: id, compact: id, rule: id, 'bucket-web': id, replicate: id },
      },
    },
    retries: { max: 3, timeout: '1m', delay: '1s', maxDelay: '1m' },
    http: { responseHeaderTimeout: '1m' },
    replicate: { to: { type: 'azure', storageAccount: 'copies', container: 'abc', retries: { max: 5 } } },
  },
};

/** The other object stores by keys, where pods have no roles. */
const byKey: Value[] = [
  {
    type: 'gcs',
    bucket: 'abc',
    auth: { secret: 'a', key: 'b' },
    replicate: { to: { type: 'gcs', bucket: 'copies' } },
  },
  {
    type: 'embedded',
    replicate: { to: { type: 's3', bucket: 'copies', endpoint: 'h:9000', auth: { secret: 'b' }, ca: { secret: 'a', key: 'b' } } },
  },
  {
    type: 'azure',
    storageAccount: 'abc',
    container: 'abc',
    auth: { secret: 'a', key: 'b' },
    replicate: { to: { type: 'azure', storageAccount: 'copies', container: 'abc', auth: { secret: 'c', key: 'd' } } },
  },
].map((objectStore) => ({
  name: 'keys',
  kubernetes: { kind: { platform: 'kind' } },
  objectStore,
  observer: { in: 'kind' },
  clusters: { chicago: { in: 'kind' } },
}));

/** The same over several Kubernetes clusters, by ways of their own. */
const joined: Value = {
  name: 'joined',
  kubernetes: { here: { platform: 'kind' }, there: { platform: 'kind' } },
  objectStore: { type: 's3', bucket: 'abc', endpoint: 'h:9000', auth: { secret: 's' } },
  observer: {
    in: 'here',
    alertmanager: { replicas: 3 },
    expose: { addresses: ['a:1', 'b:2', 'c:3'], allowFrom: ['10.0.0.0/8'] },
  },
  clusters: {
    far: { in: 'there', replicas: 1, expose: { loadBalancer: { hostname: 'h' }, allowFrom: ['10.0.0.0/8'] } },
    near: { in: 'here' },
  },
};

/** The same with a user interface behind a Gateway. */
const routed: Value = {
  name: 'routed',
  kubernetes: { kind: { platform: 'kind' } },
  objectStore: { type: 'embedded' },
  observer: {
    in: 'kind',
    ingress: {
      gateway: {
        name: 'public',
        namespace: 'gateways',
        listener: 'https',
        pods: { namespace: 'gateways', labels: { app: 'envoy' } },
      },
    },
    grafana: { host: 'grafana.example.com', adminSecret: 'g' },
  },
  clusters: { chicago: { in: 'kind' } },
};

/** The same with Secrets from a store. */
const stored: Value = {
  ...(byKey[1] as object),
  externalSecrets: { store: { name: 'vault', kind: 'SecretStore' }, remoteKey: 'a/{secret}', refreshInterval: '15m' },
  imagePullSecrets: ['login'],
};

/** The same with a cluster whose Prometheus is somebody else's, here or elsewhere: the first, of which changes are. */
const known: Value[] = [
  {
    in: 'kind',
    prometheus: 'external',
    replicas: 3,
    labels: { team: 'shop' },
    scrapeInterval: '1m',
    sidecar: { pods: { namespace: 'monitoring', labels: { app: 'prometheus' } }, service: 'prometheus', port: 10_902 },
    alerts: { clusterUnreachable: { for: '5m' }, disable: ['ClusterClockSkew'] },
  },
  {
    in: 'there',
    prometheus: 'external',
    sidecar: { addresses: ['h:1', 'g:2'], tls: { secret: 'sidecars', serverName: 'h' } },
  },
].map((external) => ({
  ...(byKey[0] as object),
  kubernetes: { kind: { platform: 'kind' }, [external.in]: { platform: 'kind' } },
  clusters: { external, home: { in: 'kind' } },
}));

export const seeds: readonly Value[] = [
  ...fleetFiles.map((file) => parse(readText(file)) as Value),
  everyOption,
  inCloud,
  google,
  azure,
  ...byKey,
  joined,
  routed,
  stored,
  ...known,
];
