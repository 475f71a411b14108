// What is synthesized is known to the programs that it is for, in the versions that are pinned.
import type { Manifest } from '../charts/fleet';
import { images, reference } from '../charts/images';
import { readCatalogue } from '../scripts/catalogue/catalogue';
import { catalogueCheck, hiddenInUse } from '../scripts/catalogue/check';
import { flagsIn } from '../scripts/catalogue/help';
import { programs } from '../scripts/catalogue/programs';
import { containersOf, demo, fleetFiles, type Json, sample, samples } from './support/fleets';

const catalogueProblems = catalogueCheck();

test.each(fleetFiles)('every flag, setting and key of %s is known to its program, and to stay', (file) => {
  expect(sample(file).files.flatMap((f) => catalogueProblems(f.objects))).toEqual([]);
});

test('a hidden flag that is allowed is used', () => {
  const args = samples().flatMap((s) => containersOf(s.objects).flatMap((c) => (c.container.args ?? []) as string[]));
  const flags = Object.values(hiddenInUse).flatMap((reasons) => Object.keys(reasons));
  expect(flags.filter((flag) => !args.some((arg) => arg.startsWith(`--${flag}`)))).toEqual([]);
});

/** A pod with one container, and a ConfigMap at /etc/config. */
const pod = (image: string, container: Json, files: Record<string, string> = {}): Manifest[] => [
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'app', namespace: 'here' },
    spec: {
      template: {
        spec: {
          containers: [{ name: 'app', image, volumeMounts: [{ name: 'config', mountPath: '/etc/config' }], ...container }],
          volumes: [{ name: 'config', configMap: { name: 'config' } }],
        },
      },
    },
  },
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'config', namespace: 'here' }, data: files },
];
const ofThanos = (args: string[], files?: Record<string, string>) =>
  catalogueProblems(pod(reference(images.thanos), { args }, files)).join('\n');
const of = (image: keyof typeof images, container: Json, files?: Record<string, string>) =>
  catalogueProblems(pod(reference(images[image]), container, files)).join('\n');

describe('refused is', () => {
  it('an unknown flag, with the nearest that the program knows', () => {
    expect(ofThanos(['query', '--query.replica-labels=replica'])).toBe(
      `Deployment here/app: thanos ${images.thanos.tag} does not know --query.replica-labels. The nearest that it knows is --query.replica-label.`,
    );
  });
  it('a flag of another command', () => {
    expect(ofThanos(['store', '--query.replica-label=replica'])).toContain('does not know --query.replica-label.');
  });
  it('a command that is in no catalogue', () => {
    expect(ofThanos(['receive', '--log.level=info'])).toContain('scripts/catalogue/programs.ts');
  });
  it('a deprecated flag, with what to use', () => {
    expect(ofThanos(['query', '--endpoint=store:10901'])).toMatch(
      /will not know --endpoint for long.* Use --endpoint\.sd-config-file\./,
    );
    expect(of('prometheus', { args: ['--storage.tsdb.retention.time=2d'] })).toMatch(
      /Use storage\.tsdb\.retention in the config/,
    );
  });
  it('a hidden flag that nobody has given a reason for', () => {
    expect(ofThanos(['compact', '--no-debug.halt-on-error'])).toContain('hides --no-debug.halt-on-error');
  });
  it('a switch with a value, a flag without one, and one that is given twice', () => {
    const said = ofThanos(['compact', '--wait=true', '--wait-interval=5m', '--wait-interval=6m', '--data-dir']);
    expect(said).toContain('takes --wait without a value');
    expect(said).toContain('takes --wait-interval only once');
    expect(said).toContain('takes --data-dir with a value only');
  });
  it('an unknown flag of a program that is not of the Thanos family', () => {
    expect(of('cadvisor', { args: ['-prot=8080'] })).toContain('The nearest that it knows is -port.');
    expect(of('versitygw', { args: ['--port', ':7070', 'posix', '/data', '--keep-alive'] })).toContain(
      'does not know --keep-alive',
    );
    expect(of('nodeExporter', { args: ['--no-collector.wify'] })).toContain('does not know --no-collector.wify');
  });
  it('a key that Thanos would drop without a word', () => {
    const endpoints = 'endpoints: [{address: "a:1", stritc: true}]';
    expect(ofThanos(['query', '--endpoint.sd-config-file=/etc/config/e.yaml'], { 'e.yaml': endpoints })).toContain(
      'does not know the key endpoints[0].stritc. The nearest that it knows is strict. (in /etc/config/e.yaml)',
    );
    expect(ofThanos(['store', '--index-cache.config={type: IN-MEMORY, config: {max_sise: 1MB}}'])).toContain('config.max_sise');
  });
  it('a type of object store or cache that there is not', () => {
    expect(ofThanos(['store', '--objstore.config={type: S4, config: {}}'])).toContain('The nearest that it knows is S3.');
  });
  it('an unknown or deprecated key of Prometheus, of its rules, and of Alertmanager', () => {
    const prometheus =
      'rule_files: [/etc/config/*.rules]\nscrape_configs: [{job_name: a, scrape_intervall: 5s, bearer_token: x}]';
    const rules = 'groups: [{name: g, rules: [{alert: A, exprr: up}]}]';
    const said = of('prometheus', { args: ['--config.file=/etc/config/p.yml'] }, { 'p.yml': prometheus, 'a.rules': rules });
    expect(said).toContain(
      'does not know the key scrape_configs[0].scrape_intervall. The nearest that it knows is scrape_interval.',
    );
    expect(said).toContain('will not know the key scrape_configs[0].bearer_token for long');
    expect(said).toContain(
      'does not know the key groups[0].rules[0].exprr. The nearest that it knows is expr. (in /etc/config/a.rules)',
    );
    const alertmanager =
      'route: {receiver: a, routes: [{match: {a: b}}]}\nreceivers: [{name: a, slack_configs: [{chanel: "#a"}]}]';
    const said2 = of('alertmanager', { args: ['--config.file=/etc/config/a.yml'] }, { 'a.yml': alertmanager });
    expect(said2).toContain('will not know the key route.routes[0].match for long');
    expect(said2).toContain('The nearest that it knows is channel.');
  });
  it('a file that nothing mounts', () => {
    expect(ofThanos(['query', '--endpoint.sd-config-file=/etc/else/e.yaml'])).toContain('where no file is mounted');
  });
  it('a setting that Grafana does not read, and an unknown key of its provisioning', () => {
    const said = of('grafana', {
      env: [{ name: 'GF_SECURITY_ADMIN_PASSWORD__FILE' }, { name: 'GF_USERS_ALLOW_SIGNUP' }],
    });
    expect(said).toBe(
      `Deployment here/app: grafana ${images.grafana.tag} does not read the environment variable GF_USERS_ALLOW_SIGNUP. The nearest that it knows is GF_USERS_ALLOW_SIGN_UP.`,
    );
    const mounts = { volumeMounts: [{ name: 'config', mountPath: '/etc/grafana/provisioning/datasources' }] };
    const datasource = 'apiVersion: 1\ndatasources: [{name: a, jsonData: {httpmethod: POST}}]';
    expect(of('grafana', mounts, { 'd.yaml': datasource })).toContain('The nearest that it knows is httpMethod.');
  });
});

describe('not refused is', () => {
  it('a switch that is negated, a flag that may be repeated, and one whose value is a word of its own', () => {
    expect(ofThanos(['query', '--no-query.partial-response', '--query.replica-label=a', '--query.replica-label=b'])).toBe('');
    expect(of('versitygw', { args: ['--port', ':7070', '--keep-alive', 'posix', '/data'] })).toBe('');
  });
  it("what the user's own keys are called", () => {
    const text = 'global: {external_labels: {anything: a}}';
    expect(of('prometheus', { args: ['--config.file=/etc/config/p.yml'] }, { 'p.yml': text })).toBe('');
  });
  it('a configuration in a Secret that somebody else makes', () => {
    const [deployment, ...rest] = pod(reference(images.thanos), { args: ['store', '--objstore.config-file=/etc/config/b.yaml'] });
    (deployment as Manifest).spec.template.spec.volumes = [{ name: 'config', secret: { secretName: 'bucket' } }];
    expect(catalogueProblems([deployment as Manifest, ...rest])).toEqual([]);
  });
});

describe('a catalogue', () => {
  it.each(Object.entries(images).filter(([key]) => programs[key]))(
    'of %s is there for the version that is pinned',
    (key, image) => {
      const { flags, files, types } = readCatalogue(key, programs[key]?.program as string, image.tag);
      expect(Object.keys(flags)).toEqual(programs[key]?.commands);
      const used = Object.values(types).flatMap((keys) =>
        Object.values(keys).flatMap((k) => [k.of, k.each, ...Object.values(k.byType ?? {})]),
      );
      for (const type of [...Object.values(files), ...used.filter((t) => t !== undefined)])
        expect(Object.keys(types)).toContain(type);
    },
  );
  it('that is not there is an error that says which command makes it', () => {
    expect(() => readCatalogue('thanos', 'thanos', 'v9.9.9')).toThrow(
      /no catalogue of thanos v9\.9\.9.*`npm run catalogue thanos`/,
    );
  });
  it('of a version that has lost a flag or a key that is used fails here, before anything is applied', () => {
    const lost = catalogueCheck((...version) => {
      const catalogue = structuredClone(readCatalogue(...version)) as Json;
      delete catalogue.flags.query?.['query.replica-label'];
      delete catalogue.types['prometheus/prometheus/config.ScrapeConfig']?.job_name;
      return catalogue;
    });
    const problems = demo()
      .files.flatMap((f) => lost(f.objects))
      .join('\n');
    expect(problems).toContain('does not know --query.replica-label.');
    expect(problems).toContain('does not know the key scrape_configs[0].job_name.');
  });
});

describe('a help is read', () => {
  it("in kingpin's form", () => {
    const help = [
      'Flags:',
      '  -h, --[no-]help                Show help.',
      '      --label=LABEL ...          Labels (repeatable).',
      '      --endpoint.sd-config-file=<file-path>  ',
      '                                 Path to Config File',
      '      --old=x                    (Deprecated) It was used',
      '                                 for things. Use --new.',
    ].join('\n');
    expect(flagsIn(help, 'kingpin')).toEqual({
      h: { takes: 'nothing' },
      help: { takes: 'nothing' },
      label: { takes: 'values' },
      'endpoint.sd-config-file': { takes: 'value' },
      old: { takes: 'value', deprecated: '(Deprecated) It was used for things.' },
    });
  });
  it("in the form of Go's own flag package", () => {
    expect(flagsIn('Usage of x:\n  -port int\n    \tport (default 8080)\n  -profiling\n    \tDEPRECATED: no', 'go')).toEqual({
      port: { takes: 'value' },
      profiling: { takes: 'boolean', deprecated: 'DEPRECATED: no' },
    });
  });
  it("in urfave's and getopt's form", () => {
    const urfave =
      '   --port value, -p value [ --port value, -p value ]   where (default: ":7070") [$PORT]\n   --quiet, -q   silence';
    expect(flagsIn(urfave, 'urfave')).toEqual({
      port: { takes: 'values' },
      p: { takes: 'values' },
      quiet: { takes: 'boolean' },
      q: { takes: 'boolean' },
    });
    expect(
      flagsIn('-p, --port=<num>          TCP port\n-D <char>     delimiter\n-X, --disable-dumping     none', 'getopt'),
    ).toEqual({
      p: { takes: 'value' },
      port: { takes: 'value' },
      D: { takes: 'value' },
      X: { takes: 'nothing' },
      'disable-dumping': { takes: 'nothing' },
    });
  });
});
