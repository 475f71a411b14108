// Rule files of the user's own: read at synthesis and refused there, since Prometheus would keep its old rules, and the
// ruler would not start.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument, type YAMLMap } from 'yaml';
import { durationPattern } from '../kit/units';
import type { RuleTexts } from './alerts';
import { nearest } from './nearest';
import { syntaxErrorIn } from './promql';
import type { Fleet } from './schema';
import type { Path, Violation } from './violations';

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
const duration = (value: unknown): boolean => typeof value === 'string' && durationPattern.test(value);
const texts = (node: unknown): boolean => isMap(node) && node.items.every((pair) => isScalar(pair.value));
const scalar = (accepts: (value: unknown) => boolean) => (node: unknown) => isScalar(node) && accepts(node.value);
const number = scalar((value) => typeof value === 'number');

type Keys = Readonly<Record<string, { readonly accepts: (node: unknown) => boolean; readonly expected: string }>>;
const aText = { accepts: scalar(text), expected: 'a text' };
const aDuration = { accepts: scalar(duration), expected: 'a duration such as 5m' };
const labels = { accepts: texts, expected: 'names with texts' };

/** Keys of rule files as Prometheus reads them, which refuses all others (model/rulefmt), and the ruler's one more. */
const groupKeys: Keys = {
  name: aText,
  interval: aDuration,
  query_offset: aDuration,
  limit: { accepts: number, expected: 'a number' },
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
  expr: { accepts: scalar((v) => text(v) || typeof v === 'number'), expected: 'an expression' },
  for: aDuration,
  keep_firing_for: aDuration,
  labels,
  annotations: labels,
};

interface Finding {
  readonly code: 'rule-file-form' | 'rule-file-promql' | 'rule-file-alert-name';
  readonly at: number;
  readonly problem: string;
  readonly remedy: string;
}

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
    return known.accepts(value) ? [] : [form(start(value), `${name} is not ${known.expected}`, `${known.expected}.`)];
  });

const ruleFindings = (rule: unknown, ours: readonly string[]): Finding[] => {
  if (!isMap(rule)) return [form(start(rule), 'a rule is a map', 'alert: and expr:, or record: and expr:.')];
  const findings = keyFindings(rule, ruleKeys);
  const [alert, record] = [rule.get('alert'), rule.get('record')];
  if ((alert === undefined) === (record === undefined))
    findings.push(form(start(rule), 'a rule has either alert or record', 'one of the two.'));
  if (rule.get('expr') === undefined) findings.push(form(start(rule), 'the rule has no expr', 'expr: and a PromQL expression.'));
  for (const key of ['for', 'keep_firing_for', 'annotations'])
    if (record !== undefined && rule.get(key) !== undefined)
      findings.push(form(start(rule), `a recording rule takes no ${key}`, `a rule without ${key}.`));
  if (typeof alert === 'string' && ours.includes(alert))
    findings.push({
      code: 'rule-file-alert-name',
      at: start(rule.get('alert', true)),
      problem: `there is an alert ${alert} already`,
      remedy: `another name; what is not wanted of the fleet's alerts goes into alerts: {disable: [${alert}]}.`,
    });
  const expr = rule.get('expr', true);
  const syntax = isScalar(expr) && typeof expr.value === 'string' ? syntaxErrorIn(expr.value) : undefined;
  if (syntax !== undefined)
    findings.push({
      code: 'rule-file-promql',
      at: start(expr),
      problem: `${syntax} is no PromQL`,
      remedy: 'an expression that Prometheus can parse.',
    });
  return findings;
};

const findingsIn = (source: string, global: boolean, ours: readonly string[], lines: LineCounter): Finding[] => {
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false, logLevel: 'silent' });
  const broken = document.errors.map((error) => form(error.pos[0], error.message, 'YAML.'));
  if (broken.length > 0) return broken;
  const groups = isMap(document.contents) ? document.contents.get('groups') : undefined;
  if (!isSeq(groups)) return [form(0, 'there is no list groups', 'groups: [{name: …, rules: […]}].')];
  const names = new Set<unknown>();
  return groups.items.flatMap((group): Finding[] => {
    if (!isMap(group)) return [form(start(group), 'a group is a map', 'name: and rules:.')];
    const name = group.get('name');
    const twice = names.has(name);
    names.add(name);
    const rules = group.get('rules');
    return [
      ...keyFindings(group, global ? rulerGroupKeys : groupKeys),
      ...(name === undefined ? [form(start(group), 'the group has no name', 'name: and a text.')] : []),
      ...(twice ? [form(start(group), `there is a group ${name} already`, 'another name.')] : []),
      ...(isSeq(rules) ? rules.items.flatMap((rule) => ruleFindings(rule, ours)) : []),
    ];
  });
};

/** What is wrong with rule files that could be read, each with its line in that file. */
export const ruleFileViolations = (fleet: Fleet, folder: string, files: RuleTexts, ours: readonly string[]): Violation[] =>
  usesOf(fleet).flatMap(({ path, file, global }) => {
    const source = files.get(file);
    if (source === undefined) return [];
    const lines = new LineCounter();
    return findingsIn(source, global, ours, lines).map(({ code, at, problem, remedy }) => {
      const { line, col } = lines.linePos(at);
      return {
        code,
        path,
        problem: `${join(folder, file)}:${Math.max(line, 1)}:${Math.max(col, 1)}: ${problem}`,
        consequence:
          code === 'rule-file-alert-name'
            ? 'silences, routes and the runbook of the one would be those of the other.'
            : global
              ? 'the ruler would not start.'
              : 'Prometheus would not take any of its rules.',
        remedy,
      };
    });
  });
