/** Setting one key of settings.json in place: everything else in the file keeps its bytes. */
import { isDeepStrictEqual } from 'node:util';
import { CommandError } from '../core/errors.js';
import { describeFault } from '../core/registry.js';
import { writeFileAtomic } from '../system/atomic-file.js';
import { valueAt } from './check.js';
import { closest } from './closest.js';
import { type JsonNode, jsonValue } from './json-source.js';
import { readText } from './read-text.js';
import { readSettings, type SettingsRead } from './settings-read.js';
import { defaultSettingsText, type SettingReference, settingsReference } from './settings-schema.js';

/** A key of settings.json with what the file now says. */
interface SettingValue extends SettingReference {
  /** As it is written in the file. */
  readonly value: unknown;
}

interface Intact extends SettingsRead {
  readonly text: string;
  readonly root: JsonNode;
}

/**
 * Sets one key, atomically; a missing file is made with the defaults first. A text that is not itself what the
 * key takes is read as JSON (`true`, `20200`, `null`, `["eu-central-1"]`) or as a list parted by commas.
 * @throws CommandError BAD_REQUEST (no such key, not a value for it), REFUSED (the file is broken or cannot be
 * written); the file is then as it was.
 */
export async function setSetting(path: string, key: string, value: unknown): Promise<SettingValue> {
  const reference = referenceOf(key);
  const file = await readIntact(path);
  const steps = key.split('.');
  let refused: string | undefined;
  for (const candidate of candidates(value)) {
    const text = withValue(file.text, file.root, steps, candidate);
    const { data, root, faults } = readSettings(path, text);
    if (faults[0]) refused ??= faults[0].message;
    if (!data || !root) continue;
    if (!isDeepStrictEqual(jsonValue(root), replaced(jsonValue(file.root), steps, candidate)))
      throw new CommandError('REFUSED', `${key} cannot be set in place in ${path}`, {
        hint: 'Edit the file by hand.',
      });
    await write(path, text);
    return { ...reference, value: valueAt(data, steps) };
  }
  throw new CommandError('BAD_REQUEST', `${key}: ${refused}`, { hint: reference.meaning });
}

function referenceOf(key: string): SettingReference {
  const references = settingsReference();
  const reference = references.find((candidate) => candidate.key === key);
  if (reference) return reference;
  const meant = closest(
    key,
    references.map((candidate) => candidate.key),
  );
  throw new CommandError('BAD_REQUEST', `settings.json has no key "${key}"`, {
    hint: meant ? `Did you mean ${meant}?` : 'cloudnap config lists every key.',
  });
}

async function readIntact(path: string): Promise<Intact> {
  const disk = await readText(path);
  if (disk.kind === 'unreadable')
    throw new CommandError('REFUSED', `${path}: ${disk.message}`, {
      hint: 'Correct the file, then try again.',
    });
  const text = disk.kind === 'text' ? disk.text : defaultSettingsText();
  const read = readSettings(path, text);
  if (read.faults[0] || !read.root)
    throw new CommandError('REFUSED', read.faults[0] ? describeFault(read.faults[0]) : `${path} is broken`, {
      hint: 'Correct the file, then try again.',
    });
  return { ...read, text, root: read.root };
}

async function write(path: string, text: string): Promise<void> {
  try {
    await writeFileAtomic(path, text);
  } catch (cause) {
    throw new CommandError('REFUSED', `${path} cannot be written`, {
      hint: 'See to its rights and to free space.',
      cause,
    });
  }
}

/** What a value may mean, likeliest first. */
function candidates(value: unknown): unknown[] {
  if (typeof value !== 'string') return [value];
  const parts = value.split(',').map((part) => part.trim());
  try {
    return [JSON.parse(value), value, parts];
  } catch {
    return [value, parts];
  }
}

/** The text with the value at a path replaced, or inserted where the file does not say it yet. */
function withValue(text: string, root: JsonNode, steps: readonly string[], value: unknown): string {
  let node = root;
  for (const [depth, step] of steps.entries()) {
    const member = node.kind === 'object' ? node.members.find(({ key }) => key === step) : undefined;
    if (!member) {
      // The groups that are missing on the way come with it.
      const inner = steps.slice(depth + 1).reduceRight<unknown>((child, key) => ({ [key]: child }), value);
      return insertMember(text, node, step, inner);
    }
    node = member.value;
  }
  return text.slice(0, node.start) + JSON.stringify(value) + text.slice(node.end);
}

/** Adds a member behind the last one, laid out like it. */
function insertMember(text: string, parent: JsonNode, key: string, value: unknown): string {
  const last = parent.kind === 'object' ? parent.members.at(-1) : undefined;
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const indentOf = (offset: number) => {
    const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
    return /^[ \t]*/.exec(line)?.[0] ?? '';
  };
  const pretty = (indent: string) => JSON.stringify(value, null, 2).replaceAll('\n', `${eol}${indent}`);
  if (!last) {
    const indent = indentOf(parent.start);
    const inner = `${eol}${indent}  "${key}": ${pretty(`${indent}  `)}${eol}${indent}`;
    return text.slice(0, parent.start + 1) + inner + text.slice(parent.end - 1);
  }
  const ownLine = text.slice(0, last.keyStart).trimEnd().length < text.lastIndexOf('\n', last.keyStart) + 1;
  const inserted = ownLine
    ? `,${eol}${indentOf(last.keyStart)}"${key}": ${pretty(indentOf(last.keyStart))}`
    : `, "${key}": ${JSON.stringify(value)}`;
  return text.slice(0, last.value.end) + inserted + text.slice(last.value.end);
}

/** A copy of a value with another one at a path. */
function replaced(value: unknown, [step, ...rest]: readonly string[], inner: unknown): unknown {
  if (step === undefined) return inner;
  const group = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  return { ...group, [step]: replaced(group[step], rest, inner) };
}
