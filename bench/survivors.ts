// How many ads of the book are candidates for a request: the figure that decides what matching and scoring cost, and so
// what a generated book must have right. Counted by the slow twin's gates, up to the campaign's own; the hot path need
// not see them all (`matched_share` of `stages`).

import { NO_DEAL } from '../assembly/reasons.js';
import type { Ad } from '../bidcore/book.js';
import { admit, isRefused } from '../bidcore/reference/admission.js';
import { impContext, requestContext, slotContexts } from '../bidcore/reference/decide.js';
import {
  firstRefusal,
  type Gate,
  IMP_GATES,
  placeRefusal,
  REQUEST_GATES,
  SLOT_GATES,
} from '../bidcore/reference/gates.js';
import { normalise } from '../bidcore/reference/normalise.js';
import type { Situation } from '../bidcore/reference/situation.js';
import type { Benchmark, Context } from './benchmark.js';
import { campaignFile } from './book.js';
import { quantile, WorkHash } from './measure.js';
import { generatedBodies, MIXED, realBodies } from './requests.js';
import { campaignStates, loadBook, makeRig, modelFile } from './rig.js';
import { twinSituation } from './twin.js';

const ADS = 10_000;
const GENERATED = 2000;
/** The gates before the campaign's state and the price: what the hot path answers with bitmaps. */
const MATCH_SLOT_GATES = SLOT_GATES.filter((gate) => gate.reason <= NO_DEAL);

export const survivors: Benchmark = {
  name: 'survivors',
  help: 'share of 10,000 ads that a request leaves to be scored, on real and on generated bodies',
  run,
};

async function run({ size, seed, report }: Context): Promise<void> {
  const rig = await makeRig(seed);
  const book = await loadBook(rig, campaignFile(ADS, seed), 1);
  const situation = twinSituation(book, modelFile(seed, 1), campaignStates(rig, book));
  const sets: [string, Buffer[]][] = [
    ['real', realBodies()],
    ['generated', generatedBodies(GENERATED, seed, MIXED)],
  ];
  for (const [name, bodies] of sets) {
    const step = Math.max(1, Math.floor(bodies.length / size.survivorRequests));
    const counts = bodies
      .filter((_, i) => i % step === 0)
      .map((body) => scoredAds(body, situation))
      .filter((n) => n > 0);
    if (counts.length === 0) continue;
    const hash = new WorkHash();
    for (const n of counts) hash.number(n);
    report.work(`survivors ${name}`, hash.text(), `${counts.length} requests that leave any ad to be scored`);
    report.figure(
      `survivor_share_${name}`,
      quantile(counts, 0.5) / ADS,
      'share',
      `median; quartiles ${quantile(counts, 0.25)} and ${quantile(counts, 0.75)} ads, highest ${quantile(counts, 1)}`,
    );
  }
}

/** Ads scored for a request, over all its slots. */
function scoredAds(body: Uint8Array, situation: Situation): number {
  const { request } = normalise(body, situation.book.file.privacy);
  if (request === undefined) return 0;
  const admission = admit(request, situation);
  if (isRefused(admission)) return 0;
  const context = requestContext(request, admission, situation);
  const matched = through(situation.book.ads, REQUEST_GATES, context);
  let scored = 0;
  for (const imp of request.imps) {
    const atImp = impContext(imp, context);
    const fitting = through(matched, IMP_GATES, atImp);
    const places = slotContexts(atImp).filter((atSlot) => placeRefusal(atSlot) === undefined);
    for (const atSlot of places) scored += through(fitting, MATCH_SLOT_GATES, atSlot).length;
  }
  return scored;
}

function through<C>(ads: readonly Ad[], gates: readonly Gate<C>[], context: C): Ad[] {
  return ads.filter((ad) => firstRefusal(gates, ad, context) === undefined);
}
