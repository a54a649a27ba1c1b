// Written by generate.mjs. Do not edit.
export const LAYOUT_HASH: i32 = 355670383;
export const MODEL_LAYOUT_HASH: i32 = 647198339;
