/** The end of the demo: what each target was before, while it napped and after. Pure. */
import type { DemoResult } from '../demo-view.js';
import type { Paint } from '../paint.js';
import { table } from '../table.js';

/** A table, and a sentence that says whether everything came back exactly. */
export function summaryText(results: readonly DemoResult[], paint: Paint): string {
  if (results.length === 0) return 'Nothing napped.';
  const rows = results.map(({ label, before, napped, after, exact }) => [
    label,
    before,
    napped,
    after,
    exact ? { text: 'exact', paint: paint.green } : { text: 'DIFFERENT', paint: paint.red },
  ]);
  const different = results.filter((result) => !result.exact).length;
  const verdict =
    different === 0
      ? paint.green(`All ${results.length} came back exactly as they were.`)
      : paint.red(`${different} of ${results.length} did not come back as they were.`);
  return `${table(['TARGET', 'BEFORE', 'NAPPED', 'AFTER', ''], rows, paint)}\n\n${verdict}`;
}
