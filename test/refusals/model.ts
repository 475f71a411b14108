// Every check of checks.ts: a fleet that trips it at », and one that nearly does.
import { seriesLabels } from '../../charts/fleet/checks';
import { ready, spread } from './exposure';
import { clusters, fleet, type Refusal } from './support';

/** Two Kubernetes clusters, each with its own. */
const twoPlaces = (text: string): string =>
  spread({ here: text.replace(/in: there/g, `in: there, expose: ${ready}`), there: '' });

/** Every check of checks.ts: a fleet that trips it at », and one that nearly does. */
export const model: readonly Refusal[] = [
  { code: 'unknown-kubernetes', wrong: clusters('chicago: {»in: knd}'), right: clusters('chicago: {in: kind}') },
  { code: 'unknown-kubernetes', wrong: clusters('chicago: {»in: constructor}'), right: clusters('constructor: {in: kind}') },
  { code: 'unknown-kubernetes', wrong: fleet({ observer: 'observer: {»in: kin}' }), right: fleet() },
  {
    code: 'unknown-kubernetes',
    wrong: twoPlaces('home: {in: here}, a: {in: there}').replace('in: there', '»in: ther'),
    right: twoPlaces('home: {in: here}, a: {in: there}'),
  },
  { code: 'no-clusters', wrong: fleet({ clusters: '»clusters: {}' }), right: clusters('chicago: {in: kind}') },
  {
    code: 'unused-kubernetes',
    wrong: fleet({ kubernetes: 'kubernetes: {kind: {platform: kind}, »spare: {platform: kind}}' }),
    right: fleet(),
  },
  {
    code: 'nodes-counted-twice',
    wrong: clusters('chicago: {in: kind, nodes: true}, seattle: {in: kind, »nodes: true}'),
    right: clusters('chicago: {in: kind, nodes: true}, seattle: {in: kind, nodes: false}'),
  },
  {
    code: 'nodes-unwatched',
    wrong: clusters('chicago: {in: kind, »nodes: false}, seattle: {in: kind, nodes: false}'),
    right: clusters('chicago: {in: kind, nodes: false}, seattle: {in: kind}'),
  },
  ...['cluster', 'replica', 'ruler', 'rule_replica', '__name__', 'about_cluster', ...seriesLabels].map((label) => ({
    code: 'reserved-label',
    wrong: clusters(`chicago: {in: kind, labels: {»${label}: a}}`),
    right: clusters(`chicago: {in: kind, labels: {${label.replace(/^_+/, '')}s: a}}`),
  })),
  {
    code: 'name-too-long',
    wrong: clusters(`»${'c'.repeat(59)}: {in: kind}`),
    right: clusters(`${'c'.repeat(58)}: {in: kind}`),
  },
  {
    code: 'namespace-twice',
    wrong: clusters('chicago: {in: kind, »namespace: demo-observer}'),
    right: clusters('chicago: {in: kind, namespace: demo-observers}'),
  },
  {
    code: 'namespace-of-kubernetes',
    wrong: clusters('chicago: {in: kind, »namespace: kube-system}'),
    right: clusters('chicago: {in: kind, namespace: kube}'),
  },
  {
    code: 'namespace-of-kubernetes',
    wrong: clusters('chicago: {in: kind, »namespace: default}'),
    right: clusters('chicago: {in: kind, namespace: defaults}'),
  },
  {
    code: 'namespace-twice',
    wrong: twoPlaces('home: {in: here}, a: {in: there, »namespace: demo-agents}'),
    right: twoPlaces('home: {in: here, namespace: shop}, a: {in: there, namespace: shop}'),
  },
  {
    code: 'namespace-of-fleet',
    wrong: twoPlaces('home: {in: here, namespaces: [»demo-observer]}, a: {in: there}'),
    right: twoPlaces('home: {in: here}, a: {in: there, namespaces: [demo-observer]}'),
  },
  {
    code: 'namespace-claimed-twice',
    wrong: clusters('chicago: {in: kind, namespaces: [shop, »shop]}'),
    right: clusters('chicago: {in: kind, namespaces: [shop, shops]}'),
  },
  ...['observer', 'agents', 'object-store', 'chicago'].map((part) => ({
    code: 'namespace-of-fleet',
    wrong: clusters(`chicago: {in: kind, namespaces: [shop, »demo-${part}]}`),
    right: clusters(`chicago: {in: kind, namespaces: [shop, ${part}]}`),
  })),
  {
    code: 'namespace-claimed-twice',
    wrong: clusters('chicago: {in: kind, namespaces: [shop]}, seattle: {in: kind, namespaces: [web, »shop]}'),
    right: clusters('chicago: {in: kind, namespaces: [shop]}, seattle: {in: kind, namespaces: [web, shops]}'),
  },
  ...(
    [
      ['retention-before-downsampling', '»raw: 2d23h', 'raw: 3d'],
      ['retention-before-downsampling', 'raw: 3d, »5m: 15d', 'raw: 3d, 5m: 16d'],
      ['retention-too-short', '»raw: 39h', 'raw: 0s, 5m: 0s, 1h: 0s'],
      ['retention-too-short', 'raw: 3d, »5m: 9d', 'raw: 3d, 5m: 0s, 1h: 0s'],
      ['retention-out-of-order', 'raw: 30d, »5m: 29d', 'raw: 30d, 5m: 30d'],
      ['retention-out-of-order', '»raw: 181d', 'raw: 180d'],
      ['retention-out-of-order', '5m: 90d, »1h: 89d', '5m: 90d, 1h: 90d'],
      ['retention-out-of-order', '»5m: 0s', '5m: 0s, 1h: 0s'],
    ] as const
  ).map(([code, wrong, right]) => ({
    code,
    wrong: fleet({ retention: `retention: {${wrong}}` }),
    right: fleet({ retention: `retention: {${right}}` }),
  })),
  {
    code: 'local-retention-under-three-blocks',
    wrong: fleet({
      objectStore: 'objectStore: {type: embedded, toleratedOutage: 5h}',
      clusters: 'clusters: {chicago: {in: kind, blockDuration: 2h, »retention: 5h59m}}',
    }),
    right: fleet({
      objectStore: 'objectStore: {type: embedded, toleratedOutage: 6h}',
      clusters: 'clusters: {chicago: {in: kind, blockDuration: 2h, retention: 6h}}',
    }),
  },
  {
    code: 'local-retention-under-outage',
    wrong: clusters('chicago: {in: kind, »retention: 23h}'),
    right: clusters('chicago: {in: kind, retention: 24h}'),
  },
  {
    code: 'scrape-interval',
    wrong: clusters('chicago: {in: kind, »scrapeInterval: 121s}'),
    right: clusters('chicago: {in: kind, scrapeInterval: 2m}'),
  },
  {
    code: 'scrape-interval',
    wrong: clusters('chicago: {in: kind, »scrapeInterval: 0s}'),
    right: clusters('chicago: {in: kind, scrapeInterval: 1s}'),
  },
  {
    code: 'block-duration',
    wrong: clusters('chicago: {in: kind, »blockDuration: 7m}'),
    right: clusters('chicago: {in: kind, blockDuration: 10m}'),
  },
  {
    code: 'query-timeout',
    wrong: fleet({ observer: 'observer: {in: kind, query: {»timeout: 16m}}' }),
    right: fleet({ observer: 'observer: {in: kind, query: {timeout: 15m}}' }),
  },
  {
    code: 'localhost-from-pods',
    wrong: fleet({ kubernetes: 'kubernetes: {kind: {platform: kind, localhost: {allowFrom: [10.0.0.0/8, »10.244.3.0/24]}}}' }),
    right: fleet({ kubernetes: 'kubernetes: {kind: {platform: kind, localhost: {allowFrom: [10.0.0.0/8, 10.245.3.0/24]}}}' }),
  },
];
