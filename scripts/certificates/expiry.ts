// Expiry as data: no program of the fleet exposes when its certificate ends, so a recording rule per certificate says it.
import type { X509Certificate } from 'node:crypto';
import { type Certificate, expiryMetric } from '../../charts/config/certificates';
import { yaml } from '../../charts/kit/kubernetes';
import { ends } from './plan';

/** The key of the ConfigMap, a file to Prometheus. */
export const expiryFile = 'certificates.yml';

/** A namespace with a Prometheus that loads rules about certificates. */
export interface Watcher {
  readonly kubernetes: string;
  readonly namespace: string;
  /** It watches all of its Kubernetes cluster. */
  readonly nodes: boolean;
}

/** Which Prometheus tells of a certificate: its namespace's, else its Kubernetes cluster's, else the fleet's first. */
export const watcherOf = (watchers: readonly Watcher[], { kubernetes, namespace }: Certificate): Watcher | undefined => {
  const here = watchers.filter((w) => w.kubernetes === kubernetes);
  return here.find((w) => w.namespace === namespace) ?? here.find((w) => w.nodes) ?? watchers.find((w) => w.nodes);
};

/** A Prometheus rule file: one series per certificate, whose value is when it ends (seconds since 1970). */
export const expiryRulesText = (
  certificates: readonly { readonly wanted: Certificate; readonly certificate: X509Certificate }[],
): string =>
  yaml({
    groups: [
      {
        name: 'certificates',
        rules: certificates
          .map(({ wanted: { kubernetes, namespace, secret }, certificate }) => ({
            record: expiryMetric,
            expr: `vector(${ends(certificate) / 1000})`,
            labels: { kubernetes, namespace, secret },
          }))
          .sort((a, b) => (Object.values(a.labels).join('/') < Object.values(b.labels).join('/') ? -1 : 1)),
      },
    ],
  });
