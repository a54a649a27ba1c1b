// Agents that are trained, and their configurations. A configuration is never changed: another one has the next number,
// so a training run always says what it was made with.

import type { Selectable } from 'kysely';
import { z } from 'zod';
import { id } from '../../../bidcore/creative_file.js';
import { toJson } from '../../sql/database.js';
import type { AgentsTable } from '../../sql/schema/learning.js';
import { cursorAfter, readCursor } from '../cursor.js';
import { isFailure, notFound } from '../errors.js';
import { operation, type Who } from '../operation.js';
import { crud, pageOf, pageQuery, type Store, type Stored } from './crud.js';
import { changedRow, parameter, timeText } from './rows.js';

const operator: Who = { kind: 'operator' };

const agentBody = z.strictObject({
  id,
  name: z.string().min(1).max(256),
  algorithm: z.string().min(1).max(64).describe('Such as ppo, dqn, sac, td3'),
});
type Agent = z.output<typeof agentBody>;

const store: Store<Agent, Agent> = {
  async list(db, _path, { after, limit }) {
    const rows = await db
      .selectFrom('agents')
      .selectAll()
      .where('status', '=', 'active')
      .$if(after !== undefined, (query) => query.where('id', '>', after ?? ''))
      .orderBy('id')
      .limit(limit)
      .execute();
    return rows.map(shownOf);
  },
  async get(db, path) {
    const row = await db
      .selectFrom('agents')
      .selectAll()
      .where('id', '=', parameter(path, 'agent'))
      .where('status', '=', 'active')
      .executeTakeFirst();
    return row && shownOf(row);
  },
  async insert(db, _path, value) {
    await db.insertInto('agents').values(value).execute();
  },
  async update(db, path, { name, algorithm }) {
    const where = parameter(path, 'agent');
    await db
      .updateTable('agents')
      .set({ name, algorithm, ...changedRow })
      .where('id', '=', where)
      .execute();
  },
  async remove(db, path) {
    const where = parameter(path, 'agent');
    await db
      .updateTable('agents')
      .set({ status: 'archived', ...changedRow })
      .where('id', '=', where)
      .execute();
  },
};

function shownOf({ id: agent, name, algorithm, version }: Selectable<AgentsTable>): Stored<Agent> {
  return { version, account: undefined, shown: { id: agent, name, algorithm } };
}

export const agents = crud({
  names: ['Agent', 'Agents'],
  noun: 'agent',
  tag: 'agents',
  path: '/agents',
  parameter: 'agent',
  body: agentBody,
  shown: agentBody,
  who: { list: operator, read: operator, create: operator, change: operator },
  changesBook: false,
  store,
  example: {
    body: { id: 'pacer-ppo', name: 'PPO on top of the pacer', algorithm: 'ppo' },
    patch: { name: 'PPO on top of the pacer, wide' },
  },
});

const configShown = z.strictObject({
  number: z.int().min(1),
  config: z.record(z.string(), z.unknown()),
  created_at: z.iso.datetime(),
});
const path = '/agents/{agent}/configs';
const example = { path: { agent: 'pacer-ppo' } };

const addConfig = operation({
  id: 'addAgentConfig',
  kind: 'change',
  method: 'POST',
  path,
  tag: 'agents',
  summary: 'Add a configuration of an agent; it gets the next number',
  who: operator,
  body: z.strictObject({ config: z.record(z.string(), z.unknown()) }),
  response: configShown,
  status: 201,
  example: { ...example, body: { config: { learning_rate: 0.0003, clip: 0.2 } } },
  handle: async ({ db, path: at, body, audit }) => {
    const agent = parameter(at, 'agent');
    if ((await store.get(db, at)) === undefined) return notFound('agent');
    const last = await db
      .selectFrom('agent_configs')
      .select('number')
      .where('agent_id', '=', agent)
      .orderBy('number', 'desc')
      .limit(1)
      .executeTakeFirst();
    const number = (last?.number ?? 0) + 1;
    const row = await db
      .insertInto('agent_configs')
      .values({ agent_id: agent, number, config: toJson(body.config) })
      .returningAll()
      .executeTakeFirstOrThrow();
    await audit({ action: 'create', entity: 'agent config', id: `${agent}:${number}`, after: body.config });
    return { body: { number, config: row.config, created_at: timeText(row.created_at) } };
  },
});

const listConfigs = operation({
  id: 'listAgentConfigs',
  kind: 'read',
  method: 'GET',
  path,
  tag: 'agents',
  summary: 'List the configurations of an agent, the latest first',
  who: operator,
  query: pageQuery,
  response: pageOf(configShown),
  example,
  handle: async ({ db, path: at, query }) => {
    const after = readCursor(query.cursor);
    if (isFailure(after)) return after;
    if ((await store.get(db, at)) === undefined) return notFound('agent');
    const rows = await db
      .selectFrom('agent_configs')
      .selectAll()
      .where('agent_id', '=', parameter(at, 'agent'))
      .$if(after !== undefined, (rest) => rest.where('number', '<', Math.floor(Number(after)) || 0))
      .orderBy('number', 'desc')
      .limit(query.limit + 1)
      .execute();
    const items = rows.slice(0, query.limit).map(({ number, config, created_at }) => ({
      number,
      config,
      created_at: timeText(created_at),
    }));
    const last = items.at(-1);
    const next = rows.length > query.limit && last ? cursorAfter(String(last.number)) : null;
    return { body: { items, next_cursor: next } };
  },
});

export const agentConfigOperations = [addConfig, listConfigs];
