// The slow twin of a server process, from the files its command line names.

import { readFileSync } from 'node:fs';
import { makeBook } from '../../bidcore/book.js';
import { isCampaignFileError, parseCampaignFile } from '../../bidcore/campaign_file.js';
import { URLS } from '../rig.js';
import { makeTwin, readStates, type Twin } from '../twin.js';

/** `node SERVER.js PORT CAMPAIGNS MODEL STATES` */
export function twinOfCommandLine(): { port: number; twin: Twin } {
  const [port, campaigns, model, states] = process.argv.slice(2) as [string, string, string, string];
  const file = parseCampaignFile(readFileSync(campaigns, 'utf8'));
  if (isCampaignFileError(file)) throw new Error(file.problems.join('\n'));
  const twin = makeTwin(makeBook(file, 1, URLS), readFileSync(model), readStates(readFileSync(states, 'utf8')));
  return { port: Number(port), twin };
}
