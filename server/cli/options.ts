// Options and the account, as commands on the database read them.

import { type ParseArgsConfig, parseArgs } from 'node:util';
import { type CommandResult, failed, misused } from '../cli_command.js';
import type { Db } from '../sql/database.js';

export interface Parsed {
  readonly verb: string;
  readonly positionals: readonly string[];
  text(name: string): string | undefined;
  texts(name: string): readonly string[];
  flag(name: string): boolean;
}

/** Reads verb, options and the rest; 2 for what is not understood. */
export function parseLine(args: readonly string[], options: ParseArgsConfig['options']): Parsed | CommandResult {
  try {
    const parsed = parseArgs({ args: [...args], allowPositionals: true, options: options ?? {} });
    const values = new Map(Object.entries(parsed.values));
    const [verb = '', ...positionals] = parsed.positionals;
    const text = (name: string): string | undefined => {
      const value = values.get(name);
      return typeof value === 'string' ? value : undefined;
    };
    const texts = (name: string): readonly string[] => {
      const value = values.get(name);
      return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
    };
    return { verb, positionals, text, texts, flag: (name) => values.get(name) === true };
  } catch (error) {
    return misused((error as Error).message);
  }
}

/** A whole number of an option; 2 where it is none. */
export function wholeNumber(
  name: string,
  text: string | undefined,
  otherwise: number,
  [least, most]: readonly [number, number],
): number | CommandResult {
  const value = text === undefined ? otherwise : Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  return misused(`${name} ${text} is not a whole number from ${least} to ${most}`);
}

/** The account that is meant: the one named, or the only one. */
export async function accountOf(db: Db, named: string | undefined): Promise<string | CommandResult> {
  const rows = await db.selectFrom('accounts').select('id').where('status', '=', 'active').orderBy('id').execute();
  const ids = rows.map(({ id }) => id);
  if (named !== undefined) return ids.includes(named) ? named : failed([`there is no account ${named}`]);
  const [only] = ids;
  if (only !== undefined && ids.length === 1) return only;
  if (only === undefined) return failed(['there are no accounts yet: npx gavel seed, or npx gavel import FILE']);
  return misused(`say which account with --account: ${ids.slice(0, 10).join(', ')}`);
}
