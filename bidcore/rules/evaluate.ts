// One run of all rules over all campaigns: which hold, and what of it is done. The same function serves live runs, dry
// runs and the replay of history: it changes nothing, it says what is to change.
//
// Rules take their turn by priority, then id. Of two that would change the same thing of a campaign (its status, its
// budget, its bids, its creatives) the first is carried out and the other is recorded as superseded by it; what is
// paused in this run gets no other change. So the outcome does not depend on the order in which rules were stored.

import { type CampaignState, type Change, changesOf } from './actions.js';
import { ConditionColumns, type History } from './columns.js';
import { probabilityOf } from './forecast.js';
import { predictedReason, reasonOf } from './reasons.js';
import { durationMs, type Rule, resourceOf } from './rule_schema.js';

/** A rule that held for a campaign, and what came of it. */
export interface RuleExecution {
  readonly rule: string;
  readonly campaign: string;
  readonly at_ms: number;
  readonly outcome: 'applied' | 'superseded';
  /** Ids of the rules that came first, where one of the actions was left out for it. */
  readonly superseded_by: readonly string[];
  readonly reason: string;
  /** Of rules with a prediction: the probability that was acted on. */
  readonly probability?: number;
  readonly changes: readonly Change[];
}

/** When a rule was last carried out on a campaign, milliseconds since the epoch. */
export type LastApplied = (rule: string, campaign: string) => number | undefined;

export interface RulesInput {
  /** In the order of the history's campaigns. */
  readonly campaigns: readonly CampaignState[];
  readonly history: History;
  readonly nowMs: number;
  readonly lastApplied: LastApplied;
}

export interface RulesRun {
  readonly executions: readonly RuleExecution[];
  /** Pairs of rule and campaign that held; of these, such as were cooling down, and such as had nothing to change. */
  readonly held: number;
  readonly cooling_down: number;
  readonly no_change: number;
  /** What it was decided on. */
  readonly columns: ConditionColumns;
}

/** Throws if the campaigns are not those of the history. */
export function evaluateRules(rules: readonly Rule[], input: RulesInput): RulesRun {
  const { campaigns, history, nowMs } = input;
  if (!history.every((series) => series.campaigns.length === campaigns.length)) {
    throw new RangeError('the history is not of these campaigns');
  }
  const budgets = Float64Array.from(campaigns, ({ daily_budget_micros }) => daily_budget_micros ?? 0);
  const columns = new ConditionColumns(history, nowMs, budgets);
  const indexes = new Map(campaigns.map(({ id }, index) => [id, index]));
  const taken = new Taken(campaigns.length);
  const counts = { cooling_down: 0, no_change: 0 };
  const executions: RuleExecution[] = [];
  for (const rule of inTurn(rules)) {
    const cooldownMs = durationMs(rule.cooldown);
    for (const { index, probability } of holding(rule, columns, indexes)) {
      const campaign = campaigns[index] as CampaignState;
      const last = input.lastApplied(rule.id, campaign.id);
      if (last !== undefined && nowMs - last < cooldownMs) {
        counts.cooling_down++;
        continue;
      }
      const done = carryOut(rule, campaign, index, taken);
      if (done === undefined) {
        counts.no_change++;
        continue;
      }
      const reason =
        rule.prediction === undefined || probability === undefined
          ? reasonOf(rule.when, index, columns)
          : predictedReason(rule.when, rule.prediction, probability);
      const about = { rule: rule.id, campaign: campaign.id, at_ms: nowMs, reason };
      executions.push(probability === undefined ? { ...about, ...done } : { ...about, probability, ...done });
    }
  }
  return { executions, held: counts.cooling_down + counts.no_change + executions.length, ...counts, columns };
}

/** The rules that are enabled, first the highest priority, then the lowest id. */
function inTurn(rules: readonly Rule[]): Rule[] {
  return rules.filter(({ enabled }) => enabled).sort((a, b) => b.priority - a.priority || (a.id < b.id ? -1 : 1));
}

/** A campaign that a rule holds for; with the probability, if it was predicted. */
interface Held {
  readonly index: number;
  readonly probability?: number;
}

function holding(rule: Rule, columns: ConditionColumns, indexes: ReadonlyMap<string, number>): Held[] {
  const { when, prediction } = rule;
  const now = columns.holds(when);
  const held: Held[] = [];
  const ask = (index: number): void => {
    const probability = prediction === undefined ? undefined : probabilityOf(when, index, columns, prediction);
    if (probability !== undefined) {
      if (probability >= (prediction?.confidence ?? 1)) held.push({ index, probability });
    } else if (prediction?.fallback !== 'nothing' && now[index] === 1) held.push({ index });
  };
  // Without a forecast only those have to be asked for which it holds now.
  const may = (index: number): boolean => prediction !== undefined || now[index] === 1;
  if (rule.campaigns === undefined) {
    for (let index = 0; index < now.length; index++) if (may(index)) ask(index);
  } else {
    for (const id of new Set(rule.campaigns)) {
      const index = indexes.get(id);
      if (index !== undefined && may(index)) ask(index);
    }
  }
  return held;
}

/** What has been changed in this run: of each thing, the rule that did it to each campaign. */
class Taken {
  readonly #columns = new Map<string, Uint16Array>();
  /** By the number in the columns; 0 is nobody. */
  readonly #rules: string[] = [''];

  constructor(private readonly campaigns: number) {}

  by(resource: string, campaign: number): string | undefined {
    const rule = this.#columns.get(resource)?.[campaign] ?? 0;
    return rule === 0 ? undefined : this.#rules[rule];
  }

  take(resource: string, campaign: number, rule: string): void {
    const column = this.#columns.get(resource) ?? new Uint16Array(this.campaigns);
    this.#columns.set(resource, column);
    if (this.#rules.at(-1) !== rule) this.#rules.push(rule);
    column[campaign] = this.#rules.length - 1;
  }
}

/** Beside the resources of actions: that a campaign was paused in this run. */
const PAUSED = 'paused';

type Done = Pick<RuleExecution, 'outcome' | 'superseded_by' | 'changes'>;

/** What of a rule's actions is done; undefined where there is nothing to do. */
function carryOut(rule: Rule, campaign: CampaignState, index: number, taken: Taken): Done | undefined {
  const changes: Change[] = [];
  const superseded_by: string[] = [];
  const mine: string[] = [];
  for (const action of rule.actions) {
    if (action.type === 'notify') continue;
    const wanted = changesOf(action, campaign);
    if (wanted.length === 0) continue;
    const resource = resourceOf(action);
    const first = taken.by(resource, index) ?? taken.by(PAUSED, index);
    if (first !== undefined) {
      if (!superseded_by.includes(first)) superseded_by.push(first);
      continue;
    }
    mine.push(resource);
    if (action.type === 'pause') mine.push(PAUSED);
    changes.push(...wanted);
  }
  for (const resource of mine) taken.take(resource, index, rule.id);
  // A notification goes with a change, or stands alone.
  if (changes.length > 0 || rule.actions.every(({ type }) => type === 'notify')) {
    for (const action of rule.actions) if (action.type === 'notify') changes.push(...changesOf(action, campaign));
  }
  if (changes.length === 0 && superseded_by.length === 0) return undefined;
  return { outcome: changes.length > 0 ? 'applied' : 'superseded', superseded_by, changes };
}
