/** YAML read by the `yaml` package, with the places of its values and with faults that name a cure. */
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  parseDocument,
  type YAMLError,
} from 'yaml';
import { messageOf } from '../core/errors.js';
import type { FileFault } from '../core/registry.js';
import type { Located } from './check.js';
import type { FaultMaker, Path } from './place.js';

/** The values with their places, or what is wrong with the syntax. */
export type YamlRead =
  | { readonly located: Located; readonly faults: readonly [] }
  | { readonly located: undefined; readonly faults: readonly FileFault[] };

/** Parses with the source tokens kept, so that the text can be edited by ranges. */
export function parseYaml(text: string): Document.Parsed {
  return parseDocument(text, { keepSourceTokens: true, merge: true, prettyErrors: false });
}

/** Reads a text; never throws. */
export function readYaml(text: string, faults: FaultMaker): YamlRead {
  let document: Document.Parsed;
  try {
    document = parseYaml(text);
  } catch (error) {
    // Brackets nested so deeply that the parser ran out of stack.
    const message = `found text that cannot be followed (${messageOf(error)}), expected a few lists of entries`;
    return { located: undefined, faults: [faults.whole(`${message}: put the right file here`)] };
  }
  const found = syntaxFaults(document, text, faults);
  if (found.length > 0) return { located: undefined, faults: found };
  try {
    return { located: locatedYaml(document, document.toJS(), text), faults: [] };
  } catch (error) {
    return { located: undefined, faults: [aliasFault(document, faults, error)] };
  }
}

/** The first error, since those after it mostly follow from it; keys that stand twice are told one by one. */
function syntaxFaults(document: Document.Parsed, text: string, faults: FaultMaker): FileFault[] {
  const first = document.errors.find(({ code }) => code !== 'DUPLICATE_KEY');
  const told = document.errors.filter((error) => error === first || error.code === 'DUPLICATE_KEY');
  return told.map((error) => {
    const offset = Math.min(error.pos[0], text.length);
    // Only of a doubled key does the offset mean the key itself; else what was being written before it.
    const writing = error.code === 'DUPLICATE_KEY' ? offset : offset - 1;
    return faults.at(offset, pathAt(document.contents, writing), explain(error, text, faults));
  });
}

function explain({ code, pos, message }: YAMLError, text: string, faults: FaultMaker): string {
  switch (code) {
    case 'TAB_AS_INDENT':
      return 'found a tab, expected spaces for indentation: replace the tab by spaces';
    case 'DUPLICATE_KEY': {
      const key = /^["']?([^"':\r\n]+)/.exec(text.slice(pos[0]))?.[1] ?? '';
      return `found the key ${key} again on line ${faults.lineOf(pos[0])}, expected each key once: merge the two or delete one`;
    }
    case 'MULTIPLE_DOCS':
      return 'found a second document after ---, expected one: join the two';
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'BAD_SCALAR_START':
    case 'MULTILINE_IMPLICIT_KEY':
      return `found ${shown(text, pos[0])}, expected plain text: put the value in quotes, or see to the colons and indentation here`;
    default:
      return `found ${shown(text, pos[0])} (${message}), expected YAML: see to the indentation, quotes and colons here`;
  }
}

function shown(text: string, offset: number): string {
  const line = /^[^\r\n]{0,40}/.exec(text.slice(offset))?.[0].trim();
  return line ? JSON.stringify(line) : 'the end of the line';
}

/** The path of the last key at or before an offset: what somebody was writing there. */
function pathAt(node: unknown, offset: number): Path {
  if (isMap(node)) {
    const pair = node.items.findLast(({ key }) => startOf(key) <= offset);
    return pair && isScalar(pair.key) ? [String(pair.key.value), ...pathAt(pair.value, offset)] : [];
  }
  if (!isSeq(node)) return [];
  const index = node.items.findLastIndex((item) => startOf(item) <= offset);
  return index < 0 ? [] : [index, ...pathAt(node.items[index], offset)];
}

const startOf = (node: unknown) => (node as Node | null)?.range?.[0] ?? Number.POSITIVE_INFINITY;

/** An alias without an anchor, or so many aliases that their values would fill the memory. */
function aliasFault(document: Document.Parsed, faults: FaultMaker, error: unknown): FileFault {
  const unresolved = aliasesOf(document.contents).find((alias) => alias.resolve(document) === undefined);
  if (!unresolved?.range)
    return faults.whole(
      `found aliases that cannot be followed (${messageOf(error)}), expected few: write the values out`,
    );
  const [offset] = unresolved.range;
  const { source } = unresolved;
  const message = `found *${source}, expected an alias of an anchor that stands before it: add &${source} there, or write the value out`;
  return faults.at(offset, pathAt(document.contents, offset), message);
}

function aliasesOf(node: unknown): Alias[] {
  if (isAlias(node)) return [node];
  if (isMap(node)) return node.items.flatMap(({ value }) => aliasesOf(value));
  return isSeq(node) ? node.items.flatMap(aliasesOf) : [];
}

function locatedYaml(document: Document.Parsed, value: unknown, text: string): Located {
  const find = (path: Path) => {
    let node: unknown = document.contents;
    let offset = document.contents?.range[0] ?? 0;
    for (const step of path) {
      if (isAlias(node)) node = node.resolve(document);
      const pair = isMap(node)
        ? node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step))
        : undefined;
      const next: unknown = pair ? pair.value : isSeq(node) ? node.items[Number(step)] : undefined;
      const place = startOf(pair ? pair.key : next);
      // A merged key has no place of its own: its entry is shown.
      if (!Number.isFinite(place)) return { node: undefined, offset };
      [node, offset] = [next, place];
    }
    return { node, offset };
  };
  return {
    value: value ?? {},
    offsetOf: (path) => find(path).offset,
    textOf(path) {
      const { node } = find(path);
      return isScalar(node) && node.range ? text.slice(node.range[0], node.range[1]) : undefined;
    },
  };
}
