/** What is said of many measurements of one thing, and how a row of the table is drawn. */

/** The value that the fraction `p` of all values does not exceed; `values` need not be sorted. */
export function percentile(values, p) {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(sorted.length * p) - 1)];
}

export const median = (values) => percentile(values, 0.5);

/** Three significant figures, and no more than the unit deserves. */
export function figure(value) {
  if (value >= 1_000) return Math.round(value).toLocaleString('en');
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(value >= 1 ? 2 : 3);
}

/**
 * A row of several measurements of one thing: their median, and from where to where they went.
 * `goal` is `{ under }` or `{ over }`; without it nothing is judged.
 */
export function row(what, values, unit, goal) {
  const value = median(values);
  return {
    what,
    value: `${figure(value)} ${unit}`,
    spread: values.length > 1 ? `${figure(Math.min(...values))} to ${figure(Math.max(...values))}` : '',
    times: values.length,
    goal: goal ? ('under' in goal ? `under ${goal.under}` : `over ${goal.over.toLocaleString('en')}`) : '',
    met: goal ? ('under' in goal ? value < goal.under : value > goal.over) : undefined,
  };
}

/** A line above rows that belong together. */
export function heading(what) {
  return { what: `${what}:`, value: '', spread: '', times: '', goal: '', met: undefined };
}

/** Draws rows in aligned columns. */
export function table(rows) {
  const lines = [
    ['', 'median', 'lowest to highest', 'times', 'goal', ''],
    ...rows.map(({ what, value, spread, times, goal, met }) => [
      what,
      value,
      spread,
      String(times),
      goal,
      met === undefined ? '' : met ? 'met' : 'MISSED',
    ]),
  ];
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
        .join('   ')
        .trimEnd(),
    )
    .join('\n');
}
