// Why a request got the answer it got: slot by slot and ad by ad, the first gate that did not let the ad through, or
// the arithmetic of its price and who won. Plain data, ready for JSON; `explain_text.ts` writes it for people.
//
// It walks the same gates and prices as `decide`, without shortcuts, so it cannot tell another story than the decision.

import { MAX_BIDS } from '../../assembly/limits.js';
import { LEDGER_AWAY, REASON_NONE } from '../../assembly/reasons.js';
import type { Ad } from '../book.js';
import { seatOf } from '../exchange_file.js';
import { reasonOf } from '../reasons.js';
import { ARMS, type Arm } from '../snapshot.js';
import { type AccountRefusals, admit, isRefused } from './admission.js';
import { audiencesOfUser } from './audiences.js';
import { best, decide, impContext, inPod, landscapeOfSlot, makeBid, requestContext, slotContexts } from './decide.js';
import { describeImp, describeRequest, floorsByDuration } from './explain_request.js';
import {
  firstRefusal,
  IMP_GATES,
  placeRefusal,
  REQUEST_GATES,
  type Refusal,
  SLOT_GATES,
  type SlotContext,
} from './gates.js';
import type { Landscape } from './model.js';
import { Pods } from './pods.js';
import { explainPolicy, type PolicyExplanation } from './policy_explained.js';
import { isUnheld, type Unheld } from './purse.js';
import { priceText } from './respond.js';
import { winProbability } from './shade.js';
import { type Bid, profileOf, type Situation } from './situation.js';
import { isFloor, lowestPrice } from './slots.js';
import { counted, decimal, money } from './wording.js';

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
  /** Every account of the file, in order; empty when the request ended before they were asked. */
  readonly accounts: readonly AccountExplanation[];
  readonly impressions: readonly ImpExplanation[];
  /** The model that predicts, and whose arm the request is in; null when the request ended before that was settled. */
  readonly model: { readonly version: number; readonly arm: Arm } | null;
}

export interface AccountExplanation {
  readonly account: string;
  /** On the exchange of the request. */
  readonly seat: string;
  /** `may_bid`, or the label of the gate that does not let it. */
  readonly outcome: string;
  /** One sentence; empty when it may bid. */
  readonly why: string;
}

export interface ImpExplanation {
  readonly index: number;
  /** Raw token. */
  readonly id: string;
  /** What it takes, in words, one line a format. */
  readonly takes: readonly string[];
  /** The open slot of a dynamic pod stands here as often as it was filled, and once more if it could be. */
  readonly slots: readonly SlotExplanation[];
}

export interface SlotExplanation {
  /** Id of the deal; null in the open auction. */
  readonly deal: string | null;
  readonly auction: 'first price' | 'second price' | 'fixed price';
  /** Place among the repetitions of a dynamic pod, and what the earlier ones leave of it; null elsewhere. */
  readonly pod: PodExplanation | null;
  /** As the request gives it; null without one. */
  readonly floor: { readonly amount: number; readonly currency: string } | null;
  /** Where video and audio have floors of their own: what each is for, such as `video of 15 to 30 s: 4 EUR`. */
  readonly floorsByDuration: readonly string[];
  /** The lowest valid price, micros CPM of the response's currency; null when the floor's currency has no rate. */
  readonly lowestPriceMicros: number | null;
  /** Set when the slot is closed to all ads of the book, and so each of them has this outcome. */
  readonly closed: { readonly outcome: string; readonly why: string } | null;
  /** Index of the ad that fills the slot; null when none does. */
  readonly winner: number | null;
  /** Every ad of the book, in order. */
  readonly ads: readonly AdExplanation[];
}

export interface PodExplanation {
  /** From 1. */
  readonly repetition: number;
  readonly repetitions: number;
  /** First advertiser domains that have bid in the pod already. */
  readonly advertisers: readonly string[];
  /** Null in the first one. */
  readonly secondsLeft: number | null;
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
  /** CPM micros of the book's currency, as are the next that are amounts. */
  readonly valueMicros: number;
  /** As applied: the policy's times the pace. 1 at a fixed price. */
  readonly multiplier: number;
  readonly policyMultiplier: number;
  /** Why that is so. */
  readonly policy: PolicyExplanation;
  /** What pacing leaves of it; 1 where it leaves the ad alone. */
  readonly pace: number;
  readonly capMicros: number;
  readonly willingMicros: number;
  /** Share of the price that the exchange adds to it, and the campaign pays; null where it adds none. */
  readonly netShare: number | null;
  /** Impressions the bid pays for. */
  readonly quantity: number;
  /** The most it bids and the least it may bid, CPM micros of the response's currency. */
  readonly willingOutMicros: number;
  readonly lowestPriceMicros: number;
  /** What the campaign may still spend, less what bids made before hold; micros of the book's currency. */
  readonly leftMicros: number;
  /** What of that the bid holds until it is billed, lost or expired; null unless it won. */
  readonly reservedMicros: number | null;
  /** The bid, CPM micros of the response's currency; null unless it won. */
  readonly priceMicros: number | null;
  /** Landscape's probability that the bid wins, of a first-price bid that was made. */
  readonly winProbability: number | null;
  /** What prices to win are multiples of in its context, of such a bid. */
  readonly priceLevel: number | null;
}

const AUCTIONS = { 1: 'first price', 2: 'second price', 3: 'fixed price' } as const;

export function explain(body: Uint8Array, situation: Situation): Explanation {
  const { reason, request, bids } = decide(body, situation);
  const { label, status, help } = reason === REASON_NONE ? BID : reasonOf(reason);
  const nothing = { status, outcome: label, request: [], currency: null, accounts: [], impressions: [], model: null };
  if (request === undefined) return { ...nothing, why: help };
  const admitted = admit(request, situation);
  const accounts = explainAccounts(admitted.accounts, situation);
  const understood = {
    ...nothing,
    request: describeRequest(request, profileOf(situation), audiencesOfUser(request, situation)),
    accounts,
  };
  if (isRefused(admitted)) return { ...understood, why: `${help} Here: ${admitted.why()}.` };

  // The ledger was lost between two bids: none of them is made.
  if (reason === LEDGER_AWAY) return { ...understood, why: help };

  const context = requestContext(request, admitted, situation);
  const pods = new Pods(situation.book);
  let bidsLeft = MAX_BIDS;
  const impressions = request.imps.map((imp) => {
    const winners: Ad[] = [];
    const slots = slotContexts(impContext(imp, context)).flatMap((slot) => {
      const { explanations, won } = explainSlot(slot, pods, bidsLeft);
      winners.push(...won);
      bidsLeft -= won.length;
      return explanations;
    });
    pods.close(imp, winners);
    return { index: imp.index, id: imp.id, takes: describeImp(imp, admitted.profile), slots };
  });
  const { arm, modelVersion } = context.situation;
  const model = { version: modelVersion, arm: ARMS[arm] };
  const made = `${counted(bids.length, 'bid')} of ${counted(situation.book.ads.length, 'ad')}.`;
  const why = reason === REASON_NONE ? made : help;
  return { ...understood, why, currency: admitted.currency, impressions, model };
}

const BID = { label: 'bid', status: 200, help: '' };

function explainAccounts(refusals: AccountRefusals, situation: Situation): AccountExplanation[] {
  const profile = profileOf(situation);
  return situation.book.file.accounts.slice(0, refusals.length).map((account, i) => {
    const refusal = refusals[i];
    const outcome = refusal === undefined ? 'may_bid' : reasonOf(refusal.reason).label;
    return { account: account.id, seat: seatOf(account, profile), outcome, why: refusal?.why() ?? '' };
  });
}

/** A slot, and if it is a dynamic pod its repetitions until one is not filled. */
function explainSlot(
  slot: SlotContext,
  pods: Pods,
  room: number,
): { readonly explanations: SlotExplanation[]; readonly won: readonly Ad[] } {
  const explanations: SlotExplanation[] = [];
  const won: Ad[] = [];
  while (won.length < slot.slot.repetitions) {
    const { explanation, winner } = explainFilling(inPod(slot, pods, won), won.length, room - won.length > 0);
    explanations.push(explanation);
    if (winner === undefined || explanation.winner === null) break;
    won.push(winner);
    slot.made.push(winner);
  }
  return { explanations, won };
}

function explainFilling(
  context: SlotContext,
  earlier: number,
  room: boolean,
): { readonly explanation: SlotExplanation; readonly winner: Ad | undefined } {
  const { slot, situation } = context;
  const { asked, out } = slot.floors.general;
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
  const explained = (ad: Ad, refusal: Refusal): AdExplanation => {
    const { label } = reasonOf(refusal.reason);
    return { ...nameOf(ad), outcome: label, why: refusal.why(), price: priced(label) ? arithmetic(ad, context) : null };
  };
  // All are explained by what was left before the winner's bid.
  const others = judged.map(({ ad, refusal }) =>
    ad === winner ? undefined : refusal === undefined ? outbid(ad, winner as Ad, context) : explained(ad, refusal),
  );
  const price = winner === undefined ? undefined : arithmetic(winner, context);
  const bid = winner === undefined || !room ? undefined : makeBid(winner, context);
  const ads = judged.map(({ ad }, i) => others[i] ?? won(ad, price as PriceExplanation, bid, context));
  const filled = winner !== undefined && bid !== undefined && !isUnheld(bid);
  const explanation = {
    deal: slot.deal?.text ?? null,
    auction: AUCTIONS[slot.auction],
    pod: explainPod(context, earlier),
    floor: isFloor(asked) ? { amount: asked.amount, currency: asked.currency } : null,
    floorsByDuration: floorsByDuration(slot),
    lowestPriceMicros: out === undefined ? null : lowestPrice(slot.floors.general),
    closed: closed === undefined ? null : { outcome: reasonOf(closed.reason).label, why: closed.why() },
    winner: filled ? winner.index : null,
    ads,
  };
  return { explanation, winner };
}

function explainPod({ slot, pod }: SlotContext, earlier: number): PodExplanation | null {
  if (slot.repetitions === 1 && pod === undefined) return null;
  return {
    repetition: earlier + 1,
    repetitions: slot.repetitions,
    advertisers: [...(pod?.advertisers ?? [])],
    secondsLeft: pod?.secondsLeft ?? null,
  };
}

/** The gates behind the prediction: an ad that reached them has a price to show. */
function priced(label: string): boolean {
  return label === 'paced' || label === 'no_budget' || label === 'below_floor';
}

/** An ad that passed all gates and lost to the winner. */
function outbid(ad: Ad, winner: Ad, context: SlotContext): AdExplanation {
  const { currency } = context.situation.book.file;
  const { willing } = context.valuation(ad);
  const most = context.valuation(winner).willing;
  const than = most > willing ? `would pay ${money(most, currency)}` : 'would pay as much and comes first in the book';
  const why = `would pay ${money(willing, currency)} CPM; ${fullName(winner)} ${than}`;
  return { ...nameOf(ad), outcome: 'outbid', why, price: arithmetic(ad, context) };
}

/** The ad that won the slot: it bids, unless the response has no room or its bid cannot be paid for. */
function won(ad: Ad, price: PriceExplanation, bid: Bid | Unheld | undefined, context: SlotContext): AdExplanation {
  if (bid === undefined) {
    return { ...nameOf(ad), outcome: 'response_full', why: `a response holds at most ${MAX_BIDS} bids`, price };
  }
  if (isUnheld(bid)) return { ...nameOf(ad), outcome: reasonOf(bid.reason).label, why: bid.why(), price };
  const { priceMicros, reservedMicros } = bid;
  const paid = `bids ${priceText(priceMicros)} ${context.admitted.currency} CPM`;
  const landscape = context.slot.auction === 1 ? landscapeOfSlot(context) : undefined;
  const probability = landscape && winProbability(Number(priceMicros) / context.admitted.wire, landscape);
  return {
    ...nameOf(ad),
    outcome: 'won',
    why: `${paid}: ${pricing(probability, landscape, context)}`,
    price: {
      ...price,
      reservedMicros: Number(reservedMicros),
      priceMicros: Number(priceMicros),
      winProbability: probability ?? null,
      priceLevel: landscape?.level ?? null,
    },
  };
}

function pricing(probability: number | undefined, landscape: Landscape | undefined, { slot }: SlotContext): string {
  if (slot.auction === 3) return 'the agreed price of the deal';
  if (probability === undefined || landscape === undefined)
    return 'all it would pay, since the winner pays the second price';
  const { level } = landscape;
  const here = level === 1 ? '' : `, where prices are ${decimal(level)} times what is usual on the exchange`;
  const share = `wins about ${(probability * 100).toFixed(1)}% of auctions at that price${here}`;
  return `shaded to the most expected surplus, not below the floor nor above what it would pay; ${share}`;
}

function arithmetic(ad: Ad, context: SlotContext): PriceExplanation {
  const { ctr, cvr, value, multiplier, willing, willingOut, floor } = context.valuation(ad);
  const { margin } = context.admitted.profile;
  const state = context.situation.campaign(ad.campaign.id);
  const { policyMultiplier, pace } = state;
  return {
    goal: ad.adGroup.goal.type,
    goalMicros: ad.adGroup.goal.bid_micros,
    ctr,
    cvr,
    valueMicros: value,
    multiplier,
    policyMultiplier,
    policy: explainPolicy(ad.campaign, state, context.situation.model),
    pace: ad.adGroup.guaranteed ? 1 : pace,
    capMicros: ad.adGroup.max_bid_cpm_micros,
    willingMicros: willing,
    netShare: margin?.kind === 'net' ? margin.share : null,
    quantity: context.imp.quantity,
    willingOutMicros: willingOut,
    lowestPriceMicros: lowestPrice(floor),
    leftMicros: Number(context.purse.left(ad.campaign.id)),
    reservedMicros: null,
    priceMicros: null,
    winProbability: null,
    priceLevel: null,
  };
}

function nameOf({ index, account, campaign, adGroup, creative }: Ad): Omit<AdExplanation, 'outcome' | 'why' | 'price'> {
  return { ad: index, account: account.id, campaign: campaign.id, adGroup: adGroup.id, creative: creative.id };
}

function fullName({ campaign, adGroup, creative }: Ad): string {
  return `${campaign.id}/${adGroup.id}/${creative.id}`;
}
