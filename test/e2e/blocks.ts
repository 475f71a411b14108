// TSDB blocks of the past, made by promtool, so that what takes days can be watched in minutes.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../scripts/lib/kubectl';

export const backfilled = 'e2e_backfill';

export interface Backfill {
  /** Seconds since 1970, multiples of two hours. */
  readonly from: number;
  readonly to: number;
  readonly step: number;
  readonly series: number;
}

/** A counter that rises by one a step; every series is offset, so that sums tell them apart. */
const openMetrics = ({ from, to, step, series }: Backfill): string => {
  const lines = [`# TYPE ${backfilled} gauge`];
  for (let n = 0; n < series; n++)
    for (let t = from, i = 0; t < to; t += step, i++) lines.push(`${backfilled}{n="${n}"} ${i + 1000 * n} ${t}`);
  return `${lines.join('\n')}\n# EOF\n`;
};

/**
 * Makes two-hour blocks.
 * @returns a directory with one directory per block, to be removed by the caller
 */
export const makeBlocks = async (backfill: Backfill): Promise<{ directory: string; ulids: string[] }> => {
  const directory = mkdtempSync(join(tmpdir(), 'blocks-'));
  const input = join(directory, 'input.om');
  writeFileSync(input, openMetrics(backfill));
  await run('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', '--quiet', input, directory]);
  rmSync(input);
  return { directory, ulids: readdirSync(directory).sort() };
};

/** The directory as a tar archive, base64: what goes through `kubectl exec`. */
export const archive = async (directory: string): Promise<string> => {
  const file = `${directory}.tar`;
  await run('tar', ['-C', directory, '-cf', file, '.']);
  const text = readFileSync(file).toString('base64');
  rmSync(file);
  return text;
};
