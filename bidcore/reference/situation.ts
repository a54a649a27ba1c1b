// What a decision depends on besides the request, and what it consists of. All of it comes in from outside: the
// reference bidder reads no clock, no memory and no configuration.

import type { Book } from '../book.js';
import type { ExchangeProfile } from '../exchange_file.js';
import type { Cap } from '../frequency_caps.js';
import type { LedgerState } from '../money/reservations.js';
import type { Trial } from './arms.js';
import type { ModelImage } from './model.js';
import type { NormalRequest } from './request.js';

export interface CampaignState {
  /** Bid multiplier of the policy, and what pacing leaves of it: 0 to 1. */
  readonly policyMultiplier: number;
  readonly pace: number;
  /** What the policy sees of the campaign (`POLICY_INPUT_NAMES`); undefined without a policy. */
  readonly policyInputs?: readonly number[] | undefined;
  /** Active and inside its schedule. */
  readonly open: boolean;
  /** The lease that bids are made under: slot, number, and the micros it has left at the start of the request. */
  readonly slot: number;
  readonly lease: number;
  readonly availableMicros: bigint;
}

export interface Situation {
  readonly book: Book;
  /** `MODEL_BYTES` laid out as in `assembly/model_layout.ts`. Must not change in use: ad vectors are kept. */
  readonly model: ModelImage;
  readonly modelVersion: number;
  /** A candidate for its place; undefined without one. */
  readonly trial?: Trial | undefined;
  campaign(id: string): CampaignState;
  /** What was counted for a user under a cap, or that of an audience, up to the time of the request. */
  seen(userKey: bigint, cap: Cap): number;
  /** Undefined without a ledger: then bids are made without end. */
  readonly ledger: LedgerState | undefined;
  /** Index of the exchange in the book. */
  readonly exchange: number;
  /** Time of the request, microseconds since the epoch. */
  readonly nowUs: number;
  /** Id of the first bid, unsigned 64 bits; further bids count up from it. */
  readonly bidId: bigint;
  /** Taken from `tmax` for the network and safety, where the exchange's profile says nothing. */
  readonly tmaxMarginUs: number;
  /** 16 bytes. */
  readonly noticeKey: Uint8Array;
  /** 0 to 255. */
  readonly noticeKeyId: number;
  /** This node's number in tokens, 0 to 255. */
  readonly node: number;
}

/** How the exchange of the request wants to be answered. */
export function profileOf({ book, exchange }: Situation): ExchangeProfile {
  const profile = book.profiles[exchange];
  if (profile === undefined) throw new Error(`the book has no exchange ${exchange}`);
  return profile;
}

/** Auction type of a slot: 1 first price, 2 second price, 3 fixed price. */
export type Auction = 1 | 2 | 3;

export interface Bid {
  /** Position of the impression in the request. */
  readonly imp: number;
  /** Position among the usable deals of the impression; undefined in the open auction. */
  readonly deal: number | undefined;
  /** Index of the ad in the book. */
  readonly ad: number;
  readonly auction: Auction;
  /** CPM micros of the response's currency. */
  readonly priceMicros: bigint;
  /** Predicted click rate and conversion rate after a click. */
  readonly ctr: number;
  readonly cvr: number;
  /** Which of the live models predicted them: 0 control, 1 candidate; and its version. */
  readonly arm: 0 | 1;
  readonly modelVersion: number;
  /** What they were predicted from: 27 hashed features, packed. */
  readonly features: Uint8Array;
  /** As applied, with the pace: 1 in a fixed-price slot. */
  readonly multiplier: number;
  /** CPM micros of the book's currency. */
  readonly willing: number;
  /** Impressions it pays for. */
  readonly quantity: number;
  /** What it holds of its campaign's money, 0 for a test, and under which lease. */
  readonly reservedMicros: bigint;
  readonly slot: number;
  readonly lease: number;
}

export interface Decision {
  /** 0 when it bids. */
  readonly reason: number;
  /** The response text when it bids. */
  readonly response: string | undefined;
  /** In order of slots. */
  readonly bids: readonly Bid[];
  /** Unless the body is malformed. */
  readonly request?: NormalRequest;
}
