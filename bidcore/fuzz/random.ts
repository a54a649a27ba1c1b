// A small seeded generator, so that one integer stands for a whole case: book, body and situation. Math.random cannot
// be seeded, and fast-check's own generators are too slow for the millions of cases the fuzzer runs.
//
// sfc32 (Chris Doty-Humphrey, PractRand), seeded through splitmix32.

export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** @param seed a non-negative integer up to 2⁵³ − 1; equal seeds give equal sequences */
  constructor(seed: number) {
    let state = (seed % 4294967296) >>> 0;
    const next = (): number => {
      state = (state + 0x9e3779b9) >>> 0;
      let z = state;
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      return (z ^ (z >>> 15)) >>> 0;
    };
    this.#a = next();
    state = (state ^ Math.floor(seed / 4294967296)) >>> 0;
    this.#b = next();
    this.#c = next();
    for (let n = 0; n < 12; n += 1) this.u32();
  }

  u32(): number {
    const sum = (this.#a + this.#b + this.#counter) >>> 0;
    this.#counter = (this.#counter + 1) >>> 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) >>> 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) >>> 0;
    return sum;
  }

  u64(): bigint {
    return (BigInt(this.u32()) << 32n) | BigInt(this.u32());
  }

  /** From 0 up to, but not, 1. */
  float(): number {
    return this.u32() / 4294967296;
  }

  /** An integer from `min` to `max`, both included. */
  int(min: number, max: number): number {
    return min + Math.floor(this.float() * (max - min + 1));
  }

  chance(probability: number): boolean {
    return this.float() < probability;
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new Error('pick from nothing');
    return items[this.int(0, items.length - 1)] as T;
  }

  /** Between `min` and `max` picks, in random order; the same item may come twice. */
  some<T>(items: readonly T[], min: number, max: number): T[] {
    return items.length === 0 ? [] : Array.from({ length: this.int(min, max) }, () => this.pick(items));
  }

  shuffled<T>(items: readonly T[]): T[] {
    const out = [...items];
    for (let n = out.length - 1; n > 0; n -= 1) {
      const m = this.int(0, n);
      [out[n], out[m]] = [out[m] as T, out[n] as T];
    }
    return out;
  }

  /** One of the weighted choices: `[weight, value]`. */
  weighted<T>(choices: readonly (readonly [number, T])[]): T {
    let left = this.float() * choices.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, value] of choices) {
      left -= weight;
      if (left < 0) return value;
    }
    return (choices[choices.length - 1] as readonly [number, T])[1];
  }
}

/** Mixes two integers into a new seed, so that parts of a case do not share their sequence. */
export function mixSeeds(seed: number, salt: number): number {
  const random = new Random(seed);
  for (let n = 0; n <= salt % 7; n += 1) random.u32();
  return (random.u32() ^ Math.imul(salt, 0x9e3779b1)) >>> 0;
}
