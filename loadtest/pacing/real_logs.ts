// Days of real auctions (iPinYou), for whoever has the files beside the repository: `../shared/data/ipinyou-*/*.txt`,
// lines of `click marketPrice pCTR hour`. The auctions of a file, in its order, are spread evenly over a day. Prices
// are second prices, and the lowest price to win is taken for fixed whatever we bid: one bidder does not move it.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { PacingPlan } from '../../bidcore/money/pacing_plan.js';
import {
  DAY_PERIOD,
  DAY_S,
  DAY_START_MS,
  DayScore,
  type PacedDay,
  type PaceSetter,
} from '../../bidcore/testing/traffic_day.js';

const FOLDER = '../shared/data';
/** Bids at pace 1 are so many times the mean price for the mean predicted click rate. */
const BID = 2;
const DELAY_S = 60;

export interface RealLog {
  readonly name: string;
  readonly prices: Float64Array;
  readonly bids: Float64Array;
}

export function realLogs(): RealLog[] {
  if (!existsSync(FOLDER)) return [];
  return readdirSync(FOLDER)
    .filter((folder) => folder.startsWith('ipinyou-'))
    .flatMap((folder) => readdirSync(`${FOLDER}/${folder}`).map((file) => readLog(`${folder}/${file}`)));
}

function readLog(name: string): RealLog {
  const lines = readFileSync(`${FOLDER}/${name}`, 'utf8').trim().split('\n');
  const fields = lines.map((line) => line.split('\t').map(Number));
  const prices = Float64Array.from(fields, ([, price]) => price ?? 0);
  const rates = Float64Array.from(fields, ([, , rate]) => rate ?? 0);
  const factor = (BID * mean(prices)) / mean(rates);
  return { name: name.replace('.txt', ''), prices, bids: rates.map((rate) => rate * factor) };
}

const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** What pace 1 would spend. */
export function realSupply({ prices, bids }: RealLog): number {
  return prices.reduce((sum, price, i) => sum + ((bids[i] as number) >= price ? price : 0), 0);
}

/** Lives through the day of a log. */
export function paceLog(log: RealLog, budget: number, plan: PacingPlan, setter: PaceSetter): PacedDay {
  const { prices, bids } = log;
  const score = new DayScore(plan, DAY_PERIOD);
  const seen = { spentMicros: 0, reservedMicros: 0, bids: 0, requests: 0, charges: 0, chargeDelayMs: 0 };
  const bills = new Float64Array(DELAY_S);
  const billCharges = new Float64Array(DELAY_S);
  let won = 0;
  for (let second = 0, next = 0; second < DAY_S; second++) {
    const nowMs = DAY_START_MS + second * 1000;
    const at = second % DELAY_S;
    seen.spentMicros += bills[at] as number;
    seen.charges += billCharges[at] as number;
    seen.chargeDelayMs += (billCharges[at] as number) * DELAY_S * 1000;
    bills[at] = billCharges[at] = 0;
    const leftMicros = budget - seen.spentMicros;
    const pace = setter.step(nowMs, { ...seen, leftMicros, leftTodayMicros: leftMicros });
    for (const end = Math.floor(((second + 1) * prices.length) / DAY_S); next < end; next++) {
      seen.requests++;
      const bid = (bids[next] as number) * pace;
      const price = prices[next] as number;
      if (bid <= 0 || won + bid > budget) continue;
      seen.bids++;
      seen.reservedMicros += bid;
      if (bid < price) continue;
      won += price;
      bills[at] = (bills[at] as number) + price;
      billCharges[at] = (billCharges[at] as number) + 1;
    }
    if (second % 60 === 59) score.minute(nowMs + 1000, won / budget, pace);
  }
  return score.result();
}
