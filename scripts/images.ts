// npm run images: what a registry of one's own must have.
import { loadFleet, synthesize } from '../charts/fleet';
import { fleetFile } from './lib/fleet-file';
import { fleetImages } from './lib/images';
import { main, parseArgs, sayHelp, table, width } from './lib/terminal';

const help = `npm run images [-- --plain]

Lists the images that the fleet runs (fleet.yaml, or what FLEET names), and what runs them. Reads the fleet file only.

  --plain  upstream references alone, one a line, for scripts: docs/images.md has one that copies them to a registry`;

main(async () => {
  const { values } = parseArgs({ options: { plain: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } });
  if (values.help) {
    sayHelp(help);
    return 0;
  }
  const fleet = loadFleet(fleetFile());
  const images = fleetImages(synthesize(fleet));
  if (values.plain) {
    console.log(images.map((i) => i.upstream).join('\n'));
    return 0;
  }
  const first = Math.max(...images.map((i) => i.upstream.length)) + 2;
  const rows = images.map((i) => [i.upstream, i.usedBy.join(', ')]);
  console.log(table(['image', 'run by'], rows, [first, Math.max(25, Math.min(60, width() - first - 3))]));
  if (fleet.images.registry) console.log(`Pulled from ${fleet.images.registry}, such as ${images.at(-1)?.pulled}`);
  const byTag = images.filter((i) => fleet.images.digests[i.upstream] === undefined);
  if (byTag.length < images.length)
    console.log(
      byTag.length > 0 ? `Without a digest: ${byTag.map((i) => i.upstream).join(', ')}` : 'Each is known by its digest.',
    );
  return 0;
});
