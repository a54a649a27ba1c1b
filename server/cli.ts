// The `gavel` command line: looks at campaigns and requests without a running bidder. `npm start` runs the bidder.

import { checkCampaigns } from './cli_campaigns.js';
import { type Command, type CommandResult, done, type Environment, misused } from './cli_command.js';
import { explainRequest } from './cli_explain.js';

const HELP = `gavel - look at campaigns and requests

  gavel explain REQUEST.json [options]   Why a bid request gets its answer: ad by ad, the first gate that let it go,
                                         or the arithmetic of its price. "-" reads standard input.
      --campaigns FILE   campaign file   (GAVEL_CAMPAIGNS, else GAVEL_DATA_DIR/campaigns.json, else the sample)
      --model FILE       model file      (GAVEL_MODEL, else GAVEL_DATA_DIR/model.bin)
      --exchange ID      exchange the request comes from, as the campaign file names it   (default)
      --at TIME          time of the request, such as 2026-01-07T13:30:00Z   (now)
      --ads N            ads to name for each outcome, in text   (5)
      --json             one JSON object, with all ads

  gavel campaigns check FILE [--json]    The problems of a campaign file, or what is in it.

  gavel --help

Budgets count as unspent and multipliers are those of a bidder that has just started. A running one explains with its
own numbers: POST /explain on its admin port, see docs/operations.md. GAVEL_DATA_DIR is .gavel here unless set.
Exit status: 0 done, 1 a file or the environment is wrong, 2 the command line is not understood.
`;

const COMMANDS: Readonly<Record<string, Command>> = { explain: explainRequest, campaigns: checkCampaigns };

/** Runs one command line. */
export function runCommand(args: readonly string[], environment: Environment): CommandResult {
  const [name, ...rest] = args;
  if (args.includes('--help') || args.includes('-h')) return done(HELP);
  if (name === undefined) return misused('name a command');
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  return command === undefined ? misused(`no command ${name}`) : command(rest, environment);
}

const { status, output, problems } = runCommand(process.argv.slice(2), process.env);
for (const problem of problems) process.stderr.write(`gavel: ${problem}\n`);
process.stdout.write(output);
process.exitCode = status;
