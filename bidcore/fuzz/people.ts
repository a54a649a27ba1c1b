// Device and user of generated requests: what ads target, ids that privacy may take away, and what nobody reads.

import type { Ad } from '../book.js';
import { type JsonObject, object, type Plain, raw } from './json_tree.js';
import { type Draft, fact, spellCase } from './requests.js';
import type { Signals } from './signals.js';
import * as words from './vocabulary.js';

export function makeDevice(draft: Draft, aim: Ad | undefined): JsonObject {
  const { random, knobs } = draft;
  const targeting = aim?.adGroup.targeting;
  const alpha3 = fact(
    draft,
    targeting?.countries,
    words.COUNTRIES.map(([code]) => code),
  );
  const country = random.chance(0.3) ? words.COUNTRIES.find(([code]) => code === alpha3)?.[1] : alpha3;
  const language = fact(draft, targeting?.languages, words.LANGUAGES);
  const geo = object([
    ['country', spellCase(random, country)],
    ['region', spellCase(random, fact(draft, targeting?.regions, words.REGIONS))],
    ['city', spellCase(random, fact(draft, targeting?.cities, words.CITIES))],
    ['zip', fact(draft, targeting?.postcodes, words.POSTCODES)],
    ['lat', random.chance(knobs.ballast) ? 48.1 : undefined],
    ['type', random.chance(knobs.ballast) ? 2 : undefined],
  ]);
  const limited = random.chance(knobs.obstacles);
  return object([
    [
      'lmt',
      limited ? random.pick<Plain>([1, '1', 1.5]) : random.pick<Plain | undefined>([undefined, undefined, 0, null]),
    ],
    [
      'dnt',
      random.chance(knobs.obstacles)
        ? random.pick<Plain>([1, true])
        : random.pick<Plain | undefined>([undefined, undefined, 0, 'x']),
    ],
    ['ua', userAgent(draft, aim?.account.policy.crawlers === 'no_bid')],
    ['ip', address(draft, aim?.account.policy.datacentres === 'no_bid')],
    ['ifa', advertisingId(draft, aim)],
    ['devicetype', fact(draft, targeting?.device_types, [1, 2, 3, 4, 5, 6, 7, 0, 99])],
    ['os', spellCase(random, fact(draft, targeting?.operating_systems, words.OPERATING_SYSTEMS))],
    ['osv', random.chance(0.2) ? '17.4' : undefined],
    [
      'language',
      language === undefined ? undefined : spellCase(random, language + random.pick(['', '', '-US', '_de', '-'])),
    ],
    ['connectiontype', fact(draft, targeting?.connection_types, [0, 1, 2, 3, 4, 5, 6, 7])],
    ['carrier', random.chance(0.4) ? random.pick<Plain>([...words.CARRIERS, 12345]) : undefined],
    ['geo', random.chance(0.96) ? geo : undefined],
    [
      'sua',
      random.chance(knobs.ballast / 2)
        ? { browsers: [{ brand: 'Chrome', version: ['1', '2'] }], os: 'x', mobile: 1 }
        : undefined,
    ],
    ['ext', random.chance(knobs.ballast / 2) ? { geo: { country: 'XXX' }, os: 'wrong', ua: 'bot/' } : undefined],
  ]);
}

/** Where the aimed account refuses crawlers, and data centres, they come more often. */
function userAgent({ random, knobs }: Draft, refused: boolean): Plain | undefined {
  if (random.chance(refused ? 0.2 : knobs.obstacles)) return random.pick<Plain>([...words.CRAWLERS, '', 11, null]);
  return random.chance(0.7) ? random.pick(words.AGENTS) : undefined;
}

function address({ random, knobs }: Draft, refused: boolean): Plain | undefined {
  if (random.chance(knobs.obstacles)) return random.pick<Plain>([...words.ODD_ADDRESSES, 3405803783, null]);
  return random.chance(refused ? 0.8 : 0.5) ? random.pick(words.ADDRESSES) : undefined;
}

/** True if the request is to have ids: as the aimed ad wants it, or by chance. */
function wantsIds({ random, knobs }: Draft, aim: Ad | undefined): boolean {
  const wanted = aim?.adGroup.targeting.identified_users;
  return wanted !== undefined && random.chance(knobs.aim) ? wanted : random.chance(0.5);
}

function advertisingId(draft: Draft, aim: Ad | undefined): Plain | undefined {
  const { random } = draft;
  if (random.chance(0.5)) return undefined;
  return wantsIds(draft, aim)
    ? random.pick<Plain>(words.IFAS)
    : random.pick<Plain | undefined>([...words.NO_IFAS, '', undefined, null, 0, {}]);
}

export function makeUser(draft: Draft, aim: Ad | undefined, { consent, extConsent }: Signals): JsonObject {
  const { random, knobs } = draft;
  const targeting = aim?.adGroup.targeting;
  const segment = (): Plain => {
    const id = fact(draft, targeting?.segments, words.SEGMENTS) ?? 'none';
    return object([
      ['id', /^-?[1-9]\d{0,14}$/.test(id) && random.chance(0.5) ? raw(id) : id],
      ['name', random.chance(0.3) ? 'id' : undefined],
      ['value', random.chance(0.3) ? '1' : undefined],
    ]);
  };
  const least = targeting?.segments === undefined || targeting.segments.length === 0 ? 0 : 1;
  const data = Array.from({ length: random.int(least, 2) }, () =>
    object([
      ['id', random.chance(0.5) ? 'provider' : undefined],
      ['segment', random.chance(0.9) ? Array.from({ length: random.int(least, 3) }, segment) : undefined],
    ]),
  );
  const ids = wantsIds(draft, aim);
  const none = (): Plain | undefined => random.pick<Plain | undefined>([undefined, undefined, '', null, 1.5]);
  const eids = random.chance(knobs.ballast / 2);
  return object([
    ['id', ids && random.chance(0.6) ? random.pick<Plain>(['user-1', 7]) : none()],
    ['buyeruid', ids && random.chance(0.6) ? 'b-1' : none()],
    ['consent', consent],
    ['data', data.length > 0 || random.chance(0.3) ? data : undefined],
    ['keywords', random.chance(0.1) ? ['a', 'b'] : undefined],
    ['geo', random.chance(0.1) ? { country: 'DEU', city: 'Berlin' } : undefined],
    [
      'ext',
      eids || extConsent !== undefined
        ? object([
            ['eids', eids ? [{ source: 's', uids: [{ id: 'auto', atype: 1 }] }] : undefined],
            ['consent', extConsent],
            ['data', eids ? [{ segment: [{ id: 'auto' }] }] : undefined],
          ])
        : undefined,
    ],
  ]);
}
