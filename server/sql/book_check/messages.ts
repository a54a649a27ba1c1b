// What the thread that checks books is told and tells.

import type { CampaignFile } from '../../../bidcore/campaign_file.js';

/** Where notices and markup will point: an encoded bid has these, and must not be too long. */
export interface CheckUrls {
  readonly notices: string;
  readonly markup: string;
  /** Of the key that signs: it stands in addresses. */
  readonly keyId: number;
}

export interface CheckOrder {
  readonly id: number;
  /** A campaign file, or part of one. */
  readonly text: string;
  readonly urls: CheckUrls;
  /** Exchanges whose prices can be decrypted here (`secret_keys.ts`); undefined: not looked at. */
  readonly priceKeys: readonly string[] | undefined;
}

/** What a book takes of what a bidder has a bound for. */
export interface BookUsage {
  readonly ads: number;
  readonly campaigns: number;
  readonly bytes: number;
  /** Of all dimensions of targeting; each may become a bitmap over all ads. */
  readonly values: number;
  readonly sizes: number;
  readonly durations: number;
  readonly images: number;
}

export interface Checked {
  readonly id: number;
  /** Why a bidder would refuse it; empty: it would not. */
  readonly problems: readonly string[];
  readonly usage: BookUsage;
  /** The campaign file as it was read; absent where it has problems. */
  readonly file?: CampaignFile;
}
