// The stream of auctions of a world: who visits what, what is sold under which terms, and all the chance there is in
// what becomes of it: rivals' bids, ties, clicks, conversions, the ways of notices. A stream depends on its seed alone
// and not on what anybody bids, so bidders that are offered the same stream meet the same luck (common random numbers).

import { mixSeeds } from '../../bidcore/fuzz/random.js';
import type { DealTerms, Terms } from './auction.js';
import { Chance } from './chance.js';
import type { Person } from './people.js';
import type { Place, Slot } from './places.js';
import { type Part, priceLevel } from './truth.js';
import type { Venue } from './venues.js';
import type { World } from './world.js';

/** One impression on sale. */
export interface Lot {
  readonly id: string;
  /** Micros CPM of the exchange's currency. */
  readonly terms: Terms;
  readonly rivalMicros: readonly number[];
  /** A rival that takes a fixed-price deal, if there is one. */
  readonly dealRival: string | undefined;
  readonly context: readonly Part[];
  /** Uniform draws: which of equal bids wins, whether it is clicked, whether that converts. */
  readonly tie: number;
  readonly click: number;
  readonly conversion: number;
  /** Seed of what becomes of its notices. */
  readonly noticeSeed: number;
}

export interface Auction {
  /** From 0. */
  readonly n: number;
  readonly venue: Venue;
  readonly lots: readonly Lot[];
  /** The request. */
  readonly body: string;
}

/** Share of visits to a favourite place, of requests with two impressions, of impressions that offer the deals. */
const FAVOURITE = 0.6;
const TWO_SLOTS = 0.15;
const DEALS = 0.25;
/** Of fixed-price deals, how often another buyer takes it as well. */
const DEAL_RIVAL = 0.3;
/** Floors, as shares of the price level: median and spread of the logarithm. */
const FLOOR_MEDIAN = 0.3;
const FLOOR_SPREAD = 0.35;
const TMAX_MS = 300;
const MICROS = 1e6;
/** Floors are told in cents. */
const CENT_MICROS = 10_000;

export class Traffic {
  readonly #world: World;
  readonly #chance: Chance;
  readonly #seed: number;
  #next = 0;

  constructor(world: World, seed: number) {
    this.#world = world;
    this.#seed = mixSeeds(seed, 11);
    this.#chance = new Chance(this.#seed);
  }

  /**
   * @param moment the part of the time at which it will be offered
   * @param drift what rivals bid there and then, floors with them, as a multiple of their level
   */
  next(moment: Part, drift: (venue: Venue) => number = () => 1): Auction {
    const { venues, venueShares, places, placeShares, people, peopleShares } = this.#world;
    const chance = this.#chance;
    const n = this.#next++;
    const venue = venues[venueShares.at(chance.float())] as Venue;
    const person = people.at(peopleShares.at(chance.float()));
    const returns = chance.chance(FAVOURITE);
    const [favourite, popular] = [chance.pick(person.favourites), placeShares.at(chance.float())];
    const place = places[returns ? favourite : popular] as Place;
    const count = chance.chance(TWO_SLOTS) && place.slots.length > 1 ? 2 : 1;
    const first = chance.int(0, place.slots.length - 1);
    const slots = Array.from({ length: count }, (_, i) => place.slots[(first + i) % place.slots.length] as Slot);
    const lots = slots.map((slot, i): Lot => {
      const context = [venue.part, place.part, person.part, slot.part, moment];
      return this.#lot(String(i + 1), venue, context, drift(venue), mixSeeds(this.#seed + i, n));
    });
    return { n, venue, lots, body: bodyOf(n, venue, place, person, slots, lots) };
  }

  /** The same number of draws whatever the level is, which the time of day has a part in. */
  #lot(id: string, venue: Venue, context: readonly Part[], drift: number, noticeSeed: number): Lot {
    const chance = this.#chance;
    const level = Math.exp(priceLevel(context)) * drift;
    const toMicros = (price: number): number => Math.max(1, Math.round(price * venue.wire));
    const rivalMicros = venue.rivalBids(chance, level).map(toMicros);
    const hasFloor = chance.chance(venue.floors);
    const floor = toMicros(chance.logNormal(FLOOR_MEDIAN * level * venue.medianMicros, FLOOR_SPREAD));
    const deals = chance.chance(DEALS) ? venue.deals.map((deal) => inCurrency(deal, venue)) : [];
    const dealRival = chance.chance(DEAL_RIVAL) ? deals.find(({ type }) => type === 3)?.id : undefined;
    const floorMicros = hasFloor ? Math.ceil(floor / CENT_MICROS) * CENT_MICROS : 0;
    return {
      id,
      terms: { type: venue.type, floorMicros, deals },
      rivalMicros,
      dealRival,
      context,
      tie: chance.float(),
      click: chance.float(),
      conversion: chance.float(),
      noticeSeed,
    };
  }
}

/** Deals are agreed in the book's currency and told in the exchange's. */
function inCurrency(deal: DealTerms, venue: Venue): DealTerms {
  return { ...deal, floorMicros: Math.ceil((deal.floorMicros * venue.wire) / CENT_MICROS) * CENT_MICROS };
}

function bodyOf(
  n: number,
  venue: Venue,
  place: Place,
  person: Person,
  slots: readonly Slot[],
  lots: readonly Lot[],
): string {
  const imps = lots.map((lot, i) => `{"id":"${lot.id}",${(slots[i] as Slot).json}${termsJson(lot.terms, venue)}}`);
  return (
    `{"id":"a${n}","at":${venue.type},"tmax":${TMAX_MS},"cur":["${venue.currency}"],"imp":[${imps.join()}],` +
    `${place.json},${person.json},"source":{"schain":{"ver":"1.0","complete":1,"nodes":[` +
    `{"asi":"${venue.id}.example","sid":"1","hp":1}]}}}`
  );
}

function termsJson({ floorMicros, deals }: Terms, { currency }: Venue): string {
  const floor = floorMicros === 0 ? '' : `,"bidfloor":${floorMicros / MICROS},"bidfloorcur":"${currency}"`;
  if (deals.length === 0) return floor;
  const list = deals.map(
    (deal) =>
      `{"id":"${deal.id}","at":${deal.type},"bidfloor":${deal.floorMicros / MICROS},"bidfloorcur":"${currency}"}`,
  );
  return `${floor},"pmp":{"private_auction":0,"deals":[${list.join()}]}`;
}
