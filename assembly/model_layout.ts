// The image of one model, as it stands in the file (after its header), and in each half of the model region.
// Compiled by both compilers. Its hash (`MODEL_LAYOUT_HASH` in generated.ts) is in every model file.
//
//   0 ┌──────────────────────────────────────────────┐
//     │ scalars: bias of the CTR and the CVR model     │  64 bytes
//     ├──────────────────────────────────────────────┤ MODEL_EXCHANGES
//     │ which exchange has which slot of the tables     │  64 bytes
//     ├──────────────────────────────────────────────┤ MODEL_POLICY
//     │ policy: mean, 1/deviation and range of its inputs, W1 b1 W2 b2 W3 b3, sigma │
//     ├──────────────────────────────────────────────┤ MODEL_CALIBRATION
//     │ probability at each knot of the logit, CTR then CVR, one pair of tables an exchange slot │
//     ├──────────────────────────────────────────────┤ MODEL_LANDSCAPE
//     │ price grid (f64 micros), then win probability at each price, one table an exchange slot │
//     ├──────────────────────────────────────────────┤ MODEL_FEATURES
//     │ one record a hashed feature: 8 CTR factors, 8 CVR factors, weights of CTR, CVR, landscape │
//     └──────────────────────────────────────────────┘ MODEL_BYTES

// ---- scalars (f32)
export const MODEL_BIAS_CTR: usize = 0;
export const MODEL_BIAS_CVR: usize = 4;

// ---- slots: slot s of the calibration and the landscape tables belongs to the exchange whose feature index stands at
// s (u32); slot 0 to all others
export const MODEL_EXCHANGES: usize = 64;
export const EXCHANGE_SLOTS: i32 = 16;
/** What stands where no exchange has the slot, and in slot 0. */
export const NO_EXCHANGE: u32 = 0xffffffff;

// ---- policy: a multilayer perceptron of 12-64-64-1 with relu (f32); docs/policy.md
/** Inputs in the order of `POLICY_INPUT_NAMES` (bidcore/policy/slot_inputs.ts). */
export const POLICY_INPUTS: usize = 12;
export const POLICY_HIDDEN: usize = 64;
export const MODEL_POLICY: usize = 128;
/** An input x enters as (x − mean) × scale. */
export const POLICY_MEAN: usize = 0;
export const POLICY_SCALE: usize = 48;
/** Lowest and highest value of each input that training has seen: outside of them the policy does not speak. */
export const POLICY_LOW: usize = 96;
export const POLICY_HIGH: usize = 144;
/** Weights from input i to hidden j at (i × 64 + j): one input is broadcast over a row. */
export const POLICY_W1: usize = 192;
export const POLICY_B1: usize = 3264;
/** Weights from hidden i to hidden j at (i × 64 + j). */
export const POLICY_W2: usize = 3520;
export const POLICY_B2: usize = 19904;
export const POLICY_W3: usize = 20160;
export const POLICY_B3: usize = 20416;
/** Standard deviation of the output, which is drawn; 0: it is not. */
export const POLICY_SIGMA: usize = 20420;
/** With room to the next cache line. */
export const POLICY_BYTES: usize = 20480;

// ---- calibration: probability by logit, piecewise linear between knots (f32)
export const CALIBRATION_TABLES: i32 = 16;
export const CALIBRATION_KNOTS: i32 = 257;
export const CALIBRATION_LOGIT_MAX: i32 = 16;
export const CALIBRATION_KNOTS_PER_LOGIT: i32 = 8;
export const MODEL_CALIBRATION: usize = 20608;
/** Bytes of one table: 257 knots and padding to 16. */
export const CALIBRATION_TABLE_BYTES: usize = 1040;
/** An exchange slot holds the CTR table and behind it the CVR table. */
export const CALIBRATION_SLOT_BYTES: usize = 2080;

// ---- landscape: probability that a bid of a price wins, piecewise linear between grid prices
export const LANDSCAPE_TABLES: i32 = 16;
export const LANDSCAPE_PRICES: usize = 64;
export const MODEL_LANDSCAPE: usize = 53888;
/** Grid prices, ascending, CPM micros of the base currency (f64). */
export const LANDSCAPE_GRID: usize = 0;
/** First table of win probabilities (f64), 512 bytes each. */
export const LANDSCAPE_WIN: usize = 512;
export const LANDSCAPE_TABLE_BYTES: usize = 512;
/** Bounds of the logarithm of a price level: the sum of the landscape weights of a context is limited to them. */
export const LANDSCAPE_LOG_MAX: i32 = 8;

// ---- factorization machine
export const FEATURE_BITS: i32 = 18;
export const FEATURES: i32 = 262144;
export const FACTORS: i32 = 8;
export const MODEL_FEATURES: usize = 62592;
export const FEATURE_STRIDE: usize = 80;
export const FEATURE_FACTORS_CTR: usize = 0;
export const FEATURE_FACTORS_CVR: usize = 32;
export const FEATURE_WEIGHT_CTR: usize = 64;
export const FEATURE_WEIGHT_CVR: usize = 68;
/** Adds to the logarithm of the price level of a context (docs/learning.md section 2). */
export const FEATURE_WEIGHT_LANDSCAPE: usize = 72;

export const MODEL_BYTES: usize = 21034112;

// ---- the file: this header, then the image above
export const MODEL_FILE_MAGIC: i32 = 0x4d4c5647; // "GVLM"
export const MODEL_FILE_FORMAT: i32 = 3;
export const MODEL_HEADER_BYTES: usize = 64;
export const MODEL_HEADER_MAGIC: usize = 0;
export const MODEL_HEADER_FORMAT: usize = 4;
export const MODEL_HEADER_LAYOUT: usize = 8;
export const MODEL_HEADER_VERSION: usize = 12;
export const MODEL_HEADER_LENGTH: usize = 16;
export const MODEL_HEADER_CRC: usize = 20;
/** Milliseconds since the epoch, f64. */
export const MODEL_HEADER_CREATED_MS: usize = 24;
