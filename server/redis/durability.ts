// What the Redis at hand would lose, looked at when it is first reached: an operator learns it from the log, not from a
// crash. Settings: docs/redis.md.

import { isAway } from '../../bidcore/money/authority.js';
import type { RedisLink } from './link.js';

const VERSION_MIN = 7;

/** Warnings for the log, none when all is as it should be. */
export async function durabilityWarnings(link: RedisLink): Promise<readonly string[]> {
  const warnings = new Set<string>();
  for (const info of await link.everyMaster('info')) {
    if (typeof info !== 'string') {
      warnings.add(`cannot ask Redis about its persistence: ${isAway(info) ? info.problem : info}`);
      continue;
    }
    for (const warning of warningsOf(info)) warnings.add(warning);
  }
  return [...warnings];
}

/** @param info the reply to INFO */
export function warningsOf(info: string): readonly string[] {
  const value = (name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
  const warnings: string[] = [];
  const version = value('redis_version');
  if (Number.parseInt(version, 10) < VERSION_MIN) warnings.push(`Redis ${version} is too old: at least ${VERSION_MIN}`);
  if (value('aof_enabled') === '0') {
    warnings.push(
      'Redis keeps no append-only file: when it ends, all since its last snapshot is lost, spend and leases alike, and ' +
        'campaigns can spend that again. Set appendonly yes',
    );
  }
  if (value('aof_last_write_status') === 'err') warnings.push('Redis cannot write its append-only file');
  const policy = value('maxmemory_policy');
  if (policy !== 'noeviction' && value('maxmemory') !== '0') {
    warnings.push(`Redis forgets keys when its memory is full (${policy}): money among them. Set noeviction`);
  }
  return warnings;
}
