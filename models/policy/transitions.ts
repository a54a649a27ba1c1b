// Decisions of the policy with what came of them, from the log: each record of a decision is joined with the notices of
// the bids that were made while it was in force.
//
//   decision ──────── in force ────────▶ next decision (or 20 minutes)
//       bid made ──┐ (its token says when)      │
//                  └────── bill, click ─────────┼──▶ counted for the decision, until LATE_MS behind its end
//
// Time is that of the records. Nodes decide each for themselves, so a bid belongs to a decision of the node that made
// it. Records that are there twice count once; a bill that comes too late is lost to the estimate, and counted; memory
// is bounded by the decisions of the last LATE_MS and the bids billed in them.

import type { EventRecord, NoticeRecord, PolicyRecord } from '../../bidcore/money/event.js';

/** A decision whose outcome is known. */
export interface LoggedDecision {
  readonly record: PolicyRecord;
  /** Campaign and UTC day: decisions of one episode are not independent of each other. */
  readonly episode: string;
  /** Sum of the predicted click rates of what was billed, the clicks of it, and its cost. */
  readonly value: number;
  readonly clicks: number;
  readonly spentMicros: number;
  /** What the bids that were billed could have cost at most: says at which price a click was worth buying. */
  readonly bidMicros: number;
}

export interface TransitionCounts {
  /** Decisions that were in the log twice, bills whose decision was no longer open, bills without any. */
  repeated: number;
  late: number;
  undecided: number;
}

/** A decision is in force for no longer, milliseconds: a slot, and a third of one for what is late. */
const IN_FORCE_MS = 20 * 60_000;
/** How long behind its end a decision waits for bills and clicks of its bids, milliseconds: the life of most tokens. */
const LATE_MS = 60 * 60_000;
const DAY_MS = 86_400_000;
/** Decisions that are open at once; beyond, the oldest is taken as it is. */
const OPEN_MAX = 100_000;

interface Open {
  readonly record: PolicyRecord;
  untilMs: number;
  value: number;
  clicks: number;
  spentMicros: number;
  bidMicros: number;
  readonly billed: Set<string>;
  readonly clicked: Set<string>;
}

export class Transitions {
  readonly #taken: (decision: LoggedDecision) => void;
  /** Open decisions of a node and campaign, oldest first. */
  readonly #open = new Map<string, Open[]>();
  #openCount = 0;
  #clockMs = 0;
  #releasedMs = 0;
  readonly counts: TransitionCounts = { repeated: 0, late: 0, undecided: 0 };

  /** @param taken told each decision when nothing more comes of it, those of a node and campaign in their order */
  constructor(taken: (decision: LoggedDecision) => void) {
    this.#taken = taken;
  }

  take(record: EventRecord): void {
    if (record.type === 'policy') this.#decision(record);
    else if (record.type === 'notice') this.#notice(record);
    else return;
    this.#clockMs = Math.max(this.#clockMs, record.atMs);
    // Looked through once a minute of the log, not at each record.
    if (this.#clockMs - this.#releasedMs >= 60_000 || this.#openCount > OPEN_MAX) this.#release();
  }

  /** Takes what is open as it is: the log ends. */
  end(): void {
    for (const open of this.#open.values()) for (const decision of open) this.#tell(decision);
    this.#open.clear();
    this.#openCount = 0;
  }

  #decision(record: PolicyRecord): void {
    const key = `${record.by} ${record.campaign}`;
    const open = this.#open.get(key) ?? [];
    if (open.some((other) => other.record.atMs === record.atMs)) {
      this.counts.repeated += 1;
      return;
    }
    // Records may come a little out of order.
    const at = open.findLastIndex((other) => other.record.atMs < record.atMs) + 1;
    const before = open[at - 1];
    const after = open[at];
    if (before !== undefined) before.untilMs = Math.min(before.untilMs, record.atMs);
    open.splice(at, 0, {
      record,
      untilMs: Math.min(record.atMs + IN_FORCE_MS, after?.record.atMs ?? Number.POSITIVE_INFINITY),
      ...{ value: 0, clicks: 0, spentMicros: 0, bidMicros: 0 },
      ...{ billed: new Set<string>(), clicked: new Set<string>() },
    });
    this.#open.set(key, open);
    this.#openCount += 1;
  }

  #notice({ kind, facts, chargeMicros }: NoticeRecord): void {
    if (facts.test || (chargeMicros === 0 && kind !== 'click')) return;
    const open = this.#open.get(`${facts.node} ${facts.campaign}`);
    // Tokens have seconds: a bid of the second of a decision is the decision's.
    const issuedMs = facts.issuedS * 1000 + 999;
    const decision = open?.findLast(({ record }) => record.atMs <= issuedMs);
    if (decision === undefined || issuedMs - 999 >= decision.untilMs) {
      if (chargeMicros > 0) this.counts[this.#clockMs - issuedMs > LATE_MS ? 'late' : 'undecided'] += 1;
      return;
    }
    const seen = kind === 'click' ? decision.clicked : decision.billed;
    if (seen.has(facts.bid)) return;
    seen.add(facts.bid);
    if (kind === 'click') {
      decision.clicks += 1;
      return;
    }
    decision.value += facts.ctr;
    decision.spentMicros += chargeMicros;
    decision.bidMicros += facts.reservedMicros;
  }

  #release(): void {
    this.#releasedMs = this.#clockMs;
    for (const [key, open] of this.#open) {
      const done = open.findIndex(({ untilMs }) => untilMs + LATE_MS > this.#clockMs);
      const count = done < 0 ? open.length : done;
      for (const decision of open.splice(0, this.#openCount > OPEN_MAX ? Math.max(count, 1) : count)) {
        this.#tell(decision);
        this.#openCount -= 1;
      }
      if (open.length === 0) this.#open.delete(key);
    }
  }

  #tell({ record, value, clicks, spentMicros, bidMicros }: Open): void {
    const episode = `${record.campaign} ${Math.floor(record.atMs / DAY_MS)}`;
    this.#taken({ record, episode, value, clicks, spentMicros, bidMicros });
  }
}
