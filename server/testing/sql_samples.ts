// Campaign files for tests of the database.

import { readFileSync } from 'node:fs';
import { type CampaignFile, isCampaignFileError, parseCampaignFile } from '../../bidcore/campaign_file.js';
import { SAMPLE_CAMPAIGNS } from '../files.js';

/** The sample that comes with Gavel: every format and every kind of targeting. */
export function parsedSample(): CampaignFile {
  return parsedFile(readFileSync(SAMPLE_CAMPAIGNS, 'utf8'));
}

/** A file that has to be good. */
export function parsedFile(text: string): CampaignFile {
  const file = parseCampaignFile(text);
  if (isCampaignFileError(file)) throw new Error(file.problems.join('; '));
  return file;
}
