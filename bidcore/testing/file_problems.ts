// What a campaign file is refused for, for the tests of its schemas: the sample file of one account, campaign, ad group
// and creative, with one part changed.

import { isCampaignFileError, parseCampaignFile } from '../campaign_file.js';
import { type Part, sampleAccount, sampleAdGroup, sampleCampaign, sampleCreative } from './sample_book.js';

/** The problems of a file with this part on its top level; empty if it is taken. */
export function problemsOfFile(part: Part): readonly string[] {
  const file = parseCampaignFile(JSON.stringify({ currency: 'USD', accounts: [sampleAccount()], ...part }));
  return isCampaignFileError(file) ? file.problems : [];
}

/** The problems of its one account. */
export function problemsOfAccount(part: Part): readonly string[] {
  return problemsOfFile({ accounts: [sampleAccount(part)] });
}

/** The problems of its one creative, in place of the sample one. */
export function problemsOfCreative(creative: Part): readonly string[] {
  return problemsOfAccount({ creatives: [creative] });
}

/** The problems of its one banner, with a part changed. */
export function problemsOfBanner(part: Part): readonly string[] {
  return problemsOfCreative(sampleCreative(part));
}

/** The problems of the targeting of its one ad group. */
export function problemsOfTargeting(targeting: Part): readonly string[] {
  return problemsOfAccount({ campaigns: [sampleCampaign({ ad_groups: [sampleAdGroup({ targeting })] })] });
}

/** A case of a table: what is wrong, the problems found, and the one that must be among them, whole. */
export type ProblemCase = readonly [name: string, problems: readonly string[], expected: string];
