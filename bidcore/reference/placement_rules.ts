// Whether some ad of the book might fill a slot: format, size or duration, deal, floor. And whether a slot is open to
// one ad: the open auction, or the right deal. docs/decisions.md section 3.

import { PRICE_MICROS_MAX } from '../../assembly/limits.js';
import type { Ad, Book } from '../book.js';
import { type ExchangeProfile, seatOf } from '../exchange_file.js';
import { wellFormed } from '../vocabulary.js';
import type { Admitted } from './admission.js';
import { sizesTaken } from './banner_rules.js';
import { type Formats, formatNames, type Shape, shapeName, shapesOf } from './formats.js';
import { remember } from './remember.js';
import type { NormalDeal, NormalImp } from './request.js';
import { lowestPrice, type Slot } from './slots.js';
import { durationsTaken } from './stream_rules.js';
import { traitsOf } from './traits.js';
import { money, some } from './wording.js';

/** Why no ad of the book is of a format of the impression. */
export function formatRefusal(
  imp: NormalImp,
  formats: Formats,
  { id, formats: allowed }: ExchangeProfile,
  book: Book,
): (() => string) | undefined {
  const shapes = shapesOf(book);
  if (shapes.some(({ creative }) => formats[creative.type] !== undefined)) return undefined;
  return () => {
    const has = formatNames(imp);
    const of = allowed === undefined ? '' : `; exchange ${id} takes ${some(allowed)}`;
    const unreadable = imp.nativeUnreadable ? '; its native request cannot be read' : '';
    const types = [...new Set(shapes.map(({ creative }) => creative.type))];
    return `the book has ${some(types)} ads; the impression has ${some(has)}${of}${unreadable}`;
  };
}

/**
 * Why no ad of the book has a size or a duration for the impression.
 * @param fitting shapes of the book that do
 */
export function sizeRefusal(fitting: readonly Shape[], formats: Formats): (() => string) | undefined {
  if (fitting.length > 0) return undefined;
  return () => {
    const { banner, video, audio } = formats;
    const taken = [
      ...(banner === undefined ? [] : [`banners of ${some(sizesTaken(banner))}`]),
      ...(video === undefined ? [] : [`video of ${durationsTaken(video)}`]),
      ...(audio === undefined ? [] : [`audio of ${durationsTaken(audio)}`]),
    ];
    return `the impression takes ${some(taken)}; no ad has that`;
  };
}

/** Why no ad can be on the deal of the slot. */
export function unknownDealRefusal(
  { deal, refusal }: Slot,
  { id, deals }: ExchangeProfile,
  book: Book,
): (() => string) | undefined {
  if (refusal !== undefined) return () => refusal;
  if (deal === undefined) return undefined;
  if (!dealsOf(book).has(deal.text)) return () => `no ad group names deal ${deal.text}`;
  if (deals === undefined || deals.length === 0 || formsOf(deals).has(deal.text)) return undefined;
  return () => `exchange ${id} does not list deal ${deal.text}`;
}

/** Why the floor of the slot cannot be converted. */
export function rateRefusal({ floors }: Slot, fitting: readonly Shape[]): (() => string) | undefined {
  const without = fitting.map(({ creative }) => floors.of(creative)).find(({ out }) => out === undefined);
  return without && (() => `the floor is in ${without.asked.currency}, which has no rate`);
}

/** Why the floor is out of reach of every ad that has a size or a duration for the impression. */
export function floorRefusal(
  { floors }: Slot,
  fitting: readonly Shape[],
  { wire, currency }: Admitted,
): (() => string) | undefined {
  const most = (shape: Shape): number => Math.floor(Math.min(shape.most * wire, PRICE_MICROS_MAX));
  const lowest = ({ creative }: Shape): number => lowestPrice(floors.of(creative));
  if (fitting.some((shape) => most(shape) >= lowest(shape))) return undefined;
  return () => {
    const parts = fitting.map(
      (shape) =>
        `${shapeName(shape.creative)}: floor ${money(lowest(shape), currency)}, ` +
        `no ad may pay over ${money(most(shape), currency)}`,
    );
    return some(parts, '; ');
  };
}

const dealsByBook = new WeakMap<Book, ReadonlySet<string>>();
const formsByList = new WeakMap<readonly string[], ReadonlySet<string>>();

function dealsOf(book: Book): ReadonlySet<string> {
  const named = (): string[] => book.ads.flatMap(({ adGroup }) => adGroup.targeting.deals ?? []);
  return remember(dealsByBook, book, () => new Set(named().map(wellFormed)));
}

function formsOf(list: readonly string[]): ReadonlySet<string> {
  return remember(formsByList, list, () => new Set(list.map(wellFormed)));
}

/** Why the ad may not bid in the slot. */
export function dealRefusal(ad: Ad, { deal }: Slot, profile: ExchangeProfile, book: Book): (() => string) | undefined {
  return deal === undefined ? openAuctionRefusal(ad) : dealSlotRefusal(ad, deal, profile, book);
}

function openAuctionRefusal({ adGroup }: Ad): (() => string) | undefined {
  const { deals = [], open_auction: open } = adGroup.targeting;
  if (open === false) return () => 'has open_auction false; this is the open auction';
  if (deals.length > 0 && open !== true) return () => `bids on deals only (${some(deals)}); this is the open auction`;
  return undefined;
}

function dealSlotRefusal(
  { account, adGroup, creative }: Ad,
  deal: NormalDeal,
  profile: ExchangeProfile,
  book: Book,
): (() => string) | undefined {
  const { deals = [] } = adGroup.targeting;
  if (!formsOf(deals).has(deal.text)) {
    const on = (): string => (deals.length === 0 ? 'names no deal' : `is on deals ${some(deals)}`);
    return () => `${on()}; this one is ${deal.text}`;
  }
  const seat = seatOf(account, profile);
  if (deal.wseat.length > 0 && !deal.wseat.includes(wellFormed(seat))) {
    return () => `seat ${seat} is not in the deal's wseat (${some(deal.wseat)})`;
  }
  const { domains } = traitsOf(creative, book.file.category_parents);
  if (deal.wadomain.length > 0 && !domains.some((one) => deal.wadomain.includes(one))) {
    return () => `the deal's wadomain (${some(deal.wadomain)}) has none of ${some(creative.advertiser_domains)}`;
  }
  return undefined;
}
