// Who sees the ads: users with a device, a place where they live, ids or none, segments, and favourite places they come
// back to. A user is made when first met, from the world's seed and the user's number, and is then the same for ever.

import * as map from '../../assembly/memory_map.js';
import type { CampaignFile, Targeting } from '../../bidcore/campaign_file.js';
import { mixSeeds } from '../../bidcore/fuzz/random.js';
import { Chance, Shares } from './chance.js';
import type { Part, Truth } from './truth.js';

export interface Person {
  /** `"device":{…},"user":{…},"regs":{…}`. */
  readonly json: string;
  readonly part: Part;
  /** Positions of the places this user comes back to. */
  readonly favourites: readonly number[];
}

interface Town {
  readonly country: string;
  readonly region: string;
  readonly city: string;
  readonly zip: string;
  readonly language: string;
}

interface Device {
  readonly type: number;
  readonly os: string;
  readonly weight: number;
}

const TOWNS: readonly Town[] = [
  { country: 'USA', region: 'WA', city: 'Seattle', zip: '98109', language: 'en' },
  { country: 'USA', region: 'OR', city: 'Portland', zip: '97205', language: 'en' },
  { country: 'USA', region: 'NY', city: 'New York', zip: '10001', language: 'en' },
  { country: 'USA', region: 'TX', city: 'Austin', zip: '73301', language: 'es' },
  { country: 'CAN', region: 'ON', city: 'Toronto', zip: 'M5H', language: 'en' },
  { country: 'GBR', region: 'ENG', city: 'London', zip: 'EC1A', language: 'en' },
  { country: 'GBR', region: 'ENG', city: 'Leeds', zip: 'LS1', language: 'en' },
  { country: 'DEU', region: 'HH', city: 'Hamburg', zip: '20095', language: 'de' },
  { country: 'DEU', region: 'BE', city: 'Berlin', zip: '10115', language: 'de' },
  { country: 'FRA', region: 'IDF', city: 'Paris', zip: '75001', language: 'fr' },
  { country: 'NOR', region: '03', city: 'Oslo', zip: '0150', language: 'no' },
];
/** Earlier towns are larger. */
const TOWN_SHARES = new Shares(TOWNS.map((_, n) => 1 / (n + 2)));

const DEVICES: readonly Device[] = [
  { type: 4, os: 'Android', weight: 30 },
  { type: 4, os: 'iOS', weight: 22 },
  { type: 2, os: 'Windows', weight: 24 },
  { type: 2, os: 'macOS', weight: 9 },
  { type: 5, os: 'iOS', weight: 7 },
  { type: 3, os: 'Tizen', weight: 5 },
];
const DEVICE_SHARES = new Shares(DEVICES.map(({ weight }) => weight));
/** AdCOM list "Connection Types": cable, wireless, 4G, 5G. */
const CONNECTIONS = [1, 2, 6, 7] as const;
const CARRIERS = ['north', 'south', 'metro'] as const;
const SEGMENTS = ['students', 'parents', 'commuters', 'gardeners'] as const;

const FAVOURITES = 4;
/** Who forbids tracking: no id, no segments. */
const LIMITED = 0.12;
/** Where the GDPR applies, who consents to all of it. */
const CONSENTED = 0.8;
const GDPR: ReadonlySet<string> = new Set(['GBR', 'DEU', 'FRA', 'NOR']);
/** A TCF 2 string with all purposes for vendor 9999, the number of the sample and of the simulator's own file. */
const CONSENT = 'COOB0kAOOB0kAAKABBDECWEoAPLAAELAAAYhOHwBAAOAA0AXmJw8nD4AYAHAF5icPAAA';

export class People {
  readonly count: number;
  readonly #truth: Truth;
  readonly #seed: number;
  readonly #popularity: Shares;
  readonly #segments: readonly string[];
  readonly #met: (Person | undefined)[];

  /** Gives all features of people their weights. */
  constructor(file: CampaignFile, truth: Truth, seed: number, count: number, popularity: Shares) {
    this.#truth = truth;
    this.#seed = seed;
    this.count = count;
    this.#popularity = popularity;
    this.#segments = [...SEGMENTS, ...segmentsOf(file)];
    this.#met = new Array(count);
    for (const town of TOWNS) {
      for (const device of DEVICES) {
        for (const connection of CONNECTIONS) {
          for (const carrier of [undefined, ...CARRIERS]) this.#features(town, device, connection, carrier, true);
        }
      }
    }
  }

  /** The user of a number below `count`. Only when all features of the world have their weights. */
  at(n: number): Person {
    const known = this.#met[n];
    if (known !== undefined) return known;
    const made = this.#make(n);
    this.#met[n] = made;
    return made;
  }

  #make(n: number): Person {
    const chance = new Chance(mixSeeds(this.#seed, n));
    const town = TOWNS[TOWN_SHARES.at(chance.float())] as Town;
    const device = DEVICES[DEVICE_SHARES.at(chance.float())] as Device;
    const isPhone = device.type === 4;
    const connection = isPhone ? chance.pick(CONNECTIONS.slice(1)) : chance.pick(CONNECTIONS.slice(0, 2));
    const carrier = isPhone ? chance.pick(CARRIERS) : undefined;
    const limited = chance.chance(LIMITED);
    const underGdpr = GDPR.has(town.country);
    const consented = !underGdpr || chance.chance(CONSENTED);
    const segments = chance.some(this.#segments, 0, 3);
    const favourites = Array.from({ length: FAVOURITES }, () => this.#popularity.at(chance.float()));
    const { country, region, city, zip, language } = town;
    const json = {
      device: {
        ua: `Mozilla/5.0 (${device.os}) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148`,
        ip: `203.0.113.${n % 256}`,
        devicetype: device.type,
        os: device.os,
        language,
        connectiontype: connection,
        ...(carrier === undefined ? {} : { carrier }),
        lmt: limited ? 1 : 0,
        ...(limited || !consented ? {} : { ifa: idOf(this.#seed, n) }),
        // Without consent the exchange says no more than the region.
        geo: { country, region, ...(consented ? { city, zip } : {}) },
      },
      user: {
        ...(limited || !consented
          ? {}
          : { id: `u${n}`, data: [{ id: 'panel', segment: segments.map((id) => ({ id })) }] }),
        ...(underGdpr && consented ? { consent: CONSENT } : {}),
      },
      regs: { coppa: 0, gdpr: underGdpr ? 1 : 0 },
    };
    const part = this.#truth.part(this.#features(town, device, connection, carrier, consented));
    return { json: JSON.stringify(json).slice(1, -1), part, favourites };
  }

  #features(
    town: Town,
    { type, os }: Device,
    connection: number,
    carrier: string | undefined,
    withCity: boolean,
  ): number[] {
    const truth = this.#truth;
    return [
      truth.lowerText(map.FIELD_COUNTRY, town.country),
      truth.lowerText(map.FIELD_REGION, town.region),
      truth.lowerText(map.FIELD_CITY, withCity ? town.city : undefined),
      truth.number(map.FIELD_DEVICE_TYPE, type),
      truth.lowerText(map.FIELD_OS, os),
      truth.lowerText(map.FIELD_LANGUAGE, town.language),
      truth.number(map.FIELD_CONNECTION, connection),
      truth.lowerText(map.FIELD_CARRIER, carrier),
    ];
  }
}

function segmentsOf(file: CampaignFile): string[] {
  const of = ({ segments = [] }: Targeting): string[] => segments.filter((id) => !id.startsWith('audience:'));
  const groups = file.accounts.flatMap(({ campaigns }) => campaigns.flatMap((campaign) => campaign.ad_groups));
  return [...new Set(groups.flatMap(({ targeting }) => of(targeting)))];
}

/** An advertising id in the form of a UUID. */
function idOf(seed: number, n: number): string {
  const hex = (salt: number, digits: number): string =>
    mixSeeds(seed + salt, n)
      .toString(16)
      .padStart(8, '0')
      .slice(0, digits);
  const end = n.toString(16).padStart(4, '0').slice(-4);
  return `${hex(1, 8)}-${hex(2, 4)}-4${hex(3, 3)}-8${hex(4, 3)}-${hex(5, 8)}${end}`;
}
