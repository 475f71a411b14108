// npm run catalogue [-- [--check] [<program>…]]: what each pinned program knows, asked of the programs.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Image, images, reference } from '../charts/images';
import { type Catalogue, fileName, folder, remedy } from './catalogue/catalogue';
import { extract, missing } from './catalogue/extract';
import { programs } from './catalogue/programs';
import { main, parseArgs, progress, sayHelp } from './lib/terminal';

const help = `npm run catalogue [-- [--check] [<program>…]]

Asks each program of charts/images.ts for its flags, its settings and the keys of its files, and writes catalogue/. Tests hold
what is synthesized against that: an unknown or deprecated flag or key is a failure. Needs the programs in their pinned
versions and the Go toolchain on PATH; asks those that are there, and says what it left out.

  <program>  ${Object.keys(programs).join(', ')}. Default: all.
  --check    Writes nothing; fails where what is checked in is not what the programs say.`;

/** As it is checked in: a line for each flag, key and setting. */
const textOf = (catalogue: Catalogue): string => {
  const lines = (value: unknown, depth: number, indent: string): string => {
    if (depth === 0 || typeof value !== 'object' || value === null) return JSON.stringify(value);
    const inner = Object.entries(value).map(
      ([key, v]) => `${indent}  ${Array.isArray(value) ? '' : `${JSON.stringify(key)}: `}${lines(v, depth - 1, `${indent}  `)}`,
    );
    const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
    return inner.length > 0 ? `${open}\n${inner.join(',\n')}\n${indent}${close}` : `${open}${close}`;
  };
  return `${lines(catalogue, 3, '')}\n`;
};

main(async () => {
  const { values, positionals } = parseArgs({
    options: { check: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
  });
  const unknown = positionals.filter((name) => !programs[name]);
  if (values.help || unknown.length > 0) {
    sayHelp(unknown.length > 0 ? `There is no program ${unknown.join(', ')}.\n\n${help}` : help);
    return values.help ? 0 : 2;
  }
  const pinned = Object.entries<Image>(images).flatMap(([key, image]) => {
    const program = programs[key];
    return program ? [{ key, image, program, file: fileName(program.program, image.tag) }] : [];
  });
  const problems: string[] = [];
  const show = (verdict: string, image: Image) => progress.done(`${verdict.padEnd(9)} ${reference(image)}`);
  for (const { key, image, program, file } of pinned.filter(({ key }) => positionals.length === 0 || positionals.includes(key))) {
    const path = join(folder, file);
    const lacks = await missing(program, image.tag);
    if (lacks) {
      // a program that cannot be asked on every machine is believed as it is checked in
      const believed = program.settings && existsSync(path) && !positionals.includes(key);
      show(believed ? 'not asked' : 'MISSING', image);
      if (!believed) problems.push(lacks);
      continue;
    }
    progress.show(`asking ${program.program} …`);
    const text = textOf(await extract(program, image.tag));
    const current = existsSync(path) && readFileSync(path, 'utf8') === text;
    show(current ? 'current' : values.check ? 'STALE' : 'written', image);
    if (current) continue;
    if (values.check) problems.push(`catalogue/${file} is not what ${program.program} says. ${remedy(key)}`);
    else writeFileSync(path, text);
  }
  for (const left of readdirSync(folder).filter((file) => !pinned.some((p) => p.file === file))) {
    if (values.check) problems.push(`catalogue/${left} is of a version that is not pinned. Run \`npm run catalogue\`.`);
    else rmSync(join(folder, left));
  }
  if (problems.length > 0) console.error(`\n${problems.join('\n')}`);
  return problems.length > 0 ? 1 : 0;
});
