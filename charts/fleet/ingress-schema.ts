// How people reach the user interfaces: the keys of observer.ingress, and the host of each.
import { z } from 'zod';
import { cidr, dnsLabel, host, httpsUrl, objectName, secretName, text } from './scalars';

const ranges = z.array(cidr).min(1, { error: 'write at least one address range' });

const alb = z.strictObject({
  allowFrom: ranges.describe('Who may use the user interfaces: source addresses of people.'),
  balancerCidrs: ranges.describe(
    "Address ranges of the balancer's subnets: the user interfaces' pods let in nobody else from outside.",
  ),
  scheme: z
    .enum(['internal', 'internet-facing'], { error: 'write internal or internet-facing' })
    .optional()
    .describe('Whether the balancer has addresses of the VPC or of the internet. Default: internal.'),
  certificate: text(
    /^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[-a-f0-9]+$/,
    'write the ARN of a certificate, such as arn:aws:acm:eu-west-1:111122223333:certificate/…',
  )
    .optional()
    .describe('The certificate of all hosts. Default: those of ACM that name the hosts.'),
  class: dnsLabel.optional().describe('The IngressClass. Default: alb.'),
});

/** Pods that are not the fleet's own. */
export const peerPods = z.strictObject({
  namespace: dnsLabel.describe('Their namespace.'),
  labels: z
    .record(
      text(/^([a-z0-9.-]{1,253}\/)?[A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?$/, 'write a label of Kubernetes'),
      text(/^[A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?$/, 'write the value of a label'),
    )
    .refine((labels) => Object.keys(labels).length > 0, { error: 'write at least one label: none would mean every pod there' })
    .describe('Their labels.'),
});

const gateway = z.strictObject({
  name: objectName('Gateway').describe('The Gateway, which exists.'),
  namespace: dnsLabel.describe('Its namespace.'),
  listener: dnsLabel.describe('The name of its listener that ends TLS (sectionName): the one that routes use.'),
  pods: peerPods.describe(
    "The pods that carry the Gateway's traffic: the user interfaces' pods let in nobody else from outside.",
  ),
});

export const ingress = z.strictObject({
  alb: alb.optional().describe('A load balancer of the AWS Load Balancer Controller: EKS only. One for all hosts.'),
  gateway: gateway.optional().describe('A Gateway of the Gateway API, by an HTTPRoute for each host.'),
});

/** Where people find a user interface. */
export const webHost = text(
  new RegExp(`^(?=.{1,253}$)(?=[^A-Z]*$)(?=.*\\.)${host}$`),
  'write a host name of lower-case letters, digits, dashes and dots, such as grafana.example.com',
).refine((name) => name.split('.').every((label) => label.length <= 63) && !/\.\d+$/.test(name), {
  error: 'write a host name that is no address, with at most 63 characters between dots, such as grafana.example.com',
});

const groups = z.array(text(/^[^'\\]{1,200}$/, 'write the name of a group, without quotes and backslashes'));

export const oidc = z.strictObject({
  secret: secretName.describe("A Secret in the observer's namespace with the keys client-id and client-secret."),
  authUrl: httpsUrl.describe("The identity provider's authorization endpoint."),
  tokenUrl: httpsUrl.describe('Its token endpoint.'),
  apiUrl: httpsUrl.describe('Its endpoint of user information.'),
  name: text(/^\S(.{0,48}\S)?$/, 'write a name of at most 50 characters')
    .optional()
    .describe('What the button says: Sign in with <name>. Default: SSO.'),
  scopes: z
    .array(text(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'write a scope such as openid'))
    .min(1, { error: 'write at least one scope' })
    .optional()
    .describe('Default: [openid, email, profile].'),
  admins: groups.optional().describe('Groups (claim groups) whose members administer Grafana.'),
  editors: groups.optional().describe('Groups (claim groups) whose members may edit. Everybody else may look.'),
});
