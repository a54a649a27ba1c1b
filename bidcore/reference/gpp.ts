// The IAB Global Privacy Protocol: which sections a GPP string has, and what the US sections among them say.
// docs/decisions.md section 2a.

import { MAX_FIBONACCI_BITS, MAX_GPP_SECTIONS } from '../../assembly/limits.js';
import { BitReader } from './bits.js';

const HEADER_TYPE = 3;
const HEADER_VERSION = 1;
const COUNT_BITS = 12;

/** The sections that are there, by id: those the header names that have a text. */
export function gppSections(gpp: string): ReadonlyMap<number, string> {
  const [header = '', ...parts] = gpp.split('~');
  const sections = new Map<number, string>();
  sectionIds(header)?.forEach((id, place) => {
    const part = parts[place];
    if (part !== undefined && part !== '') sections.set(id, part);
  });
  return sections;
}

/** The ids a header names, ascending; undefined if it cannot be read to its end. */
function sectionIds(header: string): readonly number[] | undefined {
  const bits = BitReader.of(header);
  if (bits === undefined || bits.number(6) !== HEADER_TYPE || bits.number(6) !== HEADER_VERSION) return undefined;
  const ids: number[] = [];
  let last = 0;
  const entries = bits.number(COUNT_BITS);
  for (let n = 0; n < entries; n++) {
    const isRange = bits.bit();
    const gap = fibonacciNumber(bits);
    const length = isRange ? fibonacciNumber(bits) : 0;
    if (gap === undefined || length === undefined || ids.length + length + 1 > MAX_GPP_SECTIONS) return undefined;
    for (let id = last + gap; id <= last + gap + length; id++) ids.push(id);
    last += gap + length;
  }
  return bits.ended ? undefined : ids;
}

/** A number in Fibonacci code: each bit stands for a number of the sequence 1, 2, 3, 5, …; two set bits end it. */
function fibonacciNumber(bits: BitReader): number | undefined {
  let sum = 0;
  let [worth, next] = [1, 2];
  let before = false;
  for (let n = 0; n < MAX_FIBONACCI_BITS && !bits.ended; n++) {
    const set = bits.bit();
    if (set && before) return bits.ended ? undefined : sum;
    if (set) sum += worth;
    [worth, next] = [next, worth + next];
    before = set;
  }
  return undefined;
}

/** What a section on a US state, or on all of them, says. */
export interface UsChoice {
  readonly optedOut: boolean;
  readonly knownChild: boolean;
}

const UNREADABLE: UsChoice = { optedOut: true, knownChild: false };

/** Opt-outs of sale, of sharing and of targeted advertising. */
const OPT_OUTS_AT = [18, 20, 22];
/** By version: where the consents for known children stand. */
const CHILDREN_AT: ReadonlyMap<number, readonly number[]> = new Map([
  [1, [48, 50]],
  [2, [56, 58, 60]],
]);
const CHOICE_BITS = 2;
/** Of the fields above: opted out; of a known child, no consent. */
const NO = 1;
const SEGMENT_GPC = 1;

/** Section 7, US national; a section that is not there or cannot be read is an opt-out. */
export function usNational(section: string | undefined): UsChoice {
  const [core = '', ...segments] = section?.split('.') ?? [];
  const bits = BitReader.of(core);
  if (bits === undefined) return UNREADABLE;
  const childrenAt = CHILDREN_AT.get(bits.numberAt(0, 6));
  if (childrenAt === undefined || bits.length < (childrenAt.at(-1) as number) + CHOICE_BITS) return UNREADABLE;
  const saysNo = (at: number): boolean => bits.numberAt(at, CHOICE_BITS) === NO;
  return { optedOut: OPT_OUTS_AT.some(saysNo) || segments.some(hasGpc), knownChild: childrenAt.some(saysNo) };
}

/** A segment with a Global Privacy Control that is on. */
function hasGpc(segment: string): boolean {
  const bits = BitReader.of(segment);
  return bits !== undefined && bits.number(2) === SEGMENT_GPC && bits.bit();
}
