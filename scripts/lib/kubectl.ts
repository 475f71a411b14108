// kubectl as a library: run it, read its JSON, forward ports with it.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { request } from 'node:https';

/** Something outside this project is missing or refuses; the message says what to do. */
export class ToolError extends Error {
  override readonly name = 'ToolError';

  constructor(
    message: string,
    /** What the program printed before it failed. */
    readonly stdout = '',
  ) {
    super(message);
  }
}

const install: Record<string, string> = {
  kubectl: 'Install kubectl: https://kubernetes.io/docs/tasks/tools/',
  promtool: 'It is in the archive of Prometheus: https://prometheus.io/download/',
  git: 'Install git: https://git-scm.com/downloads',
  kind: 'Install kind: https://kind.sigs.k8s.io/docs/user/quick-start/#installation',
};

/** What to say when a program is not there. */
export const missing = (program: string): ToolError => new ToolError(`There is no ${program} on PATH. ${install[program] ?? ''}`);

export interface RunOptions {
  readonly input?: string;
  /** Milliseconds; default: none. */
  readonly timeout?: number;
}

/** Runs a program and gives what it printed. @throws ToolError with the program's own words */
export const run = (program: string, args: readonly string[], options: RunOptions = {}): Promise<string> =>
  new Promise((done, fail) => {
    const child = execFile(program, args, { maxBuffer: 2 ** 28, timeout: options.timeout }, (error, stdout, stderr) => {
      if (!error) return done(stdout);
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return fail(missing(program));
      fail(new ToolError(`${program} ${args.join(' ')}\n${(stderr || error.message).trim()}`, stdout));
    });
    if (options.input !== undefined) {
      child.stdin?.on('error', () => {}); // the program's exit code tells
      child.stdin?.end(options.input);
    }
  });

// biome-ignore lint/suspicious/noExplicitAny: Kubernetes objects of any kind
export type KubeObject = any;

export interface Forward {
  readonly url: string;
  readonly close: () => void;
}

/** One kubeconfig context. */
export class Kubectl {
  constructor(readonly context: string) {}

  run(args: readonly string[], options: RunOptions = {}): Promise<string> {
    return run('kubectl', ['--context', this.context, ...args], options);
  }

  /** Objects of a `kubectl get … -o json`; none when it prints nothing (`--ignore-not-found`). */
  async get(args: readonly string[]): Promise<KubeObject[]> {
    const text = await this.run(['get', ...args, '-o', 'json']);
    if (text.trim() === '') return [];
    const answer = JSON.parse(text);
    return answer.kind === 'List' || answer.kind?.endsWith('List') ? answer.items : [answer];
  }

  /** What a command in a pod's container prints. */
  exec(namespace: string, pod: string, container: string, command: readonly string[], options: RunOptions = {}): Promise<string> {
    return this.run(
      ['exec', ...(options.input === undefined ? [] : ['-i']), '-n', namespace, pod, '-c', container, '--', ...command],
      options,
    );
  }

  /**
   * Forwards a free port of this machine to a pod's: through the kubelet, so that no NetworkPolicy has to allow it.
   * @param target `pod/name` or `svc/name`
   */
  forward(namespace: string, target: string, port: number): Promise<Forward> {
    const args = ['--context', this.context, 'port-forward', '--address', '127.0.0.1', '-n', namespace, target, `:${port}`];
    const child: ChildProcess = spawn('kubectl', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    return new Promise((done, fail) => {
      let said = '';
      child.stdout?.on('data', (chunk) => {
        said += chunk;
        const local = /127\.0\.0\.1:(\d+)/.exec(said)?.[1];
        if (local) done({ url: `http://127.0.0.1:${local}`, close: () => child.kill() });
      });
      child.stderr?.on('data', (chunk) => {
        said += chunk;
      });
      child.on('error', () => fail(missing('kubectl')));
      child.on('exit', () => fail(new ToolError(`No port-forward to ${namespace}/${target}: ${said.trim()}`)));
    });
  }
}

/** Fetches JSON. @throws Error with the status and the beginning of the body, or why there is no answer */
export const fetchJson = async (url: string, init: RequestInit = {}, timeout = 30_000): Promise<KubeObject> => {
  const fail = (error: Error): never => {
    const cause = error.cause as Error | undefined; // "fetch failed" for its own sake says nothing
    throw new Error(error.name === 'TimeoutError' ? `no answer within ${timeout / 1000} s` : cause?.message || error.message);
  };
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(timeout) }).catch(fail);
  const body = await response.text().catch(fail);
  if (!response.ok) throw new Error(`${response.status} ${body.slice(0, 300)}`);
  return JSON.parse(body);
};

/** What a client shows a server that wants a certificate, and by what it knows the server; PEM. */
export interface ClientTls {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
  /** Name in the server's certificate. */
  readonly servername: string;
}

/** Fetches JSON by mutual TLS. @throws Error with the status and the beginning of the body, or why there is no connection */
export const fetchJsonByTls = (url: string, tls: ClientTls, timeout = 30_000): Promise<KubeObject> =>
  new Promise((done, fail) => {
    const sent = request(url, { ...tls, minVersion: 'TLSv1.3', timeout }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => {
        const status = response.statusCode ?? 0;
        if (status >= 200 && status < 300) done(JSON.parse(body));
        else fail(new Error(`${status} ${body.slice(0, 300)}`));
      });
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${timeout / 1000} s`)));
    sent.on('error', fail);
    sent.end();
  });

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** Evaluates an instant query. @param parameters further parameters, such as dedup or time */
export const instantQuery = async (base: string, expr: string, parameters: Record<string, string> = {}): Promise<Sample[]> =>
  (await fetchJson(`${base}/api/v1/query?${new URLSearchParams({ query: expr, ...parameters })}`)).data.result;

export const sleep = (milliseconds: number): Promise<void> => new Promise((done) => setTimeout(done, milliseconds));
