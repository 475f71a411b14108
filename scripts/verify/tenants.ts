// Tenants: the real Prometheus, sidecar and querier, with the synthesized arguments of the querier for tenants. Each tenant must
// see what is its own, and nobody what is another's.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { parseFleet, type ResolvedFleet, synthesize } from '../../charts/fleet';
import { type Server, serve } from '../lib/run';
import type { Check } from './checks';
import { freePort } from './pods';

const text = `name: demo
kubernetes: {kind: {platform: kind}}
objectStore: {type: embedded}
observer:
  in: kind
  tenancy: {label: team, header: X-Team, proxy: {namespace: login, labels: {app: proxy}}}
clusters:
  east: {in: kind, labels: {team: shop}}
  west: {in: kind, labels: {team: pay}}
`;

/** Arguments of a program of the observer. */
const argsOf = (workload: string): string[] => {
  const { files } = synthesize(parseFleet(text, 'fleet.yaml'));
  const object = files.flatMap((f) => f.objects).find((o) => o.kind === 'Deployment' && o.metadata.name === workload);
  return object?.spec.template.spec.containers[0].args;
};

const at = (port: number): string => `127.0.0.1:${port}`;
/** The same, listening here and asking what listens here. */
const here = (args: readonly string[], http: number, grpc: number, endpoints: readonly number[]): string[] => [
  ...args.filter((a) => !/^--(http-address|grpc-address|endpoint(\.sd-config\S*)?|enable-auto-gomemlimit)(=|$)/.test(a)),
  `--http-address=${at(http)}`,
  `--grpc-address=${at(grpc)}`,
  ...endpoints.map((port) => `--endpoint=${at(port)}`),
];

interface Running {
  readonly all: string;
  readonly tenants: string;
}

/** @param change of the arguments of the querier for tenants */
const start = async (folder: string, change: (args: string[]) => string[], servers: Server[]): Promise<Running> => {
  const run = async (program: string, args: readonly string[], http: number) => {
    const server = await serve(program, args, {}, `http://${at(http)}/-/ready`);
    servers.push(server);
    if (server.problem) throw new Error(`${program}: ${server.problem}\n${server.output().slice(-1000)}`);
  };
  const { clusters }: ResolvedFleet = parseFleet(text, 'fleet.yaml');
  const sidecars = await Promise.all(
    clusters.map(async ({ name, labels }) => {
      const [own, http, grpc] = [await freePort(), await freePort(), await freePort()];
      const data = join(folder, name);
      mkdirSync(data, { recursive: true });
      const config = {
        global: { scrape_interval: '1s', external_labels: { cluster: name, replica: 'prometheus-0', ...labels } },
        scrape_configs: [{ job_name: 'prometheus', static_configs: [{ targets: [at(own)] }] }],
      };
      writeFileSync(join(data, 'prometheus.yml'), stringify(config));
      await run(
        'prometheus',
        [
          `--config.file=${data}/prometheus.yml`,
          `--storage.tsdb.path=${data}/data`,
          `--web.listen-address=${at(own)}`,
          '--storage.tsdb.min-block-duration=2h',
          '--storage.tsdb.max-block-duration=2h',
        ],
        own,
      );
      const where = [`--http-address=${at(http)}`, `--grpc-address=${at(grpc)}`];
      await run('thanos', ['sidecar', ...where, `--prometheus.url=http://${at(own)}`, `--tsdb.path=${data}/data`], http);
      return grpc;
    }),
  );
  const [all, allGrpc, tenants, tenantsGrpc] = [await freePort(), await freePort(), await freePort(), await freePort()];
  await run('thanos', here(argsOf('thanos-query'), all, allGrpc, sidecars), all);
  await run('thanos', change(here(argsOf('thanos-query-tenants'), tenants, tenantsGrpc, [allGrpc])), tenants);
  return { all: `http://${at(all)}/api/v1`, tenants: `http://${at(tenants)}/api/v1` };
};

// biome-ignore lint/suspicious/noExplicitAny: answers are read as plain JSON
const ask = async (url: string, headers: Record<string, string> = {}): Promise<any> =>
  ((await (await fetch(url, { headers, signal: AbortSignal.timeout(5000) })).json()) as { data: unknown }).data;

/** Clusters that are in the answer, in the order of the alphabet. */
const clustersOf = async (api: string, path: string, headers?: Record<string, string>): Promise<string[]> => {
  const data = await ask(`${api}/${path}`, headers);
  // biome-ignore lint/suspicious/noExplicitAny: see above
  const series: any[] = data.result?.map((r: any) => r.metric) ?? data;
  return [...new Set(series.map((s) => (typeof s === 'string' ? s : s.cluster)))].sort();
};

const selector = encodeURIComponent('up{team=~".+"}');
const others = encodeURIComponent('up{cluster=~"east|west", team!=""}');
/** Every API that the querier enforces tenants on; of the others, docs/tenants.md speaks. */
const questions = [
  'query?query=up',
  `query?query=${selector}`,
  `query?query=${others}`,
  `series?match[]=${others}`,
  'label/cluster/values',
  `label/cluster/values?match[]=${others}`,
];
const askers: readonly (readonly [Record<string, string>, readonly string[]])[] = [
  [{ 'X-Team': 'shop' }, ['east']],
  [{ 'X-Team': 'pay' }, ['west']],
  [{ 'X-Team': 'shop', 'THANOS-TENANT': 'pay' }, ['east']],
  [{ 'X-Team': 'nobody' }, []],
  [{}, []],
];

/** Whether so many clusters are in an answer within a minute. */
const soon = async (clusters: number, api: string, headers?: Record<string, string>): Promise<boolean> => {
  for (let seconds = 0; seconds <= 60; seconds++) {
    if ((await clustersOf(api, 'query?query=up', headers)).length >= clusters) return true;
    await new Promise((done) => setTimeout(done, 1000));
  }
  return false;
};

const problem = async ({ all, tenants }: Running): Promise<string | undefined> => {
  if (!(await soon(2, all))) return 'the querier itself has not seen both clusters for a minute';
  // it looks for the querier behind it when it starts, and then every few seconds
  if (!(await soon(1, tenants, { 'X-Team': 'shop' }))) return 'the querier for tenants has shown a tenant nothing for a minute';
  for (const [headers, expected] of askers)
    for (const question of questions) {
      const seen = await clustersOf(tenants, question, headers);
      if (seen.join() !== expected.join())
        return `${JSON.stringify(headers)} asks for ${decodeURIComponent(question)} and sees ${seen.join(', ') || 'nothing'}, not ${expected.join(', ') || 'nothing'}`;
    }
  return undefined;
};

const needs = ['prometheus', 'thanos'];
const tried = async (folder: string, change: (args: string[]) => string[]): Promise<string | undefined> => {
  const servers: Server[] = [];
  try {
    return await problem(await start(folder, change, servers));
  } finally {
    await Promise.all(servers.map((s) => s.stop()));
  }
};

/** @param folder for what the programs write */
export const tenantChecks = (folder: string): Check[] => [
  { what: 'tenants see what is theirs', of: 'thanos query', needs, run: () => tried(join(folder, 'right'), (args) => args) },
  {
    what: 'a mistake is noticed',
    of: 'tenants see what is theirs: a querier that enforces nothing',
    needs,
    run: async () => {
      const said = await tried(join(folder, 'wrong'), (args) => args.filter((a) => a !== '--query.enforce-tenancy'));
      return said?.includes('and sees east, west') ? undefined : `it says: ${said ?? 'nothing'}`;
    },
  },
];
