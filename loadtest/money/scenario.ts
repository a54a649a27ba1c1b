// What happens in a history: nodes, campaigns, bids and their notices, faults. Made from one seed, as plain data, so
// that a failing history can be made shorter by leaving things out.

import { Random } from '../../bidcore/fuzz/random.js';
import type { NoticeKind } from '../../bidcore/money/event.js';

export interface CampaignSpec {
  readonly id: string;
  /** Hash of the id, as in tokens. */
  readonly campaign: string;
  readonly budgetMicros: number;
  readonly dailyBudgetMicros: number;
  readonly timeZone: string;
  readonly longestExpiryS: number;
}

export interface NoticeSpec {
  readonly kind: NoticeKind;
  /** Where it goes first. */
  readonly node: number;
  readonly afterMs: number;
  /** Share of the bid's price; undefined for a notice without one. */
  readonly clearing: number | undefined;
  readonly quantity: number | undefined;
}

export interface BidSpec {
  readonly bid: string;
  readonly atMs: number;
  readonly node: number;
  readonly campaign: string;
  readonly reservedMicros: number;
  readonly priceMicros: number;
  readonly quantity: number;
  readonly expiryS: number;
  readonly billedByImpression: boolean;
  readonly notices: readonly NoticeSpec[];
}

export type Fault = { readonly atMs: number } & (
  | { readonly what: 'kill' | 'stop'; readonly node: number; readonly forMs: number }
  | { readonly what: 'disk full'; readonly node: number; readonly forMs: number }
  | { readonly what: 'disk slow'; readonly node: number; readonly forMs: number; readonly syncMs: number }
  /** Node -1: all of them. */
  | { readonly what: 'cut'; readonly node: number; readonly forMs: number }
  | {
      readonly what: 'bad network';
      readonly dropped: number;
      readonly twice: number;
      readonly delayMs: number;
      readonly forMs: number;
    }
  | { readonly what: 'clock'; readonly node: number; readonly offsetMs: number }
  | { readonly what: 'snapshot'; readonly node: number }
  | {
      readonly what: 'plan';
      readonly campaign: string;
      readonly budgetMicros: number;
      readonly dailyBudgetMicros: number;
    }
  | { readonly what: 'remove'; readonly campaign: string; readonly forMs: number }
);

export interface Scenario {
  readonly seed: number;
  readonly nodes: number;
  readonly startMs: number;
  readonly lengthMs: number;
  readonly tickMs: number;
  readonly leaseMs: number;
  /** Shortest time between two renewals. */
  readonly renewMs: number;
  /** Longest time from socket to ledger. */
  readonly onItsWayMs: number;
  readonly campaigns: readonly CampaignSpec[];
  readonly bids: readonly BidSpec[];
  readonly faults: readonly Fault[];
}

const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Pacific/Auckland', 'Australia/Lord_Howe'];
/** Summer time begins or ends on these dates in some of the zones; the last is a plain day. */
const DATES = ['2026-03-29', '2026-10-25', '2026-11-01', '2026-06-15'];
const EXPIRIES_S = [1, 2, 5, 10, 20, 28, 29, 40, 57, 90];
const BIDS_MAX = 400;
/** What a lease is at least: budgets around it run out, and are shared by few. */
const LEASE_MICROS = 20_000;

export function scenarioOf(seed: number): Scenario {
  const random = new Random(seed);
  const nodes = random.weighted([
    [4, 1],
    [2, 2],
    [2, 3],
    [1, 4],
  ] as const);
  const lengthMs = random.int(6, 40) * 1000;
  const campaigns = Array.from({ length: random.int(1, 5) }, (_, n) => campaignOf(random, n));
  const startMs = startOf(random, campaigns, lengthMs);
  const bids = Array.from({ length: random.int(20, BIDS_MAX) }, () =>
    bidOf(random, nodes, campaigns, startMs, lengthMs),
  );
  const faults = Array.from({ length: random.int(0, 9) }, () => faultOf(random, nodes, campaigns, startMs, lengthMs));
  return {
    seed,
    nodes,
    startMs,
    lengthMs,
    tickMs: random.pick([100, 250, 500]),
    leaseMs: random.pick([2000, 3000, 5000]),
    renewMs: random.pick([0, 300, 1000]),
    onItsWayMs: random.pick([20, 100, 500]),
    campaigns,
    bids: bids.sort((a, b) => a.atMs - b.atMs),
    faults: faults.sort((a, b) => a.atMs - b.atMs),
  };
}

function campaignOf(random: Random, n: number): CampaignSpec {
  const budgetMicros = budgetOf(random);
  const longestExpiryS = random.pick(EXPIRIES_S);
  return {
    id: `campaign-${n}`,
    campaign: `c${n}`.padStart(16, '0'),
    budgetMicros,
    dailyBudgetMicros: dailyOf(random, budgetMicros),
    timeZone: random.pick(ZONES),
    longestExpiryS,
  };
}

function budgetOf(random: Random): number {
  return Math.ceil(LEASE_MICROS * random.pick([0, 0.3, 1, 2, 5, 20]) * (0.5 + random.float()));
}

function dailyOf(random: Random, budgetMicros: number): number {
  return random.chance(0.5) ? Infinity : Math.ceil(budgetMicros * random.pick([0.1, 0.5, 0.9, 2]));
}

/** Some seconds before a midnight of one of the campaigns, or anywhere. */
function startOf(random: Random, campaigns: readonly CampaignSpec[], lengthMs: number): number {
  const noon = Date.parse(`${random.pick(DATES)}T12:00:00Z`);
  if (random.chance(0.4)) return noon + random.int(0, 999);
  const { timeZone } = random.pick(campaigns);
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' }).format(noon);
  const [hour = 0, minute = 0] = parts.split(':').map(Number);
  const midnight = noon - (hour * 60 + minute) * 60_000 + (random.chance(0.5) ? 86_400_000 : 0);
  return midnight - random.int(0, lengthMs);
}

function bidOf(
  random: Random,
  nodes: number,
  campaigns: readonly CampaignSpec[],
  startMs: number,
  lengthMs: number,
): BidSpec {
  const { campaign, longestExpiryS } = random.pick(campaigns);
  const expiryS = random.pick(EXPIRIES_S.filter((one) => one <= longestExpiryS));
  const quantity = random.pick([1, 1, 1, 0.5, 3.5]);
  const node = random.int(0, nodes - 1);
  const billedByImpression = random.chance(0.3);
  return {
    bid: random.u64().toString(16).padStart(16, '0'),
    atMs: startMs + random.int(500, lengthMs),
    node,
    campaign,
    reservedMicros: random.pick([1, 7, random.int(10, 2000), random.int(1000, 30_000)]),
    priceMicros: random.int(1, 20_000_000),
    quantity,
    expiryS,
    billedByImpression,
    notices: noticesOf(random, nodes, node, expiryS, quantity, billedByImpression),
  };
}

/** What an exchange says of a bid: it is won or lost, and now and then what it says is late, doubled or absurd. */
function noticesOf(
  random: Random,
  nodes: number,
  node: number,
  expiryS: number,
  quantity: number,
  billedByImpression: boolean,
): NoticeSpec[] {
  const notices: NoticeSpec[] = [];
  const clearing = random.pick([1, 0.5, random.float()]);
  const won = random.chance(0.7) ? undefined : random.pick([0, 1, quantity / 3, quantity, quantity + 1]);
  const say = (kind: NoticeKind, price: number | undefined): void => {
    if (random.chance(0.1)) return; // lost on its way
    const afterMs = delayOf(random, expiryS);
    const first = random.chance(0.8) ? node : random.int(0, nodes - 1);
    notices.push({ kind, node: first, afterMs, clearing: price, quantity: kind === 'loss' ? undefined : won });
    while (random.chance(0.15)) {
      const again = { kind, node: random.int(0, nodes - 1), afterMs: afterMs + random.pick([0, 1, 30, 2000]) };
      notices.push({ ...again, clearing: price, quantity: kind === 'loss' ? undefined : won });
    }
  };
  if (random.chance(0.65)) {
    if (random.chance(0.6)) say('win', clearing);
    if (!billedByImpression || random.chance(0.2)) say('bill', random.chance(0.9) ? clearing : undefined);
    if (billedByImpression || random.chance(0.5)) say('imp', random.chance(0.5) ? clearing : undefined);
    if (random.chance(0.1)) say('click', undefined);
    if (random.chance(0.05)) say('loss', undefined);
  } else if (random.chance(0.8)) say('loss', undefined);
  return notices;
}

function delayOf(random: Random, expiryS: number): number {
  const expiryMs = expiryS * 1000;
  return Math.max(
    0,
    random.weighted<number>([
      [5, random.int(5, 400)],
      [3, random.int(0, expiryMs)],
      [2, expiryMs + random.int(-1200, 1200)],
      [1, expiryMs + random.int(0, 20_000)],
    ]),
  );
}

function faultOf(
  random: Random,
  nodes: number,
  campaigns: readonly CampaignSpec[],
  startMs: number,
  lengthMs: number,
): Fault {
  const atMs = startMs + random.int(0, lengthMs);
  const node = random.int(0, nodes - 1);
  const forMs = random.pick([100, 300, 1000, 4000, 15_000, 40_000]);
  const { campaign } = random.pick(campaigns);
  const budgetMicros = budgetOf(random);
  const faults: readonly (readonly [number, Fault])[] = [
    [4, { atMs, what: 'kill', node, forMs }],
    [1, { atMs, what: 'stop', node, forMs }],
    [1, { atMs, what: 'disk full', node, forMs }],
    [1, { atMs, what: 'disk slow', node, forMs, syncMs: random.pick([20, 200, 1500]) }],
    [nodes > 1 ? 3 : 0, { atMs, what: 'cut', node: random.chance(0.7) ? node : -1, forMs }],
    [
      nodes > 1 ? 2 : 0,
      {
        atMs,
        what: 'bad network',
        dropped: random.pick([0, 0.05, 0.3]),
        twice: random.pick([0, 0.3]),
        delayMs: random.pick([20, 200, 900]),
        forMs: forMs + 2000,
      },
    ],
    [1, { atMs, what: 'clock', node, offsetMs: random.int(-400, 400) }],
    [2, { atMs, what: 'snapshot', node }],
    [2, { atMs, what: 'plan', campaign, budgetMicros, dailyBudgetMicros: dailyOf(random, budgetMicros) }],
    [1, { atMs, what: 'remove', campaign, forMs }],
  ];
  return random.weighted(faults);
}
