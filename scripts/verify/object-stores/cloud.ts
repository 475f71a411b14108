// A small cloud on this machine: an S3 server with IAM of its own (versitygw), and what stands for Amazon's token services. Programs
// reach it under Amazon's own names, through a proxy that they are told of by the environment, so that nothing of what was
// synthesized changes.
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { day, makeAuthority, makeLeaf } from '../../certificates/x509';
import { type Server, serve } from '../../lib/run';
import { freePort } from '../pods';
import { askIam, type Keys } from './iam-client';

export const region = 'eu-west-1';
/** Host names that lead to the S3 server with TLS. */
export const hosts = { amazon: `s3.dualstack.${region}.amazonaws.com`, other: 'minio.example.com' } as const;
const sts = `sts.${region}.amazonaws.com`;

export interface Cloud {
  /** The S3 server in plain HTTP: host:port. */
  readonly plain: string;
  /** Its certificate authority, PEM. */
  readonly authority: string;
  /** What a program is told so that it finds all of this; trusting the authority is only for who asks Amazon. */
  readonly environment: (trusting: boolean) => Record<string, string>;
  readonly root: Keys;
  /** Makes a bucket's folder; gives its path. */
  readonly bucket: (name: string) => string;
  /** Gives a role what its policy says, and new keys to whoever may take it on; keys from before are taken back. */
  readonly putRole: (arn: string, policy: string) => Promise<void>;
  /** The keys that a role has now. */
  readonly keysOf: (arn: string) => Keys;
  /** Whether IAM takes a trust policy. @throws Error with what it says */
  readonly tryTrust: (name: string, document: string) => Promise<void>;
  /** Who may take on which role, by the token that stands for a service account's. */
  readonly tokens: Map<string, string>;
  /** Seconds that credentials of a role last. */
  life: number;
  readonly stop: () => Promise<void>;
}

const root: Keys = { accessKey: 'verify', secretKey: 'verify-secret' };
const element = (xml: string, name: string): string => new RegExp(`<${name}>([^<]*)`).exec(xml)?.[1] ?? '';
const listen = (server: HttpServer): Promise<number> =>
  new Promise((done) => server.listen(0, '127.0.0.1', () => done((server.address() as AddressInfo).port)));
const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
};

/** @throws Error when versitygw does not start */
export const startCloud = async (folder: string): Promise<Cloud> => {
  const servers: Server[] = [];
  const run = async (args: readonly string[], url: string): Promise<void> => {
    const server = await serve(
      'versitygw',
      args,
      { ROOT_ACCESS_KEY_ID: root.accessKey, ROOT_SECRET_ACCESS_KEY: root.secretKey },
      url,
    );
    servers.push(server);
    if (server.problem) throw new Error(`${server.problem}\n${server.output().slice(-2000)}`);
  };
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  mkdirSync(join(folder, 'iam'), { recursive: true });
  mkdirSync(join(folder, 'buckets'));
  const now = new Date();
  const authority = await makeAuthority('verify', now, day);
  const leaf = await makeLeaf(authority, [hosts.amazon, `*.${hosts.amazon}`, hosts.other, sts], ['server auth'], now, day);
  const [certificate, key, ca] = [
    file('tls.crt', leaf.certificate),
    file('tls.key', leaf.key),
    file('ca.crt', authority.certificate),
  ];

  // IAM, and two S3 servers over the same buckets
  const [iam, plain, tls] = [await freePort(), await freePort(), await freePort()];
  const socket = join(folder, 'iam.sock');
  const health = ['--health', '/healthz'];
  await run(
    [...health, '--port', `127.0.0.1:${iam}`, 'iam', '--dir', join(folder, 'iam'), '--private-ports', socket],
    `http://127.0.0.1:${iam}/healthz`,
  );
  const s3 = ['--region', region, '--keep-alive', '--iam-cache-disable', '--iam-standalone-endpoint', socket];
  const posix = ['posix', join(folder, 'buckets')];
  await run([...health, ...s3, '--port', `127.0.0.1:${plain}`, ...posix], `http://127.0.0.1:${plain}/healthz`);
  const withTls = ['--cert', certificate, '--key', key, '--virtual-domain', hosts.amazon];
  await run([...health, ...s3, ...withTls, '--port', `127.0.0.1:${tls}`, ...posix], `https://127.0.0.1:${tls}/healthz`);
  const ask = (action: string, parameters: Record<string, string>) => askIam(`http://127.0.0.1:${iam}`, root, action, parameters);

  // roles: a user of IAM each, whose keys are handed out and replaced
  const keys = new Map<string, Keys>();
  const tokens = new Map<string, string>();
  const cloud = { life: 3600 };
  const userOf = (arn: string) => arn.replace(/^.*\//, '');
  const putRole = async (arn: string, policy: string): Promise<void> => {
    const user = userOf(arn);
    const former = keys.get(arn);
    if (!former) await ask('CreateUser', { UserName: user });
    await ask('PutUserPolicy', { UserName: user, PolicyName: 'bucket', PolicyDocument: policy });
    const made = await ask('CreateAccessKey', { UserName: user });
    keys.set(arn, { accessKey: element(made, 'AccessKeyId'), secretKey: element(made, 'SecretAccessKey') });
    if (former) await ask('DeleteAccessKey', { UserName: user, AccessKeyId: former.accessKey });
  };
  const grant = (token: string) => {
    const found = keys.get(tokens.get(token) ?? '');
    return found && { ...found, expiration: new Date(Date.now() + cloud.life * 1000).toISOString() };
  };

  // STS, which takes the token of IRSA (AWS: AssumeRoleWithWebIdentity), and the agent of Pod Identity on the node
  const answerSts = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const asked = new URLSearchParams(`${new URL(request.url ?? '/', 'https://sts').search.slice(1)}&${await bodyOf(request)}`);
    const token = asked.get('WebIdentityToken') ?? '';
    const granted = asked.get('RoleArn') === tokens.get(token) ? grant(token) : undefined;
    response.statusCode = granted ? 200 : 403;
    response.end(
      granted
        ? `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>${granted.accessKey}</AccessKeyId><SecretAccessKey>${granted.secretKey}</SecretAccessKey><SessionToken></SessionToken><Expiration>${granted.expiration}</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`
        : '<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>',
    );
  };
  const answerAgent = (request: IncomingMessage, response: ServerResponse): void => {
    const granted = grant(request.headers.authorization ?? '');
    response.statusCode = granted ? 200 : 403;
    response.end(
      granted &&
        JSON.stringify({
          AccessKeyId: granted.accessKey,
          SecretAccessKey: granted.secretKey,
          Token: '',
          Expiration: granted.expiration,
        }),
    );
  };
  const stsServer = createTlsServer(
    { cert: leaf.certificate, key: leaf.key },
    (request, response) => void answerSts(request, response),
  );
  const stsPort = await listen(stsServer as unknown as HttpServer);
  const proxy = createServer((request, response) => {
    if (request.url === 'http://169.254.170.23/v1/credentials') answerAgent(request, response);
    else response.writeHead(502).end();
  });
  proxy.on('connect', (request, client) => {
    const [name = ''] = (request.url ?? '').split(':');
    const port =
      name === sts ? stsPort : Object.values(hosts).some((h) => name === h || name.endsWith(`.${h}`)) ? tls : undefined;
    if (port === undefined) return client.end('HTTP/1.1 502 Nobody\r\n\r\n');
    const server = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connected\r\n\r\n');
      server.pipe(client).pipe(server);
    });
    for (const end of [server, client]) end.on('error', () => [server, client].map((s) => s.destroy()));
  });
  const proxyUrl = `http://127.0.0.1:${await listen(proxy)}`;

  return Object.assign(cloud, {
    plain: `127.0.0.1:${plain}`,
    authority: authority.certificate,
    environment: (trusting: boolean) => ({
      HTTP_PROXY: proxyUrl,
      HTTPS_PROXY: proxyUrl,
      ...(trusting ? { SSL_CERT_FILE: ca } : {}),
    }),
    root,
    bucket: (name: string) => {
      mkdirSync(join(folder, 'buckets', name), { recursive: true });
      return join(folder, 'buckets', name);
    },
    putRole,
    keysOf: (arn: string) => keys.get(arn) ?? root,
    tryTrust: async (name: string, document: string) => {
      await ask('CreateRole', { RoleName: name, AssumeRolePolicyDocument: document });
    },
    tokens,
    stop: async () => {
      for (const server of [proxy, stsServer]) {
        server.close();
        server.closeAllConnections();
      }
      await Promise.all(servers.map((server) => server.stop()));
    },
  });
};
