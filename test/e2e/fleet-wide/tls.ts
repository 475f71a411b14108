// Nobody without the fleet's certificates, and each server only under its own name.
import { X509Certificate } from 'node:crypto';
import { certificates } from '../../../charts/exposure';
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
      `sidecars of ${cluster.cluster.name}: a foreign, a missing and a server's certificate are refused, TLS 1.2 and plaintext`,
      async () => {
        for (let i = 0; i < cluster.workload.replicas; i++) {
          const port = await world.portOf(cluster.grpc, i);
          const shown = await shakeHands(port, name, querier);
          assert(shown.subjectaltname === `DNS:${name}`, `it shows ${shown.subjectaltname}`);
          await refused('a certificate of a foreign CA', shakeHands(port, name, stranger));
          await refused('a client without a certificate', shakeHands(port, name, { ca: querier.ca }));
          await refused('a client of TLS 1.2', shakeHands(port, name, { ...querier, maxVersion: 'TLSv1.2' }));
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
    await refused('a client of TLS 1.2', ask({ ...rulerIdentity, maxVersion: 'TLSv1.2' }));
    assert(!(await answersPlaintext(port)), 'it answers plaintext');
    return name;
  });
  const { objectStore } = world.topology;
  if (objectStore?.tls)
    await runner.check(area, 'object store: nobody without credentials, and no plaintext', async () => {
      const port = await world.portOf(objectStore.s3, 0);
      const name = objectStore.s3.serverName as string;
      const list = get(port, '/thanos?list-type=2', name, { ca: querier.ca });
      const said = await list.then(
        (text) => text,
        (error: Error) => error.message,
      );
      assert(/^403 .*AccessDenied/s.test(said), `without credentials it says ${said.slice(0, 200)}`);
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
};
