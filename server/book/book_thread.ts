// The thread that reads campaign files and compiles books (book_host.ts): seconds of work for a large book, which here
// hold up neither pacing nor the admin API, and whose low priority leaves the cores to bids. It keeps the campaigns of
// the database as objects, so that of a change only what was touched is looked at again.

import { readFile, writeFile } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { makeBook } from '../../bidcore/book.js';
import { compileBook } from '../../bidcore/book_compiler.js';
import { type CampaignFile, isCampaignFileError, parseCampaignFile } from '../../bidcore/campaign_file.js';
import { withPart } from '../../bidcore/campaign_part.js';
import { addressSigner } from '../../bidcore/money/click_address.js';
import { KeyRing } from '../../bidcore/money/key_ring.js';
import { markOf } from '../file_watch.js';
import { lowerThreadPriority } from '../low_priority.js';
import type { BookAnswer, BookOrder, BookThreadStart } from './messages.js';

if (parentPort === null) throw new Error('book_thread.js runs as a worker thread');
const port = parentPort;
const { memory, notices, markup, keys } = workerData as BookThreadStart;
const urls = { notices, markup, sign: addressSigner(KeyRing.of(keys)) };
/** Of the database. */
let base: CampaignFile | undefined;
/** What is compiled next. */
let next: CampaignFile | undefined;

lowerThreadPriority();
port.on('message', (order: BookOrder) => {
  // What it throws is a broken invariant, and ends the thread.
  void answer(order).then((answered) => port.postMessage(answered));
});

async function answer(order: BookOrder): Promise<BookAnswer> {
  switch (order.kind) {
    case 'read':
      return read(order.path);
    case 'whole':
      base = order.file;
      next = base;
      return { kind: 'done' };
    case 'parts':
      base = order.parts.reduce(withPart, wanted(base));
      next = base;
      return { kind: 'done' };
    case 'compile':
      return compiled(order);
    case 'write': {
      const path = `${order.path}.new`;
      await writeFile(path, `${JSON.stringify(wanted(base))}\n`);
      const mark = await markOf(path);
      return { kind: 'done', ...(mark === undefined ? {} : { mark }) };
    }
  }
}

async function read(path: string): Promise<BookAnswer> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    return { kind: 'refused', problems: [`cannot read ${path}: ${(error as Error).message}`] };
  }
  const file = parseCampaignFile(text);
  if (isCampaignFileError(file)) return { kind: 'refused', problems: file.problems };
  next = file;
  return { kind: 'file', file };
}

function compiled({ half, version, indices }: Extract<BookOrder, { kind: 'compile' }>): BookAnswer {
  const book = makeBook(wanted(next), version, urls);
  const bytes = compileBook({ buffer: memory }, half, book, (id) => indices.get(id) as number);
  if (typeof bytes !== 'number') return { kind: 'compiled', book: bytes };
  const campaigns = new Set(book.ads.map((ad) => ad.campaign.id)).size;
  return { kind: 'compiled', book: { ads: book.ads.length, campaigns, bytes } };
}

function wanted(file: CampaignFile | undefined): CampaignFile {
  if (file === undefined) throw new Error('no campaigns were told before');
  return file;
}
