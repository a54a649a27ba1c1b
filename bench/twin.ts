// The slow twin as something to be timed: a book and a model in, a function from body to response text out. Campaign
// states are a snapshot of those the hot path reads, so that both price alike.

import { MODEL_HEADER_BYTES } from '../assembly/model_layout.js';
import type { Book } from '../bidcore/book.js';
import { decide } from '../bidcore/reference/decide.js';
import type { CampaignState, Situation } from '../bidcore/reference/situation.js';
import { DEFAULT_EXCHANGE, NODE_SETTINGS, NOW_US } from './rig.js';

/** The response to a body; undefined without a bid. */
export type Twin = (body: Uint8Array) => string | undefined;

/**
 * @param model a whole model file
 * @param states campaign states by id
 */
export function makeTwin(book: Book, model: Uint8Array, states: ReadonlyMap<string, CampaignState>): Twin {
  const situation = twinSituation(book, model, states);
  return (body) => decide(body, situation).response;
}

export function twinSituation(book: Book, model: Uint8Array, states: ReadonlyMap<string, CampaignState>): Situation {
  return {
    book,
    model: model.slice(MODEL_HEADER_BYTES),
    modelVersion: 1,
    campaign: (id) => states.get(id) as CampaignState,
    seen: () => 0,
    ledger: undefined,
    exchange: DEFAULT_EXCHANGE,
    nowUs: NOW_US,
    bidId: 1n,
    ...NODE_SETTINGS,
  };
}

/** States as text for a process of its own, and back. */
export function writeStates(states: ReadonlyMap<string, CampaignState>): string {
  return JSON.stringify([...states], (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}

export function readStates(text: string): Map<string, CampaignState> {
  const rows = JSON.parse(text) as [string, CampaignState & { readonly availableMicros: string }][];
  return new Map(rows.map(([id, state]) => [id, { ...state, availableMicros: BigInt(state.availableMicros) }]));
}
