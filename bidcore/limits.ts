// The bounds of `assembly/limits.ts` for the code around the module, and what must hold between them and the map.

import * as limits from '../assembly/limits.js';
import * as map from '../assembly/memory_map.js';
import * as model from '../assembly/model_layout.js';

export * from '../assembly/limits.js';

/**
 * Throws when a bound and the region that serves it do not fit. Called at start, before any memory is made: a wrong
 * constant must stop the process, not corrupt a neighbour.
 */
export function assertLimits(): void {
  const fits = (what: string, used: number, room: number): void => {
    if (used > room) throw new Error(`limits: ${what} needs ${used} bytes and has ${room}`);
  };
  fits('input', map.ARENA_INPUT + limits.MAX_BODY_BYTES + map.INPUT_PADDING, map.ARENA_RECORD);
  fits('request record', map.ARENA_RECORD + map.REQUEST_BYTES, map.ARENA_IMPS);
  fits('impressions', map.ARENA_IMPS + limits.MAX_IMPS * map.IMP_STRIDE, map.ARENA_DEALS);
  fits('deals', map.ARENA_DEALS + (limits.MAX_DEALS + 1) * map.DEAL_STRIDE, map.ARENA_FORMATS);
  fits('formats', map.ARENA_FORMATS + (limits.MAX_FORMATS + 1) * map.FORMAT_STRIDE, map.ARENA_BIDS);
  fits('bids', map.ARENA_BIDS + limits.MAX_BIDS * map.BID_STRIDE, map.ARENA_CONTEXT);
  fits('packed features', map.IMP_PACKED_FEATURES + 52, map.IMP_STRIDE);
  fits('token', map.CONTEXT_TOKEN + map.TOKEN_BYTES + 4, map.CONTEXT_TOKEN_TEXT);
  fits('context', map.ARENA_CONTEXT + map.CONTEXT_TOKEN_TEXT + map.TOKEN_TEXT_BYTES, map.ARENA_BRACKETS);
  fits('brackets', map.ARENA_BRACKETS + limits.MAX_BODY_BYTES / 8, map.ARENA_UNESCAPED);
  fits('brackets of a batch', limits.MAX_BATCH_BYTES / 8, map.OUTPUT_BYTES);
  fits('unescaped text', map.ARENA_UNESCAPED + limits.MAX_BODY_BYTES + 64, map.ARENA_PLACES);
  fits('bitmap', limits.MAX_ADS / 8, map.BITMAP_BYTES);
  fits('bitmaps', map.ARENA_BITMAPS + map.SCRATCH_BITMAPS * map.BITMAP_BYTES, map.ARENA_CHUNK);
  fits('chunks', map.ARENA_CHUNK + 3 * map.CHUNK_BYTES, map.ARENA_POSTINGS_OUT);
  fits('terms', map.LIST_SLOTS + limits.MAX_SEATS + limits.MAX_AUDIENCES + 64, map.TERMS);
  fits('image terms', map.TERMS + limits.MAX_ASSETS * limits.MAX_IMAGES, map.GROUP_TERMS);
  fits('groups', map.ARENA_GROUPS + map.GROUP_TERMS * map.TERM_BYTES, map.ARENA_BATCH_TABLE);
  fits('postings out', map.ARENA_POSTINGS_OUT + map.TERMS * map.TERM_BYTES, map.ARENA_BITMAPS_OUT);
  fits('bitmaps out', map.ARENA_BITMAPS_OUT + (map.TERMS + 112) * 4, map.ARENA_LISTS);
  fits('lists', map.ARENA_LISTS + map.LIST_SLOTS * 8, map.ARENA_ASSETS);
  fits('assets', map.ARENA_ASSETS + (limits.MAX_ASSETS + 1) * map.ASSET_STRIDE, map.ARENA_DURATION_FLOORS);
  const durationFloors = (limits.MAX_DURATION_FLOORS + 1) * map.DURATION_FLOOR_STRIDE;
  fits('floors by duration', map.ARENA_DURATION_FLOORS + durationFloors, map.ARENA_NESTED);
  fits('nested text', map.ARENA_NESTED + limits.MAX_BODY_BYTES + map.INPUT_PADDING, map.ARENA_SEXTETS);
  fits('sextets', map.ARENA_SEXTETS + limits.MAX_BODY_BYTES + 32, map.ARENA_GROUPS);
  // Domain and page of site, app and dooh, each with its parents.
  const domainSlots = 3 * 2 * Math.ceil(limits.MAX_DOMAIN_BYTES / 2);
  fits('list values', (limits.MAX_LIST_VALUES * 2 + domainSlots) * 8, map.LIST_SLOTS * 8);
  const bid =
    limits.MAX_BID_FRAGMENT_BYTES + limits.MAX_BID_TOKENS * map.TOKEN_TEXT_BYTES + 2 * limits.MAX_ID_BYTES + 256;
  const assets = limits.MAX_ASSETS * (limits.MAX_ASSET_BYTES + 64);
  const bids = limits.MAX_BIDS * (bid + assets + map.SEAT_TEXT_BYTES);
  fits('response', bids + limits.MAX_ID_BYTES + 256, map.OUTPUT_BYTES);
  fits('output', map.ARENA_OUTPUT + map.OUTPUT_BYTES, map.ARENA_BYTES);
  fits('batch table', map.ARENA_BATCH_TABLE + limits.MAX_BATCH_REQUESTS * 8, map.ARENA_BATCH);
  fits('batch', map.ARENA_BATCH + limits.MAX_BATCH_BYTES + map.INPUT_PADDING, map.ARENA_OUTPUT);
  fits('counters', map.COUNTERS + limits.MAX_WORKERS * map.COUNTERS_BYTES, map.CAMPAIGNS);
  fits('hazards', map.CONTROL_HAZARDS + limits.MAX_WORKERS * map.HAZARD_STRIDE, map.COUNTERS - map.CONTROL);
  fits('campaigns', map.CAMPAIGNS + limits.MAX_CAMPAIGNS * map.CAMPAIGN_STRIDE, map.MULTIPLIERS);
  fits('multipliers', map.MULTIPLIERS + limits.MAX_CAMPAIGNS * 4, map.ARENAS);
  fits('places', map.ARENA_PLACES + (limits.MAX_IMPS + limits.MAX_DEALS) * map.PLACE_STRIDE, map.ARENA_BITMAPS);
  fits('arenas', map.ARENAS + limits.MAX_WORKERS * map.ARENA_BYTES, map.MODELS);
  fits('model', model.MODEL_BYTES, map.MODEL_HALF_BYTES);
  fits('models', map.MODELS + 2 * map.ARMS * map.MODEL_HALF_BYTES, map.VECTORS);
  fits('vectors', limits.MAX_ADS * map.VECTOR_STRIDE, map.VECTOR_HALF_BYTES);
  fits('ad vectors', map.VECTORS + 2 * map.ARMS * map.VECTOR_HALF_BYTES, map.BOOKS);
  fits('books', map.BOOKS + 2 * map.BOOK_HALF_BYTES, map.RESERVATIONS);
  fits('reservations', map.RESERVATIONS + limits.MAX_CAMPAIGNS * map.RESERVATION_STRIDE, map.FREQUENCY);
  fits('frequency table', map.FREQUENCY + map.FREQUENCY_SETS * map.FREQUENCY_SET_BYTES, map.MEMORY_BYTES);
  if (map.MEMORY_PAGES * 65536 !== map.MEMORY_BYTES) throw new Error('limits: MEMORY_PAGES and MEMORY_BYTES differ');
  if (limits.MAX_AUDIENCES > 32) throw new Error('limits: MAX_AUDIENCES is over the bits of a word');
  if (limits.MAX_ADS % map.CHUNK_ADS !== 0) throw new Error('limits: MAX_ADS is not a multiple of CHUNK_ADS');
}
