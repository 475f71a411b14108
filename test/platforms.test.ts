// docs/production.md explains every default that EKS has otherwise than kind, with the value that it really has.
import { platforms } from '../charts/fleet/platforms';
import { readText } from './support/fleets';

/** Values by key; a list is one. */
const leaves = (value: unknown, path: readonly string[] = []): [string, unknown][] =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.entries(value).flatMap(([key, part]) => leaves(part, [...path, key]))
    : [[path.join('.'), value]];

const onKind = new Map(leaves(platforms.kind));
const differing = leaves(platforms.eks).filter(([key, value]) => JSON.stringify(onKind.get(key)) !== JSON.stringify(value));

/** What stands in the fleet file's words for a key of the table in charts/fleet/platforms.ts. */
const written = (key: string): string =>
  key
    .replace(/^(storageClass|zones|podCidrs)$/, 'kubernetes.*.$1')
    .replace(/^cluster\.(sidecar|resources)\..*/, 'clusters.*.resources')
    .replace(/^observer\.\w+\.resources\..*/, 'observer.*.resources')
    .replace(/^observer\.cache\..*/, 'observer.cache')
    .replace(/^cluster\./, 'clusters.*.');

const rows = readText('docs/production.md')
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) => line.split(' | '));
const rowOf = (key: string): string[] | undefined => rows.find(([what = '']) => what.includes(`\`${written(key)}\``));

/** Those that the table says in words. */
const inWords = /resources|sidecar|podCidrs|highLoad|cache/;

describe('defaults of EKS', () => {
  it('are many that kind has otherwise', () => {
    expect(differing.length).toBeGreaterThan(20);
  });
  it('are explained, each with its reason', () => {
    const unexplained = differing.filter(([key]) => key !== 'countedDisk' && (rowOf(key)?.[3]?.length ?? 0) < 40);
    expect(unexplained.map(([key]) => written(key))).toEqual([]);
    expect(rows.some(([what]) => what === '| disk of the node')).toBe(true); // countedDisk, which no key changes
  });
  it('are explained with the values that they have', () => {
    const wrong = differing
      .filter(([key]) => !inWords.test(key) && key !== 'countedDisk')
      .filter(([key, value]) => !rowOf(key)?.[2]?.includes(`\`${value}\``) || !rowOf(key)?.[1]);
    expect(wrong).toEqual([]);
    const { type, replicas, memory } = platforms.eks.observer.cache as Record<string, unknown>;
    expect(rowOf('observer.cache.type')?.[2]).toBe(`\`{type: ${type}, replicas: ${replicas}, memory: ${memory}}\``);
  });
});
