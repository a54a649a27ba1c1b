// Bodies that once were, or easily would be, answered wrongly: regression/cases.jsonl, one JSON object a line.
//
//   name, body (text) or body_base64, reason ("bid" or the label of a reason), prices (of the bids, in order; optional)
//
// All run in the book of regression/campaigns.json, every campaign open with multiplier 1. To add a case, add a line.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { isCampaignFileError, parseCampaignFile } from '../campaign_file.js';
import { reasonOf } from '../reasons.js';
import type { Case } from './cases.js';
import { Fuzzer } from './fuzzer.js';
import { makeModel } from './models.js';
import { REFERENCE_MS } from './vocabulary.js';
import { World } from './world.js';

interface Line {
  readonly name: string;
  readonly body?: string;
  readonly body_base64?: string;
  readonly reason: string;
  readonly prices?: readonly string[];
}

const FOLDER = fileURLToPath(new URL('../../../bidcore/fuzz/regression/', import.meta.url));

const file = parseCampaignFile(readFileSync(`${FOLDER}campaigns.json`, 'utf8'));
if (isCampaignFileError(file)) throw new Error(file.problems.join('; '));
const lines = readFileSync(`${FOLDER}cases.jsonl`, 'utf8')
  .split('\n')
  .filter((line) => line !== '');

const world = new World();
const node = { tmaxMarginUs: 10_000, noticeKey: new Uint8Array(16), noticeKeyId: 1, node: 1 };
await world.load(file, makeModel(1, 1), node);
world.openStates();
const fuzzer = new Fuzzer(world, [], () => 0);

for (const line of lines) {
  const { name, body, body_base64: base64, reason, prices } = JSON.parse(line) as Line;
  answers(name, base64 === undefined ? Buffer.from(body ?? '') : Buffer.from(base64, 'base64'), reason, prices);
}

const INTERESTED = '"user":{"data":[{"segment":[{"id":"auto"}]}]}';
const NODES = `{"nodes":[${Array(6000).fill('{}').join()}]}`;
for (const [name, first] of [
  ['its own', `{"schain":${NODES}}`],
  ['that of ext', `{"ext":{"schain":${NODES}}}`],
  ['repeated inside', `{"schain":${NODES},"schain":${NODES}}`],
] as const) {
  const source = `"source":${first},"source":{"schain":${NODES}}`;
  const body = `{"id":"r","imp":[{"id":"1","banner":{"w":33,"h":11}}],${INTERESTED},${source}}`;
  answers(`the supply chain of a replaced source does not count: ${name}`, Buffer.from(body), 'bid');
}

function answers(name: string, body: Buffer, reason: string, prices?: readonly string[]): void {
  t.test(name, async (t) => {
    const one: Case = { seed: 0, kind: 'regression', body, exchange: 0, nowUs: REFERENCE_MS * 1000, bidId: 1n };
    const { hot, what } = fuzzer.answer(one);
    t.equal(what, undefined, 'the hot path and the twin agree, and the response is a good one');
    t.equal(hot.reason === 0 ? 'bid' : hot.reason < 0 ? 'trap' : reasonOf(hot.reason).label, reason);
    if (prices !== undefined) t.same(hot.response?.toString().match(/(?<="price":)[^,]+/g), prices);
  });
}
