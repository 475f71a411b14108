// docs/decisions: each has a number of its own, and nobody refers to one that is not there.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './support/fleets';

const files = readdirSync(join(root, 'docs/decisions')).sort();

/** Texts of the repository that people read or write, by path. */
const texts = (folder: string, deep = true): [string, string][] =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry): [string, string][] => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return deep ? texts(path) : [];
    return /\.(ts|md)$/.test(entry.name) ? [[path, readFileSync(join(root, path), 'utf8')]] : [];
  });

describe('decisions', () => {
  it('are numbered from one on, each once, in name and title', () => {
    expect(files.map((file) => Number(file.slice(0, 4)))).toEqual(files.map((_, i) => i + 1));
    for (const file of files)
      expect(readFileSync(join(root, 'docs/decisions', file), 'utf8')).toMatch(
        new RegExp(`^# ${Number(file.slice(0, 4))}\\. \\S`),
      );
  });
  it('are there where somebody refers to them', () => {
    const found = [...texts('.', false), ...['charts', 'scripts', 'docs', 'test'].flatMap((folder) => texts(folder))].flatMap(
      ([path, text]) => [...text.matchAll(/decisions\/(\d{4}(?:-[-a-z]+\.md)?)/g)].map(([, name = '']) => ({ path, name })),
    );
    expect(found.length).toBeGreaterThan(8);
    expect(found.filter(({ name }) => !files.some((file) => file === name || file.startsWith(`${name}-`)))).toEqual([]);
  });
});
