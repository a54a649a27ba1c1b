// The privacy signals of a request, and what they take away: docs/decisions.md section 2.

import * as table from '../../assembly/privacy.js';
import { field, integerOf, objectOf, textOf } from './fields.js';
import type { Json, JsonObject } from './json.js';

/** Names for people, and what each takes away. */
const SIGNALS = {
  coppa: table.COPPA_TAKES,
  'gdpr applies': table.GDPR_TAKES,
  'opted out of sale': table.US_OPT_OUT_TAKES,
  lmt: table.LMT_TAKES,
  dnt: table.DNT_TAKES,
} as const;

export type Signal = keyof typeof SIGNALS;

/** The signals a request gives. */
export function privacySignals(root: JsonObject): Signal[] {
  const regs = objectOf(field(root, 'regs'));
  const ext = objectOf(field(regs, 'ext'));
  const device = objectOf(field(root, 'device'));
  const gdpr = integerOf(field(regs, 'gdpr')) ?? integerOf(field(ext, 'gdpr'));
  const optedOut = optOutOf(field(regs, 'us_privacy')) ?? optOutOf(field(ext, 'us_privacy'));
  const given: [Signal, boolean | undefined][] = [
    ['coppa', integerOf(field(regs, 'coppa')) === 1],
    ['gdpr applies', gdpr === 1],
    ['opted out of sale', optedOut],
    ['lmt', integerOf(field(device, 'lmt')) === 1],
    ['dnt', integerOf(field(device, 'dnt')) === 1],
  ];
  return given.filter(([, yes]) => yes).map(([signal]) => signal);
}

/** What some signals take away, as bits of `assembly/privacy.ts`. */
export function takenAway(signals: readonly Signal[]): number {
  return signals.reduce((taken, signal) => taken | SIGNALS[signal], 0);
}

/** The opt-out of a US privacy string; undefined if it is none. */
function optOutOf(value: Json | undefined): boolean | undefined {
  const bytes = Buffer.from(textOf(value) ?? '');
  return bytes.length === 4 ? /[Yy]/.test(String.fromCharCode(bytes[2] as number)) : undefined;
}
