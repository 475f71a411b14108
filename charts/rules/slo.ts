// Service level objectives of queries, and the alerts on how fast their error budgets burn.
//
// Multi-window, multi-burn-rate (Google, The Site Reliability Workbook, chapter 5): a page when 2% of a 30 days' budget goes
// within an hour or 5% within 6 hours, a ticket when 10% goes within a day or within 3 days; the short window ends it soon.
import { percent, type RuleGroup, type RulesOf } from './rule';

const requests = 'job="thanos-query-frontend", handler="query-frontend"';

/** Upper bounds of the buckets in which Thanos counts latencies, in seconds (thanos pkg/extprom/http/metrics.go). */
export const latencyBuckets = [0.001, 0.01, 0.1, 0.3, 0.6, 1, 3, 6, 9, 20, 30, 60, 90, 120, 240, 360, 720] as const;

const windows = ['5m', '30m', '1h', '2h', '6h', '1d', '3d'] as const;
type Window = (typeof windows)[number];

const burns = {
  critical: [
    { long: '1h', short: '5m', factor: 14.4 },
    { long: '6h', short: '30m', factor: 6 },
  ],
  warning: [
    { long: '1d', short: '2h', factor: 3 },
    { long: '3d', short: '6h', factor: 1 },
  ],
} as const;

/** The fastest burn that is alerted on; an objective so low that all requests may fail slower than that is none. */
export const fastestBurn = burns.critical[0].factor;

interface Indicator {
  readonly alert: string;
  /** Recorded share of requests that were not good, by window. */
  readonly record: (window: Window) => string;
  readonly expr: (window: Window) => string;
  readonly objective: number;
  /** A request that does not count as good. */
  readonly bad: string;
}

const float = (n: number): string => (Number.isInteger(n) ? `${n}.0` : `${n}`);

export const sloRules: RulesOf = ({ slo }) => {
  const { availability, latency } = slo.queries;
  const all = (window: Window) => `(sum(rate(http_requests_total{${requests}}[${window}])) > 0)`;
  const indicators: readonly Indicator[] = [
    {
      alert: 'QueryAvailabilityBudgetBurn',
      record: (window) => `query:errors:ratio_rate${window}`,
      expr: (window) => `(sum(rate(http_requests_total{${requests}, code=~"5.."}[${window}])) or vector(0)) / ${all(window)}`,
      objective: availability,
      bad: 'fail',
    },
    {
      alert: 'QueryLatencyBudgetBurn',
      record: (window) => `query:slow:ratio_rate${window}`,
      expr: (window) =>
        `1 - sum(rate(http_request_duration_seconds_bucket{${requests}, le="${float(latency.seconds)}"}[${window}])) / (sum(rate(http_request_duration_seconds_count{${requests}}[${window}])) > 0)`,
      objective: latency.objective,
      bad: `take longer than ${latency.seconds} s`,
    },
  ];
  const record = (these: readonly Window[]) =>
    these.flatMap((window) => indicators.map((i) => ({ record: i.record(window), expr: i.expr(window) })));
  const burning = (i: Indicator, severity: keyof typeof burns): string => {
    const budget = 1 - i.objective;
    return burns[severity]
      .map(({ long, short, factor }) => {
        const limit = Number((factor * budget).toPrecision(6));
        return `(${i.record(long)} > ${limit} and ${i.record(short)} > ${limit})`;
      })
      .join(' or ');
  };
  const why = 'queries are counted by the frontend, which is scraped by the cluster that watches its nodes';
  const groups: RuleGroup[] = [
    { name: 'slo short windows', why, interval: '30s', rules: record(['5m', '30m', '1h', '2h']) },
    // a window longer than Prometheus' own retention sees what there is
    { name: 'slo long windows', why, interval: '2m', rules: record(['6h', '1d', '3d']) },
    {
      name: 'slo',
      why,
      dashboard: 'query-path',
      interval: '30s',
      rules: indicators.flatMap((i) =>
        (['critical', 'warning'] as const).map((severity) => ({
          alert: i.alert,
          expr: burning(i, severity),
          for: severity === 'critical' ? '2m' : '15m',
          severity,
          summary: `Too many queries ${i.bad}`,
          description: `{{ $value | humanizePercentage }} of the queries ${i.bad}; ${percent(1 - i.objective)} may, by the objective of ${percent(i.objective)}. ${severity === 'critical' ? 'At this rate the budget of 30 days is gone within days.' : 'At this rate the budget of 30 days will not last.'}`,
        })),
      ),
    },
  ];
  return groups;
};
