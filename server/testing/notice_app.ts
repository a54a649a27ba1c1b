// The notice routes on a port of their own, with a ledger for tests behind them.

import { App, us_listen_socket_close, us_socket_local_port } from 'uWebSockets.js';
import type { Test } from 'tap';
import * as map from '../../assembly/memory_map.js';
import { createMemory } from '../../bidcore/hotpath.js';
import { googlePrice, plainPrice } from '../../bidcore/money/clearing_price.js';
import { addressSigner, type SignAddress } from '../../bidcore/money/click_address.js';
import type { NoticeKind } from '../../bidcore/money/event.js';
import { KeyRing } from '../../bidcore/money/key_ring.js';
import { NoticeCounts, noticeTotals } from '../../bidcore/money/notice_counts.js';
import { type NoticeOutcome, outcomeNumber } from '../../bidcore/money/notice_outcomes.js';
import { OTHER_KEY, TEST_KEY } from '../../bidcore/testing/notice_tokens.js';
import { Activity } from '../activity.js';
import { LedgerPort } from '../notices/ledger_port.js';
import { NoticeRoutes } from '../notices/notice_routes.js';
import { LedgerStandIn } from './ledger_stand_in.js';

/** Keys of the exchange at position 9, which encrypts its prices. */
export const GOOGLE_EXCHANGE = 9;
const GOOGLE_KEYS = { encryption: Buffer.alloc(32, 1), integrity: Buffer.alloc(32, 2) };

export interface NoticeApp {
  readonly port: number;
  readonly ledger: LedgerStandIn;
  readonly way: LedgerPort;
  readonly activity: Activity;
  readonly sign: SignAddress;
  /** How many notices of a kind became that. */
  count(kind: NoticeKind, outcome: NoticeOutcome): number;
}

/** @param waitingMax notices that may wait for the ledger */
export async function startNoticeApp(t: Test, waitingMax = 100): Promise<NoticeApp> {
  const ledger = new LedgerStandIn();
  const way = new LedgerPort(waitingMax);
  way.use(ledger.connect());
  const ring = new KeyRing(TEST_KEY, [OTHER_KEY]);
  const google = googlePrice(GOOGLE_KEYS);
  const price = (exchange: number) => (exchange === GOOGLE_EXCHANGE ? google : plainPrice);
  const activity = new Activity();
  const memory = createMemory();
  const app = App();
  const routes = new NoticeRoutes({ ring, lifeS: 3600, price }, way, new NoticeCounts(memory, 0), activity);
  routes.register(app);
  const port = await new Promise<number>((resolve, reject) => {
    app.listen('127.0.0.1', 0, (socket) => {
      if (socket === false) return reject(new Error('no port'));
      t.teardown(() => {
        us_listen_socket_close(socket);
        app.close();
        way.close();
        ledger.close();
      });
      resolve(us_socket_local_port(socket));
    });
  });
  const row = (offset: number, count: number): number[] => [
    ...new Float64Array(memory.buffer, map.COUNTERS + offset, count),
  ];
  const count = (kind: NoticeKind, outcome: NoticeOutcome): number =>
    noticeTotals(row).find((totals) => totals.kind === kind)?.outcomes[outcomeNumber(outcome)] ?? Number.NaN;
  return { port, ledger, way, activity, sign: addressSigner(ring), count };
}
