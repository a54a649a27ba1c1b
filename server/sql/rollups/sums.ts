// What notices add up to, before it is written: sums by minute, hour and day, each by campaign, ad, exchange, geo and
// device; conversions; the bids that are kept.

import { hashText } from '../../../bidcore/hash.js';
import type { NoticeRecord } from '../../../bidcore/money/event.js';
import type { NewRow } from '../repositories/rows.js';
import { type Dimension, MEASURES, type Measure } from '../schema/metrics.js';
import type { AdDirectory, AdName, Place } from './directory.js';

/** A booked notice with its place in the log. */
export interface LogEvent {
  /** 0 of a folder's log; of Redis the stream's. */
  readonly partition: number;
  /** Of a folder's log a number, of Redis the entry's id. */
  readonly position: string;
  readonly record: NoticeRecord;
  readonly chargedMicros: number;
}

export const GRANULARITIES = { metrics_minute: 60_000, metrics_hour: 3_600_000, metrics_day: 86_400_000 } as const;
export type MetricsTable = keyof typeof GRANULARITIES;

/** A row of sums, all of its measures there. */
export type SumRow = { [M in Measure]: number } & {
  account_id: string;
  campaign_id: string;
  dimension: Dimension;
  key: string;
  bucket: Date;
};

const COUNTED: Readonly<Partial<Record<NoticeRecord['kind'], Measure>>> = {
  win: 'wins',
  loss: 'losses',
  bill: 'billed',
  imp: 'impressions',
  click: 'clicks',
  conv: 'conversions',
};

export class Sums {
  readonly #rows: Record<MetricsTable, Map<string, SumRow>> = {
    metrics_minute: new Map(),
    metrics_hour: new Map(),
    metrics_day: new Map(),
  };
  readonly conversions: NewRow<'conversions'>[] = [];
  readonly doubtful: NewRow<'doubtful_notices'>[] = [];
  readonly #bids = new Map<string, NewRow<'bid_history'>>();

  /** @param bidHistoryOneIn one bid in so many is kept, always the same ones */
  constructor(
    private readonly directory: AdDirectory,
    private readonly bidHistoryOneIn: number,
  ) {}

  rows(table: MetricsTable): readonly SumRow[] {
    return [...this.#rows[table].values()];
  }

  get bids(): readonly NewRow<'bid_history'>[] {
    return [...this.#bids.values()];
  }

  /** Adds a notice; those of test bids, and what players report, count for nothing. */
  add({ record, chargedMicros, partition, position }: LogEvent): void {
    const measure = COUNTED[record.kind];
    if (measure === undefined || record.facts.test) return;
    const ad = this.directory.adOf(record.facts);
    if (ad === undefined) {
      this.doubtful.push(unknownAd(record, chargedMicros, `${partition}.${position}`));
      return;
    }
    const place = this.directory.placeOf(record.facts);
    const revenue = record.kind === 'conv' ? ad.conversionMicros : 0;
    this.#count(measure, ad, place, record.atMs, { spend_micros: chargedMicros, revenue_micros: revenue });
    if (record.kind === 'conv') this.conversions.push(conversionOf(record, ad, revenue));
    if (record.kind === 'win' || record.kind === 'bill' || record.kind === 'loss') this.#keepBid(record, ad, place);
  }

  /** Counts a conversion that came otherwise than as a notice. @param micros what it was worth */
  addConversion(ad: AdName, place: Place, atMs: number, micros: number): void {
    this.#count('conversions', ad, place, atMs, { spend_micros: 0, revenue_micros: micros });
  }

  #count(
    measure: Measure,
    ad: AdName,
    place: Place,
    atMs: number,
    money: { readonly spend_micros: number; readonly revenue_micros: number },
  ): void {
    const keys: Readonly<Record<Dimension, string>> = {
      campaign: '',
      ad: `${ad.adGroup}/${ad.creative}`,
      exchange: place.exchange,
      geo: place.geo,
      device: place.device,
    };
    for (const [table, lengthMs] of Object.entries(GRANULARITIES) as [MetricsTable, number][]) {
      const bucketMs = Math.floor(atMs / lengthMs) * lengthMs;
      for (const [dimension, key] of Object.entries(keys) as [Dimension, string][]) {
        const row = this.#rowOf(table, ad, dimension, key, bucketMs);
        row[measure]++;
        row.spend_micros += money.spend_micros;
        row.revenue_micros += money.revenue_micros;
      }
    }
  }

  #rowOf(table: MetricsTable, ad: AdName, dimension: Dimension, key: string, bucketMs: number): SumRow {
    const rows = this.#rows[table];
    const name = `${ad.campaign} ${dimension} ${bucketMs} ${key}`;
    const known = rows.get(name);
    if (known !== undefined) return known;
    const zeros = Object.fromEntries(MEASURES.map((measure) => [measure, 0])) as { [M in Measure]: number };
    const row = {
      account_id: ad.account,
      campaign_id: ad.campaign,
      dimension,
      key,
      bucket: new Date(bucketMs),
      ...zeros,
    };
    rows.set(name, row);
    return row;
  }

  #keepBid(record: NoticeRecord, ad: AdName, place: Place): void {
    const { facts } = record;
    if (hashText(facts.bid) % BigInt(this.bidHistoryOneIn) !== 0n) return;
    const before = this.#bids.get(facts.bid);
    this.#bids.set(facts.bid, {
      bid_id: facts.bid,
      account_id: ad.account,
      campaign_id: ad.campaign,
      ad_group_id: ad.adGroup,
      creative_id: ad.creative,
      exchange_id: place.exchange,
      outcome: record.kind === 'loss' && before?.outcome !== 'won' ? 'lost' : 'won',
      currency: facts.currency,
      price_micros: facts.priceMicros,
      clearing_micros: record.clearingMicros ?? before?.clearing_micros ?? null,
      to_win_micros: record.toWinMicros ?? before?.to_win_micros ?? null,
      loss_reason: record.lossReason ?? before?.loss_reason ?? null,
      ctr: facts.ctr,
      cvr: facts.cvr,
      multiplier: facts.multiplier,
      model_version: facts.model,
      arm: facts.arm,
      bid_at: new Date(facts.issuedS * 1000),
      at: before?.at ?? new Date(record.atMs),
    });
  }
}

/** Once a bid: its notice is booked once. */
function conversionOf({ facts, atMs }: NoticeRecord, ad: AdName, value_micros: number): NewRow<'conversions'> {
  return {
    id: `notice:${facts.bid}`,
    account_id: ad.account,
    campaign_id: ad.campaign,
    ad_group_id: ad.adGroup,
    creative_id: ad.creative,
    bid_id: facts.bid,
    source: 'notice',
    value_micros,
    at: new Date(atMs),
  };
}

function unknownAd({ facts, kind, atMs }: NoticeRecord, charge_micros: number, at: string): NewRow<'doubtful_notices'> {
  const { bid: bid_id, campaign: campaign_hash, ad: ad_hash } = facts;
  return { id: at, reason: 'unknown_ad', kind, bid_id, campaign_hash, ad_hash, charge_micros, at: new Date(atMs) };
}
