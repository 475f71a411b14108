// Rule files of the user's own: read at synthesis and refused there, since Prometheus would keep its old rules, and the
// ruler would not start.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLMap,
  type YAMLParseError,
} from 'yaml';
import { durationPattern, seconds } from '../kit/units';
import { aboutLabel } from '../rules/rule';
import type { RuleTexts } from './alerts';
import { rulerLabels } from './checks';
import { templateErrorIn } from './go-template';
import { nearest } from './nearest';
import { isRangeOfTime, partWithout, promqlErrorIn } from './promql';
import { clusterLabel, replicaLabel } from './resolve';
import type { Fleet } from './schema';
import { type Path, refuseIf, type Violation } from './violations';

/** Where a fleet names rule files. */
interface Use {
  readonly path: Path;
  readonly file: string;
  readonly global: boolean;
}

const usesOf = (fleet: Fleet): Use[] => {
  const uses = (path: Path, files: readonly string[] | undefined, global = false): Use[] =>
    (files ?? []).map((file, i) => ({ path: [...path, i], file, global }));
  return [
    ...uses(['alerts', 'ruleFiles', 'global'], fleet.alerts?.ruleFiles?.global, true),
    ...uses(['alerts', 'ruleFiles', 'cluster'], fleet.alerts?.ruleFiles?.cluster),
    ...Object.entries(fleet.clusters).flatMap(([name, c]) =>
      uses(['clusters', name, 'alerts', 'ruleFiles'], c.alerts?.ruleFiles),
    ),
  ];
};

/** Every rule file that a fleet names, and what is wrong with those that cannot be read. */
export const readRuleFiles = (fleet: Fleet, folder: string): { texts: RuleTexts; violations: Violation[] } => {
  const texts = new Map<string, string>();
  const violations = usesOf(fleet).flatMap(({ path, file }): Violation[] => {
    if (texts.has(file)) return [];
    try {
      texts.set(file, readFileSync(join(folder, file), 'utf8'));
      return [];
    } catch (error) {
      const absent = (error as NodeJS.ErrnoException).code === 'ENOENT';
      return [
        {
          code: 'rule-file-unreadable',
          path,
          problem: absent ? `there is no file ${join(folder, file)}` : `${join(folder, file)}: ${(error as Error).message}`,
          consequence: 'its alerts would never fire.',
          remedy: 'a path from the folder of the fleet file.',
        },
      ];
    }
  });
  return { texts, violations };
};

const text = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '';
/** Prometheus counts nanoseconds in 63 bits: 292 years. */
const duration = (value: unknown): boolean =>
  String(value) === '0' || (typeof value === 'string' && durationPattern.test(value) && seconds(value) * 1e9 < 2 ** 63);
const texts = (node: unknown): boolean => isMap(node) && node.items.every((pair) => isScalar(pair.value));
const scalar = (accepts: (value: unknown) => boolean) => (node: unknown) => isScalar(node) && accepts(node.value);
const integer = (node: unknown) =>
  isScalar(node) && (Number.isSafeInteger(node.value) || /^\d[\d_]{0,17}$/.test(node.source ?? ''));
/** Of a number or a boolean, Prometheus takes the text that it is written as. */
const written = (node: unknown): string | undefined =>
  !isScalar(node) || node.value === null ? undefined : typeof node.value === 'string' ? node.value : node.source;
const isNull = (node: unknown): boolean => node === undefined || node === null || (isScalar(node) && node.value === null);

type Keys = Readonly<Record<string, { readonly accepts: (node: unknown) => boolean; readonly expected: string }>>;
const aText = { accepts: (node: unknown) => text(written(node)), expected: 'a text' };
const aDuration = { accepts: scalar(duration), expected: 'a duration such as 5m' };
const labels = { accepts: texts, expected: 'names with texts' };

/** Keys of rule files as Prometheus reads them, which refuses all others (model/rulefmt), and the ruler's one more. */
const fileKeys: Keys = { groups: { accepts: isSeq, expected: 'a list of groups' } };
const groupKeys: Keys = {
  name: aText,
  interval: aDuration,
  query_offset: aDuration,
  limit: { accepts: integer, expected: 'a whole number' },
  labels,
  rules: { accepts: isSeq, expected: 'a list of rules' },
};
const rulerGroupKeys: Keys = {
  ...groupKeys,
  partial_response_strategy: { accepts: scalar((v) => /^(abort|warn)$/i.test(String(v))), expected: 'abort or warn' },
};
const ruleKeys: Keys = {
  record: aText,
  alert: aText,
  expr: { accepts: aText.accepts, expected: 'an expression' },
  for: aDuration,
  keep_firing_for: aDuration,
  labels,
  annotations: labels,
};

interface Finding {
  readonly code: Extract<Violation['code'], `rule-file-${string}`>;
  readonly at: number;
  readonly problem: string;
  /** Otherwise: the program would not take the file. */
  readonly consequence?: string;
  readonly remedy: string;
  /** The rule, in its group. */
  readonly rule?: readonly string[];
}

/** Names of the fleet's own alerts and recorded series. */
interface Names {
  readonly alerts: readonly string[];
  readonly records: readonly string[];
}

/** Whether the rules are the ruler's, and the names that are taken. */
interface Where {
  readonly global: boolean;
  readonly ours: Names;
}

/** What Prometheus itself writes of every target and of every alert. */
const ofPrometheus =
  /^(up|scrape_(duration_seconds|samples_scraped|samples_post_metric_relabeling|series_added)|ALERTS(_FOR_STATE)?)$/;

const start = (node: unknown): number => (node as Node | null)?.range?.[0] ?? 0;
const form = (at: number, problem: string, remedy: string): Finding => ({ code: 'rule-file-form', at, problem, remedy });

/** What is wrong with a map's keys and the form of their values. */
const keyFindings = (map: YAMLMap, keys: Keys): Finding[] =>
  (map.items as Pair<Node, Node>[]).flatMap(({ key, value }) => {
    const name = String((key as { value?: unknown }).value);
    const known = keys[name];
    if (!known)
      return [
        form(
          start(key),
          `there is no key ${name} here`,
          `${nearest(name, Object.keys(keys)) ?? `one of ${Object.keys(keys).join(', ')}`}.`,
        ),
      ];
    return known.accepts(value) || (value !== undefined && isNull(value))
      ? []
      : [form(start(value), `${name} is not ${known.expected}`, `${known.expected}.`)];
  });

/** Labels that tell sources apart: what a rule says in their place would be lost, or would be said of another source. */
const labelFindings = (labels: unknown, { global }: Where): Finding[] => {
  const taken = [replicaLabel, rulerLabels.ruler, rulerLabels.replica, ...(global ? [] : [clusterLabel, aboutLabel])];
  return (isMap(labels) ? (labels.items as Pair<Node, Node>[]) : []).flatMap(({ key }) => {
    const name = String((key as { value?: unknown }).value);
    return taken.includes(name) || name.startsWith('__')
      ? [
          {
            code: 'rule-file-label',
            at: start(key),
            problem: `${name} is a label that the fleet itself sets`,
            consequence: 'what the rule makes would be taken for that of another source, or lose the label on its way.',
            remedy: 'a label of another name.',
          },
        ]
      : [];
  });
};

/** Names of labels and annotations that Prometheus does not take. */
const nameFindings = (map: unknown, kind: 'label' | 'annotation'): Finding[] =>
  (isMap(map) ? (map.items as Pair<Node, Node>[]) : []).flatMap(({ key }) => {
    const name = written(key);
    return text(name) && name !== '<<' && (kind === 'annotation' || name !== '__name__')
      ? []
      : [form(start(key), `${name || 'this'} is no name of ${kind === 'label' ? 'a label' : 'an annotation'}`, 'another name.')];
  });

const templateFindings = (texts: unknown): Finding[] =>
  (isMap(texts) ? (texts.items as Pair<Node, Node>[]) : []).flatMap(({ value }) => {
    const error = isScalar(value) && typeof value.value === 'string' ? templateErrorIn(value.value) : undefined;
    return error === undefined
      ? []
      : [
          {
            code: 'rule-file-template',
            at: start(value),
            problem: `the template does not parse: ${error}`,
            remedy: 'a template such as "{{ $labels.instance }} is at {{ $value | humanize }}".',
          },
        ];
  });

const expressionFindings = (rule: YAMLMap, group: YAMLMap, { global }: Where): Finding[] => {
  const expr = rule.get('expr', true);
  const source = written(expr);
  if (!text(source)) return [];
  const error = promqlErrorIn(source, global ? 'ruler' : 'prometheus');
  if (error !== undefined)
    return [
      {
        code: 'rule-file-promql',
        at: start(expr),
        problem: error,
        remedy: global
          ? 'an expression that the ruler can parse; what only Prometheus reads goes into alerts: {ruleFiles: {cluster: […]}}.'
          : 'an expression that Prometheus can parse, and evaluate to series or a number.',
      },
    ];
  if (isRangeOfTime(source))
    return [
      {
        code: 'rule-file-promql',
        at: start(expr),
        problem: `${source} is a range of time`,
        consequence: 'the rule could not be evaluated, ever: it takes what is there at an instant.',
        remedy: `a function of it, such as rate(${source}).`,
      },
    ];
  const labelled = [rule, group].some((map) => {
    const labels = map.get('labels');
    return isMap(labels) && labels.has(clusterLabel);
  });
  const part = global && !labelled ? partWithout(source, clusterLabel) : undefined;
  if (part === undefined) return [];
  const name = String(rule.get('alert') ?? rule.get('record') ?? 'rule');
  return [
    {
      code: 'rule-file-cluster',
      at: start(expr),
      problem: `${part} takes the label ${clusterLabel} away`,
      consequence: rule.has('alert')
        ? 'the alert could not say which cluster it is about, and routes by cluster and team would not take it.'
        : 'what the clusters have of it would be one series.',
      remedy: `… by (${clusterLabel}, …) (…), or a label ${clusterLabel} of the rule if it is about all of them.`,
      rule: [String(group.get('name')), name],
    },
  ];
};

/** Whether a key is as if it were not there: `for: 0s`, `annotations: {}`. */
const isNothing = (value: unknown): boolean =>
  isNull(value) || (isMap(value) && value.items.length === 0) || /^0(ms|[smhdwy])?$/.test(String(value));

const ruleFindings = (rule: unknown, group: YAMLMap, where: Where): Finding[] => {
  if (!isMap(rule)) return [form(start(rule), 'a rule is a map', 'alert: and expr:, or record: and expr:.')];
  const findings = keyFindings(rule, ruleKeys);
  const [alert, record] = ['alert', 'record'].map((key) => written(rule.get(key, true)));
  if ((alert === undefined) === (record === undefined))
    findings.push(form(start(rule), 'a rule has either alert or record', 'one of the two.'));
  if (isNull(rule.get('expr'))) findings.push(form(start(rule), 'the rule has no expr', 'expr: and a PromQL expression.'));
  for (const key of ['for', 'keep_firing_for', 'annotations'])
    if (record !== undefined && !isNothing(rule.get(key)))
      findings.push(form(start(rule), `a recording rule takes no ${key}`, `a rule without ${key}.`));
  if (alert !== undefined && where.ours.alerts.includes(alert))
    findings.push({
      code: 'rule-file-alert-name',
      at: start(rule.get('alert', true)),
      problem: `there is an alert ${alert} already`,
      consequence: 'silences, routes and the runbook of the one would be those of the other.',
      remedy: `another name; what is not wanted of the fleet's alerts goes into alerts: {disable: [${alert}]}.`,
    });
  if (record !== undefined && /[{}]/.test(record))
    findings.push(form(start(rule.get('record', true)), 'the name of a series has no braces', 'a name; labels go into labels.'));
  if (record !== undefined && (where.ours.records.includes(record) || ofPrometheus.test(record)))
    findings.push({
      code: 'rule-file-record-name',
      at: start(rule.get('record', true)),
      problem: `${record} is a series that ${ofPrometheus.test(record) ? 'Prometheus itself writes' : 'the fleet records'} already`,
      consequence:
        "what reads it would see both: the fleet's alerts and dashboards would count double, or show values of the other.",
      remedy: 'another name, such as one that begins with what it is about: shop:orders:rate5m.',
    });
  return [
    ...findings,
    ...expressionFindings(rule, group, where),
    ...labelFindings(rule.get('labels'), where),
    ...nameFindings(rule.get('labels'), 'label'),
    ...nameFindings(rule.get('annotations'), 'annotation'),
    ...(alert === undefined ? [] : [...templateFindings(rule.get('labels')), ...templateFindings(rule.get('annotations'))]),
  ];
};

/** Puts the nodes that aliases and merge keys (`<<`) stand for in their places, as Prometheus does when it reads the file. */
const resolveAliases = (document: Document): void => {
  const seen = new Set<unknown>();
  const resolved = (node: unknown): unknown => {
    const target = isAlias(node) ? node.resolve(document) : node;
    if (seen.has(target)) return target;
    seen.add(target);
    if (isSeq(target)) target.items = target.items.map(resolved);
    if (!isMap(target)) return target;
    for (const pair of target.items) {
      pair.key = resolved(pair.key);
      pair.value = resolved(pair.value);
    }
    const isMaps = (value: unknown) => isMap(value) || (isSeq(value) && value.items.every(isMap));
    const isMerge = ({ key, value }: Pair) => isScalar(key) && key.value === '<<' && key.type === 'PLAIN' && isMaps(value);
    const merged = target.items.filter(isMerge).flatMap(({ value }) => (isSeq(value) ? value.items : [value]));
    target.items = target.items.filter((pair) => !isMerge(pair));
    // what the map says itself comes first, then what is merged first
    for (const pair of merged.flatMap((map) => (isMap(map) ? map.items : [])))
      if (!target.has((pair.key as { value?: unknown }).value)) target.items.push(pair);
    return target;
  };
  resolved(document.contents);
};

const yamlFinding = ({ code, pos, message }: YAMLParseError, { global }: Where): Finding => {
  if (code === 'MULTIPLE_DOCS')
    return {
      ...form(pos[0], 'a second YAML document begins here', 'one document, with the groups of both in one list groups.'),
      consequence: 'only the first is read: what follows would never be evaluated.',
    };
  const finding = form(pos[0], message, 'YAML.');
  return code === 'DUPLICATE_KEY' && global
    ? { ...finding, consequence: 'the ruler would read the last of them, and not the others.' }
    : finding;
};

/** What YAML has by now, and that of Prometheus has not: a later version, control characters. */
const laterYaml = /^%YAML (?!1\.1\b).*|[^\P{Cc}\t\n\r\u0085]/mu;
/** Escapes in a text in double quotes that are JSON's. */
const jsonEscape = /(?<!\\)(?:\\\\)*(\\(?:\/|u[dD][89a-fA-F]))/;
const beyondGo = (document: Document, source: string): Finding[] => {
  const later = laterYaml.exec(source);
  const findings = later ? [form(later.index, `${JSON.stringify(later[0])} is not read in YAML here`, 'YAML 1.1.')] : [];
  visit(document, {
    Scalar(_, { type, range }) {
      const found = type === 'QUOTE_DOUBLE' && range ? jsonEscape.exec(source.slice(range[0], range[1]))?.[1] : undefined;
      if (found && range) findings.push(form(range[0], `there is no escape ${found} in YAML here`, 'the character itself.'));
    },
  });
  return findings;
};
/** Further documents in which there is nothing. */
const nothingMore = /^(?:(?:---|\.\.\.|)[ \t]*(?:#.*)?(?:\r?\n|$))+$/;

const findingsIn = (source: string, where: Where, lines: LineCounter): Finding[] => {
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false });
  const errors = document.errors.filter(({ code, pos }) => code !== 'MULTIPLE_DOCS' || !nothingMore.test(source.slice(pos[0])));
  const broken = [...errors.map((error) => yamlFinding(error, where)), ...beyondGo(document, source)];
  if (broken.length > 0) return broken;
  resolveAliases(document);
  const groups = isMap(document.contents) ? document.contents.get('groups') : undefined;
  if (!isSeq(groups))
    return [
      {
        ...form(0, 'there is no list groups', 'groups: [{name: …, rules: […]}].'),
        consequence: 'no rule of it would ever be evaluated.',
      },
    ];
  const names = new Set<unknown>();
  const inGroups = groups.items.flatMap((group): Finding[] => {
    if (!isMap(group)) return [form(start(group), 'a group is a map', 'name: and rules:.')];
    const name = written(group.get('name', true));
    const twice = names.has(name);
    names.add(name);
    const rules = group.get('rules');
    return [
      ...keyFindings(group, where.global ? rulerGroupKeys : groupKeys),
      ...(name === undefined ? [form(start(group), 'the group has no name', 'name: and a text.')] : []),
      ...(twice ? [form(start(group), `there is a group ${name} already`, 'another name.')] : []),
      ...labelFindings(group.get('labels'), where),
      ...nameFindings(group.get('labels'), 'label'),
      ...(isSeq(rules) ? rules.items.flatMap((rule) => ruleFindings(rule, group, where)) : []),
    ];
  });
  return [...keyFindings(document.contents as YAMLMap, fileKeys), ...inGroups];
};

/** Kubernetes takes a ConfigMap of 1 MiB, and a file is in one of them. */
const roomForRules = 768 * 2 ** 10;

/** Files of one place together: what does not fit into one ConfigMap goes into several, but the largest may be nearly all of it. */
const sizes = (fleet: Fleet, files: RuleTexts): Violation[] => {
  const everywhere = fleet.alerts?.ruleFiles?.cluster ?? [];
  const places: [Path, readonly string[]][] = [
    [['alerts', 'ruleFiles', 'global'], fleet.alerts?.ruleFiles?.global ?? []],
    [['alerts', 'ruleFiles', 'cluster'], everywhere],
    ...Object.entries(fleet.clusters).map(([name, c]): [Path, readonly string[]] => [
      ['clusters', name, 'alerts', 'ruleFiles'],
      c.alerts?.ruleFiles ? [...everywhere, ...c.alerts.ruleFiles] : [],
    ]),
  ];
  return places.flatMap(([path, paths]) => {
    const bytes = paths.reduce((sum, file) => sum + Buffer.byteLength(files.get(file) ?? ''), 0);
    return refuseIf(bytes > roomForRules, {
      code: 'rule-files-too-large',
      path,
      problem: `its ${paths.length} rule files have ${Math.ceil(bytes / 1024)} KiB together`,
      consequence: 'Kubernetes would refuse the ConfigMap that holds them: it takes 1 MiB.',
      remedy: `${roomForRules / 1024} KiB at most: fewer rules, or shorter texts.`,
    });
  });
};

/** What is wrong with rule files that could be read, each with its line in that file. */
export const ruleFileViolations = (fleet: Fleet, folder: string, files: RuleTexts, ours: Names): Violation[] => {
  const known = new Map<string, Violation[]>();
  const violationsOf = (file: string, global: boolean): Violation[] => {
    const lines = new LineCounter();
    return findingsIn(files.get(file) ?? '', { global, ours }, lines).map(({ code, at, problem, consequence, remedy, rule }) => {
      const { line, col } = lines.linePos(at);
      return {
        code,
        path: rule ?? [],
        problem: `${join(folder, file)}:${Math.max(line, 1)}:${Math.max(col, 1)}: ${problem}`,
        consequence: consequence ?? (global ? 'the ruler would not start.' : 'Prometheus would not take any of its rules.'),
        remedy,
      };
    });
  };
  const found = usesOf(fleet).flatMap(({ path, file, global }) => {
    if (!files.has(file)) return [];
    const key = `${global} ${file}`;
    const violations = known.get(key) ?? violationsOf(file, global);
    known.set(key, violations);
    return violations.map((violation) => ({ ...violation, path: [...path, ...violation.path] }));
  });
  return [...found, ...sizes(fleet, files)];
};
