// Bidding over HTTP against a real bidder: status codes, encodings, and bodies in whatever pieces they come.

import { readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { gunzipSync, gzipSync } from 'node:zlib';
import t from 'tap';
import { MAX_BODY_BYTES } from '../assembly/limits.js';
import { SAMPLE_REQUEST } from './files.js';
import { bidRequest, campaignIn, campaignsOf } from './testing/campaigns.js';
import { startGavel } from './testing/gavel_process.js';
import { ask, bid, exchangeBytes, get, post } from './testing/wire.js';

t.setTimeout(120_000);

/** A valid request padded to a length in bytes. */
function padded(bytes: number, request = bidRequest()): string {
  const open = `${request.slice(0, -1)},"ext":"`;
  return `${open}${'x'.repeat(bytes - open.length - 2)}"}`;
}

t.test('a first start answers the sample request with a bid', async (t) => {
  const gavel = await startGavel(t);
  const answer = await bid(gavel.port, readFileSync(SAMPLE_REQUEST));
  t.equal(answer.status, 200);
  t.ok(campaignIn(answer.text));
  t.match(gavel.output, /curl -s --data @\S*sample\/request\.json http:\/\/127\.0\.0\.1:\d+\/openrtb2\/bid/);
});

t.test('bids over HTTP', async (t) => {
  const ads = [
    { id: 'open', domain: 'site.example' },
    { id: 'only-x', domain: 'x.example', exchanges: ['x'] },
  ];
  const gavel = await startGavel(t, { campaigns: campaignsOf(ads, ['w', 'x']) });
  const { port } = gavel;
  const wire = bidRequest();

  await t.test('a bid is 200 with JSON and the protocol version', async (t) => {
    for (const path of ['/openrtb2/bid', '/openrtb2/bid/some-exchange', '/bid']) {
      const answer = await ask(port, { path, body: wire, headers: { 'content-type': 'application/json' } });
      t.equal(answer.status, 200, path);
      t.equal(answer.headers['content-type'], 'application/json');
      t.equal(answer.headers['x-openrtb-version'], '2.6');
      t.equal(answer.headers['content-length'], String(answer.bytes.length));
      t.equal(campaignIn(answer.text), 'open');
    }
  });

  await t.test('the exchange of the path is the one that counts', async (t) => {
    const body = bidRequest('x.example');
    t.equal((await ask(port, { path: '/openrtb2/bid/x', body })).status, 200);
    t.equal((await ask(port, { path: '/openrtb2/bid/w', body })).status, 204);
    t.equal((await ask(port, { path: '/openrtb2/bid/unknown', body })).status, 204);
    t.equal((await ask(port, { path: '/openrtb2/bid', body })).status, 204);
  });

  await t.test('no bid is 204 without a body', async (t) => {
    const answer = await bid(port, bidRequest('nobody.example'));
    t.equal(answer.status, 204);
    t.equal(answer.bytes.length, 0);
    t.equal(answer.headers['content-length'], undefined);
  });

  await t.test('malformed is 400 with an empty body', async (t) => {
    for (const body of ['', '{', '[]', '{}', '{"id":"1","imp":[]}', '{"id":"1","imp":[{}]}', wire.slice(0, -1)]) {
      const answer = await bid(port, body);
      t.equal(answer.status, 400, body);
      t.equal(answer.bytes.length, 0);
    }
  });

  await t.test('over-long is 413, and its connection is closed', async (t) => {
    t.equal((await bid(port, padded(MAX_BODY_BYTES))).status, 200, 'the longest that is allowed');
    t.equal((await bid(port, padded(MAX_BODY_BYTES + 1))).status, 413);
    const announced = await exchangeBytes(port, [
      'POST /openrtb2/bid HTTP/1.1\r\nHost: test\r\nContent-Length: 99999999\r\n\r\n',
    ]);
    t.match(announced, { text: /^HTTP\/1\.1 413 /, closed: true }, 'by what Content-Length says');
    const piece = `40000\r\n${'x'.repeat(0x40000)}\r\n`;
    const chunked = await exchangeBytes(port, [
      `POST /openrtb2/bid HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n${piece}`,
    ]);
    t.match(chunked, { text: /^HTTP\/1\.1 413 /, closed: true }, 'by what has come');
  });

  await t.test('gzip in', async (t) => {
    const gzip = { 'content-encoding': 'gzip' };
    const answer = await bid(port, gzipSync(wire), gzip);
    t.equal(answer.status, 200);
    t.equal(answer.headers['content-encoding'], undefined, 'not out, unless asked for');
    t.equal((await bid(port, wire, { 'content-encoding': 'identity' })).status, 200);
    t.equal((await bid(port, wire, gzip)).status, 415, 'not gzip');
    t.equal((await bid(port, gzipSync(wire).subarray(0, 50), gzip)).status, 415, 'cut short');
    t.equal((await bid(port, wire, { 'content-encoding': 'br' })).status, 415, 'another encoding');
    t.equal((await bid(port, gzipSync(padded(MAX_BODY_BYTES)), gzip)).status, 200, 'the longest that is allowed');
    t.equal((await bid(port, gzipSync(padded(MAX_BODY_BYTES + 1)), gzip)).status, 413, 'inflates beyond the bound');
    t.equal((await bid(port, gzipSync(Buffer.alloc(64 << 20)), gzip)).status, 413, 'a bomb');
  });

  await t.test('gzip out, if the client takes it', async (t) => {
    const answer = await bid(port, wire, { 'accept-encoding': 'gzip, deflate' });
    t.equal(answer.headers['content-encoding'], 'gzip');
    t.equal(campaignIn(gunzipSync(answer.bytes).toString()), 'open');
    const refused = await bid(port, wire, { 'accept-encoding': 'gzip;q=0' });
    t.equal(refused.headers['content-encoding'], undefined);
    t.equal(campaignIn(refused.text), 'open');
    const none = await bid(port, bidRequest('nobody.example'), { 'accept-encoding': 'gzip' });
    t.match(none, { status: 204, headers: { 'content-encoding': undefined } });
  });

  await t.test('a body in many packets is one body', async (t) => {
    const whole = post('/openrtb2/bid', wire);
    const cut = whole.indexOf('\r\n') + 2; // uWebSockets.js wants the request line in one piece
    const pieces = [whole.slice(0, cut), ...(whole.slice(cut).match(/[\s\S]{1,23}/g) ?? [])];
    const { text, closed } = await exchangeBytes(port, pieces);
    t.match(text, /^HTTP\/1\.1 200 [\s\S]*"cid":"open"/);
    t.notOk(closed);
  });

  await t.test('a long body in many packets is not mixed up with others', async (t) => {
    const slow = exchangeBytes(port, post('/bid', padded(100_000)).match(/[\s\S]{1,20000}/g) ?? []);
    for (let i = 0; i < 20; i++) t.equal((await bid(port, bidRequest('nobody.example'))).status, 204);
    t.match((await slow).text, /^HTTP\/1\.1 200 [\s\S]*"cid":"open"/);
  });

  await t.test('a chunked body is one body', async (t) => {
    const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
    const body = `${chunk(wire.slice(0, 10))}${chunk(wire.slice(10))}0\r\n\r\n`;
    const { text } = await exchangeBytes(port, [
      `POST /bid HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n${body}`,
    ]);
    t.match(text, /^HTTP\/1\.1 200 [\s\S]*"cid":"open"/);
  });

  await t.test('requests in one packet are answered in order', async (t) => {
    const requests = Array.from({ length: 30 }, (_, i) =>
      post('/bid', bidRequest(i % 3 === 0 ? 'site.example' : 'nobody.example', `pipelined-${i}`)),
    );
    const { text, closed } = await exchangeBytes(port, [requests.join('')]);
    const statuses = [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => Number(match[1]));
    t.same(
      statuses,
      requests.map((_, i) => (i % 3 === 0 ? 200 : 204)),
    );
    const ids = [...text.matchAll(/\{"id":"pipelined-(\d+)"/g)].map((match) => Number(match[1]));
    t.same(
      ids,
      requests.map((_, i) => i).filter((i) => i % 3 === 0),
    );
    t.notOk(closed);
  });

  await t.test('a connection is kept for many requests', async (t) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    let sockets = 0;
    agent.on('free', (socket: { counted?: boolean }) => {
      if (!socket.counted) sockets++;
      socket.counted = true;
    });
    for (let i = 0; i < 50; i++) {
      const answer = await ask(port, {
        path: '/bid',
        body: bidRequest(i % 2 ? 'nobody.example' : 'site.example'),
        agent,
      });
      t.equal(answer.status, i % 2 ? 204 : 200);
    }
    t.equal(sockets, 1);
    agent.destroy();
  });

  await t.test('a client that goes away in the middle costs nothing', async (t) => {
    await exchangeBytes(port, [post('/bid', wire).slice(0, -30)], 0);
    await exchangeBytes(port, ['POST /bid HTTP/1.1\r\nHost: test\r\nContent-Length: 50\r\n\r\n'], 0);
    t.equal((await bid(port, wire)).status, 200);
  });

  await t.test('other methods and paths are refused, and the connection goes on', async (t) => {
    const refused = await get(port, '/openrtb2/bid');
    t.equal(refused.status, 405);
    t.equal(refused.headers.allow, 'POST');
    t.equal((await ask(port, { method: 'PUT', path: '/bid', body: wire })).status, 405);
    t.equal((await ask(port, { method: 'DELETE', path: '/openrtb2/bid/x' })).status, 405);
    const lost = await get(port, '/nowhere');
    t.equal(lost.status, 404);
    t.match(JSON.parse(lost.text), { error: 'not_found', message: /nowhere/ });
    t.equal((await ask(port, { method: 'HEAD', path: '/nowhere' })).status, 404);
    const { text } = await exchangeBytes(port, [post('/nowhere', wire) + post('/bid', wire)]);
    t.match(text, /^HTTP\/1\.1 404 [\s\S]*HTTP\/1\.1 200 /);
  });

  await t.test('health and readiness', async (t) => {
    const health = await get(port, '/health');
    t.match(health, { status: 200, text: '{"status":"alive"}' });
    t.match(await get(port, '/ready'), { status: 200, text: '{"status":"ready"}' });
    t.match(await ask(port, { method: 'HEAD', path: '/ready' }), { status: 200, text: '' });
    t.match(await ask(port, { path: '/health', body: 'x' }), { status: 405, headers: { allow: 'GET, HEAD' } });
  });
});

t.test('compression of answers can be turned off', async (t) => {
  const gavel = await startGavel(t, {
    campaigns: campaignsOf([{ id: 'open' }]),
    env: { GAVEL_GZIP_RESPONSES: 'false' },
  });
  const answer = await bid(gavel.port, bidRequest(), { 'accept-encoding': 'gzip' });
  t.equal(answer.status, 200);
  t.equal(answer.headers['content-encoding'], undefined);
});
