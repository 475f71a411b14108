// A plan for people.
import { stringify } from 'yaml';
import { bold, dim, green, red, table, yellow } from '../lib/terminal';
import type { Difference, Json } from './differences';
import { type Finding, keyOf } from './objects';
import type { Change, KubernetesPlan, Restart } from './plan';

/** Longer values and lists are cut: what is left out is in --json. */
const most = { characters: 160, differences: 12, reasons: 5, lines: 8 };

const cut = (text: string): string => (text.length > most.characters ? `${text.slice(0, most.characters - 1)}…` : text);

const inOneLine = (value: Json): string => {
  const text = (typeof value === 'string' ? value : stringify(value, { collectionStyle: 'flow', lineWidth: 0 })).trim();
  return text.includes('\n') ? `(${text.split('\n').length} lines)` : text;
};

const show = (value: Json): string => cut(inOneLine(value));

/** How much of what two long values have in common is shown before they differ. */
const before = 40;

/** Two values, each cut so that what differs of them is seen. */
const showBoth = (one: Json, other: Json): string => {
  const texts = [one, other].map(inOneLine) as [string, string];
  let same = 0;
  while (same < texts[0].length && texts[0][same] === texts[1][same]) same++;
  const from = texts.some((text) => text.length > most.characters) ? Math.max(0, same - before) : 0;
  return texts.map((text) => cut(from > 0 ? `…${text.slice(from)}` : text)).join(' → ');
};

/** Lines that only one of two texts has. */
const lines = (before: string, after: string): string[] => {
  const [from, to] = [before.split('\n'), after.split('\n')];
  const changed = [
    ...from.filter((line) => !to.includes(line)).map((line) => red(`- ${cut(line)}`)),
    ...to.filter((line) => !from.includes(line)).map((line) => green(`+ ${cut(line)}`)),
  ];
  return changed.length > most.lines ? [...changed.slice(0, most.lines), dim(`… ${changed.length - most.lines} more`)] : changed;
};

const difference = (d: Difference): string[] => {
  const path = d.path.join('.');
  if (!('before' in d)) return [`${path}: ${green(`+ ${show(d.after)}`)}`];
  if (!('after' in d)) return [`${path}: ${red(`- ${show(d.before)}`)}`];
  if ([d.before, d.after].every((v) => typeof v === 'string' && v.includes('\n')))
    return [`${path}:`, ...lines(d.before, d.after).map((line) => `  ${line}`)];
  return [`${path}: ${showBoth(d.before, d.after)}`];
};

const indented = (all: readonly Difference[], limit = most.differences): string[] => {
  const shown = all.slice(0, limit).flatMap(difference);
  const more = all.length - limit;
  return [...shown, ...(more > 0 ? [dim(`… ${more} more differences`)] : [])].map((line) => `      ${line}`);
};

const signs = { created: green('+'), changed: yellow('~'), replaced: yellow('~'), deleted: red('-') } as const;

const change = (c: Change): string[] => [
  `  ${signs[c.verdict]} ${keyOf(c)}${c.formerly ? dim(` (was ${c.formerly})`) : ''}`,
  ...indented(c.differences),
];

/** Changes, those of a namespace that comes or goes as a whole in one line. */
const changes = (all: readonly Change[]): string[][] => {
  const whole = (c: Change) => all.find((n) => n.kind === 'Namespace' && n.name === c.namespace && n.verdict === c.verdict);
  return all
    .filter((c) => !whole(c) || !['created', 'deleted'].includes(c.verdict))
    .map((c) => {
      const inside = c.kind === 'Namespace' ? all.filter((other) => whole(other) === c) : [];
      if (inside.length === 0) return change(c);
      return [`  ${signs[c.verdict]} ${keyOf(c)} and what is in it:`, ...wrapped(inside.map((o) => `${o.kind} ${o.name}`))];
    });
};

/** Texts in lines of about a terminal's width. */
const wrapped = (items: readonly string[]): string[] => {
  const lines: string[] = [];
  for (const item of items) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + item.length < 100) lines[lines.length - 1] = `${last}, ${item}`;
    else lines.push(`      ${item}`);
  }
  return lines;
};

const pods = ({ pods: n }: Restart): string => (n === undefined ? 'one pod on every node' : n === 1 ? '1 pod' : `${n} pods`);

const restart = (r: Restart): string[] => [
  `  ${yellow('↻')} ${keyOf(r)}: ${pods(r)}, because of`,
  ...indented(r.because, most.reasons),
];

const finding = (f: Finding): string[] => [
  `  ${red('✗')} ${keyOf(f)}: ${f.problem} [${f.code}]`,
  `      it would mean: ${f.consequence}`,
  `      what to do: ${f.remedy}`,
];

/** Findings as they end a program that will not go on. */
export const findingsText = (all: readonly Finding[]): string => all.flatMap(finding).join('\n');

const section = (title: string, items: readonly string[][]): string[] =>
  items.length === 0 ? [] : ['', bold(title), ...items.flat()];

const details = (p: KubernetesPlan): string[] => [
  ...section(`${p.kubernetes}: what changes`, changes(p.changes)),
  ...section(`${p.kubernetes}: pods that start anew`, p.restarts.map(restart)),
  ...section(`${p.kubernetes}: refused by Kubernetes`, p.refused.map(finding)),
  ...section(`${p.kubernetes}: data at risk`, p.risks.map(finding)),
];

const count = (p: KubernetesPlan, ...verdicts: Change['verdict'][]): number =>
  p.changes.filter((c) => verdicts.includes(c.verdict)).length;

const summary = (plans: readonly KubernetesPlan[]): string =>
  table(
    ['Kubernetes cluster', 'Created', 'Changed', 'Deleted', 'Pods start anew', 'Refused', 'Data at risk'],
    plans.map((p) => [
      p.kubernetes,
      ...[
        count(p, 'created'),
        count(p, 'changed', 'replaced'),
        count(p, 'deleted'),
        p.restarts.reduce((sum, r) => sum + (r.pods ?? 1), 0),
      ].map(String),
      ...[p.refused, p.risks].map((all) => (all.length > 0 ? red(String(all.length)) : '0')),
    ]),
  );

/** Everything that a plan says: what changes, then its table. */
export const planText = (plans: readonly KubernetesPlan[]): string =>
  [...plans.flatMap(details), '', summary(plans)].join('\n').trimStart();
