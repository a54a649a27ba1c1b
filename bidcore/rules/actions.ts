// What an action would change in a campaign. An action that would change nothing is not an execution.

import type { RuleAction } from './rule_schema.js';

export interface CreativeState {
  readonly id: string;
  readonly live: boolean;
  readonly impressions: number;
  readonly clicks: number;
  /** When it was live last, milliseconds since the epoch; 0: never. */
  readonly live_until_ms: number;
}

export interface AdGroupState {
  readonly id: string;
  readonly bid_micros: number;
  /** Left out where none is to be rotated. */
  readonly creatives?: readonly CreativeState[];
}

/** A campaign as rules see it. */
export interface CampaignState {
  readonly id: string;
  readonly status: 'active' | 'paused';
  /** A person's pause is not for rules to end. */
  readonly paused_by_rule: boolean;
  /** Null: it has none. */
  readonly daily_budget_micros: number | null;
  readonly ad_groups: readonly AdGroupState[];
}

export type Change =
  | { readonly type: 'status'; readonly from: 'active' | 'paused'; readonly to: 'active' | 'paused' }
  | { readonly type: 'budget'; readonly from_micros: number; readonly to_micros: number }
  | { readonly type: 'bid'; readonly ad_group: string; readonly from_micros: number; readonly to_micros: number }
  | { readonly type: 'creative'; readonly ad_group: string; readonly out: string; readonly in: string }
  | { readonly type: 'notify'; readonly webhook: string };

/** The changes that carry an action out. */
export function changesOf(action: RuleAction, campaign: CampaignState): Change[] {
  switch (action.type) {
    case 'pause':
      return campaign.status === 'active' ? [{ type: 'status', from: 'active', to: 'paused' }] : [];
    case 'resume': {
      const may = campaign.status === 'paused' && campaign.paused_by_rule;
      return may ? [{ type: 'status', from: 'paused', to: 'active' }] : [];
    }
    case 'change_budget': {
      const from_micros = campaign.daily_budget_micros;
      if (from_micros === null) return [];
      const to_micros = changed(from_micros, action);
      return to_micros === from_micros ? [] : [{ type: 'budget', from_micros, to_micros }];
    }
    case 'change_bid':
      return campaign.ad_groups
        .map(({ id, bid_micros }) => ({
          ad_group: id,
          from_micros: bid_micros,
          to_micros: changed(bid_micros, action),
        }))
        .filter(({ from_micros, to_micros }) => from_micros !== to_micros)
        .map((change) => ({ type: 'bid', ...change }));
    case 'rotate_creative':
      return campaign.ad_groups.flatMap(({ id, creatives = [] }) => rotated(id, creatives, action));
    case 'notify':
      return [{ type: 'notify', webhook: action.webhook }];
  }
}

type Bounded = Extract<RuleAction, { readonly percent: number }>;

/** Whole micros, at least one. A raise stops at the ceiling, and never lowers what is above it; a cut likewise. */
function changed(from: number, { percent, floor_micros = 1, ceiling_micros = Infinity }: Bounded): number {
  const to = Math.max(1, Math.round(from * (1 + percent / 100)));
  return percent > 0 ? Math.max(from, Math.min(to, ceiling_micros)) : Math.min(from, Math.max(to, floor_micros));
}

type Rotation = Extract<RuleAction, { readonly type: 'rotate_creative' }>;

/** Among those that take turns; others of the ad group are left as they are. */
function rotated(ad_group: string, creatives: readonly CreativeState[], action: Rotation): Change[] {
  const turns = creatives.filter(({ id }) => action.creatives.includes(id));
  const shown = turns.filter(({ live, impressions }) => live && impressions >= action.minimum_impressions);
  const waiting = turns.filter(({ live }) => !live);
  if (shown.length === 0 || waiting.length === 0) return [];
  const byId = (a: CreativeState, b: CreativeState): number => (a.id < b.id ? -1 : 1);
  const [worst] = shown.sort((a, b) => a.clicks / a.impressions - b.clicks / b.impressions || byId(a, b));
  const [next] = waiting.sort((a, b) => a.live_until_ms - b.live_until_ms || byId(a, b));
  return [{ type: 'creative', ad_group, out: (worst as CreativeState).id, in: (next as CreativeState).id }];
}
