// The static part of a bid: macros stay literal, markup is safe and complete, and the pieces are JSON again once a
// token stands between them.

import t from 'tap';
import type { Creative } from './campaign_file.js';
import { campaignFileSchema } from './campaign_file.js';
import { renderBid } from './render.js';

const urls = { notices: 'http://bidder.example:7507', markup: 'https://track.example' };

const base = {
  id: 'c1',
  type: 'banner',
  w: 300,
  h: 250,
  advertiser_domains: ['brand.example'],
  landing_url: 'https://brand.example/',
  image_url: 'https://cdn.example/i.png',
};

/** A bid with one creative, as the exchange would read it. */
function rendered(creative: Partial<Creative>, group: object = {}) {
  const file = campaignFileSchema.parse({
    currency: 'USD',
    accounts: [
      {
        id: 'a',
        seat: 's',
        creatives: [{ ...base, ...creative }],
        campaigns: [
          {
            id: 'camp',
            budget_micros: 1,
            ad_groups: [
              {
                id: 'g',
                goal: { type: 'cpm', bid_micros: 1 },
                max_bid_cpm_micros: 1,
                creatives: ['c1'],
                ...group,
              },
            ],
          },
        ],
      },
    ],
  });
  const account = file.accounts[0];
  const campaign = account?.campaigns[0];
  const adGroup = campaign?.ad_groups[0];
  const [made] = account?.creatives ?? [];
  if (!campaign || !adGroup || !made) throw new Error('the file has no ad');
  const { pieces, secure } = renderBid(campaign, adGroup, made, urls);
  const bid = JSON.parse(`{${pieces.join('TOKEN')}}`) as Record<string, unknown> & { adm: string };
  return { pieces, secure, bid };
}
const withMarkup = (markup: string) => rendered({ markup, image_url: undefined });

t.test("notice URLs carry the token and the exchange's macros as they are", async (t) => {
  const { bid } = rendered({});
  t.equal(bid.nurl, 'http://bidder.example:7507/n/win/TOKEN?p=${AUCTION_PRICE}');
  t.equal(bid.burl, 'http://bidder.example:7507/n/bill/TOKEN?p=${AUCTION_PRICE}');
  t.equal(bid.lurl, 'http://bidder.example:7507/n/loss/TOKEN?r=${AUCTION_LOSS}&m=${AUCTION_MIN_TO_WIN}');
});

t.test('macros in the markup stay literal', async (t) => {
  const markup = '<b id="${AUCTION_ID}" data-p="${AUCTION_PRICE}" data-m=\'${AUCTION_MBR}\'>$& $1 $$</b>';
  t.ok(withMarkup(markup).bid.adm.startsWith(markup));
});

t.test('an image becomes a link to the landing page with an impression pixel', async (t) => {
  const { bid, pieces } = rendered({});
  t.match(bid.adm, '<a href="https://track.example/n/click/TOKEN" target="_blank"');
  t.match(bid.adm, '<img src="https://cdn.example/i.png" width="300" height="250"');
  t.match(bid.adm, '<img src="https://track.example/n/imp/TOKEN" width="1" height="1"');
  t.equal(pieces.length, 6, 'a token in nurl, burl, lurl, click and impression');
});

t.test('the pixel is added once: not where the markup has placed it', async (t) => {
  const placed = withMarkup('<i></i><img src="{{impression_url}}"><img src="{{impression_url}}">').bid.adm;
  t.equal(placed, '<i></i><img src="https://track.example/n/imp/TOKEN"><img src="https://track.example/n/imp/TOKEN">');
  t.equal(withMarkup('<i></i>').bid.adm.split('/n/imp/').length, 2);
});

t.test('an address in an attribute cannot end the attribute', async (t) => {
  const adm = rendered({ image_url: 'https://cdn.example/i.png?a="><script>&b' }).bid.adm;
  t.match(adm, 'src="https://cdn.example/i.png?a=&quot;>&lt;script>&amp;b"');
  t.notMatch(adm, '<script');
});

t.test('any text of a trader comes back whole', async (t) => {
  const markup = '<p title="\\"\u2028 é 💶">\u0001\n\t</p>';
  t.ok(withMarkup(markup).bid.adm.startsWith(markup));
  const escapes = '<p>\u0000 \\u0000 \\uffff</p>';
  t.ok(withMarkup(escapes).bid.adm.startsWith(escapes), 'also what looks like an escape');
});

t.test('secure is told from the markup', async (t) => {
  t.equal(rendered({}).secure, true);
  t.equal(rendered({ image_url: 'http://cdn.example/i.png' }).secure, false);
  t.equal(withMarkup('<img src="HTTP://cdn.example/i.png">').secure, false);
  t.equal(
    rendered({ landing_url: 'http://brand.example/' }).secure,
    true,
    'a click is a navigation, not part of the page',
  );
});

t.test('members that have nothing to say are left out', async (t) => {
  const { bid } = rendered({});
  t.same(Object.keys(bid), ['nurl', 'burl', 'lurl', 'adm', 'adomain', 'cid', 'crid', 'w', 'h', 'exp', 'mtype']);
  t.match(bid, { adomain: ['brand.example'], cid: 'camp', crid: 'c1', w: 300, h: 250, exp: 300, mtype: 1 });
});

t.test('members that have something to say are there', async (t) => {
  const full = { bundle: 'example.app', categories: ['1', '2'], cattax: 6, attributes: [13], apis: [5] };
  const { bid } = rendered(full, { bid_expiry_s: 60 });
  t.match(bid, { bundle: 'example.app', cat: ['1', '2'], cattax: 6, attr: [13], apis: [5], exp: 60 });
});
