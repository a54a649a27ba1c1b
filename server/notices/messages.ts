// What a thread that takes notices and the ledger say to each other, over a port of their own. Both ends may end at any
// time: then the port closes, which says so to the other.

/** All notices of one turn of the sender's event loop. */
export interface ToLedger {
  readonly kind: 'notices';
  /** Made by `encodeNotices`, read by `decodeNotices` (bidcore/money/notice_codec.ts); handed over. */
  readonly notices: ArrayBuffer;
}

/** Answers to notices of any of the sender's messages, in any order: each once, and only when it is durable. */
export interface FromLedger {
  readonly kind: 'answers';
  /** Pairs: number of the notice, position of its outcome in NOTICE_OUTCOMES (one of the ledger's). */
  readonly answers: Uint32Array;
}

/** What the threads that take notices are given at their start. */
export interface NoticeSettings {
  /** Keys of tokens and click addresses, the current one first. Never logged. */
  readonly keys: readonly { readonly id: number; readonly bytes: Uint8Array }[];
  /** For how long after its bid a notice counts, seconds. */
  readonly lifeS: number;
  /** Notices that may wait for the ledger, a thread. */
  readonly waitingMax: number;
  /** Keys of exchanges that encrypt prices, by the end of their name in the environment. Never logged. */
  readonly priceKeys: Readonly<Record<string, { readonly encryption: Uint8Array; readonly integrity: Uint8Array }>>;
}
