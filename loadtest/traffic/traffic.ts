// Traffic as exchanges send it: an endless, seeded stream of OpenRTB 2.6 requests for the books that `bench/book.ts`
// makes. Sites, apps and televisions; banner, video, native and audio; pods, deals, supply chains, consent.
//
// The benchmarks' bodies (`bench/requests.ts`) reach a wanted length with one opaque text, so that every server is
// given the same number of bytes. Here nothing is filled up: a request is as long as what it says. What makes real ones
// long is identifiers of users, client hints, deals of others, segments, several impressions; so these are added until
// the length that was drawn is reached.

import { imp, type Outcome } from '../../bench/impressions.js';
import { Random } from '../../bench/random.js';
import { MIXED, OUTCOMES, PLACES } from '../../bench/requests.js';
import {
  device,
  hex,
  inventory,
  type JsonObject,
  type Place,
  privacy,
  source,
  user,
} from '../../bench/surroundings.js';
import * as words from '../../bench/vocabulary.js';
import { clientHints, dealsOfOthers, identifiers, lengthen, programme } from './additions.js';

export interface TrafficOptions {
  /** A non-negative integer; equal options give equal traffic. */
  readonly seed: number;
  /** Share of requests that get no bid from a book of `bench/book.ts` with 10,000 ads, 0 to 1. */
  readonly noBidShare: number;
  /** Share of requests that are sent compressed, 0 to 1. */
  readonly gzipShare: number;
}

export const USUAL_TRAFFIC: TrafficOptions = { seed: 1, noBidShare: 0.8, gzipShare: 0.1 };

export interface TrafficRequest {
  /** JSON, one line, not compressed. */
  readonly body: Buffer;
  /** Whether it is to be sent compressed. */
  readonly gzip: boolean;
  /** Milliseconds the exchange waits for the answer, as the body says. */
  readonly tmaxMs: number;
}

/** Of the wishes for a bid, those that come to one: the others find no ad there, then, of that length. */
const BID_WISHES_MET = 0.97;
const WISH_BIDS: readonly Outcome[] = ['bid', 'bid with deals'];
/** What `MIXED` draws for one request in sixteen: 4 to 6 KB. */
const LONG_BYTES = 4000;

export class Traffic {
  readonly #random: Random;
  readonly #outcomes: words.Weighted<Outcome>;
  readonly #gzipShare: number;

  constructor({ seed, noBidShare, gzipShare }: TrafficOptions) {
    this.#random = new Random(seed ^ 0x10ad);
    this.#outcomes = outcomesFor(noBidShare);
    this.#gzipShare = gzipShare;
  }

  next(): TrafficRequest {
    const random = this.#random;
    const request = makeRequest(random, random.weighted(this.#outcomes));
    return {
      body: Buffer.from(JSON.stringify(request)),
      gzip: random.chance(this.#gzipShare),
      tmaxMs: request['tmax'] as number,
    };
  }

  take(count: number): TrafficRequest[] {
    return Array.from({ length: count }, () => this.next());
  }
}

/** Those of the benchmarks, with as many wishes for a bid as it takes. */
function outcomesFor(noBidShare: number): words.Weighted<Outcome> {
  const sum = (bids: boolean): number =>
    OUTCOMES.reduce((total, [weight, outcome]) => total + (WISH_BIDS.includes(outcome) === bids ? weight : 0), 0);
  const wishes = Math.min(1, (1 - noBidShare) / BID_WISHES_MET);
  const [forBids, forOthers] = [wishes / sum(true), (1 - wishes) / sum(false)];
  return OUTCOMES.map(([weight, outcome]) => [weight * (WISH_BIDS.includes(outcome) ? forBids : forOthers), outcome]);
}

function makeRequest(random: Random, outcome: Outcome): JsonObject {
  const format = random.weighted(words.FORMAT_SHARES);
  const place = random.weighted(PLACES[format]);
  const country = random.weighted(words.COUNTRIES);
  const signals = privacy(random, country);
  const bytes = MIXED.bytes(random);
  const isLong = bytes >= LONG_BYTES;
  const pod = place === 'ctv' && random.chance(0.5) ? `pod-${hex(random, 8)}` : undefined;
  const imps = isLong ? random.int(2, 5) : random.chance(0.04) ? 2 : 1;
  const request: JsonObject = {
    id: random.text(36, '0123456789abcdef-'),
    at: random.chance(0.8) ? 1 : 2,
    tmax: outcome === 'no time' ? random.int(1, 3) : random.int(80, 300),
    cur: ['USD'],
    imp: Array.from({ length: imps }, (_, n) => {
      const made = imp(random, { n, format, place, outcome, pod, roomy: isLong });
      return random.chance(isLong ? 0.5 : 0.06) ? dealsOfOthers(random, made, isLong ? 12 : 4) : made;
    }),
    ...standing(random, place),
    device: clientHints(random, device(random, place, country)),
    user: identifiers(random, user(random, signals), isLong ? 3 : 1),
    ...(outcome === 'other seats' ? { wseat: [`other-${random.int(1, 99)}`] } : {}),
    ...(random.chance(0.6) ? { bcat: blockedCategories(random, 9) } : {}),
    ...(random.chance(0.35) ? { badv: blockedAdvertisers(random, 5) } : {}),
    regs: signals.regs,
    source: source(random),
  };
  return isLong ? lengthen(random, request, bytes) : request;
}

function standing(random: Random, place: Place): JsonObject {
  const where = inventory(random, place);
  return place === 'ctv' ? programme(random, where) : where;
}

function blockedCategories(random: Random, most: number): string[] {
  return random.distinct(random.int(2, most), () =>
    random.chance(0.8) ? random.pick(words.ADULT_CATEGORIES) : words.drawCategory(random),
  );
}

function blockedAdvertisers(random: Random, most: number): string[] {
  return random.distinct(random.int(1, most), () => `advertiser${random.int(0, 9000)}.example`);
}
