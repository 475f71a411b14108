// Where images come from: upstream, or a registry of one's own that must have all of them.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { images, reference, withoutHost } from '../charts/images';
import { containersOf, fleetFiles, readText, root, type Sample, sample, sampleOf, workloadsOf } from './support/fleets';

jest.setTimeout(60_000);
const withKeys = (file: string, keys: object): Sample =>
  sampleOf(file, stringify({ ...parse(readText(file)), registry: undefined, imagePullSecrets: undefined, ...keys }));
const imagesOf = ({ objects }: Sample): string[] => [...new Set(containersOf(objects).map((c) => c.container.image))].sort();
const upstream = Object.values(images).map(reference);

describe('charts/images.ts', () => {
  test('names the registry and a version of every image', () => {
    for (const image of upstream) expect(image).toMatch(/^[a-z]+\.[a-z.]+(\/[a-z-]+)+:v?\d[\w.-]*$/);
  });
  test('has no two images that would have one name in a registry of copies', () => {
    const names = upstream.map(withoutHost).map((name) => name.replace(/:.*/, ''));
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });
});

describe.each(fleetFiles)('%s with a registry of its own', (file) => {
  const there = withKeys(file, { registry: 'registry.example.com:5000/a/mirror', imagePullSecrets: ['login', 'other'] });
  const here = withKeys(file, {});

  test('pulls every image from there, init containers too, under the name and tag that it has upstream', () => {
    expect(imagesOf(there)).toEqual(
      imagesOf(here)
        .map((image) => `registry.example.com:5000/a/mirror/${image.replace(/^[^/]*\//, '')}`)
        .sort(),
    );
  });
  test('names no image of upstream anywhere', () => {
    const text = JSON.stringify(there.objects);
    expect(upstream.filter((image) => text.includes(image))).toEqual([]);
  });
  test('gives every pod the Secrets with the login', () => {
    for (const w of workloadsOf(there.objects))
      expect(`${w.id} ${JSON.stringify(w.spec.imagePullSecrets)}`).toBe(`${w.id} [{"name":"login"},{"name":"other"}]`);
  });
  test('changes nothing but that', () => {
    const objects = (s: Sample) =>
      JSON.stringify(s.objects, (key, value) => (key === 'image' || key === 'imagePullSecrets' ? undefined : value));
    expect(objects(there)).toBe(objects(here));
  });
});

describe('a digest', () => {
  const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
  const thanos = reference(images.thanos);
  test.each([
    ['upstream', {}, `${thanos}@${digest}`],
    ['in a registry of copies', { registry: 'localhost:5000' }, `localhost:5000/${withoutHost(thanos)}@${digest}`],
  ])('is added to the image that it is of, %s', (_, keys, pulled) => {
    const found = imagesOf(withKeys('fleet.yaml', { imageDigests: { [thanos]: digest }, ...keys }));
    expect(found.filter((image) => image.includes('@'))).toEqual([pulled]);
  });
});

test.each(['registry.example.com', 'localhost:5000', 'localhost/x', 'r:5000/a_b/c--d/e.f'])(
  'a registry may be %s',
  (registry) => {
    expect(imagesOf(withKeys('fleet.yaml', { registry }))).toContain(`${registry}/${withoutHost(reference(images.thanos))}`);
  },
);

describe('npm run images', () => {
  const run = (fleet: string, ...args: string[]): string => {
    const done = spawnSync(process.execPath, [join(root, 'scripts/run.cjs'), join(root, 'scripts/images.ts'), ...args], {
      cwd: root,
      env: { ...process.env, FLEET: fleet },
      encoding: 'utf8',
    });
    expect(done.stderr).toBe('');
    expect(done.status).toBe(0);
    return done.stdout;
  };
  test('lists for scripts what a fleet runs, and no more', () => {
    expect(run('fleet.yaml', '--plain').trimEnd().split('\n')).toEqual(imagesOf(withKeys('fleet.yaml', {})));
    expect(run('examples/s3-and-slack/fleet.yaml', '--plain')).not.toMatch(/versitygw|busybox/);
  });
  test('tells people what runs each, and where it is pulled from', () => {
    const text = run('examples/s3-and-slack/fleet.yaml');
    expect(text).toMatch(/quay\.io\/thanos\/thanos:v\S+ +│ prometheus, thanos-bucket-web, /);
    expect(text).toContain(`Pulled from ${sample('examples/s3-and-slack/fleet.yaml').topology.fleet.images.registry}, such as `);
  });
});
