// Certificates of connections between Kubernetes clusters. No program exposes when its certificate ends: the built-in
// issuer records it, cert-manager says it of its own.
import { expiryMetric } from '../config/certificates';
import { here, type RulesOf } from './rule';

const day = 86_400;
/** Certificates live 90 days and are renewed when 30 are left. */
const [overdue, nearEnd] = [21 * day, 5 * day];

const certManager = 'label_replace(certmanager_certificate_expiration_timestamp_seconds, "secret", "$1", "name", "(.*)")';
const left = `min by (secret) (${expiryMetric} or ${certManager}) - time()`;

export const certificateRules: RulesOf = () => {
  const alert = {
    alert: 'CertificateExpiry',
    summary: `The certificate {{ $labels.secret }} of cluster ${here} is not renewed`,
    description: `The certificate {{ $labels.secret }} in cluster ${here} ends in {{ $value | humanizeDuration }}. After that, connections between Kubernetes clusters fail.`,
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
