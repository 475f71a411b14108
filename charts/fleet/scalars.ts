// What single values of the fleet file look like, and what is said when they do not.
import { z } from 'zod';
import { amountPattern, bytes, bytesPattern, cpuPattern, durationPattern, ratePattern, seconds } from '../kit/units';

export const text = (pattern: RegExp, expected: string) =>
  z.string({ error: expected }).regex(pattern, { error: expected, abort: true });

export const duration = text(durationPattern, 'write a duration such as 30s, 15m, 48h or 30d, larger units first').refine(
  (d) => seconds(d) <= seconds('100y'), // Go counts nanoseconds, 292 years of them
  { error: 'write a duration of at most 100y' },
);
export const size = (least: string, most: string) =>
  text(bytesPattern, 'write a size such as 512Mi or 5Gi').refine((s) => bytes(s) >= bytes(least) && bytes(s) <= bytes(most), {
    error: `write a size from ${least} to ${most}`,
  });
export const volumeSize = size('512Mi', '64Ti');
/** Of an object that is written in parts, of which S3 takes 10000 at most. */
export const partSize = size('5Mi', '5Gi');
export const memorySize = size('64Mi', '4Ti');
export const ratio = text(/^(?=.*[1-9])\d{1,2}(\.\d{1,4})?%$/, 'write a share from above 0% to below 100%, such as 5%');
/** YAML reads `cpu: 2` as a number: its text is meant. For types it is a text. */
const orNumber = <T extends z.ZodType>(schema: T): T =>
  z
    .preprocess((value) => (typeof value === 'number' ? String(value) : value), schema)
    .meta({ type: ['string', 'number'] }) as z.ZodType as T;
export const amount = orNumber(text(amountPattern, 'write a number such as 800, 120k or 4M'));
export const rate = text(ratePattern, 'write a rate such as 2/s or 30/m');
export const cpu = orNumber(text(cpuPattern, 'write CPU as 250m or 2'));
/** RFC 1123 label: what Kubernetes takes as a name (and DNS as a label). */
export const dnsLabel = text(
  /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/,
  'write a name of lower-case letters, digits and dashes that begins with a letter, at most 63 characters',
);
/** A receiver's volume is named after it, in a DNS label: receiver-<name>. */
export const receiverName = text(
  /^[a-z]([-a-z0-9]{0,52}[a-z0-9])?$/,
  'write a name of lower-case letters, digits and dashes that begins with a letter, at most 54 characters',
);
export const objectName = (kind: string) =>
  text(
    /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    `write the name of a ${kind}: lower-case letters, digits, dashes and dots`,
  );
export const secretName = objectName('Kubernetes Secret');
export const secretKey = text(
  /^(?!\.\.)(?!\.$)[-._a-zA-Z0-9]{1,253}$/,
  'write a key of that Secret: letters, digits, dashes, underscores and dots',
);
export const labelName = text(
  /^[a-zA-Z_][a-zA-Z0-9_]*$/,
  'write a Prometheus label name: letters, digits and underscores, no digit first',
);
const octet = '(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])';
const group = '[0-9a-fA-F]{1,4}';
const ipv4 = `${octet}(\\.${octet}){3}/([0-9]|[12][0-9]|3[0-2])`;
const ipv6 = `(${group}(:${group}){7}|(?=([^:/]*:){2,7}[^:/]*/)(${group}(:${group})*)?::(${group}(:${group})*)?)/([0-9]|[1-9][0-9]|1[01][0-9]|12[0-8])`;
export const cidr = text(new RegExp(`^(${ipv4}|${ipv6})$`), 'write an address range such as 10.0.0.0/8');
export const host = '[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?(\\.[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?)*';
export const portNumber = '([1-9]\\d{0,3}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d\\d|655[0-2]\\d|6553[0-5])';
const urlOf = (pattern: RegExp, expected: string) =>
  text(pattern, expected).refine((url) => URL.canParse(url), { error: 'write a URL whose host and port there can be' });
export const httpUrl = urlOf(/^https?:\/\/[^\s{}]+[^\s/{}]$/, 'write an http or https URL without a slash at its end');
/** Of what is sent a password, a token or a key. */
export const httpsUrl = urlOf(
  /^https:\/\/[^\s{}]+[^\s/{}]$/,
  'write an https URL without a slash at its end: http would show a secret to everybody on the way',
);
export const registry = text(
  new RegExp(`^(localhost|(?=[^/]*[.:])${host}(:${portNumber})?)(/[a-z0-9]+([._-]+[a-z0-9]+)*)*$`),
  'write a registry without a scheme, such as registry.example.com/mirror or localhost:5000',
).max(180, { error: 'write a registry of at most 180 characters' }); // a reference has 255 at most, the image's own path included
export const digest = text(/^sha256:[0-9a-f]{64}$/, 'write a digest: sha256: and 64 hexadecimal digits');
export const yesOrNo = z.boolean({ error: 'write true or false' });
export const count = (min: number, max: number) => {
  const error = `write a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
};

export const resources = z
  .strictObject({
    cpu: cpu.optional().describe('CPU request.'),
    memory: memorySize.optional().describe('Memory request and limit.'),
  })
  .describe('What each pod asks of its node.');
