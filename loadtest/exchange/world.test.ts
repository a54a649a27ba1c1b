// Worlds and their streams of auctions: made from a seed alone, with the rates and prices they promise.

import t from 'tap';
import { type CampaignFile, isCampaignFileError, parseCampaignFile } from '../../bidcore/campaign_file.js';
import { worldCampaigns } from './campaigns.js';
import { OWN_PRICE_KEYS } from './nodes.js';
import { Traffic } from './traffic.js';
import { makeWorld, momentOf, type World } from './world.js';

function fileOf(): CampaignFile {
  const file = parseCampaignFile(JSON.stringify(worldCampaigns('varied')));
  if (isCampaignFileError(file)) throw new Error(file.problems.join());
  return file;
}

const file = fileOf();
const worldOf = (seed: number): World => makeWorld({ seed, file, people: 2000, priceKeys: OWN_PRICE_KEYS });
const MONDAY_MS = Date.UTC(2026, 0, 5, 9, 30);

function auctions(world: World, seed: number, count: number): string[] {
  const traffic = new Traffic(world, seed);
  const moment = momentOf(world, MONDAY_MS);
  return Array.from({ length: count }, () => {
    const { body, lots, venue } = traffic.next(moment);
    const luck = lots.map(({ context, ...lot }) => lot);
    return JSON.stringify({ body, luck, venue: venue.id });
  });
}

t.test('equal seeds make equal worlds and equal auctions, others make others', async (t) => {
  const [a, b, c] = [worldOf(1), worldOf(1), worldOf(2)];
  t.ok(Buffer.from(a.truth.image).equals(Buffer.from(b.truth.image)), 'the same truth');
  t.notOk(Buffer.from(a.truth.image).equals(Buffer.from(c.truth.image)), 'another truth');
  t.same(auctions(a, 5, 200), auctions(b, 5, 200));
  t.notSame(auctions(a, 5, 20), auctions(a, 6, 20));
});

t.test('the hour moves rates and prices, and not who comes and what luck there is', async (t) => {
  const world = worldOf(1);
  const [day, night] = [new Traffic(world, 1), new Traffic(world, 1)];
  for (let n = 0; n < 100; n++) {
    const one = day.next(momentOf(world, MONDAY_MS));
    const other = night.next(momentOf(world, MONDAY_MS + 12 * 3_600_000));
    const luck = (auction: typeof one): unknown =>
      auction.lots.map(({ tie, click, conversion, noticeSeed, rivalMicros }) => [
        tie,
        click,
        conversion,
        noticeSeed,
        rivalMicros.length,
      ]);
    t.same([one.venue.id, luck(one)], [other.venue.id, luck(other)]);
  }
});

t.test('the highest rival is distributed as the price curve of its exchange says', async (t) => {
  const world = worldOf(3);
  const traffic = new Traffic(world, 3);
  const moment = momentOf(world, MONDAY_MS);
  const below = new Map(world.venues.map(({ id }) => [id, { sum: 0, expected: 0, count: 0 }]));
  for (let n = 0; n < 8000; n++) {
    const { venue, lots } = traffic.next(moment);
    const tally = below.get(venue.id) as { sum: number; expected: number; count: number };
    for (const { context, rivalMicros } of lots) {
      const level = Math.exp(context.reduce((sum, { price }) => sum + price, 0));
      const bid = venue.medianMicros * level * 1.3;
      tally.count++;
      tally.expected += venue.winProbability(bid / level);
      if (rivalMicros.every((price) => price < bid * venue.wire)) tally.sum++;
    }
  }
  for (const [id, { sum, expected, count }] of below) {
    t.ok(count > 300, `${id} has traffic`);
    t.ok(
      Math.abs(sum - expected) / count < 0.04,
      `${id}: ${(sum / count).toFixed(3)}, ${(expected / count).toFixed(3)}`,
    );
  }
});

t.test('mean rates are those of the world', async (t) => {
  const world = worldOf(4);
  const traffic = new Traffic(world, 4);
  const ads = [...world.ads.values()];
  let [ctr, cvr, count] = [0, 0, 0];
  for (let n = 0; n < 3000; n++) {
    for (const { context } of traffic.next(momentOf(world, MONDAY_MS)).lots) {
      const rates = world.truth.rates(context, (ads[n % ads.length] as (typeof ads)[number]).part);
      ctr += rates.ctr;
      cvr += rates.cvr;
      count++;
    }
  }
  t.ok(Math.abs(ctr / count / world.meanCtr - 1) < 0.25, `CTR ${ctr / count}`);
  t.ok(Math.abs(cvr / count / world.meanCvr - 1) < 0.25, `CVR ${cvr / count}`);
});
