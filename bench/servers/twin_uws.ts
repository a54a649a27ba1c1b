// The slow twin behind the same uWebSockets.js front: what the hot path is worth once HTTP costs the same.

import { App } from 'uWebSockets.js';
import { BID_PATH } from '../load.js';
import { twinOfCommandLine } from './twin_files.js';

const { port, twin } = twinOfCommandLine();

App()
  .get('/ready', (res) => void res.end())
  .post(BID_PATH, (res) => {
    const chunks: Buffer[] = [];
    res.onAborted(() => {
      // nothing is left to do: the answer is given at once
    });
    res.onData((chunk, last) => {
      chunks.push(Buffer.from(chunk.slice(0))); // uWebSockets.js takes the buffer back when this returns
      if (!last) return;
      const answer = twin(Buffer.concat(chunks));
      if (answer === undefined) res.writeStatus('204 No Content').endWithoutBody();
      else res.writeHeader('content-type', 'application/json').writeHeader('x-openrtb-version', '2.6').end(answer);
    });
  })
  .listen('127.0.0.1', port, (token) => {
    if (token === false) throw new Error(`port ${port} is taken`);
  });
