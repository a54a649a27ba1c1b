// Seeded randomness for generated books and bodies: the same seed gives the same work on every machine, so two runs
// of a benchmark can be compared. The fuzzer's generator, with the draws that make traffic look like traffic.

import { Random as Source } from '../bidcore/fuzz/random.js';

export class Random extends Source {
  /** An index below `count` where low ones are far more frequent, as popular domains are. */
  skewed(count: number): number {
    const at = this.float();
    return Math.floor(count * at * at * at);
  }

  /** `count` draws without repeats; fewer when the draw keeps repeating itself. */
  distinct<T>(count: number, draw: () => T): T[] {
    const values = new Set<T>();
    for (let tries = 0; values.size < count && tries < count * 4; tries++) values.add(draw());
    return [...values];
  }

  text(length: number, alphabet: string): string {
    let text = '';
    for (let i = 0; i < length; i++) text += alphabet[Math.floor(this.float() * alphabet.length)];
    return text;
  }
}
