// npm run licences: under which licences stands what this project uses and what a fleet runs.
import { dirname } from 'node:path';
import { loadFleet, synthesize } from '../charts/fleet';
import { fleetFile } from './lib/fleet-file';
import { fleetImages } from './lib/images';
import { isAllowed, lockedPackages, packageName } from './lib/packages';
import { main, parseArgs, sayHelp, table } from './lib/terminal';

const help = `npm run licences [-- --plain]

Lists the licences of the npm packages in package-lock.json and of the programs in the images that the fleet runs (fleet.yaml, or
what FLEET names), and fails if a package has one that is not in the list of scripts/lib/packages.ts.

  --plain  one line for each package and image: licence, name and version, with tabs between`;

interface Licensed {
  readonly licence: string;
  readonly name: string;
  /** What it is used for. */
  readonly use: 'synthesis' | 'development' | 'image';
}

const licensed = (): Licensed[] => [
  ...[...lockedPackages(dirname(__dirname))].map(
    ([folder, p]): Licensed => ({
      licence: p.license ?? 'none',
      name: `${packageName(folder, p)}@${p.version}`,
      use: p.dev ? 'development' : 'synthesis',
    }),
  ),
  ...fleetImages(synthesize(loadFleet(fleetFile()))).map(
    ({ image, upstream }): Licensed => ({
      licence: image.licence,
      name: upstream,
      use: 'image',
    }),
  ),
];

main(async () => {
  const { values } = parseArgs({ options: { plain: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } });
  if (values.help) {
    sayHelp(help);
    return 0;
  }
  const all = licensed();
  const licences = [...new Set(all.map((l) => l.licence))].sort();
  if (values.plain) {
    const lines = all.map((l) => `${l.licence}\t${l.name}`);
    console.log([...new Set(lines)].sort().join('\n'));
  } else {
    const count = (licence: string, use: Licensed['use']) =>
      String(new Set(all.filter((l) => l.licence === licence && l.use === use).map((l) => l.name)).size || '');
    const rows = licences.map((l) => [l, count(l, 'synthesis'), count(l, 'development'), count(l, 'image')]);
    console.log(table(['licence', 'to synthesize', 'to develop', 'images'], rows));
    console.log('Which: npm run -s licences -- --plain');
  }
  const refused = all.filter((l) => l.use !== 'image' && !isAllowed(l.licence));
  for (const { name, licence } of refused)
    console.error(`${name}: ${licence} is not in the list of licences that this project may use (scripts/lib/packages.ts).`);
  return refused.length > 0 ? 1 : 0;
});
