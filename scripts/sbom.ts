// npm run sbom: a CycloneDX bill of materials of this project and of the images that a fleet runs.
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { loadFleet, synthesize } from '../charts/fleet';
import { withoutHost } from '../charts/images';
import { fleetFile } from './lib/fleet-file';
import { type FleetImage, fleetImages } from './lib/images';
import { ToolError } from './lib/kubectl';
import { main, parseArgs, sayHelp } from './lib/terminal';

const help = `npm run -s sbom > sbom.cdx.json

Prints a bill of materials (CycloneDX, JSON): the npm packages of package-lock.json as \`npm sbom\` lists them, and the images that the
fleet runs (fleet.yaml, or what FLEET names). Asks nobody: what is inside an image a scanner of images can tell.`;

/** A package URL of the type docker: the registry's host is a qualifier unless it is Docker Hub. */
const purl = (upstream: string): string => {
  const host = upstream.slice(0, upstream.indexOf('/'));
  const [name, tag] = withoutHost(upstream).split(':');
  return `pkg:docker/${name}@${tag}${host === 'docker.io' ? '' : `?repository_url=${host}`}`;
};

const component = ({ image, upstream, pulled }: FleetImage) => ({
  'bom-ref': upstream,
  type: 'container',
  name: image.repository,
  version: image.tag,
  scope: 'required',
  purl: purl(upstream),
  licenses: [{ license: { id: image.licence } }],
  properties: [{ name: 'thanos-fleet:pulled-as', value: pulled }],
});

main(async () => {
  const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } } });
  if (values.help) {
    sayHelp(help);
    return 0;
  }
  const images = fleetImages(synthesize(loadFleet(fleetFile()))).map(component);
  const npm = spawnSync('npm', ['sbom', '--sbom-format=cyclonedx', '--package-lock-only'], {
    cwd: dirname(__dirname),
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (npm.status !== 0) throw new ToolError(`npm sbom failed:\n${npm.stderr ?? npm.error?.message}`);
  const bom = JSON.parse(npm.stdout);
  const project = bom.metadata.component;
  project.name = project['bom-ref'].replace(/@[^@]*$/, ''); // npm names it after its folder
  bom.components.push(...images);
  bom.dependencies.push(...images.map((i) => ({ ref: i['bom-ref'], dependsOn: [] })));
  console.log(JSON.stringify(bom, null, 2));
  return 0;
});
