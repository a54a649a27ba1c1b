// The calling client of the admin benchmark, a process of its own at low priority, for callers are elsewhere: what
// traders and their programs ask, of which one call in two hundred changes a campaign.

import { Agent, request } from 'node:http';
import { setPriority } from 'node:os';
import { seededRandom } from '../bidcore/testing/random.js';
import { type AdminOrder, type AdminResult, type AdminTask, poisson } from './admin_shared.js';

const LOW_PRIORITY = 10;
/** Calls under way at once; more wait, and their time runs. */
const WAITING_MAX = 2000;

interface Kind {
  /** Of a hundred calls. */
  readonly share: number;
  readonly method: string;
  path(campaign: string): string;
  body?(draw: number): object;
}

const KINDS: readonly Kind[] = [
  { share: 49.5, method: 'GET', path: (campaign) => `/campaigns/${campaign}` },
  { share: 20, method: 'GET', path: (campaign) => `/campaign/${campaign}` },
  { share: 15, method: 'GET', path: () => '/campaigns?limit=20' },
  { share: 10, method: 'GET', path: () => '/stats' },
  { share: 5, method: 'GET', path: (campaign) => `/campaigns/${campaign}/ad-groups` },
  {
    share: 0.5,
    method: 'PATCH',
    path: (campaign) => `/campaigns/${campaign}`,
    body: (draw) => ({ daily_budget_micros: 1_000_000 + Math.floor(draw * 1e9) }),
  },
];

const { port, seed, perSecond, connections, key, campaigns } = JSON.parse(process.argv[2] as string) as AdminTask;
const agent = new Agent({ keepAlive: true, maxSockets: connections });
const random = seededRandom(seed);
let latencies: number[] = [];
let problems = 0;
let underWay = 0;
let on = false;
let round = 0;
setPriority(LOW_PRIORITY);

process.on('disconnect', () => process.exit());
process.on('message', (order: AdminOrder) => {
  on = order === 'start';
  if (on) return void poisson(perSecond, seed + round++, take);
  process.send?.({ latencies, problems } satisfies AdminResult);
  latencies = [];
  problems = 0;
});

function take(intendedMs: number): boolean {
  if (underWay < WAITING_MAX) call(intendedMs);
  else problems += 1;
  return on;
}

function call(intendedMs: number): void {
  const kind = drawn();
  const campaign = campaigns[Math.floor(random() * campaigns.length)] ?? '';
  const body = kind.body === undefined ? undefined : JSON.stringify(kind.body(random()));
  const headers = {
    'x-api-key': key,
    ...(body === undefined
      ? {}
      : { 'content-type': 'application/json', 'if-match': '*', 'content-length': Buffer.byteLength(body) }),
  };
  underWay += 1;
  const outgoing = request({ host: '127.0.0.1', port, method: kind.method, path: kind.path(campaign), headers, agent });
  outgoing.once('error', () => {
    underWay -= 1;
    problems += 1;
  });
  outgoing.once('response', (incoming) => {
    incoming.resume().once('end', () => {
      underWay -= 1;
      if (incoming.statusCode !== 200) problems += 1;
      latencies.push((performance.now() - intendedMs) * 1000);
    });
  });
  outgoing.end(body);
}

function drawn(): Kind {
  let draw = random() * 100;
  for (const kind of KINDS) {
    draw -= kind.share;
    if (draw < 0) return kind;
  }
  return KINDS[0] as Kind;
}
