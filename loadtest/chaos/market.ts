// The exchange of a chaos run: it asks for bids, sells, and sends notices until each is answered 200. It keeps its own
// books: what every bid that it billed must have cost.

import { setTimeout as sleep } from 'node:timers/promises';
import * as map from '../../assembly/memory_map.js';
import type { Random } from '../../bidcore/fuzz/random.js';
import type { GavelNode } from './gavel_node.js';

const NOTICE_MS_MAX = 180_000;
const RETRY_MS = 150;

interface WireBid {
  readonly id: string;
  readonly price: number;
  readonly burl: string;
  readonly lurl: string;
  readonly nurl: string;
  readonly cid: string;
}

/** What the exchange knows of a bid that it billed. */
export interface Billed {
  readonly campaign: string;
  readonly chargeMicros: number;
}

export class Market {
  readonly billed = new Map<string, Billed>();
  /** Notices that were never answered 200. */
  readonly unanswered: string[] = [];
  requests = 0;
  bids = 0;
  notices = 0;
  /** Notices that had to be sent again. */
  retries = 0;
  /** Times a notice that was answered was sent once more. */
  repeats = 0;
  readonly #nodes: readonly GavelNode[];
  readonly #random: Random;
  readonly #underWay = new Set<Promise<void>>();
  #running = false;

  constructor(nodes: readonly GavelNode[], random: Random) {
    this.#nodes = nodes;
    this.#random = random;
  }

  /** Asks all live nodes for bids until `stop`. */
  start(perSecond: number): void {
    this.#running = true;
    void this.#run(perSecond);
  }

  async #run(perSecond: number): Promise<void> {
    while (this.#running) {
      for (const node of this.#nodes) if (node.alive) void this.#ask(node);
      await sleep(1000 / perSecond);
    }
  }

  /** Asks no more; resolves when every notice is through. */
  async stop(): Promise<void> {
    this.#running = false;
    await sleep(200);
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  async #ask(node: GavelNode): Promise<void> {
    this.requests++;
    const body = JSON.stringify({
      id: `r${this.requests}`,
      at: 1,
      tmax: 500,
      imp: [{ id: '1', banner: { w: 300, h: 250 }, bidfloor: 0.1 }],
      site: { domain: 'news.example' },
      device: { ifa: `user-${this.#random.int(1, 50)}` },
    });
    try {
      const url = `http://127.0.0.1:${node.port}/openrtb2/bid`;
      const answer = await fetch(url, { method: 'POST', body, signal: AbortSignal.timeout(2000) });
      if (answer.status !== 200) return;
      const response = (await answer.json()) as { seatbid: { bid: WireBid[] }[] };
      for (const { bid } of response.seatbid) for (const one of bid) this.#sell(one);
    } catch {
      // The node was killed: what it bid and nobody heard expires.
    }
  }

  #sell(bid: WireBid): void {
    this.bids++;
    const wins = this.#random.chance(0.6);
    const micros = Math.round(bid.price * 1e6);
    const clearing = wins && this.#random.chance(0.5) ? this.#random.int(Math.ceil(micros / 2), micros) : micros;
    const price = (clearing / 1e6).toFixed(6);
    if (!wins) {
      this.#send(bid.lurl.replace(`\${AUCTION_LOSS}`, '102').replace(`\${AUCTION_MIN_TO_WIN}`, price));
      return;
    }
    this.billed.set(bid.id, { campaign: bid.cid, chargeMicros: chargeOf(bid, clearing) });
    if (this.#random.chance(0.5)) this.#send(bid.nurl.replace(`\${AUCTION_PRICE}`, price));
    this.#send(bid.burl.replace(`\${AUCTION_PRICE}`, price).replace(`\${AUCTION_MULTIPLIER}`, ''));
  }

  #send(url: string): void {
    this.notices++;
    const sending = this.#deliver(url, this.#random.int(0, 1500)).finally(() => this.#underWay.delete(sending));
    this.#underWay.add(sending);
  }

  /** Delivers a notice to any live node, again and again until one says 200; now and then once more. */
  async #deliver(url: string, delayMs: number): Promise<void> {
    await sleep(delayMs);
    const path = new URL(url).pathname + new URL(url).search;
    for (const deadline = performance.now() + NOTICE_MS_MAX; performance.now() < deadline; this.retries++) {
      const node = this.#random.pick(this.#nodes);
      if (node.alive && (await statusOf(node, path)) === 200) {
        if (!this.#random.chance(0.1)) return;
        this.repeats++;
        await statusOf(this.#random.pick(this.#nodes), path);
        return;
      }
      await sleep(RETRY_MS);
    }
    this.unanswered.push(url);
  }
}

async function statusOf(node: GavelNode, path: string): Promise<number> {
  try {
    const answer = await fetch(`http://127.0.0.1:${node.port}${path}`, { signal: AbortSignal.timeout(3000) });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    return 0; // killed meanwhile
  }
}

/** What a bid must cost at a clearing price, micros: read from its token, by docs/money.md section 4. */
function chargeOf({ burl, price }: WireBid, clearingMicros: number): number {
  const token = Buffer.from(/\/n\/bill\/([\w-]+)/.exec(burl)?.[1] ?? '', 'base64url');
  const reserved = token.readBigInt64LE(map.TOKEN_RESERVED_MICROS);
  const bid = BigInt(Math.round(price * 1e6));
  return Number((reserved * BigInt(clearingMicros)) / bid);
}
