// npm run verify: what is synthesized is accepted by the programs that it is for.
//
// promtool, thanos and amtool check configuration and rules; every Thanos component, Prometheus, Alertmanager, versitygw,
// memcached and node-exporter is started with its synthesized arguments and configuration and must become ready, by mutual TLS
// where the fleet has it; cAdvisor reads its arguments; flags and keys are those of catalogue/; dashboards are judged by
// Grafana's types; policies let through what the recorded edges name and nothing else; alerts are routed as routing.yaml beside
// the fleet file says, and arrive at servers that stand for their receivers; tenants see what is theirs; kube-score finds nothing
// that is not explained in docs/kube-score.md; kubeconform checks every object against the API of
// every supported Kubernetes minor, and an API server tries it when a context is given. In the end every check is given a
// mistake, which it must notice.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { FleetError, loadFleet, synthesize } from '../charts/fleet';
import { images } from '../charts/images';
import { fleetFile } from './lib/fleet-file';
import { onPath, versionOf } from './lib/run';
import { bold, green, main, parseArgs, progress, red, sayHelp, table } from './lib/terminal';
import { type Against, type Check, fleetChecks, type Schemas } from './verify/checks';
import { kubeScoreVersion, needless } from './verify/kube-score';
import { type Accepted, proofs } from './verify/mistakes';
import { objectStoreChecks } from './verify/object-stores';
import { programs } from './verify/pods';
import { ruleTestChecks, ruleTestProof } from './verify/rule-tests';
import { tenantChecks } from './verify/tenants';

/** Kubernetes minors that the fleet supports, as kubeconform's schemas are published. */
const kubernetesVersions = ['1.32.0', '1.33.0', '1.34.0', '1.35.0'];

const release = (repository: string, tag: string) => `https://github.com/${repository}/releases/tag/${tag}`;
const prometheus = release('prometheus/prometheus', images.prometheus.tag);
const alertmanager = release('prometheus/alertmanager', images.alertmanager.tag);
/** Where people get the programs. */
const sources: Readonly<Record<string, string>> = {
  prometheus,
  promtool: prometheus,
  alertmanager,
  amtool: `${alertmanager} or go install github.com/prometheus/alertmanager/cmd/amtool@${images.alertmanager.tag}`,
  thanos: release('thanos-io/thanos', images.thanos.tag),
  versitygw: `${release('versity/versitygw', images.versitygw.tag)} or go install github.com/versity/versitygw/cmd/versitygw@${images.versitygw.tag}`,
  node_exporter: release('prometheus/node_exporter', images.nodeExporter.tag),
  cadvisor: release('google/cadvisor', `v${images.cadvisor.tag}`),
  memcached: 'https://memcached.org/downloads, or the package of your system',
  kubectl: 'https://kubernetes.io/docs/tasks/tools/',
  'kube-score': `${release('zegl/kube-score', kubeScoreVersion)} or go install github.com/zegl/kube-score/cmd/kube-score@${kubeScoreVersion}`,
  kubeconform: 'https://github.com/yannh/kubeconform/releases or go install github.com/yannh/kubeconform/cmd/kubeconform@latest',
};

interface Result {
  readonly what: string;
  readonly of: string;
  readonly seconds: number;
  readonly problem?: string;
}

/** Where schemas of custom resources are: below a folder, published, or made from what imports/ is made from. */
const customResources = '{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json';
const own = `imports/schemas/${customResources}`;
const published = 'https://raw.githubusercontent.com/datreeio/CRDs-catalog/main';

/** The versions that a folder `v<version>-standalone-strict/` each has, or the published ones. */
const schemasIn = (folder: string | undefined): Schemas => {
  if (!folder) return { versions: kubernetesVersions, locations: ['default', own, `${published}/${customResources}`] };
  const versions = existsSync(folder)
    ? readdirSync(folder).flatMap((name) => /^v([\d.]+)-standalone-strict$/.exec(name)?.[1] ?? [])
    : [];
  const template = '{{.NormalizedKubernetesVersion}}-standalone{{.StrictSuffix}}/{{.ResourceKind}}{{.KindSuffix}}.json';
  return {
    versions: versions.sort(),
    locations: [join(resolve(folder), template), own, join(resolve(folder), 'crds', customResources)],
  };
};

const defaultFleets = (): string[] => {
  const examples = existsSync('examples') ? readdirSync('examples').sort() : [];
  return [fleetFile(), ...examples.map((name) => join('examples', name, 'fleet.yaml')).filter((file) => existsSync(file))];
};

/** Runs checks, a few at a time; gives their results in the checks' order. */
const runAll = async (checks: readonly Check[], done: (result: Result) => void): Promise<Result[]> => {
  const results: Result[] = [];
  const queue = [...checks.entries()];
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [i, { what, of, run }] = next;
      const started = performance.now();
      const problem = await run().catch((error: Error) => error.message);
      const result = { what, of, seconds: (performance.now() - started) / 1000, problem };
      results[i] = result;
      done(result);
    }
  };
  await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) * 2 }, worker));
  return results;
};

/** Programs whose version is not that of the image; those that do not tell theirs are taken at their word. */
const otherVersions = async (): Promise<string[]> => {
  const wanted: [string, string][] = Object.values(programs).map(({ program, image }) => [program, image.tag]);
  const all = [...wanted, ['promtool', images.prometheus.tag] as const, ['amtool', images.alertmanager.tag] as const];
  const found = await Promise.all(
    all.map(async ([program, tag]) => {
      if (!onPath(program)) return undefined;
      const version = await versionOf(program);
      return version && version !== tag.replace(/^v/, '') ? `${program} is ${version}; the fleet runs ${tag}.` : undefined;
    }),
  );
  return found.filter((text) => text !== undefined);
};

const help = `npm run verify [-- [--schemas <folder>] [--context <name>] <fleet file>…]

Synthesizes fleets and asks the programs that it is for. Default: fleet.yaml (or what FLEET names) and all examples, and the
unit tests of every alert.

  --schemas  a folder with JSON Schemas of Kubernetes, v<version>-standalone-strict each, in place of the published ones, and
             those of custom resources as crds/<group>/<kind>_<version>.json; or KUBE_SCHEMAS
  --context  a kubeconfig context: its API server tries every object as well (a dry run; nothing is changed). A fleet that has
             this context has its part of it tried, any other all of it.`;

main(async () => {
  const { values, positionals } = parseArgs({
    options: { schemas: { type: 'string' }, context: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
  });
  if (values.help) {
    sayHelp(help);
    return 0;
  }
  const given = values.schemas ?? process.env.KUBE_SCHEMAS;
  const schemas = schemasIn(given);
  const results: Result[] = [];
  const missing = new Map<string, number>();
  let finished = 0;
  const done = (result: Result) => {
    finished += 1;
    const line = `${result.problem ? red('FAILED') : green('ok')} ${result.what}: ${result.of}`;
    if (result.problem || !process.stdout.isTTY) progress.done(line);
    else progress.show(`${finished} ${line}`);
  };
  const add = (result: Result) => {
    results.push(result);
    done(result);
  };
  const runAble = async (checks: readonly Check[]) => {
    const able = checks.filter((check) => {
      const absent = check.needs.filter((program) => !onPath(program));
      for (const program of absent) missing.set(program, (missing.get(program) ?? 0) + 1);
      return absent.length === 0;
    });
    results.push(...(await runAll(able, done)));
  };
  const fails = (what: string, of: string, problem: string) => add({ what, of, seconds: 0, problem });

  const folder = mkdtempSync(join(tmpdir(), 'thanos-fleet-verify-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130)); // the exit handlers clean up
  const started = performance.now();

  if (schemas.versions.length === 0)
    fails('kubeconform', given ?? '', `there is no folder v<version>-standalone-strict in ${given}`);
  const against: Against = { schemas, context: values.context };
  const accepted: Accepted[] = [];
  for (const [i, file] of (positionals.length > 0 ? positionals : defaultFleets()).entries()) {
    const before = performance.now();
    try {
      const synthesized = synthesize(loadFleet(file));
      add({ what: 'synthesize', of: file, seconds: (performance.now() - before) / 1000 });
      const own = join(folder, String(i));
      mkdirSync(own);
      const { stages, end } = await fleetChecks(file, synthesized, own, against);
      for (const stage of stages) await runAble(stage);
      await end();
      accepted.push({ file, fleet: synthesized, checks: stages.flat() });
    } catch (error) {
      if (!(error instanceof FleetError)) throw error;
      fails('synthesize', file, error.message);
    }
  }
  const ruleTests = positionals.length === 0 ? ruleTestChecks(join(folder, 'rule-tests')) : [];
  await runAble(ruleTests);
  if (positionals.length === 0) {
    await runAble(objectStoreChecks(join(folder, 'object-stores')));
    await runAble(tenantChecks(join(folder, 'tenants')));
    for (const explanation of missing.has('kube-score') ? [] : needless())
      fails('kube-score', explanation, 'No fleet has that any more: docs/kube-score.md explains nothing.');
  }
  await runAble([
    ...proofs(accepted, join(folder, 'mistakes'), against),
    ...(ruleTests.length > 0 ? [ruleTestProof(join(folder, 'mistakes/rule-tests'))] : []),
  ]);
  for (const [program, checks] of missing)
    fails(
      program,
      `${checks} check${checks === 1 ? '' : 's'} not done`,
      `There is no ${program} on PATH. Get it from ${sources[program]}`,
    );

  if (process.stdout.isTTY) progress.show('');
  const rows = results.map((r) => [r.what, r.of, r.problem ? red('FAILED') : green('ok'), `${r.seconds.toFixed(1)} s`]);
  console.log(`\n${table(['check', 'of', 'verdict', 'time'], rows)}`);
  const failed = results.filter((r) => r.problem);
  for (const { what, of, problem } of failed) console.log(`\n${bold(red(`${what}: ${of}`))}\n${problem?.replace(/^/gm, '  ')}`);
  for (const other of await otherVersions()) console.log(`\nNote: ${other}`);
  const time = `${((performance.now() - started) / 1000).toFixed(0)} s`;
  console.log(
    failed.length > 0
      ? `\n${failed.length} of ${results.length} checks failed, ${time}.`
      : `\nAll ${results.length} checks passed, ${time}.`,
  );
  return failed.length > 0 ? 1 : 0;
});
