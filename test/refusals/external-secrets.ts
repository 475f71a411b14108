// Every refusal about Secrets by name, and from a store: a fleet that trips it at », and one that nearly does.
import { spread } from './exposure';
import { fleet, type Refusal } from './support';

const grafana = 'observer: {in: kind, grafana: {adminSecret: grafana-admin}}';
const stored = (settings: string, observer = grafana): string =>
  `${fleet({ observer })}externalSecrets: {store: {name: vault}${settings}}\n`;

export const externalSecretsRefusals: readonly Refusal[] = [
  {
    code: 'secret-of-fleet',
    wrong: fleet({ observer: 'observer: {in: kind, grafana: {»adminSecret: objstore-credentials}}' }),
    right: fleet({ observer: 'observer: {in: kind, grafana: {adminSecret: grafana-admin}}' }),
  },
  {
    code: 'secret-of-fleet',
    wrong: `${fleet()}imagePullSecrets: [a, »grafana-admin]\n`,
    right: `${fleet()}imagePullSecrets: [a, grafana-admins]\n`,
  },
  {
    code: 'secret-of-fleet',
    wrong: spread({ more: 'imagePullSecrets: [»thanos-sidecar-server-tls]' }),
    right: spread({ more: 'imagePullSecrets: [thanos-store-server-tls]' }),
  },
  {
    code: 'secrets-for-nobody',
    wrong: stored('', 'observer: {in: kind, query: {replicas: 2}}').replace('externalSecrets', '»externalSecrets'),
    right: stored(''),
  },
  ...[
    ['0s', '1m'],
    ['59s', '60s'],
  ].map(([wrong, right]) => ({
    code: 'secrets-refresh',
    wrong: stored(`, »refreshInterval: ${wrong}`),
    right: stored(`, refreshInterval: ${right}`),
  })),
  ...[
    ['{fleet}/grafana', '{fleet}/{secret}'],
    ['{secret}/{name}', '{secret}/{namespace}'],
    ['a {secret}', 'a_{secret}'],
  ].map(([wrong, right]) => ({
    code: 'wrong-value',
    wrong: stored(`, »remoteKey: '${wrong}'`),
    right: stored(`, remoteKey: '${right}'`),
  })),
];
