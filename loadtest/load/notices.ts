// Notices of bids that win: of some of the bids in answers, the win and the billing notice are sent at the price of the
// bid, as an exchange does, so that the bidder books while it bids.

import type { Sent } from './open_loop.js';
import type { Outcome } from './recorder.js';
import { Sockets } from './sockets.js';
import type { Prepared } from './wire.js';

const CONNECTIONS = 4;
/** Notices that wait for a connection at most; the rest are not sent. An exchange would try later. */
const WAITING_MAX = 10_000;
const URLS = [/"nurl":"https?:\/\/[^/"]+([^"]+)"/, /"burl":"https?:\/\/[^/"]+([^"]+)"/];
const PRICE = /"price":([0-9.]+)/;

export class Notices {
  readonly counts = { sent: 0, answered: 0, failed: 0 };
  readonly #host: string;
  readonly #sockets: Sockets;
  readonly #share: number;
  readonly #waiting: Prepared[] = [];
  /** Bids that would have won so far, as a fraction: every nth bid wins, without chance. */
  #owed = 0;

  constructor(host: string, port: number, share: number) {
    this.#host = host;
    this.#share = share;
    this.#sockets = new Sockets(host, port, share > 0 ? CONNECTIONS : 0, {
      answered: (_: Sent, __: Outcome) => {
        this.counts.answered++;
        this.#next();
      },
      failed: () => {
        this.counts.failed++;
      },
      bid: () => undefined,
    });
  }

  open(): Promise<void> {
    return this.#sockets.open();
  }

  close(): void {
    this.#sockets.close();
  }

  /** An answer with a bid came. */
  bid(data: Buffer, length: number): void {
    this.#owed += this.#share;
    if (this.#owed < 1) return;
    this.#owed -= 1;
    const text = data.toString('latin1', 0, length);
    const price = PRICE.exec(text)?.[1] ?? '1';
    for (const url of URLS) {
      const path = url.exec(text)?.[1]?.replace('${AUCTION_PRICE}', price).replace('${AUCTION_MULTIPLIER}', '1');
      if (path === undefined || this.#waiting.length >= WAITING_MAX) continue;
      const bytes = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: ${this.#host}\r\n\r\n`);
      this.#waiting.push({ bytes, tmaxMs: Number.POSITIVE_INFINITY });
    }
    this.#next();
  }

  #next(): void {
    for (let request = this.#waiting[0]; request !== undefined; request = this.#waiting[0]) {
      if (!this.#sockets.send({ request, intendedMs: 0 })) return;
      this.counts.sent++;
      this.#waiting.shift();
    }
  }
}
