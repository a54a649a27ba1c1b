// The trainer beside a bidder: started with it, seen in its metrics, started again when it dies, gone with it.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { campaignsOf } from './testing/campaigns.js';
import { startGavel, until } from './testing/gavel_process.js';
import { metric } from './testing/metric.js';

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

t.test('a trainer runs beside the bidder, and both end together', async (t) => {
  const gavel = await startGavel(t, { campaigns: campaignsOf([{ id: 'all' }]), env: { GAVEL_TRAINER: 'on' } });
  const status = join(gavel.dataDir, 'models', 'status.json');
  const pidNow = (): number => (existsSync(status) ? JSON.parse(readFileSync(status, 'utf8')).pid : 0);
  await until(async () => (await metric(gavel.port, 'gavel_trainer_up')) === 1);
  await gavel.logged('"part":"trainer"');
  const first = pidNow();
  process.kill(first, 'SIGKILL');
  await gavel.logged('the trainer has ended; bidding goes on');
  await until(() => pidNow() !== first);
  t.equal(await metric(gavel.port, 'gavel_ready'), 1);
  t.equal(await metric(gavel.port, 'gavel_trainer_restarts_total'), 1);
  const second = pidNow();
  gavel.signal('SIGTERM');
  t.match(await gavel.ended, { code: 0 });
  t.notOk(isRunning(second), 'it has ended with the bidder');
});

t.test('a bidder that is killed takes its trainer with it', async (t) => {
  const gavel = await startGavel(t, { campaigns: campaignsOf([{ id: 'all' }]), env: { GAVEL_TRAINER: 'on' } });
  const status = join(gavel.dataDir, 'models', 'status.json');
  await until(() => existsSync(status));
  const { pid } = JSON.parse(readFileSync(status, 'utf8'));
  gavel.signal('SIGKILL');
  await gavel.ended;
  await until(() => !isRunning(pid));
  t.pass();
});

t.test('what stands in the way of a trainer is seen in the metrics', async (t) => {
  const gavel = await startGavel(t, { campaigns: campaignsOf([{ id: 'all' }]) });
  const folder = join(gavel.dataDir, 'models');
  mkdirSync(folder, { recursive: true });
  const says = (problem: string): void => {
    const status = { atMs: Date.now(), notices: 5, lagS: 7, examples: {}, drift: {}, problem };
    writeFileSync(join(folder, 'status.json'), JSON.stringify(status));
  };
  says('');
  await until(async () => (await metric(gavel.port, 'gavel_trainer_up')) === 1);
  t.equal(await metric(gavel.port, 'gavel_trainer_problem'), 0);
  says('Redis is away');
  await until(async () => (await metric(gavel.port, 'gavel_trainer_problem')) === 1);
  t.equal(await metric(gavel.port, 'gavel_trainer_lag_seconds'), 7);
});
