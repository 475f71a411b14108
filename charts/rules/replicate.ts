// The replicator: a second bucket is worth what it was given in time.
import { nothingAnswers, type RulesOf } from './rule';

const job = 'job="thanos-replicate"';
/** Rounds that ended within an hour; they begin a minute apart. */
const rounds = (matchers = ''): string =>
  `sum by (job) (increase(thanos_replicate_replication_runs_total{${job}${matchers}}[1h]))`;

export const replicateRules: RulesOf = ({ objectStore: { replicate } }) =>
  replicate
    ? [
        {
          name: 'replicate',
          why: 'the replicator is scraped by the cluster that watches its nodes',
          dashboard: 'object-store',
          interval: '1m',
          rules: [
            {
              alert: 'ThanosReplicateIsDown',
              ...nothingAnswers('thanos-replicate'),
              for: '15m',
              severity: 'warning',
              summary: 'No replicator answers',
              description: 'For 15 minutes nothing has been copied to the second bucket: new blocks are in the first one only.',
            },
            {
              alert: 'ThanosReplicateFailing',
              expr: `${rounds(', result="error"')} > 0 unless ${rounds(', result="success"')} > 0`,
              for: '1h',
              severity: 'warning',
              summary: 'Blocks are not copied to the second bucket',
              description:
                'All of {{ printf "%.0f" $value }} rounds of copying within an hour have failed: new blocks are in the first bucket only.',
            },
            {
              alert: 'ThanosReplicateBehind',
              expr: `${rounds()} == 0`,
              for: '5h',
              severity: 'warning',
              summary: 'The second bucket falls behind the first',
              description: 'One round of copying takes more than 6 hours: blocks wait, which are in the first bucket only.',
            },
          ],
        },
      ]
    : [];
