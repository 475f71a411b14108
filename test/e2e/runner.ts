// Checks in order, each with its verdict and time; a table at the end. A check waits for conditions, never for time to pass.

import { sleep, ToolError } from '../../scripts/lib/kubectl';
import { green, progress, red, table } from '../../scripts/lib/terminal';

interface Result {
  readonly area: string;
  readonly claim: string;
  readonly error?: string;
  readonly seconds: number;
  /** What was seen, for the table. */
  readonly seen: string;
}

/** What a check asserts and does not find. */
export class Unmet extends Error {}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Unmet(message);
}

/** Limit of every wait: far above what a slow machine needs; only a condition that never comes reaches it. */
const limit = 600_000;

/**
 * Waits until a condition holds and gives its value.
 * @param look gives the value, or throws what is still missing
 */
export const until = async <T>(what: string, look: () => Promise<T>, milliseconds = limit): Promise<T> => {
  const started = Date.now();
  let said = started;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (!process.stdout.isTTY && Date.now() - said > 30_000) {
        said = Date.now();
        console.log(`  waiting ${Math.round((said - started) / 1000)} s: ${what} (${(error as Error).message.split('\n')[0]})`);
      }
      if (Date.now() - started > milliseconds)
        throw new Unmet(`${what}: not after ${Math.round(milliseconds / 1000)} s. ${(error as Error).message}`);
      progress.show(
        `  waiting ${Math.round((Date.now() - started) / 1000)} s: ${what} (${(error as Error).message.split('\n')[0]})`,
      );
      await sleep(1000);
    }
  }
};

export class Runner {
  private readonly results: Result[] = [];

  /** Runs one check. @param body gives what was seen, in a few words */
  async check(area: string, claim: string, body: () => Promise<string>): Promise<boolean> {
    const started = Date.now();
    let error: string | undefined;
    let seen = '';
    try {
      seen = await body();
    } catch (e) {
      // where it was thrown says something of a mistake of the check's only
      error = e instanceof Unmet || e instanceof ToolError ? e.message : String((e as Error).stack ?? e);
    }
    const seconds = (Date.now() - started) / 1000;
    this.results.push({ area, claim, error, seconds, seen });
    progress.done(
      `${error ? red('✗') : green('✓')} ${area}: ${claim} (${seconds.toFixed(1)} s)${error ? `\n  ${error}` : seen ? `: ${seen}` : ''}`,
    );
    return !error;
  }

  /** The table; gives the exit code. */
  finish(): number {
    const failed = this.results.filter((r) => r.error);
    console.log(
      table(
        ['Area', 'Claim', 'Verdict', 'Seconds', 'Seen'],
        this.results.map((r) => [
          r.area,
          r.claim,
          r.error ? red('FAILED') : green('ok'),
          r.seconds.toFixed(1),
          r.error ?? r.seen,
        ]),
        [12, 46, 9, 9, 54],
      ),
    );
    console.log(`${this.results.length - failed.length} passed, ${failed.length} failed`);
    return failed.length > 0 || this.results.length === 0 ? 1 : 0;
  }
}
