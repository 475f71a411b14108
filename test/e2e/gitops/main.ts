// npm run e2e:gitops: a fleet that Argo CD deploys from git, changed and mended by nothing but git.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type Fleet, resolveFleet, type Synthesized, synthesize } from '../../../charts/fleet';
import { gitopsFile } from '../../../charts/gitops';
import { certificateFleet } from '../../../scripts/certificates/fleet';
import { keepCertificates } from '../../../scripts/certificates/keep';
import { deleteFleet, fleetNamespaces } from '../../../scripts/lib/components';
import { each } from '../../../scripts/lib/each';
import { Kubectl, type KubeObject, run, ToolError } from '../../../scripts/lib/kubectl';
import { nodeAddresses } from '../../../scripts/lib/node-addresses';
import { main, parseArgs, sayHelp } from '../../../scripts/lib/terminal';
import { type OutputFile, outputFiles } from '../../../scripts/output';
import { underLoad, World } from '../fleet-wide/world';
import { assert, Runner, until } from '../runner';

const help = `npm run e2e:gitops -- --repo URL --push COMMAND [--keep]

Lets Argo CD bring up the fleet (fleet.yaml, or FLEET=path) from a git repository, changes it there, and checks what becomes of
it. Argo CD must run in the observer's Kubernetes cluster, in the namespace argocd, and reach the repository.

  --repo URL      the repository, as Argo CD reaches it
  --push COMMAND  makes the content of the folder {} that of its branch main
  --keep          leave the fleet running afterwards, to look at`;

const area = 'GitOps';

type Cluster = Fleet['clusters'][string];
type Exposed = Pick<Cluster, 'expose'>;

/** A cluster that is there to be taken out again; the last by name, since ports on localhost are given in that order. */
const guest = 'visitor';

/** A fleet that is nowhere but in git: the repository, and the addresses of nodes, which `npm run up` would have looked up. */
const inGit = async (fleet: Fleet, repo: string): Promise<Fleet> => {
  const contexts = new Map(resolveFleet(fleet).kubernetes.map((k) => [k.name, k.context]));
  const addressed = async <T extends Exposed>(part: T, kubernetes: string): Promise<T> => {
    const { expose } = part;
    if (!expose?.nodePort || expose.nodePort.address) return part;
    const [address] = nodeAddresses(await new Kubectl(contexts.get(kubernetes) ?? kubernetes).get(['nodes']));
    return { ...part, expose: { ...expose, nodePort: { ...expose.nodePort, address } } };
  };
  const home = fleet.observer.in;
  return {
    ...fleet,
    gitops: { argocd: { repo, path: '.' } },
    objectStore: fleet.objectStore.type === 'embedded' ? await addressed(fleet.objectStore, home) : fleet.objectStore,
    observer: await addressed(fleet.observer, home),
    clusters: {
      [guest]: { in: home },
      ...Object.fromEntries(
        await each(Object.keys(fleet.clusters), async (name): Promise<[string, Cluster]> => {
          const cluster = fleet.clusters[name] as Cluster;
          return [name, await addressed(cluster, cluster.in)];
        }),
      ),
    },
  };
};

class Repository {
  private readonly folder = mkdtempSync(join(tmpdir(), 'e2e-gitops-'));

  constructor(private readonly command: string) {}

  async push(synthesized: Synthesized, more: readonly OutputFile[] = []): Promise<void> {
    rmSync(this.folder, { recursive: true, force: true });
    for (const { path, text } of [...outputFiles(synthesized), ...more]) {
      mkdirSync(join(this.folder, path, '..'), { recursive: true });
      writeFileSync(join(this.folder, path), text);
    }
    await run('sh', ['-c', this.command.replaceAll('{}', this.folder)]);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Label selector of what is the fleet's. */
const label = (world: World): string => `app.kubernetes.io/instance=${world.fleet.name}`;

const applications = (world: World): Promise<KubeObject[]> =>
  world.kubectl().get(['applications.argoproj.io', '-n', 'argocd', '-l', label(world)]);

const refreshAnnotation = 'argocd.argoproj.io/refresh';

/** Waits until every Application is synced to what is in git now, and healthy. */
const settled = async (world: World, since: number): Promise<string> => {
  await until('Argo CD', async () => {
    const all = await applications(world);
    assert(all.length === world.fleet.kubernetes.length, `${all.length} Applications`);
    for (const a of all) {
      const { sync, health, conditions, reconciledAt, operationState } = a.status ?? {};
      const why = [...(conditions ?? []).map((c: KubeObject) => c.message), operationState?.message].filter(Boolean).join('; ');
      const seen = `${a.metadata.name}: ${sync?.status}, ${health?.status}${why ? ` (${why.slice(0, 300)})` : ''}`;
      // Argo CD takes the annotation away when it has looked; a look just before may be as late as this one by the second
      const asked = a.metadata.annotations?.[refreshAnnotation] !== undefined;
      assert(!asked && Date.parse(reconciledAt ?? '') > since, `${a.metadata.name} has not looked yet`);
      assert(sync?.status === 'Synced' && health?.status === 'Healthy' && operationState?.phase !== 'Running', seen);
    }
  });
  return `${Math.round((Date.now() - since) / 1000)} s`;
};

/** Asks Argo CD to look at git now. */
const refresh = async (world: World): Promise<number> => {
  const now = Math.floor(Date.now() / 1000) * 1000 - 1000;
  const names = (await applications(world)).map((a) => a.metadata.name);
  await world
    .kubectl()
    .run(['annotate', 'applications.argoproj.io', '-n', 'argocd', '--overwrite', ...names, `${refreshAnnotation}=hard`]);
  return now;
};

main(async () => {
  const { values } = parseArgs({
    options: {
      repo: { type: 'string' },
      push: { type: 'string' },
      keep: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help || !values.repo || !values.push) {
    sayHelp(help);
    return values.help ? 0 : 2;
  }
  const fleet = await inGit(parse(readFileSync(process.env.FLEET ?? 'fleet.yaml', 'utf8')) as Fleet, values.repo);
  const worldOf = (f: Fleet) => new World(synthesize(resolveFleet(f)), { cut: 'false', heal: 'false' });
  const world = worldOf(fleet);
  const runner = new Runner();
  const repository = new Repository(values.push);
  const kubectl = world.kubectl();
  await kubectl.run(['get', 'crd', 'applications.argoproj.io']).catch(() => {
    throw new ToolError(`There is no Argo CD in ${kubectl.context}: https://argo-cd.readthedocs.io/en/stable/getting_started/`);
  });
  try {
    await runner.check(area, 'from an empty cluster to synced and healthy, by one apply of the Applications', async () => {
      const certificates = certificateFleet(world.synthesized);
      if (certificates) await keepCertificates(certificates);
      await repository.push(world.synthesized);
      const started = Date.now();
      await kubectl.run(['apply', '--server-side', '-f', '-'], { input: gitopsFile(world.synthesized)?.text });
      return settled(world, started - 1000);
    });
    await runner.check(area, 'one query sees all clusters', async () => {
      await until('every cluster', async () => {
        const seen = await world.query('count by (cluster) (up{job="prometheus"})');
        assert(seen.length === world.fleet.clusters.length, `${seen.length} clusters`);
      });
      return `${world.fleet.clusters.length} clusters`;
    });
    await runner.check(area, 'a second look finds nothing to sync', async () => {
      const operations = async () => (await applications(world)).map((a) => a.status.operationState?.finishedAt);
      const before = await operations();
      await settled(world, await refresh(world));
      await settled(world, await refresh(world));
      assert(JSON.stringify(await operations()) === JSON.stringify(before), 'it synced again');
      return `${before.length} Applications as they were`;
    });
    await runner.check(area, 'what is changed or deleted by hand is mended', async () => {
      const { namespace } = world.fleet.observer;
      const { query, queryFrontend } = world.topology.observer;
      const started = Date.now();
      await kubectl.run(['scale', 'deployment', query.workload.name, '-n', namespace, '--replicas=0']);
      await kubectl.run(['delete', 'service', queryFrontend.workload.name, '-n', namespace]);
      await until('it to be mended', async () => {
        const [deployment] = await kubectl.get(['deployment', query.workload.name, '-n', namespace]);
        assert(deployment.spec.replicas === query.workload.replicas, `${deployment.spec.replicas} replicas`);
        const services = await kubectl.get(['service', queryFrontend.workload.name, '-n', namespace, '--ignore-not-found']);
        assert(services.length === 1, 'the Service is gone');
        assert((deployment.status.readyReplicas ?? 0) === query.workload.replicas, 'not ready yet');
      });
      return `${Math.round((Date.now() - started) / 1000)} s`;
    });
    await runner.check(area, 'what the project does not allow is refused, and nothing else is held up for good', async () => {
      const intruder = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'intruder', namespace: 'default' } };
      await repository.push(world.synthesized, [
        { path: `${world.fleet.observer.in}/intruder.k8s.yaml`, text: JSON.stringify(intruder) },
      ]);
      const since = await refresh(world);
      const said = await until('the refusal', async () => {
        const all = await applications(world);
        const words = all.flatMap((a) => [
          ...(a.status.conditions ?? []).map((c: KubeObject) => c.message as string),
          ...(a.status.operationState?.syncResult?.resources ?? []).map((r: KubeObject) => r.message as string),
          a.status.operationState?.message as string,
        ]);
        const refusal = words.find((word) => /not permitted in project/.test(word ?? ''));
        assert(refusal, 'nothing was refused');
        return refusal;
      });
      const found = await kubectl.get(['configmap', 'intruder', '-n', 'default', '--ignore-not-found']);
      assert(found.length === 0, 'the ConfigMap is there');
      await repository.push(world.synthesized);
      await settled(world, Math.max(since, await refresh(world)));
      return said.slice(0, 120);
    });
    await runner.check(area, 'an upgrade is synced without a failed query', async () => {
      // settings that roll the querier, the query-frontend and the store gateway, as another image would
      const parts = ['query', 'queryFrontend', 'store'] as const;
      const more = Object.fromEntries(
        parts.map((part) => [part, { ...(fleet.observer[part] as object), resources: { cpu: '30m', memory: '600Mi' } }]),
      );
      const upgraded = worldOf({ ...fleet, observer: { ...fleet.observer, ...more } });
      const { asked, warned } = await underLoad(world, 'count by (cluster) (up)', async () => {
        await repository.push(upgraded.synthesized);
        await settled(world, await refresh(world));
      });
      const [deployment] = await kubectl.get([
        'deployment',
        world.topology.observer.query.workload.name,
        '-n',
        world.fleet.observer.namespace,
      ]);
      assert(deployment.spec.template.spec.containers[0].resources.limits.memory === '600Mi', 'the querier is as it was');
      assert(warned === 0, `${warned} of ${asked} answers were not whole`);
      upgraded.close();
      return `${asked} queries, 0 failed`;
    });
    await runner.check(area, 'a cluster that is no longer in git is taken away, its volumes stay', async () => {
      const gone = world.topology.clusters.find((c) => c.cluster.name === guest);
      if (!gone) throw new Error(`the fleet has no cluster ${guest}`);
      const { [gone.cluster.name]: _, ...rest } = fleet.clusters;
      const there = world.kubectl(gone.workload.kubernetes);
      const { namespace } = gone.workload;
      const claims = async () => (await there.get(['pvc', '-n', namespace])).map((c) => c.metadata.name).sort();
      // what Argo CD made; npm run certs has its own objects there
      const managed = async () => {
        const all = await there.get(['statefulsets,services,configmaps', '-n', namespace, '-l', label(world)]);
        return all.filter((o) => o.metadata.annotations?.['argocd.argoproj.io/tracking-id']).map((o) => o.metadata.name);
      };
      const before = await claims();
      assert((await managed()).length > 0, 'Argo CD made nothing there');
      const smaller = worldOf({ ...fleet, clusters: rest });
      await repository.push(smaller.synthesized);
      await refresh(world);
      await until('it to go', async () => {
        const left = await managed();
        assert(left.length === 0, `left: ${left.join(', ')}`);
      });
      const all = await until('Argo CD to be content', async () => {
        const apps = await applications(world);
        for (const a of apps) assert(a.status.sync.status === 'Synced', `${a.metadata.name}: ${a.status.sync.status}`);
        return apps;
      });
      assert(JSON.stringify(await claims()) === JSON.stringify(before) && before.length > 0, 'volumes are gone');
      smaller.close();
      return `${gone.cluster.name}: ${before.length} volumes kept, ${all.length} Applications synced`;
    });
    await runner.check(area, 'Applications that are deleted with what they made leave namespaces and volumes', async () => {
      const kept = async () => {
        const each = await Promise.all(
          world.fleet.kubernetes.map(async (k) => {
            const claims = (await world.kubectl(k.name).get(['pvc', '-A'])).map(
              (c) => `${c.metadata.namespace}/${c.metadata.name}`,
            );
            const namespaces = (await world.kubectl(k.name).get(['namespaces', '-l', label(world)])).map((n) => n.metadata.name);
            return [...claims, ...namespaces].sort();
          }),
        );
        return each.flat();
      };
      const before = await kept();
      const names = (await applications(world)).map((a) => a.metadata.name);
      const finalizers = { metadata: { finalizers: ['resources-finalizer.argocd.argoproj.io'] } };
      for (const name of names)
        await kubectl.run([
          ...['patch', 'applications.argoproj.io', name, '-n', 'argocd', '--type=merge', '-p'],
          JSON.stringify(finalizers),
        ]);
      await kubectl.run(['delete', 'applications.argoproj.io', '-n', 'argocd', ...names]);
      for (const k of world.fleet.kubernetes) {
        const left = await world.kubectl(k.name).get(['statefulsets,deployments,daemonsets,services', '-A', '-l', label(world)]);
        assert(left.length === 0, `${left.length} objects are left in ${k.name}`);
      }
      assert(JSON.stringify(await kept()) === JSON.stringify(before), 'volumes or namespaces are gone');
      return `${before.length} volumes and namespaces left`;
    });
  } finally {
    world.close();
    repository.remove();
    if (!values.keep) await remove(world);
  }
  return runner.finish();
});

/** Takes away Applications, namespaces and what is cluster-wide. */
const remove = async (world: World): Promise<void> => {
  await world.kubectl().run(['delete', 'applications.argoproj.io,appprojects.argoproj.io', '-n', 'argocd', '-l', label(world)]);
  await each(world.fleet.kubernetes, (k) =>
    deleteFleet(world.kubectl(k.name), world.fleet.name, fleetNamespaces(world.topology, k.name)),
  );
};
