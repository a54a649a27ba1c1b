// Reads one sample of a scrape.

import { get } from './wire.js';

/**
 * Value of a metric now; NaN if there is none.
 * @param series name and labels as they stand in the text
 */
export async function metric(port: number, series: string): Promise<number> {
  const { text } = await get(port, '/metrics');
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return line === undefined ? Number.NaN : Number(line.slice(series.length));
}
