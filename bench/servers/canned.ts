// What the same uWebSockets.js server does without a bidder in it: it reads the body (into memory of its own, since
// uWebSockets.js takes each piece back), looks at none of it, and answers with the next of a list of ready answers, the
// very bytes the bidder gave for the same bodies. The bound of what a bidder behind this server can reach.
// `node canned.js PORT ANSWERS.json`; an empty answer is a 204.

import { App } from 'uWebSockets.js';
import { readFileSync } from 'node:fs';
import { MAX_BODY_BYTES } from '../../assembly/limits.js';
import { BID_PATH } from '../load.js';

const [portText, file] = process.argv.slice(2) as [string, string];
const answers = (JSON.parse(readFileSync(file, 'utf8')) as string[]).map((answer) => Buffer.from(answer));
const body = Buffer.alloc(MAX_BODY_BYTES);
let next = 0;

// As in server/http.ts: uWebSockets.js copies bytes and has to convert strings; and it corks the socket while it hands
// out a packet. The bound is to be as fast as what it bounds.
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const NO_CONTENT = bytes('204 No Content');
const CONTENT_TYPE = bytes('content-type');
const JSON_TYPE = bytes('application/json');
const OPENRTB_VERSION = bytes('x-openrtb-version');
const OPENRTB_2_6 = bytes('2.6');
const ignoreAbort = (): void => {
  // nothing is left to do
};

App()
  .get('/ready', (res) => void res.end())
  .post(BID_PATH, (res) => {
    let length = 0;
    res.onAborted(ignoreAbort);
    res.onData((chunk, last) => {
      if (length + chunk.byteLength > body.length) throw new Error('a body is longer than those of the benchmark');
      body.fill(new Uint8Array(chunk), length, length + chunk.byteLength);
      length += chunk.byteLength;
      if (!last) return;
      const answer = answers[next] as Buffer;
      next = next + 1 === answers.length ? 0 : next + 1;
      if (answer.length === 0 || length === 0) res.writeStatus(NO_CONTENT).endWithoutBody();
      else res.writeHeader(CONTENT_TYPE, JSON_TYPE).writeHeader(OPENRTB_VERSION, OPENRTB_2_6).end(answer);
    });
  })
  .listen('127.0.0.1', Number(portText), (token) => {
    if (token === false) throw new Error(`port ${portText} is taken`);
  });
