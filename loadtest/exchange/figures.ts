// What a buyer got for its money: over all, and by windows of auctions in their order, so that a curve can be drawn.

export interface Window {
  spendMicros: number;
  /** Latent expected value of what was billed, micros: see docs/exchange-simulator.md. */
  valueMicros: number;
  impressions: number;
  expectedClicks: number;
  clicks: number;
  /** The same as the bidder predicted them when it bid. */
  predictedValueMicros: number;
  predictedClicks: number;
}

/** An impression that was billed. */
export interface Billed {
  /** Of its auction, from 0. */
  readonly n: number;
  readonly campaign: string;
  readonly spendMicros: number;
  readonly valueMicros: number;
  readonly clickRate: number;
  readonly predictedValueMicros: number;
  readonly predictedClickRate: number;
}

export function noWindow(): Window {
  return {
    spendMicros: 0,
    valueMicros: 0,
    impressions: 0,
    expectedClicks: 0,
    clicks: 0,
    predictedValueMicros: 0,
    predictedClicks: 0,
  };
}

export class Figures {
  auctions = 0;
  bids = 0;
  wins = 0;
  /** Requests without an answer, or with another status than 200 and 204. */
  failed = 0;
  /** Won by ads that the world does not know. */
  strange = 0;
  /** Model version of the newest bid that won. */
  model = 0;
  readonly total = noWindow();
  readonly windows: Window[] = [];
  readonly #size: number;

  /** @param size auctions a window */
  constructor(size: number) {
    this.#size = size;
  }

  won(model: number): void {
    this.wins++;
    this.model = model;
  }

  billed(one: Billed): void {
    for (const window of [this.total, this.#window(one.n)]) {
      window.spendMicros += one.spendMicros;
      window.valueMicros += one.valueMicros;
      window.impressions++;
      window.expectedClicks += one.clickRate;
      window.predictedValueMicros += one.predictedValueMicros;
      window.predictedClicks += one.predictedClickRate;
    }
  }

  clicked(n: number): void {
    this.total.clicks++;
    this.#window(n).clicks++;
  }

  #window(n: number): Window {
    const at = Math.floor(n / this.#size);
    while (this.windows.length <= at) this.windows.push(noWindow());
    return this.windows[at] as Window;
  }
}

/** Value per unit of spend; 0 without spend. */
export function valuePerSpend({ valueMicros, spendMicros }: Window): number {
  return spendMicros === 0 ? 0 : valueMicros / spendMicros;
}
