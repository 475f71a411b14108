// Object stores as fleets describe them, used by the real Thanos: every form that can run on this machine finds its bucket, each
// role can do what its component must and nothing else, and credentials change as docs/production.md says.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseFleet, synthesize } from '../../../charts/fleet';
import { iamFiles } from '../../../charts/iam';
import { type Outcome, run, serve } from '../../lib/run';
import type { Check } from '../checks';
import { freePort } from '../pods';
import { type Cloud, hosts, region, startCloud } from './cloud';

const bucket = 'demo-metrics';
const needs = ['thanos', 'versitygw', 'promtool'];

const fleet = (kubernetes: string, objectStore: string): string => `name: demo
kubernetes: {cloud: {${kubernetes}}}
objectStore: {type: s3, bucket: ${bucket}, ${objectStore}}
observer: {in: cloud, grafana: {adminSecret: grafana-admin}}
clusters: {chicago: {in: cloud}}
`;
const kind = 'platform: kind';
const eks = `platform: eks, context: arn:aws:eks:${region}:111122223333:cluster/metrics, oidcProvider: https://oidc.eks.${region}.amazonaws.com/id/0123`;

/** A component that uses the bucket, with its files where programs on this machine find them. */
interface Client {
  readonly configFile: string;
  readonly env: Record<string, string>;
  readonly args: readonly string[];
  readonly serviceAccount: string;
  /** The role that its service account names, with IRSA. */
  readonly role?: string;
}

// biome-ignore lint/suspicious/noExplicitAny: objects are read as plain JSON
type Any = any;

/**
 * @param program its service account, which shards share
 * @param secrets what files hold that are not in the output, by their name
 */
const layOutClient = (text: string, program: string, folder: string, secrets: Record<string, string>): Client => {
  const objects = synthesize(parseFleet(text, 'fleet.yaml')).files.flatMap((f) => f.objects) as Any[];
  const named = (kind: string, name: string, namespace?: string) =>
    objects.find((o) => o.kind === kind && o.metadata.name === name && (!namespace || o.metadata.namespace === namespace));
  const object = objects.find((o) => o.spec?.template?.spec.serviceAccountName === program);
  const { serviceAccountName, containers, volumes } = object.spec.template.spec;
  const container = containers.find((c: Any) => c.args?.some((a: string) => a.startsWith('--objstore.config-file=')));
  const here = (value: string) => value.replaceAll('/etc/thanos/', `${folder}/`);
  for (const { name, mountPath } of container.volumeMounts) {
    const source = volumes?.find((v: Any) => v.name === name)?.configMap?.name;
    const data: Record<string, string> = { ...named('ConfigMap', source, object.metadata.namespace)?.data };
    for (const [file, content] of Object.entries(data)) {
      mkdirSync(here(`${mountPath}/`), { recursive: true });
      writeFileSync(here(`${mountPath}/${file}`), here(content));
    }
  }
  for (const [file, content] of Object.entries(secrets)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), content);
  }
  const account = named('ServiceAccount', serviceAccountName, object.metadata.namespace);
  return {
    configFile: join(folder, 'objstore/bucket.yaml'),
    env: Object.fromEntries((container.env ?? []).flatMap((e: Any) => (e.value ? [[e.name, here(e.value)]] : []))),
    args: container.args.map(here),
    serviceAccount: `${account.metadata.namespace}/${account.metadata.name}`,
    role: account.metadata.annotations?.['eks.amazonaws.com/role-arn'],
  };
};

const tools = (
  client: Pick<Client, 'configFile' | 'env'>,
  env: Record<string, string>,
  command: string,
  ...args: string[]
): Promise<Outcome> =>
  run('thanos', ['tools', 'bucket', command, `--objstore.config-file=${client.configFile}`, ...args], { ...client.env, ...env });

/** A block of two samples; gives its id. */
const makeBlock = async (folder: string): Promise<string> => {
  const samples = join(folder, 'samples.txt');
  mkdirSync(folder, { recursive: true });
  writeFileSync(samples, '# TYPE a gauge\na 1 1700000000\na 2 1700000060\n# EOF\n');
  const { code, output } = await run('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', samples, join(folder, 'data')]);
  const id = /\b01[0-9A-Z]{24}\b/.exec(output)?.[0];
  if (code !== 0 || !id) throw new Error(output);
  return id;
};

const credentials = (keys: Cloud['root']) =>
  `[default]\naws_access_key_id = ${keys.accessKey}\naws_secret_access_key = ${keys.secretKey}\n`;
const said = ({ output }: Outcome): string =>
  output
    .split('\n')
    .filter((line) => /level=error|^error/i.test(line))
    .join('\n') || output.slice(-1500);

/** Whether IAM has refused something. */
const denied = ({ output }: Outcome): boolean => /not authorized to perform|AccessDenied|Access Denied/.test(output);

/** Uploads a block and lists it. */
const uploadsAndLists = async (client: Client, env: Record<string, string>, folder: string): Promise<string | undefined> => {
  const id = await makeBlock(folder);
  const data = join(folder, 'data');
  const upload = await tools(client, env, 'upload-blocks', `--path=${data}`, '--label=cluster="x"');
  if (upload.code !== 0 || !/uploaded=1/.test(upload.output)) return `thanos tools bucket upload-blocks: ${said(upload)}`;
  const list = await tools(client, env, 'ls');
  return list.code === 0 && list.output.includes(id) ? undefined : `thanos tools bucket ls: ${said(list)}`;
};

interface Form {
  readonly name: string;
  readonly kubernetes?: string;
  readonly objectStore: (cloud: Cloud) => string;
  /** It goes by Amazon's certificates: those of the machine, which Go replaces on Linux only. */
  readonly amazon?: boolean;
}

const keys = 'auth: {secret: keys}';
const other = `endpoint: "${hosts.other}:9000", ${keys}, ca: {secret: ca}`;
const forms: readonly Form[] = [
  {
    name: 'static keys, plain HTTP',
    objectStore: ({ plain }) => `endpoint: "${plain}", region: ${region}, insecure: true, ${keys}`,
  },
  { name: 'a certificate authority of its own, a prefix', objectStore: () => `${other}, region: ${region}, prefix: a/b` },
  {
    name: 'SSE-S3, small parts, listing v1',
    objectStore: () => `${other}, region: ${region}, sse: {type: SSE-S3}, partSize: 5Mi, listObjects: v1`,
  },
  {
    name: 'SSE-KMS',
    objectStore: () => `${other}, region: ${region}, sse: {type: SSE-KMS, key: "key-1", context: {fleet: demo}}`,
  },
  { name: 'SSE-C', objectStore: () => `${other}, region: ${region}, sse: {type: SSE-C, secret: sse}` },
  { name: 'Amazon S3 with virtual hosts', objectStore: () => `region: ${region}, ${keys}`, amazon: true },
  { name: 'Amazon S3 looked up by path', objectStore: () => `region: ${region}, lookup: path, ${keys}`, amazon: true },
  { name: 'IRSA', kubernetes: eks, objectStore: () => `region: ${region}, auth: {irsa: {}}`, amazon: true },
  { name: 'EKS Pod Identity', kubernetes: eks, objectStore: () => `region: ${region}, auth: {podIdentity: {}}`, amazon: true },
];

/** What a webhook of EKS adds to a pod that has a role (AWS: pod-configuration and pod-id-how-it-works). */
const injected = (client: Client, folder: string, text: string): Record<string, string> => {
  const token = join(folder, 'token');
  if (client.role) return { AWS_ROLE_ARN: client.role, AWS_WEB_IDENTITY_TOKEN_FILE: token };
  return text.includes('podIdentity')
    ? {
        AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials',
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: token,
      }
    : {};
};

/** Policies and associations of a fleet, by path. */
const iamOf = (text: string): Map<string, string> =>
  new Map(iamFiles(synthesize(parseFleet(text, 'fleet.yaml')).topology).map((f) => [f.path, f.text]));

/** Puts every role of a fleet into IAM, with new keys. */
const putRoles = async (cloud: Cloud, text: string): Promise<void> => {
  const iam = iamOf(text);
  for (const [path, policy] of iam)
    if (path.endsWith('.policy.json'))
      await cloud.putRole(`arn:aws:iam::111122223333:role/${path.replace(/^.*\/|\.policy\.json$/g, '')}`, policy);
};

const roles = ['sidecar', 'rule', 'store', 'bucket-web', 'compact', 'replicate'] as const;
const workloads: Record<(typeof roles)[number], string> = {
  sidecar: 'prometheus',
  rule: 'thanos-rule',
  store: 'thanos-store',
  'bucket-web': 'thanos-bucket-web',
  compact: 'thanos-compact',
  replicate: 'thanos-replicate',
};
const may: Record<(typeof roles)[number], { readonly write: boolean; readonly delete: boolean }> = {
  sidecar: { write: true, delete: false },
  rule: { write: true, delete: false },
  store: { write: false, delete: false },
  'bucket-web': { write: false, delete: false },
  compact: { write: true, delete: true },
  replicate: { write: false, delete: false },
};
const copies = 'demo-copies';
const withRoles = (auth: string): string =>
  fleet(
    eks,
    `region: ${region}, prefix: blocks, auth: {${auth}: {}}, replicate: {to: {type: s3, bucket: ${copies}, region: ${region}}}`,
  );
const roleArn = (component: string): string => `arn:aws:iam::111122223333:role/demo-cloud-${component}`;

/** A client of a fleet whose components have roles, with a token that is worth its role. */
const roleClient = (cloud: Cloud, text: string, component: (typeof roles)[number], folder: string) => {
  const client = layOutClient(text, workloads[component], folder, { token: `token of ${component}` });
  cloud.tokens.set(`token of ${component}`, roleArn(component));
  return { client, env: { ...cloud.environment(true), ...injected(client, folder, text) } };
};

/** Lists the bucket with the keys that a role has now, whatever it has later. */
const withKeys = (cloud: Cloud, component: (typeof roles)[number], folder: string) => {
  const text = fleet(kind, `region: ${region}, prefix: blocks, ${keys}`);
  const client = layOutClient(text, workloads[component], folder, {
    'objstore-credentials/credentials': credentials(cloud.keysOf(roleArn(component))),
  });
  return () => tools(client, cloud.environment(true), 'ls');
};

/** What of a role's rights is not as it should be. */
const rightsProblem = async (
  cloud: Cloud,
  auth: string,
  component: (typeof roles)[number],
  folder: string,
): Promise<string | undefined> => {
  const text = withRoles(auth);
  const { client, env } = roleClient(cloud, text, component, join(folder, 'role'));
  const admin = {
    client: layOutClient(
      fleet(kind, `endpoint: "${cloud.plain}", region: ${region}, insecure: true, prefix: blocks, ${keys}`),
      'thanos-compact',
      join(folder, 'admin'),
      {
        'objstore-credentials/credentials': credentials(cloud.root),
      },
    ),
    env: cloud.environment(false),
  };
  rmSync(join(cloud.bucket(bucket), 'blocks'), { recursive: true, force: true });
  const problem = await uploadsAndLists(admin.client, admin.env, join(folder, 'block'));
  if (problem) return problem;
  const id = (await tools(admin.client, admin.env, 'ls')).output.match(/\b01[0-9A-Z]{24}\b/)?.[0];
  const mark = ['mark', `--id=${id}`, '--details=verify'] as const;
  const expected = may[component];
  const operations: [string, boolean, () => Promise<Outcome>][] = [
    ['list and read', true, () => tools(client, env, 'inspect')],
    ['write', expected.write, () => tools(client, env, ...mark, '--marker=no-compact-mark.json')],
    [
      'delete',
      expected.delete,
      async () => {
        await tools(admin.client, admin.env, ...mark, '--marker=deletion-mark.json');
        return tools(client, env, 'cleanup', '--delete-delay=0s', '--consistency-delay=0s');
      },
    ],
  ];
  for (const [what, allowed, operate] of operations) {
    const outcome = await operate();
    if (allowed && outcome.code !== 0) return `it cannot ${what}: ${said(outcome)}`;
    if (!allowed && !(outcome.code !== 0 && denied(outcome))) return `it can ${what}, which it must not`;
  }
  return undefined;
};

/** What is wrong when the replicator of a fleet copies a block, by its own arguments, to a bucket where it may not delete. */
const replicationProblem = async (cloud: Cloud, own: boolean, folder: string): Promise<string | undefined> => {
  const source = join(cloud.bucket(bucket), 'blocks');
  const target = cloud.bucket(copies);
  for (const place of [source, join(target, 'blocks')]) rmSync(place, { recursive: true, force: true });
  const admin = `endpoint: "${cloud.plain}", region: ${region}, insecure: true, ${keys}`;
  const root = { 'objstore-credentials/credentials': credentials(cloud.root) };
  const writer = layOutClient(fleet(kind, `${admin}, prefix: blocks`), 'thanos-compact', join(folder, 'admin'), root);
  const problem = await uploadsAndLists(writer, cloud.environment(false), join(folder, 'block'));
  if (problem) return problem;
  const [id = ''] = readdirSync(source);
  const to = `{type: s3, bucket: ${copies}, prefix: blocks, endpoint: "${cloud.plain}", region: ${region}, insecure: true, auth: {secret: other}}`;
  const text = own ? fleet(kind, `${other}, region: ${region}, prefix: blocks, replicate: {to: ${to}}`) : withRoles('irsa');
  await putRoles(cloud, text);
  const client = layOutClient(text, 'thanos-replicate', join(folder, 'replicate'), {
    ...root,
    'objstore-ca/ca.crt': cloud.authority,
    token: 'token of replicate',
  });
  cloud.tokens.set('token of replicate', roleArn('replicate'));
  const env = own
    ? { ...cloud.environment(false), REPLICA_ACCESS_KEY: cloud.root.accessKey, REPLICA_SECRET_KEY: cloud.root.secretKey }
    : { ...cloud.environment(true), ...injected(client, join(folder, 'replicate'), text) };
  const once = client.args.map((arg) => arg.replace(/^--http-address=.*/, '--http-address=127.0.0.1:0'));
  const round = () => run('thanos', [...once, '--single-run'], { ...client.env, ...env });
  for (const outcome of [await round(), await round()])
    if (outcome.code !== 0) return `thanos tools bucket replicate: ${said(outcome)}`;
  const copy = join(target, ...(own ? ['blocks'] : []), id);
  for (const file of ['meta.json', 'index', 'chunks/000001'])
    if (!existsSync(join(copy, file)) || !readFileSync(join(copy, file)).equals(readFileSync(join(source, id, file))))
      return `${file} of the block is not in the second bucket as it is in the first`;
  if (own) return undefined;
  // as somebody who has its role and wants the copy gone
  const swapped = { ...client, configFile: join(folder, 'replicate', 'replica/bucket.yaml') };
  const gone = await tools(swapped, env, 'cleanup', '--delete-delay=0s', '--consistency-delay=0s');
  if (gone.code !== 0) return `thanos tools bucket cleanup: ${said(gone)}`;
  await tools(swapped, env, 'mark', `--id=${id}`, '--details=verify', '--marker=deletion-mark.json');
  const deleted = await tools(swapped, env, 'cleanup', '--delete-delay=0s', '--consistency-delay=0s');
  if (deleted.code === 0 || !existsSync(join(copy, 'meta.json'))) return 'its role can delete what it has copied';
  return denied(deleted) ? undefined : `thanos tools bucket cleanup: ${said(deleted)}`;
};

const wait = (seconds: number) => new Promise<void>((done) => setTimeout(done, seconds * 1000));

/** A store gateway that looks at its bucket every second. */
const watchBucket = async (client: Client, env: Record<string, string>, folder: string) => {
  const [http, grpc] = [await freePort(), await freePort()];
  const args = [
    'store',
    `--objstore.config-file=${client.configFile}`,
    `--data-dir=${join(folder, 'store')}`,
    `--http-address=127.0.0.1:${http}`,
    `--grpc-address=127.0.0.1:${grpc}`,
    '--sync-block-duration=1s',
  ];
  const server = await serve('thanos', args, { ...client.env, ...env }, `http://127.0.0.1:${http}/-/ready`);
  /** How often it has seen the bucket. */
  const synced = () => server.output().split('successfully synchronized block metadata').length - 1;
  return { server, synced };
};

/**
 * What is wrong when the credentials of a running store gateway are replaced, and those from before are refused.
 * @param former a client that has the credentials from before and no way to new ones
 * @param seconds after which nobody uses them any more
 */
const rotationProblem = async (
  watched: Awaited<ReturnType<typeof watchBucket>>,
  former: () => Promise<Outcome>,
  rotate: () => Promise<void>,
  seconds: number,
): Promise<string | undefined> => {
  const { server, synced } = watched;
  if (server.problem) return `${server.problem}\n${server.output().slice(-1500)}`;
  try {
    await rotate();
    await wait(seconds);
    if ((await former()).code === 0) return 'the credentials from before still work, so this proves nothing';
    const before = synced();
    await wait(5);
    return synced() >= before + 3 ? undefined : `the store gateway lost its bucket\n${server.output().slice(-1500)}`;
  } finally {
    await server.stop();
  }
};

/** Checks of every form, role and rotation. They share one cloud, which ends with the last of them. */
export const objectStoreChecks = (folder: string): Check[] => {
  mkdirSync(folder, { recursive: true });
  let started: Promise<Cloud> | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  let open = 0;
  const check = (what: string, of: string, problem: (cloud: Cloud, folder: string) => Promise<string | undefined>): Check => {
    const own = join(folder, String(open));
    open += 1;
    return {
      what,
      of,
      needs,
      run: async () => {
        started ??= startCloud(join(folder, 'cloud'));
        const cloud = await started;
        cloud.bucket(bucket);
        mkdirSync(own);
        const mine = turn.then(() => problem(cloud, own)); // they use the same bucket and roles
        turn = mine.catch(() => undefined);
        try {
          return await mine;
        } finally {
          open -= 1;
          if (open === 0) await cloud.stop();
        }
      },
    };
  };
  const linux = process.platform === 'linux';
  const formChecks = forms
    .filter((form) => linux || !form.amazon)
    .map((form) =>
      check('thanos tools bucket ls', form.name, async (cloud, own) => {
        const text = fleet(form.kubernetes ?? kind, form.objectStore(cloud));
        if (form.kubernetes) await putRoles(cloud, text);
        const client = layOutClient(text, 'prometheus', own, {
          'objstore-credentials/credentials': credentials(cloud.root),
          'objstore-ca/ca.crt': cloud.authority,
          'objstore-sse/key': '0123456789abcdef0123456789abcdef',
          token: 'token of sidecar',
        });
        cloud.tokens.set('token of sidecar', roleArn('sidecar'));
        const env = { ...cloud.environment(form.amazon === true), ...injected(client, own, text) };
        return uploadsAndLists(client, env, join(own, 'block'));
      }),
    );
  if (!linux) return formChecks;
  return [
    ...formChecks,
    check('IAM accepts', 'every trust policy of IRSA', async (cloud) => {
      for (const [path, document] of iamOf(withRoles('irsa')))
        if (path.endsWith('.trust.json')) await cloud.tryTrust(path.replace(/^.*\/|\.trust\.json$/g, ''), document);
      return undefined;
    }),
    ...roles.map((component) =>
      check('rights in the bucket', `the role of ${component}`, async (cloud, own) => {
        await putRoles(cloud, withRoles('irsa'));
        return rightsProblem(cloud, component === 'compact' ? 'podIdentity' : 'irsa', component, own);
      }),
    ),
    ...([true, false] as const).map((own) =>
      check(
        'thanos tools bucket replicate',
        own ? 'to another server, by keys of its own' : 'to another bucket, by its role',
        (cloud, at) => replicationProblem(cloud, own, at),
      ),
    ),
    ...(['irsa', 'podIdentity'] as const).map((auth) =>
      check('credentials change, nothing restarts', auth, async (cloud, own) => {
        const text = withRoles(auth);
        await putRoles(cloud, text);
        const { client, env } = roleClient(cloud, text, 'store', own);
        const former = withKeys(cloud, 'store', join(own, 'former'));
        cloud.life = 10;
        const watched = await watchBucket(client, env, own);
        const problem = await rotationProblem(watched, former, () => putRoles(cloud, text), cloud.life);
        cloud.life = 3600;
        return problem;
      }),
    ),
    check('credentials change, nothing restarts', 'a file from a Secret', async (cloud, own) => {
      const text = withRoles('irsa');
      await putRoles(cloud, text);
      const file = join(own, 'objstore-credentials/credentials');
      const client = layOutClient(fleet(kind, `region: ${region}, prefix: blocks, ${keys}`), workloads.store, own, {
        'objstore-credentials/credentials': credentials(cloud.keysOf(roleArn('store'))),
      });
      const former = withKeys(cloud, 'store', join(own, 'former'));
      const rotate = async () => {
        await putRoles(cloud, text);
        writeFileSync(file, credentials(cloud.keysOf(roleArn('store'))));
      };
      return rotationProblem(await watchBucket(client, cloud.environment(true), own), former, rotate, 2);
    }),
  ];
};
