// What differs between two versions of an object, field by field, as a person would say it.
import { isDeepStrictEqual } from 'node:util';
import { parseDocument } from 'yaml';

// biome-ignore lint/suspicious/noExplicitAny: Kubernetes objects, and what is in their files, of any kind
export type Json = any;

export interface Difference {
  /** Where, in words of the object: keys, and the names of a list's elements. */
  readonly path: readonly string[];
  /** Absent: it was not there. */
  readonly before?: Json;
  /** Absent: it is not there any more. */
  readonly after?: Json;
}

/** What tells the elements of a list apart, in Kubernetes and in the files of Prometheus, Alertmanager and Grafana. */
const identities = ['name', 'alert', 'record', 'job_name', 'mountPath', 'key', 'uid', 'id'];

const isObject = (value: Json): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

const identity = (item: Json, key: string): unknown => item?.[key] ?? item?.metadata?.[key];

/** Lists by what names their elements; absent when nothing does. */
const named = (lists: readonly (readonly Json[])[]): Map<string, Json>[] | undefined => {
  for (const key of identities) {
    const maps = lists.map((list) => new Map(list.map((item) => [String(identity(item, key)), item])));
    if (lists.every((list, i) => maps[i]?.size === list.length && list.every((item) => identity(item, key) !== undefined)))
      return maps;
  }
  return undefined;
};

const flagOf = (argument: string): string => argument.replace(/=.*/s, '');

/** Arguments, or other texts in a list: those of the same flag are one change. */
const texts = (path: readonly string[], before: readonly string[], after: readonly string[]): Difference[] => {
  const gone = before.filter((text) => !after.includes(text));
  const fresh = after.filter((text) => !before.includes(text));
  const paired = gone.map((text) => {
    const i = text.startsWith('-') ? fresh.findIndex((other) => flagOf(other) === flagOf(text)) : -1;
    const [partner] = i < 0 ? [] : fresh.splice(i, 1);
    return partner === undefined ? { path, before: text } : { path, before: text, after: partner };
  });
  if (gone.length === 0 && fresh.length === 0 && !isDeepStrictEqual(before, after)) return [{ path, before, after }]; // another order
  return [...paired, ...fresh.map((text) => ({ path, after: text }))];
};

const lists = (path: readonly string[], before: readonly Json[], after: readonly Json[]): Difference[] => {
  if ([...before, ...after].every((item) => typeof item === 'string')) return texts(path, before, after);
  const maps = named([before, after]);
  if (maps) {
    const [from, to] = maps as [Map<string, Json>, Map<string, Json>];
    const inner = [...new Set([...from.keys(), ...to.keys()])].flatMap((key) =>
      values([...path, key], from.get(key), to.get(key)),
    );
    return inner.length === 0 && !isDeepStrictEqual(before, after)
      ? [{ path, before: [...from.keys()], after: [...to.keys()] }]
      : inner;
  }
  const gone = before.filter((item) => !after.some((other) => isDeepStrictEqual(item, other)));
  const fresh = after.filter((item) => !before.some((other) => isDeepStrictEqual(item, other)));
  if (gone.length === 0 && fresh.length === 0) return [{ path, before, after }]; // another order, or how often
  const alike = gone.flatMap((item) => {
    const [best] = fresh
      .map((other) => ({ other, found: values([...path, `#${after.indexOf(other) + 1}`], item, other) }))
      .sort((a, b) => a.found.length - b.found.length);
    if (!best || 2 * best.found.length > size(item)) return [{ path, before: item }];
    fresh.splice(fresh.indexOf(best.other), 1);
    return best.found;
  });
  return [...alike, ...fresh.map((item) => ({ path, after: item }))];
};

/** Texts and numbers in a value. */
const size = (value: Json): number =>
  typeof value === 'object' && value !== null ? Object.values(value).reduce<number>((sum, part) => sum + size(part), 0) : 1;

/** A file's content, when it is YAML or JSON with keys of its own. */
const structured = (text: string): Json => {
  if (!text.includes('\n') && !text.startsWith('{')) return undefined;
  const document = parseDocument(text, { version: '1.1', logLevel: 'silent' });
  const value = document.errors.length > 0 ? undefined : document.toJS();
  return isObject(value) ? value : undefined;
};

const values = (path: readonly string[], before: Json, after: Json): Difference[] => {
  if (isDeepStrictEqual(before, after)) return [];
  if (before === undefined) return [{ path, after }];
  if (after === undefined) return [{ path, before }];
  if (isObject(before) && isObject(after))
    return [...new Set([...Object.keys(before), ...Object.keys(after)])]
      .sort()
      .flatMap((key) => values([...path, key], before[key], after[key]));
  if (Array.isArray(before) && Array.isArray(after)) return lists(path, before, after);
  if (typeof before === 'string' && typeof after === 'string') {
    const [from, to] = [structured(before), structured(after)];
    const inside = from && to ? values(path, from, to) : [];
    if (inside.length > 0) return inside;
  }
  return [{ path, before, after }];
};

/** Every difference between two values, in the order of their keys; files in them are looked into when they are YAML or JSON. */
export const differences = (before: Json, after: Json): Difference[] => values([], before, after);
