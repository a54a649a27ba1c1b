// The rules of what a bid holds of its campaign's money (docs/money.md sections 2 and 3), as its token says.

import type { Listing, Offer } from './bid_rules.js';
import { at, numberOf } from './checker_request.js';
import type { NoticeToken } from './notice_token.js';
import { type CheckContext, type Place, profileOf, type Report } from './response_checker.js';

export function checkMoney(
  { imp, deal }: Place,
  { currency }: Listing,
  { campaign, group }: Offer,
  token: NoticeToken,
  auction: number,
  test: boolean,
  context: CheckContext,
  report: Report,
): void {
  const given = numberOf(at(imp?.fields ?? {}, 'qty', 'multiplier')) ?? 0;
  const quantity = given > 0 ? Math.min(given, 1e6) : 1;
  if (token.quantity !== Math.fround(quantity)) report('token', `quantity ${token.quantity} instead of ${quantity}`);
  const { file } = context;
  const rate = currency === file.currency ? 1 : (file.rates[currency] ?? Number.NaN);
  const { margin } = profileOf(context);
  // What the campaign pays for one unit of price.
  const paid = (margin?.kind === 'net' ? 1 + margin.share : 1) / rate;
  const cost = test ? 0 : (Number(token.priceMicros) * paid * quantity) / 1000;
  const reserved = Number(token.reservedMicros);
  const rounding = cost * 1e-12 + 1e-9;
  if (!(reserved >= cost - rounding && reserved < cost + 1 + rounding)) report('reserved', `${reserved} for ${cost}`);
  const { availableMicros, pace } = context.campaign(campaign.id);
  if (!test && token.reservedMicros > availableMicros) report('available', `${reserved} of ${availableMicros}`);
  if (auction === 3 && deal !== undefined && pace === 0 && !group.guaranteed) report('paced', `${campaign.id} is at 0`);
}
