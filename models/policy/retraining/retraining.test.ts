// Retraining from a log: in a process that is killed in the middle, from too little, and what becomes of what passes.

import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Test, test } from 'tap';
import type { EventRecord, PolicyRecord } from '../../../bidcore/money/event.js';
import { normalDensity } from '../../../bidcore/policy/exploration.js';
import { writePolicy, zeroPolicy } from '../../../bidcore/policy/policy_weights.js';
import { makeLog } from '../../../server/log.js';
import { appended, openedLog } from '../../../server/testing/events.js';
import { Random } from '../../random.js';
import { seedModel } from '../../seed_model.js';
import { marketNotices } from '../../testing/traffic.js';
import { writePolicyFile } from '../policy_file.js';
import { CpuShare } from './cpu_share.js';
import { Retraining } from './retrain.js';
import * as store from './run.js';
import { PolicySchedule } from './schedule.js';

const CHILD = fileURLToPath(new URL('./child.js', import.meta.url));
const DAY_MS = 86_400_000;
const FROM_MS = Date.UTC(2026, 0, 5);
const BIDS = 3000;

/** Notices and decisions of two days, in the order of their times. */
function recordsOf(): EventRecord[] {
  const notices = [0, 1].flatMap((day) => {
    const own = { seed: day + 1, bids: BIDS, from: day * BIDS, fromMs: FROM_MS + day * DAY_MS + 5000 };
    return marketNotices({ ...own, everyMs: (DAY_MS - 60_000) / BIDS }).map((notice) => {
      const facts = { ...notice.facts, issuedS: Math.floor(notice.atMs / 1000) - 1 };
      return { ...notice, facts };
    });
  });
  const random = new Random(8);
  const { campaign, node } = (notices[0] as (typeof notices)[number]).facts;
  const decisions = Array.from({ length: 2 * 96 }, (_, slot): PolicyRecord => {
    const output = random.normal(0, 0.1);
    const inputs = Array.from({ length: 12 }, (_, i) => (i < 2 ? 1 - (slot % 96) / 96 : random.normal(0, 0.1)));
    return {
      ...{ type: 'policy', by: node, campaign, slot, atMs: FROM_MS + slot * 900_000, model: 1, inputs },
      ...{ mean: 0, sigma: 0.1, output, multiplier: 1 + output, density: normalDensity(output, 0, 0.1) },
      fellBack: false,
    };
  });
  return [...notices, ...decisions].sort((a, b) => a.atMs - b.atMs);
}

async function folders(t: Test, records: readonly EventRecord[]): Promise<{ modelsDir: string; events: string }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'gavel-policy-'));
  t.teardown(() => rmSync(dataDir, { recursive: true, force: true }));
  const events = join(dataDir, 'events');
  const log = await openedLog(events);
  await appended(log, records);
  await log.close();
  return { modelsDir: join(dataDir, 'models'), events };
}

/** A run of six rounds of 384 slots. */
function runOf(events: string, changes: Partial<store.PolicyRun> = {}): store.PolicyRun {
  return {
    ...{ number: 1, state: 'running', reason: '', created: new Date().toISOString(), parent: 1, from: 0 },
    config: {
      ...{ seed: 3, steps: 6 * 384, cpu_share: 1, sigma: 0.05, auctions_min: 1000, events },
      ...{ since: new Date(FROM_MS).toISOString(), environments: 4, rollout_steps: 96, checkpoint_s: 0 },
      ...{ episodes: 2, worlds: 12, days: 4 },
    },
    ...{ first_step: 0, step: 0, best_step: 0, evaluations: [], wall_s: 0, cpu_s: 0, files: {} },
    ...changes,
  };
}

test('killed in the middle, a retraining goes on from its checkpoint to its verdict', async (t) => {
  const { modelsDir, events } = await folders(t, recordsOf());
  await store.writeRun(modelsDir, runOf(events));
  const started = (): ChildProcess => {
    const child = fork(CHILD, [modelsDir, '1'], { execArgv: ['--enable-source-maps'] });
    t.teardown(() => child.kill('SIGKILL'));
    return child;
  };
  const first = started();
  await new Promise<void>((resolve) => {
    first.once('exit', () => resolve());
    first.on('message', (run) => {
      if ((run as store.PolicyRun).step >= 2 * 384) first.kill('SIGKILL');
    });
  });
  const cut = await store.readRun(modelsDir, 1);
  t.equal(cut?.state, 'running');
  t.ok((cut?.step ?? 0) >= 2 * 384 && (cut?.step ?? 0) < 6 * 384, `it stands at ${cut?.step}`);

  const second = started();
  const steps: number[] = [];
  second.on('message', (run) => steps.push((run as store.PolicyRun).step));
  const code = await new Promise((resolve) => second.once('exit', resolve));
  t.equal(code, 0);
  t.ok(Math.min(...steps) >= (cut?.step ?? 0), 'it began where it stood');
  const run = await store.readRun(modelsDir, 1);
  t.equal(run?.step, 6 * 384);
  t.match(run?.state ?? '', /^(refused|passed)$/);
  t.match(run?.reason ?? '', /in replay|days/);
  t.match(run?.reason ?? '', /logged decisions: .* of 2 episodes/);
  t.match(run?.data, { campaigns: 1, campaigns_held: 1, decisions: 192, range: /^2026-01-05 to 2026-01-0[67]$/ });
  t.equal(run?.evaluations.at(-1)?.step, 6 * 384);
  t.ok((run?.cpu_s ?? 0) > (cut?.cpu_s ?? 0), 'what it used is added up');
  for (const [name, hash] of Object.entries(run?.files ?? {})) {
    const bytes = await store.readRunFile(modelsDir, 1, name);
    t.equal(bytes && store.sha256Of(bytes), hash, name);
  }
  t.same(Object.keys(run?.files ?? {}).sort(), [store.AGENT_FILE, store.BEST_FILE, store.CANDIDATE_FILE].sort());

  // Another goes on from its agent.
  const next = runOf(events, { number: 2, from: 1, first_step: run?.best_step ?? 0, step: run?.best_step ?? 0 });
  await store.writeRun(modelsDir, { ...next, config: { ...next.config, steps: 384 } });
  const told: number[] = [];
  const after = await new Retraining(modelsDir, (await store.readRun(modelsDir, 2)) as store.PolicyRun, ({ step }) =>
    told.push(step),
  ).work();
  t.equal(after.step, (run?.best_step ?? 0) + 384);
  t.same(await store.nextRunNumber(modelsDir), 3);
});

test('with too little in the log it does nothing, and says so', async (t) => {
  const { modelsDir, events } = await folders(t, recordsOf().slice(0, 100));
  const run = await new Retraining(modelsDir, runOf(events), () => undefined).work();
  t.equal(run.state, 'nothing');
  t.match(run.reason, /\d+ of 1000 auctions in the log; 0 campaigns have enough/);
  const nowhere = await new Retraining(modelsDir, runOf(join(events, 'none')), () => undefined).work();
  t.match(nowhere, { state: 'nothing', reason: /there is no event log/ });
});

test('what passed is offered once, and only while the policy bids that it was judged against', async (t) => {
  const { modelsDir, events } = await folders(t, []);
  const config = { everyS: 3600, cpuShare: 1, steps: 1, auctionsMin: 1, sigma: 0 };
  const live = seedModel(1);
  const other = Uint8Array.from(live);
  writePolicy(other, { ...zeroPolicy(), b3: Float32Array.of(0.1) });
  const candidate = { ...zeroPolicy(), b3: Float32Array.of(0.2) };
  const schedule = async (): Promise<PolicySchedule> => {
    const log = makeLog('fatal');
    const all = new PolicySchedule({ modelsDir, eventsDir: events, config, log, live: () => undefined });
    await all.start();
    t.teardown(() => all.stop());
    return all;
  };
  const passed = runOf(events, {
    state: 'passed',
    reason: 'better',
    metrics: { candidate: { days: 3 }, incumbent: {} },
  });
  await store.writeRun(modelsDir, passed);
  await store.writeRunFile(modelsDir, 1, store.CANDIDATE_FILE, writePolicyFile(candidate));

  const offers = await schedule();
  t.match(await offers.offer({ image: live }), { run: 1, reason: 'better', metrics: { days: 3 } });
  await offers.published(1, 7);
  t.equal(await offers.offer({ image: live }), undefined, 'it was published');
  t.equal((await store.readRun(modelsDir, 1))?.version, 7);

  await store.writeRun(modelsDir, passed);
  const late = await schedule();
  t.equal(await late.offer({ image: other }), undefined);
  t.match(await store.readRun(modelsDir, 1), { state: 'refused', reason: /another policy is live/ });
  t.match(late.status, /^run 1 refused/);
});

test('its share of a core holds, however long its pieces of work are', async (t) => {
  let [nowMs, cpuMs] = [50, 50];
  const clock = {
    nowMs: () => nowMs,
    cpuMs: () => cpuMs,
    sleep: async (ms: number) => {
      nowMs += ms;
    },
  };
  const share = new CpuShare(0.2, clock);
  const random = new Random(6);
  for (let n = 0; n < 200; n++) {
    const work = random.uniform(1, 3000);
    cpuMs += work;
    nowMs += work * random.uniform(1, 2);
    await share.rest();
  }
  t.ok(share.cpuS / share.wallS <= 0.2 + 1e-9, `${share.cpuS / share.wallS}`);
  t.ok(share.cpuS / share.wallS > 0.19, 'and it makes use of it');
});
