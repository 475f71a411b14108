// npm run plan: what a change of the fleet file does to every Kubernetes cluster, before it is applied.
import { loadFleet, type Manifest, synthesize } from '../charts/fleet';
import { refuse, unreachable } from './lib/contexts';
import { fleetFile } from './lib/fleet-file';
import { Kubectl, ToolError } from './lib/kubectl';
import { main, parseArgs, progress, sayHelp } from './lib/terminal';
import { fleetNameIn, outputFiles, outputFolder } from './output';
import { commitOf, committedFiles, isManifest, objectsIn } from './plan/committed';
import { livePlan } from './plan/live';
import { objectsOf } from './plan/objects';
import { type KubernetesPlan, planOf } from './plan/plan';
import { planText } from './plan/print';

const help = `npm run plan [-- --base COMMIT | --live] [--json]

Says what the fleet file (fleet.yaml, or FLEET=path) changes in every Kubernetes cluster: what is
created, changed and deleted, which pods start anew and why, what Kubernetes will refuse and the
way out, and what data is at risk. Writes nothing. CDK8S_OUTDIR=folder is for a fleet that is not
in dist/.

  --base COMMIT  compare with dist/ of the commit where this branch left that one (default: of HEAD);
                 in CI of a change: the branch that it goes to
  --live         compare with the clusters themselves, by a dry run of the API server (contexts as
                 in the fleet file)
  --json         everything, for programs

Exit code: 0 nothing changes, 1 something changes, 3 data is at risk, 4 Kubernetes will refuse
something, 2 no plan could be made.`;

/** The worst that a plan says decides. */
const exitCode = (plans: readonly KubernetesPlan[], files: readonly string[]): number => {
  if (plans.some((p) => p.refused.length > 0)) return 4;
  if (plans.some((p) => p.risks.length > 0)) return 3;
  return files.length > 0 || plans.some((p) => p.changes.length > 0) ? 1 : 0;
};

main(async () => {
  const { values } = parseArgs({
    options: {
      base: { type: 'string' },
      live: { type: 'boolean' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    sayHelp(help);
    return 0;
  }
  if (values.base !== undefined && values.live)
    throw new ToolError('--base and --live are two things to compare with: give one.');
  const file = fleetFile();
  const fleet = loadFleet(file);
  const synthesized = synthesize(fleet);
  const plans: KubernetesPlan[] = [];
  const otherFiles: string[] = [];
  let against = 'what is in its Kubernetes clusters';
  if (values.live) {
    refuse(await unreachable(fleet.kubernetes));
    for (const k of fleet.kubernetes) {
      const desired = objectsOf(synthesized, k.name);
      if (!values.json) progress.show(`Trying ${desired.length} objects in ${k.context} …`);
      plans.push(await livePlan(new Kubectl(k.context), k.name, fleet.name, desired));
      if (!values.json) progress.clear();
    }
  } else {
    const folder = outputFolder();
    const commit = await commitOf(values.base);
    const former = await committedFiles(commit, folder);
    const other = fleetNameIn([...former].filter(([path]) => isManifest(path)).map(([, text]) => text));
    if (other !== undefined && other !== fleet.name)
      throw new ToolError(
        `${folder}/ of ${commit.slice(0, 10)} is the fleet ${other}'s, and ${file} is the fleet ${fleet.name}: two fleets, of which nothing can be compared.\nName the fleet file of ${other} by FLEET=path, or the folder of ${fleet.name} by CDK8S_OUTDIR=folder. A fleet that gets another name is another fleet: all of it is made anew.`,
      );
    against = `${folder}/ of ${values.base === undefined ? `HEAD (${commit.slice(0, 10)})` : `${commit.slice(0, 10)}, where this left ${values.base}`}`;
    const now = new Map(outputFiles(synthesized).map(({ path, text }) => [path, text]));
    const paths = [...new Set([...former.keys(), ...now.keys()])].sort();
    const before = (kubernetes: string): Manifest[] =>
      [...former]
        .filter(([path]) => path.startsWith(`${kubernetes}/`) && isManifest(path))
        .flatMap(([, text]) => objectsIn(text));
    for (const kubernetes of new Set(paths.filter(isManifest).map((path) => path.split('/')[0] as string))) {
      const context = fleet.kubernetes.find((k) => k.name === kubernetes)?.context; // absent: it left the fleet
      plans.push(planOf(kubernetes, before(kubernetes), objectsOf(synthesized, kubernetes), context));
    }
    otherFiles.push(...paths.filter((p) => !isManifest(p) && former.get(p) !== now.get(p)).map((p) => `${folder}/${p}`));
  }
  if (values.json) console.log(JSON.stringify({ fleet: fleet.name, against, kubernetes: plans, otherFiles }, null, 2));
  else {
    console.log(`Fleet ${fleet.name} (${file}) against ${against}\n`);
    console.log(planText(plans));
    if (otherFiles.length > 0) console.log(`\nFiles that are not for kubectl also change: ${otherFiles.join(', ')}`);
  }
  return exitCode(plans, otherFiles);
});
