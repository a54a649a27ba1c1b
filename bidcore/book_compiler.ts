// Compiles a book into the idle half of shared memory: header, ads, bitmaps, lists, dictionary, encoded bids. The
// map of what is written stands in `assembly/memory_map.ts`.

import * as limits from '../assembly/limits.js';
import * as map from '../assembly/memory_map.js';
import { adFeatures } from './ad_features.js';
import { type Ad, type Book, willingMost } from './book.js';
import { type BookIndex, hashValue, indexBook, type Values } from './book_index.js';
import { hashBytes, hashText, mix } from './hash.js';
import { lower, parentDomains } from './vocabulary.js';

/** A book that does not fit: which limit it is over. The book that was live stays. */
export interface BookError {
  readonly code: 'book_over_limit';
  readonly problem: string;
}

/** Thrown inside the compiler, returned as a BookError. */
class OverLimit extends Error {}

const GOALS = { cpm: map.GOAL_CPM, cpc: map.GOAL_CPC, cpa: map.GOAL_CPA };

/**
 * Compiles a book.
 * @param half 0 or 1, one that nobody reads
 * @param campaignSlot index of a campaign's state
 * @returns bytes used
 */
export function compileBook(
  memory: WebAssembly.Memory,
  half: number,
  book: Book,
  campaignSlot: (id: string) => number,
): number | BookError {
  try {
    return new BookWriter(memory.buffer, map.BOOKS + half * map.BOOK_HALF_BYTES, book, campaignSlot).write();
  } catch (error) {
    if (error instanceof OverLimit) return { code: 'book_over_limit', problem: error.message };
    throw error;
  }
}

class BookWriter {
  readonly #u8: Uint8Array;
  readonly #view: DataView;
  readonly #base: number;
  readonly #book: Book;
  readonly #index: BookIndex;
  readonly #campaignSlot: (id: string) => number;
  /** Bytes of a bitmap of this book. */
  readonly #bitmapBytes: number;
  readonly #written = new Map<readonly string[], number>();
  readonly #encoder = new TextEncoder();
  #next: number;

  constructor(buffer: SharedArrayBuffer, base: number, book: Book, campaignSlot: (id: string) => number) {
    this.#u8 = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
    this.#base = base;
    this.#book = book;
    this.#campaignSlot = campaignSlot;
    this.#next = base + map.BOOK_HEADER_BYTES;
    this.#bitmapBytes = Math.max(1, Math.ceil(book.ads.length / map.CHUNK_ADS)) * map.CHUNK_BYTES;
    this.#within('ads', book.ads.length, limits.MAX_ADS);
    this.#within('seats', book.file.accounts.length, limits.MAX_SEATS);
    this.#within('exchanges', book.exchanges.length, limits.MAX_EXCHANGES);
    this.#within('currencies', book.rates.size, limits.MAX_CURRENCIES);
    this.#index = indexBook(book);
    this.#within('creative sizes', this.#index.values.get(map.DIM_AD_SIZE)?.size ?? 0, limits.MAX_SIZES);
  }

  write(): number {
    const { ads } = this.#book;
    this.#u8.fill(0, this.#base, this.#base + map.BOOK_HEADER_BYTES);
    this.#header(map.BOOK_VERSION, this.#book.version);
    this.#header(map.BOOK_ADS, ads.length);
    this.#header(map.BOOK_CHUNKS, this.#bitmapBytes / map.CHUNK_BYTES);
    this.#header(
      map.BOOK_ALL,
      this.#bitmapOf(() => true),
    );
    this.#header(
      map.BOOK_SECURE,
      this.#bitmapOf((ad) => ad.secure),
    );
    this.#header(map.BOOK_OPEN, this.#bitmapOf(bidsInOpenAuction));
    this.#header(
      map.BOOK_MTYPES,
      this.#bitmapOf((ad) => ad.creative.type === 'banner'),
    );
    this.#writeNumberedBitmaps();
    this.#writeRates();
    this.#writeExchanges();
    this.#writeSeats();
    this.#writeAds();
    const any = this.#writeAnyBitmaps();
    this.#writeValues(any, this.#writeSizes());
    return this.#next - this.#base;
  }

  #within(what: string, count: number, max: number): void {
    if (count > max) throw new OverLimit(`${count} ${what}, a book holds ${max}`);
  }

  /** Takes bytes, aligned to 16. What is written past them, up to 16 bytes, is never the neighbour's. */
  #take(bytes: number): number {
    const at = this.#next;
    this.#next = at + Math.ceil(bytes / 16) * 16;
    if (this.#next > this.#base + map.BOOK_HALF_BYTES) {
      throw new OverLimit(`the book needs more than ${map.BOOK_HALF_BYTES} bytes`);
    }
    return at;
  }

  #header(offset: number, value: number): void {
    this.#view.setUint32(this.#base + offset, value, true);
  }

  // ---- bitmaps

  /** Its chunks are cache lines. */
  #emptyBitmap(): number {
    this.#next = Math.ceil(this.#next / map.CHUNK_BYTES) * map.CHUNK_BYTES;
    const at = this.#take(this.#bitmapBytes);
    this.#u8.fill(0, at, at + this.#bitmapBytes);
    return at;
  }

  #setBit(bitmap: number, ad: number): void {
    const byte = bitmap + (ad >> 3);
    this.#u8[byte] = (this.#u8[byte] as number) | (1 << (ad & 7));
  }

  #bitmapOf(takes: (ad: Ad) => boolean): number {
    const at = this.#emptyBitmap();
    for (const ad of this.#book.ads) if (takes(ad)) this.#setBit(at, ad.index);
    return at;
  }

  /** What requests block or list by small numbers: a bitmap for each number that some creative has. */
  #writeNumberedBitmaps(): void {
    const { ads } = this.#book;
    const write = (table: number, numbers: (ad: Ad) => readonly number[]): void => {
      for (const ad of ads) {
        for (const n of numbers(ad)) {
          const entry = table + n * 4;
          if (this.#view.getUint32(this.#base + entry, true) === 0) this.#header(entry, this.#emptyBitmap());
          this.#setBit(this.#view.getUint32(this.#base + entry, true), ad.index);
        }
      }
    };
    write(map.BOOK_ATTRIBUTES, (ad) => ad.creative.attributes);
    write(map.BOOK_TYPES, (ad) => [ad.creative.banner_type]);
    write(map.BOOK_API_NEEDED, (ad) => ad.creative.apis);
    const apis = ads.reduce((set, ad) => ad.creative.apis.reduce((bits, api) => bits | (1 << api), set), 0);
    this.#header(map.BOOK_APIS, apis >>> 0);
  }

  // ---- small tables

  #writeRates(): void {
    const { rates, file } = this.#book;
    const at = this.#take(rates.size * map.RATE_STRIDE);
    [...rates].forEach(([currency, rate], i) => {
      const entry = at + i * map.RATE_STRIDE;
      const letters = lower(currency);
      const code = letters.charCodeAt(0) | (letters.charCodeAt(1) << 8) | (letters.charCodeAt(2) << 16);
      this.#view.setUint32(entry, code, true);
      this.#view.setFloat64(entry + 8, rate, true);
      if (currency === file.currency) this.#header(map.BOOK_BASE_CURRENCY, code);
    });
    this.#header(map.BOOK_RATES, at);
    this.#header(map.BOOK_RATE_COUNT, rates.size);
  }

  #writeExchanges(): void {
    const { exchanges } = this.#book;
    const at = this.#take(exchanges.length * map.EXCHANGE_STRIDE);
    exchanges.forEach((id, i) => {
      this.#view.setBigUint64(at + i * map.EXCHANGE_STRIDE, hashText(id), true);
    });
    this.#header(map.BOOK_EXCHANGES, at);
    this.#header(map.BOOK_EXCHANGE_COUNT, exchanges.length);
  }

  #writeSeats(): void {
    const { accounts } = this.#book.file;
    const at = this.#take(accounts.length * map.SEAT_STRIDE);
    accounts.forEach((account, i) => {
      const entry = at + i * map.SEAT_STRIDE;
      const text = this.#encoder.encode(JSON.stringify(account.seat));
      this.#within('bytes in a seat', text.length, map.SEAT_TEXT_BYTES);
      this.#view.setBigUint64(entry, hashText(account.seat), true);
      this.#view.setUint32(
        entry + 8,
        this.#bitmapOf((ad) => ad.seat === i),
        true,
      );
      this.#view.setUint32(entry + 12, text.length, true);
      this.#u8.set(text, entry + map.SEAT_TEXT);
    });
    this.#header(map.BOOK_SEATS, at);
    this.#header(map.BOOK_SEAT_COUNT, accounts.length);
  }

  // ---- ads

  #writeAds(): void {
    const { ads } = this.#book;
    const table = this.#take(ads.length * map.AD_STRIDE);
    const details = this.#take(ads.length * map.DETAIL_STRIDE);
    const bounds = this.#take(ads.length * 4);
    this.#header(map.BOOK_AD_TABLE, table);
    this.#header(map.BOOK_BOUNDS, bounds);
    this.#header(map.BOOK_AD_DETAILS, details);
    for (const ad of ads) {
      const entry = table + ad.index * map.AD_STRIDE;
      const { goal } = ad.adGroup;
      this.#view.setFloat64(entry + map.AD_GOAL_MICROS, goal.bid_micros, true);
      this.#view.setFloat64(entry + map.AD_CAP_MICROS, ad.adGroup.max_bid_cpm_micros, true);
      const state = map.CAMPAIGNS + this.#campaignSlot(ad.campaign.id) * map.CAMPAIGN_STRIDE;
      this.#view.setUint32(entry + map.AD_CAMPAIGN, state, true);
      this.#view.setUint32(entry + map.AD_GOAL, GOALS[goal.type], true);
      this.#view.setUint32(entry + map.AD_SEAT, ad.seat, true);
      this.#view.setFloat32(bounds + ad.index * 4, notBelow(willingMost(ad.adGroup)), true);
      this.#writeDetail(details + ad.index * map.DETAIL_STRIDE, ad);
    }
    this.#writeMost(ads);
  }

  /** For each chunk, and one behind the last, the highest bound of its ads and those behind it. */
  #writeMost(ads: readonly Ad[]): void {
    const chunks = this.#bitmapBytes / map.CHUNK_BYTES;
    const most = this.#take((chunks + 1) * 4);
    let highest = 0;
    for (let chunk = chunks; chunk >= 0; chunk--) {
      const its = ads.slice(chunk * map.CHUNK_ADS, (chunk + 1) * map.CHUNK_ADS);
      highest = its.reduce((bound, ad) => Math.max(bound, notBelow(willingMost(ad.adGroup))), highest);
      this.#view.setFloat32(most + chunk * 4, highest, true);
    }
    this.#header(map.BOOK_MOST, most);
  }

  #writeDetail(entry: number, ad: Ad): void {
    const { campaign, adGroup, creative } = ad;
    const key = hashBytes(this.#encoder.encode(`${campaign.id}/${adGroup.id}/${creative.id}`)); // not one to remember
    this.#view.setBigUint64(entry + map.DETAIL_KEY, key, true);
    this.#view.setUint32(entry + map.DETAIL_PIECES, this.#writePieces(ad), true);
    this.#view.setUint32(entry + map.DETAIL_PIECE_COUNT, ad.pieces.length, true);
    const domains = [...new Set(creative.advertiser_domains.flatMap(parentDomains))];
    const list = this.#take(domains.length * 8);
    domains.forEach((domain, i) => {
      this.#view.setBigUint64(list + i * 8, hashText(domain), true);
    });
    this.#view.setUint32(entry + map.DETAIL_DOMAINS, list, true);
    this.#view.setUint32(entry + map.DETAIL_DOMAIN_COUNT, domains.length, true);
    adFeatures(ad).forEach((feature, i) => {
      this.#view.setUint32(entry + map.DETAIL_FEATURES + i * 4, feature, true);
    });
  }

  /** Writes length and bytes of each piece, one behind the other; once for all ads that read the same. */
  #writePieces(ad: Ad): number {
    const known = this.#written.get(ad.pieces);
    if (known !== undefined) return known;
    const pieces = ad.pieces.map((piece) => this.#encoder.encode(piece));
    const bytes = pieces.reduce((sum, piece) => sum + 4 + piece.length, 0);
    const name = `${ad.campaign.id}/${ad.adGroup.id}/${ad.creative.id}`;
    this.#within(`bytes in the encoded bid of ${name}`, bytes, limits.MAX_BID_FRAGMENT_BYTES);
    this.#within(`tokens in the encoded bid of ${name}`, pieces.length - 1, limits.MAX_BID_TOKENS);
    const start = this.#take(bytes + 16); // the encoder reads 16 bytes at a time
    this.#written.set(ad.pieces, start);
    let at = start;
    for (const piece of pieces) {
      this.#view.setUint32(at, piece.length, true);
      this.#u8.set(piece, at + 4);
      at += 4 + piece.length;
    }
    return start;
  }

  // ---- dimensions

  /** For each restricted dimension the bitmap of the ads that do not restrict it. */
  #writeAnyBitmaps(): Map<number, number> {
    const any = new Map<number, number>();
    for (const [dimension, restricted] of this.#index.restricted) {
      const at = this.#bitmapOf((ad) => restricted[ad.index] === 0);
      any.set(dimension, at);
      this.#header(map.BOOK_ANY + dimension * 4, at);
    }
    return any;
  }

  /** Writes every value as a bitmap or a list, and the dictionary over all of them. */
  #writeValues(any: ReadonlyMap<number, number>, sizes: ReadonlyMap<string | number, number>): void {
    const count = [...this.#index.values.values()].reduce((sum, values) => sum + values.size, 0);
    const slots = 2 ** Math.ceil(Math.log2(Math.max(16, count * 1.33))); // at most three quarters full
    const dictionary = this.#take(slots * map.SLOT_BYTES);
    this.#u8.fill(0, dictionary, dictionary + slots * map.SLOT_BYTES);
    this.#header(map.BOOK_DICTIONARY, dictionary);
    this.#header(map.BOOK_DICTIONARY_MASK, slots - 1);
    for (const [dimension, values] of this.#index.values) {
      for (const [value, ads] of values) {
        const size = dimension === map.DIM_AD_SIZE ? sizes.get(value) : undefined;
        const { address, count } =
          size === undefined
            ? this.#writeValue(dimension, ads, any.get(dimension))
            : { address: size, count: map.BITMAP };
        this.#enter(dictionary, slots - 1, mix(hashValue(dimension, value), dimension), address, count);
      }
    }
  }

  /** A bitmap costs its whole length to read, postings each of them: up to one ad in 64 they are the shorter walk. */
  #writeValue(dimension: number, ads: readonly number[], any: number | undefined): { address: number; count: number } {
    if (dimension === map.DIM_DEAL) return { address: this.#dealAds(ads), count: ads.length };
    const dense = ads.length > 8 && ads.length * 64 > this.#book.ads.length;
    if (!dense) return this.#postings(ads);
    return { address: this.#valueBitmap(ads, any), count: map.BITMAP };
  }

  #valueBitmap(ads: readonly number[], any: number | undefined): number {
    const at = this.#emptyBitmap();
    if (any !== undefined) this.#u8.copyWithin(at, any, any + this.#bitmapBytes);
    for (const ad of ads) this.#setBit(at, ad);
    return at;
  }

  /** Ads of a deal, one u32 each. */
  #dealAds(ads: readonly number[]): number {
    const at = this.#take(ads.length * 4);
    ads.forEach((ad, i) => {
      this.#view.setUint32(at + i * 4, ad, true);
    });
    return at;
  }

  /** Ads, in ascending order, as the words of a bitmap that hold them. */
  #postings(ads: readonly number[]): { address: number; count: number } {
    let count = 0;
    let word = -1;
    for (const ad of ads) {
      if (ad >> 6 !== word) count++;
      word = ad >> 6;
    }
    const address = this.#take(count * map.POSTING_STRIDE);
    this.#u8.fill(0, address, address + count * map.POSTING_STRIDE);
    let posting = address - map.POSTING_STRIDE;
    word = -1;
    for (const ad of ads) {
      if (ad >> 6 !== word) posting += map.POSTING_STRIDE;
      word = ad >> 6;
      this.#view.setUint32(posting, word * 8, true);
      this.#setBit(posting + map.POSTING_BITS, ad & 63);
    }
    return { address, count };
  }

  /** Open addressing with linear probing. */
  #enter(dictionary: number, mask: number, key: bigint, address: number, count: number): void {
    let i = Number(key & 0xffffffffn) & mask;
    while (this.#view.getBigUint64(dictionary + i * map.SLOT_BYTES, true) !== 0n) i = (i + 1) & mask;
    const slot = dictionary + i * map.SLOT_BYTES;
    this.#view.setBigUint64(slot + map.SLOT_KEY, key, true);
    this.#view.setUint32(slot + map.SLOT_ADDRESS, address, true);
    this.#view.setInt32(slot + map.SLOT_COUNT, count, true);
  }

  /** @returns addresses of the sizes */
  #writeSizes(): Map<string | number, number> {
    const values: Values = this.#index.values.get(map.DIM_AD_SIZE) ?? new Map();
    const at = this.#take(values.size * map.SIZE_STRIDE);
    const addresses = new Map<string | number, number>();
    for (const [size, ads] of values) {
      const entry = at + addresses.size * map.SIZE_STRIDE;
      addresses.set(size, entry);
      this.#view.setUint32(entry, Math.floor((size as number) / 65536), true);
      this.#view.setUint32(entry + 4, (size as number) % 65536, true);
      this.#view.setUint32(entry + map.SIZE_BITMAP, this.#valueBitmap(ads, undefined), true);
      const most = ads.reduce((highest, ad) => Math.max(highest, willingMost((this.#book.ads[ad] as Ad).adGroup)), 0);
      this.#view.setFloat64(entry + map.SIZE_MOST, most, true);
    }
    this.#header(map.BOOK_SIZES, at);
    this.#header(map.BOOK_SIZE_COUNT, values.size);
    return addresses;
  }
}

function bidsInOpenAuction(ad: Ad): boolean {
  const { deals, open_auction } = ad.adGroup.targeting;
  return open_auction ?? !deals?.length;
}

/** A 32-bit float that is not below a number. */
function notBelow(x: number): number {
  const float = Math.fround(x);
  return float < x ? Math.fround(x * (1 + 2 ** -23)) : float;
}
