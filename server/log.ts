// The log: one JSON object a line on standard error, so that standard output stays for people.

import { type Logger, pino } from 'pino';

export type Log = Logger;

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Written synchronously: lines are rare, and the last one before the end is the one that matters. */
export function makeLog(level: LogLevel): Log {
  return pino({ level, base: { pid: process.pid } }, pino.destination({ fd: 2, sync: true }));
}
