// The way to the ledger from a thread that takes notices. Notices of one turn of the event loop travel in one message;
// an answer may come in any order, late or never, and the ledger may be replaced by a new one meanwhile.

import type { MessagePort } from 'node:worker_threads';
import { encodeNotices, type Numbered, type SignedNotice } from '../../bidcore/money/notice_codec.js';
import { type LedgerOutcome, ledgerOutcome } from '../../bidcore/money/notice_outcomes.js';
import type { FromLedger, ToLedger } from './messages.js';

/** How long a notice waits for its answer: an exchange hardly waits longer. */
const ANSWER_MS_MAX = 2000;
/** How often it is looked at whether one has waited too long. */
const LOOK_MS = 200;

/** What the ledger said, or why it did not. */
export type Booking = LedgerOutcome | 'ledger_away' | 'ledger_slow' | 'too_many';

interface Waiting {
  readonly done: (booking: Booking) => void;
  readonly sinceMs: number;
}

export class LedgerPort {
  readonly #waitingMax: number;
  #port: MessagePort | undefined;
  /** In the order they came. */
  readonly #waiting = new Map<number, Waiting>();
  #unsent: Numbered<SignedNotice>[] = [];
  #number = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param waitingMax notices that may wait for an answer */
  constructor(waitingMax: number) {
    this.#waitingMax = waitingMax;
  }

  /** Notices without an answer so far. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Takes the way to a ledger, in place of the one before, whose notices under way are given up. */
  use(port: MessagePort): void {
    this.close();
    this.#port = port;
    port.on('message', (message: FromLedger) => this.#answered(message.answers));
    port.on('close', () => {
      if (this.#port === port) this.#giveUp();
    });
  }

  /** Has a notice booked. Calls `done` once: when it is durable, or when that cannot be waited for. */
  book(notice: SignedNotice, done: (booking: Booking) => void): void {
    if (this.#port === undefined) return done('ledger_away');
    if (this.#waiting.size >= this.#waitingMax) return done('too_many');
    this.#number = (this.#number + 1) >>> 0;
    const number = this.#number;
    this.#waiting.set(number, { done, sinceMs: performance.now() });
    if (this.#unsent.push({ number, notice }) === 1) setImmediate(() => this.#send());
    this.#timer ??= setInterval(() => this.#look(), LOOK_MS);
  }

  /** Lets go of the ledger: what waits is given up. */
  close(): void {
    const port = this.#port;
    this.#giveUp();
    port?.close();
  }

  #send(): void {
    if (this.#unsent.length === 0) return;
    const notices = encodeNotices(this.#unsent);
    this.#unsent = [];
    const message: ToLedger = { kind: 'notices', notices };
    this.#port?.postMessage(message, [notices]);
  }

  #answered(answers: Uint32Array): void {
    for (let i = 0; i < answers.length; i += 2)
      this.#finish(answers[i] as number, ledgerOutcome(answers[i + 1] as number));
    this.#rest();
  }

  /** Gives up those that have waited too long. The ledger may still book them: then a second try is `repeated`. */
  #look(): void {
    const latestMs = performance.now() - ANSWER_MS_MAX;
    for (const [number, { sinceMs }] of this.#waiting) {
      if (sinceMs > latestMs) break;
      this.#finish(number, 'ledger_slow');
    }
    this.#rest();
  }

  /** An answer to one that was given up goes nowhere. */
  #finish(number: number, booking: Booking): void {
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    waiting?.done(booking);
  }

  #giveUp(): void {
    this.#port = undefined;
    this.#unsent = [];
    for (const number of [...this.#waiting.keys()]) this.#finish(number, 'ledger_away');
    this.#rest();
  }

  #rest(): void {
    if (this.#waiting.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
