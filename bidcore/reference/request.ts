// A request in normal form: what the gates look at, after all coercions and defaults. Only what docs/decisions.md
// names is kept. Raw tokens are the texts of the body, quotes and escapes included.

import type { Signal } from './privacy.js';

export interface NormalRequest {
  /** Raw token. */
  readonly id: string;
  /** `test=1`: answered, never spent or learnt from. */
  readonly test: boolean;
  /** Auction type where a deal names none: 1 first price, 2 second price. */
  readonly auction: 1 | 2;
  /** Undefined: no limit. */
  readonly tmaxMs: number | undefined;
  /** Currencies the exchange takes, upper case; empty: none usable was given. */
  readonly currencies: readonly string[];
  readonly wseat: readonly string[];
  readonly bseat: readonly string[];
  /** Blocked and allowed categories, lower, of taxonomy `cattax`. */
  readonly bcat: ReadonlySet<string>;
  readonly acat: ReadonlySet<string>;
  readonly cattax: number;
  /** Blocked advertiser domains, lower and without `www.`. */
  readonly badv: ReadonlySet<string>;
  /** Blocked apps, lower. */
  readonly bapp: ReadonlySet<string>;
  readonly inventory: Inventory | undefined;
  readonly country: string | undefined;
  readonly region: string | undefined;
  readonly city: string | undefined;
  readonly postcode: string | undefined;
  readonly deviceType: number | undefined;
  readonly os: string | undefined;
  readonly language: string | undefined;
  readonly connectionType: number | undefined;
  readonly carrier: string | undefined;
  /** What privacy leaves of them. */
  readonly segments: readonly string[];
  /** The privacy signals given. */
  readonly privacy: readonly Signal[];
  readonly imps: readonly NormalImp[];
  /** What of the request is over a limit, in words. */
  readonly overLimit: string | undefined;
}

export interface Inventory {
  readonly kind: 'site' | 'app' | 'dooh';
  /** Lower, without `www.`. */
  readonly domain: string | undefined;
  readonly bundle: string | undefined;
  readonly publisher: string | undefined;
  /** Lower, of taxonomy `cattax`. */
  readonly categories: readonly string[];
  readonly cattax: number;
}

export interface NormalImp {
  /** Position in the request. */
  readonly index: number;
  /** Raw token. */
  readonly id: string;
  readonly banner: NormalBanner | undefined;
  /** Of the formats Gavel has no ads for, those present: for the explanation. */
  readonly otherFormats: readonly string[];
  readonly privateAuction: boolean;
  readonly deals: readonly NormalDeal[];
  readonly tagid: string | undefined;
  readonly interstitial: boolean;
  readonly floor: Floor;
  readonly secure: boolean;
}

/** A floor as the request gives it. */
export interface Floor {
  /** CPM in units of the currency, as given; undefined when not given. */
  readonly amount: number | undefined;
  /** Upper case. */
  readonly currency: string;
}

export interface NormalBanner {
  readonly w: number | undefined;
  readonly h: number | undefined;
  readonly pos: number | undefined;
  readonly formats: readonly NormalFormat[];
  readonly btype: ReadonlySet<number>;
  readonly battr: ReadonlySet<number>;
  readonly api: ReadonlySet<number>;
  /** Lower. */
  readonly mimes: readonly string[];
}

export interface NormalFormat {
  readonly w: number | undefined;
  readonly h: number | undefined;
  readonly wratio: number | undefined;
  readonly hratio: number | undefined;
  readonly wmin: number | undefined;
}

export interface NormalDeal {
  /** Position among the usable deals of its impression. */
  readonly index: number;
  /** Raw token. */
  readonly id: string;
  /** The id as a text, as campaigns name it. */
  readonly text: string;
  readonly floor: Floor;
  /** 1, 2 or 3; undefined when not given or anything else. */
  readonly auction: 1 | 2 | 3 | undefined;
  readonly wseat: readonly string[];
  /** Lower and without `www.`. */
  readonly wadomain: readonly string[];
}

/** A side that can be part of a size: 1 to 65535. */
export function isSide(n: number | undefined): n is number {
  return n !== undefined && n >= 1 && n <= 65_535;
}
