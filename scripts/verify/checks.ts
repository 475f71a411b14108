// What is checked of one fleet, and with which program.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { certificates } from '../../charts/exposure';
import { fileText, type Manifest, type Synthesized, type SynthesizedFile } from '../../charts/fleet';
import type { Platform } from '../../charts/fleet/platforms';
import type { Topology } from '../../charts/topology';
import { catalogueCheck } from '../catalogue/check';
import { flagsIn } from '../catalogue/help';
import { programs } from '../catalogue/programs';
import { run, type Server, serve } from '../lib/run';
import { dashboardProblems, dashboardsIn } from './dashboards';
import { hasReceivers, misdeliveries } from './deliveries';
import { dryRunChecks } from './dry-run';
import { unexplained } from './kube-score';
import { freePort, layOut, type RunnableContainer, type RunnablePod, type StandIn } from './pods';
import { reachabilityProblems } from './reachability';
import { misroutes, routingTable } from './routing';

export interface Check {
  /** What is done, as short as a command. */
  readonly what: string;
  readonly of: string;
  /** Programs that must be on PATH. */
  readonly needs: readonly string[];
  /** Gives what is wrong in the program's own words, or nothing. */
  readonly run: () => Promise<string | undefined>;
  /** It judges nothing of the fleet: others need what it starts. */
  readonly preparesOnly?: true;
}

/** What a flag `--name=value` says, every time it is given. */
const values = (container: RunnableContainer, flag: string): string[] =>
  container.args.filter((a) => a.startsWith(`--${flag}=`)).map((a) => a.slice(flag.length + 3));

/** Files that a glob such as `rules/*.yml` names: a star in the last part only, which is all that is synthesized. */
const filesOf = (glob: string): string[] => {
  const [, prefix = '', suffix = ''] = /^.*\/([^*/]*)\*?([^*/]*)$/.exec(glob) ?? [];
  const folder = dirname(glob);
  return readdirSync(folder)
    .filter((f) => f.startsWith(prefix) && f.endsWith(suffix))
    .map((f) => join(folder, f));
};

/** A command that must end with 0. */
const command = (
  pod: RunnablePod,
  what: string,
  [program, ...args]: [string, ...string[]],
  env?: RunnableContainer['env'],
): Check => ({
  what,
  of: pod.name,
  needs: [program],
  run: async () => {
    const { code, output } = await run(program, args, env);
    return code === 0 ? undefined : pod.asInCluster(output.trim() || `it ended with code ${code}`);
  },
});

/** Groups may say how to treat partial answers, which is Thanos' own; promtool knows everything else. */
const withoutThanosKeys = (file: string): string => {
  const copy = `${file}.promtool`;
  writeFileSync(copy, readFileSync(file, 'utf8').replace(/^\s*partial_response_strategy:.*\n/gm, ''));
  return copy;
};

const lint = ['--lint=all', '--lint-fatal'];

const configurationChecks = (pod: RunnablePod): Check[] =>
  pod.containers.flatMap((container): Check[] => {
    if (container.program === 'prometheus') {
      const files = values(container, 'config.file');
      const rules = files.flatMap((f) =>
        [...readFileSync(f, 'utf8').matchAll(/^\s+- (\/.*\*?\.yml)$/gm)].map((m) => m[1] as string),
      );
      return [
        command(pod, 'promtool check config', ['promtool', 'check', 'config', ...lint, ...files], container.env),
        command(pod, 'promtool check rules', ['promtool', 'check', 'rules', ...lint, ...rules.flatMap(filesOf)]),
      ];
    }
    if (container.program === 'alertmanager')
      return values(container, 'config.file').flatMap((file) => [
        command(pod, 'amtool check-config', ['amtool', '--enable-feature=utf8-strict-mode', 'check-config', file]),
        templateCheck(pod, file),
      ]);
    if (container.args[0] === 'rule') {
      const globs = values(container, 'rule-file');
      const copies = globs.flatMap(filesOf).map(withoutThanosKeys);
      return [
        command(pod, 'thanos tools rules-check', ['thanos', 'tools', 'rules-check', ...globs.map((g) => `--rules=${g}`)]),
        // no lint: it calls one alert for each of many clusters a duplicate
        command(pod, 'promtool check rules', ['promtool', 'check', 'rules', '--lint=none', ...copies]),
      ];
    }
    return [];
  });

const templatesIn = (value: unknown): string[] =>
  typeof value === 'string'
    ? value.includes('{{')
      ? [value]
      : []
    : value && typeof value === 'object'
      ? Object.values(value).flatMap(templatesIn)
      : [];

/** Templates of notifications: Alertmanager would not look at them before it sends the first. */
const templateCheck = (pod: RunnablePod, file: string): Check => ({
  what: 'amtool template render',
  of: pod.name,
  needs: ['amtool'],
  run: async () => {
    const config = parse(readFileSync(file, 'utf8'));
    const globs = (config.templates as string[]).map((glob) => `--template.glob=${glob}`);
    for (const template of new Set(['all files parse', ...templatesIn(config)])) {
      const args = ['template', 'render', ...globs, `--template.text=${template}`];
      const { code, output } = await run('amtool', args);
      if (code !== 0) return `${output.trim()}\n${template}`;
    }
    return undefined;
  },
});

/** Who is told what: the fleet's own table of routes, and what its receivers show. */
const notificationChecks = (pod: RunnablePod, fleetFile: string): Check[] =>
  pod.containers
    .filter((container) => container.program === 'alertmanager')
    .flatMap((container) => values(container, 'config.file'))
    .flatMap((file): Check[] => {
      const check = (what: string, needs: string[], problem: () => Promise<string | undefined>): Check => ({
        what,
        of: pod.name,
        needs,
        run: async () => {
          const said = await problem();
          return said && pod.asInCluster(said);
        },
      });
      const table = routingTable(fleetFile);
      return [
        ...(table.length > 0 ? [check('amtool config routes test', ['amtool'], () => misroutes(file, table))] : []),
        ...(hasReceivers(file) ? [check('messages and inhibitions', ['alertmanager'], () => misdeliveries(file))] : []),
      ];
    });

/** Errors that a program may log here: peers that are not there, and no Kubernetes API. */
const unreachable =
  /no such host|connection refused|i\/o timeout|server misbehaving|deadline exceeded|context canceled|no route to host|network is unreachable|in-cluster configuration|no storeapis available/i;

const loggedErrors = (output: string): string[] =>
  output.split('\n').filter((line) => /\blevel=(error|fatal)\b/i.test(line) && !unreachable.test(line));

/** What a program said when it gave up: its errors, or else its last lines; Go's stack traces are left out. */
const lastWords = (output: string): string => {
  const lines = output.trim().split('\n');
  const errors = lines.filter((line) => /^(\S+: )?(error\b|incorrect usage)|\blevel=(error|fatal)\b/i.test(line));
  return (errors.length > 0 ? errors : lines)
    .slice(-8)
    .map((line) => line.replace(/\\n[^\s\\]+\\n\\t[^\s\\"]+:\d+/g, ''))
    .join('\n');
};

/** `query`, or `tools bucket web`: the words before the first flag. */
const subcommands = ({ program, args }: RunnableContainer): readonly string[] =>
  program === 'thanos'
    ? args.slice(
        0,
        args.findIndex((a) => a.startsWith('-')),
      )
    : [];

/** Flags that the program's own help calls deprecated: it may be another version than the one in catalogue/. */
const deprecatedFlags = async (container: RunnableContainer): Promise<string[]> => {
  const format = Object.values(programs).find(({ program }) => program === container.program)?.help ?? 'kingpin';
  const known = flagsIn((await run(container.program, [...subcommands(container), '--help'])).output, format);
  const used = new Set(container.args.map((a) => a.replace(/^--?(no-)?|=.*$/gs, '')));
  return [...used].flatMap((name) => (known[name]?.deprecated ? [`${name}: ${known[name].deprecated}`] : []));
};

/**
 * Starts a pod's containers, one after the other, so that a sidecar finds what a pod that has been running for a while has.
 * They run until each has its verdict, or in `kept` when other pods need them to become ready.
 */
const startChecks = (pod: RunnablePod, kept?: Server[]): Check[] => {
  const servers: Server[] = kept ?? [];
  let open = pod.containers.length;
  let before: Promise<Server | undefined> = Promise.resolve(undefined);
  const start = (container: RunnableContainer) => async (previous: Server | undefined) => {
    if (previous?.problem) return { ...previous, problem: 'not started, since the container before it did not run' };
    const server = await serve(container.program, container.args, container.env, container.readyUrl);
    servers.push(server);
    return server;
  };
  return pod.containers.map((container) => ({
    what: [container.program, ...subcommands(container)].join(' '),
    of: pod.containers.length > 1 ? `${pod.name} (${container.name})` : pod.name,
    needs: [container.program],
    run: async () => {
      const starting = before.then(start(container));
      before = starting;
      const [server, deprecated] = await Promise.all([starting, deprecatedFlags(container)]);
      const output = server.output();
      open -= 1;
      if (!kept && open === 0) await Promise.all(servers.map((s) => s.stop()));
      if (server.problem) return pod.asInCluster(`${server.problem}\n${lastWords(output)}`);
      const errors = pod.usesHost ? [] : loggedErrors(output);
      if (errors.length > 0) return pod.asInCluster(`it runs, but not as configured\n${lastWords(errors.join('\n'))}`);
      return deprecated.length > 0 ? `a flag is deprecated\n${deprecated.join('\n')}` : undefined;
    },
  }));
};

/** Programs that only read their arguments here. */
const argumentChecks = (pod: RunnablePod): Check[] =>
  pod.containers.map((c) => command(pod, [c.program, ...c.args.slice(-1)].join(' '), [c.program, ...c.args], c.env));

/** What stands before the reason in each of kubeconform's lines. */
const schemaPreamble = /problem validating schema\. Check JSON formatting: jsonschema validation failed with '[^']*' */g;

/** kubeconform against one version of the Kubernetes API. */
const schemaCheck = (fleet: string, version: string, locations: readonly string[], folder: string): Check => ({
  what: `kubeconform ${version}`,
  of: fleet,
  needs: ['kubeconform'],
  run: async () => {
    const where = locations.flatMap((location) => ['-schema-location', location]);
    const { code, output } = await run('kubeconform', ['-strict', '-summary', '-kubernetes-version', version, ...where, folder]);
    const nothing = /Summary: 0 resources/.test(output);
    return code === 0 && !nothing ? undefined : output.replaceAll(`${folder}/`, '').replace(schemaPreamble, '').trim();
  },
});

const catalogueProblems = catalogueCheck();

/** Some files are read by programs that drop what they do not know without a word: their keys are looked up. */
const knownCheck = (fleet: string, files: readonly SynthesizedFile[]): Check => ({
  what: 'flags and keys in catalogue/',
  of: fleet,
  needs: [],
  run: async () => files.flatMap((file) => catalogueProblems(file.objects)).join('\n') || undefined,
});

/** Dashboards that were judged before: fleets have much the same. */
const knownDashboards = new Set<string>();

/** Grafana ignores what it does not know. */
const dashboardCheck = (fleet: string, files: readonly SynthesizedFile[]): Check => ({
  what: "dashboards by Grafana's types",
  of: fleet,
  needs: [],
  run: async () => {
    const dashboards = dashboardsIn(files.flatMap((file) => file.objects));
    if (dashboards.size === 0) return 'there is no dashboard';
    const unknown = new Map([...dashboards].filter(([, text]) => !knownDashboards.has(text)));
    const problems = unknown.size > 0 ? await dashboardProblems(unknown) : [];
    if (problems.length > 0) return problems.join('\n');
    for (const text of unknown.values()) knownDashboards.add(text);
    return undefined;
  },
});

/** kube-score's findings in one Kubernetes cluster, but for those that are explained. */
const scoreCheck = (of: string, folder: string, platform: Platform, versions: readonly string[]): Check => ({
  what: 'kube-score',
  of,
  needs: ['kube-score'],
  run: async () => {
    const newest = /^\d+\.\d+/.exec(versions.at(-1) ?? '')?.[0];
    const version = newest ? ['--kubernetes-version', `v${newest}`] : [];
    const files = readdirSync(folder).map((file) => join(folder, file));
    const { output } = await run('kube-score', ['score', '--output-format', 'ci', ...version, ...files]);
    if (!output.includes('[OK]')) return output.trim() || 'it says nothing';
    return unexplained(output, platform).join('\n') || undefined;
  },
});

/** What is applied to one Kubernetes cluster, read back from its files. */
const policyCheck = (of: string, folder: string, topology: Topology, kubernetes: string): Check => ({
  what: 'NetworkPolicies against edges',
  of,
  needs: [],
  run: async () => {
    const objects = readdirSync(folder).flatMap((file) =>
      parseAllDocuments(readFileSync(join(folder, file), 'utf8')).map((document): Manifest => document.toJS()),
    );
    const problems = reachabilityProblems(objects, topology, kubernetes);
    const more = problems.length > 20 ? [`and ${problems.length - 20} more`] : [];
    return [...problems.slice(0, 20), ...more].join('\n') || undefined;
  },
});

export interface Schemas {
  readonly versions: readonly string[];
  /** kubeconform's templates of a schema's place, asked in this order. */
  readonly locations: readonly string[];
}

/** What a fleet's objects are held against, besides programs. */
export interface Against {
  readonly schemas: Schemas;
  /** A kubeconfig context whose API server is asked. */
  readonly context?: string;
}

export interface FleetChecks {
  /** In this order: the object store, then what others ask, then all the rest. Checks of one stage may run at once. */
  readonly stages: readonly (readonly Check[])[];
  /** Stops what was kept running. */
  readonly end: () => Promise<void>;
}

/**
 * Every check of one synthesized fleet.
 * @param folder an empty folder for the files that programs read
 */
export const fleetChecks = async (
  name: string,
  synthesized: Synthesized,
  folder: string,
  { schemas, context }: Against,
): Promise<FleetChecks> => {
  const { files, topology } = synthesized;
  const manifests = join(folder, 'manifests');
  for (const file of files) {
    mkdirSync(join(manifests, dirname(file.path)), { recursive: true });
    writeFileSync(join(manifests, file.path), fileText(file));
  }
  const standIn: StandIn = { port: await freePort(), accessKey: 'verify', secretKey: 'verify-secret' };
  const pods = await layOut(files, join(folder, 'pods'), standIn, certificates(topology));
  const kept: Server[] = [];
  const isStore = (pod: RunnablePod) => pod.containers.some((c) => c.program === 'versitygw');
  const isQuery = (pod: RunnablePod) => pod.containers.some((c) => c.args[0] === 'query');
  const rest = pods.filter((p) => !isStore(p) && !isQuery(p));
  const outside = pods.find((p) => p.bucket)?.bucket;
  return {
    stages: [
      [
        ...pods.filter(isStore).map((pod) => initCheck(pod)),
        ...(outside ? [standInCheck(standIn, outside, join(folder, 'bucket'), kept)] : []),
      ],
      pods.filter(isStore).flatMap((pod) => startChecks(pod, kept)),
      pods.filter(isQuery).flatMap((pod) => startChecks(pod, kept)),
      [
        ...pods.flatMap(configurationChecks),
        ...pods.flatMap((pod) => notificationChecks(pod, name)),
        knownCheck(name, files),
        dashboardCheck(name, files),
        ...topology.fleet.kubernetes.map((k) => policyCheck(`${name}, ${k.name}`, join(manifests, k.name), topology, k.name)),
        ...topology.fleet.kubernetes.map((k) =>
          scoreCheck(`${name}, ${k.name}`, join(manifests, k.name), k.platform, schemas.versions),
        ),
        ...(context ? dryRunChecks(name, synthesized, context, join(folder, 'dry-run')) : []),
        ...schemas.versions.map((version) => schemaCheck(name, version, schemas.locations, manifests)),
        ...rest.flatMap((pod) => (pod.containers.some((c) => c.ends) ? argumentChecks(pod) : startChecks(pod))),
      ],
    ],
    end: async () => {
      await Promise.all(kept.map((server) => server.stop()));
    },
  };
};

/** Runs a pod's init containers, whose programs every machine has. */
const initCheck = (pod: RunnablePod): Check => ({
  what: `init ${pod.init.map(([program]) => program).join(', ')}`,
  of: pod.name,
  needs: [],
  run: async () => {
    for (const [program = '', ...args] of pod.init) {
      const { code, output } = await run(program, args);
      if (code !== 0) return pod.asInCluster(output);
    }
    return undefined;
  },
});

/** An object store outside the fleet, played by versitygw. */
const standInCheck = (standIn: StandIn, bucket: NonNullable<RunnablePod['bucket']>, folder: string, kept: Server[]): Check => ({
  what: 'versitygw',
  of: `stands for the bucket ${bucket.name}`,
  preparesOnly: true,
  needs: ['versitygw'],
  run: async () => {
    mkdirSync(join(folder, bucket.name), { recursive: true });
    const region = bucket.region ? ['--region', bucket.region] : [];
    const server = await serve(
      'versitygw',
      ['--port', `127.0.0.1:${standIn.port}`, '--health', '/healthz', '--keep-alive', ...region, 'posix', folder],
      { ROOT_ACCESS_KEY_ID: standIn.accessKey, ROOT_SECRET_ACCESS_KEY: standIn.secretKey },
      `http://127.0.0.1:${standIn.port}/healthz`,
    );
    kept.push(server);
    return server.problem && `${server.problem}\n${lastWords(server.output())}`;
  },
});
