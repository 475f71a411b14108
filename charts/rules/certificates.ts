// Certificates of connections between Kubernetes clusters. No program exposes when its certificate ends: the built-in
// issuer records it, cert-manager says it of its own.
import { expiryMetric } from '../config/certificates';
import { here, type RulesOf } from './rule';

const day = 86_400;
/** Certificates live 90 days and are renewed when 30 are left. */
const [overdue, nearEnd] = [21 * day, 5 * day];

/** Of certificates in the fleet's own namespaces that cert-manager has issued: until then it says 0. */
const certManager = (namespaces: readonly string[]): string =>
  ['namespace=exported_namespace', 'secret=name'].reduce(
    (expr, pair) => {
      const [to, from] = pair.split('=');
      return `label_replace(${expr}, "${to}", "$1", "${from}", "(.*)")`;
    },
    `(certmanager_certificate_expiration_timestamp_seconds{exported_namespace=~"${namespaces.join('|')}"} > 0)`,
  );

export const certificateRules: RulesOf = (fleet, { in: place, namespace, nodes }) => {
  // who watches the Kubernetes cluster scrapes cert-manager, the others at most what is in their own namespace
  const all = [
    ...fleet.clusters.filter((c) => c.in === place).map((c) => c.namespace),
    ...(fleet.observer.in === place
      ? [fleet.observer.namespace, ...(fleet.objectStore.type === 'embedded' ? [fleet.objectStore.namespace] : [])]
      : []),
  ].sort();
  const namespaces = nodes ? all : [namespace];
  const left = `min by (namespace, secret) (${expiryMetric} or ${certManager(namespaces)}) - time()`;
  const alert = {
    alert: 'CertificateExpiry',
    summary: `The certificate {{ $labels.secret }} of cluster ${here} is not renewed`,
    description: `The certificate {{ $labels.namespace }}/{{ $labels.secret }} in cluster ${here} ends in {{ $value | humanizeDuration }}. After that, connections between Kubernetes clusters fail.`,
  };
  return [
    {
      name: 'certificates',
      why: 'where a certificate is used, its end is known without the observer',
      dashboard: 'fleet-overview',
      interval: '1m',
      rules: [
        { ...alert, expr: `${left} < ${overdue}`, for: '1h', severity: 'warning' },
        { ...alert, expr: `${left} < ${nearEnd}`, for: '5m', severity: 'critical' },
      ],
    },
  ];
};
