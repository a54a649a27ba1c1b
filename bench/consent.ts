// Consent as requests carry it: TCF 2 core strings of the length that consent platforms write (two bitfields over the
// whole Global Vendor List), and GPP strings of US sections. Field by field as IAB Tech Lab publishes them
// ("Consent string and vendor list formats v2", "Global Privacy Protocol").

import type { Random } from './random.js';
import { OUR_VENDOR } from './vocabulary.js';

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** Vendors of a list of these years: the highest ids that strings go up to. */
const VENDORS_MIN = 880;
const VENDORS_MAX = 980;
const TENTHS_OF_A_SECOND = 17_780_000_000;
/** The ten purposes, and all of them allowed. */
const PURPOSES = 10;
const ALL_PURPOSES = 2 ** PURPOSES - 1;

/** Bits, highest first, to be written as base64url. */
class Bits {
  #bits: string[] = [];

  number(value: number, bits: number): this {
    this.#bits.push(value.toString(2).padStart(bits, '0'));
    return this;
  }

  /** Bits as they stand. */
  text(bits: string): this {
    this.#bits.push(bits);
    return this;
  }

  base64url(): string {
    const bits = this.#bits.join('');
    let text = '';
    for (let at = 0; at < bits.length; at += 6) {
      text += BASE64URL[Number.parseInt(bits.slice(at, at + 6).padEnd(6, '0'), 2)];
    }
    return text;
  }
}

/**
 * A TCF 2 core string of about 350 characters. Six in seven allow our vendor everything, one in fourteen some purposes,
 * the rest nothing.
 */
export function tcfString(random: Random): string {
  const answer = random.weighted([
    [12, 'all'],
    [1, 'some'],
    [1, 'none'],
  ] as const);
  const purposes = answer === 'all' ? ALL_PURPOSES : answer === 'some' ? random.int(1, ALL_PURPOSES - 1) : 0;
  const shareOfVendors = answer === 'none' ? 0 : 0.9;
  const bits = new Bits()
    .number(2, 6)
    .number(TENTHS_OF_A_SECOND + random.int(0, 9_000_000), 36)
    .number(TENTHS_OF_A_SECOND + random.int(0, 9_000_000), 36)
    .number(random.int(2, 420), 12) // the consent platform
    .number(random.int(1, 60), 12)
    .number(1, 6)
    .number(4 * 64 + 13, 12) // "en"
    .number(random.int(90, 140), 12) // version of the vendor list
    .number(5, 6)
    .text('00')
    .number(answer === 'all' && random.chance(0.5) ? 0b110000000000 : 0, 12)
    .number(purposes * 2 ** (24 - PURPOSES), 24)
    .number((purposes & 0b0101111111) * 2 ** (24 - PURPOSES), 24)
    .text('0')
    .number(4 * 64 + 13, 12);
  vendors(random, bits, shareOfVendors, answer !== 'none');
  vendors(random, bits, shareOfVendors / 3, answer === 'all');
  restrictions(random, bits);
  return bits.base64url();
}

/** A vendor section as a bitfield. */
function vendors(random: Random, bits: Bits, share: number, ours: boolean): void {
  const highest = random.int(VENDORS_MIN, VENDORS_MAX);
  bits.number(highest, 16).text('0');
  for (let vendor = 1; vendor <= highest; vendor++) {
    bits.text((vendor === OUR_VENDOR ? ours : random.chance(share)) ? '1' : '0');
  }
}

/** One publisher in twenty-five restricts purposes 2 and 7 of some vendors to consent. */
function restrictions(random: Random, bits: Bits): void {
  const purposes = random.chance(0.04) ? [2, 7] : [];
  bits.number(purposes.length, 12);
  for (const purpose of purposes) {
    const first = random.int(1, VENDORS_MIN - 100);
    bits.number(purpose, 6).number(1, 2).number(1, 12);
    bits
      .text('1')
      .number(first, 16)
      .number(first + random.int(10, 99), 16);
  }
}

export interface GppSignal {
  readonly gpp: string;
  readonly gpp_sid: readonly number[];
}

/** A GPP string with one US section and the id of it: mostly the national one, few opted out. */
export function gppOfUs(random: Random): GppSignal {
  const section = random.weighted([
    [14, 7],
    [3, 6],
    [3, 8],
  ]);
  const text = section === 6 ? (random.chance(0.9) ? '1YNN' : '1YYN') : usSection(random);
  const header = new Bits().number(3, 6).number(1, 6).number(1, 12).text('0').text(fibonacci(section)).base64url();
  return { gpp: `${header}~${text}`, gpp_sid: [section] };
}

/** The US national section, version 1, with its segment about Global Privacy Control. */
function usSection(random: Random): string {
  const optOut = random.chance(0.1) ? 1 : 2;
  const core = new Bits().number(1, 6);
  for (const notice of [1, 1, 1, 1, 0, 0]) core.number(notice, 2);
  for (const choice of [optOut, optOut, optOut]) core.number(choice, 2);
  core.number(0, 24).number(0, 4).number(0, 2).number(1, 2).number(2, 2).number(2, 2);
  const control = new Bits().text('01').text(random.chance(0.03) ? '1' : '0');
  return `${core.base64url()}.${control.base64url()}`;
}

/** A number in Fibonacci code: its Zeckendorf sum, lowest first, closed by a second set bit. */
function fibonacci(value: number): string {
  const numbers = [1, 2];
  while ((numbers.at(-1) as number) <= value) numbers.push((numbers.at(-1) as number) + (numbers.at(-2) as number));
  let left = value;
  const bits = numbers.reverse().map((number) => {
    if (number > left) return '0';
    left -= number;
    return '1';
  });
  return `${bits.reverse().join('').replace(/0+$/, '')}1`;
}
