// The way of notices from an exchange, a browser or an advertiser to the bidder: each with its delay, some lost, some
// twice, some late, in whatever order that makes; sent again while the answer is 503 or none comes. What is answered
// 200 is entered in the books, once a kind and bid.

import type { Books, Counted } from './books.js';
import type { Chance } from './chance.js';
import type { Wire } from './wire.js';

/** A bid that notices are about. */
export interface ToldBid {
  readonly id: string;
  readonly campaign: string;
  /** What it costs when the notice that bills it is accepted, micros. */
  readonly chargeMicros: number;
  readonly billedBy: 'bill' | 'imp';
  /** Told when it is billed, and when a click on it is booked. */
  readonly onBilled?: () => void;
  readonly onClick?: () => void;
  /** Kinds that were accepted. */
  readonly accepted: Set<Counted>;
}

export interface NoticeHabits {
  /** Shares of notices that never arrive, and that are sent twice. */
  readonly lost: number;
  readonly repeated: number;
  /** What delays are multiplied with. */
  readonly timeScale: number;
}

interface Notice {
  dueMs: number;
  readonly kind: Counted;
  readonly path: string;
  readonly bid: ToldBid;
  triesLeft: number;
}

const TRIES = 200;
/** Until a notice that was not answered 200 is sent again, in milliseconds before scaling; and the least. */
const AGAIN_MS = 2000;
const AGAIN_MS_MIN = 100;
const TICK_MS = 4;
/** Notices without an answer beyond which nothing more is sold. */
const UNDER_WAY_MAX = 500;
/** How much later than the first time a notice comes the second time, milliseconds: median and spread. */
const REPEAT_MS = 4000;
const REPEAT_SPREAD = 1.5;

export class NoticeDesk {
  readonly counts = { sent: 0, lost: 0, repeated: 0, again: 0, refused: 0, unanswered: 0 };
  readonly #wires: readonly Wire[];
  readonly #books: Books;
  readonly #habits: NoticeHabits;
  readonly #nowMs: () => number;
  /** A binary heap, the one due first on top. */
  readonly #due: Notice[] = [];
  #underWay = 0;
  #next = 0;
  #draining = false;
  #timer: NodeJS.Timeout | undefined;
  #idle: (() => void) | undefined;

  /**
   * @param wires one a node: a notice may come to any
   * @param nowMs the time, in milliseconds since whenever
   */
  constructor(wires: readonly Wire[], books: Books, habits: NoticeHabits, nowMs: () => number) {
    this.#wires = wires;
    this.#books = books;
    this.#habits = habits;
    this.#nowMs = nowMs;
  }

  /** From now on sends by itself what is due. Where time is virtual, whoever moves it calls `sendDue`. */
  start(): void {
    this.#timer = setInterval(() => this.sendDue(), TICK_MS);
  }

  /** When the next notice is due; Infinity if none is left. */
  get nextMs(): number {
    return this.#due[0]?.dueMs ?? Infinity;
  }

  /** Notices that are not through yet. */
  get open(): number {
    return this.#due.length + this.#underWay;
  }

  /** Whether it sends faster than it is answered: who goes on selling makes every notice late. */
  get isBehind(): boolean {
    return this.#underWay > UNDER_WAY_MAX;
  }

  /** Takes a notice: what becomes of it is drawn from `chance`. @param delayMs before scaling */
  send(kind: Counted, path: string, bid: ToldBid, delayMs: number, chance: Chance): void {
    const { lost, repeated, timeScale } = this.#habits;
    const [isLost, isRepeated] = [chance.chance(lost), chance.chance(repeated)];
    const later = chance.logNormal(REPEAT_MS, REPEAT_SPREAD);
    if (isLost) {
      this.counts.lost++;
      return;
    }
    const dueMs = this.#nowMs() + delayMs * timeScale;
    this.#push({ dueMs, kind, path, bid, triesLeft: TRIES });
    if (!isRepeated) return;
    this.counts.repeated++;
    this.#push({ dueMs: dueMs + later * timeScale, kind, path, bid, triesLeft: TRIES });
  }

  /** Sends all that is left, in its order but without its delays; resolves when all is answered or given up. */
  async drain(): Promise<void> {
    this.#draining = true;
    this.sendDue();
    if (this.open > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
    clearInterval(this.#timer);
  }

  /** Ends at once: what is not through stays so. */
  stop(): void {
    clearInterval(this.#timer);
  }

  sendDue(): void {
    const now = this.#nowMs();
    // While it drains what has its first try before it goes out at once; what was refused waits its time.
    for (let top = this.#due[0]; top !== undefined; top = this.#due[0]) {
      if (top.dueMs > now && !(this.#draining && top.triesLeft === TRIES)) break;
      this.#deliver(this.#pop());
    }
  }

  #deliver(notice: Notice): void {
    const wire = this.#wires[this.#next++ % this.#wires.length] as Wire;
    this.counts.sent++;
    this.#underWay++;
    wire.get(notice.path, (status) => {
      this.#underWay--;
      this.#answered(notice, status);
      if (this.open === 0) this.#idle?.();
    });
  }

  #answered(notice: Notice, status: number): void {
    if (status === 200 || status === 302) {
      this.#accept(notice);
      return;
    }
    if (status !== 503 && status !== 0) {
      this.counts.refused++;
      return;
    }
    if (--notice.triesLeft === 0) {
      this.counts.unanswered++;
      return;
    }
    this.counts.again++;
    notice.dueMs = this.#nowMs() + Math.max(AGAIN_MS_MIN, AGAIN_MS * this.#habits.timeScale);
    this.#push(notice);
  }

  #accept({ kind, bid }: Notice): void {
    if (bid.accepted.has(kind)) return;
    bid.accepted.add(kind);
    const bills = kind === bid.billedBy;
    this.#books.accept(kind, bid.campaign, bid.id, bills ? bid.chargeMicros : 0);
    if (bills) bid.onBilled?.();
    if (kind === 'click') bid.onClick?.();
  }

  #push(notice: Notice): void {
    const heap = this.#due;
    let at = heap.push(notice) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if ((heap[above] as Notice).dueMs <= notice.dueMs) break;
      heap[at] = heap[above] as Notice;
      at = above;
    }
    heap[at] = notice;
  }

  #pop(): Notice {
    const heap = this.#due;
    const top = heap[0] as Notice;
    const last = heap.pop() as Notice;
    if (heap.length === 0) return top;
    let at = 0;
    for (let below = 1; below < heap.length; below = 2 * at + 1) {
      const right = below + 1;
      if (right < heap.length && (heap[right] as Notice).dueMs < (heap[below] as Notice).dueMs) below = right;
      if ((heap[below] as Notice).dueMs >= last.dueMs) break;
      heap[at] = heap[below] as Notice;
      at = below;
    }
    heap[at] = last;
    return top;
  }
}
