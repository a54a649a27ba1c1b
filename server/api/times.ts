// Times as callers give them: with their offset, and in centuries that the database takes.

import { z } from 'zod';

const FROM_MS = Date.UTC(2000, 0);
const TO_MS = Date.UTC(2200, 0);

/** Whether a time is one that anything can be about; milliseconds since the epoch. */
export function isUsualTime(ms: number): boolean {
  return ms >= FROM_MS && ms < TO_MS;
}

export const givenTime = z.iso
  .datetime({ offset: true })
  .refine((text) => isUsualTime(Date.parse(text)), 'a time between 2000 and 2200');
