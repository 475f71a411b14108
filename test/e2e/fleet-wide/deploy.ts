// Up and down, as a user does it.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { ToolError } from '../../../scripts/lib/kubectl';
import { assert, type Runner, until } from '../runner';
import type { World } from './world';

/** Runs one of the project's commands on a fleet file, in that file's folder so that nothing else is written. */
export const command = (file: string, script: string, ...args: string[]): Promise<string> =>
  new Promise((done, fail) => {
    const root = process.cwd();
    const child = spawn(process.execPath, [join(root, 'scripts/run.cjs'), join(root, `scripts/${script}.ts`), ...args], {
      cwd: dirname(file),
      env: { ...process.env, FLEET: file },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        said += chunk;
      });
    child.on('close', (code) => (code === 0 ? done(said) : fail(new ToolError(`${script} ended with ${code}\n${said}`))));
  });

const area = 'Deploy';

export const deploy = async (runner: Runner, world: World, file: string): Promise<boolean> => {
  const up = await runner.check(area, 'npm run up brings up every Kubernetes cluster, certificates included', async () => {
    const said = await command(file, 'up');
    assert(/healthy: \d+ checks/.test(said), said);
    return said.match(/healthy: .*/)?.[0] ?? '';
  });
  if (!up) return false;
  await runner.check(area, 'a second up changes nothing', async () => {
    const said = await command(file, 'up');
    assert(!/removed|issued/.test(said), said);
    return `healthy again`;
  });
  return runner.check(area, 'one query sees all clusters, deduplicated', async () => {
    await until('every cluster', async () => {
      const seen = await world.query('count by (cluster) (up{job="prometheus"})');
      for (const c of world.fleet.clusters) {
        const value = seen.find((s) => s.metric.cluster === c.name)?.value[1];
        assert(Number(value) === c.replicas, `${c.name}: ${value ?? 'no'} series, expected ${c.replicas}`);
      }
    });
    return `${world.fleet.clusters.length} clusters in ${world.fleet.kubernetes.length} Kubernetes clusters`;
  });
};

/** Takes the fleet away, with its data. */
export const remove = (file: string): Promise<string> => command(file, 'down', '--volumes');
