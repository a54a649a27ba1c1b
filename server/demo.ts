// `npm start -- --demo`: traffic for a bidder that nobody sends any: the exchange simulator, as a process beside it,
// gently, against the campaigns it has. Traffic ends before the bidder does, so that the books can be compared.

import { type ChildProcess, spawn } from 'node:child_process';
import { SIMULATOR_SCRIPT } from './files.js';

const AUCTIONS_PER_SECOND = 50;
/** Until the notices that are under way are through and the books compared; then it is ended. */
const STOP_MS_MAX = 15_000;

export class Demo {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;

  /**
   * Starts the traffic.
   * @param base where the bidder listens, such as http://127.0.0.1:7507
   * @param campaignsPath the bidder's campaign file: the traffic is of what it targets
   */
  constructor(base: string, campaignsPath: string) {
    const args = [
      '--url',
      base,
      '--campaigns',
      campaignsPath,
      '--rate',
      String(AUCTIONS_PER_SECOND),
      '--seconds',
      '1e6',
    ];
    // A group of its own: a Ctrl-C is for the bidder, which ends this one first. Should the bidder die, the channel
    // closes, and the simulator ends by itself.
    this.#child = spawn(process.execPath, ['--enable-source-maps', SIMULATOR_SCRIPT, ...args], {
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', () => resolve()).once('exit', () => resolve());
    });
  }

  /** Ends the traffic; resolves when all that it had to tell is told. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS_MAX);
    await this.#ended;
    clearTimeout(timer);
  }
}
