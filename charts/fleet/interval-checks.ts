// What the schema cannot say about the times in which routes are mute, after alertmanager timeinterval/timeinterval.go.
import { nearest } from './nearest';
import type { MuteTimeInterval } from './schema';
import { timeZones } from './time-zones';
import { type Check, type Path, refuseIf, type Violation } from './violations';

const here: Path = ['observer', 'alertmanager'];

const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const months = 'january february march april may june july august september october november december'.split(' ');
const weekdayNumber = (weekday: string): number => weekdays.indexOf(weekday);
const monthNumber = (month: string): number => (months.includes(month) ? months.indexOf(month) + 1 : Number(month));
const minuteOf = (time: string): number => {
  const [hours, minutes] = time.split(':').map(Number) as [number, number];
  return 60 * hours + minutes;
};
/** The first and the last of `a:b`, or one twice. */
const ends = (range: string): [string, string] => {
  const [first = '', last = first] = range.split(':');
  return [first, last];
};
const numbers = (range: string, numberOf: (part: string) => number): [number, number] => {
  const [first, last] = ends(range);
  return [numberOf(first), numberOf(last)];
};

/** Whether Alertmanager takes a range of days of the month; -1 is the last day. */
const daysInOrder = (first: number, last: number): boolean => {
  const shortestMonth = 28;
  const from = first < 0 ? first + shortestMonth : first;
  const to = last < 0 ? last + shortestMonth : last;
  return !(first < 0 && last > 0) && from <= to;
};

/** What to write in place of a range that ends before it begins, or nothing where it does not. */
const mended = {
  times: (range: string) => {
    const [from = '', to = ''] = range.split('-');
    if (from < to) return undefined;
    if (to === '00:00') return from === to ? 'no times, if all of the day is meant' : `"${from}-24:00"`;
    return from === to ? `"${from}-24:00", or another end after ${from}` : `["${from}-24:00", "00:00-${to}"]`;
  },
  weekdays: (range: string) => {
    const [first, last] = numbers(range, weekdayNumber);
    if (first <= last) return undefined;
    return first === last + 1
      ? 'no weekdays, if every day is meant'
      : `[${[...weekdays.slice(first), ...weekdays.slice(0, last + 1)].join(', ')}]`;
  },
  daysOfMonth: (range: string) => {
    const [first, last] = numbers(range, Number);
    const longestMonth = 31;
    if (daysInOrder(first, last)) return undefined;
    if (first === last + 1 || (first < 0 && last - first >= longestMonth)) return 'no daysOfMonth, if every day is meant';
    if (last > 0) return `["${first}:${first < 0 ? -1 : longestMonth}", "1:${last}"]`;
    // both from the end of the month, the earlier one first
    const from = first < 0 ? first : first - longestMonth - 1;
    return `"${Math.min(from, last)}:${Math.max(from, last)}"`;
  },
  months: (range: string) => {
    const [first, last] = ends(range);
    if (monthNumber(first) <= monthNumber(last)) return undefined;
    return monthNumber(first) === monthNumber(last) + 1
      ? 'no months, if every one is meant'
      : `["${first}:december", "january:${last}"]`;
  },
} as const;

const backwards = (path: Path, interval: MuteTimeInterval): Violation[] =>
  (Object.keys(mended) as (keyof typeof mended)[]).flatMap((key) =>
    (interval[key] ?? []).flatMap((range, i): Violation[] => {
      const better = mended[key](range);
      return better === undefined
        ? []
        : [
            {
              code: 'interval-backwards',
              path: [...path, key, i],
              problem: `${range} ends before it begins${key === 'weekdays' ? ' (weeks begin on Sunday)' : ''}`,
              consequence: 'Alertmanager would not start.',
              remedy: `${better}.`,
            },
          ];
    }),
  );

interface Moment {
  readonly month: number;
  readonly daysInMonth: number;
  readonly day: number;
  readonly weekday: number;
  readonly minute: number;
}

const between = (value: number, [first, last]: [number, number]): boolean => first <= value && value <= last;

/** Whether a moment is in an interval: of each list that is given, in one range. */
const isIn = ({ times, weekdays, daysOfMonth, months }: MuteTimeInterval, moment: Moment): boolean => {
  const dayNumber = (day: string) => (Number(day) < 0 ? moment.daysInMonth + 1 + Number(day) : Number(day));
  const some = (ranges: readonly string[] | undefined, holds: (range: string) => boolean) => ranges?.some(holds) ?? true;
  return (
    some(months, (range) => between(moment.month, numbers(range, monthNumber))) &&
    some(daysOfMonth, (range) => between(moment.day, numbers(range, dayNumber))) &&
    some(weekdays, (range) => between(moment.weekday, numbers(range, weekdayNumber))) &&
    some(times, (range) => {
      const [from = '', to = ''] = range.split('-');
      return minuteOf(from) <= moment.minute && moment.minute < minuteOf(to);
    })
  );
};

/** Moments of all years; of a day, midnight and each at which times of these intervals end. */
function* momentsOf(intervals: readonly MuteTimeInterval[]): Iterable<Moment> {
  const ended = intervals.flatMap(({ times = [] }) => times.map((range) => minuteOf(range.split('-')[1] ?? '')));
  const minutes = [0, ...ended.filter((minute) => minute < minuteOf('24:00'))];
  const lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].map((days, i) => ({ month: i + 1, daysInMonth: days }));
  for (const month of [...lengths, { month: 2, daysInMonth: 29 }])
    for (let day = 1; day <= month.daysInMonth; day++)
      for (const weekday of weekdays.keys()) for (const minute of minutes) yield { ...month, day, weekday, minute };
}

/** Whether there is no moment outside of all these intervals. */
const areAlways = (intervals: readonly MuteTimeInterval[]): boolean => {
  for (const moment of momentsOf(intervals)) if (!intervals.some((interval) => isIn(interval, moment))) return false;
  return true;
};

/** Zones by file name, as Go reads them: the case of letters matters. Node may know one that is newer than the list. */
const isTimeZone = (name: string): boolean => timeZones.includes(name) || Intl.supportedValuesOf('timeZone').includes(name);

/** The zone that was meant, by any letters' case or without its region. An abbreviation is of several zones, or of half a year. */
const meantZone = (name: string): string | undefined => {
  const asked = name.toLowerCase();
  const found = timeZones.find((zone) => `/${zone.toLowerCase()}`.endsWith(`/${asked}`));
  return found ?? (/^([A-Z]+|Local)$/.test(name) ? undefined : nearest(name, timeZones));
};

const timeZone = (path: Path, { location }: MuteTimeInterval): Violation[] =>
  location === undefined || isTimeZone(location)
    ? []
    : [
        {
          code: 'unknown-time-zone',
          path: [...path, 'location'],
          problem: `there is no time zone ${location}`,
          consequence:
            location === 'Local' ? "Alertmanager would take its container's, which is UTC." : 'Alertmanager would not start.',
          remedy: `${meantZone(location) ?? 'a name of the time zone database, such as Europe/Berlin, or UTC'}.`,
        },
      ];

const some = 'times, weekdays, daysOfMonth or months, such as {weekdays: [saturday, sunday]}';
const always = 'it would be always: routes that name it would send nothing, ever.';

const eachInterval: Check = (fleet) =>
  Object.entries(fleet.observer.alertmanager?.muteTimeIntervals ?? {}).flatMap(([name, interval]): Violation[] => {
    const path: Path = [...here, 'muteTimeIntervals', name];
    const { location: _, ...ranges } = interval;
    if (Object.values(ranges).every((r) => r === undefined))
      return [{ code: 'interval-without-times', path, problem: `${name} says no time`, consequence: always, remedy: `${some}.` }];
    const disordered = backwards(path, interval);
    return [
      ...disordered,
      ...refuseIf(disordered.length === 0 && areAlways([interval]), {
        code: 'interval-always',
        path,
        problem: `${name} leaves no time out`,
        consequence: always,
        remedy: `less of it: ${some}. What nobody wants to be told of goes into alerts: {disable: […]}.`,
      }),
      ...timeZone(path, interval),
    ];
  });

/** Routes that are mute by one interval or another at any time. Of different time zones it is not known. */
const togetherAlways: Check = (fleet) => {
  const { routes = [], muteTimeIntervals = {} } = fleet.observer.alertmanager ?? {};
  return routes.flatMap(({ receiver, muteDuring = [] }, i) => {
    const intervals = muteDuring.flatMap((name) => muteTimeIntervals[name] ?? []);
    const zones = new Set(intervals.map(({ location = 'UTC' }) => location));
    const alone = intervals.some((interval) => areAlways([interval])); // is said of that one
    return refuseIf(intervals.length > 1 && zones.size === 1 && !alone && areAlways(intervals), {
      code: 'interval-always',
      path: [...here, 'routes', i, 'muteDuring'],
      problem: `${muteDuring.join(' and ')} leave no time out together`,
      consequence: `${receiver} would not be told by this route, ever.`,
      remedy: 'fewer of them. What nobody wants to be told of goes into alerts: {disable: […]}.',
    });
  });
};

export const intervalChecks: readonly Check[] = [eachInterval, togetherAlways];
