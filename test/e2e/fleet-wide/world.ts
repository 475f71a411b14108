// A fleet over several Kubernetes clusters while it runs: what each of them is asked, and how links are cut.
import { execFile } from 'node:child_process';
import { request } from 'node:https';
import { connect } from 'node:net';
import { connect as connectTls, type DetailedPeerCertificate } from 'node:tls';
import type { Certificate } from '../../../charts/config/certificates';
import type { ResolvedFleet, Synthesized } from '../../../charts/fleet';
import type { Endpoint } from '../../../charts/kit/wiring';
import { type Forward, instantQuery, Kubectl, run, type Sample, ToolError } from '../../../scripts/lib/kubectl';
import { assert } from '../runner';

/** What a client shows and trusts. */
export interface Identity {
  readonly cert?: string;
  readonly key?: string;
  readonly ca: string;
  /** The newest TLS that it speaks; absent: 1.3. */
  readonly maxVersion?: 'TLSv1.2';
}

/** How the link of a Kubernetes cluster is cut and mended: commands, with {} for the name of its kind cluster. */
export interface Links {
  readonly cut: string;
  readonly heal: string;
}

export class World {
  private readonly forwards = new Map<string, Forward>();
  readonly fleet: ResolvedFleet;

  constructor(
    readonly synthesized: Synthesized,
    private readonly links: Links,
  ) {
    this.fleet = synthesized.topology.fleet;
  }

  get topology() {
    return this.synthesized.topology;
  }

  /** Clusters that are not in the observer's Kubernetes cluster. */
  get remote() {
    return this.topology.clusters.filter((c) => c.workload.kubernetes !== this.fleet.observer.in);
  }

  kubectl(kubernetes = this.fleet.observer.in): Kubectl {
    const k = this.fleet.kubernetes.find((other) => other.name === kubernetes);
    if (!k) throw new ToolError(`There is no Kubernetes cluster ${kubernetes} in the fleet.`);
    return new Kubectl(k.context);
  }

  /** A port of a pod or Service, as a port of this machine; forwarded anew when the old way is gone. */
  async port(kubernetes: string, namespace: string, target: string, port: number): Promise<number> {
    const key = `${kubernetes}/${namespace}/${target}:${port}`;
    const known = this.forwards.get(key);
    const number = (forward: Forward) => Number(new URL(forward.url).port);
    if (known && (await opens(number(known)))) return number(known);
    known?.close();
    const forward = await this.kubectl(kubernetes).forward(namespace, target, port);
    this.forwards.set(key, forward);
    return number(forward);
  }

  async url(target: string, port: number): Promise<string> {
    const { in: kubernetes, namespace } = this.fleet.observer;
    return `http://127.0.0.1:${await this.port(kubernetes, namespace, target, port)}`;
  }

  queryUrl(): Promise<string> {
    const { workload, http } = this.topology.observer.query;
    return this.url(`svc/${workload.name}`, http.port.number);
  }

  async query(expr: string, parameters: Record<string, string> = {}): Promise<Sample[]> {
    return instantQuery(await this.queryUrl(), expr, parameters);
  }

  async number(expr: string, parameters: Record<string, string> = {}): Promise<number | undefined> {
    const [sample] = await this.query(expr, parameters);
    return sample ? Number(sample.value[1]) : undefined;
  }

  /** What a Secret of a certificate holds. */
  async identity({ kubernetes, namespace, secret }: Certificate): Promise<Required<Omit<Identity, 'maxVersion'>>> {
    const [found] = await this.kubectl(kubernetes).get(['secret', secret, '-n', namespace]);
    const part = (name: string): string => Buffer.from(found.data[name], 'base64').toString();
    return { cert: part('tls.crt'), key: part('tls.key'), ca: part('ca.crt') };
  }

  /** Alerts that the first Alertmanager has, asked as the ruler asks. */
  async alerts(): Promise<{ labels: Record<string, string>; status: { state: string } }[]> {
    const { alertmanager, ruler } = this.topology.observer;
    const port = await this.portOf(alertmanager.http, 0);
    if (!ruler.clientTls || !alertmanager.http.serverName) throw new ToolError('Alertmanager speaks no TLS.');
    const text = await get(port, '/api/v2/alerts', alertmanager.http.serverName, await this.identity(ruler.clientTls));
    return JSON.parse(text);
  }

  /** An endpoint of one replica, past NodePorts and policies: what the program itself lets in. */
  portOf({ server, port }: Endpoint, replica: number): Promise<number> {
    return this.port(server.kubernetes, server.namespace, `pod/${server.name}-${replica}`, port.number);
  }

  private async link(command: string, kubernetes: string): Promise<void> {
    const { context } = this.kubectl(kubernetes);
    await run('sh', ['-c', command.replaceAll('{}', context.replace(/^kind-/, ''))]);
  }

  /** Takes the network of a Kubernetes cluster away, its API too. */
  cut = (kubernetes: string): Promise<void> => this.link(this.links.cut, kubernetes);
  heal = (kubernetes: string): Promise<void> => this.link(this.links.heal, kubernetes);

  close(): void {
    for (const forward of this.forwards.values()) forward.close();
  }
}

const opens = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect(port, '127.0.0.1', () => {
      // a forward whose pod has gone takes the connection and ends it at once
      setTimeout(() => {
        socket.destroy();
        done(true);
      }, 200);
    });
    socket.on('error', () => done(false));
    socket.on('end', () => done(false));
  });

/** One HTTPS answer. @throws Error when the connection or its certificates are refused */
export const get = (port: number, path: string, servername: string, identity: Identity): Promise<string> =>
  new Promise((done, fail) => {
    const asked = request({ host: '127.0.0.1', port, path, servername, ...identity, agent: false, timeout: 20_000 }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => {
        text += chunk;
      });
      answer.on('end', () => (answer.statusCode === 200 ? done(text) : fail(new Error(`${answer.statusCode} ${text}`))));
    });
    asked.on('timeout', () => asked.destroy(new Error('no answer within 20 s')));
    asked.on('error', fail);
    asked.end();
  });

/**
 * A TLS connection for gRPC, held until the server has had its say: with TLS 1.3 it refuses a client's certificate after
 * the client has finished.
 * @returns the server's certificate @throws Error when either side refuses the other
 */
export const shakeHands = (port: number, servername: string, identity: Identity): Promise<DetailedPeerCertificate> =>
  new Promise((done, fail) => {
    const socket = connectTls({ host: '127.0.0.1', port, servername, ALPNProtocols: ['h2'], ...identity }, () => {
      const certificate = socket.getPeerCertificate(true);
      socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00'); // the preface, and empty settings
      socket.once('data', () => {
        socket.destroy();
        done(certificate);
      });
    });
    socket.setTimeout(20_000, () => socket.destroy(new Error('no answer within 20 s')));
    socket.on('error', fail);
    socket.on('close', () => fail(new Error('the server ended the connection')));
  });

/** Whether a server says anything to a client that speaks no TLS. */
export const answersPlaintext = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00'),
    );
    // a TLS server ends with an alert (21); gRPC without TLS begins with its settings
    socket.on('data', (data) => {
      socket.destroy();
      done(data[0] !== 21);
    });
    socket.on('error', () => done(false));
    socket.on('close', () => done(false));
    socket.setTimeout(20_000, () => socket.destroy());
  });

export interface Asked {
  readonly asked: number;
  readonly warned: number;
}

/**
 * Asks one query after the other while something is done, from inside the observer, where Grafana asks too, so that restarts of
 * what is asked cut no forwarded port. It asks as dashboards do: an answer may come with the warning that a replica does not
 * answer, since the other one has the same, but one without a cluster counts as failed.
 * @param expr keeps the label cluster
 * @returns how many queries were asked, and how many answers came with a warning @throws Unmet when one failed
 */
export const underLoad = async (world: World, expr: string, body: () => Promise<void>): Promise<Asked> => {
  const { queryFrontend, grafana } = world.topology.observer;
  const { server, port } = queryFrontend.http;
  const kubectl = world.kubectl();
  const [service] = await kubectl.get(['service', server.name, '-n', server.namespace]);
  // by its address: what is measured is not the client's own name lookups
  const url = `http://${service.spec.clusterIP}:${port.number}/api/v1/query?query=${encodeURIComponent(expr)}`;
  const script = `
while [ ! -e /tmp/stop-load ]; do
  answer=$(timeout 60 wget -q -O - '${url}&n='$((n=n+1)) 2>&1)
  gone=
  for cluster in ${world.fleet.clusters.map((c) => c.name).join(' ')}; do
    case "$answer" in *'"success"'*'"cluster":"'$cluster'"'*) ;; *) gone="$gone $cluster";; esac
  done
  case "$gone:$answer" in
    :*'"warnings"'*) echo warned;;
    :*) echo whole;;
    *) echo "$(date +%T) without$gone: $answer" | tr '\\n' ' '; echo;;
  esac
  sleep 0.3
done
rm /tmp/stop-load`;
  const { workload } = grafana;
  const exec = ['exec', '-n', workload.namespace, `${workload.name}-0`, '-c', workload.name, '--', 'sh', '-c'];
  const all = new Promise<string>((done) => {
    execFile('kubectl', ['--context', kubectl.context, ...exec, script], { maxBuffer: 2 ** 26 }, (error, stdout) =>
      done(error ? `${stdout}the load itself ended: ${error.message.slice(0, 200)}\n` : stdout),
    );
  });
  try {
    await body();
  } finally {
    await kubectl.run([...exec, 'touch /tmp/stop-load']);
  }
  const lines = (await all).split('\n').filter(Boolean);
  const failed = lines.filter((line) => line !== 'whole' && line !== 'warned');
  assert(lines.length > 0, 'no query was asked');
  assert(
    failed.length === 0,
    `${failed.length} of ${lines.length} queries failed:\n${failed.map((line) => line.slice(0, 200)).join('\n')}`,
  );
  return { asked: lines.length, warned: lines.filter((line) => line === 'warned').length };
};
