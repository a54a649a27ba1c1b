// Clocks, quantiles and hashes: how every benchmark takes its figures, so that they mean the same.

import { createHash } from 'node:crypto';

/** Quantile of unsorted samples, nearest rank. Sorts a copy. */
export function quantile(samples: Float64Array | readonly number[], q: number): number {
  const sorted = Float64Array.from(samples).sort();
  return sortedQuantile(sorted, q);
}

/** Quantile of ascending samples, nearest rank. */
export function sortedQuantile(sorted: Float64Array, q: number): number {
  if (sorted.length === 0) return Number.NaN;
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] as number;
}

export function median(samples: Float64Array | readonly number[]): number {
  return quantile(samples, 0.5);
}

/** What reading the clock twice around nothing reads, in microseconds: it is in every single timing. */
export function clockOverheadUs(): number {
  const samples = new Float64Array(20_000);
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < samples.length; i++) {
      const start = performance.now();
      samples[i] = (performance.now() - start) * 1000;
    }
  }
  return median(samples);
}

/** A running hash of what a benchmark computed: two runs with one seed must print the same. */
export class WorkHash {
  private readonly hash = createHash('sha256');

  bytes(data: Uint8Array): this {
    this.hash.update(data);
    return this;
  }

  number(value: number): this {
    this.hash.update(`${value};`);
    return this;
  }

  text(): string {
    return this.hash.copy().digest('hex').slice(0, 16);
  }
}

/** Runs the garbage collector, where node was started with --expose-gc. */
export function collectGarbage(): void {
  const { gc } = globalThis as { gc?: () => void };
  gc?.();
}
