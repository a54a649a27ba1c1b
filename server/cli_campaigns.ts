// `gavel campaigns check FILE`: what a bidder would say to a campaign file. The file is compiled as well, since some
// bounds (bytes of a bid, sizes, ads) are only found out there.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { MAX_CAMPAIGNS } from '../assembly/limits.js';
import { type Book, makeBook } from '../bidcore/book.js';
import { compileBook } from '../bidcore/book_compiler.js';
import { type CampaignFile, isCampaignFileError, parseCampaignFile } from '../bidcore/campaign_file.js';
import { FORMATS, type Format } from '../bidcore/creative_file.js';
import { createMemory } from '../bidcore/module.js';
import { counted } from '../bidcore/reference/wording.js';
import { type CommandResult, done, type Environment, failed, fileProblem, misused } from './cli_command.js';
import { isConfigError, readConfig, unsignedUrls } from './config.js';

interface Summary {
  readonly file: string;
  readonly currency: string;
  readonly accounts: number;
  readonly campaigns: number;
  readonly ad_groups: number;
  readonly creatives: number;
  /** Creatives of each format. */
  readonly formats: Readonly<Record<Format, number>>;
  /** Those with a profile in the file; `default` is one beside them, unless it is among them. */
  readonly exchanges: number;
  /** Ad groups with each of their creatives, without what is paused. */
  readonly ads: number;
}

export function checkCampaigns(args: readonly string[], environment: Environment): CommandResult {
  const [verb, ...rest] = args;
  if (verb !== 'check') return misused(verb === undefined ? 'campaigns check FILE' : `no command campaigns ${verb}`);
  let parsed: { values: { json?: boolean }; positionals: string[] };
  try {
    parsed = parseArgs({ args: rest, allowPositionals: true, options: { json: { type: 'boolean' } } });
  } catch (error) {
    return misused((error as Error).message);
  }
  const [path, ...more] = parsed.positionals;
  if (path === undefined || more.length > 0) return misused('campaigns check takes one file');
  const config = readConfig(environment);
  if (isConfigError(config)) return failed(config.problems);

  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return fileProblem(path, error);
  }
  const file = parseCampaignFile(text);
  if (isCampaignFileError(file)) return failed(file.problems.map((problem) => `${path}: ${problem}`));
  const book = makeBook(file, 1, unsignedUrls(config));
  const problem = compileProblem(book);
  if (problem !== undefined) return failed([`${path}: ${problem}`]);
  const summary = summarise(path, file, book);
  return done(parsed.values.json === true ? `${JSON.stringify(summary)}\n` : summaryText(summary));
}

/** What a bidder would refuse of a file that is valid in itself. */
function compileProblem(book: Book): string | undefined {
  const campaigns = book.file.accounts.flatMap((account) => account.campaigns).length;
  if (campaigns > MAX_CAMPAIGNS) return `${campaigns} campaigns, at most ${MAX_CAMPAIGNS}`;
  const compiled = compileBook(createMemory(), 0, book, () => 0);
  return typeof compiled === 'number' ? undefined : compiled.problem;
}

function summarise(path: string, file: CampaignFile, book: Book): Summary {
  const { accounts } = file;
  const campaigns = accounts.flatMap((account) => account.campaigns);
  const creatives = accounts.flatMap((account) => account.creatives);
  const ofFormat = (format: Format): number => creatives.filter(({ type }) => type === format).length;
  return {
    file: path,
    currency: file.currency,
    accounts: accounts.length,
    campaigns: campaigns.length,
    ad_groups: campaigns.flatMap((campaign) => campaign.ad_groups).length,
    creatives: creatives.length,
    formats: Object.fromEntries(FORMATS.map((format) => [format, ofFormat(format)])) as Record<Format, number>,
    exchanges: file.exchanges.length,
    ads: book.ads.length,
  };
}

function summaryText(summary: Summary): string {
  const { file, accounts, campaigns, ad_groups: groups, creatives, formats, exchanges, currency, ads } = summary;
  const used = FORMATS.filter((format) => formats[format] > 0).map((format) => `${formats[format]} ${format}`);
  const rows = [
    counted(accounts, 'account'),
    counted(campaigns, 'campaign'),
    counted(groups, 'ad group'),
    `${counted(creatives, 'creative')}${used.length > 0 ? ` (${used.join(', ')})` : ''}`,
    counted(exchanges, 'exchange'),
  ];
  return (
    `${file} is fine: ${rows.join(', ')}, in ${currency}.\n` +
    `${counted(ads, 'ad')} may bid: each ad group with each of its creatives, without what is paused.\n`
  );
}
