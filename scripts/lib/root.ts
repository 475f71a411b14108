// The project's folder, from a bundle of scripts/ and from the tests alike.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

const projectOf = (folder: string): string => (existsSync(join(folder, 'package.json')) ? folder : projectOf(dirname(folder)));

export const root = projectOf(__dirname);
