// What was trained, as entrants: policies on top of the product's pacer, from the files of models/policies/. There are
// some of each, trained with different seeds; a world of seed s is raced by the s-th of them, round and round, so that
// an interval over seeds is one over trainings too.

import { readdirSync, readFileSync } from 'node:fs';
import { DISCRETE_MULTIPLIERS } from '../../environments/bid/discrete_bid_environment.js';
import { answering, readPolicyFile } from '../../policy/policy_file.js';
import { isStateError } from '../../state.js';
import { type Entrant, entrant } from '../entrant.js';
import { PacedBidder, type SlotPolicy } from '../paced_bidder.js';
import { readActionValues } from './action_values.js';

/** Beside the sources, not among what is built: dist/models/race/bidders → models/policies. */
const FOLDER = new URL('../../../../models/policies/', import.meta.url);

/** A policy of the network in the bid path, trained by PPO. */
export const PPO = learned('PPO on top of `value_pacer` (docs/policy.md)', /^ppo-\d+\.policy$/, (bytes, name) => {
  const weights = readPolicyFile(bytes);
  if (isStateError(weights)) throw new Error(`${name}: ${weights.problem}`);
  const answer = answering(weights);
  return (inputs) => answer(inputs).multiplier;
});

/** One of nine multipliers, by action values trained by DQN. */
export const DQN = learned(
  'DQN on top of `value_pacer`, nine multipliers (Mnih et al. 2015)',
  /^dqn-\d+\.values$/,
  (bytes, name) => {
    const values = readActionValues(bytes);
    if (isStateError(values)) throw new Error(`${name}: ${values.problem}`);
    return (inputs) => DISCRETE_MULTIPLIERS[values.best(inputs)] as number;
  },
);

function learned(about: string, pattern: RegExp, read: (bytes: Uint8Array, name: string) => SlotPolicy): Entrant {
  let policies: readonly SlotPolicy[] | undefined;
  const all = (): readonly SlotPolicy[] => {
    policies ??= readdirSync(FOLDER)
      .filter((name) => pattern.test(name))
      .sort()
      .map((name) => read(new Uint8Array(readFileSync(new URL(name, FOLDER))), name));
    if (policies.length === 0) throw new Error(`no file ${pattern.source} in ${FOLDER.pathname}`);
    return policies;
  };
  return entrant({
    about,
    tune: ({ perClick }) => ({ perClick }),
    enter: ({ market: { perClickMax, bidOf }, tuned: { perClick }, deviation, seed }) => {
      const policy = all()[seed % all().length];
      return new PacedBidder({ perClick, perClickMax, deviation, plan: 'value', bidOf }, policy);
    },
  });
}
