// The one map of the shared memory, used by both compilers. Nothing else in Gavel knows an offset.
//
//   0x00000000 ┌───────────────────────────┐ read-only constants of the module (keys, powers of ten)
//   0x00010000 │ control                    │ active snapshot, hazards, notice key, settings
//   0x00020000 │ counters, 8 KiB a worker   │ written by one worker, read by the main thread
//   0x00060000 │ campaign states, 256 B     │ gate, leases, pace, counters; multipliers; outlive books
//   0x00500000 │ arenas, 8.6 MiB a worker   │ input, request record, scratch, output
//   0x11700000 │ models, 2 arms × 2 halves  │ the control's, then those of a candidate for its place
//   0x167c0000 │ ad vectors, 2 × 2          │ per ad of the active book under the arm's active model
//   0x1a7c0000 │ books, two halves          │
//   0x2e7c0000 │ reservations, 8 KiB        │ per campaign: what bids hold, by when they expire
//   0x367c0000 │ frequency table            │ what a user has seen and done, by cap and audience
//   0x38bc0000 └───────────────────────────┘
//
// Two halves: the idle one is written while the other is read; one word, the active snapshot, flips. A worker
// publishes the snapshot it reads for the length of a call (a hazard), so the main thread knows when a half is idle.
// Every mutable byte lies in these regions and none in static data: each new instance writes static data again.

// ---- control
export const CONTROL: usize = 0x00010000;
/**
 * Active snapshot: bit 0 book half, bit 1 model half and bit 2 vector half of the control, bit 3 ready, bit 4 there
 * is a candidate, bit 5 its model half, bit 6 its vector half; the rest counts flips.
 */
export const CONTROL_SNAPSHOT: usize = 0;
export const SNAPSHOT_BOOK: i32 = 1;
export const SNAPSHOT_MODEL: i32 = 2;
export const SNAPSHOT_VECTORS: i32 = 4;
export const SNAPSHOT_READY: i32 = 8;
export const SNAPSHOT_CANDIDATE: i32 = 16;
/** The candidate's halves stand so many bits above the control's. */
export const SNAPSHOT_ARM_SHIFT: i32 = 4;
export const SNAPSHOT_STEP: i32 = 128;
/** Version of the model in each half of the control, then of the candidate (4 × u32). */
export const CONTROL_MODEL_VERSIONS: usize = 16;
/** Which requests are the candidate's: salt (low u32) and share of traffic in 65,536ths (high u32), read as one u64. */
export const CONTROL_TRIAL: usize = 32;
export const TRIAL_SHARES: i32 = 65536;
/** Microseconds taken from `tmax` for the network and safety (u32). */
export const CONTROL_TMAX_MARGIN_US: usize = 64;
/** Key id (u32) and the 16 key bytes of the MAC in notice tokens. */
export const CONTROL_NOTICE_KEY_ID: usize = 72;
export const CONTROL_NOTICE_KEY: usize = 80;
/** This node's number in tokens (u32, 0 to 255). */
export const CONTROL_NODE: usize = 96;
/** Bids may be made before this second since the epoch (u32); FUNDS_FOREVER where no ledger keeps them. */
export const CONTROL_FUNDS_UNTIL_S: usize = 100;
export const FUNDS_FOREVER: u32 = 0xffffffff;
/** Of the frequency table: counts in use, counts that had to go for others (f64, f64). */
export const CONTROL_FREQUENCY_ENTRIES: usize = 112;
export const CONTROL_FREQUENCY_EVICTIONS: usize = 120;
/** By level, the last bucket of reservations that was freed (u32). */
export const CONTROL_FREED: usize = 128;
/** Snapshot each worker is reading, 0 when idle; 64 bytes apart, so that workers share no cache line. */
export const CONTROL_HAZARDS: usize = 1024;
export const HAZARD_STRIDE: usize = 64;

// ---- counters: f64, integers, so that both sides add and read without conversion
export const COUNTERS: usize = 0x00020000;
export const COUNTERS_BYTES: usize = 8192;
/** Requests that reached the hot path. */
export const COUNT_REQUESTS: usize = 0;
/** Responses with at least one bid. */
export const COUNT_RESPONSES: usize = 8;
/** Bids in those responses. */
export const COUNT_BIDS: usize = 16;
/** Sum of the bid prices, micros CPM of the base currency. */
export const COUNT_BID_MICROS: usize = 24;
/** Requests with `test=1`. */
export const COUNT_TESTS: usize = 32;
/** Bytes in and out of the hot path. */
export const COUNT_BYTES_IN: usize = 40;
export const COUNT_BYTES_OUT: usize = 48;
/** Bids by markup type less one: banner, video, audio, native. */
export const COUNT_BIDS_BY_FORMAT: usize = 56;
/** Bids by arm: control, candidate. */
export const COUNT_BIDS_BY_ARM: usize = 88;
/** By reason code. */
export const COUNT_REASONS: usize = 512;
/** Requests by exchange index. */
export const COUNT_EXCHANGES: usize = 1024;
/** Request durations, as the HTTP front saw them: sum in seconds, then a count a bucket. */
export const COUNT_REQUEST_SECONDS: usize = 2048;
export const COUNT_REQUEST_BUCKETS: usize = 2056;
/** Time inside the hot path: the same, with finer buckets. */
export const COUNT_DECISION_SECONDS: usize = 3072;
export const COUNT_DECISION_BUCKETS: usize = 3080;
/** Notices by kind, and of each kind by outcome (bidcore/money/notice_counts.ts). */
export const COUNT_NOTICES: usize = 4096;
export const NOTICE_OUTCOMES_MAX: usize = 32;

// ---- campaign states
export const CAMPAIGNS: usize = 0x00060000;
export const CAMPAIGN_STRIDE: usize = 256;
/** Which of the two lease slots bids are made under: 0 or 1 (u32). */
export const CAMPAIGN_SLOT: usize = 0;
/** 1 while the campaign is active and inside its schedule (u32). */
export const CAMPAIGN_OPEN: usize = 4;
/** By lease slot, micros that may still be reserved (i64, atomic). */
export const CAMPAIGN_AVAILABLE_MICROS: usize = 8;
/** By lease slot, the number of the lease (u32). */
export const CAMPAIGN_LEASES: usize = 24;
/** What pacing leaves of a bid, 0 to 1, and the policy's multiplier (f32, f32). */
export const CAMPAIGN_PACE: usize = 32;
export const CAMPAIGN_POLICY_MULTIPLIER: usize = 36;
/** Counters (i64, atomic). */
export const CAMPAIGN_BIDS: usize = 40;
export const CAMPAIGN_RESERVED_MICROS: usize = 48; // of all bids ever made
/** Written by the ledger (i64, atomic). */
export const CAMPAIGN_IMPRESSIONS: usize = 64;
export const CAMPAIGN_CLICKS: usize = 72;
export const CAMPAIGN_CONVERSIONS: usize = 80;
export const CAMPAIGN_WINS: usize = 88;
export const CAMPAIGN_SPEND_MICROS: usize = 96;
/** What is left of the budget, reserved or not; the same of today's, equal to it without a daily budget. */
export const CAMPAIGN_LEFT_MICROS: usize = 104;
export const CAMPAIGN_LEFT_TODAY_MICROS: usize = 112;
/** Plan: budget (i64), start and end in milliseconds since the epoch (f64). */
export const CAMPAIGN_BUDGET_MICROS: usize = 120;
export const CAMPAIGN_START_MS: usize = 128;
export const CAMPAIGN_END_MS: usize = 136;
/**
 * Policy slot that the inputs are of: slots of POLICY_SLOT_MS since the epoch (i32, atomic). Written by the ledger; 0
 * for campaigns without a policy, below 0 while the inputs are being written.
 */
export const CAMPAIGN_POLICY_SLOT: usize = 144;
/**
 * What the main thread has decided: for which slot (i32, 0 where there is no policy), by the policy of which model
 * (u32), and how often it has, times two: odd while it writes (u32, atomic).
 */
export const CAMPAIGN_POLICY_ACTED: usize = 148;
export const CAMPAIGN_POLICY_MODEL: usize = 152;
export const CAMPAIGN_POLICY_DECISIONS: usize = 156;
/** What the policy sees of the campaign (12 × f32). */
export const CAMPAIGN_POLICY_INPUTS: usize = 160;
/** Of the decision: the mean, deviation and value of the output (f32 each); a bit for each input out of range (u32). */
export const CAMPAIGN_POLICY_MEAN: usize = 208;
export const CAMPAIGN_POLICY_SIGMA: usize = 212;
export const CAMPAIGN_POLICY_OUTPUT: usize = 216;
export const CAMPAIGN_POLICY_OUTSIDE: usize = 220;
/** When it was made, milliseconds since the epoch (f64). */
export const CAMPAIGN_POLICY_DECIDED_MS: usize = 224;
/**
 * Bid multipliers now in force (f32), by campaign: the policy's times the pace. Apart from the states, because scoring
 * reads one for each candidate.
 */
export const MULTIPLIERS: usize = 0x00460000;
/** A policy acts once a slot: 96 a day. */
export const POLICY_SLOT_MS: i32 = 900000;

// ---- arenas: what one worker needs for one request
export const ARENAS: usize = 0x00500000;
export const ARENA_BYTES: usize = 0x00890000;
/** Request body; the bytes behind it up to ARENA_RECORD may be read and are zero where the scanner needs them. */
export const ARENA_INPUT: usize = 0x000000;
/** Zero bytes that must follow the body. */
export const INPUT_PADDING: usize = 64;
export const ARENA_RECORD: usize = 0x021000;
export const ARENA_IMPS: usize = 0x022000;
export const ARENA_DEALS: usize = 0x02e000; // and one slot for those over the limit
export const ARENA_FORMATS: usize = 0x033000; // the same
export const ARENA_BIDS: usize = 0x03c000;
/** Sums of the factorization machine, then the hashed features of the request and of the impression at hand. */
export const ARENA_CONTEXT: usize = 0x03e000;
/** Open brackets of a skipped value, one bit each: as deep as a body can be. */
export const ARENA_BRACKETS: usize = 0x040000;
/** A string with its escapes resolved. */
export const ARENA_UNESCAPED: usize = 0x045000;
/** Slots of the impressions that some ad might fill. */
export const ARENA_PLACES: usize = 0x066000;
/** Scratch bitmaps over ads: those the request leaves, those that fit an impression, sizes; then one chunk. */
export const ARENA_BITMAPS: usize = 0x06a000;
export const BITMAP_BYTES: usize = 16384;
export const SCRATCH_BITMAPS: i32 = 3;
export const ARENA_CHUNK: usize = 0x077000;
/** What is matched, chunk by chunk: postings to take out, bitmaps to take out; groups are below (see bitmaps.ts). */
export const ARENA_POSTINGS_OUT: usize = 0x09a000;
export const ARENA_BITMAPS_OUT: usize = 0x0bc000;
/** Values there is room for in each: as many as lists hold, and those that stand alone. */
export const TERMS: i32 = 16384 + 1024;
export const TERM_BYTES: usize = 8;
/** Hashes of the values of lists (u64); a category takes two, a domain one for each of its parents. */
export const ARENA_LISTS: usize = 0x0e0000;
export const LIST_SLOTS: i32 = 16384;
export const ARENA_ASSETS: usize = 0x100000; // and one slot for those over the limit
export const ARENA_DURATION_FLOORS: usize = 0x102000; // the same
/** The text of a native request that stands in a string. */
export const ARENA_NESTED: usize = 0x103000;
/** A privacy string, six bits a byte. */
export const ARENA_SEXTETS: usize = 0x124000;
/** Groups of values that are matched, and room for as many images as native assets can ask for. */
export const ARENA_GROUPS: usize = 0x145000;
export const GROUP_TERMS: i32 = 17408 + 16384;
/** A batch: offsets and lengths of its requests, then its bytes. */
export const ARENA_BATCH_TABLE: usize = 0x187000;
export const ARENA_BATCH: usize = 0x188000;
/** The response. */
export const ARENA_OUTPUT: usize = 0x38a000;
export const OUTPUT_BYTES: usize = 0x500000;

// ---- models, ad vectors: two halves of each for each arm
export const ARMS: i32 = 2;
export const ARM_CONTROL: i32 = 0;
export const ARM_CANDIDATE: i32 = 1;
/** What a user key is mixed with to draw an arm. */
export const ARM_USE: i32 = 0x300;
export const MODELS: usize = 0x11700000;
export const MODEL_HALF_BYTES: usize = 0x01430000;
export const VECTORS: usize = 0x167c0000;
export const VECTOR_HALF_BYTES: usize = 0x01000000;
/**
 * One ad, all that scoring reads of it: in one cache line 8 CTR factors and the CTR bias (f32) and what the book says
 * (as in its table of ads), in a second one the same of CVR.
 */
export const VECTOR_STRIDE: usize = 128;
export const VECTOR_CTR: usize = 0;
export const VECTOR_BIAS_CTR: usize = 32;
export const VECTOR_CAMPAIGN: usize = 36;
export const VECTOR_GOAL_MICROS: usize = 40;
export const VECTOR_CAP_MICROS: usize = 48;
export const VECTOR_GOAL: usize = 56;
/** Duration in seconds of a video or audio creative (u16), markup type (u8). */
export const VECTOR_DURATION: usize = 60;
export const VECTOR_TYPE: usize = 62;
/** 1 guaranteed, 2 has frequency caps, or its campaign has, 4 and skips unknown users (u8). */
export const VECTOR_FLAGS: usize = 63;
export const FLAG_GUARANTEED: u32 = 1;
export const FLAG_CAPPED: u32 = 2;
export const FLAG_SKIPS_UNKNOWN: u32 = 4;
export const VECTOR_CVR: usize = 64;
export const VECTOR_BIAS_CVR: usize = 96;
/** Hash of the first advertiser domain. */
export const VECTOR_ADVERTISER: usize = 104;

// ---- books
export const BOOKS: usize = 0x1a7c0000;
export const BOOK_HALF_BYTES: usize = 0x0a000000;
export const MEMORY_BYTES: usize = 0x38bc0000;
export const MEMORY_PAGES: i32 = 14524;

// A book: this header, then tables. Addresses are absolute (u32), 16-byte aligned.
export const BOOK_VERSION: usize = 0;
export const BOOK_ADS: usize = 8;
/** Chunks of every bitmap. */
export const BOOK_CHUNKS: usize = 12;
/** Ads are matched and scored a chunk at a time: as many as have their bits in one cache line. */
export const CHUNK_BYTES: usize = 64;
export const CHUNK_ADS: i32 = 512;
export const BOOK_DICTIONARY: usize = 16;
/** Slots of the dictionary less one; a power of two less one. */
export const BOOK_DICTIONARY_MASK: usize = 20;
export const BOOK_AD_TABLE: usize = 24;
export const BOOK_AD_DETAILS: usize = 28;
export const BOOK_SIZES: usize = 32;
export const BOOK_SIZE_COUNT: usize = 36;
export const BOOK_RATES: usize = 40;
export const BOOK_RATE_COUNT: usize = 44;
export const BOOK_SEAT_COUNT: usize = 52;
export const BOOK_EXCHANGES: usize = 56;
export const BOOK_EXCHANGE_COUNT: usize = 60;
/** Base currency: index into the rates. */
export const BOOK_BASE_CURRENCY: usize = 64;
/** API frameworks some creative needs: bit n for framework n. */
export const BOOK_APIS: usize = 68;
/** Bitmaps: ads that may bid in the open auction; ads whose every URL is https; ads by markup type (mtype 1 to 4). */
export const BOOK_OPEN: usize = 72;
export const BOOK_SECURE: usize = 76;
export const BOOK_MTYPES: usize = 80; // 0 where there is none
/** Bitmap of all ads. */
export const BOOK_ALL: usize = 96;
/**
 * The most each ad can be willing to pay, CPM micros (f32, rounded up): scoring skips those that cannot beat the
 * best.
 */
export const BOOK_BOUNDS: usize = 100;
/**
 * For each chunk, and one behind the last, the most an ad in it or a later one can be willing to pay (f32): where
 * matching may stop. The book is ordered by that, chunk by chunk.
 */
export const BOOK_MOST: usize = 104;
/** Per dimension: bitmap of the ads that do not restrict it; 0 when no ad does. */
export const BOOK_ANY: usize = 128;
/** Bitmaps of what a request blocks or lists by small numbers: creative attribute n, banner type n, API framework n. */
export const BOOK_ATTRIBUTES: usize = 256;
export const BOOK_TYPES: usize = 512;
export const BOOK_API_NEEDED: usize = 576;
/** Seats (u64, bit n for the account n) that do not bid under a condition: five of them. */
export const BOOK_SEATS_NEED_CONSENT: usize = 704;
export const BOOK_SEATS_NO_CRAWLERS: usize = 712;
export const BOOK_SEATS_NO_DATACENTRES: usize = 720;
export const BOOK_SEATS_COMPLETE: usize = 728;
export const BOOK_SEATS_REQUIRED: usize = 736;
/** Seats with lists of what they block: publishers, or domains, apps and categories, or nodes of the supply chain. */
export const BOOK_SEATS_PUBLISHERS: usize = 744;
export const BOOK_SEATS_BRANDS: usize = 752;
export const BOOK_SEATS_NODES: usize = 760;
/** Fragments of crawlers' user agents: (length u8, lower bytes) one behind the other, and their number. */
export const BOOK_AGENTS: usize = 768;
export const BOOK_AGENT_COUNT: usize = 772;
/**
 * For the first three bytes of the fragments, in either case: by low nibble and by high nibble (16 bytes each) in which
 * of eight sets of fragments a byte may stand there.
 */
export const BOOK_AGENT_NIBBLES: usize = 832;
/** Ranges of addresses in ascending order, apart from each other: first and last (u32, u32). */
export const BOOK_RANGES: usize = 784;
export const BOOK_RANGE_COUNT: usize = 788;
/** Our vendor id in the TCF, 0 without one; purposes on legitimate interest, purposes on either: bit p − 1. */
export const BOOK_TCF_VENDOR: usize = 792;
export const BOOK_TCF_INTEREST: usize = 796;
export const BOOK_TCF_FLEXIBLE: usize = 800;
/** Durations of video and audio creatives, images of native ones. */
export const BOOK_DURATIONS: usize = 804;
export const BOOK_DURATION_COUNT: usize = 808;
export const BOOK_IMAGES: usize = 812;
export const BOOK_IMAGE_COUNT: usize = 816;
/** Bitmap of the video ads that a viewer may skip; 0 without one. */
export const BOOK_SKIPPABLE: usize = 820;
/** The most a native ad can be willing to pay, CPM micros (f64). */
export const BOOK_NATIVE_MOST: usize = 824;
/** Bitmaps of the ads of the seats that do not bid under a condition, in the order of the sets of those seats. */
export const BOOK_ADS_REFUSED: usize = 928;
/** Bitmaps of the ads whose markup is of VAST protocol n, up to 16 (AdCOM). */
export const BOOK_PROTOCOLS: usize = 948;
export const PROTOCOLS: i32 = 17;
/** By markup type less one: hash of a MIME type that all its ads have (u64), 0 without one. */
export const BOOK_COMMON_MIMES: usize = 1024;
/** Audiences that ads of the book name. */
export const BOOK_AUDIENCES: usize = 1056;
export const BOOK_AUDIENCE_COUNT: usize = 1060;
export const BOOK_HEADER_BYTES: usize = 1152;

// Dictionary slot: key (u64), address (u32), count (u32). A count of BITMAP says the address is that of a bitmap; else
// there are that many postings. A posting is a 64-bit word of a bitmap: its offset in bytes (u32), padding, its bits
// (u64). Of a deal it is an ad (u32).
export const SLOT_BYTES: usize = 16;
export const SLOT_KEY: usize = 0;
export const SLOT_ADDRESS: usize = 8;
export const SLOT_COUNT: usize = 12;
export const POSTING_STRIDE: usize = 16;
export const POSTING_BITS: usize = 8;
export const BITMAP: i32 = -1;

// Ad, the part that scoring needs: its vector has a copy.
export const AD_STRIDE: usize = 32;
/** Bid of the goal, micros (f64): of a thousand impressions, a click or a conversion. */
export const AD_GOAL_MICROS: usize = 0;
/** Highest bid, micros CPM (f64). */
export const AD_CAP_MICROS: usize = 8;
/** Address of the campaign's state. */
export const AD_CAMPAIGN: usize = 16;
export const AD_GOAL: usize = 20;
export const GOAL_CPM: i32 = 0;
export const GOAL_CPC: i32 = 1;
export const GOAL_CPA: i32 = 2;
export const AD_SEAT: usize = 24;
/** Duration in seconds of a video or audio creative (u16), markup type (u8), flags as in its vector (u8). */
export const AD_DURATION: usize = 28;
export const AD_TYPE: usize = 30;

// Ad, the part that winners and preparation read.
export const DETAIL_STRIDE: usize = 96;
/** Stable key of the ad (u64): hash of campaign, ad group and creative ids. */
export const DETAIL_KEY: usize = 0;
/**
 * Pieces of the encoded bid: address of (length u16, what stands before it u8, its conditions u8, bytes)…, and how
 * many.
 */
export const DETAIL_PIECES: usize = 8;
export const DETAIL_PIECE_COUNT: usize = 12; // u32
/** Hashes of the advertiser domain and its parent domains: address, count. */
export const DETAIL_DOMAINS: usize = 16;
export const DETAIL_DOMAIN_COUNT: usize = 20;
/** Hashed features of the ad. */
export const DETAIL_FEATURES: usize = 24;
export const AD_FEATURES: i32 = 7;
/** Address of the parts of a native creative. */
export const DETAIL_NATIVE: usize = 52;
/** Hash of the first advertiser domain. */
export const DETAIL_ADVERTISER: usize = 56;
/** Hashes for tokens and pacing: of the campaign id, of campaign id/ad group id (u64, u64). */
export const DETAIL_CAMPAIGN: usize = 64;
export const DETAIL_AD_GROUP: usize = 72;
/** Seconds a bid holds, and the level its reservation is held in (u32, u32). */
export const DETAIL_EXPIRY_S: usize = 80;
export const DETAIL_LEVEL: usize = 84;
/** Frequency caps, those of the campaign first: address, count. */
export const DETAIL_CAPS: usize = 88;
export const DETAIL_CAP_COUNT: usize = 92;

// Frequency cap: its key (u64), most impressions, seconds of a bucket (u32, u32).
export const CAP_STRIDE: usize = 16;
export const CAP_KEY: usize = 0;
export const CAP_IMPRESSIONS: usize = 8;
export const CAP_BUCKET_S: usize = 12;

/** One audience: key of its counts, its hash in lists of segments (u64, u64), seconds of a bucket (u32). */
export const AUDIENCE_STRIDE: usize = 24;
export const AUDIENCE_KEY: usize = 0;
export const AUDIENCE_SEGMENT: usize = 8;
export const AUDIENCE_BUCKET_S: usize = 16;

// Native creative: title, number and address of its images, number and address of its data.
export const NATIVE_TITLE: usize = 0;
export const NATIVE_IMAGE_COUNT: usize = 16;
export const NATIVE_IMAGES: usize = 20;
export const NATIVE_DATA_COUNT: usize = 24;
export const NATIVE_DATA: usize = 28;
export const NATIVE_BYTES: usize = 32;
// Text that may be cut: number of code points, address of their lengths in bytes (u8 each), of the bytes; how many.
export const CUT_POINTS: usize = 0;
export const CUT_LENGTHS: usize = 4;
export const CUT_BYTES: usize = 8;
export const CUT_TOTAL: usize = 12;
// Image: type, width, height (i32), bytes and address of its JSON, hash of its MIME type (u64); in the table of all
// images of the book a bitmap in place of the JSON.
export const IMAGE_STRIDE: usize = 32;
export const IMAGE_TYPE: usize = 0;
export const IMAGE_WIDTH: usize = 4;
export const IMAGE_HEIGHT: usize = 8;
export const IMAGE_JSON_BYTES: usize = 12;
export const IMAGE_JSON: usize = 16;
export const IMAGE_BITMAP: usize = 16;
export const IMAGE_MIME: usize = 24;
// Data: type (i32), text.
export const DATA_STRIDE: usize = 32;
export const DATA_TYPE: usize = 0;
export const DATA_TEXT: usize = 16;

// Duration: seconds (u32), markup type (u32), bitmap address (u32), padding, the most an ad of it can be willing to
// pay (f64). The dictionary's slot of a duration has the address of this.
export const DURATION_STRIDE: usize = 32;
export const DURATION_SECONDS: usize = 0;
export const DURATION_TYPE: usize = 4;
export const DURATION_BITMAP: usize = 8;
export const DURATION_MOST: usize = 16;

// Size: width and height (u32, u32), bitmap address (u32), padding, the most that an ad of it can be willing to pay
// (CPM micros, f64). The dictionary's slot of a size has the address of this.
export const SIZE_STRIDE: usize = 32;
export const SIZE_BITMAP: usize = 8;
export const SIZE_MOST: usize = 16;
// Rate: currency as three lower-case letters in a u32, padding, units of it for one unit of the base currency (f64).
export const RATE_STRIDE: usize = 16;
// Seat: hash of its id (u64), bitmap address (u32), bytes of the JSON string (u32), the string (up to 240 bytes).
export const SEAT_STRIDE: usize = 256;
export const SEAT_TEXT: usize = 16;
export const SEAT_TEXT_BYTES: usize = 240;
// Exchange: hash of its id (u64), what the rate is divided by for its margin (f64), its currency (three letters, 0 for
// none), its margin of tmax in microseconds (i32, negative for none), formats it takes (IMP_BANNER…), conditions of
// pieces (WHEN_…), bitmap of the ads with an attribute it does not take (0 for none), whether it lists deals, address
// of its seats.
export const EXCHANGE_STRIDE: usize = 64;
export const EXCHANGE_DIVISOR: usize = 8;
export const EXCHANGE_CURRENCY: usize = 16;
export const EXCHANGE_TMAX_MARGIN_US: usize = 20;
export const EXCHANGE_FORMATS: usize = 24;
export const EXCHANGE_WHEN: usize = 28;
export const EXCHANGE_BLOCKED: usize = 32;
export const EXCHANGE_LISTS_DEALS: usize = 36;
export const EXCHANGE_SEATS: usize = 40;

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
export const DIM_REWARDED: i32 = 17;
export const DIM_INTERSTITIAL: i32 = 18;
export const DIM_PLACEMENT: i32 = 19;
export const DIM_COMPANION: i32 = 20;
export const DIM_IDENTIFIED: i32 = 21;
/** Values of a dimension that has two: yes, no. */
export const YES: i32 = 1;
export const NO: i32 = 2;
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
export const DIM_AD_SIZE: i32 = 43;
export const DIM_DEAL: i32 = 44;
export const DIM_AD_LINEARITY: i32 = 46;
export const DIM_AD_DATA: i32 = 47;
export const DIM_AD_DURATION: i32 = 48;
// what accounts block: the address and count of a slot are the seats that do (u64)
export const DIM_BLOCKED_PUBLISHER: i32 = 56;
export const DIM_BLOCKED_DOMAIN: i32 = 57;
export const DIM_BLOCKED_BUNDLE: i32 = 58;
export const DIM_BLOCKED_CATEGORY: i32 = 59;
export const DIM_BLOCKED_NODE: i32 = 60;
export const DIM_BLOCKED_SELLER: i32 = 61;
// what is only looked for: countries of the GDPR, deals of an exchange
export const DIM_GDPR_COUNTRY: i32 = 62;
export const DIM_EXCHANGE_DEAL: i32 = 63;

// ---- request record (offsets from ARENA_RECORD). A text is its raw token in the input: address and length, quotes
// included, length 0 when absent. A hash is 0 when absent. A list is the index of its first hash and their number.
export const REQUEST_ID: usize = 0; // text
export const REQUEST_FLAGS: usize = 8;
export const FLAG_TEST: i32 = 1;
export const FLAG_OVER_LIMIT: i32 = 2;
export const FLAG_COPPA: i32 = 4;
export const FLAG_SITE: i32 = 8;
export const FLAG_APP: i32 = 16;
export const FLAG_DOOH: i32 = 32;
export const FLAG_LMT: i32 = 64;
export const FLAG_DNT: i32 = 128;
export const REQUEST_AUCTION: usize = 12; // i32: at
export const REQUEST_TMAX_MS: usize = 16; // f64, 0 when absent
export const REQUEST_CATTAX: usize = 24; // i32
export const REQUEST_IMPS: usize = 28; // i32: number
export const REQUEST_CURRENCIES: usize = 32; // list; hashes are the three letters as in a rate
export const REQUEST_WSEAT: usize = 40;
export const REQUEST_BSEAT: usize = 48;
export const REQUEST_BCAT: usize = 56;
export const REQUEST_ACAT: usize = 64;
export const REQUEST_BADV: usize = 72;
export const REQUEST_BAPP: usize = 80;
/** Inventory, one after the other for site, app and dooh: INVENTORY_BYTES each. */
export const REQUEST_SITE: usize = 96;
export const REQUEST_APP: usize = 192;
export const REQUEST_DOOH: usize = 288;
/** Hash of the domain, and list of the hashes of it and its parents. */
export const INVENTORY_DOMAIN: usize = 0;
export const INVENTORY_DOMAINS: usize = 8;
/** The same of the host of the page, used when there is no domain. */
export const INVENTORY_PAGE: usize = 16;
export const INVENTORY_PAGES: usize = 24;
export const INVENTORY_BUNDLE: usize = 32;
export const INVENTORY_PUBLISHER: usize = 40;
/** List of pairs: a category and what stands before its first hyphen, 0 without one. */
export const INVENTORY_CATEGORIES: usize = 48;
export const INVENTORY_CATTAX: usize = 56; // i32
export const INVENTORY_BYTES: usize = 96;
export const REQUEST_COUNTRY: usize = 384; // hashes from here on
export const REQUEST_REGION: usize = 392;
export const REQUEST_CITY: usize = 400;
export const REQUEST_POSTCODE: usize = 408;
export const REQUEST_DEVICE_TYPE: usize = 416;
export const REQUEST_OS: usize = 424;
export const REQUEST_LANGUAGE: usize = 432;
export const REQUEST_CONNECTION: usize = 440;
export const REQUEST_CARRIER: usize = 448;
export const REQUEST_SEGMENTS: usize = 456; // list
/** Signals (i32): 0 not given, 1 no, 2 yes. Of `regs` and, behind it, of `regs.ext`, where OpenRTB 2.5 has them. */
export const REQUEST_GDPR: usize = 464;
export const REQUEST_EXT_GDPR: usize = 468;
export const REQUEST_US_OPT_OUT: usize = 472;
export const REQUEST_EXT_US_OPT_OUT: usize = 476;
export const SIGNAL_NO: i32 = 1;
export const SIGNAL_YES: i32 = 2;
export const REQUEST_USER_AGENT: usize = 480; // text
export const REQUEST_ADDRESS: usize = 488; // text
export const REQUEST_CONSENT: usize = 496; // text, of `user` and, behind it, of `user.ext`
export const REQUEST_EXT_CONSENT: usize = 504;
export const REQUEST_GPP: usize = 512; // text, of `regs` and of `regs.ext`
export const REQUEST_EXT_GPP: usize = 520;
export const REQUEST_GPP_SECTIONS: usize = 528; // set, of `regs` and of `regs.ext`
export const REQUEST_EXT_GPP_SECTIONS: usize = 536;
/** Supply chain, of `source` and of `source.ext`: CHAIN_BYTES each. */
export const REQUEST_CHAIN: usize = 544;
export const REQUEST_EXT_CHAIN: usize = 560;
export const CHAIN_PRESENT: usize = 0; // i32
export const CHAIN_COMPLETE: usize = 4; // i32: 1 if it is
/** List of pairs: hash of the system's domain, hash of that with the seller's id; 0 without them. */
export const CHAIN_NODES: usize = 8;
export const CHAIN_BYTES: usize = 16;
/** Ids (texts): `device.ifa`, `user.buyeruid`, `user.id`. */
export const REQUEST_DEVICE_ID: usize = 576;
export const REQUEST_BUYER_ID: usize = 584;
export const REQUEST_USER_ID: usize = 592;
export const REQUEST_BYTES: usize = 640;

// ---- impression
export const IMP_STRIDE: usize = 768;
export const IMP_ID: usize = 0; // text
export const IMP_FLAGS: usize = 8;
export const IMP_BANNER: i32 = 1;
export const IMP_VIDEO: i32 = 2;
export const IMP_AUDIO: i32 = 4;
export const IMP_NATIVE: i32 = 8;
export const IMP_SECURE: i32 = 16;
export const IMP_INTERSTITIAL: i32 = 32;
export const IMP_PRIVATE: i32 = 64;
export const IMP_REWARDED: i32 = 128;
export const IMP_REWARDED_EXT: i32 = 256;
export const IMP_MIMES: usize = 12; // list (of the banner)
export const IMP_FLOOR: usize = 24; // f64, CPM in units of its currency
export const IMP_FLOOR_CURRENCY: usize = 32; // u32: three letters, 0 when unusable
export const IMP_WIDTH: usize = 40; // i32, of the banner
export const IMP_HEIGHT: usize = 44;
export const IMP_FORMATS: usize = 48; // index of the first and number
export const IMP_DEALS: usize = 56;
export const IMP_BLOCKED_ATTRIBUTES: usize = 64; // u64: bit n
export const IMP_BLOCKED_TYPES: usize = 72; // u64
export const IMP_APIS: usize = 80; // u64
export const IMP_POSITION: usize = 88; // hash
export const IMP_TAG: usize = 96; // hash
export const IMP_QUANTITY: usize = 104; // f64, 0 when not given
/** Formats some ad of the book fits in (IMP_BANNER…), found by slots.ts. */
export const IMP_FITTING: usize = 112;
/** What is cleared before an impression is read; the records behind it are when their format is. */
export const IMP_HEAD_BYTES: usize = 128;
export const IMP_VIDEO_RECORD: usize = 128;
export const IMP_AUDIO_RECORD: usize = 384;
export const IMP_NATIVE_RECORD: usize = 640;
/** Hashed features of its context, packed as in tokens (45 bytes, room for 64); written when a bid for it is noted. */
export const IMP_PACKED_FEATURES: usize = 704;

// ---- video, audio
export const STREAM_BYTES: usize = 256;
export const STREAM_MIMES: usize = 0; // list
export const STREAM_DURATION_MIN: usize = 8; // i32
export const STREAM_DURATION_MAX: usize = 12; // i32
export const STREAM_DURATIONS: usize = 16; // list; hashes are the seconds, as they are
export const STREAM_PROTOCOLS: usize = 24; // set
export const STREAM_PROTOCOL: usize = 32; // i32, negative when not given
export const STREAM_SKIP: usize = 36; // i32, 1 when not given
export const STREAM_LINEARITY: usize = 40; // i32
export const STREAM_PLACEMENT: usize = 44; // i32
export const STREAM_PLCMT: usize = 48; // hash
export const STREAM_BLOCKED_ATTRIBUTES: usize = 56; // set
export const STREAM_APIS: usize = 64; // set
export const STREAM_COMPANIONS: usize = 72; // list, of sizes
export const STREAM_POD: usize = 80; // hash
export const STREAM_POD_SECONDS: usize = 88; // i32
export const STREAM_POD_BIDS: usize = 92; // i32
export const STREAM_PER_SECOND: usize = 96; // f64, CPM a second
export const STREAM_FLOORS: usize = 104; // index of the first duration floor and number
export const STREAM_WIDTH: usize = 112; // i32
export const STREAM_HEIGHT: usize = 116; // i32
export const STREAM_POSITION: usize = 120; // hash

// ---- floor by duration
export const DURATION_FLOOR_STRIDE: usize = 24;
export const DURATION_FLOOR_FROM: usize = 0; // i32, seconds
export const DURATION_FLOOR_TO: usize = 4; // i32
export const DURATION_FLOOR_CPM: usize = 8; // f64, negative when not usable
export const DURATION_FLOOR_GIVEN: usize = 16; // i32

// ---- native
export const NATIVE_RECORD_BYTES: usize = 64;
export const NATIVE_BLOCKED_ATTRIBUTES: usize = 0; // set
export const NATIVE_APIS: usize = 8; // set
export const NATIVE_ASSETS: usize = 16; // index of the first and number
export const NATIVE_WHEN: usize = 24; // i32: conditions of pieces
export const NATIVE_METHODS: usize = 32; // set: scratch

// ---- native asset
export const ASSET_STRIDE: usize = 64;
export const ASSET_FLAGS: usize = 0; // i32
export const ASSET_TITLE: i32 = 1;
export const ASSET_IMAGE: i32 = 2;
export const ASSET_VIDEO: i32 = 4;
export const ASSET_DATA: i32 = 8;
export const ASSET_REQUIRED: i32 = 16;
export const ASSET_HAS_ID: i32 = 32;
export const ASSET_IMAGE_TYPED: i32 = 64;
export const ASSET_DATA_TYPED: i32 = 128;
export const ASSET_ID: usize = 4; // i32, all
export const ASSET_TITLE_LENGTH: usize = 8;
export const ASSET_DATA_LENGTH: usize = 12;
export const ASSET_DATA_TYPE: usize = 16;
export const ASSET_IMAGE_TYPE: usize = 20;
export const ASSET_WIDTH: usize = 24;
export const ASSET_HEIGHT: usize = 28;
export const ASSET_WIDTH_MIN: usize = 32;
export const ASSET_HEIGHT_MIN: usize = 36;
export const ASSET_MIMES: usize = 40; // list

// ---- format
export const FORMAT_STRIDE: usize = 32;
export const FORMAT_WIDTH: usize = 0; // i32
export const FORMAT_HEIGHT: usize = 4;
export const FORMAT_WIDTH_RATIO: usize = 8;
export const FORMAT_HEIGHT_RATIO: usize = 12;
export const FORMAT_WIDTH_MIN: usize = 16;

// ---- deal
export const DEAL_STRIDE: usize = 64;
export const DEAL_ID: usize = 0; // text
export const DEAL_HASH: usize = 8;
export const DEAL_FLOOR: usize = 16; // f64, negative when not given
export const DEAL_FLOOR_CURRENCY: usize = 24; // u32
export const DEAL_AUCTION: usize = 28; // i32, 0 when not given
export const DEAL_WSEAT: usize = 32; // list
export const DEAL_WADOMAIN: usize = 40; // list

// ---- place: a slot of an impression that some ad might fill
export const PLACE_STRIDE: usize = 32;
export const PLACE_IMP: usize = 0; // address of the impression
export const PLACE_DEAL: usize = 4; // address of the deal, 0 in the open auction
export const PLACE_LISTED: usize = 8; // dictionary slot of the deal
export const PLACE_AUCTION: usize = 12; // i32: 1 first price, 2 second price, 3 fixed price
export const PLACE_FLOOR: usize = 16; // f64, whole CPM micros of the response's currency
export const PLACE_BY_DURATION: usize = 24; // i32: 1 if the floor depends on the ad's duration
export const PLACE_REPEATS: usize = 28; // i32: bids there may be

// ---- bid decided, waiting to be encoded
export const BID_STRIDE: usize = 128;
export const BID_IMP: usize = 0; // address of the impression
export const BID_DEAL: usize = 4; // address of the deal, 0 in the open auction
export const BID_AD: usize = 8; // i32
export const BID_AUCTION: usize = 12; // i32
export const BID_PRICE_MICROS: usize = 16; // i64, in the response's currency
export const BID_ID: usize = 24; // u64
export const BID_CTR: usize = 32; // f32
export const BID_CVR: usize = 36; // f32
export const BID_MULTIPLIER: usize = 40; // f32
export const BID_SEAT: usize = 44; // i32, -1 once written
export const BID_ADVERTISER: usize = 56; // hash
export const BID_RESERVED_MICROS: usize = 64; // i64
export const BID_SLOT: usize = 72; // u32: lease slot
export const BID_LEASE: usize = 76; // u32
export const BID_BUCKET: usize = 80; // address of the bucket of reservations
export const BID_CAMPAIGN: usize = 84; // address of the campaign's state

// ---- context: FM sums of the request, then of the impression at hand; each holds 8 S, 8 Q of CTR, the same of CVR
// (f32), then the two linear sums
export const CONTEXT_REQUEST: usize = 0;
export const CONTEXT_IMP: usize = 256;
export const CONTEXT_CTR_SUM: usize = 0;
export const CONTEXT_CTR_SQUARES: usize = 32;
export const CONTEXT_CVR_SUM: usize = 64;
export const CONTEXT_CVR_SQUARES: usize = 96;
export const CONTEXT_LINEAR_CTR: usize = 128;
export const CONTEXT_LINEAR_CVR: usize = 132;
/** Whole context score of the impression: bias, linear and pair terms (f32). */
export const CONTEXT_SCORE_CTR: usize = 136;
export const CONTEXT_SCORE_CVR: usize = 140;
/** Hashed features: first of the request, then of the impression (u32). */
export const CONTEXT_FEATURES: usize = 512;
/** Addresses of the bitmaps to AND, then of those of the sizes of an impression (u32 each). */
export const CONTEXT_AND: usize = 1024;
export const CONTEXT_SIZES: usize = 1280;
/** Sums of the policy's perceptron; the token of a bid, and its text. */
export const CONTEXT_POLICY: usize = 1536;
export const CONTEXT_TOKEN: usize = 2048;
export const CONTEXT_TOKEN_TEXT: usize = 2304;
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
export const FIELD_CREATIVE_TYPE: i32 = 38;

// ---- reservations: what bids hold, by campaign, lease slot, level and bucket (i64, atomic); docs/money.md section 2
export const RESERVATIONS: usize = 0x2e7c0000;
export const RESERVATION_STRIDE: usize = 8192;
export const RESERVATION_SLOT_BYTES: usize = 4096;
export const RESERVATION_LEVELS: i32 = 13;
export const RESERVATION_LEVEL_BYTES: usize = 256;
export const RESERVATION_BUCKETS: i32 = 32;
/** A bid is held in the lowest level in which it expires within so many buckets. */
export const RESERVATION_REACH: i32 = 28;

// ---- frequency table: sets of 8 counts; first the 8 keys (u64, 0 for none), then the counts
export const FREQUENCY: usize = 0x367c0000;
export const FREQUENCY_SETS: i32 = 65536;
export const FREQUENCY_SET_BYTES: usize = 576;
export const FREQUENCY_WAYS: i32 = 8;
export const FREQUENCY_COUNTS: usize = 64;
export const FREQUENCY_COUNT_BYTES: usize = 64;
/** Number of the newest bucket, when it was last touched in seconds since the epoch (u32, u32), 24 counts (u16). */
export const FREQUENCY_NEWEST: usize = 0;
export const FREQUENCY_TOUCHED_S: usize = 4;
export const FREQUENCY_BUCKETS_AT: usize = 8;
export const FREQUENCY_BUCKETS: i32 = 24;

// ---- notice token: these bytes, then base64url without padding (224 characters)
export const TOKEN_FORMAT: i32 = 3;
export const TOKEN_VERSION: usize = 0; // u8, TOKEN_FORMAT
export const TOKEN_KEY_ID: usize = 1; // u8
export const TOKEN_FLAGS: usize = 2; // u8: 1 test, 2 deal, auction type × 4, lease slot × 16, 32 billed by impression
export const TOKEN_NODE: usize = 3; // u8
export const TOKEN_ISSUED_S: usize = 4; // u32
export const TOKEN_BID_ID: usize = 8; // u64
export const TOKEN_AD_KEY: usize = 16; // u64
export const TOKEN_PRICE_MICROS: usize = 24; // i64
export const TOKEN_CURRENCY: usize = 32; // three upper-case letters
export const TOKEN_EXCHANGE: usize = 35; // u8
export const TOKEN_CTR: usize = 36; // f32
export const TOKEN_CVR: usize = 40; // f32
export const TOKEN_MULTIPLIER: usize = 44; // f32: with the pace
export const TOKEN_MODEL: usize = 48; // u32: model version
export const TOKEN_LEASE: usize = 52; // u32
export const TOKEN_CAMPAIGN: usize = 56; // u64: hash of its id
export const TOKEN_AD_GROUP: usize = 64; // u64: hash of campaign id + "/" + ad group id
export const TOKEN_USER: usize = 72; // u64: user key, 0 where there is none or privacy takes it away
export const TOKEN_RESERVED_MICROS: usize = 80; // i64
export const TOKEN_QUANTITY: usize = 88; // f32
export const TOKEN_EXPIRY_S: usize = 92; // u32: seconds after TOKEN_ISSUED_S
export const TOKEN_ARM: usize = 96; // u8: ARM_CONTROL or ARM_CANDIDATE
/** Hashed features, packed: 45 bytes of the context, 16 of the ad, the last 2 bits 0 (docs/learning.md section 1). */
export const TOKEN_FEATURES: usize = 97;
export const TOKEN_FEATURES_OF_AD: usize = 142;
export const TOKEN_SPARE: usize = 158; // u16, 0
/** SipHash-2-4 of the bytes before it (u64). */
export const TOKEN_MAC: usize = 160;
export const TOKEN_BYTES: usize = 168;
export const MAC_KEY_BYTES: usize = 16;
export const TOKEN_TEXT_BYTES: usize = 224;
