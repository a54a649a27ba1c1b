// The contract: every operation of the served OpenAPI document against a running Gavel, on both databases. A good call
// (its example), what its schemas do not take, no credentials, too small a role, another account, ETags that are none
// or old, too many calls. The table of operations gives nothing but the order in which the examples need each other.

import { Agent } from 'node:http';
import t, { type Test } from 'tap';
import { operatorOf } from '../testing/api_client.js';
import { bidRequest, campaignsOf } from '../testing/campaigns.js';
import { type GavelProcess, startGavel, startGavelWithCluster } from '../testing/gavel_process.js';
import { misfitsOf } from '../testing/misfits.js';
import {
  type Deviation,
  type DocumentedOperation,
  ExampleCalls,
  isConditional,
  operationsOf,
  type Parameter,
} from '../testing/openapi_calls.js';
import { plantModels } from '../testing/planted_models.js';
import { startPostgres } from '../testing/postgres_server.js';
import { type Answer, ask, bid } from '../testing/wire.js';
import { OPERATIONS } from './operations.js';

t.setTimeout(240_000);

const AT_ONCE = 8;
/** Of strangers, a minute (api.ts). */
const STRANGERS = 300;
const ROLES = ['viewer', 'trader', 'admin'] as const;
const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
t.teardown(() => agent.destroy());

const codeOf = ({ text }: Answer): string | undefined => (text === '' ? undefined : JSON.parse(text).error?.code);

const isJson = ({ headers, text }: Answer): boolean =>
  text !== '' && String(headers['content-type']).startsWith('application/json');

/** Calls a Gavel as its document says. */
class Contract {
  readonly operations: readonly DocumentedOperation[];
  readonly #calls = new ExampleCalls();
  readonly #port: number;

  constructor(port: number, documented: ReadonlyMap<string, DocumentedOperation>) {
    this.#port = port;
    this.operations = OPERATIONS.map(({ id }) => {
      const operation = documented.get(id);
      if (operation === undefined) throw new Error(`${id} is not documented`);
      return operation;
    });
  }

  static async of(gavel: GavelProcess): Promise<Contract> {
    const { text } = await ask(gavel.adminPort, { method: 'GET', path: '/openapi.json' });
    return new Contract(gavel.adminPort, operationsOf(JSON.parse(text)));
  }

  async send(operation: DocumentedOperation, key: string, deviation: Deviation = {}): Promise<Answer> {
    const answer = await ask(this.#port, { ...this.#calls.ask(operation, key, deviation), agent });
    if (answer.status < 300 && isJson(answer)) this.#calls.answered(operation, JSON.parse(answer.text));
    return answer;
  }
}

/** The example, and that its answer is as documented. */
async function good(t: Test, contract: Contract, operation: DocumentedOperation, key: string): Promise<void> {
  const entry = OPERATIONS.find(({ id }) => id === operation.operationId);
  const answer = await contract.send(operation, key);
  t.equal(answer.status, entry?.status, `${operation.operationId}: ${answer.text.slice(0, 300)}`);
  if (answer.status === 204) return;
  const misfit = entry?.response?.safeParse(JSON.parse(answer.text)).error?.message;
  t.equal(misfit, undefined, `${operation.operationId}: its answer`);
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const run = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, run));
}

/** What the schemas of an operation do not take. Routes that read their requests themselves may take more. */
function badCalls(operation: DocumentedOperation): readonly (Deviation & { readonly what: string })[] {
  const content = operation.requestBody?.content['application/json'];
  const bodies = content === undefined ? [] : misfitsOf(content.schema, content.example);
  return [
    { what: 'unknown parameter', query: { no_such_parameter: '1' } },
    ...bodies.map(({ what, value }) => ({ what, body: value })),
    ...operation.parameters.filter((parameter) => parameter.in === 'query').flatMap(badQueries),
  ];
}

function badQueries({ name, schema }: Parameter): readonly (Deviation & { readonly what: string })[] {
  const values = misfitsOf({ type: 'object', properties: { [name]: schema } }, {}).flatMap(({ value }) =>
    typeof value === 'object' && value !== null && name in value ? [(value as Record<string, unknown>)[name]] : [],
  );
  const isText = schema.type === 'string' && schema.enum === undefined;
  const fit = (value: unknown): boolean => isText && !(typeof value === 'string' && value.length > 900);
  return values
    .filter((value) => !fit(value))
    .map((value) => ({
      what: `query ${name}`,
      query: { [name]: typeof value === 'string' ? value : JSON.stringify(value) },
    }));
}

for (const kind of ['pglite', 'postgres'] as const) {
  t.test(kind, async (t) => {
    const site = kind === 'postgres' ? await startPostgres() : undefined;
    if (site !== undefined) t.teardown(() => site.stop());
    const env = { GAVEL_API_CALLS: '100000', ...(site && { DATABASE_URL: await site.database() }) };
    const start = site === undefined ? startGavelWithCluster : startGavel;
    const gavel = await start(t, { campaigns: campaignsOf([{ id: 'first' }]), env });
    plantModels(gavel.dataDir, gavel.modelPath); // for the examples: two versions, a retraining of the policy
    const root = await operatorOf(gavel);
    const contract = await Contract.of(gavel);
    const { operations } = contract;
    const key = gavel.adminKey;
    const removals = operations.filter(({ method }) => method === 'DELETE');
    const before = operations.filter(({ method }) => method !== 'DELETE');
    const keyOf = async (account: string, role: string): Promise<string> =>
      (await root.call(`POST /accounts/${account}/keys`, { name: role, role })).body?.key ?? '';

    await t.test('every example works, and answers what its schema says', async (t) => {
      for (const operation of before) await good(t, contract, operation, key);
    });

    await t.test('what a schema does not take is refused as documented', async (t) => {
      const all = operations.flatMap((operation) => badCalls(operation).map((call) => ({ operation, ...call })));
      // They end before the database is asked, in code that all share: some will do, others on each database.
      const [of, first] = kind === 'pglite' ? [4, 0] : [20, 1];
      const cases = all.filter((_, i) => i % of === first);
      await inParallel(cases, async ({ operation, what, ...deviation }) => {
        const answer = await contract.send(operation, key, deviation);
        const name = `${operation.operationId} ${what}: ${answer.status} ${answer.text.slice(0, 100)}`;
        t.ok(String(answer.status) in operation.responses, name);
        if (operation.tags.includes('live')) t.ok(answer.status < 500, name);
        // The account of a body is looked at before the rest of it.
        else if (/^(\.account|\(all\)): /.test(what)) t.ok([400, 404].includes(answer.status), name);
        else t.equal(answer.status, 400, name);
      });
      t.ok(all.length > operations.length);
    });

    await t.test('ids that are none are not there, whatever they look like', async (t) => {
      const named = operations.flatMap((operation) =>
        operation.parameters.filter(({ in: place }) => place === 'path').map(({ name }) => ({ operation, name })),
      );
      await inParallel(named, async ({ operation, name }) => {
        for (const value of ['no-such', `x' or '1'='1`, '..%2f..', 'ключ', 'x'.repeat(65)]) {
          const answer = await contract.send(operation, key, { path: { [name]: value } });
          t.equal(answer.status, 404, `${operation.operationId} ${name} ${value}: ${answer.text.slice(0, 100)}`);
        }
      });
    });

    await t.test('a change needs the ETag of what is to change', async (t) => {
      await inParallel(operations.filter(isConditional), async (operation) => {
        const none = await contract.send(operation, key, { unconditional: true });
        t.same([none.status, codeOf(none)], [428, 'precondition_required'], operation.operationId);
        const old = await contract.send(operation, key, { headers: { 'if-match': '"0"' } });
        t.same([old.status, codeOf(old)], [412, 'precondition_failed'], operation.operationId);
      });
    });

    await t.test('who has no key, too small a role, or another account is refused', async (t) => {
      const other = (await root.call('POST /accounts', { id: 'other', seat: 'other' })).status;
      t.equal(other, 201);
      const [viewer, trader, stranger] = await Promise.all([
        keyOf('acme', 'viewer'),
        keyOf('acme', 'trader'),
        keyOf('other', 'admin'),
      ]);
      const held = { viewer, trader } as const;
      await inParallel(operations, async (operation) => {
        const { operationId: id, 'x-access': access } = operation;
        if (access === 'open') return;
        const nobody = await contract.send(operation, '');
        t.same([nobody.status, codeOf(nobody)], [401, 'unauthorized'], id);
        if (access === 'caller') return;
        for (const role of ['viewer', 'trader'] as const) {
          const enough = access !== 'operator' && ROLES.indexOf(role) >= ROLES.indexOf(access);
          if (enough) continue;
          const { status } = await contract.send(operation, held[role]);
          t.equal(status, 403, `${id} as ${role}`);
        }
        const { status } = await contract.send(operation, stranger);
        t.equal(status, access === 'operator' ? 403 : 404, `${id} of another account`);
      });
    });

    await t.test('what is deleted in the end is gone', async (t) => {
      for (const operation of removals) await good(t, contract, operation, key);
      t.equal((await bid(gavel.port, bidRequest())).status, 200, 'and the bidder bids');
      t.notMatch(gavel.log, /"msg":"(call failed|admin request failed)"/);
    });
  });
}

t.test('calls over the limit are told when to come again, whichever they are', async (t) => {
  const gavel = await startGavelWithCluster(t, {
    campaigns: campaignsOf([{ id: 'first' }]),
    env: { GAVEL_API_CALLS: '1' },
  });
  const contract = await Contract.of(gavel);
  const path = '/accounts';
  await ask(gavel.adminPort, { method: 'GET', path, headers: { 'x-api-key': gavel.adminKey } });
  const strange = Array.from({ length: STRANGERS }, (_, i) => i);
  await inParallel(strange, async () => void (await ask(gavel.adminPort, { method: 'GET', path, agent })));
  for (const operation of contract.operations) {
    const answer = await contract.send(operation, operation['x-access'] === 'open' ? '' : gavel.adminKey);
    t.same([answer.status, codeOf(answer)], [429, 'rate_limited'], operation.operationId);
    t.match(answer.headers, { 'retry-after': /^\d+$/, 'ratelimit-remaining': '0', 'ratelimit-reset': /^\d+$/ });
  }
});
