// Exchanges, accounts and their choices in a book: profiles, seats, what accounts block, whose consent is asked.

import * as limits from '../assembly/limits.js';
import * as map from '../assembly/memory_map.js';
import * as pieces from '../assembly/pieces.js';
import type { Ad, Book } from './book.js';
import { type Entry, entry, exchangeDealHash, seatsEntry } from './book_dictionary.js';
import { descendantsOf, hashValue, withDescendants } from './book_index.js';
import { type BookMemory, within } from './book_memory.js';
import { alpha2Of } from './countries.js';
import { attributesOf, FORMATS, type Format } from './creative_file.js';
import { type AccountPolicy, addressRange, type ExchangeProfile, seatOf } from './exchange_file.js';
import { hashText, mix } from './hash.js';
import { bareDomain, lower, wellFormed } from './vocabulary.js';

// ---- exchanges and seats

/** Three letters as they stand in a rate. */
export function currencyCode(currency: string): number {
  const letters = lower(currency);
  return letters.charCodeAt(0) | (letters.charCodeAt(1) << 8) | (letters.charCodeAt(2) << 16);
}

const WHEN_NOTICE = { nurl: pieces.WHEN_NURL, burl: pieces.WHEN_BURL, lurl: pieces.WHEN_LURL };

/** Writes the exchanges, each with the names of the accounts there. Returns the deals they list, for the dictionary. */
export function writeExchanges(memory: BookMemory, book: Book): Entry[] {
  const { profiles } = book;
  const at = memory.takeZeroed(profiles.length * map.EXCHANGE_STRIDE);
  const bitmaps = book.file.accounts.map((_, i) => memory.bitmapOf((ad) => ad.seat === i));
  memory.header(map.BOOK_EXCHANGES, at);
  memory.header(map.BOOK_EXCHANGE_COUNT, profiles.length);
  memory.header(map.BOOK_SEAT_COUNT, bitmaps.length);
  let usual = 0; // seats of the exchanges that have no names of their own
  profiles.forEach((profile, i) => {
    const own = Object.keys(profile.seats).length > 0;
    const seats = own || usual === 0 ? writeSeats(memory, book, profile, bitmaps) : usual;
    if (!own) usual = seats;
    writeExchange(memory, at + i * map.EXCHANGE_STRIDE, profile, seats);
  });
  return profiles.flatMap(({ deals = [] }, i) =>
    [...new Set(deals.map(wellFormed))].map((deal) =>
      entry(map.DIM_EXCHANGE_DEAL, exchangeDealHash(deal, i), 0, map.BITMAP),
    ),
  );
}

function writeExchange(memory: BookMemory, at: number, profile: ExchangeProfile, seats: number): void {
  const { id, currency, margin, tmax_margin_ms, notices, price_encoding, deals } = profile;
  const formats: readonly Format[] = profile.formats ?? FORMATS;
  memory.u64(at, hashText(id));
  memory.f64(at + map.EXCHANGE_DIVISOR, margin?.kind === 'net' ? 1 + margin.share : 1);
  memory.u32(at + map.EXCHANGE_CURRENCY, currency === undefined ? 0 : currencyCode(currency));
  memory.view.setInt32(
    at + map.EXCHANGE_TMAX_MARGIN_US,
    tmax_margin_ms === undefined ? -1 : tmax_margin_ms * 1000,
    true,
  );
  memory.u32(
    at + map.EXCHANGE_FORMATS,
    formats.reduce((set, format) => set | (1 << FORMATS.indexOf(format)), 0),
  );
  const base64 = price_encoding === 'base64' ? pieces.WHEN_BASE64 : 0;
  const billedByImpression = notices.includes('burl') ? 0 : pieces.WHEN_BILLED_BY_IMPRESSION;
  memory.u32(
    at + map.EXCHANGE_WHEN,
    notices.reduce<number>((set, notice) => set | WHEN_NOTICE[notice], base64 | billedByImpression),
  );
  memory.u32(at + map.EXCHANGE_BLOCKED, blockedAds(memory, profile));
  memory.u32(at + map.EXCHANGE_LISTS_DEALS, deals?.length ? 1 : 0);
  memory.u32(at + map.EXCHANGE_SEATS, seats);
}

function blockedAds(memory: BookMemory, { attributes_blocked: blocked }: ExchangeProfile): number {
  if (blocked.length === 0) return 0;
  return memory.bitmapOfAny(({ creative }: Ad) => attributesOf(creative).some((one) => blocked.includes(one)));
}

function writeSeats(memory: BookMemory, book: Book, profile: ExchangeProfile, bitmaps: readonly number[]): number {
  const at = memory.takeZeroed(bitmaps.length * map.SEAT_STRIDE);
  book.file.accounts.forEach((account, i) => {
    const to = at + i * map.SEAT_STRIDE;
    const seat = seatOf(account, profile);
    const text = Buffer.from(JSON.stringify(seat));
    within('bytes in a seat', text.length, map.SEAT_TEXT_BYTES);
    memory.u64(to, hashText(seat));
    memory.u32(to + 8, bitmaps[i] as number);
    memory.u32(to + 12, text.length);
    memory.u8.set(text, to + map.SEAT_TEXT);
  });
  return at;
}

// ---- what accounts do not want

/** Writes which accounts refuse what. Returns the values they block, for the dictionary. */
export function writePolicies(memory: BookMemory, book: Book): Entry[] {
  const seatsThat = (refuse: (policy: AccountPolicy) => boolean): bigint =>
    book.file.accounts.reduce((set, { policy }, i) => (refuse(policy) ? set | (1n << BigInt(i)) : set), 0n);
  const brands = ({ blocked }: AccountPolicy): number =>
    blocked.domains.length + blocked.bundles.length + blocked.categories.length;
  const conditions: ((policy: AccountPolicy) => boolean)[] = [
    (p) => p.without_consent === 'no_bid',
    (p) => p.crawlers === 'no_bid',
    (p) => p.datacentres === 'no_bid',
    (p) => p.schain === 'complete',
    (p) => p.schain === 'required',
  ];
  conditions.forEach((refuse, i) => {
    memory.header64(map.BOOK_SEATS_NEED_CONSENT + i * 8, seatsThat(refuse));
    const ads = memory.bitmapOfAny((ad) => refuse(ad.account.policy));
    memory.header(map.BOOK_ADS_REFUSED + i * 4, ads);
  });
  memory.header64(
    map.BOOK_SEATS_PUBLISHERS,
    seatsThat((p) => p.blocked.publishers.length > 0),
  );
  memory.header64(
    map.BOOK_SEATS_BRANDS,
    seatsThat((p) => brands(p) > 0),
  );
  memory.header64(
    map.BOOK_SEATS_NODES,
    seatsThat((p) => p.blocked_nodes.length > 0),
  );
  return blockedValues(book);
}

/** Each value that some account blocks, with the set of those that do. */
function blockedValues(book: Book): Entry[] {
  const seats = new Map<string, { dimension: number; hash: bigint; set: bigint }>();
  const descendants = descendantsOf(book);
  book.file.accounts.forEach(({ policy }, i) => {
    const block = (dimension: number, hash: bigint): void => {
      const name = `${dimension} ${hash}`;
      const known = seats.get(name) ?? { dimension, hash, set: 0n };
      seats.set(name, { ...known, set: known.set | (1n << BigInt(i)) });
    };
    const { publishers, domains, bundles, categories } = policy.blocked;
    for (const one of publishers) block(map.DIM_BLOCKED_PUBLISHER, hashText(one));
    for (const one of domains) block(map.DIM_BLOCKED_DOMAIN, hashText(bareDomain(one)));
    for (const one of bundles) block(map.DIM_BLOCKED_BUNDLE, hashText(lower(one)));
    for (const one of withDescendants(categories, descendants)) {
      block(map.DIM_BLOCKED_CATEGORY, hashValue(map.DIM_BLOCKED_CATEGORY, one));
    }
    for (const node of policy.blocked_nodes) {
      const slash = node.indexOf('/');
      if (slash < 0) block(map.DIM_BLOCKED_NODE, hashText(lower(node)));
      else {
        const system = hashText(lower(node.slice(0, slash)));
        block(map.DIM_BLOCKED_SELLER, mix(system, hashText(node.slice(slash + 1))));
      }
    }
  });
  return [...seats.values()].map(({ dimension, hash, set }) => seatsEntry(dimension, hash, set));
}

// ---- traffic and privacy

/** Writes crawlers' user agents and the ranges of addresses. */
export function writeTraffic(memory: BookMemory, { file }: Book): void {
  const agents = [...new Set(file.traffic.crawler_agents.map((agent) => lower(wellFormed(agent))))].map((agent) =>
    Buffer.from(agent),
  );
  within("fragments of crawlers' user agents", agents.length, limits.MAX_CRAWLER_AGENTS);
  const bytes = Buffer.concat(agents.map((agent) => Buffer.concat([Buffer.from([agent.length]), agent])));
  const at = memory.take(bytes.length);
  memory.u8.set(bytes, at);
  memory.header(map.BOOK_AGENTS, at);
  memory.header(map.BOOK_AGENT_COUNT, agents.length);
  const nibbles = nibblesOf(agents);
  for (let i = 0; i < nibbles.length; i += 4) {
    memory.header(map.BOOK_AGENT_NIBBLES + i, nibbles.readUInt32LE(i));
  }

  const ranges = apart(file.traffic.datacentre_ranges.map(addressRange));
  const table = memory.take(ranges.length * 8);
  ranges.forEach(({ first, last }, i) => {
    memory.u32(table + i * 8, first);
    memory.u32(table + i * 8 + 4, last);
  });
  memory.header(map.BOOK_RANGES, table);
  memory.header(map.BOOK_RANGE_COUNT, ranges.length);
}

/** For each of the first three bytes: by low nibble, then by high nibble, the sets of fragments that may have it. */
function nibblesOf(agents: readonly Buffer[]): Buffer {
  const nibbles = Buffer.alloc(96);
  agents.forEach((agent, n) => {
    for (let place = 0; place < 3; place++) {
      const byte = agent[place] as number;
      const upper = byte >= 97 && byte <= 122 ? byte - 32 : byte;
      for (const one of [byte, upper]) {
        for (const at of [place * 32 + (one & 15), place * 32 + 16 + (one >> 4)]) {
          nibbles[at] = (nibbles[at] as number) | (1 << (n % 8));
        }
      }
    }
  });
  return nibbles;
}

/** Ranges in ascending order, those that overlap made one. */
function apart(ranges: { first: number; last: number }[]): { first: number; last: number }[] {
  const merged: { first: number; last: number }[] = [];
  for (const range of [...ranges].sort((a, b) => a.first - b.first)) {
    const before = merged.at(-1);
    if (before !== undefined && range.first <= before.last) before.last = Math.max(before.last, range.last);
    else merged.push({ ...range });
  }
  return merged;
}

/** Writes our vendor. Returns the countries of the GDPR, for the dictionary. */
export function writePrivacy(memory: BookMemory, { file }: Book): Entry[] {
  const { tcf_vendor_id = 0, legitimate_interest, flexible, gdpr_countries } = file.privacy;
  const purposes = (list: readonly number[]): number => list.reduce((set, p) => set | (1 << (p - 1)), 0);
  memory.header(map.BOOK_TCF_VENDOR, tcf_vendor_id);
  memory.header(map.BOOK_TCF_INTEREST, purposes(legitimate_interest));
  memory.header(map.BOOK_TCF_FLEXIBLE, purposes(flexible));
  const codes = new Set(gdpr_countries.flatMap((code) => [code, alpha2Of(code) ?? code].map(lower)));
  return [...codes].map((code) => entry(map.DIM_GDPR_COUNTRY, hashText(code), 0, map.BITMAP));
}
