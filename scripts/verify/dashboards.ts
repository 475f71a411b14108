// Dashboards, judged by the types that their Grafana is made with.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Manifest } from '../../charts/fleet';
import { imageOf, images } from '../../charts/images';
import { mounted, podSpec } from '../lib/mounts';
import { root } from '../lib/root';
import { run } from '../lib/run';

// biome-ignore lint/suspicious/noExplicitAny: pod specs are read as plain JSON
type Json = any;

/** Every dashboard that a Grafana among the objects is given, by its file's path. */
export const dashboardsIn = (objects: readonly Manifest[]): Map<string, string> =>
  new Map(
    objects.flatMap((workload) =>
      ((podSpec(workload)?.containers ?? []) as Json[])
        .filter((container) => imageOf(container.image) === images.grafana)
        .flatMap((container) => [...mounted(objects, workload, container).files].filter(([path]) => path.endsWith('.json'))),
    ),
  );

/** The key that a line of a value's JSON belongs to, as `panels[3].options.footer`. */
const pathOf = (lines: readonly string[], line: number): string => {
  const depth = (text: string) => text.length - text.trimStart().length;
  let path = '';
  let at = line;
  for (let level = depth(lines[line] ?? ''); level > 0; level -= 1) {
    while (depth(lines[at] ?? '') !== level) at -= 1;
    const key = /^\s*"((?:[^"\\]|\\.)*)":/.exec(lines[at] ?? '')?.[1];
    let before = at - 1;
    let index = 0;
    for (; depth(lines[before] ?? '') >= level; before -= 1)
      if (depth(lines[before] ?? '') === level && !/^\s*[\]}]/.test(lines[before] ?? '')) index += 1;
    path = `${key === undefined ? `[${index}]` : `.${key}`}${path}`;
    at = before;
  }
  return path.replace(/^\./, '');
};

const compilerOptions = {
  strict: true,
  skipLibCheck: true,
  noEmit: true,
  module: 'esnext',
  moduleResolution: 'bundler',
  target: 'es2022',
  types: [],
};

const versionOf = (dependency: string): string =>
  JSON.parse(readFileSync(join(root, 'node_modules', dependency, 'package.json'), 'utf8')).version;

/**
 * What Grafana does not know of dashboards, one line each.
 * @param dashboards JSON by name
 */
export const dashboardProblems = async (dashboards: ReadonlyMap<string, string>): Promise<string[]> => {
  const known = versionOf('@grafana/schema');
  if (known !== images.grafana.tag)
    return [
      `The fleet runs Grafana ${images.grafana.tag}; what its dashboards may say is known of ${known}. Run npm install --save-dev --save-exact @grafana/schema@${images.grafana.tag}`,
    ];
  const folder = mkdtempSync(join(tmpdir(), 'thanos-fleet-dashboards-'));
  try {
    const texts = new Map<string, { name: string; lines: string[] }>();
    for (const [i, [name, json]] of [...dashboards].entries()) {
      const text = `export const board: import('${join(root, 'scripts/verify/dashboard-schema')}').Board = ${JSON.stringify(JSON.parse(json), null, 1)};\n`;
      texts.set(`${i}.ts`, { name, lines: text.split('\n') });
      writeFileSync(join(folder, `${i}.ts`), text);
    }
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [...texts.keys()] }));
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const { code, output } = await run(process.execPath, [tsc, '--pretty', 'false', '-p', folder]);
    const found = [...output.matchAll(/^(?:.*\/)?(\d+\.ts)\((\d+),\d+\): error \w+: (.*)$/gm)].map(
      ([, file = '', line, message = '']) => {
        const { name, lines } = texts.get(file) ?? { name: file, lines: [] };
        const short = message.replace(/ in type '\{.*$/, '').replace(/^(.{300}).*$/, '$1 …');
        return `${name}: ${pathOf(lines, Number(line) - 1)}: ${short}`;
      },
    );
    return found.length > 0 || code === 0 ? found : [output.trim() || `TypeScript ended with code ${code}`];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
