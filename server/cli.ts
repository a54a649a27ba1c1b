// The `gavel` command line: looks at campaigns and requests without a running bidder. `npm start` runs the bidder.
//
//   exit status   0 done   1 something is wrong with a file or the environment   2 the command line is not understood

import { checkCampaigns } from './cli_campaigns.js';
import { explainRequest } from './cli_explain.js';

const HELP = `gavel - look at campaigns and requests

  gavel explain REQUEST.json [options]   Why a bid request gets its answer: ad by ad, the first gate that let it go,
                                         or the arithmetic of its price. "-" reads standard input.
      --campaigns FILE   campaign file   (GAVEL_CAMPAIGNS, else GAVEL_DATA_DIR/campaigns.json, else the sample)
      --model FILE       model file      (GAVEL_MODEL, else GAVEL_DATA_DIR/model.bin)
      --exchange ID      exchange the request comes from, as the campaign file names it   (default)
      --at TIME          time of the request, such as 2026-01-07T13:30:00Z   (now)
      --ads N            ads to name for each outcome, in text   (5)
      --json             one JSON object, all ads

  gavel campaigns check FILE [--json]    The problems of a campaign file, or what is in it.

  gavel --help

Budgets count as unspent and multipliers are those of a bidder that has just started: the numbers of a running one are
in its memory. GAVEL_DATA_DIR is .gavel in this folder unless set. Exit status: 0 done, 1 a file or the environment is
wrong, 2 the command line is not understood.
`;

/** What is wrong with the command line; its message is printed with a hint at the help. */
export class UsageError extends Error {}

/** What is wrong with a file or the environment. */
export class InputError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

const EXIT_INPUT = 1;
const EXIT_USAGE = 2;
