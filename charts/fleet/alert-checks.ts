// What the schema cannot say about alerts and objectives.
import { seconds } from '../kit/units';
import { alertNames } from '../rules';
import { fastestBurn, latencyBuckets } from '../rules/slo';
import { nearest } from './nearest';
import { type Check, type Path, refuseIf, type Violation } from './violations';

const unknownAlerts: Check = (fleet, resolved) => {
  const uses = [
    { path: ['alerts', 'disable'], names: fleet.alerts?.disable ?? [] },
    ...Object.entries(fleet.clusters).map(([name, c]) => ({
      path: ['clusters', name, 'alerts', 'disable'],
      names: c.alerts?.disable ?? [],
    })),
  ].flatMap(({ path, names }) => names.map((name, i) => ({ path: [...path, i], name })));
  if (uses.length === 0) return []; // to know all names, all rules are rendered
  const known = alertNames(resolved);
  return uses
    .filter(({ name }) => known.length > 0 && !known.includes(name))
    .map(
      ({ path, name }): Violation => ({
        code: 'unknown-alert',
        path,
        problem: `there is no alert ${name}`,
        consequence: 'the alert that was meant would go on firing.',
        remedy: `${nearest(name, known) ?? 'a name from docs/runbooks'}.`,
      }),
    );
};

const objectives: Check = (_fleet, { slo }) => {
  const least = 1 - 1 / fastestBurn;
  const { availability, latency } = slo.queries;
  const given: [Path, number][] = [
    [['slo', 'queries', 'availability'], availability],
    [['slo', 'queries', 'latency', 'objective'], latency.objective],
  ];
  return given
    .filter(([, objective]) => objective <= least)
    .map(([path, objective]) => ({
      code: 'slo-objective',
      path,
      problem: `${path.slice(1).join('.')} is ${Number((objective * 100).toFixed(4))}%`,
      consequence: `the page is for budgets that burn ${fastestBurn} times too fast; this one could not even when every query is bad.`,
      remedy: '95% or more.',
    }));
};

const largestBucket = latencyBuckets.at(-1) as number;

/** Latencies are told by a histogram, which knows some bounds only, and ends somewhere. */
const latencies: Check = (fleet, { slo }) => {
  const code = 'latency-beyond-histogram';
  const limits = [
    { path: ['alerts', 'queryLatency', 'p99'], written: fleet.alerts?.queryLatency?.p99 },
    ...Object.entries(fleet.clusters).map(([name, c]) => ({
      path: ['clusters', name, 'alerts', 'queryLatency', 'p99'],
      written: c.alerts?.queryLatency?.p99,
    })),
  ];
  return [
    ...refuseIf(!latencyBuckets.some((bucket) => bucket === slo.queries.latency.seconds), {
      code,
      path: ['slo', 'queries', 'latency', 'threshold'],
      problem: `queries are not counted at ${fleet.slo?.queries?.latency?.threshold}`,
      consequence: 'the share of fast queries could not be known: Thanos counts them at fixed thresholds only.',
      remedy: `one of ${latencyBuckets.map((bucket) => (bucket < 1 ? `${bucket * 1000}ms` : `${bucket}s`)).join(', ')}.`,
    }),
    ...limits.flatMap(({ path, written }) =>
      refuseIf(written !== undefined && (seconds(written) >= largestBucket || seconds(written) === 0), {
        code,
        path,
        problem: `queries are told from slower ones up to ${largestBucket}s, and ${written} is not among that`,
        consequence: 'ThanosQueryInstantLatencyHigh and ThanosQueryRangeLatencyHigh would fire never, or always.',
        remedy: `more than 0s and less than ${largestBucket}s; or turn them off: alerts: {disable: […]}.`,
      }),
    ),
  ];
};

export const alertChecks: readonly Check[] = [unknownAlerts, objectives, latencies];
