// The gates a slot, and then an ad, must pass, in order: docs/decisions.md section 3. Each has its reason and, when it
// lets nothing through, a sentence that says why with the values at hand. Sentences are functions: most are never
// asked for.
//
// The gates of an ad are three lists, because an answer holds for the whole request, for one impression, or for one
// slot of it.

import * as reasons from '../../assembly/reasons.js';
import type { Ad } from '../book.js';
import type { Admitted } from './admission.js';
import type { ArmedSituation } from './arms.js';
import { blockRefusal } from './block_rules.js';
import { creativeRefusal } from './creative_rules.js';
import type { Formats, Shape } from './formats.js';
import { frequencyRefusal } from './frequency.js';
import { pacedRefusal } from './pacing.js';
import {
  dealRefusal,
  floorRefusal,
  formatRefusal,
  rateRefusal,
  sizeRefusal,
  unknownDealRefusal,
} from './placement_rules.js';
import { type PodPlace, podRefusal } from './pods.js';
import type { ContextScores } from './predict.js';
import { cost, type Valuation } from './price.js';
import type { Purse } from './purse.js';
import type { NormalImp, NormalRequest } from './request.js';
import { lowestPrice, type Slot } from './slots.js';
import { targetingRefusal } from './targeting.js';
import { decimal, money } from './wording.js';

export type Why = () => string;

export interface Refusal {
  readonly reason: number;
  readonly why: Why;
}

/** One gate: undefined when the ad passes, else why not. */
export interface Gate<Context> {
  readonly reason: number;
  readonly refusal: (ad: Ad, context: Context) => Why | undefined;
}

export interface RequestContext {
  readonly request: NormalRequest;
  readonly situation: ArmedSituation;
  readonly admitted: Admitted;
  /** Ads that bid before in this response, in order. */
  readonly made: Ad[];
  /** What campaigns have left, less what bids made before hold. */
  readonly purse: Purse;
}

export interface ImpContext extends RequestContext {
  readonly imp: NormalImp;
  readonly formats: Formats;
  /** Of the book's ads, those that fit by size or duration. */
  readonly fitting: readonly Shape[];
}

export interface SlotContext extends ImpContext {
  readonly slot: Slot;
  /** What earlier bids leave of its pod. */
  readonly pod: PodPlace | undefined;
  /** What the ad is worth here; predicted once an impression. */
  valuation(ad: Ad): Valuation;
  /** What the model makes of the impression and its request. */
  scores(): ContextScores;
}

/** What closes a slot to all ads of the book. */
export interface PlaceGate {
  readonly reason: number;
  readonly refusal: (context: SlotContext) => Why | undefined;
}

export const PLACE_GATES: readonly PlaceGate[] = [
  {
    reason: reasons.NO_FORMAT,
    refusal: ({ imp, formats, admitted, situation }) => formatRefusal(imp, formats, admitted.profile, situation.book),
  },
  { reason: reasons.NO_SIZE, refusal: ({ fitting, formats }) => sizeRefusal(fitting, formats) },
  {
    reason: reasons.UNKNOWN_DEAL,
    refusal: ({ slot, admitted, situation }) => unknownDealRefusal(slot, admitted.profile, situation.book),
  },
  { reason: reasons.NO_RATE, refusal: ({ slot, fitting }) => rateRefusal(slot, fitting) },
  { reason: reasons.FLOOR_TOO_HIGH, refusal: ({ slot, fitting, admitted }) => floorRefusal(slot, fitting, admitted) },
];

export const REQUEST_GATES: readonly Gate<RequestContext>[] = [
  {
    reason: reasons.NO_TARGETING,
    refusal: (ad, { admitted }) => admitted.accounts[ad.seat]?.why ?? targetingRefusal(ad.adGroup, admitted.facts),
  },
  {
    reason: reasons.BLOCKED,
    refusal: (ad, { request, admitted, situation }) =>
      blockRefusal(ad.creative, request, admitted.profile, situation.book),
  },
];

export const IMP_GATES: readonly Gate<ImpContext>[] = [
  {
    reason: reasons.NO_CREATIVE,
    refusal: (ad, { imp, formats, situation }) => creativeRefusal(ad, imp, formats, situation.book),
  },
];

export const SLOT_GATES: readonly Gate<SlotContext>[] = [
  {
    reason: reasons.NO_DEAL,
    refusal: (ad, { slot, admitted, situation }) => dealRefusal(ad, slot, admitted.profile, situation.book),
  },
  { reason: reasons.POD_TAKEN, refusal: (ad, { pod, situation }) => podRefusal(ad, pod, situation.book) },
  {
    reason: reasons.CAMPAIGN_CLOSED,
    refusal: ({ campaign }, { situation }) => {
      if (situation.campaign(campaign.id).open) return undefined;
      const from = campaign.start === undefined ? '' : ` from ${campaign.start}`;
      const to = campaign.end === undefined ? '' : ` to ${campaign.end}`;
      return () => `campaign ${campaign.id} is not active, or outside its schedule${from}${to}`;
    },
  },
  {
    reason: reasons.FREQUENCY_CAPPED,
    refusal: (ad, { request, made, situation }) => frequencyRefusal(ad, request, made, situation),
  },
  {
    reason: reasons.PACED,
    refusal: (ad, { request, situation, slot }) =>
      pacedRefusal(ad, request, slot, situation.campaign(ad.campaign.id).pace),
  },
  {
    reason: reasons.NO_BUDGET,
    refusal: (ad, { situation, admitted, imp, slot, valuation, purse }) => {
      const available = Number(purse.left(ad.campaign.id));
      const needed = cost(valuation(ad), slot, admitted.wire) * imp.quantity;
      if (!(available * 1000 < needed)) return undefined;
      const { currency } = situation.book.file;
      return () =>
        `campaign ${ad.campaign.id} may still spend ${money(available, currency)}; ` +
        `${impressionsText(imp.quantity)} may cost ${money(needed / 1000, currency)}`;
    },
  },
  {
    reason: reasons.BELOW_FLOOR,
    refusal: (ad, { admitted: { currency }, valuation }) => {
      const { willingOut, floor } = valuation(ad);
      const lowest = lowestPrice(floor);
      if (!(willingOut < lowest)) return undefined;
      return () => `would pay ${money(willingOut, currency)} CPM; the floor is ${money(lowest, currency)}`;
    },
  },
];

function impressionsText(quantity: number): string {
  return quantity === 1 ? 'one impression' : `an impression that counts for ${decimal(quantity)}`;
}

/** The first gate that closes the slot. */
export function placeRefusal(context: SlotContext): Refusal | undefined {
  for (const gate of PLACE_GATES) {
    const why = gate.refusal(context);
    if (why !== undefined) return { reason: gate.reason, why };
  }
  return undefined;
}

/** The first gate of a list that does not let the ad through. */
export function firstRefusal<Context>(gates: readonly Gate<Context>[], ad: Ad, context: Context): Refusal | undefined {
  for (const gate of gates) {
    const why = gate.refusal(ad, context);
    if (why !== undefined) return { reason: gate.reason, why };
  }
  return undefined;
}
