// Files as the containers of a synthesized pod see them.
import { posix } from 'node:path';
import type { Manifest } from '../../charts/fleet';

// biome-ignore lint/suspicious/noExplicitAny: pod specs are read as plain JSON
type Json = any;

/** What a volume's part puts into files: all keys of an object, or those that `items` names, under other names. */
const filesOf = (objects: readonly Manifest[], namespace: string, kind: string, part: Json): [string, string][] => {
  const name = part.name ?? part.secretName;
  const object = objects.find((o) => o.kind === kind && o.metadata.name === name && o.metadata.namespace === namespace);
  const data: Record<string, string> = { ...object?.data, ...object?.stringData };
  return part.items
    ? part.items.flatMap((i: Json) => (data[i.key] === undefined ? [] : [[i.path, data[i.key]]]))
    : Object.entries(data);
};

const volumeFiles = (objects: readonly Manifest[], namespace: string, volume: Json): [string, string][] =>
  [volume, ...(volume.projected?.sources ?? [])].flatMap((part: Json) => [
    ...(part.configMap ? filesOf(objects, namespace, 'ConfigMap', part.configMap) : []),
    ...(part.secret ? filesOf(objects, namespace, 'Secret', part.secret) : []),
  ]);

/** A pod's own part of any object that makes pods; undefined for one that makes none. */
export const podSpec = ({ kind, spec }: Manifest): Json | undefined =>
  ['StatefulSet', 'Deployment', 'DaemonSet', 'Job'].includes(kind)
    ? spec.template.spec
    : kind === 'CronJob'
      ? spec.jobTemplate.spec.template.spec
      : undefined;

export interface Mounted {
  /** Texts by path: what ConfigMaps and Secrets among the objects put into the container. */
  readonly files: ReadonlyMap<string, string>;
  /** Whether a path is in a Secret that somebody else makes. */
  readonly isForeign: (path: string) => boolean;
}

export const mounted = (objects: readonly Manifest[], workload: Manifest, container: Json): Mounted => {
  const namespace = workload.metadata.namespace as string;
  const volumes: Json[] = podSpec(workload).volumes ?? [];
  const mounts: { mount: Json; volume: Json }[] = (container.volumeMounts ?? []).map((mount: Json) => ({
    mount,
    volume: volumes.find((v) => v.name === mount.name) ?? {},
  }));
  const files = mounts.flatMap(({ mount, volume }) =>
    volumeFiles(objects, namespace, volume).flatMap(([path, text]): [string, string][] =>
      !mount.subPath ? [[posix.join(mount.mountPath, path), text]] : mount.subPath === path ? [[mount.mountPath, text]] : [],
    ),
  );
  return {
    files: new Map(files),
    isForeign: (path) =>
      mounts.some(({ mount, volume }) => path.startsWith(mount.mountPath) && /"(secret|csi)"/.test(JSON.stringify(volume))),
  };
};
