// Whether sidecars that are not the fleet's say of themselves what the fleet file says of them. What they say is in their series,
// in their blocks and in deduplication; what is wrong is changed where their Prometheus is deployed.
import { rulerLabels } from '../../charts/fleet/checks';
import type { ResolvedExternal } from '../../charts/fleet/externals';
import { clusterLabel, replicaLabel } from '../../charts/fleet/resolve';
import { type Finding, finding } from './finding';

/** One of the querier's answer to /api/v1/stores. */
export interface Sidecar {
  readonly name: string;
  readonly lastError?: unknown;
  readonly labelSets?: readonly Readonly<Record<string, string>>[] | null;
}

const labelsOf = ({ labelSets }: Sidecar): Readonly<Record<string, string>> => labelSets?.[0] ?? {};
const written = (labels: Readonly<Record<string, string>>): string =>
  `{${Object.entries(labels)
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ')}}`;

const wrong = (of: string, seen: string, remedy: string): Finding => finding('external labels', of, 'wrong', seen, remedy);

/** What is wrong with the labels of one cluster's sidecars. */
const labelFindings = ({ name, labels }: ResolvedExternal, sidecars: readonly Sidecar[]): Finding[] => {
  const replicas = sidecars.map((s) => labelsOf(s)[replicaLabel] ?? '');
  const unlike = sidecars.filter((s) => !labelsOf(s)[replicaLabel]);
  const other = unlike.flatMap((s) => Object.keys(labelsOf(s)).filter((label) => label.includes('replica')))[0];
  const twice = replicas.find((replica, i) => replica !== '' && replicas.indexOf(replica) !== i);
  const missing = Object.fromEntries(
    Object.entries(labels).filter(([label, value]) => sidecars.some((s) => labelsOf(s)[label] !== value)),
  );
  const taken = Object.values(rulerLabels).filter((label) => sidecars.some((s) => labelsOf(s)[label] !== undefined));
  return [
    ...(unlike.length > 0
      ? [
          wrong(
            name,
            other ? `replicas are told apart by ${other}, not by ${replicaLabel}` : `no label ${replicaLabel}`,
            `every series would be there once for each replica: replicaExternalLabelName: ${replicaLabel}, or an external label ${replicaLabel} that differs`,
          ),
        ]
      : []),
    ...(twice === undefined
      ? []
      : [
          wrong(
            name,
            `two sidecars are ${replicaLabel} ${twice}`,
            `the compactor halts on blocks that overlap: another ${replicaLabel} for each, and if it is one sidecar under two addresses, one of them`,
          ),
        ]),
    ...(Object.keys(missing).length > 0
      ? [
          wrong(
            name,
            `not all sidecars have ${written(missing)}`,
            `externalLabels: ${written({ [clusterLabel]: name, ...labels })} there, or other labels in the fleet file`,
          ),
        ]
      : []),
    ...taken.map((label) =>
      wrong(name, `sidecars have the label ${label}, by which rulers are known`, 'an external label of another name'),
    ),
  ];
};

/**
 * @param others names of the fleet's own clusters
 * @param sidecars what the querier is connected to
 */
export const externalFindings = (
  externals: readonly ResolvedExternal[],
  others: readonly string[],
  sidecars: readonly Sidecar[],
): Finding[] => {
  if (externals.length === 0) return [];
  const alive = sidecars.filter((s) => !s.lastError);
  const of = (name: string) => alive.filter((s) => labelsOf(s)[clusterLabel] === name);
  const known = [...externals.map((e) => e.name), ...others];
  const strangers = alive.filter((s) => !known.includes(labelsOf(s)[clusterLabel] ?? ''));
  return [
    ...externals.flatMap((external): Finding[] => {
      const { name, replicas, sidecars: where } = external;
      const found = of(name);
      const place =
        where.at.by === 'service'
          ? `is its Service ${where.at.service} in ${where.at.pods.namespace} headless, and do its pods have the labels of the fleet file?`
          : 'does something answer at its addresses, by the certificate of the fleet file?';
      return [
        finding(
          'StoreAPI endpoints',
          `sidecars of ${name}`,
          found.length === replicas ? 'ok' : 'wrong',
          `${found.length} of ${replicas}`,
          `externalLabels: ${written({ [clusterLabel]: name })} at its Prometheus; ${place}`,
        ),
        ...labelFindings(external, found),
      ];
    }),
    ...strangers.map((s) => {
      const cluster = labelsOf(s)[clusterLabel];
      return wrong(
        s.name,
        cluster === undefined
          ? `no label ${clusterLabel}: ${written(labelsOf(s))}`
          : `it is of a cluster ${cluster}, which is not in the fleet`,
        `externalLabels: {${clusterLabel}: …} at its Prometheus, with the name that it has in the fleet file: ${externals.map((e) => e.name).join(', ')}`,
      );
    }),
  ];
};
