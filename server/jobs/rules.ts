// The rules of all accounts, once a minute on one node; and, now and then, what they have changed.

import { measureEffects } from '../rules/effects.js';
import { runRules } from '../rules/run.js';
import { activeRules } from '../rules/stored_rules.js';
import { SumsCache } from '../rules/sums_cache.js';
import type { Job } from './job.js';
import type { SumsLag } from './sums.js';

const EVERY_MS = 60_000;
const EFFECTS_EVERY_MS = 600_000;
/** How far sums may be behind. */
const LAG_S_MAX = 60;

/**
 * Made once a node: it keeps what it has read.
 * @param lag of the sums: what is not in them yet would look like a campaign that nobody clicks
 */
export function rulesJob(lag: Pick<SumsLag, 'seconds'>): Job {
  const cache = new SumsCache();
  return {
    name: 'rules',
    everyMs: EVERY_MS,
    once: true,
    async run({ db, log, bookChanged, signal }, nowMs) {
      if (lag.seconds(nowMs) > LAG_S_MAX) return;
      const accounts = await db
        .selectFrom('rules as r')
        .innerJoin('accounts as a', 'a.id', 'r.account_id')
        .select('a.id')
        .distinct()
        .where('r.status', '=', 'active')
        .where('a.status', '=', 'active')
        .orderBy('a.id')
        .execute();
      for (const { id: account } of accounts) {
        if (signal.aborted) return;
        try {
          const { applied, refused, changesBook } = await runRules(
            db,
            account,
            await activeRules(db, account),
            nowMs,
            cache,
          );
          if (changesBook) bookChanged();
          if (applied + refused > 0) log.info({ account, applied, refused }, 'rules were carried out');
          await db
            .updateTable('rules')
            .set({ last_run_at: new Date(nowMs) })
            .where('account_id', '=', account)
            .where('status', '=', 'active')
            .execute();
        } catch (error) {
          if (signal.aborted) return; // the database closes under what runs
          log.error({ account, stack: (error as Error).stack }, 'the rules of an account could not be run');
        }
      }
      cache.forget(nowMs);
    },
  };
}

export const ruleEffectsJob: Job = {
  name: 'rule_effects',
  everyMs: EFFECTS_EVERY_MS,
  once: true,
  async run({ db }, nowMs) {
    await measureEffects(db, nowMs);
  },
};
