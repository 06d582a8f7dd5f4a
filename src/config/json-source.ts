/**
 * Strict JSON read into a tree that knows where everything stands. `JSON.parse` names no place (Node 20 often not
 * even an offset) and lets duplicate keys pass; editing one key in place needs the ranges as well.
 */
import type { Located } from './check.js';
import type { Path } from './place.js';

/** A value and the text it stands in: `[start, end)`. */
export type JsonNode = { readonly start: number; readonly end: number } & (
  | { readonly kind: 'object'; readonly members: readonly JsonMember[] }
  | { readonly kind: 'array'; readonly items: readonly JsonNode[] }
  | { readonly kind: 'scalar'; readonly value: string | number | boolean | null }
);

interface JsonMember {
  readonly key: string;
  readonly keyStart: number;
  readonly value: JsonNode;
}

/** Where and how a text is not strict JSON. */
export class JsonFault extends Error {
  readonly offset: number;
  readonly path: Path;
  constructor(offset: number, path: Path, message: string) {
    super(message);
    this.name = 'JsonFault';
    this.offset = offset;
    this.path = path;
  }
}

/** No settings nest deeper; a hostile text would otherwise exhaust the stack. */
const MAX_DEPTH = 64;

const SPACE = /[ \t\r\n]*/y;
/** Control characters must be escaped: from the space on, all but " and \ stand for themselves. */
const STRING = /"(?:[ !#-[\]-\u{10FFFF}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])/y;
const WORD = /[^\s,:{}[\]"']+/y;
const LITERALS: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null };

/** @throws JsonFault at the first thing that strict JSON does not allow, and at a key that stands twice. */
export function parseJson(text: string): JsonNode {
  // Windows editors begin a file with a byte order mark.
  return new Parser(text, text.startsWith('\uFEFF') ? 1 : 0).document();
}

class Parser {
  readonly #text: string;
  #at: number;
  #path: PropertyKey[] = [];

  constructor(text: string, at: number) {
    this.#text = text;
    this.#at = at;
  }

  document(): JsonNode {
    this.#space();
    const node = this.#value('a value');
    this.#space();
    if (this.#at < this.#text.length) this.#fail('the end of the file', 'delete what follows the last }');
    return node;
  }

  #value(expected: string): JsonNode {
    if (this.#path.length > MAX_DEPTH) this.#fail(`at most ${MAX_DEPTH} levels`, 'nest less deeply');
    const start = this.#at;
    switch (this.#text[start]) {
      case '{':
        return { kind: 'object', members: this.#members(), start, end: this.#at };
      case '[':
        return { kind: 'array', items: this.#items(), start, end: this.#at };
      case '"':
        return { kind: 'scalar', value: this.#string(), start, end: this.#at };
    }
    const number = this.#match(NUMBER);
    if (number !== undefined) return { kind: 'scalar', value: Number(number), start, end: this.#at };
    const word = this.#match(WORD);
    const literal = word === undefined ? undefined : LITERALS[word];
    if (literal !== undefined) return { kind: 'scalar', value: literal, start, end: this.#at };
    this.#at = start;
    return this.#fail(expected, 'text needs "double quotes"; true, false, null and numbers stand bare');
  }

  #members(): JsonMember[] {
    const members: JsonMember[] = [];
    const seen = new Map<string, number>();
    this.#list('}', () => {
      const keyStart = this.#at;
      if (this.#text[keyStart] !== '"')
        this.#fail('a key in "double quotes" or }', 'put the key in "double quotes"');
      const key = this.#string();
      this.#path.push(key);
      const first = seen.get(key);
      if (first !== undefined) {
        const line = this.#text.slice(0, first).split('\n').length;
        const message = `found the key "${key}" again (first on line ${line}), expected each key once: delete one of the two`;
        throw new JsonFault(keyStart, [...this.#path], message);
      }
      seen.set(key, keyStart);
      this.#space();
      if (this.#text[this.#at] !== ':') this.#fail('a colon after the key', `write "${key}": and its value`);
      this.#at++;
      this.#space();
      members.push({ key, keyStart, value: this.#value('a value after the colon') });
      this.#path.pop();
    });
    return members;
  }

  #items(): JsonNode[] {
    const items: JsonNode[] = [];
    this.#list(']', () => {
      this.#path.push(items.length);
      items.push(this.#value('a value or ]'));
      this.#path.pop();
    });
    return items;
  }

  /** From the opening bracket to behind the closing one. */
  #list(close: '}' | ']', element: () => void): void {
    this.#at++;
    this.#space();
    if (this.#text[this.#at] === close) {
      this.#at++;
      return;
    }
    for (;;) {
      element();
      this.#space();
      const next = this.#text[this.#at];
      if (next === close) {
        this.#at++;
        return;
      }
      if (next !== ',')
        this.#fail(`a comma or ${close}`, 'put a comma between two values, and close every bracket');
      const comma = this.#at++;
      this.#space();
      if (this.#text[this.#at] === close) {
        this.#at = comma;
        this.#fail(`no comma before ${close}`, 'delete the comma', 'a trailing comma');
      }
    }
  }

  #string(): string {
    const raw = this.#match(STRING);
    if (raw === undefined) {
      const line = /"(?:[^"\\\r\n]|\\.)*("?)/y;
      line.lastIndex = this.#at;
      const closed = line.exec(this.#text)?.[1] === '"';
      return closed
        ? this.#fail(
            'text without control characters and unknown escapes',
            'write a backslash as \\\\ and a tab as \\t',
          )
        : this.#fail('a closing " on the same line', 'add the missing "');
    }
    return JSON.parse(raw) as string;
  }

  #space(): void {
    this.#match(SPACE);
    const rest = this.#text.slice(this.#at, this.#at + 2);
    if (rest === '//' || rest === '/*' || rest.startsWith('#'))
      this.#fail('strict JSON, which has no comments', 'delete the comment', 'a comment');
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #fail(expected: string, cure: string, found?: string): never {
    throw new JsonFault(
      this.#at,
      [...this.#path],
      `found ${found ?? this.#found()}, expected ${expected}: ${cure}`,
    );
  }

  #found(): string {
    if (this.#at >= this.#text.length) return 'the end of the file';
    const start = this.#at;
    const word = this.#match(STRING) ?? this.#match(WORD) ?? this.#text[start] ?? '';
    this.#at = start;
    return word.length > 40 ? `${word.slice(0, 40)}…` : word;
  }
}

/** The plain value of a tree. */
export function jsonValue(node: JsonNode): unknown {
  switch (node.kind) {
    case 'scalar':
      return node.value;
    case 'array':
      return node.items.map(jsonValue);
    case 'object':
      // fromEntries defines own properties, so that a key named __proto__ is just a key.
      return Object.fromEntries(node.members.map(({ key, value }) => [key, jsonValue(value)]));
  }
}

/** The tree's value together with its places, for {@link check}. */
export function locatedJson(text: string, root: JsonNode): Located {
  const find = (path: Path) => {
    let node: JsonNode | undefined = root;
    let offset = root.start;
    for (const step of path) {
      const member: JsonMember | undefined =
        node?.kind === 'object' ? node.members.find(({ key }) => key === step) : undefined;
      node = member?.value ?? (node?.kind === 'array' ? node.items[Number(step)] : undefined);
      if (node === undefined) break;
      offset = member?.keyStart ?? node.start;
    }
    return { node, offset };
  };
  return {
    value: jsonValue(root),
    offsetOf: (path) => find(path).offset,
    textOf(path) {
      const { node } = find(path);
      return node?.kind === 'scalar' ? text.slice(node.start, node.end) : undefined;
    },
  };
}
