// Numbers with Grafana's units, as far as the dashboards use them (grafana packages/grafana-data/src/valueFormats).

const digits = (value: number, decimals?: number): string => {
  if (decimals !== undefined) return value.toFixed(decimals);
  const magnitude = Math.abs(value);
  const most = magnitude >= 100 || magnitude === 0 ? 0 : magnitude >= 10 ? 1 : magnitude >= 1 ? 2 : 3;
  return String(Number(value.toFixed(most)));
};

const scaled =
  (base: number, suffixes: readonly string[], unit = '') =>
  (value: number, decimals?: number): string => {
    let [v, i] = [value, 0];
    while (Math.abs(v) >= base && i < suffixes.length - 1) {
      v /= base;
      i++;
    }
    return `${digits(v, decimals)}${suffixes[i]}${unit}`;
  };

const short = scaled(1000, ['', ' K', ' Mil', ' Bil']);
const per = (unit: string) => (value: number, decimals?: number) => `${short(value, decimals)} ${unit}`;

const seconds = (value: number, decimals?: number): string => {
  const v = Math.abs(value);
  if (v === 0) return '0 s';
  if (v < 1e-3) return `${digits(value * 1e6, decimals)} µs`;
  if (v < 1) return `${digits(value * 1e3, decimals)} ms`;
  if (v < 60) return `${digits(value, decimals)} s`;
  if (v < 3600) return `${digits(value / 60, decimals)} mins`;
  if (v < 86_400) return `${digits(value / 3600, decimals)} hours`;
  return `${digits(value / 86_400, decimals)} days`;
};

const formats: Readonly<Record<string, (value: number, decimals?: number) => string>> = {
  none: digits,
  short,
  percentunit: (value, decimals) => `${digits(value * 100, decimals)}%`,
  bytes: scaled(1024, [' B', ' KiB', ' MiB', ' GiB', ' TiB']),
  Bps: scaled(1000, [' B', ' kB', ' MB', ' GB'], '/s'),
  s: seconds,
  reqps: per('req/s'),
  ops: per('ops/s'),
  cps: per('c/s'),
  pps: per('p/s'),
};

/** @throws Error for a unit that no dashboard has used so far: add it above */
export const format = (value: number, unit: string, decimals?: number): string => {
  const formatter = formats[unit];
  if (!formatter) throw new Error(`scripts/pictures/units.ts knows no unit ${unit}.`);
  return Number.isFinite(value) ? formatter(value, decimals) : '';
};

/** Round numbers from 0 or below to the highest value or beyond, in steps that people count in. */
export const ticks = (low: number, high: number, unit: string, most: number): number[] => {
  const steps =
    unit === 's' && high > 60
      ? [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800]
      : unit === 'bytes'
        ? Array.from({ length: 50 }, (_, i) => 2 ** i)
        : Array.from({ length: 45 }, (_, i) => 10 ** (Math.floor(i / 3) - 6) * ([1, 2, 5][i % 3] as number));
  const step = steps.find((s) => (high - low) / s <= most) ?? (high - low) / most;
  const first = Math.floor(low / step);
  return Array.from({ length: Math.ceil(high / step - 1e-9) - first + 1 }, (_, i) => (first + i) * step);
};
