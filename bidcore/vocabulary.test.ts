// Letter case, domains and categories as requests and campaigns share them.

import t from 'tap';
import { alpha2Of, COUNTRIES } from './countries.js';
import { ancestors, bareDomain, categoryEntry, lower, parentDomains, wellFormed, withParents } from './vocabulary.js';

t.test('only the letters A to Z have a lower case', async (t) => {
  t.equal(lower('MiXed-09'), 'mixed-09');
  t.equal(lower('ÄÖ İ K ſ'), 'ÄÖ İ k ſ');
  t.equal(lower(''), '');
});

t.test('a domain loses one leading www. and no more', async (t) => {
  t.equal(bareDomain('WWW.Example.COM'), 'example.com');
  t.equal(bareDomain('www.www.example.com'), 'www.example.com');
  t.equal(bareDomain('wwwx.example.com'), 'wwwx.example.com');
  t.equal(bareDomain('www.'), '');
});

t.test('parents of a domain go down to its last label', async (t) => {
  t.same(parentDomains('www.A.b.Example.com'), ['a.b.example.com', 'b.example.com', 'example.com', 'com']);
  t.same(parentDomains('localhost'), ['localhost']);
  t.same(parentDomains(''), []);
  t.same(parentDomains('www.'), []);
  t.same(parentDomains('example.com.'), ['example.com.', 'com.'], 'a root dot leaves no empty name');
  t.same(parentDomains('a..b'), ['a..b', '.b', 'b']);
  t.same(withParents('www.example.com'), ['www.example.com', 'example.com', 'com'], 'of a bare one nothing is dropped');
});

t.test('in taxonomy 1 the ancestor stands before the first dash', async (t) => {
  t.same(ancestors('IAB25-3', 1, {}), ['iab25-3', 'iab25']);
  t.same(ancestors('IAB25-3-1', 1, {}), ['iab25-3-1', 'iab25']);
  t.same(ancestors('IAB25', 1, {}), ['iab25']);
  t.same(ancestors('-3', 1, {}), ['-3'], 'nothing before the dash is no ancestor');
});

t.test('in other taxonomies the chain of the file is followed, whatever its case', async (t) => {
  const parents = { 7: { B3: 'b2', b2: 'B1' }, 2: { b3: 'x' } };
  t.same(ancestors('b3', 7, parents), ['b3', 'b2', 'b1']);
  t.same(ancestors('B1', 7, parents), ['b1']);
  t.same(ancestors('b3', 2, parents), ['b3', 'x']);
  t.same(ancestors('b3', 9, parents), ['b3']);
  t.same(ancestors('constructor', 7, parents), ['constructor']);
});

t.test('a cycle of categories ends', async (t) => {
  t.same(ancestors('a', 7, { 7: { a: 'b', b: 'c', c: 'b' } }), ['a', 'b', 'c']);
  t.same(ancestors('a', 7, { 7: { a: 'a' } }), ['a']);
});

t.test('a targeted category may name its taxonomy', async (t) => {
  t.same(categoryEntry('IAB1-2'), { cattax: 1, category: 'iab1-2' });
  t.same(categoryEntry('7:B3'), { cattax: 7, category: 'b3' });
  t.same(categoryEntry('1:IAB1'), { cattax: 1, category: 'iab1' });
  t.same(categoryEntry('x:y'), { cattax: 1, category: 'x:y' });
  t.same(categoryEntry('7:'), { cattax: 1, category: '7:' });
});

t.test('a lone surrogate becomes the replacement character, a pair stays', async (t) => {
  t.equal(wellFormed('a\ud83d\ude00b\ud83d c\ude00'), 'a\ud83d\ude00b\ufffd c\ufffd');
});

t.test('each country has one code of either kind', async (t) => {
  t.equal(COUNTRIES.length, 249);
  const alpha2 = COUNTRIES.map(alpha2Of);
  t.equal(new Set(alpha2).size, 249);
  t.ok(COUNTRIES.every((code) => /^[A-Z]{3}$/.test(code)) && alpha2.every((code) => /^[A-Z]{2}$/.test(code ?? '')));
  t.same(['USA', 'DEU', 'GBR', 'IRL', 'CHE', 'SRB', 'XKX', 'deu'].map(alpha2Of), [
    'US',
    'DE',
    'GB',
    'IE',
    'CH',
    'RS',
    undefined,
    undefined,
  ]);
});
