// Steady traffic for tests that change something meanwhile: keep-alive connections that ask one request after the other
// and remember every answer that was not as it must be.

import { Agent } from 'node:http';
import { type Answer, type Ask, ask } from './wire.js';

export interface Traffic {
  /** Answers so far. */
  readonly answers: number;
  /** Ends it; returns what went wrong. */
  stop(): Promise<readonly string[]>;
}

/**
 * Starts asking.
 * @param requestOf the n-th request
 * @param check says what is wrong with an answer, or undefined; `sinceMs` is when its request was sent
 * @param refusedIsRight whether a refused connection ends it well (a bidder on its way out)
 */
export function startTraffic(
  port: number,
  connections: number,
  requestOf: (n: number) => Ask,
  check: (answer: Answer, n: number, sinceMs: number) => string | undefined,
  refusedIsRight: () => boolean = () => false,
): Traffic {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const wrong: string[] = [];
  let running = true;
  let answers = 0;
  let asked = 0;
  const connection = async (): Promise<void> => {
    while (running) {
      const n = asked++;
      const sinceMs = performance.now();
      try {
        const answer = await ask(port, { ...requestOf(n), agent });
        answers++;
        const problem = check(answer, n, sinceMs);
        if (problem !== undefined) wrong.push(problem);
      } catch (error) {
        const { code, message, onNewConnection } = error as NodeJS.ErrnoException & { onNewConnection?: boolean };
        // A connection that nobody had accepted when the port was closed is reset, not refused.
        const refused = code === 'ECONNREFUSED' || (code === 'ECONNRESET' && onNewConnection === true);
        if (refused && refusedIsRight()) return;
        wrong.push(`no answer to request ${n}: ${message}`);
        if (wrong.length > 100) return;
      }
    }
  };
  const ended = Promise.all(Array.from({ length: connections }, connection));
  return {
    get answers(): number {
      return answers;
    },
    stop: async () => {
      running = false;
      await ended;
      agent.destroy();
      return wrong;
    },
  };
}
