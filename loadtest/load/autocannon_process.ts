// autocannon as a process of its own, on the load's core: takes its options from whoever started it, answers with its
// result. It keeps one request on each connection and sends the next when it is answered, so that it says how many
// requests a server answers, and nothing of how long they wait under a given load.

import autocannon from 'autocannon';

export interface CannonJob {
  readonly url: string;
  readonly path: string;
  readonly connections: number;
  readonly seconds: number;
  readonly bodies: readonly string[];
}

export interface CannonResult {
  readonly requests: number;
  readonly seconds: number;
  readonly bids: number;
  readonly no_bids: number;
  /** Of other statuses, of sockets, of timeouts. */
  readonly errors: number;
  readonly client_cpu_s: number;
}

const HEADERS = { 'content-type': 'application/json', 'x-openrtb-version': '2.6' };

process.once('message', (job: CannonJob) => {
  void fire(job).then((result) => {
    process.send?.({ result }, () => process.disconnect());
  });
});

async function fire({ url, path, connections, seconds, bodies }: CannonJob): Promise<CannonResult> {
  const requests = bodies.map((body) => ({ method: 'POST', path, headers: HEADERS, body }));
  const before = process.cpuUsage();
  const result = await autocannon({ url, connections, duration: seconds, requests });
  const { user, system } = process.cpuUsage(before);
  const count = (status: string): number => result.statusCodeStats[status]?.count ?? 0;
  const [bids, noBids] = [count('200'), count('204')];
  const others = result['2xx'] + result.non2xx - bids - noBids;
  return {
    requests: result['2xx'] + result.non2xx,
    seconds: result.duration,
    bids,
    no_bids: noBids,
    errors: others + result.errors + result.timeouts,
    client_cpu_s: (user + system) / 1e6,
  };
}
