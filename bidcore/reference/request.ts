// A request in normal form: what the gates look at, after all coercions and defaults. Only what docs/decisions.md
// names is kept. Raw tokens are the texts of the body, quotes and escapes included.

import type { Privacy } from './privacy.js';

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
  readonly userAgent: string | undefined;
  readonly ip: string | undefined;
  /** What privacy leaves of them. */
  readonly segments: readonly string[];
  /** An id of the user or the device is known, and privacy leaves it. */
  readonly identified: boolean;
  /** What frequency caps know the user by; undefined where there is none or privacy takes it away. */
  readonly user: UserId | undefined;
  readonly privacy: Privacy;
  readonly schain: SupplyChain | undefined;
  readonly imps: readonly NormalImp[];
  /** What of the request is over a limit, in words. */
  readonly overLimit: string | undefined;
}

/** A device's id is the same on all exchanges, others belong to the exchange. */
export interface UserId {
  /** Of the device: lower. */
  readonly id: string;
  readonly of: 'device' | 'exchange';
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

/** Who sold the impression on (2.6 section 3.2.25). */
export interface SupplyChain {
  readonly complete: boolean;
  readonly nodes: readonly SupplyNode[];
}

export interface SupplyNode {
  /** Lower. */
  readonly asi: string | undefined;
  readonly sid: string | undefined;
}

export interface NormalImp {
  /** Position in the request. */
  readonly index: number;
  /** Raw token. */
  readonly id: string;
  readonly banner: NormalBanner | undefined;
  readonly video: NormalStream | undefined;
  readonly audio: NormalStream | undefined;
  readonly native: NormalNative | undefined;
  /** There is a native object, but no request in it that can be read: for the explanation. */
  readonly nativeUnreadable: boolean;
  readonly privateAuction: boolean;
  readonly deals: readonly NormalDeal[];
  readonly tagid: string | undefined;
  readonly interstitial: boolean;
  readonly rewarded: boolean;
  readonly floor: Floor;
  readonly secure: boolean;
  /** Impressions it counts for: 1 unless `qty.multiplier` says more or less. */
  readonly quantity: number;
}

/** A floor as the request gives it. */
export interface Floor {
  /** CPM in units of the currency, as given; undefined when not given. */
  readonly amount: number | undefined;
  /** Upper case. */
  readonly currency: string;
}

/** What every format may say of a creative. */
interface Demands {
  readonly battr: ReadonlySet<number>;
  readonly api: ReadonlySet<number>;
}

export interface NormalBanner extends Demands, Sides {
  readonly pos: number | undefined;
  /** Those that say a size or a ratio. */
  readonly formats: readonly NormalFormat[];
  readonly btype: ReadonlySet<number>;
  /** Lower. */
  readonly mimes: readonly string[];
}

export interface Sides {
  readonly w: number | undefined;
  readonly h: number | undefined;
}

export interface NormalFormat extends Sides {
  readonly wratio: number | undefined;
  readonly hratio: number | undefined;
  readonly wmin: number | undefined;
}

/** A video, or an audio: of that, what only a video can have is absent. */
export interface NormalStream extends Demands, Sides {
  readonly pos: number | undefined;
  /** Lower. */
  readonly mimes: readonly string[];
  /** Seconds, as are all durations. */
  readonly minDuration: number | undefined;
  readonly maxDuration: number | undefined;
  /** If there are any, they count in place of the bounds. */
  readonly requiredDurations: readonly number[];
  readonly protocols: ReadonlySet<number>;
  readonly linearity: number | undefined;
  readonly skip: number | undefined;
  /** `plcmt`, or what the older `placement` says of it. */
  readonly placement: number | undefined;
  readonly companions: readonly Sides[];
  readonly podId: string | undefined;
  readonly podDuration: number | undefined;
  readonly maxSequence: number | undefined;
  readonly minCpmPerSecond: number | undefined;
  readonly durationFloors: readonly DurationFloor[];
}

export interface DurationFloor {
  readonly min: number | undefined;
  readonly max: number | undefined;
  /** CPM in units of the impression's currency. */
  readonly amount: number | undefined;
}

export interface NormalNative extends Demands {
  /** The request stood in a member `native`, and so does the answer. */
  readonly wrapped: boolean;
  readonly assets: readonly NormalAsset[];
  /** It asks for event trackers of impressions as images. */
  readonly eventTrackers: boolean;
}

export interface NormalAsset {
  readonly id: number | undefined;
  readonly required: boolean;
  readonly asks: AssetDemand | undefined;
}

/** What an asset asks for: one kind. */
export type AssetDemand =
  | { readonly kind: 'title'; readonly len: number | undefined }
  | ImageDemand
  | { readonly kind: 'video' }
  | { readonly kind: 'data'; readonly type: number | undefined; readonly len: number | undefined };

export interface ImageDemand extends Sides {
  readonly kind: 'image';
  readonly type: number | undefined;
  readonly wmin: number | undefined;
  readonly hmin: number | undefined;
  /** Lower. */
  readonly mimes: readonly string[];
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

/** A size: both sides are usable. */
export function isSize({ w, h }: Sides): boolean {
  return isSide(w) && isSide(h);
}

/** A size by its ratio (2.6 section 3.2.10). */
export function isRatio({ wratio, hratio }: NormalFormat): boolean {
  return isSide(wratio) && isSide(hratio);
}

/** A side that can be part of a size: 1 to 65535. */
export function isSide(n: number | undefined): n is number {
  return n !== undefined && n >= 1 && n <= 65_535;
}
