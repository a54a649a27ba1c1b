// What bids hold, who sits out, and when there is no ledger: docs/money.md sections 2 and 3, by the reference bidder.

import t from 'tap';
import * as map from '../../assembly/memory_map.js';
import type { Book } from '../book.js';
import { hashText, mix } from '../hash.js';
import {
  bodyOf,
  bookOfAdGroups,
  bookTargeting,
  type Part,
  SAMPLE_NOW_US,
  sampleAccount,
  sampleAdGroup,
  sampleBook,
  sampleCampaign,
  sampleImp,
  sampleRequest,
  sampleSituation,
  sampleState,
} from '../testing/sample_book.js';
import { outcome } from '../testing/sample_formats.js';
import { decide } from './decide.js';
import { explain } from './explain.js';
import { explanationText } from './explain_text.js';
import type { CampaignState, Decision, Situation } from './situation.js';

const NOW_S = SAMPLE_NOW_US / 1e6;

/** A situation whose campaigns have this state. */
const having = (part: Partial<CampaignState>): Partial<Situation> => ({ campaign: () => sampleState(part) });

function decided(book: Book, request: Part, situation: Partial<Situation> = {}): Decision {
  return decide(bodyOf(sampleRequest(request)), sampleSituation(book, situation));
}

const held = (decision: Decision): bigint[] => decision.bids.map(({ reservedMicros }) => reservedMicros);
const imps = (count: number): Part[] => Array.from({ length: count }, (_, id) => sampleImp({ id: String(id) }));
const fixedImp = (bidfloor: number): Part => sampleImp({ pmp: { deals: [{ id: 'd', at: 3, bidfloor }] } });

t.test('a bid holds the most it may cost, rounded up to a micro', async (t) => {
  t.same(held(decided(sampleBook(), {})), [10_000n], '10 CPM');
  t.same(held(decided(sampleBook(), { imp: [sampleImp({ qty: { multiplier: 2.50005 } })] })), [25_001n]);
  t.same(held(decided(sampleBook(), { test: 1 })), [0n], 'a test holds nothing');
  const net = sampleBook({ exchanges: [{ id: 'x1', margin: { kind: 'net', share: 0.25 } }] });
  t.same(held(decided(net, {}, { exchange: 1 })), [10_000n], 'what the exchange adds is paid as well');
  const priced = bookTargeting({ deals: ['d'] });
  t.same(held(decided(priced, { imp: [fixedImp(2.0000001)] })), [2_000n], 'at a fixed price that price');
});

t.test('later slots see what the earlier ones took', async (t) => {
  const three = decided(sampleBook(), { imp: imps(5) }, having({ availableMicros: 35_000n }));
  t.same(held(three), [10_000n, 10_000n, 10_000n]);
  t.equal(decided(sampleBook(), { imp: imps(5), test: 1 }, having({ availableMicros: 10_000n })).bids.length, 5);
  const campaigns = ['c1', 'c2'].map((id) => sampleCampaign({ id }));
  const two = sampleBook({ accounts: [sampleAccount({ campaigns })] });
  t.same(
    decided(two, { imp: imps(4) }, having({ availableMicros: 20_000n })).bids.map(({ ad }) => two.ads[ad]?.campaign.id),
    ['c1', 'c1', 'c2', 'c2'],
    'each campaign has its own',
  );
});

t.test('a slot whose bid cannot be paid for stays empty, whatever the other ads lack', async (t) => {
  // The agreed price is nothing, and a bid at least one micro CPM: the gate passes, the reservation does not.
  const book = bookOfAdGroups([{ targeting: { deals: ['d'] } }]);
  const nothing = having({ availableMicros: 0n });
  t.equal(outcome(book, { imp: [fixedImp(1e-8)] }, nothing), 'no_budget');
  t.equal(outcome(book, { imp: [fixedImp(1e-8)] }, having({ availableMicros: 1n })), 'bid');
  t.equal(outcome(book, { imp: [fixedImp(1e-8)], test: 1 }, nothing), 'bid');
});

t.test('a cost beyond exact numbers is beyond every budget', async (t) => {
  const goal = { type: 'cpm', bid_micros: 1e15 };
  const book = bookOfAdGroups([{ goal, max_bid_cpm_micros: 1e15 }]);
  const rich = having({ availableMicros: 2n ** 62n });
  t.equal(outcome(book, { imp: [sampleImp({ qty: { multiplier: 9007 } })] }, rich), 'bid');
  t.equal(outcome(book, { imp: [sampleImp({ qty: { multiplier: 9008 } })] }, rich), 'no_budget');
});

t.test('an auction is paced by the bid, and a guaranteed ad group is not', async (t) => {
  const state = having({ policyMultiplier: 1.5, pace: 0.5 });
  const [bid] = decided(sampleBook(), {}, state).bids;
  t.match(bid, { multiplier: 0.75, willing: 7_500_000 });
  const guaranteed = bookOfAdGroups([{ guaranteed: true }]);
  t.match(decided(guaranteed, {}, state).bids[0], { multiplier: 1.5, willing: 15_000_000 });
  t.equal(outcome(sampleBook(), {}, having({ pace: 0 })), 'below_floor', 'it bids nothing');
});

t.test('a fixed price is paced by sitting out requests, by their ids', async (t) => {
  const book = bookTargeting({ deals: ['d'] });
  const passes = (id: string, pace: number, of = book): boolean =>
    outcome(of, { id, imp: [fixedImp(2)] }, having({ pace })) === 'bid';
  const ids = Array.from({ length: 400 }, (_, n) => `request-${n}`);
  const drawn = (id: string): number => Number(mix(hashText(JSON.stringify(id)), hashText('c1')) >> 40n) / 2 ** 24;
  for (const id of ids) t.equal(passes(id, 0.3), drawn(id) < Math.fround(0.3), id);
  const share = ids.filter((id) => passes(id, 0.3)).length / ids.length;
  t.ok(Math.abs(share - 0.3) < 0.08, `${share} of the requests are bid on`);
  t.ok(ids.every((id) => passes(id, 1)));
  t.notOk(ids.some((id) => passes(id, 0)));
  t.equal(outcome(book, { imp: [fixedImp(2)] }, having({ pace: 0 })), 'paced');
  const group = sampleAdGroup({ targeting: { deals: ['d'] }, guaranteed: true });
  const guaranteed = sampleBook({ accounts: [sampleAccount({ campaigns: [sampleCampaign({ ad_groups: [group] })] })] });
  t.ok(passes('r', 0, guaranteed), 'a guaranteed ad group sits out none');
});

t.test('closed goes before paced, paced before budget', async (t) => {
  const book = bookTargeting({ deals: ['d'] });
  const reason = (part: Partial<CampaignState>): string => outcome(book, { imp: [fixedImp(2)] }, having(part));
  t.equal(reason({ open: false, pace: 0, availableMicros: 0n }), 'campaign_closed');
  t.equal(reason({ pace: 0, availableMicros: 0n }), 'paced');
  t.equal(reason({ availableMicros: 0n }), 'no_budget');
});

/** A ledger that is up to date, but for what is given. */
const ledger = (part: { untilS?: number; behind?: number } = {}): Partial<Situation> => ({
  ledger: {
    untilS: part.untilS ?? NOW_S + 10,
    freed: Array.from({ length: map.RESERVATION_LEVELS }, (_, k) => Math.floor(NOW_S / 2 ** k) - (part.behind ?? 0)),
  },
});

t.test('bids are made as long as the ledger lets them', async (t) => {
  const of = (untilS: number, request: Part = {}): string => outcome(sampleBook(), request, ledger({ untilS }));
  t.equal(of(NOW_S + 1), 'bid');
  t.equal(of(NOW_S), 'ledger_away');
  t.equal(of(NOW_S, { test: 1 }), 'bid', 'a test needs no ledger');
  t.equal(of(NOW_S, { id: 'x'.repeat(600) }), 'over_limit');
  t.equal(of(NOW_S, { tmax: 1 }), 'ledger_away');
  const { why, impressions } = explain(bodyOf(sampleRequest()), sampleSituation(sampleBook(), ledger({ untilS: 60 })));
  t.match(why, /Here: bids may be made until 1970-01-01T00:01:00\.000Z\./);
  t.same(impressions, []);
});

t.test('a bucket that may still hold older bids ends the request', async (t) => {
  const book = bookOfAdGroups([{ bid_expiry_s: 28 }]);
  t.equal(outcome(book, {}, ledger({ behind: 2 })), 'bid', '28 s and a bucket more: 31 buckets');
  t.equal(outcome(book, {}, ledger({ behind: 3 })), 'ledger_away');
  const short = { goal: { type: 'cpm', bid_micros: 90_000_000 }, bid_expiry_s: 1, targeting: { deals: ['d'] } };
  const both = bookOfAdGroups([{ bid_expiry_s: 28 }, short]);
  const request = { imp: [sampleImp({ pmp: { deals: [{ id: 'd' }] } })] };
  t.equal(decided(both, request, ledger()).bids.length, 2);
  t.match(decided(both, request, ledger({ behind: 3 })), { bids: [], reason: 11 }, 'also where a bid was made before');
  t.same(explain(bodyOf(sampleRequest(request)), sampleSituation(both, ledger({ behind: 3 }))).impressions, []);
});

t.test('the explanation tells pace, reservation and what is left', async (t) => {
  const state = having({ policyMultiplier: 0.8, pace: 0.5, availableMicros: 7_000n });
  const request = bodyOf(sampleRequest({ imp: imps(2) }));
  const explanation = explain(request, sampleSituation(sampleBook(), state));
  const [first, second] = explanation.impressions.map(({ slots }) => slots[0]?.ads[0]);
  const price = { policyMultiplier: 0.8, pace: 0.5, leftMicros: 7_000, reservedMicros: 4_000 };
  t.match(first, { outcome: 'won', price });
  t.match(second, { outcome: 'no_budget', price: { leftMicros: 3_000, reservedMicros: null } });
  const text = explanationText(explanation, 'USD');
  t.match(
    text,
    /× multiplier 0\.4 \(policy 0\.8 × pace 0\.5\) = 4 USD CPM; holds 0\.004 USD of 0\.007 USD left to spend/,
  );
  t.match(text, /campaign c1 may still spend 0\.003 USD; one impression may cost 0\.004 USD/);

  const book = bookTargeting({ deals: ['d'] });
  const paced = explain(
    bodyOf(sampleRequest({ imp: [fixedImp(2)] })),
    sampleSituation(book, having({ pace: 0, policyMultiplier: 0.8 })),
  );
  t.match(explanationText(paced, 'USD'), /campaign c1 sits out 100% of requests at a fixed price/);
  t.match(explanationText(paced, 'USD'), /multiplier 1 \(policy 0\.8 × pace 0, not applied at a fixed price\)/);
  const empty = sampleSituation(book, having({ availableMicros: 0n }));
  const unheld = explain(bodyOf(sampleRequest({ imp: [fixedImp(1e-8)] })), empty);
  t.match(unheld.impressions[0]?.slots[0], {
    winner: null,
    ads: [{ outcome: 'no_budget', why: 'its bid may cost 0.000001 USD; campaign c1 has 0 USD' }],
  });
});
