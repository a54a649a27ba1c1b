// Small campaign files and requests for tests of the server.

/** An ad: its campaign's id, and what of it a test is about. */
export interface TestAd {
  readonly id: string;
  /** Domain it is for; absent: all. */
  readonly domain?: string;
  /** Exchanges it is for; absent: all. */
  readonly exchanges?: readonly string[];
  /** Micros CPM. */
  readonly bidMicros?: number;
}

/** An exchange's id, with what of its profile a test is about. */
export type TestExchange = { readonly id: string } & Readonly<Record<string, unknown>>;

/** A campaign file of 300 × 250 banners, one campaign each. */
export function campaignsOf(ads: readonly TestAd[], exchanges: readonly (string | TestExchange)[] = []): unknown {
  return {
    currency: 'USD',
    exchanges: exchanges.map((exchange) => (typeof exchange === 'string' ? { id: exchange } : exchange)),
    accounts: [
      {
        id: 'account',
        seat: 'seat',
        creatives: [
          {
            id: 'banner',
            type: 'banner',
            w: 300,
            h: 250,
            advertiser_domains: ['advertiser.example'],
            landing_url: 'https://advertiser.example/',
            image_url: 'https://cdn.example/banner.png',
          },
        ],
        campaigns: ads.map(campaignOf),
      },
    ],
  };
}

function campaignOf({ id, domain, exchanges, bidMicros = 2_000_000 }: TestAd): unknown {
  return {
    id,
    budget_micros: 1_000_000_000_000,
    ad_groups: [
      {
        id: 'group',
        goal: { type: 'cpm', bid_micros: bidMicros },
        max_bid_cpm_micros: 10 * bidMicros,
        targeting: { ...(domain && { domains: [domain] }), ...(exchanges && { exchanges }) },
        creatives: ['banner'],
      },
    ],
  };
}

/** A request for a 300 × 250 banner on a domain. */
export function bidRequest(domain = 'site.example', id = 'request'): string {
  return JSON.stringify({
    id,
    imp: [{ id: '1', banner: { format: [{ w: 300, h: 250 }] } }],
    site: { domain, page: `https://${domain}/` },
    tmax: 100,
  });
}

/** The parts of a response that tests look at. */
export interface TestResponse {
  readonly id: string;
  readonly cur: string;
  readonly seatbid: readonly {
    readonly seat: string;
    readonly bid: readonly { readonly impid: string; readonly price: number; readonly cid: string }[];
  }[];
}

/** Campaign of the first bid of a response. */
export function campaignIn(body: string): string | undefined {
  return (JSON.parse(body) as TestResponse).seatbid[0]?.bid[0]?.cid;
}
