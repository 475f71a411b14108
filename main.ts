// Reads the fleet file (fleet.yaml, or what FLEET names) and writes dist/<kubernetes cluster>/<chart>.k8s.yaml.
import { FleetError, fileText, loadFleet, synthesize } from './charts/fleet';
import { report, writeOutput } from './scripts/output';

const file = process.env.FLEET ?? 'fleet.yaml';
try {
  const started = performance.now();
  const { topology, files } = synthesize(loadFleet(file));
  const output = writeOutput(files.map((f) => ({ path: f.path, text: fileText(f) })));
  console.log(report(file, output, topology, files, performance.now() - started));
} catch (error) {
  if (!(error instanceof FleetError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
