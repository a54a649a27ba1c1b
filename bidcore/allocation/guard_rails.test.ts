// What a run may not do is found by looking at what it would do.

import t from 'tap';
import type { AllocationPlan } from './allocate.js';
import { allocationConfig } from './allocation_schema.js';
import { guardRailProblems } from './guard_rails.js';

const config = allocationConfig.parse({
  method: { type: 'proportional' },
  guard_rails: { change_max: 0.2, floor_micros: 10, ceiling_micros: 1000 },
  campaigns: [{ id: 'a' }, { id: 'b' }],
});

const planOf = (total_micros: number, ...amounts: [before: number, after: number][]): AllocationPlan => ({
  total_micros,
  allocations: amounts.map(([before_micros, after_micros], i) => ({
    id: 'ab'[i] as string,
    before_micros,
    after_micros,
    share: after_micros / total_micros,
    reason: '',
  })),
  notes: [],
});

t.test('a split within its guard rails has no problems', async (t) => {
  t.same(guardRailProblems(config, planOf(200, [100, 120], [100, 80])), []);
  t.same(guardRailProblems(config, planOf(400, [100, 240], [100, 160])), [], 'a new total moves all alike');
  t.same(guardRailProblems(config, planOf(200, [0, 119], [0, 81])), [], 'from nothing: an even share');
});

t.test('each rail that is passed is named', async (t) => {
  t.match(guardRailProblems(config, planOf(200, [100, 125], [100, 75])), [/^a: 125 micros is more/, /^b: 75 micros/]);
  t.match(guardRailProblems(config, planOf(20, [11, 13], [9, 7])), [/^b: 7 micros is not within 10 and 1000/]);
  t.match(guardRailProblems(config, planOf(2100, [1000, 1050], [1000, 1050])), [/^a: 1050 .* within/, /^b: 1050/]);
  t.match(guardRailProblems(config, planOf(200, [100, 100], [100, 90])), [/come to 190 micros, not to 200/]);
});
