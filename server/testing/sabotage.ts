// Loaded before Gavel's own code (`node --import`), into every thread: makes the hot path fail on demand, which no
// request can do from outside. A body that is `"trap"` traps, one that is `"crash"` breaks an invariant.

import { HotPath } from '../../bidcore/hotpath.js';

const bid = HotPath.prototype.bid;

HotPath.prototype.bid = function sabotaged(this: HotPath, length: number, nowUs: number, exchange: number): number {
  const body = length < 16 ? Buffer.from(this.input.slice(0, length)).toString() : '';
  if (body === '"trap"') throw new WebAssembly.RuntimeError('sabotaged');
  if (body === '"crash"') throw new Error('sabotaged');
  return bid.call(this, length, nowUs, exchange);
};
