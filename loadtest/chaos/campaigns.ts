// The campaigns of a chaos run: some so small that they are spent during it, some with a budget a day, some large.

const creative = {
  id: 'banner',
  type: 'banner',
  w: 300,
  h: 250,
  image_url: 'https://cdn.example/banner.png',
  landing_url: 'https://shop.example/',
  advertiser_domains: ['shop.example'],
};

/** A campaign file with `count` campaigns that all want the same impressions. */
export function chaosCampaigns(count: number): unknown {
  const campaigns = Array.from({ length: count }, (_, n) => ({
    id: `c${n}`,
    // A bid costs 4,000 to 20,000 micros.
    budget_micros: n % 3 === 0 ? 400_000 * (n + 1) : 1_000_000_000,
    ...(n % 3 === 1 ? { daily_budget_micros: 900_000 * (n + 1) } : {}),
    pacing: 'asap',
    ad_groups: [
      {
        id: 'all',
        goal: { type: 'cpm', bid_micros: 20_000_000 - n * 1_000_000 },
        max_bid_cpm_micros: 20_000_000,
        bid_expiry_s: 3 + n,
        creatives: ['banner'],
      },
    ],
  }));
  return { currency: 'USD', accounts: [{ id: 'a', seat: 'seat', creatives: [creative], campaigns }] };
}
