// Reading: every coercion of docs/decisions.md section 1, and the deviations real bodies show (OPENRTB.md section 2).

import t from 'tap';
import * as limits from '../../assembly/limits.js';
import * as reasons from '../../assembly/reasons.js';
import { privacyChoices } from '../exchange_file.js';
import { bodyOf, type Part, sampleImp, sampleRequest } from '../testing/sample_book.js';
import { normalise } from './normalise.js';
import type { NormalBanner, NormalDeal, NormalImp, NormalRequest } from './request.js';

const CHOICES = privacyChoices.parse({});

function read(request: unknown): NormalRequest {
  const { reason, request: normal } = normalise(bodyOf(request), CHOICES);
  if (normal === undefined) throw new Error(`malformed: reason ${reason}`);
  return normal;
}

const readWith = (part: Part): NormalRequest => read(sampleRequest(part));
const impWith = (part: Part): NormalImp => readWith({ imp: [sampleImp(part)] }).imps[0] as NormalImp;
const bannerWith = (part: Part): NormalBanner =>
  impWith({ banner: { w: 300, h: 250, ...part } }).banner as NormalBanner;
const dealsWith = (...deals: unknown[]): readonly NormalDeal[] => impWith({ pmp: { deals } }).deals;
const reasonOf = (body: string | Uint8Array): number =>
  normalise(typeof body === 'string' ? Buffer.from(body) : body, CHOICES).reason;

t.test('a malformed body has its reason, the first that applies', async (t) => {
  const cases: [string | Uint8Array, number][] = [
    ['', reasons.INVALID_JSON],
    ['{"id":"1","imp":[{"id":"1"}]', reasons.INVALID_JSON],
    ['{"id":"1","imp":[{"id":"1"}]}}', reasons.INVALID_JSON],
    ['\ufeff{"id":"1","imp":[{"id":"1"}]}', reasons.INVALID_JSON],
    [Uint8Array.of(0x22, 0xff, 0x22), reasons.INVALID_JSON],
    [Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22), reasons.INVALID_JSON], // a surrogate in UTF-8
    [Uint8Array.of(0x22, 0xc0, 0xaf, 0x22), reasons.INVALID_JSON], // an overlong slash
    ['[]', reasons.NOT_OBJECT],
    ['null', reasons.NOT_OBJECT],
    ['"x"', reasons.NOT_OBJECT],
    ['{}', reasons.MISSING_ID],
    ['{"id":"","imp":[{"id":"1"}]}', reasons.MISSING_ID],
    ['{"id":null,"imp":[{"id":"1"}]}', reasons.MISSING_ID],
    ['{"id":true,"imp":[{"id":"1"}]}', reasons.MISSING_ID],
    ['{"id":"1","id":[],"imp":[{"id":"1"}]}', reasons.MISSING_ID],
    ['{"id":"1"}', reasons.MISSING_IMP],
    ['{"id":"1","imp":[]}', reasons.MISSING_IMP],
    ['{"id":"1","imp":{}}', reasons.MISSING_IMP],
    ['{"id":"1","imp":[{"id":"1"}],"imp":null}', reasons.MISSING_IMP],
    ['{"id":"1","imp":[1]}', reasons.IMP_MISSING_ID],
    ['{"id":"1","imp":[{"id":"1"},{}]}', reasons.IMP_MISSING_ID],
    ['{"id":"1","imp":[{"id":{}}]}', reasons.IMP_MISSING_ID],
    ['{"id":"1","imp":[{"id":"1"}]}', reasons.REASON_NONE],
    [' {"id":1.5e3,"imp":[{"id":-0.5}]}\r\n', reasons.REASON_NONE],
  ];
  for (const [body, reason] of cases) t.equal(reasonOf(body), reason, String(body));
});

t.test('ids keep their raw tokens', async (t) => {
  const body = '{"id":"\\u0041\\/é\\"","imp":[{"id":1.50e1,"pmp":{"deals":[{"id":"d\\u0031"},{"id":7e0}]}}]}';
  const request = read(body);
  t.equal(request.id, '"\\u0041\\/é\\""');
  t.equal(request.imps[0]?.id, '1.50e1');
  t.same(
    request.imps[0]?.deals.map(({ id, text }) => [id, text]),
    [
      ['"d\\u0031"', 'd1'],
      ['7e0', '7'],
    ],
  );
});

t.test('of repeated keys the last counts, also when it is unusable', async (t) => {
  t.equal(read('{"id":"1","imp":[{"id":"a"}],"at":1,"at":"x"}').auction, 2);
  t.equal(read('{"id":"1","imp":[{"id":"a"}],"imp":[{"id":"b"}]}').imps[0]?.id, '"b"');
  const replaced = read('{"id":"1","imp":[{"id":"a"}],"site":{"domain":"a.b"},"site":{"cat":["IAB1"]}}');
  t.same([replaced.inventory?.domain, replaced.inventory?.categories], [undefined, ['iab1']]);
  t.equal(read('{"id":"1","imp":[{"id":"a"}],"site":{"domain":"a.b"},"site":null}').inventory, undefined);
});

t.test('a number is a number, a string that is one, or a boolean', async (t) => {
  const tmax = (value: unknown): number | undefined => readWith({ tmax: value }).tmaxMs;
  t.same([75, '75', '1.5e2', 80.5, true].map(tmax), [75, 75, 150, 80.5, 1]);
  t.same([' 75', '75ms', '', null, [75], {}, false, 0, -5].map(tmax), Array(9).fill(undefined), 'no limit');
});

t.test('an integer is truncated toward zero, and absent outside 32 bits', async (t) => {
  const type = (value: unknown): number | undefined => readWith({ device: { devicetype: value } }).deviceType;
  t.same([4, 4.9, '4', '4.9e0', -1.5, true, false].map(type), [4, 4, 4, 4, -1, 1, 0]);
  t.same([2147483647, -2147483648, 2147483648, -2147483649, '1e400', 'x', null].map(type), [
    2147483647,
    -2147483648,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  t.ok(Object.is(type(-0.5), 0), 'there is no negative zero');
});

t.test('a text is a non-empty string or an exact integer', async (t) => {
  const carrier = (json: string): string | undefined =>
    read(`{"id":1,"imp":[{"id":1}],"device":{"carrier":${json}}}`).carrier;
  t.same(['"T-Mobile"', '42', '-7', '1e3', '-0', '9007199254740991'].map(carrier), [
    't-mobile',
    '42',
    '-7',
    '1000',
    '0',
    '9007199254740991',
  ]);
  t.same(['""', '1.5', '9007199254740992', '1e300', 'true', 'null', '[]', '{}'].map(carrier), Array(8).fill(undefined));
  t.equal(carrier('"a\\ud800b"'), 'a\ufffdb', 'a lone surrogate becomes U+FFFD');
});

t.test('a list keeps its usable elements and is absent unless an array', async (t) => {
  t.same(
    [...readWith({ bcat: ['IAB25', 26, null, '', 1.5, ['x'], { a: 1 }, true, 'iab7-1'] }).bcat],
    ['iab25', '26', 'iab7-1'],
  );
  for (const value of ['IAB25', null, { 0: 'IAB25' }, 3]) t.equal(readWith({ bcat: value }).bcat.size, 0);
  t.same([...bannerWith({ btype: [1, '3', 2.9, true, 64, -1, 'x', null] }).btype], [1, 3, 2]);
  t.equal(bannerWith({ battr: 3 }).battr.size, 0);
  t.same(bannerWith({ mimes: null }).mimes, []);
});

t.test('what real exchanges send is survived', async (t) => {
  const request = readWith({
    id: 12345,
    tmax: '120',
    at: 1.0,
    test: true,
    bcat: [25, 'IAB26'],
    site: { id: 17, domain: 'WWW.News.Example', publisher: { id: 991 } },
    app: null,
    device: { carrier: 310410, devicetype: 2.0, connectiontype: '6', geo: { lat: '52.1', country: 'DE' }, js: 1.0 },
    user: { keywords: ['a', 'b'], data: [null, { segment: [{ id: 5 }, 'x', {}] }] },
    regs: { coppa: false, ext: { gdpr: false } },
    imp: [
      {
        id: 1,
        banner: { w: '300', h: 250.4, mimes: null },
        secure: '',
        native: { request: { ver: '1.2' } },
        pmp: { private_auction: true },
      },
    ],
  });
  t.equal(request.id, '12345');
  t.equal(request.tmaxMs, 120);
  t.equal(request.auction, 1);
  t.equal(request.test, true);
  t.same([...request.bcat], ['25', 'iab26']);
  t.match(request.inventory, { kind: 'site', domain: 'news.example', publisher: '991' });
  t.match(request, { carrier: '310410', deviceType: 2, connectionType: 6, country: 'de' });
  t.same(request.segments, ['5']);
  const imp = request.imps[0] as NormalImp;
  t.match(imp, { id: '1', secure: false, privateAuction: true, native: { wrapped: false, assets: [] } });
  t.match(imp.banner, { w: 300, h: 250 });
});

t.test('the inventory is the site, else the app, else the DOOH venue', async (t) => {
  const kind = (part: Part): string | undefined => readWith(part).inventory?.kind;
  t.equal(kind({ site: {}, app: { domain: 'a' } }), 'site');
  t.equal(kind({ site: null, app: {}, dooh: {} }), 'app');
  t.equal(kind({ site: [], dooh: {} }), 'dooh');
  t.equal(kind({ site: 'x' }), undefined);
  t.equal(
    readWith({ site: {}, app: { domain: 'a.example' } }).inventory?.domain,
    undefined,
    'fields of another do not count',
  );
});

t.test('the domain is the domain field, else the host of the page', async (t) => {
  const domain = (site: Part): string | undefined => readWith({ site }).inventory?.domain;
  t.equal(domain({ domain: 'A.example', page: 'https://b.example/' }), 'a.example');
  t.equal(domain({ page: 'HTTPS://WWW.B.example:8080/x?y#z' }), 'b.example');
  t.equal(domain({ page: '//b.example/' }), undefined);
  t.equal(domain({ page: 'https:///x' }), undefined);
  t.equal(domain({ page: 'https://b.example?x' }), 'b.example');
  t.equal(domain({ domain: '', page: 'x://y' }), 'y');
  t.equal(domain({ domain: 'www.', page: 'x://y' }), 'y', 'an empty rest is absent');
  t.equal(domain({ domain: 'a.'.repeat(127) }), undefined, 'no domain name has more than 253 bytes');
  t.equal(domain({ domain: 'a.'.repeat(126) }), 'a.'.repeat(126));
});

t.test('a language is what stands before its region', async (t) => {
  const language = (value: unknown): string | undefined => readWith({ device: { language: value } }).language;
  t.same(['EN', 'en-US', 'pt_BR', '-x', '_', 7].map(language), ['en', 'en', 'pt', undefined, undefined, '7']);
});

t.test('for children no city, postcode or segment is known', async (t) => {
  const personal = {
    device: { geo: { city: 'Ulm', zip: '89073', region: 'BW' } },
    user: { data: [{ segment: [{ id: 's' }] }] },
  };
  t.match(readWith(personal), { city: 'ulm', postcode: '89073', region: 'bw', segments: ['s'] });
  for (const coppa of [1, '1', true, 1.9]) {
    t.match(readWith({ ...personal, regs: { coppa } }), {
      city: undefined,
      postcode: undefined,
      region: 'bw',
      segments: [],
    });
  }
  t.equal(readWith({ ...personal, regs: { coppa: 0 } }).city, 'ulm');
});

t.test('a deal without a usable id is dropped, and no currency is inherited', async (t) => {
  t.same(
    dealsWith({ id: '' }, { id: 1.5 }, 'x', { bidfloor: 1 }, { id: 'd' }).map((d) => d.text),
    ['d'],
  );
  const imp = impWith({ bidfloor: 1, bidfloorcur: 'EUR', pmp: { deals: [{ id: 'd', bidfloor: 2 }] } });
  t.same(
    [imp.floor, imp.deals[0]?.floor],
    [
      { amount: 1, currency: 'EUR' },
      { amount: 2, currency: 'USD' },
    ],
  );
  t.same(impWith({ bidfloor: '0.5', bidfloorcur: 'eur' }).floor, { amount: 0.5, currency: 'EUR' });
  for (const code of ['EURO', 'E1R', 978, null, 'ÄÖÜ']) t.equal(impWith({ bidfloorcur: code }).floor.currency, 'USD');
  t.same(
    [1, 2, 3, 4, 0, '3', true, 'x'].map((at) => dealsWith({ id: 'd', at })[0]?.auction),
    [1, 2, 3, undefined, undefined, 3, 1, undefined],
  );
});

t.test('what is over a limit is said, after the whole body was read', async (t) => {
  const over = (part: Part): string | undefined => readWith(part).overLimit;
  const many = (n: number): unknown[] => Array.from({ length: n }, (_, i) => `v${i}`);
  const imps = (n: number): Part => ({ imp: Array.from({ length: n }, () => sampleImp()) });
  const formats = (n: number): Part => ({
    imp: [sampleImp({ banner: { format: Array.from({ length: n }, () => ({ w: 1, h: 1 })) } })],
  });
  const deals = (n: number): Part => ({ imp: [sampleImp({ pmp: { deals: many(n).map((id) => ({ id })) } })] });
  t.equal(over(imps(limits.MAX_IMPS)), undefined);
  t.match(over(imps(limits.MAX_IMPS + 1)), /65 impressions/);
  t.equal(over(formats(limits.MAX_FORMATS)), undefined);
  t.match(over(formats(limits.MAX_FORMATS + 1)), /513 banner formats/);
  t.equal(over(deals(limits.MAX_DEALS)), undefined);
  t.match(over(deals(limits.MAX_DEALS + 1)), /257 deals/);
  const assets = (n: number, wrap: (request: unknown) => unknown): Part => ({
    imp: [1, 2].map((half) =>
      sampleImp({ native: { request: wrap({ assets: many(half === 1 ? n - 1 : 1).map(() => ({})) }) } }),
    ),
  });
  t.equal(over(assets(limits.MAX_ASSETS, (request) => request)), undefined);
  t.match(over(assets(limits.MAX_ASSETS + 1, (request) => request)), /65 native assets/);
  t.match(over(assets(limits.MAX_ASSETS + 1, (native) => JSON.stringify({ native }))), /65 native assets/);
  const durfloors = (n: number): Part => ({
    imp: [sampleImp({ video: { durfloors: many(n - 1).map(() => ({})) }, audio: { durfloors: [{}, 7] } })],
  });
  t.equal(over(durfloors(limits.MAX_DURATION_FLOORS)), undefined);
  t.match(over(durfloors(limits.MAX_DURATION_FLOORS + 1)), /65 floors by duration/);
  t.equal(over({ bcat: many(limits.MAX_LIST_VALUES) }), undefined);
  const rqddurs = Array.from({ length: limits.MAX_LIST_VALUES + 1 }, (_, i) => i);
  t.match(over({ imp: [sampleImp({ video: { rqddurs } })] }), /7801 list values/);
  const objects = many(limits.MAX_LIST_VALUES + 1).map(() => ({}));
  t.match(over({ imp: [sampleImp({ audio: { companionad: objects } })] }), /7801 list values/);
  const [one, ...others] = objects;
  const both = { schain: { nodes: [one] }, ext: { schain: { nodes: others } } };
  t.match(over({ source: both }), /7801 list values/);
  t.equal(over({ source: { ext: { schain: { nodes: others } } } }), undefined);
  const image = { img: { mimes: many(limits.MAX_LIST_VALUES + 1) } };
  t.match(over({ imp: [sampleImp({ native: { request: { assets: [image] } } })] }), /7801 list values/);
  t.match(over({ bcat: many(8000), badv: many(193) }), /8193 list values/);
  t.equal(over({ id: 'x'.repeat(limits.MAX_ID_BYTES - 2) }), undefined);
  t.match(over({ id: 'x'.repeat(limits.MAX_ID_BYTES - 1) }), /513 bytes in an id/);
  t.match(over({ id: 'é'.repeat(limits.MAX_ID_BYTES / 2) }), /514 bytes in an id/, 'bytes, not characters');
  t.equal(reasonOf(`{"id":"${'x'.repeat(600)}","imp":[]}`), reasons.MISSING_IMP, 'malformed goes first');
});
