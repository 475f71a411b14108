// Pods of a synthesized fleet, laid out so that their programs can be started on this machine: every mounted path in a
// temporary folder, every port a free one of 127.0.0.1, the fleet's Services where their programs listen here. Nothing else
// of arguments, environment and configuration changes.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { parse } from 'yaml';
import type { Certificate } from '../../charts/config/certificates';
import { certificateVolumeOf, slots } from '../../charts/config/object-stores/client';
import type { Manifest, SynthesizedFile } from '../../charts/fleet';
import { type Image, imageOf, images } from '../../charts/images';
import { nodesService } from '../../charts/kit/wiring';
import { programs as catalogued } from '../catalogue/programs';
import { day, type KeyPair, makeAuthority, makeLeaf } from '../certificates/x509';

/** Programs of one system's kernel. */
const ofLinux = ['node_exporter', 'cadvisor'];
/** cAdvisor wants a node's cgroups and container runtime: with this it reads its arguments, says its version and ends. */
const readsArgumentsOnly: Readonly<Record<string, string>> = { cadvisor: '-version' };

/** The programs that are started, by their image's repository; Grafana's files are checked by their schema (dashboards.ts). */
export const programs: Readonly<Record<string, { readonly program: string; readonly image: Image }>> = Object.fromEntries(
  Object.entries<Image>(images).flatMap(([key, image]) => {
    const known = catalogued[key];
    if (!known || known.settings || (process.platform !== 'linux' && ofLinux.includes(known.program))) return [];
    return [[image.repository, { program: known.program, image }]];
  }),
);

export interface RunnableContainer {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What the readiness probe asks: `http://…`, `https://…` or `tcp://host:port`. */
  readonly readyUrl: string;
  /** It does nothing but read its arguments, and ends. */
  readonly ends: boolean;
}

export interface RunnablePod {
  /** `<kubernetes cluster>/<namespace>/<workload>` */
  readonly name: string;
  /** Commands of its init containers. */
  readonly init: readonly (readonly string[])[];
  readonly containers: readonly RunnableContainer[];
  /** It reads this machine, which is not a node. */
  readonly usesHost: boolean;
  /** The bucket that it wants outside the fleet, if any. */
  readonly bucket?: { readonly name: string; readonly region?: string };
  /** A message with the paths and ports that the pod has in its cluster. */
  readonly asInCluster: (text: string) => string;
  /** The file behind a path of a container's file system. */
  readonly file: (path: string) => string;
}

/** What stands for an object store outside the fleet. */
export interface StandIn {
  readonly port: number;
  readonly accessKey: string;
  readonly secretKey: string;
}

// biome-ignore lint/suspicious/noExplicitAny: any Kubernetes object
type Any = any;

/** Nobody listens there: the address of replicas that are not started. */
const nobody = '127.0.0.1:1';
const serviceAccount = '/var/run/secrets/kubernetes.io/serviceaccount';

const isFree = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => done(true)));
  });

/** Free ports below those that the system gives to outgoing connections, each given once. */
const freePorts = () => {
  let next = 20_000 + (process.pid % 100) * 100;
  return async (): Promise<number> => {
    for (;;) {
      next = next >= 32_000 ? 20_000 : next + 1;
      const port = next; // others ask meanwhile
      if (await isFree(port)) return port;
    }
  };
};
export const freePort = freePorts();

const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

const workloads = (files: readonly SynthesizedFile[]) =>
  files.flatMap((file) =>
    file.objects
      .filter((o) => ['StatefulSet', 'Deployment', 'DaemonSet'].includes(o.kind))
      .map((object) => ({ kubernetes: dirname(file.path), object, objects: file.objects })),
  );

/** The ports of every workload, moved: `<kubernetes>/<namespace>/<workload>` to a map from its port to the one here. */
const movePorts = async (files: readonly SynthesizedFile[]) => {
  const moved = new Map<string, Map<number, number>>();
  for (const { kubernetes, object } of workloads(files)) {
    const ports = new Map<number, number>();
    for (const container of object.spec.template.spec.containers)
      for (const { containerPort } of container.ports ?? [])
        if (!ports.has(containerPort)) ports.set(containerPort, await freePort());
    moved.set(`${kubernetes}/${object.metadata.namespace}/${object.metadata.name}`, ports);
  }
  return moved;
};

/** Secrets with certificates of one authority, as `npm run certs` would make them, by their place. */
const issue = async (certificates: readonly Certificate[]): Promise<ReadonlyMap<string, Any>> => {
  const authority = certificates.length > 0 ? await makeAuthority('verify', new Date(), day) : undefined;
  const leaves = certificates.map(async (c): Promise<[string, Any]> => {
    const leaf = await makeLeaf(authority as KeyPair, c.dnsNames, c.usages, new Date(), day);
    const data = { 'tls.crt': leaf.certificate, 'tls.key': leaf.key, 'ca.crt': (authority as KeyPair).certificate };
    return [`${c.kubernetes}/${c.namespace}/${c.secret}`, { data }];
  });
  return new Map(await Promise.all(leaves));
};

/** Where a replica listens that other Kubernetes clusters reach by a node's port or a host's name: its address to its port here. */
const exposedPorts = (files: readonly SynthesizedFile[], moved: ReadonlyMap<string, ReadonlyMap<number, number>>) => {
  const here = new Map<string, string>();
  for (const file of files)
    for (const { kind, metadata, spec } of file.objects)
      for (const port of kind === 'Service' && spec.type !== undefined ? spec.ports : []) {
        const kubernetes = dirname(file.path);
        const [pod, workload, ordinal] = /^(.*)-(\d+)$/.exec(spec.selector['statefulset.kubernetes.io/pod-name'] ?? '') ?? [];
        const there = moved.get(`${kubernetes}/${metadata.namespace}/${workload}`)?.get(port.port);
        if (!pod || !there) continue;
        const host = (metadata as Any).annotations?.['external-dns.alpha.kubernetes.io/hostname'];
        const address = ordinal === '0' ? `127.0.0.1:${there}` : nobody;
        if (port.nodePort) here.set(`${nodesService(kubernetes)}:${port.nodePort}`, address);
        if (host) here.set(`${host}:${port.port}`, address);
      }
  return here;
};

/**
 * Lays out every pod that runs a program of `programs`, one replica of each, below a folder.
 * @param certificates that the pods mount; they are issued anew
 */
export const layOut = async (
  files: readonly SynthesizedFile[],
  folder: string,
  standIn: StandIn,
  certificates: readonly Certificate[],
): Promise<RunnablePod[]> => {
  const moved = await movePorts(files);
  const issued = await issue(certificates);
  const exposed = exposedPorts(files, moved);
  const embedded = files.some((f) => f.objects.some((o) => runs(o, 'versitygw')));
  return workloads(files)
    .filter(({ object }) => runs(object))
    .map(({ kubernetes, object, objects }) =>
      layOutPod(kubernetes, object, objects, folder, { moved, exposed, issued }, embedded ? undefined : standIn),
    );
};

const repository = (container: Any): string => imageOf(container.image)?.repository ?? '';

/** The program that a container runs, if it is one that is started here. */
export const programOf = (container: Any): string | undefined => programs[repository(container)]?.program;

const runs = (object: Manifest, program?: string): boolean =>
  (object.spec?.template?.spec?.containers ?? [])
    .map(programOf)
    .some((found: string | undefined) => found && (!program || found === program));

/** What a pod finds outside of itself. */
interface Surroundings {
  readonly moved: ReadonlyMap<string, ReadonlyMap<number, number>>;
  readonly exposed: ReadonlyMap<string, string>;
  readonly issued: ReadonlyMap<string, Any>;
}

const layOutPod = (
  kubernetes: string,
  object: Manifest,
  objects: readonly Manifest[],
  folder: string,
  { moved, exposed, issued }: Surroundings,
  standIn: StandIn | undefined,
): RunnablePod => {
  const { name: workload, namespace = '' } = object.metadata;
  const name = `${kubernetes}/${namespace}/${workload}`;
  const directory = join(folder, name);
  const spec = object.spec.template.spec;
  const ports = moved.get(name) as ReadonlyMap<number, number>;
  const find = (kind: string, called: string) =>
    objects.find((o) => o.kind === kind && o.metadata.name === called && o.metadata.namespace === namespace);
  const sourceOf = ({ configMap, secret }: Any) =>
    configMap
      ? find('ConfigMap', configMap.name)
      : secret && (find('Secret', secret.secretName) ?? issued.get(`${kubernetes}/${namespace}/${secret.secretName}`));

  // volumes: a folder each, or the host's own path
  const claims = (object.spec.volumeClaimTemplates ?? []).map((c: Any) => ({ name: c.metadata.name }));
  const volumes = [...(spec.volumes ?? []), ...claims] as Any[];
  const hostPath = (volume: string): string | undefined => volumes.find((v) => v.name === volume)?.hostPath?.path;
  const mounted = new Map<string, string>([[serviceAccount, join(directory, 'service-account')]]);
  for (const mount of spec.containers.flatMap((c: Any) => c.volumeMounts ?? []))
    mounted.set(mount.mountPath, hostPath(mount.name) ?? join(directory, mount.name, mount.subPath ?? ''));
  const longestFirst = [...mounted].sort(([a], [b]) => b.length - a.length);
  const movePaths = (text: string): string =>
    longestFirst.reduce(
      (t, [path, to]) => t.replace(new RegExp(`(?<![\\w./-])${literally(path)}(?=[/"'\\s,:;)]|$)`, 'gm'), () => to),
      text,
    );
  const file = (path: string): string => movePaths(path);

  const moveServices = (text: string): string =>
    text
      .replace(
        /(?:[a-z0-9-]+-(\d+)\.)?([a-z0-9-]+)\.([a-z0-9-]+)\.svc\.cluster\.local:(\d+)/g,
        (all, ordinal, service, ns, port) => {
          const remote = exposed.get(`${service}:${port}`);
          const there = moved.get(`${kubernetes}/${ns}/${service}`)?.get(Number(port));
          if (!there) return remote ?? all;
          return Number(ordinal ?? 0) > 0 ? nobody : `127.0.0.1:${there}`;
        },
      )
      // a cache's servers have one port; Thanos resolves their names when it starts
      .replace(/dnssrvnoa\+_[a-z0-9-]+\._tcp\.([a-z0-9-]+)\.([a-z0-9-]+)\.svc\.cluster\.local/g, (all, service, ns) => {
        const [there] = moved.get(`${kubernetes}/${ns}/${service}`)?.values() ?? [];
        return there ? `127.0.0.1:${there}` : all;
      })
      // the same of servers that are not the fleet's
      .replace(/\bdns\+[a-z0-9.-]+:(\d+)/g, '127.0.0.1:$1')
      .replace(/[a-z0-9][a-z0-9.-]*:\d+/g, (address) => exposed.get(address) ?? address);
  const movePort = (arg: string): string => {
    const there = ports.get(Number(/^--port=(\d+)$/.exec(arg)?.[1]));
    if (there) return `--port=${there}`;
    return arg.replace(
      /^(--[^=]+=)?(https?:\/\/)?(0\.0\.0\.0|127\.0\.0\.1|localhost)?:(\d+)$/,
      (all, flag = '', scheme = '', _host, port) => {
        const there = ports.get(Number(port));
        return there ? `${flag}${scheme}127.0.0.1:${there}` : all;
      },
    );
  };

  // environment and arguments, expanded as the kubelet does
  const environment = (container: Any): Record<string, string> => {
    const env: Record<string, string> = {};
    for (const { name: key, value, valueFrom } of container.env ?? []) env[key] = value ?? fromPod(valueFrom, key);
    return env;
  };
  const fromPod = (source: Any, key: string): string => {
    const field = source?.fieldRef?.fieldPath;
    if (field === 'metadata.name') return `${workload}-0`;
    if (field === 'metadata.namespace') return namespace;
    if (field === 'status.podIP' || field === 'status.hostIP') return '127.0.0.1';
    const { name: secret, key: secretKey } = source?.secretKeyRef ?? {};
    if (secret) return find('Secret', secret)?.stringData?.[secretKey] ?? 'cGxhY2Vob2xkZXI='; // Azure's keys are base64
    throw new Error(`${name}: no value for the environment variable ${key}`);
  };
  const expand = (text: string, env: Record<string, string>): string =>
    text.replace(/\$\(([\w.-]+)\)/g, (all, key) => env[key] ?? all);

  /** What a cloud gives to pods that have a role. */
  const byRole = (c: Any): Record<string, string> =>
    standIn && c.args?.some((a: string) => a.startsWith(bucketFlag)) && !c.env?.some((e: Any) => e.name === credentialsVariable)
      ? { AWS_ACCESS_KEY_ID: standIn.accessKey, AWS_SECRET_ACCESS_KEY: standIn.secretKey }
      : {};
  const readyUrl = (c: Any): string => {
    const { httpGet, tcpSocket } = c.readinessProbe ?? {};
    const { path = '', port, scheme = 'http' } = httpGet ?? { ...tcpSocket, scheme: 'tcp' };
    const number = c.ports?.find((p: Any) => p.name === port || p.containerPort === port)?.containerPort;
    if (!number) throw new Error(`${name}: the readiness probe of ${c.name} asks port ${port}, which it does not declare`);
    return `${scheme.toLowerCase()}://127.0.0.1:${ports.get(number)}${path}`;
  };
  const containers: RunnableContainer[] = (spec.containers as Any[]).filter(programOf).map((c) => {
    const env = { ...environment(c), ...byRole(c) };
    const program = programOf(c) as string;
    const last = readsArgumentsOnly[program];
    return {
      name: c.name as string,
      program,
      args: [
        ...(c.args ?? []).map((arg: string) => movePaths(moveServices(movePort(expand(arg, env))))),
        ...(last ? [last] : []),
      ],
      env: Object.fromEntries(Object.entries(env).map(([k, v]) => [k, movePaths(v)])),
      readyUrl: readyUrl(c),
      ends: last !== undefined,
    };
  });

  // what the volumes hold
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  };
  write(join(directory, 'service-account/token'), 'placeholder');
  write(join(directory, 'service-account/ca.crt'), `${rootCertificates[0]}\n`);
  const texts: string[] = [];
  for (const v of volumes) {
    const at = join(directory, v.name);
    if (v.hostPath) continue;
    mkdirSync(at, { recursive: true });
    const source = sourceOf(v);
    if (v.configMap && !source && !v.configMap.optional && !ofAuthority(v))
      throw new Error(`${name} mounts ConfigMap ${v.configMap.name}, which is not in the output`);
    const data: Record<string, string> = { ...source?.data, ...source?.stringData };
    const items = (v.configMap ?? v.secret)?.items ?? Object.keys(data).map((key) => ({ key, path: key }));
    for (const item of items) {
      const text = movePaths(moveServices(data[item.key] ?? ''));
      texts.push(text);
      write(join(at, item.path), text);
    }
  }

  // files of Secrets that are not in the output, and of the user's own certificates, are only known by who names them
  const named = [...texts, ...containers.flatMap((c) => [...c.args, ...Object.values(c.env)])].join('\n');
  for (const v of volumes.filter((v) => !sourceOf(v) && (v.secret || ofAuthority(v)))) {
    const at = join(directory, v.name);
    const text = (key: string) => {
      if (ofAuthority(v)) return `${rootCertificates[0]}\n`;
      if (key === 'credentials' && standIn) return credentials(standIn);
      return key === 'key.json' ? googleKey : 'https://placeholder.invalid/0123'; // a URL, and a key of 256 bits
    };
    for (const [, key = ''] of named.matchAll(new RegExp(`${literally(at)}/([\\w.-]+)`, 'g'))) write(join(at, key), text(key));
  }

  const bucket = standIn ? useStandIn(containers, standIn) : undefined;
  const back = (text: string): string => {
    const paths = longestFirst.reduce((t, [path, to]) => (to.startsWith(folder) ? t.replaceAll(to, path) : t), text);
    return [...ports].reduce((t, [port, there]) => t.replaceAll(`:${there}`, `:${port}`), paths);
  };
  const init = (spec.initContainers ?? []).map((c: Any) => [...(c.command ?? []), ...(c.args ?? [])].map(movePaths));
  return { name, init, containers, usesHost: volumes.some((v) => v.hostPath), bucket, asInCluster: back, file };
};

/** Whether a volume holds the certificate by which a bucket's server is known. */
const ofAuthority = ({ name }: Any): boolean => slots.some((slot) => name === certificateVolumeOf(slot));

/** A key that Google's client library reads, and asks nobody about before it is used. */
const googleKey = JSON.stringify({
  type: 'authorized_user',
  client_id: 'placeholder',
  client_secret: 'placeholder',
  refresh_token: 'placeholder',
});

const bucketFlag = '--objstore.config-file=';
const credentialsVariable = 'AWS_SHARED_CREDENTIALS_FILE';

const credentials = ({ accessKey, secretKey }: StandIn): string =>
  `[default]\naws_access_key_id = ${accessKey}\naws_secret_access_key = ${secretKey}\n`;

/**
 * Turns the endpoint of an object store outside the fleet to the one that stands for it, which speaks S3 without TLS. Of other kinds
 * the keys are known from the programs (catalogue/); here only the programs around them are tried.
 */
const useStandIn = (containers: readonly RunnableContainer[], standIn: StandIn): RunnablePod['bucket'] => {
  const path = containers
    .flatMap((c) => c.args)
    .find((a) => a.startsWith(bucketFlag))
    ?.slice(bucketFlag.length);
  if (!path) return undefined;
  const { type, config, ...rest } = parse(readFileSync(path, 'utf8')) ?? {};
  if (typeof config !== 'object' || config === null) return undefined; // thanos says what is wrong with it
  const name = String(config.bucket ?? config.container);
  const { region, sse_config, ...given } =
    type === 'S3' ? config : { access_key: standIn.accessKey, secret_key: standIn.secretKey };
  const there = {
    ...given,
    region,
    ...(sse_config?.type === 'SSE-C' ? {} : { sse_config }), // which no client sends without TLS
    bucket: name,
    endpoint: `127.0.0.1:${standIn.port}`,
    insecure: true,
    bucket_lookup_type: 'path', // an address has no hosts below it
  };
  writeFileSync(path, JSON.stringify({ type: 'S3', config: there, ...rest }));
  return { name, region };
};
