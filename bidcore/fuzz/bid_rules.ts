// The rules of one bid, each in a function of its own: fields, price, deal, size, block lists, markup. Tokens are in
// `token_rules.ts`.

import type { AdGroup, Campaign, CampaignFile, Creative } from '../campaign_file.js';
import {
  currencyOf,
  type Fields,
  fieldsOf,
  integerOf,
  lower,
  numberOf,
  type RequestView,
  setOf,
  textOf,
  textsOf,
} from './checker_request.js';
import { type Json, member } from './json_tree.js';
import type { CheckContext, Place, Report } from './response_checker.js';
import { checkToken } from './token_rules.js';

/** A bid of the response, with the seat and the currency it is under. */
export interface Listing {
  readonly fields: Fields;
  readonly tree: Json | undefined;
  readonly seat: string;
  readonly currency: string;
}

/** What of the campaign file the bid is for: the ad group is the one the token names. */
export interface Offer {
  readonly campaign: Campaign;
  readonly group: AdGroup;
  readonly creative: Creative;
}

const REQUIRED_TEXTS = ['id', 'nurl', 'burl', 'lurl', 'adm', 'cid', 'crid'];
const REQUIRED_NUMBERS = ['price', 'w', 'h', 'exp', 'mtype'];

export function checkBid(
  asked: RequestView,
  place: Place,
  listing: Listing,
  context: CheckContext,
  report: Report,
): void {
  const { fields } = listing;
  for (const key of REQUIRED_TEXTS)
    if (typeof fields[key] !== 'string' || fields[key] === '') report('fields', `${key} is missing`);
  for (const key of REQUIRED_NUMBERS) if (typeof fields[key] !== 'number') report('fields', `${key} is missing`);
  if (place.imp === undefined) return report('impid', `${String(fields['impid'])} is not in the request`);
  const priceMicros = checkPriceText(listing, report);
  const offers = offersOf(context.file, listing);
  if (offers.length === 0)
    return report(
      'content',
      `no ad of seat ${listing.seat} has cid ${String(fields['cid'])} and crid ${String(fields['crid'])}`,
    );
  const offer = checkToken(place, asked, listing, offers, priceMicros, context, report);
  checkContent(listing, offer, report);
  checkPrice(place, listing, offer, priceMicros, context.file, report);
  checkDeal(place, listing, offer, report);
  checkBlocks(asked, offer.creative, context.file, report);
  checkBanner(place, offer.creative, report);
  checkMarkup(place, listing, offer.creative, report);
}

/** Price in micros, read from its digits: through a float, noise in the text would not be seen. */
function checkPriceText({ tree, fields }: Listing, report: Report): bigint {
  const token = member(tree, 'price');
  const text = token?.kind === 'token' ? token.text : '';
  if (!/^(0|[1-9]\d*)(\.\d{0,5}[1-9])?$/.test(text) || !(Number(text) > 0)) {
    report('price_text', `price ${text || String(fields['price'])}`);
    return 0n;
  }
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(6, '0'));
}

function offersOf(file: CampaignFile, { seat, fields }: Listing): Offer[] {
  const account = file.accounts.find((a) => a.seat === seat);
  const campaign = account?.campaigns.find((c) => c.id === fields['cid'] && c.status === 'active');
  const creative = account?.creatives.find((c) => c.id === fields['crid']);
  if (campaign === undefined || creative === undefined) return [];
  return campaign.ad_groups
    .filter((group) => group.status === 'active' && group.creatives.includes(creative.id))
    .map((group) => ({ campaign, group, creative }));
}

function checkContent({ fields }: Listing, { group, creative }: Offer, report: Report): void {
  const expected: Fields = {
    adomain: creative.advertiser_domains,
    w: creative.w,
    h: creative.h,
    mtype: 1,
    exp: group.bid_expiry_s,
    bundle: creative.bundle,
    cat: creative.categories.length > 0 ? creative.categories : undefined,
    attr: creative.attributes.length > 0 ? creative.attributes : undefined,
    apis: creative.apis.length > 0 ? creative.apis : undefined,
    cattax: creative.categories.length > 0 && creative.cattax !== 1 ? creative.cattax : undefined,
  };
  for (const [key, value] of Object.entries(expected)) {
    if (JSON.stringify(fields[key]) !== JSON.stringify(value))
      report('content', `${key} ${JSON.stringify(fields[key])}, expected ${JSON.stringify(value)}`);
  }
}

/** Units of a currency for one unit of the file's. */
function rateOf(file: CampaignFile, code: string): number {
  return code === file.currency ? 1 : (file.rates[code] ?? Number.NaN);
}

function checkPrice(
  { imp, deal }: Place,
  { currency }: Listing,
  { group }: Offer,
  micros: bigint,
  file: CampaignFile,
  report: Report,
): void {
  const dealFloor = numberOf(deal?.fields['bidfloor']);
  const source = deal !== undefined && dealFloor !== undefined ? deal.fields : (imp?.fields ?? {});
  const floor = Math.max(0, numberOf(source['bidfloor']) ?? 0);
  const floorCurrency = currencyOf(source['bidfloorcur']) ?? 'USD';
  const rate = rateOf(file, currency);
  const floorMicros = floor === 0 ? 0 : floor * 1e6 * (rate / rateOf(file, floorCurrency));
  const price = Number(micros);
  // A thousandth of a micro is forgiven by the rules, the rest is the rounding of doubles.
  const slack = 0.001 + price * 1e-12;
  if (deal !== undefined && integerOf(deal.fields['at']) === 3) {
    // The agreed price rounded to a micro, so up to half of one below it.
    if (dealFloor === undefined || !(dealFloor > 0)) report('fixed_price', 'a fixed-price deal without a price');
    else if (Math.abs(price - Math.min(1e15, Math.max(1, floorMicros))) > 0.5 + slack)
      report('fixed_price', `price ${price} micros, agreed ${floorMicros}`);
  } else if (!(price >= Math.min(floorMicros, 1e15) - slack))
    report('floor', `price ${price} micros, floor ${floorMicros}`);
  const cap = group.max_bid_cpm_micros * rate;
  if (price > cap + slack) report('cap', `price ${price} micros, cap ${cap}`);
}

function checkDeal({ imp, deal }: Place, { fields, seat }: Listing, { group, creative }: Offer, report: Report): void {
  const { deals, open_auction: open } = group.targeting;
  if (fields['dealid'] === undefined) {
    if (imp?.privateAuction) report('private_auction', 'an open bid in a private auction');
    if (open === false || (deals !== undefined && deals.length > 0 && open !== true))
      report('open_auction', `${group.id} bids on deals only`);
    return;
  }
  if (deal === undefined || deal.id === undefined || !deals?.includes(deal.id))
    return report('dealid', `${String(fields['dealid'])} is not of this imp and ad group`);
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

/** A category and its ancestors, lower case. */
function withAncestors(category: string, taxonomy: number, file: CampaignFile): string[] {
  const own = lower(category);
  if (taxonomy === 1) return own.includes('-') ? [own, own.slice(0, own.indexOf('-'))] : [own];
  const parents = new Map(
    Object.entries(file.category_parents[String(taxonomy)] ?? {}).map(([child, parent]) => [
      lower(child),
      lower(parent),
    ]),
  );
  const chain = [own];
  for (let next = parents.get(own); next !== undefined && !chain.includes(next); next = parents.get(next))
    chain.push(next);
  return chain;
}

function checkBlocks(asked: RequestView, creative: Creative, file: CampaignFile, report: Report): void {
  const list = (key: string): string[] => textsOf(asked.fields[key]).map(lower);
  const sameTaxonomy = (integerOf(asked.fields['cattax']) ?? 1) === creative.cattax;
  const categories = creative.categories.flatMap((category) => withAncestors(category, creative.cattax, file));
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

function checkBanner({ imp }: Place, creative: Creative, report: Report): void {
  const banner = imp?.banner;
  if (banner === undefined) return report('size', 'the impression has no banner');
  const side = (value: unknown): number => {
    const number = integerOf(value) ?? 0;
    return number >= 1 && number <= 65_535 ? number : 0;
  };
  const formats = (Array.isArray(banner['format']) ? (banner['format'] as unknown[]) : [])
    .flatMap((format) => {
      const f = fieldsOf(format);
      return f === undefined
        ? []
        : [
            {
              w: side(f['w']),
              h: side(f['h']),
              wr: side(f['wratio']),
              hr: side(f['hratio']),
              wmin: integerOf(f['wmin']) ?? 0,
            },
          ];
    })
    .filter((f) => (f.w > 0 && f.h > 0) || (f.wr > 0 && f.hr > 0));
  const fits =
    formats.length > 0
      ? formats.some((f) =>
          f.w > 0 && f.h > 0
            ? f.w === creative.w && f.h === creative.h
            : creative.w * f.hr === creative.h * f.wr && creative.w >= f.wmin,
        )
      : side(banner['w']) === creative.w && side(banner['h']) === creative.h;
  if (!fits) report('size', `${creative.w}x${creative.h}`);
  const attributes = creative.attributes.filter((attribute) => setOf(banner['battr']).includes(attribute));
  if (attributes.length > 0) report('battr', attributes.join(', '));
  if (setOf(banner['btype']).includes(creative.banner_type)) report('btype', String(creative.banner_type));
  const missing = creative.apis.filter((api) => !setOf(banner['api']).includes(api));
  if (missing.length > 0) report('api', missing.join(', '));
  const mimes = textsOf(banner['mimes']).map(lower);
  if (mimes.length > 0 && !mimes.includes(lower(creative.mime))) report('mimes', creative.mime);
}

function checkMarkup({ imp }: Place, { fields }: Listing, creative: Creative, report: Report): void {
  const adm = textOf(fields['adm']) ?? '';
  if (integerOf(imp?.fields['secure']) === 1 && /http:\/\//i.test(adm)) report('secure', 'markup has an http:// URL');
  const wanted: readonly (readonly [string, string])[] = [
    ['nurl', '${AUCTION_PRICE}'],
    ['burl', '${AUCTION_PRICE}'],
    ['lurl', '${AUCTION_LOSS}'],
    ['lurl', '${AUCTION_MIN_TO_WIN}'],
    ...(creative.markup?.match(/\$\{\w+\}/g) ?? []).map((macro) => ['adm', macro] as const),
  ];
  for (const [key, macro] of wanted)
    if (!String(fields[key]).includes(macro)) report('macros', `${key} lacks ${macro}`);
  if (/\{\{(click|impression)_url\}\}/.test(adm)) report('macros', 'adm has a macro that should be a URL');
}
