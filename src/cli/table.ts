/**
 * Tables: aligned columns without borders, the same on a terminal and in a pipe (there without colours), so that
 * what is seen can be grepped. Programs should read `--json`. Loaded only by commands that draw one.
 */
import Table from 'cli-table3';
import { clean, type Paint } from './paint.js';
import { widthOf } from './width.js';

const NO_BORDERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
};

/** A cell: its text, and how it is painted, apart because only the text is cleaned and measured. */
export type Cell = string | { readonly text: string; readonly paint: (text: string) => string };

/** The last column is never made narrower than this, however narrow the terminal. */
const NARROWEST = 24;
const GAP = 2;

/**
 * Rows under their headings, without trailing spaces; an empty cell is `-`. `columns`: the width of the terminal,
 * into which the last column is then wrapped; undefined: one line a row, however long.
 */
export function table(
  headings: readonly string[],
  rows: readonly (readonly Cell[])[],
  paint: Paint,
  columns?: number,
): string {
  const cells = rows.map((row) => row.map(shown));
  const lines = [headings.map((heading) => ({ text: heading, paint: paint.dim })), ...cells];
  const widths = headings.map((_, at) => Math.max(...lines.map((row) => widthOf(row[at]?.text ?? ''))) + GAP);
  const others = widths.slice(0, -1).reduce((sum, width) => sum + width, 0);
  const last = widths.at(-1) ?? 0;
  const room = columns === undefined ? last : Math.max(NARROWEST, columns - others + GAP);
  const drawn = new Table({
    chars: NO_BORDERS,
    style: { 'padding-left': 0, 'padding-right': GAP, head: [], border: [], compact: true },
    colWidths: [...widths.slice(0, -1), Math.min(last, room)],
    wordWrap: true,
  });
  for (const row of lines) drawn.push(row.map((cell) => cell.paint(cell.text)));
  // cli-table3 pads the last column too, behind the colour's end.
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

function shown(cell: Cell): Exclude<Cell, string> {
  const { text, paint } = typeof cell === 'string' ? { text: cell, paint: (plain: string) => plain } : cell;
  return { text: clean(text).trim() || '-', paint };
}
