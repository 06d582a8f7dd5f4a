/**
 * Adding and removing entries in the text of services.yaml. Only the entry's own bytes come or go: comments,
 * order, quotes, blank lines, line ends and indentation stay as the user made them, which printing a parsed
 * document anew would not promise. Callers read the result back before they trust it.
 */
import {
  type CST,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parse,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import type { Section } from './services-schema.js';
import { parseYaml } from './yaml-source.js';

type Entry = Readonly<Record<string, unknown>>;

/** What a new file begins with. */
export const HEADER = `# The AWS services that nap while you are away. Read again whenever it is saved.
# Entries may also have: name, description, enabled, inactivity_timeout_minutes, depends_on,
# shared, desired_count (ECS), desired_size and autoscaler: ours (EKS).
`;

/** The text with an entry behind the others of its section; undefined where the layout is beyond us. */
export function insertEntry(text: string, section: Section, entry: Entry): string | undefined {
  const root: unknown = parseYaml(text).contents;
  const file = new Lines(text);
  if (root === null || (isScalar(root) && root.value === null))
    return file.appendSection(section, entry, '  ');
  if (!isMap(root) || !root.range) return undefined;
  const pair = pairOf(root, section);
  if (root.flow) return insertInFlowRoot(file, root, pair, section, entry);
  if (pair === undefined) {
    const column = file.indentOf(startOf(root.items[0]?.key) ?? root.range[0]);
    return column === '' ? file.appendSection(section, entry, listIndent(file, root)) : undefined;
  }
  const list = pair.value;
  if (isSeq(list) && list.items.length > 0)
    return list.flow ? appendToFlow(file, list, flowText(entry)) : appendToBlock(file, list, entry);
  if (!isSeq(list) && !(isScalar(list) && list.value === null)) return undefined;
  return fillList(file, root, pair, list, entry);
}

/** The text without an entry; a list that becomes empty is left as `[]`. Undefined as for inserting. */
export function removeEntry(text: string, section: Section, index: number): string | undefined {
  const root: unknown = parseYaml(text).contents;
  const pair = isMap(root) ? pairOf(root, section) : undefined;
  const list = pair?.value;
  if (!pair || !isSeq(list)) return undefined;
  const file = new Lines(text);
  return list.flow ? removeFromFlow(text, list, index) : removeFromBlock(file, pair, list, index);
}

/** A text and where its lines begin and end. */
class Lines {
  readonly text: string;
  readonly eol: string;

  constructor(text: string) {
    this.text = text;
    this.eol = /\r?\n/.exec(text)?.[0] ?? '\n';
  }

  startOfLine(offset: number): number {
    return offset === 0 ? 0 : this.text.lastIndexOf('\n', offset - 1) + 1;
  }

  /** Behind the line end of the line an offset is on; an offset behind a line end is there already. */
  endOfLine(offset: number): number {
    if (offset > 0 && this.text[offset - 1] === '\n') return offset;
    const end = this.text.indexOf('\n', offset);
    return end < 0 ? this.text.length : end + 1;
  }

  /** What stands before an offset on its line. */
  indentOf(offset: number): string {
    return this.text.slice(this.startOfLine(offset), offset).replace(/^\uFEFF/, '');
  }

  isBlank(start: number, end: number): boolean {
    return start < end && this.text.slice(start, end).trim() === '';
  }

  /** Inserts whole lines; a last line without an end gets one, and then the new last line has none. */
  insertLines(offset: number, lines: readonly string[]): string {
    const before = this.text.slice(0, offset);
    const block = lines.join(this.eol);
    if (before === '' || before.endsWith('\n')) return before + block + this.eol + this.text.slice(offset);
    return before + this.eol + block + this.text.slice(offset);
  }

  /** A new section at the end, before an end mark of the document. */
  appendSection(section: Section, entry: Entry, indent: string): string {
    const mark = /^\.\.\.(?=\s|$)/m.exec(this.text)?.index ?? this.text.length;
    const before = this.text.slice(0, mark).trimEnd();
    const isHeader = before === '' || before.split('\n').every((line) => /^\s*(#|$)/.test(line));
    const parted = /\n[ \t\r]*\n$/.test(this.text.slice(0, mark));
    const blank = before === '' || isHeader || parted ? [] : [''];
    return this.insertLines(mark, [...blank, `${section}:`, ...blockLines(entry, indent, ' ')]);
  }
}

function insertInFlowRoot(
  file: Lines,
  root: YAMLMap,
  pair: Pair | undefined,
  section: Section,
  entry: Entry,
): string | undefined {
  if (!pair) return appendToFlow(file, root, `"${section}": [${flowText(entry)}]`);
  if (isSeq(pair.value)) return appendToFlow(file, pair.value, flowText(entry));
  if (!isScalar(pair.value) || pair.value.value !== null || !pair.value.range) return undefined;
  const [start, end] = pair.value.range;
  return `${file.text.slice(0, start)}${start === end ? ' ' : ''}[${flowText(entry)}]${file.text.slice(end)}`;
}

/** Behind the last item of a list in brackets, on a line of its own where the last item has one. */
function appendToFlow(file: Lines, list: YAMLSeq | YAMLMap, piece: string): string | undefined {
  const { text } = file;
  if (!list.range) return undefined;
  const [start, end] = list.range;
  const last = list.items.at(-1);
  if (last === undefined) {
    const inner = text.slice(start + 1, end - 1);
    return `${text.slice(0, start + 1)}${piece}${inner.trim() === '' ? '' : inner}${text.slice(end - 1)}`;
  }
  const from = startOf(isPair(last) ? last.key : last);
  const to = endOf(last);
  if (from === undefined || to === undefined) return undefined;
  const indent = file.indentOf(from);
  const parted = indent.trim() === '' && from > start ? `,${file.eol}${indent}` : ', ';
  return text.slice(0, to) + parted + piece + text.slice(to);
}

function appendToBlock(file: Lines, list: YAMLSeq, entry: Entry): string | undefined {
  const dashes = dashesOf(list);
  const last = dashes.at(-1);
  if (last === undefined) return undefined;
  const indent = file.indentOf(last);
  if (indent.trim() !== '') return undefined;
  const gap = /^-( +)\S/.exec(file.text.slice(last))?.[1] ?? ' ';
  const end = endOfEntry(file, list, dashes.length - 1);
  if (end === undefined) return undefined;
  const lines = blockLines(entry, indent, gap);
  return file.insertLines(end, arePartedByBlanks(file, list, dashes) ? ['', ...lines] : lines);
}

/** Whether a blank line stands between the last two entries. */
function arePartedByBlanks(file: Lines, list: YAMLSeq, dashes: readonly number[]): boolean {
  const last = dashes.at(-1);
  const before = dashes.length < 2 ? undefined : endOfEntry(file, list, dashes.length - 2);
  if (last === undefined || before === undefined) return false;
  return /(^|\n)[ \t]*\r?\n/.test(file.text.slice(before, file.startOfLine(last)));
}

/** An empty list or none at all behind the key becomes a block list under it. */
function fillList(
  file: Lines,
  root: YAMLMap,
  pair: Pair,
  list: YAMLSeq | Scalar,
  entry: Entry,
): string | undefined {
  const key = startOf(pair.key);
  if (key === undefined || !list.range || file.indentOf(key).trim() !== '') return undefined;
  const [start, end] = list.range;
  const { text } = file;
  const kept = start === end ? text : text.slice(0, start).replace(/[ \t]+$/, '') + text.slice(end);
  const emptied = new Lines(kept);
  const indent = file.indentOf(key) + listIndent(file, root);
  return emptied.insertLines(emptied.endOfLine(key + 1), blockLines(entry, indent, ' '));
}

/** How far the file's lists are indented under their keys. */
function listIndent(file: Lines, root: YAMLMap): string {
  for (const { key, value } of root.items) {
    const dash = isSeq(value) && !value.flow ? dashesOf(value)[0] : undefined;
    const keyStart = startOf(key);
    if (dash === undefined || keyStart === undefined) continue;
    return file.indentOf(dash).slice(file.indentOf(keyStart).length);
  }
  return '  ';
}

function removeFromBlock(file: Lines, pair: Pair, list: YAMLSeq, index: number): string | undefined {
  const { text } = file;
  const dash = dashesOf(list)[index];
  let end = endOfEntry(file, list, index);
  if (dash === undefined || end === undefined || file.indentOf(dash).trim() !== '') return undefined;
  let start = file.startOfLine(dash);
  // Of the blank lines that parted it from its neighbours, one has nothing to part any more.
  const previous = file.startOfLine(Math.max(0, start - 1));
  const next = file.endOfLine(end + 1);
  const isLast = index === list.items.length - 1;
  if (index > 0 && file.isBlank(previous, start) && (isLast || file.isBlank(end, next))) start = previous;
  else if (index === 0 && !isLast && file.isBlank(end, next)) end = next;
  let before = text.slice(0, start);
  // The file's last line had no line end, and still has none.
  if (end >= text.length && !text.endsWith('\n')) before = before.replace(/\r?\n$/, '');
  const rest = before + text.slice(end);
  if (list.items.length > 1) return rest;
  const colon = colonOf(pair);
  return colon === undefined ? undefined : `${rest.slice(0, colon)} []${rest.slice(colon)}`;
}

function removeFromFlow(text: string, list: YAMLSeq, index: number): string | undefined {
  if (!list.range) return undefined;
  const [open, close] = list.range;
  if (list.items.length === 1) return `${text.slice(0, open)}[]${text.slice(close)}`;
  const [item, before, after] = [list.items[index], list.items[index - 1], list.items[index + 1]];
  const from = after === undefined ? endOf(before) : startOf(item);
  const to = after === undefined ? endOf(item) : startOf(after);
  return from === undefined || to === undefined ? undefined : text.slice(0, from) + text.slice(to);
}

function pairOf(root: YAMLMap, section: Section): Pair | undefined {
  return root.items.find(({ key }) => isScalar(key) && key.value === section);
}

const isPair = (item: unknown): item is Pair => typeof item === 'object' && item !== null && 'key' in item;

function startOf(node: unknown): number | undefined {
  return (node as Node | null)?.range?.[0];
}

/** Where a node's last character stands; line ends and comments behind it are not part of it. */
function endOf(node: unknown): number | undefined {
  if (isPair(node)) return endOf(node.value) ?? endOf(node.key);
  if ((isMap(node) || isSeq(node)) && !node.flow && node.items.length > 0) return endOf(node.items.at(-1));
  return (node as Node | null)?.range?.[1];
}

/** Offsets of the dashes of a block list. */
function dashesOf(list: YAMLSeq): readonly number[] {
  const token = list.srcToken as CST.BlockSequence | undefined;
  return (token?.items ?? []).flatMap(
    ({ start }) => start.find(({ type }) => type === 'seq-item-ind')?.offset ?? [],
  );
}

/** Behind the colon of a key, and behind an anchor or a tag of its value. */
function colonOf(pair: Pair): number | undefined {
  const marks = (pair.srcToken as CST.CollectionItem | undefined)?.sep?.filter(({ type }) =>
    ['map-value-ind', 'anchor', 'tag'].includes(type),
  );
  const last = marks?.at(-1);
  return last && last.offset + last.source.length;
}

/** Behind an entry's last line, and behind comments that are indented under its dash: they are about it. */
function endOfEntry(file: Lines, list: YAMLSeq, index: number): number | undefined {
  const dash = dashesOf(list)[index];
  const content = endOf(list.items[index]);
  if (dash === undefined || content === undefined) return undefined;
  const column = file.indentOf(dash).length;
  let end = file.endOfLine(content);
  for (;;) {
    const next = end < file.text.length ? file.endOfLine(end + 1) : end;
    const indent = /^( *)#/.exec(file.text.slice(end, next))?.[1];
    if (indent === undefined || indent.length <= column) return end;
    end = next;
  }
}

function blockLines(entry: Entry, indent: string, gap: string): string[] {
  return Object.entries(entry).map(([key, value], index) => {
    const lead = index === 0 ? `-${gap}` : ` ${gap}`;
    return `${indent}${lead}${key}: ${Array.isArray(value) ? `[${value.map(scalar).join(', ')}]` : scalar(value)}`;
  });
}

/** In brackets an entry is written as JSON, which is right in either style. */
const flowText = (entry: Entry) =>
  `{${Object.entries(entry)
    .map(([key, value]) => `"${key}": ${JSON.stringify(value)}`)
    .join(', ')}}`;

/** Letters, digits and a few signs that mean nothing to YAML, inside brackets or out. */
const PLAIN = /^[\p{L}\p{N}_]([\p{L}\p{N}_ ./()+:-]*[\p{L}\p{N}_/()+-])?$/u;

/** A value as people would write it: bare where that reads back the same, else in JSON's quotes. */
function scalar(value: unknown): string {
  return typeof value === 'string' && PLAIN.test(value) && !value.includes(': ') && parse(value) === value
    ? value
    : JSON.stringify(value);
}
