// Running programs: once for a verdict, or until they are ready.
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { get as getPlainly } from 'node:http';
import { get as getByTls } from 'node:https';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Whether a program is on PATH. */
export const onPath = (program: string): boolean =>
  (process.env.PATH ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

export interface Outcome {
  readonly code: number | null;
  /** What it wrote, standard output and error. */
  readonly output: string;
}

const start = (program: string, args: readonly string[], env: Readonly<Record<string, string>>) => {
  const child = spawn(program, args, {
    env: { PATH: process.env.PATH, TMPDIR: process.env.TMPDIR, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // it refuses to run as root, which its image is not
    ...(program === 'memcached' && process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}),
  });
  running.add(child);
  let output = '';
  const take = (chunk: Buffer) => {
    if (output.length < 1_000_000) output += chunk;
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const ended = new Promise<Outcome>((done) => {
    const end = (code: number | null) => {
      running.delete(child);
      done({ code, output });
    };
    child.on('error', (error) => {
      output += error.message;
      end(null);
    });
    child.on('close', end);
  });
  return { child, ended, output: () => output };
};

/** Runs a program to its end. */
export const run = (program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> =>
  start(program, args, env).ended;

/** The version that a program tells; undefined when it tells none. */
export const versionOf = async (program: string): Promise<string | undefined> =>
  /(?:version:?|^\S+)\s+v?(\d+\.\d+\.\d+)/im.exec((await run(program, ['--version'])).output)?.[1];

const delay = (milliseconds: number) => new Promise<void>((done) => setTimeout(done, milliseconds));

/** Whether a probe succeeds: a page with 200, or for `tcp://host:port` a connection. A kubelet checks no certificate either. */
const answers = (url: string): Promise<boolean> =>
  new Promise((done) => {
    const { protocol, hostname, port } = new URL(url);
    if (protocol === 'tcp:') {
      const socket = connect({ host: hostname, port: Number(port), timeout: 2_000 });
      const end = (open: boolean) => {
        socket.destroy();
        done(open);
      };
      socket.on('connect', () => end(true));
      socket.on('timeout', () => end(false));
      socket.on('error', () => end(false));
      return;
    }
    const get = protocol === 'https:' ? getByTls : getPlainly;
    const request = get(url, { agent: false, timeout: 2_000, rejectUnauthorized: false }, (response) => {
      response.resume();
      done(response.statusCode === 200);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => done(false));
  });

export interface Server {
  /** Why it was not accepted; undefined when it was. */
  readonly problem?: string;
  /** What it has written so far. */
  readonly output: () => string;
  readonly stop: () => Promise<void>;
}

const patience = 30_000;
/** How long a program must go on after it is ready. */
const moment = 1_000;

/** Starts a program, waits until its readiness probe succeeds and sees that it goes on for a moment. @param readyUrl see `answers` */
export const serve = async (
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  readyUrl: string,
): Promise<Server> => {
  const { child, ended, output } = start(program, args, env);
  const outcome: { code?: number | null } = {};
  ended.then(({ code }) => {
    outcome.code = code;
  });
  const over = () => outcome.code !== undefined;
  const deadline = performance.now() + patience;
  let ready = false;
  while (!over() && !ready && performance.now() < deadline) {
    ready = await answers(readyUrl);
    if (!ready) await delay(100);
  }
  if (ready) await delay(moment);
  const problem = over()
    ? `it ended${outcome.code === null ? '' : ` with code ${outcome.code}`}`
    : ready
      ? undefined
      : `${readyUrl} has not answered for ${patience / 1000} s`;
  const stop = async () => {
    child.kill('SIGTERM');
    const kill = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(kill);
  };
  return { problem, output, stop };
};
