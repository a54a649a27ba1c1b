// The sums of campaigns by the hour or day, as the detection of anomalies and the forecasts take them: gaps are zeros,
// and a campaign begins with its first notice.

import { SUMS, type SumName, type Sums } from '../../../bidcore/metrics/metrics.js';
import type { Db } from '../database.js';
import { summed } from '../reports/measures.js';
import { GRANULARITIES } from '../rollups/sums.js';

/** One campaign's sums, bucket by bucket to the last one that was asked for. */
export type CampaignSeries = readonly Sums[];

/**
 * @param fromMs start of the first bucket, milliseconds since the epoch
 * @param toMs end of the last one
 * @returns by campaign; those without any notice in that time are not in it
 */
export async function seriesOf(
  db: Db,
  table: 'metrics_hour' | 'metrics_day',
  campaigns: readonly string[],
  fromMs: number,
  toMs: number,
): Promise<ReadonlyMap<string, CampaignSeries>> {
  if (campaigns.length === 0) return new Map();
  const rows = await db
    .selectFrom(table as 'metrics_hour')
    .select(['campaign_id', 'bucket'])
    .select(summed)
    .where('campaign_id', 'in', campaigns)
    .where('dimension', '=', 'campaign')
    .where('bucket', '>=', new Date(fromMs))
    .where('bucket', '<', new Date(toMs))
    .groupBy(['campaign_id', 'bucket'])
    .orderBy('campaign_id')
    .orderBy('bucket')
    .execute();
  const bucketMs = GRANULARITIES[table];
  const series = new Map<string, Record<SumName, number>[]>();
  const begins = new Map<string, number>();
  for (const row of rows) {
    const begin = begins.get(row.campaign_id) ?? row.bucket.getTime();
    const own = series.get(row.campaign_id) ?? Array.from({ length: (toMs - begin) / bucketMs }, zeros);
    begins.set(row.campaign_id, begin);
    series.set(row.campaign_id, own);
    const sums = own[(row.bucket.getTime() - begin) / bucketMs];
    if (sums !== undefined) for (const name of SUMS) sums[name] = row[name];
  }
  return series;
}

const zeros = (): Record<SumName, number> =>
  Object.fromEntries(SUMS.map((name) => [name, 0])) as Record<SumName, number>;
