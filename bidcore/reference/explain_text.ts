// An explanation for people: the answer first, then each slot with the ads that were priced, then the ads each gate
// held back, a few of each.

import type { AccountExplanation, AdExplanation, Explanation, PriceExplanation, SlotExplanation } from './explain.js';
import { counted, decimal, money, some } from './wording.js';

/** Ads named for each gate; the rest are counted. */
const ADS_SHOWN_DEFAULT = 5;

const GOALS = { cpm: 'a thousand impressions', cpc: 'a click', cpa: 'a conversion' } as const;

/**
 * @param currency of the book, in which goals and values are
 * @param adsShown how many ads to name for each gate and among those outbid
 */
export function explanationText(explanation: Explanation, currency: string, adsShown = ADS_SHOWN_DEFAULT): string {
  const { status, outcome, why, request, accounts, impressions, model } = explanation;
  const lines = [
    `${outcome === 'bid' ? 'Bid' : `No bid: ${outcome}`} (HTTP ${status}). ${why}`,
    ...request.map(indent(1)),
    ...accounts.flatMap(accountLines),
    ...(model?.arm === 'candidate' ? [indent(1)(`predicted by the candidate, model ${model.version}`)] : []),
  ];
  const currencies = { own: currency, out: explanation.currency ?? currency };
  for (const imp of impressions) {
    lines.push('', `Impression ${imp.index + 1}, id ${imp.id}`, ...imp.takes.map(indent(1)));
    for (const slot of imp.slots) lines.push(...slotLines(slot, currencies, adsShown));
  }
  return `${lines.join('\n')}\n`;
}

/** Of accounts, those that may not bid. */
function accountLines({ account, seat, outcome, why }: AccountExplanation): string[] {
  return outcome === 'may_bid' ? [] : [indent(1)(`account ${account} (seat ${seat}) does not bid: ${outcome}: ${why}`)];
}

interface Currencies {
  /** Of the book. */
  readonly own: string;
  /** Of the response. */
  readonly out: string;
}

function slotLines(slot: SlotExplanation, currencies: Currencies, adsShown: number): string[] {
  const name = slot.deal === null ? 'Open auction' : `Deal ${slot.deal}`;
  const lines = [indent(1)([`${name}`, slot.auction, ...floorTexts(slot, currencies), ...podTexts(slot)].join(', '))];
  if (slot.closed !== null) {
    lines.push(indent(2)(`${slot.closed.outcome} (all ${counted(slot.ads.length, 'ad')})`), indent(3)(slot.closed.why));
    return lines;
  }
  for (const [outcome, ads] of groupByOutcome(slot.ads)) {
    const of = outcome === 'won' ? '' : ` (${counted(ads.length, 'ad')})`;
    lines.push(indent(2)(`${outcome}${of}`));
    const shown = outcome === 'outbid' ? [...ads].sort(byWilling) : ads;
    for (const ad of shown.slice(0, adsShown)) {
      lines.push(indent(3)(`${ad.campaign}/${ad.adGroup}/${ad.creative}: ${ad.why}`));
      if (ad.price === null) continue;
      lines.push(indent(4)(arithmeticText(ad.price, currencies)));
      // Of other plans it is always the same.
      const { policyMultiplier, policy } = ad.price;
      if (outcome !== 'won' && policy.reason === 'other_plan') continue;
      lines.push(indent(4)(`policy ${decimal(policyMultiplier)}: ${policy.why}`));
    }
    if (ads.length > adsShown) lines.push(indent(3)(`and ${ads.length - adsShown} more`));
  }
  return lines;
}

function floorTexts(slot: SlotExplanation, { out }: Currencies): string[] {
  const { floor, floorsByDuration, lowestPriceMicros } = slot;
  const byDuration = floorsByDuration.map((one) => `floor for ${one} CPM`);
  if (floor === null) return byDuration.length === 0 ? ['no floor'] : byDuration;
  const text = `floor ${decimal(floor.amount)} ${floor.currency} CPM`;
  const converted = lowestPriceMicros === null || floor.currency === out ? '' : ` = ${money(lowestPriceMicros, out)}`;
  return [`${text}${converted}`, ...byDuration];
}

function podTexts({ pod }: SlotExplanation): string[] {
  if (pod === null) return [];
  const { repetition, repetitions, advertisers, secondsLeft } = pod;
  return [
    ...(repetitions === 1 ? [] : [`bid ${repetition} of up to ${repetitions} for the pod`]),
    ...(secondsLeft === null ? [] : [`${secondsLeft} s left`]),
    ...(advertisers.length === 0 ? [] : [`in the pod already: ${some(advertisers)}`]),
  ];
}

/** From the winner down: outbid, then the gates from the last to the first. */
export const OUTCOMES: readonly string[] = [
  'won',
  'response_full',
  'outbid',
  'below_floor',
  'no_budget',
  'paced',
  'frequency_capped',
  'campaign_closed',
  'pod_taken',
  'no_deal',
  'no_creative',
  'blocked',
  'no_targeting',
];

function groupByOutcome(ads: readonly AdExplanation[]): [string, AdExplanation[]][] {
  return OUTCOMES.map((outcome): [string, AdExplanation[]] => [
    outcome,
    ads.filter((ad) => ad.outcome === outcome),
  ]).filter(([, group]) => group.length > 0);
}

function byWilling(a: AdExplanation, b: AdExplanation): number {
  return (b.price?.willingMicros ?? 0) - (a.price?.willingMicros ?? 0) || a.ad - b.ad;
}

/** Goal × rates × multiplier, limited by the cap; then what of it can be the price, and what it pays for. */
function arithmeticText(price: PriceExplanation, { own, out }: Currencies): string {
  const factors = {
    cpm: '',
    cpc: ` × 1000 × pCTR ${decimal(price.ctr)}`,
    cpa: ` × 1000 × pCTR ${decimal(price.ctr)} × pCVR ${decimal(price.cvr)}`,
  }[price.goal];
  const goal = `${money(price.goalMicros, own)} for ${GOALS[price.goal]}${factors}`;
  const product = price.valueMicros * price.multiplier;
  const capped = product > price.capMicros ? `, limited to ${money(price.capMicros, own)}` : '';
  const net =
    price.netShare === null
      ? ''
      : `; less the ${decimal(price.netShare * 100)}% that the exchange adds to a price: ` +
        `at most ${money(price.willingOutMicros, out)}`;
  const quantity = price.quantity === 1 ? '' : `; pays for ${decimal(price.quantity)} impressions`;
  const multiplier = `${decimal(price.multiplier)}${pacedText(price)}`;
  const amount = `${goal} × multiplier ${multiplier} = ${money(product, own)} CPM${capped}${net}${quantity}`;
  return `${amount}; ${heldText(price, own)}`;
}

/** What the multiplier is made of, where pacing has a part in it. */
function pacedText({ multiplier, policyMultiplier, pace }: PriceExplanation): string {
  if (pace === 1) return '';
  const applied = multiplier === 1 && policyMultiplier * pace !== 1 ? ', not applied at a fixed price' : '';
  return ` (policy ${decimal(policyMultiplier)} × pace ${decimal(pace)}${applied})`;
}

/** What the campaign has left, and what of it the bid holds. */
function heldText({ leftMicros, reservedMicros }: PriceExplanation, own: string): string {
  const left = `${money(leftMicros, own)} left to spend`;
  return reservedMicros === null ? left : `holds ${money(reservedMicros, own)} of ${left}`;
}

function indent(levels: number): (line: string) => string {
  return (line) => '  '.repeat(levels) + line;
}
