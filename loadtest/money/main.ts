// `npm run simulate -- --money`: histories of money, one a seed, until one is broken or all have run.

import { parseArgs } from 'node:util';
import { runHistory } from './history.js';
import { scenarioOf } from './scenario.js';
const { values } = parseArgs({ options: { seeds: { type: 'string', default: '100' }, seed: { type: 'string', default: '0' }, case: { type: 'string' }, money: { type: 'boolean' } } });
const total: Record<string, number> = {};
const problems = new Map<string, number[]>();
const from = performance.now();
const cases = values.case !== undefined ? [Number(values.case)] : Array.from({ length: Number(values.seeds) }, (_, n) => Number(values.seed) + n);
for (const seed of cases) {
  const out = await runHistory(scenarioOf(seed), values.case !== undefined ? console.log : undefined);
  for (const [k, v] of Object.entries({ ...out.counts, steps: out.steps, virtualMs: out.virtualMs })) total[k] = (total[k] ?? 0) + v;
  if (out.problem) { const key = out.problem.replace(/[0-9a-f]{16}|\d+/g, '#'); problems.set(key, [...(problems.get(key) ?? []), seed]); }
}
for (const [k, v] of problems) console.log(v.length, k, v.slice(0, 6));
console.log(JSON.stringify(total), Math.round(performance.now() - from), 'ms');
