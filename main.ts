// Reads the fleet file (fleet.yaml, or what FLEET names) and writes dist/<kubernetes cluster>/<chart>.k8s.yaml
// (CDK8S_OUTDIR names another folder, for a second fleet).
import { FleetError, loadFleet, synthesize } from './charts/fleet';
import { fleetFile } from './scripts/lib/fleet-file';
import { sayFleetError, sayHelp, styleOf } from './scripts/lib/terminal';
import { outputFiles, report, writeOutput } from './scripts/output';

const help = `npm run synth

Writes dist/ (CDK8S_OUTDIR names another folder) from the fleet file: fleet.yaml, or FLEET=path npm run synth. It takes no
arguments.`;

const synth = (): void => {
  const file = fleetFile();
  const started = performance.now();
  const synthesized = synthesize(loadFleet(file));
  const output = writeOutput(outputFiles(synthesized));
  console.log(report(file, output, synthesized, performance.now() - started, styleOf(process.stdout)));
};

const given = process.argv.slice(2);
try {
  if (/^(-h|--help)$/.test(given.join(' '))) sayHelp(help);
  else if (given.length === 0) synth();
  else {
    // it may be the path that was meant, and the output would be that of another fleet
    console.error(`${given[0]}: there is no such argument\n\n${help}`);
    process.exitCode = 2;
  }
} catch (error) {
  if (!(error instanceof FleetError)) throw error;
  sayFleetError(error);
  process.exitCode = 1;
}
