// Native creatives in a book: their texts, escaped for where they are answered, and their images.

import * as limits from '../assembly/limits.js';
import * as map from '../assembly/memory_map.js';
import type { Ad } from './book.js';
import { type BookMemory, within } from './book_memory.js';
import type { NativeCreative } from './creative_file.js';
import { hashText } from './hash.js';
import { type EscapedText, nativeParts } from './native_markup.js';
import { lower } from './vocabulary.js';

type Image = NativeCreative['images'][number];

const imageName = ({ type, w, h, mime }: Image): string => `${type} ${w} ${h} ${lower(mime)}`;

/** Images of a book that differ in type, size or MIME type, each with the ads that have one like it. */
export function imagesOf(ads: readonly Ad[]): ReadonlyMap<string, { readonly image: Image; readonly ads: number[] }> {
  const adsByImage = new Map<string, { image: Image; ads: number[] }>();
  for (const { creative, index } of ads) {
    if (creative.type !== 'native') continue;
    for (const image of creative.images) {
      const name = imageName(image);
      const known = adsByImage.get(name) ?? { image, ads: [] };
      known.ads.push(index);
      adsByImage.set(name, known);
    }
  }
  return adsByImage;
}

/** Writes the table of all images of the book. */
export function writeImages(memory: BookMemory, ads: readonly Ad[]): void {
  const adsByImage = imagesOf(ads);
  within('distinct images of native creatives', adsByImage.size, limits.MAX_IMAGES);
  const table = memory.takeZeroed(adsByImage.size * map.IMAGE_STRIDE);
  [...adsByImage.values()].forEach(({ image, ads: its }, i) => {
    const at = table + i * map.IMAGE_STRIDE;
    writeImage(memory, at, image);
    memory.u32(at + map.IMAGE_BITMAP, memory.valueBitmap(its, undefined));
  });
  memory.header(map.BOOK_IMAGES, table);
  memory.header(map.BOOK_IMAGE_COUNT, adsByImage.size);
}

function writeImage(memory: BookMemory, at: number, { type, w, h, mime }: Image): void {
  memory.u32(at + map.IMAGE_TYPE, type);
  memory.u32(at + map.IMAGE_WIDTH, w);
  memory.u32(at + map.IMAGE_HEIGHT, h);
  memory.u64(at + map.IMAGE_MIME, hashText(lower(mime)));
}

/** Writes the parts of a native creative. Returns their address. */
export function writeNative(memory: BookMemory, creative: NativeCreative): number {
  const { title, images, data } = nativeParts(creative);
  const at = memory.takeZeroed(map.NATIVE_BYTES);
  writeText(memory, at + map.NATIVE_TITLE, title);
  const imageTable = memory.takeZeroed(images.length * map.IMAGE_STRIDE);
  images.forEach((image, i) => {
    const to = imageTable + i * map.IMAGE_STRIDE;
    writeImage(memory, to, creative.images[i] as Image);
    const { at: json, bytes } = memory.takeText(image.text);
    within('bytes in an image of a native creative, escaped,', bytes, limits.MAX_ASSET_BYTES);
    memory.u32(to + map.IMAGE_JSON, json);
    memory.u32(to + map.IMAGE_JSON_BYTES, bytes);
  });
  memory.u32(at + map.NATIVE_IMAGES, imageTable);
  memory.u32(at + map.NATIVE_IMAGE_COUNT, images.length);
  const dataTable = memory.takeZeroed(data.length * map.DATA_STRIDE);
  data.forEach(({ type, value }, i) => {
    const to = dataTable + i * map.DATA_STRIDE;
    memory.u32(to + map.DATA_TYPE, type);
    writeText(memory, to + map.DATA_TEXT, value);
  });
  memory.u32(at + map.NATIVE_DATA, dataTable);
  memory.u32(at + map.NATIVE_DATA_COUNT, data.length);
  return at;
}

/** A text that may be cut between any two of its code points. */
function writeText(memory: BookMemory, at: number, points: EscapedText): void {
  const lengths = memory.takeZeroed(points.length);
  points.forEach((point, i) => {
    memory.u8[lengths + i] = Buffer.byteLength(point);
  });
  const text = memory.takeText(points.join(''));
  within('bytes in a text of a native creative, escaped,', text.bytes, limits.MAX_ASSET_BYTES);
  memory.u32(at + map.CUT_POINTS, points.length);
  memory.u32(at + map.CUT_LENGTHS, lengths);
  memory.u32(at + map.CUT_BYTES, text.at);
  memory.u32(at + map.CUT_TOTAL, text.bytes);
}
