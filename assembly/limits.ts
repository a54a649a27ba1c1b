// Every bound of the bidder, in one place. Compiled by both compilers, so a limit cannot differ between the module
// and the code around it. `bidcore/limits.ts` asserts at start how they relate.

// ---- what a request may hold; more costs that request a no-bid (`over_limit`), never the worker
/** Bytes of one request body after decompression. */
export const MAX_BODY_BYTES: i32 = 131072;
/** Bytes of a `/bid/batch` body after decompression. */
export const MAX_BATCH_BYTES: i32 = 2097152;
/** Requests in one batch. */
export const MAX_BATCH_REQUESTS: i32 = 100;
/** Bytes of an id as it stands in the body, quotes included: request, impression and deal ids. */
export const MAX_ID_BYTES: i32 = 512;
/** Impressions in one request. */
export const MAX_IMPS: i32 = 64;
/** Deals in one request, over all its impressions. */
export const MAX_DEALS: i32 = 256;
/** Banner formats in one request, over all its impressions. */
export const MAX_FORMATS: i32 = 512;
/** Native assets in one request, over all its impressions. */
export const MAX_ASSETS: i32 = 64;
/** Entries of `durfloors` in one request, over all its impressions. */
export const MAX_DURATION_FLOORS: i32 = 64;
/** Values in the lists of one request (bcat, badv, segments, …), all lists together. */
export const MAX_LIST_VALUES: i32 = 7800;
/** Bytes of a domain name (RFC 1035, section 2.3.4, in its written form); a longer one is absent. */
export const MAX_DOMAIN_BYTES: i32 = 253;
/** Highest price in CPM micros: keeps every sum exact in 64-bit floats. */
export const PRICE_MICROS_MAX: f64 = 1e15;
/** Bids for one dynamic pod in the open auction. */
export const MAX_POD_BIDS: i32 = 8;
/** Most impressions' worth one impression may count for (`qty.multiplier`). */
export const MAX_QUANTITY: f64 = 1e6;
/** Section ids a GPP header may name. */
export const MAX_GPP_SECTIONS: i32 = 64;
/** Bits of a number in Fibonacci code. */
export const MAX_FIBONACCI_BITS: i32 = 24;
/** Bids in one response; further winners are left out, in order of impression and deal. */
export const MAX_BIDS: i32 = 32;

// ---- what a book may hold; more refuses the book
/** Ads: one ad group with one creative. A multiple of 128, the width of one SIMD step. */
export const MAX_ADS: i32 = 131072;
/** Campaigns a node knows at once, those of the last books included. */
export const MAX_CAMPAIGNS: i32 = 16384;
/** Seats: one an account. */
export const MAX_SEATS: i32 = 64;
/** Exchanges, the default one included. */
export const MAX_EXCHANGES: i32 = 64;
/** Distinct creative sizes. */
export const MAX_SIZES: i32 = 256;
/** Distinct durations of video creatives, and of audio creatives. */
export const MAX_DURATIONS: i32 = 256;
/** Distinct images of native creatives, by type, size and MIME type. */
export const MAX_IMAGES: i32 = 256;
/** Fragments of crawlers' user agents. */
export const MAX_CRAWLER_AGENTS: i32 = 64;
/** Ranges of addresses. */
export const MAX_ADDRESS_RANGES: i32 = 4096;
/** Audiences, over all accounts: bits of a word. Each costs a request a look into the frequency table. */
export const MAX_AUDIENCES: i32 = 16;
/** Currencies with a rate. */
export const MAX_CURRENCIES: i32 = 192;
/** Bytes of the static part of one encoded bid (notices, markup, domains, …). */
export const MAX_BID_FRAGMENT_BYTES: i32 = 16384;
/** Bytes of one native asset's answer, as it is escaped: a title, an image, a data value. */
export const MAX_ASSET_BYTES: i32 = 2048;
/** Places in one encoded bid where the token goes: nurl, burl, lurl and those of the markup. */
export const MAX_BID_TOKENS: i32 = 32;

// ---- the node
/** Threads with an arena: bidding workers, and as the last one the main thread. */
export const MAX_WORKERS: i32 = 32;
/** Lowest and highest bid multiplier a policy may give. */
export const MULTIPLIER_MIN: f64 = 0.1;
export const MULTIPLIER_MAX: f64 = 2.0;
/** Least time, in microseconds, that must remain of `tmax` after its margin for a request to be worked on. */
export const WORK_US_MIN: i32 = 1000;
