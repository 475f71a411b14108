// Refusals of one fleet together: each is told at its place whatever else is in the fleet, and all of them at once.
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { FleetError, parseFleet } from '../charts/fleet';
import { codes } from '../charts/fleet/codes';
import { elsewhere, related } from '../charts/fleet/follow-ups';
import { type Path, placesIn, type Violation } from '../charts/fleet/violations';
import { refusals } from './refusals';
import { ready, spread } from './refusals/exposure';
import { eks, fleet, refusal, unmark } from './refusals/support';

const budget = { seed: 20_240_601, numRuns: 50 };
jest.setTimeout(120_000);

type Json = Record<string, unknown>;
const bases = { 'on kind': fleet(), 'on EKS': eks(), 'over two Kubernetes clusters': spread() };

/** What keeps others from being looked at: no fleet, values of which nothing can be computed, nothing to be in or of. */
const first = ['yaml', 'missing-key', 'wrong-type', 'wrong-value', 'invalid-name', 'unknown-kubernetes', 'no-clusters'];
/** Fleets of thousands of lines or addresses, or of hundreds of clusters. */
const slow = ['bucket-policy-too-long', 'rule-files-too-large', 'too-many-sidecars-elsewhere'];
const table = Object.values(refusals)
  .flat()
  .filter(({ code }) => ![...first, ...slow].includes(code));

interface Mistake {
  readonly code: string;
  /** The one section of the fleet that makes the mistake. */
  readonly section: string;
  readonly content: unknown;
  /** The section nearly so, without the mistake; undefined if the fleet is right without it. */
  readonly right: unknown;
  readonly place: string;
}

/** Refusals whose fleets differ from a good one in one section. */
const mistakesIn = (base: Json): Mistake[] =>
  table.flatMap(({ code, wrong, right }): Mistake[] => {
    const { text } = unmark(wrong);
    const content: Json = parse(text);
    const differing = [...new Set([...Object.keys(base), ...Object.keys(content)])].filter(
      (key) => JSON.stringify(content[key]) !== JSON.stringify(base[key]),
    );
    const [section] = differing;
    if (section === undefined || differing.length > 1) return [];
    const place = refusal(text).violations[0]?.path.join('.') ?? '';
    if (place.split('.')[0] !== section) return []; // what is wrong is that two sections do not go together
    return [{ code, section, content: content[section], right: (parse(right) as Json)[section], place }];
  });

const violationsOf = (content: Json): readonly Violation[] => {
  try {
    parseFleet(stringify(content, { lineWidth: 0 }), 'fleet.yaml');
    return [];
  } catch (error) {
    if (error instanceof FleetError) return error.violations;
    throw error;
  }
};
const toldOf = (content: Json): string[] => violationsOf(content).map((v) => `${v.code} at ${v.path.join('.')}`);
const name = ({ code, place }: Mistake): string => `${code} at ${place}`;

/** Keys in another order, which is that of the numbers. */
const shuffled = (value: Json, numbers: readonly number[]): Json =>
  Object.fromEntries(
    Object.entries(value)
      .map(([key, part], i) => ({ key, part, at: numbers[i] ?? 0 }))
      .sort((a, b) => a.at - b.at)
      .map(({ key, part }) => [key, part]),
  );
const order = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 12, maxLength: 12 });

const harmless: readonly Json[] = [
  { slo: { queries: { availability: '99.5%' } } },
  { alerts: { highLoad: { threshold: 2 }, runbookUrl: 'https://example.com/runbooks' } },
  { retention: { raw: '14d', '5m': '90d', '1h': '1y' } },
  { registry: 'registry.example.com/mirror' },
  { imagePullSecrets: ['login'] },
];

describe.each(Object.entries(bases))('in a fleet %s', (_, text) => {
  const base: Json = parse(text);
  const mistakes = mistakesIn(base);
  test('a mistake is told at its place whatever else is in the fleet', () => {
    fc.assert(
      fc.property(fc.constantFrom(...mistakes), fc.subarray([...harmless]), order, (mistake, others, numbers) => {
        const content = { ...base, ...Object.assign({}, ...others), [mistake.section]: mistake.content };
        const written = stringify(shuffled(content, numbers), { lineWidth: 0 });
        const told = refusal(written).violations.find((v) => `${v.code} at ${v.path.join('.')}` === name(mistake));
        const [line = 0, column = 0] = (told?.where ?? '').split(':').slice(-2).map(Number);
        const here =
          written
            .split('\n')
            [line - 1]?.slice(column - 1)
            .replace(/^["']/, '') ?? '';
        const atKey = told?.path.some((part) => typeof part === 'string' && here.startsWith(part));
        const atElement = told?.path.some((part) => typeof part === 'number');
        expect([told?.code, atKey || atElement]).toEqual([mistake.code, true]);
      }),
      budget,
    );
  });

  test('a key that nothing reads hides no other mistake', () => {
    for (const mistake of mistakes)
      expect(toldOf({ ...base, [mistake.section]: mistake.content, wallpaper: 'blue' })).toEqual(
        expect.arrayContaining(['unknown-key at wallpaper', name(mistake)]),
      );
  });
});

test('a value that cannot be read hides no mistake elsewhere, and causes none', () => {
  const toldBy = (more: Json) => toldOf({ ...(parse(fleet()) as Json), ...more });
  expect(toldBy({ observer: { in: 'nowhere', ruler: { replicas: 'two' }, query: { replicas: [] } } }).sort()).toEqual([
    'unknown-kubernetes at observer.in',
    'wrong-value at observer.query.replicas',
    'wrong-value at observer.ruler.replicas',
  ]);
});

describe('a required value that cannot be read hides no mistake elsewhere, and causes none:', () => {
  const slow = 'scrape-interval at clusters.slow.scrapeInterval';
  const fleetWith = (more: Json): Json => ({
    ...(parse(fleet()) as Json),
    clusters: { chicago: { in: 'kind' }, slow: { in: 'kind', scrapeInterval: '5m' } },
    ...more,
  });
  const route = { receiver: 'team', cluster: ['chicago'] };
  const told = { in: 'kind', alertmanager: { receivers: { team: { webhook: { secret: 's' } } }, routes: [route] } };
  test.each<[string, Json, string]>([
    ["the fleet's name", { name: 'Demo_1' }, 'wrong-value at name'],
    ["the fleet's name, which is missing", { name: undefined }, 'missing-key at name'],
    ['where the observer is', { observer: { in: 5 } }, 'wrong-value at observer.in'],
    [
      'where a cluster is',
      { observer: told, clusters: { chicago: { in: 'Kind' }, slow: { in: 'kind', scrapeInterval: '5m' } } },
      'wrong-value at clusters.chicago.in',
    ],
    [
      'a cluster that others speak of',
      { observer: told, clusters: { chicago: null, slow: { in: 'kind', scrapeInterval: '5m' } } },
      'wrong-type at clusters.chicago',
    ],
  ])('%s', (_, more, mistake) => {
    expect(toldOf(fleetWith(more)).sort()).toEqual([mistake, slow].sort());
  });

  test('but of what depends on it nothing is said', () => {
    const { observer, ...base } = parse(spread()) as Json;
    expect(toldOf({ ...base, observer: { ...(observer as Json), in: 5 } })).toEqual(['wrong-value at observer.in']);
  });
});

describe('a value that cannot be read is all that is told, wherever it is, in', () => {
  const unreadable = ['in', { x: 1 }];
  /** What is told of other places. */
  const followUps = (content: Json, path: Path) => {
    const changed = structuredClone(content);
    const holder = path.slice(0, -1).reduce<Json>((value, key) => value[key] as Json, changed);
    holder[String(path.at(-1))] = unreadable;
    const told = violationsOf(changed);
    const there = path.join('.');
    return told.some((v) => v.path.join('.') === there) // or it can be read there after all
      ? told.filter((v) => v.path.join('.') !== there).map(({ code, path: place }) => ({ code, place, after: path }))
      : [];
  };
  const followUpsIn = (texts: readonly string[]) =>
    [...new Set(texts)].flatMap((text) => {
      const content: Json = parse(text);
      expect(toldOf(content)).toEqual([]);
      return placesIn(content).flatMap((path) => followUps(content, path));
    });
  const receivers = 'receivers: {team: {webhook: {secret: s}}}, routes: [{receiver: team, cluster: [there]}]';
  /** Over two Kubernetes clusters one that cannot be read is left out. */
  const needsAll = [
    spread({ here: 'here: {in: here, nodes: false}, second: {in: here}' }),
    spread({ observer: `{in: here, expose: ${ready}, alertmanager: {${receivers}}}` }),
    spread({
      kubernetes: 'here: {platform: eks, context: here}, there: {platform: kind}',
      store: '{type: s3, bucket: blocks, endpoint: s3.eu-central-1.amazonaws.com, auth: {secret: blocks}}',
      observer:
        '{in: here, grafana: {adminSecret: grafana}, expose: {nodePort: {address: nodes.example.com}, allowFrom: [172.18.0.0/16]}}',
      there: 'there: {in: there, expose: {nodePort: {address: 192.0.2.2}, allowFrom: [172.18.0.0/16]}}',
      more: 'tls: {issuer: {builtin: {}}}',
    }),
  ];
  const right: [string, string[]][] = [
    ['fleets that need each of their clusters', needsAll],
    ...Object.entries(bases).map(([where, text]): [string, string[]] => [`a fleet ${where}`, [text]]),
    ...Object.entries(refusals).map(([topic, cases]): [string, string[]] => [
      `what is right of ${topic}`,
      cases.filter(({ code }) => !slow.includes(code)).map((c) => c.right),
    ]),
  ];
  test.each(right)('%s', (_, texts) => {
    expect(followUpsIn(texts)).toEqual([]);
  });

  test('for the places that are named as looked at, and for no others', () => {
    const { ...named } = elsewhere;
    for (const code of codes) delete elsewhere[code];
    try {
      const found = followUpsIn(right.flatMap(([, texts]) => texts));
      const needed = (code: string, place: string) =>
        found.some((f) => f.code === code && related(f.after, place.split('.').filter(Boolean)));
      const places = Object.entries(named).flatMap(([code, of]) => of.map((place) => ({ code, place })));
      expect(places.filter(({ code, place }) => !needed(code, place))).toEqual([]);
    } finally {
      Object.assign(elsewhere, named);
    }
  });
});

describe('in a fleet that is in one place', () => {
  const base: Json = parse(fleet());
  const mistakes = mistakesIn(base);
  const sections = [...new Set(mistakes.map((m) => m.section))];

  /** Whether a mistake is one beside what the others nearly are: some are about two sections. */
  const standsBeside = (mistake: Mistake, others: readonly Mistake[]): boolean => {
    const surroundings = others.filter((m) => m !== mistake && m.right !== undefined).map((m) => [m.section, m.right]);
    return toldOf({ ...base, ...Object.fromEntries(surroundings), [mistake.section]: mistake.content }).includes(name(mistake));
  };
  /** At most one mistake in each section, and two at least. */
  const several = fc
    .tuple(...sections.map((section) => fc.option(fc.constantFrom(...mistakes.filter((m) => m.section === section)))))
    .map((chosen) => chosen.filter((m) => m !== null))
    .filter((chosen) => chosen.length > 1);

  test('several mistakes are told at once, in the order of the file', () => {
    fc.assert(
      fc.property(several, order, fc.boolean(), (chosen, numbers, flow) => {
        const content = { ...base, ...Object.fromEntries(chosen.map((m) => [m.section, m.content])) };
        const written = stringify(shuffled(content, numbers), { collectionStyle: flow ? 'flow' : 'block', lineWidth: 0 });
        const { violations } = refusal(written);
        const standing = chosen.filter((m) => standsBeside(m, chosen)).map(name);
        expect(violations.map((v) => `${v.code} at ${v.path.join('.')}`)).toEqual(expect.arrayContaining(standing));
        const positions = violations.map(({ where }) => {
          const [line = 0, column = 0] = where.split(':').slice(-2).map(Number);
          return line * 100_000 + column;
        });
        expect(positions).toEqual([...positions].sort((a, b) => a - b));
      }),
      budget,
    );
  });
});

test('most codes take part', () => {
  const taking = new Set(Object.values(bases).flatMap((text) => mistakesIn(parse(text)).map((m) => m.code)));
  const all = new Set(table.map((r) => r.code));
  expect([...all].filter((code) => !taking.has(code)).length).toBeLessThan(all.size / 3);
});
