// The reference bidder, whole: one request to one decision, by docs/decisions.md and nothing else. It scans every ad,
// makes objects freely and is compared with the hot path decision for decision and byte for byte.

import { MAX_BIDS } from '../../assembly/limits.js';
import { LEDGER_AWAY, REASON_NONE } from '../../assembly/reasons.js';
import type { Ad } from '../book.js';
import { packFeatures } from '../feature_list.js';
import { type Admitted, admit, isRefused } from './admission.js';
import { inArm } from './arms.js';
import { fits, formatsOf, shapesOf } from './formats.js';
import type { ImpContext, RequestContext, SlotContext } from './gates.js';
import { firstRefusal, type Gate, IMP_GATES, placeRefusal, REQUEST_GATES, SLOT_GATES } from './gates.js';
import { type Landscape, landscapeOf, priceLevel } from './model.js';
import { normalise } from './normalise.js';
import { Pods } from './pods.js';
import { adFeatures, contextFeatures, contextScores, type Prediction, predict } from './predict.js';
import { priceOut, type Valuation, valuate } from './price.js';
import { isUnheld, Purse, type Unheld } from './purse.js';
import { remember } from './remember.js';
import type { NormalImp, NormalRequest } from './request.js';
import { respond } from './respond.js';
import type { Bid, Decision, Situation } from './situation.js';
import { type Slot, slotsOf } from './slots.js';

export function decide(body: Uint8Array, situation: Situation): Decision {
  const { reason, request } = normalise(body, situation.book.file.privacy);
  if (request === undefined) return { reason, response: undefined, bids: [] };
  const admitted = admit(request, situation);
  if (isRefused(admitted)) return { reason: admitted.reason, response: undefined, bids: [], request };

  const outcome = bidsOf(requestContext(request, admitted, situation));
  if (outcome.bids.length === 0) return { reason: outcome.reason, response: undefined, bids: [], request };
  const response = respond(request, outcome.bids, admitted, situation);
  return { reason: REASON_NONE, response, bids: outcome.bids, request };
}

/** Fills the slots in order, and keeps the highest reason of the slots and the ads that were not let through. */
function bidsOf(context: RequestContext): { bids: Bid[]; reason: number } {
  const bids: Bid[] = [];
  let reason: number = REASON_NONE;
  const through = <C>(ads: readonly Ad[], gates: readonly Gate<C>[], at: C): Ad[] => {
    const passed = sift(ads, gates, at);
    reason = Math.max(reason, passed.reason);
    return passed.ads;
  };

  const imps = context.request.imps.map((imp) => impContext(imp, context));
  const places = imps.map((atImp) =>
    slotContexts(atImp).filter((atSlot) => {
      const refusal = placeRefusal(atSlot);
      if (refusal !== undefined) reason = Math.max(reason, refusal.reason);
      return refusal === undefined;
    }),
  );
  if (places.every((slots) => slots.length === 0)) return { bids, reason };
  const matched = through(context.situation.book.ads, REQUEST_GATES, context);
  const pods = new Pods(context.situation.book);
  for (const [i, atImp] of imps.entries()) {
    const slots = places[i] as SlotContext[];
    const fitting = slots.length === 0 ? [] : through(matched, IMP_GATES, atImp);
    const winners: Ad[] = [];
    for (const slot of slots) {
      const earlier: Ad[] = [];
      while (earlier.length < slot.slot.repetitions) {
        const atSlot = inPod(slot, pods, earlier);
        const passed = sift(fitting, SLOT_GATES, atSlot);
        const winner = best(passed.ads, atSlot);
        if (winner === undefined) {
          reason = Math.max(reason, passed.reason);
          break; // and so it would be the next time
        }
        if (bids.length === MAX_BIDS) return { bids, reason };
        const bid = makeBid(winner, atSlot);
        if (isUnheld(bid)) {
          if (bid.reason === LEDGER_AWAY) return { bids: [], reason: LEDGER_AWAY };
          reason = Math.max(reason, bid.reason); // it closes the slot: what other ads lack is no matter
          break;
        }
        bids.push(bid);
        context.made.push(winner);
        earlier.push(winner);
      }
      winners.push(...earlier);
    }
    pods.close(atImp.imp, winners);
  }
  return { bids, reason };
}

/** The ads that pass all gates, and the highest reason of the others. */
function sift<C>(ads: readonly Ad[], gates: readonly Gate<C>[], at: C): { ads: Ad[]; reason: number } {
  let reason: number = REASON_NONE;
  const passed = ads.filter((ad) => {
    const refusal = firstRefusal(gates, ad, at);
    if (refusal !== undefined) reason = Math.max(reason, refusal.reason);
    return refusal === undefined;
  });
  return { ads: passed, reason };
}

/** The ad that is willing to pay most; of equals the one with the lowest index, which comes first. */
export function best(candidates: readonly Ad[], context: SlotContext): Ad | undefined {
  let winner: Ad | undefined;
  let willing = -Infinity;
  for (const ad of candidates) {
    const valuation = context.valuation(ad);
    if (valuation.willing > willing) {
      winner = ad;
      willing = valuation.willing;
    }
  }
  return winner;
}

/** The bid of an ad that won the slot; it holds what it may cost. */
export function makeBid(ad: Ad, context: SlotContext): Bid | Unheld {
  return context.purse.hold(bidOf(ad, context), ad, context.admitted.wire);
}

/** The bid of an ad, before it holds anything. */
export function bidOf(ad: Ad, context: SlotContext): Omit<Bid, 'reservedMicros'> {
  const { situation, admitted, imp, slot } = context;
  const valuation = context.valuation(ad);
  const state = situation.campaign(ad.campaign.id);
  return {
    imp: imp.index,
    deal: slot.deal?.index,
    ad: ad.index,
    auction: slot.auction,
    priceMicros: BigInt(priceOut(valuation, slot, admitted.wire, landscapeOfSlot(context))),
    ctr: valuation.ctr,
    cvr: valuation.cvr,
    arm: situation.arm,
    modelVersion: situation.modelVersion,
    features: packFeatures([...context.scores().features, ...adFeatures(ad)]),
    multiplier: valuation.multiplier,
    willing: valuation.willing,
    quantity: imp.quantity,
    slot: state.slot,
    lease: state.lease,
  };
}

/** What a price may win in a slot: its exchange's landscape, at the price level of its impression. */
export function landscapeOfSlot({ situation, scores }: SlotContext): Landscape {
  const { slot, features } = scores();
  return landscapeOf(situation.model, slot, priceLevel(situation.model, features));
}

export function requestContext(request: NormalRequest, admitted: Admitted, situation: Situation): RequestContext {
  return {
    request,
    situation: inArm(request, situation),
    admitted,
    made: [],
    purse: new Purse(situation, request.test),
  };
}

export function impContext(imp: NormalImp, context: RequestContext): ImpContext {
  const { admitted, situation } = context;
  const formats = formatsOf(imp, admitted.profile);
  const fitting = shapesOf(situation.book).filter(({ creative }) => fits(creative, formats));
  return { ...context, imp, formats, fitting };
}

/** The impression's slots in order. They share its predictions. */
export function slotContexts(context: ImpContext): SlotContext[] {
  const { request, situation, admitted, imp } = context;
  // No scores before an ad is priced: a slot may be closed to all.
  let known: ReturnType<typeof contextScores> | undefined;
  const scores = () => (known ??= contextScores(situation.model, contextFeatures(request, imp, situation)));
  const predictions = new Map<Ad, Prediction>();
  const predictionOf = (ad: Ad): Prediction => remember(predictions, ad, () => predict(scores(), ad, situation));
  return slotsOf(imp, request, admitted, situation.book).map((slot: Slot) => {
    const valuations = new Map<Ad, Valuation>(); // several gates ask for it
    const valuationOf = (ad: Ad): Valuation =>
      valuate(ad, predictionOf(ad), situation.campaign(ad.campaign.id), slot, admitted.wire);
    const valuation = (ad: Ad): Valuation => remember(valuations, ad, () => valuationOf(ad));
    return { ...context, slot, pod: undefined, scores, valuation };
  });
}

/** A slot with what the bids made before leave of its pod. */
export function inPod(slot: SlotContext, pods: Pods, earlier: readonly Ad[]): SlotContext {
  const pod = pods.place(slot.imp, earlier);
  return pod === undefined ? slot : { ...slot, pod };
}
