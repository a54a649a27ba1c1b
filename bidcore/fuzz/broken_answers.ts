// Answers for the tests of the response checker: what the reference bidder says to a request, and one change of the
// answer, of the request or of the campaign file after which a rule is broken.

import { makeBook } from '../book.js';
import type { CampaignFile } from '../campaign_file.js';
import { decide } from '../reference/decide.js';
import { type Part, SAMPLE_URLS, sampleFile, sampleSituation } from '../testing/sample_book.js';
import { checkResponse, type Rule } from './response_checker.js';

export interface Change {
  readonly file?: Part;
  readonly creative?: Part;
  readonly targeting?: Part;
  /** Of the ad group. */
  readonly group?: Part;
  readonly request?: Part;
  readonly imp?: Part;
  readonly edit?: (response: string) => string;
}

export interface Answer {
  readonly creative: Part;
  /** A second one, for pods. */
  readonly other?: Part;
  readonly targeting?: Part;
  readonly goal?: Part;
  readonly policy?: Part;
  readonly audiences?: readonly Part[];
  /** What is counted of the user under each cap and in each audience. */
  readonly seen?: number;
  readonly file?: Part;
  readonly imp: Part;
  readonly imps?: readonly Part[];
  readonly request?: Part;
  readonly exchange?: number;
  readonly change?: Change | undefined;
}

const COMMON = { advertiser_domains: ['brand.example'], landing_url: 'https://brand.example/' };

function fileOf(answer: Answer, change: Change = {}): CampaignFile {
  const creatives = [answer.creative, ...(answer.other === undefined ? [] : [answer.other])].map((creative, n) => ({
    id: `cr${n}`,
    ...COMMON,
    ...creative,
    ...(n === 0 ? change.creative : {}),
  }));
  const group = {
    id: 'g',
    goal: { type: 'cpm', bid_micros: 2_000_000, ...answer.goal },
    max_bid_cpm_micros: 9_000_000,
    creatives: creatives.map(({ id }) => id),
    targeting: { ...answer.targeting, ...change.targeting },
    ...change.group,
  };
  const account = {
    id: 'a',
    seat: 's',
    policy: answer.policy ?? {},
    audiences: answer.audiences ?? [],
    creatives,
    campaigns: [{ id: 'c', budget_micros: 1e12, ad_groups: [group] }],
  };
  return sampleFile({ accounts: [account], ...answer.file, ...change.file });
}

function requestOf(answer: Answer, change: Change = {}): Uint8Array {
  const imps = answer.imps ?? [answer.imp];
  const all = imps.map((imp, n) => ({ id: String(n + 1), ...imp, ...change.imp }));
  return Buffer.from(JSON.stringify({ id: 'r', imp: all, ...answer.request, ...change.request }));
}

/** The rules that an answer breaks after its change, if it has one. */
export function brokenBy(answer: Answer): Rule[] {
  const book = makeBook(fileOf(answer), 1, SAMPLE_URLS);
  const situation = sampleSituation(book, { exchange: answer.exchange ?? 0, seen: () => answer.seen ?? 0 });
  const { response } = decide(requestOf(answer), situation);
  if (response === undefined) throw new Error('the reference bidder does not bid');
  const { change = {} } = answer;
  const text = change.edit === undefined ? response : change.edit(response);
  if (change.edit !== undefined && text === response) throw new Error('the edit changes nothing');
  const file = change.file || change.creative || change.targeting || change.group ? fileOf(answer, change) : book.file;
  const context = { ...situation, file, bidsMax: 32 };
  return checkResponse(requestOf(answer, change), Buffer.from(text), context).map(({ rule }) => rule);
}

/** The rule that is broken, by what, and the answer with its change. */
export type Broken = readonly [Rule, string, Answer & { readonly change: Change }];

export const replace = (from: string | RegExp, to: string) => (text: string) => text.replace(from, () => to);

export const banner = { type: 'banner', w: 300, h: 250, image_url: 'https://cdn.example/a.png' };
export const ofBanner: Answer = { creative: banner, imp: { banner: { w: 300, h: 250 } } };
