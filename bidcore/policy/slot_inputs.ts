// What a policy sees of a campaign at the start of a slot: twelve numbers without a unit, so that what was learned on
// one campaign holds for another. Live bidding, simulation and training all compute them here.
//
//   counters of the campaign ──difference of two slots──▶ ratios of this slot to the last ones ──ln, bounded──▶ inputs
//
// "The last ones" are sums in which a slot weighs 0.9 of the next (0.98 for the value of money). A ratio is taken as if
// five more wins of the usual kind had been seen: with few wins it says little, as it should.

/** Inputs in their order, as in `assembly/model_layout.ts`. */
export const POLICY_INPUT_NAMES = [
  /** Of the period's budget, 0 to 1. */
  'budget_left',
  /** Of the period, 0 to 1. */
  'time_left',
  /** ln (spent in the last slot / what was due in it, had the rest been spread evenly). */
  'spend_rate',
  /** ln (budget_left / time_left): behind plan above 0, ahead of it below. */
  'behind_plan',
  /** ln (mean predicted click rate of what was won in the last slot / in the slots before). */
  'ctr',
  /** ln (wins a bid / before). */
  'win_rate',
  /** ln (mean price paid / before). */
  'price_level',
  /** ln (predicted clicks for the money / over a longer time before). */
  'value',
  /** ln of the multiplier that was in force. */
  'last_multiplier',
  /** ln (mean pace of the last slot / before). */
  'pace',
  /** ln (mean pace of the last slot / of the one before it). */
  'pace_change',
  /** ln (bids of the last slot / before). */
  'traffic',
] as const;

export type PolicyInputName = (typeof POLICY_INPUT_NAMES)[number];

/** Counters of a campaign; they only grow, and only their differences count. */
export interface SlotCounts {
  readonly spentMicros: number;
  readonly bids: number;
  readonly wins: number;
  /** Sum of the predicted click rates of what was won. */
  readonly value: number;
  /** Sum over seconds of ln of the pace in force, and the seconds it is of. Pauses (pace 0) are left out. */
  readonly logPaceSeconds: number;
  readonly paceSeconds: number;
}

/** Where a campaign stands in its period: its day, if it has a daily budget, else its flight. */
export interface SlotSituation {
  readonly budgetMicros: number;
  /** Of the budget, 0 to 1. */
  readonly budgetLeft: number;
  /** Of the period, 0 to 1. */
  readonly timeLeft: number;
  /** The policy's multiplier in force since the last slot. */
  readonly multiplier: number;
}

/** What a restarted node goes on from: plain numbers. */
export type SlotInputsState = readonly number[];

/** Wins of the usual kind that are added to those of a slot. */
const USUAL_WINS = 5;
const KEPT = 0.9;
const KEPT_LONG = 0.98;
/** Bound of each logarithm. */
const LOG_MAX = 2;
/** Share of what was due that is added to what was spent, so that nothing spent is a number. */
const LEAST_SPEND = 0.02;

/** Faded sums over slots. */
interface Sums {
  slots: number;
  spentMicros: number;
  bids: number;
  wins: number;
  value: number;
  logPace: number;
  paced: number;
  longValue: number;
  longSpentMicros: number;
}

const NOTHING: Sums = {
  slots: 0,
  spentMicros: 0,
  bids: 0,
  wins: 0,
  value: 0,
  logPace: 0,
  paced: 0,
  longValue: 0,
  longSpentMicros: 0,
};
const SUMS = Object.keys(NOTHING) as (keyof Sums)[];

export class SlotInputs {
  readonly #sums: Sums = { ...NOTHING };
  #last: SlotCounts | undefined;
  #lastLogPace: number | undefined;
  #before = { budgetLeft: 1, timeLeft: 1 };
  readonly #inputs = new Float32Array(POLICY_INPUT_NAMES.length);

  constructor(state?: SlotInputsState) {
    if (state === undefined || state.length !== SUMS.length) return;
    for (const [i, name] of SUMS.entries()) this.#sums[name] = state[i] as number;
  }

  /** The sums a restarted node goes on from: its first slot has nothing to be compared with them. */
  dump(): SlotInputsState {
    return SUMS.map((name) => this.#sums[name]);
  }

  /**
   * Ends a slot and says what the policy sees at the start of the next. The first call, and one behind counters that
   * started again, only says where the campaign stands.
   * @returns the same array each time, valid until the next call
   */
  next(counts: SlotCounts, situation: SlotSituation): Float32Array {
    const { budgetLeft, timeLeft } = situation;
    this.#inputs.fill(0);
    this.#set('budget_left', budgetLeft);
    this.#set('time_left', timeLeft);
    this.#set('behind_plan', log((budgetLeft + 1e-3) / (timeLeft + 1e-3)));
    this.#set('last_multiplier', log(situation.multiplier));
    const last = this.#last;
    this.#last = { ...counts };
    if (last !== undefined && counts.bids >= last.bids && counts.spentMicros >= last.spentMicros) {
      this.#compare(last, counts, situation);
    } else {
      this.#lastLogPace = undefined;
    }
    this.#before = { budgetLeft, timeLeft };
    return this.#inputs;
  }

  #compare(last: SlotCounts, counts: SlotCounts, situation: SlotSituation): void {
    const sums = this.#sums;
    const spentMicros = counts.spentMicros - last.spentMicros;
    const bids = counts.bids - last.bids;
    const wins = counts.wins - last.wins;
    const value = counts.value - last.value;
    const seconds = counts.paceSeconds - last.paceSeconds;
    const logPace = seconds > 0 ? (counts.logPaceSeconds - last.logPaceSeconds) / seconds : undefined;

    const before = this.#before;
    // Behind the end of a day the next begins with its own budget.
    const passed = Math.max(before.timeLeft - situation.timeLeft, 0) / Math.max(before.timeLeft, 1e-9);
    const due = situation.budgetMicros * before.budgetLeft * passed;
    if (due > 0) this.#set('spend_rate', log((spentMicros / due + LEAST_SPEND) / (1 + LEAST_SPEND)));
    if (sums.slots > 0) {
      if (sums.wins > 0 && sums.bids > 0) this.#compareWins(spentMicros, bids, wins, value);
      this.#set('traffic', log((bids + USUAL_WINS) / (sums.bids / sums.slots + USUAL_WINS)));
    }
    if (logPace !== undefined) {
      if (sums.paced > 0) this.#set('pace', bounded(logPace - sums.logPace / sums.paced));
      if (this.#lastLogPace !== undefined) this.#set('pace_change', bounded(logPace - this.#lastLogPace));
    }
    this.#lastLogPace = logPace;
    this.#add(spentMicros, bids, wins, value, logPace);
  }

  #compareWins(spentMicros: number, bids: number, wins: number, value: number): void {
    const sums = this.#sums;
    const price = sums.spentMicros / sums.wins;
    const rate = sums.value / sums.wins;
    const winRate = sums.wins / sums.bids;
    const ofValue = value + USUAL_WINS * rate;
    const ofSpend = spentMicros + USUAL_WINS * price;
    if (rate > 0) this.#set('ctr', log(ofValue / ((wins + USUAL_WINS) * rate)));
    this.#set('win_rate', log((wins + USUAL_WINS) / (bids * winRate + USUAL_WINS)));
    if (price > 0) this.#set('price_level', log(ofSpend / ((wins + USUAL_WINS) * price)));
    if (rate > 0 && price > 0) this.#set('value', log(ofValue / ofSpend / (sums.longValue / sums.longSpentMicros)));
  }

  #add(spentMicros: number, bids: number, wins: number, value: number, logPace: number | undefined): void {
    const sums = this.#sums;
    sums.slots = sums.slots * KEPT + 1;
    sums.spentMicros = sums.spentMicros * KEPT + spentMicros;
    sums.bids = sums.bids * KEPT + bids;
    sums.wins = sums.wins * KEPT + wins;
    sums.value = sums.value * KEPT + value;
    sums.longValue = sums.longValue * KEPT_LONG + value;
    sums.longSpentMicros = sums.longSpentMicros * KEPT_LONG + spentMicros;
    if (logPace === undefined) return;
    sums.logPace = sums.logPace * KEPT + logPace;
    sums.paced = sums.paced * KEPT + 1;
  }

  #set(name: PolicyInputName, value: number): void {
    this.#inputs[POLICY_INPUT_NAMES.indexOf(name)] = value;
  }
}

const bounded = (x: number): number => Math.min(Math.max(x, -LOG_MAX), LOG_MAX);
const log = (x: number): number => bounded(Math.log(x));
