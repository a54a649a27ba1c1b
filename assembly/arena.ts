// This worker's part of the shared memory. Set once, before the first request; see memory_map.ts for the drawing.

import {
  ARENAS, ARENA_ASSETS, ARENA_BIDS, ARENA_BITMAPS, ARENA_BITMAPS_OUT, ARENA_BRACKETS, ARENA_BYTES, ARENA_CHUNK,
  ARENA_CONTEXT, ARENA_DEALS, ARENA_DURATION_FLOORS, ARENA_FORMATS, ARENA_GROUPS, ARENA_IMPS, ARENA_INPUT,
  ARENA_LISTS, ARENA_NESTED, ARENA_OUTPUT, ARENA_PLACES, ARENA_POSTINGS_OUT, ARENA_RECORD, ARENA_SEXTETS,
  ARENA_UNESCAPED, BITMAP_BYTES, CONTROL, CONTROL_HAZARDS, COUNTERS, COUNTERS_BYTES,
  HAZARD_STRIDE,
} from './memory_map';
import { setScratch } from './scan';

export let input: usize = 0;
export let request: usize = 0;
export let imps: usize = 0;
export let deals: usize = 0;
export let formats: usize = 0;
export let assets: usize = 0;
export let durationFloors: usize = 0;
export let nested: usize = 0;
export let sextets: usize = 0;
export let lists: usize = 0;
export let places: usize = 0;
export let bids: usize = 0;
export let context: usize = 0;
export let output: usize = 0;
export let hazard: usize = 0;
export let counters: usize = 0;
export let chunk: usize = 0;
export let groups: usize = 0;
export let postingsOut: usize = 0;
export let bitmapsOut: usize = 0;
let bitmaps: usize = 0;

/** Takes the arena of a worker. */
export function setWorker(worker: i32): void {
  const arena: usize = ARENAS + <usize>worker * ARENA_BYTES;
  input = arena + ARENA_INPUT;
  request = arena + ARENA_RECORD;
  imps = arena + ARENA_IMPS;
  deals = arena + ARENA_DEALS;
  formats = arena + ARENA_FORMATS;
  assets = arena + ARENA_ASSETS;
  durationFloors = arena + ARENA_DURATION_FLOORS;
  nested = arena + ARENA_NESTED;
  sextets = arena + ARENA_SEXTETS;
  lists = arena + ARENA_LISTS;
  places = arena + ARENA_PLACES;
  bids = arena + ARENA_BIDS;
  context = arena + ARENA_CONTEXT;
  output = arena + ARENA_OUTPUT;
  bitmaps = arena + ARENA_BITMAPS;
  chunk = arena + ARENA_CHUNK;
  groups = arena + ARENA_GROUPS;
  postingsOut = arena + ARENA_POSTINGS_OUT;
  bitmapsOut = arena + ARENA_BITMAPS_OUT;
  hazard = CONTROL + CONTROL_HAZARDS + <usize>worker * HAZARD_STRIDE;
  counters = COUNTERS + <usize>worker * COUNTERS_BYTES;
  setScratch(arena + ARENA_BRACKETS, arena + ARENA_UNESCAPED);
}

/** Address of a scratch bitmap. */
// @ts-ignore: decorator
@inline
export function bitmap(n: i32): usize {
  return bitmaps + <usize>n * BITMAP_BYTES;
}

/** Adds to one of this worker's counters. */
// @ts-ignore: decorator
@inline
export function count(offset: usize, by: f64): void {
  store<f64>(counters + offset, load<f64>(counters + offset) + by);
}
