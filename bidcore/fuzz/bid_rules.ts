// The rules of one bid: its fields, its deal, block lists, notices and markup. Prices, formats and tokens have files of
// their own (`*_rules.ts`).

import type { AdGroup, Campaign, CampaignFile } from '../campaign_file.js';
import type { Creative } from '../creative_file.js';
import { checkPeople, withAncestors } from './account_rules.js';
import { checkAddresses } from './address_rules.js';
import { type Fields, integerOf, lower, type RequestView, textOf, textsOf } from './checker_request.js';
import { checkFormat, checkPlacement, creativeAttributes, streamProtocol } from './format_rules.js';
import { checkNative } from './native_rules.js';
import { checkPrice, checkPriceText } from './price_rules.js';
import type { RawIds } from './raw_tokens.js';
import { accountOf, type CheckContext, type Place, profileOf, type Report } from './response_checker.js';
import { checkToken } from './token_rules.js';
import { checkVast } from './vast_rules.js';

/** A bid of the response, with the seat and the currency it is under. */
export interface Listing {
  readonly fields: Fields;
  /** Its ids and its price as they are spelt. */
  readonly raw: RawIds;
  readonly seat: string;
  readonly currency: string;
}

/** What of the campaign file the bid is for: the ad group is the one the token names. */
export interface Offer {
  readonly campaign: Campaign;
  readonly group: AdGroup;
  readonly creative: Creative;
}

const REQUIRED_TEXTS = ['id', 'adm', 'cid', 'crid'];
const REQUIRED_NUMBERS = ['price', 'exp', 'mtype'];

/** @returns what the bid is for, if it is known */
export function checkBid(
  asked: RequestView,
  place: Place,
  listing: Listing,
  context: CheckContext,
  report: Report,
): Offer | undefined {
  const { fields } = listing;
  for (const key of REQUIRED_TEXTS)
    if (typeof fields[key] !== 'string' || fields[key] === '') report('fields', `${key} is missing`);
  for (const key of REQUIRED_NUMBERS) if (typeof fields[key] !== 'number') report('fields', `${key} is missing`);
  const { imp } = place;
  if (imp === undefined) {
    report('impid', `${String(fields['impid'])} is not in the request`);
    return undefined;
  }
  const priceMicros = checkPriceText(listing.raw.price, fields['price'], report);
  const offers = offersOf(listing, context);
  if (offers.length === 0) {
    const ids = `cid ${String(fields['cid'])} and crid ${String(fields['crid'])}`;
    report('content', `no ad of seat ${listing.seat} has ${ids}`);
    return undefined;
  }
  const { offer, token, text } = checkToken(place, asked, listing, offers, priceMicros, context, report);
  const { creative, group } = offer;
  checkContent(listing, offer, report);
  checkPrice(place, listing.currency, offer, token, priceMicros, context, report);
  checkDeal(place, listing, offer, context, report);
  checkBlocks(asked, creative, context.file, report);
  checkFormat(imp, creative, context, report);
  checkPlacement(imp, creative, group.targeting, report);
  checkPeople(asked, group.targeting, context, report);
  checkNotices(fields, context, report);
  checkMarkup(place, fields, creative, text, report);
  if (text !== '') checkAddresses(textOf(fields['adm']) ?? '', creative, text, context, report);
  return offer;
}

function offersOf({ seat, fields }: Listing, context: CheckContext): Offer[] {
  const account = accountOf(seat, context);
  const campaign = account?.campaigns.find((c) => c.id === fields['cid'] && c.status === 'active');
  const creative = account?.creatives.find((c) => c.id === fields['crid']);
  if (campaign === undefined || creative === undefined) return [];
  return campaign.ad_groups
    .filter((group) => group.status === 'active' && group.creatives.includes(creative.id))
    .map((group) => ({ campaign, group, creative }));
}

const MARKUP_TYPES = { banner: 1, video: 2, audio: 3, native: 4 };

function checkContent({ fields }: Listing, { group, creative }: Offer, report: Report): void {
  const { type } = creative;
  const attributes = creativeAttributes(creative);
  const expected: Fields = {
    adomain: creative.advertiser_domains,
    w: type === 'banner' || type === 'video' ? creative.w : undefined,
    h: type === 'banner' || type === 'video' ? creative.h : undefined,
    dur: type === 'video' || type === 'audio' ? creative.duration_s : undefined,
    protocol: type === 'video' || type === 'audio' ? streamProtocol(creative) : undefined,
    mtype: MARKUP_TYPES[type],
    exp: group.bid_expiry_s,
    bundle: creative.bundle,
    cat: creative.categories.length > 0 ? creative.categories : undefined,
    attr: attributes.length > 0 ? attributes : undefined,
    apis: creative.apis.length > 0 ? creative.apis : undefined,
    cattax: creative.categories.length > 0 && creative.cattax !== 1 ? creative.cattax : undefined,
  };
  for (const [key, value] of Object.entries(expected)) {
    if (fields[key] !== value && JSON.stringify(fields[key]) !== JSON.stringify(value))
      report('content', `${key} ${JSON.stringify(fields[key])}, expected ${JSON.stringify(value)}`);
  }
}

function checkDeal(
  { imp, deal }: Place,
  { fields, seat }: Listing,
  { group, creative }: Offer,
  context: CheckContext,
  report: Report,
): void {
  const { deals, open_auction: open } = group.targeting;
  if (fields['dealid'] === undefined) {
    if (imp?.privateAuction) report('private_auction', 'an open bid in a private auction');
    if (open === false || (deals !== undefined && deals.length > 0 && open !== true))
      report('open_auction', `${group.id} bids on deals only`);
    return;
  }
  if (deal === undefined || deal.id === undefined || !deals?.includes(deal.id))
    return report('dealid', `${String(fields['dealid'])} is not of this imp and ad group`);
  const offered = profileOf(context).deals;
  if (offered !== undefined && offered.length > 0 && !offered.includes(deal.id)) report('exchange_deals', deal.id);
  const seats = textsOf(deal.fields['wseat']);
  if (seats.length > 0 && !seats.includes(seat)) report('deal_parties', `seat ${seat} is not on the deal`);
  const domains = textsOf(deal.fields['wadomain']).map(bareDomain);
  if (
    domains.length > 0 &&
    !creative.advertiser_domains.some((own) => domains.some((entry) => isWithin(bareDomain(own), entry)))
  ) {
    report('deal_parties', `${creative.advertiser_domains.join(', ')} is not on the deal`);
  }
}

const bareDomain = (text: string): string => lower(text).replace(/^www\./, '');
const isWithin = (domain: string, parent: string): boolean => domain === parent || domain.endsWith(`.${parent}`);

function checkBlocks(asked: RequestView, creative: Creative, file: CampaignFile, report: Report): void {
  const list = (key: string): string[] => textsOf(asked.fields[key]).map(lower);
  const sameTaxonomy = (integerOf(asked.fields['cattax']) ?? 1) === creative.cattax;
  const categories = creative.categories.flatMap((category) =>
    withAncestors(category, creative.cattax, file.category_parents),
  );
  const blocked = sameTaxonomy ? categories.filter((category) => list('bcat').includes(category)) : [];
  if (blocked.length > 0) report('bcat', blocked.join(', '));
  const allowed = list('acat');
  if (allowed.length > 0 && !(sameTaxonomy && categories.some((category) => allowed.includes(category))))
    report('acat', categories.join(', '));
  const domains = textsOf(asked.fields['badv']).map(bareDomain);
  const hit = creative.advertiser_domains.find((own) => domains.some((entry) => isWithin(bareDomain(own), entry)));
  if (hit !== undefined) report('badv', hit);
  if (creative.bundle !== undefined && list('bapp').includes(lower(creative.bundle))) report('bapp', creative.bundle);
}

/** Those the exchange calls, with the price as it wants it. */
function checkNotices(fields: Fields, context: CheckContext, report: Report): void {
  const { notices, price_encoding: encoding } = profileOf(context);
  const price = encoding === 'base64' ? '${AUCTION_PRICE:B64}' : '${AUCTION_PRICE}';
  const macros = { nurl: [price], burl: [price], lurl: ['${AUCTION_LOSS}', '${AUCTION_MIN_TO_WIN}'] };
  for (const [name, wanted] of Object.entries(macros)) {
    const url = fields[name];
    const called = notices.includes(name as keyof typeof macros);
    if ((url !== undefined) !== called) report('notices', `${name} is ${called ? 'missing' : 'not wanted'}`);
    if (url === undefined) continue;
    if (typeof url !== 'string' || !/^https?:\/\/[^\s"]+$/.test(url)) report('notices', `${name} is no URL`);
    for (const macro of wanted) if (!String(url).includes(macro)) report('macros', `${name} lacks ${macro}`);
  }
}

/** @param token its text, for URLs; empty if it was not found */
function checkMarkup({ imp }: Place, fields: Fields, creative: Creative, token: string, report: Report): void {
  const adm = textOf(fields['adm']) ?? '';
  const secure = integerOf(imp?.fields['secure']) === 1;
  if (secure && loadedBy(creative, adm).some((text) => /http:\/\//i.test(text)))
    report('secure', 'it loads an http:// URL');
  if (creative.type === 'banner') {
    for (const macro of creative.markup?.match(/\$\{\w+\}/g) ?? [])
      if (!adm.includes(macro)) report('macros', `adm lacks ${macro}`);
    if (/\{\{(click|impression)_url\}\}/.test(adm)) report('macros', 'adm has a macro that should be a URL');
  } else if (creative.type === 'native') {
    if (imp?.native !== undefined) checkNative(imp.native, adm, creative, token, report);
  } else checkVast(adm, creative, token, report);
}

/** What is loaded to show it: the markup of a banner, the URLs of the others but the landing page. */
function loadedBy(creative: Creative, adm: string): readonly string[] {
  if (creative.type === 'banner') return [adm];
  // The name of an XML namespace is not loaded.
  const trackers = adm.match(/https?:\/\/[^"\]\\]*\/n\/\w+/g) ?? [];
  if (creative.type === 'native') return [...creative.images.map(({ url }) => url), ...trackers];
  const files = [...(creative.media ?? []), ...creative.companions.map(({ image_url: url }) => ({ url }))];
  return [...files.map(({ url }) => url), creative.wrapper_url ?? '', ...trackers];
}
