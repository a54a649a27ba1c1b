// The one map of the shared memory, used by both compilers. Nothing else in Gavel knows an offset.
//
//   0x00000000 ┌───────────────────────────┐ read-only constants of the module (keys, powers of ten)
//   0x00010000 │ control                    │ active snapshot, hazards, notice key, settings
//   0x00020000 │ counters, 8 KiB a worker   │ written by one worker, read by the main thread
//   0x00060000 │ campaign states, 128 B     │ multiplier, gate, budget, counters; outlive books
//   0x00300000 │ arenas, 4 MiB a worker     │ input, request record, scratch, output
//   0x08300000 │ models, two halves         │
//   0x0ab60000 │ ad vectors, two halves     │ per ad of the active book under the active model
//   0x0bf60000 │ books, two halves          │
//   0x1ff60000 └───────────────────────────┘
//
// Two halves: the idle one is written while the other is read; one word, the active snapshot, flips. A worker
// publishes the snapshot it reads for the length of a call (a hazard), so the main thread knows when a half is idle.
// Every mutable byte lies in these regions and none in static data: each new instance writes static data again.

// ---- control
export const CONTROL: i32 = 0x00010000;
/** Active snapshot: bit 0 book half, bit 1 model half, bit 2 vector half, bit 3 ready; the rest counts flips. */
export const CONTROL_SNAPSHOT: i32 = 0;
export const SNAPSHOT_BOOK: i32 = 1;
export const SNAPSHOT_MODEL: i32 = 2;
export const SNAPSHOT_VECTORS: i32 = 4;
export const SNAPSHOT_READY: i32 = 8;
export const SNAPSHOT_STEP: i32 = 16;
/** Microseconds taken from `tmax` for the network and safety (u32). */
export const CONTROL_TMAX_MARGIN_US: i32 = 64;
/** Key id (u32) and the 16 key bytes of the MAC in notice tokens. */
export const CONTROL_NOTICE_KEY_ID: i32 = 72;
export const CONTROL_NOTICE_KEY: i32 = 80;
/** This node's number in tokens (u32, 0 to 255). */
export const CONTROL_NODE: i32 = 96;
/** Snapshot each worker is reading, 0 when idle; 64 bytes apart, so that workers share no cache line. */
export const CONTROL_HAZARDS: i32 = 1024;
export const HAZARD_STRIDE: i32 = 64;

// ---- counters: f64, integers, so that both sides add and read without conversion
export const COUNTERS: i32 = 0x00020000;
export const COUNTERS_BYTES: i32 = 8192;
/** Requests that reached the hot path. */
export const COUNT_REQUESTS: i32 = 0;
/** Responses with at least one bid. */
export const COUNT_RESPONSES: i32 = 8;
/** Bids in those responses. */
export const COUNT_BIDS: i32 = 16;
/** Sum of the bid prices, micros CPM of the base currency. */
export const COUNT_BID_MICROS: i32 = 24;
/** Requests with `test=1`. */
export const COUNT_TESTS: i32 = 32;
/** Bytes in and out of the hot path. */
export const COUNT_BYTES_IN: i32 = 40;
export const COUNT_BYTES_OUT: i32 = 48;
/** By reason code. */
export const COUNT_REASONS: i32 = 512;
/** Requests by exchange index. */
export const COUNT_EXCHANGES: i32 = 1024;
/** Request durations, as the HTTP front saw them: sum in seconds, then a count a bucket. */
export const COUNT_REQUEST_SECONDS: i32 = 2048;
export const COUNT_REQUEST_BUCKETS: i32 = 2056;
/** Time inside the hot path: the same, with finer buckets. */
export const COUNT_DECISION_SECONDS: i32 = 3072;
export const COUNT_DECISION_BUCKETS: i32 = 3080;

// ---- campaign states
export const CAMPAIGNS: i32 = 0x00060000;
export const CAMPAIGN_STRIDE: i32 = 128;
/** Bid multiplier now in force (f32). */
export const CAMPAIGN_MULTIPLIER: i32 = 0;
/** 1 while the campaign is active and inside its schedule (u32). */
export const CAMPAIGN_OPEN: i32 = 4;
/** Micros that may still be spent (i64, atomic). */
export const CAMPAIGN_AVAILABLE_MICROS: i32 = 8;
/** Counters (i64, atomic). */
export const CAMPAIGN_BIDS: i32 = 16;
export const CAMPAIGN_IMPRESSIONS: i32 = 24;
export const CAMPAIGN_CLICKS: i32 = 32;
export const CAMPAIGN_CONVERSIONS: i32 = 40;
export const CAMPAIGN_SPEND_MICROS: i32 = 48;
/** Plan: budget (i64), start and end in milliseconds since the epoch (f64). */
export const CAMPAIGN_BUDGET_MICROS: i32 = 56;
export const CAMPAIGN_START_MS: i32 = 64;
export const CAMPAIGN_END_MS: i32 = 72;
/** Value of the last bid, CPM micros of the base currency (f64). */
export const CAMPAIGN_LAST_VALUE: i32 = 80;
/** Policy slot and model version the multiplier was computed for (u32, u32). */
export const CAMPAIGN_POLICY_SLOT: i32 = 88;
export const CAMPAIGN_POLICY_MODEL: i32 = 92;
/** Policy inputs the multiplier was computed from (8 × f32), kept for the log and for `explain`. */
export const CAMPAIGN_POLICY_INPUTS: i32 = 96;
/** A policy acts once a slot: 96 a day. */
export const POLICY_SLOT_MS: i32 = 900000;

// ---- arenas: what one worker needs for one request
export const ARENAS: i32 = 0x00300000;
export const ARENA_BYTES: i32 = 0x00400000;
/** Request body; the bytes behind it up to ARENA_RECORD may be read and are zero where the scanner needs them. */
export const ARENA_INPUT: i32 = 0x000000;
/** Zero bytes that must follow the body. */
export const INPUT_PADDING: i32 = 64;
export const ARENA_RECORD: i32 = 0x021000;
export const ARENA_IMPS: i32 = 0x022000;
export const ARENA_DEALS: i32 = 0x026000;
export const ARENA_FORMATS: i32 = 0x02a000;
export const ARENA_LISTS: i32 = 0x02c000;
export const ARENA_BIDS: i32 = 0x03c000;
/** Sums of the factorization machine, then the hashed features of the request and of the impression at hand. */
export const ARENA_CONTEXT: i32 = 0x03e000;
/** Open brackets of a skipped value, one bit each: as deep as a body can be. */
export const ARENA_BRACKETS: i32 = 0x040000;
/** A string with its escapes resolved. */
export const ARENA_UNESCAPED: i32 = 0x045000;
/** Scratch bitmaps over ads, 16 KiB each. */
export const ARENA_BITMAPS: i32 = 0x080000;
export const BITMAP_BYTES: i32 = 16384;
export const SCRATCH_BITMAPS: i32 = 32;
/** The response. */
export const ARENA_OUTPUT: i32 = 0x100000;
export const OUTPUT_BYTES: i32 = 0x0f0000;
/** A batch: offsets and lengths of its requests, then its bytes. */
export const ARENA_BATCH_TABLE: i32 = 0x1f0000;
export const ARENA_BATCH: i32 = 0x1f1000;

// ---- models, ad vectors
export const MODELS: i32 = 0x08300000;
export const MODEL_HALF_BYTES: i32 = 0x01430000;
export const VECTORS: i32 = 0x0ab60000;
export const VECTOR_HALF_BYTES: i32 = 0x00a00000;
/** One ad: 8 CTR factors, 8 CVR factors, CTR bias, CVR bias, padding (f32). */
export const VECTOR_STRIDE: i32 = 80;
export const VECTOR_CTR: i32 = 0;
export const VECTOR_CVR: i32 = 32;
export const VECTOR_BIAS_CTR: i32 = 64;
export const VECTOR_BIAS_CVR: i32 = 68;

// ---- books
export const BOOKS: i32 = 0x0bf60000;
export const BOOK_HALF_BYTES: i32 = 0x0a000000;
export const MEMORY_BYTES: i32 = 0x1ff60000;
export const MEMORY_PAGES: i32 = 8182;

// A book: this header, then tables. Addresses are absolute (u32), 16-byte aligned.
export const BOOK_VERSION: i32 = 0;
export const BOOK_ADS: i32 = 8;
/** 128-bit blocks of every bitmap. */
export const BOOK_BLOCKS: i32 = 12;
export const BOOK_DICTIONARY: i32 = 16;
/** Slots of the dictionary less one; a power of two less one. */
export const BOOK_DICTIONARY_MASK: i32 = 20;
export const BOOK_AD_TABLE: i32 = 24;
export const BOOK_AD_DETAILS: i32 = 28;
export const BOOK_SIZES: i32 = 32;
export const BOOK_SIZE_COUNT: i32 = 36;
export const BOOK_RATES: i32 = 40;
export const BOOK_RATE_COUNT: i32 = 44;
export const BOOK_SEATS: i32 = 48;
export const BOOK_SEAT_COUNT: i32 = 52;
export const BOOK_EXCHANGES: i32 = 56;
export const BOOK_EXCHANGE_COUNT: i32 = 60;
/** Base currency: index into the rates. */
export const BOOK_BASE_CURRENCY: i32 = 64;
/** API frameworks some creative needs: bit n for framework n. */
export const BOOK_APIS: i32 = 68;
/** Bitmaps: ads that may bid in the open auction; ads whose every URL is https; ads by markup type (mtype 1 to 4). */
export const BOOK_OPEN: i32 = 72;
export const BOOK_SECURE: i32 = 76;
export const BOOK_MTYPES: i32 = 80;
/** Bitmap of all ads. */
export const BOOK_ALL: i32 = 96;
/** Per dimension: bitmap of the ads that do not restrict it; 0 when no ad does. */
export const BOOK_ANY: i32 = 128;
export const BOOK_HEADER_BYTES: i32 = 512;

// Dictionary slot: key (u64), address (u32), count (u32). A count of BITMAP says the address is that of a bitmap.
export const SLOT_BYTES: i32 = 16;
export const SLOT_KEY: i32 = 0;
export const SLOT_ADDRESS: i32 = 8;
export const SLOT_COUNT: i32 = 12;
export const BITMAP: i32 = -1;

// Ad, the part that scoring reads.
export const AD_STRIDE: i32 = 32;
/** Bid of the goal, micros (f64): of a thousand impressions, a click or a conversion. */
export const AD_GOAL_MICROS: i32 = 0;
/** Highest bid, micros CPM (f64). */
export const AD_CAP_MICROS: i32 = 8;
/** Address of the campaign's state. */
export const AD_CAMPAIGN: i32 = 16;
export const AD_GOAL: i32 = 20;
export const GOAL_CPM: i32 = 0;
export const GOAL_CPC: i32 = 1;
export const GOAL_CPA: i32 = 2;
export const AD_SEAT: i32 = 24;

// Ad, the part that winners and preparation read.
export const DETAIL_STRIDE: i32 = 64;
/** Stable key of the ad (u64): hash of campaign, ad group and creative ids. */
export const DETAIL_KEY: i32 = 0;
/** Pieces of the encoded bid: address of (length u32, bytes)…, and how many. A token stands between two pieces. */
export const DETAIL_PIECES: i32 = 8;
export const DETAIL_PIECE_COUNT: i32 = 12;
/** Hashes of the advertiser domain and its parent domains: address, count. */
export const DETAIL_DOMAINS: i32 = 16;
export const DETAIL_DOMAIN_COUNT: i32 = 20;
/** Hashed features of the ad. */
export const DETAIL_FEATURES: i32 = 24;
export const AD_FEATURES: i32 = 6;

// Size: width and height (u32, u32), bitmap address (u32), padding.
export const SIZE_STRIDE: i32 = 16;
// Rate: currency as three lower-case letters in a u32, padding, units of it for one unit of the base currency (f64).
export const RATE_STRIDE: i32 = 16;
// Seat: hash of its id (u64), bitmap address (u32), bytes of the JSON string (u32), the string (up to 240 bytes).
export const SEAT_STRIDE: i32 = 256;
export const SEAT_TEXT: i32 = 16;
export const SEAT_TEXT_BYTES: i32 = 240;
// Exchange: hash of its id (u64).
export const EXCHANGE_STRIDE: i32 = 16;

// ---- dimensions: what a dictionary key is about, and an index into BOOK_ANY for those below DIM_ANY_COUNT
export const DIM_EXCHANGE: i32 = 0;
export const DIM_INVENTORY: i32 = 1;
export const DIM_HOUR: i32 = 2;
export const DIM_COUNTRY: i32 = 3;
export const DIM_REGION: i32 = 4;
export const DIM_CITY: i32 = 5;
export const DIM_POSTCODE: i32 = 6;
export const DIM_DEVICE_TYPE: i32 = 7;
export const DIM_OS: i32 = 8;
export const DIM_LANGUAGE: i32 = 9;
export const DIM_CONNECTION: i32 = 10;
export const DIM_DOMAIN: i32 = 11;
export const DIM_BUNDLE: i32 = 12;
export const DIM_PUBLISHER: i32 = 13;
export const DIM_CATEGORY: i32 = 14;
export const DIM_SEGMENT: i32 = 15;
export const DIM_MIME: i32 = 16;
export const DIM_ANY_COUNT: i32 = 32;
// exclusions of the targeting
export const DIM_DOMAIN_EXCLUDED: i32 = 33;
export const DIM_BUNDLE_EXCLUDED: i32 = 34;
export const DIM_PUBLISHER_EXCLUDED: i32 = 35;
export const DIM_CATEGORY_EXCLUDED: i32 = 36;
export const DIM_SEGMENT_EXCLUDED: i32 = 37;
// properties of ads that requests block or ask for
export const DIM_AD_CATEGORY: i32 = 40;
export const DIM_AD_DOMAIN: i32 = 41;
export const DIM_AD_BUNDLE: i32 = 42;
export const DIM_AD_ATTRIBUTE: i32 = 43;
export const DIM_AD_TYPE: i32 = 44;
export const DIM_AD_API: i32 = 45;
export const DIM_AD_SIZE: i32 = 46;
export const DIM_DEAL: i32 = 47;

// ---- request record (offsets from ARENA_RECORD). A text is its raw token in the input: address and length, quotes
// included, length 0 when absent. A hash is 0 when absent. A list is the index of its first hash and their number.
export const REQUEST_ID: i32 = 0; // text
export const REQUEST_FLAGS: i32 = 8;
export const FLAG_TEST: i32 = 1;
export const FLAG_OVER_LIMIT: i32 = 2;
export const FLAG_COPPA: i32 = 4;
export const FLAG_SITE: i32 = 8;
export const FLAG_APP: i32 = 16;
export const FLAG_DOOH: i32 = 32;
export const REQUEST_AUCTION: i32 = 12; // i32: at
export const REQUEST_TMAX_MS: i32 = 16; // f64, 0 when absent
export const REQUEST_CATTAX: i32 = 24; // i32
export const REQUEST_IMPS: i32 = 28; // i32: number
export const REQUEST_CURRENCIES: i32 = 32; // list; hashes are the three letters as in a rate
export const REQUEST_WSEAT: i32 = 40;
export const REQUEST_BSEAT: i32 = 48;
export const REQUEST_BCAT: i32 = 56;
export const REQUEST_ACAT: i32 = 64;
export const REQUEST_BADV: i32 = 72;
export const REQUEST_BAPP: i32 = 80;
/** Inventory, one after the other for site, app and dooh: INVENTORY_BYTES each. */
export const REQUEST_SITE: i32 = 96;
export const REQUEST_APP: i32 = 192;
export const REQUEST_DOOH: i32 = 288;
export const INVENTORY_DOMAIN: i32 = 0; // hash; list of the hashes of the domain and its parents at INVENTORY_DOMAINS
export const INVENTORY_DOMAINS: i32 = 8;
export const INVENTORY_PAGE: i32 = 16; // hash of the page's host; list at INVENTORY_PAGE_DOMAINS
export const INVENTORY_PAGE_DOMAINS: i32 = 24;
export const INVENTORY_BUNDLE: i32 = 32; // hash
export const INVENTORY_PUBLISHER: i32 = 40; // hash
export const INVENTORY_CATEGORIES: i32 = 48; // list; each category and behind it its parent
export const INVENTORY_CATTAX: i32 = 56; // i32
export const INVENTORY_BYTES: i32 = 96;
export const REQUEST_COUNTRY: i32 = 384; // hashes from here on
export const REQUEST_REGION: i32 = 392;
export const REQUEST_CITY: i32 = 400;
export const REQUEST_POSTCODE: i32 = 408;
export const REQUEST_DEVICE_TYPE: i32 = 416;
export const REQUEST_OS: i32 = 424;
export const REQUEST_LANGUAGE: i32 = 432;
export const REQUEST_CONNECTION: i32 = 440;
export const REQUEST_CARRIER: i32 = 448;
export const REQUEST_SEGMENTS: i32 = 456; // list
/** Texts kept for the privacy rules and the next formats: regs and user strings. */
export const REQUEST_RESERVED: i32 = 512;
export const REQUEST_BYTES: i32 = 1024;

// ---- impression
export const IMP_STRIDE: i32 = 256;
export const IMP_ID: i32 = 0; // text
export const IMP_FLAGS: i32 = 8;
export const IMP_BANNER: i32 = 1;
export const IMP_VIDEO: i32 = 2;
export const IMP_AUDIO: i32 = 4;
export const IMP_NATIVE: i32 = 8;
export const IMP_SECURE: i32 = 16;
export const IMP_INTERSTITIAL: i32 = 32;
export const IMP_PRIVATE: i32 = 64;
export const IMP_MIMES: i32 = 12; // list (of the banner)
export const IMP_FLOOR: i32 = 24; // f64, CPM in units of its currency
export const IMP_FLOOR_CURRENCY: i32 = 32; // u32: three letters, 0 when unusable
export const IMP_WIDTH: i32 = 40; // i32, of the banner
export const IMP_HEIGHT: i32 = 44;
export const IMP_FORMATS: i32 = 48; // index of the first and number
export const IMP_DEALS: i32 = 56;
export const IMP_BLOCKED_ATTRIBUTES: i32 = 64; // u64: bit n
export const IMP_BLOCKED_TYPES: i32 = 72; // u64
export const IMP_APIS: i32 = 80; // u64
export const IMP_POSITION: i32 = 88; // hash
export const IMP_TAG: i32 = 96; // hash
/** Room for video, audio, native, quantity, pods. */
export const IMP_RESERVED: i32 = 128;

// ---- format
export const FORMAT_STRIDE: i32 = 32;
export const FORMAT_WIDTH: i32 = 0; // i32
export const FORMAT_HEIGHT: i32 = 4;
export const FORMAT_WIDTH_RATIO: i32 = 8;
export const FORMAT_HEIGHT_RATIO: i32 = 12;
export const FORMAT_WIDTH_MIN: i32 = 16;

// ---- deal
export const DEAL_STRIDE: i32 = 64;
export const DEAL_ID: i32 = 0; // text
export const DEAL_HASH: i32 = 8;
export const DEAL_FLOOR: i32 = 16; // f64, negative when not given
export const DEAL_FLOOR_CURRENCY: i32 = 24; // u32
export const DEAL_AUCTION: i32 = 28; // i32, 0 when not given
export const DEAL_WSEAT: i32 = 32; // list
export const DEAL_WADOMAIN: i32 = 40; // list

// ---- bid decided, waiting to be encoded
export const BID_STRIDE: i32 = 64;
export const BID_IMP: i32 = 0; // address of the impression
export const BID_DEAL: i32 = 4; // address of the deal, 0 in the open auction
export const BID_AD: i32 = 8; // i32
export const BID_AUCTION: i32 = 12; // i32
export const BID_PRICE_MICROS: i32 = 16; // i64, in the response's currency
export const BID_ID: i32 = 24; // u64
export const BID_CTR: i32 = 32; // f32
export const BID_CVR: i32 = 36; // f32
export const BID_MULTIPLIER: i32 = 40; // f32
export const BID_SEAT: i32 = 44; // i32, -1 once written

// ---- context: FM sums of the request, then of the impression at hand; each holds 8 S, 8 Q of CTR, the same of CVR
// (f32), then the two linear sums
export const CONTEXT_REQUEST: i32 = 0;
export const CONTEXT_IMP: i32 = 256;
export const CONTEXT_CTR_SUM: i32 = 0;
export const CONTEXT_CTR_SQUARES: i32 = 32;
export const CONTEXT_CVR_SUM: i32 = 64;
export const CONTEXT_CVR_SQUARES: i32 = 96;
export const CONTEXT_LINEAR_CTR: i32 = 128;
export const CONTEXT_LINEAR_CVR: i32 = 132;
/** Whole context score of the impression: bias, linear and pair terms (f32). */
export const CONTEXT_SCORE_CTR: i32 = 136;
export const CONTEXT_SCORE_CVR: i32 = 140;
/** Hashed features: first of the request, then of the impression (u32). */
export const CONTEXT_FEATURES: i32 = 512;
export const REQUEST_FEATURES: i32 = 16;
export const IMP_FEATURES: i32 = 4;

// ---- hashed features: the field is mixed into the hash. Requests and impressions 0 to 19, ads from 32.
export const FIELD_EXCHANGE: i32 = 0;
export const FIELD_INVENTORY: i32 = 1;
export const FIELD_DOMAIN: i32 = 2;
export const FIELD_BUNDLE: i32 = 3;
export const FIELD_PUBLISHER: i32 = 4;
export const FIELD_CATEGORY: i32 = 5;
export const FIELD_COUNTRY: i32 = 6;
export const FIELD_REGION: i32 = 7;
export const FIELD_CITY: i32 = 8;
export const FIELD_DEVICE_TYPE: i32 = 9;
export const FIELD_OS: i32 = 10;
export const FIELD_LANGUAGE: i32 = 11;
export const FIELD_CONNECTION: i32 = 12;
export const FIELD_CARRIER: i32 = 13;
export const FIELD_HOUR: i32 = 14;
export const FIELD_WEEKDAY: i32 = 15;
export const FIELD_SLOT_SIZE: i32 = 16;
export const FIELD_TAG: i32 = 17;
export const FIELD_POSITION: i32 = 18;
export const FIELD_INTERSTITIAL: i32 = 19;
export const FIELD_CAMPAIGN: i32 = 32;
export const FIELD_AD_GROUP: i32 = 33;
export const FIELD_CREATIVE: i32 = 34;
export const FIELD_ADVERTISER: i32 = 35;
export const FIELD_CREATIVE_SIZE: i32 = 36;
export const FIELD_CREATIVE_CATEGORY: i32 = 37;

// ---- notice token: these bytes, then base64url without padding (80 characters)
export const TOKEN_VERSION: i32 = 0; // u8, 1
export const TOKEN_KEY_ID: i32 = 1; // u8
export const TOKEN_FLAGS: i32 = 2; // u8: 1 test, 2 deal, auction type × 4
export const TOKEN_NODE: i32 = 3; // u8
export const TOKEN_ISSUED_S: i32 = 4; // u32
export const TOKEN_BID_ID: i32 = 8; // u64
export const TOKEN_AD_KEY: i32 = 16; // u64
export const TOKEN_PRICE_MICROS: i32 = 24; // i64
export const TOKEN_CURRENCY: i32 = 32; // three upper-case letters
export const TOKEN_EXCHANGE: i32 = 35; // u8
export const TOKEN_CTR: i32 = 36; // f32
export const TOKEN_CVR: i32 = 40; // f32
export const TOKEN_MULTIPLIER: i32 = 44; // f32
export const TOKEN_MODEL: i32 = 48; // u32: model version
/** SipHash-2-4 of the bytes before it (u64). */
export const TOKEN_MAC: i32 = 52;
export const TOKEN_BYTES: i32 = 60;
export const TOKEN_TEXT_BYTES: i32 = 80;
