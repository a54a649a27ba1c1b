// Written by generate.mjs. Do not edit.
export const LAYOUT_HASH: i32 = 1745097696;
export const MODEL_LAYOUT_HASH: i32 = 1914897452;
