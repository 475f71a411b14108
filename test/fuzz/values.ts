// Values that options of the fleet file may have, where their schema alone does not tell: by their form, or by their name.
import { z } from 'zod';
import * as scalars from '../../charts/fleet/scalars';
import { images, reference } from '../../charts/images';

/** What YAML can say. */
export type Value = string | number | boolean | null | undefined | Value[] | { [key: string]: Value };
export type Fleet = Record<string, Value>;
/** A value, or how it follows from the fleet that it is for: a name of something that is there. */
export type Chosen = Value | ((fleet: Fleet) => Value);

const formOf = (schema: z.ZodType): string =>
  JSON.stringify((z.toJSONSchema(schema, { io: 'input' }) as { pattern?: string }).pattern);

const byForm = new Map<string, readonly Chosen[]>([
  [formOf(scalars.duration), ['30s', '15m', '48h']],
  [formOf(scalars.volumeSize), ['1Gi', '50G']],
  [formOf(scalars.cpu), ['50m', '1.5']],
  [formOf(scalars.ratio), ['5%', '99.5%']],
  [formOf(scalars.cidr), ['10.0.0.0/8', '192.168.7.1/32', 'fd00::/8']],
  [formOf(scalars.secretName), ['a', 'a-secret.of.ours']],
  [formOf(scalars.dnsLabel), ['a', 'a-name-1']],
  [formOf(scalars.httpUrl), ['http://ab', 'https://h.example.com/a/b']],
  [formOf(scalars.httpsUrl), ['https://ab', 'https://h.example.com/a/b']],
  [formOf(scalars.secretKey), ['key', 'A_file.v1']],
]);

const names = (fleet: Fleet, ...path: string[]): string[] =>
  Object.keys((path.reduce<Value>((value, key) => (value as Fleet | undefined)?.[key], fleet) as Fleet | undefined) ?? {});
const first =
  (...path: string[]) =>
  (fleet: Fleet) =>
    names(fleet, ...path)[0] ?? 'nobody';
const last =
  (...path: string[]) =>
  (fleet: Fleet) =>
    names(fleet, ...path).at(-1) ?? 'nobody';
const receivers = ['observer', 'alertmanager', 'receivers'];

const hosts = ['h', 'host-1.example.com', '192.0.2.7'];
const ids = ['01234567-89ab-cdef-0123-456789abcdef'];
const exposed = (name: string, addresses: readonly Chosen[]): Record<string, readonly Chosen[]> => ({
  [`${name}.expose.nodePort.address`]: hosts,
  [`${name}.expose.loadBalancer.hostname`]: ['lb.example.com', 'a-{replica}.example.com'],
  [`${name}.expose.loadBalancer.annotations`]: [{}, { 'example.com/a': 'b', c: '"\n' }],
  [`${name}.expose.nodePort.port`]: [31_500, 32_760],
  [`${name}.expose.addresses`]: addresses,
});
/** Places for blocks, by the options that buckets have wherever they are named. */
const s3Places = (name: string): Record<string, readonly Chosen[]> => ({
  [`${name}.bucket`]: ['abc', 'a-bucket-1', 'a.b.c'],
  [`${name}.region`]: ['eu-west-1', 'us-gov-east-1'],
  [`${name}.endpoint`]: ['h:9000', 's3.eu-west-1.amazonaws.com'],
  [`${name}.prefix`]: ['a', 'a/{{b}}', 'ü/$X'],
  [`${name}.sse<SSE-KMS>.key`]: [
    'arn:aws:kms:eu-west-1:111122223333:key/1',
    'arn:aws:kms:eu-central-1:111122223333:key/1',
    'alias/a',
  ],
  [`${name}.sse<SSE-KMS>.context`]: [{}, { a: 'b', 'c:d': '" e' }],
  [`${name}.storageClass`]: ['INTELLIGENT_TIERING', 'STANDARD'],
});
const gcsPlaces = (name: string): Record<string, readonly Chosen[]> => ({
  [`${name}.bucket`]: ['abc', 'a_b.c'],
  [`${name}.prefix`]: ['a', 'ü/$X'],
});
const azurePlaces = (name: string): Record<string, readonly Chosen[]> => ({
  [`${name}.storageAccount`]: ['abc', 'x'.repeat(24)],
  [`${name}.container`]: ['abc', 'a-b-1'],
  [`${name}.prefix`]: ['a', 'ü/$X'],
  [`${name}.endpoint`]: ['blob.core.windows.net', 'h'],
});
const tuned = (name: string): Record<string, readonly Chosen[]> => ({
  [`${name}.disable`]: [[], ['service_down'], ['Watchdog', 'high_load', 'high_load']],
  [`${name}.queryLatency.p99`]: ['1ms', '40s'],
});

const byName: Record<string, readonly Chosen[]> = {
  name: ['a', 'fleet-7', 'x'.repeat(30)],
  'kubernetes.*<kind>.context': ['kind-kind', 'ü: a context'],
  'kubernetes.*<kind>.storageClass': ['fast', 'x'.repeat(63)],
  'kubernetes.*<kind>.node.cpu': ['64', '9.5'],
  'kubernetes.*<kind>.node.memory': ['256Gi', '64Gi'],
  'kubernetes.*<eks>.node.cpu': ['64', '9.5'],
  'kubernetes.*<eks>.node.memory': ['256Gi', '64Gi'],
  'kubernetes.*<eks>.context': ['metrics', 'arn:aws:eks:eu-west-1:111122223333:cluster/obs'],
  'kubernetes.*<eks>.storageClass': ['gp3', 'x'.repeat(63)],
  'kubernetes.*<eks>.arn': ['arn:aws:eks:eu-west-1:111122223333:cluster/a', 'arn:aws-cn:eks:cn-north-1:111122223333:cluster/B_1'],
  'kubernetes.*<eks>.oidcProvider': ['https://oidc.eks.eu-west-1.amazonaws.com/id/0123', 'https://h'],
  ...s3Places('objectStore<s3>'),
  ...gcsPlaces('objectStore<gcs>'),
  ...azurePlaces('objectStore<azure>'),
  ...s3Places('objectStore<embedded>.replicate.to'),
  ...s3Places('objectStore<s3>.replicate.to'),
  ...gcsPlaces('objectStore<gcs>.replicate.to'),
  ...azurePlaces('objectStore<azure>.replicate.to'),
  'objectStore<gcs>.auth.workloadIdentity.provider': [
    'projects/1/locations/global/workloadIdentityPools/pool/providers/{kubernetes}',
  ],
  'objectStore<azure>.auth.workloadIdentity.tenantId': ids,
  'objectStore<s3>.auth.irsa.roles': ['arn:aws:iam::{account}:role/a/{kubernetes}-{component}'],
  'objectStore<s3>.auth.podIdentity.roles': ['arn:aws:iam::111122223333:role/a-{component}'],
  ...Object.fromEntries(
    ['sidecar', 'store', 'compact', 'rule', 'bucket-web', 'replicate'].map((c) => [
      `objectStore<azure>.auth.workloadIdentity.clientIds.${c}`,
      ids,
    ]),
  ),
  'externalSecrets.store.name': ['aws', 'x'.repeat(253)],
  'externalSecrets.remoteKey': ['{secret}', 'a/{fleet}-{kubernetes}/{namespace}_{secret}'],
  'externalSecrets.refreshInterval': ['1m', '90s', '1h', '30d'],
  'gitops.argocd.repo': ['https://git.example.com/fleet.git', 'git@git.example.com:a/b.git'],
  'gitops.argocd.revision': ['v1.2', 'release/7'],
  'gitops.argocd.path': ['.', 'clusters/dist'],
  'gitops.argocd.project': ['a', 'x'.repeat(63)],
  'gitops.argocd.in': [first('kubernetes'), 'nowhere'],
  'gitops.argocd.namespace': ['argocd', 'x'.repeat(63)],
  'gitops.argocd.clusters': [{}, (fleet) => ({ [names(fleet, 'kubernetes')[0] ?? 'nobody']: 'another' })],
  ...exposed('objectStore<embedded>', [['h:1']]),
  ...exposed('observer', [['h:1'], ['a.example.com:443', 'b:2', 'c:3']]),
  ...exposed('clusters.*', [['h:1'], ['a.example.com:443', 'b:2']]),
  'observer.in': [first('kubernetes'), last('kubernetes')],
  'observer.namespace': ['watch', 'x'.repeat(63)],
  'observer.query.autoscale.max': [100, 3],
  'observer.queryFrontend.autoscale.max': [100, 3],
  'observer.query.timeout': ['1s', '90s', '15m'],
  'observer.alertmanager.receivers.*.slack.channel': ['#a', '@someone', '"ü'],
  'observer.alertmanager.receivers.*.opsgenie.url': ['https://api.eu.opsgenie.com', 'https://h:8080/a'],
  'observer.alertmanager.receivers.*.opsgenie.responders[].name': ['a team', 'a@b'],
  'observer.alertmanager.receivers.*.email.to': ['a@b', 'a@b, c@d.example.com'],
  'observer.alertmanager.receivers.*.email.from': ['a@b', 'alerts+x@example.com'],
  'observer.alertmanager.receivers.*.email.smarthost': ['h:25', 'smtp.example.com:587'],
  'observer.alertmanager.receivers.*.email.username': ['u', 'a user'],
  'observer.alertmanager.defaultReceiver': [first(...receivers), last(...receivers)],
  'observer.alertmanager.routes[].receiver': [first(...receivers), last(...receivers)],
  'observer.alertmanager.routes[].cluster': [
    (fleet) => names(fleet, 'clusters').slice(0, 1),
    (fleet) => names(fleet, 'clusters'),
  ],
  'observer.alertmanager.routes[].team': [['shop']],
  'observer.alertmanager.routes[].match': [{}, { a: 'b' }, { cluster: 'x', b: '"\n|' }],
  'observer.alertmanager.routes[].muteDuring': [
    (fleet) => names(fleet, 'observer', 'alertmanager', 'muteTimeIntervals').slice(0, 1),
    (fleet) => names(fleet, 'observer', 'alertmanager', 'muteTimeIntervals'),
  ],
  'observer.alertmanager.routes[].groupWait': ['0s', '30s'],
  'observer.alertmanager.routes[].groupInterval': ['1s', '5m'],
  'observer.alertmanager.routes[].repeatInterval': ['5m', '24h'],
  'observer.alertmanager.deadMansSwitch.receiver': [last(...receivers)],
  'observer.alertmanager.deadMansSwitch.every': ['15s', '5m'],
  'observer.alertmanager.muteTimeIntervals.*.times': [['22:00-24:00'], ['18:00-24:00', '09:00-17:30']],
  'observer.alertmanager.muteTimeIntervals.*.weekdays': [['saturday'], ['monday:friday', 'sunday']],
  'observer.alertmanager.muteTimeIntervals.*.daysOfMonth': [['1'], ['1:-2'], ['-7:-1', '3:5']],
  'observer.alertmanager.muteTimeIntervals.*.months': [['december'], ['june:august', '1:2']],
  'observer.alertmanager.muteTimeIntervals.*.location': ['UTC', 'Europe/Berlin'],
  'clusters.*.in': [first('kubernetes'), last('kubernetes')],
  'clusters.*.sidecar.pods.labels': [{ a: 'b' }, { 'example.com/a': 'b', c: 'd' }],
  'clusters.*.sidecar.addresses': [
    ['h:1', 'g:2'],
    ['192.0.2.7:10901', 'a.example.com:443'],
  ],
  'clusters.*.sidecar.tls.serverName': ['h', 'thanos.example.com'],
  'clusters.*.namespace': ['here', 'y'.repeat(63)],
  'clusters.*.labels': [{}, { region: 'eu', team: 'shop' }, { price: '$5 {{ x }}\n', team: 'ü' }],
  'clusters.*.namespaces': [[], ['shop'], ['a', 'b']],
  'clusters.*.series': ['20k', '1M'],
  'clusters.*.targetLimits.samples': ['800', '50k'],
  'clusters.*.queries': ['1/s', '10/s'],
  'clusters.*.scrapeInterval': ['1s', '30s', '2m'],
  'clusters.*.retention': ['6h', '48h', '2y'],
  'clusters.*.blockDuration': ['1m', '30m', '2h'],
  ...tuned('clusters.*.alerts'),
  'clusters.*.alerts.ruleFiles': [[], ['rules/printers.yaml']],
  'observer.tenancy.label': ['cluster', 'team'],
  'observer.tenancy.header': ['X-Scope-OrgID', 'a'],
  'observer.tenancy.proxy.labels': [{ a: 'b' }, { 'example.com/a': 'b', c: 'd' }],
  'observer.ingress.alb.certificate': ['arn:aws:acm:eu-west-1:111122223333:certificate/a-1'],
  'observer.ingress.gateway.pods.labels': [{ a: 'b' }, { 'example.com/a': 'b', c: 'd' }],
  'observer.queryFrontend.host': ['query.example.com'],
  'observer.alertmanager.host': ['alertmanager.example.com'],
  'observer.grafana.host': ['grafana.example.com'],
  'observer.grafana.oidc.name': ['a', 'An identity provider'],
  'observer.grafana.oidc.scopes': [['openid'], ['openid', 'groups']],
  'observer.grafana.oidc.admins': [[], ['a group', 'b']],
  'observer.grafana.oidc.editors': [[], ['a group', 'b']],
  'observer.cache<memcached>.addresses': [['h:11211'], ['a:1', 'b.example.com:2']],
  registry: ['registry.example.com', 'localhost:5000/a/b'],
  imagePullSecrets: [['login'], ['login', 'a.b']],
  imageDigests: [{}, { [reference(images.thanos)]: `sha256:${'0'.repeat(64)}` }],
  'retention.raw': ['0s', '3d', '30d'],
  'retention.5m': ['0s', '16d', '180d'],
  'retention.1h': ['0s', '30d', '100y'],
  'slo.queries.availability': ['95%', '99.9999%'],
  'slo.queries.latency.objective': ['95%', '99.99%'],
  'slo.queries.latency.threshold': ['100ms', '6s', '20s'],
  ...tuned('alerts'),
  'alerts.ruleFiles.global': [[], ['rules/offices.yaml']],
  'alerts.ruleFiles.cluster': [[], ['rules/printers.yaml']],
  'alerts.runbookUrl': ['http://ab', 'https://wiki.example.com/ü?a=b#c'],
};

/** Options that have values here by name: each must be one of the fleet file's. */
export const namedOptions: readonly string[] = Object.keys(byName);

/** Values for an option, or for the elements of its list (`…[]`); undefined when its name and its form say nothing. */
export const valuesOf = (
  name: string,
  node: { readonly type?: string; readonly pattern?: string },
): readonly Chosen[] | undefined =>
  byName[name] ?? (node.pattern === undefined ? undefined : byForm.get(JSON.stringify(node.pattern)));

/** Names for the first entry of maps that a fleet need not have. */
export const samples: Readonly<Record<string, string>> = {
  'observer.alertmanager.receivers': 'team',
  'observer.alertmanager.muteTimeIntervals': 'nights',
};
