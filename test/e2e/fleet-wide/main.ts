// npm run e2e:fleet: a fleet over several Kubernetes clusters, its links cut and its certificates changed.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { type Fleet, resolveFleet, synthesize } from '../../../charts/fleet';
import { fleetFile } from '../../../scripts/lib/fleet-file';
import { ToolError } from '../../../scripts/lib/kubectl';
import { main, parseArgs, sayHelp } from '../../../scripts/lib/terminal';
import { Runner } from '../runner';
import { authorityChecks, certificateChecks } from './certificates';
import { dataChecks } from './data';
import { deploy, remove } from './deploy';
import { cutChecks } from './links';
import { networkChecks } from './network';
import { tlsChecks } from './tls';
import { World } from './world';

/** What is checked of a fleet that is up, in this order, and how long it takes on two cores. */
const parts = {
  data: { about: 'targets, replicas, alerts, blocks: 4 min', check: (runner, world) => dataChecks(runner, world) },
  security: { about: 'TLS: 1 min', check: (runner, world) => tlsChecks(runner, world) },
  network: { about: 'who reaches whom: 3 min', check: (runner, world) => networkChecks(runner, world) },
  links: { about: 'a cluster cut off, the observer lost: 11 min', check: (runner, world) => cutChecks(runner, world) },
  certificates: { about: 'renewed under load: 3 min', check: certificateChecks },
  authority: { about: 'a new certificate authority under load: 15 min', check: authorityChecks },
} as const satisfies Record<
  string,
  { readonly about: string; readonly check: (runner: Runner, world: World, file: string) => Promise<void> }
>;
type Part = keyof typeof parts;
const isPart = (name: string): name is Part => name in parts;

const help = `npm run e2e:fleet [-- --without PART …] [--keep] [--cut COMMAND --heal COMMAND]

Brings up the fleet of examples/kind-fleet (or FLEET=path) with npm run up, checks on it what the project promises of fleets
over several Kubernetes clusters, and removes it with its data.

  --without PART  leaves something out, and says so at the end; may be given several times:
${Object.entries(parts)
  .map(([name, { about }]) => `                  ${name.padEnd(13)} ${about}`)
  .join('\n')}

  --keep          leave the fleet running afterwards, to look at
  --cut COMMAND   takes the network of a kind cluster away; {} stands for its name
                  (default: docker network disconnect kind {}-control-plane)
  --heal COMMAND  gives it back (default: docker network connect kind {}-control-plane)`;

/** The fleet as the tests want it: blocks of a minute, so that the bucket has recent data. */
const testFleet = (file: string): Fleet => {
  const fleet = parse(readFileSync(file, 'utf8')) as Fleet;
  const clusters = Object.entries(fleet.clusters).map(([name, c]) => [name, { ...c, blockDuration: '1m', scrapeInterval: '5s' }]);
  return { ...fleet, clusters: Object.fromEntries(clusters) };
};

main(async () => {
  const { values } = parseArgs({
    options: {
      keep: { type: 'boolean' },
      without: { type: 'string', multiple: true, default: [] },
      cut: { type: 'string', default: 'docker network disconnect kind {}-control-plane' },
      heal: { type: 'string', default: 'docker network connect kind {}-control-plane' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    sayHelp(help);
    return 0;
  }
  const { without } = values;
  const unknown = without.find((name) => !isPart(name));
  if (unknown) throw new ToolError(`There is no part ${unknown} to leave out. The parts are ${Object.keys(parts).join(', ')}.`);
  const fleet = testFleet(fleetFile(process.env, 'examples/kind-fleet/fleet.yaml'));
  const world = new World(synthesize(resolveFleet(fleet)), { cut: values.cut, heal: values.heal });
  if (world.remote.length < 2) throw new ToolError('The tests cut one cluster off and look at another: two must be remote.');
  const folder = mkdtempSync(join(tmpdir(), 'e2e-'));
  const file = join(folder, 'fleet.yaml');
  writeFileSync(file, stringify(fleet, { aliasDuplicateObjects: false }));
  const runner = new Runner();
  try {
    if (await deploy(runner, world, file))
      for (const [name, { check }] of Object.entries(parts)) if (!without.includes(name)) await check(runner, world, file);
  } finally {
    world.close();
    if (!values.keep) await remove(file);
    rmSync(folder, { recursive: true, force: true });
  }
  const code = runner.finish();
  for (const name of without.filter(isPart)) console.log(`NOT CHECKED, by --without: ${name} (${parts[name].about})`);
  return code;
});
