// Native assets: which native ads can answer those that are required, and the answer itself, which depends on what is
// asked for. Rules: docs/decisions.md sections 3 (no_creative) and 6.

import { assets } from './arena';
import { addBitmapToGroup, addToGroup, book, endGroup, lookup, startGroup } from './bitmaps';
import { listAddress, listCount } from './fields';
import { hashNumber } from './hash';
import * as m from './memory_map';
import { copy, integer, write } from './output';

// @ts-ignore: decorator
@inline
function assetAddress(native: usize, i: i32): usize {
  return assets + <usize>(load<i32>(native, m.NATIVE_ASSETS) + i) * m.ASSET_STRIDE;
}

/** The kind of an asset: the first it has an object of; 0 for none. */
function kindOf(asset: usize): i32 {
  const kinds = load<i32>(asset, m.ASSET_FLAGS) & (m.ASSET_TITLE | m.ASSET_IMAGE | m.ASSET_VIDEO | m.ASSET_DATA);
  return kinds & -kinds;
}

// @ts-ignore: decorator
@inline
function has(asset: usize, flag: i32): bool {
  return (load<i32>(asset, m.ASSET_FLAGS) & flag) != 0;
}

// ---- matching

/** Lists what a native request asks of native ads: each required asset. */
export function listNative(native: usize): void {
  startGroup(0);
  addBitmapToGroup(<usize>load<u32>(book, m.BOOK_MTYPES + 12));
  endGroup();
  const count = load<i32>(native, m.NATIVE_ASSETS + 4);
  for (let i = 0; i < count; i++) {
    const asset = assetAddress(native, i);
    if (has(asset, m.ASSET_REQUIRED)) requireAsset(asset);
  }
}

function requireAsset(asset: usize): void {
  const kind = has(asset, m.ASSET_HAS_ID) ? kindOf(asset) : 0;
  if (kind == m.ASSET_TITLE) return; // all have one
  startGroup(0); // and of nobody, if nothing is added
  if (kind == m.ASSET_IMAGE) addImages(asset);
  else if (kind == m.ASSET_DATA && has(asset, m.ASSET_DATA_TYPED)) {
    const slot = lookup(m.DIM_AD_DATA, hashNumber(<u64>(<i64>load<i32>(asset, m.ASSET_DATA_TYPE))));
    if (slot != 0) addToGroup(slot);
  }
  endGroup();
}

function addImages(asset: usize): void {
  const images = <usize>load<u32>(book, m.BOOK_IMAGES);
  const count = load<i32>(book, m.BOOK_IMAGE_COUNT);
  for (let i = 0; i < count; i++) {
    const image = images + <usize>i * m.IMAGE_STRIDE;
    if (imageFits(asset, image)) addBitmapToGroup(<usize>load<u32>(image, m.IMAGE_BITMAP));
  }
}

function imageFits(asset: usize, image: usize): bool {
  if (has(asset, m.ASSET_IMAGE_TYPED) && load<i32>(asset, m.ASSET_IMAGE_TYPE) != load<i32>(image, m.IMAGE_TYPE)) {
    return false;
  }
  const width = load<i32>(image, m.IMAGE_WIDTH);
  const height = load<i32>(image, m.IMAGE_HEIGHT);
  if (!sideFits(width, load<i32>(asset, m.ASSET_WIDTH), load<i32>(asset, m.ASSET_WIDTH_MIN))) return false;
  if (!sideFits(height, load<i32>(asset, m.ASSET_HEIGHT), load<i32>(asset, m.ASSET_HEIGHT_MIN))) return false;
  const mimes = listCount(asset + m.ASSET_MIMES);
  const first = listAddress(asset + m.ASSET_MIMES);
  for (let i = 0; i < mimes; i++) {
    if (load<u64>(first + (<usize>i << 3)) == load<u64>(image, m.IMAGE_MIME)) return true;
  }
  return mimes == 0;
}

function sideFits(side: i32, wanted: i32, least: i32): bool {
  if (wanted > 0 && side == wanted) return true;
  return least > 0 ? side >= least : wanted <= 0;
}

// ---- the answer: JSON inside a JSON string, so every quote has a backslash

/** Writes the assets of a native creative that a native request asks for. */
export function writeAssets(native: usize, creative: usize): void {
  write('\\"assets\\":[');
  const count = load<i32>(native, m.NATIVE_ASSETS + 4);
  let first = true;
  for (let i = 0; i < count; i++) {
    const asset = assetAddress(native, i);
    if (!has(asset, m.ASSET_HAS_ID)) continue;
    const kind = kindOf(asset);
    const answer =
      kind == m.ASSET_TITLE ? creative + m.NATIVE_TITLE
      : kind == m.ASSET_IMAGE ? imageFor(asset, creative)
      : kind == m.ASSET_DATA ? dataFor(asset, creative)
      : 0;
    if (answer == 0) continue;
    if (!first) write(',');
    first = false;
    write('{\\"id\\":');
    integer(load<i32>(asset, m.ASSET_ID));
    if (has(asset, m.ASSET_REQUIRED)) write(',\\"required\\":1');
    if (kind == m.ASSET_TITLE) {
      write(',\\"title\\":{\\"text\\":\\"');
      writeCut(answer, load<i32>(asset, m.ASSET_TITLE_LENGTH));
      write('\\"}}');
    } else if (kind == m.ASSET_DATA) {
      write(',\\"data\\":{\\"value\\":\\"');
      writeCut(answer, load<i32>(asset, m.ASSET_DATA_LENGTH));
      write('\\"}}');
    } else {
      write(',\\"img\\":');
      copy(<usize>load<u32>(answer, m.IMAGE_JSON), <usize>load<u32>(answer, m.IMAGE_JSON_BYTES));
      write('}');
    }
  }
  write(']');
}

/** The first image of a creative that fits; 0 if none does. */
function imageFor(asset: usize, creative: usize): usize {
  const images = <usize>load<u32>(creative, m.NATIVE_IMAGES);
  const count = load<i32>(creative, m.NATIVE_IMAGE_COUNT);
  for (let i = 0; i < count; i++) {
    const image = images + <usize>i * m.IMAGE_STRIDE;
    if (imageFits(asset, image)) return image;
  }
  return 0;
}

function dataFor(asset: usize, creative: usize): usize {
  if (!has(asset, m.ASSET_DATA_TYPED)) return 0;
  const data = <usize>load<u32>(creative, m.NATIVE_DATA);
  const count = load<i32>(creative, m.NATIVE_DATA_COUNT);
  for (let i = 0; i < count; i++) {
    const one = data + <usize>i * m.DATA_STRIDE;
    if (load<i32>(one, m.DATA_TYPE) == load<i32>(asset, m.ASSET_DATA_TYPE)) return one + m.DATA_TEXT;
  }
  return 0;
}

/** A text of at most so many code points, if that is above 0; one that is cut ends with an ellipsis. */
function writeCut(text: usize, most: i32): void {
  const points = load<i32>(text, m.CUT_POINTS);
  const bytes = <usize>load<u32>(text, m.CUT_BYTES);
  if (most <= 0 || points <= most) return copy(bytes, <usize>load<u32>(text, m.CUT_TOTAL));
  const lengths = <usize>load<u32>(text, m.CUT_LENGTHS);
  let kept: usize = 0;
  for (let i = 0; i < most - 1; i++) kept += <usize>load<u8>(lengths + <usize>i);
  copy(bytes, kept);
  write('\xe2\x80\xa6'); // U+2026 in UTF-8: write() narrows each character to a byte
}
