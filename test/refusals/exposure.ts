// Every refusal about connections between Kubernetes clusters: a fleet that trips it at », and one that nearly does.
import { fleet, type Refusal } from './support';

const from = 'allowFrom: [172.18.0.0/16]';
export const ready = `{nodePort: {}, ${from}}`;

/** A fleet over two Kubernetes clusters, with some of its parts written otherwise. */
export const spread = ({
  kubernetes = 'here: {platform: kind}, there: {platform: kind}',
  store = `{type: embedded, expose: ${ready}}`,
  observer = `{in: here, expose: ${ready}}`,
  here = 'here: {in: here}',
  there = `there: {in: there, expose: ${ready}}`,
  more = '',
} = {}): string =>
  fleet({
    kubernetes: `kubernetes: {${kubernetes}}`,
    objectStore: `objectStore: ${store}`,
    observer: `observer: ${observer}`,
    clusters: `clusters: {${[here, there].filter(Boolean).join(', ')}}`,
    alerts: more,
  });

const there = (expose: string, more = ''): string => spread({ there: `there: {in: there, ${more}expose: ${expose}}` });
const elsewhere = (expose: string): string => there(`{${expose}, ${from}}`);

const tls = 'tls: {issuer: {builtin: {}}}';
/** The observer on kind, a cluster on EKS, and a bucket that both reach. */
const onEks = (way: string, more: string): string =>
  spread({
    kubernetes: 'here: {platform: kind}, there: {platform: eks, context: there}',
    store: '{type: s3, bucket: blocks, endpoint: s3.example.com, auth: {secret: blocks}}',
    observer: `{in: here, expose: {nodePort: {address: 192.0.2.1}, ${from}}}`,
    there: `there: {in: there, expose: ${way}, ${from}}}`,
    more,
  });

const arn = 'arn:aws:eks:eu-west-1:111122223333:cluster/metrics';
/** Two Kubernetes clusters beside that of the observer. */
const cloudy = {
  store: '{type: s3, bucket: blocks, endpoint: s3.example.com, auth: {secret: blocks}}',
  observer: `{in: here, expose: {nodePort: {address: 192.0.2.1}, ${from}}}`,
  there: `there: {in: there, expose: {loadBalancer: {hostname: 'a-{replica}.example.com'}, ${from}}}, far: {in: far, expose: {loadBalancer: {hostname: 'b-{replica}.example.com'}, ${from}}}`,
  more: tls,
};

/** One cluster in a Kubernetes cluster of another name. */
const named = (name: string, mark = ''): string =>
  spread({
    kubernetes: `here: {platform: kind}, ${mark}${name}: {platform: kind}`,
    there: `there: {in: ${name}, expose: ${ready}}`,
  });

/** Grafana for people from outside. */
const web = (host: string): string =>
  `ingress: {gateway: {name: public, namespace: gateways, listener: https, pods: {namespace: gateways, labels: {app: envoy}}}}, grafana: {adminSecret: a, ${host}}`;

export const exposureRefusals: readonly Refusal[] = [
  { code: 'not-exposed', wrong: spread({ there: '»there: {in: there}' }), right: spread() },
  { code: 'not-exposed', wrong: spread({ observer: '{in: here}' }).replace('observer:', '»observer:'), right: spread() },
  { code: 'not-exposed', wrong: spread({ store: '{type: embedded}' }).replace('objectStore:', '»objectStore:'), right: spread() },
  { code: 'exposed-for-nobody', wrong: spread({ here: `here: {in: here, »expose: ${ready}}` }), right: spread() },
  {
    code: 'exposed-for-nobody',
    wrong: fleet({ observer: `observer: {in: kind, »expose: ${ready}}` }),
    right: fleet(),
  },
  { code: 'one-of', wrong: spread({ there: `there: {in: there, »expose: {${from}}}` }), right: spread() },
  {
    code: 'one-of',
    wrong: spread({ there: `there: {in: there, »expose: {nodePort: {}, addresses: ['a:1', 'b:1'], ${from}}}` }),
    right: elsewhere("addresses: ['a:1', 'b:1']"),
  },
  {
    code: 'replicas-behind-one-address',
    wrong: elsewhere('loadBalancer: {»hostname: chicago.example.com}'),
    right: elsewhere("loadBalancer: {hostname: 'chicago-{replica}.example.com'}"),
  },
  {
    code: 'replicas-behind-one-address',
    wrong: elsewhere('loadBalancer: {»hostname: chicago.example.com}'),
    right: there(`{loadBalancer: {hostname: chicago.example.com}, ${from}}`, 'replicas: 1, '),
  },
  {
    code: 'replicas-behind-one-address',
    wrong: elsewhere("»addresses: ['a:1']"),
    right: elsewhere("addresses: ['a:1', 'a:2']"),
  },
  {
    code: 'replicas-behind-one-address',
    wrong: elsewhere("»addresses: ['a:1', 'a:1']"),
    right: elsewhere("addresses: ['a:1', 'a:2']"),
  },
  ...['0.0.0.0/0', '::/0', '0.0.0.0/1', '128.0.0.0/1', '8000::/1', '2000::/3'].map((everybody) => ({
    code: 'open-to-everybody',
    wrong: there(`{nodePort: {}, allowFrom: [10.0.0.0/8, »"${everybody}"]}`),
    right: there('{nodePort: {}, allowFrom: [10.0.0.0/8, "fd00::/8"]}'),
  })),
  { code: 'missing-key', wrong: spread({ there: 'there: {in: there, »expose: {nodePort: {}}}' }), right: spread() },
  { code: 'wrong-value', wrong: there('{nodePort: {}, »allowFrom: []}'), right: spread() },
  ...['{cluster}-{replica}', '{Replica}', '{replica', 'replica}', '{{replica}}'].map((name) => ({
    code: 'wrong-value',
    wrong: elsewhere(`loadBalancer: {»hostname: '${name}.example.com'}`),
    right: elsewhere("loadBalancer: {hostname: 'there-{replica}.example.com'}"),
  })),
  { code: 'node-port-range', wrong: elsewhere('nodePort: {»port: 32767}'), right: elsewhere('nodePort: {port: 32766}') },
  { code: 'wrong-value', wrong: elsewhere('nodePort: {»port: 30902}'), right: elsewhere('nodePort: {port: 31000}') },
  {
    code: 'node-port-taken',
    wrong: spread({ there: `there: {in: there, expose: ${ready}}, tower: {in: there, »expose: {nodePort: {}, ${from}}}` }),
    right: spread({
      there: `there: {in: there, expose: ${ready}}, tower: {in: there, expose: {nodePort: {port: 31903}, ${from}}}`,
    }),
  },
  {
    code: 'node-port-taken',
    wrong: spread({ store: `{type: embedded, expose: {nodePort: {»port: 31093}, ${from}}}` }),
    right: spread({ store: `{type: embedded, expose: {nodePort: {port: 31094}, ${from}}}` }),
  },
  {
    code: 'address-twice',
    wrong: spread({
      observer: `{in: here, expose: {loadBalancer: {hostname: 'a-0.example.com'}, ${from}}}`,
      there: `there: {in: there, expose: {loadBalancer: {»hostname: 'a-{replica}.example.com'}, ${from}}}`,
    }),
    right: spread({
      observer: `{in: here, expose: {loadBalancer: {hostname: 'b-0.example.com'}, ${from}}}`,
      there: `there: {in: there, expose: {loadBalancer: {hostname: 'a-{replica}.example.com'}, ${from}}}`,
    }),
  },
  {
    code: 'address-twice',
    wrong: spread({
      there: `there: {in: there, expose: {addresses: ['a:1', 'a:2'], ${from}}}, tower: {in: there, expose: {»addresses: ['a:3', 'a:1'], ${from}}}`,
    }),
    right: spread({
      there: `there: {in: there, expose: {addresses: ['a:1', 'a:2'], ${from}}}, tower: {in: there, expose: {addresses: ['a:3', 'a:4'], ${from}}}`,
    }),
  },
  {
    code: 'address-twice',
    wrong: spread({
      store: `{type: embedded, expose: {nodePort: {address: a.example.com, port: 31500}, ${from}}}`,
      there: `there: {in: there, replicas: 1, expose: {nodePort: {»address: a.example.com, port: 31500}, ${from}}}`,
    }),
    right: spread({
      store: `{type: embedded, expose: {nodePort: {address: a.example.com, port: 31500}, ${from}}}`,
      there: `there: {in: there, replicas: 1, expose: {nodePort: {address: a.example.com, port: 31501}, ${from}}}`,
    }),
  },
  {
    code: 'address-twice',
    wrong: spread({
      there: `there: {in: there, replicas: 1, expose: {loadBalancer: {hostname: a.example.com}, ${from}}}, tower: {in: there, replicas: 1, expose: {»addresses: ['A.example.com:10901'], ${from}}}`,
    }),
    right: spread({
      there: `there: {in: there, replicas: 1, expose: {loadBalancer: {hostname: a.example.com}, ${from}}}, tower: {in: there, replicas: 1, expose: {addresses: ['b.example.com:10901'], ${from}}}`,
    }),
  },
  {
    code: 'address-twice',
    wrong: spread({
      observer: `{in: here, expose: ${ready}, ${web('»host: a.example.com')}}`,
      there: `there: {in: there, replicas: 1, expose: {loadBalancer: {hostname: a.example.com}, ${from}}}`,
    }),
    right: spread({
      observer: `{in: here, expose: ${ready}, ${web('host: a.example.com')}}`,
      there: `there: {in: there, replicas: 1, expose: {addresses: ['a.example.com:10901'], ${from}}}`,
    }),
  },
  {
    code: 'replicas-behind-one-address',
    wrong: onEks('{nodePort: {»address: 10.1.0.4}', tls),
    right: onEks('{nodePort: {address: nodes.example.com}', tls),
  },
  {
    code: 'replicas-behind-one-address',
    wrong: onEks('{nodePort: {»address: 10.1.0.4}', tls),
    right: onEks('{nodePort: {address: 10.1.0.4}', tls).replace('there: {in: there,', 'there: {in: there, replicas: 1,'),
  },
  {
    code: 'node-address-missing',
    wrong: onEks('{»nodePort: {}', tls),
    right: onEks('{nodePort: {address: nodes.example.com}', tls),
  },
  {
    code: 'tls-missing',
    wrong: onEks('{nodePort: {address: nodes.example.com}', '').replace('clusters:', '»clusters:'),
    right: onEks('{nodePort: {address: nodes.example.com}', tls),
  },
  { code: 'tls-for-nobody', wrong: fleet({ alerts: '»tls: {issuer: {builtin: {}}}' }), right: fleet() },
  {
    code: 'one-of',
    wrong: spread({ more: 'tls: {»issuer: {builtin: {}, certManager: {name: fleet-ca}}}' }),
    right: spread({ more: 'tls: {issuer: {certManager: {name: fleet-ca}}}' }),
  },
  { code: 'one-of', wrong: spread({ more: 'tls: {»issuer: {}}' }), right: spread({ more: 'tls: {issuer: {builtin: {}}}' }) },
  {
    code: 'context-twice',
    wrong: spread({ kubernetes: 'here: {platform: kind}, there: {platform: kind, »context: kind-here}' }),
    right: spread({ kubernetes: 'here: {platform: kind}, there: {platform: kind, context: kind-there}' }),
  },
  {
    code: 'context-twice',
    wrong: spread({
      kubernetes: `here: {platform: kind}, there: {platform: eks, context: a, arn: ${arn}}, far: {platform: eks, context: b, »arn: ${arn}}`,
      ...cloudy,
    }),
    right: spread({
      kubernetes: `here: {platform: kind}, there: {platform: eks, context: a, arn: ${arn}}, far: {platform: eks, context: b, arn: ${arn}2}`,
      ...cloudy,
    }),
  },
  { code: 'name-too-long', wrong: named('k'.repeat(55), '»'), right: named('k'.repeat(54)) },
  { code: 'observer-unwatched', wrong: spread({ here: '' }).replace('{in: here', '{»in: here'), right: spread() },
];
