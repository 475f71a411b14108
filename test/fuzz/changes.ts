// Changes of a fleet that nobody would make on purpose, and some that people do: what mutation tests draw from.
import fc from 'fast-check';
import { type Path, placesIn } from '../../charts/fleet/violations';
import { applyChoice, chooseEntries, options } from './options';
import { randomFrom } from './random';
import type { Fleet } from './values';

type Value = unknown;
const isMap = (value: Value): value is Record<string, Value> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A copy in which the map or list that holds the place is rebuilt by `change`. */
export const changeAt = (
  root: Value,
  path: Path,
  change: (holder: [string, Value][], key: string) => [string, Value][],
): Value => {
  const rebuild = (value: Value, [part, ...rest]: Path): Value => {
    if (typeof value !== 'object' || value === null || part === undefined) return value;
    const entries: [string, Value][] = Object.entries(value).map(([key, v]) => [key, v]);
    const changed =
      rest.length === 0
        ? change(entries, String(part))
        : entries.map(([key, v]): [string, Value] => [key, key === String(part) ? rebuild(v, rest) : v]);
    return Array.isArray(value) ? changed.map(([, v]) => v) : new Map(changed);
  };
  return rebuild(root instanceof Map ? toObject(root) : root, path);
};
/** Maps keep keys such as __proto__ apart from what objects inherit; YAML writes both the same. */
export const toObject = (value: Value): Value => {
  if (value instanceof Map) {
    const result: Record<string, Value> = {};
    for (const [key, v] of value)
      Object.defineProperty(result, key, { value: toObject(v), enumerable: true, configurable: true, writable: true });
    return result;
  }
  return Array.isArray(value) ? value.map(toObject) : isMap(value) ? toObject(new Map(Object.entries(value))) : value;
};

const oddTexts = [
  '',
  ' ',
  'kind',
  'a',
  '0',
  '-1',
  '1e9',
  '0s',
  '1ms',
  '48h',
  '1h30m',
  '30m1h',
  '99999999y',
  '1Ki',
  '5Gi',
  '999999999999Ti',
  '250m',
  '0.0',
  'on',
  'null',
  'true',
  '~',
  '\n',
  'a\nb',
  'é',
  '日本',
  '😀',
  '"',
  "'",
  '\\',
  '{{ .X }}',
  '$POD_NAME',
  '$(POD_NAME)',
  '${HOME}',
  'a.b',
  'a-',
  '-a',
  'A',
  'kube-system',
  'default',
  '__proto__',
  'constructor',
  'toString',
  '0.0.0.0/0',
  '10.0.0.0/33',
  '999.1.1.1/8',
  '10.244.0.0/16',
  '::/0',
  'fd00::/8',
  'https://example.com/x',
  's3.example.com:99999',
  '#alerts',
  'x'.repeat(52),
  'x'.repeat(63),
  'x'.repeat(64),
  'x'.repeat(300),
];
const oddValues = fc.oneof(
  fc.constantFrom<Value>(...oddTexts),
  fc.constantFrom<Value>(
    null,
    true,
    false,
    0,
    -1,
    1,
    3,
    0.1,
    1e21,
    1e-7,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** 53,
    [],
    {},
    [[]],
    [null],
  ),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.stringMatching(/^[a-z][a-z0-9-]{0,70}$/),
  fc.stringMatching(/^[1-9]\d{0,3}(s|m|h|d|y|Mi|Gi|k)$/),
  fc.dictionary(fc.constantFrom('in', 'a', '__proto__', 'slack', 'type'), fc.constantFrom<Value>('kind', 'a', null, 1), {
    maxKeys: 3,
  }),
);

/** Values that a key may well have; not all of them go together, and not all are sensible. */
export const plausible: Record<string, readonly Value[]> = {
  name: ['a', 'fleet-7', 'x'.repeat(40), 'x'.repeat(51)],
  context: ['kind-kind', 'arn:aws:eks:eu-west-1:1:cluster/x', 'ü'],
  storageClass: ['fast', 'x'.repeat(63), 'STANDARD_IA', 'GLACIER'],
  podCidrs: [
    ['10.0.0.0/8'],
    ['10.244.0.0/16', 'fd00:10:244::/56'],
    ['256.0.0.0/8'],
    ['172.16.0.0/12'],
    [':::/64'],
    ['0.0.0.0/0'],
  ],
  nodeCidrs: [['10.0.0.0/8'], ['fc00::/7'], ['1.2.3.4/32'], ['300.0.0.0/8']],
  allowFrom: [['127.0.0.1/32'], ['10.244.0.0/16'], ['10.244.1.0/24'], ['0.0.0.0/0'], ['::/0'], ['1.2.3.999/32']],
  size: ['1Gi', '1k', '100Ti', '5G'],
  volume: ['1Gi', '1k', '1Ki', '100Ti', '999999999999Ti'],
  memory: ['64Mi', '1Gi', '1k'],
  cpu: ['1m', '2', '0.5', '0.0', '250m'],
  toleratedOutage: ['0s', '1h', '1y', '1d12h'],
  retention: ['48h', '365d', '2y', '1w2d3h', '99999y'],
  raw: ['0s', '30d', '99999y'],
  blockDuration: ['1m', '30m', '2h', '60m', '7200s', '3600000ms'],
  scrapeInterval: ['1s', '10s', '2m', '1500ms', '60000ms'],
  timeout: ['1s', '15m', '1m30s', '1500ms'],
  replicas: [1, 5, 9, 20],
  labels: [{ a: '$HOME' }, { region: '{{ x }}', b: '\n' }, { [`l${'x'.repeat(300)}`]: 'y' }, { a: '日本' }],
  namespaces: [[], ['shop'], ['kube-system', 'default'], ['x'.repeat(63)]],
  namespace: ['monitoring', 'x'.repeat(63), 'a'],
  endpoint: ['a', 's3.example.com', 'h:1', 'h:65535', 'h:99999', 'h:0', 'a..b', 'UPPER'],
  bucket: ['abc', 'a.b.c', 'a..b'],
  prefix: ['a/b', '{{', '$X', 'ü'],
  region: ['eu-west-1', '-'],
  secret: ['a', 'a.b', 'a..b', 'a-.b', 'x'.repeat(253)],
  adminSecret: ['a', 'a..b'],
  roles: [
    'arn:aws:iam::111122223333:role/{component}',
    'arn:aws:iam::1:role/x',
    `arn:aws:iam::{account}:role/${'x'.repeat(80)}{component}`,
  ],
  oidcProvider: ['https://h/id/1', 'http://h', 'https://h/{{ x }}'],
  provider: ['projects/1/locations/global/workloadIdentityPools/fleet/providers/x', 'fleet', '{{ x }}'],
  container: ['abc', 'a--b', 'x'.repeat(64)],
  storageAccount: ['abc', 'a-b', 'x'.repeat(25)],
  tenantId: ['01234567-89ab-cdef-0123-456789abcdef', '1', 7],
  lookup: ['path', 'virtual-hosted', 'auto'],
  sse: [{ type: 'SSE-S3' }, { type: 'SSE-C', secret: 'a' }, { type: 'none' }],
  partSize: ['5Mi', '1Mi', '5Gi', '6Gi'],
  key: ['url', '..', '.', 'x'.repeat(254), '-'],
  channel: ['#a', '@someone', '{{ .X }}', 'ü', '"'],
  receivers: [
    {},
    { [`r${'x'.repeat(62)}`]: { slack: { channel: '#a', secret: 'b' } } },
    { [`r${'x'.repeat(54)}`]: { slack: { channel: '#a', secret: 'b' } } },
  ],
  smarthost: ['h:25', 'h', 'a.b:465', ':25'],
  to: ['a@b', 'a@b, c@d', 'a', '{{ .X }}@b'],
  url: ['https://a', 'http://a:8080/b', 'https://a:0', 'ftp://a'],
  port: [1, 65535, 65536],
  team: [['shop'], ['shop', 'a|b'], []],
  match: [{}, { a: '"\n|' }, { cluster: 'chicago' }, { alertname: 'Watchdog' }],
  every: ['10s', '15s', '1h', '0s'],
  groupInterval: ['0s', '1s', '6h', '200h'],
  repeatInterval: ['1s', '120h', '1y'],
  times: [['00:00-24:00'], ['22:00-06:00'], ['24:00-24:00']],
  weekdays: [['saturday:sunday'], ['sunday:saturday'], ['Sunday']],
  daysOfMonth: [['-1'], ['1:-1'], ['31'], ['-1:1'], ['0']],
  months: [['1:12'], ['december:january'], ['may', 'june:july']],
  location: ['Europe/Berlin', 'Europe/berlin', 'Local', '+01:00', '../etc'],
  threshold: [1, 0.1, 1e21, 1e-7, Number.MAX_SAFE_INTEGER],
  for: ['0s', '15s', '1h'],
  ratio: ['0.0001%', '99.9999%', '0%', '100%', 0.05],
  free: ['5%', '60%', '99%'],
  used: ['50%', '99.5%', '.5%'],
  within: ['1m', '100y', '101y'],
  p99: ['0s', '1ms', '1h'],
  blocks: [1, 1_000_000, 0],
  perHour: [1, 1000, 1001],
  availability: ['93%', '93.1%', '99.9999%'],
  objective: ['50%', '95%', '99.999%'],
  disable: [[], ['service_down', 'service_down'], ['nothing']],
  ruleFiles: [[], ['rules'], ['rules/printers.yaml', 'rules/printers.yaml'], ['../../nowhere.yaml']],
  runbookUrl: ['http://a', 'https://wiki.example.com/{{ x }}', 'https://ü/ß?a=b#c'],
};

type Mutation = (fleet: Value) => Value;
const pick = <T>(list: readonly T[], at: number): T | undefined => list[Math.floor(at * list.length)];
const somewhere = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const mutation =
  (change: (entries: [string, Value][], key: string) => [string, Value][]) =>
  (at: number): Mutation =>
  (fleet) => {
    const plain = toObject(fleet);
    const place = pick(placesIn(plain), at);
    return place ? changeAt(plain, place, change) : plain;
  };

/** Any option of the schema, with a value that it may have, put where the fleet may or may not have it yet. */
const givenOption =
  (which: number, value: number, seed: number): Mutation =>
  (fleet) => {
    const changed = structuredClone(toObject(fleet)) as Fleet;
    const option = options[which % options.length];
    const choice = option?.choices[value % option.choices.length];
    try {
      if (option && choice) applyChoice(changed, option, choice, chooseEntries(changed, randomFrom(seed)));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // an earlier change left no place for it
    }
    return changed;
  };

/** Another plausible value for a key that has some, put where the fleet may or may not have it yet. */
const otherOption =
  (at: number, which: number): Mutation =>
  (fleet) => {
    const plain = toObject(fleet);
    const place = pick(
      placesIn(plain).filter((path) => String(path.at(-1)) in plausible),
      at,
    );
    if (!place) return plain;
    const value = pick(plausible[String(place.at(-1))] as Value[], which);
    return changeAt(plain, place, (entries, key) => entries.map(([k, v]) => [k, k === key ? value : v]));
  };

export const mutations: fc.Arbitrary<Mutation> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.tuple(fc.nat(), fc.nat(), fc.nat()).map(([option, choice, seed]) => givenOption(option, choice, seed)),
  },
  { weight: 12, arbitrary: fc.tuple(somewhere, somewhere).map(([at, which]) => otherOption(at, which)) },
  { weight: 2, arbitrary: somewhere.map(mutation((entries, key) => entries.filter(([k]) => k !== key))) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(somewhere, fc.nat(20))
      .map(([at, i]) =>
        mutation((entries, key) =>
          entries.map(([k, v]) => [k === key ? k.slice(0, i % k.length) + k.slice((i % k.length) + 1) : k, v]),
        )(at),
      ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(somewhere, fc.constantFrom(...oddTexts))
      .map(([at, name]) => mutation((entries, key) => entries.map(([k, v]) => [k === key ? name : k, v]))(at)),
  },
  {
    weight: 6,
    arbitrary: fc
      .tuple(somewhere, oddValues)
      .map(([at, value]) => mutation((entries, key) => entries.map(([k, v]) => [k, k === key ? value : v]))(at)),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        somewhere,
        fc.oneof(fc.constantFrom('denver', 'a', 'constructor', '__proto__', ...oddTexts), fc.stringMatching(/^[a-z]{1,60}$/)),
      )
      .map(([at, name]) => mutation((entries, key) => [...entries, [name, entries.find(([k]) => k === key)?.[1]]])(at)),
  },
);

/** Edits of a text: what is cut out somewhere, and what is put there. */
export const damage = (() => {
  const pieces = [
    '',
    ' ',
    '\t',
    '\n',
    ':',
    ': ',
    '- ',
    '{',
    '}',
    '[',
    ']',
    '"',
    "'",
    '#',
    '&a ',
    '*a',
    '!x ',
    '? ',
    '---\n',
    '|',
    '>',
    '%',
    '@',
    '\u0000',
    '<<: ',
    '\r\n',
    '\uFEFF',
  ];
  return fc.array(fc.tuple(somewhere, fc.nat(4), fc.constantFrom(...pieces)), { minLength: 1, maxLength: 3 }).map(
    (edits) => (start: string) =>
      edits.reduce((text, [at, cut, piece]) => {
        const from = Math.floor(at * text.length);
        return text.slice(0, from) + piece + text.slice(from + cut);
      }, start),
  );
})();
