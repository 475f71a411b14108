// Every check of sizing-checks.ts: a fleet that trips it at », and one that nearly does.
import { clusters, eks, fleet, type Refusal } from './support';

const chicago = (text: string): string => eks({ clusters: `clusters: {chicago: {in: cloud, ${text}}}` });
const onNodes = (node: string, cluster: string): string =>
  eks({
    kubernetes: `kubernetes: {cloud: {platform: eks, context: arn:aws:eks:eu-west-1:111122223333:cluster/metrics, node: ${node}}}`,
    clusters: `clusters: {chicago: {in: cloud, ${cluster}}}`,
  });
const compactor = (settings: string, series = '1M'): string =>
  eks({
    observer: `observer: {in: cloud, grafana: {adminSecret: grafana-admin}, compactor: {${settings}}}`,
    clusters: `clusters: {chicago: {in: cloud, series: ${series}}}`,
  });

export const sizing: readonly Refusal[] = [
  { code: 'load-without-series', wrong: clusters('chicago: {in: kind, »churn: 3%}'), right: clusters('chicago: {in: kind}') },
  {
    code: 'load-without-series',
    wrong: clusters('chicago: {in: kind, »queries: 2/s}'),
    right: clusters('chicago: {in: kind, series: 1k, queries: 2/s}'),
  },
  { code: 'wrong-value', wrong: chicago('»series: 4000M'), right: chicago('series: 12M') },
  { code: 'wrong-value', wrong: chicago('»series: 500M'), right: chicago('series: 12M') },
  { code: 'wrong-value', wrong: chicago('»series: 4000M, volume: 20Gi'), right: chicago('series: 12M, volume: 1Ti') },
  { code: 'volume-under-retention', wrong: chicago('series: 1M, »volume: 20Gi'), right: chicago('series: 1M, volume: 40Gi') },
  {
    code: 'memory-under-series',
    wrong: chicago('series: 1M, resources: {»memory: 2Gi}'),
    right: chicago('series: 1M, resources: {memory: 3Gi}'),
  },
  {
    code: 'compactor-volume-under-block',
    wrong: compactor('»volume: 100Gi'),
    right: compactor('volume: 600Gi'),
  },
  {
    code: 'compactor-volume-under-block',
    wrong: compactor('concurrency: 2, »volume: 600Gi'),
    right: compactor('concurrency: 2, volume: 1200Gi'),
  },
  { code: 'compactor-behind', wrong: compactor('»concurrency: 1', '13M'), right: compactor('concurrency: 1', '12M') },
  { code: 'compactor-behind', wrong: compactor('»concurrency: 2', '30M'), right: compactor('concurrency: 3', '30M') },
  {
    code: 'object-store-under-retention',
    wrong: fleet({
      objectStore: 'objectStore: {type: embedded, »size: 5Gi}',
      clusters: 'clusters: {chicago: {in: kind, series: 20k}}',
    }),
    right: fleet({ clusters: 'clusters: {chicago: {in: kind, series: 20k}}' }),
  },
  {
    code: 'requests-beyond-node',
    wrong: onNodes('{cpu: "8", memory: 15Gi}', '»series: 4M'),
    right: onNodes('{cpu: "8", memory: 58Gi}', 'series: 4M'),
  },
  {
    code: 'requests-beyond-node',
    wrong: onNodes('{cpu: "3", memory: 12Gi}', '»resources: {cpu: "3"}'),
    right: onNodes('{cpu: "4", memory: 12Gi}', 'resources: {cpu: "3"}'),
  },
];
