// The pieces of an encoded bid, rendered when the book is made: what stands before a piece, and the conditions under
// which it is written. Compiled by both compilers. Rules: docs/decisions.md section 6.

// ---- before the piece's text
export const BEFORE_NOTHING: i32 = 0;
export const BEFORE_TOKEN: i32 = 1;
export const BEFORE_ASSETS: i32 = 2;

// ---- conditions, one bit each: a piece is written if all of its own hold. Of the exchange:
export const WHEN_NURL: i32 = 1;
export const WHEN_BURL: i32 = 2;
export const WHEN_LURL: i32 = 4;
export const WHEN_BASE64: i32 = 8;
export const WHEN_BILLED_BY_IMPRESSION: i32 = 128;
// and of the native request
export const WHEN_EVENT_TRACKERS: i32 = 16;
export const WHEN_NO_EVENT_TRACKERS: i32 = 32;
export const WHEN_WRAPPED: i32 = 64;
