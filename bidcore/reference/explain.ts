// Why a request got the answer it got: slot by slot and ad by ad, the first gate that did not let the ad through, or
// the arithmetic of its price and who won. Plain data, ready for JSON; `explain_text.ts` writes it for people.
//
// It walks the same gates and prices as `decide`, without shortcuts, so it cannot tell another story than the decision.

import { MAX_BIDS } from '../../assembly/limits.js';
import { REASON_NONE } from '../../assembly/reasons.js';
import type { Ad } from '../book.js';
import { reasonOf } from '../reasons.js';
import { admit, isRefused } from './admission.js';
import { best, bidOf, decide, impContext, requestContext, slotContexts } from './decide.js';
import { firstRefusal, IMP_GATES, placeRefusal, REQUEST_GATES, SLOT_GATES, type SlotContext } from './gates.js';
import { landscapeOf } from './model.js';
import type { NormalRequest } from './request.js';
import { priceText } from './respond.js';
import { winProbability } from './shade.js';
import type { Situation } from './situation.js';
import { lowestPrice, type Slot } from './slots.js';
import { counted, money, some } from './wording.js';

export interface Explanation {
  /** HTTP status of the answer. */
  readonly status: number;
  /** `bid`, or the label of the reason. */
  readonly outcome: string;
  /** One sentence. */
  readonly why: string;
  /** What was understood of the request, in words; empty when it is malformed. */
  readonly request: readonly string[];
  /** The response's currency; null when the request ended before it was settled. */
  readonly currency: string | null;
  readonly impressions: readonly ImpExplanation[];
}

export interface ImpExplanation {
  readonly index: number;
  /** Raw token. */
  readonly id: string;
  readonly slots: readonly SlotExplanation[];
}

export interface SlotExplanation {
  /** Id of the deal; null in the open auction. */
  readonly deal: string | null;
  readonly auction: 'first price' | 'second price' | 'fixed price';
  /** As the request gives it; null without one. */
  readonly floor: { readonly amount: number; readonly currency: string } | null;
  /** The lowest valid price, micros CPM of the response's currency; null when the floor's currency has no rate. */
  readonly lowestPriceMicros: number | null;
  /** Set when the slot is closed to all ads of the book, and so each of them has this outcome. */
  readonly closed: { readonly outcome: string; readonly why: string } | null;
  /** Index of the ad that fills the slot; null when none does. */
  readonly winner: number | null;
  /** Every ad of the book, in order. */
  readonly ads: readonly AdExplanation[];
}

export interface AdExplanation {
  readonly ad: number;
  readonly account: string;
  readonly campaign: string;
  readonly adGroup: string;
  readonly creative: string;
  /** `won`, `outbid`, `response_full`, or the label of the gate that did not let it through. */
  readonly outcome: string;
  /** One sentence. */
  readonly why: string;
  /** From the moment the ad was priced; null before. */
  readonly price: PriceExplanation | null;
}

export interface PriceExplanation {
  readonly goal: 'cpm' | 'cpc' | 'cpa';
  readonly goalMicros: number;
  readonly ctr: number;
  readonly cvr: number;
  /** CPM micros of the book's currency, as are the next three but the multiplier. */
  readonly valueMicros: number;
  readonly multiplier: number;
  readonly capMicros: number;
  readonly willingMicros: number;
  /** CPM micros of the response's currency. */
  readonly willingOutMicros: number;
  /** The bid, CPM micros of the response's currency; null unless it won. */
  readonly priceMicros: number | null;
  /** Landscape's probability that the bid wins, of a first-price bid that was made. */
  readonly winProbability: number | null;
}

const AUCTIONS = { 1: 'first price', 2: 'second price', 3: 'fixed price' } as const;

export function explain(body: Uint8Array, situation: Situation): Explanation {
  const { reason, request, bids } = decide(body, situation);
  const { label, status, help } = reason === REASON_NONE ? BID : reasonOf(reason);
  const ended = { status, outcome: label, request: request === undefined ? [] : describe(request), currency: null };
  if (request === undefined) return { ...ended, why: help, impressions: [] };
  const admitted = admit(request, situation);
  if (isRefused(admitted)) return { ...ended, why: `${help} Here: ${admitted.why}.`, impressions: [] };

  const context = requestContext(request, admitted, situation);
  let bidsLeft = MAX_BIDS;
  const impressions = request.imps.map((imp) => ({
    index: imp.index,
    id: imp.id,
    slots: slotContexts(impContext(imp, context)).map((slotContext) => {
      const slot = explainSlot(slotContext, bidsLeft > 0);
      if (slot.winner !== null) bidsLeft--;
      return slot;
    }),
  }));
  const made = `${counted(bids.length, 'bid')} of ${counted(situation.book.ads.length, 'ad')}.`;
  return { ...ended, why: reason === REASON_NONE ? made : help, currency: admitted.currency, impressions };
}

const BID = { label: 'bid', status: 200, help: '' };

function explainSlot(context: SlotContext, room: boolean): SlotExplanation {
  const { slot, situation } = context;
  const closed = placeRefusal(context);
  const judged = situation.book.ads.map((ad) => ({
    ad,
    refusal:
      closed ??
      firstRefusal(REQUEST_GATES, ad, context) ??
      firstRefusal(IMP_GATES, ad, context) ??
      firstRefusal(SLOT_GATES, ad, context),
  }));
  const winner = best(
    judged.filter(({ refusal }) => refusal === undefined).map(({ ad }) => ad),
    context,
  );
  const ads = judged.map(({ ad, refusal }) => {
    if (refusal === undefined) return candidate(ad, winner as Ad, context, room);
    const { label } = reasonOf(refusal.reason);
    return { ...nameOf(ad), outcome: label, why: refusal.why(), price: priced(label) ? arithmetic(ad, context) : null };
  });
  return {
    deal: slot.deal?.text ?? null,
    auction: AUCTIONS[slot.auction],
    floor: floorOf(slot),
    lowestPriceMicros: slot.floorOut === undefined ? null : lowestPrice(slot),
    closed: closed === undefined ? null : { outcome: reasonOf(closed.reason).label, why: closed.why() },
    winner: room && winner !== undefined ? winner.index : null,
    ads,
  };
}

/** The gates behind the prediction: an ad that reached them has a price to show. */
function priced(label: string): boolean {
  return label === 'no_budget' || label === 'below_floor';
}

function floorOf({ floor }: Slot): SlotExplanation['floor'] {
  const { amount, currency } = floor;
  return amount !== undefined && amount > 0 ? { amount, currency } : null;
}

/** An ad that passed all gates: it won, lost to the winner, or won a slot the response has no room for. */
function candidate(ad: Ad, winner: Ad, context: SlotContext, room: boolean): AdExplanation {
  const { currency } = context.situation.book.file;
  const { willing } = context.valuation(ad);
  const price = arithmetic(ad, context);
  if (ad !== winner) {
    const most = context.valuation(winner).willing;
    const than =
      most > willing ? `would pay ${money(most, currency)}` : 'would pay as much and comes first in the book';
    const why = `would pay ${money(willing, currency)} CPM; ${fullName(winner)} ${than}`;
    return { ...nameOf(ad), outcome: 'outbid', why, price };
  }
  if (!room) {
    return { ...nameOf(ad), outcome: 'response_full', why: `a response holds at most ${MAX_BIDS} bids`, price };
  }
  const { priceMicros } = bidOf(ad, context);
  const paid = `bids ${priceText(priceMicros)} ${context.admitted.currency} CPM`;
  const won = context.slot.auction === 1 ? winProbabilityOf(priceMicros, context) : null;
  return {
    ...nameOf(ad),
    outcome: 'won',
    why: `${paid}: ${pricing(won, context)}`,
    price: { ...price, priceMicros: Number(priceMicros), winProbability: won },
  };
}

function pricing(won: number | null, { slot }: SlotContext): string {
  if (slot.auction === 3) return 'the agreed price of the deal';
  if (won === null) return 'all it would pay, since the winner pays the second price';
  const share = `wins about ${(won * 100).toFixed(1)}% of auctions at that price`;
  return `shaded to the most expected surplus, not below the floor nor above what it would pay; ${share}`;
}

function winProbabilityOf(priceMicros: bigint, { situation, admitted }: SlotContext): number {
  return winProbability(Number(priceMicros) / admitted.rateOut, landscapeOf(situation.model, situation.exchange));
}

function arithmetic(ad: Ad, context: SlotContext): PriceExplanation {
  const { ctr, cvr, value, multiplier, willing, willingOut } = context.valuation(ad);
  return {
    goal: ad.adGroup.goal.type,
    goalMicros: ad.adGroup.goal.bid_micros,
    ctr,
    cvr,
    valueMicros: value,
    multiplier,
    capMicros: ad.adGroup.max_bid_cpm_micros,
    willingMicros: willing,
    willingOutMicros: willingOut,
    priceMicros: null,
    winProbability: null,
  };
}

function nameOf({ index, account, campaign, adGroup, creative }: Ad): Omit<AdExplanation, 'outcome' | 'why' | 'price'> {
  return { ad: index, account: account.id, campaign: campaign.id, adGroup: adGroup.id, creative: creative.id };
}

function fullName({ campaign, adGroup, creative }: Ad): string {
  return `${campaign.id}/${adGroup.id}/${creative.id}`;
}

/** What was understood of the request, one line a subject; absent facts are left out. */
function describe(request: NormalRequest): string[] {
  const { inventory } = request;
  const line = (subject: string, ...facts: (string | number | false | undefined)[]): string[] => {
    const known = facts.filter((fact) => fact !== undefined && fact !== false && fact !== '');
    return known.length === 0 ? [] : [`${subject}: ${known.join(', ')}`];
  };
  const named = (name: string, value: string | number | undefined): string | undefined =>
    value === undefined ? undefined : `${name} ${value}`;
  const listed = (name: string, values: Iterable<string>): string | undefined => {
    const shown = [...values];
    return shown.length === 0 ? undefined : `${name} ${some(shown)}`;
  };
  return [
    ...line('id', request.id, request.test && 'test'),
    ...line(
      inventory?.kind ?? 'inventory',
      inventory === undefined ? 'none' : (inventory.domain ?? inventory.bundle ?? 'without a domain'),
      inventory?.domain === undefined ? undefined : named('bundle', inventory.bundle),
      named('publisher', inventory?.publisher),
      listed('categories', inventory?.categories ?? []),
    ),
    ...line(
      'place',
      named('country', request.country),
      named('region', request.region),
      named('city', request.city),
      named('postcode', request.postcode),
    ),
    ...line(
      'device',
      named('type', request.deviceType),
      named('os', request.os),
      named('language', request.language),
      named('connection', request.connectionType),
      named('carrier', request.carrier),
    ),
    ...line('audience', listed('segments', request.segments)),
    ...line('privacy', ...request.privacy),
    ...line(
      'takes',
      request.currencies.length === 0 ? 'USD' : some(request.currencies),
      listed('wseat', request.wseat),
      listed('bseat', request.bseat),
      listed('bcat', request.bcat),
      listed('acat', request.acat),
      listed('badv', request.badv),
      listed('bapp', request.bapp),
      request.tmaxMs === undefined ? undefined : `tmax ${request.tmaxMs} ms`,
    ),
  ];
}
