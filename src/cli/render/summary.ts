/** The end of the demo: what each target was before, while the others napped, and after. Pure. */
import { clean, type Paint, paintFor } from '../paint.js';
import { table } from '../table.js';
import { widthOf } from '../width.js';
import type { Brush } from './words.js';

/** What became of one target over the demo. */
export interface DemoResult {
  readonly label: string;
  readonly before: string;
  readonly napped: string;
  readonly after: string;
  /** Whether `after` is exactly `before`, in every field the nap changed. */
  readonly exact: boolean;
}

/**
 * A table, and a sentence that says whether everything is as it was. Where `columns`, the terminal's width, are too
 * few for a table, two lines a target; undefined: no limit.
 */
export function summaryText(results: readonly DemoResult[], paint: Paint, columns?: number): string {
  if (results.length === 0) return 'Nothing was watched.';
  const different = results.filter((result) => !result.exact).length;
  const napped = results.filter(hasNapped).length;
  const text =
    different === 0
      ? paint.green(`${napped} napped, and all ${results.length} are exactly as they were.`)
      : paint.red(`${different} of ${results.length} are not as they were.`);
  return `${listOf(results, paint, columns)}\n\n${text}`;
}

function listOf(results: readonly DemoResult[], paint: Paint, columns: number | undefined): string {
  const drawn = (brushes: Paint) =>
    table(
      ['TARGET', 'BEFORE', 'NAPPED', 'AFTER', 'RESULT'],
      results.map((result) => {
        const { text, brush } = verdict(result, brushes);
        return [result.label, result.before, result.napped, result.after, { text, paint: brush }];
      }),
      brushes,
    );
  // Measured without colours, which take no columns.
  const width = Math.max(...drawn(paintFor(false)).split('\n').map(widthOf));
  return columns !== undefined && width > columns
    ? results.map((result) => twoLines(result, paint)).join('\n')
    : drawn(paint);
}

function twoLines(result: DemoResult, paint: Paint): string {
  const { text, brush } = verdict(result, paint);
  const states = hasNapped(result)
    ? [result.before, result.napped, result.after]
    : [result.before, result.after];
  return `${clean(result.label)}  ${brush(text)}\n  ${paint.dim(clean(states.join(' -> ')))}`;
}

function hasNapped(result: DemoResult): boolean {
  return result.napped !== result.before;
}

function verdict(result: DemoResult, paint: Paint): { readonly text: string; readonly brush: Brush } {
  if (!result.exact) return { text: 'DIFFERENT', brush: paint.red };
  return hasNapped(result)
    ? { text: 'exact', brush: paint.green }
    : { text: 'did not nap', brush: paint.dim };
}
