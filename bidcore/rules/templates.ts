// Rules to start from. Each is a rule but for its id, and passes the schema as it is.

import type { RuleInput } from './rule_schema.js';

export interface RuleTemplate {
  readonly key: string;
  /** What it is good for, for the list of templates. */
  readonly help: string;
  readonly rule: Omit<RuleInput, 'id'>;
}

export const RULE_TEMPLATES: readonly RuleTemplate[] = [
  {
    key: 'pause_low_ctr',
    help: 'Stops campaigns that hardly anyone clicks, once enough people have seen them.',
    rule: {
      name: 'Pause under 1% CTR',
      when: { metric: 'ctr', operator: '<', value: 0.01, window: '24h', minimum_impressions: 1000 },
      actions: [{ type: 'pause' }],
    },
  },
  {
    key: 'raise_budget_roas',
    help: 'Gives a fifth more to what has brought three times its cost in a week, up to a ceiling.',
    rule: {
      name: '+20% budget over ROAS 3',
      when: { metric: 'roas', operator: '>', value: 3, window: '7d', minimum_impressions: 1000 },
      actions: [{ type: 'change_budget', percent: 20, ceiling_micros: 1_000_000_000 }],
    },
  },
  {
    key: 'raise_budget_roas_streak',
    help: 'Gives half as much again to what has brought four times its cost on each of three days running.',
    rule: {
      name: '+50% budget over ROAS 4 for 3 days',
      when: { metric: 'roas', operator: '>', value: 4, window: '1d', consecutive: 3 },
      actions: [{ type: 'change_budget', percent: 50, ceiling_micros: 1_000_000_000 }],
      cooldown: '3d',
    },
  },
  {
    key: 'lower_bid_cpa',
    help: 'Bids a tenth less where a conversion costs more than it may.',
    rule: {
      name: '-10% bid over a CPA of 50',
      when: { metric: 'cpa_micros', operator: '>', value: 50_000_000, window: '7d', minimum_impressions: 1000 },
      actions: [{ type: 'change_bid', percent: -10 }],
    },
  },
];
