// Why the policy's multiplier of a campaign is what it is: what the policy sees, by name, or what keeps it at 1.

import type { Campaign } from '../campaign_file.js';
import { POLICY_INPUT_NAMES, type PolicyInputName } from '../policy/slot_inputs.js';
import type { ModelImage } from './model.js';
import { isWithoutPolicy, policyAnswer } from './policy.js';
import type { CampaignState } from './situation.js';
import { decimal } from './wording.js';

export interface PolicyExplanation {
  /**
   * `decided`; else the multiplier is 1, because of another plan, no period, no decision yet, no policy, or an input.
   */
  readonly reason: 'decided' | 'other_plan' | 'no_period' | 'not_yet' | 'no_policy' | 'outside';
  /** In words. */
  readonly why: string;
  /** What the policy sees of the campaign since the slot began; null where it sees nothing. */
  readonly inputs: Readonly<Record<PolicyInputName, number>> | null;
  /** Inputs out of the range the policy has seen. */
  readonly outside: readonly PolicyInputName[];
  /** Mean multiplier, and the deviation with which it is drawn. */
  readonly mean: number;
  readonly sigma: number;
}

/** @param model the control's: its policy is everybody's */
export function explainPolicy(campaign: Campaign, state: CampaignState, model: ModelImage): PolicyExplanation {
  const { pacing, daily_budget_micros: dailyBudget, end } = campaign;
  const none = { inputs: null, outside: [], mean: 1, sigma: 0 };
  if (pacing !== 'value')
    return { reason: 'other_plan', why: `it acts on pacing value, and this is ${pacing}`, ...none };
  if (dailyBudget === undefined && end === undefined) {
    return { reason: 'no_period', why: 'the campaign has neither a daily budget nor an end', ...none };
  }
  const seen = state.policyInputs;
  if (seen === undefined) return { reason: 'not_yet', why: 'no slot of the campaign has begun on this node', ...none };
  const inputs = Object.fromEntries(POLICY_INPUT_NAMES.map((name, i) => [name, seen[i]])) as Record<
    PolicyInputName,
    number
  >;
  const { mean, sigma, outside } = policyAnswer(model, seen, 0);
  const known = { inputs, outside, mean: 1 + mean, sigma };
  const listed = (names: readonly PolicyInputName[]): string =>
    names.map((name) => `${name} ${decimal(Number(inputs[name].toFixed(4)))}`).join(', ');
  if (outside.length > 0) {
    return { reason: 'outside', why: `out of the range it has seen: ${listed(outside)}`, ...known };
  }
  const sight = `it sees ${listed(POLICY_INPUT_NAMES)}`;
  if (isWithoutPolicy(model))
    return { reason: 'no_policy', why: `the model has none that was trained; ${sight}`, ...known };
  const drawn = sigma === 0 ? '' : `; drawn with deviation ${decimal(sigma)} around ${decimal(1 + mean)}`;
  return { reason: 'decided', why: `${sight}${drawn}`, ...known };
}
