// The thread that finds out whether a bidder would take a campaign file, by doing what a bidder does: it reads the file
// and compiles the book, in a memory of its own that nobody bids from.

import { parentPort } from 'node:worker_threads';
import { MAX_CAMPAIGNS } from '../../../assembly/limits.js';
import * as map from '../../../assembly/memory_map.js';
import { type Book, makeBook } from '../../../bidcore/book.js';
import { compileBook } from '../../../bidcore/book_compiler.js';
import { indexBook } from '../../../bidcore/book_index.js';
import { imagesOf } from '../../../bidcore/book_natives.js';
import { type CampaignFile, isCampaignFileError, parseCampaignFile } from '../../../bidcore/campaign_file.js';
import { createMemory } from '../../../bidcore/hotpath.js';
import { addressSigner } from '../../../bidcore/money/click_address.js';
import { KeyRing } from '../../../bidcore/money/key_ring.js';
import { SIPHASH_KEY_BYTES } from '../../../bidcore/siphash.js';
import { lowerThreadPriority } from '../../low_priority.js';
import { missingPriceKeys } from '../../secret_keys.js';
import type { BookUsage, Checked, CheckOrder } from './messages.js';

const HALF = 0;
const NOTHING: BookUsage = { ads: 0, campaigns: 0, bytes: 0, values: 0, sizes: 0, durations: 0, images: 0 };

if (parentPort === null) throw new Error('check_thread.js runs as a worker thread');
const port = parentPort;
lowerThreadPriority();
const memory = createMemory();

port.on('message', (order: CheckOrder) => port.postMessage({ id: order.id, ...checked(order) } satisfies Checked));

function checked({ text, urls, priceKeys }: CheckOrder): Omit<Checked, 'id'> {
  const file = parseCampaignFile(text);
  if (isCampaignFileError(file)) return { problems: file.problems, usage: NOTHING };
  const keyless = priceKeys === undefined ? undefined : missingPriceKeys(file.exchanges, new Set(priceKeys));
  if (keyless !== undefined) return { problems: [keyless], usage: NOTHING };
  // Signatures that no node believes, as long as those that one does.
  const sign = addressSigner(new KeyRing({ id: urls.keyId, bytes: new Uint8Array(SIPHASH_KEY_BYTES) }));
  const book = makeBook(file, 1, { notices: urls.notices, markup: urls.markup, sign });
  const campaigns = campaignsOf(file);
  if (campaigns > MAX_CAMPAIGNS) {
    return { problems: [`${campaigns} campaigns, a book holds ${MAX_CAMPAIGNS}`], usage: NOTHING };
  }
  const bytes = compileBook(memory, HALF, book, () => 0);
  if (typeof bytes !== 'number') return { problems: [bytes.problem], usage: NOTHING };
  return { problems: [], usage: usageOf(book, campaigns, bytes), file };
}

function usageOf(book: Book, campaigns: number, bytes: number): BookUsage {
  const { values } = indexBook(book);
  return {
    ads: book.ads.length,
    campaigns,
    bytes,
    values: [...values.values()].reduce((sum, named) => sum + named.size, 0),
    sizes: values.get(map.DIM_AD_SIZE)?.size ?? 0,
    durations: values.get(map.DIM_AD_DURATION)?.size ?? 0,
    images: imagesOf(book.ads).size,
  };
}

function campaignsOf({ accounts }: CampaignFile): number {
  return accounts.reduce((sum, account) => sum + account.campaigns.length, 0);
}
