// Every collected body, answered by the rules: for each file the answers by outcome, each compared with that of the
// slow twin, which follows the same page of rules by another way. A difference in reason or bytes fails the run. And
// generated bodies, which are all there is where the collected ones are absent.

import { REASON_NONE } from '../assembly/reasons.js';
import type { HotPath } from '../bidcore/hotpath.js';
import { reasonOf } from '../bidcore/reasons.js';
import { decide as decideByTwin } from '../bidcore/reference/decide.js';
import type { Situation } from '../bidcore/reference/situation.js';
import type { Benchmark, Context } from './benchmark.js';
import { campaignFile } from './book.js';
import { WorkHash } from './measure.js';
import { type BodyFile, bodyFiles, generatedBodies, MIXED } from './requests.js';
import { campaignStates, decide, loadBook, makeRig, modelFile } from './rig.js';
import { twinSituation } from './twin.js';

const ADS = 1500;
const GENERATED = 1000;
/** Differences that the failure names. */
const NAMED = 5;

export const bodies: Benchmark = {
  name: 'bodies',
  help: 'every body, collected and generated, compared with the slow twin: outcomes by file; fails on a difference',
  run,
};

async function run({ seed, report }: Context): Promise<void> {
  const rig = await makeRig(seed);
  const book = await loadBook(rig, campaignFile(ADS, seed), 1);
  const situation = twinSituation(book, modelFile(seed, 1), campaignStates(rig, book));
  const files: BodyFile[] = [...bodyFiles(), { name: 'generated', bodies: generatedBodies(GENERATED, seed, MIXED) }];
  const different: string[] = [];
  let all = 0;
  for (const { name, bodies } of files) {
    const hash = new WorkHash();
    const outcomes = new Map<string, number>();
    bodies.forEach((body, n) => {
      const hot = answerOf(rig.hotpath, body);
      const twin = twinAnswerOf(body, situation);
      const label = hot.reason === REASON_NONE ? 'bid' : reasonOf(hot.reason).label;
      outcomes.set(label, (outcomes.get(label) ?? 0) + 1);
      hash.number(hot.reason).bytes(Buffer.from(hot.text));
      if (hot.reason !== twin.reason || hot.text !== twin.text) different.push(`${name}:${n + 1}`);
    });
    all += bodies.length;
    const counts = [...outcomes].sort(([, a], [, b]) => b - a).map(([label, count]) => `${label} ${count}`);
    report.work(`bodies ${name}`, hash.text(), `${bodies.length} bodies: ${counts.join(', ')}`);
  }
  report.figure('bodies_answered', all, 'bodies', `with a book of ${ADS} ads`);
  report.figure('bodies_different', different.length, 'bodies', 'whose answer is not that of the slow twin');
  if (different.length > 0) {
    throw new Error(`${different.length} answers differ from the twin's: ${different.slice(0, NAMED).join(', ')}, …`);
  }
}

interface Answer {
  readonly reason: number;
  /** Empty without a bid. */
  readonly text: string;
}

function answerOf(hotpath: HotPath, body: Buffer): Answer {
  hotpath.setNextBidId(1n);
  const result = decide(hotpath, body);
  if (result <= 0) return { reason: -result, text: '' };
  return { reason: REASON_NONE, text: Buffer.from(hotpath.output.subarray(0, result)).toString() };
}

function twinAnswerOf(body: Buffer, situation: Situation): Answer {
  const { reason, response } = decideByTwin(body, situation);
  return { reason, text: response ?? '' };
}
