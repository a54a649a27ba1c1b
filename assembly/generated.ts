// Written by generate.mjs. Do not edit.
export const LAYOUT_HASH: i32 = 781237624;
export const MODEL_LAYOUT_HASH: i32 = 1505984151;
