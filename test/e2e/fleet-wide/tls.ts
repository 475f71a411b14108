// Nobody without the fleet's certificates, and each server only under its own name.
import { X509Certificate } from 'node:crypto';
import { certificates } from '../../../charts/exposure';
import { nodesService } from '../../../charts/kit/wiring';
import { day, makeAuthority, makeLeaf } from '../../../scripts/certificates/x509';
import { assert, type Runner } from '../runner';
import { answersPlaintext, get, type Identity, shakeHands, type World } from './world';

const area = 'Security';

/** A client of another authority that trusts the fleet's servers. */
const makeStranger = async (ca: string): Promise<Identity> => {
  const now = new Date();
  const authority = await makeAuthority('stranger', now, day);
  const { certificate, key } = await makeLeaf(authority, ['thanos-query.stranger'], ['client auth'], now, day);
  return { cert: certificate, key, ca };
};

const refused = async (what: string, attempt: Promise<unknown>): Promise<void> => {
  const error = await attempt.then(
    () => undefined,
    (e: Error) => e,
  );
  assert(error, `${what} was let in`);
};

export const tlsChecks = async (runner: Runner, world: World): Promise<void> => {
  const { query, alertmanager, ruler } = world.topology.observer;
  if (!query.clientTls || !ruler.clientTls) throw new Error('the fleet has no certificates');
  const querier = await world.identity(query.clientTls);
  const rulerIdentity = await world.identity(ruler.clientTls);
  const stranger = await makeStranger(querier.ca);

  for (const cluster of world.remote) {
    const name = cluster.grpc.serverName as string;
    await runner.check(
      area,
      `sidecars of ${cluster.cluster.name}: a foreign, a missing and a server's certificate are refused, and plaintext`,
      async () => {
        for (let i = 0; i < cluster.workload.replicas; i++) {
          const port = await world.portOf(cluster.grpc, i);
          const shown = await shakeHands(port, name, querier);
          assert(shown.subjectaltname === `DNS:${name}`, `it shows ${shown.subjectaltname}`);
          await refused('a certificate of a foreign CA', shakeHands(port, name, stranger));
          await refused('a client without a certificate', shakeHands(port, name, { ca: querier.ca }));
          if (cluster.sidecarTls)
            await refused("a server's certificate", shakeHands(port, name, await world.identity(cluster.sidecarTls)));
          assert(!(await answersPlaintext(port)), 'it answers plaintext');
        }
        return `${cluster.workload.replicas} replicas as ${name}`;
      },
    );
  }
  await runner.check(area, 'the certificate of one cluster is not accepted for another', async () => {
    const [one, other] = world.remote;
    if (!one || !other) throw new Error('two remote clusters are needed');
    await refused(
      `${one.cluster.name} as ${other.cluster.name}`,
      shakeHands(await world.portOf(one.grpc, 0), other.grpc.serverName as string, querier),
    );
    return `${one.grpc.serverName} is not ${other.grpc.serverName}`;
  });
  await runner.check(area, 'Alertmanager: nobody without a certificate of the fleet', async () => {
    const port = await world.portOf(alertmanager.http, 0);
    const name = alertmanager.http.serverName as string;
    const ask = (identity: Identity) => get(port, '/api/v2/status', name, identity);
    await ask(rulerIdentity);
    await refused('a certificate of a foreign CA', ask(stranger));
    await refused('a client without a certificate', ask({ ca: rulerIdentity.ca }));
    assert(!(await answersPlaintext(port)), 'it answers plaintext');
    return name;
  });
  await runner.check(area, 'no two certificates share a key, and each says what it is for', async () => {
    const all = certificates(world.topology);
    const keys = new Set<string>();
    for (const c of all) {
      const parsed = new X509Certificate((await world.identity(c)).cert);
      keys.add(parsed.publicKey.export({ type: 'spki', format: 'pem' }).toString());
      const usages = c.usages.map((u) => (u === 'server auth' ? '1.3.6.1.5.5.7.3.1' : '1.3.6.1.5.5.7.3.2'));
      assert(JSON.stringify(parsed.keyUsage) === JSON.stringify(usages), `${c.secret}: ${parsed.keyUsage}`);
    }
    assert(keys.size === all.length, `${keys.size} keys of ${all.length} certificates`);
    return `${all.length} certificates`;
  });
  await runner.check(area, 'of the observer, only the querier may go to the sidecars', async () => {
    const { fleet } = world;
    const { stores, grafana } = world.topology.observer;
    const ways = world.remote.flatMap((c) => (c.cluster.expose?.addresses ?? []).map((a) => ({ c, a })));
    const tried = (pod: string, container: string, host: string, port: number) =>
      world
        .kubectl()
        .exec(fleet.observer.namespace, pod, container, [
          'sh',
          '-c',
          `echo | timeout 3 nc ${host} ${port} >/dev/null 2>&1; echo $?`,
        ]);
    const pods = await world.kubectl().get(['pods', '-n', fleet.observer.namespace]);
    const podOf = (name: string): string => pods.find((p) => p.metadata.labels['app.kubernetes.io/name'] === name)?.metadata.name;
    for (const { c, a } of ways) {
      const host = a.host ?? `${nodesService(c.workload.kubernetes)}.${fleet.observer.namespace}.svc.cluster.local`;
      const code = async ({ workload }: { workload: { name: string } }) =>
        (await tried(podOf(workload.name), workload.name, host, a.port ?? c.grpc.port.number)).trim();
      assert((await code(query)) === '0', `the querier does not reach ${c.cluster.name}`);
      for (const other of [...stores, grafana])
        assert((await code(other)) !== '0', `${other.workload.name} reaches ${c.cluster.name}`);
    }
    return `${ways.length} exposed ports`;
  });
};
