// Every check of verify shows once, on a copy of what it has just accepted, that it does not accept everything.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { Manifest, Synthesized } from '../../charts/fleet';
import { podSpec } from '../lib/mounts';
import { type Against, type Check, fleetChecks } from './checks';
import { programOf } from './pods';

// biome-ignore lint/suspicious/noExplicitAny: objects are changed as plain JSON
type Json = any;

interface Mistake {
  /** Checks that must notice it, by what they do. */
  readonly check: RegExp;
  /** What is wrong, in a few words. */
  readonly mistake: string;
  readonly make: (objects: readonly Manifest[]) => void;
  /** What the check must say. */
  readonly said: RegExp;
}

const containers = (objects: readonly Manifest[]): Json[] => objects.flatMap((o) => podSpec(o)?.containers ?? []);

/** Changes every file of ConfigMaps whose name matches. */
const inFiles =
  (name: RegExp, change: (text: string) => string) =>
  (objects: readonly Manifest[]): void => {
    for (const { data } of objects.filter((o) => o.kind === 'ConfigMap'))
      for (const key of Object.keys(data).filter((k) => name.test(k))) data[key] = change(data[key]);
  };

const inYaml = (name: RegExp, change: (value: Json) => void) =>
  inFiles(name, (text) => {
    const value = parse(text);
    change(value);
    return stringify(value, { version: '1.1' });
  });

const anUnknownField = (objects: readonly Manifest[]): void => {
  for (const o of objects.filter(podSpec)) o.spec.noSuchField = 1;
};

const mistakes: readonly Mistake[] = [
  {
    check: /^kubeconform|^kubectl apply/,
    mistake: 'a field that Kubernetes does not have',
    make: anUnknownField,
    said: /noSuchField/,
  },
  {
    check: /^kube-score/,
    mistake: 'a container that may write to its root file system',
    make: (objects) => {
      for (const c of containers(objects)) c.securityContext.readOnlyRootFilesystem = false;
    },
    said: /CRITICAL.*writable root filesystem/,
  },
  {
    check: /^flags and keys/,
    mistake: 'a key that Thanos drops without a word',
    make: inFiles(/^endpoints\.yaml$/, (text) => text.replaceAll('address:', 'adress:')),
    said: /does not know the key endpoints\[0\]\.adress/,
  },
  {
    check: /^dashboards/,
    mistake: 'an option that Grafana does not have',
    make: inFiles(/\.json$/, (text) => text.replace('"title"', '"noSuchKey": 1, "title"')),
    said: /noSuchKey/,
  },
  {
    check: /^NetworkPolicies/,
    mistake: 'policies that open a port more',
    make: (objects) => {
      // at both ends of its edges
      for (const { spec } of objects.filter((o) => o.kind === 'NetworkPolicy'))
        for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) rule.ports?.push({ port: 4444, protocol: 'TCP' });
    },
    said: /open without an edge.*4444\/TCP/,
  },
  {
    check: /^NetworkPolicies/,
    mistake: 'a policy that lets nothing out',
    make: (objects) => {
      for (const { spec } of objects.filter((o) => o.kind === 'NetworkPolicy')) delete spec.egress;
    },
    said: /closed against an edge/,
  },
  {
    check: /^promtool check config$/,
    mistake: 'a key that Prometheus does not have',
    make: inFiles(/^prometheus\.yml$/, (text) => `no_such_key: 1\n${text}`),
    said: /no_such_key not found/,
  },
  {
    check: /^(promtool check rules|thanos tools rules-check)$/,
    mistake: 'an expression that does not parse',
    make: inFiles(/\.ya?ml$/, (text) => text.replace(/^( *(?:- )?expr: ).*$/m, '$1sum((')),
    said: /parse/,
  },
  {
    check: /^amtool check-config$/,
    mistake: 'a receiver that there is not',
    make: inYaml(/^alertmanager\.yml$/, (config) => {
      config.route.receiver = 'nobody-knows';
    }),
    said: /undefined receiver "nobody-knows"/,
  },
  {
    check: /^amtool template render$/,
    mistake: 'a template without its end',
    make: inFiles(/\.tmpl$/, (text) => `${text}{{ define "open" }}`),
    said: /unexpected EOF/,
  },
  {
    check: /^amtool config routes test$/,
    mistake: 'a configuration without its routes',
    make: inYaml(/^alertmanager\.yml$/, (config) => {
      delete config.route.routes;
    }),
    said: /goes to .*, not to/,
  },
  {
    check: /^messages and inhibitions$/,
    mistake: 'a configuration without its inhibitions',
    make: inYaml(/^alertmanager\.yml$/, (config) => {
      delete config.inhibit_rules;
    }),
    said: /shows no message with|somebody was told/, // warnings are in one message with what implies them
  },
  {
    check: /^init /,
    mistake: 'a folder that cannot be made',
    make: (objects) => {
      for (const o of objects) for (const c of podSpec(o)?.initContainers ?? []) c.command = ['mkdir', '/dev/null/folder'];
    },
    said: /\/dev\/null\/folder/,
  },
  {
    check: /^(thanos (?!tools rules-check)|prometheus$|alertmanager$|versitygw$|node_exporter$|cadvisor|memcached$)/,
    mistake: 'an unknown flag',
    make: (objects) => {
      // before anything that is no flag, but after a command of Thanos, which names the check
      for (const c of containers(objects))
        c.args = programOf(c) === 'thanos' ? [...c.args, '--no-such-flag'] : ['--no-such-flag', ...(c.args ?? [])];
    },
    said: /unknown long flag|flag provided but not defined|unrecognized option/,
  },
];

/** A fleet whose checks were done. */
export interface Accepted {
  readonly file: string;
  readonly fleet: Synthesized;
  readonly checks: readonly Check[];
}

/** Does the same check on a copy with a mistake: it must say so. */
const proof = (
  { mistake, make, said }: Mistake,
  check: Check,
  { file, fleet }: Accepted,
  folder: string,
  against: Against,
): Check => ({
  what: 'a mistake is noticed',
  of: `${check.what}: ${mistake}`,
  needs: check.needs,
  run: async () => {
    const files = structuredClone(fleet.files);
    make(files.flatMap((f) => f.objects));
    mkdirSync(folder, { recursive: true });
    const { stages, end } = await fleetChecks(file, { ...fleet, files }, folder, against);
    const answers: string[] = [];
    for (const same of stages.flat().filter((c) => c.what === check.what)) {
      answers.push((await same.run()) ?? 'nothing');
      if (said.test(answers.at(-1) as string)) break;
    }
    await end();
    return said.test(answers.at(-1) ?? '') ? undefined : `${file} with ${mistake}, and it says:\n${answers.join('\n')}`;
  },
});

/** One check for each mistake that a check must notice, on the first fleet that has that check. */
export const proofs = (accepted: readonly Accepted[], folder: string, against: Against): Check[] => {
  const first = new Map<string, { check: Check; of: Accepted }>();
  for (const of of accepted)
    for (const check of of.checks) if (!check.preparesOnly && !first.has(check.what)) first.set(check.what, { check, of });
  return [...first.values()].flatMap(({ check, of }, i): Check[] => {
    const known = mistakes.filter((m) => m.check.test(check.what));
    if (known.length > 0) return known.map((mistake, j) => proof(mistake, check, of, join(folder, `${i}-${j}`), against));
    const run = async () => 'Nobody has shown that it can fail: name a mistake in scripts/verify/mistakes.ts.';
    return [{ what: 'a mistake is noticed', of: check.what, needs: [], run }];
  });
};
