// Every check of ingress-checks.ts: a fleet that trips it at », and one that nearly does.
import { eks, fleet, type Refusal } from './support';

const alb = 'alb: {allowFrom: [203.0.113.0/24], balancerCidrs: [10.0.0.0/20]}';
const gateway =
  'gateway: {name: public, namespace: gateways, listener: https, pods: {namespace: gateways, labels: {app: envoy}}}';
const cloud = 'platform: eks, context: arn:aws:eks:eu-west-1:111122223333:cluster/metrics, podCidrs: [10.128.0.0/9]';
const observer = (text: string): string =>
  eks({
    kubernetes: `kubernetes: {cloud: {${cloud}}}`,
    observer: `observer: {in: cloud, ${text.includes('grafana') ? '' : 'grafana: {adminSecret: grafana-admin}, '}${text}}`,
  });
const grafana = (host: string): string => `grafana: {adminSecret: grafana-admin, ${host}}`;

export const ingress: readonly Refusal[] = [
  {
    code: 'one-of',
    wrong: observer(`»ingress: {${alb}, ${gateway}}, ${grafana('host: grafana.example.com')}`),
    right: observer(`ingress: {${gateway}}, ${grafana('host: grafana.example.com')}`),
  },
  {
    code: 'ingress-for-nothing',
    wrong: observer(`»ingress: {${alb}}`),
    right: observer(`ingress: {${alb}}, queryFrontend: {host: query.example.com}`),
  },
  {
    code: 'host-without-ingress',
    wrong: observer(grafana('»host: grafana.example.com')),
    right: observer(`ingress: {${alb}}, ${grafana('host: grafana.example.com')}`),
  },
  {
    code: 'host-twice',
    wrong: observer(`ingress: {${alb}}, ${grafana('host: m.example.com')}, queryFrontend: {»host: m.example.com}`),
    right: observer(`ingress: {${alb}}, ${grafana('host: m.example.com')}, queryFrontend: {host: q.example.com}`),
  },
  {
    code: 'alb-off-eks',
    wrong: fleet({ observer: `observer: {in: kind, ingress: {»${alb}}, ${grafana('host: grafana.example.com')}}` }),
    right: fleet({ observer: `observer: {in: kind, ingress: {${gateway}}, ${grafana('host: grafana.example.com')}}` }),
  },
  {
    code: 'balancer-among-pods',
    wrong: observer(`ingress: {${alb.replace('10.0.0.0/20', '»10.130.0.0/20')}}, ${grafana('host: grafana.example.com')}`),
    right: observer(`ingress: {${alb}}, ${grafana('host: grafana.example.com')}`),
  },
  ...['10.0.0.1', `${'a'.repeat(64)}.example.com`].map((host) => ({
    code: 'wrong-value',
    wrong: observer(`ingress: {${alb}}, queryFrontend: {»host: ${host}}`),
    right: observer(`ingress: {${alb}}, queryFrontend: {host: ${'a'.repeat(63)}.example.com}`),
  })),
  ...['0.0.0.0/0', '128.0.0.0/1', '64.0.0.0/3'].map((range) => ({
    code: 'ingress-from-everybody',
    wrong: observer(`ingress: {${alb.replace('203.0.113.0/24', `»${range}`)}}, ${grafana('host: grafana.example.com')}`),
    right: observer(`ingress: {${alb.replace('203.0.113.0/24', '16.0.0.0/4')}}, ${grafana('host: grafana.example.com')}`),
  })),
  ...['queryFrontend', 'alertmanager'].map((part) => ({
    code: 'ingress-without-login',
    wrong: observer(`ingress: {${gateway}}, ${part}: {»host: m.example.com}`),
    right: observer(`ingress: {${alb}}, ${part}: {host: m.example.com}`),
  })),
  {
    code: 'ui-behind-certificates',
    wrong: spread(`ingress: {${alb}}, alertmanager: {»host: alerts.example.com}`),
    right: spread(`ingress: {${alb}}, queryFrontend: {host: query.example.com}`),
  },
  {
    code: 'demo-password',
    wrong: fleet({ observer: `observer: {in: kind, ingress: {${gateway}}, »grafana: {host: grafana.example.com}}` }),
    right: fleet({ observer: `observer: {in: kind, ingress: {${gateway}}, ${grafana('host: grafana.example.com')}}` }),
  },
];

/** A fleet with a cluster in another Kubernetes cluster. */
function spread(text: string): string {
  const balanced = (name: string) =>
    `expose: {loadBalancer: {hostname: "${name}-{replica}.example.com"}, allowFrom: [10.0.0.0/8]}`;
  return eks({
    kubernetes: `kubernetes: {cloud: {${cloud}}, far: {platform: eks, context: arn:aws:eks:eu-west-1:111122223333:cluster/far}}`,
    observer: `observer: {in: cloud, ${balanced('alerts')}, grafana: {adminSecret: grafana-admin}, ${text}}`,
    clusters: `clusters: {chicago: {in: cloud}, seattle: {in: far, ${balanced('seattle')}}}`,
    alerts: 'tls: {issuer: {builtin: {}}}',
  });
}
