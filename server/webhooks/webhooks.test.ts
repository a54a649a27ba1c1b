// Webhooks against a real HTTP server: what is sent and how it is signed, what is tried again, what is never called.

import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { raiseAlert } from '../alerts/raise_alert.js';
import { webhooksJob } from '../jobs/webhooks.js';
import { makeLog } from '../log.js';
import type { Db } from '../sql/database.js';
import { withDatabases } from '../testing/database_case.js';
import { until } from '../testing/gavel_process.js';
import { addressOf, isPublic } from './address.js';
import { ATTEMPTS_MAX, retryMs, type Taken, takeDue } from './deliveries.js';
import { send } from './send.js';
import { makeSecret } from './signature.js';

interface Received {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** An endpoint that keeps what it is sent; `answer` may leave it without an answer. */
async function endpoint(t: Test, answer: (response: ServerResponse, path: string) => void) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const path = request.url ?? '';
      received.push({ path, headers: request.headers, body: Buffer.concat(chunks).toString() });
      answer(response, path);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { received, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const ACCOUNT = 'hooked';

async function fresh(db: Db): Promise<void> {
  for (const table of ['webhook_deliveries', 'webhooks', 'alerts'] as const) await db.deleteFrom(table).execute();
  await db
    .insertInto('accounts')
    .values({ id: ACCOUNT, seat: ACCOUNT, policy: '{}' })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

async function addWebhook(db: Db, id: string, url: string, events: readonly string[] = []): Promise<string> {
  const secret = makeSecret();
  await db
    .insertInto('webhooks')
    .values({ account_id: ACCOUNT, id, url, secret, events: JSON.stringify(events) })
    .execute();
  return secret;
}

const alert = (kind = 'anomaly') => ({
  ...{ account: ACCOUNT, kind, severity: 'warning' as const, subject: 'CTR fell', detail: { campaign: 'spring' } },
});
const delivery = (db: Db, webhook: string) =>
  db.selectFrom('webhook_deliveries').selectAll().where('webhook_id', '=', webhook).executeTakeFirstOrThrow();
const becomes = (db: Db, webhook: string, status: string, attempts: number) =>
  until(async () => {
    const row = await delivery(db, webhook);
    return row.status === status && row.attempts === attempts && row.last_status !== null;
  });

function node(db: Db, attemptMsMax = 10_000) {
  const stop = new AbortController();
  const job = webhooksJob({ privateToo: true, attemptMsMax });
  const world = { db, log: makeLog('fatal'), bookChanged: () => undefined, signal: stop.signal };
  return { stop: () => stop.abort(), run: (nowMs = Date.now()) => job.run(world, nowMs) };
}

withDatabases((test) => {
  test('an alert comes signed, to the webhooks that want its kind', async (t, { db }) => {
    await fresh(db);
    const { received, url } = await endpoint(t, (response) => response.end());
    const secret = await addWebhook(db, 'mine', `${url}/mine`, ['anomaly']);
    await addWebhook(db, 'others', `${url}/others`, ['drift']);
    const id = await raiseAlert(db, alert());
    await node(db).run();
    await becomes(db, 'mine', 'delivered', 1);
    t.equal(received.length, 1);
    const { headers, body } = received[0] as Received;
    t.match(JSON.parse(body), { type: 'anomaly', data: { id, account: ACCOUNT, detail: { campaign: 'spring' } } });
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    t.equal(headers['webhook-signature'], `v1,${createHmac('sha256', key).update(signed).digest('base64')}`);
    t.equal(headers['webhook-id'], (await delivery(db, 'mine')).id);
  });

  test('what docs/rules.md does with it tells it from a forgery', async (t, { db }) => {
    await fresh(db);
    const { received, url } = await endpoint(t, (response) => response.end());
    const secret = await addWebhook(db, 'mine', url);
    await raiseAlert(db, alert());
    await node(db).run();
    await becomes(db, 'mine', 'delivered', 1);
    const code = /```js\n(import[^`]*`[^`]*`[^`]*)```/.exec(readFileSync('docs/rules.md', 'utf8'))?.[1] ?? '';
    const documented = await import(`data:text/javascript,${encodeURIComponent(`${code}; export { isFromGavel };`)}`);
    const { headers, body } = received[0] as Received;
    t.ok(documented.isFromGavel(secret, headers, body));
    t.notOk(documented.isFromGavel(secret, headers, body.replace('warning', 'info')));
    t.notOk(documented.isFromGavel(makeSecret(), headers, body));
    const old = { ...headers, 'webhook-timestamp': String(Number(headers['webhook-timestamp']) - 301) };
    t.notOk(documented.isFromGavel(secret, old, body));
  });

  test('while a secret is rotated both sign', async (t, { db }) => {
    await fresh(db);
    const { received, url } = await endpoint(t, (response) => response.end());
    const before = await addWebhook(db, 'mine', url);
    const until = new Date(Date.now() + 60_000);
    await db
      .updateTable('webhooks')
      .set({ secret: makeSecret(), secret_before: before, secret_before_until: until })
      .execute();
    await raiseAlert(db, alert());
    await node(db).run();
    await becomes(db, 'mine', 'delivered', 1);
    t.match(received[0]?.headers['webhook-signature'], /^v1,\S{44} v1,\S{44}$/);
  });

  test('what fails is tried again, later each time, and given up with an alert', async (t, { db }) => {
    await fresh(db);
    const { received, url } = await endpoint(t, (response) => response.writeHead(500).end('x'.repeat(100_000)));
    await addWebhook(db, 'broken', url);
    await raiseAlert(db, alert());
    const nodes = node(db);
    let now = Date.now();
    await until(async () => {
      now += 7 * 3_600_000;
      await nodes.run(now);
      return (await delivery(db, 'broken')).status === 'failed';
    });
    t.equal(received.length, ATTEMPTS_MAX);
    t.equal(new Set(received.map(({ headers }) => headers['webhook-id'])).size, 1, 'with one id');
    t.match(await delivery(db, 'broken'), { last_status: 500, last_problem: 'answered 500' });
    const alerts = await db.selectFrom('alerts').select('kind').orderBy('id').execute();
    t.same(alerts, [{ kind: 'anomaly' }, { kind: 'webhook_failed' }]);
  });

  test('an endpoint that does not answer holds up no other one', async (t, { db }) => {
    await fresh(db);
    const { received, url } = await endpoint(t, (response, path) => path === '/quick' && response.end());
    await addWebhook(db, 'quick', `${url}/quick`);
    await addWebhook(db, 'stuck', `${url}/stuck`);
    for (let n = 0; n < 10; n++) await raiseAlert(db, alert());
    const one = node(db, 700);
    await until(async () => {
      await one.run();
      return received.filter(({ path }) => path === '/quick').length === 10;
    });
    await until(async () => {
      const rows = db.selectFrom('webhook_deliveries').selectAll().where('webhook_id', '=', 'stuck');
      const late = (await rows.execute()).filter(({ last_problem }) => last_problem === 'no answer in 700 ms');
      return late.length > 0 && late.every(({ status }) => status === 'waiting');
    });
  });

  test('of two nodes one takes a delivery; after a crash another sends it again', async (t, { db }) => {
    await fresh(db);
    await addWebhook(db, 'mine', 'http://127.0.0.1:1/');
    for (let n = 0; n < 6; n++) await raiseAlert(db, alert());
    const now = Date.now() + 1000;
    const take = (nowMs: number): Promise<readonly Taken[]> => takeDue(db, { all: 4, each: 4, busy: [] }, nowMs);
    const both = (await Promise.all([take(now), take(now)])).flat();
    t.equal(new Set(both.map(({ id }) => id)).size, both.length, 'none twice');
    t.same((await take(now)).length + both.length, 6);
    t.same(await take(now + 1000), []);
    const again = await take(now + 61_000);
    t.match(again, [{ attempts: 2 }, { attempts: 2 }, { attempts: 2 }, { attempts: 2 }]);
  });

  test('alerts of one key are one while it goes on, and told again when it is worse or over', async (t, { db }) => {
    await fresh(db);
    await addWebhook(db, 'mine', 'http://127.0.0.1:1/');
    const raise = (severity: 'warning' | 'critical' = 'warning') =>
      raiseAlert(db, { ...alert(), severity, key: 'ctr:spring' });
    const told = async () => (await db.selectFrom('webhook_deliveries').select('id').execute()).length;
    const acknowledge = () => db.updateTable('alerts').set({ acknowledged_at: new Date() }).execute();
    const first = await raise();
    t.equal(await raise(), first);
    t.equal(await told(), 1);
    t.equal(await raise('critical'), first, 'it is worse');
    t.equal(await told(), 2);
    await acknowledge();
    t.equal(await raise('critical'), first, 'it goes on, and somebody knows');
    t.equal(await told(), 2);
    await db
      .updateTable('alerts')
      .set({ last_at: new Date(Date.now() - 7 * 3_600_000) })
      .execute();
    t.not(await raise(), first, 'it was over');
    t.equal(await told(), 3);
    t.match(await db.selectFrom('alerts').select('count').orderBy('id').execute(), [{ count: 4 }, { count: 1 }]);
  });
});

t.test('this machine and private networks are refused, whatever they are called', async (t) => {
  for (const address of ['93.184.215.14', '2606:2800:21f:cb07:6820:80da:af6b:8b2c', '1.1.1.1']) t.ok(isPublic(address));
  const addresses = ['127.0.0.1', '10.1.2.3', '172.31.0.1', '192.168.1.1', '169.254.169.254', '100.64.0.1', '0.0.0.0'];
  const six = ['::1', '::', 'fe80::1', 'fd00::1', '::ffff:127.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::', 'ff02::1'];
  for (const address of [...addresses, ...six, '255.255.255.255', '224.0.0.1', 'no address']) {
    t.notOk(isPublic(address), address);
  }
  for (const url of ['http://localhost/', 'http://0x7f.1/', 'http://2130706433/', 'http://[::1]/', 'http://127.1/']) {
    const found = await addressOf(new URL(url).hostname, false);
    t.match(found, { code: 'address_refused' }, url);
  }
  t.match(await addressOf('localhost', true), { address: /^(127\.0\.0\.1|::1)$/ });
});

t.test('redirects are not followed, long answers not read, and refused addresses not connected to', async (t) => {
  const { received, url } = await endpoint(t, (response, path) => {
    if (path === '/endless') {
      response.writeHead(200);
      const more = (): void => {
        while (response.write('x'.repeat(1000)));
        response.once('drain', more);
      };
      more();
    } else response.writeHead(307, { location: '/elsewhere' }).end();
  });
  const signal = new AbortController().signal;
  const post = (path: string, privateToo = true) =>
    send({ url: url + path, headers: {}, body: '{}' }, { privateToo, signal });
  t.match(await post('/moved'), { outcome: 'failed', problem: 'answered 307' });
  t.match(await post('/endless'), { outcome: 'delivered', status: 200 });
  t.match(await post('/refused', false), { outcome: 'failed', problem: /private network/ });
  t.same(
    received.map(({ path }) => path),
    ['/moved', '/endless'],
  );
  const nobody = await send({ url: 'http://127.0.0.1:1/', headers: {}, body: '' }, { privateToo: true, signal });
  t.match(nobody, { outcome: 'failed', problem: /ECONNREFUSED/ });
});

t.test('the time until the next attempt grows, and is bounded', async (t) => {
  t.same(
    [1, 2, 3].map((n) => retryMs(n, 0)),
    [5000, 20_000, 80_000],
  );
  t.equal(retryMs(2, 0.5), 30_000);
  t.ok(retryMs(ATTEMPTS_MAX, 0.999) <= 6 * 3_600_000);
});
