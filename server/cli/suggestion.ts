// "Did you mean": the nearest of the words that there are, by edits (Damerau, CACM 7, 1964: a letter more, less,
// another one, or two that have changed places).

/** The nearest word; undefined if none is near: a third of its letters may be wrong, or it may be cut short. */
export function nearest(given: string, words: readonly string[]): string | undefined {
  const ranked = words.map((word) => ({ word, edits: word.startsWith(given) ? 0.5 : editsBetween(given, word) }));
  ranked.sort((a, b) => a.edits - b.edits);
  const [best] = ranked;
  const most = Math.max(1, Math.floor(given.length / 3));
  return best !== undefined && given.length > 1 && best.edits <= most ? best.word : undefined;
}

/** `; did you mean WORD?`, or nothing. */
export function didYouMean(given: string, words: readonly string[]): string {
  const word = nearest(given, words);
  return word === undefined ? '' : `; did you mean ${word}?`;
}

function editsBetween(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number): number => rows[i]?.[j] ?? 0;
  for (let i = 1; i <= a.length; i++) {
    rows.push([i]);
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let edits = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        edits = Math.min(edits, at(i - 2, j - 2) + 1);
      rows[i]?.push(edits);
    }
  }
  return at(a.length, b.length);
}
