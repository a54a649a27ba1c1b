// Landing pages: only what was signed comes back.

import t from 'tap';
import { sipHash24 } from '../siphash.js';
import { OTHER_KEY, TEST_KEY } from '../testing/notice_tokens.js';
import { addressSigner, landingOf } from './click_address.js';
import { KeyRing } from './key_ring.js';

const ring = new KeyRing(TEST_KEY);
const sign = addressSigner(ring);
const read = (query: string, believed = ring): string | undefined => landingOf(new URLSearchParams(query), believed);

const LANDINGS = [
  'https://brand.example/',
  'http://brand.example/a?b=c&d=e%20f+g#h',
  'https://brand.example/quotes?\'"<>()*!\\',
  'https://brand.example/${AUCTION_PRICE}/{{click_url}}?[ERRORCODE]]]>',
  `https://brand.example/${'long'.repeat(500)}`,
];

for (const landing of LANDINGS) {
  t.test(`what was signed comes back: ${landing.slice(0, 60)}`, async (t) => {
    const query = sign(landing);
    t.match(query, /^k=3&s=[0-9a-f]{16}&to=https?%3A%2F%2F[\w%.~-]*$/, 'and ends no attribute, script or CDATA');
    t.equal(read(query), landing);
  });
}

t.test('what no header can hold is percent-encoded', async (t) => {
  t.equal(read(sign('https://bücher.example/ä?ß=😀')), 'https://b%C3%BCcher.example/%C3%A4?%C3%9F=%F0%9F%98%80');
  t.equal(read(sign('https://brand.example/\ud800')), 'https://brand.example/%EF%BF%BD');
});

t.test('the signature is the MAC of the address, as a number', async (t) => {
  const mac = sipHash24(TEST_KEY.bytes, Buffer.from('https://brand.example/')).toString(16).padStart(16, '0');
  t.equal(sign('https://brand.example/'), `k=3&s=${mac}&to=https%3A%2F%2Fbrand.example%2F`);
});

t.test('nothing else is a landing page', async (t) => {
  const good = sign('https://brand.example/');
  const mac = /s=(\w+)/.exec(good)?.[1] ?? '';
  const javascript = Buffer.from(ring.sign(Buffer.from('javascript:alert(1)')))
    .reverse()
    .toString('hex');
  const header = Buffer.from(ring.sign(Buffer.from('https://a.example/\r\nX: y')))
    .reverse()
    .toString('hex');
  const attempts = [
    '',
    'to=https://evil.example/',
    `k=3&s=${mac}&to=https://evil.example/`,
    `k=3&s=${mac}&to=https://brand.example`,
    `k=3&s=${mac}&to=https://brand.example//`,
    `k=3&s=${mac}&to=https://brand.example/&to=`.replace('to=https', 'to=https://evil.example/&to=https'),
    `k=3&s=${mac}&to=//brand.example/`,
    `k=3&s=${mac.toUpperCase()}x&to=https://brand.example/`,
    `k=3&s=${mac.slice(1)}&to=https://brand.example/`,
    `k=3&s=&to=https://brand.example/`,
    `k=4&s=${mac}&to=https://brand.example/`,
    `k=&s=${mac}&to=https://brand.example/`,
    `k=3.0&s=${mac}&to=https://brand.example/`,
    `s=${mac}&to=https://brand.example/`,
    `k=3&s=${javascript}&to=javascript:alert(1)`,
    `k=3&s=${header}&to=${encodeURIComponent('https://a.example/\r\nX: y')}`,
  ];
  for (const query of attempts) t.equal(read(query), undefined, query);
});

t.test('an address signed before the key was replaced still leads on', async (t) => {
  const query = sign('https://brand.example/');
  t.equal(read(query, new KeyRing(OTHER_KEY, [TEST_KEY])), 'https://brand.example/');
  t.equal(read(query, new KeyRing(OTHER_KEY)), undefined);
});

t.test('what is no web address is not signed', async (t) => {
  for (const url of ['javascript:alert(1)', '', 'https://', '\u0002']) t.throws(() => sign(url), url);
});
