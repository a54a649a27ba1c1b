// What the sidecar does with traffic: it learns, publishes, refuses what the gate refuses, tries a candidate on its
// arm, raises drift and rolls back. Real bus, real event log, real learners; only the market is made up.

import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import * as l from '../../assembly/model_layout.js';
import { FEATURE_COUNT } from '../../bidcore/feature_list.js';
import { readTrainerKeys } from '../../bidcore/trainer_keys.js';
import { appended, EVENTS_FROM_MS, openedLog } from '../../server/testing/events.js';
import { FolderBus } from '../bus/folder_bus.js';
import { ModelScorer } from '../model_scorer.js';
import type { ModelEntry } from '../registry/entry.js';
import { Keeper } from '../registry/keeper.js';
import { entriesOf, promote } from '../registry/registry.js';
import { dataFolder } from '../testing/sidecar_process.js';
import { type Market, marketNotices } from '../testing/traffic.js';
import { type Checkpoint, isCheckpointProblem, readCheckpoint } from './checkpoint.js';
import { LogSource } from './log_source.js';
import type { Outcome } from './publisher.js';
import { readSettings, type Settings } from './settings.js';
import { Sidecar } from './sidecar.js';

const EVERY_MS = 10;

/** A data folder whose market goes on from stage to stage. */
class Stage {
  readonly #folder: string;
  readonly #settings: Settings;
  #bids = 0;

  constructor(t: Test, env: Readonly<Record<string, string>> = {}) {
    this.#folder = dataFolder(t);
    const settings = readSettings({
      GAVEL_DATA_DIR: this.#folder,
      GAVEL_TRAIN_CLICK_WINDOW_SECONDS: '5',
      GAVEL_TRAIN_CONVERSION_WINDOW_SECONDS: '10',
      ...env,
    });
    if ('problems' in settings) throw new Error(settings.problems.join());
    this.#settings = settings;
  }

  /** Another that goes on from where this one is. */
  copy(t: Test, env: Readonly<Record<string, string>> = {}): Stage {
    const stage = new Stage(t, env);
    cpSync(this.#folder, stage.#folder, { recursive: true });
    stage.#bids = this.#bids;
    return stage;
  }

  /** More traffic, then what the sidecar makes of it. */
  async after(bids: number, market: Partial<Market> = {}): Promise<Outcome> {
    await this.more(bids, market);
    return this.round();
  }

  async more(bids: number, market: Partial<Market> = {}): Promise<void> {
    const fromMs = EVENTS_FROM_MS + this.#bids * EVERY_MS;
    const records = marketNotices({
      seed: 3 + this.#bids,
      bids,
      from: 1 + this.#bids,
      fromMs,
      everyMs: EVERY_MS,
      ...market,
    });
    this.#bids += bids;
    const log = await openedLog(join(this.#folder, 'events'));
    for (let at = 0; at < records.length; at += 500) await appended(log, records.slice(at, at + 500));
    await log.close();
  }

  async image(version: number): Promise<Uint8Array> {
    const file = await new FolderBus(this.#settings.modelsDir).readModel(version);
    if (!(file instanceof Uint8Array)) throw new Error(`no version ${version}`);
    return file.subarray(l.MODEL_HEADER_BYTES);
  }

  async round(): Promise<Outcome> {
    const bus = new FolderBus(this.#settings.modelsDir);
    const outcomes: Outcome[] = [];
    const quiet = pino({ level: 'silent' });
    const options = {
      once: true,
      told: (outcome: Outcome) => void outcomes.push(outcome),
      signal: new AbortController().signal,
    };
    await new Sidecar(this.#settings, bus, new LogSource(this.#settings.eventsDir), quiet, options).run();
    await bus.close();
    if (outcomes.length !== 1) throw new Error(`${outcomes.length} outcomes`);
    return outcomes[0] as Outcome;
  }

  /** The registry, as `gavel models` changes it. */
  keeper(): Keeper {
    return new Keeper(new FolderBus(this.#settings.modelsDir));
  }

  async entries(): Promise<readonly ModelEntry[]> {
    const shelf = await this.keeper().read();
    if ('problem' in shelf) throw new Error(shelf.problem);
    return entriesOf(shelf);
  }

  async states(): Promise<Record<number, string>> {
    return Object.fromEntries((await this.entries()).map(({ version, state }) => [version, state]));
  }

  async checkpoint(): Promise<Checkpoint> {
    const read = await readCheckpoint(this.#settings.modelsDir);
    if (read === undefined || isCheckpointProblem(read)) throw new Error(`no checkpoint: ${read?.problem}`);
    return read;
  }

  /** As if the live model came from elsewhere: what it has learned from is not known. */
  async forgetOrigin(version: number): Promise<void> {
    rmSync(join(this.#settings.modelsDir, 'trainer.checkpoint'));
    const keeper = new Keeper(new FolderBus(this.#settings.modelsDir));
    await keeper.describe(version, (entry) => ({ ...entry, data: undefined }));
  }
}

/** A stage that several tests go on from, each on a copy: it is made by the first that asks for it. */
function once(made: (test: Test) => Promise<Stage>): (test: Test) => Promise<Stage> {
  let stage: Promise<Stage> | undefined;
  return (test) => {
    stage ??= made(test);
    return stage;
  };
}

const secondIsLive = once(async (test) => {
  const stage = new Stage(t);
  test.match(await stage.after(1500), { did: 'nothing', why: /of 2000 impressions learned/ });
  test.same(await stage.states(), { 1: 'active' }, 'the registry begins with the model that was found');
  test.match(await stage.after(18_000), { did: 'active', version: 2, why: /log loss .* against / });
  test.same(await stage.states(), { 1: 'retired', 2: 'active' });
  return stage;
});

t.test('what is learned from traffic is published, with where it comes from and how it was judged', async (t) => {
  const stage = (await secondIsLive(t)).copy(t);
  const entry = (await stage.entries())[1] as ModelEntry;
  t.match(entry, {
    parent: 1,
    origin: 'trained',
    sha256: /^[0-9a-f]{64}$/,
    data: { first: /^2026-01-07T13:30:0/, impressions: Number, clicks: Number, prices: Number, positions: /"log":\d+/ },
    training: { holdback: 0.1, negatives: 1 },
  });
  const { candidate = {}, incumbent = {} } = entry.metrics ?? {};
  t.ok((candidate['auc'] as number) > 0.7 && (incumbent['auc'] as number) < 0.6);
  t.ok((candidate['log_loss'] as number) < (incumbent['log_loss'] as number));
  t.ok((candidate['price_nll'] as number) < (incumbent['price_nll'] as number));
  t.ok((await stage.checkpoint()).judgedAt > 2000, 'what was judged is saved, though no notice came since');
  t.match(await stage.round(), { did: 'nothing' }, 'nothing new, no new model');
  t.match(await stage.after(2000), { did: 'active', version: 3 });
});

t.test('what was held back too little of is refused, with the numbers', async (t) => {
  const stage = new Stage(t, { GAVEL_TRAIN_EXAMPLES_MIN: '100' });
  t.match(await stage.after(1500), {
    did: 'refused',
    why: /too little held-back traffic: \d+ examples with \d+ positives/,
  });
  t.same(await stage.states(), { 1: 'active', 2: 'refused' });
});

t.test('what is worse on held-back traffic does not follow, whatever else does', async (t) => {
  const stage = new Stage(t, { GAVEL_TRAIN_EXAMPLES_MIN: '500' });
  t.match(await stage.after(15_000), { did: 'active', version: 2 });
  // Another model begins where this one ended, with all that was learned already and other traffic last.
  await stage.forgetOrigin(2);
  const outcome = await stage.after(2500, { clickRate: 0.6, seed: 9 });
  t.match(outcome, { why: /clicks kept as they are: worse than the live model: its loss is higher by 0\.\d/ });
  const [before, after] = [await stage.image(2), await stage.image(3)];
  const bias = (image: Uint8Array, at: number): number => new DataView(image.buffer, image.byteOffset).getFloat32(at);
  const { parts, metrics } = (await stage.entries())[2] as ModelEntry;
  t.notOk(parts?.includes('clicks'));
  t.equal(metrics?.candidate['log_loss'], metrics?.incumbent['log_loss'], 'the figures are of what bids');
  t.not(metrics?.candidate['cvr_log_loss'], metrics?.incumbent['cvr_log_loss']);
  t.equal(bias(after, l.MODEL_BIAS_CTR), bias(before, l.MODEL_BIAS_CTR), 'clicks are predicted as before');
  t.not(bias(after, l.MODEL_BIAS_CVR), bias(before, l.MODEL_BIAS_CVR), 'conversions are not');
  const features = Uint32Array.from({ length: FEATURE_COUNT }, (_, i) => 1000 * i);
  t.equal(new ModelScorer(after).score(features).ctr, new ModelScorer(before).score(features).ctr);
});

const DRIFTS: readonly { name: string; market: Partial<Market>; test: string }[] = [
  { name: 'other features', market: { shift: 1 }, test: 'feature' },
  { name: 'other prices', market: { priceMicros: 4_000_000 }, test: 'price' },
  { name: 'lower rewards', market: { clickRate: 0.01 }, test: 'reward' },
  { name: 'rates that the model does not see', market: { clickRate: 0.3, ...bidBy(3, 1 / 3) }, test: 'calibration' },
  { name: 'other predictions', market: bidBy(3, 3), test: 'prediction' },
];
const ROLLBACK = { GAVEL_TRAIN_ROLLBACK: 'on' };

const thirdBids = once(async (test) => {
  const stage = (await secondIsLive(test)).copy(t, ROLLBACK);
  test.match(await stage.after(3000, bidBy(2)), { did: 'active', version: 3 }, 'the same traffic is no drift');
  await stage.more(2500, bidBy(3));
  return stage;
});

for (const { name, market, test } of DRIFTS) {
  t.test(`drift: ${name} raise an alert, and roll back where configured`, async (t) => {
    const stage = (await thirdBids(t)).copy(t, ROLLBACK);
    t.match(await stage.after(5000, { ...bidBy(3), ...market }), { did: 'rolled_back', version: 3, why: /^drift: / });
    const [, second, third] = await stage.entries();
    t.match({ second: second?.state, third: third?.state }, { second: 'active', third: 'rolled_back' });
    t.ok(
      third?.alerts.some((alert) => alert.test === test),
      `${third?.alerts.map(({ text }) => text).join('; ')}`,
    );
    t.match(
      await stage.after(2000, { ...bidBy(2), ...market }),
      { did: 'nothing', why: /of 2000 impressions learned/ },
      'what was learned before is forgotten: it would be live again',
    );
  });
}

/** Bids of a model whose predictions are the truth times a factor. */
function bidBy(model: number, factor = 1): Pick<Market, 'token'> {
  return { token: (_, ctr) => ({ ctr: Math.min(0.95, ctr * factor), model, arm: 0 }) };
}

t.test('a better model that predicts and bids otherwise is no drift', async (t) => {
  const stage = new Stage(t, ROLLBACK);
  const mean: Partial<Market> = { token: () => ({ ctr: 0.2, model: 1, arm: 0 }) };
  t.match(await stage.after(18_000, mean), { did: 'active', version: 2 });
  const better = { ...bidBy(2), priceMicros: 3_000_000, clickRate: 0.13 };
  t.match(await stage.after(6000, better), { did: 'active', version: 3 });
  t.match(await stage.after(6000, { ...better, ...bidBy(3) }), { did: 'active', version: 4 });
  t.same(
    (await stage.entries()).flatMap(({ alerts }) => alerts),
    [],
  );
});

for (const { name, change } of [
  { name: 'taken back', change: (keeper: Keeper) => keeper.rollBack('by hand') },
  {
    name: 'promoted',
    change: (keeper: Keeper) => keeper.take((shelf, nowMs) => promote(shelf, 1, 'by hand', nowMs)),
  },
]) {
  t.test(`what was ${name} by hand is what is learned from, for as long as for a first model`, async (t) => {
    const stage = (await secondIsLive(t)).copy(t);
    t.notOk('problem' in (await change(stage.keeper())));
    t.match(await stage.after(2000), { did: 'nothing', why: /of 2000 impressions learned/ });
    t.match(await stage.states(), { 1: 'active' });
    t.match(await stage.after(4000), { version: 3 });
    const { parent, data } = (await stage.entries())[2] as ModelEntry;
    t.match({ parent, few: (data?.impressions ?? 0) < 5000 }, { parent: 1, few: true });
  });
}

t.test('without GAVEL_TRAIN_ROLLBACK drift is told and nothing else', async (t) => {
  const stage = (await secondIsLive(t)).copy(t);
  const { did } = await stage.after(4000, { shift: 1 });
  t.not(did, 'rolled_back');
  const alerts = (await stage.entries()).flatMap((entry) => entry.alerts);
  t.ok(alerts.length > 0);
});

const TRIAL = { GAVEL_TRAIN_TRIAL_SHARE: '0.3', GAVEL_TRAIN_TRIAL_SECONDS: '60' };

const secondIsTried = once(async (test) => {
  const stage = new Stage(t, TRIAL);
  test.match(await stage.after(18_000), { did: 'trial', version: 2 });
  test.same(await stage.states(), { 1: 'active', 2: 'trial' });
  return stage;
});

for (const { name, factor, did, why } of [
  {
    name: 'promoted after its time if it holds',
    factor: 1,
    did: 'active',
    why: /^trial: .* clicks an impression against/,
  },
  { name: 'refused if its own traffic says otherwise', factor: 6, did: 'refused', why: /^trial: out of calibration/ },
]) {
  t.test(`a candidate first takes a share of traffic: ${name}`, async (t) => {
    const stage = (await secondIsTried(t)).copy(t, TRIAL);
    const token: NonNullable<Market['token']> = (n, ctr) =>
      n % 3 === 0 ? { ctr: Math.min(0.95, ctr * factor), model: 2, arm: 1 } : { ctr, model: 1, arm: 0 };
    t.match(await stage.after(3000, { token }), { did: 'waiting', why: /its trial goes on for \d+ s at least/ });
    t.match(await stage.after(9000, { token }), { did, version: 2, why });
    const entry = (await stage.entries())[1] as ModelEntry;
    t.match(entry, { state: did, trial: { share: 0.3, salt: Number } });
    const { candidate, control } = entry.arms ?? {};
    t.ok(candidate && control && candidate.impressions > 1000 && control.impressions > candidate.impressions);
    t.ok(candidate && candidate.clicks > 20 && candidate.spend_micros > 0 && candidate.value >= candidate.clicks);
  });
}

t.test('keys that are not understood refuse the start', async (t) => {
  t.match(readTrainerKeys({ GAVEL_TRAIN_HOLDBAK: '1' }), { problems: [/GAVEL_TRAIN_HOLDBAK: no such key/] });
  t.match(readTrainerKeys({ GAVEL_TRAIN_HOLDBACK: '0.9' }), { problems: [/GAVEL_TRAIN_HOLDBACK: a number from 0.01/] });
});
