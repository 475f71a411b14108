/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/*.test.ts'],
  maxWorkers: '100%', // half of two cores would be one after the other
  transform: { '\\.ts$': '<rootDir>/test/esbuild-transform.cjs' },
  modulePathIgnorePatterns: ['<rootDir>/.synth', '<rootDir>/dist'],
};
