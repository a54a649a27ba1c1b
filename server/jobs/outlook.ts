// What is out of the ordinary, and whose budget will be gone too soon: looked at once an hour, when the sums of the
// hour before are in.

import { inTransaction } from '../sql/database.js';
import { findAnomalies, keepAnomalies, lastHour } from '../sql/outlook/anomalies.js';
import { warnOfExhaustion } from '../sql/outlook/exhaustion_alerts.js';
import type { Job } from './job.js';
import type { SumsLag } from './sums.js';

const LOOK_MS = 60_000;
/** How far sums may be behind, and how long after an hour it is judged. */
const LAG_S_MAX = 60;
const LATE_MS = 120_000;

/** @param lag of the sums: an hour that is not all in them would look like a quiet one */
export function watchOutlook(lag: Pick<SumsLag, 'seconds'>): Job {
  /** The last hour this node has judged; another may have judged it, too, which nobody counts twice. */
  let judgedMs = 0;
  return {
    name: 'outlook',
    everyMs: LOOK_MS,
    once: true,
    run: async ({ db, log, signal }, nowMs) => {
      const hourMs = lastHour(nowMs, LATE_MS);
      if (hourMs === judgedMs || lag.seconds(nowMs) > LAG_S_MAX) return;
      const accounts = await db.selectFrom('accounts').select('id').where('status', '=', 'active').execute();
      let found = 0;
      for (const { id } of accounts) {
        if (signal.aborted) return;
        const anomalies = await findAnomalies(db, id, hourMs);
        if (anomalies.length > 0) found += await inTransaction(db, (tx) => keepAnomalies(tx, id, anomalies));
      }
      const warned = await warnOfExhaustion(db, nowMs, signal);
      if (signal.aborted) return;
      judgedMs = hourMs;
      if (found + warned > 0) log.info({ anomalies: found, budgets: warned }, 'alerts were raised');
    },
  };
}
