// The plan against the cluster itself: nothing after an apply, and everything that a change would do before it.
import { livePlan } from '../../scripts/plan/live';
import { keyOf, objectsOf } from '../../scripts/plan/objects';
import type { Running } from './fleet';
import { assert, type Runner } from './runner';

export const planChecks = async (runner: Runner, running: Running): Promise<void> => {
  const { kubectl, fleet, synthesized, topology } = running;
  const { name } = topology.observer.kubernetes;
  const desired = objectsOf(synthesized, name);
  await runner.check('Plan', 'a plan against the cluster has nothing to change after the apply', async () => {
    const { changes } = await livePlan(kubectl, name, fleet.name, desired);
    assert(changes.length === 0, `it would change ${changes.map(keyOf).join(', ')}`);
    return `${desired.length} objects tried`;
  });
  await runner.check('Plan', 'what the API server refuses and what is at risk is told before it is applied', async () => {
    const set = desired.find((o) => o.kind === 'StatefulSet' && o.spec.volumeClaimTemplates.length > 0);
    const claim = set?.spec.volumeClaimTemplates[0];
    claim.spec.resources.requests.storage = '512Mi';
    const plan = await livePlan(kubectl, name, fleet.name, desired);
    const { refused, risks } = plan;
    assert(refused.length === 1 && refused[0]?.name === set?.metadata.name, `refused: ${JSON.stringify(refused)}`);
    assert(refused[0]?.problem.includes('Forbidden'), `the words of the API server are missing: ${refused[0]?.problem}`);
    assert(risks.map((r) => r.code).join() === 'volume-shrunk', `at risk: ${risks.map((r) => r.code).join()}`);
    return refused[0]?.remedy ?? '';
  });
};
