// Replays: the same days lived through by two policies and by the pacer alone, from the same starts and with the same
// budgets. Worlds are made for it: each is a campaign that nobody was trained on, with some days of it.

import { setImmediate } from 'node:timers/promises';
import type { PolicyWeights } from '../../bidcore/policy/policy_weights.js';
import type { BidTask, DrawTask } from '../environments/bid/bid_environment.js';
import type { Campaign } from '../environments/bid/synthetic_campaign.js';
import { drawTask, syntheticTasks } from '../environments/bid/synthetic_task.js';
import { type DayResult, liveThrough } from '../race/day.js';
import { PacedBidder, type SlotPolicy } from '../race/paced_bidder.js';
import { Random } from '../random.js';
import { answering } from './policy_file.js';

/** What came of one day. */
export interface Replay {
  /** Days of one world hang together. */
  readonly world: number;
  readonly budget: number;
  readonly candidate: DayResult;
  readonly incumbent: DayResult;
  readonly alone: DayResult;
}

export interface ReplayOptions {
  readonly seed: number;
  readonly worlds: number;
  readonly days: number;
  /** Campaigns of the log: every second world is of one of them. */
  readonly logged?: readonly Campaign[];
  /** Called after each day; may wait, as to spare the CPU. */
  readonly rest?: (done: number, all: number) => void | Promise<void>;
}

/** Tasks as they are drawn for training: every second one of a campaign of the log, if there are any. */
export function mixedTasks(logged: readonly Campaign[]): DrawTask {
  const synthetic = syntheticTasks();
  if (logged.length === 0) return synthetic;
  return (random) =>
    random.uniform() < 0.5 ? synthetic(random) : drawTask(random, logged[random.integer(logged.length)] as Campaign);
}

/** @param incumbent undefined: the pacer alone */
export async function replay(
  candidate: PolicyWeights,
  incumbent: PolicyWeights | undefined,
  { seed, worlds, days, logged = [], rest }: ReplayOptions,
): Promise<Replay[]> {
  const replays: Replay[] = [];
  const first = slotPolicy(candidate);
  const second = incumbent === undefined ? undefined : slotPolicy(incumbent);
  for (let world = 0; world < worlds; world++) {
    const random = new Random(seed + world);
    const own = logged.length > 0 && world % 2 === 0 ? logged[(world / 2) % logged.length] : undefined;
    const draw: DrawTask = own === undefined ? syntheticTasks() : (source) => drawTask(source, own);
    for (let day = 0; day < days; day++) {
      const task = draw(random);
      const alone = lived(task, undefined);
      replays.push({
        world,
        budget: task.budget,
        alone,
        candidate: lived(task, first),
        incumbent: second === undefined ? alone : lived(task, second),
      });
      await (rest?.(replays.length, worlds * days) ?? setImmediate());
    }
  }
  return replays;
}

function lived({ day, budget, start }: BidTask, policy: SlotPolicy | undefined): DayResult {
  return liveThrough(day, budget, 'second', new PacedBidder(start, policy));
}

function slotPolicy(weights: PolicyWeights): SlotPolicy {
  const answer = answering(weights);
  return (inputs) => answer(inputs).multiplier;
}
