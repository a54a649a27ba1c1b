// The memory of build/trainer.wasm, which every trainer has to itself. Compiled by both compilers.
//
//   0 ┌──────────────────────────────────────────────────┐
//     │ static data of the module                          │
//     ├──────────────────────────────────────────────────┤ TRAINER_TEXT
//     │ a text to be hashed                                │
//     ├──────────────────────────────────────────────────┤ TRAINER_SUMS
//     │ sums of the example at hand: S (8 × f32), Q          │
//     ├──────────────────────────────────────────────────┤ TRAINER_LENGTHS … TRAINER_INDICES
//     │ a block of examples, one array a field             │
//     ├──────────────────────────────────────────────────┤ TRAINER_BIAS
//     │ record of the bias, of which only the scalars count │
//     ├──────────────────────────────────────────────────┤ TRAINER_RECORDS
//     │ one record a feature                               │
//     └──────────────────────────────────────────────────┘ TRAINER_BYTES

/** Bytes of static data at most. */
export const TRAINER_TEXT: usize = 16384;
/** Longest text that is hashed; the hash reads up to 7 bytes past it. */
export const TEXT_BYTES_MAX: i32 = 65528;
export const TRAINER_SUMS: usize = 81920;

// ---- a block: lengths (u32), labels (u8), weights (f32), predictions (f32), then all indices (u32), one after another
export const BLOCK_EXAMPLES: i32 = 4096;
export const BLOCK_INDICES: i32 = 131072;
export const TRAINER_LENGTHS: usize = 81984;
export const TRAINER_LABELS: usize = 98368;
export const TRAINER_WEIGHTS: usize = 102464;
export const TRAINER_PREDICTIONS: usize = 118848;
export const TRAINER_INDICES: usize = 135232;

// ---- a record: what is learnt of a feature (f32, the last u32)
export const RECORD_BYTES: usize = 80;
export const RECORD_FACTORS: usize = 0;
/** Sum of squared gradients of each factor (AdaGrad). */
export const RECORD_SQUARES: usize = 32;
export const RECORD_WEIGHT: usize = 64;
/** z and n of FTRL-Proximal. */
export const RECORD_Z: usize = 68;
export const RECORD_N: usize = 72;
/** Number of the last example that had the feature; 0 while the record is as it was made. */
export const RECORD_STAMP: usize = 76;
/** The stamp of a record that was taken from a model. */
export const STAMP_OF_MODEL: u32 = 0xffffffff;

export const TRAINER_BIAS: usize = 659520;
export const TRAINER_RECORDS: usize = 659600;
export const TRAINER_BYTES: usize = 21631120;
