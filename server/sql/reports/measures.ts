// What a report counts, from the columns of the sums. Of bids only those are known whose outcome was told: a win rate
// is of these. Exchanges that send no win notice are counted by their billing notices.

import { type RawBuilder, sql } from 'kysely';
import { type MetricName, ratioOf, SUMS, type SumName, type Sums } from '../../../bidcore/metrics/metrics.js';

const WON = sql`greatest(sum(wins), sum(billed))`;
const IN_SQL: Readonly<Record<SumName, RawBuilder<unknown>>> = {
  spend_micros: sql`sum(spend_micros)`,
  impressions: sql`sum(impressions)`,
  clicks: sql`sum(clicks)`,
  conversions: sql`sum(conversions)`,
  revenue_micros: sql`sum(revenue_micros)`,
  bids: sql`${WON} + sum(losses)`,
  wins: WON,
};

/**
 * Of a single row of sums, for who adds buckets up himself: as above, bucket by bucket. An exchange that sends both
 * notices may bill in the next bucket what was won in this one; that evens out but for the first and the last.
 */
const ROW_WON = sql`greatest(wins, billed)`;
export const wonAndBid = [sql<number>`${ROW_WON}`.as('wins'), sql<number>`${ROW_WON} + losses`.as('bids')] as const;

/** Of rows of sums, as columns: each of `SUMS`, whole numbers. Without rows they are 0. */
export const summed = SUMS.map((name) => sql<number>`coalesce(${IN_SQL[name]}, 0)::bigint`.as(name));

/** What rows of `summed` are sorted by: one metric, lowest where its divisor is 0. */
export function sortValue(name: Exclude<MetricName, 'utilisation'>): RawBuilder<number> {
  const ratio = ratioOf(name);
  if (ratio === undefined) return sql`${sql.ref(name)}::float8`;
  const less = ratio.less === undefined ? sql`0` : sql.ref(ratio.less);
  const of = sql`(${sql.ref(ratio.of)} - ${less})::float8 * ${sql.lit(ratio.times)}`;
  const value = sql`${of} / nullif(${sql.ref(ratio.by)}, 0)`;
  return sql`coalesce(${value}, '-Infinity'::float8)`;
}

/** The sums of a row that has more besides. */
export function sumsOf(row: Sums): Sums {
  return Object.fromEntries(SUMS.map((name) => [name, row[name]])) as Record<SumName, number>;
}
