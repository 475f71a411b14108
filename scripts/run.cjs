// Runs a TypeScript program: node scripts/run.cjs main.ts [arguments]
//
// esbuild makes one file of the program and all it imports; V8's compiled code is kept beside it in node_modules/.cache,
// under a hash of every source, so that the next start neither bundles nor compiles (docs/benchmarks.md has the figures).
// esbuild does not check types: `npm run typecheck` does.
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const Module = require('node:module');
const { dirname, join, relative, resolve } = require('node:path');
const vm = require('node:vm');

const root = dirname(__dirname);
const [entry, ...rest] = process.argv.slice(2);
const file = resolve(entry);
const name = relative(root, file).replace(/\W+/g, '-');
const directory = join(root, 'node_modules/.cache/thanos-fleet');

const sources = [
  'charts',
  'imports',
  'scripts',
  'test/e2e',
  'test/fuzz',
  'test/promtool',
  'test/refusals',
  'test/support',
].flatMap((folder) =>
  fs.existsSync(join(root, folder))
    ? fs
        .readdirSync(join(root, folder), { recursive: true })
        .filter((f) => f.endsWith('.ts'))
        .map((f) => join(root, folder, f))
    : [],
);
const hash = createHash('sha256').update(`${process.version} ${file}`);
for (const source of [file, join(root, 'package-lock.json'), ...sources.sort()])
  hash.update(source).update(fs.readFileSync(source));
const key = join(directory, `${name}-${hash.digest('hex').slice(0, 16)}`);

const read = (path) => {
  try {
    return fs.readFileSync(path);
  } catch {
    return undefined;
  }
};
const keep = (path, content) => {
  try {
    fs.mkdirSync(directory, { recursive: true });
    const partial = `${path}.${process.pid}`; // two programs may start at once
    fs.writeFileSync(partial, content);
    fs.renameSync(partial, path);
  } catch {
    // a cache that cannot be written costs time, nothing else
  }
};

let text = read(`${key}.cjs`)?.toString();
if (!text) {
  for (const old of fs.existsSync(directory) ? fs.readdirSync(directory) : []) {
    if (old.startsWith(`${name}-`)) fs.rmSync(join(directory, old), { force: true });
  }
  const { buildSync } = require('esbuild');
  const options = { bundle: true, platform: 'node', target: 'node20', external: ['esbuild'], write: false, logLevel: 'error' };
  text = buildSync({ ...options, entryPoints: [file] }).outputFiles[0].text;
  keep(`${key}.cjs`, text);
}

process.argv = [process.argv[0], file, ...rest];
const main = new Module(file, null);
main.filename = file;
main.paths = Module._nodeModulePaths(root);
const cachedData = read(`${key}.v8`);
const script = new vm.Script(Module.wrap(text), { filename: file, cachedData });
if (!cachedData || script.cachedDataRejected) process.once('exit', () => keep(`${key}.v8`, script.createCachedData()));
script.runInThisContext().call(main.exports, main.exports, Module.createRequire(file), main, file, dirname(file));
