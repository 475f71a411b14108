// Every part is replaced, pod by pod, while queries go on.
import type { Running } from '../fleet';
import type { Answers } from '../load';
import { assert, type Runner } from '../runner';
import { loadOf, type Old, objectOf, oldPodsGone, type Part, parts } from './parts';

export interface Timing {
  readonly what: string;
  readonly seconds: number;
  readonly answers: Answers;
}

const roll = async (running: Running, { workloads }: Part): Promise<void> => {
  for (const w of workloads) await running.kubectl.run(['rollout', 'restart', objectOf(running, w), '-n', w.namespace]);
  for (const w of workloads)
    await running.kubectl.run(['rollout', 'status', objectOf(running, w), '-n', w.namespace, '--timeout=900s']);
  for (const namespace of new Set(workloads.map((w) => w.namespace))) await oldPodsGone(running, namespace);
};

const uids = async (running: Running, { workloads }: Part): Promise<string[]> =>
  (await Promise.all(workloads.map((w) => running.podsOf(w)))).flat().map((p) => p.metadata.uid as string);

export const rollChecks = async (runner: Runner, running: Running, old: readonly Old[]): Promise<Timing[]> => {
  const timings: Timing[] = [];
  for (const part of parts(running)) {
    if (part.workloads.length === 0) continue;
    await runner.check('Upgrade', `${part.title}: every pod replaced, every query answered in full`, async () => {
      const before = await uids(running, part);
      const queries = loadOf(running, old);
      const started = Date.now();
      let answers: Answers;
      try {
        await roll(running, part);
      } finally {
        answers = await queries.stop();
      }
      const seconds = (Date.now() - started) / 1000;
      timings.push({ what: part.title, seconds, answers });
      const after = await uids(running, part);
      assert(before.length > 0 && !after.some((uid) => before.includes(uid)), 'a pod is still there');
      assert(answers.failed.length === 0, `${answers.failed.length} of ${answers.asked} queries failed: ${answers.failed[0]}`);
      assert(
        answers.warned.length === 0,
        `${answers.warned.length} of ${answers.asked} answers with a warning: ${answers.warned[0]}`,
      );
      return `${after.length} pods in ${seconds.toFixed(0)} s; ${answers.asked} queries, 0 failed, slowest ${answers.slowest.toFixed(1)} s`;
    });
  }
  return timings;
};
