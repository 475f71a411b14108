// What of a fleet must never change between versions of this project, as lines of test/identities.golden.txt.
import { parse } from 'yaml';
import type { Manifest, Synthesized } from '../../charts/fleet';
import { byName } from '../../charts/kit/order';

/** One fact: what it is about, and what must stay. */
export interface Identity {
  /** Such as `kind StatefulSet demo-chicago/prometheus`. */
  readonly of: string;
  readonly is: string;
}

const pairs = (labels: Readonly<Record<string, string>> = {}): string =>
  byName(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');

// biome-ignore lint/suspicious/noExplicitAny: claim templates of any object
const claim = ({ metadata, spec }: any): string =>
  `claim ${[metadata.name, spec.resources.requests.storage, ...spec.accessModes, spec.storageClassName ?? 'default class', pairs(metadata.labels)].join(' ')}`;

/** What Kubernetes refuses to change, and what others find the object by. */
const fixedOf = ({ kind, spec }: Manifest): string[] | undefined => {
  switch (kind) {
    case 'Namespace':
      return [];
    case 'Service':
      return spec.type === 'NodePort' // a port on localhost: nothing is kept under its name
        ? undefined
        : [`selector ${pairs(spec.selector)}`, ...(spec.clusterIP === 'None' ? ['headless'] : [])];
    case 'StatefulSet':
      return [
        `selector ${pairs(spec.selector.matchLabels)}`,
        `service ${spec.serviceName}`,
        spec.podManagementPolicy,
        ...(spec.volumeClaimTemplates ?? []).map(claim),
      ];
    case 'Deployment':
    case 'DaemonSet':
      return [`selector ${pairs(spec.selector.matchLabels)}`];
    default:
      return undefined;
  }
};

/** The labels by which blocks are told apart: of each Prometheus in its configuration, of the ruler in its arguments. */
const blocksOf = (o: Manifest): string | undefined => {
  const config = o.kind === 'ConfigMap' ? o.data['prometheus.yml'] : undefined;
  if (config) return pairs(parse(config).global.external_labels);
  const args: string[] = o.spec?.template?.spec.containers[0].args ?? [];
  return args[0] === 'rule' ? args.filter((a) => a.startsWith('--label=')).join(' ') : undefined;
};

/** Every identity of a synthesized fleet, in the order of its files. */
export const identities = ({ files }: Synthesized): Identity[] =>
  files.flatMap((file) => {
    const kubernetes = file.path.replace(/\/.*/, '');
    return file.objects.flatMap((o): Identity[] => {
      const { namespace, name } = o.metadata;
      const id = namespace ? `${namespace}/${name}` : name;
      const fixed = fixedOf(o);
      const blocks = blocksOf(o);
      return [
        ...(fixed ? [{ of: `${kubernetes} ${o.kind} ${id}`, is: fixed.join('; ') }] : []),
        ...(blocks ? [{ of: `${kubernetes} blocks of ${id}`, is: blocks }] : []),
      ];
    });
  });

/** A line of the list. */
export const identityLine = (fleet: string, { of, is }: Identity): string => [fleet, of, is].join(' | ').replace(/[ |]+$/, '');

/** What a line is about: the list has no two lines about the same. */
export const subjectOf = (line: string): string => line.split(' | ').slice(0, 2).join(' | ');

/** What it would do to those who run a fleet if that which a line is about changed or went away. */
export const consequenceOf = (line: string): string => {
  const [, about = ''] = line.split(' | ');
  if (about.includes(' blocks of '))
    return 'old and new blocks would be two streams: every query over the change counts twice, or stops at it.';
  const consequences: Readonly<Record<string, string>> = {
    Namespace:
      'everything in it would be made anew in another one, with empty volumes and without the Secrets that people made there.',
    Service:
      'who finds the pods by this name, users and dashboards of their own too, would find nobody until everything is applied.',
    StatefulSet:
      'Kubernetes refuses to change it; under another name its pods would start with empty volumes, and what was not uploaded yet would stay behind.',
    Deployment: 'Kubernetes refuses to change the selector; under another name the old pods would run on beside the new ones.',
    DaemonSet: 'Kubernetes refuses to change the selector; under another name the old pods would run on beside the new ones.',
  };
  return consequences[about.split(' ')[1] ?? ''] ?? '';
};
