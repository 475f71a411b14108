// What a fleet accepts though it is refused elsewhere: precisely, with a reason, in plain sight.
import { parseFleet } from '../charts/fleet';
import { acceptable, codes } from '../charts/fleet/codes';
import { plain, renderAccepted } from '../charts/fleet/messages';
import { refusals } from './refusals';
import { fleet, refusal, unmark } from './refusals/support';

const reason = 'agreed with those who pay for it';
const accepting = (text: string, ...acceptances: object[]): string =>
  `${text}\naccept: ${JSON.stringify(acceptances.map((a) => ({ reason, ...a })))}\n`;
const unwatched = fleet({ clusters: 'clusters: {chicago: {in: kind, nodes: false}}' });
const one = { code: 'nodes-unwatched', at: 'clusters.chicago.nodes' };

const wrong = acceptable.map((code) => {
  const [first] = Object.values(refusals)
    .flat()
    .filter((r) => r.code === code);
  return [code, unmark(first?.wrong ?? '').text] as const;
});

test.each(wrong)('%s is accepted where the message says that it may be', (code, text) => {
  const error = refusal(text);
  const [, at] = /or accept it: accept: \[\{code: [a-z-]+, at: (\S+), reason: …\}\]$/m.exec(error.message) ?? [];
  const [violation] = error.violations;
  const { accepted } = parseFleet(accepting(text, { code, at }), 'fleet.yaml');
  expect(accepted).toEqual([{ code, at, reason, problem: violation?.problem, consequence: violation?.consequence }]);
});

test.each(codes.filter((code) => !acceptable.some((a) => a === code)))('no message of %s speaks of accepting it', (code) => {
  const texts = Object.values(refusals)
    .flat()
    .filter((r) => r.code === code)
    .map((r) => unmark(r.wrong).text);
  for (const text of texts) expect(refusal(text).message).not.toContain('or accept it');
});

test('one place is accepted, and no other', () => {
  const two = fleet({
    clusters:
      'clusters: {chicago: {in: kind, blockDuration: 2h, retention: 5h}, seattle: {in: kind, blockDuration: 2h, retention: 5h}}',
    objectStore: 'objectStore: {type: embedded, toleratedOutage: 1h}',
  });
  const error = refusal(accepting(two, { code: 'local-retention-under-three-blocks', at: 'clusters.seattle.retention' }));
  expect(error.violations.map((v) => v.path.join('.'))).toEqual(['clusters.chicago.retention']);
});

test('what is not accepted is refused beside it, all at once', () => {
  const text = accepting(unwatched.replace('nodes: false', 'nodes: false, retention: 1h'), one, {
    code: 'retention-before-downsampling',
    at: 'retention.raw',
  });
  expect(refusal(text).violations.map((v) => v.code)).toEqual([
    'local-retention-under-three-blocks',
    'local-retention-under-outage',
    'accept-unknown-place',
  ]);
});

test.each([
  [
    'local-retention-under-three-blocks',
    'clusters.chicago.retention',
    fleet({ clusters: 'clusters: {chicago: {in: kind, blockDuration: 2h, retention: 4h}}' }),
    'local-retention-under-outage',
  ],
  [
    'retention-before-downsampling',
    'retention.raw',
    fleet({ retention: 'retention: {raw: 2d, 5m: 180d, 1h: 30d}' }),
    'retention-out-of-order',
  ],
])('what is accepted as %s hides no final refusal of the same values', (code, at, text, final) => {
  expect(refusal(text).violations.map((v) => v.code)).toEqual([code, final]);
  expect(refusal(accepting(text, { code, at })).violations.map((v) => v.code)).toEqual([final]);
});

test('the same is accepted once', () => {
  const { violations } = refusal(accepting(unwatched, one, one));
  expect(violations.map((v) => [v.code, v.path.join('.')])).toEqual([['accept-nothing', 'accept.1']]);
});

test.each([
  ['the code', { ...one, code: 'nodes-unwatchd' }, 'nodes-unwatched.'],
  ['the place', { ...one, at: 'clusters.chigago.nodes' }, 'clusters.chicago.nodes.'],
  ['the place that is refused, for one above it', { ...one, at: 'clusters.chicago' }, 'at: clusters.chicago.nodes.'],
])('a wrong acceptance is told %s that was meant', (_, acceptance, remedy) => {
  const found = refusal(accepting(unwatched, acceptance)).violations.filter((v) => v.code.startsWith('accept-'));
  expect(found.map((v) => v.remedy)).toEqual([remedy]);
});

test('what is accepted is shown with place, meaning and reason', () => {
  const { accepted } = parseFleet(accepting(unwatched, one), 'fleet.yaml');
  expect(renderAccepted(accepted, { ...plain, width: 80 })).toBe(
    [
      'Accepted, though refused elsewhere (npm run explain CODE):',
      '  clusters.chicago.nodes: no cluster watches the nodes of kind [nodes-unwatched]',
      '  it means: a full disk or a dead kubelet would go unnoticed, and so would the',
      '    observer itself.',
      '  because: agreed with those who pay for it',
    ].join('\n'),
  );
  expect(renderAccepted([])).toBe('');
});
