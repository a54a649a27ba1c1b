// Written by generate.mjs. Do not edit.
export const LAYOUT_HASH: i32 = -1701130030;
export const MODEL_LAYOUT_HASH: i32 = -2110026425;
