// Compiles a book into the idle half of shared memory: header, ads, bitmaps, lists, dictionary, encoded bids. The
// map of what is written stands in `assembly/memory_map.ts`.

import * as limits from '../assembly/limits.js';
import * as map from '../assembly/memory_map.js';
import { adFeatures } from './ad_features.js';
import { type Ad, type Book, willingMost } from './book.js';
import { writeAudiences } from './book_audiences.js';
import { type CapList, capFlags, writeCaps } from './book_caps.js';
import { type Records, valueEntries, writeDictionary } from './book_dictionary.js';
import { type BookIndex, durationValue, indexBook, type Values } from './book_index.js';
import { BookMemory, OverLimit, within } from './book_memory.js';
import { writeImages, writeNative } from './book_natives.js';
import { currencyCode, writeExchanges, writePolicies, writePrivacy, writeTraffic } from './book_profiles.js';
import type { AdGroup } from './campaign_file.js';
import { attributesOf, type Creative, FORMATS, mediaMimes, protocolOf } from './creative_file.js';
import { hashBytes, hashText } from './hash.js';
import { levelOf } from './money/reservations.js';
import type { Piece } from './render.js';
import { bareDomain, lower, parentDomains } from './vocabulary.js';

/** A book that does not fit: which limit it is over. The book that was live stays. */
export interface BookError {
  readonly code: 'book_over_limit';
  readonly problem: string;
}

const GOALS = { cpm: map.GOAL_CPM, cpc: map.GOAL_CPC, cpa: map.GOAL_CPA };
const encoder = new TextEncoder();

/**
 * Compiles a book.
 * @param half 0 or 1, one that nobody reads
 * @param campaignIndex index of a campaign's state
 * @returns bytes used
 */
export function compileBook(
  memory: Pick<WebAssembly.Memory, 'buffer'>,
  half: number,
  book: Book,
  campaignIndex: (id: string) => number,
): number | BookError {
  try {
    return new BookWriter(memory.buffer, map.BOOKS + half * map.BOOK_HALF_BYTES, book, campaignIndex).write();
  } catch (error) {
    if (error instanceof OverLimit) return { code: 'book_over_limit', problem: error.message };
    throw error;
  }
}

interface EncodedPieces {
  readonly bytes: Uint8Array;
  readonly tokens: number;
}

/** By the objects themselves: what did not change since an earlier book is not encoded and hashed again. */
const encodedBids = new WeakMap<readonly Piece[], EncodedPieces>();
const hashes = new WeakMap<AdGroup, Map<string, AdHashes>>();

/** Pieces as they stand in a book: a word with length and conditions before each text. */
function encodedPieces(pieces: readonly Piece[]): EncodedPieces {
  const known = encodedBids.get(pieces);
  if (known !== undefined) return known;
  const texts = pieces.map(({ text }) => encoder.encode(text));
  const bytes = new Uint8Array(texts.reduce((sum, text) => sum + 4 + text.length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  texts.forEach((text, i) => {
    const { before, when } = pieces[i] as Piece;
    view.setUint32(at, text.length | (before << 16) | (when << 24), true);
    bytes.set(text, at + 4);
    at += 4 + text.length;
  });
  const encoded = { bytes, tokens: pieces.filter(({ before }) => before !== 0).length };
  encodedBids.set(pieces, encoded);
  return encoded;
}

interface AdHashes {
  readonly creative: Creative;
  readonly key: bigint;
  readonly features: readonly number[];
}

function hashesOf(ad: Ad): AdHashes {
  const { campaign, adGroup, creative } = ad;
  const ofGroup = hashes.get(adGroup) ?? new Map<string, AdHashes>();
  hashes.set(adGroup, ofGroup);
  const name = `${campaign.id}/${creative.id}`;
  const known = ofGroup.get(name);
  if (known?.creative === creative) return known;
  const key = hashBytes(encoder.encode(`${campaign.id}/${adGroup.id}/${creative.id}`)); // not one to remember
  const made = { creative, key, features: adFeatures(ad) };
  ofGroup.set(name, made);
  return made;
}

class BookWriter {
  readonly #memory: BookMemory;
  readonly #book: Book;
  readonly #index: BookIndex;
  readonly #campaignIndex: (id: string) => number;
  readonly #written = new Map<readonly Piece[], number>();
  readonly #natives = new Map<Creative, number>();
  readonly #caps = new Map<AdGroup, CapList>();

  constructor(buffer: SharedArrayBuffer, base: number, book: Book, campaignIndex: (id: string) => number) {
    within('ads', book.ads.length, limits.MAX_ADS);
    within('seats', book.file.accounts.length, limits.MAX_SEATS);
    within('exchanges', book.exchanges.length, limits.MAX_EXCHANGES);
    within('currencies', book.rates.size, limits.MAX_CURRENCIES);
    this.#memory = new BookMemory(buffer, base, book.ads);
    this.#book = book;
    this.#campaignIndex = campaignIndex;
    this.#index = indexBook(book);
    within('creative sizes', this.#index.values.get(map.DIM_AD_SIZE)?.size ?? 0, limits.MAX_SIZES);
    within('durations', this.#index.values.get(map.DIM_AD_DURATION)?.size ?? 0, limits.MAX_DURATIONS);
  }

  write(): number {
    const { ads, version } = this.#book;
    const memory = this.#memory;
    memory.header(map.BOOK_VERSION, version);
    memory.header(map.BOOK_ADS, ads.length);
    memory.header(map.BOOK_CHUNKS, memory.bitmapBytes / map.CHUNK_BYTES);
    memory.header(
      map.BOOK_ALL,
      memory.bitmapOf(() => true),
    );
    memory.header(
      map.BOOK_SECURE,
      memory.bitmapOf((ad) => ad.secure),
    );
    memory.header(map.BOOK_OPEN, memory.bitmapOf(bidsInOpenAuction));
    this.#writeFormats();
    this.#writeNumberedBitmaps();
    this.#writeRates();
    this.#writeAds();
    writeImages(memory, ads);
    writeTraffic(memory, this.#book);
    writeAudiences(memory, this.#book, this.#index);
    const any = this.#writeAnyBitmaps();
    const records: Records = new Map([
      [map.DIM_AD_SIZE, this.#writeSizes()],
      [map.DIM_AD_DURATION, this.#writeDurations()],
    ]);
    writeDictionary(memory, [
      ...valueEntries(memory, this.#index, any, records, ads.length),
      ...writeExchanges(memory, this.#book),
      ...writePolicies(memory, this.#book),
      ...writePrivacy(memory, this.#book),
    ]);
    return memory.used;
  }

  /** What there is of each format. */
  #writeFormats(): void {
    const memory = this.#memory;
    FORMATS.forEach((format, i) => {
      memory.header(
        map.BOOK_MTYPES + i * 4,
        memory.bitmapOfAny((ad) => ad.creative.type === format),
      );
    });
    memory.header(
      map.BOOK_SKIPPABLE,
      memory.bitmapOfAny(({ creative }) => creative.type === 'video' && creative.skip_after_s !== undefined),
    );
    FORMATS.forEach((format, i) => {
      const common = commonMime(this.#book.ads.map(({ creative }) => creative).filter(({ type }) => type === format));
      memory.header64(map.BOOK_COMMON_MIMES + i * 8, common === undefined ? 0n : hashText(common));
    });
    const natives = this.#book.ads.filter(({ creative }) => creative.type === 'native');
    memory.headerFloat(map.BOOK_NATIVE_MOST, most(natives));
  }

  /** What requests block or list by small numbers: a bitmap for each number that some creative has. */
  #writeNumberedBitmaps(): void {
    const { ads } = this.#book;
    const memory = this.#memory;
    const write = (table: number, numbers: (creative: Creative) => readonly number[]): void => {
      for (const ad of ads) {
        for (const n of numbers(ad.creative)) {
          const entry = table + n * 4;
          if (memory.headerAt(entry) === 0) memory.header(entry, memory.emptyBitmap());
          memory.setBit(memory.headerAt(entry), ad.index);
        }
      }
    };
    write(map.BOOK_ATTRIBUTES, attributesOf);
    write(map.BOOK_TYPES, (creative) => (creative.type === 'banner' ? [creative.banner_type] : []));
    write(map.BOOK_API_NEEDED, (creative) => creative.apis);
    write(map.BOOK_PROTOCOLS, (creative) => ('vast_version' in creative ? [protocolOf(creative)] : []));
    const apis = ads.reduce((set, ad) => ad.creative.apis.reduce((bits, api) => bits | (1 << api), set), 0);
    memory.header(map.BOOK_APIS, apis >>> 0);
  }

  #writeRates(): void {
    const { rates, file } = this.#book;
    const memory = this.#memory;
    const at = memory.takeZeroed(rates.size * map.RATE_STRIDE);
    [...rates].forEach(([currency, rate], i) => {
      const entry = at + i * map.RATE_STRIDE;
      memory.u32(entry, currencyCode(currency));
      memory.f64(entry + 8, rate);
      if (currency === file.currency) memory.header(map.BOOK_BASE_CURRENCY, currencyCode(currency));
    });
    memory.header(map.BOOK_RATES, at);
    memory.header(map.BOOK_RATE_COUNT, rates.size);
  }

  // ---- ads

  #writeAds(): void {
    const { ads } = this.#book;
    const memory = this.#memory;
    const table = memory.takeZeroed(ads.length * map.AD_STRIDE);
    const details = memory.takeZeroed(ads.length * map.DETAIL_STRIDE);
    const bounds = memory.take(ads.length * 4);
    memory.header(map.BOOK_AD_TABLE, table);
    memory.header(map.BOOK_BOUNDS, bounds);
    memory.header(map.BOOK_AD_DETAILS, details);
    for (const ad of ads) {
      this.#writeAd(table + ad.index * map.AD_STRIDE, ad);
      memory.view.setFloat32(bounds + ad.index * 4, notBelow(willingMost(ad.adGroup)), true);
      this.#writeDetail(details + ad.index * map.DETAIL_STRIDE, ad);
    }
    this.#writeMost(ads);
  }

  #writeAd(entry: number, { adGroup, campaign, creative, seat }: Ad): void {
    const memory = this.#memory;
    memory.f64(entry + map.AD_GOAL_MICROS, adGroup.goal.bid_micros);
    memory.f64(entry + map.AD_CAP_MICROS, adGroup.max_bid_cpm_micros);
    memory.u32(entry + map.AD_CAMPAIGN, map.CAMPAIGNS + this.#campaignIndex(campaign.id) * map.CAMPAIGN_STRIDE);
    memory.u32(entry + map.AD_GOAL, GOALS[adGroup.goal.type]);
    memory.u32(entry + map.AD_SEAT, seat);
    const seconds = 'duration_s' in creative ? creative.duration_s : 0;
    const flags = (adGroup.guaranteed ? map.FLAG_GUARANTEED : 0) | capFlags(campaign, adGroup);
    memory.u32(entry + map.AD_DURATION, seconds | ((FORMATS.indexOf(creative.type) + 1) << 16) | (flags << 24));
  }

  /** For each chunk, and one behind the last, the highest bound of its ads and those behind it. */
  #writeMost(ads: readonly Ad[]): void {
    const chunks = this.#memory.bitmapBytes / map.CHUNK_BYTES;
    const table = this.#memory.take((chunks + 1) * 4);
    let highest = 0;
    for (let chunk = chunks; chunk >= 0; chunk--) {
      const its = ads.slice(chunk * map.CHUNK_ADS, (chunk + 1) * map.CHUNK_ADS);
      highest = its.reduce((bound, ad) => Math.max(bound, notBelow(willingMost(ad.adGroup))), highest);
      this.#memory.view.setFloat32(table + chunk * 4, highest, true);
    }
    this.#memory.header(map.BOOK_MOST, table);
  }

  #writeDetail(entry: number, ad: Ad): void {
    const { campaign, adGroup, creative } = ad;
    const memory = this.#memory;
    const { key, features } = hashesOf(ad);
    memory.u64(entry + map.DETAIL_KEY, key);
    memory.u32(entry + map.DETAIL_PIECES, this.#writePieces(ad));
    memory.u32(entry + map.DETAIL_PIECE_COUNT, ad.pieces.length);
    const domains = [...new Set(creative.advertiser_domains.flatMap(parentDomains))];
    const list = memory.take(domains.length * 8);
    domains.forEach((domain, i) => {
      memory.u64(list + i * 8, hashText(domain));
    });
    memory.u32(entry + map.DETAIL_DOMAINS, list);
    memory.u32(entry + map.DETAIL_DOMAIN_COUNT, domains.length);
    memory.u64(entry + map.DETAIL_ADVERTISER, hashText(bareDomain(creative.advertiser_domains[0] as string)));
    memory.u64(entry + map.DETAIL_CAMPAIGN, hashText(campaign.id));
    memory.u64(entry + map.DETAIL_AD_GROUP, hashText(`${campaign.id}/${adGroup.id}`));
    memory.u32(entry + map.DETAIL_EXPIRY_S, adGroup.bid_expiry_s);
    memory.u32(entry + map.DETAIL_LEVEL, levelOf(adGroup.bid_expiry_s));
    features.forEach((feature, i) => {
      memory.u32(entry + map.DETAIL_FEATURES + i * 4, feature);
    });
    const caps = this.#caps.get(adGroup) ?? writeCaps(memory, campaign, adGroup);
    this.#caps.set(adGroup, caps);
    memory.u32(entry + map.DETAIL_CAPS, caps.at);
    memory.u32(entry + map.DETAIL_CAP_COUNT, caps.count);
    if (creative.type !== 'native') return;
    const native = this.#natives.get(creative) ?? writeNative(memory, creative);
    this.#natives.set(creative, native);
    memory.u32(entry + map.DETAIL_NATIVE, native);
  }

  /** Writes the pieces, one behind the other; once for all ads that read the same. */
  #writePieces(ad: Ad): number {
    const known = this.#written.get(ad.pieces);
    if (known !== undefined) return known;
    const memory = this.#memory;
    const { bytes: encoded, tokens } = encodedPieces(ad.pieces);
    const bytes = encoded.length;
    const name = `${ad.campaign.id}/${ad.adGroup.id}/${ad.creative.id}`;
    within(`bytes in the encoded bid of ${name}`, bytes, limits.MAX_BID_FRAGMENT_BYTES);
    within(`tokens in the encoded bid of ${name}`, tokens, limits.MAX_BID_TOKENS);
    const start = memory.take(bytes + 16); // the encoder reads 16 bytes at a time
    this.#written.set(ad.pieces, start);
    memory.u8.set(encoded, start);
    return start;
  }

  // ---- dimensions

  /** For each restricted dimension the bitmap of the ads that do not restrict it. */
  #writeAnyBitmaps(): Map<number, number> {
    const any = new Map<number, number>();
    for (const [dimension, restricted] of this.#index.restricted) {
      const at = this.#memory.bitmapOf((ad) => restricted[ad.index] === 0);
      any.set(dimension, at);
      this.#memory.header(map.BOOK_ANY + dimension * 4, at);
    }
    return any;
  }

  #most(ads: readonly number[]): number {
    return most(ads.map((ad) => this.#book.ads[ad] as Ad));
  }

  /** @returns addresses of the sizes */
  #writeSizes(): Map<string | number, number> {
    const memory = this.#memory;
    const values: Values = this.#index.values.get(map.DIM_AD_SIZE) ?? new Map();
    const at = memory.takeZeroed(values.size * map.SIZE_STRIDE);
    const addresses = new Map<string | number, number>();
    for (const [size, ads] of values) {
      const entry = at + addresses.size * map.SIZE_STRIDE;
      addresses.set(size, entry);
      memory.u32(entry, Math.floor((size as number) / 65536));
      memory.u32(entry + 4, (size as number) % 65536);
      memory.u32(entry + map.SIZE_BITMAP, memory.valueBitmap(ads, undefined));
      memory.f64(entry + map.SIZE_MOST, this.#most(ads));
    }
    memory.header(map.BOOK_SIZES, at);
    memory.header(map.BOOK_SIZE_COUNT, values.size);
    return addresses;
  }

  /** @returns addresses of the durations */
  #writeDurations(): Map<string | number, number> {
    const memory = this.#memory;
    const values: Values = this.#index.values.get(map.DIM_AD_DURATION) ?? new Map();
    const at = memory.takeZeroed(values.size * map.DURATION_STRIDE);
    const addresses = new Map<string | number, number>();
    for (const [value, ads] of values) {
      const entry = at + addresses.size * map.DURATION_STRIDE;
      addresses.set(value, entry);
      const mtype = Math.floor((value as number) / durationValue(1, 0));
      memory.u32(entry + map.DURATION_SECONDS, (value as number) % durationValue(1, 0));
      memory.u32(entry + map.DURATION_TYPE, mtype);
      memory.u32(entry + map.DURATION_BITMAP, memory.valueBitmap(ads, undefined));
      memory.f64(entry + map.DURATION_MOST, this.#most(ads));
    }
    memory.header(map.BOOK_DURATIONS, at);
    memory.header(map.BOOK_DURATION_COUNT, values.size);
    return addresses;
  }
}

/** A MIME type, lower, that all of some creatives have. */
function commonMime(creatives: readonly Creative[]): string | undefined {
  const [first, ...others] = [...new Set(creatives)].map((creative) => mimesOf(creative).map(lower));
  return first?.find((mime) => others.every((mimes) => mimes.includes(mime)));
}

function mimesOf(creative: Creative): readonly string[] {
  if (creative.type === 'banner') return [creative.mime];
  return creative.type === 'native' ? [] : mediaMimes(creative);
}

/** The most that any of some ads can be willing to pay, CPM micros. */
function most(ads: readonly Ad[]): number {
  return ads.reduce((highest, ad) => Math.max(highest, willingMost(ad.adGroup)), 0);
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
