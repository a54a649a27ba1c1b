// What the publisher does when the bus fails between two steps, when a trial cannot end, and what it leaves behind.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { type ModelFile, readModelFile } from '../../bidcore/model_file.js';
import { readPolicy, writePolicy } from '../../bidcore/policy/policy_weights.js';
import { samplePolicy } from '../../bidcore/testing/sample_policy.js';
import { readTrainerKeys } from '../../bidcore/trainer_keys.js';
import { EVENTS_FROM_MS } from '../../server/testing/events.js';
import { FolderBus } from '../bus/folder_bus.js';
import { away, type BusProblem, type Shelf, type ShelfChange } from '../bus/shelf.js';
import type { ModelEntry } from '../registry/entry.js';
import { Keeper } from '../registry/keeper.js';
import { entriesOf, promote } from '../registry/registry.js';
import { seedModel } from '../seed_model.js';
import { dataFolder } from '../testing/sidecar_process.js';
import { type Market, marketNotices } from '../testing/traffic.js';
import { Pipeline } from './pipeline.js';
import { type Outcome, Publisher } from './publisher.js';

const EVERY_MS = 10;
const FIRST = seedModel(1);

/** A folder whose changes fail from one on, until it is mended. */
class WornBus extends FolderBus {
  changesLeft = Number.POSITIVE_INFINITY;

  override async update(change: (shelf: Shelf) => ShelfChange | undefined): Promise<Shelf | BusProblem> {
    if (this.changesLeft <= 0) return away('worn out');
    this.changesLeft -= 1;
    return super.update(change);
  }
}

/** A publisher, what it learns from, and the bus between. */
class Press {
  readonly bus: WornBus;
  readonly keeper: Keeper;
  readonly pipeline: Pipeline;
  readonly publisher: Publisher;
  readonly modelsDir: string;
  #bids = 0;

  private constructor(modelsDir: string, bus: WornBus, pipeline: Pipeline, publisher: Publisher) {
    this.modelsDir = modelsDir;
    this.bus = bus;
    this.keeper = new Keeper(bus);
    this.pipeline = pipeline;
    this.publisher = publisher;
  }

  static async open(t: Test, env: Readonly<Record<string, string>> = {}): Promise<Press> {
    const keys = { GAVEL_TRAIN_CLICK_WINDOW_SECONDS: '5', GAVEL_TRAIN_CONVERSION_WINDOW_SECONDS: '10', ...env };
    const config = readTrainerKeys(keys);
    if ('problems' in config) throw new Error(config.problems.join());
    const modelsDir = join(dataFolder(t), 'models');
    const bus = new WornBus(modelsDir);
    const keeper = new Keeper(bus);
    const live = { version: 1, image: FIRST.slice() };
    await bus.update(() => undefined);
    await keeper.add(live.image, { parent: 0, state: 'candidate', reason: 'first', origin: 'found' });
    await keeper.take((shelf, nowMs) => promote(shelf, 1, 'first', nowMs));
    const pipeline = await Pipeline.startFrom(live, config);
    const publisher = new Publisher(keeper, pipeline, config, pino({ level: 'silent' }), live, 0);
    return new Press(modelsDir, bus, pipeline, publisher);
  }

  feed(bids: number, market: Partial<Market> = {}): void {
    const fromMs = EVENTS_FROM_MS + this.#bids * EVERY_MS;
    const seed = 3 + this.#bids;
    const records = marketNotices({ seed, bids, from: 1 + this.#bids, fromMs, everyMs: EVERY_MS, ...market });
    for (const record of records) this.pipeline.take(record);
    this.#bids += bids;
  }

  after(bids: number, market: Partial<Market> = {}): Promise<Outcome> {
    this.feed(bids, market);
    return this.round();
  }

  round(): Promise<Outcome> {
    return this.publisher.round('{}');
  }

  async entry(version: number): Promise<ModelEntry | undefined> {
    const shelf = await this.keeper.read();
    if ('problem' in shelf) throw new Error(shelf.problem);
    return entriesOf(shelf).find((entry) => entry.version === version);
  }

  models(): string[] {
    return readdirSync(this.modelsDir).filter((name) => name.endsWith('.model'));
  }
}

function bidBy(model: number): Pick<Market, 'token'> {
  return { token: (_, ctr) => ({ ctr, model, arm: 0 }) };
}

t.test('a publication that the bus did not take is made again in the next round', async (t) => {
  const press = await Press.open(t);
  press.bus.changesLeft = 2; // the entry, its hash; not the pointer
  await t.rejects(press.after(18_000), { message: 'worn out' });
  press.bus.changesLeft = Number.POSITIVE_INFINITY;
  t.match(await press.round(), { did: 'active', version: 3 });
  t.match(await press.entry(2), { state: 'candidate' });
});

t.test('drift that was found while the bus was away is written once and acted on when it is back', async (t) => {
  for (const changesLeft of [0, 1]) {
    const press = await Press.open(t, { GAVEL_TRAIN_ROLLBACK: 'on' });
    t.match(await press.after(18_000), { did: 'active', version: 2 });
    press.feed(2500, bidBy(2));
    press.feed(5000, { ...bidBy(2), shift: 1 });
    press.bus.changesLeft = changesLeft; // 1: it is written, and not acted on
    await t.rejects(press.round(), { message: 'worn out' });
    await t.rejects(press.round(), { message: 'worn out' });
    press.bus.changesLeft = Number.POSITIVE_INFINITY;
    t.match(await press.round(), { did: 'rolled_back', version: 2, why: /^drift: feature / });
    const { alerts = [] } = (await press.entry(2)) ?? {};
    t.ok(alerts.length > 0);
    t.equal(new Set(alerts.map(({ text }) => text)).size, alerts.length, 'each once');
    t.equal(press.pipeline.held.impressions.count, 0, 'what was held back of that time does not judge');
    t.equal(press.pipeline.learners.counts.impressions, 0);
    t.ok(press.pipeline.totals.impressions > 10_000 && press.pipeline.join.open > 0, 'what was counted stays');
  }
});

t.test('a model put live by hand beside a publisher at work is what it learns from', async (t) => {
  const press = await Press.open(t);
  t.match(await press.after(18_000), { did: 'active', version: 2 });
  const image = seedModel(5);
  writePolicy(image, samplePolicy(1));
  const imported = await press.keeper.add(image, {
    parent: 2,
    state: 'candidate',
    reason: 'by hand',
    origin: 'imported',
  });
  t.match(imported, { version: 3 });
  await press.keeper.take((shelf, nowMs) => promote(shelf, 3, 'by hand', nowMs));
  t.match(await press.after(1000), { did: 'nothing', why: /of 2000 impressions learned/ });
  t.ok(press.pipeline.held.impressions.count > 1000, 'what is held back judges on');
  t.match(await press.after(5000), { version: 4 });
  const fourth = readModelFile((await press.bus.readModel(4)) as Uint8Array) as ModelFile;
  t.same(readPolicy(fourth.image), samplePolicy(1), 'what is learned from notices keeps the policy');
  t.match(await press.entry(4), { parent: 3, data: { first: /^2026-01-07T13:33/ } });
});

const TRIAL = { GAVEL_TRAIN_TRIAL_SHARE: '0.3', GAVEL_TRAIN_TRIAL_SECONDS: '30' };

for (const { name, market, bids, waits } of [
  { name: 'the candidate alone lacks traffic, after twice its time', market: {}, bids: 6500, waits: 4000 },
  { name: 'both lack traffic, after ten times', market: bidBy(9), bids: 31_000, waits: 20_000 },
]) {
  t.test(`a trial that cannot be judged ends: ${name}`, async (t) => {
    const press = await Press.open(t, TRIAL);
    t.match(await press.after(18_000), { did: 'trial', version: 2 });
    t.match(await press.after(waits, market), { did: 'waiting', why: /too little traffic yet/ });
    t.match(await press.after(bids - waits, market), {
      did: 'refused',
      version: 2,
      why: /^trial: too little traffic to judge by in \d+ s: 0 impressions with 0 clicks, the live model \d+/,
    });
    t.same(press.models(), ['1.model'], 'its bytes go');
    t.match(await press.after(2000), { did: 'trial', version: 3 }, 'and the next begins');
  });
}

t.test('a candidate that the registry does not know is taken out of the pointer', async (t) => {
  const press = await Press.open(t);
  await press.bus.update(({ pointer }) => ({
    pointer: { sequence: (pointer?.sequence ?? 0) + 1, control: 1, candidate: { version: 77, share: 0.1, salt: 1 } },
  }));
  t.match(await press.round(), { did: 'refused', version: 77, why: /the registry does not know it/ });
  t.match(await press.keeper.read(), { pointer: { control: 1, candidate: undefined } });
});

t.test('a retrained policy becomes the next version, once, and nothing else of the model changes', async (t) => {
  const press = await Press.open(t);
  const weights = samplePolicy(4);
  const published: [number, number][] = [];
  press.publisher.policies = {
    offer: async () =>
      published.length > 0 ? undefined : { run: 5, weights, sha256: 'abc', reason: 'better', metrics: { days: 240 } },
    published: async (run, version) => {
      published.push([run, version]);
    },
  };
  const outcome = await press.publisher.round('{}');
  t.match(outcome, { did: 'active', version: 2, why: 'policy of run 5: better' });
  t.same(published, [[5, 2]]);
  const entry = (await press.keeper.read()) as Shelf;
  t.match(entry.entries.get(2), { parts: ['policy'], parent: 1, policy: { sha256: 'abc', metrics: { days: 240 } } });
  const { image } = readModelFile((await press.bus.readModel(2)) as Uint8Array) as ModelFile;
  t.same(readPolicy(image), weights);
  const expected = FIRST.slice();
  writePolicy(expected, weights);
  t.ok(Buffer.from(image).equals(expected));
  t.match(await press.publisher.round('{}'), { did: 'nothing' });
  t.equal(press.publisher.liveVersion, 2);
});
