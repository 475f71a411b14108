// npm run check: whether dist/ is what the fleet file synthesizes to. For CI.
import { loadFleet, synthesize } from '../charts/fleet';
import { fleetFile } from './lib/fleet-file';
import { main, parseArgs, sayHelp } from './lib/terminal';
import { dist, outputFiles, outputFolder, stale } from './output';

const help = `npm run check

Says whether dist/ (or CDK8S_OUTDIR=folder) is what the fleet file (fleet.yaml, or FLEET=path)
synthesizes to. Writes nothing.

Exit code: 0 it is, 1 it is not, 2 the fleet file could not be read or has mistakes.`;

main(async () => {
  const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } } });
  if (values.help) {
    sayHelp(help);
    return 0;
  }
  const file = fleetFile();
  const folder = outputFolder();
  const found = stale(folder, outputFiles(synthesize(loadFleet(file))));
  if (found.length === 0) {
    console.log(`${folder}/ is what ${file} synthesizes to.`);
    return 0;
  }
  console.error(
    `${folder}/ is not what ${file} synthesizes to:\n${found.map((line) => `  ${line}`).join('\n')}\nRun ${folder === dist ? '' : `CDK8S_OUTDIR=${folder} `}${process.env.FLEET ? `FLEET=${file} ` : ''}npm run synth, look at git diff, and commit.`,
  );
  return 1;
});
