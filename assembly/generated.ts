// Written by generate.mjs. Do not edit.
export const LAYOUT_HASH: i32 = -1505377317;
export const MODEL_LAYOUT_HASH: i32 = -770501308;
