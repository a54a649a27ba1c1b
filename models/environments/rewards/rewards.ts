// The rewards by name, as the command line takes them.

import type { MakeReward } from './reward.js';
import { RoasReward } from './roas.js';
import { StableReward } from './stable.js';
import { TargetCpaReward } from './target_cpa.js';
import { ValueReward } from './value.js';

export const REWARDS = {
  value: () => new ValueReward(),
  'target-cpa': () => new TargetCpaReward(),
  roas: () => new RoasReward(),
  stable: () => new StableReward(),
} as const satisfies Readonly<Record<string, MakeReward>>;

export type RewardName = keyof typeof REWARDS;
