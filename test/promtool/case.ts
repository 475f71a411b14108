// A unit test of an alert, as data: what its series are while all is well, while it should fire, and while it nearly should.

/** What a series does in each of three worlds: all is well, the alert's, and one that is nearly that. */
export interface Course {
  readonly good: Phase;
  readonly bad: Phase;
  readonly near: Phase;
  /** A counter goes on from where it is; a gauge is what it is. */
  readonly counts: boolean;
  /** All well again, it is where it would be if it had always been. */
  readonly returns?: boolean;
  readonly start: number;
}

/** A gauge's value (`_`: no sample; 1 at every so manieth step; waves that sink to a trough), or what is added at each step. */
type Phase = number | '_' | { readonly every: number } | { readonly crest: number; readonly trough: number };

/** How many steps a wave takes, by one down at each. */
const waveOf = ({ crest, trough }: { crest: number; trough: number }): number => crest - trough + 1;

/** A gauge that has one value in each world. */
export const gauge = (good: Phase, bad: Phase, near: Phase): Course => ({ good, bad, near, counts: false, start: 0 });
/** A counter, by what is added at each step. */
export const counter = (good: number, bad: number, near: number): Course => ({ good, bad, near, counts: true, start: 0 });
/** A gauge that moves, by what is added at each step; it is at its start again when all is well again. */
export const line = (start: number, bad: number, near: number): Course => ({
  good: 0,
  bad,
  near,
  counts: true,
  returns: true,
  start,
});
/** A time that should be about now, by what is added at each step. */
export const clock = (good: number, bad: number, near: number): Course => ({ ...counter(good, bad, near), returns: true });
/** A series that is the same in every world. */
export const always = (value: number): Course => gauge(value, value, value);

export interface Case {
  readonly alert: string;
  readonly severity: 'critical' | 'warning' | 'info' | 'none';
  readonly series: Readonly<Record<string, Course>>;
  /** Alerts that fire. Default: 1. */
  readonly count?: number;
  /** Time between samples, in minutes. Default: 1. */
  readonly step?: number;
  /** Steps for which all is well first. Default: 30. */
  readonly before?: number;
  /** Steps of what it should fire at. Default: 60. */
  readonly bad?: number;
  /** Steps for which all is well again. Default: 60. */
  readonly after?: number;
}

export interface Timeline {
  /** Minutes at which it must not fire yet, must fire, and must fire no more. */
  readonly silent: number;
  readonly fires: number;
  readonly resolved: number;
}

export const timeline = ({ step = 1, before = 30, bad = 60, after = 60 }: Case): Timeline => ({
  silent: (before - 1) * step,
  fires: (before + bad - 1) * step,
  resolved: (before + bad + after - 1) * step,
});

const repeated = (value: Phase, steps: number): string => {
  if (typeof value === 'object' && 'crest' in value)
    return Array.from({ length: steps }, (_, i) => value.crest - (i % waveOf(value))).join(' ');
  if (typeof value === 'object') return Array.from({ length: steps }, (_, i) => (i % value.every === 0 ? '1' : '_')).join(' ');
  return value === '_' ? `_x${steps}` : `${value}+0x${steps - 1}`;
};
const moving = (from: number, by: number, steps: number): string => `${from}${by < 0 ? '-' : '+'}${Math.abs(by)}x${steps - 1}`;

/** promtool's notation of a series that is well, then bad (or nearly), then well again. */
export const values = ({ good, bad, near, counts, returns, start }: Course, test: Case, world: 'bad' | 'near'): string => {
  const { before = 30, bad: steps = 60, after = 60 } = test;
  const then = world === 'bad' ? bad : near;
  const middle = (): string[] => {
    if (!counts) return [repeated(good, before), repeated(then, steps), repeated(good, after)];
    const [rise, fall] = [good as number, then as number];
    const from = start + rise * before;
    const back = returns ? from + rise * steps : from + fall * steps;
    return [moving(start, rise, before), moving(from, fall, steps), moving(back, rise, after)];
  };
  return middle().join(' ');
};
