// The landing page in a click's address, signed: a click leads where the campaign file says, and nowhere else.
// `k=KEY&s=MAC&to=ADDRESS`: number of the notice key, SipHash-2-4 of the address under it (16 hexadecimal digits), the
// address percent-encoded. A token starts with the byte 2, an address with `http`: the MAC of one is none of the other.

import { wellFormed } from '../vocabulary.js';
import type { KeyRing } from './key_ring.js';

/** Printable ASCII, as a header can hold it. */
const ADDRESS = /^https?:\/\/[\x21-\x7e]+$/i;
const ADDRESS_MAX = 8192;
/** What `encodeURIComponent` leaves, though a quote or a bracket around the address would end at it. */
const LEFT_OVER = /[!'()*]/g;

/** Query of the address of a click that leads to a landing page. */
export type SignAddress = (landing: string) => string;

/** Landing pages whose query is kept: a few megabytes. */
const KNOWN_MAX = 20_000;

/** Signs addresses under the current key of a ring, keeping those of last books: they come again with the next one. */
export function addressSigner(ring: KeyRing): SignAddress {
  const known = new Map<string, string>();
  return (landing) => {
    let query = known.get(landing);
    if (query === undefined) {
      query = signedQuery(landing, ring);
      if (known.size >= KNOWN_MAX) known.clear();
      known.set(landing, query);
    }
    return query;
  };
}

function signedQuery(landing: string, ring: KeyRing): string {
  const address = inAscii(landing);
  if (!ADDRESS.test(address)) throw new Error(`not a landing page: ${landing}`); // the campaign file's schema says so
  const mac = hexadecimal(ring.sign(Buffer.from(address)));
  const encoded = encodeURIComponent(address).replace(
    LEFT_OVER,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `k=${ring.current.id}&s=${mac}&to=${encoded}`;
}

/** What else there is, as UTF-8 in percent-encoding, which browsers read also in host names. */
function inAscii(url: string): string {
  return wellFormed(url).replace(/[^\x21-\x7e]+/gu, encodeURIComponent);
}

/** The landing page of a click's query; undefined if there is none, or its signature is not its own. */
export function landingOf(query: URLSearchParams, ring: KeyRing): string | undefined {
  const [key = '', mac = '', address = ''] = ['k', 's', 'to'].map((name) => query.get(name) ?? '');
  if (!/^\d{1,3}$/.test(key) || !/^[0-9a-f]{16}$/.test(mac)) return undefined;
  if (address.length > ADDRESS_MAX || !ADDRESS.test(address)) return undefined;
  const given = Buffer.from(mac, 'hex').reverse();
  return ring.verifies(Number(key), Buffer.from(address), given) === true ? address : undefined;
}

/** The number the eight bytes are, most significant digit first. */
function hexadecimal(mac: Uint8Array): string {
  return Buffer.from(mac).reverse().toString('hex');
}
