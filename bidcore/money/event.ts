// What the event log holds: one record for each notice that was accepted, what the books of a node that is its own
// authority need besides, and what the policy decided. Rules: docs/money.md, docs/policy.md.

/** Notices by the name they have in their address. */
export const NOTICE_KINDS = ['win', 'bill', 'loss', 'imp', 'click', 'conv', 'event'] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** What was bid, as its token says. Hashes and ids are 16 lower-case hexadecimal digits. */
export interface BidFacts {
  readonly bid: string;
  /** Hashes: of the campaign id, of campaign id/ad group id, of campaign id/ad group id/creative id. */
  readonly campaign: string;
  readonly adGroup: string;
  readonly ad: string;
  /** User key; '' where there is none or privacy takes it away. */
  readonly user: string;
  /** The node that bid, its lease of the campaign, and which of the two lease slots that was. */
  readonly node: number;
  readonly lease: number;
  readonly slot: 0 | 1;
  /** When it was made, seconds since the epoch, and for how many seconds it holds. */
  readonly issuedS: number;
  readonly expiryS: number;
  /** The most it can cost, micros of the campaign file's currency. */
  readonly reservedMicros: number;
  /** Price of the bid, micros CPM of `currency`. */
  readonly priceMicros: number;
  readonly currency: string;
  readonly quantity: number;
  /** Position of the exchange in the book of that time. */
  readonly exchange: number;
  /** Auction type 1 to 3, on a deal, with `test=1`, billed by its first impression. */
  readonly auction: number;
  readonly deal: boolean;
  readonly test: boolean;
  readonly billedByImpression: boolean;
  /** Predictions, the multiplier applied, the model's version. */
  readonly ctr: number;
  readonly cvr: number;
  readonly multiplier: number;
  readonly model: number;
  /** Which of the live models it was predicted with: 0 control, 1 candidate. */
  readonly arm: 0 | 1;
  /** The hashed features it was predicted from, packed (`feature_list.ts`); none (0 bytes) in records of before. */
  readonly features: Uint8Array;
}

/** A notice whose token is good, before the ledger has booked it. */
export interface Notice {
  readonly kind: NoticeKind;
  readonly facts: BidFacts;
  /** When it came, milliseconds since the epoch. */
  readonly atMs: number;
  /** Clearing price, micros CPM of the bid's currency; undefined where the notice has none that counts. */
  readonly clearingMicros: number | undefined;
  /** What the exchange says was won (`${AUCTION_MULTIPLIER}`); undefined without. */
  readonly quantity: number | undefined;
  /** Of a loss: its reason (OpenRTB list "Loss Reason Codes"), and the price that would have won, micros CPM. */
  readonly lossReason: number | undefined;
  readonly toWinMicros: number | undefined;
  /** Of `event`: what the player reports, and its error code. */
  readonly name: string | undefined;
  readonly errorCode: number | undefined;
}

/** A notice as it is booked. */
export interface NoticeRecord extends Notice {
  readonly type: 'notice';
  /** Node that booked it. */
  readonly by: number;
  /** What it costs, micros; 0 unless it bills. */
  readonly chargeMicros: number;
  /** It came after its bid had expired, or bills a bid behind its loss. */
  readonly late: boolean;
}

/** A lease granted or grown, by a node that is its own authority: written before it is spent. */
export interface LeaseRecord {
  readonly type: 'lease';
  readonly campaign: string;
  /** Its id, for people; the hash is what counts. */
  readonly campaignId: string;
  readonly lease: number;
  /** The run of the node that holds it: when it started, milliseconds since the epoch. */
  readonly run: number;
  readonly node: number;
  /** The day it belongs to (`2026-01-31`), '' without a daily budget. */
  readonly day: string;
  /** All that was ever granted to it, less what it gave back. */
  readonly grantedMicros: number;
  /** Longest `exp` of a bid under it, seconds. */
  readonly longestExpiryS: number;
  /** Ended: its rest was given back. */
  readonly ended: boolean;
  readonly atMs: number;
}

/** A run of a node renews all its leases: bids under them are made until then. */
export interface RenewalRecord {
  readonly type: 'renewal';
  readonly run: number;
  readonly untilMs: number;
  readonly atMs: number;
}

/**
 * What the policy decided for a campaign: one a slot, and one more when the model changes, or the node starts, within
 * it. A decision may be in the log twice; it is told by node, campaign and `atMs`. In force until the next.
 */
export interface PolicyRecord {
  readonly type: 'policy';
  /** Node whose multiplier it is. */
  readonly by: number;
  /** Hash of the campaign's id. */
  readonly campaign: string;
  /** Slots of a quarter hour since the epoch. */
  readonly slot: number;
  readonly atMs: number;
  /** Version of the model. */
  readonly model: number;
  /** In the order of `POLICY_INPUT_NAMES`, 32-bit floats. */
  readonly inputs: readonly number[];
  /** Of the output: its mean and deviation, 0 where the policy was not asked; and what was drawn, before any bound. */
  readonly mean: number;
  readonly sigma: number;
  readonly output: number;
  /** 1 plus the output, from 0.1 to 2. */
  readonly multiplier: number;
  /** Of the output drawn; 0 where nothing is drawn. */
  readonly density: number;
  /** An input was out of the range the policy has seen: the multiplier is 1. */
  readonly fellBack: boolean;
}

export type EventRecord = NoticeRecord | LeaseRecord | RenewalRecord | PolicyRecord;
