// What a platform cannot do, or must not.
import { type Check, refuseIf } from './violations';

const embeddedStore: Check = (fleet, resolved) => {
  const k = resolved.kubernetes.find((other) => other.name === fleet.observer.in);
  return refuseIf(fleet.objectStore.type === 'embedded' && k !== undefined && k.platform !== 'kind', {
    code: 'embedded-off-kind',
    path: ['objectStore', 'type'],
    problem: `the embedded object store would run in ${k?.name}, which is on ${k?.platform}`,
    consequence: 'all blocks of the fleet would be on one volume, behind one pod and a password that everybody knows.',
    remedy: 'objectStore: {type: s3, bucket: …, region: …, auth: {podIdentity: {}}}.',
  });
};

const demoPassword: Check = (fleet, resolved) => {
  const k = resolved.kubernetes.find((other) => other.name === fleet.observer.in);
  const { adminSecret, host } = fleet.observer.grafana ?? {};
  return refuseIf(!adminSecret && k !== undefined && (k.platform !== 'kind' || host !== undefined), {
    code: 'demo-password',
    path: ['observer', ...(fleet.observer.grafana ? ['grafana'] : [])],
    problem: `Grafana has no administrator of its own, and is ${host ? `at ${host}` : `in ${k?.name}, which is on ${k?.platform}`}`,
    consequence: 'everybody could log in as admin with the password of the demo.',
    remedy: "grafana: {adminSecret: grafana-admin}, a Secret in the observer's namespace.",
  });
};

export const platformChecks: readonly Check[] = [embeddedStore, demoPassword];
