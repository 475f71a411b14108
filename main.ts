// Reads the fleet file (fleet.yaml, or what FLEET names) and writes dist/<kubernetes cluster>/<chart>.k8s.yaml.
import { FleetError, loadFleet, synthesize } from './charts/fleet';
import { sayFleetError, styleOf } from './scripts/lib/terminal';
import { outputFiles, report, writeOutput } from './scripts/output';

const file = process.env.FLEET ?? 'fleet.yaml';
try {
  const started = performance.now();
  const synthesized = synthesize(loadFleet(file));
  const output = writeOutput(outputFiles(synthesized));
  console.log(report(file, output, synthesized, performance.now() - started, styleOf(process.stdout)));
} catch (error) {
  if (!(error instanceof FleetError)) throw error;
  sayFleetError(error);
  process.exitCode = 1;
}
