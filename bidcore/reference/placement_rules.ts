// Whether some ad of the book might fill a slot: format, size, deal, floor. And whether a slot is open to one ad: the
// open auction, or the right deal. docs/decisions.md section 3.

import { PRICE_MICROS_MAX } from '../../assembly/limits.js';
import { type Ad, type Book, willingMost } from '../book.js';
import { wellFormed } from '../vocabulary.js';
import type { Admitted } from './admission.js';
import { advertiserDomains, sizeFits, sizesTaken } from './creative_rules.js';
import { remember } from './remember.js';
import type { NormalDeal, NormalImp } from './request.js';
import { lowestPrice, type Slot } from './slots.js';
import { money, some } from './wording.js';

/** Why the impression takes no banner. */
export function bannerRefusal({ banner, otherFormats }: NormalImp): (() => string) | undefined {
  return banner === undefined ? () => `the ads are banners; the impression takes ${some(otherFormats)}` : undefined;
}

/** Why no ad of the book has a size for the impression. */
export function sizeRefusal({ banner }: NormalImp, book: Book): (() => string) | undefined {
  if (banner === undefined || sizesOf(book).some((size) => sizeFits(size, banner))) return undefined;
  return () => `the impression takes ${some(sizesTaken(banner))}; no ad has that size`;
}

/** Why no ad can be on the deal of the slot. */
export function unknownDealRefusal({ deal, refusal }: Slot, book: Book): (() => string) | undefined {
  if (refusal !== undefined) return () => refusal;
  if (deal === undefined || dealsOf(book).has(deal.text)) return undefined;
  return () => `no ad group names deal ${deal.text}`;
}

/** Why the floor is out of reach of every ad that has a size for the impression. */
export function floorRefusal(slot: Slot, { rateOut, currency }: Admitted, book: Book): (() => string) | undefined {
  const { banner } = slot.imp;
  if (banner === undefined) return undefined; // a gate before has seen to it
  const fitting = sizesOf(book).filter((size) => sizeFits(size, banner));
  const most = Math.floor(Math.min(Math.max(...fitting.map((size) => size.most)) * rateOut, PRICE_MICROS_MAX));
  if (!(most < lowestPrice(slot))) return undefined;
  return () =>
    `the floor is ${money(lowestPrice(slot), currency)}; no ad of the size may pay over ${money(most, currency)}`;
}

interface BookSize {
  readonly w: number;
  readonly h: number;
  /** The most an ad of the size can be willing to pay, CPM micros of the book's currency. */
  readonly most: number;
}

const sizesByBook = new WeakMap<Book, BookSize[]>();
const dealsByBook = new WeakMap<Book, ReadonlySet<string>>();

function sizesOf(book: Book): readonly BookSize[] {
  return remember(sizesByBook, book, () => {
    const sizes = new Map<string, BookSize>();
    for (const ad of book.ads) {
      const { w, h } = ad.creative;
      const most = Math.max(sizes.get(`${w}x${h}`)?.most ?? 0, willingMost(ad.adGroup));
      sizes.set(`${w}x${h}`, { w, h, most });
    }
    return [...sizes.values()];
  });
}

function dealsOf(book: Book): ReadonlySet<string> {
  const named = (): string[] => book.ads.flatMap(({ adGroup }) => adGroup.targeting.deals ?? []);
  return remember(dealsByBook, book, () => new Set(named().map(wellFormed)));
}

/** Why the ad may not bid in the slot. */
export function dealRefusal(ad: Ad, { deal }: Slot): (() => string) | undefined {
  return deal === undefined ? openAuctionRefusal(ad) : dealSlotRefusal(ad, deal);
}

function openAuctionRefusal({ adGroup }: Ad): (() => string) | undefined {
  const { deals = [], open_auction: open } = adGroup.targeting;
  if (open === false) return () => 'has open_auction false; this is the open auction';
  if (deals.length > 0 && open !== true) return () => `bids on deals only (${some(deals)}); this is the open auction`;
  return undefined;
}

function dealSlotRefusal({ account, adGroup, creative }: Ad, deal: NormalDeal): (() => string) | undefined {
  const { deals = [] } = adGroup.targeting;
  if (!deals.some((id) => wellFormed(id) === deal.text)) {
    const on = deals.length === 0 ? 'names no deal' : `is on deals ${some(deals)}`;
    return () => `${on}; this one is ${deal.text}`;
  }
  if (deal.wseat.length > 0 && !deal.wseat.includes(wellFormed(account.seat))) {
    return () => `seat ${account.seat} is not in the deal's wseat (${some(deal.wseat)})`;
  }
  if (deal.wadomain.length > 0 && !advertiserDomains(creative).some((one) => deal.wadomain.includes(one))) {
    return () => `the deal's wadomain (${some(deal.wadomain)}) has none of ${some(creative.advertiser_domains)}`;
  }
  return undefined;
}
