// The fleet file's schema: every key, its form, and what it is for. fleet.schema.json is generated from it.
import { z } from 'zod';
import { acceptable } from './codes';
import { expose } from './exposure-schema';
import { externalSecrets } from './external-secrets-schema';
import { sidecar } from './externals-schema';
import { gitops } from './gitops-schema';
import { ingress, oidc, webHost } from './ingress-schema';
import { objectStore } from './object-store-schema';
import {
  amount,
  cidr,
  count,
  cpu,
  digest,
  dnsLabel,
  duration,
  host,
  httpUrl,
  labelName,
  memorySize,
  objectName,
  portNumber,
  rate,
  ratio,
  receiverName,
  registry,
  resources,
  secretKey,
  secretName,
  size,
  text,
  volumeSize,
} from './scalars';
import { tenancy } from './tenancy-schema';

/** An EKS cluster: partition, region, account, name. */
export const eksArn = 'arn:(aws[a-z-]*):eks:([a-z0-9-]+):(\\d{12}):cluster/([A-Za-z0-9][-_A-Za-z0-9]{0,99})';

const zones = z.enum(['required', 'preferred'], { error: 'write required or preferred' }).optional();
const zonesMean =
  'Whether replicas must be in different zones, or only would rather be. Required: every node carries the label topology.kubernetes.io/zone.';
/** What every Kubernetes cluster may say, whatever its platform. */
const everywhere = {
  node: z
    .strictObject({
      cpu: cpu.describe('CPU that it offers.'),
      memory: memorySize.describe('Memory that it offers.'),
    })
    .optional()
    .describe('What the largest node offers to pods (kubectl describe node: Allocatable). A pod that asks for more is refused.'),
  priorityClass: objectName('PriorityClass')
    .optional()
    .describe("PriorityClass of all the fleet's pods; it must exist. Default: none."),
  nodeExporterPort: count(1024, 29_999)
    .refine((port) => port < 10_248 || port > 10_259, {
      error: 'write a port that Kubernetes does not use itself (10248 to 10259)',
    })
    .optional()
    .describe('Port of node-exporter on every node, for nodes on which another program has the usual one. Default: 9100.'),
  dnsCidrs: z
    .array(cidr)
    .min(1, { error: 'write at least one address range' })
    .optional()
    .describe(
      'Address ranges of DNS servers that pods ask beside the pods k8s-app=kube-dns of kube-system, which need not be there then: 169.254.20.10/32 with NodeLocal DNSCache, the address of the cluster DNS on EKS Auto Mode. Default: none.',
    ),
  nodeCidrs: z
    .array(cidr)
    .min(1, { error: 'write at least one address range' })
    .optional()
    .describe(
      "Address ranges of nodes and of the Kubernetes API: where Prometheus may go for the kubelet, node-exporter and the API server's metrics. Default: any address, on their ports only.",
    ),
};
const contextName = z
  .string({ error: 'write the name of a kubeconfig context' })
  .min(1, { error: 'write the name of a kubeconfig context' });
const podCidrs = z.array(cidr).min(1, { error: 'write at least one address range' }).optional();

const kind = z.strictObject({
  platform: z.literal('kind').describe('A kind cluster: for demos and tests on one machine.'),
  context: contextName.optional().describe('The kubeconfig context that reaches it. Default: kind-<its name here>.'),
  storageClass: dnsLabel.optional().describe("StorageClass of all volumes. Default: the cluster's own default."),
  zones: zones.describe(`${zonesMean} Default: preferred, since nodes of kind are in no zone.`),
  podCidrs: podCidrs.describe(
    'Address ranges of pods; never let in through localhost ports. Default: 10.244.0.0/16, which is what kind uses.',
  ),
  ...everywhere,
  localhost: z
    .strictObject({
      allowFrom: z
        .array(cidr)
        .min(1, { error: 'write at least one address range' })
        .describe(
          'Who may use the localhost ports: source addresses as the node sees them. Default: private addresses that are not of pods.',
        ),
    })
    .optional()
    .describe('The ports of user interfaces on localhost.'),
});

const eks = z.strictObject({
  platform: z.literal('eks').describe('Amazon EKS, with defaults for production (docs/production.md).'),
  context: contextName.describe(
    'The kubeconfig context that reaches it; `aws eks update-kubeconfig` names it after the ARN of the cluster.',
  ),
  arn: text(
    new RegExp(`^${eksArn}$`),
    'write the ARN of an EKS cluster, such as arn:aws:eks:eu-west-1:111122223333:cluster/metrics',
  )
    .optional()
    .describe("The cluster's ARN: from it come its region, its account and its name in IAM. Default: the context, if it is one."),
  oidcProvider: text(
    new RegExp(`^https://${host}(/[-A-Za-z0-9._~/]*[-A-Za-z0-9._~])?$`),
    'write the URL of the issuer, such as https://oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF',
  )
    .optional()
    .describe(
      "The cluster's OpenID Connect issuer, for objectStore.auth.irsa: what `aws eks describe-cluster --query cluster.identity.oidc.issuer` says.",
    ),
  storageClass: dnsLabel.optional().describe('StorageClass of all volumes; it must exist. Default: gp3.'),
  zones: zones.describe(`${zonesMean} Default: required.`),
  podCidrs: podCidrs.describe("Address ranges of pods: the subnets of the VPC that pods are in. Default: every VPC's range."),
  ...everywhere,
});

const kubernetes = z.discriminatedUnion('platform', [kind, eks], { error: 'write platform: kind or platform: eks' });

/** What a receiver must not publish, by reference: a Secret in the observer's namespace, mounted as a file. */
const secretOf = (what: string, key: string) => ({
  secret: secretName.describe(`A Secret in the observer's namespace that holds ${what}.`),
  key: secretKey.optional().describe(`Its key. Default: ${key}.`),
});
/** A text that Alertmanager would otherwise read as a template. */
const literalText = (expected: string) => text(/^[^\s{}]([^{}\r\n]*[^\s{}])?$/, expected);
const mailAddress = '[^\\s@,;<>{}]+@[^\\s@,;<>{}]+';

const receiver = z
  .strictObject({
    slack: z
      .strictObject({
        channel: text(/^[#@]?[^\s{}]+$/, "write a channel such as '#alerts' (with quotes: # begins a comment in YAML)").describe(
          'Channel to write to.',
        ),
        ...secretOf("the incoming webhook's URL", 'url'),
      })
      .optional()
      .describe('A message in Slack.'),
    pagerduty: z
      .strictObject(secretOf("the integration key of a service's Events API v2", 'routingKey'))
      .optional()
      .describe('An incident in PagerDuty.'),
    opsgenie: z
      .strictObject({
        ...secretOf('the API key', 'apiKey'),
        url: text(
          new RegExp(`^https?://${host}(:${portNumber})?(/[^\\s{}?#]*[^\\s{}?#/])?$`),
          'write an http or https URL without a slash at its end, such as https://api.eu.opsgenie.com',
        )
          .optional()
          .describe("The API's URL, for the EU or a compatible service. Default: https://api.opsgenie.com."),
        responders: z
          .array(
            z.strictObject({
              type: z
                .enum(['team', 'user', 'escalation', 'schedule'], { error: 'write team, user, escalation or schedule' })
                .describe('What it is.'),
              name: literalText('write a name').describe("Its name; a user's is an email address."),
            }),
          )
          .optional()
          .describe('Who is told.'),
      })
      .optional()
      .describe('An alert in Opsgenie, or in a service that takes its API.'),
    email: z
      .strictObject({
        to: text(
          new RegExp(`^${mailAddress}(, ?${mailAddress})*$`),
          'write an email address, or several with commas between',
        ).describe('Whom it goes to.'),
        from: text(new RegExp(`^${mailAddress}$`), 'write an email address').describe('Whom it comes from.'),
        smarthost: text(
          new RegExp(`^${host}:${portNumber}$`),
          'write host:port of a mail server, such as smtp.example.com:587',
        ).describe('host:port of the mail server that sends it.'),
        username: literalText('write the name of an account').optional().describe('Account at the mail server.'),
        secret: secretName.optional().describe("A Secret in the observer's namespace that holds that account's password."),
        key: secretKey.optional().describe('Its key. Default: password.'),
        requireTls: z
          .boolean({ error: 'write true or false' })
          .optional()
          .describe('Send nothing unless the connection is encrypted. Default: true.'),
      })
      .optional()
      .describe('An email.'),
    msteams: z
      .strictObject(secretOf("the webhook's URL of a Teams workflow", 'url'))
      .optional()
      .describe('A message in Microsoft Teams.'),
    webhook: z
      .strictObject({
        ...secretOf('the URL', 'url'),
        port: count(1, 65_535).optional().describe("The URL's port, which the network policy opens. Default: 443."),
        maxAlerts: count(1, 10_000).optional().describe('Alerts in one post; more are left out. Default: all.'),
      })
      .optional()
      .describe("A post of Alertmanager's own JSON."),
  })
  .describe('Where alerts go: one or more of these.');

const route = z
  .strictObject({
    receiver: dnsLabel.describe('The receiver of the alerts that this route takes.'),
    severity: z
      .array(z.enum(['critical', 'warning', 'info', 'none'], { error: 'write critical, warning, info or none' }))
      .min(1, { error: 'write at least one severity' })
      .optional()
      .describe('Takes alerts of these severities. Default: all.'),
    cluster: z
      .array(dnsLabel)
      .min(1, { error: 'write at least one cluster' })
      .optional()
      .describe('Takes alerts of these clusters. Default: all.'),
    team: z
      .array(z.string({ error: 'write the label team of a cluster' }))
      .min(1, { error: 'write at least one team' })
      .optional()
      .describe('Takes alerts of these teams: the label team of a cluster. Default: all.'),
    match: z
      .record(labelName, z.string({ error: 'write a text; put numbers and true or false in quotes' }))
      .optional()
      .describe('Takes alerts whose labels have exactly these values.'),
    continue: z
      .boolean({ error: 'write true or false' })
      .optional()
      .describe('Whether the routes below are asked too. Default: false.'),
    muteDuring: z
      .array(dnsLabel)
      .min(1, { error: 'write at least one name of muteTimeIntervals' })
      .optional()
      .describe('Names of muteTimeIntervals in which this route sends nothing.'),
    groupWait: duration.optional().describe('Time to collect a group before its first message. Default: 30s.'),
    groupInterval: duration.optional().describe('Least time between messages of a group that changes. Default: 5m.'),
    repeatInterval: duration
      .optional()
      .describe('Time after which what still fires is said again. Default: 4h; 24h for routes of warning, info and none only.'),
  })
  .describe('The first route that takes an alert sends it.');

const weekday = '(sunday|monday|tuesday|wednesday|thursday|friday|saturday)';
const dayOfMonth = '-?([1-9]|[12][0-9]|3[01])';
const month = '(january|february|march|april|may|june|july|august|september|october|november|december|[1-9]|1[0-2])';
const timeOfDay = '([01][0-9]|2[0-3]):[0-5][0-9]';
const range = (part: string, example: string) =>
  z
    .array(text(new RegExp(`^${part}(:${part})?$`), `write ${example}`))
    .min(1, { error: `write at least one, such as ${example}` });

const muteTimeInterval = z
  .strictObject({
    times: z
      .array(text(new RegExp(`^${timeOfDay}-(${timeOfDay}|24:00)$`), 'write a time such as 09:00-17:30, or 22:00-24:00'))
      .min(1, { error: 'write at least one time, such as 09:00-17:30' })
      .optional()
      .describe('Times of the day, such as 09:00-17:30.'),
    weekdays: range(weekday, 'saturday or monday:friday').optional().describe('Days, such as saturday or monday:friday.'),
    daysOfMonth: range(dayOfMonth, '"1" or "1:7", or "-1" for the last day (in quotes)')
      .optional()
      .describe('Days of the month, such as "1:7"; "-1" is the last.'),
    months: range(month, 'december or june:august').optional().describe('Months, such as december or june:august.'),
    location: text(/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/, 'write a time zone such as Europe/Berlin')
      .optional()
      .describe('Time zone, such as Europe/Berlin. Default: UTC.'),
  })
  .describe('When routes that name it send nothing: all that is given must be true.');

const autoscale = z
  .strictObject({
    min: count(2, 100).optional().describe('Pods that there always are. Default: 2.'),
    max: count(2, 100).describe('Pods that there are at most.'),
    cpu: ratio.optional().describe('Used share of the requested CPU above which a pod is added. Default: 70%.'),
  })
  .optional()
  .describe('Let Kubernetes choose the number of pods by their use of CPU; it needs the metrics server.');

const observer = z.strictObject({
  in: dnsLabel.describe('The Kubernetes cluster that it lives in.'),
  namespace: dnsLabel.optional().describe("Its namespace. Default: <fleet's name>-observer."),
  expose: expose
    .optional()
    .describe('How clusters in other Kubernetes clusters reach its Alertmanagers. Default port of the first: 31093.'),
  query: z
    .strictObject({
      replicas: count(1, 20).optional().describe('Default: 1; on EKS 2.'),
      autoscale,
      timeout: duration.optional().describe('Longest time for one query. Default: 2m.'),
      resources: resources.optional(),
    })
    .optional()
    .describe('Thanos Query.'),
  tenancy: tenancy
    .optional()
    .describe('A second querier, which shows each tenant the series of its own clusters (docs/tenants.md). Default: none.'),
  ingress: ingress
    .optional()
    .describe(
      'How people reach the user interfaces that have a host, by TLS. Without it: through localhost on kind, and by port-forward.',
    ),
  queryFrontend: z
    .strictObject({
      host: webHost.optional().describe('Where people find the query page. It asks nobody who it is. Default: nowhere.'),
      replicas: count(1, 20).optional().describe('Default: 1; on EKS 2.'),
      autoscale,
      resources: resources.optional(),
    })
    .optional()
    .describe('Thanos Query Frontend.'),
  store: z
    .strictObject({
      replicas: count(1, 5).optional().describe('Store gateways that serve the same blocks. Default: 1; on EKS 2.'),
      shards: count(1, 64)
        .optional()
        .describe(
          'Parts into which blocks are divided by the hash of their id, each with store gateways of its own. Default: 1; on EKS 2.',
        ),
      splitAt: z
        .array(duration)
        .optional()
        .describe(
          'Ages at which blocks go over to other store gateways, such as [30d]: one group for the last 30 days, one for what is older, each with its shards and replicas.',
        ),
      limits: z
        .strictObject({
          series: count(1, 1_000_000_000).optional().describe('Series. Default: one for each 10 KiB of memory.'),
          samples: count(1, 1_000_000_000_000).optional().describe('Samples. Default: as many as fit into the bytes.'),
          bytes: size('1Mi', '4Ti').optional().describe('Bytes of index and chunks. Default: a tenth of the memory.'),
        })
        .optional()
        .describe('What one request to a store gateway may read before it is refused, with a warning in the answer.'),
      disk: volumeSize.optional().describe("What it may use of its node's disk, for index headers. Default: 2Gi; on EKS 20Gi."),
      resources: resources.optional(),
    })
    .optional()
    .describe('Thanos Store Gateway.'),
  cache: z
    .discriminatedUnion(
      'type',
      [
        z.strictObject({ type: z.literal('memory').describe('In the memory of each pod.') }),
        z.strictObject({
          type: z.literal('memcached').describe('In memcached, which pods share and which outlives them.'),
          replicas: count(1, 50).optional().describe('Servers that the fleet deploys. Default: 2.'),
          memory: memorySize.optional().describe('Memory of each. Default: 512Mi; on EKS 1Gi.'),
          exporter: z
            .boolean()
            .optional()
            .describe(
              'Beside each server, an exporter of its own metrics, with alerts and panels: one more image. Default: false.',
            ),
          addresses: z
            .array(text(new RegExp(`^${host}:${portNumber}$`), 'write host:port, such as cache.example.com:11211'))
            .min(1, { error: 'write at least one address' })
            .optional()
            .describe(
              'host:port of servers that are there already, in place of own ones. For this fleet alone: keys do not tell fleets apart.',
            ),
        }),
      ],
      { error: 'write type: memory or type: memcached' },
    )
    .optional()
    .describe('Caches of store gateways and query-frontends. Default: {type: memory}; on EKS {type: memcached}.'),
  compactor: z
    .strictObject({
      concurrency: count(1, 64)
        .optional()
        .describe('Streams of blocks that it works on at once. Memory and volume must have room for as many. Default: 1.'),
      volume: volumeSize
        .optional()
        .describe(
          'Size of its volume: three times the largest group of blocks that it merges. Default: what series need, or 10Gi on kind and 100Gi on EKS.',
        ),
      resources: resources.optional(),
    })
    .optional()
    .describe('Thanos Compactor: always one.'),
  ruler: z
    .strictObject({
      replicas: count(1, 5)
        .optional()
        .describe('Rulers that evaluate the same rules; their alerts are the same. Default: 1; on EKS 2.'),
      volume: volumeSize.optional().describe("Size of each replica's volume. Default: 1Gi; on EKS 10Gi."),
      resources: resources.optional(),
    })
    .optional()
    .describe('Thanos Ruler.'),
  bucketWeb: z.strictObject({ resources: resources.optional() }).optional().describe('The page that shows the blocks.'),
  alertmanager: z
    .strictObject({
      host: webHost.optional().describe('Where people find Alertmanager. It asks nobody who it is. Default: nowhere.'),
      replicas: count(1, 9).optional().describe('Default: 1; on EKS 3.'),
      resources: resources.optional(),
      receivers: z
        .record(receiverName, receiver)
        .optional()
        .describe('Receivers by name. Without any, alerts are shown by Alertmanager and go nowhere.'),
      defaultReceiver: dnsLabel
        .optional()
        .describe('The receiver of all alerts that no route takes; needed when there is more than one.'),
      routes: z.array(route).optional().describe('Which alerts go elsewhere; asked in this order.'),
      deadMansSwitch: z
        .strictObject({
          receiver: dnsLabel.describe('Where to: a receiver of its own.'),
          every: duration.optional().describe('Time between messages. Default: 1m.'),
        })
        .optional()
        .describe('Sends the alert Watchdog, which always fires, again and again: silence means that alerting is broken.'),
      muteTimeIntervals: z.record(dnsLabel, muteTimeInterval).optional().describe('Times by name, for the muteDuring of routes.'),
    })
    .optional()
    .describe('Alertmanager.'),
  grafana: z
    .strictObject({
      host: webHost.optional().describe('Where people find Grafana. Default: nowhere.'),
      oidc: oidc.optional().describe('Let people log in with an identity provider, by OpenID Connect.'),
      adminSecret: secretName
        .optional()
        .describe(
          "A Secret in the observer's namespace with the keys admin-user, admin-password and secret-key. Default on kind: a demo Secret, admin/foobar.",
        ),
      resources: resources.optional(),
    })
    .optional()
    .describe('Grafana.'),
});

const rulePaths = z.array(text(/^\S(.*\S)?$/, 'write a path such as rules/shop.yaml'));
const numberAbove0 = z.number({ error: 'write a number' }).positive({ error: 'write a number above 0' });

/** What is tuned of the alerts, for all clusters or for one. */
const thresholds = {
  targetDown: z
    .strictObject({ for: duration.describe('How long a target must not answer. Default: 2m; on EKS 5m.') })
    .optional()
    .describe('service_down.'),
  componentDown: z
    .strictObject({
      for: duration.describe('How long no pod of a component, or no target of a job, must answer. Default: 3m; on EKS 6m.'),
    })
    .optional()
    .describe('The alerts …IsDown (of compactor and bucket web after 15m), and JobMissing.'),
  incomplete: z
    .strictObject({ for: duration.describe('How long some of what there should be must be missing. Default: 10m.') })
    .optional()
    .describe('PrometheusPairIncomplete, ThanosQueryEndpointsMissing and NodeAgentMissing.'),
  highLoad: z
    .strictObject({
      threshold: numberAbove0.describe(
        'Load (1 minute) of a node above which high_load fires. Default: 0.5 on kind; on EKS as many as the node has processors.',
      ),
    })
    .optional()
    .describe('high_load.'),
  prometheusReplicaDown: z
    .strictObject({ for: duration.describe('How long a replica must be missing. Default: 15s; on EKS 4m.') })
    .optional()
    .describe('PrometheusReplicaDown.'),
  clusterUnreachable: z
    .strictObject({ for: duration.describe('How long a cluster must be silent. Default: 1m.') })
    .optional()
    .describe('ClusterUnreachable.'),
  uploadLag: z
    .strictObject({ for: duration.describe('How long no upload must be due for longer than three blocks. Default: 15m.') })
    .optional()
    .describe('ThanosSidecarUploadLagging, the warning.'),
  bucketErrors: z
    .strictObject({
      ratio: ratio.optional().describe("Share of a component's operations on the bucket that may fail. Default: 5%."),
      for: duration.optional().describe('How long they must fail. Default: 15m.'),
    })
    .optional()
    .describe('The alerts …BucketHighOperationFailures and ThanosSidecarBucketOperationsFailed.'),
  queryErrors: z
    .strictObject({ ratio: ratio.describe('Share of requests and rule evaluations that may fail. Default: 5%.') })
    .optional()
    .describe('The alerts on errors of query, query frontend, store gateway and ruler.'),
  queryLatency: z
    .strictObject({ p99: duration.describe('What the slowest hundredth of the queries may take. Default: 40s.') })
    .optional()
    .describe('ThanosQueryInstantLatencyHigh and ThanosQueryRangeLatencyHigh.'),
  compactBacklog: z
    .strictObject({
      blocks: count(1, 1_000_000).optional().describe('Compactions, or blocks to downsample, that may wait. Default: 20.'),
      for: duration.optional().describe('How long so many must have waited, and become no fewer. Default: 12h.'),
    })
    .optional()
    .describe('ThanosCompactBacklog and ThanosCompactDownsampleBacklog.'),
  diskFull: z
    .strictObject({
      within: duration.optional().describe("Warn when a node's file system will be full within this time. Default: 24h."),
      free: ratio.optional().describe('Warn when less than this is free; critical below 60% of it. Default: 5%.'),
    })
    .optional()
    .describe('The alerts NodeFilesystem….'),
  volumeFull: z
    .strictObject({
      within: duration.optional().describe('Warn when a volume will be full within this time. Default: 24h.'),
      used: ratio.optional().describe('Critical when more than this is used. Default: 90%.'),
    })
    .optional()
    .describe('PrometheusVolumeFilling and PersistentVolumeFilling.'),
  nodeMemory: z
    .strictObject({ used: ratio.describe("Share of a node's memory. Default: 90%.") })
    .optional()
    .describe('NodeMemoryHighUtilization.'),
  nodeCpu: z
    .strictObject({ used: ratio.describe("Share of a node's processor time. Default: 90%.") })
    .optional()
    .describe('NodeCPUHighUsage.'),
  containerMemory: z
    .strictObject({ used: ratio.describe("Share of a container's memory limit. Default: 90%.") })
    .optional()
    .describe('ContainerMemoryNearLimit.'),
  restarts: z
    .strictObject({ perHour: count(1, 1_000).describe('Starts within an hour that are accepted. Default: 3.') })
    .optional()
    .describe('ComponentRestarting and ContainerRestarting.'),
  disable: z
    .array(z.string({ error: 'write the name of an alert' }))
    .optional()
    .describe('Names of alerts that are not wanted.'),
};

const cluster = z.strictObject({
  in: dnsLabel.describe('The Kubernetes cluster that it lives in.'),
  namespace: dnsLabel.optional().describe("Its namespace. Default: <fleet's name>-<cluster's name>."),
  prometheus: z
    .literal('external', { error: 'write external, or leave it out' })
    .optional()
    .describe(
      'external: it has a Prometheus with Thanos sidecars already, and the fleet deploys none (docs/external-prometheus.md). Default: the fleet deploys it.',
    ),
  sidecar: sidecar.optional().describe('Where the sidecars of an external Prometheus are.'),
  expose: expose
    .optional()
    .describe(
      'How the observer reaches its sidecars; needed when it lives in another Kubernetes cluster. Default port of the first: 31901.',
    ),
  replicas: count(1, 5).optional().describe('Prometheus replicas that scrape the same targets. Default: 2.'),
  labels: z
    .record(
      labelName,
      z
        .string({ error: 'write a text; put numbers and true or false in quotes' })
        .min(1, { error: 'write a text that is not empty' }),
    )
    .optional()
    .describe('Further external labels of all its series, such as region.'),
  nodes: z
    .boolean({ error: 'write true or false' })
    .optional()
    .describe(
      'Whether this is the cluster that watches the Kubernetes cluster itself: nodes, kubelets, API server, DNS, agents, the observer, and pods of namespaces that no other cluster claims. One per Kubernetes cluster. Default: the first by name.',
    ),
  namespaces: z
    .array(dnsLabel)
    .optional()
    .describe('Namespaces whose annotated pods (prometheus.io/scrape: "true") belong to this cluster. They must exist.'),
  targetLimits: z
    .strictObject({
      samples: amount.optional().describe('Samples of one target, such as 50k. Default: any number.'),
      labels: count(1, 1000).optional().describe('Labels of one series. Default: any number.'),
      labelLength: count(1, 1_000_000).optional().describe('Characters of the value of a label. Default: any number.'),
    })
    .optional()
    .describe(
      'What an annotated pod may expose. Of one that exposes more nothing is kept, so that it cannot fill the memory of the pair; PrometheusScrapeLimitHit tells.',
    ),
  scrapeInterval: duration.optional().describe('Time between scrapes and between rule evaluations. Default: 15s.'),
  retention: duration.optional().describe('How long Prometheus keeps data on its own volume. Default: 48h.'),
  blockDuration: duration
    .optional()
    .describe('Length of a TSDB block before it is uploaded. Default: 30m on kind, 2h elsewhere.'),
  series: amount
    .optional()
    .describe(
      'Series that are scraped at one time, such as 120k or 4M (prometheus_tsdb_head_series). Volume, memory and CPU follow from it where they are not given; what cannot hold them is refused (docs/sizing.md).',
    ),
  churn: ratio.optional().describe('Share of the series that are replaced by others within an hour. Default: 2%.'),
  queries: rate.optional().describe('Queries that look at this cluster, such as 2/s. Default: 1/s.'),
  volume: volumeSize
    .optional()
    .describe("Size of each replica's volume. Default: what series need, or 2Gi on kind and 50Gi on EKS."),
  resources: resources.optional(),
  alerts: z
    .strictObject({
      ...thresholds,
      ruleFiles: rulePaths
        .optional()
        .describe('Rule files of your own for its Prometheus, beside those of alerts.ruleFiles.cluster.'),
    })
    .optional()
    .describe('What differs for this cluster from the alerts of the fleet.'),
});

const tls = z
  .strictObject({
    issuer: z
      .strictObject({
        builtin: z.strictObject({}).optional().describe('`npm run certs` makes them, with a CA of its own.'),
        certManager: z
          .strictObject({
            name: secretName.describe('Name of an issuer that is in every Kubernetes cluster and has the same CA everywhere.'),
            kind: z
              .enum(['ClusterIssuer', 'Issuer'], { error: 'write ClusterIssuer or Issuer' })
              .optional()
              .describe('Default: ClusterIssuer.'),
          })
          .optional()
          .describe('cert-manager makes them.'),
      })
      .describe('Who makes certificates: builtin or certManager.'),
  })
  .describe('Certificates for connections between Kubernetes clusters.');

const acceptance = z
  .strictObject({
    code: z
      .string({ error: 'write the code of a refusal, such as nodes-unwatched' })
      .meta({ enum: acceptable })
      .describe('The code in brackets at the end of the refusal. `npm run explain CODE` says when it may be accepted.'),
    at: z
      .string({ error: 'write the place that the refusal names, such as clusters.chicago.retention' })
      .describe('The place, as the refusal names it: keys with dots between, such as clusters.chicago.retention.'),
    reason: text(/^\s*\S+(\s+\S+){3,}\s*$/, 'write why, for those who read it in a year: four words or more').describe(
      'Why it is right here, for those who read it in a year.',
    ),
  })
  .describe('One refusal at one place.');

export const fleetSchema = z
  .strictObject({
    name: dnsLabel.describe('Name of the fleet: prefix of its namespaces.'),
    kubernetes: z.record(dnsLabel, kubernetes).describe('Kubernetes clusters by name; each gets a folder in dist/.'),
    objectStore: objectStore.describe('Where blocks are kept.'),
    observer: observer.describe('The global half: query, store, compactor, ruler, Grafana, Alertmanager.'),
    clusters: z.record(dnsLabel, cluster).describe('Monitored clusters by name: the value of the external label cluster.'),
    registry: registry
      .optional()
      .describe(
        'A registry of your own that has a copy of every image: quay.io/thanos/thanos:v1 becomes <registry>/thanos/thanos:v1. `npm run images` lists them. Default: where upstream publishes them.',
      ),
    imagePullSecrets: z
      .array(secretName)
      .min(1, { error: 'write the name of at least one Secret' })
      .refine((names) => new Set(names).size === names.length, { error: 'write each name once' })
      .optional()
      .describe(
        'Secrets of the type kubernetes.io/dockerconfigjson, in every namespace of the fleet, with a login to the registry.',
      ),
    imageDigests: z
      .record(z.string(), digest)
      .optional()
      .describe(
        'Digests of images by upstream reference, such as quay.io/thanos/thanos:v1: what was pushed under a tag later is not run. Default: images are known by their tags.',
      ),
    retention: z
      .strictObject({
        raw: duration.optional().describe('Default: 30d. 0s keeps for ever.'),
        '5m': duration.optional().describe('Default: 180d. 0s keeps for ever.'),
        '1h': duration.optional().describe('Default: 2y. 0s keeps for ever.'),
      })
      .optional()
      .describe('How long the bucket keeps each resolution.'),
    tls: tls
      .optional()
      .describe('Certificates for connections between Kubernetes clusters. Default between kind clusters: builtin.'),
    externalSecrets: externalSecrets
      .optional()
      .describe('The External Secrets Operator makes the Secrets that this file names, from a store. Default: people make them.'),
    gitops: gitops.optional().describe('Deployment by a GitOps tool.'),
    slo: z
      .strictObject({
        queries: z
          .strictObject({
            availability: ratio.optional().describe('Share of queries that must not fail, over 30 days. Default: 99.9%.'),
            latency: z
              .strictObject({
                objective: ratio.optional().describe('Share of queries that must be fast, over 30 days. Default: 99%.'),
                threshold: duration
                  .optional()
                  .describe('What is fast: 100ms, 300ms, 600ms, 1s, 3s, 6s, 9s, 20s or more. Default: 6s.'),
              })
              .optional()
              .describe('How fast queries are answered.'),
          })
          .optional()
          .describe('Queries of people and dashboards, as the query frontend sees them.'),
      })
      .optional()
      .describe('Service level objectives; alerts fire when their error budgets burn too fast.'),
    alerts: z
      .strictObject({
        ...thresholds,
        ruleFiles: z
          .strictObject({
            global: rulePaths.optional().describe('For the ruler: rules over all clusters.'),
            cluster: rulePaths.optional().describe("For every cluster's Prometheus."),
          })
          .optional()
          .describe('Rule files of your own; paths from the folder of this file.'),
        runbookUrl: httpUrl
          .optional()
          .describe(
            'Where docs/runbooks is published; alerts link to <runbookUrl>/<alert>.md. Default: the path in this project.',
          ),
      })
      .optional()
      .describe('Parameters of the alerts.'),
    accept: z
      .array(acceptance)
      .optional()
      .describe('What is right here though it is refused elsewhere; shown at every synthesis.'),
  })
  .describe('A fleet of monitored clusters.');

/** A fleet as people write it. */
export type Fleet = z.input<typeof fleetSchema>;
export type Receiver = z.input<typeof receiver>;
export type Expose = z.input<typeof expose>;
export type Route = z.input<typeof route>;
export type MuteTimeInterval = z.input<typeof muteTimeInterval>;
