// The thread of the embedded database. PGlite answers a query in one piece of work, milliseconds to seconds long: here
// it holds up neither the pacing nor the books of the control thread, and its low priority leaves the cores to bids.

import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { lowerThreadPriority } from '../low_priority.js';
import { wholeNumber } from './columns_read.js';
import type { FromPglite, PgliteStart, SqlRefusal, ToPglite } from './pglite_messages.js';

const INT8 = 20;

if (parentPort === null) throw new Error('pglite_thread.js runs as a worker thread');
const port = parentPort;
const { dataDir } = workerData as PgliteStart;
const tell = (message: FromPglite): void => port.postMessage(message);

lowerThreadPriority();
const database = await PGlite.create({ dataDir, parsers: { [INT8]: wholeNumber } });

/** One behind the other, so that closing is behind what came before it. */
let last: Promise<void> = Promise.resolve();
port.on('message', (message: ToPglite) => {
  last = last.then(() => take(message));
});
tell({ kind: 'open' });

function refusalOf({ message = 'no message', code, constraint, detail }: Partial<SqlRefusal>): SqlRefusal {
  return { message, code, constraint, detail };
}

async function take(message: ToPglite): Promise<void> {
  if (message.kind === 'close') {
    await database.close();
    tell({ kind: 'closed' });
    port.close();
    return;
  }
  const { id, sql, parameters } = message;
  try {
    const { rows, affectedRows } = await database.query(sql, [...parameters]);
    tell({ kind: 'rows', id, rows, affectedRows });
  } catch (error) {
    tell({ kind: 'refused', id, error: refusalOf(error as Partial<SqlRefusal>) });
  }
}
