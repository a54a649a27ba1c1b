// Checks a bid response against its request by the rules of OPENRTB.md 16 to 18 and docs/decisions.md, knowing only
// the bytes of both and the campaign file. The hot path and the reference bidder could agree on a wrong answer; this
// one does not decide anything, it only says what no answer may be.
//
// Here: the envelope. Rules of one bid are in `bid_rules.ts`, those of accounts and people in `account_rules.ts`.

import type { Account, CampaignFile } from '../campaign_file.js';
import { DEFAULT_PROFILE, type ExchangeProfile } from '../exchange_file.js';
import type { Trial } from '../reference/arms.js';
import type { CampaignState } from '../reference/situation.js';
import { checkAccount } from './account_rules.js';
import { checkBid, type Listing, type Offer } from './bid_rules.js';
import {
  currencyOf,
  type DealView,
  decodeUtf8,
  type Fields,
  fieldsOf,
  type ImpView,
  type RequestView,
  textsOf,
  viewRequest,
} from './checker_request.js';
import { checkCaps, userOf } from './frequency_rules.js';
import { checkPods, dynamicPod, type PodBid } from './pod_rules.js';
import { type RawIds, rawTokens } from './raw_tokens.js';

/** Every rule, by the name its problems are reported under. */
export const RULES = [
  // the envelope
  'json',
  'id',
  'bidid',
  'cur',
  'seatbid',
  'one_seatbid_a_seat',
  'seat',
  'unique_bid_id',
  'one_bid',
  'too_many',
  // any bid
  'fields',
  'impid',
  'content',
  'notices',
  'macros',
  'secure',
  'token_place',
  'token',
  'mac',
  // its money
  'reserved',
  'available',
  'paced',
  // its price
  'price_text',
  'floor',
  'fixed_price',
  'cap',
  'willing',
  // its slot
  'dealid',
  'deal_parties',
  'exchange_deals',
  'private_auction',
  'open_auction',
  // what is blocked
  'badv',
  'bcat',
  'acat',
  'bapp',
  'battr',
  'attributes_blocked',
  'btype',
  // its format
  'format',
  'api',
  'mimes',
  'size',
  'duration',
  'protocol',
  'companion',
  'linearity',
  'skip',
  'rewarded',
  'interstitial',
  'placement',
  'pod_advertiser',
  'pod_count',
  'pod_seconds',
  'vast',
  'native_json',
  'native_wrapped',
  'native_trackers',
  'impression',
  'click',
  'native_assets',
  'native_title',
  'native_image',
  'native_data',
  // the account
  'no_consent',
  'crawler',
  'datacentre',
  'blocked_publisher',
  'brand_safety',
  'incomplete_schain',
  'blocked_node',
  // people
  'segments',
  'place',
  'identified_users',
  'frequency',
] as const;
export type Rule = (typeof RULES)[number];

export interface Problem {
  readonly rule: Rule;
  readonly detail: string;
}

/** What the answering node was and knew. */
export interface CheckContext {
  readonly file: CampaignFile;
  /** As they were when the request came. */
  readonly campaign: (id: string) => CampaignState;
  /** Index of the exchange asked for. */
  readonly exchange: number;
  readonly nowUs: number;
  readonly modelVersion: number;
  /** Undefined without a candidate. */
  readonly trial?: Pick<Trial, 'modelVersion' | 'share' | 'salt'> | undefined;
  readonly noticeKey: Uint8Array;
  readonly noticeKeyId: number;
  readonly node: number;
  readonly bidsMax: number;
}

/** The exchange asked for: the default one is first, wherever the file has it; an unknown one counts as it. */
export function profileOf({ file, exchange }: Pick<CheckContext, 'file' | 'exchange'>): ExchangeProfile {
  const own = file.exchanges.find(({ id }) => id === 'default') ?? DEFAULT_PROFILE;
  if (exchange === 0) return own;
  return file.exchanges.filter(({ id }) => id !== 'default')[exchange - 1] ?? own;
}

/** Whose seat it is on that exchange. */
export function accountOf(seat: unknown, context: Pick<CheckContext, 'file' | 'exchange'>): Account | undefined {
  const { seats } = profileOf(context);
  return context.file.accounts.find((account) => (seats[account.id] ?? account.seat) === seat);
}

/**
 * Every rule the response breaks; none for a good one.
 * @param request body that was answered
 * @param response body of the answer with status 200
 */
export function checkResponse(request: Uint8Array, response: Uint8Array, context: CheckContext): Problem[] {
  const problems: Problem[] = [];
  const report = (rule: Rule, detail: string): void => void problems.push({ rule, detail });
  let asked: RequestView;
  let answer: Fields | undefined;
  let raw: ReturnType<typeof rawTokens>;
  try {
    asked = viewRequest(request);
    const text = decodeUtf8(response);
    answer = fieldsOf(JSON.parse(text));
    raw = rawTokens(text);
  } catch (error) {
    return [{ rule: 'json', detail: (error as Error).message }];
  }
  if (answer === undefined) return [{ rule: 'json', detail: 'the response is not an object' }];
  if (answer['id'] !== asked.fields['id'] || (asked.rawId !== undefined && raw.id !== asked.rawId)) {
    report('id', `${String(raw.id)} for ${String(asked.rawId)}`);
  }
  checkCurrency(asked, answer, context, report);
  const seatbids = Array.isArray(answer['seatbid']) ? (answer['seatbid'] as unknown[]) : [];
  if (seatbids.length === 0) report('seatbid', 'no seatbid');
  let nth = 0;
  const listings: Listing[] = seatbids.flatMap((seatbid, n) => {
    const bids = fieldsOf(seatbid)?.['bid'];
    const seat = fieldsOf(seatbid)?.['seat'];
    if (!Array.isArray(bids) || bids.length === 0) report('seatbid', `seatbid ${n} has no bid`);
    checkSeat(asked, seat, context, report);
    return (Array.isArray(bids) ? (bids as unknown[]) : []).map((bid) => ({
      fields: fieldsOf(bid) ?? {},
      raw: raw.bids[nth++] ?? NO_IDS,
      seat: typeof seat === 'string' ? seat : '',
      currency: String(answer['cur']),
    }));
  });
  const seats = seatbids.map((seatbid) => fieldsOf(seatbid)?.['seat']);
  if (new Set(seats).size !== seats.length) report('one_seatbid_a_seat', seats.join(', '));
  checkBids(asked, answer, listings, context, report);
  return problems;
}

const NO_IDS: RawIds = {};

export type Report = (rule: Rule, detail: string) => void;

function checkCurrency(asked: RequestView, answer: Fields, context: CheckContext, report: Report): void {
  const { file } = context;
  const listed = textsOf(asked.fields['cur'])
    .map(currencyOf)
    .filter((code) => code !== undefined);
  const usable = (code: string): boolean => code === file.currency || code in file.rates;
  const preferred = listed.includes(file.currency) ? file.currency : listed.find(usable);
  const expected = listed.length === 0 ? (profileOf(context).currency ?? 'USD') : preferred;
  if (answer['cur'] !== expected) report('cur', `${String(answer['cur'])}, expected ${String(expected)}`);
}

function checkSeat(asked: RequestView, seat: unknown, context: CheckContext, report: Report): void {
  const wanted = textsOf(asked.fields['wseat']);
  const unwanted = textsOf(asked.fields['bseat']);
  const account = accountOf(seat, context);
  if (typeof seat !== 'string' || account === undefined) return report('seat', `${String(seat)} is not ours`);
  if (wanted.length > 0 ? !wanted.includes(seat) : unwanted.includes(seat)) report('seat', `${seat} is not allowed`);
  checkAccount(asked, account, context, report);
}

function checkBids(
  asked: RequestView,
  answer: Fields,
  listings: readonly Listing[],
  context: CheckContext,
  report: Report,
): void {
  const ids = listings.map(({ fields }) => fields['id']);
  if (new Set(ids).size !== ids.length) report('unique_bid_id', ids.join(', '));
  // The first bid in order of slots has the first id; seats are in order of their first bid.
  if (answer['bidid'] !== ids[0]) report('bidid', `${String(answer['bidid'])}, first bid ${String(ids[0])}`);
  if (listings.length > context.bidsMax) report('too_many', `${listings.length} bids`);
  const taken = new Map<string, number>();
  const inPods: PodBid[] = [];
  const offers: Offer[] = [];
  for (const listing of listings) {
    const places = placesOf(asked, listing);
    const name = `${listing.raw.impid ?? ''} ${listing.raw.dealid ?? ''}`;
    taken.set(name, (taken.get(name) ?? 0) + 1);
    if (places.length > 0 && (taken.get(name) as number) > roomOf(places))
      report('one_bid', `impid and dealid ${name} twice`);
    // Ids of impressions and deals may repeat in a request: the bid is right if it is right for one of them.
    const results = (places.length > 0 ? places : [{ imp: undefined, deal: undefined }]).map((place) => {
      const found: Problem[] = [];
      const offer = checkBid(
        asked,
        place,
        listing,
        context,
        (rule, detail) => void found.push({ rule, detail: `bid ${String(listing.fields['id'])}: ${detail}` }),
      );
      return { found, place, offer };
    });
    results.sort((a, b) => a.found.length - b.found.length);
    for (const problem of results[0]?.found ?? []) report(problem.rule, problem.detail);
    if (places.length === 1 && results[0] !== undefined) inPods.push(...podBid(results[0].place, results[0].offer));
    if (results[0]?.offer !== undefined) offers.push(results[0].offer);
  }
  // With an id that stands for two impressions it is not known which of them has the bid.
  if (inPods.length === listings.length) checkPods(inPods, report);
  checkCaps(offers, userOf(asked.fields, context), report);
}

function podBid({ imp, deal }: Place, offer: Offer | undefined): PodBid[] {
  return imp === undefined || offer === undefined
    ? []
    : [{ imp, isOpen: deal === undefined, creative: offer.creative }];
}

/** Bids that may be at these places: several in the open slot of a dynamic pod. */
function roomOf(places: readonly Place[]): number {
  return places.reduce((sum, { imp, deal }) => {
    const pod = imp === undefined || deal !== undefined ? undefined : dynamicPod(imp);
    return sum + (pod?.bids ?? 1);
  }, 0);
}

/** Where a bid may be meant: an impression, and for a deal bid a deal of it. */
export interface Place {
  readonly imp: ImpView | undefined;
  readonly deal: DealView | undefined;
}

function placesOf(asked: RequestView, { fields, raw }: Listing): Place[] {
  const same = (rawAsked: string | undefined, valueAsked: unknown, key: 'impid' | 'dealid'): boolean =>
    rawAsked === undefined ? valueAsked === fields[key] : rawAsked === raw[key];
  const imps = asked.imps.filter((imp) => same(imp.rawId, imp.fields['id'], 'impid'));
  if (fields['dealid'] === undefined) return imps.map((imp) => ({ imp, deal: undefined }));
  const places = imps.flatMap((imp) =>
    imp.deals.filter((deal) => same(deal.rawId, deal.fields['id'], 'dealid')).map((deal) => ({ imp, deal })),
  );
  return places.length > 0 ? places : imps.map((imp) => ({ imp, deal: undefined }));
}
