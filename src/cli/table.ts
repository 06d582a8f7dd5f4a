/**
 * Tables: aligned columns without borders, the same on a terminal and in a pipe (there without colours), so that
 * what is seen can be grepped. Programs should read `--json`. Loaded only by commands that draw one.
 */
import Table from 'cli-table3';
import { clean, type Paint } from './paint.js';

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

/** Rows under their headings, one line a row, no trailing spaces; an empty cell is `-`. */
export function table(headings: readonly string[], rows: readonly (readonly Cell[])[], paint: Paint): string {
  const drawn = new Table({
    chars: NO_BORDERS,
    style: { 'padding-left': 0, 'padding-right': 2, head: [], border: [], compact: true },
  });
  drawn.push(headings.map((heading) => paint.dim(heading)));
  for (const row of rows) drawn.push(row.map(shown));
  // cli-table3 pads the last column too, behind the colour's end.
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

function shown(cell: Cell): string {
  if (typeof cell === 'string') return clean(cell).trim() || '-';
  const text = clean(cell.text).trim();
  return text === '' ? '-' : cell.paint(text);
}
