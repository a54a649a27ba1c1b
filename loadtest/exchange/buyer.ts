// A bidder as the exchanges see it: it is asked, what it bids is held against the rivals, and what becomes of that is
// told. One buyer may be several nodes behind one name.

import { type Entry, type Settlement, settle, type Verdict } from './auction.js';
import { Books, chargeOf, type Tampering } from './books.js';
import { Chance } from './chance.js';
import { type Billed, Figures } from './figures.js';
import { HttpPool } from './http_pool.js';
import { NoticeDesk, type NoticeHabits, type ToldBid } from './notice_desk.js';
import type { Auction, Lot } from './traffic.js';
import type { NodeWires } from './wire.js';
import { bidsOf, billedMicros, fillMacros, markupPath, pathOf, tokenFacts, tokenOf, type WireBid } from './wire_bid.js';
import { valueMicros, type World } from './world.js';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface BuyerOptions {
  readonly name: string;
  readonly world: World;
  readonly nodes: readonly NodeWires[];
  readonly habits: NoticeHabits;
  /** The time that notices take is measured by, in milliseconds; without one it is that of this machine. */
  readonly virtualMs?: () => number;
  /** Auctions a window of the figures. */
  readonly window: number;
  /** `money`: this bidder is told what is billed, clicked and converts, and not what it won, lost or showed. */
  readonly tells: 'all' | 'money';
  readonly tampering?: Tampering | undefined;
  /** Whether the books are compared bid by bid; where they are not, a run may go on for ever. */
  readonly byBid: boolean;
  /** Told of each impression that is billed. */
  readonly billed?: (one: Billed) => void;
}

const US = 0;
/** Each waits for a disk. */
const NOTICE_CONNECTIONS = 64;
/** Of what is won, what is never rendered: neither billed nor seen. */
const NOT_RENDERED = 0.04;
/** Share of bills and impressions that come late: television, caches, phones that slept. */
const LATE = 0.02;

export class Buyer {
  readonly name: string;
  readonly books: Books;
  readonly desk: NoticeDesk;
  readonly figures: Figures;
  readonly #world: World;
  readonly #nodes: readonly NodeWires[];
  readonly #tellsAll: boolean;
  readonly #billed: (one: Billed) => void;

  constructor(options: BuyerOptions) {
    this.name = options.name;
    this.#world = options.world;
    this.#tellsAll = options.tells === 'all';
    this.#nodes = options.nodes;
    this.#billed = options.billed ?? (() => undefined);
    this.books = new Books(options.tampering, options.byBid);
    this.figures = new Figures(options.window);
    const wires = options.nodes.map(({ notices }) => notices);
    this.desk = new NoticeDesk(wires, this.books, options.habits, options.virtualMs ?? (() => performance.now()));
    if (options.virtualMs === undefined) this.desk.start();
  }

  /** Offers an auction; `done` is called when it is answered and held. */
  offer(auction: Auction, bytes: number, done: () => void): void {
    const { bids } = this.#nodes[auction.n % this.#nodes.length] as NodeWires;
    this.figures.auctions++;
    bids.post(`/openrtb2/bid/${auction.venue.id}`, auction.body, bytes, (status, body) => {
      if (status === 200) this.#hold(auction, bidsOf(body));
      else if (status !== 204) this.figures.failed++;
      done();
    });
  }

  close(): void {
    this.desk.stop();
    for (const { bids, notices } of this.#nodes) for (const wire of [bids, notices]) wire.close();
  }

  #hold(auction: Auction, bids: readonly WireBid[]): void {
    for (const lot of auction.lots) {
      const ours = bids.filter(({ impid }) => impid === lot.id);
      if (ours.length === 0) continue;
      this.figures.bids += ours.length;
      const entries = entriesOf(lot, ours);
      const settlement = settle(lot.terms, entries, lot.tie);
      ours.forEach((bid, i) => {
        const chance = new Chance(lot.noticeSeed + i);
        if (settlement.winner === i) this.#win(auction, lot, bid, settlement, chance);
        else this.#lose(auction, bid, settlement.verdicts[i] as Verdict, chance);
      });
    }
  }

  #lose(auction: Auction, bid: WireBid, { reason, toWinMicros }: Verdict, chance: Chance): void {
    if (bid.lurl === undefined || !this.#tellsAll) return;
    const values = { bid, venue: auction.venue, loss: reason, toWinMicros, auction: `a${auction.n}` };
    this.desk.send('loss', pathOf(fillMacros(bid.lurl, values)), told(bid, 0), chance.logNormal(120, 0.6), chance);
  }

  #win(auction: Auction, lot: Lot, bid: WireBid, { clearingMicros, verdicts }: Settlement, chance: Chance): void {
    const { venue } = auction;
    const { figures } = this;
    const facts = tokenFacts(bid);
    const ad = facts && this.#world.ads.get(facts.adKey);
    if (facts === undefined || ad === undefined) {
      figures.strange++; // an ad of another campaign file: nobody knows what it would have done
      return;
    }
    const rates = this.#world.truth.rates(lot.context, ad.part);
    const charge = chargeOf(priceMicrosOf(bid), billedMicros(clearingMicros, venue.digits), venue);
    figures.won(facts.model);
    const bought = told(bid, charge, {
      onBilled: () => {
        const one = {
          n: auction.n,
          campaign: ad.campaign,
          spendMicros: charge,
          valueMicros: valueMicros(ad, rates),
          clickRate: rates.ctr,
          predictedValueMicros: valueMicros(ad, facts),
          predictedClickRate: facts.ctr,
        };
        figures.billed(one);
        this.#billed(one);
      },
      onClick: () => figures.clicked(auction.n),
    });
    const toWinMicros = verdicts.find(({ reason }) => reason === 0)?.toWinMicros;
    const values = { bid, venue, clearingMicros, toWinMicros, auction: `a${auction.n}` };
    const send = (kind: 'win' | 'bill' | 'imp' | 'click', path: string | undefined, delayMs: number): void => {
      const isNeeded = this.#tellsAll || kind === 'click' || kind === bought.billedBy;
      if (path !== undefined && isNeeded) this.desk.send(kind, path, bought, delayMs, chance);
    };
    const fill = (address: string | undefined): string | undefined =>
      address === undefined ? undefined : pathOf(fillMacros(address, values));
    send('win', fill(bid.nurl), chance.logNormal(60, 0.6));
    if (chance.chance(NOT_RENDERED)) return;
    const late = chance.chance(LATE) ? chance.logNormal(60_000, 1) : 0;
    const rendered = late + chance.logNormal(1500, 0.8);
    send('bill', fill(bid.burl), rendered + chance.logNormal(200, 0.5));
    const markup = fillMacros(bid.adm, values);
    send('imp', markupPath(markup, 'imp'), rendered + chance.logNormal(200, 0.5));
    const [toClick, toConversion] = [chance.logNormal(6000, 0.8), chance.logNormal(40_000, 1)];
    if (lot.click >= rates.ctr) return;
    send('click', markupPath(markup, 'click'), rendered + toClick);
    if (lot.conversion >= rates.cvr) return;
    this.desk.send('conv', `/n/conv/${tokenOf(bid)}`, bought, rendered + toClick + toConversion, chance);
  }
}

/** Wires to bidders that run as processes. @param connections for bids, to each; as many requests may be under way */
export function overHttp(nodes: readonly Address[], connections: number): NodeWires[] {
  return nodes.map(({ host, port }) => ({
    bids: new HttpPool(host, port, connections),
    notices: new HttpPool(host, port, NOTICE_CONNECTIONS),
  }));
}

function told(bid: WireBid, chargeMicros: number, on: Pick<ToldBid, 'onBilled' | 'onClick'> = {}): ToldBid {
  const billedBy = bid.burl === undefined ? 'imp' : 'bill';
  return { id: bid.id, campaign: bid.cid, chargeMicros, billedBy, accepted: new Set(), ...on };
}

/** Our bids first, so that a settlement's positions are theirs. */
function entriesOf(lot: Lot, ours: readonly WireBid[]): Entry[] {
  const entries: Entry[] = ours.map((bid) => ({ buyer: US, priceMicros: priceMicrosOf(bid), deal: bid.dealid }));
  lot.rivalMicros.forEach((priceMicros, i) => {
    entries.push({ buyer: i + 1, priceMicros });
  });
  const deal = lot.terms.deals.find(({ id }) => id === lot.dealRival);
  if (deal !== undefined) {
    entries.push({ buyer: lot.rivalMicros.length + 1, priceMicros: deal.floorMicros, deal: deal.id });
  }
  return entries;
}

function priceMicrosOf({ price }: WireBid): number {
  return Math.round(price * 1e6);
}
