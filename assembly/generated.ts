// Written by generate.mjs. Do not edit.
export const LAYOUT_HASH: i32 = -1163467323;
export const MODEL_LAYOUT_HASH: i32 = -770501308;
