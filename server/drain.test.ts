// How a bidder ends: what is under way is answered, what is idle is closed, what hangs is cut.

import { connect } from 'node:net';
import t from 'tap';
import { bidRequest, campaignsOf } from './testing/campaigns.js';
import { startGavel, until } from './testing/gavel_process.js';
import { startTraffic } from './testing/traffic.js';
import { exchangeBytes, post } from './testing/wire.js';

t.setTimeout(120_000);

const campaigns = campaignsOf([{ id: 'all' }]);

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`${signal} drains without a failed request`, async (t) => {
    const gavel = await startGavel(t, { campaigns, env: { GAVEL_WORKERS: '2' } });
    let signalled = false;
    const traffic = startTraffic(
      gavel.port,
      8,
      () => ({ path: '/bid', body: bidRequest() }),
      ({ status }, n) => (status === 200 ? undefined : `request ${n}: ${status}`),
      () => signalled,
    );
    await until(() => traffic.answers > 200);
    // A request that has only begun is waited for; the connection is told to go elsewhere with the answer.
    const whole = post('/bid', bidRequest());
    const begun = connect({ host: '127.0.0.1', port: gavel.port });
    let text = '';
    begun.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    begun.write(whole.slice(0, -20));
    const answered = traffic.answers;
    await until(() => traffic.answers > answered + 20);
    signalled = true;
    gavel.signal(signal);
    await gavel.logged('draining');
    await new Promise((resolve) => setTimeout(resolve, 600));
    t.notOk(gavel.hasEnded, 'it waits for the request that has begun');
    begun.write(whole.slice(-20));
    t.match(await gavel.ended, { code: 0, signal: null });
    t.same(await traffic.stop(), []);
    t.match(text, /^HTTP\/1\.1 200 [\s\S]*Connection: close/);
    t.match(gavel.log, /drained/);
    begun.destroy();
  });
}

t.test('connections that stay busy are cut when the time is over', async (t) => {
  const gavel = await startGavel(t, { campaigns, env: { GAVEL_DRAIN_SECONDS: '1' } });
  const stuck = connect({ host: '127.0.0.1', port: gavel.port });
  stuck.on('error', () => undefined);
  stuck.write(post('/bid', bidRequest()).slice(0, -1));
  await exchangeBytes(gavel.port, [post('/bid', bidRequest())]); // the one before has arrived by now
  gavel.signal('SIGTERM');
  t.match(await gavel.ended, { code: 0, signal: null });
  t.match(gavel.log, /still busy are cut/);
  stuck.destroy();
});

t.test('a second signal ends at once with 130', async (t) => {
  const gavel = await startGavel(t, { campaigns, env: { GAVEL_DRAIN_SECONDS: '60' } });
  const stuck = connect({ host: '127.0.0.1', port: gavel.port });
  stuck.on('error', () => undefined);
  stuck.write(post('/bid', bidRequest()).slice(0, -1));
  await exchangeBytes(gavel.port, [post('/bid', bidRequest())]);
  gavel.signal('SIGINT');
  gavel.signal('SIGINT');
  await gavel.logged('draining');
  await new Promise((resolve) => setTimeout(resolve, 700));
  t.notOk(gavel.hasEnded, 'one Ctrl-C may arrive twice');
  gavel.signal('SIGINT');
  t.match(await gavel.ended, { code: 130, signal: null });
  stuck.destroy();
});
