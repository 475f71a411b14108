// What doctor says.

export type Verdict = 'ok' | 'warning' | 'wrong';

/** What doctor found out about one thing. */
export interface Finding {
  readonly check: string;
  readonly of: string;
  readonly verdict: Verdict;
  readonly seen: string;
  /** What to do; present when the verdict is not ok. */
  readonly remedy?: string;
}

/** A finding that says what to do only where there is something to do. */
export const finding = (check: string, of: string, verdict: Verdict, seen: string, remedy: string): Finding =>
  verdict === 'ok' ? { check, of, verdict, seen } : { check, of, verdict, seen, remedy };
