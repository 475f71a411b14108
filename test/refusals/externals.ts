// Every refusal about clusters whose Prometheus is somebody else's: a fleet that trips it at », and one that nearly does.
import { spread } from './exposure';
import { fleet, type Refusal } from './support';

const pods = 'pods: {namespace: monitoring, labels: {app: prometheus}}';
const addresses = 'addresses: [h:1, g:2]';
const tls = 'tls: {secret: sidecars, serverName: h}';
const shop = (settings: string, place = 'kind', others = ', home: {in: kind}'): string =>
  fleet({
    kubernetes: `kubernetes: {kind: {platform: kind}${place === 'kind' ? '' : `, ${place}: {platform: kind}`}}`,
    clusters: `clusters: {shop: {in: ${place}, ${settings}}${others}}`,
  });
const external = (settings: string, place?: string, others?: string): string =>
  shop(`prometheus: external, ${settings}`, place, others);
const right = external(`sidecar: {${pods}}`);

const manySidecars = (count: number): string =>
  external(
    `sidecar: {addresses: [${Array.from({ length: count }, (_, i) => `${'h'.repeat(50)}${i}.example.com:10901`).join(', ')}], ${tls}}`,
    'there',
  );

export const externalsRefusals: readonly Refusal[] = [
  ...[
    'namespace: shop',
    'expose: {nodePort: {}, allowFrom: [10.0.0.0/8]}',
    'nodes: false',
    'namespaces: [shop]',
    'retention: 48h',
    'blockDuration: 2h',
    'series: 1M',
    'volume: 10Gi',
    'resources: {cpu: 100m}',
  ].map((setting) => ({
    code: 'external-setting',
    wrong: external(`sidecar: {${pods}}, »${setting}`),
    right,
  })),
  {
    code: 'external-setting',
    wrong: external(`sidecar: {${pods}}, alerts: {»ruleFiles: []}`),
    right: external(`sidecar: {${pods}}, alerts: {disable: [ClusterClockSkew]}`),
  },
  {
    code: 'scrape-interval',
    wrong: external(`sidecar: {${pods}}, »scrapeInterval: 3m`),
    right: external(`sidecar: {${pods}}, scrapeInterval: 2m`),
  },
  { code: 'external-setting', wrong: shop(`»sidecar: {${pods}}`), right },
  {
    code: 'external-setting',
    wrong: external(`sidecar: {${addresses}, ${tls}, »port: 10902}`, 'there'),
    right: external(`sidecar: {${pods}, port: 10902}`),
  },
  {
    code: 'external-setting',
    wrong: external(`sidecar: {${pods}, »${tls}}`),
    right: external(`sidecar: {${addresses}, ${tls}}`),
  },
  {
    code: 'reserved-label',
    wrong: external(`sidecar: {${pods}}, labels: {»job: shop}`),
    right: external(`sidecar: {${pods}}, labels: {jobs: shop}`),
  },
  {
    code: 'namespace-of-fleet',
    wrong: external('sidecar: {pods: {»namespace: demo-home, labels: {app: prometheus}}}'),
    right: external('sidecar: {pods: {namespace: home, labels: {app: prometheus}}}'),
  },
  { code: 'one-of', wrong: external(`»sidecar: {${tls}}`), right: external(`sidecar: {${addresses}, ${tls}}`) },
  {
    code: 'one-of',
    wrong: external(`sidecar: {${pods}, »${addresses}, ${tls}}`),
    right: external(`sidecar: {${addresses}, ${tls}}`),
  },
  {
    code: 'external-elsewhere',
    wrong: spread({ here: `here: {in: here}, shop: {in: there, prometheus: external, sidecar: {»${pods}}}` }),
    right: spread({ here: `here: {in: here}, shop: {in: there, prometheus: external, sidecar: {${addresses}, ${tls}}}` }),
  },
  {
    code: 'external-without-tls',
    wrong: external(`sidecar: {»${addresses}}`),
    right: external(`sidecar: {${addresses}, ${tls}}`),
  },
  {
    code: 'replicas-behind-one-address',
    wrong: external(`replicas: 3, sidecar: {»${addresses}, ${tls}}`, 'there'),
    right: external(`replicas: 2, sidecar: {${addresses}, ${tls}}`, 'there'),
  },
  {
    code: 'replicas-behind-one-address',
    wrong: external(`sidecar: {»addresses: [h:1, h:1], ${tls}}`, 'there'),
    right: external(`sidecar: {addresses: [h:1, h:2], ${tls}}`, 'there'),
  },
  {
    code: 'address-twice',
    wrong: external(
      `sidecar: {${addresses}, ${tls}}`,
      'there',
      `, home: {in: kind}, store: {in: kind, prometheus: external, sidecar: {»addresses: [G:2], ${tls}}}`,
    ),
    right: external(
      `sidecar: {${addresses}, ${tls}}`,
      'there',
      `, home: {in: kind}, store: {in: kind, prometheus: external, sidecar: {addresses: [g:1], ${tls}}}`,
    ),
  },
  {
    code: 'no-clusters',
    wrong: shop(`prometheus: external, sidecar: {${pods}}`, 'kind', '').replace('clusters:', '»clusters:'),
    right,
  },
  {
    code: 'too-many-sidecars-elsewhere',
    wrong: manySidecars(2500).replace('clusters:', '»clusters:'),
    right: manySidecars(1500),
  },
];
