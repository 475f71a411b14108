// Which fleet file a program is about.
import { existsSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';

/**
 * The path that FLEET gives, or else fleet.yaml. npm starts programs in the root, wherever it was called: a path is meant from
 * where it was called (npm's INIT_CWD) if the file is there, or else from the root. Who starts a program elsewhere than npm
 * does, below npm, means his own folder.
 */
export const fleetFile = (env: NodeJS.ProcessEnv = process.env, otherwise = 'fleet.yaml'): string => {
  if (!env.FLEET) return env.FLEET ?? otherwise; // an empty one is refused where it is read
  const byNpm = env.npm_package_json !== undefined && dirname(env.npm_package_json) === process.cwd();
  const fromThere = resolve(byNpm ? (env.INIT_CWD ?? '.') : '.', env.FLEET);
  return existsSync(fromThere) ? relative('.', fromThere) : env.FLEET;
};
