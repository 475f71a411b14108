// The commands as a stranger calls them: wrong options, options that npm keeps, clusters that are not there.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { columnWidths, keptByNpm, table, wrapHelp } from '../scripts/lib/terminal';
import { root } from './support/fleets';

jest.setTimeout(60_000);

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'commands-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Runs a program of this project, in an empty folder where no other is given, with no other environment than PATH and what is given. */
const program = (file: string, args: readonly string[] = [], env: Record<string, string> = {}, cwd = directory) => {
  const run = spawnSync(process.execPath, [join(root, 'scripts/run.cjs'), join(root, file), ...args], {
    cwd,
    env: { PATH: `${directory}${delimiter}${process.env.PATH}`, ...env },
    encoding: 'utf8',
  });
  return { code: run.status, out: run.stdout, err: run.stderr };
};

/** A kubectl that knows these contexts and nothing else. */
const contexts = (...names: string[]): void =>
  writeFileSync(
    join(directory, 'kubectl'),
    `#!/bin/sh\n[ "$1 $2" = "config get-contexts" ] && printf '%s\\n' ${names.join(' ')}\n`,
    {
      mode: 0o755,
    },
  );

describe('--help', () => {
  test('keeps what options mean in its column, and paragraphs and options apart', () => {
    const text = 'npm run x [-- --a]\n\nOne two three\nfour five.\n\n  --a    six seven eight\n         nine\n  --bcd  ten';
    expect(wrapHelp(text, 20)).toBe(
      'npm run x [-- --a]\n\nOne two three four\nfive.\n\n  --a    six seven\n         eight nine\n  --bcd  ten',
    );
  });
});

describe('down', () => {
  test('takes only what kind made for gone when its context is', () => {
    contexts('other');
    const { code, out, err } = program('scripts/down.ts', [], { FLEET: join(root, 'examples/eks/fleet.yaml') });
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^There is no context arn:aws:eks:\S+ in your kubeconfig\.$/m);
    expect(err).toMatch(/^Nothing was changed\.$/m);
    const kind = program('scripts/down.ts', [], { FLEET: join(root, 'fleet.yaml') });
    expect([kind.code, kind.out]).toEqual([0, 'There is no context kind-kind: nothing to take away.\n']);
  });
});

describe('a context that is missing', () => {
  test.each([
    ['scripts/plan.ts', ['--live']],
    ['scripts/dashboards-picture.ts', []],
  ])('is named by %s, as by doctor', (file, args) => {
    contexts('other');
    const { code, out, err } = program(file, args, { FLEET: join(root, 'fleet.yaml') });
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^There is no context kind-kind in your kubeconfig\.$/m);
  });
});

test('e2e says in a sentence that there is no such fleet file', () => {
  const { code, err } = program('test/e2e/main.ts', [], { FLEET: 'nowhere.yaml' }, root);
  expect([code, err]).toEqual([2, 'There is no nowhere.yaml. FLEET=path names the fleet file.\n']);
});

describe('an option that npm has kept for itself, since -- was forgotten,', () => {
  const asNpm = { npm_lifecycle_event: 'certs', npm_lifecycle_script: 'node scripts/run.cjs scripts/certs.ts' };
  test('is refused with what to write, and nothing is done', () => {
    const { code, out, err } = program('scripts/certs.ts', [], { ...asNpm, npm_config_check: 'true' });
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^npm has kept --check for itself, and nothing was done\.$/m);
    expect(err).toMatch(/^Write npm run certs -- --check, /m);
  });
  test('is what npm really leaves behind', () => {
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));
    const run = spawnSync('npm', ['run', '-s', 'certs', '--check', '--rotate-ca'], { cwd: root, env, encoding: 'utf8' });
    expect(run.status).toBe(2);
    expect(run.stderr).toContain('Write npm run certs -- --check --rotate-ca, ');
  });
  test.each([
    ['not there', {}],
    ["npm's own, too", { npm_config_json: 'true' }],
    ['switched off', { npm_config_check: '' }],
    ['that of a program which called this one', { npm_config_check: 'true', npm_lifecycle_script: 'jest' }],
  ])('is not refused when it is %s', (_, env) => {
    expect(keptByNpm(['check', 'json', 'help'], { ...asNpm, ...env }, '/a/scripts/certs.ts')).toEqual([]);
  });
});

describe.each(['scripts/generate.ts', 'test/distributed-mode.ts'])('%s', (file) => {
  test('says what it does, and refuses what it does not know', () => {
    expect(program(file, ['--help'])).toMatchObject({ code: 0, out: expect.stringMatching(/^npm run \w+/) });
    const { code, out, err } = program(file, ['--chek']);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/--chek/);
  });
});

describe('a table', () => {
  const cells = [
    ['Cluster', 'What there is to say about it'],
    ['chicago', `${'word '.repeat(40)}end`],
  ];
  test('is as wide as its texts where they fit', () => {
    expect(columnWidths(cells, 300)).toBeUndefined();
  });
  test('wraps what is widest, so that it fits a terminal of 80 columns, and loses no word', () => {
    const widths = columnWidths(cells, 80) as number[];
    expect(widths[0]).toBe('chicago'.length + 2);
    const drawn = table(cells[0] as string[], cells.slice(1), widths);
    expect(Math.max(...drawn.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(drawn.match(/word/g)).toHaveLength(40);
  });
  test('is wider than the terminal before it cuts an address', () => {
    expect(columnWidths([['Where'], ['h'.repeat(100)]], 80)).toEqual([102]);
  });
});
