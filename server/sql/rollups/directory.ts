// Names for what a notice says in hashes: which ad it was, and, from the features the bid was predicted with, on which
// exchange, in which country, on what kind of device. Archived rows are in it too: their notices still come.

import { FIELD_COUNTRY, FIELD_DEVICE_TYPE, FIELD_EXCHANGE } from '../../../assembly/memory_map.js';
import { alpha2Of, COUNTRIES } from '../../../bidcore/countries.js';
import { unpackFeatures } from '../../../bidcore/feature_list.js';
import { featureIndex, hashNumber, hashText } from '../../../bidcore/hash.js';
import type { BidFacts } from '../../../bidcore/money/event.js';
import type { Db } from '../database.js';

/** Key of what a bid does not say, or nobody knows the name of. */
export const UNKNOWN = 'unknown';
/** OpenRTB list "Device Types", with room. */
const DEVICE_TYPES = 64;
/** Places of the features that are read, in a bid's list. */
const [EXCHANGE_AT, COUNTRY_AT, DEVICE_AT] = [FIELD_EXCHANGE, FIELD_COUNTRY, FIELD_DEVICE_TYPE];

/** An ad, by its ids. */
export interface AdName {
  readonly account: string;
  readonly campaign: string;
  readonly adGroup: string;
  readonly creative: string;
  /** What a conversion is worth, micros. */
  readonly conversionMicros: number;
}

export interface Place {
  readonly exchange: string;
  readonly geo: string;
  readonly device: string;
}

const countries = new Map<number, string>();
for (const code of COUNTRIES) {
  for (const spelling of [code, alpha2Of(code)]) {
    // A bid's features have texts in lower case.
    if (spelling !== undefined) countries.set(featureIndex(FIELD_COUNTRY, hashText(spelling.toLowerCase())), code);
  }
}
const devices = new Map<number, string>();
for (let type = 0; type < DEVICE_TYPES; type++) {
  devices.set(featureIndex(FIELD_DEVICE_TYPE, hashNumber(type)), String(type));
}

export class AdDirectory {
  readonly #ads = new Map<string, AdName>();
  /** What stands for ads that are in their ad group no longer. */
  readonly #campaigns = new Map<string, AdName>();
  readonly #exchanges = new Map<number, string>();

  /** Reads all names. */
  static async load(db: Db): Promise<AdDirectory> {
    const columns = ['account_id', 'campaign_id', 'ad_group_id', 'creative_id'] as const;
    // What a rule has taken out of an ad group is told of for a while.
    const ads = await db
      .selectFrom(
        db.selectFrom('ad_group_creatives').select(columns).union(db.selectFrom('rotated_ads').select(columns)).as('a'),
      )
      .innerJoin('campaigns as c', 'c.id', 'a.campaign_id')
      .select(['a.account_id', 'a.campaign_id', 'a.ad_group_id', 'a.creative_id', 'c.conversion_value_micros'])
      .execute();
    const campaigns = await db
      .selectFrom('campaigns')
      .select(['id', 'account_id', 'conversion_value_micros'])
      .execute();
    const exchanges = await db.selectFrom('exchanges').select('id').execute();
    return new AdDirectory(
      ads.map((ad) => ({
        account: ad.account_id,
        campaign: ad.campaign_id,
        adGroup: ad.ad_group_id,
        creative: ad.creative_id,
        conversionMicros: ad.conversion_value_micros,
      })),
      campaigns.map((campaign) => ({
        account: campaign.account_id,
        campaign: campaign.id,
        adGroup: UNKNOWN,
        creative: UNKNOWN,
        conversionMicros: campaign.conversion_value_micros,
      })),
      ['default', ...exchanges.map(({ id }) => id)],
    );
  }

  constructor(ads: readonly AdName[], campaigns: readonly AdName[], exchanges: readonly string[]) {
    for (const name of campaigns) this.#campaigns.set(hexHash(name.campaign), name);
    for (const ad of ads) this.#ads.set(hexHash(`${ad.campaign}/${ad.adGroup}/${ad.creative}`), ad);
    for (const id of exchanges) this.#exchanges.set(featureIndex(FIELD_EXCHANGE, hashText(id)), id);
  }

  knows({ ad }: BidFacts): boolean {
    return this.#ads.has(ad);
  }

  /** An ad that was taken from its ad group still counts for its campaign. */
  adOf({ ad, campaign }: BidFacts): AdName | undefined {
    return this.#ads.get(ad) ?? this.#campaigns.get(campaign);
  }

  placeOf({ features }: BidFacts): Place {
    if (features.length === 0) return { exchange: UNKNOWN, geo: UNKNOWN, device: UNKNOWN };
    const indices = unpackFeatures(features);
    return {
      exchange: this.#exchanges.get(indices[EXCHANGE_AT] as number) ?? UNKNOWN,
      geo: countries.get(indices[COUNTRY_AT] as number) ?? UNKNOWN,
      device: devices.get(indices[DEVICE_AT] as number) ?? UNKNOWN,
    };
  }
}

/** A hash as notices write it. */
function hexHash(text: string): string {
  return hashText(text).toString(16).padStart(16, '0');
}
