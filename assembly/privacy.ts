// What each privacy signal of a request takes away, before targeting, prediction or anything else sees it, and which
// purposes of the TCF each of these needs. One table for the hot path and its twin; compiled by both compilers.
// Rules: docs/decisions.md section 2a.

// ---- what may be taken away, one bit each
/** User and device ids: nobody is identified. */
export const IDS: i32 = 1;
/** City and postcode. */
export const PLACE: i32 = 2;
/** Audience segments. */
export const SEGMENTS: i32 = 4;
/** Counting what a user has seen. */
export const FREQUENCY: i32 = 8;
export const EVERYTHING: i32 = 15;

/** `regs.coppa`, and a known child in a US section: nothing about the user (OpenRTB 2.6 section 3.2.3). */
export const CHILD_TAKES: i32 = EVERYTHING;
/** GDPR applies: all that is not consented to, see below. */
export const GDPR_TAKES: i32 = EVERYTHING;
/** Opted out of sale (IAB US privacy string 1.0, GPP US sections): counting stays, as it is no sale. */
export const US_OPT_OUT_TAKES: i32 = IDS | SEGMENTS;
/** `device.lmt` and `device.dnt`: no tracking across sites and apps. */
export const LMT_TAKES: i32 = IDS | SEGMENTS | FREQUENCY;
export const DNT_TAKES: i32 = IDS | SEGMENTS | FREQUENCY;

// ---- which purposes GDPR asks for (IAB TCF policies, appendix A): bit p − 1 is purpose p
export const PURPOSE_1: i32 = 1;
export const PURPOSE_2: i32 = 2;
export const PURPOSE_4: i32 = 8;
/** To bid at all. */
export const BASIC_NEEDS: i32 = PURPOSE_2;
export const IDS_NEED: i32 = PURPOSE_1;
export const FREQUENCY_NEEDS: i32 = PURPOSE_1 | PURPOSE_2;
export const SEGMENTS_NEED: i32 = PURPOSE_1 | PURPOSE_4;
/** And special feature 1, precise geolocation. */
export const PLACE_NEEDS: i32 = PURPOSE_2;
/** Purposes 1 and 3 to 6 cannot rest on legitimate interest. */
export const CONSENT_ONLY: i32 = 61;

// ---- sections of the IAB Global Privacy Protocol
export const GPP_TCF_EU: i32 = 2;
export const GPP_USP: i32 = 6;
export const GPP_US_NATIONAL: i32 = 7;
/** Sections that nobody here reads but that mean an opt-out if they apply: 5, and all from here on. */
export const GPP_CANADA: i32 = 5;
export const GPP_US_STATES: i32 = 8;
