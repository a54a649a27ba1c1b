// Workers that trap and workers that die: what it costs, and that bidding goes on.

import t from 'tap';
import { bidRequest, campaignsOf } from './testing/campaigns.js';
import { startGavel, until } from './testing/gavel_process.js';
import { metric } from './testing/metric.js';
import { ask, bid } from './testing/wire.js';

t.setTimeout(120_000);

const campaigns = campaignsOf([{ id: 'all' }]);
const SABOTAGE = new URL('./testing/sabotage.js', import.meta.url).href;

t.test('a trap costs its request a 204', async (t) => {
  const gavel = await startGavel(t, { campaigns, nodeArgs: ['--import', SABOTAGE] });
  for (let i = 0; i < 3; i++) t.equal((await bid(gavel.port, '"trap"')).status, 204);
  t.equal((await bid(gavel.port, bidRequest())).status, 200);
  const batch = await ask(gavel.port, { path: '/bid/batch', body: `["trap",${bidRequest()}]` });
  t.match(batch, { status: 200, text: /^\[\{"nbr":1\},\{"id":"request"/ });
  t.equal(await metric(gavel.port, 'gavel_no_bids_total{reason="internal_error"}'), 4);
  t.equal(await metric(gavel.port, 'gavel_worker_restarts_total'), 0);
});

t.test('a worker that dies is started again, the others go on', async (t) => {
  const gavel = await startGavel(t, { campaigns, nodeArgs: ['--import', SABOTAGE], env: { GAVEL_WORKERS: '2' } });
  const { port } = gavel;
  for (let death = 1; death <= 2; death++) {
    await t.rejects(bid(port, '"crash"'), 'the connection breaks');
    t.equal((await bid(port, bidRequest())).status, 200, 'another worker answers');
    await until(async () => (await metric(port, 'gavel_worker_restarts_total')) === death);
    await until(async () => (await metric(port, 'gavel_workers_alive')) === 2);
  }
  t.match(gavel.log, /"worker failed"/);
  t.match(gavel.log, /sabotaged/);
  const answers = await Promise.all(Array.from({ length: 40 }, () => bid(port, bidRequest())));
  t.same(new Set(answers.map(({ status }) => status)), new Set([200]));
  gavel.signal('SIGTERM');
  t.match(await gavel.ended, { code: 0 });
});
