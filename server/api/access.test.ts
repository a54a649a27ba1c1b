// Credentials with the eyes of somebody who wants more than they give: keys, users, logins, browsers.

import t from 'tap';
import { type ApiClient, operatorOf } from '../testing/api_client.js';
import { campaignsOf } from '../testing/campaigns.js';
import { startGavelWithCluster, until } from '../testing/gavel_process.js';
import { ask, exchangeBytes } from '../testing/wire.js';

t.setTimeout(180_000);

const DESK = 'https://desk.example';
const gavel = await startGavelWithCluster(t, {
  campaigns: campaignsOf([{ id: 'first' }]),
  env: { GAVEL_ADMIN_ORIGINS: DESK },
});
const root = await operatorOf(gavel);
for (const id of ['acme', 'other']) await root.call('POST /accounts', { id, seat: id });

/** A key of acme, as a client. */
async function keyed(rights: object): Promise<{ client: ApiClient; id: string; key: string }> {
  const { body } = await root.call('POST /accounts/acme/keys', { name: 'test', role: 'admin', ...rights });
  if (body === undefined) throw new Error('no key');
  return { client: root.as(body.key), id: body.id, key: body.key };
}

const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
const KEYS = '/accounts/acme/keys';

t.test('a key that is kept to scopes makes and rotates none that may more', async (t) => {
  const { client } = await keyed({ scopes: ['keys'] });
  const wide = await keyed({});
  const other = await keyed({ scopes: ['keys', 'campaigns'] });
  for (const scopes of [[], ['campaigns'], ['keys', 'campaigns']]) {
    t.equal((await client.call(`POST ${KEYS}`, { name: 'more', role: 'admin', scopes })).status, 403);
  }
  for (const { id } of [wide, other]) {
    const { status, body } = await client.call(`POST ${KEYS}/${id}/rotate`, {});
    t.same([status, body?.error.code, body?.key], [403, 'forbidden', undefined]);
  }
  t.equal((await wide.client.call('GET /me')).status, 200, 'which still counts');
  const same = await client.call(`POST ${KEYS}`, { name: 'same', role: 'admin', scopes: ['keys'] });
  t.equal(same.status, 201, 'the same is no more');
  t.equal((await client.call(`POST ${KEYS}/${same.body?.id}/rotate`, {})).status, 201);
});

t.test('a key that ends makes and rotates none that lives longer', async (t) => {
  const { client, id } = await keyed({ expires_at: inAnHour });
  const lasting = await keyed({});
  t.equal((await client.call(`POST ${KEYS}`, { name: 'long', role: 'viewer' })).status, 403);
  t.equal((await client.call(`POST ${KEYS}`, { name: 'long', role: 'viewer', expires_at: tomorrow })).status, 403);
  t.equal((await client.call(`POST ${KEYS}/${lasting.id}/rotate`, {})).status, 403);
  t.equal((await client.call(`POST ${KEYS}`, { name: 'short', role: 'viewer', expires_at: inAnHour })).status, 201);
  const rotated = await client.call(`POST ${KEYS}/${id}/rotate`, { grace_s: 60 });
  t.same([rotated.status, rotated.body?.['expires_at']], [201, inAnHour], 'itself, with the end it had');
  const inGrace = await client.call(`POST ${KEYS}`, { name: 'rest', role: 'viewer', expires_at: inAnHour });
  t.equal(inGrace.status, 403, 'in its time of grace it has a minute');
});

t.test('a key that nobody could use is not made', async (t) => {
  const made = await keyed({ expires_at: new Date(Date.now() + 1500).toISOString() });
  for (const rights of [{ scopes: ['campaings'] }, { expires_at: '2020-01-01T00:00:00Z' }]) {
    const { status, body } = await root.call(`POST ${KEYS}`, { name: 'x', role: 'viewer', ...rights });
    t.same([status, body?.error.code], [400, 'invalid_body'], JSON.stringify(rights));
  }
  await until(async () => (await made.client.call('GET /me')).status === 401);
  const rotated = await root.call(`POST ${KEYS}/${made.id}/rotate`, {});
  t.same([rotated.status, rotated.body?.error.code], [409, 'conflict'], 'one that has expired stays so');
});

t.test('a viewer or trader makes no key, and an admin none of another account or of the installation', async (t) => {
  for (const role of ['viewer', 'trader']) {
    const { client } = await keyed({ role });
    t.equal((await client.call(`POST ${KEYS}`, { name: 'x', role: 'viewer' })).status, 403);
  }
  const { client } = await keyed({});
  t.equal((await client.call('POST /accounts/other/keys', { name: 'x', role: 'viewer' })).status, 404);
  t.equal((await client.call('POST /keys', { name: 'x' })).status, 403);
  const installation = await root.call('POST /keys', { name: 'operators' });
  t.equal((await client.call(`POST ${KEYS}/${installation.body?.id}/rotate`, {})).status, 404);
  const operator = root.as(installation.body?.key ?? '');
  t.match((await operator.call('GET /me')).body, { operator: true });
  const scoped = await operator.call('POST /keys', { name: 'watch', scopes: ['live'] });
  t.equal((await root.as(scoped.body?.key ?? '').call('GET /stats')).status, 200);
  t.equal((await root.as(scoped.body?.key ?? '').call('GET /accounts')).status, 403);
  await root.call(`DELETE /keys/${installation.body?.id}`);
  t.equal((await operator.call('GET /me')).status, 401, 'revoked is gone at once');
});

t.test('what a call leaves out, or names in vain, it is told', async (t) => {
  t.match(await root.call('POST /campaigns', { id: 'x', budget_micros: 1_000_000 }), {
    status: 400,
    body: { error: { code: 'invalid_body', details: [/^account: /] } },
  });
  const campaign = { id: 'theirs', account: 'other', budget_micros: 1_000_000 };
  t.equal((await root.call('POST /campaigns', campaign)).status, 201);
  const goal = { type: 'cpm', bid_micros: 1_000_000 };
  const group = { id: 'g', goal, max_bid_cpm_micros: 2_000_000, creatives: ['none'] };
  t.match(await root.call('POST /campaigns/theirs/ad-groups', group), {
    status: 422,
    body: { error: { code: 'invalid_reference', details: [/\(other, none\) is not present/] } },
  });
  const when = { metric: 'ctr', operator: '<', value: 0.01, window: '24h' };
  const rule = { id: 'r', name: 'r', when, actions: [{ type: 'pause' }] };
  t.match(await root.call('POST /accounts/acme/rules', { ...rule, campaigns: ['theirs'] }), {
    status: 422,
    body: { error: { code: 'invalid_reference', details: ['campaigns: no theirs'] } },
  });
  t.equal((await root.call('POST /accounts/acme/rules', rule)).status, 201);
  const patched = await root.call('PATCH /accounts/acme/rules/r', { campaigns: ['theirs'] }, { 'if-match': '*' });
  t.equal(patched.status, 422);
  const known = { 'if-none-match': 'W/"0", W/"1"' };
  t.equal((await root.call('GET /campaigns/theirs', undefined, known)).status, 304, 'ETags are compared weakly');
});

t.test('an admin makes users in his account, with a role there and nowhere else', async (t) => {
  const { client } = await keyed({});
  const user = { id: 'eve', email: 'eve@acme.example', password: 'correct horse battery', role: 'admin' };
  t.equal((await client.call('POST /accounts/acme/users', user)).status, 201);
  t.equal((await client.call('POST /accounts/other/users', { ...user, id: 'eve2' })).status, 404);
  for (const more of [{ operator: true }, { roles: { other: 'admin' } }, { status: 'active' }]) {
    t.equal((await client.call('POST /accounts/acme/users', { ...user, id: 'eve3', ...more })).status, 400);
  }
  const { body } = await root.as('').call('POST /login', { email: 'EVE@acme.example', password: user.password });
  const eve = root.as(body?.token ?? '');
  t.match((await eve.call('GET /me')).body, { operator: false, roles: { acme: 'admin' } });
  const EVE = '/accounts/acme/users/eve';
  const any = { 'if-match': '*' };
  t.equal((await eve.call(`PATCH ${EVE}`, { role: 'viewer' }, any)).status, 403, 'nobody changes his own role');
  t.equal((await eve.call(`DELETE ${EVE}`, undefined, any)).status, 403);
  for (const [line, patch] of [
    ['PATCH /users/eve', { operator: true }],
    ['PATCH /users/eve', { roles: { other: 'admin' } }],
  ] as const) {
    t.equal((await eve.call(line, patch, any)).status, 403, JSON.stringify(patch));
  }
  await root.call('POST /users', { id: 'boss', email: 'boss@acme.example', operator: true, roles: { acme: 'viewer' } });
  const taken = await eve.call('PATCH /accounts/acme/users/boss', { password: 'correct horse battery' }, any);
  t.equal(taken.status, 400, 'nor another’s password');
  t.equal((await client.call(`PATCH ${EVE}`, { role: 'viewer' }, any)).status, 200);
  t.equal((await eve.call('GET /accounts/acme/keys')).status, 403, 'a role that was taken is gone at once');
  t.equal((await client.call(`DELETE ${EVE}`, undefined, any)).status, 204);
  t.equal((await eve.call('GET /accounts/acme')).status, 404);
});

t.test('a key with scopes or an end gives nobody a role', async (t) => {
  const user = { id: 'mole', email: 'mole@acme.example', role: 'admin' };
  for (const rights of [{ scopes: ['users'] }, { expires_at: inAnHour }]) {
    const { client } = await keyed(rights);
    t.equal((await client.call('POST /accounts/acme/users', user)).status, 403);
  }
  const { body } = await root.call('POST /keys', { name: 'users', scopes: ['users'] });
  const scoped = root.as(body?.key ?? '');
  t.equal((await scoped.call('POST /users', { id: 'mole', email: user.email, operator: true })).status, 403);
});

t.test('logins are counted by user and by address', async (t) => {
  const nobody = root.as('');
  const wrong = { email: 'nobody@acme.example', password: 'not the password' };
  const answers = [];
  for (let i = 0; i < 11; i++) answers.push(await nobody.call('POST /login', wrong));
  t.same(
    answers.slice(0, 10).map(({ status }) => status),
    Array.from({ length: 10 }, () => 401),
  );
  t.match(answers[10], { status: 429, body: { error: { code: 'rate_limited' } }, headers: { 'retry-after': '60' } });
  const others = await Promise.all(
    Array.from({ length: 12 }, (_, i) => nobody.call('POST /login', { ...wrong, email: `n${i}@acme.example` })),
  );
  t.ok(
    others.some(({ status }) => status === 429),
    'another user, the same address',
  );
});

t.test('with its account closed, a campaign is not there', async (t) => {
  await root.call('POST /accounts', { id: 'leaving', seat: 'leaving' });
  await root.call('POST /campaigns', { id: 'left', account: 'leaving', budget_micros: 1_000_000 });
  t.equal((await root.call('GET /campaigns/left')).status, 200);
  t.equal((await root.call('DELETE /accounts/leaving', undefined, { 'if-match': '*' })).status, 204);
  t.equal((await root.call('GET /campaigns/left')).status, 404);
  const patch = { budget_micros: 2_000_000 };
  t.equal((await root.call('PATCH /campaigns/left', patch, { 'if-match': '*' })).status, 404);
});

t.test('what changes the installation stands in its audit log, for operators', async (t) => {
  await root.call('POST /exchanges', { id: 'seen', name: 'Seen' });
  const { body } = await root.call('GET /audit?limit=1');
  t.match(body?.items, [
    { actor: 'api_key:root', action: 'create', entity: 'exchange', entity_id: 'seen', account: null },
  ]);
  const { client } = await keyed({});
  t.equal((await client.call('GET /audit')).status, 403);
});

t.test('secrets are in no audit log, no answer that repeats one, and no log', async (t) => {
  const password = 'a password to be looked for';
  const once = { 'idempotency-key': 'once' };
  const user = { id: 'ida', email: 'ida@acme.example', password, role: 'viewer' };
  t.equal((await root.call('POST /accounts/acme/users', user, once)).status, 201);
  const first = await root.call(`POST ${KEYS}`, { name: 'twice', role: 'viewer' }, { 'idempotency-key': 'two' });
  const again = await root.call(`POST ${KEYS}`, { name: 'twice', role: 'viewer' }, { 'idempotency-key': 'two' });
  t.type(first.body?.key, 'string');
  t.same([again.status, again.body?.id, again.body?.key], [201, first.body?.id, undefined]);
  const audit = JSON.stringify((await root.call('GET /accounts/acme/audit?limit=500')).body);
  t.match(audit, 'ida@acme.example');
  for (const secret of [password, 'scrypt', first.body?.key ?? '']) {
    t.notMatch(audit + gavel.log, secret);
  }
});

t.test('every answer has the headers that keep browsers out, and CORS is for listed origins alone', async (t) => {
  const wanted = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY' };
  for (const path of ['/health', '/nothing', '/accounts', '/openapi.json', '/docs']) {
    t.match(await ask(gavel.adminPort, { method: 'GET', path }), { headers: wanted }, path);
  }
  const { text } = await exchangeBytes(gavel.adminPort, ['NO HTTP AT ALL\r\n\r\n']);
  t.match(text, /^HTTP\/1\.1 400 .*x-content-type-options: nosniff.*"code":"bad_request"/s);
  const asked = (origin: string) => ({
    origin,
    'access-control-request-method': 'PATCH',
    'access-control-request-headers': 'x-api-key',
  });
  const preflight = (origin: string) =>
    ask(gavel.adminPort, { method: 'OPTIONS', path: '/campaigns/x', headers: asked(origin) });
  t.match(await preflight(DESK), { status: 204, headers: { 'access-control-allow-origin': DESK } });
  for (const origin of ['https://evil.example', 'null', `${DESK}.evil.example`]) {
    const { status, headers } = await preflight(origin);
    t.same([status, headers['access-control-allow-origin']], [405, undefined], origin);
  }
  const read = await ask(gavel.adminPort, { method: 'GET', path: '/health', headers: { origin: DESK } });
  t.match(read.headers, { 'access-control-allow-origin': DESK, vary: 'origin' });
  t.equal(read.headers['access-control-allow-credentials'], undefined);
});
