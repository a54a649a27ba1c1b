// `gavel explain REQUEST.json`: the reference bidder's account of one request, with the book, the model and the clock
// that a bidder started at that moment would have.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MAX_BODY_BYTES } from '../assembly/limits.js';
import { type Book, makeBook } from '../bidcore/book.js';
import { type Campaign, isCampaignFileError, parseCampaignFile } from '../bidcore/campaign_file.js';
import { readModelFile } from '../bidcore/model_file.js';
import { modelFileName, POINTER_FILE, readPointer } from '../bidcore/model_pointer.js';
import { PacingPlan } from '../bidcore/money/pacing_plan.js';
import { SlotInputs } from '../bidcore/policy/slot_inputs.js';
import { explain } from '../bidcore/reference/explain.js';
import { explanationText } from '../bidcore/reference/explain_text.js';
import type { ModelImage } from '../bidcore/reference/model.js';
import { policyAnswer } from '../bidcore/reference/policy.js';
import type { CampaignState } from '../bidcore/reference/situation.js';
import { counted } from '../bidcore/reference/wording.js';
import { type CommandResult, done, type Environment, failed, fileProblem, isResult, misused } from './cli_command.js';
import { type Config, isConfigError, readConfig, unsignedUrls } from './config.js';
import { SAMPLE_CAMPAIGNS } from './files.js';
import { inSchedule, type LiveModel, situationOf } from './situation.js';

const OPTIONS = {
  campaigns: { type: 'string' },
  model: { type: 'string' },
  exchange: { type: 'string' },
  at: { type: 'string' },
  ads: { type: 'string' },
  json: { type: 'boolean' },
} as const;

const ADS_SHOWN_DEFAULT = 5;
const STANDARD_INPUT = 0;

export function explainRequest(args: readonly string[], environment: Environment): CommandResult {
  const options = readOptions(args);
  if (isResult(options)) return options;
  const config = readConfig(environment);
  if (isConfigError(config)) return failed(config.problems);
  const body = readBody(options.request);
  if (isResult(body)) return body;
  const campaignsPath = options.campaigns ?? defaultCampaigns(config);
  const book = readBook(campaignsPath, config);
  if (isResult(book)) return book;
  const modelPath = options.model ?? defaultModel(config);
  if (typeof modelPath !== 'string') return modelPath;
  const model = readModel(modelPath);
  if (isResult(model)) return model;
  const exchange = book.exchanges.indexOf(options.exchange);
  if (exchange < 0)
    return failed([`${campaignsPath} names no exchange ${options.exchange}: ${book.exchanges.join(', ')}`]);

  const states = freshStates(book, model.image, options.atMs);
  const explanation = explain(
    body,
    situationOf(book, model, states, undefined, undefined, exchange, options.atMs, config),
  );
  const at = new Date(options.atMs).toISOString();
  if (options.json) {
    const situation = {
      campaigns: campaignsPath,
      model: modelPath,
      model_version: model.version,
      exchange: options.exchange,
      at,
    };
    return done(`${JSON.stringify({ ...explanation, situation })}\n`);
  }
  const text = explanationText(explanation, book.file.currency, options.ads);
  const files = `${campaignsPath} (${counted(book.ads.length, 'ad')}), ${modelPath} (version ${model.version})`;
  return done(`${text}\nDecided by ${files}, exchange ${options.exchange}, ${at}, with all budgets unspent.\n`);
}

interface Options {
  readonly request: string;
  readonly campaigns: string | undefined;
  readonly model: string | undefined;
  readonly exchange: string;
  readonly atMs: number;
  readonly ads: number;
  readonly json: boolean;
}

function readOptions(args: readonly string[]): Options | CommandResult {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    return misused((error as Error).message);
  }
  const { values, positionals } = parsed;
  const [request, ...more] = positionals;
  if (request === undefined || more.length > 0)
    return misused('explain takes one request, a file or - for standard input');
  const atMs = values.at === undefined ? Date.now() : Date.parse(values.at);
  if (Number.isNaN(atMs)) return misused(`--at ${values.at} is not a time such as 2026-01-07T13:30:00Z`);
  const ads = values.ads === undefined ? ADS_SHOWN_DEFAULT : Number(values.ads);
  if (!Number.isInteger(ads) || ads < 0) return misused(`--ads ${values.ads} is not a number of ads`);
  const { campaigns, model, exchange = 'default', json = false } = values;
  return { request, campaigns, model, exchange, atMs, ads, json };
}

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS });
}

function readBody(path: string): Uint8Array | CommandResult {
  let body: Uint8Array;
  try {
    body = readFileSync(path === '-' ? STANDARD_INPUT : path);
  } catch (error) {
    return fileProblem(path === '-' ? 'standard input' : path, error);
  }
  if (body.length <= MAX_BODY_BYTES) return body;
  return failed([
    `${path} has ${body.length} bytes; a bidder takes ${MAX_BODY_BYTES} and answers 413 (body_too_large)`,
  ]);
}

/** The file a bidder here would bid with: before its first start, the sample. */
function defaultCampaigns(config: Config): string {
  return config.campaignsAreDefault && !existsSync(config.campaignsPath) ? SAMPLE_CAMPAIGNS : config.campaignsPath;
}

/** The control model a bidder here would bid with: what the bus of its data folder names, where it names one. */
function defaultModel(config: Config): string | CommandResult {
  const folder = join(config.dataDir, 'models');
  const path = join(folder, POINTER_FILE);
  if (!config.modelIsDefault || !existsSync(path)) return config.modelPath;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return fileProblem(path, error);
  }
  const pointer = readPointer(text);
  if (pointer === undefined) return failed([`${path} holds no pointer; name a model with --model`]);
  const model = join(folder, modelFileName(pointer.control));
  return existsSync(model) ? model : failed([`there is no ${model}, which ${path} names; name a model with --model`]);
}

function readBook(path: string, config: Config): Book | CommandResult {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return fileProblem(path, error);
  }
  const file = parseCampaignFile(text);
  if (isCampaignFileError(file)) return failed(file.problems.map((problem) => `${path}: ${problem}`));
  return makeBook(file, 1, unsignedUrls(config));
}

function readModel(path: string): LiveModel | CommandResult {
  if (!existsSync(path))
    return failed([`there is no model at ${path}; make one with: npm run model -- --seed 1 --out ${path}`]);
  let file: Buffer;
  try {
    file = readFileSync(path);
  } catch (error) {
    return fileProblem(path, error);
  }
  // As plain bytes: a Buffer's slice is a view, and would be taken for the copy a Uint8Array's is.
  const model = readModelFile(new Uint8Array(file.buffer, file.byteOffset, file.length));
  return 'problem' in model ? failed([`${path}: ${model.problem}`]) : model;
}

/** The states of campaigns of a bidder that has just started. */
function freshStates(book: Book, model: ModelImage, atMs: number): (id: string) => CampaignState {
  const campaigns = book.file.accounts.flatMap((account) =>
    account.campaigns.map((campaign) => [campaign.id, freshState(campaign, account.time_zone, model, atMs)] as const),
  );
  const states = new Map(campaigns);
  return (id) => states.get(id) as CampaignState;
}

/** A campaign that has spent nothing, with the multiplier the policy gives it. */
function freshState(campaign: Campaign, timeZone: string, model: ModelImage, atMs: number): CampaignState {
  const startMs = campaign.start === undefined ? 0 : Date.parse(campaign.start);
  const endMs = campaign.end === undefined ? 0 : Date.parse(campaign.end);
  const policyInputs = freshInputs(campaign, timeZone, atMs);
  return {
    policyMultiplier: policyInputs === undefined ? 1 : policyAnswer(model, policyInputs, 0).multiplier,
    policyInputs,
    pace: 1,
    open: campaign.status === 'active' && inSchedule(startMs, endMs, atMs),
    slot: 0,
    lease: 0,
    availableMicros: BigInt(campaign.budget_micros),
  };
}

/** What the policy sees of it; undefined where it sees nothing. */
function freshInputs(campaign: Campaign, timeZone: string, atMs: number): readonly number[] | undefined {
  const { pacing, budget_micros, daily_budget_micros = Infinity, start, end } = campaign;
  const plan = new PacingPlan({
    kind: pacing,
    hasDailyBudget: daily_budget_micros !== Infinity,
    timeZone,
    ...(start === undefined ? {} : { startMs: Date.parse(start) }),
    ...(end === undefined ? {} : { endMs: Date.parse(end) }),
  });
  const period = plan.period(atMs, atMs);
  if (pacing !== 'value' || period === undefined || atMs < period.startMs || atMs >= period.endMs) return undefined;
  const nothing = { spentMicros: 0, bids: 0, wins: 0, value: 0, logPaceSeconds: 0, paceSeconds: 0 };
  const timeLeft = (period.endMs - atMs) / (period.endMs - period.startMs);
  const budgetMicros = Math.min(budget_micros, daily_budget_micros);
  return [...new SlotInputs().next(nothing, { budgetMicros, budgetLeft: 1, timeLeft, multiplier: 1 })];
}
