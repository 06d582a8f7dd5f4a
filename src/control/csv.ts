/** Rows as comma-separated values. */

type Cell = string | number | readonly string[] | null;

/** Records as lines under the names of their fields, in the order of `columns`. */
export function csvOf<Column extends string>(
  columns: readonly Column[],
  rows: readonly Readonly<Record<Column, Cell>>[],
): string {
  const lines = rows.map((row) => columns.map((column) => quoted(row[column])));
  return [columns, ...lines].map((line) => `${line.join(',')}\n`).join('');
}

function quoted(value: Cell): string {
  const text = Array.isArray(value) ? value.join(' ') : String(value ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
