// What the schema cannot say about Secrets from the External Secrets Operator.
import { seconds } from '../kit/units';
import { namedSecrets } from './secret-checks';
import { type Check, refuseIf } from './violations';

const used: Check = (fleet) =>
  refuseIf(fleet.externalSecrets !== undefined && namedSecrets(fleet).length === 0, {
    code: 'secrets-for-nobody',
    path: ['externalSecrets'],
    problem: 'Secrets come from a store, and the fleet names none',
    consequence: "nothing would come from there: Grafana's password, for one, would be that of the demo.",
    remedy: 'leave it out, or name a Secret, such as grafana: {adminSecret: grafana-admin}.',
  });

const refresh: Check = (_fleet, { externalSecrets }) => {
  if (!externalSecrets) return [];
  const { refreshInterval } = externalSecrets;
  return refuseIf(seconds(refreshInterval) < 60, {
    code: 'secrets-refresh',
    path: ['externalSecrets', 'refreshInterval'],
    problem: `Secrets would be read ${seconds(refreshInterval) === 0 ? 'once' : `every ${refreshInterval}`}`,
    consequence:
      seconds(refreshInterval) === 0
        ? 'what is changed in the store would never arrive, and the old password would one day be refused.'
        : 'stores bill each request, or refuse them when there are too many.',
    remedy: '1m or more, such as 15m or 1h.',
  });
};

export const externalSecretsChecks: readonly Check[] = [used, refresh];
