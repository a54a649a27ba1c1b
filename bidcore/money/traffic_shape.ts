// How a node's requests are spread over the days of a time zone: a rate for each quarter hour of a weekday and of a
// weekend day, learnt from the node's own count of requests. Each quarter hour is a mean over its days in which the
// last weighs a seventh (less than seven days: all the same), so the shape follows seasons and forgets outages.
//
//   what is not learnt yet is taken from the other kind of day, else it is the mean of what is: even, at first

import { type Day, Days } from './days.js';

const QUARTER_MS = 900_000;
const QUARTERS = 96;
const CELLS = 2 * QUARTERS;
const DAY_MS = 86_400_000;
const MEMORY_DAYS = 7;
/** A quarter hour counts if so much of it was watched. */
const WATCHED_MIN = 0.5;
/** Between two looks at the counter at most so much may pass: else the time between was not watched. */
const GAP_MAX_MS = 60_000;
/** No quarter hour is taken for emptier than this share of the mean: some of the budget is planned for each. */
const RATE_MIN = 0.01;

export interface TrafficShapeState {
  readonly timeZone: string;
  /** Requests a second of the quarter hours: of weekdays, then of weekend days. */
  readonly rates: readonly number[];
  /** How many days each was learnt from. */
  readonly days: readonly number[];
}

export class TrafficShape {
  readonly #days: Days;
  readonly #rates = new Float64Array(CELLS);
  readonly #learntDays = new Float64Array(CELLS);
  /** The rates with what is not learnt filled in, and the sums over a day of each kind, in requests. */
  readonly #filled = new Float64Array(CELLS);
  readonly #totals = new Float64Array(2);
  /** The quarter hour that is being watched. */
  #cell = -1;
  #requests = 0;
  #watchedMs = 0;
  #lastMs = 0;
  #lastRequests = 0;
  /** The day last asked for, and its kind. */
  #kindDay: Day | undefined;
  #kind = 0;

  constructor(
    readonly timeZone: string,
    state?: TrafficShapeState,
  ) {
    this.#days = new Days(timeZone);
    if (state !== undefined && state.timeZone === timeZone && state.rates.length === CELLS) {
      this.#rates.set(state.rates);
      this.#learntDays.set(state.days);
    }
    this.#fill();
  }

  dump(): TrafficShapeState {
    return { timeZone: this.timeZone, rates: [...this.#rates], days: [...this.#learntDays] };
  }

  /**
   * Takes the node's count of requests; to be called every second or so.
   * @param requests all so far; a smaller one than before: the node counts anew
   */
  observe(nowMs: number, requests: number): void {
    const cell = this.#cellAt(nowMs, this.#days.at(nowMs));
    const elapsedMs = nowMs - this.#lastMs;
    const came = requests - this.#lastRequests;
    const isWatched = elapsedMs > 0 && elapsedMs <= GAP_MAX_MS && came >= 0;
    this.#lastMs = nowMs;
    this.#lastRequests = requests;
    if (isWatched) {
      this.#requests += came;
      this.#watchedMs += elapsedMs;
    }
    if (cell === this.#cell) return;
    this.#learn();
    this.#cell = cell;
  }

  /** Requests a second to be expected at a time, relative to those of other times. */
  rateAt(ms: number): number {
    return this.#filled[this.#cellAt(ms, this.#days.at(ms))] as number;
  }

  /** Requests to be expected between two times, in the same measure. */
  requestsIn(fromMs: number, toMs: number): number {
    const day = this.#days.at(fromMs);
    if (toMs <= day.endMs) return this.#inDay(fromMs, toMs, day);
    let sum = this.#inDay(fromMs, day.endMs, day);
    // Later days are taken for 24 hours long: what a change of the clock moves there heals when they come.
    let startMs = day.endMs;
    for (let weekday = nextWeekday(weekdayOf(day)); startMs < toMs; weekday = nextWeekday(weekday)) {
      const kind = kindOf(weekday);
      const endMs = startMs + DAY_MS;
      sum += toMs >= endMs ? (this.#totals[kind] as number) : this.#sum(kind, 0, (toMs - startMs) / QUARTER_MS);
      startMs = endMs;
    }
    return sum;
  }

  #inDay(fromMs: number, toMs: number, day: Day): number {
    const kind = this.#kindOf(day);
    if (day.endMs - day.startMs === DAY_MS) {
      return this.#sum(kind, (fromMs - day.startMs) / QUARTER_MS, (toMs - day.startMs) / QUARTER_MS);
    }
    let sum = 0; // a day on which the clock changes
    for (let ms = fromMs; ms < toMs; ) {
      const nextMs = Math.min(toMs, (Math.floor(ms / QUARTER_MS) + 1) * QUARTER_MS);
      sum += ((this.#filled[this.#cellAt(ms, day)] as number) * (nextMs - ms)) / 1000;
      ms = nextMs;
    }
    return sum;
  }

  /** Requests between two times of a day, given in quarter hours. */
  #sum(kind: number, from: number, to: number): number {
    let sum = 0;
    for (let quarter = Math.floor(from); quarter < to; quarter++) {
      const part = Math.min(to, quarter + 1) - Math.max(from, quarter);
      sum += (this.#filled[kind * QUARTERS + Math.min(quarter, QUARTERS - 1)] as number) * part;
    }
    return (sum * QUARTER_MS) / 1000;
  }

  /** Clocks change early in the day, so afternoons are counted from the day's end. */
  #cellAt(ms: number, day: Day): number {
    const passed = Math.floor((ms - day.startMs) / QUARTER_MS);
    const left = Math.ceil((day.endMs - ms) / QUARTER_MS);
    const quarter = passed < left ? passed : QUARTERS - left;
    return this.#kindOf(day) * QUARTERS + Math.min(Math.max(quarter, 0), QUARTERS - 1);
  }

  #kindOf(day: Day): number {
    if (day !== this.#kindDay) {
      this.#kindDay = day;
      this.#kind = kindOf(weekdayOf(day));
    }
    return this.#kind;
  }

  #learn(): void {
    const cell = this.#cell;
    if (cell >= 0 && this.#watchedMs >= WATCHED_MIN * QUARTER_MS) {
      const days = Math.min((this.#learntDays[cell] as number) + 1, MEMORY_DAYS);
      const rate = (this.#requests * 1000) / this.#watchedMs;
      this.#rates[cell] = (this.#rates[cell] as number) + (rate - (this.#rates[cell] as number)) / days;
      this.#learntDays[cell] = days;
      this.#fill();
    }
    this.#requests = 0;
    this.#watchedMs = 0;
  }

  #fill(): void {
    let sum = 0;
    let learnt = 0;
    for (let cell = 0; cell < CELLS; cell++) {
      if (this.#learntDays[cell] === 0) continue;
      sum += this.#rates[cell] as number;
      learnt++;
    }
    const mean = sum > 0 ? sum / learnt : 1;
    for (let cell = 0; cell < CELLS; cell++) {
      const other = (cell + QUARTERS) % CELLS;
      const from = this.#learntDays[cell] !== 0 ? cell : this.#learntDays[other] !== 0 ? other : undefined;
      this.#filled[cell] = Math.max(from === undefined ? mean : (this.#rates[from] as number), mean * RATE_MIN);
    }
    for (const kind of [0, 1]) this.#totals[kind] = this.#sum(kind, 0, QUARTERS);
  }
}

/** 0 for Sunday. */
function weekdayOf({ name }: Day): number {
  return new Date(`${name}T00:00:00Z`).getUTCDay();
}

function nextWeekday(weekday: number): number {
  return (weekday + 1) % 7;
}

/** 0 on a weekday, 1 at the weekend. */
function kindOf(weekday: number): number {
  return weekday === 0 || weekday === 6 ? 1 : 0;
}
