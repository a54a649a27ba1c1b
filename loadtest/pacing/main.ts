// `npm run pacing`: how well budgets are spent as planned, by the pacer and by baselines, in simulated days and, where
// the files are, in real auctions.

import { parseArgs } from 'node:util';
import { Pacer } from '../../bidcore/money/pacer.js';
import { PacingPlan, PLAN_KINDS, type PlanKind } from '../../bidcore/money/pacing_plan.js';
import { DAY_PERIOD, learntShape, type PacedDay, type PaceSetter, paceDay } from '../../bidcore/testing/traffic_day.js';
import { Dual, Proportional, Throttle, Unpaced } from './baselines.js';
import { paceLog, realLogs, realSupply } from './real_logs.js';
import { WORLDS } from './worlds.js';

const HELP = `Usage: npm run pacing -- [options]

  --seeds N     simulated days of each kind (default 3)
  --plan NAME   ${PLAN_KINDS.join(', ')}: only this plan; may be given several times (default: all but asap)
  --world NAME  only this world, or "logs"; may be given several times: ${WORLDS.map(({ name }) => name).join(', ')}
  --setter NAME pacer, none, throttle, dual, proportional: only this; may be given several times
  --json        one JSON object a line: {"plan","world","setter","seed","spent_share","deviation","largest_slot"}
  --help        this text

For each plan, world and setter of paces, over all seeds: the least share of the budget that was spent, the largest
distance from the plan's cumulative curve, and the largest 15 minutes, in per cent of the budget. The worlds are in
loadtest/pacing/worlds.ts, the baselines and their sources in loadtest/pacing/baselines.ts. With ../shared/data (see
loadtest/pacing/real_logs.ts) days of real auctions are paced too, at a quarter and a sixteenth of what they offer.
`;

type Build = (kind: PlanKind, plan: PacingPlan, budgetMicros: number) => PaceSetter;

const traffic = learntShape();
const optionsOf = (kind: PlanKind) => ({ kind, hasDailyBudget: true, timeZone: 'UTC', traffic });
const SETTERS: Readonly<Record<string, Build>> = {
  pacer: (kind) => new Pacer(optionsOf(kind)),
  none: () => new Unpaced(),
  throttle: (_, plan, budget) => new Throttle(plan, DAY_PERIOD, budget),
  dual: (_, plan, budget) => new Dual(plan, DAY_PERIOD, budget),
  proportional: (_, plan, budget) => new Proportional(plan, DAY_PERIOD, budget),
};
const LOG_BUDGETS = [1 / 4, 1 / 16];

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '3' },
    plan: { type: 'string', multiple: true, default: PLAN_KINDS.filter((kind) => kind !== 'asap') },
    world: { type: 'string', multiple: true, default: [...WORLDS.map(({ name }) => name), 'logs'] },
    setter: { type: 'string', multiple: true, default: Object.keys(SETTERS) },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (options.help) process.stdout.write(HELP);
else process.exitCode = main();

function main(): number {
  const seeds = Number(options.seeds);
  const unknown = [
    ...options.plan.filter((name) => !(PLAN_KINDS as readonly string[]).includes(name)),
    ...options.setter.filter((name) => SETTERS[name] === undefined),
    ...options.world.filter((name) => name !== 'logs' && !WORLDS.some((world) => world.name === name)),
  ];
  if (unknown.length > 0 || !Number.isInteger(seeds) || seeds < 1) {
    process.stderr.write(`pacing: ${unknown.length > 0 ? `no ${unknown[0]}` : 'bad --seeds'}\n\n${HELP}`);
    return 2;
  }
  const start = performance.now();
  for (const kind of options.plan as PlanKind[]) {
    if (!options.json) process.stdout.write(`\n${kind.padEnd(24)}setter        spent  deviation  largest slot  (%)\n`);
    simulated(kind, seeds);
    if (options.world.includes('logs')) real(kind);
    process.stderr.write(`pacing: ${kind} done, ${((performance.now() - start) / 1000).toFixed(0)} s\n`);
  }
  return 0;
}

function simulated(kind: PlanKind, seeds: number): void {
  const plan = new PacingPlan(optionsOf(kind));
  for (const world of WORLDS.filter(({ name }) => options.world.includes(name))) {
    for (const setter of options.setter) {
      const build = SETTERS[setter] as Build;
      const days = Array.from({ length: seeds }, (_, i) =>
        paceDay(world, i + 1, { plan, setter: (budget) => build(kind, plan, budget) }),
      );
      report(kind, world.name, setter, days);
    }
  }
}

function real(kind: PlanKind): void {
  const plan = new PacingPlan(optionsOf(kind));
  for (const log of realLogs()) {
    for (const share of LOG_BUDGETS) {
      const budget = realSupply(log) * share;
      for (const setter of options.setter) {
        const day = paceLog(log, budget, plan, (SETTERS[setter] as Build)(kind, plan, budget));
        report(kind, `${log.name} 1/${1 / share}`, setter, [day]);
      }
    }
  }
}

function report(plan: PlanKind, world: string, setter: string, days: readonly PacedDay[]): void {
  if (options.json) {
    days.forEach(({ spentShare, deviation, largestSlot }, i) => {
      const figures = { spent_share: spentShare, deviation, largest_slot: largestSlot };
      process.stdout.write(`${JSON.stringify({ plan, world, setter, seed: i + 1, ...figures })}\n`);
    });
    return;
  }
  const percent = (value: number, width: number): string => (100 * value).toFixed(2).padStart(width);
  const least = Math.min(...days.map(({ spentShare }) => spentShare));
  const deviation = Math.max(...days.map((day) => day.deviation));
  const slot = Math.max(...days.map(({ largestSlot }) => largestSlot));
  const figures = `${percent(least, 6)}${percent(deviation, 11)}${percent(slot, 14)}`;
  process.stdout.write(`${world.padEnd(24)}${setter.padEnd(13)}${figures}\n`);
}
