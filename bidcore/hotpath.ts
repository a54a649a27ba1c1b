// One worker's hold on the hot path: where to put a request, the call, where the answer stands, and its counters.

import { randomBytes } from 'node:crypto';
import { MAX_BATCH_BYTES, MAX_BODY_BYTES, MAX_WORKERS } from '../assembly/limits.js';
import * as map from '../assembly/memory_map.js';
import { INTERNAL_ERROR } from '../assembly/reasons.js';
import { type HotPathExports, instantiate } from './module.js';
import { MAC_BYTES } from './money/key_ring.js';

export { compileModule, createMemory } from './module.js';

/** Upper edges, in seconds, of the request duration histogram. */
export const REQUEST_BUCKETS_S: readonly number[] = [
  0.0001, 0.00025, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1,
];
/** Upper edges, in seconds, of the decision duration histogram: microseconds, where decisions are. */
export const DECISION_BUCKETS_S: readonly number[] = [
  0.000001, 0.000002, 0.000003, 0.000005, 0.0000075, 0.00001, 0.000015, 0.00002, 0.00003, 0.00005, 0.0001, 0.00025,
  0.001, 0.01,
];

/** Stages of `bidStage`. */
export const STAGES = ['scan', 'match', 'score', 'price', 'encode'] as const;

/** As the last of them, but nothing is asked of campaigns' funds or held of them: for the benchmark of that. */
export const WITHOUT_MONEY = STAGES.length + 1;

/** V8 compiles a function of a module for good after some hundred calls. */
const WARM_UP_CALLS = 500;

const WARM_UP_STREAM = { mimes: ['video/mp4', 'audio/mp4'], maxduration: 60, protocols: [2, 3, 5, 6, 7, 8, 11] };

/** Test requests that lead through most of the path: formats, a deal, lists, a site and an app; one is pretty. */
const WARM_UP_BODIES: readonly Uint8Array[] = [warmUpRequest('site'), warmUpRequest('app')].map((request, i) =>
  Buffer.from(JSON.stringify(request, null, i * 2)),
);

function warmUpRequest(inventory: 'site' | 'app'): object {
  const sizes = [300, 250, 728, 90, 320, 50, 160, 600, 970, 250, 300, 600];
  const format = sizes.flatMap((w, i) => (i % 2 === 0 ? [{ w, h: sizes[i + 1] }] : []));
  const assets = [
    { id: 1, required: 1, title: { len: 90 } },
    { id: 2, required: 1, img: { type: 3, wmin: 300, hmin: 157 } },
    { id: 3, data: { type: 2, len: 140 } },
  ];
  const pmp = { deals: [{ id: 'warm', bidfloor: 1.25, at: 1 }] };
  return {
    id: 'warm-up',
    test: 1,
    at: inventory === 'site' ? 1 : 2,
    cur: ['USD', 'EUR'],
    bcat: ['IAB25', 'IAB7-39'],
    badv: ['blocked.example', 'www.blocked.example'],
    [inventory]: { domain: 'news.example', bundle: 'example.app', cat: ['IAB1-1'], publisher: { id: '1' } },
    device: { devicetype: 4, os: 'Android', language: 'en-US', geo: { country: 'USA', region: 'NY', zip: '10001' } },
    user: { data: [{ segment: [{ id: 'warm' }] }], ext: { nested: [{ a: [1.5, -2e3, true, null] }] } },
    regs: { gdpr: inventory === 'site' ? 1 : 0, us_privacy: '1YNN', gpp: 'DBAA', gpp_sid: [7] },
    source: { schain: { complete: 1, ver: '1.0', nodes: [{ asi: 'seller.example', sid: '1', hp: 1 }] } },
    imp: [
      { id: '1', bidfloor: 0.01, secure: 1, banner: { format, battr: [1, 3], btype: [1] }, pmp },
      { id: '2', bidfloor: 0.01, video: { ...WARM_UP_STREAM, w: 640, h: 360, linearity: 1, plcmt: 1 } },
      { id: '3', bidfloor: 0.01, audio: WARM_UP_STREAM },
      { id: '4', bidfloor: 0.01, native: { ver: '1.2', request: JSON.stringify({ ver: '1.2', assets }) } },
    ],
  };
}

export class HotPath {
  /** Copy the body here, at 0; room for MAX_BODY_BYTES. */
  readonly input: Uint8Array;
  /** The response stands here, at 0. */
  readonly output: Uint8Array;
  /** Copy a batch here, at 0; room for MAX_BATCH_BYTES. */
  readonly batch: Uint8Array;

  readonly #exports: HotPathExports;
  readonly #batchTable: Uint32Array;
  readonly #hazard: Int32Array;
  readonly #counters: Float64Array;

  /**
   * @param worker 0 to MAX_WORKERS − 2 (the last is the main thread’s); no two threads share one
   */
  constructor(memory: WebAssembly.Memory, module: WebAssembly.Module, worker: number) {
    if (!Number.isInteger(worker) || worker < 0 || worker >= MAX_WORKERS - 1) throw new Error(`no worker ${worker}`);
    const { buffer } = memory;
    const arena = map.ARENAS + worker * map.ARENA_BYTES;
    this.input = new Uint8Array(buffer, arena + map.ARENA_INPUT, MAX_BODY_BYTES);
    this.output = new Uint8Array(buffer, arena + map.ARENA_OUTPUT, map.OUTPUT_BYTES);
    this.batch = new Uint8Array(buffer, arena + map.ARENA_BATCH, MAX_BATCH_BYTES);
    this.#batchTable = new Uint32Array(
      buffer,
      arena + map.ARENA_BATCH_TABLE,
      (map.ARENA_BATCH - map.ARENA_BATCH_TABLE) / 4,
    );
    this.#hazard = new Int32Array(buffer, map.CONTROL + map.CONTROL_HAZARDS + worker * map.HAZARD_STRIDE, 1);
    this.#counters = new Float64Array(buffer, map.COUNTERS + worker * map.COUNTERS_BYTES, map.COUNTERS_BYTES / 8);
    this.#exports = instantiate(memory, module, worker);
    // A random start keeps ids apart between workers, nodes and restarts without a word between them.
    this.setNextBidId(randomBytes(8).readBigUInt64LE());
  }

  /**
   * Answers the first `length` bytes of `input`.
   * @param nowUs time of receipt, microseconds since the epoch
   * @param exchange index in the book's exchanges; an unknown one counts as 0
   * @returns above 0: bytes of the response in `output`; else minus a reason code
   * @throws WebAssembly.RuntimeError on a trap; call `recover` then
   */
  bid(length: number, nowUs: number, exchange: number): number {
    return this.#exports.bid(length, nowUs, exchange);
  }

  /**
   * As `bid`, up to a stage (1 to 5 as in STAGES, or WITHOUT_MONEY) and without counting: for benchmarks. 0 when it ended there.
   * @param chunks how much of the book the second stage matches: without scoring, nothing else says when to stop
   */
  bidStage(length: number, nowUs: number, exchange: number, stage: number, chunks = 0): number {
    return this.#exports.bidThrough(length, nowUs, exchange, stage, chunks);
  }

  /** Chunks of the book the last decision matched before it knew the best ad, if it came to matching. */
  chunksMatched(): number {
    return this.#exports.chunksMatched();
  }

  /**
   * Answers test requests until the engine has compiled the path for good, so that the first real request does not pay
   * for it. Counts nothing. Once a book and a model are live.
   */
  warmUp(nowUs: number): void {
    for (const body of WARM_UP_BODIES) {
      this.input.set(body);
      for (let i = 0; i < WARM_UP_CALLS; i++) this.bidStage(body.length, nowUs, 0, STAGES.length);
    }
  }

  /**
   * Splits the JSON array in the first `length` bytes of `batch`.
   * @returns number of elements, or minus a reason: INVALID_JSON, NOT_OBJECT (no array), OVER_LIMIT (too many)
   */
  splitBatch(length: number): number {
    return this.#exports.splitBatch(length);
  }

  /** Where element i of the batch just split stands in `batch`. */
  batchElement(i: number): { offset: number; length: number } {
    return { offset: this.#batchTable[i * 2] as number, length: this.#batchTable[i * 2 + 1] as number };
  }

  /** After a trap: lets go of the snapshot the lost call was reading, and counts the request. */
  recover(): void {
    Atomics.store(this.#hazard, 0, 0);
    this.#add(map.COUNT_REQUESTS, 1);
    this.countReason(INTERNAL_ERROR);
  }

  /** SipHash-2-4 of a message under a 16-byte key, as 8 little-endian bytes. The output is overwritten. */
  mac(key: Uint8Array, message: Uint8Array): Uint8Array {
    this.output.set(key);
    this.output.set(message, map.MAC_KEY_BYTES);
    this.#exports.macOutput(message.length);
    return this.output.slice(0, MAC_BYTES);
  }

  /** Sets the id of the next bid. */
  setNextBidId(id: bigint): void {
    this.#exports.setNextBidId(Number((id >> 32n) & 0xffffffffn), Number(id & 0xffffffffn));
  }

  /** Adds a request to the duration histograms; seconds. */
  observe(requestSeconds: number, decisionSeconds: number): void {
    this.#add(map.COUNT_REQUEST_SECONDS, requestSeconds);
    this.#add(map.COUNT_REQUEST_BUCKETS + 8 * bucketOf(REQUEST_BUCKETS_S, requestSeconds), 1);
    this.#add(map.COUNT_DECISION_SECONDS, decisionSeconds);
    this.#add(map.COUNT_DECISION_BUCKETS + 8 * bucketOf(DECISION_BUCKETS_S, decisionSeconds), 1);
  }

  /** Counts an answer that was not the hot path's. */
  countReason(code: number): void {
    this.#add(map.COUNT_REASONS + 8 * code, 1);
  }

  /** Hashed features (of the request, then of its last impression) of the request last answered. */
  features(memory: WebAssembly.Memory): Uint32Array {
    const count = map.REQUEST_FEATURES + map.IMP_FEATURES;
    return new Uint32Array(memory.buffer, this.#exports.featuresAddress(), count).slice();
  }

  #add(offset: number, by: number): void {
    const i = offset / 8;
    this.#counters[i] = (this.#counters[i] as number) + by;
  }
}

/** Index of the first edge that is not below a value; one past the last if all are. */
function bucketOf(edges: readonly number[], value: number): number {
  let i = 0;
  while (i < edges.length && value > (edges[i] as number)) i++;
  return i;
}
