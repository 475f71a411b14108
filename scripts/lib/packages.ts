// The npm packages that this project uses, and their licences, as package-lock.json has them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What package-lock.json (version 3) says of one package. */
export interface Locked {
  readonly version: string;
  /** Its name, where its folder has another. */
  readonly name?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  /** It comes inside the package above it. */
  readonly inBundle?: boolean;
  /** Not needed to synthesize. */
  readonly dev?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
}

/** The locked packages by their folder, such as `node_modules/yaml`; the project itself is left out. */
export const lockedPackages = (root: string): Map<string, Locked> => {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  return new Map(Object.entries<Locked>(packages).filter(([folder]) => folder !== ''));
};

/** The name under which a package is published. */
export const packageName = (folder: string, { name }: Locked): string => name ?? folder.replace(/^.*node_modules\//, '');

/**
 * Licences of packages that this project may use: all let it be used, changed and passed on under Apache-2.0. Nothing of the
 * packages is in what is synthesized.
 */
export const allowedLicences: readonly string[] = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC-BY-4.0', // tables of data, such as which browser can do what
  'CC0-1.0',
  'ISC',
  'MIT',
];

/**
 * Whether an SPDX expression, such as `(MIT OR GPL-3.0-or-later)`, can be met with allowed licences. Expressions with both OR and
 * AND are not read, so not allowed.
 */
export const isAllowed = (licence: string): boolean => {
  const expression = licence.replace(/^\((.*)\)$/, '$1');
  const allowed = (id: string) => allowedLicences.includes(id);
  return expression.split(' OR ').some(allowed) || expression.split(' AND ').every(allowed);
};
