// npm run e2e:fleet: a fleet over several Kubernetes clusters, its links cut and its certificates changed.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parse, stringify } from 'yaml';
import { type Fleet, resolveFleet, synthesize } from '../../../charts/fleet';
import { ToolError } from '../../../scripts/lib/kubectl';
import { main } from '../../../scripts/lib/terminal';
import { Runner } from '../runner';
import { certificateChecks } from './certificates';
import { dataChecks } from './data';
import { deploy, remove } from './deploy';
import { cutChecks } from './links';
import { tlsChecks } from './tls';
import { World } from './world';

const help = `npm run e2e:fleet [-- --keep] [--cut COMMAND --heal COMMAND]

Brings up the fleet of examples/kind-fleet (or FLEET=path) with npm run up, checks on it what the project promises of fleets
over several Kubernetes clusters, and removes it with its data.

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
      cut: { type: 'string', default: 'docker network disconnect kind {}-control-plane' },
      heal: { type: 'string', default: 'docker network connect kind {}-control-plane' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  const fleet = testFleet(process.env.FLEET ?? 'examples/kind-fleet/fleet.yaml');
  const world = new World(synthesize(resolveFleet(fleet)), { cut: values.cut, heal: values.heal });
  if (world.remote.length < 2) throw new ToolError('The tests cut one cluster off and look at another: two must be remote.');
  const folder = mkdtempSync(join(tmpdir(), 'e2e-'));
  const file = join(folder, 'fleet.yaml');
  writeFileSync(file, stringify(fleet, { aliasDuplicateObjects: false }));
  const runner = new Runner();
  try {
    if (await deploy(runner, world, file)) {
      await dataChecks(runner, world);
      await tlsChecks(runner, world);
      await cutChecks(runner, world);
      await certificateChecks(runner, world, file);
    }
  } finally {
    world.close();
    if (!values.keep) await remove(file);
    rmSync(folder, { recursive: true, force: true });
  }
  return runner.finish();
});
