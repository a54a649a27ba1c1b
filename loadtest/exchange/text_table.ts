// Columns of text: the first ones to the left, numbers to the right.

/**
 * Lines of a table, each column as wide as its widest cell.
 * @param left columns, from the first one on, that are set to the left
 */
export function textTable(rows: readonly (readonly string[])[], left = 1): string {
  const columns = Math.max(...rows.map(({ length }) => length));
  const widths = Array.from({ length: columns }, (_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const cell = (text: string, i: number): string =>
    i < left ? text.padEnd(widths[i] as number) : text.padStart(widths[i] as number);
  return rows.map((row) => row.map(cell).join('  ')).join('\n');
}
