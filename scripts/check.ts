// npm run check: whether dist/ is what the fleet file synthesizes to. For CI.
import { parseArgs } from 'node:util';
import { loadFleet, synthesize } from '../charts/fleet';
import { main } from './lib/terminal';
import { dist, outputFiles, stale } from './output';

const help = `npm run check

Says whether dist/ is what the fleet file (fleet.yaml, or FLEET=path) synthesizes to. Writes nothing.

Exit code: 0 it is, 1 it is not, 2 the fleet file could not be read or has mistakes.`;

main(async () => {
  const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } } });
  if (values.help) {
    console.log(help);
    return 0;
  }
  const file = process.env.FLEET ?? 'fleet.yaml';
  const found = stale(dist, outputFiles(synthesize(loadFleet(file))));
  if (found.length === 0) {
    console.log(`${dist}/ is what ${file} synthesizes to.`);
    return 0;
  }
  console.error(
    `${dist}/ is not what ${file} synthesizes to:\n${found.map((line) => `  ${line}`).join('\n')}\nRun ${process.env.FLEET ? `FLEET=${file} ` : ''}npm run synth, look at git diff, and commit.`,
  );
  return 1;
});
