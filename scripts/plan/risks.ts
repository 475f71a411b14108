// What of a change could lose data, or hide it.
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import type { Manifest } from '../../charts/fleet';
import { clusterLabel } from '../../charts/fleet/resolve';
import { bytes, seconds } from '../../charts/kit/units';
import type { Json } from './differences';
import { type Finding, keyOf, nameOf, type Objects } from './objects';

type Rule = (before: Objects, after: Objects) => Finding[];

const claimsOf = (set: Manifest): Json[] => set.spec?.volumeClaimTemplates ?? [];

/** StatefulSets that keep data, before and after (absent: it is gone). */
const keepers = (before: Objects, after: Objects): { former: Manifest; now?: Manifest }[] =>
  [...before]
    .filter(([, o]) => o.kind === 'StatefulSet' && claimsOf(o).length > 0)
    .map(([key, former]) => ({ former, now: after.get(key) }));

const volumes = (set: Manifest, from = 0): string => {
  const names = claimsOf(set).flatMap((c) =>
    Array.from({ length: (set.spec.replicas ?? 1) - from }, (_, i) => `${c.metadata.name}-${set.metadata.name}-${from + i}`),
  );
  return names.length > 3 ? `${names.slice(0, 2).join(', ')} … (${names.length} volumes)` : names.join(', ');
};

const componentOf = (workload: Manifest): string | undefined => workload.metadata.labels?.['app.kubernetes.io/component'];

/** What to do about the data of a workload that leaves, by its component (app.kubernetes.io/component). */
const ofItsData: Readonly<Record<string, string>> = {
  'object-store':
    'the object store: its volume is the bucket, with every block. Copy all of them to the new bucket before you apply this (docs/restore.md, Another bucket)',
  prometheus:
    'Prometheus: see that its blocks are in the bucket (it uploads a block when it is complete, after two hours or its blockDuration)',
  rule: 'the ruler: see that its blocks are in the bucket (it uploads a block every two hours)',
  alertmanager: 'Alertmanager: silences are made again by hand, and people are told of what is firing once more',
  grafana: 'Grafana: export what people made by hand; dashboards and datasources of the fleet come from git',
  compact: 'the compactor: nothing, its disk is scratch',
};

/** What to do about the volumes of workloads that leave, each kind of them once. */
const rescue = (gone: readonly Manifest[]): string =>
  [...new Set(gone.map((w) => ofItsData[componentOf(w) ?? ''] ?? `${w.metadata.name}: copy what you need`))].join('; ');

const namespacesRemoved: Rule = (before, after) =>
  [...before]
    .filter(([key, o]) => o.kind === 'Namespace' && !after.has(key))
    .map(([, o]) => {
      const kept = keepers(before, after).filter(({ former }) => former.metadata.namespace === o.metadata.name);
      const what = kept.map(({ former }) => volumes(former)).join(', ');
      return {
        code: 'namespace-removed',
        ...nameOf(o),
        problem: `the namespace ${o.metadata.name} is no longer part of the fleet`,
        consequence: `with a namespace goes everything in it${what ? `, also the volumes ${what}` : ''}.`,
        remedy: what
          ? `${rescue(kept.map(({ former }) => former))}. Then scale its workloads to 0, wait for that, and delete it.`
          : 'delete it when nothing of your own is in it.',
      };
    });

const volumesOrphaned: Rule = (before, after) =>
  keepers(before, after)
    .filter(({ former, now }) => !now && after.has(keyOf({ kind: 'Namespace', name: former.metadata.namespace as string })))
    .map(({ former }) => ({
      code: 'volumes-orphaned',
      ...nameOf(former),
      problem: `${former.metadata.name} is no longer part of the fleet`,
      consequence: `its volumes stay, but nothing reads them: ${volumes(former)}.`,
      remedy: `${rescue([former])}; or put it back. Delete the claims when nobody needs them.`,
    }));

const claimsChanged: Rule = (before, after) =>
  keepers(before, after).flatMap(({ former, now }): Finding[] => {
    if (!now) return [];
    return claimsOf(former).flatMap((claim): Finding[] => {
      const { name } = claim.metadata;
      const other = claimsOf(now).find((c) => c.metadata.name === name);
      if (!other)
        return [
          {
            code: 'volumes-orphaned',
            ...nameOf(now),
            problem: `the volume ${name} of ${now.metadata.name} is gone`,
            consequence: `its volumes stay, but nothing reads them: ${volumes(former)}.`,
            remedy: `keep the volume's name, or copy the data.`,
          },
        ];
      const [was, is] = [claim, other].map((c) => c.spec.resources.requests.storage as string) as [string, string];
      return bytes(is) < bytes(was)
        ? [
            {
              code: 'volume-shrunk',
              ...nameOf(now),
              problem: `the volume ${name} of ${now.metadata.name} would shrink from ${was} to ${is}`,
              consequence: 'no volume can shrink: it would have to be made anew, empty.',
              remedy: `${was} or more.`,
            },
          ]
        : [];
    });
  });

const scaledDown: Rule = (before, after) =>
  keepers(before, after).flatMap(({ former, now }): Finding[] => {
    const [was, is] = [former, now].map((o) => o?.spec.replicas ?? 1) as [number, number];
    if (!now || is >= was) return [];
    const uploads = JSON.stringify(former.spec.template).includes('--objstore.config-file=');
    return [
      {
        code: 'scaled-down',
        ...nameOf(now),
        problem: `${now.metadata.name} would have ${is} instead of ${was} replicas`,
        consequence: `nothing reads the volumes ${volumes(former, is)} any more${uploads ? ', and what has not been uploaded from them is in no query' : ''}.`,
        remedy: uploads
          ? `let ${is === 0 ? 'them' : 'the last ones'} upload first: the head is written out as a block only after its time; or keep ${was} replicas. The volumes stay either way.`
          : `${was} replicas, or delete the claims when nobody needs them.`,
      },
    ];
  });

const volumesDeleted: Rule = (before, after) =>
  keepers(before, after).flatMap(({ former, now }) =>
    ['whenDeleted', 'whenScaled']
      .filter((when) => {
        const [was, is] = [former, now].map((o) => o?.spec.persistentVolumeClaimRetentionPolicy?.[when] ?? 'Retain');
        return now && was !== is && is === 'Delete';
      })
      .map((when) => ({
        code: 'volumes-deleted',
        ...nameOf(former),
        problem: `persistentVolumeClaimRetentionPolicy.${when} of ${former.metadata.name} would be Delete`,
        consequence: `its volumes go when it is ${when === 'whenDeleted' ? 'deleted' : 'scaled down'}.`,
        remedy: 'Retain.',
      })),
  );

const workloads = (objects: Objects): [string, Manifest][] => [...objects].filter(([, o]) => o.spec?.template?.spec?.containers);

const containersOf = (workload: Manifest): Json[] => workload.spec.template.spec.containers;

const argument = (workload: Manifest, flag: string): string | undefined =>
  containersOf(workload)
    .flatMap((c): string[] => c.args ?? [])
    .find((a) => a.startsWith(`${flag}=`))
    ?.slice(flag.length + 1);

/** The volume that a file in a container is on, with the file's path from there. */
const volumeAt = (workload: Manifest, path: string): { volume: Json; file: string } | undefined => {
  const mounts: Json[] = containersOf(workload).flatMap((c) => c.volumeMounts ?? []);
  const mount = mounts.find((m) => path.startsWith(`${m.mountPath}/`));
  const volume = workload.spec.template.spec.volumes?.find((v: Json) => v.name === mount?.name);
  return volume && { volume, file: path.slice(mount.mountPath.length + 1) };
};

/** A file in a container, when it comes from a ConfigMap. */
const fileAt = (objects: Objects, workload: Manifest, path: string): string | undefined => {
  const found = volumeAt(workload, path);
  const name = found?.volume.configMap?.name;
  const { namespace } = workload.metadata;
  return found && name && objects.get(keyOf({ kind: 'ConfigMap', namespace, name }))?.data?.[found.file];
};

const configOf = (objects: Objects, workload: Manifest, flag: string): Json => {
  const path = argument(workload, flag);
  const text = path && fileAt(objects, workload, path);
  return text === undefined ? undefined : parse(text, { version: '1.1' });
};

/** Pairs of a workload before and after with the file that a flag of it names. */
const configs = (before: Objects, after: Objects, flag: string) =>
  workloads(after).flatMap(([key, now]) => {
    const former = before.get(key);
    const [was, is] = [former && configOf(before, former, flag), configOf(after, now, flag)];
    return former && was && is ? [{ former, now, was, is }] : [];
  });

/** A bucket in words: what makes it the same one. */
const bucketName = ({ type, prefix, config }: Json): string =>
  [type, config?.endpoint, config?.storage_account, config?.bucket ?? config?.container ?? config?.directory, prefix]
    .filter(Boolean)
    .join(' ');

const bucketChanged: Rule = (before, after) => {
  const ways = new Map<string, { was: string; is: string; users: Manifest[] }>();
  for (const { now, was, is } of configs(before, after, '--objstore.config-file')) {
    const way = { was: bucketName(was), is: bucketName(is), users: [] };
    const key = JSON.stringify(way);
    if (way.was !== way.is) ways.set(key, ways.get(key) ?? way);
    ways.get(key)?.users.push(now);
  }
  return [...ways.values()].map(({ was, is, users }) => ({
    code: 'bucket-changed',
    ...nameOf(users[0] as Manifest),
    problem: `${users.map((u) => u.metadata.name).join(', ')} would use ${is} instead of ${was}`,
    consequence: 'no query finds the blocks in the old place any more, and nothing compacts or deletes them.',
    remedy: 'copy the blocks first (docs/restore.md, Another bucket), or keep the old place.',
  }));
};

interface Encryption {
  readonly type: string;
  /** The ARN of KMS' key, or the Secret of SSE-C's with its key; empty: S3 sees to it. */
  readonly key: string;
}

const encryptionOf = (workload: Manifest, bucket: Json): Encryption => {
  const { type = 'none', kms_key_id, encryption_key } = bucket.config?.sse_config ?? {};
  if (type === 'SSE-KMS') return { type, key: kms_key_id };
  if (type !== 'SSE-C') return { type, key: '' };
  const found = volumeAt(workload, encryption_key);
  return { type, key: `the Secret ${found?.volume.secret?.secretName} (${found?.file})` };
};

const encryptionInWords = ({ type, key }: Encryption): string =>
  type === 'none' ? 'no encryption of its own' : key ? `${type} with ${key}` : type;

/** What SSE-KMS or SSE-C has encrypted is read with its key only. What S3 encrypts with keys of its own, whoever has the bucket reads. */
const keyLost = (was: Encryption, is: Encryption): boolean =>
  !isDeepStrictEqual(was, is) && (was.type === 'SSE-KMS' || [was, is].some(({ type }) => type === 'SSE-C'));

const encryptionChanged: Rule = (before, after) => {
  const found = configs(before, after, '--objstore.config-file').flatMap(({ now, former, ...buckets }) => {
    const [was, is] = [encryptionOf(former, buckets.was), encryptionOf(now, buckets.is)];
    return bucketName(buckets.was) === bucketName(buckets.is) && keyLost(was, is) ? [{ now, was, is }] : [];
  });
  const [first] = found;
  if (!first) return [];
  const { was, is } = first;
  const byCustomer = [was, is].some(({ type }) => type === 'SSE-C');
  return [
    {
      code: 'encryption-changed',
      ...nameOf(first.now),
      problem: `${[...new Set(found.map(({ now }) => now.metadata.name))].join(', ')} would use ${encryptionInWords(is)} instead of ${encryptionInWords(was)}`,
      consequence: byCustomer
        ? 'no block that is in the bucket can be read any more: one that was encrypted by SSE-C is read with its own key only, and one that was not is refused to who shows a key.'
        : 'blocks that are in the bucket stay encrypted with the former key, and the roles of the fleet (dist/*.iam) lose the right to use it: no query finds them, and the compactor halts.',
      remedy: byCustomer
        ? 'keep it; or copy every block to another bucket first, which is written with the new key (docs/restore.md, Another bucket).'
        : `keep it; or give the roles kms:Decrypt on ${was.key} by a policy of your own, apply that first, and keep the key until the last block of today is past its retention.`,
    },
  ];
};

const never = (duration: string): number => (seconds(duration) === 0 ? Number.POSITIVE_INFINITY : seconds(duration));

const bucketRetentionShortened: Rule = (before, after) =>
  workloads(after).flatMap(([key, now]) => {
    const former = before.get(key);
    return ['raw', '5m', '1h'].flatMap((resolution): Finding[] => {
      const flag = `--retention.resolution-${resolution}`;
      const [was, is] = [former && argument(former, flag), argument(now, flag)];
      if (!was || !is || never(is) >= never(was)) return [];
      return [
        {
          code: 'retention-shortened',
          ...nameOf(now),
          problem: `the bucket would keep the resolution ${resolution} for ${is} instead of ${was}`,
          consequence: `the compactor marks older blocks at once and deletes them after its delay (${argument(now, '--delete-delay') ?? '48h'}), for ever.`,
          remedy: `retention.${resolution}: ${was}, or a copy of the bucket.`,
        },
      ];
    });
  });

/** Megabytes as Prometheus writes them, such as `1638MB`. */
const megabytes = (size: string): number => Number(/^\d+/.exec(size)?.[0]);

const localRetentionShortened: Rule = (before, after) =>
  configs(before, after, '--config.file').flatMap(({ now, was, is }): Finding[] => {
    const [old, fresh] = [was, is].map((config) => config.storage?.tsdb?.retention ?? {});
    const shorter = [
      ...(old.time && fresh.time && seconds(fresh.time) < seconds(old.time) ? [`${fresh.time} instead of ${old.time}`] : []),
      ...(old.size && fresh.size && megabytes(fresh.size) < megabytes(old.size) ? [`${fresh.size} instead of ${old.size}`] : []),
    ];
    return shorter.length === 0
      ? []
      : [
          {
            code: 'retention-shortened',
            ...nameOf(now),
            problem: `${now.metadata.name} would keep ${shorter.join(' and ')} on its own volume`,
            consequence: 'it deletes what is older at once, also what has not been uploaded yet.',
            remedy: 'see that uploads are not behind (npm run doctor), then apply.',
          },
        ];
  });

const show = (labels: Json): string =>
  Object.entries(labels)
    .sort()
    .map(([name, value]) => `${name}=${value}`)
    .join(' ') || 'none';

const identityChanged: Rule = (before, after) =>
  configs(before, after, '--config.file').flatMap(({ now, was, is }): Finding[] => {
    const [old, fresh] = [was, is].map((config) => config.global?.external_labels);
    if (!old || !fresh || show(old) === show(fresh)) return [];
    const renamed = old[clusterLabel] !== fresh[clusterLabel];
    return [
      {
        code: renamed ? 'cluster-renamed' : 'external-labels-changed',
        ...nameOf(now),
        problem: `external labels would be ${show(fresh)} instead of ${show(old)}`,
        consequence: renamed
          ? `every series starts anew under ${clusterLabel}="${fresh[clusterLabel]}"; what is in the bucket stays under ${clusterLabel}="${old[clusterLabel]}", and no graph or alert joins the two.`
          : 'every series starts anew: graphs over the change show two series, and their blocks are compacted apart from now on.',
        remedy: 'keep the labels, or accept the break.',
      },
    ];
  });

/** Every Prometheus of a fleet, by the cluster that it is of, with its configuration. */
const clustersOf = (objects: Objects): Map<string, { workload: Manifest; config: Json }> =>
  new Map(
    workloads(objects).flatMap(([, workload]): [string, { workload: Manifest; config: Json }][] => {
      const config = configOf(objects, workload, '--config.file');
      const cluster = config?.global?.external_labels?.[clusterLabel];
      return cluster === undefined ? [] : [[cluster, { workload, config }]];
    }),
  );

/** A cluster that is renamed has a namespace of another name: one leaves, and another comes. */
const clusterReplaced: Rule = (before, after) => {
  const [was, is] = [clustersOf(before), clustersOf(after)];
  const fresh = [...is.keys()].filter((cluster) => !was.has(cluster));
  return [...was].flatMap(([cluster, { workload }]): Finding[] =>
    is.has(cluster) || fresh.length === 0 || after.has(keyOf(nameOf(workload)))
      ? []
      : [
          {
            code: 'cluster-renamed',
            ...nameOf(workload),
            problem: `the cluster ${cluster} leaves the fleet, and ${fresh.join(', ')} ${fresh.length > 1 ? 'come' : 'comes'}`,
            consequence: `if that is another name for it, every series starts anew; what is in the bucket stays under ${clusterLabel}="${cluster}", no graph or alert joins the two, and nothing reads ${volumes(workload)} any more.`,
            remedy: `the name ${cluster}; or see first that its blocks are in the bucket, and accept the break.`,
          },
        ],
  );
};

/** Whether a Prometheus scrapes the nodes and the API server of its Kubernetes cluster. */
const watchesNodes = ({ config }: { config: Json }): boolean =>
  (config.scrape_configs ?? []).some((job: Json) => ['kubelet', 'node-exporter', 'apiserver'].includes(job.job_name));

/** One cluster of a Kubernetes cluster watches its nodes; where none says so it is the first by name, and a new one may be that. */
const nodesMoved: Rule = (before, after) => {
  const [was, is] = [clustersOf(before), clustersOf(after)];
  const taker = [...is].find(
    ([cluster, p]) => watchesNodes(p) && !(was.has(cluster) && watchesNodes(was.get(cluster) as { config: Json })),
  );
  return [...was].flatMap(([cluster, former]): Finding[] => {
    const now = is.get(cluster);
    if (!taker || !now || !watchesNodes(former) || watchesNodes(now)) return [];
    return [
      {
        code: 'nodes-moved',
        ...nameOf(now.workload),
        problem: `${taker[0]} would watch the nodes instead of ${cluster}`,
        consequence: `series of nodes, kubelets, containers and the API server start anew under ${clusterLabel}="${taker[0]}": graphs break, records of the past stay with ${cluster}, and routes and silences that name ${cluster} no longer apply to their alerts.`,
        remedy: `nodes: true at clusters.${cluster}.`,
      },
    ];
  });
};

/** Labels by which replicas are told apart when queries and the compactor merge them. */
const replicaLabelsOf = (workload: Manifest): string =>
  containersOf(workload)
    .flatMap((c): string[] => c.args ?? [])
    .filter((a) => /^--(query|deduplication)\.replica-label=/.test(a))
    .map((a) => a.slice(a.indexOf('=') + 1))
    .sort()
    .join(', ');

const replicaLabelChanged: Rule = (before, after) =>
  workloads(after).flatMap(([key, now]): Finding[] => {
    const former = before.get(key);
    const [was, is] = [former?.spec.template ? replicaLabelsOf(former) : '', replicaLabelsOf(now)];
    return was === '' || was.split(', ').every((label) => is.split(', ').includes(label))
      ? []
      : [
          {
            code: 'replica-label-changed',
            ...nameOf(now),
            problem: `${now.metadata.name} would tell replicas apart by ${is || 'no label'} instead of ${was}`,
            consequence: 'what is in the bucket already carries the old label: every graph of the past is doubled.',
            remedy: `keep ${was}.`,
          },
        ];
  });

const rules: readonly Rule[] = [
  namespacesRemoved,
  volumesOrphaned,
  claimsChanged,
  scaledDown,
  volumesDeleted,
  bucketChanged,
  encryptionChanged,
  bucketRetentionShortened,
  localRetentionShortened,
  identityChanged,
  clusterReplaced,
  nodesMoved,
  replicaLabelChanged,
];

/** Everything of a change that could lose data or hide it. */
export const risks = (before: Objects, after: Objects): Finding[] => rules.flatMap((rule) => rule(before, after));
