// The market as the log knows it, for training and replay: of each campaign a sample of auctions, each a predicted
// click rate and the price that would have won, and how much traffic each slot of the day has. From these new days are
// drawn as they are of synthetic campaigns: with levels that wander, and disturbances that did not happen.
//
//   notice        price to win                              rate
//   bill, loss    exact where it is known (landscape/observation.ts)   that of the token
//   bill          won at most with its bid: one of the campaign's known prices up to it, else the bid itself
//   loss          more than its bid: one of the campaign's known prices above it, else a tail from the bid on (Pareto)
//
// What was never bid on is not in the log, nor is what an exchange does not report. Every auction is taken for second
// price. Prices are divided so that their mean is the races'; nothing of a policy's inputs has a unit.

import type { NoticeRecord } from '../../bidcore/money/event.js';
import { type Campaign, campaignOf, PRICE_MAX } from '../environments/bid/synthetic_campaign.js';
import { priceObservation } from '../landscape/observation.js';
import { SLOT_S, SLOTS } from '../race/day.js';
import { Random } from '../random.js';
import { baseRateOf } from '../sidecar/pipeline.js';

/** Auctions kept of a campaign, a random sample of all; 36 bytes each. */
const SAMPLE = 8192;
const CAMPAIGNS_MAX = 500;
const DAY_MS = 86_400_000;
/** Mean price of the logs the races are run on, CPM. */
const MEAN_PRICE = 75;
/** Auctions of a slot before its own are drawn from, not all of the day. */
const SLOT_AUCTIONS_MIN = 50;
/** Exponent of the tail of prices above a bid that lost, where no price above it is known. */
const TAIL = 2;
/** Of the bids of a log of a single day, those that judge. */
const HELD_BACK = 0.25;

/** Auctions of a campaign before days are drawn from them. */
export const AUCTIONS_MIN = 1000;

const KINDS = ['exact', 'below', 'above'] as const;

class Sample {
  readonly day = new Float64Array(SAMPLE);
  readonly slot = new Uint8Array(SAMPLE);
  readonly kind = new Uint8Array(SAMPLE);
  /** Of the last bits of the bid's id, 0 to 1. */
  readonly lot = new Float32Array(SAMPLE);
  readonly rate = new Float32Array(SAMPLE);
  readonly bid = new Float64Array(SAMPLE);
  readonly price = new Float64Array(SAMPLE);
  /** Auctions seen in each slot of the day. */
  readonly traffic = new Float64Array(SLOTS);
  seen = 0;

  get count(): number {
    return Math.min(this.seen, SAMPLE);
  }
}

/** Campaigns to train on and campaigns to judge by, of the same log. */
export interface LoggedCampaigns {
  readonly training: readonly Campaign[];
  readonly held: readonly Campaign[];
  /** What days they are from, for people. */
  readonly range: string;
  /** Auctions seen, and auctions of the campaigns that have enough. */
  readonly auctions: number;
}

export class LoggedMarket {
  readonly #samples = new Map<string, Sample>();
  readonly #random: Random;
  /** Slots since the epoch in which there was any traffic. */
  readonly #covered = new Set<number>();
  #auctions = 0;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  /** Takes what a notice says of an auction; of a bid its loss, or its bill. */
  take(record: NoticeRecord): void {
    const { facts, kind, chargeMicros } = record;
    if (kind !== 'loss' && chargeMicros === 0) return;
    const observation = priceObservation(record, baseRateOf(record));
    if (observation === undefined || !(facts.ctr > 0)) return;
    const issuedMs = facts.issuedS * 1000;
    let sample = this.#samples.get(facts.campaign);
    if (sample === undefined) {
      if (this.#samples.size >= CAMPAIGNS_MAX) return;
      sample = new Sample();
      this.#samples.set(facts.campaign, sample);
    }
    const slot = Math.floor((issuedMs % DAY_MS) / (SLOT_S * 1000));
    this.#covered.add(Math.floor(issuedMs / (SLOT_S * 1000)));
    this.#auctions += 1;
    sample.traffic[slot] = (sample.traffic[slot] as number) + 1;
    // Each auction of a campaign has the same chance to be kept (Vitter 1985, algorithm R).
    const at = sample.seen < SAMPLE ? sample.seen : this.#random.integer(sample.seen + 1);
    sample.seen += 1;
    if (at >= SAMPLE) return;
    sample.day[at] = Math.floor(issuedMs / DAY_MS);
    sample.slot[at] = slot;
    sample.kind[at] = KINDS.indexOf(observation.outcome);
    sample.lot[at] = Number.parseInt(facts.bid.slice(-4), 16) / 0x10000;
    sample.rate[at] = facts.ctr;
    sample.bid[at] = observation.bidMicros;
    sample.price[at] = observation.priceMicros;
  }

  /**
   * The campaigns with enough auctions. Those to judge by are of the newest quarter of the days; of a log of one day,
   * of a quarter of its bids.
   */
  campaigns(): LoggedCampaigns {
    const days = [...new Set([...this.#covered].map((slot) => Math.floor(slot / SLOTS)))].sort((a, b) => a - b);
    const first = days[days.length - Math.ceil(days.length * HELD_BACK)];
    const isHeld = (sample: Sample, i: number): boolean =>
      days.length > 1 ? (sample.day[i] as number) >= (first as number) : (sample.lot[i] as number) < HELD_BACK;
    const made = (held: boolean): Campaign[] =>
      [...this.#samples.values()].flatMap((sample) => {
        const rows = Array.from({ length: sample.count }, (_, i) => i).filter((i) => isHeld(sample, i) === held);
        return rows.length < AUCTIONS_MIN * (held ? HELD_BACK : 1) ? [] : [this.#campaign(sample, rows)];
      });
    const day = (n: number | undefined): string =>
      n === undefined ? '' : new Date(n * DAY_MS).toISOString().slice(0, 10);
    const range = days.length === 0 ? 'nothing' : `${day(days[0])} to ${day(days.at(-1))}`;
    return { training: made(false), held: made(true), range, auctions: this.#auctions };
  }

  #campaign(sample: Sample, rows: readonly number[]): Campaign {
    const known = Float64Array.from(
      rows.filter((i) => sample.kind[i] === 0).map((i) => sample.price[i] as number),
    ).sort();
    const price = Float64Array.from(rows, (i) => this.#priceOf(sample, i, known));
    const campaign = scaledCampaign(
      price,
      Float64Array.from(rows, (i) => sample.rate[i] as number),
    );
    const bySlot: number[][] = Array.from({ length: SLOTS }, () => []);
    rows.forEach((i, at) => {
      (bySlot[sample.slot[i] as number] as number[]).push(at);
    });
    const all = Uint32Array.from(rows.keys());
    const auctions = bySlot.map((own) => (own.length < SLOT_AUCTIONS_MIN ? all : Uint32Array.from(own)));
    return { ...campaign, course: { traffic: this.#course(sample), auctions } };
  }

  #priceOf(sample: Sample, i: number, known: Float64Array): number {
    const bid = sample.bid[i] as number;
    const kind = KINDS[sample.kind[i] as number];
    if (kind === 'exact') return sample.price[i] as number;
    const upTo = upperBound(known, bid);
    if (kind === 'below') return upTo === 0 ? bid : (known[this.#random.integer(upTo)] as number);
    if (upTo < known.length) return known[upTo + this.#random.integer(known.length - upTo)] as number;
    return bid * (1 - this.#random.uniform()) ** (-1 / TAIL);
  }

  /** Traffic of each slot of the day, of mean 1; slots nobody has seen are as the mean of the others. */
  #course(sample: Sample): Float64Array {
    const days = new Float64Array(SLOTS);
    for (const slot of this.#covered) days[slot % SLOTS] = (days[slot % SLOTS] as number) + 1;
    const each = sample.traffic.map((count, slot) => (days[slot] === 0 ? Number.NaN : count / (days[slot] as number)));
    const seen = each.filter((count) => !Number.isNaN(count));
    const mean = seen.reduce((sum, count) => sum + count, 0) / seen.length;
    return each.map((count) => (Number.isNaN(count) ? 1 : count / mean));
  }
}

/** A campaign of these auctions, its prices divided so that their mean is the races'. */
export function scaledCampaign(price: Float64Array, rate: Float64Array): Campaign {
  const mean = price.reduce((sum, each) => sum + each, 0) / price.length;
  return campaignOf(
    price.map((each) => Math.min(PRICE_MAX, (each * MEAN_PRICE) / mean)),
    rate,
  );
}

/** How many of the sorted numbers are at most a value. */
function upperBound(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
