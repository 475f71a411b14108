// Every check of availability-checks.ts: a fleet that trips it at », and one that nearly does.
import { fleet, type Refusal } from './support';

const observer = (text: string): string => fleet({ observer: `observer: {in: kind, ${text}}` });

export const availability: readonly Refusal[] = [
  ...['query', 'queryFrontend'].flatMap((part) => [
    {
      code: 'replicas-and-autoscale',
      wrong: observer(`${part}: {»replicas: 2, autoscale: {max: 4}}`),
      right: observer(`${part}: {autoscale: {min: 2, max: 4}}`),
    },
    {
      code: 'autoscale-backwards',
      wrong: observer(`${part}: {autoscale: {min: 5, »max: 4}}`),
      right: observer(`${part}: {autoscale: {min: 4, max: 4}}`),
    },
  ]),
  { code: 'store-split-order', wrong: observer('store: {splitAt: [30d, »2w]}'), right: observer('store: {splitAt: [2w, 30d]}') },
  {
    code: 'store-split-order',
    wrong: observer('store: {splitAt: [30d, »720h]}'),
    right: observer('store: {splitAt: [30d, 721h]}'),
  },
  { code: 'store-split-age', wrong: observer('store: {splitAt: [»23h]}'), right: observer('store: {splitAt: [24h]}') },
  { code: 'store-split-age', wrong: observer('store: {splitAt: [30d, »2y]}'), right: observer('store: {splitAt: [30d, 729d]}') },
  {
    code: 'store-split-age',
    wrong: `${observer('store: {splitAt: [»30d]}')}retention: {raw: 10d, 5m: 30d, 1h: 30d}\n`,
    right: `${observer('store: {splitAt: [30d]}')}retention: {raw: 10d, 5m: 30d, 1h: 0s}\n`,
  },
  ...['replicas: 3', 'memory: 1Gi', 'exporter: true'].map((own) => ({
    code: 'memcached-twice',
    wrong: observer(`cache: {type: memcached, »${own}, addresses: ['cache.example.com:11211']}`),
    right: observer("cache: {type: memcached, addresses: ['cache.example.com:11211']}"),
  })),
];
