// The log: one JSON object a line on standard error, so that standard output stays for people.

import { type Logger, pino } from 'pino';
import type { Config } from './config.js';

export type Log = Logger;

/** Written synchronously: lines are rare, and the last one before the end is the one that matters. */
export function makeLog(level: Config['logLevel']): Log {
  return pino({ level, base: { pid: process.pid } }, pino.destination({ fd: 2, sync: true }));
}
