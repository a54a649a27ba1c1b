// One history: runs a scenario to its end and beyond, until everything has expired, and looks after every step whether
// what must be true is.

import { Random } from '../../bidcore/fuzz/random.js';
import type { LeaseAsk } from '../../bidcore/money/authority.js';
import { isAway } from '../../bidcore/money/authority.js';
import { Days } from '../../bidcore/money/days.js';
import { checkNode } from './checks.js';
import { Exchange } from './exchange.js';
import { Faults } from './faults.js';
import { Network } from './network.js';
import { SimNode } from './node.js';
import { Broken, Oracle } from './oracle.js';
import type { Scenario } from './scenario.js';
import { Schedule } from './schedule.js';
import { SharedBooks } from './shared_books.js';

export interface Outcome {
  /** What was found wrong; undefined if nothing was. */
  readonly problem: string | undefined;
  readonly steps: number;
  readonly virtualMs: number;
  readonly counts: Oracle['counts'];
}

/** Leases end so long after their last bid: renewals written ahead, and time for notices on their way. */
const LEASE_END_MS = 25_000;
/** Steps between looks at all that nodes hold. */
const CHECK_STEPS = 64;
/** A history that takes more steps is one that goes round in circles. */
const STEPS_MAX = 100_000;

/** @param trace takes what happens, line by line */
export async function runHistory(
  scenario: Scenario,
  trace: (line: string) => void = () => undefined,
): Promise<Outcome> {
  const schedule = new Schedule(scenario.startMs);
  const random = new Random(scenario.seed + 1);
  const said = (line: string): void => trace(`${((schedule.nowMs - scenario.startMs) / 1000).toFixed(3)} s  ${line}`);
  const network = new Network(schedule, random);
  const books =
    scenario.nodes === 1
      ? undefined
      : new SharedBooks(
          (node) => {
            said(`the books do not wait for node ${node} any more`);
            oracle.givenUp(node);
          },
          (record) => oracle.booked(record),
        );
  const oracle: Oracle = new Oracle(scenario.campaigns, (node) => books === undefined || books.isLive(node));
  const around = { scenario, schedule, random, oracle, network, books, trace: said };
  const nodes = Array.from({ length: scenario.nodes }, (_, number) => new SimNode(number, around));
  const exchange = new Exchange(nodes, around);
  const faults = new Faults(nodes, around);
  let problem: string | undefined;
  try {
    for (const node of nodes) node.start();
    exchange.start();
    faults.start();
    await run(scenario.startMs + scenario.lengthMs);
    faults.heal();
    const longestS = Math.max(...scenario.campaigns.map(({ longestExpiryS }) => longestExpiryS));
    const drainedMs = schedule.nowMs + 2 * longestS * 1000 + LEASE_END_MS;
    await run(drainedMs);
    await lookAtEnd();
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    problem = error.message;
  }
  if (problem !== undefined) said(`BROKEN: ${problem}`);
  return { problem, steps: schedule.steps, virtualMs: schedule.nowMs - scenario.startMs, counts: oracle.counts };

  async function run(untilMs: number): Promise<void> {
    while (await schedule.step(untilMs)) {
      oracle.tick(Math.min(...nodes.map((node) => node.nowMs)));
      if (schedule.steps % CHECK_STEPS === 0) for (const node of nodes) checkNode(node, books, oracle);
      if (schedule.steps > STEPS_MAX) throw new Broken(`${STEPS_MAX} steps and no end`);
    }
    schedule.nowMs = untilMs;
  }

  /** Nothing is held, nothing has leaked, and what is left can be granted. */
  async function lookAtEnd(): Promise<void> {
    const unbooked = oracle.unbooked();
    if (unbooked.length > 0) throw new Broken(`durable and not booked: ${unbooked.join(' ')}`);
    for (const node of nodes) {
      if (node.run === undefined) throw new Broken(`node ${node.number} is not up at the end`);
      checkNode(node, books, oracle);
      for (const { campaign } of faults.plans) {
        for (const { lease, heldMicros } of node.run.leases.holdings(campaign)) {
          if (heldMicros !== 0) throw new Broken(`at the end lease ${lease} of ${campaign} holds ${heldMicros}`);
        }
      }
    }
    const authority = nodes[0]?.run?.authority;
    for (const node of nodes) void node.stop();
    await run(schedule.nowMs + 2000);
    await run(schedule.nowMs + 2 * LEASE_END_MS + 200_000);
    if (authority === undefined) return;
    const asks = faults.plans.map((plan, n): LeaseAsk => {
      const day = plan.dailyBudgetMicros === Infinity ? '' : new Days(plan.timeZone).at(schedule.nowMs).name;
      const { campaign, id: campaignId, budgetMicros, dailyBudgetMicros } = plan;
      const whose = { campaign, campaignId, node: 0, lease: 1 + n, day, untilMs: schedule.nowMs };
      return { ...whose, budgetMicros, dailyBudgetMicros, wantMicros: Number.MAX_SAFE_INTEGER, longestExpiryS: 1 };
    });
    let granted: Awaited<ReturnType<typeof authority.acquire>> | undefined;
    void authority.acquire(asks, schedule.nowMs).then((standings) => {
      granted = standings;
    });
    await run(schedule.nowMs + 2000);
    if (granted === undefined || isAway(granted)) throw new Broken('the authority does not answer at the end');
    granted.forEach((standing, n) => {
      const { campaign, budgetMicros, dailyBudgetMicros } = asks[n] as LeaseAsk;
      const spent = oracle.spent(campaign);
      if (standing.spentMicros !== spent) {
        throw new Broken(`${campaign}: the books say ${standing.spentMicros} spent, it is ${spent}`);
      }
      const free = Math.min(budgetMicros - spent, dailyBudgetMicros - standing.spentTodayMicros);
      if (standing.grantedMicros !== Math.max(0, free)) {
        throw new Broken(`${campaign}: ${standing.grantedMicros} can be granted at the end, not ${free}`);
      }
    });
  }
}
