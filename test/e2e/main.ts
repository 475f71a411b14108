// npm run e2e: a fleet on a real cluster, and what PromQL and the programs' own APIs answer.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveFleet } from '../../charts/fleet';
import { components, deleteFleet, selector } from '../../scripts/lib/components';
import { fleetFile } from '../../scripts/lib/fleet-file';
import { run } from '../../scripts/lib/kubectl';
import { main, parseArgs, sayHelp } from '../../scripts/lib/terminal';
import { outputFiles, replaceFolder } from '../../scripts/output';
import { alertChecks } from './alerts';
import { bucketChecks } from './bucket';
import { Running, refuseIfPresent, testFleet } from './fleet';
import { metricChecks } from './metrics';
import { planChecks } from './plan';
import { queryChecks } from './queries';
import { deployReceiver, receiverNamespace } from './receiver';
import { runbookChecks } from './runbooks';
import { assert, Runner, until } from './runner';
import { securityChecks } from './security';

const help = `npm run e2e [-- --keep]

Deploys the fleet (fleet.yaml, or FLEET=path) to its Kubernetes cluster, checks on it what the project promises, and
removes it with its data. Needs kubectl and promtool on PATH, and the fleet's context in the kubeconfig.

  --keep  leave the fleet running afterwards, to look at`;

const write = (running: Running): string => {
  const directory = join(mkdtempSync(join(tmpdir(), 'e2e-')), 'dist');
  replaceFolder(directory, outputFiles(running.synthesized));
  return directory;
};

const apply = (running: Running, directory: string): Promise<string> =>
  running.kubectl.run(['apply', '--server-side', '-R', '-f', join(directory, running.topology.observer.kubernetes.name)]);

const deploy = async (runner: Runner, running: Running, directory: string): Promise<boolean> => {
  const { kubectl, fleet, synthesized } = running;
  let started = 0;
  const applied = await runner.check('Deploy', 'one kubectl apply takes everything, in the right order by itself', async () => {
    // the receiver's Secret must be there when Alertmanager starts; the fleet refers to it as a user's would
    const namespaces = synthesized.files.flatMap((f) => f.objects).filter((o) => o.kind === 'Namespace');
    await kubectl.run(['apply', '--server-side', '-f', '-'], {
      input: namespaces.map((n) => JSON.stringify(n)).join('\n---\n'),
    });
    await deployReceiver(kubectl, running.observer);
    started = Date.now();
    return `${(await apply(running, directory)).trim().split('\n').length} objects`;
  });
  if (!applied) return false;
  await runner.check('Deploy', 'a query sees every cluster, deduplicated', async () => {
    await until('an answer with every cluster', async () => {
      const seen = await running.query('count by (cluster) (up{job="prometheus"})');
      for (const c of fleet.clusters) {
        const value = seen.find((s) => s.metric.cluster === c.name)?.value[1];
        assert(Number(value) === c.replicas, `${c.name}: ${value ?? 'no'} series, expected ${c.replicas}`);
      }
    });
    return `${((Date.now() - started) / 1000).toFixed(0)} s after the apply`;
  });
  const ready = await runner.check('Deploy', 'every component becomes ready', async () => {
    const all = await until('readiness', async () => {
      const list = await components(kubectl, fleet.name);
      const open = list.filter((c) => !c.done);
      assert(list.length > 0 && open.length === 0, `not ready: ${open.map((c) => `${c.namespace}/${c.name}`).join(', ')}`);
      return list;
    });
    return `${all.length} components`;
  });
  await runner.check('Deploy', 'a second apply changes nothing', async () => {
    const versions = async () => {
      const kinds =
        'namespaces,serviceaccounts,configmaps,secrets,services,networkpolicies,statefulsets,deployments,daemonsets,horizontalpodautoscalers,poddisruptionbudgets,roles,rolebindings,clusterroles,clusterrolebindings';
      const objects = await kubectl.get([kinds, '-A', '-l', selector(fleet.name)]);
      // generations count changes of what is wanted; objects without one change their version with their content only
      return new Map(
        objects.map((o) => [
          `${o.kind}/${o.metadata.namespace}/${o.metadata.name}`,
          o.metadata.generation ?? o.metadata.resourceVersion,
        ]),
      );
    };
    const before = await versions();
    await apply(running, directory);
    const after = await versions();
    const changed = [...after].filter(([key, version]) => before.get(key) !== version).map(([key]) => key);
    assert(changed.length === 0, `changed: ${changed.join(', ')}`);
    return `${after.size} objects as they were`;
  });
  return ready;
};

const cleanUp = async (running: Running): Promise<void> => {
  running.close();
  const { kubectl, fleet } = running;
  await deleteFleet(kubectl, fleet.name, [receiverNamespace, ...running.namespaces()]);
};

main(async () => {
  const { values } = parseArgs({ options: { keep: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } });
  if (values.help) {
    sayHelp(help);
    return 0;
  }
  const running = new Running(resolveFleet(testFleet(fleetFile())));
  await run('promtool', ['--version']);
  await refuseIfPresent(running);
  const runner = new Runner();
  const directory = write(running);
  try {
    if (await deploy(runner, running, directory)) {
      await planChecks(runner, running);
      const over = await alertChecks(runner, running, () => queryChecks(runner, running));
      await bucketChecks(runner, running, () => securityChecks(runner, running));
      await over();
      await metricChecks(runner, running);
      if (running.fleet.name === 'demo') await runbookChecks(runner, running);
    }
  } finally {
    rmSync(join(directory, '..'), { recursive: true, force: true });
    if (values.keep) running.close();
    else await cleanUp(running);
  }
  return runner.finish();
});

process.on('SIGINT', () => {
  writeFileSync(2, 'Interrupted: what was deployed is still there; npm run down -- --volumes removes it.\n');
  process.exit(130);
});
