// npm run e2e:ha: a fleet as it is on EKS, on three nodes: its data path, every part replaced and nodes lost under a load of queries.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { resolveFleet } from '../../../charts/fleet';
import { fleetFile } from '../../../scripts/lib/fleet-file';
import { run } from '../../../scripts/lib/kubectl';
import { main, parseArgs, sayHelp, table } from '../../../scripts/lib/terminal';
import { alertChecks } from '../alerts';
import { bucketChecks } from '../bucket';
import { Running, refuseIfPresent, testFleet } from '../fleet';
import { remove } from '../fleet-wide/deploy';
import { queryChecks } from '../queries';
import { Runner } from '../runner';
import { onceChecks } from './alerts';
import { removeCloud } from './cloud';
import { chooseNodes, deploy } from './deploy';
import { drainChecks, lossChecks, spreadChecks } from './nodes';
import { rollChecks, type Timing } from './rolls';
import { shardChecks } from './shards';

const help = `npm run e2e:ha [-- --keep] [--cut COMMAND --heal COMMAND]

Brings up the fleet of test/e2e/ha/fleet.yaml (or FLEET=path) with npm run up on a cluster of three nodes in three zones, checks
its data path, replaces every part and takes nodes away while queries go on, and removes it with its data. Such a cluster:
kind create cluster --config examples/ha/dist/kind.kind.yaml. Needs kubectl and promtool on PATH.

  --keep          leave the fleet running afterwards, to look at
  --cut COMMAND   takes a node's network away; {} stands for its name (default: docker network disconnect kind {})
  --heal COMMAND  gives it back (default: docker network connect kind {})`;

const timingsTable = (timings: readonly Timing[]): string =>
  table(
    ['What happened', 'Seconds', 'Queries', 'Failed', 'With a warning', 'Slowest'],
    timings.map(({ what, seconds, answers: a }) => [
      what,
      seconds.toFixed(0),
      String(a.asked),
      String(a.failed.length),
      String(a.warned.length),
      `${a.slowest.toFixed(1)} s`,
    ]),
  );

main(async () => {
  const { values } = parseArgs({
    options: {
      keep: { type: 'boolean' },
      cut: { type: 'string', default: 'docker network disconnect kind {}' },
      heal: { type: 'string', default: 'docker network connect kind {}' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    sayHelp(help);
    return 0;
  }
  const fleet = testFleet(fleetFile(process.env, 'test/e2e/ha/fleet.yaml'));
  const running = new Running(resolveFleet(fleet));
  await run('promtool', ['--version']);
  const { stays, goes } = await chooseNodes(running);
  await refuseIfPresent(running);
  const folder = mkdtempSync(join(tmpdir(), 'e2e-ha-'));
  const file = join(folder, 'fleet.yaml');
  writeFileSync(file, stringify(fleet, { aliasDuplicateObjects: false }));
  const runner = new Runner();
  const timings: Timing[] = [];
  try {
    if (await deploy(runner, running, file, stays)) {
      await spreadChecks(runner, running);
      const old = await shardChecks(runner, running);
      const over = await alertChecks(runner, running, () => queryChecks(runner, running));
      await bucketChecks(runner, running, () => onceChecks(runner, running));
      await over();
      timings.push(...(await rollChecks(runner, running, old)));
      timings.push(...(await drainChecks(runner, running, old, goes)));
      timings.push(...(await lossChecks(runner, running, old, goes, values)));
      await spreadChecks(runner, running);
    }
  } finally {
    running.close();
    if (!values.keep) {
      await remove(file);
      await removeCloud(running);
    }
    rmSync(folder, { recursive: true, force: true });
  }
  const code = runner.finish();
  console.log(timingsTable(timings));
  return code;
});
