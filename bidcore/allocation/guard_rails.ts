// Whether a split keeps to its guard rails, looked at from outside: what nobody watches is not to rest on the code that
// it guards. `allocate` lets least and most shares come before the most change of a run; a run by itself may not.

import type { Allocation, AllocationPlan } from './allocate.js';
import type { AllocationConfig } from './allocation_schema.js';

/** What of a campaign's amount rounding may add, micros. */
const ROUNDING = 1;

/** What a split does that its guard rails forbid, one line each; empty: nothing. */
export function guardRailProblems(config: AllocationConfig, { total_micros, allocations }: AllocationPlan): string[] {
  const { change_max, floor_micros, ceiling_micros } = config.guard_rails;
  const had = allocations.reduce((sum, { before_micros }) => sum + before_micros, 0);
  const even = total_micros / allocations.length;
  const problems: string[] = [];
  const sum = allocations.reduce((all, { after_micros }) => all + after_micros, 0);
  if (sum !== total_micros) problems.push(`the amounts come to ${sum} micros, not to ${total_micros}`);
  for (const { id, before_micros, after_micros } of allocations) {
    const has = had > 0 ? (before_micros / had) * total_micros : even;
    const room = change_max * (has > 0 ? has : even) + ROUNDING;
    if (Math.abs(after_micros - has) > room) {
      problems.push(`${id}: ${after_micros} micros is more than ${change_max} away from the ${Math.round(has)} it has`);
    }
    if (after_micros < floor_micros || after_micros > ceiling_micros) {
      problems.push(`${id}: ${after_micros} micros is not within ${floor_micros} and ${ceiling_micros}`);
    }
  }
  return problems;
}

/** What changes. */
export function movesOf(allocations: readonly Allocation[]): readonly Allocation[] {
  return allocations.filter(({ before_micros, after_micros }) => before_micros !== after_micros);
}
