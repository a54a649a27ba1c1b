// Checks a bid response against its request by the rules of OPENRTB.md 16 to 18 and docs/decisions.md, knowing only
// the bytes of both and the campaign file. The hot path and the reference bidder could agree on a wrong answer; this
// one does not decide anything, it only says what no answer may be.
//
// Here: the envelope. Rules of one bid are in `bid_rules.ts`.

import type { CampaignFile } from '../campaign_file.js';
import { checkBid, type Listing } from './bid_rules.js';
import {
  currencyOf,
  type DealView,
  type Fields,
  fieldsOf,
  type ImpView,
  type RequestView,
  rawOf,
  textsOf,
  viewRequest,
} from './checker_request.js';
import { type Json, member, parseTree } from './json_tree.js';

/** Every rule, by the name its problems are reported under. */
export const RULES = [
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
  'fields',
  'impid',
  'price_text',
  'floor',
  'fixed_price',
  'cap',
  'dealid',
  'deal_parties',
  'private_auction',
  'open_auction',
  'size',
  'badv',
  'bcat',
  'acat',
  'bapp',
  'battr',
  'btype',
  'api',
  'mimes',
  'secure',
  'content',
  'macros',
  'token_place',
  'token',
  'mac',
] as const;
export type Rule = (typeof RULES)[number];

export interface Problem {
  readonly rule: Rule;
  readonly detail: string;
}

/** What the answering node was and knew. */
export interface CheckContext {
  readonly file: CampaignFile;
  /** Index of the exchange asked for. */
  readonly exchange: number;
  readonly nowUs: number;
  readonly modelVersion: number;
  readonly noticeKey: Uint8Array;
  readonly noticeKeyId: number;
  readonly node: number;
  readonly bidsMax: number;
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
  let tree: Json | undefined;
  try {
    asked = viewRequest(request);
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(response);
    answer = fieldsOf(JSON.parse(text));
    tree = parseTree(text);
  } catch (error) {
    return [{ rule: 'json', detail: (error as Error).message }];
  }
  if (answer === undefined) return [{ rule: 'json', detail: 'the response is not an object' }];
  if (answer['id'] !== asked.fields['id'] || (asked.rawId !== undefined && rawOf(tree) !== asked.rawId)) {
    report('id', `${String(rawOf(tree))} for ${String(asked.rawId)}`);
  }
  checkCurrency(asked, answer, context, report);
  const seatbids = Array.isArray(answer['seatbid']) ? (answer['seatbid'] as unknown[]) : [];
  if (seatbids.length === 0) report('seatbid', 'no seatbid');
  const seatTrees = itemsOf(member(tree, 'seatbid'));
  const listings: Listing[] = seatbids.flatMap((seatbid, n) => {
    const bids = fieldsOf(seatbid)?.['bid'];
    const seat = fieldsOf(seatbid)?.['seat'];
    if (!Array.isArray(bids) || bids.length === 0) report('seatbid', `seatbid ${n} has no bid`);
    checkSeat(asked, seat, context, report);
    const bidTrees = itemsOf(member(seatTrees[n], 'bid'));
    return (Array.isArray(bids) ? (bids as unknown[]) : []).map((bid, b) => ({
      fields: fieldsOf(bid) ?? {},
      tree: bidTrees[b],
      seat: typeof seat === 'string' ? seat : '',
      currency: String(answer['cur']),
    }));
  });
  const seats = seatbids.map((seatbid) => fieldsOf(seatbid)?.['seat']);
  if (new Set(seats).size !== seats.length) report('one_seatbid_a_seat', seats.join(', '));
  checkBids(asked, answer, listings, context, report);
  return problems;
}

export type Report = (rule: Rule, detail: string) => void;

function checkCurrency(asked: RequestView, answer: Fields, { file }: CheckContext, report: Report): void {
  const listed = textsOf(asked.fields['cur'])
    .map(currencyOf)
    .filter((code) => code !== undefined);
  const usable = (code: string): boolean => code === file.currency || code in file.rates;
  const accepted = listed.length === 0 ? ['USD'] : listed;
  const expected = accepted.includes(file.currency) ? file.currency : accepted.find(usable);
  if (answer['cur'] !== expected) report('cur', `${String(answer['cur'])}, expected ${String(expected)}`);
}

function checkSeat(asked: RequestView, seat: unknown, { file }: CheckContext, report: Report): void {
  const wanted = textsOf(asked.fields['wseat']);
  const unwanted = textsOf(asked.fields['bseat']);
  if (typeof seat !== 'string' || !file.accounts.some((account) => account.seat === seat))
    return report('seat', `${String(seat)} is not ours`);
  if (wanted.length > 0 ? !wanted.includes(seat) : unwanted.includes(seat)) report('seat', `${seat} is not allowed`);
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
  for (const listing of listings) {
    const places = placesOf(asked, listing);
    const name = `${rawOf(listing.tree, 'impid') ?? ''} ${rawOf(listing.tree, 'dealid') ?? ''}`;
    taken.set(name, (taken.get(name) ?? 0) + 1);
    if (places.length > 0 && (taken.get(name) as number) > places.length)
      report('one_bid', `impid and dealid ${name} twice`);
    // Ids of impressions and deals may repeat in a request: the bid is right if it is right for one of them.
    const results = (places.length > 0 ? places : [{ imp: undefined, deal: undefined }]).map((place) => {
      const found: Problem[] = [];
      checkBid(
        asked,
        place,
        listing,
        context,
        (rule, detail) => void found.push({ rule, detail: `bid ${String(listing.fields['id'])}: ${detail}` }),
      );
      return found;
    });
    results.sort((a, b) => a.length - b.length);
    for (const problem of results[0] ?? []) report(problem.rule, problem.detail);
  }
}

/** Where a bid may be meant: an impression, and for a deal bid a deal of it. */
export interface Place {
  readonly imp: ImpView | undefined;
  readonly deal: DealView | undefined;
}

function placesOf(asked: RequestView, { fields, tree }: Listing): Place[] {
  const same = (rawAsked: string | undefined, valueAsked: unknown, key: string): boolean =>
    rawAsked === undefined ? valueAsked === fields[key] : rawAsked === rawOf(tree, key);
  const imps = asked.imps.filter((imp) => same(imp.rawId, imp.fields['id'], 'impid'));
  if (fields['dealid'] === undefined) return imps.map((imp) => ({ imp, deal: undefined }));
  const places = imps.flatMap((imp) =>
    imp.deals.filter((deal) => same(deal.rawId, deal.fields['id'], 'dealid')).map((deal) => ({ imp, deal })),
  );
  return places.length > 0 ? places : imps.map((imp) => ({ imp, deal: undefined }));
}

function itemsOf(tree: Json | undefined): readonly Json[] {
  return tree?.kind === 'array' ? tree.items : [];
}
