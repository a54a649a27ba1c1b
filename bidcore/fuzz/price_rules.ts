// The rules of a bid's price: its digits, the floor that counts for this ad in this slot, the agreed price of a deal,
// and what the ad group is willing to pay, as the token tells its parts.

import type { AdGroup } from '../campaign_file.js';
import type { Offer } from './bid_rules.js';
import { currencyOf, type Fields, integerOf, numberOf, objectsOf } from './checker_request.js';
import type { NoticeToken } from './notice_token.js';
import type { CheckContext, Place, Report } from './response_checker.js';
import { profileOf } from './response_checker.js';

/** Price in micros, read from its digits: through a float, noise in the text would not be seen. */
export function checkPriceText(text = '', value: unknown, report: Report): bigint {
  if (!/^(0|[1-9]\d*)(\.\d{0,5}[1-9])?$/.test(text) || !(Number(text) > 0)) {
    report('price_text', `price ${text || String(value)}`);
    return 0n;
  }
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(6, '0'));
}

interface Floor {
  readonly amount: number;
  readonly currency: string;
  /** The deal has one of its own. */
  readonly ofDeal: boolean;
}

/** The floor of a slot for an ad: the deal's own, else one by duration, else the impression's. */
function floorOf({ imp, deal }: Place, { creative }: Offer): Floor {
  const dealFloor = numberOf(deal?.fields['bidfloor']);
  if (dealFloor !== undefined) {
    return { amount: Math.max(0, dealFloor), currency: currencyOf(deal?.fields['bidfloorcur']) ?? 'USD', ofDeal: true };
  }
  const format = creative.type === 'video' ? imp?.video : creative.type === 'audio' ? imp?.audio : undefined;
  const duration = creative.type === 'video' || creative.type === 'audio' ? creative.duration_s : 0;
  const amount = byDuration(format, duration) ?? numberOf(imp?.fields['bidfloor']) ?? 0;
  return { amount: Math.max(0, amount), currency: currencyOf(imp?.fields['bidfloorcur']) ?? 'USD', ofDeal: false };
}

function byDuration(format: Fields | undefined, duration: number): number | undefined {
  if (format === undefined) return undefined;
  for (const entry of objectsOf(format['durfloors'])) {
    const amount = numberOf(entry['bidfloor']);
    const from = integerOf(entry['mindur']) ?? 0;
    const to = integerOf(entry['maxdur']) ?? Number.POSITIVE_INFINITY;
    if (amount !== undefined && from <= duration && duration <= to) return amount;
  }
  const aSecond = numberOf(format['mincpmpersec']) ?? 0;
  return aSecond > 0 ? aSecond * duration : undefined;
}

export function checkPrice(
  place: Place,
  currency: string,
  offer: Offer,
  token: NoticeToken | undefined,
  micros: bigint,
  context: CheckContext,
  report: Report,
): void {
  const { file } = context;
  const rateOf = (code: string): number => (code === file.currency ? 1 : (file.rates[code] ?? Number.NaN));
  const floor = floorOf(place, offer);
  const rate = rateOf(currency);
  const floorMicros = floor.amount === 0 ? 0 : floor.amount * 1e6 * (rate / rateOf(floor.currency));
  const price = Number(micros);
  // A thousandth of a micro is forgiven by the rules, the rest is the rounding of doubles.
  const slack = 0.001 + price * 1e-12;
  if (place.deal !== undefined && integerOf(place.deal.fields['at']) === 3) {
    // The agreed price rounded to a micro, so up to half of one below it.
    if (!floor.ofDeal || !(floor.amount > 0)) report('fixed_price', 'a fixed-price deal without a price');
    else if (Math.abs(price - Math.min(1e15, Math.max(1, floorMicros))) > 0.5 + slack)
      report('fixed_price', `price ${price} micros, agreed ${floorMicros}`);
  } else if (!(price >= Math.min(floorMicros, 1e15) - slack))
    report('floor', `price ${price} micros, floor ${floorMicros}`);
  const { margin } = profileOf(context);
  const wire = margin?.kind === 'net' ? rate / (1 + margin.share) : rate;
  const cap = offer.group.max_bid_cpm_micros * wire;
  if (price > cap + slack) report('cap', `price ${price} micros, cap ${cap}`);
  if (token !== undefined) checkWilling(price, offer.group, token, wire, slack, report);
}

/** What the goal is worth by the token's own predictions and multiplier is what a second price auction is told. */
function checkWilling(
  price: number,
  group: AdGroup,
  token: NoticeToken,
  wire: number,
  slack: number,
  report: Report,
): void {
  const { type, bid_micros: bid } = group.goal;
  const value = type === 'cpm' ? bid : type === 'cpc' ? bid * 1000 * token.ctr : bid * 1000 * token.ctr * token.cvr;
  const willing = Math.min(value * token.multiplier, group.max_bid_cpm_micros);
  const most = Math.floor(Math.min(willing * wire, 1e15));
  const rounding = slack + most * 1e-12;
  const auction = (token.flags >> 2) & 3;
  if (price > most + rounding) report('willing', `price ${price} micros, willing to pay ${most}`);
  else if (auction === 2 && price < most - 1 - rounding) report('willing', `price ${price} micros instead of ${most}`);
}
