// GPP strings: written bit by bit here, and by the library of the IAB.

import { GppModel } from '@iabgpp/cmpapi';
import fc from 'fast-check';
import t from 'tap';
import { base64url, bits, fibonacci, gppHeader } from '../testing/bit_writer.js';
import { gppSections, type UsChoice, usNational } from './gpp.js';

const sections = (text: string): [number, string][] => [...gppSections(text)];

t.test('the header names the sections in the order they stand in', async (t) => {
  t.same(sections(`${gppHeader([2, 4])}~a~b`), [
    [2, 'a'],
    [6, 'b'],
  ]);
  t.same(
    sections(`${gppHeader([[2, 3], 2])}~a~b~c~d~e`).map(([id]) => id),
    [2, 3, 4, 5, 7],
    'a range, and a gap behind it',
  );
  t.same(sections(`${gppHeader([7])}~a.b~c`), [[7, 'a.b']], 'a section nobody names is not there');
  t.same(sections(`${gppHeader([2, 4, 1])}~~b`), [[6, 'b']], 'nor one without a text, or without a part');
  t.same(sections(gppHeader([])), []);
  t.same(sections('DBABMA~x'), [[2, 'x']], 'an example of the specification');
});

t.test('numbers in Fibonacci code', async (t) => {
  t.same([1, 2, 3, 4, 7, 8, 12].map(fibonacci), ['11', '011', '0011', '1011', '01011', '000011', '101011']);
  for (const gap of [1, 2, 3, 4, 5, 8, 13, 100, 987, 40_000]) {
    t.same(sections(`${gppHeader([gap])}~x`), [[gap, 'x']], `${gap}`);
  }
});

t.test('a header that cannot be read to its end names nothing', async (t) => {
  const none = (header: string): boolean => gppSections(`${header}~a~b`).size === 0;
  const head = (count: number, ...rest: string[]): string =>
    base64url(bits(3, 6) + bits(1, 6) + bits(count, 12) + rest.join(''));
  t.notOk(none(head(2, '0', '011', '0', '1011')));
  t.ok(none(head(3, '0', '011', '0', '1011', '0')), 'an entry is missing');
  t.ok(none(head(1, '1', '011')), 'the length of a range is missing');
  t.ok(none(head(1)) && none('') && none('DB') && none('D'));
  t.ok(none(gppHeader([2, 4], 2)), 'another type');
  t.ok(none(base64url([bits(3, 6), bits(2, 6), bits(1, 12), '0011'].join(''))), 'another version');
  t.ok(none(`${gppHeader([2, 4])}=`) && none(` ${gppHeader([2, 4])}`), 'not base64url');
  t.notOk(none(head(1, '0', `${'0'.repeat(22)}11`)), 'a number of 24 bits');
  t.ok(none(head(1, '0', `${'0'.repeat(23)}11`)), 'a number of 25 bits');
});

t.test('a header names at most 64 sections', async (t) => {
  const text = (header: string): string => `${header}${'~x'.repeat(70)}`;
  t.equal(gppSections(text(gppHeader([[1, 63]]))).size, 64);
  t.equal(gppSections(text(gppHeader([[1, 64]]))).size, 0);
  t.equal(gppSections(text(gppHeader([[1, 62], 1]))).size, 64);
  t.equal(gppSections(text(gppHeader([[1, 62], 1, 1]))).size, 0);
  t.equal(gppSections(text(gppHeader([[1, 40_000]]))).size, 0);
});

interface National {
  readonly version?: number;
  readonly sale?: number;
  readonly sharing?: number;
  readonly targeted?: number;
  readonly children?: readonly number[];
}

/** A core segment of section 7, whose other fields all are 2. */
function national({ version = 1, sale = 2, sharing = 2, targeted = 2, children }: National): string {
  const two = (n: number): string => bits(n, 2);
  const sensitive = version === 1 ? 12 : 16;
  const ages = children ?? (version === 1 ? [0, 0] : [0, 0, 0]);
  return base64url(
    [
      bits(version, 6),
      two(2).repeat(6),
      two(sale) + two(sharing) + two(targeted),
      two(2).repeat(sensitive),
      ages.map(two).join(''),
      two(2).repeat(4),
    ].join(''),
  );
}

const IN: UsChoice = { optedOut: false, knownChild: false };
const OUT: UsChoice = { optedOut: true, knownChild: false };

t.test('US national: sale, sharing and targeted advertising are opt-outs', async (t) => {
  for (const version of [1, 2]) {
    t.same(usNational(national({ version })), IN);
    t.same(usNational(national({ version, sale: 0, sharing: 0, targeted: 0 })), IN);
    t.same(usNational(national({ version, sale: 1 })), OUT);
    t.same(usNational(national({ version, sharing: 1 })), OUT);
    t.same(usNational(national({ version, targeted: 1 })), OUT);
    t.same(usNational(national({ version, sale: 3, sharing: 3, targeted: 3 })), IN);
  }
});

t.test('US national: a known child has no consent in one of its ages', async (t) => {
  const child = { optedOut: false, knownChild: true };
  t.same(usNational(national({ children: [1, 0] })), child);
  t.same(usNational(national({ children: [0, 1] })), child);
  t.same(usNational(national({ children: [2, 3] })), IN);
  t.same(usNational(national({ version: 2, children: [1, 0, 0] })), child);
  t.same(usNational(national({ version: 2, children: [0, 1, 0] })), child);
  t.same(usNational(national({ version: 2, children: [0, 2, 1] })), child);
  t.same(usNational(national({ version: 2, children: [0, 2, 0] })), IN);
  t.same(usNational(national({ sale: 1, children: [1, 0] })), { optedOut: true, knownChild: true });
});

t.test('US national: a Global Privacy Control is an opt-out, in whatever segment behind the first', async (t) => {
  const core = national({});
  t.same(usNational(`${core}.${base64url('011')}`), OUT);
  t.same(usNational(`${core}.${base64url('010')}`), IN, 'it is off');
  t.same(usNational(`${core}.${base64url('001')}`), IN, 'another type');
  t.same(usNational(`${core}.${base64url('111')}`), IN);
  t.same(usNational(`${core}.${base64url('010')}.${base64url('011')}`), OUT);
  t.same(usNational(`${core}.${base64url('011')}!`), IN, 'not base64url');
  t.same(usNational(`${core}.`), IN);
});

t.test('US national: what is not there or cannot be read is an opt-out', async (t) => {
  t.same(usNational(undefined), OUT);
  t.same(usNational(''), OUT);
  t.same(usNational(`.${national({})}`), OUT);
  t.same(usNational(`${national({})}=`), OUT);
  for (const version of [0, 3, 9]) t.same(usNational(national({ version })), OUT, `version ${version}`);
  const one = national({ version: 1, children: [1, 1] });
  t.same(usNational(one.slice(0, 9)), { optedOut: false, knownChild: true }, '54 bits hold all that is read of 1');
  t.same(usNational(one.slice(0, 8)), OUT, '48 do not');
  const two = national({ version: 2, children: [1, 1, 1] });
  t.same(usNational(two.slice(0, 11)), { optedOut: false, knownChild: true });
  t.same(usNational(two.slice(0, 10)), OUT);
});

t.test('strings of the library of the IAB say to us what they say to it', async (t) => {
  const choice = fc.nat(2);
  const cases = fc.record({
    eu: fc.boolean(),
    usp: fc.option(fc.constantFrom('1YNN', '1YYN', '1---')),
    states: fc.subarray(['usca', 'usva', 'usco', 'usut', 'usct']),
    sale: choice,
    sharing: choice,
    targeted: choice,
    children: fc.tuple(choice, choice, choice),
    gpc: fc.boolean(),
  });
  fc.assert(
    fc.property(cases, ({ eu, usp, states, sale, sharing, targeted, children, gpc }) => {
      const model = new GppModel();
      if (eu) model.setFieldValue('tcfeuv2', 'PurposeConsents', [true, true]);
      if (usp !== null) model.decodeSection('uspv1', usp);
      for (const state of states) model.setFieldValue(state, 'SaleOptOut', 1);
      model.setFieldValue('usnat', 'SaleOptOut', sale);
      model.setFieldValue('usnat', 'SharingOptOut', sharing);
      model.setFieldValue('usnat', 'TargetedAdvertisingOptOut', targeted);
      model.setFieldValue('usnat', 'KnownChildSensitiveDataConsents', children);
      model.setFieldValue('usnat', 'Gpc', gpc);
      const text = model.encode();
      const read = gppSections(text);
      const ids = model.getSectionIds() as number[];
      if (JSON.stringify([...read.keys()]) !== JSON.stringify(ids)) throw new Error(`${[...read.keys()]} in ${text}`);
      for (const id of ids) {
        if (read.get(id) !== model.encodeSectionById(id)) throw new Error(`section ${id} in ${text}`);
      }
      const { optedOut, knownChild } = usNational(read.get(7));
      if (optedOut !== (gpc || [sale, sharing, targeted].includes(1))) throw new Error(`opted out in ${text}`);
      if (knownChild !== children.includes(1)) throw new Error(`known child in ${text}`);
    }),
    { numRuns: 300, seed: 20260107 },
  );
  t.pass('300 strings');
});
