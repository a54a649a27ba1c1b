// Where webhooks may go. Their addresses are given by customers, and are called from inside: without a look at where a
// name leads, a webhook could be made to call what only this machine or its network may reach (server-side request
// forgery, OWASP). A name is resolved once, and what was looked at is what is connected to: a name that leads elsewhere
// the next moment (DNS rebinding) gains nothing.

import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';

export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

export interface AddressProblem {
  readonly code: 'address_refused' | 'address_unknown';
  readonly problem: string;
}

/** Special-purpose addresses (IANA registry; RFC 6890), multicast and what is reserved. */
const PRIVATE_IPV4 = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['224.0.0.0/4', '240.0.0.0/4'],
];
/** Of IPv6 only global unicast is public, without what carries IPv4 inside and documentation. */
const PUBLIC_IPV6 = '2000::/3';
const PRIVATE_IPV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

const refused4 = listOf(PRIVATE_IPV4, 'ipv4');
const allowed6 = listOf([PUBLIC_IPV6], 'ipv6');
const refused6 = listOf(PRIVATE_IPV6, 'ipv6');

function listOf(subnets: readonly string[], type: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [net = '', bits = ''] = subnet.split('/');
    list.addSubnet(net, Number(bits), type);
  }
  return list;
}

/** Whether an address is one of the public internet. */
export function isPublic(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !refused4.check(address, 'ipv4');
  return family === 6 && allowed6.check(address, 'ipv6') && !refused6.check(address, 'ipv6');
}

/**
 * The address to connect to.
 * @param hostname of a URL
 * @param privateToo whether this machine and private networks are allowed
 */
export async function addressOf(hostname: string, privateToo: boolean): Promise<Address | AddressProblem> {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  let found: readonly { readonly address: string; readonly family: number }[];
  try {
    found = isIP(host) > 0 ? [{ address: host, family: isIP(host) }] : await lookup(host, { all: true });
  } catch (error) {
    return { code: 'address_unknown', problem: `${host}: ${(error as NodeJS.ErrnoException).code}` };
  }
  const [first] = found;
  if (first === undefined) return { code: 'address_unknown', problem: `${host} has no address` };
  // A name that leads here and there is not to be trusted with either.
  if (!privateToo && !found.every(({ address }) => isPublic(address))) {
    return { code: 'address_refused', problem: `${host} is this machine or a private network` };
  }
  return { address: first.address, family: first.family === 6 ? 6 : 4 };
}
