// POST /bid/batch against a real bidder.

import { gunzipSync, gzipSync } from 'node:zlib';
import t from 'tap';
import { MAX_BATCH_BYTES, MAX_BATCH_REQUESTS, MAX_BODY_BYTES } from '../assembly/limits.js';
import { bidRequest, campaignsOf, type TestResponse } from './testing/campaigns.js';
import { startGavel } from './testing/gavel_process.js';
import { type Answer, type Ask, ask, exchangeBytes } from './testing/wire.js';

t.setTimeout(120_000);

t.test('a batch', async (t) => {
  const gavel = await startGavel(t, { campaigns: campaignsOf([{ id: 'all', domain: 'site.example' }]) });
  const batch = (body: string | Uint8Array, headers: Ask['headers'] = {}): Promise<Answer> =>
    ask(gavel.port, { path: '/bid/batch', body, headers });
  const parse = ({ text }: Answer): (TestResponse & { nbr?: number })[] => JSON.parse(text);

  await t.test('is answered in order, each element on its own', async (t) => {
    const bids = bidRequest('site.example', 'one');
    const noBid = bidRequest('other.example', 'tw\u00f6');
    const answer = await batch(`[${bids}, ${noBid},\n{"id":3},${bids.replace('one', 'four')},"x",{}]`);
    t.equal(answer.status, 200);
    t.equal(answer.headers['content-type'], 'application/json');
    t.equal(answer.headers['x-openrtb-version'], '2.6');
    const answers = parse(answer);
    t.same(
      answers.map(({ id }) => id),
      ['one', 'tw\u00f6', 3, 'four', undefined, undefined],
    );
    t.same(
      answers.map(({ nbr }) => nbr),
      [undefined, 0, 2, undefined, 2, 2],
    );
    t.equal(answers[3]?.seatbid[0]?.bid[0]?.cid, 'all');
  });

  await t.test('may be empty', async (t) => {
    const { status, text } = await batch(' [ ] ');
    t.equal(status, 200);
    t.equal(text, '[]');
  });

  await t.test('of as many requests as are allowed is answered, one more is 413', async (t) => {
    const of = (count: number): string => JSON.stringify(Array.from({ length: count }, (_, id) => ({ id })));
    t.equal(parse(await batch(of(MAX_BATCH_REQUESTS))).length, MAX_BATCH_REQUESTS);
    t.equal((await batch(of(MAX_BATCH_REQUESTS + 1))).status, 413);
  });

  await t.test('that is no JSON array is 400 with an empty body', async (t) => {
    for (const body of ['{}', '', '[', '[1,]', '[1 2]', 'null', '[1]x']) {
      const { status, bytes } = await batch(body);
      t.equal(status, 400, body);
      t.equal(bytes.length, 0);
    }
  });

  await t.test('with one element over its own bound costs only that', async (t) => {
    const long = JSON.stringify({ id: 'long', x: 'x'.repeat(MAX_BODY_BYTES) });
    const answers = parse(await batch(`[${long},${bidRequest()}]`));
    t.same(
      answers.map(({ id, nbr }) => [id, nbr]),
      [
        ['long', 2],
        ['request', undefined],
      ],
    );
  });

  await t.test('over its bound is 413, plain or inflated', async (t) => {
    const long = `["${'x'.repeat(MAX_BATCH_BYTES)}"]`;
    // Told by its length alone: a client that goes on writing may lose the answer with the connection.
    const claim = `POST /bid/batch HTTP/1.1\r\nHost: x\r\nContent-Length: ${long.length}\r\n\r\n[`;
    t.match((await exchangeBytes(gavel.port, [claim])).text, /^HTTP\/1\.1 413/);
    t.equal((await batch(gzipSync(long), { 'content-encoding': 'gzip' })).status, 413);
  });

  await t.test('comes and goes compressed', async (t) => {
    const headers = { 'content-encoding': 'gzip', 'accept-encoding': 'gzip' };
    const answer = await batch(gzipSync(`[${bidRequest()}]`), headers);
    t.equal(answer.headers['content-encoding'], 'gzip');
    t.equal((JSON.parse(gunzipSync(answer.bytes).toString()) as TestResponse[])[0]?.id, 'request');
  });

  await t.test('is posted', async (t) => {
    const answer = await ask(gavel.port, { method: 'GET', path: '/bid/batch' });
    t.equal(answer.status, 405);
    t.equal(answer.headers.allow, 'POST');
  });
});
