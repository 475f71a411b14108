// Certificates and authorities change while queries go on.
import { expiryMetric } from '../../../charts/config/certificates';
import { certificates } from '../../../charts/exposure';
import { assert, type Runner, until } from '../runner';
import { command } from './deploy';
import { shakeHands, underLoad, type World } from './world';

const area = 'Certificates';
const everything = 'count by (cluster) (up)';

/** Serial number of the certificate that each remote sidecar shows. */
const serials = async (world: World): Promise<string[]> => {
  const { clientTls } = world.topology.observer.query;
  if (!clientTls) throw new Error('the fleet has no certificates');
  const identity = await world.identity(clientTls);
  const found: string[] = [];
  for (const c of world.remote)
    for (let i = 0; i < c.workload.replicas; i++)
      found.push((await shakeHands(await world.portOf(c.grpc, i), c.grpc.serverName as string, identity)).serialNumber);
  return found;
};

/** When the containers of the remote pairs were started. */
const starts = async (world: World): Promise<string> => {
  const pods = await Promise.all(
    world.remote.map((c) => world.kubectl(c.workload.kubernetes).get(['pods', '-n', c.workload.namespace])),
  );
  // biome-ignore lint/suspicious/noExplicitAny: pods as the API gives them
  return JSON.stringify(pods.flat().map((p) => p.status.containerStatuses.map((s: any) => s.state.running?.startedAt)));
};

export const certificateChecks = async (runner: Runner, world: World, file: string): Promise<void> => {
  await runner.check(area, 'a second npm run certs changes nothing', async () => {
    const said = await command(file, 'certs');
    assert(/nothing to be done/.test(said), said);
    return `${certificates(world.topology).length} certificates`;
  });
  await runner.check(area, 'Prometheus knows when each of them ends', async () => {
    const all = certificates(world.topology);
    await until('the end of each', async () => {
      const known = await world.query(expiryMetric);
      const missing = all.filter((c) => !known.some((s) => s.metric.secret === c.secret && s.metric.kubernetes === c.kubernetes));
      assert(missing.length === 0, missing.map((c) => `${c.kubernetes} ${c.secret}`).join(', '));
    });
    const first = await world.number(`min(${expiryMetric} - time()) / 86400`);
    assert(first && first > 59, `the first ends in ${first} days`);
    return `the first ends in ${first.toFixed(1)} days`;
  });
  await runner.check(area, 'renewed without a restart, without a failed query', async () => {
    const [before, started] = [await serials(world), await starts(world)];
    const began = Date.now();
    const { asked, warned } = await underLoad(world, everything, async () => {
      await command(file, 'certs', '--renew');
      await until('the new certificates in use', async () => {
        const now = await serials(world);
        const old = now.filter((serial) => before.includes(serial));
        assert(old.length === 0, `${old.length} of ${now.length} are old`);
      });
    });
    assert((await starts(world)) === started, 'a pod was restarted');
    assert(warned === 0, `${warned} of ${asked} answers were not whole`);
    return `${asked} queries, 0 failed, in use after ${Math.round((Date.now() - began) / 1000)} s`;
  });
};

/** Takes a quarter of an hour, since each pair is restarted twice. */
export const authorityChecks = async (runner: Runner, world: World, file: string): Promise<void> => {
  await runner.check(area, 'the authority changed without a failed query', async () => {
    const { clientTls } = world.topology.observer.query;
    if (!clientTls) throw new Error('the fleet has no certificates');
    const before = (await world.identity(clientTls)).ca;
    const began = Date.now();
    const { asked, warned } = await underLoad(world, everything, async () => {
      await command(file, 'certs', '--rotate-ca');
    });
    const after = (await world.identity(clientTls)).ca;
    assert(!after.includes(before.trim()) && after.match(/BEGIN/g)?.length === 1, 'the old authority is still trusted');
    return `${asked} queries, 0 failed, ${warned} while a replica was away; ${Math.round((Date.now() - began) / 1000)} s`;
  });
};
