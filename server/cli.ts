// The `gavel` command line: looks at campaigns, requests and events, beside a running bidder or without one.
// `npm start` runs the bidder.

import { checkCampaigns } from './cli_campaigns.js';
import { type Command, type CommandResult, done, type Environment, misused, type Print } from './cli_command.js';
import { exportCampaigns, importCampaigns, migrateDatabase, seedDatabase } from './cli_database.js';
import { lookAtEvents } from './cli_events.js';
import { explainRequest } from './cli_explain.js';

const HELP = `gavel - look at campaigns, requests and events

  gavel explain REQUEST.json [options]   Why a bid request gets its answer: ad by ad, the first gate that let it go,
                                         or the arithmetic of its price. "-" reads standard input.
      --campaigns FILE   campaign file   (GAVEL_CAMPAIGNS, else GAVEL_DATA_DIR/campaigns.json, else the sample)
      --model FILE       model file      (GAVEL_MODEL, else the one that GAVEL_DATA_DIR/models/live.json names, else
                                         GAVEL_DATA_DIR/model.bin)
      --exchange ID      exchange the request comes from, as the campaign file names it   (default)
      --at TIME          time of the request, such as 2026-01-07T13:30:00Z   (now)
      --ads N            ads to name for each outcome, in text   (5)
      --json             one JSON object, with all ads

  gavel campaigns check FILE [--json]    The problems of a campaign file, or what is in it.

  gavel campaigns import FILE [options]  A campaign file into the database: what it has is made or changed.
      --replace          what it does not have is archived
      --json             what was written, as one JSON object
  gavel campaigns export [--json]        The campaign file of the database; --json: on one line.
  gavel migrate [up|down|status]         The schema of the database: all steps up, the last one down, or which have run.
  gavel seed                             Sample accounts, users, campaigns, lists and rules into an empty database.

  gavel events tail [options]            The newest records of the event log, one a line.
      -n N               how many   (10)
      --follow           go on with those that come, until interrupted
  gavel events count [options]           How many records of each type, kind and campaign, and what they cost.
  gavel events verify [options]          Reads all of the log and checks it; says file and offset where it is broken.
      --folder DIR       folder of the log   (GAVEL_DATA_DIR/events)
      --kind K           tail, count: only notices of this kind: win, bill, loss, imp, click, conv, event
      --campaign HASH    tail, count: only records of this campaign: its hash, 16 hexadecimal digits
      --json             one JSON object; tail: one a line

  gavel models list|show|promote|rollback|import|prune
                                         The models that were trained, and which is live; gavel models --help.
  gavel train [options]                  The trainer, as npm start runs it beside the bidder; gavel train --help.

  gavel --help

explain counts budgets as unspent and takes the multipliers of a bidder that has just started. A running one explains
with its own numbers: POST /explain on its admin port, see docs/operations.md. events only reads: a bidder may have the
log open, see docs/events.md. GAVEL_DATA_DIR is .gavel here unless set.
migrate, seed, campaigns import and export take the database at DATABASE_URL, else the one in GAVEL_DATA_DIR/sql, which
one process at a time has open: see docs/storage.md.
Exit status: 0 done, 1 a file or the environment is wrong, 2 the command line is not understood.
`;

const COMMANDS: Readonly<Record<string, Command>> = {
  explain: explainRequest,
  campaigns: (args, environment) => {
    const [verb, ...rest] = args;
    if (verb === 'import') return importCampaigns(rest, environment);
    if (verb === 'export') return exportCampaigns(rest, environment);
    return checkCampaigns(args, environment);
  },
  migrate: migrateDatabase,
  seed: seedDatabase,
  events: lookAtEvents,
};

/** Runs one command line. */
async function runCommand(args: readonly string[], environment: Environment, print: Print): Promise<CommandResult> {
  const [name, ...rest] = args;
  if (args.includes('--help') || args.includes('-h')) return done(HELP);
  if (name === undefined) return misused('name a command');
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  return command === undefined ? misused(`no command ${name}`) : command(rest, environment, print);
}

// Who reads it may have seen enough, as `head` has.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});
const print: Print = (text) => void process.stdout.write(text);
const { status, output, problems } = await runCommand(process.argv.slice(2), process.env, print);
for (const problem of problems) process.stderr.write(`gavel: ${problem}\n`);
process.stdout.write(output);
process.exitCode = status;
