// Days of time zones, those of 23 and 25 hours among them.

import t from 'tap';
import { Days, isTimeZone } from './days.js';

const HOUR_MS = 3_600_000;

for (const [timeZone, at, name, startMs, hours] of [
  ['UTC', '2026-06-15T12:00:00Z', '2026-06-15', '2026-06-15T00:00:00Z', 24],
  ['Europe/Berlin', '2026-03-29T12:00:00Z', '2026-03-29', '2026-03-28T23:00:00Z', 23],
  ['Europe/Berlin', '2026-10-25T00:30:00Z', '2026-10-25', '2026-10-24T22:00:00Z', 25],
  ['America/New_York', '2026-11-01T23:00:00Z', '2026-11-01', '2026-11-01T04:00:00Z', 25],
  ['Asia/Kolkata', '2026-06-15T18:29:59Z', '2026-06-15', '2026-06-14T18:30:00Z', 24],
  ['Australia/Lord_Howe', '2026-04-04T20:00:00Z', '2026-04-05', '2026-04-04T13:00:00Z', 24.5],
  // The day begins at one o'clock: there was no midnight.
  ['America/Santiago', '2026-09-06T12:00:00Z', '2026-09-06', '2026-09-06T04:00:00Z', 23],
] as const) {
  t.test(`${name} in ${timeZone} has ${hours} hours`, async (t) => {
    const day = new Days(timeZone).at(Date.parse(at));
    const expected = { name, startMs: Date.parse(startMs), endMs: Date.parse(startMs) + hours * HOUR_MS };
    t.same(day, expected);
    const days = new Days(timeZone);
    t.equal(days.at(day.startMs).name, name, 'its first millisecond is in it');
    t.equal(days.at(day.endMs - 1).name, name, 'its last is in it');
    t.not(days.at(day.endMs).name, name, 'the next is not');
    t.equal(days.at(day.endMs).startMs, day.endMs, 'where one day ends the next starts');
    t.not(days.at(day.startMs - 1).name, name, 'nor the one before');
  });
}

t.test('only time zones of the database are taken', async (t) => {
  t.same(['Europe/Berlin', 'Mars/Olympus', ''].map(isTimeZone), [true, false, false]);
});
