// `npm run synth` as a person runs it: what it writes, what it leaves alone, and that nothing around it changes a byte.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { goldens } from '../scripts/generate';
import { stale } from '../scripts/output';
import { readText, root } from './support/fleets';

jest.setTimeout(60_000); // a busy machine starts programs slowly
let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fleet-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Runs main.ts in the temporary directory. */
const synth = (env: Record<string, string> = {}, args: readonly string[] = []) => {
  const { FLEET: _, CDK8S_OUTDIR: __, INIT_CWD: ___, ...outer } = process.env;
  const run = spawnSync(process.execPath, [join(root, 'scripts/run.cjs'), join(root, 'main.ts'), ...args], {
    cwd: directory,
    env: { ...outer, ...env },
    encoding: 'utf8',
  });
  return { code: run.status, out: run.stdout, err: run.stderr };
};

const put = (name: string, text: string): void => writeFileSync(join(directory, name), text);

/** Every file under a folder with its text, by its path from there. */
const tree = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((e) => e.isFile())
      .map((e) => join(e.parentPath, e.name))
      .sort()
      .map((path) => [path.slice(folder.length + 1), readFileSync(path, 'utf8')]),
  );

test('a check says that dist is a file, where it is one', () => {
  put('dist', 'a');
  expect(stale(join(directory, 'dist'), [{ path: 'kind/a.yaml', text: 'a' }])).toEqual([
    `${join(directory, 'dist')} is a file, and no folder`,
  ]);
});

const demo = readText('fleet.yaml');
const demoOutput = tree(join(root, 'dist'));

describe('synth', () => {
  test('writes dist/, says what it wrote and what to do next', () => {
    put('fleet.yaml', demo);
    const { code, out, err } = synth();
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(out).toMatch(/^Fleet demo \(fleet\.yaml\): chicago, seattle; \d+ objects in 5 files, /);
    expect(out).toContain('kubectl --context kind-kind apply --server-side -R -f dist/kind');
    expect(tree(join(directory, 'dist'))).toEqual(demoOutput);
  });

  test('takes no argument for what it is not', () => {
    put('fleet.yaml', demo);
    const { code, err } = synth({}, ['other.yaml']);
    expect(code).toBe(2);
    expect(err).toMatch(/^other\.yaml: there is no such argument\n\nnpm run synth\n/);
    expect(existsSync(join(directory, 'dist'))).toBe(false);
    expect(synth({}, ['--help']).out).toContain('FLEET=path npm run synth');
  });

  test('takes away what is no longer in the fleet', () => {
    put('fleet.yaml', demo);
    mkdirSync(join(directory, 'dist/kind'), { recursive: true });
    put('dist/kind/cluster-gone.k8s.yaml', 'kind: Namespace\n');
    expect(synth().code).toBe(0);
    expect(tree(join(directory, 'dist'))).toEqual(demoOutput);
  });

  test('reads the file that FLEET names', () => {
    put('other.yaml', demo.replace('name: demo', 'name: other'));
    const { code, out } = synth({ FLEET: 'other.yaml' });
    expect(code).toBe(0);
    expect(out).toMatch(/^Fleet other \(other\.yaml\): /);
  });

  test('writes to the folder that CDK8S_OUTDIR names', () => {
    put('fleet.yaml', demo);
    expect(synth({ CDK8S_OUTDIR: 'elsewhere' }).code).toBe(0);
    expect(tree(join(directory, 'elsewhere'))).toEqual(demoOutput);
    expect(existsSync(join(directory, 'dist'))).toBe(false);
  });

  test('says when it replaces another fleet, and how both can stay', () => {
    put('fleet.yaml', demo);
    expect(synth().err).toBe('');
    put('other.yaml', demo.replace('name: demo', 'name: other'));
    const aside = synth({ FLEET: 'other.yaml', CDK8S_OUTDIR: 'dist-other' });
    expect([aside.code, aside.err]).toEqual([0, '']);
    expect(tree(join(directory, 'dist'))).toEqual(demoOutput);
    const over = synth({ FLEET: 'other.yaml' });
    expect(over.code).toBe(0);
    expect(over.err).toMatch(/^dist\/ held the fleet demo, and now holds the fleet other\. CDK8S_OUTDIR=dist-other /);
    expect(tree(join(directory, 'dist'))).not.toEqual(demoOutput);
  });

  test('takes a path of FLEET from where npm was called, or else from the root', () => {
    mkdirSync(join(directory, 'there'));
    put('there/fleet.yaml', demo.replace('name: demo', 'name: there'));
    put('fleet.yaml', demo);
    const called = { INIT_CWD: join(directory, 'there'), npm_package_json: join(realpathSync(directory), 'package.json') };
    expect(synth({ ...called, FLEET: 'fleet.yaml', CDK8S_OUTDIR: 'a' }).out).toMatch(/^Fleet there \(there\/fleet\.yaml\): /);
    put('only.yaml', demo);
    expect(synth({ ...called, FLEET: 'only.yaml', CDK8S_OUTDIR: 'b' }).out).toMatch(/^Fleet demo \(only\.yaml\): /);
    expect(synth({ ...called, CDK8S_OUTDIR: 'c' }).out).toMatch(/^Fleet demo \(fleet\.yaml\): /);
  });

  test.each([
    ['has a mistake', demo.replace('{in: kind}', '{in: kin}'), /^fleet\.yaml:7:12: [^\]]*\[unknown-kubernetes\]$/m],
    ['is no YAML', 'name: [', /^fleet\.yaml:1:\d+: [\s\S]*?\[yaml\]$/m],
    ['is not there', undefined, /^fleet\.yaml: there is no such file \[file\]$/m],
  ])('leaves dist/ alone when the fleet file %s', (_, text, message) => {
    if (text !== undefined) put('fleet.yaml', text);
    mkdirSync(join(directory, 'dist/kind'), { recursive: true });
    put('dist/kind/mine.k8s.yaml', 'kind: Namespace\n');
    const before = tree(directory);
    const { code, out, err } = synth();
    expect(code).toBe(1);
    expect(out).toBe('');
    expect(err).toMatch(message);
    expect(err).not.toMatch(/^ +at /m); // no stack
    expect(tree(directory)).toEqual(before);
  });

  test('shows what the fleet accepts, each time', () => {
    const acceptance = 'accept: [{code: nodes-unwatched, at: clusters.chicago.nodes, reason: watched by the platform team}]';
    put(
      'fleet.yaml',
      `${demo.replaceAll('{in: kind}', '{in: kind, nodes: false}').replace('observer: {in: kind, nodes: false}', 'observer: {in: kind}')}\n${acceptance}\n`,
    );
    for (const { code, out } of [synth(), synth()]) {
      expect(code).toBe(0);
      expect(out).toMatch(/^ {2}clusters\.chicago\.nodes: no cluster watches the nodes of kind \[nodes-unwatched\]$/m);
      expect(out).toMatch(/^ {2}because: watched by the platform team$/m);
    }
  });

  const mistaken = () => put('fleet.yaml', demo.replace('{in: kind}', '{in: kind, wallpaper: "100%"}'));

  test('says a mistake to a log without colours, in lines of 80 columns', () => {
    mistaken();
    const { err } = synth();
    expect(err).not.toContain('\x1b');
    expect(err.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(err).toMatch(/^More about it: npm run explain unknown-key$/m);
    expect(err).not.toContain('::error');
  });

  test("says a mistake beside the file's lines in a workflow of GitHub", () => {
    mistaken();
    const { err } = synth({ GITHUB_ACTIONS: 'true' });
    expect(err).toMatch(
      /^::error file=fleet\.yaml,line=\d+,col=\d+,title=unknown-key::.* has no key "wallpaper"%0Ait would mean: the setting/m,
    );
  });

  test('makes no folder when there was none and the fleet file has a mistake', () => {
    put('fleet.yaml', 'name: demo\n');
    expect(synth().code).toBe(1);
    expect(readdirSync(directory)).toEqual(['fleet.yaml']);
  });

  const surroundings: Record<string, string>[] = [
    { TZ: 'Pacific/Kiritimati', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' }, // where i is not the small letter of I
    { TZ: 'America/St_Johns', LANG: 'C', LC_ALL: 'C', HOME: '/nonexistent', USER: 'nobody', KUBECONFIG: '/nonexistent' },
    { TZ: 'Asia/Tokyo', LANG: 'ja_JP.eucJP', LC_COLLATE: 'et_EE.UTF-8', NO_COLOR: '1', CI: 'true', TERM: 'dumb' },
  ];
  test.each(goldens())('writes the bytes of $folder wherever it runs and whatever the time zone and the language', (golden) => {
    for (const env of surroundings) {
      const { code, err } = synth({ ...env, FLEET: relative(directory, join(root, golden.fleet)) });
      expect(err).toBe('');
      expect(code).toBe(0);
      expect(tree(join(directory, 'dist'))).toEqual(tree(join(root, golden.folder)));
    }
  });

  test('twice writes the same bytes', () => {
    cpSync(join(root, 'examples/three-clusters/fleet.yaml'), join(directory, 'fleet.yaml'));
    synth();
    const first = tree(join(directory, 'dist'));
    synth();
    expect(tree(join(directory, 'dist'))).toEqual(first);
  });
});
