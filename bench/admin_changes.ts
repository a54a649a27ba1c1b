// How soon a change is in the bids: campaigns are created one by one, each for a site of its own, and that site is bid
// for until the campaign answers.

import { sleep } from './processes.js';

const LIVE_MS_MAX = 30_000;
const LOOK_MS = 4;
/** Between two changes: each finds the one before in force. */
const REST_MS = 700;
/** CPM: more than any other campaign of the book pays. */
const BID_MICROS = 900_000_000;

interface Ports {
  readonly port: number;
  readonly adminPort: number;
  readonly key: string;
}

/**
 * Times the changes.
 * @returns from the call to the first bid with what it created, milliseconds each
 */
export async function changesLive(ports: Ports, count: number, note: (n: number) => void): Promise<number[]> {
  await send(ports, '/accounts', { id: 'probe', seat: 'probe' });
  await send(ports, '/accounts/probe/creatives', {
    id: 'banner',
    type: 'banner',
    w: 300,
    h: 250,
    advertiser_domains: ['probe.example'],
    landing_url: 'https://probe.example/',
    image_url: 'https://cdn.probe.example/banner.png',
  });
  const times: number[] = [];
  for (let n = 0; n < count; n++) {
    await sleep(REST_MS);
    note(n + 1);
    const startedMs = performance.now();
    await send(ports, '/campaign/create', campaignFor(n));
    while (!(await bidsWith(ports.port, n))) {
      if (performance.now() - startedMs > LIVE_MS_MAX) throw new Error(`admin: campaign probe-${n} does not bid`);
      await sleep(LOOK_MS);
    }
    times.push(performance.now() - startedMs);
  }
  return times;
}

function campaignFor(n: number): object {
  const group = {
    id: 'group',
    goal: { type: 'cpm', bid_micros: BID_MICROS },
    max_bid_cpm_micros: BID_MICROS,
    targeting: { domains: [`probe-${n}.example`] },
    creatives: ['banner'],
  };
  return { id: `probe-${n}`, account: 'probe', budget_micros: 1e12, ad_groups: [group] };
}

async function send({ adminPort, key }: Ports, path: string, body: object): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${adminPort}${path}`, {
    method: 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (answer.status !== 201) throw new Error(`admin: POST ${path} was answered ${answer.status}: ${text}`);
}

async function bidsWith(port: number, n: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/openrtb2/bid`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      id: `probe-${n}`,
      imp: [{ id: '1', banner: { w: 300, h: 250 } }],
      site: { domain: `probe-${n}.example` },
      device: { geo: { country: 'DEU' } },
      at: 1,
    }),
  });
  return (await answer.text()).includes(`"cid":"probe-${n}"`);
}
