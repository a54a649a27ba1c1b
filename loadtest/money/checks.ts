// What must be true of a node and of the books at a moment when nothing is under way between them.

import { bucketOf, lastEnded } from '../../bidcore/money/reservations.js';
import type { SimNode } from './node.js';
import { Broken, type Oracle } from './oracle.js';
import type { SharedBooks } from './shared_books.js';

/** A lease and its campaign as the books have them. */
interface Booked {
  readonly grantedMicros: number;
  readonly billedMicros: number;
  readonly foreignMicros: number;
}

export function checkNode(node: SimNode, books: SharedBooks | undefined, oracle: Oracle): void {
  const { run } = node;
  if (run === undefined) return;
  checkHeld(node, oracle);
  const campaigns = run.local === undefined ? sharedLeases(books as SharedBooks) : localLeases(node);
  for (const [campaign, { spentMicros, lateMicros, leases }] of campaigns) {
    let held = 0;
    for (const { grantedMicros, billedMicros } of leases.values()) held += Math.max(0, grantedMicros - billedMicros);
    if (spentMicros - lateMicros + held > oracle.limit(campaign)) {
      throw new Broken(`${campaign}: ${spentMicros} spent, ${lateMicros} of it late, and ${held} held by leases`);
    }
    if (!node.isQuiet) continue;
    for (const its of run.leases.holdings(campaign)) {
      const booked = leases.get(its.lease);
      if (booked === undefined) continue; // not granted yet, or ended
      const own = booked.billedMicros - booked.foreignMicros;
      const sum = its.availableMicros + its.heldMicros + own + its.foreignMicros + its.retractedMicros;
      if (sum !== its.grantedMicros) {
        const billed = `${own} and ${its.foreignMicros} billed, ${its.retractedMicros} retracted`;
        const parts = `${its.availableMicros} available, ${its.heldMicros} held, ${billed}`;
        throw new Broken(
          `node ${node.number}, lease ${its.lease} of ${campaign}: ${its.grantedMicros} is not ${parts}`,
        );
      }
      if (its.grantedMicros > booked.grantedMicros) {
        const granted = `${its.grantedMicros} granted, ${booked.grantedMicros} by the books`;
        throw new Broken(`node ${node.number}, lease ${its.lease} of ${campaign}: ${granted}`);
      }
    }
  }
}

/** A bucket is freed when everything that came before its end is booked. */
function checkHeld({ run, number }: SimNode, oracle: Oracle): void {
  for (const { bid, issuedS, expiryS } of oracle.mustBeHeld(number)) {
    const { level, bucket } = bucketOf(issuedS, expiryS);
    if (run !== undefined && bucket <= lastEnded(level, run.number / 1000)) continue;
    if (run !== undefined && bucket <= run.funds.freed(level)) {
      throw new Broken(`node ${number} has freed what bid ${bid} held, and its bill is not booked yet`);
    }
  }
}

interface Books {
  readonly spentMicros: number;
  readonly lateMicros: number;
  readonly leases: ReadonlyMap<number, Booked>;
}

function sharedLeases({ campaigns }: SharedBooks): Iterable<readonly [string, Books]> {
  return campaigns;
}

function* localLeases({ run }: SimNode): Iterable<readonly [string, Books]> {
  for (const [campaign, , spentMicros, lateMicros, , leases] of run?.local?.dump().campaigns ?? []) {
    const byNumber = new Map(leases.map((lease) => [lease.lease, { ...lease, foreignMicros: 0 }]));
    yield [campaign, { spentMicros, lateMicros, leases: byNumber }];
  }
}
