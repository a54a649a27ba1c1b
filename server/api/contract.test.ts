// The table of operations against a running Gavel: every example works, in the order of the table, and every operation
// refuses who has no key, the wrong role, or another account.

import t, { type Test } from 'tap';
import { bidRequest, campaignIn, campaignsOf } from '../testing/campaigns.js';
import { startGavel, until } from '../testing/gavel_process.js';
import { type Answer, ask, bid } from '../testing/wire.js';
import type { Operation, PathValues } from './operation.js';
import { OPERATIONS } from './operations.js';

t.setTimeout(240_000);

const gavel = await startGavel(t, { campaigns: campaignsOf([{ id: 'first' }]), env: { GAVEL_API_CALLS: '5000' } });
/** What examples call `createKey.id`: of what an operation has answered. */
const made = new Map<string, string>();

// The first call opens the database, which on a busy machine takes longer than a client waits.
await until(async () => {
  const headers = { 'x-api-key': gavel.adminKey };
  const answer = await ask(gavel.adminPort, { method: 'GET', path: '/accounts', headers }).catch(() => undefined);
  return answer?.status === 200;
}, 120_000);

const pathOf = ({ path }: Operation, values: PathValues = {}): string =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => made.get(values[name] ?? '') ?? values[name] ?? 'none');

const send = (operation: Operation, key: string, extra: Readonly<Record<string, string>> = {}): Promise<Answer> => {
  const { body, path, query } = operation.example;
  const search = query === undefined ? '' : `?${new URLSearchParams(query)}`;
  return ask(gavel.adminPort, {
    method: operation.method,
    path: pathOf(operation, path) + search,
    headers: { ...(key && { 'x-api-key': key }), 'content-type': 'application/json', ...extra },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
};

const codeOf = ({ text }: Answer): string | undefined => JSON.parse(text).error?.code;

t.test('every example works, and answers what its schema says', async (t) => {
  for (const operation of OPERATIONS) {
    const conditional = operation.kind === 'change' && operation.conditional;
    if (conditional) t.equal((await send(operation, gavel.adminKey)).status, 428, `${operation.id} needs If-Match`);
    if (conditional) t.equal((await send(operation, gavel.adminKey, { 'if-match': '"0"' })).status, 412);
    const answer = await send(operation, gavel.adminKey, conditional ? { 'if-match': '*' } : {});
    t.equal(answer.status, operation.status, `${operation.id}: ${answer.text.slice(0, 300)}`);
    if (answer.status === 204) continue;
    const value: unknown = JSON.parse(answer.text);
    t.equal(operation.response?.safeParse(value).error?.message, undefined, `${operation.id}: its response`);
    if (operation.method === 'POST') made.set(`${operation.id}.id`, String((value as { id?: unknown }).id));
    if (operation.id === 'createWholeCampaign') await bids(t, 'autumn');
  }
});

/** A change is live: no bound on how soon but patience. */
async function bids(t: Test, campaign: string): Promise<void> {
  const request = { ...JSON.parse(bidRequest()), device: { geo: { country: 'DEU' } } };
  const seen = new Set<string | undefined>();
  await until(async () => {
    const answer = await bid(gavel.port, JSON.stringify(request));
    if (answer.status === 200) seen.add(campaignIn(answer.text));
    const stats = await ask(gavel.adminPort, {
      method: 'GET',
      path: '/stats',
      headers: { 'x-api-key': gavel.adminKey },
    });
    return JSON.parse(stats.text).book.campaigns >= 2;
  });
  t.ok(seen.size > 0, `bids while ${campaign} comes`);
}

t.test('without a key every operation that is not open answers 401', async (t) => {
  for (const operation of OPERATIONS.filter(({ who }) => who.kind !== 'open')) {
    const answer = await send(operation, '');
    t.same([answer.status, codeOf(answer)], [401, 'unauthorized'], operation.id);
  }
});

t.test('the key of another account sees nothing, and reads only with the role viewer', async (t) => {
  const post = async (path: string, body: object, key = gavel.adminKey) =>
    ask(gavel.adminPort, { path, headers: { 'x-api-key': key }, body: JSON.stringify(body) });
  t.equal((await post('/accounts', { id: 'other', seat: 'other' })).status, 201);
  const made = await post('/accounts/other/keys', { name: 'theirs', role: 'viewer' });
  t.equal(made.status, 201, made.text);
  const { key } = JSON.parse(made.text) as { key: string };
  for (const operation of OPERATIONS.filter(({ who }) => who.kind === 'account' || who.kind === 'operator')) {
    const { status, text } = await send(operation, key, { 'if-match': '*' });
    t.equal(status, operation.who.kind === 'operator' ? 403 : 404, `${operation.id}: ${text}`);
  }
  const own = await post('/accounts/other/creatives', {}, key);
  t.same([own.status, codeOf(own)], [403, 'forbidden']);
  for (const path of ["/accounts/other'%20or%201=1--/creatives", '/campaigns/%27;drop%20table%20accounts']) {
    t.equal((await ask(gavel.adminPort, { method: 'GET', path, headers: { 'x-api-key': key } })).status, 404);
  }
});

t.test('the same Idempotency-Key has the same answer, and is refused for another request', async (t) => {
  const create = (id: string) =>
    ask(gavel.adminPort, {
      path: '/exchanges',
      headers: { 'x-api-key': gavel.adminKey, 'idempotency-key': 'once' },
      body: JSON.stringify({ id }),
    });
  const first = await create('lake');
  t.equal(first.status, 201);
  t.same((await create('lake')).text, first.text);
  t.equal(codeOf(await create('sea')), 'idempotency_conflict');
});
