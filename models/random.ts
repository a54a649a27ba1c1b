// The seeded generator of everything that learns or simulates: one integer stands for a whole run, and the state can be
// saved in the middle and restored exactly. It keeps no half-used draw, so its four words are all there is to it.
//
// sfc32 (Chris Doty-Humphrey, PractRand), seeded through splitmix32.

/** Words (u32) of a saved state. */
export const RANDOM_WORDS = 4;

export class Random {
  readonly #state = new Uint32Array(RANDOM_WORDS);

  /** @param seed a whole number from 0 to 2^53 − 1; equal seeds give equal sequences */
  constructor(seed: number) {
    this.seed(seed);
  }

  /** Starts again, as a new generator of this seed. */
  seed(seed: number): void {
    let word = seed >>> 0;
    const next = (): number => {
      word = (word + 0x9e3779b9) >>> 0;
      let z = word;
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      return (z ^ (z >>> 15)) >>> 0;
    };
    const first = next();
    word = (word ^ Math.floor(seed / 2 ** 32)) >>> 0;
    this.#state.set([first, next(), next(), 1]);
    for (let n = 0; n < 12; n += 1) this.u32();
  }

  u32(): number {
    const state = this.#state;
    const a = state[0] as number;
    const b = state[1] as number;
    const c = state[2] as number;
    const counter = state[3] as number;
    const sum = (a + b + counter) >>> 0;
    state[0] = b ^ (b >>> 9);
    state[1] = c + (c << 3);
    state[2] = ((c << 21) | (c >>> 11)) + sum;
    state[3] = counter + 1;
    return sum;
  }

  /** The next `count` words, as by `u32` one after the other, but several times as fast. */
  fill(words: Uint32Array, count: number): void {
    const state = this.#state;
    let [a, b, c, counter] = state as unknown as [number, number, number, number];
    a |= 0;
    b |= 0;
    c |= 0;
    counter |= 0;
    for (let n = 0; n < count; n += 1) {
      const sum = (((a + b) | 0) + counter) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = (((c << 21) | (c >>> 11)) + sum) | 0;
      counter = (counter + 1) | 0;
      words[n] = sum;
    }
    state[0] = a;
    state[1] = b;
    state[2] = c;
    state[3] = counter;
  }

  /** Uniform from `low` up to, but not, `high`, in steps of 2^-32 of the width. */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * (this.u32() / 2 ** 32);
  }

  /** A whole number from 0 up to, but not, `count`. */
  integer(count: number): number {
    return Math.floor((this.u32() / 2 ** 32) * count);
  }

  /** Normal (Box and Muller 1958; the second of the pair is not kept). */
  normal(mean = 0, deviation = 1): number {
    const radius = Math.sqrt(-2 * Math.log((this.u32() + 1) / 2 ** 32));
    return mean + deviation * radius * Math.cos(2 * Math.PI * (this.u32() / 2 ** 32));
  }

  /** Puts the whole numbers of `items` in random order (Fisher and Yates). */
  shuffle(items: Uint32Array): void {
    for (let n = items.length - 1; n > 0; n -= 1) {
      const m = this.integer(n + 1);
      const kept = items[n] as number;
      items[n] = items[m] as number;
      items[m] = kept;
    }
  }

  /** The state, `RANDOM_WORDS` words of its own. */
  save(): Uint32Array {
    return this.#state.slice();
  }

  /** Goes on where the generator stood that was saved. */
  restore(words: Uint32Array): void {
    if (words.length !== RANDOM_WORDS) throw new RangeError(`${words.length} words are no state of a generator`);
    this.#state.set(words);
  }
}
