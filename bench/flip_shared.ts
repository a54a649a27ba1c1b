// What the flip benchmark's two threads share: the phase now measured, and a histogram of decision times per phase.

export const PHASES = ['warm', 'quiet', 'book', 'model'] as const;
export type Phase = (typeof PHASES)[number];

/** Words of control: the number of the phase plus one (0: pause), done, wrong answers. */
export const WORD_PHASE = 0;
export const WORD_DONE = 1;
export const WORD_WRONG = 2;
export const WORDS = 16;

/** Buckets of a tenth of a microsecond, up to 50 ms; the last takes the rest. */
export const BUCKETS = 500_000;
const BUCKETS_PER_US = 10;

export interface FlipTask {
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module;
  readonly words: Int32Array;
  readonly counts: Uint32Array;
  readonly bodies: readonly Uint8Array[];
  /** Bytes of the right answer to each body, 0 for none. */
  readonly lengths: readonly number[];
}

export function bucketOf(us: number): number {
  return Math.min(BUCKETS - 1, Math.floor(us * BUCKETS_PER_US));
}

export interface Latency {
  readonly count: number;
  readonly p99_us: number;
  readonly max_us: number;
}

export function latencyOf(counts: Uint32Array, phase: Phase): Latency {
  const first = PHASES.indexOf(phase) * BUCKETS;
  const histogram = counts.subarray(first, first + BUCKETS);
  const count = histogram.reduce((sum, n) => sum + n, 0);
  const atRank = (rank: number): number => {
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += histogram[bucket] as number;
      if (seen >= rank) return (bucket + 1) / BUCKETS_PER_US;
    }
    return Number.NaN;
  };
  return { count, p99_us: atRank(Math.ceil(0.99 * count)), max_us: atRank(count) };
}
