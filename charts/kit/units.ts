// Durations, bytes and CPU as people write them.

const durationUnits = { ms: 0.001, s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800, y: 31_536_000 } as const;
const byteUnits = { '': 1, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, k: 1e3, M: 1e6, G: 1e9, T: 1e12 } as const;

/** A Prometheus duration, units in falling order: `48h`, `1h30m` (prometheus/common `model.ParseDuration`). */
export const durationPattern = /^(?=\d)(\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?$/;
/** A Kubernetes quantity of bytes: `512Mi`, `5Gi`. */
export const bytesPattern = /^[1-9]\d*(Ki|Mi|Gi|Ti|k|M|G|T)$/;
/** A Kubernetes quantity of CPU: `250m`, `2`. */
export const cpuPattern = /^([1-9]\d{0,6}m?|(?=.*[1-9])\d{1,4}\.\d{1,3})$/;

/** Seconds in a duration that matches `durationPattern`. */
export const seconds = (duration: string): number =>
  [...duration.matchAll(/(\d+)(ms|[smhdwy])/g)].reduce(
    (sum, [, n, unit]) => sum + Number(n) * durationUnits[unit as keyof typeof durationUnits],
    0,
  );

/** Bytes in a quantity that matches `bytesPattern`. */
export const bytes = (quantity: string): number => {
  const [, n, unit] = /^(\d+)(\D*)$/.exec(quantity) ?? [];
  return Number(n) * byteUnits[unit as keyof typeof byteUnits];
};

/** Cores in a CPU quantity. */
export const cores = (quantity: string): number =>
  quantity.endsWith('m') ? Number(quantity.slice(0, -1)) / 1000 : Number(quantity);

/** A number as people say it: `800`, `50000`, `120k`, `4M`. */
export const amountPattern = /^([1-9]\d{0,8}|[1-9]\d{0,5}(\.\d{1,3})?[kM])$/;
/** Events in time: `2/s`, `30/m`. */
export const ratePattern = /^(?=.*[1-9])\d{1,5}(\.\d{1,3})?\/[smh]$/;

/** The number in an amount that matches `amountPattern`. */
export const amount = (text: string): number =>
  Math.round(Number.parseFloat(text) * ({ k: 1e3, M: 1e6 }[text.at(-1) ?? ''] ?? 1));

/** Events per second in a rate that matches `ratePattern`. */
export const perSecond = (rate: string): number =>
  Number.parseFloat(rate) / durationUnits[rate.at(-1) as keyof typeof durationUnits];

/** A share from 0 to 1 of what is written as `5%`; rounded, since 99.9 / 100 is not 0.999. */
export const percentage = (text: string): number => Number((Number(text.slice(0, -1)) / 100).toFixed(8));

/** Bytes as a Kubernetes quantity, as its API writes them: another spelling of the same would look like a difference. */
export const binary = (value: number): string => {
  const mebi = Math.ceil(value / 2 ** 20);
  return mebi % 1024 === 0 ? `${mebi / 1024}Gi` : `${mebi}Mi`;
};
