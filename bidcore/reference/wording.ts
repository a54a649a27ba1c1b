// How values are put into the sentences of an explanation.

const VALUES_SHOWN = 8;

/** A list cut to what a reader takes in at once. */
export function some(values: Iterable<string | number>, between = ', '): string {
  const all = [...values];
  const shown = all.slice(0, VALUES_SHOWN).join(between);
  if (all.length === 0) return 'nothing';
  return all.length > VALUES_SHOWN ? `${shown} and ${all.length - VALUES_SHOWN} more` : shown;
}

/** Micros of a currency as an amount: `2.5 USD`. */
export function money(micros: number, currency: string): string {
  return `${decimal(micros / 1e6)} ${currency}`;
}

/** A number without exponent and with no more digits than help. */
export function decimal(n: number): string {
  const digits = Math.abs(n) >= 1 || n === 0 ? 6 : Math.min(20, 5 - Math.floor(Math.log10(Math.abs(n))));
  const text = n.toFixed(digits);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** A count with its noun: `1 ad`, `2 ads`. */
export function counted(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
