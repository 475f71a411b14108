// Writes what is generated and checked in: fleet.schema.json, docs/topology.svg, docs/alerts.md, docs/kube-score.md,
// test/goldens/messages.txt, dist/ and examples/*/dist/; adds to test/identities.golden.txt what is new, and leaves what it has.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { loadFleet, synthesize } from '../charts/fleet';
import { fleetSchema } from '../charts/fleet/schema';
import { messagesFile } from '../test/refusals/messages';
import { alertsPage } from './lib/alerts-page';
import { identities, identityLine, subjectOf } from './lib/identities';
import { main, parseArgs, progress, sayHelp } from './lib/terminal';
import { type OutputFile, outputFiles, replaceFolder, stale } from './output';
import { picture } from './picture';
import { kubeScorePage } from './verify/kube-score';

const root = dirname(__dirname);

/** The editor's schema of the fleet file. Draft 7 is what yaml-language-server reads best. */
export const schemaFile = (): OutputFile => {
  const { $schema, ...schema } = z.toJSONSchema(fleetSchema, { io: 'input', target: 'draft-7' });
  return { path: 'fleet.schema.json', text: `${JSON.stringify({ $schema, title: 'fleet.yaml', ...schema }, null, 2)}\n` };
};

/** The README's picture: the demo's recorded edges. */
const pictureFile = (): OutputFile => ({
  path: 'docs/topology.svg',
  text: picture(synthesize(loadFleet(join(root, 'fleet.yaml'))).topology),
});

/** Every rule, with the demo's thresholds. */
const alertsFile = (): OutputFile => ({
  path: 'docs/alerts.md',
  text: alertsPage(loadFleet(join(root, 'fleet.yaml'))),
});

const identitiesPath = 'test/identities.golden.txt';
/** The lines of the list of identities that is checked in. */
export const listedIdentities = (): string[] => readFileSync(join(root, identitiesPath), 'utf8').split('\n').filter(Boolean);

/** The identities that every checked-in fleet has now. */
export const currentIdentities = (): string[] =>
  goldens().flatMap(({ fleet }) =>
    identities(synthesize(loadFleet(join(root, fleet)))).map((identity) => identityLine(fleet, identity)),
  );

/** The list with what is new; what it says already stays, so that a change of it fails a test and is made by hand. */
const identitiesFile = (): OutputFile => {
  const listed = listedIdentities();
  const known = new Set(listed.map(subjectOf));
  const lines = [...listed, ...currentIdentities().filter((line) => !known.has(subjectOf(line)))].sort();
  return { path: identitiesPath, text: `${lines.join('\n')}\n` };
};

const singleFiles = (): OutputFile[] => [
  schemaFile(),
  pictureFile(),
  alertsFile(),
  messagesFile(),
  kubeScorePage(),
  identitiesFile(),
];

/** A fleet file that is checked in beside its output. */
export interface Golden {
  readonly fleet: string;
  /** The folder that holds its output and nothing else. */
  readonly folder: string;
}

/** fleet.yaml and every example, by their paths from the root. */
export const goldens = (): Golden[] => [
  { fleet: 'fleet.yaml', folder: 'dist' },
  ...readdirSync(join(root, 'examples'))
    .filter((name) => existsSync(join(root, 'examples', name, 'fleet.yaml')))
    .sort()
    .map((name) => ({ fleet: `examples/${name}/fleet.yaml`, folder: `examples/${name}/dist` })),
];

/**
 * What a fleet file synthesizes to, by paths from its output folder.
 * @throws FleetError
 */
export const outputOf = (golden: Golden): OutputFile[] => outputFiles(synthesize(loadFleet(join(root, golden.fleet))));

/** What of a fleet's output is missing, different or superfluous, one line each; empty when all is current. */
export const staleOutput = (golden: Golden): string[] => stale(join(root, golden.folder), outputOf(golden));

/** The same for what is one file: the schema, the picture, the pages. */
export const staleSingles = (): string[] =>
  singleFiles()
    .map(({ path, text }) => ({ path: join(root, path), text }))
    .filter(({ path, text }) => !existsSync(path) || readFileSync(path, 'utf8') !== text)
    .map(({ path }) => `${path} is ${existsSync(path) ? 'different' : 'missing'}`);

const generate = (): void => {
  const singles = singleFiles();
  const outputs = goldens().map((golden) => ({ golden, files: outputOf(golden) })); // a mistake shows before anything is written
  for (const { path, text } of singles) writeFileSync(join(root, path), text);
  for (const { golden, files } of outputs) replaceFolder(join(root, golden.folder), files);
  progress.done(
    [...singles.map((f) => f.path), ...outputs.map(({ golden, files }) => `${golden.folder}: ${files.length} files`)].join('\n'),
  );
};

const check = (): number => {
  const found = [...staleSingles(), ...goldens().flatMap(staleOutput)].map((line) => line.slice(root.length + 1));
  if (found.length === 0) {
    progress.done('All generated files are current.');
    return 0;
  }
  progress.clear();
  console.error([...found, 'Run `npm run generate` and look at `git diff`.'].join('\n'));
  return 1;
};

const help = `npm run generate [-- --check]

For this repository's own files: writes what is generated and checked in (fleet.schema.json, the picture
and pages of docs, the collection of messages, dist/ of the demo and of every example). For a fleet
of yours: npm run synth. Takes some ten seconds.

  --check  write nothing; name what is not current

Exit code: 0 all is current, 1 --check found something, 2 a fleet file has mistakes.`;

if (process.argv[1] === __filename)
  main(async () => {
    const { values } = parseArgs({ options: { check: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } });
    if (values.help) {
      sayHelp(help);
      return 0;
    }
    progress.show(values.check ? 'Comparing …' : 'Synthesizing the demo and every example …');
    if (values.check) return check();
    generate();
    return 0;
  });
