// The sample as a first start has it: a request of each format gets its bid over HTTP, is counted by its format, and is
// explained by the running bidder and by the command line alike.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { FORMATS } from '../bidcore/creative_file.js';
import { startGavel } from './testing/gavel_process.js';
import { metric } from './testing/metric.js';
import { ask } from './testing/wire.js';

t.setTimeout(120_000);

const GAVEL = fileURLToPath(new URL('../../server/gavel.mjs', import.meta.url));
const SAMPLE = fileURLToPath(new URL('../../server/sample/', import.meta.url));
const SAMPLES = [
  { file: 'request.json', exchange: 'default', format: 'banner' },
  { file: 'requests/video.json', exchange: 'meadow', format: 'video' },
  { file: 'requests/video-pod.json', exchange: 'tidal', format: 'video' },
  { file: 'requests/audio.json', exchange: 'openhouse', format: 'audio' },
  { file: 'requests/native.json', exchange: 'meadow', format: 'native' },
] as const;

interface Bid {
  readonly cid: string;
  readonly crid: string;
  readonly mtype: number;
}

interface Explained {
  readonly outcome: string;
  readonly impressions: readonly {
    readonly slots: readonly {
      readonly ads: readonly { readonly outcome: string; readonly campaign: string; readonly creative: string }[];
    }[];
  }[];
}

/** Campaign and creative of each bid an explanation tells of. */
function winners(explanation: string): string[] {
  const { impressions } = JSON.parse(explanation) as Explained;
  const ads = impressions.flatMap(({ slots }) => slots.flatMap((slot) => slot.ads));
  return ads.filter(({ outcome }) => outcome === 'won').map(({ campaign, creative }) => `${campaign} ${creative}`);
}

t.test('a request of each format', async (t) => {
  const { port, adminPort, adminKey, dataDir } = await startGavel(t);
  for (const { file, exchange, format } of SAMPLES) {
    await t.test(`${file} from ${exchange}`, async (t) => {
      const body = readFileSync(SAMPLE + file);
      const series = `gavel_bids_by_format_total{format="${format}"}`;
      const before = await metric(port, series);
      const headers = { 'x-gavel-exchange': exchange };
      const answer = await ask(port, { path: '/bid', body, headers });
      t.equal(answer.status, 200);
      const bids: Bid[] = JSON.parse(answer.text).seatbid.flatMap(({ bid }: { bid: Bid[] }) => bid);
      t.same(
        bids.map(({ mtype }) => FORMATS[mtype - 1]),
        bids.map(() => format),
      );
      t.equal((await metric(port, series)) - before, bids.length);

      const made = bids.map(({ cid, crid }) => `${cid} ${crid}`).sort();
      const path = `/explain?exchange=${exchange}`;
      const live = await ask(adminPort, { path, body, headers: { 'x-api-key': adminKey } });
      t.same(winners(live.text).sort(), made, 'explained by the running bidder');
      const args = [GAVEL, 'explain', SAMPLE + file, '--json', '--exchange', exchange];
      const env = { ...process.env, GAVEL_DATA_DIR: dataDir };
      const { stdout } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
      t.same(winners(stdout).sort(), made, 'and by the command line');
      const text = spawnSync(
        process.execPath,
        args.filter((arg) => arg !== '--json'),
        { env, encoding: 'utf8' },
      );
      t.match(text.stdout, /^Bid \(HTTP 200\)\. [\s\S]* won\n/);
    });
  }
});
