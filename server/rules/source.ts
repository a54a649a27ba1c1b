// Where the command line reads rules: the database, or a running bidder's admin API, which tells the same in the same
// form.

import { rule as ruleSchema } from '../../bidcore/rules/rule_schema.js';
import type { Db } from '../sql/database.js';
import { type ExecutionShown, type ExecutionsAsked, listExecutions } from './executions.js';
import {
  dryRun,
  isTooMuch,
  type ReplayTold,
  replayTold,
  type SuggestionTold,
  suggestions,
  suggestionTold,
} from './preview.js';
import { isUnreadable, ruleOf } from './stored_rules.js';

/** A rule as it is told; what a program does with it is its business. */
export interface RuleTold {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly [key: string]: unknown;
}

export interface SourceProblem {
  readonly problem: string;
}

export function isSourceProblem(value: object): value is SourceProblem {
  return 'problem' in value && Object.keys(value).length === 1;
}

type Told<T> = Promise<T | SourceProblem>;

export interface RuleSource {
  accounts(): Told<readonly string[]>;
  rules(account: string): Told<readonly RuleTold[]>;
  /** @param definition of a rule, stored or not */
  dryRun(account: string, definition: object, days: number): Told<ReplayTold>;
  suggestions(account: string): Told<readonly SuggestionTold[]>;
  executions(account: string, asked: ExecutionsAsked): Told<readonly ExecutionShown[]>;
}

export class DatabaseRules implements RuleSource {
  constructor(private readonly db: Db) {}

  async accounts(): Promise<readonly string[]> {
    const rows = await this.db
      .selectFrom('accounts')
      .select('id')
      .where('status', '=', 'active')
      .orderBy('id')
      .execute();
    return rows.map(({ id }) => id);
  }

  async rules(account: string): Told<readonly RuleTold[]> {
    const rows = await this.db
      .selectFrom('rules')
      .selectAll()
      .where('account_id', '=', account)
      .where('status', '!=', 'archived')
      .orderBy('id')
      .execute();
    const all: RuleTold[] = [];
    for (const row of rows) {
      const rule = ruleOf(row);
      if (isUnreadable(rule)) return { problem: `rule ${rule.rule}: ${rule.problem}` };
      const { enabled: _, ...told } = rule;
      all.push({ ...told, status: row.status });
    }
    return all;
  }

  async dryRun(account: string, definition: object, days: number): Told<ReplayTold> {
    const { status: _, ...given } = definition as RuleTold;
    const parsed = ruleSchema.safeParse({ ...given, id: given.id ?? 'given' });
    if (!parsed.success) {
      const at = parsed.error.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`);
      return { problem: `no rule: ${at.join('; ')}` };
    }
    const nowMs = Date.now();
    const found = await dryRun(this.db, account, parsed.data, days, nowMs);
    return isTooMuch(found) ? { problem: found.problem } : replayTold(found, days, nowMs);
  }

  async suggestions(account: string): Told<readonly SuggestionTold[]> {
    const found = await suggestions(this.db, account, Date.now());
    return isTooMuch(found) ? { problem: found.problem } : found.map(suggestionTold);
  }

  executions(account: string, asked: ExecutionsAsked): Promise<readonly ExecutionShown[]> {
    return listExecutions(this.db, account, asked);
  }
}

/** Of a list that is longer than a page the rest is asked for. */
const PAGE = 500;

export class ApiRules implements RuleSource {
  /** @param url of the admin port, without a slash at its end */
  constructor(
    private readonly url: string,
    private readonly key: string,
  ) {}

  async accounts(): Told<readonly string[]> {
    const found = await this.#list<{ id: string }>('/accounts', {}, Infinity);
    return 'problem' in found ? found : found.map(({ id }) => id);
  }

  rules(account: string): Told<readonly RuleTold[]> {
    return this.#list(`/accounts/${account}/rules`, {}, Infinity);
  }

  dryRun(account: string, definition: object, days: number): Told<ReplayTold> {
    const { status: _, ...rule } = definition as RuleTold;
    return this.#call('POST', `/accounts/${account}/rules/dry-run`, { rule, days });
  }

  async suggestions(account: string): Told<readonly SuggestionTold[]> {
    const found = await this.#call<{ items: SuggestionTold[] }>('GET', `/accounts/${account}/rule-suggestions`);
    return 'problem' in found ? found : found.items;
  }

  executions(account: string, { rule, campaign, outcome, limit }: ExecutionsAsked): Told<readonly ExecutionShown[]> {
    const query = { ...(rule && { rule }), ...(campaign && { campaign }), ...(outcome && { outcome }) };
    return this.#list(`/accounts/${account}/rule-executions`, query, limit);
  }

  async #list<T>(path: string, query: Readonly<Record<string, string>>, limit: number): Told<readonly T[]> {
    const items: T[] = [];
    let next: Readonly<Record<string, string>> = {};
    while (items.length < limit) {
      const search = new URLSearchParams({ ...query, ...next, limit: String(Math.min(limit - items.length, PAGE)) });
      const page = await this.#call<{ items: T[]; next_cursor: string | null }>('GET', `${path}?${search}`);
      if ('problem' in page) return page;
      items.push(...page.items);
      if (page.next_cursor === null) break;
      next = { cursor: page.next_cursor };
    }
    return items;
  }

  async #call<T extends object>(method: string, path: string, body?: object): Told<T> {
    try {
      const headers = { 'x-api-key': this.key, 'content-type': 'application/json' };
      const answer = await fetch(this.url + path, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const value = (await answer.json()) as T & { error?: { code: string; message: string; details?: string[] } };
      if (value.error === undefined) return value;
      const { code, message, details = [] } = value.error;
      return { problem: [`${code}: ${message}`, ...details].join('; ') };
    } catch (error) {
      const { message, cause } = error as Error;
      return { problem: `${this.url}: ${cause instanceof Error ? cause.message : message}` };
    }
  }
}
