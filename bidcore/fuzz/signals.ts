// Privacy signals and the supply chain of generated requests: in the places of OpenRTB 2.6, in those of 2.5, in both.

import type { Ad } from '../book.js';
import { makeConsent } from './consent_strings.js';
import { makeGpp } from './gpp_strings.js';
import { type JsonObject, object, type Plain, setMember } from './json_tree.js';
import type { Random } from './random.js';
import type { Draft } from './requests.js';
import * as words from './vocabulary.js';

export interface Signals {
  readonly regs: Plain | undefined;
  /** Of `user` and of `user.ext`. */
  readonly consent: Plain | undefined;
  readonly extConsent: Plain | undefined;
}

type Parts = Readonly<Record<string, Plain | undefined>>;

const NONE: Signals = { regs: undefined, consent: undefined, extConsent: undefined };

/**
 * Signals of a request.
 * @param useful chance that each thing a bid may need is allowed
 */
export function makeSignals({ random, book }: Draft, useful: number): Signals {
  const vendor = book.file.privacy.tcf_vendor_id;
  return random.weighted<() => Signals>([
    [55, () => NONE],
    [10, () => ({ ...NONE, regs: oddRegs(random) })],
    [16, () => gdprSignals(random, vendor, useful)],
    [10, () => gppSignals(random, vendor, useful)],
    [
      4,
      () => ({ ...NONE, regs: split(random, { us_privacy: usPrivacy(random, useful), coppa: coppa(random, useful) }) }),
    ],
  ])();
}

/** Signals where GDPR decides: `gdpr` in any form, and a consent string mostly. */
export function gdprSignals(random: Random, vendor: number | undefined, useful: number): Signals {
  const gdpr = random.weighted<Plain | undefined>([
    [12, 1],
    [2, 0],
    [2, undefined],
    [1, random.pick<Plain>(['1', true, 1.9, 2, -1, 'x', null, '', [1], false])],
  ]);
  const consent = (): Plain => makeConsent(random, vendor, useful);
  return {
    regs: split(random, { gdpr, coppa: coppa(random, 0.97) }),
    ...random.weighted<() => Pick<Signals, 'consent' | 'extConsent'>>([
      [6, () => ({ consent: consent(), extConsent: undefined })],
      [4, () => ({ consent: undefined, extConsent: consent() })],
      [1, () => ({ consent: consent(), extConsent: consent() })],
      [1, () => ({ consent: random.pick<Plain>(['', null, 1, {}, ['C']]), extConsent: consent() })],
      [1, () => ({ consent: undefined, extConsent: undefined })],
    ])(),
  };
}

/** Signals in a GPP string, the sections it has named as those that apply, mostly. */
export function gppSignals(random: Random, vendor: number | undefined, useful: number): Signals {
  const { gpp, ids } = makeGpp(random, vendor, useful);
  const sid = random.weighted<() => Plain | undefined>([
    [8, () => [...ids]],
    [3, () => ids.filter(() => random.chance(0.6))],
    [2, () => random.some([...ids, 0, -1, 2, 6, 7, 8, 63, 64], 0, 3)],
    [1, () => random.pick<Plain | undefined>([undefined, [], ['2'], ['x'], 2, '2', [null, 7], [6.5], [true]])],
  ])();
  const others = {
    gdpr: random.chance(0.15) ? random.pick([0, 1]) : undefined,
    us_privacy: random.chance(0.15) ? usPrivacy(random, 0.5) : undefined,
  };
  const consent = random.chance(0.15) ? makeConsent(random, vendor, useful) : undefined;
  const text: Plain | undefined = random.chance(0.03) ? random.pick<Plain | undefined>([undefined, '', 1, null]) : gpp;
  return { regs: split(random, { gpp: text, gpp_sid: sid, ...others }), consent, extConsent: undefined };
}

const US_USUAL = ['1YNN', '1---', '1NNN', '1YN-'];
const US_ODD = ['1YYN', '1-y-', 'Y', '1YYNN', 'éYN', 'éYNN', '', 1, null, ['1YYN'], '😀', '€Y', 'aé-Y', 1234, '  Y '];

function usPrivacy(random: Random, useful: number): Plain {
  return random.chance(useful * 0.8) ? random.pick(US_USUAL) : random.pick<Plain>(US_ODD);
}

function coppa(random: Random, useful: number): Plain | undefined {
  if (!random.chance(useful)) return random.pick<Plain>([1, 1, '1', true, 1.5]);
  return random.chance(0.2) ? random.pick<Plain>([0, 2, null, 'x']) : undefined;
}

/** What else `ext` may say where `regs` says it too. */
const OTHERWISE: Readonly<Record<string, readonly Plain[]>> = {
  gdpr: [0, 1, null],
  us_privacy: ['1YYN', '1YNN', 'x'],
  gpp: ['DBABM~', 'x'],
  gpp_sid: [[2], [6], [7], [8], [3], []],
};

/** A `regs` of these members: there, in `ext`, or in both, where those outside win if they are usable. */
export function split(random: Random, parts: Parts): JsonObject {
  const style = random.int(0, 9);
  const entries = Object.entries(parts);
  if (style < 5) return object(entries);
  if (style < 8) {
    // What has no old place stays outside.
    const outside = entries.filter(([key]) => key === 'coppa');
    return object([...outside, ['ext', object(entries.filter(([key]) => key !== 'coppa'))]]);
  }
  const out = object(entries.filter(() => random.chance(0.7)));
  if (random.chance(0.3)) {
    const [key] = random.pick(entries);
    setMember(out, key, random.pick<Plain>([null, '', [], {}, 'x', 7]));
  }
  const ext = object(
    entries.map(([key, value]) => [key, random.chance(0.3) ? random.pick(OTHERWISE[key] ?? [1]) : value]),
  );
  setMember(out, 'ext', random.chance(0.9) ? ext : random.pick<Plain>([null, [], 'x']));
  return out;
}

/** Legacy signals of every type, each on its own. */
function oddRegs(random: Random): JsonObject {
  const odd = (): JsonObject =>
    object([
      ['gdpr', random.pick<Plain | undefined>([undefined, undefined, 0, 0, 1, true, '1', 2, 'x', null, {}])],
      ['us_privacy', random.pick<Plain | undefined>([undefined, undefined, ...US_USUAL, ...US_ODD])],
      ['coppa', random.pick<Plain | undefined>([undefined, 0, 0, 1, 2])],
      ['gpp_sid', random.chance(0.1) ? random.some([2, 6, 7, 8, 5, -1], 0, 2) : undefined],
    ]);
  const own = odd();
  if (random.chance(0.5)) setMember(own, 'ext', random.chance(0.1) ? random.pick<Plain>([null, [1], 'x']) : odd());
  return own;
}

/** `source` with a supply chain: complete if the aimed account wants one, with a blocked seller now and then. */
export function makeSource({ random, knobs }: Draft, aim: Ad | undefined): Plain | undefined {
  const policy = aim?.account.policy;
  const strict = policy !== undefined && (policy.schain !== 'any' || policy.blocked_nodes.length > 0);
  if (!random.chance(strict ? 0.9 : 0.25)) return undefined;
  const good = random.chance(strict ? 0.85 : 1 - knobs.obstacles * 1.5);
  const complete = good
    ? random.pick<Plain>([1, 1, 1, '1', true, 1.2])
    : random.pick<Plain | undefined>([0, undefined, 2, 'x', null, '0']);
  const pool = random.chance(strict ? 0.25 : knobs.obstacles * 2) ? words.NODES : words.GOOD_NODES;
  const node = (): Plain => {
    const [asi, sid] = random.pick(pool);
    const numeric = /^\d+$/.test(sid) && random.chance(0.3);
    return {
      asi: random.chance(0.05) ? random.pick<Plain>(['', null, 7]) : asi,
      sid: numeric ? Number(sid) : sid,
      hp: 1,
    };
  };
  const nodes: Plain[] = Array.from({ length: random.int(0, 4) }, node);
  if (random.chance(0.1)) nodes.push(random.pick<Plain>([null, 'x', [], {}, { asi: 'bad.example' }, { sid: '1' }]));
  const chain = object([
    ['ver', '1.0'],
    ['complete', complete],
    ['nodes', random.chance(0.03) ? random.pick<Plain>([null, {}, 'x']) : nodes],
  ]);
  const odd = (): Plain => random.pick<Plain>([null, [], 'x', { complete: 0 }, { complete: 1, nodes: [] }]);
  return random.weighted<() => Plain>([
    [5, () => ({ schain: chain })],
    [4, () => ({ ext: { schain: chain }, tid: 't' })],
    [1, () => ({ schain: odd(), ext: { schain: chain } })],
    [1, () => ({ schain: chain, ext: { schain: odd() } })],
    [0.3, odd],
  ])();
}
