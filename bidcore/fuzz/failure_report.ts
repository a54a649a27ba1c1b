// What is left of a failing case for whoever mends it: a small body, a file with everything the answer depends on, and
// the command that replays it.

import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CASES_A_BOOK } from './cases.js';
import { type Finding, type Fuzzer, signature } from './fuzzer.js';
import { minimise } from './minimise.js';
import type { World } from './world.js';

const FOLDER = fileURLToPath(new URL('../../../build/fuzz/', import.meta.url));

/** Writes `build/fuzz/case-SEED.json` and returns the lines to print. */
export function reportFailure(
  finding: Finding,
  fuzzer: Fuzzer,
  world: World,
  budgetMs: number,
  nowMs: () => number,
): string[] {
  const { failed } = finding;
  const wanted = signature(finding);
  const fails = (body: Buffer): boolean => {
    const { what, hot, twin } = fuzzer.answer({ ...failed, body });
    return what !== undefined && signature({ what, hot, twin }) === wanted;
  };
  // What fails only after others (counters, states) cannot be made smaller by itself.
  const small = fails(failed.body) ? minimise(failed.body, fails, budgetMs, nowMs) : failed.body;
  const answer = fuzzer.answer({ ...failed, body: small });
  const situation = world.situation(failed);
  mkdirSync(FOLDER, { recursive: true });
  const path = `${FOLDER}case-${failed.seed}.json`;
  const states = Object.fromEntries(
    [...new Set(world.book.ads.map((ad) => ad.campaign.id))].map((id) => [id, situation.campaign(id)]),
  );
  const content = {
    seed: failed.seed,
    kind: failed.kind,
    what: finding.what,
    body: small.toString('utf8'),
    body_base64: small.toString('base64'),
    original_base64: failed.body.toString('base64'),
    hot: { reason: answer.hot.reason, response: answer.hot.response?.toString('utf8') },
    twin: { reason: answer.twin.reason, response: answer.twin.response?.toString('utf8') },
    situation: {
      exchange: failed.exchange,
      nowUs: failed.nowUs,
      bidId: failed.bidId,
      tmaxMarginUs: situation.tmaxMarginUs,
      node: situation.node,
      noticeKey: Buffer.from(situation.noticeKey).toString('hex'),
      noticeKeyId: situation.noticeKeyId,
      campaigns: states,
    },
    book: world.book.file,
  };
  writeFileSync(
    path,
    JSON.stringify(content, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value), 2),
  );
  const shown = small.toString('utf8');
  return [
    `FAILED case ${failed.seed} (${failed.kind}; book ${Math.floor(failed.seed / CASES_A_BOOK)})`,
    `  ${finding.what}`,
    `  smallest body, ${small.length} bytes: ${shown.length > 2000 ? `${shown.slice(0, 2000)}…` : shown}`,
    ...(answer.what === undefined ? [] : [`  with it: ${answer.what}`]),
    `  body, book and situation: ${path}`,
    `  replay: npm run fuzz -- --case ${failed.seed}`,
  ];
}
