// The pages of refusals: one for each code, in one form, with examples that work.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isMap, parse, parseDocument, stringify } from 'yaml';
import { parseFleet } from '../charts/fleet';
import { codes, isAcceptable } from '../charts/fleet/codes';
import { plain } from '../charts/fleet/messages';
import { fleetSchema } from '../charts/fleet/schema';
import { explain, forTerminal } from '../scripts/explain';
import { readText, root } from './support/fleets';

const style = { ...plain, width: 80 };
const pages = codes
  .filter((code) => existsSync(join(root, `docs/checks/${code}.md`)))
  .map((code) => [code, readText(`docs/checks/${code}.md`)] as const);

test('every code has a page, and every page is of a code', () => {
  const files = readdirSync(join(root, 'docs/checks')).filter((file) => file !== 'README.md');
  expect(files.sort()).toEqual(codes.map((code) => `${code}.md`).sort());
});

describe.each(pages)('the page of %s', (code, page) => {
  test('says what is wrong, what would happen, why, and what to write', () => {
    expect(page.match(/^#+ .*$/gm)).toEqual([
      expect.stringMatching(new RegExp(`^# ${code}: \\S.{0,42}[^.]$`)),
      '## What would happen',
      '## Why',
      '## What to write',
      ...(isAcceptable(code) ? ['## To accept it'] : []),
    ]);
    for (const section of page.split(/^#+ .*$/m).slice(1)) expect(section.trim()).toMatch(/\S+ \S+/);
  });

  test('names threads by their whole address', () => {
    expect(page).not.toMatch(/(?<![/\w#])#\d+/);
    for (const [address] of page.matchAll(/(?<!`)\bhttps?:[^\s)`]+/g)) expect(() => new URL(address)).not.toThrow();
  });

  test('fits a terminal of 80 columns, words aside that are longer', () => {
    const long = forTerminal(page, style)
      .split('\n')
      .filter((line) => line.length > 80 && line.trim().includes(' '));
    expect(long).toEqual([]);
  });
});

/** The examples of all pages: parts of a fleet, or of what is under observer.alertmanager. */
const examples = pages.flatMap(([code, page]) =>
  [...page.matchAll(/^```yaml\n(.*?)^```/gms)].map((match, i) => [`${code} (${i + 1})`, match[1] as string] as const),
);
const receivers = { team: {}, 'on-call': {}, heartbeat: {} };
const fleetWith = (example: Record<string, unknown>): unknown => {
  const base = {
    name: 'demo',
    kubernetes: { kind: { platform: 'kind' } },
    objectStore: { type: 'embedded' },
    observer: { in: 'kind' },
    clusters: { chicago: { in: 'kind' } },
  };
  if (Object.keys(example).every((key) => key in fleetSchema.shape)) return { ...base, ...example };
  const named = Object.fromEntries(Object.keys(receivers).map((name) => [name, { webhook: { secret: name } }]));
  return { ...base, observer: { in: 'kind', alertmanager: { receivers: named, defaultReceiver: 'team', ...example } } };
};

test.each(pages.filter(([code]) => isAcceptable(code)))('the page of %s shows how to accept it', (code, page) => {
  const [, block = ''] = /^## To accept it\n.*?^```yaml\n(.*?)^```/ms.exec(page) ?? [];
  expect(parse(block)).toEqual({ accept: [{ code, at: expect.stringMatching(/^[a-zA-Z]+\./), reason: expect.any(String) }] });
});

test.each(examples.filter(([, text]) => isMap(parseDocument(text).contents) && !/^groups:|^accept:|ruleFiles/m.test(text)))(
  'the example of %s is accepted',
  (_, text) => {
    expect(() => parseFleet(stringify(fleetWith(parse(text))), 'fleet.yaml')).not.toThrow();
  },
);

describe('npm run explain', () => {
  test('lists every code with its title, on one line of a terminal', () => {
    const { text, found } = explain([], style);
    const lines = text.split('\n').slice(0, codes.length);
    expect(found).toBe(true);
    expect(lines.map((line) => line.split(' ')[0])).toEqual([...codes]);
    expect(lines.filter((line) => line.length > 80 || !/^\S+ +\S.* /.test(line))).toEqual([]);
  });

  test('prints the page of a code', () => {
    const { text, found } = explain(['unknown-key'], style);
    expect(found).toBe(true);
    expect(text).toMatch(/^unknown-key: a key that nothing reads\n\nA map has a key that/);
    expect(text).not.toMatch(/^#|```/m);
  });

  test.each([
    ['unknwon-key', 'unknown-key'],
    ['retention-before', 'retention-before-downsampling'],
  ])('asks back for %s', (asked, meant) => {
    const { text, found } = explain([asked], style);
    expect(found).toBe(false);
    expect(text).toBe(`There is no code ${asked}. Do you mean ${meant}? All of them: npm run explain`);
  });
});
