/**
 * Keeps replies within a datagram. A reply that is too large becomes several, each a whole message; a row or an
 * element that is too large for any datagram has its longest texts shortened.
 */

/** The largest datagram sent, bytes. */
export const MAX_DATAGRAM = 8_192;

/** How far texts are cut back, in bytes, until what holds them fits. */
const CUTS = [2_048, 1_024, 512, 128, 32] as const;

/** Divides items of these sizes, in order, into runs of at most `room`: `[from, to)` each, at least one run. */
export function pack(sizes: readonly number[], room: number): readonly (readonly [number, number])[] {
  const runs: [number, number][] = [];
  let from = 0;
  let used = 0;
  for (const [index, size] of sizes.entries()) {
    if (index > from && used + size > room) {
      runs.push([from, index]);
      from = index;
      used = 0;
    }
    used += size;
  }
  runs.push([from, sizes.length]);
  return runs;
}

/** The text, or as much of it as `maxBytes` of UTF-8 hold, ended by `…`; no character is cut in two. */
export function clip(text: string, maxBytes: number): string {
  return clipBy(text, maxBytes, (part) => Buffer.byteLength(part));
}

/** A value that JSON can say, with its texts cut back as far as needed for it to fit `room` bytes of JSON. */
export function shrink<T>(value: T, room: number): T {
  let shrunk = value;
  for (const cut of CUTS) {
    if (jsonBytes(shrunk) <= room) break;
    shrunk = mapStrings(value, (text) => clipBy(text, cut, jsonBytes)) as T;
  }
  return shrunk;
}

/** Rows of cells likewise, for `room` bytes of text with one byte between cells. */
export function shrinkCells(cells: readonly string[], room: number): readonly string[] {
  const size = (row: readonly string[]) => Buffer.byteLength(row.join('\t'));
  let shrunk = cells;
  for (const cut of CUTS) {
    if (size(shrunk) <= room) break;
    shrunk = cells.map((cell) => clip(cell, cut));
  }
  return shrunk;
}

/** The bytes a value takes as JSON. */
export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

function clipBy(text: string, maxBytes: number, measure: (text: string) => number): string {
  if (measure(text) <= maxBytes) return text;
  // Every character takes a byte at least, so no more than these can fit.
  let kept = '';
  let used = measure('…');
  const empty = measure('');
  for (const char of text.slice(0, maxBytes)) {
    used += measure(char) - empty;
    if (used > maxBytes) break;
    kept += char;
  }
  return `${kept}…`;
}

function mapStrings(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((each) => mapStrings(each, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, mapStrings(each, change)]));
}
