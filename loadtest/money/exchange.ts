// The exchanges of a history: they send requests, and tell what became of the bids, again until they are answered 200.

import type { BidFacts, Notice } from '../../bidcore/money/event.js';
import type { SimNode, Surroundings } from './node.js';
import type { BidSpec, NoticeSpec } from './scenario.js';

/** An answer is not waited for longer. */
const TIMEOUT_MS = 2000;
const TRIES_MAX = 60;

export class Exchange {
  readonly #nodes: readonly SimNode[];
  readonly #around: Surroundings;

  constructor(nodes: readonly SimNode[], around: Surroundings) {
    this.#nodes = nodes;
    this.#around = around;
  }

  start(): void {
    for (const bid of this.#around.scenario.bids) this.#around.schedule.at(bid.atMs, () => this.#request(bid));
  }

  #request(spec: BidSpec): void {
    const { oracle, schedule, trace } = this.#around;
    const facts = this.#nodes[spec.node]?.bid(spec);
    if (facts === undefined) {
      oracle.counts.refused++;
      return;
    }
    trace(
      `node ${spec.node} bids ${spec.bid} for ${spec.campaign}: ${spec.reservedMicros} reserved, ` +
        `lease ${facts.lease}, expires in ${spec.expiryS} s`,
    );
    oracle.made(facts);
    for (const notice of spec.notices) schedule.after(notice.afterMs, () => this.#send(facts, notice, 1));
  }

  #send(facts: BidFacts, spec: NoticeSpec, nth: number): void {
    const { schedule, random, scenario, trace } = this.#around;
    const again = (): void => {
      if (nth < TRIES_MAX) schedule.after(random.int(100, 2000), () => this.#send(facts, spec, nth + 1));
    };
    const number = nth === 1 ? spec.node : random.int(0, this.#nodes.length - 1);
    const node = this.#nodes[number] as SimNode;
    const { run } = node;
    if (run === undefined || run.closing) return again();
    const atMs = node.nowMs;
    const clearingMicros = spec.clearing === undefined ? undefined : Math.floor(facts.priceMicros * spec.clearing);
    const notice: Notice = {
      ...{ kind: spec.kind, facts, atMs, clearingMicros, quantity: spec.quantity },
      ...{ lossReason: undefined, toWinMicros: undefined, name: undefined, errorCode: undefined },
    };
    let answered = false;
    const answer = (booking: string): void => {
      if (answered) return;
      answered = true;
      schedule.cancel(timeout);
      trace(`node ${number} answers ${booking} to ${spec.kind} of ${facts.bid}`);
      if (booking === 'failed' || booking === 'no answer') again();
    };
    schedule.after(random.int(0, Math.floor(scenario.onItsWayMs * 0.9)), () => {
      if (node.run === run) void node.receive(notice, run).then(answer);
    });
    const timeout = schedule.after(TIMEOUT_MS, () => answer('no answer'));
  }
}
