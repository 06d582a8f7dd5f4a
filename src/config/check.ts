/**
 * Holds a parsed config file against its schema: faults that name place, key, finding, expectation and cure;
 * unknown keys apart from them, because they are kept and are no fault.
 */
import { z } from 'zod';
import type { FileFault } from '../core/registry.js';
import { closest } from './closest.js';
import { type FaultMaker, keyText, type Path } from './place.js';

/** A parsed text that still knows where its values stand. */
export interface Located {
  readonly value: unknown;
  /** Offset of the key (of the item, in a list) at a path, or of its nearest parent that is there. */
  offsetOf(path: Path): number;
  /** A scalar as it is written in the file; undefined where there is none. */
  textOf(path: Path): string | undefined;
}

export interface Checked<T> {
  /** The value with defaults filled in; undefined exactly when there are faults. */
  readonly data: T | undefined;
  readonly faults: readonly FileFault[];
  /** Key paths that mean nothing to us, each with a "did you mean" where one is close. */
  readonly unknownKeys: readonly string[];
}

/**
 * Checks a value. Every schema in this folder gives as its error message what it expects, to be read after
 * "expected"; objects are strict, so that unknown keys come up as issues.
 * @param lastResort the cure where the finding suggests none.
 */
export function check<T>(
  schema: z.ZodType<T>,
  source: Located,
  faults: FaultMaker,
  lastResort: (path: Path) => string | undefined = () => undefined,
): Checked<T> {
  const first = schema.safeParse(source.value);
  if (first.success) return { data: first.data, faults: [], unknownKeys: [] };
  const unknown: Path[] = [];
  const found: FileFault[] = [];
  for (const issue of first.error.issues) {
    if (issue.code === 'unrecognized_keys') unknown.push(...issue.keys.map((key) => [...issue.path, key]));
    else {
      const offset = source.offsetOf(issue.path);
      found.push(faults.at(offset, issue.path, explain(issue, source, lastResort)));
    }
  }
  const unknownKeys = unknown.map((path) => withSuggestion(schema, path));
  if (found.length > 0) return { data: undefined, faults: found, unknownKeys };
  return { data: schema.parse(without(source.value, unknown)), faults: [], unknownKeys };
}

function explain(
  issue: z.core.$ZodIssue,
  source: Located,
  lastResort: (path: Path) => string | undefined,
): string {
  const value = valueAt(source.value, issue.path);
  const cure = cureFor(issue, value) ?? lastResort(issue.path);
  return `found ${show(value, source.textOf(issue.path))}, expected ${issue.message}${cure ? `: ${cure}` : ''}`;
}

/** The value at a path, or undefined. */
export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (parent, step) =>
      typeof parent === 'object' && parent !== null && Object.hasOwn(parent, step)
        ? (parent as Record<PropertyKey, unknown>)[step]
        : undefined,
    value,
  );
}

const MAX_SHOWN = 60;

function show(value: unknown, text: string | undefined): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a group of keys';
  const written = typeof value === 'string' ? JSON.stringify(value) : (text ?? String(value));
  const short = written.length > MAX_SHOWN ? `${written.slice(0, MAX_SHOWN)}…` : written;
  return typeof value === 'number' ? `the number ${short}` : short;
}

/** What the finding itself suggests. */
function cureFor(issue: z.core.$ZodIssue, value: unknown): string | undefined {
  const key = issue.path.at(-1);
  if (value === undefined && typeof key === 'string') return `add ${key}`;
  if (issue.code === 'invalid_type') {
    const bare = typeof value === 'string' && isNumberOrBoolean(value);
    if (bare && issue.expected !== 'string') return 'write it without quotes';
    if (issue.expected === 'string' && (typeof value === 'number' || typeof value === 'boolean'))
      return 'put it in quotes';
    if (issue.expected === 'array' && typeof value === 'string')
      return `write it as a list: [${JSON.stringify(value)}]`;
  }
  if (issue.code === 'invalid_value' && typeof value === 'string') {
    const meant = closest(value, issue.values.map(String));
    if (meant !== undefined) return `did you mean ${meant}?`;
  }
  return undefined;
}

const isNumberOrBoolean = (text: string) => /^(true|false|-?\d+(\.\d+)?)$/.test(text.trim());

function withSuggestion(schema: z.ZodType, path: Path): string {
  const parent = path.slice(0, -1).reduce<z.ZodType | undefined>(childSchema, schema);
  const inner = parent && unwrap(parent);
  const meant =
    inner instanceof z.ZodObject ? closest(String(path.at(-1)), Object.keys(inner.shape)) : undefined;
  return `${keyText(path)}${meant === undefined ? '' : ` (did you mean ${meant}?)`}`;
}

function childSchema(schema: z.ZodType | undefined, step: PropertyKey): z.ZodType | undefined {
  const inner = schema && unwrap(schema);
  if (inner instanceof z.ZodObject) return inner.shape[step as string];
  return inner instanceof z.ZodArray ? (inner.element as z.ZodType) : undefined;
}

/** The schema inside its defaults and permissions to be absent. */
export function unwrap(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable
    ? unwrap(schema.unwrap() as z.ZodType)
    : schema;
}

/** A copy without the values at these paths. */
function without(value: unknown, paths: readonly Path[]): unknown {
  const copy = structuredClone(value);
  for (const path of paths) {
    const parent = valueAt(copy, path.slice(0, -1));
    if (typeof parent === 'object' && parent !== null) Reflect.deleteProperty(parent, path.at(-1) ?? '');
  }
  return copy;
}
