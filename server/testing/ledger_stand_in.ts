// A ledger for tests, in this thread: it books into an array, each kind of each bid once, and can be held up.

import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { Notice } from '../../bidcore/money/event.js';
import { decodeNotices } from '../../bidcore/money/notice_codec.js';
import { outcomeNumber } from '../../bidcore/money/notice_outcomes.js';
import type { FromLedger, ToLedger } from '../notices/messages.js';

export class LedgerStandIn {
  readonly booked: Notice[] = [];
  /** Messages that came. */
  messages = 0;
  readonly #ports: MessagePort[] = [];
  #held: (() => void)[] | undefined;

  /** A way to it, for one thread. */
  connect(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    this.#ports.push(port2);
    port2.on('message', (message: ToLedger) => {
      this.messages += 1;
      const answer = (): void => this.#book(port2, message);
      if (this.#held === undefined) answer();
      else this.#held.push(answer);
    });
    return port1;
  }

  /** Answers nothing until `release`. */
  hold(): void {
    this.#held ??= [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const answer of held) answer();
  }

  close(): void {
    for (const port of this.#ports) port.close();
  }

  #book(port: MessagePort, { notices }: ToLedger): void {
    const answers = decodeNotices(notices).flatMap(({ number, notice }) => {
      const again = this.booked.some(({ kind, facts }) => kind === notice.kind && facts.bid === notice.facts.bid);
      if (!again) this.booked.push(notice);
      return [number, outcomeNumber(again ? 'repeated' : 'booked')];
    });
    port.postMessage({ kind: 'answers', answers: Uint32Array.from(answers) } satisfies FromLedger);
  }
}
