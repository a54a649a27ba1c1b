// An explanation for people: the answer first, then each slot with the ads that were priced, then the ads each gate
// held back, a few of each.

import type { AdExplanation, Explanation, PriceExplanation, SlotExplanation } from './explain.js';
import { counted, decimal, money } from './wording.js';

/** Ads named for each gate; the rest are counted. */
const ADS_SHOWN_DEFAULT = 5;

const GOALS = { cpm: 'a thousand impressions', cpc: 'a click', cpa: 'a conversion' } as const;

/**
 * @param currency of the book, in which goals and values are
 * @param adsShown how many ads to name for each gate and among those outbid
 */
export function explanationText(explanation: Explanation, currency: string, adsShown = ADS_SHOWN_DEFAULT): string {
  const { status, outcome, why, request, impressions } = explanation;
  const lines = [
    `${outcome === 'bid' ? 'Bid' : `No bid: ${outcome}`} (HTTP ${status}). ${why}`,
    ...request.map(indent(1)),
  ];
  for (const imp of impressions) {
    lines.push('', `Impression ${imp.index + 1}, id ${imp.id}`);
    for (const slot of imp.slots) lines.push(...slotLines(slot, explanation.currency ?? currency, currency, adsShown));
  }
  return `${lines.join('\n')}\n`;
}

function slotLines(slot: SlotExplanation, currencyOut: string, currency: string, adsShown: number): string[] {
  const name = slot.deal === null ? 'Open auction' : `Deal ${slot.deal}`;
  const lines = [indent(1)(`${name}, ${slot.auction}, ${floorText(slot, currencyOut)}`)];
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
      if (ad.price !== null) lines.push(indent(4)(arithmeticText(ad.price, currency)));
    }
    if (ads.length > adsShown) lines.push(indent(3)(`and ${ads.length - adsShown} more`));
  }
  return lines;
}

function floorText({ floor, lowestPriceMicros }: SlotExplanation, currencyOut: string): string {
  if (floor === null) return 'no floor';
  const text = `floor ${decimal(floor.amount)} ${floor.currency} CPM`;
  if (lowestPriceMicros === null || floor.currency === currencyOut) return text;
  return `${text} = ${money(lowestPriceMicros, currencyOut)}`;
}

/** From the winner down: outbid, then the gates from the last to the first. */
const OUTCOMES = [
  'won',
  'response_full',
  'outbid',
  'below_floor',
  'no_budget',
  'campaign_closed',
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

/** Goal × rates × multiplier, limited by the cap. */
function arithmeticText(price: PriceExplanation, currency: string): string {
  const factors = {
    cpm: '',
    cpc: ` × 1000 × pCTR ${decimal(price.ctr)}`,
    cpa: ` × 1000 × pCTR ${decimal(price.ctr)} × pCVR ${decimal(price.cvr)}`,
  }[price.goal];
  const goal = `${money(price.goalMicros, currency)} for ${GOALS[price.goal]}${factors}`;
  const product = price.valueMicros * price.multiplier;
  const capped = product > price.capMicros;
  const limit = capped ? `, limited to ${money(price.capMicros, currency)}` : '';
  return `${goal} × multiplier ${decimal(price.multiplier)} = ${money(product, currency)} CPM${limit}`;
}

function indent(levels: number): (line: string) => string {
  return (line) => '  '.repeat(levels) + line;
}
