// The rules of the token in a bid: that it stands where notices and markup need it, and that it says what the bid says,
// under a valid MAC.

import type { Creative } from '../creative_file.js';
import type { Listing, Offer } from './bid_rules.js';
import type { RequestView } from './checker_request.js';
import { integerOf } from './checker_request.js';
import { featureProblem } from './feature_rules.js';
import { userOf } from './frequency_rules.js';
import { checkMoney } from './money_rules.js';
import { hashText, mixHash, type NoticeToken, readToken, sipHash } from './notice_token.js';
import { type CheckContext, type Place, profileOf, type Report } from './response_checker.js';

export interface Checked {
  readonly offer: Offer;
  readonly token: NoticeToken | undefined;
  /** The token as it stands in URLs; empty if there is none. */
  readonly text: string;
}

/** Keys by names: the same few again and again. */
const keys = new Map<string, bigint>();
const KEYS_MAX = 15_000;

function keyOf(...names: readonly string[]): bigint {
  const name = names.join('/');
  let key = keys.get(name);
  if (key === undefined) {
    key = hashText(name);
    if (keys.size < KEYS_MAX) keys.set(name, key);
  }
  return key;
}

const adKeyOf = ({ campaign, group, creative }: Offer): bigint => keyOf(campaign.id, group.id, creative.id);

/** Checks the token and finds, by its ad key, which of the possible ads the bid is for. */
export function checkToken(
  place: Place,
  asked: RequestView,
  listing: Listing,
  offers: readonly Offer[],
  priceMicros: bigint,
  context: CheckContext,
  report: Report,
): Checked {
  const first = offers[0] as Offer;
  const text = checkPlaces(listing, first, report);
  const token = text === undefined ? undefined : readToken(text);
  if (text === undefined || token === undefined) {
    if (text !== undefined) report('token', `not a token: ${text}`);
    return { offer: first, token: undefined, text: text ?? '' };
  }
  if (token.mac !== sipHash(token.signed, context.noticeKey)) report('mac', 'wrong MAC');
  const offer = offers.find((one) => adKeyOf(one) === token.adKey);
  if (offer === undefined) report('token', 'the ad key is of no ad with this cid and crid');
  const auction = auctionOf(place, asked);
  const test = integerOf(asked.fields['test']) === 1;
  const { campaign, group } = offer ?? first;
  const { slot, lease } = context.campaign(campaign.id);
  const byImpression = !profileOf(context).notices.includes('burl');
  const flags = [test ? 1 : 0, listing.fields['dealid'] === undefined ? 0 : 2, auction * 4, slot * 16];
  const user = userOf(asked.fields, context);
  const arm = armOf(user, asked, context) ?? token.arm;
  const expected: Partial<NoticeToken> = {
    version: 3,
    keyId: context.noticeKeyId,
    flags: flags.reduce((sum, flag) => sum + flag, byImpression ? 32 : 0),
    node: context.node,
    issuedS: Math.floor(context.nowUs / 1e6),
    priceMicros,
    currency: listing.currency,
    exchange: context.exchange,
    model: arm === 0 ? context.modelVersion : (context.trial?.modelVersion ?? 0),
    lease,
    campaign: keyOf(campaign.id),
    adGroup: keyOf(campaign.id, group.id),
    user,
    expiryS: group.bid_expiry_s,
    arm,
    spare: 0,
  };
  for (const [key, value] of Object.entries(expected)) {
    const found = token[key as keyof NoticeToken];
    if (found !== value) report('token', `${key} ${String(found)}, expected ${String(value)}`);
  }
  const features = offer && featureProblem(token.features, offer);
  if (features !== undefined) report('token', features);
  if (token.bidId.toString(16).padStart(16, '0') !== listing.fields['id'])
    report('token', `bid id ${token.bidId.toString(16)}`);
  if (![token.ctr, token.cvr].every((p) => p >= 0 && p <= 1)) report('token', `predictions ${token.ctr}, ${token.cvr}`);
  const least = group.guaranteed ? 0.0999 : 0;
  const multiplierFits =
    auction === 3 && place.deal !== undefined
      ? token.multiplier === 1
      : token.multiplier >= least && token.multiplier <= 2.0001;
  if (!multiplierFits) report('token', `multiplier ${token.multiplier}`);
  checkMoney(place, listing, offer ?? first, token, auction, test, context, report);
  return { offer: offer ?? first, token, text };
}

/** 1 if the candidate has the request: Undefined if its id's spelling is gone. */
function armOf(user: bigint, { rawId }: RequestView, { trial }: CheckContext): number | undefined {
  if (trial === undefined) return 0;
  if (user === 0n && rawId === undefined) return undefined;
  const key = user === 0n ? hashText(rawId as string) : user;
  const drawn = Number(mixHash(key ^ BigInt(trial.salt), 0x300n) >> 48n);
  return drawn < Math.round(trial.share * 65_536) ? 1 : 0;
}

/** The deal's type if it names one of the three, else the request's: first price if 1, second price for all else. */
function auctionOf({ deal }: Place, asked: RequestView): number {
  const own = deal === undefined ? undefined : integerOf(deal.fields['at']);
  if (own === 1 || own === 2 || own === 3) return own;
  return integerOf(asked.fields['at']) === 1 ? 1 : 2;
}

/** A URL of the kind, and its token. A quote ends a URL, also where it is escaped; so does the end of CDATA. */
const urlOf = (kind: string): RegExp => new RegExp(`https?://[^"'\\s<\\]\\\\]*/n/${kind}/([A-Za-z0-9_-]+)`);

/** Where the token stands: in each notice there is, and in what of the markup counts. */
const NOTICES = [
  ['nurl', urlOf('win')],
  ['burl', urlOf('bill')],
  ['lurl', urlOf('loss')],
] as const;
const IMPRESSION = urlOf('imp');
const CLICK = urlOf('click');

/** The one token of the bid: the same in each notice URL and in the markup's impression URL and click URL. */
function checkPlaces({ fields }: Listing, { creative }: Offer, report: Report): string | undefined {
  const find = (key: string, url: RegExp): string | undefined => {
    const found = url.exec(String(fields[key]))?.[1];
    if (found === undefined) report('token_place', `${key} has no URL like ${url.source}`);
    return found;
  };
  const tokens = NOTICES.filter(([key]) => fields[key] !== undefined).map(([key, url]) => find(key, url));
  tokens.push(find('adm', IMPRESSION));
  if (isClicked(creative)) tokens.push(find('adm', CLICK));
  const present = tokens.filter((token) => token !== undefined);
  if (new Set(present).size > 1) report('token_place', 'tokens differ');
  return present[0];
}

/** Markup of one's own need not have a link; nor has a wrapped non-linear ad in VAST 2.0 a place for the click. */
function isClicked(creative: Creative): boolean {
  if (creative.type === 'banner') return creative.markup === undefined || creative.markup.includes('{{click_url}}');
  if (creative.type !== 'video' || creative.vast_version !== '2.0') return true;
  return creative.linearity === 1 || creative.wrapper_url === undefined;
}
