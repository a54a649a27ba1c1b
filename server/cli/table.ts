// All commands of `gavel`, in the order of the help. What a command does is in a file of its noun.

import type { Command } from '../cli_command.js';
import { ACCOUNT_OPTION, type Entry, JSON_OPTION, type Option } from './entry.js';

const DATABASE = `The database is at DATABASE_URL, else in GAVEL_DATA_DIR/sql, which one process has open at a
time: while a bidder runs with it, ask the bidder's admin API (docs/api.md), or stop it.`;
const REPLACE: Option = { name: 'replace', summary: 'what the file does not have is archived' };

/** A command whose code is loaded when it is called: a database's takes longer than most commands run. */
const loaded =
  (load: () => Promise<Command>): Command =>
  async (args, environment, print) =>
    (await load())(args, environment, print);

const checkCampaigns = loaded(async () => (await import('../cli_campaigns.js')).checkCampaigns);
const exportCampaigns = loaded(async () => (await import('../cli_database.js')).exportCampaigns);
const importCampaigns = loaded(async () => (await import('../cli_database.js')).importCampaigns);
const migrateDatabase = loaded(async () => (await import('../cli_database.js')).migrateDatabase);
const seedDatabase = loaded(async () => (await import('../cli_database.js')).seedDatabase);
const lookAtEvents = loaded(async () => (await import('../cli_events.js')).lookAtEvents);
const explainRequest = loaded(async () => (await import('../cli_explain.js')).explainRequest);
const rules = loaded(async () => (await import('../cli_rules.js')).rules);
const allocation = loaded(async () => (await import('./allocation.js')).allocation);
const experiments = loaded(async () => (await import('./experiments.js')).experiments);
const keys = loaded(async () => (await import('./keys.js')).keys);

const campaigns: Command = ([verb = '', ...rest], environment, print) => {
  if (verb === 'import') return importCampaigns(rest, environment, print);
  if (verb === 'export') return exportCampaigns(rest, environment, print);
  return checkCampaigns([verb, ...rest], environment, print);
};

/** Commands that run elsewhere: gavel.mjs has the same names. */
const OWN_PROGRAMS: Readonly<Record<'serve' | 'train' | 'models', Entry>> = {
  serve: {
    name: 'serve',
    summary: 'The bidder, as npm start runs it: all but --demo is set by the environment.',
    verbs: [],
    options: [{ name: 'demo', summary: 'with simulated traffic for its campaigns' }],
  },
  train: {
    name: 'train',
    summary: 'The trainer, as npm start runs it beside the bidder.',
    verbs: [],
    options: [{ name: 'once', summary: 'takes what there is, publishes if there is enough, and ends' }, JSON_OPTION],
  },
  models: {
    name: 'models',
    summary: 'The models that were trained, and which is live.',
    verbs: [
      { name: 'list', summary: 'all versions' },
      { name: 'show', args: 'VERSION', summary: 'everything that is known of one' },
      { name: 'promote', args: 'VERSION', summary: 'makes it the model that bids' },
      { name: 'rollback', args: '[VERSION]', summary: 'takes the live model back' },
      { name: 'import', args: 'FILE', summary: 'adds a model file as a candidate' },
      { name: 'policy', args: 'FILE', summary: 'the live model with the policy of a file' },
      { name: 'runs', summary: 'retrainings of the policy on this node' },
      { name: 'prune', summary: 'deletes the bytes of old versions' },
    ],
    options: [
      { name: 'promote', summary: 'makes it live at once', verbs: ['import', 'policy'] },
      { name: 'reason', value: 'TEXT', summary: 'kept in the registry' },
      { name: 'keep', value: 'N', summary: 'the newest that are kept', verbs: ['prune'] },
      JSON_OPTION,
    ],
  },
};

const COMPLETION: Entry = {
  name: 'completion',
  summary: 'A script that completes gavel in a shell.',
  verbs: [
    { name: 'bash', summary: 'source <(npx gavel completion bash)' },
    { name: 'zsh', summary: 'source <(npx gavel completion zsh)' },
    { name: 'fish', summary: 'npx gavel completion fish | source' },
  ],
  options: [],
};

export const COMMANDS: readonly Entry[] = [
  OWN_PROGRAMS.serve,
  OWN_PROGRAMS.train,
  {
    name: 'migrate',
    summary: 'The schema of the database.',
    verbs: [
      { name: 'up', summary: 'all steps that are still to be run' },
      { name: 'down', summary: 'the last step back: what it made is gone, with its data' },
      { name: 'status', summary: 'which have run, and when' },
    ],
    verbByDefault: 'up',
    options: [JSON_OPTION],
    notes: DATABASE,
    run: migrateDatabase,
  },
  {
    name: 'seed',
    summary: 'Sample accounts, users, campaigns, lists and rules into an empty database.',
    verbs: [],
    options: [JSON_OPTION],
    notes: DATABASE,
    run: seedDatabase,
  },
  {
    name: 'keys',
    summary: 'API keys: made, listed, rotated, revoked.',
    verbs: [
      { name: 'create', summary: 'makes one and tells it, once' },
      { name: 'list', summary: 'all of an account, without the keys themselves' },
      { name: 'rotate', args: 'ID', summary: 'a new one with the same rights; the old one counts no more' },
      { name: 'revoke', args: 'ID', summary: 'at once' },
    ],
    options: [
      ACCOUNT_OPTION,
      { name: 'installation', summary: 'of the installation instead: an operator’s, for all accounts' },
      { name: 'name', value: 'TEXT', summary: 'what it is for', verbs: ['create'], otherwise: 'command line' },
      { name: 'role', value: 'ROLE', summary: 'viewer, trader or admin', verbs: ['create'], otherwise: 'viewer' },
      { name: 'scope', value: 'TAG', summary: 'keeps it to operations of a tag; may be repeated', verbs: ['create'] },
      { name: 'expires', value: 'TIME', summary: 'such as 2027-01-01T00:00:00Z', verbs: ['create'] },
      {
        name: 'grace',
        value: 'SECONDS',
        summary: 'that the old one counts for still',
        verbs: ['rotate'],
        otherwise: '0',
      },
      JSON_OPTION,
    ],
    notes: DATABASE,
    run: keys,
  },
  {
    name: 'campaigns',
    summary: 'Campaign files: checked, brought into the database, got out of it.',
    verbs: [
      { name: 'check', args: 'FILE', summary: 'the problems of a campaign file, or what is in it' },
      { name: 'import', args: 'FILE', summary: 'into the database: what it has is made or changed' },
      { name: 'export', summary: 'the campaign file of the database' },
    ],
    options: [{ ...REPLACE, verbs: ['import'] }, JSON_OPTION],
    notes: DATABASE,
    run: campaigns,
  },
  {
    name: 'import',
    args: 'FILE',
    summary: 'The same as gavel campaigns import FILE.',
    verbs: [],
    options: [REPLACE, JSON_OPTION],
    notes: DATABASE,
    run: importCampaigns,
  },
  {
    name: 'export',
    summary: 'The same as gavel campaigns export.',
    verbs: [],
    options: [JSON_OPTION],
    notes: DATABASE,
    run: exportCampaigns,
  },
  {
    name: 'explain',
    args: 'REQUEST.json',
    summary: 'Why a bid request gets its answer: ad by ad, the first gate that let it go, or how it was priced.',
    verbs: [],
    options: [
      {
        name: 'campaigns',
        value: 'FILE',
        summary: 'campaign file',
        otherwise: 'GAVEL_CAMPAIGNS, else GAVEL_DATA_DIR/campaigns.json, else the sample',
      },
      {
        name: 'model',
        value: 'FILE',
        summary: 'model file',
        otherwise: 'GAVEL_MODEL, else what models/live.json names, else model.bin, in GAVEL_DATA_DIR',
      },
      { name: 'exchange', value: 'ID', summary: 'exchange it comes from, of the campaign file', otherwise: 'default' },
      { name: 'at', value: 'TIME', summary: 'time of the request, such as 2026-01-07T13:30:00Z', otherwise: 'now' },
      { name: 'ads', value: 'N', summary: 'ads to name for each outcome, in text', otherwise: '5' },
      { name: 'json', summary: 'one JSON object, with all ads' },
    ],
    notes: `"-" reads standard input. Budgets count as unspent, and the multipliers are those of a bidder that has just
started. A running one explains with its own numbers: POST /explain on its admin port, see docs/operations.md.`,
    run: explainRequest,
  },
  {
    name: 'events',
    summary: 'The event log of a node. It is only read: a bidder may have it open.',
    verbs: [
      { name: 'tail', summary: 'the newest records, one a line' },
      { name: 'count', summary: 'how many records of each type, kind and campaign, and what they cost' },
      { name: 'verify', summary: 'reads all of it, and says file and offset where it is broken' },
    ],
    options: [
      { name: 'folder', value: 'DIR', summary: 'folder of the log', otherwise: 'GAVEL_DATA_DIR/events' },
      { name: 'n', short: 'n', value: 'N', summary: 'how many', verbs: ['tail'], otherwise: '10' },
      { name: 'follow', summary: 'goes on with those that come, until interrupted', verbs: ['tail'] },
      {
        name: 'kind',
        value: 'K',
        summary: 'only notices of this kind: win, bill, loss, imp, click, conv, event',
        verbs: ['tail', 'count'],
      },
      {
        name: 'campaign',
        value: 'HASH',
        summary: 'only records of this campaign: its hash, 16 hexadecimal digits',
        verbs: ['tail', 'count'],
      },
      JSON_OPTION,
    ],
    run: lookAtEvents,
  },
  {
    name: 'rules',
    summary: 'What is to be done when something holds for a campaign.',
    verbs: [
      { name: 'list', summary: 'rules of the account' },
      { name: 'show', args: 'RULE', summary: 'one of them, as it may be posted' },
      { name: 'dry-run', args: 'RULE|FILE.json', summary: 'what it would have done in the last days' },
      { name: 'suggest', summary: 'rules that the last week speaks for' },
      { name: 'executions', summary: 'what rules have done, the latest first' },
    ],
    options: [
      { name: 'days', value: 'N', summary: 'from 1 to 30', verbs: ['dry-run'], otherwise: '7' },
      { name: 'rule', value: 'ID', summary: 'only of this rule', verbs: ['executions'] },
      { name: 'campaign', value: 'ID', summary: 'only on this campaign', verbs: ['executions'] },
      { name: 'count', short: 'n', value: 'N', summary: 'from 1 to 10000', verbs: ['executions'], otherwise: '20' },
      ACCOUNT_OPTION,
      { name: 'url', value: 'URL', summary: 'admin port of a running bidder, such as http://127.0.0.1:7508' },
      { name: 'key', value: 'KEY', summary: 'API key for it', otherwise: 'GAVEL_ADMIN_KEY' },
      JSON_OPTION,
    ],
    notes: `Without --url the database is at DATABASE_URL, else in GAVEL_DATA_DIR/sql. That one a running bidder has
open: give --url, or stop it.`,
    run: rules,
  },
  {
    name: 'experiments',
    summary: 'Experiments: which there are, what they have shown; started and stopped.',
    verbs: [
      { name: 'list', summary: 'all of an account' },
      { name: 'show', args: 'ID', summary: 'how it was defined' },
      { name: 'results', args: 'ID', summary: 'intervals, power, required sample, decision' },
      { name: 'start', args: 'ID', summary: 'starts a draft' },
      { name: 'stop', args: 'ID', summary: 'stops it; campaigns get back what they had' },
    ],
    options: [ACCOUNT_OPTION, JSON_OPTION],
    notes: DATABASE,
    run: experiments,
  },
  {
    name: 'allocation',
    summary: 'How the budgets of an account are split anew.',
    verbs: [
      { name: 'dry-run', summary: 'what a run of its plan would do now; changes nothing, and is not kept' },
      { name: 'runs', summary: 'those that were made, the latest first' },
      { name: 'metrics', summary: 'what each campaign has brought for its money, as CSV' },
    ],
    options: [
      ACCOUNT_OPTION,
      { name: 'n', short: 'n', value: 'N', summary: 'how many runs', verbs: ['runs'], otherwise: '10' },
      { name: 'days', value: 'N', summary: 'days up to now, 1 to 30', verbs: ['metrics'], otherwise: '7' },
      { ...JSON_OPTION, verbs: ['dry-run', 'runs'] },
    ],
    notes: DATABASE,
    run: allocation,
  },
  OWN_PROGRAMS.models,
  COMPLETION,
];
