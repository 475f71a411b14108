// jest's transform: esbuild, which checks no types (`npm run typecheck` does).
const { transformSync } = require('esbuild');

module.exports = {
  process: (source, file) => {
    const { code, map } = transformSync(source, {
      loader: 'ts',
      format: 'cjs',
      target: 'node20',
      sourcemap: true,
      sourcefile: file,
    });
    return { code, map };
  },
};
