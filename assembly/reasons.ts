// Codes of everything that is not a bid. The texts, HTTP status, OpenRTB `nbr` and metric labels of each code stand
// in `bidcore/reasons.ts`; a test holds the two against each other. Compiled by both compilers.
//
// From NO_FORMAT on, the codes are in the order in which a request loses its slots, then its candidates. A request that
// ends without a bid is given the highest code any of its impressions and deals reached: the gate that was nearest.

export const REASON_NONE: i32 = 0;

// malformed: HTTP 400
export const INVALID_JSON: i32 = 1;
export const NOT_OBJECT: i32 = 2;
export const MISSING_ID: i32 = 3;
export const MISSING_IMP: i32 = 4;
export const IMP_MISSING_ID: i32 = 5;

// refused before the hot path, or lost inside it
export const BODY_TOO_LARGE: i32 = 6;
export const BAD_ENCODING: i32 = 7;
export const INTERNAL_ERROR: i32 = 8;
export const UNAUTHORIZED: i32 = 9;
export const OVER_QPS: i32 = 10;
export const LEDGER_AWAY: i32 = 11;
export const OVERLOADED: i32 = 12;

// the request as a whole
export const NOT_READY: i32 = 16;
export const OVER_LIMIT: i32 = 17;
export const TOO_LITTLE_TIME: i32 = 18;
export const NO_CURRENCY: i32 = 19;

// the accounts, in the order in which each is asked
export const SEAT_BLOCKED: i32 = 20;
export const NO_CONSENT: i32 = 21;
export const CRAWLER: i32 = 22;
export const DATACENTRE: i32 = 23;
export const BLOCKED_PUBLISHER: i32 = 24;
export const BRAND_SAFETY: i32 = 25;
export const INCOMPLETE_SCHAIN: i32 = 26;
export const BLOCKED_NODE: i32 = 27;

// the slots: what no ad of the book could fill
export const NO_FORMAT: i32 = 32;
export const NO_SIZE: i32 = 33;
export const UNKNOWN_DEAL: i32 = 34;
export const NO_RATE: i32 = 35;
export const FLOOR_TOO_HIGH: i32 = 36;

// the candidates
export const NO_TARGETING: i32 = 48;
export const BLOCKED: i32 = 49;
export const NO_CREATIVE: i32 = 50;
export const NO_DEAL: i32 = 51;
export const POD_TAKEN: i32 = 52;
export const CAMPAIGN_CLOSED: i32 = 53;
export const FREQUENCY_CAPPED: i32 = 54;
export const PACED: i32 = 55;
export const NO_BUDGET: i32 = 56;
export const BELOW_FLOOR: i32 = 57;

/** One more than the highest code: the length of a table indexed by code. */
export const REASON_CODES: i32 = 64;
