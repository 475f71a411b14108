// The fleet file's schema: every key, its form, and what it is for. fleet.schema.json is generated from it.
import { z } from 'zod';
import { bytes, bytesPattern, cpuPattern, durationPattern, seconds } from '../kit/units';

const text = (pattern: RegExp, expected: string) =>
  z.string({ error: expected }).regex(pattern, { error: expected, abort: true });

const duration = text(durationPattern, 'write a duration such as 30s, 15m, 48h or 30d, larger units first').refine(
  (d) => seconds(d) <= seconds('100y'), // Go counts nanoseconds, 292 years of them
  { error: 'write a duration of at most 100y' },
);
const size = (least: string, most: string) =>
  text(bytesPattern, 'write a size such as 512Mi or 5Gi').refine((s) => bytes(s) >= bytes(least) && bytes(s) <= bytes(most), {
    error: `write a size from ${least} to ${most}`,
  });
const volumeSize = size('512Mi', '64Ti');
const memorySize = size('64Mi', '4Ti');
const cpu = text(cpuPattern, 'write CPU as 250m or 2');
/** RFC 1123 label: what Kubernetes takes as a name (and DNS as a label). */
const dnsLabel = text(
  /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/,
  'write a name of lower-case letters, digits and dashes that begins with a letter, at most 63 characters',
);
/** A receiver's volume is named after it, in a DNS label: receiver-<name>. */
const receiverName = text(
  /^[a-z]([-a-z0-9]{0,52}[a-z0-9])?$/,
  'write a name of lower-case letters, digits and dashes that begins with a letter, at most 54 characters',
);
const secretName = text(
  /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
  'write the name of a Kubernetes Secret: lower-case letters, digits, dashes and dots',
);
const secretKey = text(
  /^(?!\.\.)(?!\.$)[-._a-zA-Z0-9]{1,253}$/,
  'write a key of that Secret: letters, digits, dashes, underscores and dots',
);
const labelName = text(
  /^[a-zA-Z_][a-zA-Z0-9_]*$/,
  'write a Prometheus label name: letters, digits and underscores, no digit first',
);
const octet = '(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])';
const group = '[0-9a-fA-F]{1,4}';
const ipv4 = `${octet}(\\.${octet}){3}/([0-9]|[12][0-9]|3[0-2])`;
const ipv6 = `(${group}(:${group}){7}|(?=([^:/]*:){2,7}[^:/]*/)(${group}(:${group})*)?::(${group}(:${group})*)?)/([0-9]{1,2}|1[01][0-9]|12[0-8])`;
const cidr = text(new RegExp(`^(${ipv4}|${ipv6})$`), 'write an address range such as 10.0.0.0/8');
const httpUrl = text(/^https?:\/\/[^\s{}]+[^\s/{}]$/, 'write an http or https URL without a slash at its end');
const count = (min: number, max: number) => {
  const error = `write a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
};

const kubernetes = z.strictObject({
  platform: z.enum(['kind'], { error: 'write kind' }).describe('What kind of Kubernetes cluster this is.'),
  context: z
    .string({ error: 'write the name of a kubeconfig context' })
    .min(1, { error: 'write the name of a kubeconfig context' })
    .optional()
    .describe('The kubeconfig context that reaches it. Default: kind-<its name here>.'),
  storageClass: dnsLabel.optional().describe("StorageClass of all volumes. Default: the cluster's own default."),
  podCidrs: z
    .array(cidr)
    .min(1, { error: 'write at least one address range' })
    .optional()
    .describe('Address ranges of pods; never let in through localhost ports. Default: 10.244.0.0/16, which is what kind uses.'),
  nodeCidrs: z
    .array(cidr)
    .min(1, { error: 'write at least one address range' })
    .optional()
    .describe(
      "Address ranges of nodes and of the Kubernetes API: where Prometheus may go for the kubelet, node-exporter and the API server's metrics. Default: any address, on their ports only.",
    ),
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

const embedded = z.strictObject({
  type: z.literal('embedded').describe('An S3 server (versitygw) with one volume, for kind only.'),
  size: volumeSize.optional().describe('Size of its volume. Default: 5Gi.'),
  toleratedOutage: duration.optional().describe('The longest outage of the bucket that must lose no data. Default: 24h.'),
});

const s3 = z.strictObject({
  type: z.literal('s3').describe('Any S3-compatible object store, with static keys.'),
  bucket: text(
    /^(?!.*\.\.)[a-z0-9][-.a-z0-9]{1,61}[a-z0-9]$/,
    'write the name of an S3 bucket: 3 to 63 lower-case letters, digits, dashes and dots',
  ).describe('The bucket; it must exist.'),
  endpoint: text(
    /^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?(\.[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?)*(:([1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5]))?$/,
    'write host or host:port without https://, such as s3.eu-west-1.amazonaws.com',
  ).describe('host or host:port, without a scheme.'),
  region: text(/^[a-z0-9-]+$/, 'write a region such as eu-west-1')
    .optional()
    .describe('Region of the bucket.'),
  prefix: text(/^[^/\s]([^\s]*[^/\s])?$/, 'write a path without a slash at its ends')
    .optional()
    .describe('Path in the bucket under which blocks are kept.'),
  insecure: z.boolean({ error: 'write true or false' }).optional().describe('Plain HTTP instead of HTTPS. Default: false.'),
  secret: secretName.describe(
    "A Secret that exists in the observer's and in each cluster's namespace; its key `credentials` is an AWS shared credentials file.",
  ),
  toleratedOutage: duration.optional().describe('The longest outage of the bucket that must lose no data. Default: 24h.'),
});

const resources = z
  .strictObject({
    cpu: cpu.optional().describe('CPU request.'),
    memory: memorySize.optional().describe('Memory request and limit.'),
  })
  .describe('What each pod asks of its node.');

const slack = z.strictObject({
  channel: text(/^[#@]?[^\s]+$/, "write a channel such as '#alerts' (with quotes: # begins a comment in YAML)").describe(
    'Channel to write to.',
  ),
  secret: secretName.describe("A Secret in the observer's namespace that holds the incoming webhook's URL."),
  key: secretKey.optional().describe('Its key. Default: url.'),
});

const observer = z.strictObject({
  in: dnsLabel.describe('The Kubernetes cluster that it lives in.'),
  namespace: dnsLabel.optional().describe("Its namespace. Default: <fleet's name>-observer."),
  query: z
    .strictObject({
      replicas: count(1, 20).optional().describe('Default: 1.'),
      timeout: duration.optional().describe('Longest time for one query. Default: 2m.'),
    })
    .optional()
    .describe('Thanos Query.'),
  queryFrontend: z
    .strictObject({ replicas: count(1, 20).optional().describe('Default: 1.') })
    .optional()
    .describe('Thanos Query Frontend.'),
  alertmanager: z
    .strictObject({
      replicas: count(1, 9).optional().describe('Default: 1.'),
      receivers: z
        .record(receiverName, z.strictObject({ slack }).describe('Where alerts go.'))
        .optional()
        .describe('Receivers by name. Without any, alerts are shown by Alertmanager and go nowhere.'),
      defaultReceiver: dnsLabel.optional().describe('The receiver of all alerts; needed when there is more than one.'),
    })
    .optional()
    .describe('Alertmanager.'),
  grafana: z
    .strictObject({
      adminSecret: secretName
        .optional()
        .describe(
          "A Secret in the observer's namespace with the keys admin-user, admin-password and secret-key. Default on kind: a demo Secret, admin/foobar.",
        ),
    })
    .optional()
    .describe('Grafana.'),
});

const cluster = z.strictObject({
  in: dnsLabel.describe('The Kubernetes cluster that it lives in.'),
  namespace: dnsLabel.optional().describe("Its namespace. Default: <fleet's name>-<cluster's name>."),
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
  scrapeInterval: duration.optional().describe('Time between scrapes and between rule evaluations. Default: 15s.'),
  retention: duration.optional().describe('How long Prometheus keeps data on its own volume. Default: 48h.'),
  blockDuration: duration
    .optional()
    .describe('Length of a TSDB block before it is uploaded. Default: 30m on kind, 2h elsewhere.'),
  volume: volumeSize.optional().describe("Size of each replica's volume. Default: 2Gi on kind."),
  resources: resources.optional(),
});

export const fleetSchema = z
  .strictObject({
    name: dnsLabel.describe('Name of the fleet: prefix of its namespaces.'),
    kubernetes: z.record(dnsLabel, kubernetes).describe('Kubernetes clusters by name; each gets a folder in dist/.'),
    objectStore: z.discriminatedUnion('type', [embedded, s3]).describe('Where blocks are kept.'),
    observer: observer.describe('The global half: query, store, compactor, ruler, Grafana, Alertmanager.'),
    clusters: z.record(dnsLabel, cluster).describe('Monitored clusters by name: the value of the external label cluster.'),
    retention: z
      .strictObject({
        raw: duration.optional().describe('Default: 30d. 0s keeps for ever.'),
        '5m': duration.optional().describe('Default: 180d. 0s keeps for ever.'),
        '1h': duration.optional().describe('Default: 2y. 0s keeps for ever.'),
      })
      .optional()
      .describe('How long the bucket keeps each resolution.'),
    alerts: z
      .strictObject({
        highLoad: z
          .strictObject({
            threshold: z
              .number({ error: 'write a number' })
              .positive({ error: 'write a number above 0' })
              .describe('Load (1 minute) of a node above which high_load fires. Default: 0.5.'),
          })
          .optional(),
        prometheusReplicaDown: z
          .strictObject({ for: duration.describe('How long a replica must be missing. Default: 15s.') })
          .optional(),
        runbookUrl: httpUrl
          .optional()
          .describe(
            'Where docs/runbooks is published; alerts link to <runbookUrl>/<alert>.md. Default: the path in this project.',
          ),
      })
      .optional()
      .describe('Parameters of the alerts.'),
  })
  .describe('A fleet of monitored clusters.');

/** A fleet as people write it. */
export type Fleet = z.input<typeof fleetSchema>;
export type Receiver = z.input<typeof slack> extends infer S ? { readonly slack: S } : never;
