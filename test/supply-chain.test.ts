// What this project is made of: locked for every platform, of known licences, and nothing else is fetched by anyone.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isAllowed, type Locked, lockedPackages, packageName } from '../scripts/lib/packages';
import { fleetFiles, readText, root, sample } from './support/fleets';

jest.setTimeout(60_000);
const locked = lockedPackages(root);
const packages = [...locked];

/** Where people and CI install it. */
const platforms = [
  { os: 'linux', cpu: 'x64' },
  { os: 'linux', cpu: 'arm64' },
  { os: 'darwin', cpu: 'x64' },
  { os: 'darwin', cpu: 'arm64' },
] as const;

describe('package-lock.json', () => {
  /** The folder in which a package finds another: its own node_modules, or those of the folders above. */
  const find = (from: string, name: string): Locked | undefined => {
    for (let folder = from; ; folder = dirname(folder)) {
      const found = locked.get(join(folder === '.' ? '' : folder, 'node_modules', name));
      if (found || folder === '.') return found;
    }
  };
  const optional = packages.flatMap(([folder, p]) =>
    Object.entries(p.optionalDependencies ?? {}).map(([name, range]) => ({ of: folder, name, range, found: find(folder, name) })),
  );
  const bound = optional.filter((o) => o.found?.os ?? o.found?.cpu);

  test('has every optional package, for whatever platform it is', () => {
    expect(bound.length).toBeGreaterThan(50);
    expect(optional.filter((o) => !o.found).map((o) => `${o.name} of ${o.of}`)).toEqual([]);
  });
  test('has them in the version that is asked for', () => {
    const exact = bound.filter((o) => /^\d/.test(o.range));
    expect(exact.length).toBeGreaterThan(50);
    expect(exact.filter((o) => o.found?.version !== o.range).map((o) => `${o.name}@${o.found?.version}`)).toEqual([]);
  });
  test.each(platforms)('has what is built for $os $cpu, of every package that is built by platform', ({ os, cpu }) => {
    const built = [...new Set(bound.map((o) => o.of))].filter((of) => bound.filter((o) => o.of === of).length > 1);
    expect(built).toEqual(expect.arrayContaining(['@biomejs/biome', 'esbuild', 'typescript'].map((n) => `node_modules/${n}`)));
    const covered = (of: string) =>
      bound.some(
        (o) => o.of === of && o.found?.os?.includes(os) && o.found.cpu?.includes(cpu) && !o.found.libc?.includes('musl'),
      );
    expect(built.filter((of) => !covered(of))).toEqual([]);
  });
  test('has a hash of every package, and the address of none: a mirror of the registry serves as well', () => {
    const unsure = packages.filter(([, p]) => !p.integrity?.startsWith('sha512-') && !p.inBundle);
    expect(unsure.map(([folder]) => folder)).toEqual([]);
    expect(packages.filter(([, p]) => p.resolved).map(([folder]) => folder)).toEqual([]);
  });
  test.each(platforms)('is taken by npm ci on $os $cpu', ({ os, cpu }) => {
    // npm compares the lockfile with package.json before it fetches anything
    const { status, stderr } = spawnSync('npm', ['ci', '--dry-run', '--offline', `--os=${os}`, `--cpu=${cpu}`], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(status === 0 ? '' : stderr).toBe('');
  });
});

test('no package runs a script when it is installed', () => {
  expect(readText('.npmrc')).toMatch(/^ignore-scripts=true$/m); // so all that is tested here was installed without
});

test('every package has a licence of the list in scripts/lib/packages.ts', () => {
  expect(packages.filter(([, p]) => !isAllowed(p.license ?? 'none')).map(([folder, p]) => `${folder}: ${p.license}`)).toEqual([]);
});

test.each([
  ['MIT', true],
  ['(MIT OR GPL-3.0-or-later)', true],
  ['(GPL-3.0-only OR AGPL-3.0-only)', false],
  ['MIT AND ISC', true],
  ['MIT AND GPL-3.0-only', false],
  ['(MIT OR ISC) AND GPL-3.0-only', false],
  ['SEE LICENSE IN LICENSE.txt', false],
  ['none', false],
])('the licence %s is allowed: %s', (licence, allowed) => {
  expect(isAllowed(licence)).toBe(allowed);
});

test('the bill of materials has every package and the images of the fleet', () => {
  const { stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts/run.cjs'), join(root, 'scripts/sbom.ts')], {
    cwd: root,
    env: { ...process.env, FLEET: 'fleet.yaml' },
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  expect(stderr).toBe('');
  const bom = JSON.parse(stdout);
  expect([bom.bomFormat, bom.metadata.component.name]).toEqual(['CycloneDX', 'thanos-fleet']);
  const purls: string[] = bom.components.map((c: { purl: string }) => c.purl);
  for (const [folder, p] of packages)
    expect(purls).toContain(`pkg:npm/${packageName(folder, p).replace('@', '%40')}@${p.version}`);
  expect(purls.filter((purl) => purl.startsWith('pkg:docker/'))).toContainEqual(
    expect.stringMatching(/^pkg:docker\/thanos\/thanos@v[\d.]+\?repository_url=quay\.io$/),
  );
});

describe('without a network', () => {
  const preload = join(root, 'test/support/no-network.cjs');
  let directory = '';
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'fleet-'));
    synth('fleet.yaml', ''); // bundles main.ts, for which esbuild starts a program of its own
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  const synth = (fleet: string, options: string) =>
    spawnSync(process.execPath, [join(root, 'scripts/run.cjs'), join(root, 'main.ts')], {
      cwd: root,
      env: { ...process.env, FLEET: fleet, NODE_OPTIONS: options, CDK8S_OUTDIR: join(directory, fleet.replaceAll('/', '-')) },
      encoding: 'utf8',
    });

  test.each(fleetFiles)('%s is synthesized', (file) => {
    const { status, stderr, stdout } = synth(file, `--require ${preload}`);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toContain(`Fleet ${sample(file).topology.fleet.name} (${file})`);
  });

  test.each([
    "require('node:net').connect(80, '127.0.0.1')",
    "require('node:http').get('http://127.0.0.1')",
    "require('node:https').get('https://127.0.0.1')",
    "require('node:http2').connect('http://127.0.0.1')",
    "await fetch('http://127.0.0.1').catch((e) => { throw e.cause })",
    "require('node:dns').lookup('localhost', () => {})",
    "await require('node:dns/promises').resolve4('localhost')",
    "require('node:dgram').createSocket('udp4').send('x', 53, '127.0.0.1')",
    "require('node:child_process').spawnSync('true')",
    "require('node:child_process').exec('true')",
  ])('%s would not go unseen', (code) => {
    const { status, stderr } = spawnSync(process.execPath, ['--require', preload, '-e', `(async () => { ${code} })()`], {
      encoding: 'utf8',
    });
    expect(stderr).toContain('no network here');
    expect(status).toBe(1);
  });
});
