// What each pinned program knows: its flags, the keys of its files, its environment. One file per program and version in
// catalogue/, written by `npm run catalogue` from the programs themselves.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../lib/root';

export interface Flag {
  /** A switch takes nothing, or (boolean) `=true` and `=false` as well; values is for a flag that may be given again. */
  readonly takes: 'nothing' | 'boolean' | 'value' | 'values';
  /** In no help, but accepted. */
  readonly hidden?: true;
  /** What its help says of its end. */
  readonly deprecated?: string;
  /** What to use instead, where the help does not say. */
  readonly instead?: string;
}

/** One key of a file. Lists are not told from what they hold. */
export interface Key {
  /** The type of its value. Without any: a text, a number, or keys that the program gives no names. */
  readonly of?: string;
  /** The type of each value of a map whose keys are the user's. */
  readonly each?: string;
  /** The type of its value by what the key `type` beside it says. */
  readonly byType?: Readonly<Record<string, string>>;
  /** What the source says of its end. */
  readonly deprecated?: string;
}

export interface Catalogue {
  readonly program: string;
  readonly version: string;
  /** By command (`query`, `tools bucket web`; '' where there is none), then by name without dashes. */
  readonly flags: Readonly<Record<string, Readonly<Record<string, Flag>>>>;
  /** Types of files, by the flag or key that names them. */
  readonly files: Readonly<Record<string, string>>;
  /** Keys of each type; `*` stands for any other. */
  readonly types: Readonly<Record<string, Readonly<Record<string, Key>>>>;
  /** Environment variables that it reads, where all are known. */
  readonly environment?: readonly string[];
}

export const folder = join(root, 'catalogue');

export const fileName = (program: string, version: string): string => `${program}-${version}.json`;

/** How to make what is missing or not current. */
export const remedy = (key: string): string => `Run \`npm run catalogue ${key}\` and look at \`git diff\`.`;

/** @throws Error when the version has no catalogue, saying which command makes it */
export const readCatalogue = (key: string, program: string, version: string): Catalogue => {
  const file = join(folder, fileName(program, version));
  if (!existsSync(file))
    throw new Error(
      `There is no catalogue of ${program} ${version}: nobody knows whether it takes what is synthesized for it. ${remedy(key)}`,
    );
  return JSON.parse(readFileSync(file, 'utf8'));
};
