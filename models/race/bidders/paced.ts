// Linear bidding under the product's pacer, as entrants of the race, alone or with a policy on top.

import type { PlanKind } from '../../../bidcore/money/pacing_plan.js';
import { type Entrant, entrant } from '../entrant.js';
import { PacedBidder, type SlotPolicy } from '../paced_bidder.js';

/** @param policy makes one of its own for each day, for policies that remember */
export function paced(about: string, plan: PlanKind, policy?: () => SlotPolicy): Entrant {
  return entrant({
    about,
    tune: ({ perClick }) => ({ perClick }),
    enter: ({ market: { perClickMax, bidOf }, tuned: { perClick }, deviation }) =>
      new PacedBidder({ perClick, perClickMax, deviation, plan, bidOf }, policy?.()),
  });
}
