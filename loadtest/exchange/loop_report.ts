// The closed loop told: JSON, a curve, a few lines of text.

import { chart, type Line } from './chart.js';
import { type Arm, type ClosedLoopResult, shareOf, sumOf, surplusShareOf } from './closed_loop.js';
import { valuePerSpend } from './figures.js';
import { snapshot } from './progress.js';

interface ArmReport {
  readonly arm: Arm;
  readonly value_per_spend: number;
  /** Over the last fifth of the auctions. */
  readonly value_per_spend_at_end: number;
  /** Value less spend, in units of the currency. */
  readonly surplus: number;
  readonly total: ReturnType<typeof snapshot>;
  /** By window, from the first auction on. */
  readonly windows: readonly {
    readonly auctions: number;
    readonly spend: number;
    readonly value: number;
    readonly clicks: number;
    readonly value_per_spend: number;
    readonly share_of_oracle: number | undefined;
    readonly surplus_share_of_oracle: number | undefined;
    readonly predicted_clicks_ratio: number;
    readonly predicted_value_ratio: number;
  }[];
}

export interface LoopReport {
  readonly seed: number;
  readonly auctions: number;
  readonly window: number;
  readonly seconds: number;
  readonly auctions_per_s: number;
  readonly arms: readonly ArmReport[];
  /** Value per spend over the last fifth of the auctions, as a share of the oracle's. */
  readonly untrained_share_at_end: number | undefined;
  readonly learning_share_at_end: number | undefined;
  /** Value less spend, the same way. */
  readonly untrained_surplus_share_at_end: number | undefined;
  readonly learning_surplus_share_at_end: number | undefined;
}

/** The share of windows at the end over which the last figures are taken. */
const END = 0.2;
/** What is asked of the learner at the end. */
const WANTED = 0.9;

const ratio = (part: number, of: number): number => (of === 0 ? 0 : part / of);

export function loopReport(
  { buyers, seconds }: ClosedLoopResult,
  { seed, auctions, window }: { seed: number; auctions: number; window: number },
): LoopReport {
  const oracle = buyers.find(({ name }) => name === 'oracle');
  if (oracle === undefined) throw new Error('no oracle to compare with');
  const count = Math.max(...buyers.map(({ figures }) => figures.windows.length));
  const from = Math.floor(count * (1 - END));
  const offered = Math.max(...buyers.map(({ figures }) => figures.auctions));
  const arms = buyers.map((buyer): ArmReport => {
    const { windows, total } = buyer.figures;
    return {
      arm: buyer.name as Arm,
      value_per_spend: valuePerSpend(total),
      value_per_spend_at_end: valuePerSpend(sumOf(windows.slice(from))),
      surplus: (total.valueMicros - total.spendMicros) / 1e6,
      total: snapshot(buyer),
      windows: windows.map((one, n) => ({
        auctions: Math.min((n + 1) * window, offered),
        spend: one.spendMicros / 1e6,
        value: one.valueMicros / 1e6,
        clicks: one.clicks,
        value_per_spend: valuePerSpend(one),
        share_of_oracle: shareOf(buyer, oracle, n, n + 1),
        surplus_share_of_oracle: surplusShareOf(buyer, oracle, n, n + 1),
        predicted_clicks_ratio: ratio(one.predictedClicks, one.expectedClicks),
        predicted_value_ratio: ratio(one.predictedValueMicros, one.valueMicros),
      })),
    };
  });
  const atEnd = (name: Arm, share: typeof shareOf): number | undefined => {
    const buyer = buyers.find((one) => one.name === name);
    return buyer && share(buyer, oracle, from, count);
  };
  return {
    seed,
    auctions: Math.min(auctions, offered),
    window,
    seconds,
    auctions_per_s: Math.round((offered * buyers.length) / seconds),
    arms,
    untrained_share_at_end: atEnd('untrained', shareOf),
    learning_share_at_end: atEnd('learning', shareOf),
    untrained_surplus_share_at_end: atEnd('untrained', surplusShareOf),
    learning_surplus_share_at_end: atEnd('learning', surplusShareOf),
  };
}

export function loopSvg({ arms, seed }: LoopReport): string {
  const lines = (of: (window: ArmReport['windows'][number]) => number | undefined): Line[] =>
    arms.map(({ arm, windows }) => ({
      name: arm,
      points: windows.map((window) => ({ x: window.auctions, y: of(window) })),
    }));
  const xLabel = 'auctions offered';
  return chart([
    {
      title: `Value per unit of spend, by windows of auctions (seed ${seed})`,
      xLabel,
      yLabel: 'value / spend',
      lines: lines((window) => (window.spend === 0 ? undefined : window.value_per_spend)),
    },
    {
      title: 'The same as a share of what the oracle gets from the same auctions',
      xLabel,
      yLabel: 'share of the oracle',
      lines: lines((window) => window.share_of_oracle),
      mark: { y: WANTED, name: `${WANTED * 100}% of the oracle` },
    },
    {
      title: 'Value less spend, as a share of the oracle’s: who buys little has little of it',
      xLabel,
      yLabel: 'share of the oracle',
      lines: lines((window) => positive(window.surplus_share_of_oracle)),
    },
  ]);
}

/** The chart begins at 0. */
function positive(share: number | undefined): number | undefined {
  return share === undefined ? undefined : Math.max(0, share);
}

export function loopText(report: LoopReport): string {
  const told = report.arms.map(
    ({ arm, value_per_spend, value_per_spend_at_end, surplus }) =>
      `${arm}: value per spend ${value_per_spend.toFixed(3)}, over the last fifth ` +
      `${value_per_spend_at_end.toFixed(3)}; value less spend ${surplus.toFixed(2)}`,
  );
  const shares = [
    ['untrained', report.untrained_share_at_end, report.untrained_surplus_share_at_end],
    ['learning', report.learning_share_at_end, report.learning_surplus_share_at_end],
  ] as const;
  for (const [name, share, surplus = 0] of shares) {
    if (share === undefined) continue;
    const [ofRatio, ofSurplus] = [share, surplus].map((part) => (part * 100).toFixed(1));
    told.push(`${name}: ${ofRatio}% of the oracle's value per spend over the last fifth, ${ofSurplus}% of its surplus`);
  }
  told.push(`${report.auctions_per_s} auctions a second over all bidders, ${report.seconds.toFixed(0)} s`);
  return told.join('\n');
}
