// What each privacy signal of a request takes away, before targeting, prediction or anything else sees it. One table
// for the hot path and its twin; compiled by both compilers. Rules: docs/decisions.md section 2.

/** Audience segments. */
export const SEGMENTS: i32 = 1;
/** City and postcode. */
export const PLACE: i32 = 2;

/** `regs.coppa`: a child's. Nothing about the user (OpenRTB 2.6 section 3.2.3). */
export const COPPA_TAKES: i32 = SEGMENTS | PLACE;
/** `gdpr`: consent strings are not read yet, so no purpose is consented to. */
export const GDPR_TAKES: i32 = SEGMENTS | PLACE;
/** `us_privacy`: opted out of sale (IAB CCPA privacy string 1.0). */
export const US_OPT_OUT_TAKES: i32 = SEGMENTS;
/** `device.lmt` and `device.dnt`: no tracking across sites and apps. */
export const LMT_TAKES: i32 = SEGMENTS;
export const DNT_TAKES: i32 = SEGMENTS;
