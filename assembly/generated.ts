// Written by generate.mjs. Do not edit.
export const LAYOUT_HASH: i32 = -1047078562;
export const MODEL_LAYOUT_HASH: i32 = 1505984151;
