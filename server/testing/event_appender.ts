// A process that appends to an event log until it is killed, and prints what was acknowledged: "position number".
// Arguments: the folder, the first number.

import { isEventLogError } from '../event_log/errors.js';
import { billRecord, openedLog } from './events.js';

const [folder = '', firstNumber = '0'] = process.argv.slice(2);
const APPENDERS = 8;

const log = await openedLog(folder, { segmentBytes: 16_384 });
let number = Number(firstNumber);
await Promise.all(Array.from({ length: APPENDERS }, append));

async function append(): Promise<void> {
  for (;;) {
    const mine = number++;
    const result = await log.append([billRecord(mine)]);
    if (isEventLogError(result)) throw new Error(result.problem);
    process.stdout.write(`${result.first} ${mine}\n`);
  }
}
