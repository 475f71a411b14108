// What is said when something is wrong with a fleet file. The refusals themselves are in test/refusals.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { parse } from 'yaml';
import { codes } from '../charts/fleet/codes';
import { loadFleet, parseFleet, resolveFleet } from '../charts/fleet/load';
import { plain } from '../charts/fleet/messages';
import { fleetSchema } from '../charts/fleet/schema';
import { refusals } from './refusals';
import { ruleFile } from './refusals/alerts';
import { messagesFile } from './refusals/messages';
import { clusters, errorOf, fleet, refusal, unmark } from './refusals/support';
import { readText } from './support/fleets';

const all = Object.values(refusals).flat();
const missing = () => errorOf(() => loadFleet('nowhere/fleet.yaml'));

test('the collection for review, test/goldens/messages.txt, has no line over 80 columns but words that are longer', () => {
  const long = readText(messagesFile().path)
    .split('\n')
    .filter((line) => [...line].length > 80 && line.trim().includes(' '));
  expect(long).toEqual([]);
});

test('colours change nothing but colours', () => {
  const style = { ...plain, width: 80 };
  const paint = (text: string) => `\x1b[1m${text}\x1b[0m`;
  for (const { wrong } of all) {
    const error = refusal(unmark(wrong).text);
    const coloured = error.render({ ...style, bold: paint, dim: paint, red: paint, green: paint });
    expect(coloured).toContain('\x1b[1m');
    expect(stripVTControlCharacters(coloured)).toBe(error.render(style));
  }
});

test('every code is tripped by a fleet of test/refusals', () => {
  const tripped = [...all, ...missing().violations].map((v) => v.code);
  expect([...codes]).toEqual([...new Set(tripped)].sort());
});

describe.each(Object.entries(refusals))('every refusal of %s', (_, table) => {
  test.each(table)('$code says where, what it would mean and what to write instead', ({ code, wrong }) => {
    const { text, position } = unmark(wrong);
    expect(refusal(text).violations).toEqual([
      expect.objectContaining({
        code,
        where: position,
        problem: expect.stringMatching(/^\S.*[^.\s]$/),
        consequence: expect.stringMatching(/^\S.*\.$/),
        remedy: expect.stringMatching(/^\S.*\S$/),
      }),
    ]);
  });

  test.each(table)('$code is not said of what is nearly that', ({ right }) => {
    expect(() => parseFleet(right, 'fleet.yaml')).not.toThrow();
  });
});

test.each([
  ['form', '6:9', 'there is no key fro here'],
  ['promql', '5:15', 'is no PromQL'],
  ['range', '5:15', 'rate takes a range of time, such as'],
  ['template', '7:20', 'there is no function humanise'],
  ['label', '6:38', 'replica is a label that the fleet itself sets'],
  ['name', '4:16', 'there is an alert service_down already'],
  ['partial', '3:5', 'there is no key partial_response_strategy here'],
])('the refusal of the rule file %s.yaml says where in it: %s', (name, position, problem) => {
  const { violations } = refusal(ruleFile(name, ''));
  expect(violations.map((v) => v.problem)).toContainEqual(
    expect.stringMatching(new RegExp(`^test/support/rules/${name}\\.yaml:${position}: .*${problem}`)),
  );
});

/** What is said of nonsense in the place of each value of some fleets, once of each complaint of the schema. */
const saidOfNonsense = (texts: readonly string[]): string[] => {
  const [said, tried, complaints] = [new Set<string>(), new Set<string>(), new Set<string>()];
  for (const text of texts) {
    const content = parse(text);
    const tryEach = (holder: Record<string, unknown>, path: string): void => {
      for (const [key, value] of Object.entries(holder)) {
        const place = `${path}.${key}`;
        if (typeof value === 'object' && value !== null) tryEach(value as Record<string, unknown>, place);
        if (tried.size === tried.add(place).size) continue;
        for (const nonsense of [undefined, 5, 'no such thing', [], {}]) {
          holder[key] = nonsense;
          const issues = fleetSchema.safeParse(content).error?.issues ?? [];
          const fresh = issues.filter(({ message }) => complaints.size < complaints.add(message).size);
          if (fresh.length > 0) for (const { remedy } of errorOf(() => resolveFleet(content)).violations) said.add(remedy);
        }
        holder[key] = value;
      }
    };
    tryEach(content, '');
  }
  return [...said];
};

test('what to write instead is in words of the fleet file, not in those of the program that reads it', () => {
  const said = saidOfNonsense(all.map(({ right }) => right).filter((text) => text.length < 3000));
  expect(said.length).toBeGreaterThan(80);
  expect(said.filter((remedy) => /Invalid|expected|received|Too (small|big)|\ba object/.test(remedy))).toEqual([]);
});

describe('what to write instead of a retention is right at once, whatever else is wrong with it:', () => {
  test.each(['raw: 3y', 'raw: 2d', '5m: 9d', 'raw: 2d, 5m: 180d, 1h: 30d', '5m: 0s', 'raw: 0s', 'raw: 39h, 5m: 1d, 1h: 1h'])(
    '%s in the bucket',
    (retention) => {
      const { violations } = refusal(fleet({ retention: `retention: {${retention}}` }));
      const remedies = [...new Set(violations.map((v) => v.remedy.slice(0, v.remedy.indexOf(';'))))];
      expect(remedies).toHaveLength(1);
      expect(() => parseFleet(fleet({ retention: remedies[0] as string }), 'fleet.yaml')).not.toThrow();
    },
  );

  test.each([
    ['2h', '24h'],
    ['2h', '1h'],
    ['30m', '24h'],
  ])('4m beside a Prometheus with blocks of %s, and a bucket that may be away for %s', (block, outage) => {
    const text = (retention: string) =>
      fleet({
        objectStore: `objectStore: {type: embedded, toleratedOutage: ${outage}}`,
        clusters: `clusters: {chicago: {in: kind, blockDuration: ${block}, retention: ${retention}}}`,
      });
    const remedies = new Set(refusal(text('4m')).violations.map((v) => /^retention: (\w+) or more\.$/.exec(v.remedy)?.[1]));
    expect(remedies.size).toBe(1);
    expect(() => parseFleet(text([...remedies][0] ?? ''), 'fleet.yaml')).not.toThrow();
  });
});

describe('a message', () => {
  const several = (keys: number): string => fleet() + Array.from({ length: keys }, (_, i) => `key${i}: 1\n`).join('');

  test('tells every mistake at once, in the order of the file', () => {
    const { message, violations } = refusal(`name: Demo
kubernetes:
  kind: {platform: kind}
objectStore: {type: embedded, size: 5 GB}
observer: {in: kind, grafna: {}}
clusters:
  chicago: {in: kind, replicas: 0, scrapeInterval: 15}
`);
    expect(violations.map((v) => v.where)).toEqual([
      'fleet.yaml:1:1',
      'fleet.yaml:4:31',
      'fleet.yaml:5:22',
      'fleet.yaml:7:23',
      'fleet.yaml:7:36',
    ]);
    expect(message).toMatch(/^5 problems; nothing was written\.$/m);
    expect(message).toMatch(/^More about them: npm run explain wrong-value unknown-key$/m);
  });

  test('shows the line and points at the place', () => {
    expect(refusal(clusters('chicago: {in: kind, replicas: 9}')).message).toBe(
      [
        'fleet.yaml:5:32: clusters.chicago.replicas is 9 [wrong-value]',
        '     5 | clusters: {chicago: {in: kind, replicas: 9}}',
        '       |                                ^',
        '  it would mean: Kubernetes or the program that reads it would have refused it.',
        '  write instead: a whole number from 1 to 5.',
        '',
        '1 problem; nothing was written.',
        'More about it: npm run explain wrong-value',
      ].join('\n'),
    );
  });

  test('shows the part of a long line that has the place', () => {
    const error = refusal(clusters(`chicago: {in: kind, namespaces: [${'shop, '.repeat(30)}»UP, web]}`.replace('»', '')));
    const lines = error.render({ ...plain, width: 80 }).split('\n');
    const at = lines.findIndex((text) => text.startsWith('     5 |'));
    const [line, mark] = lines.slice(at);
    expect(line).toMatch(/^ {5}5 \| ….* shop, UP, web\]\}\}$/);
    expect(line?.[mark?.indexOf('^') as number]).toBe('U');
  });

  test('of more than its reader can take is full first, then a list', () => {
    const error = refusal(several(12));
    const text = error.render({ ...plain, inFull: 5 });
    expect(text.match(/^ {2}write instead:/gm)).toHaveLength(5);
    expect(text.match(/^fleet\.yaml:\d+:\d+: /gm)).toHaveLength(12);
    expect(text).toMatch(/^12 problems; nothing was written\.$/m);
  });

  test('obeys no control characters of the file', () => {
    expect(refusal(`${fleet()}"a\\e[31mb": 1 # \u009b31m\n`).message).not.toMatch(/[^\n\P{Cc}]/u);
  });

  test.each([
    [
      'a key of S3',
      fleet({
        objectStore: 'objectStore: {type: s3, bucket: abc, endpoint: s3, auth: {accessKey: AKIA, secretKey: "hunter, 2"}}',
      }),
    ],
    ['a password', fleet({ observer: 'observer: {in: kind, grafana: {password: hunter}}' })],
    ['a quoted key', fleet({ observer: "observer: {in: kind, grafana: {'admin_password': 'hunter }'}}" })],
    ['a URL', fleet({ alerts: 'gitops: {argocd: {repo: "https://me:hunter@git.example.com/fleet.git"}}' })],
    ['a URL that is no value', fleet({ alerts: 'alerts: {runbookUrl: "https://hunter@example.com/"}' })],
    ['what has no such keys at all', fleet({ observer: 'observer: {in: {password: hunter}}' })],
  ])('shows no secret that is written into the file: %s', (_, text) => {
    const { message } = refusal(text);
    expect(message).not.toMatch(/hunter|AKIA|\b2\b/);
    expect(message).toMatch(/\*{4}/);
  });
  test('about a key of a secret says that the file names Secrets only', () => {
    const { violations } = refusal(
      fleet({ objectStore: 'objectStore: {type: s3, bucket: abc, endpoint: s3, auth: {secret: s, secretKey: k}}' }),
    );
    expect(violations[0]?.remedy).toMatch(/^secret: and the name of a Secret that holds it/);
  });

  test.each([
    ['replcas', clusters('chicago: {in: kind, replcas: 2}'), 'replicas, if that is what you mean.'],
    ['grafna', fleet({ observer: 'observer: {in: kind, grafna: {}}' }), 'grafana, if that is what you mean.'],
    ['sizee', fleet({ objectStore: 'objectStore: {type: embedded, sizee: 5Gi}' }), 'size, if that is what you mean.'],
    ['clutsers', `${fleet()}clutsers: {}\n`, 'clusters, if that is what you mean.'],
    ['kin', clusters('chicago: {in: kin}'), 'kind, or describe kin under kubernetes.'],
    ['PrometheusReplicasDown', fleet({ alerts: 'alerts: {disable: [PrometheusReplicasDown]}' }), 'PrometheusReplicaDown.'],
    ['a text in place of a list', clusters('chicago: {in: kind, namespaces: shop}'), 'a list.'],
    ['a number in place of a word', clusters('chicago: {in: kind, nodes: 5}'), 'true or false.'],
    [
      'a store without a name',
      `${fleet()}externalSecrets: {store: {}}\n`,
      'the name of a store: lower-case letters, digits, dashes and dots.',
    ],
    [
      'one replica and an autoscaler',
      fleet({ observer: 'observer: {in: kind, query: {replicas: 1, autoscale: {max: 6}}}' }),
      'autoscale: {min: 2, …}, without replicas.',
    ],
    [
      'a merge key',
      clusters('chicago: {in: kind, <<: {replicas: 2}}'),
      'the settings themselves; a value may be an alias, such as labels: *labels.',
    ],
    [
      'a list of Kubernetes clusters',
      fleet({ kubernetes: 'kubernetes: [kind]' }),
      'such as kubernetes: {kind: {platform: kind}}',
    ],
    ['no observer', fleet({ observer: 'observer: null' }), 'such as observer: {in: kind}'],
    ['no platform', fleet({ kubernetes: 'kubernetes: {kind: {}}' }), 'platform: kind or platform: eks.'],
  ])('names what was meant by %s', (_, text, meant) => {
    expect(refusal(text).violations.map((v) => v.remedy)).toEqual([meant]);
  });

  test('lists the known keys where none is near', () => {
    expect(refusal(clusters('chicago: {in: kind, wallpaper: blue}')).violations[0]?.remedy).toMatch(
      /^one of in, namespace, (\w+, )*alerts\.$/,
    );
  });

  test('about a key that is written twice points at the second', () => {
    const { message } = refusal(clusters('chicago: {in: kind}, chicago: {in: kind}'));
    expect(message).toMatch(/^fleet\.yaml:5:33: Map keys must be unique \[yaml\]$/m);
  });

  test('about a file that is not there says how to name another', () => {
    const { message } = missing();
    expect(message).toMatch(/^nowhere\/fleet\.yaml: there is no such file \[file\]$/m);
    expect(message).toContain('write instead: FLEET=<path of a fleet file>, or make nowhere/fleet.yaml.');
  });

  test('about an empty path says where it comes from', () => {
    expect(errorOf(() => loadFleet('')).violations.map((v) => [v.problem, v.remedy])).toEqual([
      ['FLEET is empty', 'FLEET=<path of a fleet file>, or no FLEET at all for fleet.yaml.'],
    ]);
  });

  test('about a file in another encoding than UTF-8 says where the first such character is', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'fleet-')), 'fleet.yaml');
    const [utf8, latin1] = ['# \uFFFD für alle\n', `${fleet()}# ab für alle\n`];
    writeFileSync(file, Buffer.concat([Buffer.from(utf8, 'utf8'), Buffer.from(latin1, 'latin1')]));
    const { violations } = errorOf(() => loadFleet(file));
    expect(violations.map((v) => [v.code, v.where, v.problem])).toEqual([['yaml', `${file}:9:7`, 'this is not UTF-8']]);
    writeFileSync(file, `${utf8}${latin1}`);
    expect(loadFleet(file).name).toBe('demo');
    rmSync(dirname(file), { recursive: true });
  });

  test('about an empty file asks for a fleet', () => {
    expect(refusal('').message).toMatch(/^fleet\.yaml:1:1: the fleet is null, but it takes keys of its own \[wrong-type\]$/m);
  });
});
