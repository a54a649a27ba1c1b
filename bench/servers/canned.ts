// What the same uWebSockets.js server does without a bidder in it: it reads the whole body, looks at none of it, and
// answers with the next of a list of ready answers, the very bytes the bidder gave for the same bodies. The bound of
// what a bidder behind this server can reach. `node canned.js PORT ANSWERS.json`; an empty answer is a 204.

import { readFileSync } from 'node:fs';
import { App } from 'uWebSockets.js';
import { BID_PATH } from '../load.js';

const [portText, file] = process.argv.slice(2) as [string, string];
const answers = (JSON.parse(readFileSync(file, 'utf8')) as string[]).map((answer) => Buffer.from(answer));
let next = 0;

App()
  .get('/ready', (res) => void res.end())
  .post(BID_PATH, (res) => {
    let bytes = 0;
    res.onAborted(() => {});
    res.onData((chunk, last) => {
      bytes += chunk.byteLength;
      if (!last) return;
      const answer = answers[next] as Buffer;
      next = next + 1 === answers.length ? 0 : next + 1;
      res.cork(() => {
        if (answer.length === 0 || bytes === 0) res.writeStatus('204 No Content').endWithoutBody();
        else res.writeHeader('content-type', 'application/json').writeHeader('x-openrtb-version', '2.6').end(answer);
      });
    });
  })
  .listen('127.0.0.1', Number(portText), (token) => {
    if (token === false) throw new Error(`port ${portText} is taken`);
  });
