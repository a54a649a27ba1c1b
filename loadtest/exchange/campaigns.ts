// What the simulated exchanges' own advertisers run: the campaign file of a bidder that the simulator starts itself.
// Five exchanges, each with other habits (docs/exchange-simulator.md lists them), and nine advertisers.

/**
 * `varied`: some budgets bind, caps and deals count. `ample`: no budget binds, only prices and rates decide. Daily
 * budgets, micros by campaign: paced by `value`.
 */
export type Budgets = 'varied' | 'ample' | DailyBudgets;
export type DailyBudgets = ReadonlyMap<string, number>;

const SIZES = [
  [300, 250],
  [728, 90],
  [320, 50],
  [300, 600],
] as const;

interface Advertiser {
  readonly id: string;
  readonly account: 'alder' | 'birch';
  readonly category: string;
  readonly goal: { readonly type: 'cpm' | 'cpc' | 'cpa'; readonly bid_micros: number };
  readonly targeting?: Readonly<Record<string, unknown>>;
  /** In a run with varied budgets. */
  readonly varied: Readonly<Record<string, unknown>>;
  readonly expiryS?: number;
}

const AMPLE_MICROS = 1_000_000_000_000;

const ADVERTISERS: readonly Advertiser[] = [
  {
    id: 'bikes',
    account: 'alder',
    category: 'IAB17',
    goal: { type: 'cpc', bid_micros: 600_000 },
    varied: { budget_micros: AMPLE_MICROS, pacing: 'asap' },
  },
  {
    id: 'tea',
    account: 'alder',
    category: 'IAB8',
    goal: { type: 'cpc', bid_micros: 700_000 },
    varied: { budget_micros: 900_000, pacing: 'asap' },
  },
  {
    id: 'books',
    account: 'alder',
    category: 'IAB1',
    goal: { type: 'cpa', bid_micros: 5_000_000 },
    varied: { budget_micros: AMPLE_MICROS, daily_budget_micros: 1_500_000, pacing: 'asap' },
  },
  {
    id: 'trips',
    account: 'alder',
    category: 'IAB20',
    goal: { type: 'cpc', bid_micros: 650_000 },
    varied: { budget_micros: AMPLE_MICROS, pacing: 'asap', frequency_caps: [{ impressions: 3, minutes: 60 }] },
  },
  {
    id: 'shoes',
    account: 'birch',
    category: 'IAB18',
    goal: { type: 'cpa', bid_micros: 4_500_000 },
    varied: { budget_micros: AMPLE_MICROS, pacing: 'asap' },
    expiryS: 2,
  },
  {
    id: 'games',
    account: 'birch',
    category: 'IAB9',
    goal: { type: 'cpc', bid_micros: 550_000 },
    targeting: { inventory: ['app'] },
    varied: { budget_micros: AMPLE_MICROS, pacing: 'even' },
  },
  {
    id: 'insurance',
    account: 'birch',
    category: 'IAB13',
    goal: { type: 'cpa', bid_micros: 6_000_000 },
    targeting: { countries: ['USA', 'GBR', 'DEU'] },
    varied: { budget_micros: AMPLE_MICROS, pacing: 'asap' },
  },
  {
    id: 'courses',
    account: 'birch',
    category: 'IAB5',
    goal: { type: 'cpc', bid_micros: 500_000 },
    targeting: { segments_excluded: ['students'] },
    varied: { budget_micros: AMPLE_MICROS, pacing: 'asap' },
  },
  {
    id: 'cars',
    account: 'birch',
    category: 'IAB2',
    goal: { type: 'cpm', bid_micros: 9_000_000 },
    targeting: { deals: ['PLAZA-FIXED-1', 'BOURSE-PRIVATE-1'], open_auction: false },
    varied: { budget_micros: AMPLE_MICROS, pacing: 'asap' },
  },
];

const EXCHANGES = [
  { id: 'plaza', notices: ['nurl', 'burl', 'lurl'], deals: ['PLAZA-FIXED-1'] },
  {
    id: 'bourse',
    currency: 'EUR',
    notices: ['burl', 'lurl'],
    price_encoding: 'base64',
    margin: { kind: 'net', share: 0.1 },
    deals: ['BOURSE-PRIVATE-1'],
  },
  { id: 'arcade', notices: ['nurl', 'lurl'], no_bid: 'reason', deals: [] },
  {
    id: 'vault',
    currency: 'GBP',
    notices: ['burl', 'lurl'],
    price_encoding: 'google',
    seats: { alder: '771', birch: '772' },
    deals: [],
  },
  { id: 'bazaar', notices: ['nurl', 'burl', 'lurl'], deals: [] },
];

/**
 * A campaign file of one currency, USD, as `parseCampaignFile` reads it.
 * @param bids by campaign, what the goal's bid is multiplied with (default 1)
 */
export function worldCampaigns(budgets: Budgets, bids: ReadonlyMap<string, number> = new Map()): unknown {
  return {
    currency: 'USD',
    rates: { EUR: 0.859, GBP: 0.741 },
    exchanges: EXCHANGES,
    privacy: { tcf_vendor_id: 9999, legitimate_interest: [2, 7, 10], flexible: [2, 7, 10] },
    accounts: (['alder', 'birch'] as const).map((id) => accountOf(id, budgets, bids)),
  };
}

function accountOf(id: 'alder' | 'birch', budgets: Budgets, bids: ReadonlyMap<string, number>): unknown {
  // What is sold by the thousand has no rate to be learned.
  const its = ADVERTISERS.filter((one) => one.account === id && (budgets === 'varied' || one.goal.type !== 'cpm'));
  return {
    id,
    seat: id,
    creatives: its.flatMap(creativesOf),
    campaigns: its.map((advertiser) => ({
      id: advertiser.id,
      ...budgetOf(advertiser, budgets),
      ad_groups: [
        {
          id: 'all',
          goal: {
            ...advertiser.goal,
            bid_micros: Math.round(advertiser.goal.bid_micros * (bids.get(advertiser.id) ?? 1)),
          },
          max_bid_cpm_micros: 60_000_000,
          ...(budgets === 'varied' && advertiser.expiryS !== undefined ? { bid_expiry_s: advertiser.expiryS } : {}),
          ...(advertiser.targeting === undefined ? {} : { targeting: advertiser.targeting }),
          creatives: creativesOf(advertiser).map((creative) => creative.id),
        },
      ],
    })),
  };
}

function budgetOf({ id, varied }: Advertiser, budgets: Budgets): Readonly<Record<string, unknown>> {
  if (budgets === 'varied') return varied;
  if (budgets === 'ample') return { budget_micros: AMPLE_MICROS, pacing: 'asap' };
  const daily = budgets.get(id);
  if (daily === undefined) throw new Error(`no budget for ${id}`);
  return { budget_micros: AMPLE_MICROS, daily_budget_micros: daily, pacing: 'value' };
}

function creativesOf({ id, category }: Advertiser): { id: string }[] {
  const common = {
    advertiser_domains: [`${id}.example`],
    categories: [category],
    landing_url: `https://www.${id}.example/?from=gavel`,
  };
  const banners = SIZES.map(([w, h]) => ({
    id: `${id}-${w}x${h}`,
    type: 'banner',
    w,
    h,
    image_url: `https://cdn.${id}.example/${w}x${h}.jpg`,
    ...common,
  }));
  const native = {
    id: `${id}-native`,
    type: 'native',
    title: `Everything about ${id}`,
    images: [{ type: 3, url: `https://cdn.${id}.example/wide.jpg`, w: 1200, h: 627, mime: 'image/jpeg' }],
    data: [{ type: 1, value: id }],
    ...common,
  };
  const video = {
    id: `${id}-video`,
    type: 'video',
    w: 1280,
    h: 720,
    duration_s: 15,
    media: [{ url: `https://cdn.${id}.example/15.mp4`, mime: 'video/mp4', w: 1280, h: 720 }],
    ...common,
  };
  return [...banners, native, video];
}
