// Fuzzes the admin API of a running Gavel: every operation of the document, with what its schemas take and with what
// they do not. No answer may be a 5xx, be none, or be another envelope; afterwards the bidder bids and nothing was
// logged that is a bug.

import { Agent, request } from 'node:http';
import { operatorOf } from '../../server/testing/api_client.js';
import { bidRequest, campaignsOf } from '../../server/testing/campaigns.js';
import { type Owner, startGavel } from '../../server/testing/gavel_process.js';
import { type DocumentedOperation, ExampleCalls, operationsOf } from '../../server/testing/openapi_calls.js';
import { ask, bid } from '../../server/testing/wire.js';
import { type FuzzCall, FuzzCalls } from './calls.js';
import { Random } from './random.js';

export interface FuzzOptions {
  readonly seed: number;
  /** Ends at whichever comes first. */
  readonly calls: number;
  readonly seconds: number;
}

export interface FuzzTally {
  readonly calls: number;
  /** Answers by status; 0: the connection was broken by the fuzz. */
  readonly statuses: Readonly<Record<string, number>>;
  /** One line for each call that went wrong. */
  readonly failures: readonly string[];
}

const ANSWER_MS_MAX = 15_000;
const AT_ONCE = 4;
const FAILURES_MAX = 20;
const BUGS = /"msg":"(call failed|admin request failed|broken invariant[^"]*)"/;

/** @param progress told the calls so far, now and then */
export async function fuzzApi(t: Owner, options: FuzzOptions, progress: (calls: number) => void): Promise<FuzzTally> {
  const gavel = await startGavel(t, {
    campaigns: campaignsOf([{ id: 'first' }]),
    env: { GAVEL_API_CALLS: '1000000', GAVEL_JOBS: 'on' },
  });
  const root = await operatorOf(gavel);
  const { text } = await ask(gavel.adminPort, { method: 'GET', path: '/openapi.json' });
  const operations = [...operationsOf(JSON.parse(text)).values()];
  const examples = new ExampleCalls();
  await prepare(gavel.adminPort, gavel.adminKey, operations, examples);
  const trader = await root.call('POST /accounts/acme/keys', { name: 'fuzz', role: 'trader' });
  const calls = new FuzzCalls(operations, examples, [gavel.adminKey, trader.body?.key ?? '', 'no key', '']);
  const random = new Random(options.seed);
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const statuses: Record<string, number> = {};
  const failures: string[] = [];
  const deadline = performance.now() + options.seconds * 1000;
  let made = 0;
  const run = async (): Promise<void> => {
    while (made < options.calls && performance.now() < deadline && failures.length < FAILURES_MAX) {
      const number = made++;
      if (number % 1000 === 999) progress(number + 1);
      const call = calls.next(random);
      const answer = await send(gavel.adminPort, call, agent);
      statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
      const problem = problemOf(call, answer);
      if (problem !== undefined) failures.push(`call ${number} ${describe(call)}: ${problem}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, run));
  agent.destroy();
  if ((await bid(gavel.port, bidRequest())).status !== 200) failures.push('the bidder does not bid any more');
  if ((await root.call('GET /accounts')).status !== 200) failures.push('the API does not answer any more');
  const bug = gavel.log.split('\n').find((line) => BUGS.test(line));
  if (bug !== undefined) failures.push(bug);
  return { calls: made, statuses, failures };
}

/** What the examples need of each other: what creates, until nothing more can be. */
async function prepare(
  port: number,
  key: string,
  operations: readonly DocumentedOperation[],
  examples: ExampleCalls,
): Promise<void> {
  const creating = operations.filter(({ method, responses }) => method === 'POST' && '201' in responses);
  const left = new Set(creating);
  for (let before = Infinity; left.size > 0 && left.size < before; ) {
    before = left.size;
    for (const operation of left) {
      const answer = await ask(port, examples.ask(operation, key));
      if (answer.status === 201) examples.answered(operation, JSON.parse(answer.text));
      if (answer.status < 400 || answer.status === 409) left.delete(operation);
    }
  }
}

interface FuzzAnswer {
  readonly status: number;
  readonly text: string;
  readonly contentType: string;
}

function send(port: number, call: FuzzCall, agent: Agent): Promise<FuzzAnswer> {
  const { method, path, headers, body, halfSent } = call;
  return new Promise((resolve) => {
    const length = body === undefined ? {} : { 'content-length': body.length };
    const given = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, value as string | string[]]),
    );
    const outgoing = request({ host: '127.0.0.1', port, method, path, headers: { ...given, ...length }, agent });
    outgoing.setTimeout(ANSWER_MS_MAX, () => outgoing.destroy(new Error('no answer')));
    outgoing.once('error', ({ message }) => resolve({ status: 0, text: message, contentType: '' }));
    outgoing.once('response', (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.once('error', ({ message }) => resolve({ status: 0, text: message, contentType: '' }));
      incoming.once('end', () => {
        const contentType = incoming.headers['content-type'] ?? '';
        resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString(), contentType });
      });
    });
    if (halfSent && body !== undefined) {
      outgoing.write(body.subarray(0, body.length >> 1), () => outgoing.destroy(new Error('half sent')));
    } else outgoing.end(body);
  });
}

/** What is wrong with an answer; undefined: nothing. */
function problemOf({ method, halfSent }: FuzzCall, { status, text, contentType }: FuzzAnswer): string | undefined {
  if (status === 0) return halfSent ? undefined : `no answer: ${text}`;
  if (status >= 500) return `${status} ${text.slice(0, 300)}`;
  if (method === 'HEAD' || status === 204 || status === 304) return undefined;
  if (status < 400) return undefined;
  if (!contentType.startsWith('application/json')) return `${status} as ${contentType}`;
  const code: unknown = (JSON.parse(text) as { error?: { code?: unknown } }).error?.code;
  return typeof code === 'string' ? undefined : `${status} without a code: ${text.slice(0, 300)}`;
}

function describe({ operationId, method, path, headers, body }: FuzzCall): string {
  const text = body === undefined ? '' : Buffer.from(body).toString().slice(0, 300);
  return `${operationId} ${method} ${path.slice(0, 200)} ${JSON.stringify(headers).slice(0, 300)} ${text}`;
}
