// Every refusal about tenants: a fleet that trips it at », and one that nearly does.
import { fleet, type Refusal } from './support';

const shown = (label: string, labels = '{team: shop}', seattle = 'labels: {team: web}'): string =>
  fleet({
    observer: `observer: {in: kind, tenancy: {${label}, proxy: {namespace: login, labels: {app: proxy}}}}`,
    clusters: `clusters: {chicago: {in: kind, labels: ${labels}}, seattle: {in: kind, ${seattle}}}`,
  });

const byCluster = (label: string): string =>
  fleet({ observer: `observer: {in: kind, tenancy: {${label}, proxy: {namespace: login, labels: {app: proxy}}}}` });

export const tenancyRefusals: readonly Refusal[] = [
  { code: 'tenant-label', wrong: byCluster('»label: region'), right: byCluster('label: cluster') },
  {
    code: 'tenant-label',
    wrong: shown('»label: teem'),
    right: shown('label: team').replace(', seattle: {in: kind, labels: {team: web}}', ''),
  },
  { code: 'tenant-label', wrong: shown('»label: namespace'), right: shown('label: cluster') },
  { code: 'tenant-label', wrong: shown('»label: replica'), right: shown('label: team') },
  {
    code: 'tenant-label',
    wrong: shown('label: team', '{team: shop}', '').replace('seattle', '»seattle'),
    right: shown('label: cluster', '{team: shop}', ''),
  },
  {
    code: 'tenant-label',
    wrong: shown('label: team', '{team: shop}', '»labels: {region: us}'),
    right: shown('label: team', '{team: shop}', 'labels: {region: us, team: web}'),
  },
  {
    code: 'namespace-of-fleet',
    wrong: byCluster('label: cluster').replace('namespace: login', '»namespace: demo-chicago'),
    right: byCluster('label: cluster').replace('namespace: login', 'namespace: demo-chicagos'),
  },
  {
    code: 'wrong-value',
    wrong: byCluster('label: cluster').replace('labels: {app: proxy}', '»labels: {}'),
    right: byCluster('label: cluster'),
  },
  ...['shop/web', '.', '..'].map((name) => ({
    code: 'tenant-name',
    wrong: shown('label: team', `{»team: '${name}'}`),
    right: shown('label: cluster', `{team: '${name}'}`),
  })),
  { code: 'wrong-value', wrong: shown('label: team, »header: "X Team"'), right: shown('label: team, header: X-Team') },
  {
    code: 'missing-key',
    wrong: shown('label: team').replace('proxy: {namespace: login, labels', '»proxy: {labels'),
    right: shown('label: team'),
  },
];
