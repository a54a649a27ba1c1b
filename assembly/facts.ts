// What the record of a request means: which inventory it is, its domain, the time, what privacy takes away. Resolved
// once after the scan, because keys come in any order; matching and features read only this.
// Rules: docs/decisions.md section 2.

import { request } from './arena';
import { lookup } from './bitmaps';
import { preciseLocation, purposesAllowed, readConsent } from './consent';
import { listAddress, listCount, tokenText } from './fields';
import { knownChild, optedOut, readGpp, tcfLength, tcfStart, usPrivacy } from './gpp';
import { hashNumber } from './hash';
import * as m from './memory_map';
import * as privacy from './privacy';
import { readTextLength, readTextStart } from './scan';

/** 1 site, 2 app, 3 dooh, 0 none. */
export let inventory: i32 = 0;
export let domain: u64 = 0;
/** Hashes of the domain and its parents: address and number. */
export let domains: usize = 0;
export let domainCount: i32 = 0;
export let bundle: u64 = 0;
export let publisher: u64 = 0;
/** Pairs of hashes (category, part before the hyphen): address and number of slots. */
export let categories: usize = 0;
export let categorySlots: i32 = 0;
export let categoryTaxonomy: i32 = 1;
export let city: u64 = 0;
export let postcode: u64 = 0;
export let segments: usize = 0;
export let segmentCount: i32 = 0;
export let exchange: u64 = 0;
/** Hour 0 to 23 and weekday 0 (Monday) to 6, UTC. */
export let hour: i32 = 0;
export let weekday: i32 = 0;

/** YES or NO: whether the request names its user or device, and privacy leaves that. */
export let identified: i32 = m.NO;
/** What privacy takes away. */
export let taken: i32 = 0;
/** Whether privacy leaves basic advertising. */
export let basicAllowed: bool = true;

/** Resolves the facts of the request just read. */
export function resolveFacts(nowUs: f64, exchangeHash: u64, book: usize): void {
  const flags = load<i32>(request, m.REQUEST_FLAGS);
  inventory = (flags & m.FLAG_SITE) != 0 ? 1 : (flags & m.FLAG_APP) != 0 ? 2 : (flags & m.FLAG_DOOH) != 0 ? 3 : 0;
  // Without an inventory the record of the site stands in: it was cleared and never filled.
  const at = request + m.REQUEST_SITE + <usize>max(inventory - 1, 0) * m.INVENTORY_BYTES;
  const named = load<u64>(at, m.INVENTORY_DOMAIN) != 0;
  domain = named ? load<u64>(at, m.INVENTORY_DOMAIN) : load<u64>(at, m.INVENTORY_PAGE);
  const parents = at + (named ? m.INVENTORY_DOMAINS : m.INVENTORY_PAGES);
  domains = listAddress(parents);
  domainCount = listCount(parents);
  bundle = load<u64>(at, m.INVENTORY_BUNDLE);
  publisher = load<u64>(at, m.INVENTORY_PUBLISHER);
  categories = listAddress(at + m.INVENTORY_CATEGORIES);
  categorySlots = listCount(at + m.INVENTORY_CATEGORIES);
  categoryTaxonomy = load<i32>(at, m.INVENTORY_CATTAX);

  taken = takenAway(flags, book);
  identified = (taken & privacy.IDS) == 0 && hasId() ? m.YES : m.NO;
  city = (taken & privacy.PLACE) != 0 ? 0 : load<u64>(request, m.REQUEST_CITY);
  postcode = (taken & privacy.PLACE) != 0 ? 0 : load<u64>(request, m.REQUEST_POSTCODE);
  segments = listAddress(request + m.REQUEST_SEGMENTS);
  segmentCount = (taken & privacy.SEGMENTS) != 0 ? 0 : listCount(request + m.REQUEST_SEGMENTS);

  exchange = exchangeHash;
  const hours = <i64>(nowUs / 3600000000.0);
  hour = <i32>(hours % 24);
  weekday = <i32>((hours / 24 + 3) % 7); // 1 January 1970 was a Thursday
}

function hasId(): bool {
  const known = load<u32>(request, m.REQUEST_USER_ID + 4) | load<u32>(request, m.REQUEST_BUYER_ID + 4);
  return known != 0 || readDeviceId();
}

/**
 * Makes the id of the device the last text read.
 * @returns false without one: `0` and `-` alone are what is left of an erased id
 */
export function readDeviceId(): bool {
  if (load<u32>(request, m.REQUEST_DEVICE_ID + 4) == 0) return false;
  tokenText(request + m.REQUEST_DEVICE_ID);
  for (let i: usize = 0; i < readTextLength(); i++) {
    const c = load<u8>(readTextStart() + i);
    if (c != 48 && c != 45) return true;
  }
  return false;
}

/** What the request's privacy signals take away. */
function takenAway(flags: i32, book: usize): i32 {
  let taken = 0;
  let gdpr = signal(m.REQUEST_GDPR);
  let optOut = signal(m.REQUEST_US_OPT_OUT);
  let section: bool = false;
  const own = load<u64>(request, m.REQUEST_GPP_SECTIONS);
  const sections = own != 0 ? own : load<u64>(request, m.REQUEST_EXT_GPP_SECTIONS);
  if (sections != 0) {
    const length = tokenOf(m.REQUEST_GPP);
    readGpp(readTextStart(), length, sections);
    if (usPrivacy != 0) optOut = usPrivacy;
    if (optedOut) taken |= privacy.US_OPT_OUT_TAKES;
    if (knownChild) taken |= privacy.CHILD_TAKES;
    if (((sections >> <u64>privacy.GPP_TCF_EU) & 1) != 0) {
      gdpr = m.SIGNAL_YES;
      section = tcfLength > 0;
    }
  }
  basicAllowed = true;
  if (gdpr == m.SIGNAL_YES || (gdpr == 0 && isGdprCountry())) taken |= takenByGdpr(section, book);
  if ((flags & m.FLAG_COPPA) != 0) taken |= privacy.CHILD_TAKES;
  if (optOut == m.SIGNAL_YES) taken |= privacy.US_OPT_OUT_TAKES;
  if ((flags & m.FLAG_LMT) != 0) taken |= privacy.LMT_TAKES;
  if ((flags & m.FLAG_DNT) != 0) taken |= privacy.DNT_TAKES;
  return taken;
}

/** Makes the text of `regs` or `user`, or if it is not given there, of its `ext`, the last one read: its length. */
function tokenOf(offset: usize): usize {
  const token = load<u32>(request + offset, 4) != 0 ? request + offset : request + offset + 8;
  if (load<u32>(token, 4) == 0) return 0;
  tokenText(token);
  return readTextLength();
}

/** True in a country where the GDPR is taken to apply although the request does not say so. */
function isGdprCountry(): bool {
  const country = load<u64>(request, m.REQUEST_COUNTRY);
  return country != 0 && lookup(m.DIM_GDPR_COUNTRY, country) != 0;
}

/** What the GDPR takes away, less what is consented to. */
function takenByGdpr(section: bool, book: usize): i32 {
  if (section) readConsent(tcfStart, tcfLength, book);
  else {
    const length = tokenOf(m.REQUEST_CONSENT);
    readConsent(readTextStart(), length, book);
  }
  let taken = privacy.GDPR_TAKES;
  if (allows(privacy.IDS_NEED)) taken &= ~privacy.IDS;
  if (allows(privacy.FREQUENCY_NEEDS)) taken &= ~privacy.FREQUENCY;
  if (allows(privacy.SEGMENTS_NEED)) taken &= ~privacy.SEGMENTS;
  if (allows(privacy.PLACE_NEEDS) && preciseLocation) taken &= ~privacy.PLACE;
  basicAllowed = allows(privacy.BASIC_NEEDS);
  return taken;
}

// @ts-ignore: decorator
@inline
function allows(purposes: i32): bool {
  return (purposesAllowed & purposes) == purposes;
}

/** A signal of `regs`, or if it is not given there, of `regs.ext`. */
function signal(offset: usize): i32 {
  const own = load<i32>(request + offset);
  return own != 0 ? own : load<i32>(request + offset, 4);
}

/** Hash of a small number that is always there. */
// @ts-ignore: decorator
@inline
export function hashOf(n: i32): u64 {
  return hashNumber(<u64>n);
}
