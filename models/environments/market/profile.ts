// What a campaign's auctions look like, in a handful of numbers: which prices win, and which click rates are predicted.
//
//   share
//     │        ┃ floor              prices: round floors, where a great share of auctions costs exactly that, and broad
//     │  ╭─╮   ┃                    waves (log-normal) between them, cut off at the highest price of the log
//     │ ╱   ╲──┃──╮ waves
//     └────────┸──╰──── price       rates: log-normal, and correlated with the price (a Gaussian copula)
//
// fit.ts fits the prices to a histogram; profiles.ts has those that are shipped.

/** Highest price: iPinYou's logs have none above it, for nobody bid more. */
export const PRICE_MAX = 300;

/** Prices, CPM. The shares of floors and waves together are of their sum. */
export interface Prices {
  /** Price and share of auctions that cost exactly this. */
  readonly floors: readonly (readonly [price: number, share: number])[];
  /** Share, median and deviation of the logarithm. */
  readonly waves: readonly (readonly [share: number, median: number, deviation: number])[];
}

/** Predicted click rates. */
export interface Rates {
  readonly mean: number;
  /** Of the logarithm. */
  readonly deviation: number;
  /** Of the logarithms of rate and price, ranks taken as normal. */
  readonly correlation: number;
}

export interface Profile {
  readonly prices: Prices;
  readonly rates: Rates;
}

/** Share of auctions that have each price from 0 to `PRICE_MAX`; none has 0. */
export function histogramOf(prices: Prices): Float64Array {
  const histogram = new Float64Array(PRICE_MAX + 1);
  for (const [share, median, deviation] of prices.waves) {
    const wave = waveOf(median, deviation);
    const within = wave.reduce((sum, each) => sum + each, 0);
    wave.forEach((each, price) => {
      (histogram[price] as number) += (share * each) / within;
    });
  }
  for (const [price, share] of prices.floors) (histogram[price] as number) += share;
  const all = histogram.reduce((sum, each) => sum + each, 0);
  return histogram.map((each) => each / all);
}

/** Density of a log-normal wave at each price from 0 up to and with `priceMax`. */
export function waveOf(median: number, deviation: number, priceMax = PRICE_MAX): Float64Array {
  const scale = 1 / (deviation * Math.sqrt(2 * Math.PI));
  return Float64Array.from({ length: priceMax + 1 }, (_, price) => {
    const z = Math.log(price / median) / deviation;
    return price === 0 ? 0 : (scale / price) * Math.exp((-z * z) / 2);
  });
}
