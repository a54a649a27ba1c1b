// Logs of auctions whose price is known, as the landscape is measured on: what the market asked, what a bidder bid, and
// what is known of the context. Prices are whole units (of iPinYou: CPM), and a bid wins if it is above the price, so
// the price to win lies in (price, price + 1].

import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { FEATURES } from '../../../assembly/model_layout.js';

/** One auction. Prices and bids in whole and parts of the log's unit. */
export interface Auction {
  readonly price: number;
  readonly ownBid: number;
  readonly features: Uint32Array;
  readonly exchangeFeature: number;
}

export const FORMATS = ['yzbx', 'history'] as const;
export type Format = (typeof FORMATS)[number];

/** Why a log cannot be read. */
export interface PriceLogError {
  readonly code: 'invalid_price_log';
  readonly problem: string;
}

/** In iPinYou's feature order the sixth is the ad exchange (Zhang et al., arXiv:1407.7073). */
const EXCHANGE_POSITION = 5;
/** `history` has one exchange; its features: 24 hours, then the predicted rate in steps of a quarter of a logarithm. */
const HOURS = 24;
const RATE_STEPS = 4;
const RATE_FIRST = 32;
/** Rates are written to six digits; some are 0. */
const RATE_MIN = 5e-7;

/**
 * Reads a log.
 *
 * * `yzbx` (Ren et al., KDD 2019): `click price ownBid id:1 …`, one id for each field;
 * * `history`: `click price rate [hour]`; the own bid is the predicted rate, scaled by `bidders`.
 *
 * @param bidOf own bid of a predicted rate, of `history`
 */
export async function readPriceLog(
  file: string,
  format: Format,
  bidOf: (rate: number) => number,
): Promise<Auction[] | PriceLogError> {
  const auctions: Auction[] = [];
  let line = 0;
  try {
    for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
      line++;
      if (text.trim() === '') continue;
      const fields = text.trim().split(/\s+/);
      const auction = format === 'yzbx' ? yzbx(fields) : history(fields, bidOf);
      if (auction === undefined) return failed(`${file}:${line}: not a line of ${format}: ${text.slice(0, 60)}`);
      auctions.push(auction);
    }
  } catch (error) {
    return failed(`${file}: ${(error as Error).message}`);
  }
  const [first] = auctions;
  if (first === undefined) return failed(`${file}: no auctions`);
  const odd = auctions.findIndex(({ features }) => features.length !== first.features.length);
  if (odd >= 0) return failed(`${file}: auction ${odd + 1} has another number of fields than the first`);
  return auctions;
}

export function isPriceLogError(value: Auction[] | PriceLogError): value is PriceLogError {
  return 'problem' in value;
}

function yzbx(fields: readonly string[]): Auction | undefined {
  const price = Number(fields[1]);
  const ownBid = Number(fields[2]);
  const features = Uint32Array.from(fields.slice(3), (field) => Number(field.split(':')[0]));
  const usable = fields.length > 3 && fields.slice(3).every((field) => /^\d+(:1)?$/.test(field));
  if (!usable || !isPrice(price) || !(ownBid >= 0) || features.some((id) => id >= FEATURES)) return undefined;
  return { price, ownBid, features, exchangeFeature: features[EXCHANGE_POSITION] ?? 0 };
}

function history(fields: readonly string[], bidOf: (rate: number) => number): Auction | undefined {
  const price = Number(fields[1]);
  const rate = Number(fields[2]);
  const hour = Number(fields[3] ?? 0);
  if (fields.length < 3 || !isPrice(price) || !(rate >= 0) || !(hour >= 0)) return undefined;
  const step = Math.max(0, Math.round((Math.log(Math.max(rate, RATE_MIN)) + 20) * RATE_STEPS));
  return {
    price,
    ownBid: bidOf(rate),
    features: Uint32Array.of(Math.floor(hour) % HOURS, RATE_FIRST + step),
    exchangeFeature: 0,
  };
}

const isPrice = (price: number): boolean => Number.isInteger(price) && price >= 0;

function failed(problem: string): PriceLogError {
  return { code: 'invalid_price_log', problem };
}
