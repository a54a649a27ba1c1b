// The memory of a book under construction: taking room, writing numbers and bitmaps. What stands where:
// `assembly/memory_map.ts`.

import * as map from '../assembly/memory_map.js';
import type { Ad } from './book.js';

/** Thrown inside the compiler, returned as a BookError. */
export class OverLimit extends Error {}

export function within(what: string, count: number, max: number): void {
  if (count > max) throw new OverLimit(`${count} ${what}, a book holds ${max}`);
}

const encoder = new TextEncoder();

export class BookMemory {
  readonly u8: Uint8Array;
  readonly view: DataView;
  readonly #base: number;
  readonly #ads: readonly Ad[];
  /** Bytes of a bitmap of this book. */
  readonly bitmapBytes: number;
  #next: number;

  constructor(buffer: SharedArrayBuffer, base: number, ads: readonly Ad[]) {
    this.u8 = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    this.#base = base;
    this.#ads = ads;
    this.#next = base + map.BOOK_HEADER_BYTES;
    this.bitmapBytes = Math.max(1, Math.ceil(ads.length / map.CHUNK_ADS)) * map.CHUNK_BYTES;
    this.u8.fill(0, base, this.#next);
  }

  /** Bytes used so far. */
  get used(): number {
    return this.#next - this.#base;
  }

  /** Takes bytes, aligned to 16. What is written past them, up to 16 bytes, is never the neighbour's. */
  take(bytes: number): number {
    const at = this.#next;
    this.#next = at + Math.ceil(bytes / 16) * 16;
    if (this.#next > this.#base + map.BOOK_HALF_BYTES) {
      throw new OverLimit(`the book needs more than ${map.BOOK_HALF_BYTES} bytes`);
    }
    return at;
  }

  /** The same, with zeros in it. */
  takeZeroed(bytes: number): number {
    const at = this.take(bytes);
    this.u8.fill(0, at, at + bytes);
    return at;
  }

  /** Takes room for bytes that the encoder will read 16 at a time, and writes them. */
  takeText(text: string): { at: number; bytes: number } {
    const encoded = encoder.encode(text);
    const at = this.take(encoded.length + 16);
    this.u8.set(encoded, at);
    return { at, bytes: encoded.length };
  }

  u32(at: number, value: number): void {
    this.view.setUint32(at, value, true);
  }

  u64(at: number, value: bigint): void {
    this.view.setBigUint64(at, value, true);
  }

  f64(at: number, value: number): void {
    this.view.setFloat64(at, value, true);
  }

  header(offset: number, value: number): void {
    this.u32(this.#base + offset, value);
  }

  header64(offset: number, value: bigint): void {
    this.u64(this.#base + offset, value);
  }

  headerFloat(offset: number, value: number): void {
    this.f64(this.#base + offset, value);
  }

  headerAt(offset: number): number {
    return this.view.getUint32(this.#base + offset, true);
  }

  // ---- bitmaps

  /** Its chunks are cache lines. */
  emptyBitmap(): number {
    this.#next = Math.ceil(this.#next / map.CHUNK_BYTES) * map.CHUNK_BYTES;
    return this.takeZeroed(this.bitmapBytes);
  }

  setBit(bitmap: number, ad: number): void {
    const byte = bitmap + (ad >> 3);
    this.u8[byte] = (this.u8[byte] as number) | (1 << (ad & 7));
  }

  bitmapOf(takes: (ad: Ad) => boolean): number {
    const at = this.emptyBitmap();
    for (const ad of this.#ads) if (takes(ad)) this.setBit(at, ad.index);
    return at;
  }

  /** The same, but 0 if it would be empty. */
  bitmapOfAny(takes: (ad: Ad) => boolean): number {
    return this.#ads.some(takes) ? this.bitmapOf(takes) : 0;
  }

  /** A bitmap of ads, over those of another. */
  valueBitmap(ads: readonly number[], any: number | undefined): number {
    const at = this.emptyBitmap();
    if (any !== undefined) this.u8.copyWithin(at, any, any + this.bitmapBytes);
    for (const ad of ads) this.setBit(at, ad);
    return at;
  }
}
